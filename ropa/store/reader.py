"""The program of one reader: evaluates strangers' queries on snapshots of a store, one after the other, until its server goes.

In:  frames on standard input, which is a socket (:mod:`ropa.store.frames`). Out: a frame with the whole answer, or an error.

It may be killed at any moment: it writes nothing that outlives it.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast

import pyoxigraph as ox

from ropa.errors import BadQuery, RopaError, StoreProblem
from ropa.store.direct import evaluate
from ropa.store.evaluation import Asked, Limits
from ropa.store.frames import Channel

STACK = 64 << 20
"""Bytes of stack for the engine, whose parser and optimiser are recursive."""
_MOST_KEPT = 256 << 20
"""Bytes of memory more than at rest with which a reader is replaced after its answer: the allocator does not give all back."""


class Reader:
    """Answers the frames of one channel."""

    def __init__(self, channel: Channel, base: str, allowed: list[str], store: ox.Store | None = None) -> None:
        """Read from *store*, or else from the folder that each question names."""
        self._channel = channel
        self._base = base
        self._allowed = allowed
        self._folder: Path | None = None
        self._store = store
        self._own = store is not None
        self._at_rest: tuple[int, int] | None = _memory() if self._own else None

    def serve(self) -> None:
        """Answer until the other end is gone."""
        self._channel.send({"ready": True})
        while True:
            head = self._channel.receive().head
            if head.get("forget"):
                if not self._own:
                    self._folder = self._store = None
            else:
                self._answer(Path(head["folder"]), Asked(**head["asked"]), Limits(**head["limits"]))

    def _answer(self, folder: Path, asked: Asked, limits: Limits) -> None:
        try:
            written = evaluate(self._open(folder, limits.memory), self._base, asked, limits, allowed=self._allowed, folder=folder.parent)
        except RopaError as error:
            place = {"line": error.line, "column": error.column} if isinstance(error, BadQuery) else {}
            self._channel.send({"error": type(error).__name__, "message": str(error), "tired": self._is_tired(), **place})
            return
        inline = isinstance(written.body, bytes)
        head = {"kind": written.kind, "media_type": written.media_type, "length": written.length, "rows": written.rows}
        body, file = (cast(bytes, written.body), None) if inline else (b"", cast(BinaryIO, written.body))
        self._channel.send({**head, "tired": self._is_tired()}, body, file)
        if file is not None:
            file.close()

    def _is_tired(self) -> bool:
        return self._at_rest is not None and _memory()[0] - self._at_rest[0] > _MOST_KEPT

    def _open(self, folder: Path, memory: int | None) -> ox.Store:
        """Return the snapshot in *folder*, with so many bytes of memory for a query on it."""
        if not self._own and (self._store is None or self._folder != folder):
            _limit_memory(None)
            self._store = None
            try:
                self._store = ox.Store.read_only(str(folder))
            except (OSError, RuntimeError) as error:
                raise StoreProblem(f"A reader cannot open the copy of the store in {folder}: {error}") from None
            self._folder = folder
            self._at_rest = self._at_rest or _memory()
        _limit_memory(None if memory is None or self._at_rest is None else self._at_rest[1] + memory)
        return cast(ox.Store, self._store)


def _limit_memory(most: int | None) -> None:
    """Let this process have so much memory and no more; an allocation beyond it ends the process.

    What counts is what it may write to (RLIMIT_DATA). Addresses alone (RLIMIT_AS) would be no measure: the threads of the
    engine reserve hundreds of megabytes that they never use.
    """
    _, hardest = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = hardest if most is None else most if hardest == resource.RLIM_INFINITY else min(most, hardest)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted, hardest))


def _memory() -> tuple[int, int]:
    """Return the bytes of memory that this process holds, and those that count against its limit."""
    try:
        pages = Path("/proc/self/statm").read_text("ascii").split()
    except OSError:
        # Not Linux: the most it ever held, in bytes there.
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, STACK
    return int(pages[1]) * resource.getpagesize(), int(pages[5]) * resource.getpagesize()


def become_quiet() -> None:
    """Make this process one that only its server ends, and the first to go where the machine runs out of memory."""
    # The server alone decides when it ends: Ctrl-C and systemd tell all processes of a group at once.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # A process that ends for want of memory is no fault to look into, and its memory is nobody's business.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500", "ascii")


def read_for(end: socket.socket, base: str, allowed: list[str], store: ox.Store | None = None) -> None:
    """Answer on a socket until its other end is gone; this does not return. See :class:`Reader`."""
    channel = Channel(end)
    threading.stack_size(STACK)
    threading.Thread(target=_serve, args=(Reader(channel, base, allowed, store),), daemon=True).start()
    # The server may go while a query runs, and a thread in the engine does not notice.
    hangup = select.poll()
    hangup.register(channel, 0)
    hangup.poll()
    os._exit(0)


def _serve(reader: Reader) -> None:
    try:
        reader.serve()
    except (EOFError, OSError):
        os._exit(0)
    finally:
        os._exit(1)


def main() -> None:
    """Serve the socket that is standard input; the arguments are the base IRI and the addresses that SERVICE may call."""
    become_quiet()
    read_for(socket.socket(fileno=sys.stdin.fileno()), sys.argv[1], sys.argv[2:])


if __name__ == "__main__":
    main()
