"""Registers, forms, documents and packs over HTTP; what takes long is made beside the requests and its page tells how far it is."""

from __future__ import annotations

import io
from collections.abc import Iterator
from threading import Event
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from pyoxigraph import Literal, NamedNode

from ropa.errors import Busy, CannotMake
from ropa.exchange import handover
from ropa.namespaces import DCTERMS, DEFAULT_BASE, DPV, RDF, graph_iri, register_iri
from ropa.store import QuadStore, make_quad
from ropa.store.embedded import EmbeddedStore
from tests.conftest import fill_with_acme
from tests.pages import opened
from webapp import create_app
from webapp.exports import making
from webapp.exports import pages as exports
from webapp.exports.making import Making

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def app(acme: QuadStore) -> Iterator[Flask]:
    with opened(acme) as made:
        yield made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.mark.parametrize(
    ("ending", "media_type"),
    [("ttl", "text/turtle"), ("jsonld", "application/ld+json"), ("trig", "application/trig"), ("nq", "application/n-quads")],
)
def test_a_register_is_exported(client: FlaskClient, ending: str, media_type: str) -> None:
    response = client.get(f"/export/acme.{ending}")

    assert (response.status_code, response.mimetype) == (200, media_type)
    assert response.headers["Content-Disposition"] == f'attachment; filename="acme.{ending}"'
    assert b"Postmark" in response.data


def test_a_workbook_is_a_file_with_the_name_of_its_form(client: FlaskClient) -> None:
    response = client.get("/export/acme.xlsx?template=cnil&as_of=2026-11-22")

    assert (response.status_code, response.mimetype) == (200, XLSX)
    assert response.headers["Content-Disposition"] == 'attachment; filename="acme-cnil.xlsx"'
    assert "Record" in openpyxl.load_workbook(io.BytesIO(response.data), read_only=True).sheetnames
    again = client.get("/export/acme.xlsx?template=cnil&as_of=2026-11-22", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


def test_the_day_of_the_findings_is_in_the_file(client: FlaskClient) -> None:
    for day, words in (("2020-07-17", "17 July 2020"), ("2026-11-22", "22 November 2026")):
        data = client.get(f"/export/acme.xlsx?template=cnil&as_of={day}").data
        assert words in str(openpyxl.load_workbook(io.BytesIO(data), read_only=True)["Findings"]["A1"].value)


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/export/acme.xlsx?template=edps", 400, "give one of ico-controller, ico-processor, cnil"),
        ("/export/acme.pdf?template=cnil", 400, "Leave it out"),
        ("/export/acme.xlsx?as_of=soon", 400, "is not a day"),
        ("/export/acne.xlsx", 404, "There is no register"),
        ("/export?register=acne", 404, "There is no register"),
        ("/export?page=0", 400, "give a number from 1"),
        ("/export?page=nine", 400, "give a number from 1"),
        ("/export?register=acme&making=doc", 400, "give one of xlsx, csv, pdf, zip"),
        ("/export?as_of=x", 400, "is not a day"),
    ],
)
def test_wrong_input_is_answered_with_what_to_do(client: FlaskClient, address: str, status: int, said: str) -> None:
    response = client.get(address)

    assert (response.status_code, said in response.get_data(as_text=True)) == (status, True)


def test_the_page_of_a_register_tells_how_much_is_answered(client: FlaskClient, acme: QuadStore) -> None:
    text = client.get("/export?register=acme", headers=BROWSER).get_data(as_text=True)

    assert handover.identify(acme, "acme")[0] in text
    for one in handover.cover(acme, "acme"):
        assert (one.summary in text) == bool(one.activities)
    assert "no activity of a processor, so this form would be empty" in text
    assert "Sensitive: health" in text


def test_the_list_has_pages_and_a_filter() -> None:
    store = EmbeddedStore.in_memory()
    fill_with_acme(store)
    contents = {}
    for number in range(60):
        node, graph = NamedNode(register_iri(DEFAULT_BASE, f"r{number}")), NamedNode(graph_iri(DEFAULT_BASE, f"register/r{number}"))
        told = ((RDF + "type", NamedNode(DPV + "ROPA")), (DCTERMS + "title", Literal(f"R {number:03}")))
        contents[graph.value] = [make_quad(node, NamedNode(name), value, graph) for name, value in told]
    store.replace_graphs(contents)
    app = create_app(store)
    client = app.test_client()
    first = client.get("/export", headers=BROWSER).get_data(as_text=True)
    third = client.get("/export?page=3&as_of=2020-07-17", headers=BROWSER).get_data(as_text=True)
    found = client.get("/export?q=r+05", headers=BROWSER).get_data(as_text=True)

    assert "61 registers, page 1 of 3" in first
    assert first.count("<section id=") == exports.MOST
    assert 'rel="prev"' in third
    assert 'rel="next"' not in third
    assert "as_of=2020-07-17" in third
    assert found.count("<section id=") == 10
    assert "No register has that in its title" in client.get("/export?q=zzz", headers=BROWSER).get_data(as_text=True)
    app.extensions["ropa"].close()


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """Nothing is made before the event is set, and nobody waits long."""
    go = Event()

    def make(*_arguments: Any, **_named: Any) -> bytes:
        go.wait(20)
        return b"%PDF-made"

    monkeypatch.setattr(handover, "make_handout", make)
    monkeypatch.setattr(exports, "_MOMENT", 0.05)
    monkeypatch.setattr(exports, "_PATIENCE", 0.1)
    yield go
    go.set()


