"""webapp.errors: what went wrong is a page that leads on."""

from __future__ import annotations

from concurrent.futures import Future

import pytest
from flask import Flask

from ropa.findings import Finding
from ropa.store import QuadStore
from tests.pages import BROWSER, words
from tests.things import app, longer
from webapp import create_app

__all__ = ["app", "longer"]


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
