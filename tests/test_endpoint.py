"""webapp.endpoint.sparql: the SPARQL 1.1 Protocol, asked by hand and by an independent client over a real socket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from threading import Thread
from urllib.parse import urlencode

import pyoxigraph as ox
import pytest
from flask import Flask
from flask.testing import FlaskClient
from rdflib import Graph
from SPARQLWrapper import CSV, JSON, POST, TURTLE, XML, SPARQLWrapper
from waitress.server import create_server

from ropa.store import QuadStore
from webapp import create_app
from webapp.negotiation import choose

LABELS = "PREFIX skos: <http://www.w3.org/2004/02/skos/core#> PREFIX ropa: <https://w3id.org/ropa-graph/ns#> "
UNNAMED = LABELS + "SELECT ?label { ?party a ropa:UnnamedParty ; skos:prefLabel ?label }"
CONSTRUCT = LABELS + "CONSTRUCT { ?party skos:prefLabel ?label } { ?party a ropa:UnnamedParty ; skos:prefLabel ?label }"
ASK = LABELS + "ASK { ?party a ropa:UnnamedParty }"
ANSWER = "List cleaner (not named)"


@pytest.fixture
def client(acme_app: Flask) -> FlaskClient:
    return acme_app.test_client()


@pytest.fixture(scope="module")
def address(acme_app: Flask) -> Iterator[str]:
    server = create_server(acme_app, host="127.0.0.1", port=0, threads=2)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}/sparql"
    server.close()
    thread.join(timeout=5)


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("application/sparql-results+json", "application/sparql-results+json"),
        ("application/json", "application/json"),
        ("application/sparql-results+xml", "application/sparql-results+xml"),
        ("text/csv", "text/csv"),
        ("text/tab-separated-values", "text/tab-separated-values"),
        ("application/sparql-results+xml;q=0.5, text/csv;q=0.9; charset=utf-8", "text/csv"),
        ("text/turtle, */*;q=0.1", "application/sparql-results+json"),
        (None, "application/sparql-results+json"),
    ],
)
def test_a_select_comes_as_the_client_likes(client: FlaskClient, accept: str | None, media_type: str) -> None:
    response = client.get("/sparql", query_string={"query": UNNAMED}, headers={"Accept": accept} if accept else {})

    assert (response.status_code, response.mimetype) == (200, media_type)
    assert ANSWER in response.get_data(as_text=True)
    assert "Accept" in response.headers["Vary"]


@pytest.mark.parametrize("accept", ["text/turtle", "application/n-triples", "application/ld+json", "application/rdf+xml"])
def test_a_construct_comes_as_rdf(client: FlaskClient, accept: str) -> None:
    response = client.get("/sparql", query_string={"query": CONSTRUCT}, headers={"Accept": accept})

    assert response.mimetype == accept
    read = {"application/ld+json": "json-ld", "application/rdf+xml": "xml", "application/n-triples": "nt"}.get(accept, "turtle")
    assert [str(value) for value in Graph().parse(data=response.data, format=read).objects()] == [ANSWER]


def test_an_ask_answers_and_has_no_csv(client: FlaskClient) -> None:
    assert client.get("/sparql", query_string={"query": ASK}).get_json() == {"head": {}, "boolean": True}
    assert client.get("/sparql", query_string={"query": ASK}, headers={"Accept": "text/csv"}).status_code == 406


def test_a_query_comes_by_form_and_by_body_and_is_decoded_once(client: FlaskClient) -> None:
    text = "SELECT (STR(<http://e/a%20b%25>) AS ?iri) {}"
    by_get = client.get("/sparql?" + urlencode({"query": text}))
    by_form = client.post("/sparql", data={"query": text})
    by_body = client.post("/sparql", data=text, content_type="application/sparql-query")

    for response in (by_get, by_form, by_body):
        rows = json.loads(response.data)["results"]["bindings"]
        assert rows[0]["iri"]["value"] == "http://e/a%20b%25"


def test_graphs_named_by_the_protocol_are_the_dataset(client: FlaskClient, acme: QuadStore) -> None:
    graph = acme.base + "graph/register/acme"
    expected = str(sum(1 for _ in acme.quads(graph=graph)))
    default = {"query": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", "default-graph-uri": graph}
    named = {"query": "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }", "named-graph-uri": graph}

    for asked in (default, named):
        for response in (client.get("/sparql", query_string=asked), client.post("/sparql", data=asked)):
            assert json.loads(response.data)["results"]["bindings"][0]["n"]["value"] == expected


def test_a_triple_term_is_shown_and_a_long_query_refused(client: FlaskClient) -> None:
    term = client.get("/sparql", query_string={"query": "SELECT (<<( <a:a> <a:b> <a:c> )>> AS ?t) {}"}, headers={"Accept": "text/html"})
    long = client.post("/sparql", data="ASK {} #" + "x" * 50_000, content_type="application/sparql-query")

    assert term.status_code == 200
    assert "a:b" in term.get_data(as_text=True)
    assert long.status_code == 413


def test_another_store_of_the_same_revision_is_another_answer(client: FlaskClient, acme: QuadStore) -> None:
    other = create_app(acme)
    first = client.get("/sparql", query_string={"query": UNNAMED}, headers={"Accept-Encoding": "gzip"})
    same = client.get("/sparql", query_string={"query": UNNAMED}, headers={"If-None-Match": first.headers["ETag"]})
    restarted = other.test_client().get("/sparql", query_string={"query": UNNAMED}, headers={"If-None-Match": first.headers["ETag"]})

    assert same.status_code == 304
    assert restarted.status_code == 200
    other.extensions["ropa"].close()


@pytest.mark.parametrize(
    ("request_", "status", "words"),
    [
        ({"query_string": {"query": "SELECT * { ?s ?p }"}}, 400, "line 1, column"),
        ({"query_string": {"query": "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"}}, 403, "SERVICE is refused"),
        ({"query_string": "query=ASK%7B%7D&query=ASK%7B%7D"}, 400, "2 texts"),
        ({"query_string": {"query": "DROP ALL"}}, 400, "does not parse"),
        ({"method": "POST", "data": b"\xff", "content_type": "application/sparql-query"}, 400, "UTF-8"),
        ({"method": "POST", "data": {"update": "DROP ALL"}}, 400, "send the update to /update"),
        ({"method": "POST", "data": "ASK{}", "content_type": "text/plain"}, 415, "application/sparql-query"),
        ({"method": "PUT"}, 405, ""),
    ],
)
def test_what_cannot_be_answered_says_why(client: FlaskClient, request_: dict[str, object], status: int, words: str) -> None:
    response = client.open("/sparql", headers={"Accept": "application/sparql-results+json"}, **request_)  # type: ignore[arg-type]

    assert response.status_code == status
    assert response.mimetype == "application/problem+json"
    assert words in response.get_json().get("detail", "")


def test_an_unchanged_answer_costs_a_304(client: FlaskClient) -> None:
    first = client.get("/sparql", query_string={"query": UNNAMED})
    again = client.get("/sparql", query_string={"query": UNNAMED}, headers={"If-None-Match": first.headers["ETag"]})
    other = client.get("/sparql", query_string={"query": ASK}, headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")
    assert other.status_code == 200


def test_people_get_a_page_with_labels(client: FlaskClient) -> None:
    empty = client.get("/sparql", headers={"Accept": "text/html"})
    asked = client.get("/sparql", query_string={"query": UNNAMED}, headers={"Accept": "text/html"})

    assert "<textarea" in empty.get_data(as_text=True)
    assert ANSWER in asked.get_data(as_text=True)


def test_sparqlwrapper_gets_right_answers(address: str) -> None:
    def ask(query: str, format: str, method: str = "GET") -> object:
        wrapper = SPARQLWrapper(address, agent="ropa tests")
        wrapper.setQuery(query)
        wrapper.setReturnFormat(format)
        wrapper.setMethod(method)
        return wrapper.query().convert()

    rows = ask(UNNAMED, JSON)
    assert isinstance(rows, dict)
    assert [row["label"]["value"] for row in rows["results"]["bindings"]] == [ANSWER]
    assert isinstance(posted := ask(ASK, JSON, POST), dict)
    assert posted["boolean"] is True
    assert ANSWER in ask(UNNAMED, XML).toxml()  # type: ignore[attr-defined]
    assert isinstance(table := ask(UNNAMED, CSV), bytes)
    assert table.decode().split("\r\n")[:2] == ["label", ANSWER]
    assert isinstance(graph := ask(CONSTRUCT, TURTLE), bytes)
    assert len(list(ox.parse(graph, format=ox.RdfFormat.TURTLE))) == 1


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "a/x"),
        ("", "a/x"),
        ("*/*", "a/x"),
        ("a/*;q=0.1, b/y", "b/y"),
        ("a/x;q=0, */*", "b/y"),
        ("b/y; charset=utf-8", "b/y"),
        ("c/z", None),
        ("a/x;q=nonsense", None),
    ],
)
def test_negotiation(accept: str | None, chosen: str | None) -> None:
    assert choose(accept, ["a/x", "b/y"]) == chosen
