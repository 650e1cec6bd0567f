"""One thing, or our own terms, in the RDF formats: what is said of it and what that rests on.

In:  a store and an IRI. Out: bytes, the same for the same revision.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyoxigraph as ox
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode

from ropa.errors import NotFound
from ropa.exchange import jsonld
from ropa.exchange.rdf import sort_quads
from ropa.namespaces import OA, RDF, ROPA, graph_iri, shorten
from ropa.store import Node, Quad, QuadStore, make_quad, write_triples
from ropa.store import write_quads as write_dataset


@dataclass(frozen=True)
class ThingFormat:
    """A way to write a thing; ``engine`` is None where rdflib writes it."""

    name: str
    ending: str
    media_type: str
    engine: ox.RdfFormat | None


FORMATS: dict[str, ThingFormat] = {
    found.ending: found
    for found in (
        ThingFormat("Turtle", "ttl", "text/turtle", ox.RdfFormat.TURTLE),
        ThingFormat("JSON-LD", "jsonld", "application/ld+json", None),
        ThingFormat("N-Triples", "nt", "application/n-triples", ox.RdfFormat.N_TRIPLES),
        ThingFormat("TriG", "trig", "application/trig", ox.RdfFormat.TRIG),
        ThingFormat("RDF/XML", "rdf", "application/rdf+xml", ox.RdfFormat.RDF_XML),
    )
}
"""File name ending to format."""


def thing_quads(store: QuadStore, iri: str) -> list[Quad]:
    """Return what is said of a thing, the evidence of it with its passages, and the blank nodes below all these."""
    node = NamedNode(iri)
    evidence = [quad.subject for quad in store.quads(None, NamedNode(RDF + "subject"), node) if not _is_inferred(store, quad)]
    found: dict[Quad, None] = {}
    about = list(_closure(store, node))
    # What was concluded of a thing is not exported as stated; a conclusion itself is all inferred.
    stated = [quad for quad in about if not _is_inferred(store, quad)] or about
    for quads in [stated, *(_closure(store, subject) for subject in evidence)]:
        for quad in quads:
            found[quad] = None
            if quad.predicate.value == OA + "hasTarget" and isinstance(quad.object, NamedNode):
                found |= dict.fromkeys(_closure(store, quad.object))
    return sort_quads(found)


def term_quads(store: QuadStore) -> list[Quad]:
    """Return what the ontology graph says of our own terms and of the ontology itself."""
    graph = store.quads(graph=graph_iri(store.base, "ontology"))
    return sort_quads(quad for quad in graph if isinstance(quad.subject, NamedNode) and quad.subject.value.startswith(ROPA.rstrip("#")))


def write_thing(store: QuadStore, iri: str, ending: str) -> bytes:
    """Write one thing with its evidence.

    Raises:
        NotFound: The store says nothing of it, or there is no such format.
    """
    quads = thing_quads(store, iri)
    if not quads and next(iter(store.quads(None, None, NamedNode(iri))), None) is None:
        raise NotFound("thing", shorten(iri, store.base))
    return write_quads(quads, ending, store.base)


def write_terms(store: QuadStore, ending: str) -> bytes:
    """Write our own terms."""
    return write_quads(term_quads(store), ending, store.base)


def write_quads(quads: list[Quad], ending: str, base: str) -> bytes:
    """Write quads in one of :data:`FORMATS`; formats without graphs merge them.

    Raises:
        NotFound: There is no such format.
    """
    if ending not in FORMATS:
        raise NotFound("format", ending, FORMATS)
    engine = FORMATS[ending].engine
    if engine is None:
        # A reader that knows one graph only would find none within a named one.
        return jsonld.write_quads([make_quad(quad.subject, quad.predicate, quad.object, DefaultGraph()) for quad in quads], base)
    return write_dataset(quads, engine) if engine.supports_datasets else write_triples(quads, engine)


def _is_inferred(store: QuadStore, quad: Quad) -> bool:
    return isinstance(quad.graph_name, NamedNode) and quad.graph_name.value == graph_iri(store.base, "inferred")


def _closure(store: QuadStore, subject: Node) -> Iterator[Quad]:
    """Yield the quads of a node, of the blank nodes below it and of the selectors of a passage."""
    waiting, seen = [subject], {subject}
    while waiting:
        for quad in store.quads(waiting.pop()):
            yield quad
            below = quad.object
            belongs = isinstance(below, BlankNode) or quad.predicate.value == OA + "hasSelector"
            if belongs and not isinstance(below, Literal) and below not in seen:
                seen.add(below)
                waiting.append(below)
