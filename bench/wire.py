"""One request to a server on this machine, with as little of Python's own work in the time as can be.

In:  a host's port, a path, headers. Out: status, headers, body, and the seconds until its last byte was there.
"""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from io import BytesIO
from typing import cast
from urllib.parse import quote

HOST = "127.0.0.1"
_ROOM = 1 << 20


class Unfinished(Exception):
    """An answer that did not come, or not whole; the message says why."""


@dataclass(frozen=True)
class Reply:
    """An answer.

    Attributes:
        seconds: From the first byte sent to the last one received.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float


class _Recorded:
    """Bytes that were received, as the standard library's parser wants them."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, mode: str) -> BytesIO:
        return BytesIO(self._data)


def ask(port: int, path: str, headers: dict[str, str], *, method: str = "GET", body: bytes | None = None, patience: float = 120) -> Reply:
    """Send one request on a connection of its own.

    Args:
        headers: Without ``Host`` and ``Content-Length``.
        patience: Seconds until the last byte.

    Raises:
        Unfinished: The server does not answer, or breaks off, or takes longer.
    """
    lines = [
        f"{method} {path} HTTP/1.1",
        f"Host: {HOST}:{port}",
        "Connection: close",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    sent = "\r\n".join([*lines, "", ""]).encode() + (body or b"")
    received = bytearray()
    room = memoryview(bytearray(_ROOM))
    started = time.perf_counter()
    try:
        with socket.create_connection((HOST, port), timeout=patience) as connection:
            connection.sendall(sent)
            while count := connection.recv_into(room):
                received += room[:count]
                connection.settimeout(max(0.001, patience - (time.perf_counter() - started)))
        seconds = time.perf_counter() - started
        answer = HTTPResponse(cast(socket.socket, _Recorded(bytes(received))), method=method)
        answer.begin()
        whole = answer.read()
    except TimeoutError:
        raise Unfinished(f"> {patience:.0f} s") from None
    except (OSError, HTTPException) as error:
        raise Unfinished(f"{type(error).__name__}: {error}") from None
    return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, whole, seconds)


def query_path(prefix: str, text: str) -> str:
    """Return the path of a query by GET: ``query_path("/sparql", text)``."""
    return f"{prefix}?query={quote(text, safe='')}"
