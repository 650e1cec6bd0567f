"""Bytes that are no request, or half of one, or one that never ends: over a real socket to the real server."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ropa.namespaces import RDF
from ropa.store.embedded import EmbeddedStore
from tests.conftest import fill_with_acme
from tests.odd import examples, mutated
from tests.protocol.client import exchange, exchange_bytes, status_of
from tests.serving import make_token, serving

HOST = b"Host: localhost\r\n"
TURTLE = b"<urn:a> <urn:b> <urn:c> ."
LINES = {
    "nothing": b"\r\n\r\n",
    "one word": b"GET\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "another version": b"GET /healthz HTTP/9.9\r\n" + HOST + b"\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200)),
    "a method in small letters": b"get /healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "an unknown method": b"BREW /healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "a proxy's request": b"CONNECT a:80 HTTP/1.1\r\n" + HOST + b"\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\n" + HOST + b"Host: evil\r\n\r\n",
    "another host": b"GET / HTTP/1.1\r\nHost: evil\r\n\r\n",
    "half a host": b"GET / HTTP/1.1\r\nHost: [\r\n\r\n",
    "no UTF-8 in the host": b"GET / HTTP/1.1\r\nHost: \xff\r\n\r\n",
    "half an address": b"GET http://[ HTTP/1.1\r\n" + HOST + b"\r\n",
    "no UTF-8 in the address": b"GET /id/\xff HTTP/1.1\r\n" + HOST + b"\r\n",
    "a zero in the address": b"GET /id/\x00 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a long address": b"GET /" + b"a" * 300_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "a long field": b"GET / HTTP/1.1\r\n" + HOST + b"A: " + b"a" * 300_000 + b"\r\n\r\n",
    "many fields": b"GET /nothing HTTP/1.1\r\n" + HOST + b"A: b\r\n" * 20_000 + b"\r\n",
    "a field without a colon": b"GET / HTTP/1.1\r\n" + HOST + b"A\r\n\r\n",
    "a space before the colon": b"GET / HTTP/1.1\r\n" + HOST + b"A : b\r\n\r\n",
    "a zero in a field": b"GET / HTTP/1.1\r\n" + HOST + b"A: b\x00c\r\n\r\n",
}
BODIES = {
    "a negative length": b"Content-Length: -1\r\n\r\n" + TURTLE,
    "no number as length": b"Content-Length: x\r\n\r\n" + TURTLE,
    "two lengths": b"Content-Length: 5\r\nContent-Length: 25\r\n\r\n" + TURTLE,
    "a length past all limits": b"Content-Length: 99999999999999999999\r\n\r\n" + TURTLE,
    "fewer bytes than announced": b"Content-Length: 1000\r\n\r\n" + TURTLE,
    "chunks without an end": b"Transfer-Encoding: chunked\r\n\r\n19\r\n" + TURTLE + b"\r\n",
    "half a chunk": b"Transfer-Encoding: chunked\r\n\r\n99\r\n" + TURTLE,
    "no number as size of a chunk": b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + TURTLE + b"\r\n0\r\n\r\n",
    "a negative size of a chunk": b"Transfer-Encoding: chunked\r\n\r\n-5\r\n" + TURTLE + b"\r\n0\r\n\r\n",
    "a chunk past all limits": b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n" + TURTLE + b"\r\n0\r\n\r\n",
    "an unknown transfer coding": b"Transfer-Encoding: nonsense\r\n\r\n" + TURTLE,
}
TOO_DEEP = {
    "objects": ("application/ld+json", b'{"a:b":' * 1_500 + b"1" + b"}" * 1_500),
    "elements": (
        "application/rdf+xml",
        f"<r:RDF xmlns:r='{RDF}' xmlns='a:'>".encode() + b"<r:Description><b>" * 5_000 + b"</b></r:Description>" * 5_000 + b"</r:RDF>",
    ),
}
"""Media type and body; what a parser takes for these grows with the square of their depth, in memory too."""
DEEP = {
    "brackets": b"<a:a> <a:b> " + b"[ <a:b> " * 5_000 + b"1 " + b"]" * 5_000 + b".",
    "lists": b"<a:a> <a:b> " + b"( " * 5_000 + b")" * 5_000 + b".",
}
REQUESTS = [
    "GET /sparql?query=ASK%20%7B%7D HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n",
    "POST /sparql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sparql-query\r\nTransfer-Encoding: chunked\r\n\r\n"
    "6\r\nASK {}\r\n0\r\n\r\n",
    "PUT /graphs?default HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/turtle\r\nContent-Length: 3\r\n\r\n# a",
]


@dataclass(frozen=True)
class Server:
    """A server that runs, with the token of an editor and what it logs."""

    address: str
    token: bytes
    log: Path

    def revision(self) -> int:
        """Return the revision of the store; the server must be there to tell it."""
        reply = exchange(self.address, "GET", "/readyz", None, ())
        assert reply.status == 200, reply
        told = json.loads(reply.body)["revision"]
        assert isinstance(told, int)
        return told


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    store = tmp_path_factory.mktemp("wire") / "store"
    with EmbeddedStore.create(store) as opened:
        fill_with_acme(opened)
    token = make_token(store)
    with serving(store) as address:
        yield Server(address, token.encode(), store.with_name(f"{store.name}.log"))


def look_at(answer: bytes) -> None:
    """Refuse an answer that is a fault of the server; none at all is fine, the connection is closed then."""
    status = status_of(answer)
    assert status == 0 or 200 <= status < 500 or status == 501, answer[:500]
    assert b"Traceback (most recent call last)" not in answer


@pytest.mark.parametrize("sent", LINES.values(), ids=LINES)
def test_a_broken_head_is_refused_and_the_next_client_served(server: Server, sent: bytes) -> None:
    look_at(exchange_bytes(server.address, sent, hang_up=True))

    assert server.revision() >= 1


@pytest.mark.parametrize("rest", BODIES.values(), ids=BODIES)
def test_a_broken_body_is_not_written(server: Server, rest: bytes) -> None:
    before = server.revision()
    head = b"PUT /graphs?graph=urn:wire HTTP/1.1\r\nContent-Type: text/turtle\r\nAuthorization: Bearer " + server.token + b"\r\n" + HOST

    answer = exchange_bytes(server.address, head + rest, hang_up=True)

    look_at(answer)
    assert not 200 <= status_of(answer) < 300
    assert server.revision() == before


def put(server: Server, kind: str, body: bytes) -> int:
    signed = [("Content-Type", kind), ("Authorization", f"Bearer {server.token.decode()}")]
    return exchange(server.address, "PUT", "/graphs?graph=urn:deep", body, signed).status


@pytest.mark.parametrize(("kind", "body"), TOO_DEEP.values(), ids=TOO_DEEP)
def test_a_body_that_nests_too_deep_is_refused(server: Server, kind: str, body: bytes) -> None:
    assert put(server, kind, body) == 400


@pytest.mark.parametrize("body", DEEP.values(), ids=DEEP)
def test_a_body_that_nests_as_deep_as_it_likes_is_written(server: Server, body: bytes) -> None:
    assert put(server, "text/turtle", body) in (200, 201)


@examples(80)
@given(sent=st.binary(max_size=200) | mutated(REQUESTS).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_may_be_sent(server: Server, sent: bytes) -> None:
    before = server.revision()

    look_at(exchange_bytes(server.address, sent, hang_up=True))

    assert server.revision() == before


def test_slow_clients_keep_nobody_from_being_served(server: Server) -> None:
    where = urlsplit(server.address)
    with ExitStack() as stack:
        slow = [stack.enter_context(socket.create_connection((where.hostname, where.port), timeout=10)) for _ in range(200)]
        for sent in (b"POST /sparql HTTP/1.1\r\nHo", b"st: localhost\r\n", b"Content-Length: 100\r\n\r\n", b"A", b"S"):
            for one in slow:
                one.sendall(sent)
            started = monotonic()
            asked = exchange(server.address, "GET", "/sparql?query=ASK%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D", None, ())
            assert (asked.status, json.loads(asked.body)["boolean"]) == (200, True)
            assert monotonic() - started < 10


def test_a_client_that_goes_away_takes_nothing_with_it(server: Server) -> None:
    where = urlsplit(server.address)
    before = server.revision()
    for _ in range(20):
        with socket.create_connection((where.hostname, where.port), timeout=10) as connection:
            connection.sendall(b"GET /sparql?query=SELECT%20*%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D HTTP/1.1\r\n" + HOST + b"\r\n")

    assert server.revision() == before


def test_nobody_else_writes_into_the_log(server: Server) -> None:
    exchange_bytes(server.address, b"GET /id/x%0A22:00:00%20forged%1b[31m HTTP/1.1\r\n" + HOST + b"\r\n", hang_up=True)
    server.revision()
    logged = server.log.read_text("utf-8")

    assert "forged" in logged
    assert "\n22:00:00 forged" not in logged
    assert "\x1b" not in logged
    assert "Traceback (most recent call last)" not in logged
