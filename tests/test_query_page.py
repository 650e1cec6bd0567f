"""The page of the SPARQL endpoint for people, and the files and names beside it; programs are answered as before."""

from __future__ import annotations

import json
import threading
import time

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ropa.errors import Stopped
from ropa.namespaces import PREFIXES
from ropa.questions import catalogue
from ropa.store import QuadStore
from ropa.store.evaluation import Asked, Limits
from ropa.store.stopping import stoppable
from ropa.terms import list_terms
from tests.pages import BROWSER, read
from webapp.questions.examples import find_examples
from webapp.state import Snapshot

PREFIX = f"PREFIX ropa: <{PREFIXES['ropa']}> "
PERIODS = PREFIX + "SELECT ?rule ?period WHERE { ?rule ropa:period ?period } ORDER BY ?period"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . FILTER(?a != ?g) }"


@pytest.fixture
def client(acme_app: Flask) -> FlaskClient:
    return acme_app.test_client()


def ask(client: FlaskClient, query: str) -> str:
    response = client.get("/sparql", query_string={"query": query}, headers=BROWSER)
    assert response.status_code == 200
    return response.get_data(as_text=True)


def test_an_answer_has_labels_time_count_and_files(client: FlaskClient) -> None:
    html = ask(client, PERIODS)

    assert '<a href="/id/acme/retention/email">' in html
    assert ">28 days</td>" in html
    assert 'data-rank="28"' in html
    assert '<h2 id="answer">' in html
    assert " s.</p>" in html.replace("\n", "") or "Kept from an earlier run" in html
    for ending in ("csv", "json", "xml", "tsv"):
        assert f'href="/sparql/download.{ending}?query=' in html


def test_a_graph_is_a_table_of_statements_and_turtle(client: FlaskClient) -> None:
    html = ask(client, PREFIX + "CONSTRUCT WHERE { ?rule ropa:period ?period }")

    assert '<th scope="col">property</th>' in html
    assert "28 days</td>" in html
    assert "The same as Turtle" in html
    assert "P28D" in html
    for ending in ("ttl", "jsonld", "nt", "rdf"):
        assert f'href="/sparql/download.{ending}?query=' in html


def test_yes_no_and_nothing_are_sentences(client: FlaskClient) -> None:
    assert "Something in the store matches" in ask(client, "ASK { ?s ?p ?o }")
    assert "Nothing in the store matches" in ask(client, "ASK { <a:b> <c:d> 7 . ?s ?p ?o }")
    assert "spelled as in" in ask(client, "SELECT * { ?s <a:b> ?o . ?o ?p ?q }")


def test_more_rows_than_the_page_shows_are_counted(client: FlaskClient) -> None:
    html = ask(client, "SELECT * { ?s ?p ?o } LIMIT 700")

    assert "700 rows" in html
    assert "The table shows the first 500; the files hold all." in html
    assert html.count("<tr>") == 501


def test_a_query_that_does_not_parse_is_kept_with_its_line_marked(client: FlaskClient) -> None:
    text = "SELECT * WHERE {\n  ?s ?p ?o .\n  ?s foo:bar <&>\n}"
    response = client.get("/sparql", query_string={"query": text}, headers=BROWSER)
    html = response.get_data(as_text=True)

    assert response.status_code == 400
    assert "&lt;&amp;&gt;\n}</textarea>" in html
    assert 'data-line="3"' in html
    assert "<mark>  ?s foo:bar &lt;&amp;&gt;</mark>" in html
    assert 'role="alert"' in html
    assert "line 3, column" in read(response)


def test_the_end_of_a_query_can_be_the_place(client: FlaskClient) -> None:
    response = client.get("/sparql", query_string={"query": "SELECT * {\n"}, headers=BROWSER)

    assert response.status_code == 400
    assert "the end of the query" in read(response)
    assert "something is missing there" in read(response)


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("SELECT * { SERVICE <http://localhost/> { ?s ?p ?o } }", 403, "not allowed here"),
        ("SELECT * { ?s ?p ?o " + "{" * 300 + "}" * 300 + "}", 400, "nests brackets"),
    ],
)
def test_what_is_refused_says_so_and_keeps_the_text(client: FlaskClient, query: str, status: int, words: str) -> None:
    response = client.get("/sparql", query_string={"query": query}, headers=BROWSER)

    assert (response.status_code, response.mimetype) == (status, "text/html")
    assert words in read(response)
    assert "<textarea" in response.get_data(as_text=True)


def test_programs_still_get_a_problem(client: FlaskClient) -> None:
    for accept in ("application/json", "*/*", "application/problem+json, text/html;q=0.9"):
        response = client.get("/sparql", query_string={"query": "SELECT * {"}, headers={"Accept": accept})

        assert (response.status_code, response.mimetype) == (400, "application/problem+json")
        assert response.get_json()["line"] == 1
    example = client.get("/sparql?example=registers", headers={"Accept": "application/json"})
    assert example.status_code == 400


def test_a_long_query_is_sent_in_the_body_and_says_why(client: FlaskClient) -> None:
    query = PERIODS + "\n#" + "x" * 7_000
    html = client.post("/sparql", data={"query": query}, headers=BROWSER).get_data(as_text=True)

    assert "too long for an address" in html
    assert 'formaction="/sparql/download.csv"' in html
    assert "/sparql/download.csv?query=" not in html


def test_the_dataset_of_a_request_is_kept(client: FlaskClient, acme: QuadStore) -> None:
    graph = f"{acme.base}graph/register/acme"
    asked = {"query": PERIODS, "default-graph-uri": graph}
    html = client.get("/sparql", query_string=asked, headers=BROWSER).get_data(as_text=True)

    assert f'<input type="hidden" name="default-graph-uri" value="{graph}">' in html
    assert "default-graph-uri=" in html.split('href="/sparql/download.csv?')[1].split('"')[0]


