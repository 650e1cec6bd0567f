"""webapp: every page is whole, safe and in plain words, comes once for each state of the store, and compressed to who takes it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ropa.store import QuadStore
from ropa.store.embedded import EmbeddedStore
from tests.pages import BROWSER, opened, read
from webapp import create_app
from webapp.serving.security import POLICY
from webapp.state import State

PAGES = [
    "/",
    "/registers",
    "/registers/acme",
    "/id/register/acme",
    "/id/acme/activity/newsletter",
    "/id/acme/party/postmark",
    "/id/party/acme",
    "/id/document/acme-2025-03-03",
    "/id/acme/passage/392-431",
    "/id/acme/evidence/4ba695610de8",
    "/id/acme/evidence/0c510a62a85d",
    "/resource?iri=https://w3id.org/dpv/loc%23IE",
    "/resource?iri=https://w3id.org/ropa-graph/ns%23NotStated",
    "/questions",
    "/questions/retention-schedule",
    "/questions/where-a-category-goes",
    "/questions/where-a-category-goes?category=pd:EmailAddress",
    "/findings",
    "/findings?register=acme&severity=Violation&concern=duty",
    "/findings?by=party&as_of=2020-07-17",
    "/sheets",
    "/sheets/access",
    "/sheets/access?subject=Subscriber",
    "/sheets/breach?party=Postmark",
    "/sheets/calendar",
    "/sheets/dpia",
    "/sheets/transfers",
    "/what-if",
    "/what-if?without=Postmark&as_of=2026-01-01",
    "/what-if?as_of=2018-01-01&later=2026-01-01",
    "/export",
    "/ns",
    "/sparql",
]


@pytest.fixture(scope="module")
def app(acme: QuadStore) -> Iterator[Flask]:
    with opened(acme, title="Acme & sons") as made:
        made.extensions["ropa"].check().result()
        yield made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.mark.parametrize("address", PAGES)
def test_every_page_is_whole_safe_and_without_raw_iris(client: FlaskClient, address: str) -> None:
    response = client.get(address, headers=BROWSER)
    html = response.get_data(as_text=True)

    assert (response.status_code, response.mimetype) == (200, "text/html")
    assert response.headers["Content-Security-Policy"] == POLICY
    assert html.count("<h1") == 1
    assert 'href="#main"' in html
    assert 'lang="en-GB"' in html
    assert "Acme &amp; sons</title>" in html
    assert not re.search(r"<table(?![\s\S]*?<caption>)", html)
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    # IRIs stand in their own line, in query texts, in form fields and in the examples of a term; nowhere else.
    shown = re.sub(r"<(code|pre|textarea|datalist)\b.*?</\1>|<dt>example</dt>.*?</div>", "", html, flags=re.DOTALL)
    assert not re.search(r">[^<]*https?://(w3id\.org|ropa\.example|www\.w3\.org|purl\.org|eur-lex)", shown)
    assert not re.search(r">\s*(id/\w+/|dpv:|ropa:|pd:|skos:|dcterms:)", shown)


@pytest.mark.parametrize(
    "address", ["/", "/registers/acme", "/id/party/acme.ttl", "/export/acme.jsonld", "/questions/registers.csv", "/ns"]
)
def test_an_unchanged_answer_costs_a_304(client: FlaskClient, address: str) -> None:
    first = client.get(address, headers=BROWSER)
    again = client.get(address, headers={**BROWSER, "If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Cache-Control"] == "private, no-cache"


def test_another_revision_has_another_tag() -> None:
    store = EmbeddedStore.in_memory()
    app = create_app(store)
    before = app.test_client().get("/registers", headers=BROWSER)
    store.replace_graphs({store.base + "graph/parties": []})
    after = app.test_client().get("/registers", headers={**BROWSER, "If-None-Match": before.headers["ETag"]})

    assert after.status_code == 200
    app.extensions["ropa"].close()


def test_an_empty_store_says_what_to_do() -> None:
    app = create_app(EmbeddedStore.in_memory())
    state: State = app.extensions["ropa"]
    state.check().result()
    sheets = ("/sheets", "/sheets/transfers", "/sheets/calendar", "/what-if")
    for address in ("/", "/registers", "/export", "/ns", "/findings", "/questions/retention-schedule", *sheets):
        assert app.test_client().get(address, headers=BROWSER).status_code == 200
    assert "No register yet" in read(app.test_client().get("/", headers=BROWSER))
    state.close()


def test_a_long_answer_is_compressed_for_who_takes_it(client: FlaskClient) -> None:
    plain = client.get("/registers/acme", headers=BROWSER)
    packed = client.get("/registers/acme", headers={**BROWSER, "Accept-Encoding": "gzip"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.data) < len(plain.data) / 3
    assert "Content-Encoding" not in plain.headers
