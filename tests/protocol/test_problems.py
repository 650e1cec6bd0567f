"""What a refusal says (RFC 9457), and how an answer can be traced."""

from __future__ import annotations

import pytest

from tests.protocol.documents import ONE, TURTLE
from tests.protocol.servers import FORM, NEW, PREFIX, UNKNOWN, UPDATE, WHERE, A, Target, encoded

REFUSALS = {
    "broken-query": ("GET", "query", "?query=SELECT", None, [], 400),
    "no-query": ("POST", "query", "", "", [("Content-Type", FORM)], 400),
    "another-type": ("POST", "query", "", "x", [("Content-Type", "text/plain")], 415),
    "another-method": ("DELETE", "query", "", None, [], 405),
    "no-such-form": ("GET", "query", f"?{encoded([('query', WHERE)])}", None, [("Accept", "image/png")], 406),
    "no-such-graph": ("GET", "graphs", f"?{encoded([('graph', UNKNOWN)])}", None, [], 404),
    "relative-graph": ("GET", "graphs", "?graph=relative", None, [], 400),
    "broken-update": ("POST", "update", "", "INSERT {", [("Content-Type", UPDATE)], 400),
    "broken-document": ("PUT", "graphs", f"?{encoded([('graph', NEW)])}", "<a", [("Content-Type", TURTLE)], 400),
    "another-document": ("PUT", "graphs", f"?{encoded([('graph', NEW)])}", "<a", [("Content-Type", "image/png")], 415),
    "stale": ("PUT", "graphs", f"?{encoded([('graph', A)])}", ONE, [("Content-Type", TURTLE), ("If-Match", '"x"')], 412),
    "remote": ("GET", "query", f"?{encoded([('query', 'SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }')])}", None, [], 403),
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refusal_is_a_problem_that_programs_can_read(ours: Target, refusal: str) -> None:
    """RFC 9457 3.1: type, title, status, detail."""
    method, place, more, body, fields, status = REFUSALS[refusal]
    reply = ours.send(method, getattr(ours, place) + more, body, fields)

    assert reply.status == status
    assert reply.media_type == "application/problem+json"
    told = reply.json()
    assert (told["type"], told["status"]) == ("about:blank", status)
    assert told["title"]
    assert told["detail"] or status == 405
    assert "Traceback" not in reply.text


def test_a_refusal_for_want_of_a_token_is_a_problem_too(ours: Target) -> None:
    """RFC 9457 3.1."""
    reply = ours.change("INSERT DATA {}", signed=False)

    assert (reply.status, reply.media_type) == (401, "application/problem+json")


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [("SELECT * {\n  ?s ?p }", 2, 9), ("SELEC", 1, 1), ("ASK {}\n\n\nrubbish", 4, 1)],
    ids=["second-line", "first-word", "after-the-end"],
)
@pytest.mark.parametrize("way", ["get", "form", "body"])
def test_a_broken_query_tells_where(ours: Target, way: str, text: str, line: int, column: int) -> None:
    """RFC 9457 3.2: line and column beside the standard members, counted from 1, and in the words for people."""
    told = ours.ask(text, way).json()

    assert told["line"] == line
    assert isinstance(told["column"], int)
    assert abs(told["column"] - column) <= 8
    assert f"{line}:" in str(told["detail"]) or f"line {line}" in str(told["detail"])


def test_a_broken_update_tells_where(ours: Target) -> None:
    """RFC 9457 3.2."""
    told = ours.change(PREFIX + "\nINSERT DATA {\n  ex:a ex:b }").json()

    assert told["line"] == 3


def test_a_broken_document_tells_where(ours: Target) -> None:
    """RFC 9457 3.1: the detail helps to mend it."""
    assert "3" in str(ours.put(NEW, ONE + ONE + "<cut").json()["detail"])


def test_a_person_gets_a_page_that_says_the_same(ours: Target) -> None:
    """RFC 9457 3: by content negotiation."""
    reply = ours.ask("SELECT", accept="text/html,*/*;q=0.1")

    assert (reply.status, reply.media_type) == (400, "text/html")


@pytest.mark.parametrize("way", ["get", "form", "body"])
def test_markup_in_a_query_is_not_markup_in_a_page(ours: Target, way: str) -> None:
    """WHATWG HTML 13.1: what was sent is shown, not run."""
    reply = ours.ask("SELECT <script>alert(1)</script>", way, accept="text/html")

    assert "<script>alert" not in reply.text
    assert "<script>alert" not in ours.ask("SELECT ('<script>alert(1)</script>' AS ?x) {}", way, accept="text/html").text


def test_an_answer_has_an_id_to_ask_about_it(ours: Target) -> None:
    """A promise of ours: the log has the same id."""
    ids = {ours.ask(WHERE).field("X-Request-ID"), ours.ask("ASK {").field("X-Request-ID")}

    assert len(ids - {""}) == 2


def test_an_id_that_a_proxy_gave_is_kept(ours: Target) -> None:
    """A promise of ours; one that could break a log is not."""
    assert ours.ask(WHERE, fields=[("X-Request-ID", "from-the-proxy.1")]).field("X-Request-ID") == "from-the-proxy.1"
    assert ours.ask(WHERE, fields=[("X-Request-ID", "x" * 500)]).field("X-Request-ID") != "x" * 500


def test_an_answer_tells_where_its_time_went(ours: Target) -> None:
    """W3C Server Timing 2."""
    assert "dur=" in ours.ask(WHERE).field("Server-Timing")


def test_an_answer_is_not_taken_for_another_type(ours: Target) -> None:
    """Fetch, X-Content-Type-Options: nosniff, on answers and on refusals."""
    assert {ours.ask(text).field("X-Content-Type-Options") for text in (WHERE, "ASK {")} == {"nosniff"}
