"""HTTP to a remote engine: a pool of connections, limits of time and length, and a second try only where nothing is written.

In:  requests. Out: whole replies, or an error in one sentence; never half a reply.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from types import TracebackType
from typing import Self
from urllib.parse import urlencode, urlsplit

import urllib3
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError, ReadTimeoutError, SSLError
from urllib3.exceptions import TimeoutError as HTTPTimeout
from urllib3.util import Retry, Timeout

import ropa
from ropa.errors import StoreProblem, TooLong, TooSlow
from ropa.store.remote.addresses import check_address
from ropa.store.remote.credentials import Credentials, Login, Plain, answer_challenge

TIMEOUT = 30.0
"""Seconds that a request may take."""
MOST_BYTES = 256 << 20
"""Length that a reply may have."""
_CONNECT = 5.0
_CHUNK = 1 << 16
_REASON = 4000
_TAG = re.compile(r"<!?/?[a-z][^<>]*>", re.IGNORECASE)
_AT_ONCE = 16


@dataclass(frozen=True)
class Reply:
    """What a server answered.

    Attributes:
        media_type: In lower case, without parameters. headers: By name in lower case.
    """

    status: int
    media_type: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def reason(self) -> str:
        """What the body says for people: its first words, without what was asked."""
        text = self.body[:_REASON].decode("utf-8", "replace").partition("SPARQL query:")[0]
        if self.media_type == "application/problem+json":
            # What our own server answers (RFC 9457).
            with suppress(ValueError, AttributeError):
                text = str(json.loads(self.body).get("detail", text))
        return " ".join(_TAG.sub(" ", text).split())[:300] or f"HTTP status {self.status}"


class _Reads(Retry):
    """Tries again when a connection fails and when the server is about to be back, not when it works for too long."""

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: urllib3.BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        if isinstance(error, ReadTimeoutError):
            raise error
        return super().increment(method, url, response, error, _pool, _stacktrace)


_ONCE = Retry(0, redirect=False)
_AGAIN = _Reads(
    total=4,
    connect=4,
    read=2,
    status=1,
    redirect=False,
    other=0,
    allowed_methods=None,
    status_forcelist=(502, 503, 504),
    backoff_factor=0.2,
    respect_retry_after_header=False,
    raise_on_status=False,
)


@dataclass(frozen=True)
class _Request:
    method: str
    address: str
    headers: Mapping[str, str]
    body: bytes | None
    seconds: float
    retries: Retry

    @property
    def host(self) -> str:
        """The server, as people are told of it."""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def target(self) -> str:
        """What stands in the request line."""
        parts = urlsplit(self.address)
        return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"


class Client:
    """Speaks to one server.

    Args:
        timeout: Seconds for a request. most_bytes: Of a reply.
    """

    def __init__(self, credentials: Credentials, timeout: float = TIMEOUT, most_bytes: int = MOST_BYTES) -> None:
        self.timeout = timeout
        self._credentials = credentials
        # A password is shown to those who ask for it, in the way they ask for; a token to everybody whom we address.
        self._login: Login | None = Plain(credentials) if credentials.token else None
        self._most = most_bytes
        self._pool = urllib3.PoolManager(maxsize=_AT_ONCE, headers={"User-Agent": f"ropa/{ropa.__version__}"})

    def query(self, address: str, text: str, accept: str, dataset: Sequence[tuple[str, str]] = (), seconds: float | None = None) -> Reply:
        """Send a query, again where a try fails; as a form, the one way that all servers know.

        Args:
            dataset: Further parameters of the protocol: ``default-graph-uri``, ``named-graph-uri``.

        Raises:
            StoreProblem: The server cannot be reached, or says nothing that can be read. TooSlow, TooLong: Its reply is past a limit.
        """
        body = urlencode([("query", text), *dataset]).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": accept}
        return self._send(_Request("POST", address, headers, body, self.timeout if seconds is None else seconds, _AGAIN))

    def get(self, address: str, accept: str) -> Reply:
        """Fetch what is there, again where a try fails; raises as :meth:`query` does."""
        return self._send(_Request("GET", address, {"Accept": accept}, None, self.timeout, _AGAIN))

    def update(self, address: str, text: str, seconds: float | None = None) -> Reply:
        """Send an update, once; raises as :meth:`query` does, and then nobody knows whether it was carried out."""
        headers = {"Content-Type": "application/sparql-update"}
        return self._send(_Request("POST", address, headers, text.encode(), self.timeout if seconds is None else seconds, _ONCE))

    def put(self, address: str, body: bytes, media_type: str) -> Reply:
        """Put a body at an address, once; raises as :meth:`query` does."""
        return self._send(_Request("PUT", address, {"Content-Type": media_type}, body, self.timeout, _ONCE))

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def _send(self, request: _Request) -> Reply:
        check_address(request.address, known=bool(self._credentials))
        reply = self._once(request, self._login.header(request.method, request.target) if self._login else "")
        if reply.status == 401 and self._credentials.user:
            # What is refused for want of a login was not carried out, so it may be sent again.
            self._login = login = answer_challenge(self._credentials, reply.headers.get("www-authenticate", ""))
            reply = self._once(request, login.header(request.method, request.target))
        return _require_spoken(request.address, reply)

    def _once(self, request: _Request, login: str) -> Reply:
        headers = {**request.headers, "Authorization": login} if login else request.headers
        end = monotonic() + request.seconds
        try:
            response = self._pool.request(
                request.method,
                request.address,
                body=request.body,
                headers=headers,
                timeout=Timeout(connect=min(_CONNECT, request.seconds), read=request.seconds),
                retries=request.retries,
                redirect=False,
                preload_content=False,
            )
            try:
                return Reply(
                    response.status,
                    response.headers.get("Content-Type", "").partition(";")[0].strip().lower(),
                    {name.lower(): value for name, value in response.headers.items()},
                    self._read(response, request, end),
                )
            except BaseException:
                # What is left of the reply would be taken for that to the next request.
                response.close()
                raise
            finally:
                response.release_conn()
        except HTTPError as error:
            raise _explain(error, request) from None

    def _read(self, response: urllib3.BaseHTTPResponse, request: _Request, end: float) -> bytes:
        parts, length = [], 0
        for part in response.stream(_CHUNK):
            length += len(part)
            if length > self._most:
                raise TooLong(f"The reply of {request.host} is longer than {self._most:,} bytes. Add a LIMIT, or ask for less at a time.")
            if monotonic() > end:
                raise _too_slow(request)
            parts.append(part)
        return b"".join(parts)


def _require_spoken(address: str, reply: Reply) -> Reply:
    """Refuse a reply that comes from no engine that speaks to us."""
    if reply.status in (401, 403):
        raise StoreProblem(
            f"{address} refuses us ({reply.status}). "
            "Set ROPA_REMOTE_TOKEN, or ROPA_REMOTE_USER and ROPA_REMOTE_PASSWORD, to those of somebody who may."
        )
    if 300 <= reply.status < 400:
        to = reply.headers.get("location", "another address")
        raise StoreProblem(f"{address} sends us on to {to}, which is not followed. Give that address if it is the right one.")
    return reply


def _explain(error: HTTPError, request: _Request) -> StoreProblem | TooSlow:
    """Say in one sentence what went wrong between us and a server."""
    cause: BaseException = error.reason if isinstance(error, MaxRetryError) and error.reason is not None else error
    if isinstance(cause, SSLError):
        reason = f"{request.host} cannot be trusted: {cause}. Mend its certificate, or name its authority in SSL_CERT_FILE."
    elif isinstance(cause, NewConnectionError):
        reason = f"{request.host} cannot be reached. Start the engine, or give its right address."
    elif isinstance(cause, HTTPTimeout):
        return _too_slow(request)
    else:
        reason = f"{request.host} broke off the connection ({type(cause).__name__}). See whether the engine still runs, then try again."
    return StoreProblem(reason)


def _too_slow(request: _Request) -> TooSlow:
    return TooSlow(
        f"{request.host} did not answer within {request.seconds:g} s. Ask for less at a time, or see what else the engine is at."
    )
