"""webapp.serving.connections: what takes no time is answered by the thread that reads, in order, and all else as ever."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import pytest
from flask import Flask
from waitress.server import create_server
from waitress.task import ThreadedTaskDispatcher
from werkzeug.test import EnvironBuilder, run_wsgi_app

from ropa.store import QuadStore
from tests.pages import opened
from tests.serving import make_token, serving
from webapp.endpoint import express
from webapp.endpoint.express import AT_ONCE, Later
from webapp.serving.connections import _Sorter, take_connections

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

READER = "reads"


def tell_thread(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer with the thread that answers, and whether what was noted came with the request; ``?slow`` and ``?long`` take long."""
    query = environ["QUERY_STRING"]
    if AT_ONCE in environ and query.startswith(("slow", "long")):
        raise Later({"test.noted": query})
    if query.startswith("wrong"):
        raise ValueError("a fault of the application")
    if query.startswith("stream"):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return iter(() if environ["REQUEST_METHOD"] == "HEAD" else (b"a", b"b"))
    if query.startswith("host"):
        query = environ["HTTP_HOST"]
    body = f"{threading.current_thread().name} {environ.get('test.noted', '-')} {query};".encode()
    if query.startswith("long"):
        body *= 100_000
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    sockets: dict[int, Any] = {}
    server = create_server(tell_thread, map=sockets, host="127.0.0.1", port=0, threads=2, ident=None, clear_untrusted_proxy_headers=True)
    take_connections(sockets.values(), lambda given: 1_000 if given else 100, at_once=True)
    ended = threading.Event()
    # A loop that is told to end from outside, so that nothing outlives the test.
    thread = threading.Thread(target=lambda: run_until(server, ended), name=READER)
    thread.start()
    yield server
    ended.set()
    server.pull_trigger()
    thread.join()
    server.close()


@pytest.fixture(scope="module")
def port(server: Any) -> int:
    return int(server.effective_port)


def run_until(server: Any, ended: threading.Event) -> None:
    while not ended.is_set():
        server.asyncore.loop(timeout=1, map=server._map, use_poll=True, count=1)


@contextmanager
def connected(port: int) -> Iterator[Callable[[str], str]]:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)

    def get(path: str) -> str:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.read().decode()

    yield get
    connection.close()


def test_a_short_answer_comes_from_the_thread_that_reads(port: int) -> None:
    with connected(port) as get:
        assert get("/sparql?query=a") == f"{READER} - query=a;"


def test_what_takes_longer_is_answered_by_the_pool_with_what_was_noted(port: int) -> None:
    with connected(port) as get:
        assert get("/sparql?slow") in {f"waitress-{number} slow slow;" for number in (0, 1)}


