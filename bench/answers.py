"""What is asked in the comparison, and what tells whether two answers are the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
from pyoxigraph import NamedNode

from ropa.namespaces import DEFAULT_BASE
from ropa.registers import Contents
from ropa.store import Quad, make_quad

JSON = "application/sparql-results+json"
SOLUTIONS = (JSON, "application/sparql-results+xml", "text/csv", "text/tab-separated-values")
GRAPHS = {form.media_type: form for form in (ox.RdfFormat.TURTLE, ox.RdfFormat.N_TRIPLES, ox.RdfFormat.JSON_LD, ox.RdfFormat.RDF_XML)}


def questions() -> dict[str, str]:
    """Return the ten questions on lineage, by name."""
    return {path.stem: path.read_text("utf-8") for path in sorted((Path(__file__).parent / "lineage").glob("*.rq"))}


def large(rows: int) -> dict[str, str]:
    """Return the query of a large answer, by the media type that it is wanted in."""
    pattern = f"{{ ?subject ?property ?value }} LIMIT {rows}"
    solutions = dict.fromkeys(SOLUTIONS, f"SELECT ?subject ?property ?value WHERE {pattern}")
    return solutions | dict.fromkeys(GRAPHS, f"CONSTRUCT {{ ?subject ?property ?value }} WHERE {pattern}")


def activities(count: int, registers: int, most: int) -> list[str]:
    """Return the IRIs of activities from all synthetic registers, *most* of them.

    Args:
        count: How many there are in all registers together.
    """
    size = count // registers
    found = [f"{DEFAULT_BASE}id/synthetic-{number}/activity/a{place}" for place in range(1, size + 1) for number in range(1, registers + 1)]
    return found[:: max(1, len(found) // most)][:most]


def placed(contents: Contents) -> Iterator[Quad]:
    """Yield the quads of some graphs, each in its graph; as they are read from a file they may stand in none."""
    for graph, quads in contents.items():
        name = NamedNode(graph)
        for quad in quads:
            yield make_quad(quad.subject, quad.predicate, quad.object, name)


def digest(body: bytes) -> tuple[int, str]:
    """Return how many rows an answer in JSON has, and what tells them from others: their order does not matter."""
    told = json.loads(body)
    names = told["head"]["vars"]
    rows = []
    for binding in told["results"]["bindings"]:
        cells = [binding.get(name, {}) for name in names]
        rows.append(json.dumps([[cell.get("value"), cell.get("datatype"), cell.get("xml:lang")] for cell in cells]))
    return len(rows), hashlib.sha256("\n".join(sorted(rows)).encode()).hexdigest()[:16]


def count(form: str, body: bytes) -> int:
    """Return how many rows or statements an answer has, whatever its form."""
    if form == JSON:
        return len(json.loads(body)["results"]["bindings"])
    if form == SOLUTIONS[1]:
        return body.count(b"<result>")
    if form in GRAPHS:
        return len(set(ox.parse(body, format=GRAPHS[form])))
    return body.count(b"\n") - 1
