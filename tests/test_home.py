"""webapp.home: the first page and the list of registers, with one, five and many registers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bench.synthetic import generate
from ropa.namespaces import DEFAULT_BASE
from ropa.registers import read_vocabulary
from ropa.store.embedded import EmbeddedStore
from tests.pages import BROWSER, read, warm
from webapp import create_app

MANY = 60


@pytest.fixture
def client(shipped_app: Flask) -> FlaskClient:
    return shipped_app.test_client()


@pytest.fixture(scope="module")
def crowded() -> Iterator[FlaskClient]:
    """Many registers of one activity."""
    store = EmbeddedStore.in_memory()
    contents = read_vocabulary(DEFAULT_BASE)
    for quad in generate(MANY, MANY, evidence=False):
        contents.setdefault(quad.graph_name.value, []).append(quad)  # type: ignore[union-attr]
    store.replace_graphs(contents)
    app: Flask = create_app(store)
    warm(app)
    yield app.test_client()
    app.extensions["ropa"].close()


def test_home_counts_and_links_what_is_wrong(acme_app: Flask) -> None:
    response = acme_app.test_client().get("/", headers=BROWSER)

    assert "Acme register" in read(response)
    assert re.search(r'href="/findings\?register=acme&amp;severity=Violation">\d+<', response.get_data(as_text=True))
    assert "Text of 3 March 2025." in read(response)


def test_each_number_of_the_first_page_leads_to_as_many(client: FlaskClient) -> None:
    html = client.get("/", headers=BROWSER).get_data(as_text=True)
    counted = re.findall(r'<a href="/activities(\?[^"]*)?">([\d,]+)<span', html)

    assert len(counted) > 15
    for query, number in counted:
        told = json.loads(client.get("/activities.json" + query.replace("&amp;", "&")).data)
        assert len(told) == int(number.replace(",", "")), query


def test_the_first_page_tells_completeness_endings_transfers_and_findings(client: FlaskClient) -> None:
    page = read(client.get("/", headers=BROWSER))

    assert "Art. 30(1)(g)" in page
    assert "136 of 138 activities" in page
    assert "15 July 2020 ended, still relied on transfer mechanism: EU-US Privacy Shield" in page
    assert "United States" in page
    assert "Nothing is in the history" in page


def test_the_first_page_can_be_about_one_register(client: FlaskClient) -> None:
    by_slug, by_title = client.get("/?register=akixi", headers=BROWSER), client.get("/?register=Akixi+register", headers=BROWSER)
    html = by_slug.get_data(as_text=True)

    assert by_slug.data == by_title.data
    assert "/activities?register=akixi&amp;role=processor" in html
    assert "Aculab register" not in re.sub(r"<option.*?</option>", "", html)
    assert client.get("/?register=nobody").status_code == 400


def test_the_first_page_stays_short_with_many_registers(crowded: FlaskClient) -> None:
    html = crowded.get("/", headers=BROWSER).get_data(as_text=True)

    assert f"All {MANY} registers" in html
    assert 'data-suggest="register"' in html
    assert len(html) < 40_000


def test_the_registers_are_paged_searched_and_ordered(crowded: FlaskClient, client: FlaskClient) -> None:
    first, second = read(crowded.get("/registers", headers=BROWSER)), read(crowded.get("/registers?page=2", headers=BROWSER))

    assert "page 1 of 2" in first
    assert "page 2 of 2" in second
    assert "1 register of 60" in read(crowded.get("/registers?q=synthetic-17", headers=BROWSER))
    assert "No title has these words" in read(crowded.get("/registers?q=zzz", headers=BROWSER))
    most = read(client.get("/registers?sort=activities", headers=BROWSER))
    assert most.index("Aelintra register") < most.index("Aculab register") < most.index("Pipcall register")
    assert client.get("/registers?sort=colour").status_code == 400
    assert client.get("/registers?page=none").status_code == 400


def test_an_empty_store_says_what_to_do() -> None:
    store = EmbeddedStore.in_memory()
    store.replace_graphs(read_vocabulary(DEFAULT_BASE))
    app = create_app(store)
    for address in ("/", "/registers"):
        assert "ropa load STORE FILE" in read(app.test_client().get(address, headers=BROWSER))
    app.extensions["ropa"].close()
