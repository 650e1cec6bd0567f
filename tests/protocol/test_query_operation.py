"""The query operation: SPARQL 1.1 Protocol (W3C, 2013), section 2.1, and what it takes from HTTP."""

from __future__ import annotations

import json

import pytest

from tests.protocol.client import status_of
from tests.protocol.servers import FORM, JSON, PREFIX, QUERY, TERMS, UNKNOWN, UPDATE, WAYS, WHERE, A, Target, encoded, listener, values

KINDS = {
    "select": WHERE,
    "ask": PREFIX + "ASK { ?s ex:in ?where }",
    "construct": PREFIX + "CONSTRUCT WHERE { ?s ex:in ?where }",
    "describe": PREFIX + "DESCRIBE ex:anna",
}
WORDS = "SELECT ?text { VALUES ?text { %s } }"
BROKEN = {
    "cut-short": "SELECT * { ?s ?p",
    "undeclared-prefix": "SELECT * { ?s nobody:knows ?o }",
    "an-update": "INSERT DATA { <a:a> <a:b> <a:c> }",
    "rubbish-after-it": "ASK {} rubbish",
    "two-queries-in-one": "ASK {} ASK {}",
    "empty": "",
    "blank": " \n",
    "variable-given-twice": "SELECT (1 AS ?x) (2 AS ?x) {}",
}
one_of_each_way = pytest.mark.parametrize("way", WAYS)


def shown(text: str) -> str:
    """Return a query that answers with one literal."""
    return WORDS % json.dumps(text, ensure_ascii=False)


@pytest.mark.parametrize("kind", KINDS)
@one_of_each_way
def test_every_kind_of_query_is_answered_whichever_way_it_comes(target: Target, way: str, kind: str) -> None:
    """Protocol 2.1.1, 2.1.2, 2.1.3: GET, a form, or the body itself."""
    reply = target.ask(KINDS[kind], way, accept=None)

    assert reply.status == 200
    assert reply.body


@pytest.mark.parametrize(
    "content_type",
    [f"{QUERY}; charset=utf-8", f"{QUERY};charset=UTF-8", f'{QUERY}; charset="utf-8"', "Application/SPARQL-Query"],
    ids=["spaced", "upper-case-name", "quoted", "upper-case-type"],
)
def test_a_direct_query_may_name_its_charset_and_its_type_in_any_case(target: Target, content_type: str) -> None:
    """Protocol 2.1.3 (UTF-8 is the only charset), RFC 9110 8.3.1 and 5.6.6."""
    reply = target.send("POST", target.query, shown("é"), [("Content-Type", content_type), ("Accept", JSON)])

    assert values(reply) == ["é"]


def test_a_form_may_name_its_charset(target: Target) -> None:
    """Protocol 2.1.2, RFC 9110 8.3.1."""
    reply = target.send(
        "POST", target.query, encoded([("query", shown("é"))]), [("Content-Type", f"{FORM}; charset=UTF-8"), ("Accept", JSON)]
    )

    assert values(reply) == ["é"]


@pytest.mark.parametrize(
    ("method", "query", "body"),
    [
        ("GET", "?query=", None),
        ("GET", f"?{encoded([('default-graph-uri', A)])}", None),
        ("POST", "", ""),
        ("POST", "", encoded([("default-graph-uri", A)])),
        ("POST", "", "query="),
    ],
    ids=["empty-by-get", "only-a-dataset-by-get", "empty-form", "only-a-dataset-in-a-form", "empty-in-a-form"],
)
def test_a_request_without_a_query_is_told_so(target: Target, method: str, query: str, body: str | None) -> None:
    """Protocol 2.1: exactly one query string; 2.1.7: 400 where it is not in the language, which has no empty query."""
    fields = [("Content-Type", FORM)] if body is not None else []

    assert target.send(method, target.query + query, body, fields).status == 400


TWICE = encoded([("query", "ASK {}"), ("query", "ASK {}")])


@pytest.mark.parametrize(
    ("method", "query", "content_type", "body"),
    [
        ("GET", f"?{TWICE}", None, None),
        ("POST", "", FORM, TWICE),
        ("POST", f"?{encoded([('query', 'ASK {}')])}", FORM, encoded([("query", "ASK {}")])),
        ("POST", f"?{encoded([('query', 'ASK {}')])}", QUERY, "ASK {}"),
    ],
    ids=["by-get", "in-a-form", "in-the-address-and-a-form", "in-the-address-and-the-body"],
)
def test_two_queries_in_a_request_are_refused(target: Target, method: str, query: str, content_type: str | None, body: str | None) -> None:
    """Protocol 2.1: exactly one query string; the table there leaves no query parameter beside a POST."""
    fields = [("Content-Type", content_type)] if content_type else []

    assert target.send(method, target.query + query, body, fields).status == 400


