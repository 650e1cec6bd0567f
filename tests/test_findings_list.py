"""webapp.findings: the list of findings comes in pages, however many there are."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from time import monotonic

import pytest

from ropa.findings import Finding, Named
from ropa.registers import Register
from ropa.store import QuadStore
from tests.acme import iri
from tests.pages import BROWSER, words
from tests.things import longer
from webapp import create_app

__all__ = ["longer"]


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
