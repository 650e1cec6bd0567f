"""What it costs: ratios measured in one run, on the shipped registers and on many copies of one of them.

    make bench

Prints one line a measure. Times vary with the machine; compare the ratios (per activity, against a scan of the store).
"""

from __future__ import annotations

import itertools
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median

from pyoxigraph import NamedNode

from ropa.exchange import FORMATS, export_register
from ropa.findings import check_store
from ropa.namespaces import DEFAULT_BASE, graph_iri, register_iri
from ropa.questions import catalogue
from ropa.registers import fill_store, read_files, read_vocabulary
from ropa.store import Note, Quad, QuadStore, Term, create_store, make_quad, open_store
from ropa.writes import Writer
from webapp import create_app

DATA = Path(__file__).parent.parent / "data"
COPIES = 10
WHO = Note("bench")


def main() -> None:
    """Measure and print."""
    with (
        tempfile.TemporaryDirectory() as folder,
        create_store(Path(folder) / "shipped") as shipped,
        create_store(Path(folder) / "one") as one,
        create_store(Path(folder) / "many") as many,
    ):
        report("init, shipped registers", seconds(lambda: fill_store(shipped, with_registers=True), 1))
        report("init, one register", seconds(lambda: fill_copies(one, 1), 1))
        report(f"init, {COPIES} copies of it", seconds(lambda: fill_copies(many, COPIES), 1))
        print(f"{'question':<40}    shipped ms    one ms   {COPIES} copies ms   ratio (linear: at most {COPIES})")
        for name, question in catalogue().items():
            if any(parameter.required for parameter in question.parameters):
                continue
            times = [seconds(partial(question.ask, store, {}), 3) * 1000 for store in (shipped, one, many)]
            print(f"{name:<40} {times[0]:>10.1f} {times[1]:>10.1f} {times[2]:>12.1f} {times[2] / times[1]:>10.1f}")
        for name in FORMATS:
            report(f"export pipcall as {name}", seconds(partial(export_register, shipped, "pipcall", name), 3))
        report("check one register", seconds(lambda: check_store(shipped, ["pipcall"]), 1))
        memory_beside_disk(Path(folder) / "both")
        writes(shipped)
        pages(shipped, "pipcall", "shipped")
        pages(many, "pipcall-0", f"{COPIES} copies")
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def memory_beside_disk(place: Path) -> None:
    """Print how many times faster the questions are answered from the copy in memory than from the disk."""
    with create_store(place) as store:
        fill_store(store, with_registers=True)
    asked = [question for question in catalogue().values() if not any(parameter.required for parameter in question.parameters)]
    times: list[list[float]] = []
    for in_memory in (False, True):
        with open_store(place, in_memory=in_memory) as store:
            times.append([seconds(partial(question.ask, store, {}), 3) for question in asked])
    ratios = sorted(disk / memory for disk, memory in zip(*times, strict=True))
    print(
        f"{len(asked)} questions from memory: {ratios[0]:.1f} to {ratios[-1]:.1f} times as fast as from disk, median {median(ratios):.1f}; "
        f"in all {sum(times[0]) / sum(times[1]):.1f} times"
    )


def writes(store: QuadStore) -> None:
    """Print what a write of one statement takes, in a graph that nobody judges and in a register."""
    evaluator = store.evaluator()
    writer = Writer(store, evaluator)
    numbers = itertools.count()
    title = NamedNode("http://purl.org/dc/terms/title")

    def plain() -> None:
        writer.update(f"INSERT DATA {{ GRAPH <https://example.org/bench> {{ <https://example.org/bench> {title} {next(numbers)} }} }}", WHO)

    def register(slug: str) -> None:
        node, graph = NamedNode(register_iri(store.base, slug)), NamedNode(graph_iri(store.base, f"register/{slug}"))
        old, new = f"{node} {title} ?old", f'{node} {title} "{next(numbers)}"@en'
        writer.update(f"WITH {graph} DELETE {{ {old} }} INSERT {{ {new} }} WHERE {{ {old} }}", WHO)

    report("write one statement, in a graph of nobody's", seconds(plain, 20))
    for slug in ("pipcall", "aelintra"):
        report(f"write one statement, in the register {slug}", seconds(partial(register, slug), 5))
    evaluator.close()


def pages(store: QuadStore, slug: str, size: str) -> None:
    """Print the median time of each kind of page, after the first request of it."""
    app = create_app(store)
    # The findings are computed beside the requests; measured apart, they do not slow the pages down.
    report(f"all findings, {size}", seconds(app.extensions["ropa"].check().result, 1))
    client = app.test_client()
    for path in ("/", f"/registers/{slug}", f"/id/{slug}/activity/enquiries", "/id/party/stripe", "/questions/retention-schedule", "/ns"):
        report(f"page {path}, {size}", seconds(partial(client.get, path, headers={"Accept": "text/html"}), 5))
    app.extensions["ropa"].close()


def fill_copies(store: QuadStore, copies: int) -> None:
    """Put the vocabulary and copies of one register into a store, each under its own slug."""
    contents = read_vocabulary(DEFAULT_BASE) | read_files([DATA / "entities.trig"], DEFAULT_BASE)
    one = read_files([DATA / "pipcall.trig"], DEFAULT_BASE)
    for number in range(copies):
        for graph, quads in one.items():
            contents[f"{graph}-{number}"] = list(rename(quads, f"pipcall-{number}"))
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
