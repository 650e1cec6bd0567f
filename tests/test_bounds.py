"""What an address or an odd record may not do to a page: take long, fail, or keep a failure."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, wait
from datetime import date, timedelta
from threading import Event
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import quote, urlencode

import pyoxigraph as ox
import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from werkzeug.exceptions import ServiceUnavailable

from ropa import alike
from ropa.errors import NotFound
from ropa.exchange import pack
from ropa.exchange.record import Record
from ropa.findings import Finding
from ropa.namespaces import DEFAULT_BASE, OA, ROPA, SKOS, XSD
from ropa.registers import read_files, read_vocabulary
from ropa.searching import Search
from ropa.store import QuadStore, make_quad
from ropa.store.embedded import EmbeddedStore
from tests.conftest import ACME
from tests.pages import opened
from webapp import create_app, rows
from webapp.exports import pages as exports
from webapp.findings import pages as findings
from webapp.state import Snapshot, State


@pytest.fixture
def store() -> QuadStore:
    made = EmbeddedStore.in_memory()
    made.replace_graphs({**read_vocabulary(DEFAULT_BASE), **read_files([ACME], DEFAULT_BASE)})
    return made


@pytest.fixture
def app(store: QuadStore) -> Iterator[Flask]:
    with opened(store) as made:
        yield made


@pytest.fixture
def told(app: Flask) -> State:
    return cast(State, app.extensions["ropa"])


@pytest.fixture
def client(acme_app: Flask) -> FlaskClient:
    return acme_app.test_client()


def rewrite(store: QuadStore, old: ox.Literal, new: ox.Literal) -> None:
    """Replace a value wherever the store has it."""
    graphs = {getattr(quad.graph_name, "value", "") for quad in store.quads(None, None, old)}
    assert graphs
    for graph in graphs:
        quads = [make_quad(q.subject, q.predicate, new if q.object == old else q.object, q.graph_name) for q in store.quads(graph=graph)]
        store.replace_graphs({graph: quads})


@pytest.mark.parametrize(
    "address",
    [
        "/activities?unsaid=anything:NotStated",
        "/activities?unsaid=NotStated",
        "/activities?unsaid=basis::NotStated",
        "/activities?retention=anything:NotStated",
        "/activities?" + urlencode([("data", f"x{number}") for number in range(51)]),
        "/activities?page=" + "9" * 5_000,
        "/activities?page=" + "1" * 6,
        "/findings?page=" + "0" * 5_000,
        "/compare?a=" + "x" * 201,
        "/compare?b=" + "x" * 201,
        "/registers?q=" + "x" * 201,
        "/questions?q=" + "x" * 201,
        "/export?q=" + "x" * 201,
        "/search?q=" + "x" * 201,
    ],
    ids=lambda address: address[:40],
)
def test_what_is_too_much_is_refused(client: FlaskClient, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 400, response.get_data(as_text=True)
    assert len(response.get_json()["detail"]) < 400


@pytest.mark.parametrize(
    "query", ["unsaid=transfer:LostInSource", "retention=NotStated", "unsaid=storage:NotStated&retention=LostInSource"]
)
def test_a_marker_that_no_activity_has_leaves_an_empty_list(client: FlaskClient, query: str) -> None:
    assert client.get(f"/activities?{query}").status_code == 200


def test_the_refusal_tells_how_much_there_may_be(client: FlaskClient) -> None:
    values = urlencode([("unsaid", "basis:NotStated"), *(("data", f"x{number}") for number in range(50))])
    assert client.get(f"/activities?{values}").get_json()["detail"] == "51 values are chosen. Choose at most 50."
    assert client.get(f"/compare?a={'x' * 201}").get_json()["detail"] == "a has 201 characters. Give at most 200."


def test_a_value_given_often_is_one(client: FlaskClient) -> None:
    response = client.get("/activities?" + "&".join(["unsaid=basis:NotStated"] * 60), headers={"Accept": "text/html"})
    assert response.status_code == 200


@pytest.mark.parametrize("text", ["2020-07-15Z", "0000-00-00", "15 July"])
def test_a_map_stands_an_instrument_with_an_odd_last_day(shipped: QuadStore, text: str) -> None:
    store = EmbeddedStore.in_memory()
    store.replace_graphs(
        {graph: list(shipped.quads(graph=graph)) for graph in {getattr(q.graph_name, "value", "") for q in shipped.quads()}}
    )
    ended = next(q.object for q in store.quads(None, ox.NamedNode(ROPA + "validUntil")) if q.object.value == "2020-07-15")
    rewrite(store, cast(ox.Literal, ended), ox.Literal(text, datatype=ox.NamedNode(XSD + "date")))
    app = create_app(store)
    assert app.test_client().get("/map?as_of=2030-01-01", headers={"Accept": "text/html"}).status_code == 200
    app.extensions["ropa"].close()


@pytest.mark.parametrize(("year", "told_year"), [(1, 1980), (1979, 1980), (2026, 2026), (2107, 2107), (9999, 2107)])
def test_a_pack_has_a_year_that_a_zip_can_tell(year: int, told_year: int) -> None:
    record: Any = SimpleNamespace(created=date(year, 2, 3))
    made = pack._zip({"a.txt": b"a"}, record, cast(Any, SimpleNamespace(day=date(2026, 1, 1))))
    assert [found.date_time[:3] for found in zipfile.ZipFile(io.BytesIO(made)).infolist()] == [(told_year, 2, 3)]


def test_a_place_that_is_no_number_is_none(store: QuadStore) -> None:
    start = next(quad.object for quad in store.quads(None, ox.NamedNode(OA + "start")))
    rewrite(store, cast(ox.Literal, start), ox.Literal("²"))
    assert list(Record(store, "acme").proofs())


@pytest.mark.parametrize("name", ["łódź.ttl", 'a"b\\c.ttl', "a;b\x7f.pdf", "a b.csv"])
def test_a_file_with_an_odd_name_has_a_plain_one_too(name: str) -> None:
    said = exports._attach(Response(), name).headers["Content-Disposition"]
    assert said.isascii()
    assert said.endswith(f"; filename*=UTF-8''{quote(name, safe='')}")
    assert said.count('"') == 2


def test_a_plain_name_stands_alone() -> None:
    assert exports._attach(Response(), "acme-dpo.csv").headers["Content-Disposition"] == 'attachment; filename="acme-dpo.csv"'


def test_no_cell_of_the_map_is_a_formula(store: QuadStore) -> None:
    for quad in list(store.quads(None, ox.NamedNode(SKOS + "prefLabel"))):
        if quad.subject.value.startswith(f"{DEFAULT_BASE}id/acme/party/"):
            rewrite(store, cast(ox.Literal, quad.object), ox.Literal(f"=1+{quad.object.value}", language="en"))
    app = create_app(store)
    table = list(csv.reader(io.StringIO(app.test_client().get("/map.csv").get_data(as_text=True))))
    app.extensions["ropa"].close()
    cells = [cell for row in table for cell in row]
    assert any(cell.startswith("'=1+") for cell in cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_a_word_given_often_is_looked_up_once(acme: QuadStore, monkeypatch: pytest.MonkeyPatch) -> None:
    names = Search(acme)
    between, asked = names._between, []

    def note(ordered: list[tuple[str, int]], first: str, end: str) -> Iterable[tuple[str, int]]:
        asked.append(first)
        return between(ordered, first, end)

    monkeypatch.setattr(names, "_between", note)
    assert names._by_words(["news"] * 90) == names._by_words(["news"])
    assert asked == ["news", "news"]


def test_near_names_are_looked_for_among_some(monkeypatch: pytest.MonkeyPatch) -> None:
    assert alike.nearest("acne", ["acme", "other"]) == ["acme"]
    names = iter([f"name {number}" for number in range(5_000)])
    assert NotFound("finding", "x" * 100_000, names).nearest == []
    assert next(names) == "name 2000"
    seen: list[str] = []

    def note(text: str, *_: object, **__: object) -> list[str]:
        seen.append(text)
        return []

    monkeypatch.setattr(alike, "get_close_matches", note)
    alike.nearest("x" * 100, ["x"])
    assert seen == ["x" * 60]


def test_what_failed_is_made_anew(told: State) -> None:
    tries: list[int] = []

    def make(_: Snapshot) -> int:
        tries.append(1)
        if len(tries) == 1:
            raise RuntimeError("once")
        return 7

    snapshot = told.snapshot()
    with pytest.raises(RuntimeError, match="once"):
        told.gather(snapshot, "made", make)
    assert told.gather(snapshot, "made", make) == 7
    assert told.gather(snapshot, "made", make) == 7
    assert len(tries) == 2


def test_a_check_that_failed_is_tried_anew(told: State, monkeypatch: pytest.MonkeyPatch) -> None:
    wait([told.check()])
    told._checked.clear()
    tries: list[int] = []
    check = told.standing.check

    def fail_once(slugs: list[str], day: date) -> list[Finding]:
        tries.append(1)
        if len(tries) == 1:
            raise RuntimeError("once")
        return check(slugs, day)

    monkeypatch.setattr(told.standing, "check", fail_once)
    with pytest.raises(RuntimeError, match="once"):
        told.findings()
    told.check().result()
    assert told.findings()


def test_what_was_begun_anew_is_not_let_go(told: State) -> None:
    failed: Future[int] = Future()
    anew: Future[int] = Future()
    held = {"made": anew}
    told._forget(held, failed)
    assert held == {"made": anew}


def test_today_is_checked_however_many_days_are(told: State, monkeypatch: pytest.MonkeyPatch) -> None:
    wait([told.check()])
    told._checked.clear()
    go_on = Event()
    monkeypatch.setattr(told.standing, "check", lambda *_: go_on.wait(20) and [])
    try:
        for number in range(6):
            told.check(date.today() - timedelta(days=number + 1))
        with pytest.raises(ServiceUnavailable):
            told.check(date.today() - timedelta(days=9))
        assert rows.findings_at_hand(told) is None
        assert told.check() is told.check()
    finally:
        go_on.set()


def test_a_page_goes_on_without_findings_that_nobody_can_check(told: State, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(day: date | None = None) -> Future[list[Finding]]:
        raise ServiceUnavailable

    monkeypatch.setattr(told, "check", refuse)
    assert rows.findings_at_hand(told) is None


@pytest.mark.parametrize("address", ["/findings", "/findings.json"])
def test_findings_are_kept_for_no_later_revision(
    app: Flask, told: State, store: QuadStore, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    told.check().result()
    before, find = told.snapshot(), told.findings
    seen: list[Snapshot] = []

    def find_and_write(day: date | None = None) -> list[Finding] | None:
        found = find(day)
        node = ox.NamedNode(f"{DEFAULT_BASE}id/x")
        store.replace_graphs({f"{DEFAULT_BASE}graph/other": [make_quad(node, node, node, ox.DefaultGraph())]})
        return found

    offer = findings._OFFERED.get

    def note(snapshot: Snapshot, key: object, make: Callable[[], dict[str, dict[str, str]]]) -> dict[str, dict[str, str]]:
        seen.append(snapshot)
        return offer(snapshot, cast(date, key), make)

    monkeypatch.setattr(told, "findings", find_and_write)
    monkeypatch.setattr(findings._OFFERED, "get", note)
    assert app.test_client().get(address).status_code == 200
    assert seen == [before]
    assert told.snapshot() is not before
