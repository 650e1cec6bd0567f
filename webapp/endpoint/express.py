"""The short way for the endpoint's most frequent requests: an answer that is kept, or a look-up, without the framework around it.

In:  WSGI requests. Out: the very bytes and headers that the application would send, several times sooner; whatever is not plain
goes to the application.

Only ``GET /sparql?query=…`` without a token goes this way, and only for a host that the application has answered before. The
headers that all such answers share are learnt from the application's own. What takes no time worth telling is answered in the
thread that reads the requests, see :mod:`webapp.serving.connections`: handing it to another would take longer than the answer.
"""

from __future__ import annotations

import gzip
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote_plus

from flask import Flask

from ropa.errors import RopaError
from ropa.limits import key_of
from ropa.store.evaluation import Limits
from ropa.store.lookups import is_lookup, may_scan
from webapp.endpoint.forms import HTML, ask_for, choose_forms, tag
from webapp.endpoint.protocol import Operation
from webapp.serving import observation
from webapp.serving.compression import LEVEL, SHORTEST
from webapp.state import State

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_KEEP = "ropa.keep"
_ADMITTED = "ropa.admitted"
AT_ONCE = "ropa.at-once"
"""In the environment of a request: answer it in about the time that handing it over would take, or raise :class:`Later`."""
PATH = "/sparql"
"""Where the short way begins; no other path has one."""
_LONGEST = 256_000
_MOST_BYTES = 32_000_000
_MOST_AT_ONCE = 64_000
"""Bytes of an answer that is made while other requests wait."""
_LONG = 0.005
"""Seconds that other requests may wait for an answer; a disk, or a thing with very many statements, can take longer."""
_REST = 0.1
"""Seconds for which nothing is looked up at once after that took too long."""
_MOST_HOSTS = 16
_GZIP = (("Content-Encoding", "gzip"),)
_OWN = {"content-type", "content-length", "content-encoding", "etag", "x-request-id", "server-timing", "date"}
"""Headers that differ from answer to answer."""

Headers = Sequence[tuple[str, str]]
Key = tuple[str, str, str, str]


def keep(environ: WSGIEnvironment, rows: int) -> None:
    """Say that the answer to this request, with so many rows, may be kept while the store does not change."""
    environ[_KEEP] = rows


def was_admitted(environ: WSGIEnvironment) -> bool:
    """Tell whether the request was counted already, and is within the rate of its client."""
    return _ADMITTED in environ


class Later(BaseException):
    """A request cannot be answered at once. No fault: whoever asked for that tries again without asking for it.

    Attributes:
        noted: What the environment of the request is to have then besides.
    """

    def __init__(self, noted: Mapping[str, object]) -> None:
        super().__init__()
        self.noted = noted