def test_the_body_of_a_get_is_not_taken_for_the_query(target: Target) -> None:
    """Protocol 2.1.1: no body; RFC 9110 9.3.1: it has no meaning and may lead to a refusal."""
    query = encoded([("query", shown("address"))])
    reply = target.send("GET", f"{target.query}?{query}", shown("body"), [("Content-Type", QUERY), ("Accept", JSON)])

    assert reply.status == 400 or values(reply) == ["address"]


@pytest.mark.parametrize("content_type", ["text/plain", "application/json", UPDATE, "text/turtle", "multipart/form-data; boundary=x"])
def test_a_query_of_another_media_type_is_refused(target: Target, content_type: str) -> None:
    """Protocol 2.1 (table), RFC 9110 15.5.16."""
    assert target.send("POST", target.query, "ASK {}", [("Content-Type", content_type)]).status == 415


def test_a_body_without_a_media_type_is_refused(target: Target) -> None:
    """Protocol 2.1.3: the client must name the type; RFC 9110 15.5.1 or 15.5.16."""
    assert target.send("POST", target.query, "ASK {}").status in {400, 415}


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (QUERY, b'ASK { ?s ?p "\xff" }'),
        (f"{QUERY}; charset=utf-8", 'ASK { ?s ?p "é" }'.encode("latin-1")),
        (FORM, b"query=ASK%20%7B%20%3Fs%20%3Fp%20%22%FF%22%20%7D"),
        (QUERY, b'ASK { ?s ?p "\xed\xa0\x80" }'),
    ],
    ids=["bad-byte", "latin-1", "bad-byte-in-a-form", "half-a-surrogate-pair"],
)
def test_a_query_that_is_not_utf_8_is_refused(target: Target, content_type: str, body: bytes) -> None:
    """Protocol 2.1.3: UTF-8 is the only charset; 2.1.7."""
    assert target.send("POST", target.query, body, [("Content-Type", content_type)]).status == 400


def test_a_query_in_utf_16_is_refused(target: Target) -> None:
    """Protocol 2.1.3: UTF-8 is the only charset; RFC 9110 15.5.1 or 15.5.16."""
    body = "ASK {}".encode("utf-16")

    assert target.send("POST", target.query, body, [("Content-Type", f"{QUERY}; charset=utf-16")]).status in {400, 415}


@pytest.mark.parametrize("broken", BROKEN)
@one_of_each_way
def test_a_query_outside_the_grammar_is_a_bad_request(target: Target, way: str, broken: str) -> None:
    """Protocol 2.1.7: 400."""
    assert target.ask(BROKEN[broken], way).status == 400


def test_a_query_that_cannot_be_evaluated_is_no_fault_of_the_server(ours: Target) -> None:
    """Protocol 2.1.7 lets it be 500; we tell the client what it can mend, or leave the expression unbound."""
    assert ours.ask("SELECT (<https://example.org/no-function>(1) AS ?x) {}").status in {200, 400, 422}


@pytest.mark.parametrize(
    ("method", "query", "content_type", "body"),
    [("POST", "", FORM, encoded([("update", "CLEAR ALL")])), ("GET", f"?{encoded([('update', 'CLEAR ALL')])}", None, None)],
    ids=["in-a-form", "by-get"],
)
def test_an_update_is_no_query(target: Target, method: str, query: str, content_type: str | None, body: str | None) -> None:
    """Protocol 2.1 (exactly one query), 2.2 (an update comes by POST)."""
    fields = [("Content-Type", content_type)] if content_type else []
    reply = target.send(method, target.query + query, body, fields)

    assert reply.status == 400
    assert target.count(A) == 2


def test_a_query_and_an_update_together_are_refused(ours: Target) -> None:
    """Protocol 2.1 and 2.2 name no operation with both; we refuse to guess."""
    body = encoded([("query", "ASK {}"), ("update", "CLEAR ALL")])

    assert ours.send("POST", ours.query, body, [("Content-Type", FORM)]).status == 400


@one_of_each_way
def test_parameters_that_nobody_knows_are_passed_over(target: Target, way: str) -> None:
    """Protocol 2.1 names its parameters; clients send others beside them, such as an API's key or a cache breaker."""
    assert values(target.ask(shown("x"), way, dataset=[("unheard-of", "1")])) == ["x"]


