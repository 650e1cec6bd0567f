"""Connections of the web server, which answer at once what the short way can (:mod:`webapp.endpoint.express`).

In:  a server of waitress. Out: the same server. Its one thread that reads the requests hands each to a thread of a pool, which wakes
the first again when the answer is there. For an answer that takes a few dozen microseconds that is most of the work, so it is made
and sent by the thread that reads. Whatever turns out to take longer goes to the pool.

Whoever sends a head too slowly is treated as one who says nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import partial
from threading import Lock, get_ident
from typing import Any

from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer
from waitress.task import ThreadedTaskDispatcher, WSGITask
from waitress.utilities import build_http_date

from webapp.endpoint.express import AT_ONCE, PATH, Later
from webapp.serving.requests import MostBytes, Request

_KEYS_OF_BODIES = {"CONTENT_LENGTH", "TRANSFER_ENCODING", "EXPECT"}
_LONGEST_HEAD = 4_096
"""Bytes of a head that is read while other requests wait."""
_LASTING = ("", "keep-alive")
_OWN_WORDS = {"Date", "Server", "Connection"}
"""Headers of which waitress decides what becomes of them."""


def take_connections(sockets: Iterable[object], most_bytes: MostBytes, *, at_once: bool) -> None:
    """Have the servers among the *sockets* of one event loop use our connections.

    Args:
        most_bytes: Tells the longest body of a request.
        at_once: Whether to answer what can be in the thread that reads; not where another server's answer is waited for.
    """
    for one in sockets:
        if isinstance(one, BaseWSGIServer):
            one.channel_class = partial(Connection, most_bytes)
            one.task_dispatcher = sorter = _Sorter(one.task_dispatcher, at_once=at_once)
            one.pull_trigger = partial(sorter.wake, one.pull_trigger)


class _Sorter:
    """Keeps back requests that may be answered at once; the pool gets all others.

    Attributes:
        reader: The thread that reads, 0 before anything came.
    """

    def __init__(self, pool: ThreadedTaskDispatcher, *, at_once: bool) -> None:
        self.reader = 0
        self._pool = pool
        self._at_once = at_once
        self._open = True
        self._lock = Lock()

    def add_task(self, connection: Connection) -> None:
        """Take note that a connection has a request to answer."""
        if not self._at_once or not connection.keeps_back():
            self._pool.add_task(connection)

    def hand_over(self, connection: Connection) -> None:
        """Have the pool answer a request that was kept back."""
        self._pool.add_task(connection)

    def wake(self, wake: Callable[[], None]) -> None:
        """Wake the thread that reads.

        Where it asks for that itself it is awake, and looks next for what is to be done. After the end there is nobody to wake: the number
        that was written to may be that of another file by then.
        """
        if get_ident() == self.reader:
            return
        with self._lock:
            if self._open:
                wake()

    def shutdown(self) -> None:
        """End the threads of the pool, as far as they end in time."""
        self._pool.shutdown()
        with self._lock:
            self._open = False


class _Task(WSGITask):  # type: ignore[misc]
    """Answers one request of a :class:`Connection`."""

    _stays = False

    @property
    def has_body(self) -> bool:
        """Whether a body may follow the head."""
        return bool(super().has_body) and self.request.command != "HEAD"

    def build_response_header(self) -> bytes:
        """Return the head of the answer.

        A connection lasts unless the client says otherwise, also after an answer that has no body (RFC 9112, sections 6.3 and 9.3):
        waitress would end it after each 304. Our names of headers are written as they should be, so none is rewritten.
        """
        lasts = self.version == "1.1" and self.request.headers.get("CONNECTION", "").lower() in _LASTING
        names = {name for name, _ in self.response_headers}
        framed = "Content-Length" in names or not self.has_body
        if not lasts or not framed or not names.isdisjoint(_OWN_WORDS) or self.channel.adj.ident:
            return bytes(super().build_response_header())
        self._stays = True
        lines = [f"HTTP/1.1 {self.status}", *(f"{name}: {value}" for name, value in self.response_headers)]
        lines += [f"Date: {build_http_date(self.start_time)}", "", ""]
        return "\r\n".join(lines).encode("latin-1")

    def finish(self) -> None:
        """End the answer."""
        super().finish()
        if self._stays and self.request.command == "HEAD":
            # That there were fewer bytes than the head tells is as it should be.
            self.close_on_finish = False

    def get_environment(self) -> dict[str, Any]:
        """Return the environment of the request."""
        environ: dict[str, Any] = super().get_environment()
        environ.update(self.channel.noted)
        return environ


class Connection(HTTPChannel):  # type: ignore[misc]
    """A connection that answers a request in the thread that reads it, where that can be done at once.

    Attributes:
        noted: What the environment of the request that is being answered has besides.
    """

    task_class = _Task
    _kept_back = False
    _answer: list[bytes] | None = None

    def __init__(self, most_bytes: MostBytes, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.noted: dict[str, object] = {}
        self.parser_class = partial(Request, most_bytes)
        self._head_since = 0.0

    def keeps_back(self) -> bool:
        """Begin with the next request: keep it for the thread that reads, if that is the one that asks; return whether it was kept."""
        request = self.requests[0]
        self.noted = {}
        # A thread of the pool, which asks after its answer, must not change what the other one decides by.
        if self.server.task_dispatcher.reader != get_ident():
            return False
        self._kept_back = (
            request.header_bytes_received <= _LONGEST_HEAD
            and request.error is None
            and request.path == PATH
            and request.command == "GET"
            and _KEYS_OF_BODIES.isdisjoint(request.headers)
        )
        return self._kept_back

    def handle_read(self) -> None:
        """Read what has come, and answer what can be answered at once."""
        self.server.task_dispatcher.reader = get_ident()
        super().handle_read()
        if self.request is not None and not self.request.headers_finished:
            # A head that comes byte by byte keeps a place no longer than one that does not come.
            self._head_since = self._head_since or time.time()
            self.last_activity = self._head_since
        else:
            self._head_since = 0.0
        if self._kept_back:
            self._kept_back = False
            self._try_at_once()

    def _try_at_once(self) -> None:
        if len(self.requests) > 1 or self.request is not None:
            # Answers, and what bids a client go on, go out in the order of their requests: one thread sees to them all.
            self.server.task_dispatcher.hand_over(self)
            return
        self.noted = {AT_ONCE: True}
        self._answer = []
        try:
            self.service()
        except Later as later:
            self.noted = dict(later.noted)
            self._answer = None
            self.server.task_dispatcher.hand_over(self)
            return
        answer, self._answer = self._answer, None
        if self.connected:
            # Head and body in one piece: each piece is a call of the system, and wakes the client.
            self.write_soon(b"".join(answer))

    def write_soon(self, data: Any) -> int:
        """Take a part of an answer."""
        if self._answer is None:
            return int(super().write_soon(data))
        self._answer.append(data)
        return len(data)
