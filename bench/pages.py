"""What each page costs the server, on the shipped registers and on many synthetic ones.

    python -m bench.pages --activities 10000 --registers 500 --into bench/README.md

In:  a store in memory, the application in this process. Out: a table with, for each kind of page, the first request of a revision, the
median of those that follow, and the size of the page as it is sent. What the pages wait for (findings, the index that is searched) is
made before and told apart.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import cast

import pyoxigraph as ox
from flask import Flask

from bench.synthetic import generate
from bench.tables import paste
from ropa.namespaces import DEFAULT_BASE
from ropa.registers import fill_store, read_vocabulary
from ropa.store.embedded import EmbeddedStore
from webapp import create_app
from webapp.state import State

_AIMS = (50, 150)
"""Milliseconds that the median page may take, of the shipped registers and of the synthetic ones."""
_PAGES = (
    "/",
    "/registers",
    "/registers/{register}",
    "/activities",
    "/activities?q=marketing",
    "/activities?sample=20&seed=7",
    "/id/{register}/activity/{activity}",
    "/id/party/{party}",
    "/resource?iri=https://w3id.org/dpv/pd%23EmailAddress",
    "/resource?iri=https://w3id.org/dpv/loc%23US",
    "/resource?iri=https://w3id.org/dpv/legal/eu/gdpr%23A6-1-f",
    "/findings",
    "/findings?register={register}",
    "/questions",
    "/questions/retention-schedule?register={register}",
    "/lineage?register={register}",
    "/lineage?from=id/{register}/activity/{activity}",
    "/graph?focus=id/party/{party}",
    "/map",
    "/map?register={register}",
    "/compare?a={register}&b={other}",
    "/search?q=mail",
    "/search.json?q=mail",
    "/sheets/calendar?register={register}",
    "/export",
    "/export?register={register}",
    "/sparql",
    "/shapes",
    "/ns",
    "/about",
)


@dataclass(frozen=True)
class Cost:
    """What one page took: milliseconds of the first request and of the median one after it, kilobytes as sent with gzip."""

    path: str
    first: float
    then: float
    size: float
    status: int


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--activities", type=int, default=10_000, help="of the synthetic registers (10000)")
    parser.add_argument("--registers", type=int, default=500, help="how many synthetic registers (500)")
    parser.add_argument("--times", type=int, default=9, help="requests after the first, of which the middle one counts (9)")
    parser.add_argument("--into", type=Path, metavar="FILE.md", help="put the table between the marks <!-- pages --> of a file")
    given = parser.parse_args()
    shipped = EmbeddedStore.in_memory()
    fill_store(shipped, with_registers=True)
    names = {"register": "aelintra", "other": "cloudcall", "activity": "billing", "party": "google"}
    few, few_remarks = measure(shipped, names, given.times)
    synthetic = EmbeddedStore.in_memory()
    synthetic.replace_graphs(read_vocabulary(DEFAULT_BASE))
    synthetic.reading.bulk_extend(cast(Iterable[ox.Quad], generate(given.activities, given.registers, seed=7, evidence=False)))
    party = min(quad.subject.value for quad in synthetic.quads(graph=f"{DEFAULT_BASE}graph/parties") if "/id/party/" in quad.subject.value)
    names = {"register": "synthetic-1", "other": "synthetic-2", "activity": "a1", "party": party.rpartition("/")[2]}
    many, many_remarks = measure(synthetic, names, given.times)
    text = write(
        few, many, [f"{few_remarks} (shipped)", f"{many_remarks} ({given.activities:,} activities in {given.registers} registers)"]
    )
    if given.into:
        paste(given.into, "pages", text)
    else:
        print(text)


def measure(store: EmbeddedStore, names: dict[str, str], times: int) -> tuple[list[Cost], str]:
    """Return what each page takes, and what was made before."""
    app = create_app(store)
    told: State = app.extensions["ropa"]
    started = time.perf_counter()
    told.check().result()
    remark = f"{store.statements:,} statements; findings in {time.perf_counter() - started:.1f} s"
    wait_until_gathered(app)
    costs = [cost_of(app, path.format(**names), times) for path in _PAGES]
    told.close()
    return costs, remark


def wait_until_gathered(app: Flask) -> None:
    """Ask for the pages that make something beside the requests until they have it."""
    client = app.test_client()
    for path in ("/activities", "/search?q=mail", "/"):
        ending = time.monotonic() + 600
        while "Refresh" in client.get(path, headers={"Accept": "text/html"}).headers and time.monotonic() < ending:
            time.sleep(0.5)


def cost_of(app: Flask, path: str, times: int) -> Cost:
    """Return what one page takes."""
    client = app.test_client()
    taken = []
    for _ in range(times + 1):
        started = time.perf_counter()
        response = client.get(path, headers={"Accept": "application/json" if ".json" in path else "text/html", "Accept-Encoding": "gzip"})
        taken.append((time.perf_counter() - started) * 1000)
    return Cost(path, taken[0], median(taken[1:]), len(response.data) / 1000, response.status_code)


def write(few: Sequence[Cost], many: Sequence[Cost], remarks: Sequence[str]) -> str:
    """Return the table, and whether the aims are met."""
    lines = [
        "| page | shipped first ms | then ms | kB | many first ms | then ms | kB |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for pattern, one, other in zip(_PAGES, few, many, strict=True):
        cells = (f"{one.first:.0f}", f"{one.then:.1f}", f"{one.size:.1f}", f"{other.first:.0f}", f"{other.then:.1f}", f"{other.size:.1f}")
        wrong = "".join(f" ({cost.status})" for cost in (one, other) if cost.status != 200)
        lines.append(f"| `{pattern}`{wrong} | {' | '.join(cells)} |")
    for costs, aim, remark in zip((few, many), _AIMS, remarks, strict=True):
        middle, slow = median(cost.then for cost in costs), sum(cost.then > aim for cost in costs)
        over = f"; {slow} pages take longer than {aim} ms" if slow else ""
        lines.append(f"\n{remark}: the median page takes {middle:.0f} ms, the aim is {aim} ms{over}.")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