def _postpone(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    raise Later({_ADMITTED: True} if was_admitted(environ) else {})


def shorten(app: Flask) -> None:
    """Put the short way in front of an application."""
    app.wsgi_app = Express(app)  # type: ignore[method-assign]


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answer of one revision; *own* and *shared* headers lack those that are new for each request."""

    revision: int
    rows: int
    etag: str
    own: Headers
    shared: Headers
    body: bytes


class Express:
    """A WSGI application around another."""

    def __init__(self, app: Flask) -> None:
        self._app: WSGIApplication = app.wsgi_app
        self._state: State = app.extensions["ropa"]
        metrics = cast(observation.Metrics, app.extensions["ropa-metrics"])
        self._seconds = metrics.request_seconds.labels("sparql.endpoint")
        self._statuses = {status: metrics.requests.labels("sparql.endpoint", status) for status in (200, 304)}
        self._outcomes = {outcome: metrics.queries.labels(outcome) for outcome in ("cached", "answered", "unchanged")}
        self._rows = metrics.rows
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        self._bytes = 0
        self._at = -1
        self._lock = Lock()
        self._shared: dict[str, Headers] = {}
        self._limits = self._state.policy.of(None).query
        most = self._limits.bytes
        self._limits_at_once = replace(self._limits, seconds=_LONG, bytes=_MOST_AT_ONCE if most is None else min(most, _MOST_AT_ONCE))
        self._rests_until = 0.0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request.

        Raises:
            Later: The environment has :data:`AT_ONCE`, and the answer takes longer than that.
        """
        at_once = AT_ONCE in environ
        otherwise = _postpone if at_once else self._app
        query = environ.get("QUERY_STRING", "")
        plain = environ.get("PATH_INFO") == PATH and environ["REQUEST_METHOD"] == "GET" and "HTTP_AUTHORIZATION" not in environ
        if not plain or not query.startswith("query=") or "&" in query or environ.get("SCRIPT_NAME"):
            return otherwise(environ, start_response)
        begun = time.perf_counter()
        if _ADMITTED not in environ:
            try:
                self._state.policy.admit(None, key_of(environ.get("REMOTE_ADDR", "")))
            except RopaError:
                # Refused there in the words and with the headers of all errors.
                return otherwise(environ, start_response)
            environ[_ADMITTED] = True
        key = (query, environ.get("HTTP_ACCEPT", ""), environ.get("HTTP_ACCEPT_ENCODING", ""), environ.get("HTTP_HOST", ""))
        found = self._kept.get(key)
        outcome = "cached"
        if found is None or found.revision != self._state.store.revision:
            found, outcome = None, "answered"
            text = self._read_lookup(key)
            if text is not None and at_once:
                found = self._look_up_at_once(key, text)
            elif text is not None:
                found = self._look_up(key, text, self._limits)
        if found is not None:
            return self._send(found, outcome, begun, environ, start_response)
        return otherwise(environ, start_response) if at_once else self._ask(key, environ, start_response)

    def _read_lookup(self, key: Key) -> str | None:
        """Return the text of a look-up that can be answered here, None for anything else."""
        query, accept, encoding, host = key
        # Pages, and weighed encodings, which are rare, are left to the application.
        if host not in self._shared or ";" in encoding or HTML in choose_forms(accept or None).values():
            return None
        text = _decode(query)
        most = self._state.policy.of(None).query_characters
        return text if (most is None or len(text) <= most) and is_lookup(text) else None

    def _look_up_at_once(self, key: Key, text: str) -> _Kept | None:
        """Answer a look-up while other requests wait; None for one that may take long, and for a while after one that did."""
        if may_scan(text) or time.monotonic() < self._rests_until:
            return None
        begun = time.monotonic()
        found = self._look_up(key, text, self._limits_at_once)
        ended = time.monotonic()
        if ended - begun > _LONG:
            self._rests_until = ended + _REST
        return found

    def _look_up(self, key: Key, text: str, limits: Limits) -> _Kept | None:
        """Answer a look-up; None for one that fails."""
        _, accept, encoding, host = key
        forms = choose_forms(accept or None)
        operation = Operation(text, [], [])
        revision = self._state.store.revision
        try:
            answer = self._state.answers.evaluator.evaluate(ask_for(operation, forms), limits)
        except RopaError:
            return None
        if not isinstance(answer.body, bytes):
            answer.body.close()
        if not isinstance(answer.body, bytes) or answer.kind not in forms:
            return None
        media_type = forms[answer.kind]
        etag = f'"{tag(self._state, operation, media_type)}"'
        body = answer.body
        coded: Headers = ()
        if "gzip" in encoding and len(body) >= SHORTEST:
            body, coded = gzip.compress(body, LEVEL, mtime=0), _GZIP
            etag = f"W/{etag}"
        if revision != self._state.store.revision:
            # Which state the answer is of, its tag could not say.
            return None
        own = (_content_type(media_type), *coded, ("Content-Length", str(len(body))), ("ETag", etag))
        found = _Kept(revision, answer.rows or 0, etag, own, self._shared[host], body)
        self._keep(key, found)
        return found

    def _send(self, found: _Kept, outcome: str, begun: float, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        matched = environ.get("HTTP_IF_NONE_MATCH")
        unchanged = matched is not None and (matched.strip() == "*" or found.etag.removeprefix("W/") in matched)
        status = 304 if unchanged else 200
        seconds = time.perf_counter() - begun
        self._statuses[status].inc()
        self._outcomes["unchanged" if unchanged else outcome].inc()
        self._seconds.observe(seconds)
        name = observation.name_request(environ.get("HTTP_X_REQUEST_ID", ""))
        new = [("X-Request-ID", name), ("Server-Timing", f"total;dur={seconds * 1000:.1f}")]
        if observation.LOG.isEnabledFor(observation.INFO):
            observation.write_line(
                "GET",
                PATH,
                status,
                request=name,
                milliseconds=round(seconds * 1000, 1),
                bytes=len(found.body),
                client=environ.get("REMOTE_ADDR"),
                query=observation.digest(_decode(environ["QUERY_STRING"])),
            )
        if unchanged:
            still = (one for one in (*found.own, *found.shared) if not one[0].startswith("Content-"))
            start_response("304 NOT MODIFIED", [*still, *new])
            return []
        self._rows.inc(found.rows)
        start_response("200 OK", [*found.own, *found.shared, *new])
        return [found.body]

    def _ask(self, key: Key, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Let the application answer, and keep that if it may be kept."""
        told: list[tuple[str, Headers]] = []

        def listen(status: str, headers: Headers, *more: object) -> object:
            told.append((status, headers))
            return start_response(status, headers, *more)  # type: ignore[arg-type]

        revision = self._state.store.revision
        answer = self._app(environ, cast("StartResponse", listen))
        if _KEEP not in environ or not told or not told[0][0].startswith("200"):
            return answer
        headers = [(name, value) for name, value in told[0][1] if name.lower() not in ("x-request-id", "server-timing", "date")]
        values = {name.lower(): value for name, value in headers}
        if len(self._shared) < _MOST_HOSTS:
            self._shared[key[3]] = [(name, value) for name, value in headers if name.lower() not in _OWN]
        if int(values.get("content-length", _LONGEST)) >= _LONGEST or revision != self._state.store.revision:
            return answer
        body = b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
        self._keep(key, _Kept(revision, environ[_KEEP], values.get("etag", ""), headers, (), body))
        return [body]

    def _keep(self, key: Key, found: _Kept) -> None:
        size = _size(key, found)
        with self._lock:
            if found.revision != self._at:
                self._kept.clear()
                self._bytes, self._at = 0, found.revision
            old = self._kept.pop(key, None)
            if old is not None:
                self._bytes -= _size(key, old)
            self._kept[key] = found
            self._bytes += size
            while self._bytes > _MOST_BYTES:
                gone, one = self._kept.popitem(last=False)
                self._bytes -= _size(gone, one)


def _size(key: Key, found: _Kept) -> int:
    return len(found.body) + sum(map(len, key)) + 2_000


@lru_cache(maxsize=32)
def _content_type(media_type: str) -> tuple[str, str]:
    return "Content-Type", f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type


def _decode(query: str) -> str:
    """Return the text of a query string ``query=…``, "" where it is not UTF-8."""
    try:
        return unquote_plus(query[6:], errors="strict")
    except UnicodeDecodeError:
        return ""