def test_a_person_is_led_to_a_page_that_tells_how_far_it_is(client: FlaskClient, slow: Event) -> None:
    asked = client.get("/export/acme.pdf?as_of=2026-11-22", headers=BROWSER)
    page = client.get(asked.headers["Location"], headers=BROWSER)

    assert asked.status_code == 303
    assert "acme.pdf is being made" in page.get_data(as_text=True)
    assert page.headers["Refresh"] == "2"
    assert page.headers["Cache-Control"] == "no-store"
    assert client.get("/export?register=acme", headers=BROWSER).status_code == 200
    slow.set()
    for _ in range(50):
        page = client.get(asked.headers["Location"], headers=BROWSER)
        if "acme.pdf is ready" in page.get_data(as_text=True):
            break
    assert page.headers["Refresh"] == "1; url=/export/acme.pdf?as_of=2026-11-22"
    assert client.get("/export/acme.pdf?as_of=2026-11-22", headers=BROWSER).data == b"%PDF-made"
    assert "(9 bytes, ready)" in client.get("/export?register=acme&as_of=2026-11-22", headers=BROWSER).get_data(as_text=True)


def test_a_program_is_told_where_to_ask_again(client: FlaskClient, slow: Event) -> None:
    asked = client.get("/export/acme.zip?as_of=2026-11-22")

    assert (asked.status_code, asked.headers["Retry-After"]) == (202, "2")
    assert asked.headers["Location"].endswith("/export/acme.zip?as_of=2026-11-22")
    assert asked.get_json()["state"] == "being made"
    slow.set()
    assert next(found for _ in range(50) if (found := client.get(asked.headers["Location"])).status_code == 200).data == b"%PDF-made"


def test_what_cannot_be_made_is_said(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: Any, **_named: Any) -> bytes:
        raise CannotMake("Documents need WeasyPrint: install the extra.")

    monkeypatch.setattr(handover, "make_handout", fail)
    for headers in ({}, BROWSER):
        response = client.get("/export/acme.pdf", headers=headers)
        assert response.status_code == 503
        assert "install the extra" in response.get_data(as_text=True)


def test_a_file_is_made_once_and_let_go_when_the_record_changes() -> None:
    work, calls = Making(), []

    def make() -> bytes:
        calls.append(1)
        return b"x"

    assert [work.ask((1, "a"), make, long=False, patience=5) for _ in range(3)] == [b"x"] * 3
    assert (len(calls), work.size((1, "a"))) == (1, 1)
    work.ask((2, "a"), make, long=False, patience=5)
    assert (len(calls), work.size((1, "a"))) == (2, None)
    work.close()


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "MOST_BYTES", 25)
    work = Making()
    for name in range(5):
        work.ask((1, name), lambda: b"0123456789", long=False, patience=5)

    assert [work.size((1, name)) for name in range(5)] == [None, None, None, 10, 10]
    work.close()


def test_too_much_work_at_a_time_is_refused() -> None:
    work, go = Making(), Event()
    for name in range(making.MOST_WAITING):
        assert work.ask((1, name), lambda: bytes(go.wait(20)), long=True, patience=0) is None

    with pytest.raises(Busy, match="Many files are being made"):
        work.ask((1, "more"), lambda: b"", long=True, patience=0)
    assert work.seconds((1, 0)) == 0
    go.set()
    work.close()


def test_a_question_is_a_workbook_with_names_instead_of_addresses(client: FlaskClient) -> None:
    response = client.get("/questions/retention-schedule.xlsx?register=acme")
    rows = list(openpyxl.load_workbook(io.BytesIO(response.data), read_only=True)["Answer"].iter_rows(values_only=True))

    assert (response.status_code, response.mimetype) == (200, XLSX)
    assert rows[1][:2] == ("Register", "Rule")
    assert rows[2][:3] == ("Acme register", "E-mail address: up to 28 days after unsubscribing", "28 days")
    page = client.get("/questions/retention-schedule?register=acme", headers=BROWSER).get_data(as_text=True)
    assert "/questions/retention-schedule.xlsx?register=acme" in page
    assert "For a spreadsheet take XLSX" in page
    assert client.get("/questions/retention-schedule.xls").status_code == 404
