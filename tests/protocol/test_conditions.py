"""Validators, conditions and content codings: RFC 9110, sections 8.4, 8.8, 12.5.3 and 13. Most are promises of our own."""

from __future__ import annotations

import gzip
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.protocol.documents import ANNA_IS, LONG_ANSWER, ONE, TRIPLES, TURTLE, content
from tests.protocol.servers import JSON, NEW, SPACE, UNKNOWN, WHERE, A, Target


@pytest.mark.parametrize("place", ["query", "graphs"])
def test_an_answer_that_did_not_change_is_not_sent_again(ours: Target, place: str) -> None:
    """RFC 9110 13.1.2, 15.4.5: 304 with the fields that a cache needs, and no body."""
    address = ours.path_of(WHERE) if place == "query" else ours.graph(A)
    first = ours.send("GET", address)
    again = ours.send("GET", address, None, [("If-None-Match", first.field("ETag"))])

    assert first.field("ETag")
    assert (again.status, again.body) == (304, b"")
    assert (again.field("ETag"), again.members("Vary") >= {"accept"}) == (first.field("ETag"), True)


@pytest.mark.parametrize("given", ["*", '"other", {}, "another"', "W/{}"], ids=["any", "in-a-list", "weakly"])
def test_an_entity_tag_is_found_however_it_is_given(ours: Target, given: str) -> None:
    """RFC 9110 13.1.2: weak comparison, a list, or any."""
    tag = ours.get(A).field("ETag").removeprefix("W/")

    assert ours.get(A, fields=[("If-None-Match", given.format(tag))]).status == 304


def test_a_head_is_conditional_too(ours: Target) -> None:
    """RFC 9110 13.1.2: GET and HEAD."""
    tag = ours.send("GET", ours.path_of(WHERE)).field("ETag")

    assert ours.send("HEAD", ours.path_of(WHERE), None, [("If-None-Match", tag)]).status == 304


@pytest.mark.parametrize("place", ["query", "graphs"])
def test_an_entity_tag_changes_with_a_write(ours: Target, place: str) -> None:
    """RFC 9110 8.8.3."""
    address = ours.path_of(WHERE) if place == "query" else ours.graph(A)
    before = ours.send("GET", address).field("ETag")
    assert ours.post(A, ONE).succeeded
    after = ours.send("GET", address, None, [("If-None-Match", before)])

    assert after.status == 200
    assert after.field("ETag") != before


def test_each_form_has_an_entity_tag_of_its_own(ours: Target) -> None:
    """RFC 9110 8.8.3.3: representations differ, so do their tags."""
    rows = {ours.ask(WHERE, accept=media_type).field("ETag") for media_type in (JSON, "text/csv", "application/sparql-results+xml")}
    graphs = {ours.get(A, media_type).field("ETag") for media_type in (TURTLE, TRIPLES, "application/rdf+xml")}

    assert (len(rows), len(graphs)) == (3, 3)


def test_a_tag_of_one_form_does_not_stand_for_another(ours: Target) -> None:
    """RFC 9110 8.8.3.3, 13.1.2."""
    tag = ours.ask(WHERE, accept="text/csv").field("ETag")

    assert ours.ask(WHERE, accept=JSON, fields=[("If-None-Match", tag)]).status == 200


def test_each_query_and_each_dataset_has_an_entity_tag_of_its_own(ours: Target) -> None:
    """RFC 9110 8.8.3."""
    tags = [ours.ask(WHERE).field("ETag"), ours.ask(WHERE + " LIMIT 1").field("ETag")]
    tags += [ours.ask(WHERE, dataset=[(name, A)]).field("ETag") for name in ("default-graph-uri", "named-graph-uri")]

    assert len(set(tags)) == 4


def test_an_answer_that_differs_each_time_is_never_unchanged(ours: Target) -> None:
    """RFC 9110 13.1.2: RAND, UUID and NOW say something else each time."""
    text = "SELECT (STRUUID() AS ?x) {}"
    tag = ours.ask(text).field("ETag")

    assert ours.ask(text, fields=[("If-None-Match", tag or '"x"')]).status == 200