@pytest.mark.parametrize("name", list(catalogue()))
def test_a_question_gives_its_query_to_begin_with(client: FlaskClient, acme: QuadStore, name: str) -> None:
    response = client.get("/sparql", query_string={"example": name}, headers=BROWSER)
    html = response.get_data(as_text=True)
    text = html.split("<textarea")[1].split(">\n", 1)[1].split("</textarea>")[0]

    assert response.status_code == 200
    assert "VALUES" in text
    assert f'<option value="{name}" selected>' in html
    needed = [parameter for parameter in catalogue()[name].parameters if parameter.required]
    if needed and find_examples(Snapshot(acme), catalogue()[name]):
        head = text.split("SELECT", 1)[1]
        assert "acme" in head.split("VALUES", 1)[1].split("}")[0] or "https://" in head.split("VALUES", 1)[1].split("}")[0]


def test_an_unknown_question_is_not_found(client: FlaskClient) -> None:
    assert client.get("/sparql?example=nothing", headers=BROWSER).status_code == 404


@pytest.mark.parametrize(
    ("ending", "query", "media_type"),
    [
        ("csv", PERIODS, "text/csv"),
        ("json", PERIODS, "application/sparql-results+json"),
        ("xml", PERIODS, "application/sparql-results+xml"),
        ("tsv", PERIODS, "text/tab-separated-values"),
        ("json", "ASK {}", "application/sparql-results+json"),
        ("ttl", "CONSTRUCT WHERE { ?s a ?o }", "text/turtle"),
        ("jsonld", "CONSTRUCT WHERE { ?s a ?o }", "application/ld+json"),
        ("nt", "CONSTRUCT WHERE { ?s a ?o }", "application/n-triples"),
        ("rdf", "CONSTRUCT WHERE { ?s a ?o }", "application/rdf+xml"),
    ],
)
def test_a_file_is_what_the_endpoint_answers_in_that_form(client: FlaskClient, ending: str, query: str, media_type: str) -> None:
    asked = {"query": query}
    by_link = client.get(f"/sparql/download.{ending}", query_string=asked, headers=BROWSER)
    by_form = client.post(f"/sparql/download.{ending}", data=asked, headers=BROWSER)
    by_accept = client.get("/sparql", query_string=asked, headers={"Accept": media_type})

    assert (by_link.status_code, by_link.mimetype) == (200, media_type)
    assert by_link.headers["Content-Disposition"] == f'attachment; filename="answer.{ending}"'
    assert by_link.data == by_form.data == by_accept.data


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/sparql/download.doc?query=ASK%7B%7D", 404),
        ("/sparql/download.ttl?query=ASK%7B%7D", 406),
        ("/sparql/download.csv?query=SELECT", 400),
        ("/sparql/download.csv", 400),
    ],
)
def test_a_file_that_cannot_be_had_says_why(client: FlaskClient, address: str, status: int) -> None:
    assert client.get(address, headers=BROWSER).status_code == status


def test_the_terms_are_told_with_labels_and_cached(client: FlaskClient) -> None:
    first = client.get("/sparql/terms.json")
    told = json.loads(first.data)
    terms = {name: (label, kind) for name, label, kind in told["terms"]}

    assert terms["ropa:hasRetentionRule"] == ("has retention rule", "property")
    assert terms["dpv:ROPA"][1] == "class"
    assert terms["pd:EmailAddress"][1] == "thing"
    assert terms["rdf:type"][1] == "property"
    assert terms["<https://ropa.example/id/register/acme>"][1] == "thing"
    assert told["prefixes"] == PREFIXES
    assert client.get("/sparql/terms.json", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


def test_no_more_terms_are_told_than_asked_for(acme: QuadStore) -> None:
    found = list_terms(acme, Snapshot(acme).label, most=50)

    assert len(found.terms) == 50
    assert found.cut
    assert {term.kind for term in found.terms} == {"property"}


def test_a_running_query_is_stopped_by_its_name(acme_app: Flask) -> None:
    told: list[tuple[int, float]] = []

    def run() -> None:
        begun = time.monotonic()
        response = acme_app.test_client().get("/sparql", query_string={"query": ENDLESS}, headers={**BROWSER, "X-Request-ID": "abc"})
        told.append((response.status_code, time.monotonic() - begun))

    thread = threading.Thread(target=run)
    thread.start()
    client = acme_app.test_client()
    stopped = False
    until = time.monotonic() + 8
    while not stopped and time.monotonic() < until:
        time.sleep(0.3)
        stopped = client.delete("/sparql/running/abc").get_json()["stopped"]
    thread.join()

    assert stopped
    assert told[0][0] == 503
    assert told[0][1] < 9
    assert client.delete("/sparql/running/abc").get_json() == {"stopped": False}
    assert client.get("/sparql", query_string={"query": "SELECT * { ?s ?p ?o . ?o ?q ?r } LIMIT 1"}).status_code == 200


def test_what_was_stopped_before_it_began_does_not_begin(acme: QuadStore) -> None:
    evaluator = acme.evaluator()
    with stoppable() as stopper:
        stopper.stop()
        with pytest.raises(Stopped):
            evaluator.evaluate(Asked(ENDLESS), Limits(seconds=5))
    assert evaluator.evaluate(Asked("SELECT * { ?s ?p ?o . ?o ?q ?r } LIMIT 1"), Limits(seconds=30)).rows == 1
    evaluator.close()
