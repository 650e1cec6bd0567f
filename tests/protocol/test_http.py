"""Methods and framing: what all three protocols take from HTTP (RFC 9110, RFC 9112)."""

from __future__ import annotations

import http.client

import pytest

from tests.protocol.client import status_of
from tests.protocol.documents import LONG_ANSWER
from tests.protocol.servers import JSON, QUERY, TERMS, WHERE, A, Target, values


@pytest.mark.parametrize(
    ("place", "allowed"),
    [("query", {"get", "post"}), ("update", {"post"}), ("graphs", {"get", "put", "post", "delete"})],
    ids=["query", "update", "graphs"],
)
def test_an_options_tells_the_methods(target: Target, place: str, allowed: set[str]) -> None:
    """RFC 9110 9.3.7, 10.2.1: Allow."""
    reply = target.send("OPTIONS", getattr(target, place))

    assert reply.status in {200, 204}
    assert allowed <= reply.members("Allow")


def test_an_options_of_a_graph_tells_the_methods(target: Target) -> None:
    """RFC 9110 9.3.7."""
    assert {"get", "put", "post", "delete"} <= target.send("OPTIONS", target.graph(A)).members("Allow")


@pytest.mark.parametrize("place", ["query", "graphs"])
def test_a_head_has_no_body_on_the_wire(target: Target, place: str) -> None:
    """RFC 9110 9.3.2: nothing follows the header."""
    address = target.path_of(WHERE) if place == "query" else target.graph(A)
    answer = target.send_bytes(target.head("HEAD", address).encode())

    assert status_of(answer) == 200
    assert answer.partition(b"\r\n\r\n")[2] == b""


@pytest.mark.parametrize("address", ["/no-such-place", "/sparqling"])
def test_an_address_that_is_not_there_is_not_found(target: Target, address: str) -> None:
    """RFC 9110 15.5.5."""
    assert target.send("GET", address).status == 404


@pytest.mark.parametrize("address", ["?query=SELECT", "?query=ASK%7B%7D&query=ASK%7B%7D"], ids=["broken", "twice"])
def test_a_head_that_is_refused_has_no_body(target: Target, address: str) -> None:
    """RFC 9110 9.3.2."""
    answer = target.send_bytes(target.head("HEAD", target.query + address).encode())

    assert status_of(answer) == 400
    assert answer.partition(b"\r\n\r\n")[2] == b""


@pytest.mark.parametrize("place", ["query", "graphs"])
def test_the_length_that_is_told_is_that_of_the_body(target: Target, place: str) -> None:
    """RFC 9110 8.6; RFC 9112 6: by length or in chunks, not by ending the connection."""
    reply = target.ask(LONG_ANSWER) if place == "query" else target.get(TERMS)

    assert reply.field("Content-Length") == str(len(reply.body)) or reply.field("Transfer-Encoding") == "chunked"


def test_an_answer_has_its_date(target: Target) -> None:
    """RFC 9110 6.6.1: a server with a clock must tell it."""
    assert target.ask(WHERE).field("Date")


def test_requests_follow_one_another_on_a_connection(target: Target) -> None:
    """RFC 9112 9.3: also after a refusal whose body the server had no use for."""
    connection = http.client.HTTPConnection(target.host, timeout=60)
    statuses = []
    for method, address, body, media_type in [
        ("GET", target.path_of(WHERE), None, None),
        ("POST", target.query, "x" * 5_000, "text/plain"),
        ("POST", target.query, "ASK {", QUERY),
        ("HEAD", target.path_of(WHERE), None, None),
        ("DELETE", target.query, None, None),
        ("GET", target.path_of(WHERE), None, None),
    ]:
        connection.request(method, address, body, {"Content-Type": media_type} if media_type else {})
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
    connection.close()

    assert (statuses[0], statuses[1], statuses[2], statuses[-1]) == (200, 415, 400, 200)


def test_a_client_of_http_1_0_is_answered_without_chunks(target: Target) -> None:
    """RFC 9112 6.1: no transfer coding unless the request is of HTTP/1.1."""
    answer = target.send_bytes(f"GET {target.path_of(LONG_ANSWER)} HTTP/1.0\r\nHost: {target.host}\r\nAccept: {JSON}\r\n\r\n".encode())
    head, _, body = answer.partition(b"\r\n\r\n")

    assert status_of(answer) == 200
    assert b"transfer-encoding" not in head.lower()
    assert body.startswith(b"{")
    assert body.rstrip().endswith(b"}")


def test_a_request_without_host_is_a_bad_request(target: Target) -> None:
    """RFC 9112 3.2."""
    assert status_of(target.send_bytes(f"GET {target.path_of(WHERE)} HTTP/1.1\r\nConnection: close\r\n\r\n".encode())) == 400


@pytest.mark.parametrize(
    "lines",
    [
        ["Content-Length: 6", "Content-Length: 60"],
        ["Content-Length: six"],
        ["Content-Length: -6"],
        ["Transfer-Encoding: chunked", "Transfer-Encoding: nonsense"],
    ],
    ids=["two-lengths", "a-word", "below-zero", "unknown-coding"],
)
def test_a_body_whose_end_is_not_clear_is_refused(target: Target, lines: list[str]) -> None:
    """RFC 9112 6.1, 6.3: guessing would let one request hide in another."""
    answer = target.send_bytes((target.head("POST", target.query, f"Content-Type: {QUERY}", *lines) + "ASK {}").encode(), hang_up=True)

    assert status_of(answer) in {0, 400, 411, 501}


def test_an_address_of_8000_octets_is_taken(target: Target) -> None:
    """RFC 9110 4.1: the least that should be supported."""
    address = target.path_of(WHERE + "\n#")

    assert {"a", "b"} <= set(values(target.send("GET", address + "x" * (8_000 - len(address)), None, [("Accept", JSON)])))


def test_an_address_too_long_is_refused_or_taken(target: Target) -> None:
    """RFC 9110 15.5.15, RFC 6585 5: no hang, no fault of the server."""
    answer = target.send_bytes(target.head("GET", target.path_of(WHERE) + "x" * 300_000).encode())

    assert status_of(answer) in {0, 200, 400, 414, 431}


def test_the_list_of_what_oxigraph_does_not_do_names_cases_that_exist(stale: list[str]) -> None:
    """Of tests/protocol/oxigraph.txt, in the modules that run."""
    assert stale == []
