"""Turtle, TriG and N-Quads, written by the engine's own serialiser.

A register travels with its evidence: as two named graphs where the format has them, as one graph in Turtle.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import pyoxigraph as ox
from pyoxigraph import BlankNode

from ropa.namespaces import graph_iri
from ropa.store import Quad, QuadStore, write_quads, write_triples


def register_quads(store: QuadStore, slug: str) -> list[Quad]:
    """Return a register and its evidence, sorted."""
    return sort_quads(quad for kind in ("register", "evidence") for quad in store.quads(graph=graph_iri(store.base, f"{kind}/{slug}")))


def sort_quads(quads: Iterable[Quad]) -> list[Quad]:
    """Order quads by graph, subject, predicate and object, so that the order of loading does not show.

    Blank nodes get the names that the canonical form of the graph gives them (W3C RDF Dataset Canonicalization 1.0).
    """
    found = list(quads)
    if any(isinstance(term, BlankNode) for quad in found for term in (quad.subject, quad.object)):
        dataset = ox.Dataset(cast(list[ox.Quad], found))
        dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
        found = cast(list[Quad], list(dataset))
    return sorted(found, key=lambda quad: (str(quad.graph_name), str(quad.subject), str(quad.predicate), str(quad.object)))


def write_turtle(store: QuadStore, slug: str) -> bytes:
    """Write a register and its evidence as one graph (RDF 1.1 Turtle)."""
    return write_triples(register_quads(store, slug), ox.RdfFormat.TURTLE)


def write_trig(store: QuadStore, slug: str) -> bytes:
    """Write a register and its evidence as two named graphs (RDF 1.1 TriG)."""
    return write_quads(register_quads(store, slug), ox.RdfFormat.TRIG)


def write_nquads(store: QuadStore, slug: str) -> bytes:
    """Write a register and its evidence as two named graphs (RDF 1.1 N-Quads)."""
    return write_quads(register_quads(store, slug), ox.RdfFormat.N_QUADS)
