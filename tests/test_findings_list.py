"""webapp.findings: the list of findings says that it is not ready, is the same for programs, and comes in pages, however long."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from time import monotonic

import pytest
from flask import Flask

from ropa.findings import Finding, Named
from ropa.registers import Register
from ropa.store import QuadStore
from ropa.words import count
from tests.acme import iri
from tests.pages import BROWSER, read, words
from tests.things import longer
from webapp import create_app
from webapp.state import State

__all__ = ["longer"]


def test_findings_that_are_not_ready_say_so(acme: QuadStore, monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(acme)
    monkeypatch.setattr(State, "findings", lambda self, day=None: None)
    client = app.test_client()

    page = client.get("/findings", headers=BROWSER)
    assert "Checking …" in read(page)
    assert '<meta http-equiv="refresh"' in page.get_data(as_text=True)
    assert "…" in read(client.get("/", headers=BROWSER))
    for address in ("/findings.json", "/findings/acme-000000000000"):
        data = client.get(address)
        assert (data.status_code, data.headers["Retry-After"]) == (503, "3")
    app.extensions["ropa"].close()


def test_findings_are_filtered_alike_for_people_and_programs(acme_app: Flask) -> None:
    client = acme_app.test_client()
    everything = client.get("/findings.json").get_json()
    some = client.get("/findings.json?severity=Violation&register=acme").get_json()

    assert 0 < len(some) < len(everything)
    assert {finding["severity"] for finding in some} == {"Violation"}
    text = read(client.get("/findings?severity=Violation&register=acme", headers=BROWSER))
    assert f"{count(len(some), 'finding')} of {len(everything)}" in text
    assert some[0]["message"] in text


def test_the_findings_of_hundreds_of_registers_come_in_pages(longer: QuadStore, monkeypatch: pytest.MonkeyPatch) -> None:
    made = create_app(longer)
    told = made.extensions["ropa"]
    one = told.check().result()
    snapshot = told.snapshot()
    number = 500
    snapshot.registers = [Register(f"r{place}", iri(f"register/r{place}"), f"Register {place}") for place in range(number)]
    many: Future[list[Finding]] = Future()
    many.set_result(
        [
            replace(
                finding,
                id=f"{finding.id}-{place}",
                register=f"r{place}",
                parties=(Named(iri(f"party/p{place}"), f"Party {place}"),),
                activities=(Named(iri(f"r{place}/activity/a"), f"Activity {place}"),),
            )
            for place in range(number)
            for finding in one
        ]
    )
    monkeypatch.setattr(told, "check", lambda day=None: many)
    client = made.test_client()
    for order in ("rule", "article", "register", "party", "activity"):
        began = monotonic()
        first, last = (client.get(f"/findings?by={order}&page={page}", headers=BROWSER) for page in (1, 99))
        assert (first.status_code, last.status_code) == (200, 200)
        assert len(first.data) < 500_000
        assert monotonic() - began < 20
        if order in ("register", "party", "activity"):
            assert "page 1 of 9" in words(first.text)
            assert words(first.text) != words(last.text)
    typed = words(client.get("/findings?party=Party+7&register=register+7", headers=BROWSER).text)
    assert f"{len(one)} findings of {number * len(one)}" in typed
    made.extensions["ropa"].close()
