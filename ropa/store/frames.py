"""How the server and its readers talk: frames over a pair of sockets, one question and one answer at a time.

In:  a head of a few plain values, bytes, and perhaps an open file. Out: the same at the other end.

A frame is the lengths of head and body, the head as JSON, the body. A long answer goes as the file itself: its descriptor is
handed to the other process, and nothing is copied.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from struct import Struct
from time import monotonic
from typing import Any, BinaryIO

__all__ = ["Channel", "Frame"]

_LENGTHS = Struct("!IQ")


@dataclass(frozen=True)
class Frame:
    """What came from the other end; whoever receives *file* closes it."""

    head: dict[str, Any]
    body: bytes = b""
    file: BinaryIO | None = None


class Channel:
    """One end."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    def fileno(self) -> int:
        """Return the descriptor of this end."""
        return self._end.fileno()

    def send(self, head: Mapping[str, object], body: bytes = b"", file: BinaryIO | None = None, *, until: float | None = None) -> None:
        """Send one frame.

        Args:
            file: To be read at the other end from its present place; it may be closed here afterwards.
            until: When to give up, by the clock of :func:`time.monotonic`.

        Raises:
            EOFError: The other end is gone. TimeoutError: It does not take it.
        """
        text = json.dumps(head).encode()
        lengths = _LENGTHS.pack(len(text), len(body))
        try:
            self._wait(until)
            if file is None:
                self._end.sendall(lengths + text + body)
            else:
                # So few bytes go at once, and the descriptor with them.
                socket.send_fds(self._end, [lengths], [file.fileno()])
                self._end.sendall(text + body)
        except (BrokenPipeError, ConnectionResetError):
            raise EOFError from None

    def receive(self, *, until: float | None = None) -> Frame:
        """Wait for one frame.

        Raises:
            EOFError: The other end is gone. TimeoutError: Nothing came, or not all of it.
        """
        self._wait(until)
        try:
            start, descriptors, _, _ = socket.recv_fds(self._end, _LENGTHS.size, 1)
        except ConnectionResetError:
            raise EOFError from None
        file = os.fdopen(descriptors[0], "rb") if descriptors else None
        try:
            head, body = _LENGTHS.unpack(start + self._take(_LENGTHS.size - len(start), until))
            return Frame(json.loads(self._take(head, until)), self._take(body, until), file)
        except BaseException:
            if file is not None:
                file.close()
            raise

    def is_open(self) -> bool:
        """Tell whether the other end is there."""
        self._end.settimeout(0)
        try:
            return self._end.recv(1, socket.MSG_PEEK) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    def hang_up(self) -> None:
        """Let the other end, and whoever waits at this one, see that it is over; it is still to be closed."""
        with suppress(OSError):
            self._end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close this end; the other end notices."""
        self._end.close()

    def _take(self, length: int, until: float | None) -> bytes:
        data = bytearray(length)
        view = memoryview(data)
        while view:
            self._wait(until)
            try:
                count = self._end.recv_into(view)
            except ConnectionResetError:
                count = 0
            if not count:
                raise EOFError
            view = view[count:]
        return bytes(data)

    def _wait(self, until: float | None) -> None:
        """Let the next call wait no longer than *until*."""
        left = None if until is None else until - monotonic()
        if left is not None and left <= 0:
            raise TimeoutError
        self._end.settimeout(left)
