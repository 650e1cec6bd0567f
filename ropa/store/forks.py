"""Readers that read from memory: forks of a process that holds the whole store, as a server sees them.

In:  a store with a history. Out: readers of its present state, each made in milliseconds; nothing that is written changes them.

The process (:mod:`ropa.store.prototype`) reads a copy of the store once, and then follows what is written from the history.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

from ropa.errors import StoreProblem
from ropa.store.checkpoints import Checkpoints
from ropa.store.children import Reader, start_program
from ropa.store.frames import Channel

__all__ = ["Forks", "Gone", "Worn"]

_UNKNOWN = -9
"""What a process ended with whose parent is gone."""
_PATIENCE = 1.0
"""Seconds that the end of a reader is waited for."""
_GONE = "The process that holds the store in memory has gone. Try again."


class Gone(StoreProblem):
    """The process that holds the store in memory is of no use any more."""


class Worn(Gone):
    """It is whole, but the store is better read anew than followed further."""


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
        self._left: list[int] = []
        self._channel, self._process = start_program("ropa.store.prototype", [base, str(history), *allowed])

    def fill(self) -> None:
        """Wait until the process holds the store.

        Raises:
            RopaError: It cannot be read; the process is of no use.
        """
        with self._lock:
            self._receive()
            # A copy may hold a write that fails afterwards, and nobody would take that out of the memory again.
            sound = self._soundness()
            if sound is not None:
                snapshot = self._checkpoints.current()
                self._ask({"do": "fill", "folder": str(snapshot.folder), "revision": snapshot.revision})
                # It would keep files of the disk that are removed elsewhere.
                del snapshot
                self._checkpoints.release()
            if sound is None or sound != self._soundness():
                raise Gone("The store failed at a write just now, so that it cannot be read into memory. Try again.")

    def start(self) -> Reader:
        """Return a new reader of the present state.

        Raises:
            Gone: No more can be made; :class:`Worn` where another process is to be filled. StoreProblem: There are no sockets left.
        """
        try:
            ours, theirs = socket.socketpair()
        except OSError as error:
            raise StoreProblem(f"No socket for a reader can be made: {error}. Try again in a few seconds.") from None
        channel = Channel(ours)
        try:
            with theirs, theirs.makefile("rb") as end, self._lock:
                while self._left:
                    self._ask({"do": "end", "pid": self._left.pop()})
                told = self._ask({"do": "fork", "revision": self._revision(), "most": self._most_to_follow}, end)
        except BaseException:
            channel.close()
            raise
        if "behind" in told:
            channel.close()
            raise Worn("The process that holds the store in memory is filled anew.")
        return Reader(channel, _Fork(self, channel, told["pid"]), told["revision"])

    def end(self, reader: int) -> int:
        """End a reader's process and return what it ended with; whoever has just hung up need not wait for that."""
        if not self._lock.acquire(timeout=_PATIENCE):
            self._left.append(reader)
            return _UNKNOWN
        try:
            code = self._ask({"do": "end", "pid": reader})["code"]
        except Gone:
            code = None
        finally:
            self._lock.release()
        return _UNKNOWN if code is None else int(code)

    def close(self) -> None:
        """End the process; its readers end when their channels are closed."""
        self._process.kill()
        self._process.wait()
        self._channel.close()

    def _ask(self, question: Mapping[str, object], file: BinaryIO | None = None) -> Mapping[str, Any]:
        try:
            self._channel.send(question, file=file)
        except (EOFError, OSError):
            raise Gone(_GONE) from None
        return self._receive()

    def _receive(self) -> Mapping[str, Any]:
        try:
            told = self._channel.receive().head
        except (EOFError, OSError):
            # Another thread may have closed it.
            raise Gone(_GONE) from None
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
        """End it at once: it goes when nobody is at the other end, whatever it does."""
        self._channel.hang_up()

    def wait(self) -> int:
        """End it, if it has not ended, and return what it ended with."""
        if self._code is None:
            self._code = self._forks.end(self._number)
        return self._code
