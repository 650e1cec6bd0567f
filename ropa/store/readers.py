"""Evaluate what strangers ask in processes that can be killed: the engine cannot be told to stop.

In:  snapshots of the store, queries, limits. Out: whole answers, or an error once the query really runs no longer.

A reader (:mod:`ropa.store.reader`) is a process with a snapshot open. One that goes past its time is killed; a spare one that
is already running takes its place. A reader ends by itself when this process does, however that comes about.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from contextlib import suppress
from functools import partial
from threading import BoundedSemaphore, Lock

from ropa.errors import Busy, StoreProblem, TooMuch
from ropa.store.checkpoints import Checkpoints, Snapshot
from ropa.store.children import Reader, start_reader
from ropa.store.direct import too_much
from ropa.store.evaluation import Asked, Limits, Written
from ropa.store.stopping import ended_by

__all__ = ["Checkpoints", "ReaderPool", "Snapshot"]

_CLOSED = "The store is being closed; the query was not evaluated."


class ReaderPool:
    """Evaluates queries in reader processes; an :class:`ropa.store.evaluation.Evaluator` for any number of threads.

    Args:
        snapshot: Gives the store as it is now; cheap while nothing changes. A snapshot is held while a reader may use it.
        base: What relative IRIs of a query are resolved against.
        readers: Queries that run at the same time.
        spare: Processes beyond those, ready for the place of one that is killed.
        patience: Seconds that a query waits for its turn.
        allowed: Addresses that SERVICE may call.
        start: Makes a reader of the present state, ready at once, so that none is made before it is needed; without it readers
            are programs that open snapshots.
        closed: What those meet who come when the pool is closed, or whose query is ended by that.
    """

    def __init__(
        self,
        snapshot: Callable[[], Snapshot],
        base: str,
        *,
        readers: int = 2,
        spare: int = 1,
        patience: float = 2.0,
        allowed: Collection[str] = (),
        start: Callable[[], Reader] | None = None,
        closed: type[StoreProblem] = StoreProblem,
    ) -> None:
        self._snapshot = snapshot
        self._make = start or partial(start_reader, [base, *allowed])
        self._early = start is None
        self._resting = False
        self._error = closed
        self._patience = patience
        self._turns = BoundedSemaphore(readers)
        self._lock = Lock()
        self._closed = False
        self._all: list[Reader] = []
        # The last one used is the next one used: it has the snapshot open. New ones start at the other end.
        self._idle: deque[Reader] = deque()
        for _ in range(readers + spare if self._early else 0):
            self._start()

    def evaluate(self, asked: Asked, limits: Limits) -> Written:
        """See :class:`ropa.store.evaluation.Evaluator`.

        Raises:
            Busy: As many queries run as may, and none of them ended soon. NoSpace: There is no room for a snapshot, or for
                the answer. StoreProblem: The pool is closed, or no reader starts.
        """
        if not self._turns.acquire(timeout=self._patience):
            raise Busy("Too many queries at once; this one was not evaluated. Try again in a few seconds.")
        try:
            snapshot = self._snapshot()
            reader = self._take(snapshot)
            try:
                with ended_by(reader.kill):
                    return reader.ask(snapshot, asked, limits)
            except EOFError:
                if self._closed:
                    raise self._error(_CLOSED) from None
                raise TooMuch(f"{too_much(limits)} The process that evaluated it ended with {reader.ending()}.") from None
            finally:
                self._put_back(reader)
                self._forget(snapshot)
        finally:
            self._turns.release()

    def rest(self) -> None:
        """End the readers that have nothing to do, and make no more before they are needed."""
        self._early, self._resting = False, True
        while True:
            with self._lock:
                if not self._idle:
                    return
                reader = self._idle.pop()
            self._replace(reader)

    def wake(self) -> None:
        """Keep readers again once they are made."""
        self._resting = False

    def close(self) -> None:
        """End all readers; queries that still run end with :class:`ropa.errors.StoreProblem`."""
        with self._lock:
            self._closed = True
            everyone, idle = list(self._all), list(self._idle)
            self._idle.clear()
        for reader in everyone:
            reader.kill()
        for reader in everyone:
            reader.ending()
        for reader in idle:
            reader.close()

    def _start(self) -> None:
        """Start a reader, without waiting until it is ready."""
        reader = self._make()
        with self._lock:
            if not self._closed:
                self._all.append(reader)
                self._idle.appendleft(reader)
                return
        reader.kill()
        reader.close()

    def _take(self, snapshot: Snapshot) -> Reader:
        """Return a reader that is ready for a snapshot."""
        while True:
            with self._lock:
                if self._closed:
                    raise self._error(_CLOSED)
                reader = self._idle.pop() if self._idle else None
            if reader is None:
                self._start()
            elif not reader.is_alive() or not reader.serves(snapshot):
                # Somebody ended it while it had nothing to do, or the store has changed.
                self._replace(reader)
            elif reader.get_ready():
                return reader
            else:
                self._replace(reader)
                if self._closed:
                    raise self._error(_CLOSED)
                raise StoreProblem(f"A process that evaluates queries does not start: it ended with {reader.ending()}. Try again.")

    def _put_back(self, reader: Reader) -> None:
        """Let a reader be used again, or start another one in its place."""
        with self._lock:
            usable = reader.usable and not self._closed and not self._resting
            if usable:
                self._idle.append(reader)
        if not usable:
            self._replace(reader)

    def _replace(self, reader: Reader) -> None:
        reader.kill()
        with self._lock:
            if reader in self._all:
                self._all.remove(reader)
            wanted = self._early and not self._closed
        if wanted:
            # Where none can be started now, the next query tries again.
            with suppress(StoreProblem):
                self._start()
        reader.close()

    def _forget(self, snapshot: Snapshot) -> None:
        """Let readers with nothing to do close snapshots older than this one, so that these can be removed, and end those that read
        nothing else."""
        with self._lock:
            for reader in self._idle:
                reader.forget(snapshot)
            stale = [reader for reader in self._idle if not reader.serves(snapshot)]
            for reader in stale:
                self._idle.remove(reader)
        for reader in stale:
            self._replace(reader)
