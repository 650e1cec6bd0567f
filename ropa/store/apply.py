"""Put a change into the engine, all of it in one transaction.

An update's text cannot name a blank node that the engine holds, so statements with blank nodes come and go through functions
that the text calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import cast

import pyoxigraph as ox
from pyoxigraph import BlankNode, DefaultGraph, NamedNode

from ropa.store.changes import Change
from ropa.store.quads import Quad

_FUNCTION = "urn:x-ropa:function:"
_PARTS = {"s": "subject", "p": "predicate", "o": "object"}

MOST_STALE = 5_000
"""Statements removed from an engine in memory beyond which it is made anew, if they are also an eighth of those it holds: it keeps
something of each for ever."""

Functions = dict[NamedNode, Callable[..., NamedNode | BlankNode | ox.Literal | ox.Triple | None]]


def is_worn(removed: int, held: int) -> bool:
    """Tell whether an engine in memory from which so many statements were removed is to be made anew."""
    return removed > max(MOST_STALE, held // 8)


def apply(engine: ox.Store, change: Change) -> None:
    """Make the engine hold what a change leads to; applied a second time it does nothing."""
    named = {quad.graph_name.value for quad in change.added if isinstance(quad.graph_name, NamedNode)}
    empty = change.created - named
    if not (change.removed or change.dropped or empty):
        # Adding alone is atomic too.
        engine.extend(cast(Iterable[ox.Quad], change.added))
        return
    functions: Functions = {}
    steps = [
        *_removal(change.removed, functions),
        *(f"DROP SILENT GRAPH <{graph}>" for graph in sorted(change.dropped)),
        *(f"CREATE SILENT GRAPH <{graph}>" for graph in sorted(empty)),
        *_addition(change.added, functions),
    ]
    engine.update(" ;\n".join(steps), custom_functions=functions)


def _removal(quads: Sequence[Quad], functions: Functions) -> Iterator[str]:
    plain = [quad for quad in quads if not _has_blank(quad)]
    if plain:
        yield f"DELETE DATA {{ {_write(plain)} }}"
    for graph, found in _by_graph(quad for quad in quads if _has_blank(quad)):
        yield f"DELETE {{ {_within(graph, '?s ?p ?o')} }} {_where(found, functions)}"


def _addition(quads: Sequence[Quad], functions: Functions) -> Iterator[str]:
    plain = [quad for quad in quads if not _has_blank(quad)]
    if plain:
        yield f"INSERT DATA {{ {_write(plain)} }}"
    for graph, found in _by_graph(quad for quad in quads if _has_blank(quad)):
        yield f"INSERT {{ {_within(graph, '?s ?p ?o')} }} {_where(found, functions)}"


def _where(quads: Sequence[Quad], functions: Functions) -> str:
    """Return a pattern with a row for each statement, whose parts functions give."""
    binds = ""
    for variable, part in _PARTS.items():
        name = NamedNode(f"{_FUNCTION}{len(functions)}")
        functions[name] = lambda row, part=part: getattr(quads[int(row.value)], part)
        binds += f" BIND({name}(?row) AS ?{variable})"
    return f"WHERE {{ VALUES ?row {{ {' '.join(map(str, range(len(quads))))} }}{binds} }}"


def _write(quads: Iterable[Quad]) -> str:
    return "\n".join(_within(graph, _triples(found)) for graph, found in _by_graph(quads))


def _triples(quads: Iterable[Quad]) -> str:
    return (ox.serialize((quad.triple for quad in quads), format=ox.RdfFormat.N_TRIPLES) or b"").decode()


def _by_graph(quads: Iterable[Quad]) -> Iterator[tuple[NamedNode | DefaultGraph, list[Quad]]]:
    ordered = sorted(quads, key=lambda quad: str(quad.graph_name))
    for graph, found in groupby(ordered, key=lambda quad: quad.graph_name):
        yield cast(NamedNode | DefaultGraph, graph), list(found)


def _within(graph: NamedNode | DefaultGraph, triples: str) -> str:
    return triples if isinstance(graph, DefaultGraph) else f"GRAPH {graph} {{ {triples} }}"


def _has_blank(quad: Quad) -> bool:
    return isinstance(quad.subject, BlankNode) or isinstance(quad.object, BlankNode)
