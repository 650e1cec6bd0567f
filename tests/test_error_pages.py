"""webapp.errors: what went wrong is a page for people and a problem for programs, says what is wrong, and leads to what was meant."""

from __future__ import annotations

import json
from concurrent.futures import Future

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ropa.findings import Finding
from ropa.store import QuadStore
from tests.pages import BROWSER, read, words
from tests.things import app, longer
from webapp import create_app
from webapp.serving.security import POLICY

__all__ = ["app", "longer"]

ERRORS = [
    ("/nowhere", 404),
    ("/graph/register/acme", 404),
    ("/registers/acne", 404),
    ("/id/acme/party/postmarc", 404),
    ("/resource?iri=https://nobody.example/", 404),
    ("/questions/retention-shedule", 404),
    ("/questions/retention-schedule.doc", 404),
    ("/export/acne.ttl", 404),
    ("/export/acme.doc", 404),
    ("/ns.doc", 404),
    ("/resource", 400),
    ("/resource?iri=no%20iri", 400),
    ("/resource?iri=https://w3id.org/dpv/loc%23IE&format=doc", 400),
    ("/id/acme/a%20space", 400),
    ("/questions/retention-schedule?register=nobody", 400),
    ("/questions/retention-schedule?color=red", 400),
    ("/questions/retention-schedule?register=acme&register=acme", 400),
    ("/questions/where-a-category-goes?category=Emial+address", 400),
    ("/questions/where-a-category-goes?category=pd:EmailAddress&reach=all", 400),
    ("/questions/where-a-category-goes.csv", 400),
    ("/findings?severity=Terrible", 400),
    ("/findings?colour=red", 400),
    ("/findings?as_of=yesterday", 400),
    ("/findings?by=colour", 400),
    ("/findings?page=0", 400),
    ("/findings?page=-1", 400),
    ("/findings?page=two", 400),
    ("/findings/acme-000000000000", 404),
    ("/findings/acme-000000000000?as_of=2020-02-30", 400),
    ("/findings.doc", 404),
    ("/findings.json?as_of=2020-02-30", 400),
    ("/findings.sarif?severity=Terrible", 400),
    ("/sheets/acess", 404),
    ("/sheets/calendar?from=soon", 400),
    ("/sheets/transfers?as_of=soon", 400),
    ("/sheets/dpia?register=nobody", 400),
    ("/sheets/dpia?colour=red", 400),
    ("/sheets/breach?party=nobody", 400),
    ("/what-if?without=Postmarc", 400),
    ("/what-if?without=https://nobody.example/", 404),
    ("/what-if?without=https://nobody.example/a%20b", 400),
    ("/what-if?without=id/acme/activity/newsletter", 400),
    ("/what-if?as_of=soon", 400),
    ("/what-if?later=2020-02-30", 400),
    ("/what-if?without=Postmark&as_of=0001-01-01", 400),
]


@pytest.fixture
def client(acme_app: Flask) -> FlaskClient:
    return acme_app.test_client()


@pytest.mark.parametrize(("address", "status"), ERRORS)
def test_an_error_is_a_page_for_people_and_a_problem_for_programs(client: FlaskClient, address: str, status: int) -> None:
    for_people, for_programs = client.get(address, headers=BROWSER), client.get(address, headers={"Accept": "application/json"})

    assert (for_people.status_code, for_people.mimetype) == (status, "text/html")
    assert (for_programs.status_code, for_programs.mimetype) == (status, "application/problem+json")
    problem = json.loads(for_programs.data)
    assert problem["status"] == status
    assert problem["detail"]
    for response in (for_people, for_programs):
        assert response.headers["Content-Security-Policy"] == POLICY
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "Accept" in response.headers["Vary"]


@pytest.mark.parametrize(
    ("address", "href", "name"),
    [
        ("/registers/acne", "/registers/acme", "acme"),
        ("/id/acme/party/postmarc", "/id/acme/party/postmark", "Postmark"),
        ("/questions/retention-shedule", "/questions/retention-schedule", "retention-schedule"),
        ("/export/acne.trig", "/export/acme.trig", "acme"),
        ("/export/acme.ttk", "/export/acme.ttl", "ttl"),
        ("/questions/retention-schedule.cvs", "/questions/retention-schedule.csv", "csv"),
        ("/findings.jsn", "/findings.json", "json"),
        ("/sheets/acess", "/sheets/access", "access"),
    ],
)
def test_not_found_leads_to_what_was_meant(client: FlaskClient, address: str, href: str, name: str) -> None:
    assert f'<a href="{href}">{name}</a>' in client.get(address, headers=BROWSER).get_data(as_text=True)
    assert {"name": name, "href": href} in client.get(address).get_json()["nearest"]


@pytest.mark.parametrize(
    ("path", "meant"),
    [("/registerz", "/registers"), ("/finding", "/findings"), ("/somewhere/newsleter", "Newsletter"), ("/e/Postmark", "Postmark")],
)
def test_an_address_that_leads_nowhere_offers_what_was_meant(app: Flask, path: str, meant: str) -> None:
    response = app.test_client().get(path, headers=BROWSER | {"X-Request-ID": "abc-123"})
    told = app.test_client().get(path, headers={"Accept": "application/json"}).get_json()

    assert response.status_code == 404
    assert f"There is no page at {path}." in words(response.text)
    assert meant in words(response.text)
    assert meant in [one["name"] for one in told["nearest"]]
    assert "request abc-123" in words(response.text)


def test_what_nobody_can_give_is_406_with_what_there_is(client: FlaskClient) -> None:
    response = client.get("/id/acme/retention/email", headers={"Accept": "image/png"})

    assert response.status_code == 406
    assert "text/turtle" in response.get_json()["detail"]


def test_an_error_that_passes_lets_the_page_ask_again(longer: QuadStore, monkeypatch: pytest.MonkeyPatch) -> None:
    made = create_app(longer)
    waiting: Future[list[Finding]] = Future()
    monkeypatch.setattr(made.extensions["ropa"], "check", lambda day=None: waiting)
    monkeypatch.setattr("webapp.state._PATIENCE", 0.01)

    response = made.test_client().get("/findings/acme-000000000000", headers=BROWSER)
    program = made.test_client().get("/findings.json")

    assert (response.status_code, response.headers["Refresh"], response.headers["Retry-After"]) == (503, "3", "3")
    assert "This page asks again by itself in 3 seconds." in words(response.text)
    assert "Refresh" not in program.headers
    made.extensions["ropa"].close()


def test_a_fault_of_ours_shows_no_traceback(acme: QuadStore) -> None:
    app = create_app(acme)

    @app.get("/broken")
    def broken() -> str:
        raise ZeroDivisionError("secret")

    response = app.test_client().get("/broken", headers=BROWSER)

    assert response.status_code == 500
    assert "secret" not in read(response)
    app.extensions["ropa"].close()
