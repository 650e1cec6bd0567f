"""The port to the quad store. Everything above it speaks to :class:`QuadStore`; another engine is one more file here.

In:  SPARQL text and quads. Out: the engine's own answers, which serialise themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, cast

import pyoxigraph as ox
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, QueryBoolean, QuerySolutions, QueryTriples, Triple

from ropa.errors import StoreProblem
from ropa.namespaces import DEFAULT_BASE, PREFIXES

Node = NamedNode | BlankNode
Term = NamedNode | BlankNode | Literal
Answer = QuerySolutions | QueryBoolean | QueryTriples

__all__ = [
    "Answer",
    "Node",
    "Quad",
    "QuadStore",
    "Term",
    "create_store",
    "make_quad",
    "open_store",
    "require_store",
    "write_quads",
    "write_triples",
]


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


def make_quad(subject: Node, predicate: NamedNode, value: Term, graph: NamedNode | BlankNode | DefaultGraph) -> Quad:
    """Return a statement in a graph."""
    return cast(Quad, ox.Quad(subject, predicate, value, graph))


def write_triples(quads: Iterable[Quad], format: ox.RdfFormat = ox.RdfFormat.N_TRIPLES) -> bytes:
    """Write statements without their graphs, by the engine's serialiser."""
    return _tidy(ox.serialize((quad.triple for quad in quads), format=format, prefixes=PREFIXES) or b"")


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


class QuadStore(Protocol):
    """What the project asks of an engine."""

    @property
    def base(self) -> str:
        """The IRI that instances live under, with a final slash."""

    @property
    def revision(self) -> int:
        """A number that is greater after every change."""

    def query(self, text: str, *, default_graphs: Sequence[str] = (), named_graphs: Sequence[str] = ()) -> Answer:
        """Evaluate a SPARQL query.

        Without a dataset in the text or the arguments the default graph is the union of all graphs.

        Raises:
            BadQuery: The text does not parse.
            RefusedQuery: The text calls a remote service.
        """

    def quads(
        self, subject: Node | None = None, predicate: NamedNode | None = None, value: Term | None = None, graph: str | None = None
    ) -> Iterator[Quad]:
        """Yield the quads that match; None matches anything."""

    def graphs(self) -> list[str]:
        """Return the IRIs of the named graphs, sorted."""

    def replace_graphs(self, contents: Mapping[str, Iterable[Quad]]) -> None:
        """Replace each graph by its quads (the graph of a quad is ignored); all of it or nothing."""

    def close(self) -> None:
        """Let go of the store."""


def open_store(folder: Path) -> AbstractContextManager[QuadStore]:
    """Open the store in *folder* for reading and writing; leaving the context closes it.

    Raises:
        StoreProblem: It is absent, of another version, or held by another process.
    """
    from ropa.store.embedded import EmbeddedStore

    return EmbeddedStore.open(folder)


def require_store(folder: Path) -> None:
    """Refuse a folder that holds no store, without opening it.

    Raises:
        StoreProblem: There is none.
    """
    if not (folder / "store.json").is_file():
        raise StoreProblem(f"{folder} is not a store. Make one with: ropa init {folder}")


def create_store(folder: Path, base: str = DEFAULT_BASE) -> AbstractContextManager[QuadStore]:
    """Make a new, empty store in *folder*.

    Raises:
        StoreProblem: The folder exists and is not empty.
    """
    from ropa.store.embedded import EmbeddedStore

    return EmbeddedStore.create(folder, base)
