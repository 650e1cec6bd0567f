"""Statements as the engine holds them, and their text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, cast

import pyoxigraph as ox
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Triple

from ropa.namespaces import PREFIXES
from ropa.store.xml_faults import XmlGuard

Node = NamedNode | BlankNode
Term = NamedNode | BlankNode | Literal

__all__ = ["Node", "Quad", "Term", "as_stored", "is_iri", "make_quad", "write_quads", "write_triples"]


class Quad(Protocol):
    """A statement in a graph, as the engine holds it, of RDF 1.1: no triple is the subject or object of another."""

    @property
    def subject(self) -> Node:
        """What the statement is about."""

    @property
    def predicate(self) -> NamedNode:
        """What it says of it."""

    @property
    def object(self) -> Term:
        """The value."""

    @property
    def graph_name(self) -> NamedNode | BlankNode | DefaultGraph:
        """The graph it stands in."""

    @property
    def triple(self) -> Triple:
        """The statement without its graph."""


def is_iri(text: str) -> bool:
    """Tell whether a text is an absolute IRI."""
    try:
        NamedNode(text)
    except ValueError:
        return False
    return True


def make_quad(subject: Node, predicate: NamedNode, value: Term, graph: NamedNode | BlankNode | DefaultGraph) -> Quad:
    """Return a statement in a graph."""
    return cast(Quad, ox.Quad(subject, predicate, value, graph))


def as_stored(quads: Iterable[Quad], graph: NamedNode | DefaultGraph | None = None) -> list[Quad]:
    """Return statements as the engine keeps them, each once and its literals in the engine's spelling; all in *graph* if one is given."""
    passing = ox.Store()
    passing.extend(ox.Quad(quad.subject, quad.predicate, quad.object, graph or quad.graph_name) for quad in quads)
    return cast(list[Quad], list(passing))


def write_triples(quads: Iterable[Quad], format: ox.RdfFormat = ox.RdfFormat.N_TRIPLES) -> bytes:
    """Write statements without their graphs, by the engine's serialiser.

    Raises:
        CannotEvaluate: RDF/XML has no place for some of them.
    """
    text = ox.serialize((quad.triple for quad in quads), format=format, prefixes=PREFIXES) or b""
    if format == ox.RdfFormat.RDF_XML:
        XmlGuard().look(text)
    return _tidy(text)


def write_quads(quads: Iterable[Quad], format: ox.RdfFormat) -> bytes:
    """Write statements with their graphs, by the engine's serialiser."""
    return _tidy(ox.serialize(cast(Iterable[ox.Quad], quads), format=format, prefixes=PREFIXES) or b"")


def _tidy(text: bytes) -> bytes:
    """Sort the prefixes, which the engine writes in any order, and leave out those that nothing uses."""
    head, body = [], text
    while body.startswith(b"@prefix "):
        line, _, body = body.partition(b"\n")
        head.append(line)
    used = [line for line in head if line.split()[1] in body]
    return b"".join(line + b"\n" for line in sorted(used)) + body
