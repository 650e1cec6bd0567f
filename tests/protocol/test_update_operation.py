"""The update operation: SPARQL 1.1 Protocol (W3C, 2013), section 2.2, and what it takes from SPARQL 1.1 Update and HTTP."""

from __future__ import annotations

import gzip

import pytest

from tests.protocol.documents import ARRIVED, INSERT
from tests.protocol.servers import FORM, NEW, PREFIX, QUERY, UNKNOWN, UPDATE, A, B, Target, encoded, values

BROKEN = {
    "cut-short": "INSERT DATA { <a:a> <a:b>",
    "undeclared-prefix": "INSERT DATA { <a:a> nobody:knows <a:c> }",
    "a-query": "SELECT * { ?s ?p ?o }",
    "variable-in-data": "INSERT DATA { ?s <a:b> <a:c> }",
    "blank-node-deleted": "DELETE DATA { _:x <a:b> <a:c> }",
    "good-then-broken": INSERT + " ; INSERT DATA {",
}
WAYS = ("form", "body")
one_of_each_way = pytest.mark.parametrize("way", WAYS)


@one_of_each_way
def test_an_update_is_done_whichever_way_it_comes(target: Target, way: str) -> None:
    """Protocol 2.2.1, 2.2.2; 2.2.4: a status of success."""
    reply = target.change(INSERT, way)

    assert reply.status in {200, 204}
    assert target.holds(*ARRIVED)


@pytest.mark.parametrize(
    "content_type",
    [f"{UPDATE}; charset=utf-8", f"{UPDATE};charset=UTF-8", "Application/SPARQL-Update"],
    ids=["spaced", "upper-case-name", "upper-case-type"],
)
def test_a_direct_update_may_name_its_charset_and_its_type_in_any_case(target: Target, content_type: str) -> None:
    """Protocol 2.2.2, RFC 9110 8.3.1."""
    assert target.send("POST", target.update, INSERT, [("Content-Type", content_type)]).succeeded
    assert target.holds(*ARRIVED)


@one_of_each_way
def test_what_was_acknowledged_is_seen_by_the_next_request(target: Target, way: str) -> None:
    """Protocol 2.2.4: success means done; asked by a query and by the graph store."""
    for number in range(5):
        assert target.change(PREFIX + f"INSERT DATA {{ GRAPH <{NEW}> {{ ex:s ex:p {number} }} }}", way).succeeded
        assert target.holds(NEW, f"ex:s ex:p {number}")
        assert target.get(NEW).body.count(b"\n") == number + 1


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_update_by_a_safe_method_is_refused_and_changes_nothing(target: Target, method: str) -> None:
    """Protocol 2.2: it must come by POST; RFC 9110 9.2.1."""
    status = target.send(method, f"{target.update}?{encoded([('update', INSERT)])}").status

    assert status in {400, 405}
    assert not target.holds(*ARRIVED)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_not_allowed(target: Target, method: str) -> None:
    """Protocol 2.2: POST; RFC 9110 15.5.6: the answer names it in Allow."""
    reply = target.send(method, target.update, INSERT, [("Content-Type", UPDATE)])

    assert reply.status == 405
    assert "post" in reply.members("Allow")
    assert not target.holds(*ARRIVED)


@pytest.mark.parametrize("body", ["", encoded([("using-graph-uri", A)])], ids=["empty", "only-a-dataset"])
def test_a_form_without_an_update_is_told_so(target: Target, body: str) -> None:
    """Protocol 2.2: exactly one update."""
    assert target.send("POST", target.update, body, [("Content-Type", FORM)]).status == 400


def test_an_empty_update_changes_nothing(target: Target) -> None:
    """SPARQL 1.1 Update, grammar rule 29, takes an empty text; a service may still want one that says something."""
    assert target.change("").status in {200, 204, 400}
    assert target.count(A) == 2


@pytest.mark.parametrize(
    ("query", "content_type", "body"),
    [
        ("", FORM, encoded([("update", INSERT), ("update", INSERT)])),
        (f"?{encoded([('update', INSERT)])}", FORM, encoded([("update", INSERT)])),
        (f"?{encoded([('update', INSERT)])}", UPDATE, INSERT),
    ],
    ids=["in-a-form", "in-the-address-and-a-form", "in-the-address-and-the-body"],
)
def test_two_updates_in_a_request_are_refused(target: Target, query: str, content_type: str, body: str) -> None:
    """Protocol 2.2: exactly one update; the table there leaves no update parameter in the address."""
    assert target.send("POST", target.update + query, body, [("Content-Type", content_type)]).status == 400
    assert not target.holds(*ARRIVED)


def test_an_update_in_the_address_of_a_post_is_no_update(target: Target) -> None:
    """Protocol 2.2.1, 2.2.2: it is in the body; an address ends up in logs and histories."""
    assert target.send("POST", f"{target.update}?{encoded([('update', INSERT)])}", b"", [("Content-Type", FORM)]).status == 400
    assert not target.holds(*ARRIVED)


