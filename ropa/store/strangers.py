"""Who evaluates the queries of strangers over a store in a folder: reader processes, and this process for mere look-ups.

In:  an open store. Out: an :class:`ropa.store.evaluation.Evaluator`; its processes start with the first query that needs one.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, cast

import pyoxigraph as ox

from ropa.errors import BadQuery, RopaError, StoreProblem
from ropa.store.dataset import EngineDataset
from ropa.store.direct import look_up
from ropa.store.evaluation import Asked, Evaluator, Limits, Written
from ropa.store.forks import Forks, Gone, Worn
from ropa.store.lookups import is_lookup
from ropa.store.readers import Checkpoints, ReaderPool, Snapshot

if TYPE_CHECKING:
    from ropa.store.embedded import EmbeddedStore


_READERS = 4
"""Queries that run at the same time: twice what any role may have, so that no role keeps all others waiting."""
_MOST_FAILURES = 3
"""Times that reading from memory is tried again."""
_CAN_FORK = hasattr(os, "fork") and sys.platform != "darwin"
"""Whether a process may be forked while it uses what the system brings; macOS ends one that does."""


class StrangersEvaluator:
    """Evaluates look-ups in the thread that asks, everything else in processes that can be killed.

    Where the store is kept in memory, these processes read from memory too, once the one that they are forks of has been filled;
    until then, and where that fails, they read copies on the disk.

    Args:
        allowed: Addresses that SERVICE may call.
    """

    def __init__(self, store: EmbeddedStore, allowed: Collection[str] = ()) -> None:
        self._store = store
        self._allowed = allowed
        self._lock = Lock()
        self._closed = False
        self._pool: ReaderPool | None = None
        self._forking: ReaderPool | None = None
        self._forks: Forks | None = None
        self._checkpoints: Checkpoints | None = None
        self._place: Path | None = None
        self._failures = 0

    def evaluate(self, asked: Asked, limits: Limits) -> Written:
        """See :class:`ropa.store.evaluation.Evaluator`."""
        if is_lookup(asked.text):
            return look_up(self._store.reading, self._store.base, asked, limits)
        on_disk, in_memory, forks = self._readers()
        if in_memory is not None and forks is not None:
            try:
                return in_memory.evaluate(asked, limits)
            except Gone as error:
                self._give_up(forks, failed=not isinstance(error, Worn))
        return on_disk.evaluate(asked, limits)

    def close(self) -> None:
        """End the processes and remove their copies."""
        with self._lock:
            pools, forks, checkpoints, place = (self._pool, self._forking), self._forks, self._checkpoints, self._place
            self._pool = self._forking = self._forks = self._checkpoints = self._place = None
            self._closed = True
        for pool in pools:
            if pool is not None:
                pool.close()
        if forks is not None:
            forks.close()
        if checkpoints is not None:
            checkpoints.close()
        if place is not None:
            shutil.rmtree(place, ignore_errors=True)

    def _readers(self) -> tuple[ReaderPool, ReaderPool | None, Forks | None]:
        """Return those who read copies on the disk and, where there are any, those who read from memory and what makes them."""
        with self._lock:
            if self._pool is None:
                folder = self._store.folder
                if folder is None:
                    # A store in memory is copied to the disk, where the readers find it.
                    folder = self._place = Path(tempfile.mkdtemp(prefix="ropa-"))
                self._checkpoints = Checkpoints(self._store.snapshot, lambda: self._store.revision, folder / "readers", self._store.files)
                self._pool = ReaderPool(self._checkpoints.current, self._store.base, readers=_READERS, allowed=self._allowed)
                self._closed = False
            wanted = self._store.is_in_memory and _CAN_FORK and self._failures < _MOST_FAILURES
            if wanted and self._forks is None and self._checkpoints is not None and self._store.folder is not None:
                self._begin(self._store.folder, self._checkpoints)
            return self._pool, self._forking, self._forks

    def _begin(self, folder: Path, checkpoints: Checkpoints) -> None:
        """Start a process that is to hold the store; while it is filled the others answer."""
        store = self._store
        try:
            self._forks = Forks(
                store.base,
                self._allowed,
                folder / "history",
                checkpoints,
                revision=lambda: store.revision,
                soundness=lambda: store.soundness,
            )
        except StoreProblem:
            self._failures += 1
            return
        Thread(target=self._fill, args=(self._forks, folder / "readers"), daemon=True).start()

    def _fill(self, forks: Forks, place: Path) -> None:
        """Have the process read the store, then let its forks answer."""
        try:
            forks.fill()
        except RopaError:
            self._give_up(forks, failed=True)
            return
        pool = ReaderPool(
            lambda: Snapshot(place / "memory", self._store.revision), self._store.base, readers=_READERS, start=forks.start, closed=Gone
        )
        with self._lock:
            current = self._forks is forks
            if current:
                self._forking = pool
            on_disk = self._pool
        if current and on_disk is not None:
            on_disk.rest()

    def _give_up(self, forks: Forks, *, failed: bool) -> None:
        """Let a process and its forks go; the next query that needs one starts another."""
        with self._lock:
            if self._closed or self._forks is not forks:
                return
            in_memory, self._forks, self._forking = self._forking, None, None
            self._failures += failed
            on_disk = self._pool
        if on_disk is not None:
            on_disk.wake()
        # Whoever asks one of them now asks the others again.
        if in_memory is not None:
            in_memory.close()
        forks.close()


class StrangersDataset(EngineDataset):
    """A dataset whose patterns an evaluator solves, within limits: a pattern that takes too long does not keep others from writing.

    The present state must stay until it is left: use it within :meth:`ropa.store.QuadStore.writing`.
    """

    def __init__(self, engine: ox.Store, base: str, place: Path | None, evaluator: Evaluator, limits: Limits) -> None:
        super().__init__(engine, base, place)
        self._evaluator = evaluator
        self._limits = limits

    def select(self, text: str, default_graphs: Sequence[str] | None, named_graphs: Sequence[str] | None) -> ox.QuerySolutions:
        """Evaluate a SELECT."""
        if default_graphs is not None and named_graphs is None:
            # To an evaluator a default graph alone leaves no named ones.
            named_graphs = self.graphs()
        asked = Asked(text, default_graphs or (), named_graphs or (), union=False)
        try:
            written = self._evaluator.evaluate(asked, self._limits)
        except BadQuery as error:
            raise SyntaxError(str(error)) from None
        return cast(ox.QuerySolutions, ox.parse_query_results(written.body, format=ox.QueryResultsFormat.JSON))
