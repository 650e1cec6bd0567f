"""What a check costs: in full, and after one record has changed, beside plain pySHACL in the same run.

``python -m bench.findings [--sizes 20,100,1000,10000] [--reference-up-to 20]`` prints a Markdown table. Registers are generated
without evidence (about 64 statements an activity) and so judged by all shapes but those of evidence, with defects in 5 % of the
activities, for 22 November 2026.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from datetime import date
from random import Random
from statistics import median

from pyshacl import validate
from rdflib import Graph

from bench.synthetic import generate
from ropa.files import folder
from ropa.findings import SHARED_GRAPHS
from ropa.law import statements_of_the_day
from ropa.namespaces import DEFAULT_BASE, graph_iri
from ropa.registers import read_vocabulary
from ropa.store import Quad
from ropa.validation import Subject, compile_shapes, run
from ropa.validation.changes import Watch

DAY = date(2026, 11, 22)
SHAPES = Graph()
for _path in sorted(folder("shapes").glob("*.ttl")):
    if _path.stem not in ("house", "evidence"):
        SHAPES.parse(_path)
PROGRAM = compile_shapes(SHAPES)
EDITS = 15


def measure(activities: int, with_reference: bool) -> dict[str, float]:
    """Return seconds, by what was measured, for one generated register."""
    contents = read_vocabulary(DEFAULT_BASE)
    for quad in generate(activities, 1, defects=0.05, seed=7, evidence=False, base=DEFAULT_BASE):
        contents.setdefault(str(getattr(quad.graph_name, "value", "")), []).append(quad)
    shared = [quad for name in SHARED_GRAPHS for quad in contents.get(graph_iri(DEFAULT_BASE, name), ())]
    record = contents[graph_iri(DEFAULT_BASE, "register/synthetic-1")]
    told: dict[str, float] = {"statements": len(record)}

    started = time.perf_counter()
    data = Subject([*shared, *statements_of_the_day(shared, DAY)])
    data.add(record)
    results = run(data, PROGRAM, SHAPES)
    told["full check"] = time.perf_counter() - started
    told["results"] = len(results)

    watch = Watch(data, PROGRAM)
    told["one record"] = median(_edit(watch, record))

    if with_reference:
        graph = data.graph()
        started = time.perf_counter()
        validate(graph, shacl_graph=SHAPES, advanced=False, inference="none", inplace=True)
        told["plain pySHACL"] = time.perf_counter() - started
    return told


def _edit(watch: Watch, record: list[Quad]) -> list[float]:
    """Save one activity again and again, with one statement changed, and return the seconds of each."""
    chance = Random(3)  # noqa: S311 - the same edits in every run
    taken = []
    for _ in range(EDITS):
        quads = chance.sample(record, 1)
        for change in ({"removed": quads}, {"added": quads}):
            started = time.perf_counter()
            watch.change(**change)
            taken.append(time.perf_counter() - started)
    return taken


def main() -> None:
    """Measure each size and print a table; what was not run is a dash."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="20,100,1000,10000")
    parser.add_argument("--reference-up-to", type=int, default=20, help="largest size that plain pySHACL is run on")
    options = parser.parse_args()
    print("| activities | statements | full check s | one record ms | plain pySHACL s | pySHACL : full | peak MB |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for size in (int(text) for text in options.sizes.split(",")):
        told = measure(size, size <= options.reference_up_to)
        plain = told.get("plain pySHACL")
        beside = "– | –" if plain is None else f"{plain:.1f} | {plain / told['full check']:.0f}"
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"| {size} | {told['statements']:.0f} | {told['full check']:.2f} | {told['one record'] * 1000:.1f} | {beside} | {peak:.0f} |")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
