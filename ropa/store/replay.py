"""Go through the history again: what the engine lost, or whether the history leads to what a store holds.

In:  patches and an engine. Out: the engine after them, or what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from tempfile import TemporaryDirectory
from typing import cast

import pyoxigraph as ox
from pyoxigraph import NamedNode

from ropa.store.apply import apply
from ropa.store.patches import Patches
from ropa.store.quads import Quad

Told = Callable[[str, int, int], None]
"""Called now and then with what is being done, how much of it is done, and of how much."""

_MANY = 100_000
"""Statements from which on they are not held in memory."""


def repeat(engine: ox.Store, patches: Patches, revision: int) -> None:
    """Make an engine hold what one commit led to; done a second time it does nothing."""
    commit = patches.commit(revision)
    created, dropped = patches.graphs(revision)
    if commit.added < _MANY or commit.removed or dropped:
        apply(engine, patches.recall(revision))
        return
    engine.bulk_extend(cast(Iterable[ox.Quad], patches.added(revision)))
    for graph in created:
        engine.add_graph(NamedNode(graph))


def undo(engine: ox.Store, patches: Patches) -> None:
    """Take from an engine what it may hold of the refused patch."""
    refused = patches.refused
    if refused is None:
        return
    if int(refused.stem) == 1:
        # Before the first there was nothing.
        engine.clear()
    else:
        apply(engine, patches.recall(int(refused.stem), refused).reversed())


def contradictions(engine: ox.Store, patches: Patches, last: int, told: Told = lambda what, done, of: None) -> Iterator[str]:
    """Yield how what an engine holds differs from what the history leads to, a sentence each; nothing where they agree.

    Args:
        last: The revision that the engine is at.
    """
    with TemporaryDirectory(prefix="ropa-") as folder:
        fresh = ox.Store(folder)
        try:
            for revision in range(patches.first, last + 1):
                told("Replaying", revision, last)
                repeat(fresh, patches, revision)
            yield from _missing(engine, fresh, "is in the store, not in the history", told)
            yield from _missing(fresh, engine, "is in the history, not in the store", told)
        finally:
            # The engine writes to its folder until it is let go.
            del fresh


def _missing(ours: ox.Store, theirs: ox.Store, fault: str, told: Told) -> Iterator[str]:
    total = len(ours)
    for done, quad in enumerate(cast(Iterable[Quad], ours)):
        if done % 10_000 == 0:
            told("Comparing", done, total)
        if quad not in theirs:
            yield f"{quad} {fault}"
    for graph in ours.named_graphs():
        if not theirs.contains_named_graph(graph):
            yield f"The graph {graph} {fault}"
