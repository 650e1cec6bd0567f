"""A copy of a small remote store in this process, for pages that ask for hundreds of patterns.

In:  what reads a graph, what tells a change. Out: an engine in memory that holds exactly one revision, or none yet.

It is made when many patterns of one revision have been asked for, and follows the commits after that by their changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Lock
from typing import cast

import pyoxigraph as ox

from ropa.errors import NotFound
from ropa.store.apply import apply
from ropa.store.changes import Change
from ropa.store.quads import Quad
from ropa.store.remote.writer import has_blank_node

MOST = 300_000
"""Statements of a store that is copied at the most: some 100 MB."""
_SHARE = 100
"""So many statements are read in the time of one pattern: when the patterns have taken the time of a copy, it is made."""
_PATTERNS = 100
"""Patterns that are asked one by one at the least."""
_FOLLOWED = 20
"""Commits that are followed; after more of them it is made anew."""


class Copy:
    """The copy of one store.

    Args:
        present: Asks for the revision. count: Tells how many statements there are. read: Gives all of them.
        recall: Gives the change that led to a revision.
    """

    def __init__(
        self, present: Callable[[], int], count: Callable[[], int], read: Callable[[], Iterable[Quad]], recall: Callable[[int], Change]
    ) -> None:
        self._present = present
        self._count = count
        self._read = read
        self._recall = recall
        self._held: tuple[int, ox.Store] | None = None
        self._asked = 0
        self._lock = Lock()

    def at(self, revision: int) -> ox.Store | None:
        """Return the copy if it is of this revision."""
        held = self._held
        return held[1] if held is not None and held[0] == revision else None

    def want(self, revision: int) -> ox.Store | None:
        """Return the copy of a revision after making it, if that is due; who comes while it is made does not wait for it."""
        self._asked += 1
        if (self._held is None and not self._is_due()) or not self._lock.acquire(blocking=False):
            return None
        try:
            held, self._held, self._asked = self._held, None, 0
            self._held = self._make(revision) if held is None else self._follow(held, revision)
            return self.at(revision)
        finally:
            self._lock.release()

    def forget(self) -> None:
        """Let go of the copy."""
        self._held = None

    def _is_due(self) -> bool:
        return self._asked >= _PATTERNS and self._count() <= min(MOST, self._asked * _SHARE)

    def _make(self, revision: int) -> tuple[int, ox.Store] | None:
        store = ox.Store()
        store.bulk_extend(cast(Iterable[ox.Quad], self._read()))
        # What was written while it was read may be in it or not.
        return (revision, store) if self._present() == revision else None

    def _follow(self, held: tuple[int, ox.Store], revision: int) -> tuple[int, ox.Store] | None:
        """Bring a copy to a later revision; not where blank nodes change, whose names only the engine knows."""
        at, store = held
        if not at < revision <= at + _FOLLOWED:
            return None
        try:
            changes = [self._recall(number) for number in range(at + 1, revision + 1)]
        except NotFound:
            return None
        if any(has_blank_node(quad) for change in changes for quad in (*change.removed, *change.added)):
            return None
        for change in changes:
            apply(store, change)
        return revision, store