@pytest.mark.parametrize(
    ("content_type", "body", "statuses"),
    [(FORM, encoded([("query", "ASK {}")]), {400}), (QUERY, "ASK {}", {400, 415}), (UPDATE, "ASK {}", {400})],
    ids=["as-a-form", "by-its-type", "as-an-update"],
)
def test_a_query_is_no_update(target: Target, content_type: str, body: str, statuses: set[int]) -> None:
    """Protocol 2.2, 2.2.5."""
    assert target.send("POST", target.update, body, [("Content-Type", content_type)]).status in statuses


@pytest.mark.parametrize("content_type", ["text/plain", "text/turtle", "application/json", "multipart/form-data; boundary=x"])
def test_an_update_of_another_media_type_is_refused(target: Target, content_type: str) -> None:
    """Protocol 2.2 (table), RFC 9110 15.5.16."""
    assert target.send("POST", target.update, INSERT, [("Content-Type", content_type)]).status == 415
    assert not target.holds(*ARRIVED)


def test_a_body_without_a_media_type_is_refused(target: Target) -> None:
    """Protocol 2.2.2: the client must name the type."""
    assert target.send("POST", target.update, INSERT).status in {400, 415}
    assert not target.holds(*ARRIVED)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [(UPDATE, INSERT.encode() + b" # \xff"), (FORM, encoded([("update", INSERT)]).encode() + b"%20%23%20%FF")],
    ids=["body", "form"],
)
def test_an_update_that_is_not_utf_8_is_refused(target: Target, content_type: str, body: bytes) -> None:
    """Protocol 2.1.3 (UTF-8 is the only charset), 2.2.5."""
    assert target.send("POST", target.update, body, [("Content-Type", content_type)]).status == 400
    assert not target.holds(*ARRIVED)


def test_a_compressed_update_is_read_or_refused_but_not_misread(target: Target) -> None:
    """RFC 9110 8.4 and 15.5.16: a server may answer 415 to a content coding that it does not take."""
    fields = [("Content-Type", UPDATE), ("Content-Encoding", "gzip")]
    status = target.send("POST", target.update, gzip.compress(INSERT.encode()), fields).status

    assert target.holds(*ARRIVED) if status in {200, 204} else status in {400, 415}


@pytest.mark.parametrize("broken", BROKEN)
@one_of_each_way
def test_an_update_outside_the_grammar_is_a_bad_request_and_changes_nothing(target: Target, way: str, broken: str) -> None:
    """Protocol 2.2.5; SPARQL 1.1 Update 3: the whole request is one."""
    assert target.change(BROKEN[broken], way).status == 400
    assert not target.holds(*ARRIVED)


FAILING = {
    "create-what-is-there": f"CREATE GRAPH <{A}>",
    "drop-what-is-not": f"DROP GRAPH <{UNKNOWN}>",
    "clear-what-is-not": f"CLEAR GRAPH <{UNKNOWN}>",
    "load-from-nowhere": "LOAD <http://127.0.0.1:9/nothing.ttl>",
}


@pytest.mark.parametrize("failing", FAILING)
def test_when_one_operation_fails_none_is_kept(target: Target, failing: str) -> None:
    """SPARQL 1.1 Update 3: a request should be atomic; 3.2: these operations fail; Protocol 2.2.5."""
    reply = target.change(f"{INSERT} ; {FAILING[failing]}")

    assert reply.status >= 400
    assert not target.holds(*ARRIVED)


@pytest.mark.parametrize("failing", FAILING)
def test_an_operation_that_fails_is_no_fault_of_the_server(ours: Target, failing: str) -> None:
    """Protocol 2.2.5 lets it be 500; we tell the client what it can mend."""
    assert ours.change(FAILING[failing]).refused


@pytest.mark.parametrize("failing", ["create-what-is-there", "drop-what-is-not", "clear-what-is-not"])
def test_a_silent_operation_does_not_fail(target: Target, failing: str) -> None:
    """SPARQL 1.1 Update 3.2."""
    silent = FAILING[failing].replace(" GRAPH", " SILENT GRAPH")

    assert target.change(f"{INSERT} ; {silent}").succeeded
    assert target.holds(*ARRIVED)


def test_each_operation_of_a_request_may_declare_prefixes(target: Target) -> None:
    """SPARQL 1.1 Update 4, rule 29: a prologue may stand before each operation, and a prefix be declared anew."""
    text = f"PREFIX x: <urn:other:> INSERT DATA {{ GRAPH <{NEW}> {{ x:s x:p x:o }} }} ;\nPREFIX ex: <urn:other:>\nPREFIX x: <https://example.org/ns#>\n"

    assert target.change(text + f"INSERT DATA {{ GRAPH <{NEW}> {{ x:s x:p x:o . ex:s ex:p ex:o2 }} }}").succeeded
    assert target.holds(*ARRIVED)
    assert target.count(NEW) == 3


