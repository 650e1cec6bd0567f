"""Evaluate what strangers ask in processes that can be killed: the engine cannot be told to stop.

In:  snapshots of the store, queries, limits. Out: whole answers, or an error once the query really runs no longer.

A reader (:mod:`ropa.store.reader`) is a process with a snapshot open. One that goes past its time is killed; a spare one that
is already running takes its place. A reader ends by itself when this process does, however that comes about.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from threading import BoundedSemaphore, Lock
from time import monotonic
from typing import Any

import ropa
from ropa import errors
from ropa.errors import BadQuery, Busy, RopaError, StoreProblem, TooMuch, TooSlow
from ropa.store.checkpoints import Checkpoints, Snapshot
from ropa.store.direct import too_much, too_slow
from ropa.store.evaluation import Asked, Limits, Written
from ropa.store.frames import Channel

__all__ = ["Checkpoints", "ReaderPool", "Snapshot"]

_START = 60.0
"""Seconds that a new reader may take to be ready, on a machine that has much else to do."""
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
    ) -> None:
        self._snapshot = snapshot
        self._arguments = [base, *allowed]
        self._patience = patience
        self._turns = BoundedSemaphore(readers)
        self._lock = Lock()
        self._closed = False
        self._all: list[_Reader] = []
        # The last one used is the next one used: it has the snapshot open. New ones start at the other end.
        self._idle: deque[_Reader] = deque()
        for _ in range(readers + spare):
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
            reader = self._take()
            try:
                return reader.ask(snapshot, asked, limits)
            except EOFError:
                if self._closed:
                    raise StoreProblem(_CLOSED) from None
                raise TooMuch(f"{too_much(limits)} The process that evaluated it ended with {reader.ending()}.") from None
            finally:
                self._put_back(reader)
                self._forget(snapshot.revision)
        finally:
            self._turns.release()

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
        reader = _Reader(self._arguments)
        with self._lock:
            if not self._closed:
                self._all.append(reader)
                self._idle.appendleft(reader)
                return
        reader.kill()
        reader.close()

    def _take(self) -> _Reader:
        """Return a reader that is ready."""
        while True:
            with self._lock:
                if self._closed:
                    raise StoreProblem(_CLOSED)
                reader = self._idle.pop() if self._idle else None
            if reader is None:
                self._start()
            elif not reader.is_alive():
                # Somebody ended it while it had nothing to do.
                self._replace(reader)
            elif reader.get_ready():
                return reader
            else:
                self._replace(reader)
                if self._closed:
                    raise StoreProblem(_CLOSED)
                raise StoreProblem(f"A process that evaluates queries does not start: it ended with {reader.ending()}. Try again.")

    def _put_back(self, reader: _Reader) -> None:
        """Let a reader be used again, or start another one in its place."""
        with self._lock:
            usable = reader.usable and not self._closed
            if usable:
                self._idle.append(reader)
        if not usable:
            self._replace(reader)

    def _replace(self, reader: _Reader) -> None:
        reader.kill()
        with self._lock:
            if reader in self._all:
                self._all.remove(reader)
            closed = self._closed
        if not closed:
            # Where none can be started now, the next query tries again.
            with suppress(StoreProblem):
                self._start()
        reader.close()

    def _forget(self, revision: int) -> None:
        """Let readers with nothing to do close snapshots older than *revision*, so that these can be removed."""
        with self._lock:
            for reader in self._idle:
                reader.forget(revision)


class _Reader:
    """One reader process, as its server sees it; used by one thread at a time.

    Attributes:
        usable: It waits for a question.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        self.usable = False
        self._ready = False
        self._snapshot: Snapshot | None = None
        ours, theirs = socket.socketpair()
        self._channel = Channel(ours)
        with theirs:
            try:
                self._process = subprocess.Popen(  # noqa: S603 - our own program
                    [sys.executable, "-P", "-m", "ropa.store.reader", *arguments],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    # The engine would write what it was doing when it ran out of memory, at length.
                    stderr=subprocess.DEVNULL,
                    env={**os.environ, "PYTHONPATH": _path(), "RUST_BACKTRACE": "0"},
                )
            except OSError as error:
                ours.close()
                raise StoreProblem(f"No process that evaluates queries can be started: {error}. Try again in a few seconds.") from None

    def is_alive(self) -> bool:
        """Tell whether the process runs."""
        return self._process.poll() is None

    def get_ready(self) -> bool:
        """Wait until a new process is ready; False where it never will be."""
        if not self._ready:
            try:
                self._channel.receive(until=monotonic() + _START)
            except (EOFError, TimeoutError):
                return False
            self._ready = self.usable = True
        return True

    def ask(self, snapshot: Snapshot, asked: Asked, limits: Limits) -> Written:
        """Return the whole answer; see :class:`ropa.store.evaluation.Evaluator` for the errors.

        Raises:
            EOFError: The process ended.
        """
        started = monotonic()
        until = None if limits.seconds is None else started + limits.seconds
        self.usable = False
        try:
            question = {"folder": str(snapshot.folder), "asked": asdict(asked), "limits": asdict(replace(limits, seconds=None))}
            self._channel.send(question, until=until)
            frame = self._channel.receive(until=until)
        except TimeoutError:
            raise TooSlow(too_slow(limits)) from None
        self._snapshot = snapshot
        head = frame.head
        self.usable = not head["tired"]
        if "error" in head:
            raise _error(head)
        body = frame.body if frame.file is None else frame.file
        if isinstance(body, bytes) and len(body) != head["length"]:
            raise StoreProblem("This process has too many files open to take a long answer. Try again in a few seconds.")
        return Written(head["kind"], head["media_type"], body, head["length"], head["rows"], monotonic() - started)

    def forget(self, revision: int) -> None:
        """Let the process close a snapshot older than *revision*; it has nothing to do, so it does not need it."""
        if self._snapshot is None or self._snapshot.revision >= revision:
            return
        with suppress(EOFError, TimeoutError):
            self._channel.send({"forget": True}, until=monotonic() + 1)
        self._snapshot = None

    def kill(self) -> None:
        """End the process at once, whatever it does."""
        self.usable = False
        self._process.kill()

    def ending(self) -> str:
        """Wait until the process has ended and tell how: ``SIGKILL``, ``code 1``."""
        code = self._process.wait()
        return signal.Signals(-code).name if code < 0 else f"code {code}"

    def close(self) -> None:
        """Let go of a process that was killed."""
        self._process.wait()
        self._channel.close()
        self._snapshot = None


def _error(head: Mapping[str, Any]) -> RopaError:
    """Return the error that a reader met."""
    if "line" in head:
        return BadQuery(head["message"], head["line"], head["column"])
    kind: type[RopaError] = getattr(errors, head["error"])
    return kind(head["message"])


def _path() -> str:
    """Return where a process that is started in any folder finds this package."""
    own = str(Path(ropa.__file__).parent.parent)
    return os.pathsep.join(filter(None, (own, os.environ.get("PYTHONPATH"))))