def test_a_write_for_the_present_state_is_done(ours: Target) -> None:
    """RFC 9110 13.1.1: If-Match, with the tag of a GET as it came."""
    tag = ours.get(A, TURTLE).field("ETag")

    assert ours.put(A, ONE, fields=[("If-Match", tag)]).succeeded


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_a_write_for_a_state_that_is_gone_is_refused(ours: Target, method: str) -> None:
    """RFC 9110 13.1.1, 15.5.13: 412, so that nobody overwrites what another wrote meanwhile."""
    tag = ours.get(A).field("ETag")
    assert ours.post(A, ONE).succeeded
    before = content(ours, A)
    body = "" if method == "DELETE" else f"<{SPACE}late> <{SPACE}p> 1 ."

    assert ours.send(method, ours.graph(A), body, [("If-Match", tag), ("Content-Type", TURTLE)]).status == 412
    assert content(ours, A) == before


@pytest.mark.parametrize("place", ["update", "triples", "quads"])
def test_a_write_to_any_graph_for_a_state_that_is_gone_is_refused(ours: Target, place: str) -> None:
    """RFC 9110 13.1.1, 13.2.1: an update and a POST to all graphs have conditions too; the tag is that of any graph, or of all."""
    stale = ours.get(A).field("ETag")
    assert ours.post(A, ONE).succeeded
    late = f'<{SPACE}late> <{SPACE}p> "1" '

    def write(tag: str) -> int:
        if place == "update":
            return ours.change(f"INSERT DATA {{ GRAPH <{NEW}> {{ {late} }} }}", fields=[("If-Match", tag)]).status
        body, media_type = (f"{late}.", TURTLE) if place == "triples" else (f"{late}<{NEW}> .", "application/n-quads")
        return ours.send("POST", "/graphs", body, [("If-Match", tag), ("Content-Type", media_type)]).status

    assert write(stale) == 412
    assert ours.get(NEW).status == 404
    assert write(ours.get(A).field("ETag")) in {200, 201, 204}


def test_of_writes_for_the_same_state_only_one_is_done(ours: Target) -> None:
    """RFC 9110 13.1.1: a condition that is judged before the write, and not with it, lets both through."""
    for turn in range(10):
        tag = ours.get(A).field("ETag")

        def write(number: int, turn: int = turn, tag: str = tag) -> int:
            return ours.put(A, f"<{SPACE}s> <{SPACE}turn> {turn}, {turn * 10 + number} .", fields=[("If-Match", tag)]).status

        with ThreadPoolExecutor(4) as pool:
            statuses = sorted(pool.map(write, range(1, 5)))
        assert statuses[1:] == [412] * 3
        assert statuses[0] in {200, 204}


def test_of_graphs_made_only_where_there_is_none_only_one_is_made(ours: Target) -> None:
    """RFC 9110 13.1.2: If-None-Match: * from several at once."""
    for turn in range(10):
        graph = f"{SPACE}graph/turn{turn}"
        with ThreadPoolExecutor(4) as pool:
            statuses = sorted(
                pool.map(
                    lambda number, graph=graph: ours.put(graph, f"<a:a> <a:b> {number} .", fields=[("If-None-Match", "*")]).status, range(4)
                )
            )
        assert statuses == [201, 412, 412, 412]


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_a_write_that_wants_a_graph_to_be_there_is_refused_where_it_is_not(ours: Target, method: str) -> None:
    """RFC 9110 13.1.1: If-Match: *."""
    fields = [("If-Match", "*"), ("Content-Type", TURTLE)]

    assert ours.send(method, ours.graph(UNKNOWN), "" if method == "DELETE" else ONE, fields).status == 412
    assert ours.get(UNKNOWN).status == 404


def test_a_graph_may_be_made_only_where_there_is_none(ours: Target) -> None:
    """RFC 9110 13.1.2: If-None-Match: * on PUT."""
    fields = [("If-None-Match", "*")]

    assert ours.put(A, ONE, fields=fields).status == 412
    assert content(ours, A) == ANNA_IS
    assert ours.put(NEW, ONE, fields=fields).status == 201


