"""What it costs: ratios measured in one run, on the shipped registers and on many copies of one of them.

    make bench

Prints one line a measure. Times vary with the machine; compare the ratios (per activity, against a scan of the store).
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from pyoxigraph import NamedNode

from ropa.exchange import FORMATS, export_register
from ropa.findings import check_store
from ropa.namespaces import DEFAULT_BASE
from ropa.questions import catalogue
from ropa.registers import fill_store, list_registers, read_files, read_vocabulary
from ropa.store import Quad, QuadStore, Term, create_store, make_quad
from webapp import create_app

DATA = Path(__file__).parent.parent / "data"
COPIES = 10


def main() -> None:
    """Measure and print."""
    with (
        tempfile.TemporaryDirectory() as folder,
        create_store(Path(folder) / "small") as small,
        create_store(Path(folder) / "large") as large,
    ):
        report("init, shipped registers", seconds(lambda: fill_store(small, with_registers=True), 1))
        report(f"init, {COPIES} copies of one register", seconds(lambda: fill_many(large), 1))
        activities = [count_activities(store) for store in (small, large)]
        print(f"activities: {activities[0]} and {activities[1]}, {activities[1] / activities[0]:.0f} times as many")
        print("question (register=pipcall or none)      small ms  large ms  ratio")
        for name, question in catalogue().items():
            if any(parameter.required for parameter in question.parameters):
                continue
            given = {"register": "pipcall"} if any(parameter.name == "register" for parameter in question.parameters) else {}
            times = [seconds(lambda s=store, q=question, g=given: q.ask(s, g), 3) * 1000 for store in (small, large)]  # type: ignore[misc]
            print(f"{name:<40} {times[0]:>8.1f}  {times[1]:>8.1f}  {times[1] / times[0]:>5.1f}")
        for name in FORMATS:
            report(f"export pipcall as {name}", seconds(lambda n=name: export_register(small, "pipcall", n), 3))  # type: ignore[misc]
        report("check one register", seconds(lambda: check_store(small, ["pipcall"]), 1))
        pages(small, "shipped")
        pages(large, f"{COPIES} copies")
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def pages(store: QuadStore, size: str) -> None:
    """Print the median time of each kind of page, after the first request of it."""
    app = create_app(store)
    client = app.test_client()
    for path in (
        "/",
        "/registers/pipcall",
        "/id/pipcall/activity/enquiries",
        "/id/party/stripe",
        "/questions",
        "/questions/cookies",
        "/ns",
    ):
        report(f"page {path}, {size}", seconds(lambda p=path: client.get(p, headers={"Accept": "text/html"}), 5))  # type: ignore[misc]
    app.extensions["ropa"].close()


def fill_many(store: QuadStore) -> None:
    """Put the vocabulary and many copies of one register into a store, each under its own slug."""
    contents = read_vocabulary(DEFAULT_BASE) | read_files([DATA / "entities.trig", DATA / "pipcall.trig"], DEFAULT_BASE)
    for number in range(COPIES):
        for kind in ("register", "evidence"):
            graph = f"{DEFAULT_BASE}graph/{kind}/pipcall"
            contents[f"{graph}-{number}"] = list(rename(contents[graph], f"pipcall-{number}"))
    store.replace_graphs(contents)


def rename(quads: list[Quad], slug: str) -> Iterator[Quad]:
    """Yield the quads of a register as those of another organisation."""

    def other(term: Term) -> Term:
        if not isinstance(term, NamedNode):
            return term
        for place in ("id/pipcall/", "id/register/pipcall", "id/party/pipcall", "id/document/pipcall"):
            if term.value.startswith(DEFAULT_BASE + place):
                return NamedNode(DEFAULT_BASE + place.replace("pipcall", slug) + term.value.removeprefix(DEFAULT_BASE + place))
        return term

    for quad in quads:
        subject = other(quad.subject)
        assert isinstance(subject, NamedNode)  # noqa: S101 - a register of data/ has no blank nodes
        yield make_quad(subject, quad.predicate, other(quad.object), quad.graph_name)


def count_activities(store: QuadStore) -> int:
    """Count the links from registers to activities."""
    property_ = NamedNode("https://w3id.org/dpv#hasRecordOfActivity")
    return sum(1 for register in list_registers(store) for _ in store.quads(NamedNode(register.iri), property_))


def seconds(work: Callable[[], object], times: int) -> float:
    """Return the median time of some runs, the first of many left out."""
    taken = []
    for _ in range(times if times == 1 else times + 1):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return median(taken if times == 1 else taken[1:])


def report(what: str, took: float) -> None:
    """Print one measure in milliseconds."""
    print(f"{what:<60} {took * 1000:>8.1f} ms")


if __name__ == "__main__":
    main()
