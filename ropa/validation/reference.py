"""The reference: pySHACL on a memory graph of rdflib."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from pyoxigraph import BlankNode, NamedNode
from pyoxigraph import Literal as Value
from pyshacl import validate
from rdflib import SH, BNode, Graph, Literal, URIRef
from rdflib.plugins.sparql.algebra import translateQuery
from rdflib.plugins.sparql.evaluate import evalQuery
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.processor import SPARQLProcessor
from rdflib.plugins.sparql.sparql import Query
from rdflib.term import Node

from ropa.store import Term
from ropa.validation.paths import path_text
from ropa.validation.results import Result, in_order


def judge(data: Graph, shapes: Graph) -> list[Result]:
    """Judge *data* by all of *shapes*.

    Only results whose shape has an IRI are told: those inside a nested, unnamed shape belong to the named one around it.
    """
    with _read_once():
        _, report, _ = validate(data, shacl_graph=shapes, advanced=False, inference="none", inplace=True)
    if not isinstance(report, Graph):
        raise TypeError(f"pySHACL returned {type(report).__name__} instead of a report graph")

    def text(node: Node, predicate: URIRef) -> str | None:
        value = report.value(node, predicate)
        return None if value is None else str(value)

    def path(node: Node, shape: URIRef) -> str | None:
        reported = report.value(node, SH.resultPath)
        if reported is None or isinstance(reported, URIRef):
            return None if reported is None else str(reported)
        return path_text(shapes, shapes.value(shape, SH.path) or reported)

    found = []
    for node in report.objects(None, SH.result):
        shape = report.value(node, SH.sourceShape)
        if isinstance(shape, URIRef):
            found.append(
                Result(
                    severity=(text(node, SH.resultSeverity) or "").removeprefix(str(SH)),
                    shape=str(shape),
                    focus=text(node, SH.focusNode) or "",
                    path=path(node, shape),
                    value=text(node, SH.value),
                    message=text(node, SH.resultMessage) or "",
                    node=_term(report.value(node, SH.focusNode) or BNode()),
                    term=None if (value := report.value(node, SH.value)) is None else _term(value),
                    component=text(node, SH.sourceConstraintComponent) or "",
                )
            )
    return in_order(found)


def _term(node: Node) -> Term:
    """Return a term of rdflib as one of the engine."""
    if isinstance(node, URIRef):
        return NamedNode(node)
    if isinstance(node, Literal):
        if node.language:
            return Value(str(node), language=node.language)
        return Value(str(node), datatype=NamedNode(node.datatype)) if node.datatype else Value(str(node))
    return BlankNode(str(node))


@lru_cache(maxsize=1_000)
def _read(text: str, base: str | None, prefixes: tuple[tuple[str, Any], ...]) -> Query:
    return translateQuery(parseQuery(text), base, dict(prefixes))


@contextmanager
def _read_once() -> Iterator[None]:
    """Keep parsed queries: rdflib would read the text of a SPARQL constraint again for each node, most of the time spent."""
    original = SPARQLProcessor.query

    def query(self: SPARQLProcessor, text: str | Query, *bindings: Any, **options: Any) -> Mapping[str, Any]:
        given = {**dict(zip(("initBindings", "initNs", "base"), bindings, strict=False)), **options}
        ready = _read(text, given.get("base"), tuple(sorted((given.get("initNs") or {}).items()))) if isinstance(text, str) else text
        return evalQuery(self.graph, ready, given.get("initBindings"), given.get("base"))

    setattr(SPARQLProcessor, "query", query)  # noqa: B010
    try:
        yield
    finally:
        setattr(SPARQLProcessor, "query", original)  # noqa: B010