DECODED = {
    "percent-twenty": "http://e.example/a%20b",
    "percent-twenty-five": "http://e.example/100%25",
    "percent-slash": "http://e.example/a%2Fb",
    "percent-upper-and-lower": "http://e.example/%C3%a9",
    "plus": "http://e.example/a+b",
    "ampersand": "http://e.example/?a=1&b=2",
    "semicolon": "http://e.example/a;b",
    "hash": "http://e.example/#x",
    "unicode": "http://e.example/é/数/😀",
}


@pytest.mark.parametrize("iri", DECODED)
@one_of_each_way
def test_an_address_in_a_query_is_decoded_exactly_as_often_as_it_was_encoded(target: Target, way: str, iri: str) -> None:
    """Protocol 2.1.1 to 2.1.3: encoded once in an address or a form, not at all in a body."""
    assert values(target.ask(f"SELECT (STR(<{DECODED[iri]}>) AS ?iri) {{}}", way)) == [DECODED[iri]]


LITERALS = {
    "plus": "a+b",
    "encoded-plus": "a%2Bb",
    "percent": "100%",
    "bad-escape": "%zz",
    "beyond-ascii": "é 数 😀",
    "no-break-space": "\u00a0",
    "decomposed": "e\u0301",
    "separators": "a&b=c;d",
}


@pytest.mark.parametrize("literal", LITERALS)
@one_of_each_way
def test_a_literal_in_a_query_arrives_as_it_was_meant(target: Target, way: str, literal: str) -> None:
    """Protocol 2.1.1 to 2.1.3; RFC 3986 2.4: nothing is decoded twice, nothing is normalised."""
    assert values(target.ask(shown(LITERALS[literal]), way)) == [LITERALS[literal]]


def test_a_plus_in_a_form_is_a_space(target: Target) -> None:
    """Protocol 2.1.2, by application/x-www-form-urlencoded (URL standard 5.1)."""
    body = "query=SELECT+(%22a+b%2Bc%22+AS+%3Fx)+%7B%7D"

    assert values(target.send("POST", target.query, body, [("Content-Type", FORM), ("Accept", JSON)])) == ["a b+c"]


def test_a_plus_in_an_address_is_a_space(target: Target) -> None:
    """Protocol 2.1.1 asks for percent-encoding only; clients write queries into addresses as forms do, and are understood."""
    assert values(target.send("GET", f"{target.query}?query=SELECT+(%22a+b%22+AS+%3Fx)+%7B%7D", None, [("Accept", JSON)])) == ["a b"]


def test_only_an_ampersand_separates_parameters(target: Target) -> None:
    """Protocol 2.1.1; RFC 3986 3.4 lets a semicolon stand in a query as it is."""
    reply = target.send("GET", f"{target.query}?query=SELECT%20(%22a;query=b%22%20AS%20%3Fx)%20%7B%7D", None, [("Accept", JSON)])

    assert values(reply) == ["a;query=b"]


@pytest.mark.parametrize("way", ["form", "body"])
def test_a_long_query_comes_by_post(target: Target, way: str) -> None:
    """Protocol 2.1.2, 2.1.3: POST has no limit of an address."""
    text = WORDS % " ".join(f'"{number:08}"' for number in range(3_000))

    assert len(values(target.ask(text, way))) == 3_000


@pytest.mark.parametrize(
    ("content_type", "body"), [(QUERY, shown("é😀")), (FORM, encoded([("query", shown("é😀"))]))], ids=["body", "form"]
)
def test_a_query_may_come_in_chunks_cut_anywhere(target: Target, content_type: str, body: str) -> None:
    """RFC 9112 7.1: chunked transfer coding must be understood; here every chunk is one byte."""
    chunks = (bytes([byte]) for byte in body.encode())

    assert values(target.send("POST", target.query, chunks, [("Content-Type", content_type), ("Accept", JSON)])) == ["é😀"]


def test_a_client_that_waits_before_sending_its_body_is_answered(target: Target) -> None:
    """RFC 9110 10.1.1: an expectation is met with 100, or with the final status."""
    head = target.head("POST", target.query, f"Content-Type: {QUERY}", "Content-Length: 6", "Expect: 100-continue")
    answer = target.send_bytes(f"{head}ASK {{}}".encode())

    assert status_of(answer) in {100, 200}
    assert b" 200 " in answer


@pytest.mark.parametrize("kind", KINDS)
def test_a_head_tells_what_a_get_would(target: Target, kind: str) -> None:
    """RFC 9110 9.3.2: the same status and header, and no body."""
    address = f"{target.query}?{encoded([('query', KINDS[kind])])}"
    get, head = target.send("GET", address), target.send("HEAD", address)

    assert head.status == get.status == 200
    assert head.body == b""
    assert head.media_type == get.media_type
    assert head.field("Vary") == get.field("Vary")
    assert head.field("Content-Length") in {"", get.field("Content-Length")}


