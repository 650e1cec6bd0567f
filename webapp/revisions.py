"""What is worked out once for a revision of the store, and dropped with it.

In:  a snapshot, a key, and a function that makes the value. Out: the value.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from webapp.state import Snapshot

Value = TypeVar("Value")


class PerRevision(Generic[Value]):
    """Values of one kind; of each revision the *most* that were used last are kept. Any number of threads may ask.

    Args:
        fits: Tells whether a value is small enough to be kept.
    """

    def __init__(self, most: int, fits: Callable[[Value], bool] = lambda value: True) -> None:
        self._most = most
        self._fits = fits
        self._lock = Lock()
        self._kept: WeakKeyDictionary[Snapshot, OrderedDict[Hashable, Value]] = WeakKeyDictionary()

    def get(self, snapshot: Snapshot, key: Hashable, make: Callable[[], Value]) -> Value:
        """Return the value of a key, made now if it is not there; two threads may make it at the same time."""
        with self._lock:
            kept = self._kept.setdefault(snapshot, OrderedDict())
            if key in kept:
                kept.move_to_end(key)
                return kept[key]
        value = make()
        if not self._fits(value):
            return value
        with self._lock:
            kept[key] = value
            while len(kept) > self._most:
                kept.popitem(last=False)
        return value
