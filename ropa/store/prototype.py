"""The program that holds a whole store in memory and makes readers of it by forking: each is a copy that nothing changes.

In:  frames on standard input, which is a socket (:mod:`ropa.store.frames`). Out: a frame for each; the readers have channels of
their own, on which they do what :mod:`ropa.store.reader` says.

A fork shares the memory of its parent until one of them writes to it, so a reader costs milliseconds and next to no memory. The
process has one thread: a fork takes only the thread that forks along, and locks that others held would stay held for ever.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

import pyoxigraph as ox
from pyoxigraph import NamedNode

from ropa.errors import RopaError
from ropa.store.apply import apply, is_worn
from ropa.store.frames import Channel
from ropa.store.patches import Patches
from ropa.store.reader import become_quiet, read_for


class Prototype:
    """Answers the frames of one channel.

    Args:
        base, allowed: For the readers; see :class:`ropa.store.reader.Reader`.
        history: Folder of the patches.
    """

    def __init__(self, channel: Channel, base: str, history: Path, allowed: list[str]) -> None:
        self._channel = channel
        self._base = base
        self._history = history
        self._allowed = allowed
        self._store = ox.Store()
        self._revision = 0
        self._removed = 0
        self._readers: set[int] = set()

    def serve(self) -> None:
        """Answer until the other end is gone."""
        self._channel.send({"ready": True})
        while True:
            frame = self._channel.receive()
            try:
                self._do(frame.head, frame.file)
            except (RopaError, OSError, RuntimeError, SyntaxError, ValueError) as error:
                self._channel.send({"error": str(error)})
            finally:
                if frame.file is not None:
                    frame.file.close()

    def _do(self, told: dict[str, Any], file: BinaryIO | None) -> None:
        if told["do"] == "fill":
            self._fill(Path(told["folder"]))
            self._revision = told["revision"]
            self._channel.send({"statements": len(self._store)})
        elif told["do"] == "fork" and file is not None:
            if not self._follow(told["revision"], told["most"]):
                self._channel.send({"behind": True})
            else:
                self._channel.send({"pid": self._fork(file), "revision": self._revision})
        elif told["do"] == "end":
            self._channel.send({"code": self._end(told["pid"])})
        else:
            raise ValueError(f"nobody here knows what {told['do']} without a socket is")

    def _fill(self, folder: Path) -> None:
        """Hold what the copy of a store in *folder* holds.

        The engine starts threads when it opens a folder, so another process opens it and sends what is in it.
        """
        ours, theirs = socket.socketpair()
        sender = os.fork()
        if not sender:
            _run(lambda: self._send(folder, ours, theirs))
        theirs.close()
        self._store, self._removed = ox.Store(), 0
        with ours:
            graphs = Channel(ours).receive().head["graphs"]
            # The channel waits for nothing any more; what follows is as long as the store is.
            ours.settimeout(None)
            with ours.makefile("rb", 1 << 20) as rows:
                self._store.bulk_extend(cast(Iterable[ox.Quad], ox.parse(cast(IO[bytes], rows), format=ox.RdfFormat.N_QUADS)))
        code = os.waitstatus_to_exitcode(os.waitpid(sender, 0)[1])
        if code:
            raise OSError(f"{folder} could not be read: the process that did ended with {code}")
        for graph in graphs:
            self._store.add_graph(NamedNode(graph))
        # What is there now stays: a collector that looked at it in a reader would copy it.
        gc.freeze()

    def _send(self, folder: Path, ours: socket.socket, theirs: socket.socket) -> None:
        """Send the names of the graphs in *folder*, then all its statements as N-Quads."""
        # Whoever reads at the other ends must see them close when this process's parent goes.
        ours.close()
        self._channel.close()
        store = ox.Store.read_only(str(folder))
        Channel(theirs).send({"graphs": [graph.value for graph in store.named_graphs() if isinstance(graph, NamedNode)]})
        theirs.settimeout(None)
        with theirs.makefile("wb", 1 << 20) as rows:
            store.dump(cast(IO[bytes], rows), format=ox.RdfFormat.N_QUADS)

    def _follow(self, revision: int, most: int) -> bool:
        """Take over what was written since; False if the store is better read anew.

        That is so where it comes to more than so many bytes of patches, since a change is read into memory whole, and where too much of
        the memory is taken by what was removed.
        """
        patches = Patches(self._history)
        new = range(self._revision + 1, revision + 1)
        if sum(patches.path(number).stat().st_size for number in new) > most:
            return False
        for number in new:
            change = patches.recall(number)
            self._removed += len(change.removed)
            if is_worn(self._removed, len(self._store)):
                return False
            apply(self._store, change)
            self._revision = number
        return True

    def _fork(self, file: BinaryIO) -> int:
        """Make a reader that answers on a socket, and return its process."""
        reader = os.fork()
        if not reader:
            _run(lambda: self._read(file))
        self._readers.add(reader)
        return reader

    def _read(self, file: BinaryIO) -> None:
        """Be a reader."""
        self._channel.close()
        end = socket.socket(fileno=os.dup(file.fileno()))
        file.close()
        read_for(end, self._base, self._allowed, self._store)

    def _end(self, reader: int) -> int | None:
        """End a reader, whatever it does, and return what it ended with; None for one that is no more."""
        if reader not in self._readers:
            return None
        self._readers.discard(reader)
        os.kill(reader, signal.SIGKILL)
        return os.waitstatus_to_exitcode(os.waitpid(reader, 0)[1])


def _run(work: Any) -> None:
    """Do the work of a process that was forked, and end it whatever comes of that."""
    try:
        work()
        os._exit(0)
    finally:
        os._exit(1)


def main() -> None:
    """Serve the socket that is standard input; the arguments are the base IRI, the history, the addresses that SERVICE may call."""
    become_quiet()
    channel = Channel(socket.socket(fileno=sys.stdin.fileno()))
    try:
        Prototype(channel, sys.argv[1], Path(sys.argv[2]), sys.argv[3:]).serve()
    except EOFError:
        os._exit(0)


if __name__ == "__main__":
    main()
