"""What the server tells those who run it, and the short way for frequent requests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from ropa.limits import DEFAULTS, Policy
from ropa.store.embedded import EmbeddedStore
from ropa.tokens import Role, Tokens
from webapp import create_app

LOOK_UP = "SELECT ?p ?o { <https://ropa.example/id/register/acme> ?p ?o }"
JSON = {"Accept": "application/sparql-results+json"}


@pytest.fixture
def client(store_folder: Path) -> Iterator[FlaskClient]:
    tokens = Tokens(store_folder / "tokens.json")
    with EmbeddedStore.open(store_folder) as store:
        app = create_app(store, tokens=tokens)
        yield app.test_client()
        app.extensions["ropa"].close()


def editor(client: FlaskClient) -> dict[str, str]:
    return {"Authorization": f"Bearer {client.application.extensions['ropa'].tokens.create(Role.EDITOR, 'Alice')}", "Reason": "über"}


def count(client: FlaskClient, line: str) -> float:
    found = re.search(rf"^{re.escape(line)} (\S+)$", client.get("/metrics").get_data(as_text=True), re.MULTILINE)
    return float(found[1]) if found else 0


def test_a_server_is_alive_and_ready_with_its_revision(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"status": "alive"}
    assert client.get("/readyz").get_json() == {"status": "ready", "revision": 1, "registers": 1}


def test_queries_are_counted_by_what_became_of_them(client: FlaskClient) -> None:
    heavy = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    for _ in range(3):
        client.get("/sparql", query_string={"query": heavy})
    client.get("/sparql", query_string={"query": "nonsense"})

    assert count(client, 'ropa_queries_total{outcome="answered"}') == 1
    assert count(client, 'ropa_queries_total{outcome="cached"}') == 2
    assert count(client, 'ropa_queries_total{outcome="BadQuery"}') == 1
    assert count(client, "ropa_store_revision") == 1
    assert count(client, "ropa_store_statements") > 5_000
    assert count(client, "ropa_store_bytes") > 0


def test_writes_are_counted_and_a_refused_one_changes_nothing(client: FlaskClient) -> None:
    token = editor(client)
    written = client.post("/update", data={"update": "INSERT DATA { <https://e/s> <https://e/p> 1 }"}, headers=token)
    refused = client.post(
        "/update", data={"update": "DELETE WHERE { GRAPH <https://ropa.example/graph/evidence/acme> { ?s ?p ?o } }"}, headers=token
    )

    assert (written.status_code, refused.status_code) == (200, 422)
    assert refused.get_json()["findings"][0]["shape"].endswith("rest-on-evidence")
    assert count(client, 'ropa_writes_total{outcome="written"}') == 1
    assert count(client, 'ropa_writes_total{outcome="Refused"}') == 1
    assert client.get("/readyz").get_json()["revision"] == 2


def test_the_history_tells_who_wrote_what_and_why(client: FlaskClient) -> None:
    client.post("/update", data={"update": "INSERT DATA { <https://e/s> <https://e/p> 1 }"}, headers=editor(client))

    listed = client.get("/history", headers={"Accept": "application/json"}).get_json()
    assert [commit["revision"] for commit in listed] == [2, 1]
    assert (listed[0]["who"].split()[0], listed[0]["why"], listed[0]["added"]) == ("Alice", "über", 1)
    assert "A <https://e/s> <https://e/p>" in client.get("/history/2.rdfp").get_data(as_text=True)
    assert client.get("/history/2", headers={"Accept": "text/html"}).status_code == 200
    assert client.get("/history/3").status_code == 404
    assert client.get("/history?before=x").status_code == 400
    assert client.get("/history?before=2", headers={"Accept": "application/json"}).get_json() == listed[1:]


def test_a_request_keeps_its_id_and_tells_its_time(client: FlaskClient) -> None:
    named = client.get("/healthz", headers={"X-Request-ID": "from-the-proxy"})
    odd = client.get("/healthz", headers={"X-Request-ID": "<script>"})

    assert named.headers["X-Request-ID"] == "from-the-proxy"
    assert re.fullmatch(r"[0-9a-f]{16}", odd.headers["X-Request-ID"])
    assert re.search(r"total;dur=[\d.]+", named.headers["Server-Timing"])


@pytest.mark.parametrize("accept", ["application/sparql-results+json", "application/json", "text/csv", "text/tab-separated-values", None])
@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_the_short_way_answers_as_the_long_one(client: FlaskClient, accept: str | None, encoding: str) -> None:
    headers = {"Accept-Encoding": encoding} | ({"Accept": accept} if accept else {})
    new = {"X-Request-ID", "Server-Timing"}
    # A parameter more makes a request that only the application answers.
    long = client.get("/sparql", query_string={"query": LOOK_UP, "x": "1"}, headers=headers)
    client.get("/sparql", query_string={"query": "ASK { ?s ?p ?o }"}, headers=JSON)

    for _ in range(2):
        short = client.get("/sparql", query_string={"query": LOOK_UP}, headers=headers)
        # The long way tells what the engine took.
        assert ("engine" in long.headers["Server-Timing"], "engine" in short.headers["Server-Timing"]) == (True, False)
        assert short.data == long.data
        assert {name: value for name, value in short.headers if name not in new} == {
            name: value for name, value in long.headers if name not in new
        }
        for known in (long.headers["ETag"], "*"):
            unchanged = client.get("/sparql", query_string={"query": LOOK_UP}, headers={**headers, "If-None-Match": known})
            assert (unchanged.status_code, unchanged.data) == (304, b"")


def test_the_short_way_counts_its_rows(client: FlaskClient) -> None:
    asked = {"query": f"{LOOK_UP} LIMIT 3"}
    sent = [len(client.get("/sparql", query_string=asked, headers=JSON).get_json()["results"]["bindings"]) for _ in range(4)]

    assert count(client, "ropa_query_rows_total") == sum(sent) == 12


def test_the_short_way_forgets_what_a_write_changed(client: FlaskClient) -> None:
    query = {"query": "SELECT ?o { <https://e/s> <https://e/p> ?o }"}
    token = editor(client)
    for number in range(1, 4):
        client.post("/update", data={"update": f"INSERT DATA {{ <https://e/s> <https://e/p> {number} }}"}, headers=token)
        for _ in range(2):
            answer = client.get("/sparql", query_string=query, headers=JSON).get_json()
            assert len(answer["results"]["bindings"]) == number


def test_who_asks_too_often_is_told_when_to_come_back(store_folder: Path) -> None:

    few = Policy({**DEFAULTS, None: replace(DEFAULTS[None], requests_per_minute=2)})
    with EmbeddedStore.open(store_folder) as store:
        app = create_app(store, policy=few)
        client = app.test_client()
        statuses = [client.get("/sparql", query_string={"query": query}).status_code for query in (LOOK_UP, "ASK { ?s ?p ?o }")]
        refused = client.get("/sparql", query_string={"query": LOOK_UP})
        page = client.get("/", headers={"Accept": "text/html"})
        app.extensions["ropa"].close()

    assert (statuses, refused.status_code, page.status_code) == ([200, 200], 429, 200)
    assert 1 <= int(refused.headers["Retry-After"]) <= 61


def test_more_statements_than_a_role_may_have_rows_are_not_sent(store_folder: Path) -> None:
    few = Policy({**DEFAULTS, None: replace(DEFAULTS[None], rows=100)})
    with EmbeddedStore.open(store_folder) as store:
        app = create_app(store, policy=few)
        answers = [app.test_client().get(path, headers={"Accept": "application/n-quads"}) for path in ("/graphs", "/graphs?default")]
        app.extensions["ropa"].close()

    assert [answer.status_code for answer in answers] == [422, 200]
    assert "more than 100 statements" in answers[0].get_json()["detail"]
