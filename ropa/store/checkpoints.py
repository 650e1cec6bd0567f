"""Copies of the engine's folder as it was at one moment, for readers in other processes.

In:  what makes such a copy. Out: the copy of the present revision, made when it is first asked for; it is removed when nobody
holds it any more.

After much was written the engine puts its files in order, which takes it minutes; a copy made before stays out of order, and reading it
takes several times as long. So one is made anew when the files are others, though the statements are the same.

A reader that has a copy open may still open files of it later: the engine opens sixteen at first, the others when a query
needs them, and one that does not find them takes all the memory there is. So a folder stays as long as its
:class:`Snapshot` is referred to anywhere.
"""

from __future__ import annotations

import shutil
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from errno import EDQUOT, ENOSPC
from itertools import count
from pathlib import Path
from threading import Lock
from time import monotonic

from ropa.errors import NoSpace, StoreProblem

__all__ = ["Checkpoints", "Snapshot"]

_LOOK_EVERY = 10.0
"""Seconds between two looks at the engine's files: each new copy is opened anew by every reader."""


@dataclass(frozen=True)
class Snapshot:
    """A store as it was at one moment; nothing changes it.

    Attributes:
        folder: To be opened with the engine, read-only. What it holds is at least as new as *revision*.
    """

    folder: Path
    revision: int


class Checkpoints:
    """Keeps one snapshot of the present revision, and those that are still held.

    Args:
        make: Copies the engine's folder to the path it gets, which does not exist, and returns the revision copied.
        revision: Tells the store's present revision.
        place: A folder for this alone, on the file system of the store, so that files are linked and not copied. What is in it
            was left by a process that is no more, and is removed.
        files: Tells the names of the engine's files.
    """

    def __init__(
        self, make: Callable[[Path], int], revision: Callable[[], int], place: Path, files: Callable[[], frozenset[str]] = frozenset
    ) -> None:
        self._make = make
        self._revision = revision
        self._place = place
        self._files = files
        self._copied: frozenset[str] = frozenset()
        self._look_at = 0.0
        self._numbers = count()
        self._current: Snapshot | None = None
        self._lock = Lock()
        shutil.rmtree(place, ignore_errors=True)
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreProblem(f"{place} cannot be made, and readers need it: {error}. Let this user write there.") from None

    def current(self) -> Snapshot:
        """Return a snapshot that holds all that is committed by now.

        Raises:
            NoSpace: The disk is full. StoreProblem: No copy can be made.
        """
        with self._lock:
            if self._current is None or self._current.revision != self._revision() or self._is_in_another_order():
                self._current = self._copy()
                self._copied = self._files()
                self._look_at = monotonic() + _LOOK_EVERY
            return self._current

    def _is_in_another_order(self) -> bool:
        if monotonic() < self._look_at:
            return False
        self._look_at = monotonic() + _LOOK_EVERY
        return self._files() != self._copied

    def release(self) -> None:
        """Let go of the present snapshot; whoever holds it keeps it."""
        with self._lock:
            self._current = None

    def close(self) -> None:
        """Remove all snapshots, also those that are held: end the readers first."""
        with self._lock:
            self._current = None
            shutil.rmtree(self._place, ignore_errors=True)

    def _copy(self) -> Snapshot:
        folder = self._place / str(next(self._numbers))
        try:
            revision = self._make(folder)
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            if error.errno in (ENOSPC, EDQUOT) or "no space" in str(error).lower():
                raise NoSpace(f"The disk of {self._place} is full, so that nothing can be evaluated. Make room, then ask again.") from None
            raise StoreProblem(f"No copy of the store for readers can be made in {self._place}: {error}") from None
        snapshot = Snapshot(folder, revision)
        # Not at the end of this process, which readers may outlive by a moment.
        weakref.finalize(snapshot, shutil.rmtree, folder, ignore_errors=True).atexit = False
        return snapshot
