"""ropa.store.xml_faults: what XML has no place for is refused in words, wherever it is written."""

from __future__ import annotations

import pytest
from pyoxigraph import DefaultGraph, Literal, NamedNode, RdfFormat
from rdflib import Graph

from ropa.errors import CannotEvaluate
from ropa.namespaces import DEFAULT_BASE
from ropa.store import make_quad, write_triples
from ropa.store.direct import evaluate
from ropa.store.embedded import EmbeddedStore
from ropa.store.evaluation import Asked, Limits
from ropa.store.xml_faults import XmlGuard

XML = "application/sparql-results+xml"


@pytest.mark.parametrize(
    ("predicate", "text"),
    [
        ("https://e/p", "page one\x0cpage two"),
        ("https://e/p", "\x01"),
        ("https://e/p", "\uffff"),
        ("https://e/1.2", "v"),
        ("urn:x:1", "v"),
        ("https://e/", "v"),
    ],
)
def test_what_has_no_place_in_rdf_xml_is_refused(predicate: str, text: str) -> None:
    quads = [make_quad(NamedNode("https://e/s"), NamedNode(predicate), Literal(text), DefaultGraph())]

    with pytest.raises(CannotEvaluate, match="cannot be written as"):
        write_triples(quads, RdfFormat.RDF_XML)
    assert len(Graph().parse(data=write_triples(quads, RdfFormat.TURTLE).decode(), format="turtle")) == 1


def test_what_has_a_place_is_written() -> None:
    texts = ["a\tb\n", "oxprefix: <oxprefix: >", "\u0085\u2028\ufffd", "é"]
    quads = [
        make_quad(NamedNode("https://e/s"), NamedNode(f"https://e/p{place}"), Literal(text), DefaultGraph())
        for place, text in enumerate(texts)
    ]

    assert len(Graph().parse(data=write_triples(quads, RdfFormat.RDF_XML).decode(), format="xml")) == len(texts)


def test_rows_with_such_a_character_are_refused_as_xml_and_given_as_json() -> None:
    store = EmbeddedStore.in_memory()
    text = 'SELECT ("a\\u000Cb" AS ?x) {}'

    with pytest.raises(CannotEvaluate, match="U\\+000C"):
        evaluate(store.reading, DEFAULT_BASE, Asked(text, solutions=XML), Limits())
    assert b"\\f" in evaluate(store.reading, DEFAULT_BASE, Asked(text), Limits()).body


def look_at(*parts: bytes) -> None:
    guard = XmlGuard()
    for part in parts:
        guard.look(part)


def test_nothing_hides_where_two_parts_meet() -> None:
    whole = b'<rdf:RDF><oxprefix: xmlns:oxprefix="urn:x:1">v</oxprefix:></rdf:RDF>'
    for place in range(1, len(whole)):
        with pytest.raises(CannotEvaluate):
            look_at(whole[:place], whole[place:])