def test_a_head_of_a_broken_query_is_a_bad_request(target: Target) -> None:
    """RFC 9110 9.3.2."""
    assert target.send("HEAD", f"{target.query}?query=SELECT").status == 400


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_not_allowed(target: Target, method: str) -> None:
    """Protocol 2.1: GET or POST; RFC 9110 15.5.6: the answer names them in Allow."""
    reply = target.send(method, target.query, "ASK {}", [("Content-Type", QUERY)])

    assert reply.status == 405
    assert {"get", "post"} <= reply.members("Allow")
    assert not reply.members("Allow") & {"put", "delete", "patch"}


def test_a_method_that_nobody_knows_is_refused(target: Target) -> None:
    """RFC 9110 9.1: 501, or 405 where the server knows it."""
    assert target.send("BREW", target.query).status in {400, 405, 501}


def test_a_relative_address_is_resolved_against_a_base_of_the_service(target: Target) -> None:
    """Protocol 2.3: a service must have a base of its own."""
    assert values(target.ask("SELECT (STR(<x>) AS ?iri) {}"))[0].partition("://")[0] in {"http", "https"}


def test_a_base_in_the_query_goes_before_that_of_the_service(target: Target) -> None:
    """Protocol 2.3."""
    assert values(target.ask("BASE <https://example.org/deep/> SELECT (STR(<../x>) AS ?iri) {}")) == ["https://example.org/x"]


@pytest.mark.parametrize("way", WAYS)
def test_a_comment_may_end_a_query(target: Target, way: str) -> None:
    """SPARQL 1.1 Query 19.4: a comment ends at the end of the text too."""
    assert values(target.ask(shown("x") + " # no new line here", way)) == ["x"]


@pytest.mark.parametrize("name", ["default-graph-uri", "named-graph-uri"])
def test_a_graph_of_the_request_is_not_fetched(target: Target, name: str) -> None:
    """Protocol 4.1: dereferencing what a client names lets it use the server against others."""
    with listener() as (address, heard):
        target.ask(WHERE, dataset=[(name, address)])

        assert heard == []


FETCHING = {
    "from": "SELECT * FROM <{}> {{ ?s ?p ?o }}",
    "from-named": "SELECT * FROM NAMED <{}> {{ GRAPH ?g {{ ?s ?p ?o }} }}",
    "service": "SELECT * {{ SERVICE <{}> {{ ?s ?p ?o }} }}",
    "service-silent": "SELECT * {{ SERVICE SILENT <{}> {{ ?s ?p ?o }} }}",
    "service-by-variable": "SELECT * {{ VALUES ?where {{ <{}> }} SERVICE ?where {{ ?s ?p ?o }} }}",
    "service-by-prefix": "PREFIX there: <{}> SELECT * {{ SERVICE there: {{ ?s ?p ?o }} }}",
    "service-in-a-filter": "ASK {{ FILTER EXISTS {{ SERVICE <{}> {{ ?s ?p ?o }} }} }}",
}


@pytest.mark.parametrize("fetching", FETCHING)
def test_a_query_makes_the_server_fetch_nothing(ours: Target, fetching: str) -> None:
    """Protocol 4.1; we claim no sd:BasicFederatedQuery and no sd:DereferencesURIs."""
    with listener() as (address, heard):
        status = ours.ask(FETCHING[fetching].format(address)).status

        assert heard == []
    assert status in ({400, 403} if fetching.startswith("service") else {200, 400, 403})


def test_the_word_service_alone_is_no_call(target: Target) -> None:
    """SPARQL 1.1 Query 19.8: a keyword is one only where the grammar has it."""
    text = 'SELECT ?service { BIND("customer service" AS ?service) } # a service'

    assert values(target.ask(text)) == ["customer service"]


def test_an_answer_of_many_rows_is_whole(target: Target) -> None:
    """RFC 9112 6.3: the framing tells where a body ends, whatever its length."""
    triples = " ".join(f"<https://example.org/{number}> <https://example.org/p> {number} ." for number in range(3_000))
    assert target.put(UNKNOWN, triples).succeeded

    found = values(target.ask(f"SELECT ?o {{ GRAPH <{UNKNOWN}> {{ ?s ?p ?o }} GRAPH <{TERMS}> {{ ?x ?y 1 }} }}"))
    assert len(found) == 3_000