def test_a_semicolon_may_end_a_request(target: Target) -> None:
    """SPARQL 1.1 Update 4, rule 29."""
    assert target.change(INSERT + " ; ").succeeded
    assert target.holds(*ARRIVED)


def test_operations_of_a_request_are_done_in_order(target: Target) -> None:
    """SPARQL 1.1 Update 3: later operations see what earlier ones did."""
    text = f"{INSERT} ; DELETE DATA {{ GRAPH <{NEW}> {{ ex:s ex:p ex:o }} }} ; INSERT {{ GRAPH <{B}> {{ ex:n ex:is ?n }} }} "
    text += f"WHERE {{ SELECT (COUNT(*) AS ?n) {{ GRAPH <{NEW}> {{ ?s ?p ?o }} }} }}"

    assert target.change(text).succeeded
    assert target.holds(B, "ex:n ex:is 0")


@pytest.mark.parametrize("text", ["a+b", "a%20b", "100%25", "é 数 😀", "a&b=c"], ids=["plus", "escape", "percent", "unicode", "separators"])
@one_of_each_way
def test_an_update_is_decoded_exactly_as_often_as_it_was_encoded(target: Target, way: str, text: str) -> None:
    """Protocol 2.2.1, 2.2.2."""
    assert target.change(PREFIX + f'INSERT DATA {{ GRAPH <{NEW}> {{ ex:s ex:p "{text}" }} }}', way).succeeded
    assert values(target.ask(PREFIX + f"SELECT ?o {{ GRAPH <{NEW}> {{ ex:s ex:p ?o }} }}")) == [text]


@pytest.mark.parametrize(
    "iri", ["https://example.org/a%20b", "https://example.org/100%25", "https://example.org/é"], ids=["escape", "percent", "unicode"]
)
@one_of_each_way
def test_an_address_in_an_update_is_kept_as_it_is(target: Target, way: str, iri: str) -> None:
    """Protocol 2.2.1, 2.2.2; RFC 3987 5.3.1: addresses are compared as strings."""
    assert target.change(PREFIX + f"INSERT DATA {{ GRAPH <{NEW}> {{ <{iri}> ex:p ex:o }} }}", way).succeeded
    assert values(target.ask(PREFIX + f"SELECT ?s {{ GRAPH <{NEW}> {{ ?s ex:p ?o }} }}")) == [iri]


def test_a_blank_node_of_data_is_new_each_time(target: Target) -> None:
    """SPARQL 1.1 Update 3.1.1: blank nodes of a request are distinct from those that are there."""
    text = PREFIX + f"INSERT DATA {{ GRAPH <{NEW}> {{ _:x ex:p ex:o . _:x ex:q ex:o }} }}"

    assert target.change(text).succeeded
    assert target.change(text).succeeded
    assert target.count(NEW) == 4
    assert values(target.ask(PREFIX + f"SELECT (COUNT(DISTINCT ?s) AS ?n) {{ GRAPH <{NEW}> {{ ?s ex:p ?o }} }}")) == ["2"]


def test_a_template_makes_a_blank_node_for_each_solution(target: Target) -> None:
    """SPARQL 1.1 Update 3.1.3."""
    text = PREFIX + f"INSERT {{ GRAPH <{NEW}> {{ [] ex:from ?s }} }} WHERE {{ GRAPH ?g {{ ?s ex:in ?where }} }}"

    assert target.change(text).succeeded
    assert values(target.ask(PREFIX + f"SELECT (COUNT(DISTINCT ?x) AS ?n) {{ GRAPH <{NEW}> {{ ?x ex:from ?s }} }}")) == ["2"]


@one_of_each_way
def test_a_large_update_is_done_whole(target: Target, way: str) -> None:
    """Protocol 2.2.1, 2.2.2: POST has no limit of an address."""
    triples = " . ".join(f"ex:s{number} ex:p {number}" for number in range(5_000))

    assert target.change(PREFIX + f"INSERT DATA {{ GRAPH <{NEW}> {{ {triples} }} }}", way).succeeded
    assert target.count(NEW) == 5_000


def test_an_update_may_come_in_chunks(target: Target) -> None:
    """RFC 9112 7.1."""
    chunks = (INSERT.encode()[at : at + 7] for at in range(0, len(INSERT), 7))

    assert target.send("POST", target.update, chunks, [("Content-Type", UPDATE)]).succeeded
    assert target.holds(*ARRIVED)


def test_an_update_that_was_cut_off_changes_nothing(target: Target) -> None:
    """RFC 9112 8: an incomplete message is not acted on, though what came of it is an update by itself."""
    head = target.head("POST", target.update, f"Content-Type: {UPDATE}", f"Content-Length: {len(INSERT) + 50}")
    target.send_bytes((head + INSERT).encode(), hang_up=True)

    assert not target.holds(*ARRIVED)
