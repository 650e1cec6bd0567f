"""What was read from a remote engine, kept while its revision stays the same."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from threading import Lock
from typing import Generic, TypeVar

Item = TypeVar("Item")

MOST = 300_000
"""Items that all kept answers may have together; the one unused for longest goes first."""


class Cache(Generic[Item]):
    """Answers by what was asked, of one revision."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, Sequence[Item]] = OrderedDict()
        self._size = 0
        self._at: int | None = None
        self._lock = Lock()

    def get(self, revision: int, key: Hashable) -> Sequence[Item] | None:
        """Return what was kept for a question at a revision, None where it is not known."""
        with self._lock:
            self._move_to(revision)
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def keep(self, revision: int, key: Hashable, items: Sequence[Item]) -> None:
        """Keep an answer, unless it would drive out most of the others."""
        with self._lock:
            self._move_to(revision)
            if len(items) > self._most // 2 or key in self._kept:
                return
            self._kept[key] = items
            self._size += len(items) + 1
            while self._size > self._most:
                self._size -= len(self._kept.popitem(last=False)[1]) + 1

    def forget(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._at = None
            self._move_to(-1)

    def _move_to(self, revision: int) -> None:
        if revision != self._at:
            self._kept.clear()
            self._size, self._at = 0, revision
