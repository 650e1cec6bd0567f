"""A plain client: exactly the bytes and header fields that a case names, over a real socket, and nothing added but Host and framing."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from errno import ECONNRESET, ENOTCONN, EPIPE
from urllib.parse import urlsplit

PATIENCE = 60
"""Seconds until a server counts as hanging."""
Fields = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Reply:
    """An answer as it came.

    Attributes:
        fields: (name, value) of the header, in order. body: The bytes after transfer decoding; content codings are left on.
    """

    status: int
    fields: tuple[tuple[str, str], ...]
    body: bytes

    def field(self, name: str) -> str:
        """Return the values of a header field joined by commas, an empty string where it is absent."""
        return ", ".join(value for key, value in self.fields if key.lower() == name.lower())

    def members(self, name: str) -> set[str]:
        """Return the members of a list field such as Vary or Allow, in lower case."""
        return {member.strip().lower() for member in self.field(name).split(",") if member.strip()}

    @property
    def media_type(self) -> str:
        """Content-Type without its parameters."""
        return self.field("Content-Type").partition(";")[0].strip().lower()

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> dict[str, object]:
        """Return the object that the body holds."""
        read = json.loads(self.body)
        assert isinstance(read, dict), self
        return read

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """Whether the client is told that the fault is its own."""
        return 400 <= self.status < 500


def exchange(address: str, method: str, target: str, body: bytes | Iterable[bytes] | None, fields: Fields) -> Reply:
    """Send one request on a connection of its own.

    Args:
        address: ``http://host:port``. target: Path and query, already encoded.
        body: Bytes go with a Content-Length, an iterable goes in chunks, None is no body at all.
    """
    where = urlsplit(address)
    assert where.hostname
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=PATIENCE)
    try:
        connection.putrequest(method, target, skip_accept_encoding=True, skip_host=any(name.lower() == "host" for name, _ in fields))
        for name, value in fields:
            connection.putheader(name, value)
        if isinstance(body, bytes):
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
        elif body is not None:
            connection.putheader("Transfer-Encoding", "chunked")
            connection.endheaders(body, encode_chunked=True)
        else:
            connection.endheaders()
        answer = connection.getresponse()
        return Reply(answer.status, tuple(answer.getheaders()), answer.read())
    finally:
        connection.close()


def exchange_bytes(address: str, sent: bytes, *, hang_up: bool = False) -> bytes:
    """Send bytes as they are and return all that comes until the server closes.

    Args:
        hang_up: Close the sending side at once, so that a body announced longer than *sent* stays incomplete.
    """
    where = urlsplit(address)
    with socket.create_connection((where.hostname, where.port), timeout=PATIENCE) as connection:
        parts = []
        try:
            connection.sendall(sent)
            if hang_up:
                connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                parts.append(part)
        except OSError as error:
            # A server may close hard after refusing what it did not read, and before all is sent.
            if error.errno not in (ECONNRESET, ENOTCONN, EPIPE):
                raise
    return b"".join(parts)


def status_of(answer: bytes) -> int:
    """Return the status of the first response among raw bytes, 0 where there is none."""
    parts = answer.split(b" ", 2)
    return int(parts[1]) if len(parts) > 1 and answer.startswith(b"HTTP/1.") else 0
