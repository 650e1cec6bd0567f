"""Turtle, TriG and N-Quads, written by the engine's own serialiser.

A register travels with its evidence: as two named graphs where the format has them, as one graph in Turtle.
"""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox
from pyoxigraph import BlankNode

from ropa.namespaces import graph_iri
from ropa.store import Quad, QuadStore, make_quad, write_quads, write_triples


def register_quads(store: QuadStore, slug: str) -> list[Quad]:
    """Return a register and its evidence, in an order that does not depend on how they were loaded."""
    quads = [quad for kind in ("register", "evidence") for quad in store.quads(graph=graph_iri(store.base, f"{kind}/{slug}"))]
    return sort_quads(quads)


def sort_quads(quads: Iterable[Quad]) -> list[Quad]:
    """Order quads by graph, subject, predicate and object, and number blank nodes by what they hold.

    The blank nodes of a register are the selectors of a passage: they have no blank nodes of their own,
    so their values name them.
    """
    held: dict[BlankNode, list[str]] = {}
    found = list(quads)
    for quad in found:
        if isinstance(quad.subject, BlankNode):
            held.setdefault(quad.subject, []).append(f"{quad.predicate} {quad.object}")
    pointing = {quad.object: f"{quad.subject} {quad.predicate}" for quad in found if isinstance(quad.object, BlankNode)}
    order = sorted(held, key=lambda node: (pointing.get(node, ""), sorted(held[node])))
    names = {node: BlankNode(f"b{number}") for number, node in enumerate(order)}

    def named(quad: Quad) -> Quad:
        subject = names.get(quad.subject, quad.subject) if isinstance(quad.subject, BlankNode) else quad.subject
        value = names.get(quad.object, quad.object) if isinstance(quad.object, BlankNode) else quad.object
        return make_quad(subject, quad.predicate, value, quad.graph_name)

    return sorted(
        (named(quad) for quad in found), key=lambda quad: (str(quad.graph_name), str(quad.subject), str(quad.predicate), str(quad.object))
    )


def write_turtle(store: QuadStore, slug: str) -> bytes:
    """Write a register and its evidence as one graph (RDF 1.1 Turtle)."""
    return write_triples(register_quads(store, slug), ox.RdfFormat.TURTLE)


def write_trig(store: QuadStore, slug: str) -> bytes:
    """Write a register and its evidence as two named graphs (RDF 1.1 TriG)."""
    return write_quads(register_quads(store, slug), ox.RdfFormat.TRIG)


def write_nquads(store: QuadStore, slug: str) -> bytes:
    """Write a register and its evidence as two named graphs (RDF 1.1 N-Quads)."""
    return write_quads(register_quads(store, slug), ox.RdfFormat.N_QUADS)
