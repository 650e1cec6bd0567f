"""The processes that evaluate for a server, as the server sees them: started, asked, ended.

In:  questions. Out: whole answers, or an error once the query really runs no longer. What runs in them is in
:mod:`ropa.store.reader` and :mod:`ropa.store.prototype`.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

import ropa
from ropa import errors
from ropa.errors import BadQuery, RopaError, StoreProblem, TooSlow
from ropa.store.checkpoints import Snapshot
from ropa.store.direct import too_slow
from ropa.store.evaluation import Asked, Limits, Written
from ropa.store.frames import Channel

__all__ = ["Process", "Reader", "start_program", "start_reader"]

_START = 60.0
"""Seconds that a new reader may take to be ready, on a machine that has much else to do."""


class Process(Protocol):
    """A process that can be ended, such as :class:`subprocess.Popen`."""

    def poll(self) -> int | None:
        """Return None while it runs."""

    def kill(self) -> None:
        """End it at once."""

    def wait(self) -> int:
        """Return what it ended with, a signal as a negative number."""


def start_reader(arguments: Sequence[str]) -> Reader:
    """Start a program that reads snapshots; see :func:`ropa.store.reader.main` for its arguments."""
    return Reader(*start_program("ropa.store.reader", arguments))


def start_program(module: str, arguments: Sequence[str]) -> tuple[Channel, subprocess.Popen[bytes]]:
    """Start one of our own programs with a socket as its standard input, and return our end and the process.

    Raises:
        StoreProblem: It cannot be started.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-P", "-m", module, *arguments],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                # The engine would write what it was doing when it ran out of memory, at length.
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": _path(), "RUST_BACKTRACE": "0"},
            )
        except OSError as error:
            ours.close()
            raise StoreProblem(f"No process that evaluates queries can be started: {error}. Try again in a few seconds.") from None
    return Channel(ours), process


class Reader:
    """One reader process, as its server sees it; used by one thread at a time.

    Args:
        revision: Of the one state that it reads; None for one that opens any snapshot.

    Attributes:
        usable: It waits for a question.
    """

    def __init__(self, channel: Channel, process: Process, revision: int | None = None) -> None:
        self.usable = False
        self._ready = False
        self._snapshot: Snapshot | None = None
        self._channel = channel
        self._process = process
        self._revision = revision

    def serves(self, snapshot: Snapshot) -> bool:
        """Tell whether what it reads is at least as new as a snapshot."""
        return self._revision is None or self._revision >= snapshot.revision

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

    def forget(self, snapshot: Snapshot) -> None:
        """Let the process close what it has open if *snapshot* is newer; it has nothing to do, so it does not need it."""
        if self._snapshot is None or self._snapshot == snapshot or self._snapshot.revision > snapshot.revision:
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
