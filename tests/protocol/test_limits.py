"""What may be asked for, and what is said to who asks for more. Promises of our own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.protocol.servers import JSON, NEW, SPACE, UNKNOWN, Target, ropa_server

RUNAWAY = "SELECT (COUNT(*) AS ?n) { " + " ".join(f"?a{number} ?b{number} ?c{number} ." for number in range(6)) + " }"
SORTED = "SELECT * { " + " ".join(f"?a{number} ?b{number} ?c{number} ." for number in range(3)) + " } ORDER BY ?a0"
STREAMED = "SELECT * { " + " ".join(f"?a{number} ?b{number} ?c{number} ." for number in range(6)) + " }"
HURRIED = """
[anonymous]
seconds = 1
rows = 1000
requests_per_minute = "unlimited"
query_characters = 5000
[editor]
requests_per_minute = "unlimited"
body_bytes = 100000
[reader]
requests_per_minute = 3
"""


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A server of ours whose clients may take little."""
    with ropa_server(tmp_path_factory.mktemp("hurried"), limits=HURRIED) as target:
        target.restore()
        triples = "".join(f"<{SPACE}{number}> <{SPACE}p> {number} .\n" for number in range(1_200))
        assert target.put(UNKNOWN, triples).succeeded
        yield target


@pytest.mark.parametrize("text", [RUNAWAY, SORTED], ids=["counted", "sorted"])
@pytest.mark.parametrize("accept", [JSON, "text/csv"], ids=["json", "csv"])
def test_a_query_past_its_time_is_unavailable_and_not_half_an_answer(hurried: Target, text: str, accept: str) -> None:
    """RFC 9110 15.6.4, 10.2.3: 503 with Retry-After, never a 200 that ends early."""
    reply = hurried.ask(text, accept=accept)

    assert (reply.status, reply.media_type) == (503, "application/problem+json")
    assert int(reply.field("Retry-After")) > 0


@pytest.mark.parametrize("accept", [JSON, "text/csv", "text/tab-separated-values", "application/sparql-results+xml"])
def test_an_answer_of_too_many_rows_is_refused_and_not_cut(hurried: Target, accept: str) -> None:
    """RFC 9110 15.5.21: a limit is told, not applied in silence."""
    assert hurried.ask(STREAMED, accept=accept).status in {413, 422}
    assert hurried.ask(f"SELECT ?s {{ GRAPH <{UNKNOWN}> {{ ?s ?p ?o }} }} LIMIT 1000", accept=accept).status == 200


def test_the_server_answers_others_after_a_query_past_its_time(hurried: Target) -> None:
    """RFC 9110 15.6.4: temporary."""
    hurried.ask(RUNAWAY)

    assert hurried.ask("ASK {}").json()["boolean"] is True


@pytest.mark.parametrize("way", ["get", "form", "body"])
def test_a_query_too_long_is_told_so(hurried: Target, way: str) -> None:
    """RFC 9110 15.5.14, 15.5.15."""
    assert hurried.ask("ASK {} #" + "x" * 6_000, way).status in {413, 414}


@pytest.mark.parametrize("place", ["update", "graphs"])
def test_a_body_too_large_is_told_so_and_changes_nothing(hurried: Target, place: str) -> None:
    """RFC 9110 15.5.14."""
    triples = "".join(f"<{SPACE}{number}> <{SPACE}p> <{SPACE}o> .\n" for number in range(5_000))
    reply = hurried.change(f"INSERT DATA {{ GRAPH <{NEW}> {{ {triples} }} }}") if place == "update" else hurried.put(NEW, triples)

    assert reply.status == 413
    assert hurried.get(NEW).status == 404


def test_a_body_too_large_in_chunks_is_told_so_and_changes_nothing(hurried: Target) -> None:
    """RFC 9110 15.5.14: no length tells it beforehand."""
    chunks = (f"<{SPACE}{number}> <{SPACE}p> <{SPACE}o> .\n".encode() for number in range(5_000))

    assert hurried.put(NEW, chunks).status == 413
    assert hurried.get(NEW).status == 404


def test_requests_too_many_are_told_when_to_come_back(tmp_path_factory: pytest.TempPathFactory) -> None:
    """RFC 6585 4, RFC 9110 10.2.3."""
    limits = "[anonymous]\nrequests_per_minute = 5\n"
    with ropa_server(tmp_path_factory.mktemp("often"), limits=limits, token=False) as target:
        replies = [target.ask("ASK {}") for _ in range(8)]

    assert replies[-1].status == 429
    assert int(replies[-1].field("Retry-After")) > 0
