"""Readers that read from memory: forks of a process that holds the whole store, as a server sees them.

In:  a store with a history. Out: readers of its present state, each made in milliseconds; nothing that is written changes them.

The process (:mod:`ropa.store.prototype`) reads a copy of the store once, and then follows what is written from the history.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

from ropa.errors import StoreProblem
from ropa.store.checkpoints import Checkpoints
from ropa.store.children import Reader, start_program
from ropa.store.frames import Channel

__all__ = ["Forks", "Gone"]

_UNKNOWN = -9
"""What a process ended with whose parent is gone."""


class Gone(StoreProblem):
    """The process that holds the store in memory is of no use any more: it has gone, or cannot follow what is written."""


class Forks:
    """Makes readers that read the present state from memory; any number of threads may ask at once.

    Args:
        base, allowed: See :class:`ropa.store.readers.ReaderPool`.
        history: Folder of the patches.
        checkpoints: Copies of the store, to read it from.
        revision: Tells the store's present revision.
        soundness: See :attr:`ropa.store.embedded.EmbeddedStore.soundness`.
        most_to_follow: Bytes of packed patches beyond which the store is read anew.
    """

    def __init__(
        self,
        base: str,
        allowed: Collection[str],
        history: Path,
        checkpoints: Checkpoints,
        *,
        revision: Callable[[], int],
        soundness: Callable[[], int | None],
        most_to_follow: int = 16 << 20,
    ) -> None:
        self._checkpoints = checkpoints
        self._revision = revision
        self._soundness = soundness
        self._most_to_follow = most_to_follow
        self._lock = Lock()
        self._channel, self._process = start_program("ropa.store.prototype", [base, str(history), *allowed])

    def fill(self) -> None:
        """Wait until the process holds the store.

        Raises:
            Gone: It cannot be read.
        """
        with self._lock:
            self._receive()
            self._fill()

    def start(self) -> Reader:
        """Return a new reader of the present state.

        Raises:
            Gone: No more can be made. StoreProblem: The system has no sockets left.
        """
        ours, theirs = socket.socketpair()
        channel = Channel(ours)
        try:
            with theirs, theirs.makefile("rb") as end, self._lock:
                told = self._fork(end)
                if "behind" in told:
                    self._fill()
                    told = self._fork(end)
        except BaseException:
            channel.close()
            raise
        if "pid" not in told:
            channel.close()
            raise Gone("More is written than the process that holds the store in memory can follow. Try again.")
        return Reader(channel, _Fork(self, channel, told["pid"]), told["revision"])

    def end(self, reader: int) -> int:
        """End a reader's process and return what it ended with."""
        with self._lock, suppress(Gone):
            return int(self._ask({"do": "end", "pid": reader})["code"])
        return _UNKNOWN

    def close(self) -> None:
        """End the process; its readers end when their channels are closed."""
        self._process.kill()
        self._process.wait()
        self._channel.close()

    def _fork(self, end: BinaryIO) -> Mapping[str, Any]:
        return self._ask({"do": "fork", "revision": self._revision(), "most": self._most_to_follow}, end)

    def _fill(self) -> None:
        # A copy may hold a write that fails afterwards, and nobody would take that out of the memory again.
        sound = self._soundness()
        if sound is not None:
            snapshot = self._checkpoints.current()
            self._ask({"do": "fill", "folder": str(snapshot.folder), "revision": snapshot.revision})
        if sound is None or sound != self._soundness():
            raise Gone("The store failed at a write just now, so that it cannot be read into memory. Try again.")

    def _ask(self, question: Mapping[str, object], file: BinaryIO | None = None) -> Mapping[str, Any]:
        try:
            self._channel.send(question, file=file)
        except EOFError:
            raise Gone("The process that holds the store in memory has gone. Try again.") from None
        return self._receive()

    def _receive(self) -> Mapping[str, Any]:
        try:
            told = self._channel.receive().head
        except EOFError:
            raise Gone("The process that holds the store in memory has gone. Try again.") from None
        if "error" in told:
            raise Gone(f"The process that holds the store in memory fails: {told['error']}. Try again.")
        return told


class _Fork:
    """The process of one reader, whose parent is not this process; see :class:`ropa.store.children.Process`."""

    def __init__(self, forks: Forks, channel: Channel, number: int) -> None:
        self._forks = forks
        self._channel = channel
        self._number = number
        self._code: int | None = None

    def poll(self) -> int | None:
        """Return None while it runs."""
        return self._code if self._code is not None or self._channel.is_open() else self.wait()

    def kill(self) -> None:
        """End it at once."""
        self.wait()

    def wait(self) -> int:
        """End it, if it has not ended, and return what it ended with."""
        if self._code is None:
            self._code = self._forks.end(self._number)
        return self._code