def test_the_thread_that_reads_is_woken_by_others_alone(server: Any, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    woken, wake = [], server.trigger.pull_trigger

    def note() -> None:
        woken.append(threading.current_thread().name)
        wake()

    monkeypatch.setattr(server.trigger, "pull_trigger", note)
    with connected(port) as get:
        for _ in range(3):
            get("/sparql?query=a")
        assert woken == []
        get("/sparql?slow")
        get("/other")
    assert woken
    assert READER not in woken


def test_nothing_that_was_noted_stays_for_the_next_request(port: int) -> None:
    with connected(port) as get:
        get("/sparql?slow")

        assert get("/other") in {f"waitress-{number} - ;" for number in (0, 1)}
        assert get("/sparql?query=a") == f"{READER} - query=a;"


@pytest.mark.parametrize("path", ["/other", "/sparql/", "//sparql", "/SPARQL"])
def test_other_addresses_are_not_tried(port: int, path: str) -> None:
    with connected(port) as get:
        assert get(path).startswith("waitress-")


def test_a_long_head_is_not_tried(port: int) -> None:
    with connected(port) as get:
        assert get(f"/sparql?query={'a' * 3_000}").startswith(READER)
        assert get(f"/sparql?query={'a' * 5_000}").startswith("waitress-")


def test_a_request_with_a_body_is_not_tried(port: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/sparql?query=a", body=b"x")
    assert connection.getresponse().read().startswith(b"waitress-")
    connection.close()


def exchange(port: int, sent: bytes) -> bytes:
    """Send bytes, and return all that comes until the server ends the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(sent)
        got = b""
        while piece := connection.recv(1 << 16):
            got += piece
    return got


def test_answers_keep_the_order_of_their_requests(port: int) -> None:
    paths = ["/sparql?query=1", "/sparql?long2", "/sparql?query=3", "/other?4", "/sparql?query=5"]
    requests = [f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n" for path in paths]
    requests[-1] = requests[-1].replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")

    got = exchange(port, "".join(requests).encode())

    order = [got.index(mark) for mark in (b" query=1;", b" long2;", b" query=3;", b" 4;", b" query=5;")]
    assert order == sorted(order)
    assert got.count(b"HTTP/1.1 200 OK") == 5


def test_what_bids_a_client_go_on_comes_after_the_answer_before(port: int) -> None:
    got = b""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(
            b"GET /sparql?query=1 HTTP/1.1\r\nHost: a\r\n\r\n"
            b"POST /other?2 HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\nConnection: close\r\n\r\n"
        )
        while b"100 Continue" not in got:
            got += connection.recv(1 << 16)
        connection.sendall(b"x")
        while piece := connection.recv(1 << 16):
            got += piece

    assert got.index(b" query=1;") < got.index(b"100 Continue") < got.index(b" 2;")


def test_a_fault_is_answered_and_ends_the_connection(port: int) -> None:
    got = exchange(port, b"GET /sparql?wrong HTTP/1.1\r\nHost: a\r\n\r\n")

    assert got.startswith(b"HTTP/1.1 500 ")
    assert b"a fault of the application" not in got


def test_connections_end_where_the_client_says_so(port: int) -> None:
    for head in (b"HTTP/1.0\r\nHost: a", b"HTTP/1.1\r\nHost: a\r\nConnection: close"):
        got = exchange(port, b"GET /sparql?query=a " + head + b"\r\n\r\n")

        assert got.endswith(b"query=a;")
        assert b"\r\nConnection: close\r\n" in got


@pytest.mark.parametrize("query", ["stream", "sized"])
def test_an_answer_without_a_body_ends_with_its_head(port: int, query: str) -> None:
    got = exchange(
        port,
        f"HEAD /other?{query} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
        + b"GET /sparql?query=a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    )

    head, _, rest = got.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert b"Transfer-Encoding" not in head
    assert rest.startswith(b"HTTP/1.1 200 OK")
    assert rest.endswith(b" query=a;")


@pytest.mark.parametrize(
    "head",
    [
        "POST /other HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n",
        "POST /other HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\nExpect: 100-continue\r\n",
        "POST /other HTTP/1.1\r\nHost: a\r\nAuthorization: x\r\nContent-Length: 1001\r\n",
    ],
)
def test_a_body_that_is_too_long_is_refused_before_it_comes(port: int, head: str) -> None:
    got = exchange(port, f"{head}\r\n".encode())

    assert got.startswith(b"HTTP/1.1 413 ")
    assert b"application/problem+json" in got
    assert json.loads(got.partition(b"\r\n\r\n")[2])["status"] == 413


def test_a_body_in_pieces_is_refused_where_it_gets_too_long(port: int) -> None:
    head = b"POST /other HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

    assert exchange(port, head + b"50\r\n" + b"x" * 80 + b"\r\n50\r\n" + b"x" * 80 + b"\r\n").startswith(b"HTTP/1.1 413 ")


def test_what_may_be_sent_with_a_token_is_taken(port: int) -> None:
    head = b"POST /other?sent HTTP/1.1\r\nHost: a\r\nAuthorization: x\r\nContent-Length: 1000\r\nConnection: close\r\n\r\n"

    assert exchange(port, head + b"x" * 1000).endswith(b" sent;")


def test_one_host_is_asked_for(port: int) -> None:
    assert exchange(port, b"GET /other?host HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    absolute = exchange(port, b"GET http://b.example/other?host HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert absolute.endswith(b" b.example;")


def test_who_sends_a_head_slowly_counts_as_silent(server: Any, port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        for byte in b"GET /other HTTP/1.1\r\nHost: a":
            connection.sendall(bytes([byte]))
            time.sleep(0.02)
        time.sleep(0.2)
        (channel,) = [one for one in server.active_channels.values() if one.addr == connection.getsockname()]
        assert channel.last_activity < time.time() - 0.5
        connection.sendall(b"\r\n\r\n")
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200 OK")
        assert channel.last_activity > time.time() - 0.2


def test_nobody_is_woken_after_the_end() -> None:
    woken: list[int] = []
    sorter = _Sorter(ThreadedTaskDispatcher(), at_once=True)
    sorter.wake(lambda: woken.append(1))
    sorter.shutdown()
    sorter.wake(lambda: woken.append(2))

    assert woken == [1]


LIMITS = "[anonymous]\nrequests_per_minute = 6\n"
THING = "http://other.example/thing"


@contextmanager
def server_with_a_long_thing(store: Path, *options: str) -> Iterator[HTTPConnection]:
    """Serve a store in which one thing has 5 000 values."""
    values = " , ".join(f'"value {number} of a thing about which much is said"' for number in range(5_000))
    with serving(store, *options, "--log", "none") as address:
        where = urlsplit(address)
        connection = HTTPConnection(str(where.hostname), where.port, timeout=30)
        told = {"Authorization": f"Bearer {make_token(store, 'admin')}", "Content-Type": "text/turtle"}
        body = f"<{THING}> <http://other.example/p> {values} ."
        connection.request("PUT", "/graphs?graph=http://other.example/graph", body, told)
        assert send_on(connection).status in (200, 201, 204)
        yield connection
        connection.close()


def send_on(connection: HTTPConnection) -> Any:
    response = connection.getresponse()
    response.text = response.read().decode()  # type: ignore[attr-defined]
    return response


def look_up(connection: HTTPConnection, text: str, **headers: str) -> Any:
    connection.request("GET", "/sparql?query=" + quote(text, safe=""), headers={"Accept": "text/csv", **headers})
    return send_on(connection)


def test_each_look_up_is_whole_and_counted_once(store_folder: Path, tmp_path: Path) -> None:
    limits = tmp_path / "limits.toml"
    limits.write_text(LIMITS, "utf-8")
    with server_with_a_long_thing(store_folder, "--limits", str(limits)) as connection:
        statuses = []
        # The first goes through the application, the next four are too long or may take too long to be answered at once.
        for what in ("?p ?o", "?q ?r", "<http://other.example/p> ?x", "?x ?x", "?p ?o", "?p ?other", "?p ?more"):
            text = f"SELECT {'DISTINCT ' if what == '?q ?r' else ''}* {{ <{THING}> {what} }}"
            response = look_up(connection, text)
            statuses.append(response.status)
            if response.status == 200:
                assert response.text.count("\n") == (1 if what == "?x ?x" else 5_001)

        assert statuses == [200] * 6 + [429]


def test_the_connection_stays_after_an_answer_that_is_unchanged(store_folder: Path) -> None:
    with server_with_a_long_thing(store_folder) as connection:
        first = look_up(connection, f"SELECT * {{ <{THING}> ?p ?o }}")
        before = connection.sock

        for said in ({}, {"Connection": "keep-alive"}, {"Connection": "Keep-Alive"}):
            again = look_up(connection, f"SELECT * {{ <{THING}> ?p ?o }}", **{"If-None-Match": first.headers["ETag"]}, **said)
            assert (again.status, again.text, again.headers["ETag"]) == (304, "", first.headers["ETag"])
        connection.request("GET", "/healthz")
        assert send_on(connection).status == 200
        assert connection.sock is before


def environ_at_once(app: Flask, text: str) -> dict[str, Any]:
    return {**EnvironBuilder(path="/sparql", query_string={"query": text}).get_environ(), AT_ONCE: True, "HTTP_ACCEPT": "text/csv"}


def test_nothing_is_looked_up_at_once_for_a_while_after_that_took_long(acme: QuadStore, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(acme) as app:
        ask = partial(run_wsgi_app, app.wsgi_app)
        assert (
            app.test_client().get("/sparql", query_string={"query": "SELECT * { <a> ?p ?o }"}, headers={"Accept": "text/csv"}).status_code
            == 200
        )
        assert ask(environ_at_once(app, "SELECT ?x { <a> ?x ?o }"))[1] == "200 OK"
        monkeypatch.setattr(express, "_LONG", -1)
        assert ask(environ_at_once(app, "SELECT ?y { <a> ?y ?o }"))[1] == "200 OK"

        with pytest.raises(Later) as raised:
            ask(environ_at_once(app, "SELECT ?z { <a> ?z ?o }"))

        # It was counted, and what is kept takes no time.
        assert list(raised.value.noted.values()) == [True]
        assert ask(environ_at_once(app, "SELECT ?y { <a> ?y ?o }"))[1] == "200 OK"