def test_a_condition_is_judged_after_the_right_to_write(ours: Target) -> None:
    """RFC 9110 13.2.1: conditions are passed over where the request would be refused anyway."""
    assert ours.send("PUT", ours.graph(A), ONE, [("If-Match", '"x"'), ("Content-Type", TURTLE)], signed=False).status == 401


def test_an_answer_may_be_kept_only_if_it_is_asked_about(ours: Target) -> None:
    """RFC 9111 5.2.2.4: a write shows at once, in caches too."""
    assert "no-cache" in ours.ask(WHERE).members("Cache-Control")
    assert "no-cache" in ours.get(A).members("Cache-Control")


def test_an_answer_is_plain_unless_a_coding_is_asked_for(target: Target) -> None:
    """RFC 9110 12.5.3."""
    assert target.ask(LONG_ANSWER).field("Content-Encoding") == ""
    assert target.ask(LONG_ANSWER, fields=[("Accept-Encoding", "identity")]).field("Content-Encoding") == ""


@pytest.mark.parametrize("refused", ["gzip;q=0", "*;q=0, identity", "nonsense"])
def test_a_coding_that_is_not_taken_is_not_used(target: Target, refused: str) -> None:
    """RFC 9110 12.5.3."""
    assert target.ask(LONG_ANSWER, fields=[("Accept-Encoding", refused)]).json()["results"]


@pytest.mark.parametrize(
    "accepted",
    ["gzip", "gzip, deflate, br", "br;q=1.0, gzip;q=0.8, *;q=0.1", "GZIP"],
    ids=["gzip", "browser", "with-qualities", "upper-case"],
)
@pytest.mark.parametrize("place", ["query", "graphs"])
def test_a_long_answer_is_compressed_for_who_takes_it(ours: Target, place: str, accepted: str) -> None:
    """RFC 9110 8.4.1.3, 12.5.3, 12.5.5: the same bytes within, and caches are told."""
    fields = [("Accept-Encoding", accepted)]
    triples = "".join(f"<{SPACE}{number}> <{SPACE}p> <{SPACE}o> .\n" for number in range(200))
    ours.put(NEW, triples)
    plain, packed = (ours.ask(LONG_ANSWER, fields=given) if place == "query" else ours.get(NEW, fields=given) for given in ([], fields))

    assert packed.field("Content-Encoding") == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body)
    assert "accept-encoding" in packed.members("Vary") & plain.members("Vary")
    assert packed.field("Content-Length") in {"", str(len(packed.body))}


def test_a_compressed_answer_and_a_plain_one_have_no_strong_tag_in_common(ours: Target) -> None:
    """RFC 9110 8.8.1, 8.8.3.3: a strong tag stands for these very bytes."""
    plain, packed = ours.ask(LONG_ANSWER), ours.ask(LONG_ANSWER, fields=[("Accept-Encoding", "gzip")])

    assert packed.field("Content-Encoding") == "gzip"
    assert packed.field("ETag") != plain.field("ETag") or packed.field("ETag").startswith("W/")


def test_a_compressed_answer_that_did_not_change_is_not_sent_again(ours: Target) -> None:
    """RFC 9110 13.1.2."""
    packing = [("Accept-Encoding", "gzip")]
    tag = ours.ask(LONG_ANSWER, fields=packing).field("ETag")

    assert ours.ask(LONG_ANSWER, fields=[*packing, ("If-None-Match", tag)]).status == 304


def test_a_tag_of_a_compressed_graph_serves_to_write_it(ours: Target) -> None:
    """RFC 9110 13.1.1: what a browser or a library read with compression it may write back."""
    ours.put(NEW, "".join(f"<{SPACE}{number}> <{SPACE}p> <{SPACE}o> .\n" for number in range(200)))
    tag = ours.get(NEW, fields=[("Accept-Encoding", "gzip")]).field("ETag")

    assert ours.put(NEW, ONE, fields=[("If-Match", tag)]).succeeded
