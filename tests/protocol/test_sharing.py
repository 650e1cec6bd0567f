"""What pages elsewhere may do: the CORS protocol of the WHATWG Fetch standard."""

from __future__ import annotations

import pytest

from tests.protocol.client import Fields, Reply
from tests.protocol.documents import ONE, TURTLE
from tests.protocol.servers import WHERE, A, B, Target

ELSEWHERE: Fields = [("Origin", "https://elsewhere.example")]


@pytest.mark.parametrize("way", ["get", "form", "body"])
def test_a_page_elsewhere_may_read_answers(target: Target, way: str) -> None:
    """Fetch, CORS protocol: any origin, and no credentials."""
    reply = target.ask(WHERE, way, fields=ELSEWHERE)

    assert reply.field("Access-Control-Allow-Origin") == "*"
    assert reply.field("Access-Control-Allow-Credentials") == ""


def test_a_page_elsewhere_may_read_graphs_and_the_description(target: Target) -> None:
    """Fetch, CORS protocol."""
    assert target.get(A, fields=ELSEWHERE).field("Access-Control-Allow-Origin") == "*"
    assert target.send("GET", target.query, None, ELSEWHERE).field("Access-Control-Allow-Origin") == "*"


@pytest.mark.parametrize("text", ["ASK {", "SELECT (1/0 AS ?x) {}"], ids=["broken", "whole"])
def test_a_page_elsewhere_may_read_why_it_was_refused(target: Target, text: str) -> None:
    """Fetch, CORS protocol: without the field a script is told nothing of an error."""
    assert target.ask(text, fields=ELSEWHERE).field("Access-Control-Allow-Origin") == "*"


def test_a_page_elsewhere_may_read_that_nothing_changed(ours: Target) -> None:
    """Fetch, CORS check: a 304 is checked as any answer."""
    tag = ours.ask(WHERE).field("ETag")

    assert ours.ask(WHERE, fields=[*ELSEWHERE, ("If-None-Match", tag)]).field("Access-Control-Allow-Origin") == "*"


def preflight(target: Target, place: str, method: str, names: str) -> Reply:
    """Ask as a browser does before a script sends what a form could not."""
    fields = [*ELSEWHERE, ("Access-Control-Request-Method", method), ("Access-Control-Request-Headers", names)]
    return target.send("OPTIONS", place, None, fields)


def test_a_page_elsewhere_may_ask_whether_it_may_send_a_query(target: Target) -> None:
    """Fetch, CORS-preflight fetch: an ok status, the method unless it is simple, the names of fields that are not."""
    reply = preflight(target, target.query, "POST", "content-type")

    assert reply.succeeded
    assert reply.field("Access-Control-Allow-Origin") == "*"
    assert reply.members("Access-Control-Allow-Headers") & {"content-type", "*"}
    assert reply.field("Access-Control-Allow-Credentials") == ""


def test_a_page_elsewhere_may_validate_what_it_keeps(ours: Target) -> None:
    """Fetch, CORS-safelisted names: If-None-Match is none, nor is ETag among those a script sees by itself."""
    assert "if-none-match" in preflight(ours, ours.path_of(WHERE), "GET", "if-none-match").members("Access-Control-Allow-Headers")
    assert {"etag", "retry-after"} <= ours.ask(WHERE, fields=ELSEWHERE).members("Access-Control-Expose-Headers")


def test_a_page_elsewhere_is_not_told_what_an_update_did(ours: Target) -> None:
    """Fetch, CORS protocol: writing is for programs and for our own pages."""
    reply = ours.change("INSERT DATA {}", fields=ELSEWHERE)

    assert reply.succeeded
    assert reply.field("Access-Control-Allow-Origin") == ""


@pytest.mark.parametrize(("place", "method"), [("update", "POST"), ("graphs", "PUT"), ("graphs", "POST"), ("graphs", "DELETE")])
def test_a_page_elsewhere_may_not_write(ours: Target, place: str, method: str) -> None:
    """Fetch, CORS-preflight fetch: neither the method nor Authorization is granted."""
    reply = preflight(ours, getattr(ours, place), method, "authorization, content-type")

    assert reply.field("Access-Control-Allow-Origin") == "" or not (
        method.lower() in reply.members("Access-Control-Allow-Methods") and "authorization" in reply.members("Access-Control-Allow-Headers")
    )
    assert "authorization" not in reply.members("Access-Control-Allow-Headers")


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_a_page_elsewhere_is_not_told_what_a_write_of_a_graph_did(ours: Target, method: str) -> None:
    """Fetch, CORS protocol."""
    reply = ours.send(method, ours.graph(B), "" if method == "DELETE" else ONE, [*ELSEWHERE, ("Content-Type", TURTLE)])

    assert reply.succeeded
    assert reply.field("Access-Control-Allow-Origin") == ""
