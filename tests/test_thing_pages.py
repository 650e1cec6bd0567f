"""webapp.things: a thing tells what it rests on and what uses it, by role and a page at a time, and the same as RDF."""

from __future__ import annotations

import re
from collections.abc import Callable

import pyoxigraph as ox
import pytest
from flask import Flask
from flask.testing import FlaskClient
from rdflib import Dataset, Graph
from rdflib.compare import isomorphic

from ropa.exchange.things import FORMATS
from ropa.namespaces import expand
from ropa.store import QuadStore
from ropa.store.embedded import EmbeddedStore
from ropa.uses import MOST_COUNTED, Uses, count_mentions
from tests.conftest import fill_with_acme
from tests.pages import BROWSER, opened, read, words
from tests.things import app, extend, get, longer

__all__ = ["app", "get", "longer"]


@pytest.fixture
def client(acme_app: Flask) -> FlaskClient:
    return acme_app.test_client()


def test_a_register_shows_each_statement_with_phrase_and_section(client: FlaskClient) -> None:
    response = client.get("/registers/acme", headers=BROWSER)
    html, text = response.get_data(as_text=True), read(response)

    assert "5f3a8221fd2dfa211c361f1c76fd23c1b3bf8251a9f355cdfd58979f16263729" in text
    assert "3 March 2025" in text
    assert re.search(r"contact privacy@acme.example Write to privacy@acme.example § 1", text)
    assert re.search(
        r"Reader of the newsletter You give us your email address § 2 inferred: Whoever gives the address is the reader\.", text
    )
    assert re.search(r"for up to 28 days after you unsubscribe § 2 period 28 days", text)
    assert "We do not sell invoices § 3" in text
    assert '<span class="marker silent">not stated</span>' in html
    assert html.index('href="#activity-newsletter"') < html.index('<details id="activity-newsletter"')
    assert '<a href="/id/acme/party/postmark">Postmark</a>' in html
    assert '<a href="/id/acme/passage/392-431" class="where number">§ 2</a>' in html


def test_evidence_and_passage_tell_what_rests_on_what(client: FlaskClient) -> None:
    evidence = read(client.get("/id/acme/evidence/4ba695610de8", headers=BROWSER))
    passage = read(client.get("/id/acme/passage/392-431", headers=BROWSER))

    assert "period 28 days" in evidence
    assert "for up to 28 days after you unsubscribe § 2 of Privacy notice , code points 392 to 431" in evidence
    assert "4 statements rest on it" in passage
    assert "has start event unsubscribing" in passage


def test_a_thing_tells_who_uses_it(client: FlaskClient) -> None:
    text = read(client.get("/id/acme/category/email", headers=BROWSER))

    assert "As “has personal data” of 5" in text
    assert "Home Acme register personal data" in text


@pytest.mark.parametrize("ending", FORMATS)
def test_a_thing_comes_as_rdf_by_ending_and_by_accept(client: FlaskClient, acme: QuadStore, ending: str) -> None:
    by_ending = client.get(f"/id/acme/retention/email.{ending}")
    by_accept = client.get("/id/acme/retention/email", headers={"Accept": FORMATS[ending].media_type})

    assert by_ending.mimetype == by_accept.mimetype == FORMATS[ending].media_type
    assert by_ending.data == by_accept.data
    assert "Accept" in by_accept.headers["Vary"]
    assert f'</id/acme/retention/email.{ending}>; rel="alternate"' in by_accept.headers.get("Link", "") + ",".join(
        by_accept.headers.getlist("Link")
    )
    names = {"ttl": "turtle", "jsonld": "json-ld", "nt": "nt", "trig": "trig", "rdf": "xml"}
    dataset = Dataset(default_union=True)
    dataset.parse(data=by_ending.data, format=names[ending])
    found, expected = Graph(), Graph().parse(data=client.get("/id/acme/retention/email.nt").data, format="nt")
    for triple in dataset.triples((None, None, None)):
        found.add(triple)
    assert isomorphic(found, expected)
    assert len(list(acme.quads(ox.NamedNode(acme.base + "id/acme/retention/email")))) < len(expected)
    assert "for up to 28 days after you unsubscribe" in by_ending.get_data(as_text=True)


def test_a_foreign_thing_has_a_page_and_a_local_one_its_own(client: FlaskClient) -> None:
    assert "Ireland" in read(client.get("/resource?iri=https://w3id.org/dpv/loc%23IE", headers=BROWSER))
    assert client.get("/resource?iri=https://w3id.org/dpv/loc%23IE&format=ttl").mimetype == "text/turtle"
    moved = client.get("/resource?iri=https://ropa.example/id/party/acme")
    assert (moved.status_code, moved.headers["Location"]) == (303, "/id/party/acme")


@pytest.mark.parametrize("query", ["page=0", "page=two", "below=-1", "life=1.5", "kept=%F0%9F%98%80"])
def test_a_page_number_that_is_none_is_told(app: Flask, query: str) -> None:
    response = app.test_client().get(f"/resource?iri=https://w3id.org/dpv/pd%23EmailAddress&{query}", headers=BROWSER)

    assert response.status_code == 400
    assert "give a number from 1" in response.text


def test_an_unknown_role_leads_back_to_all_uses(get: Callable[[str], str]) -> None:
    assert "No statement uses it as “dpv:hasNothing”. Show all uses" in get("/id/acme/category/email?as=dpv:hasNothing")


def test_a_thing_that_thousands_use_is_shown_a_page_at_a_time() -> None:
    store = EmbeddedStore.in_memory()
    fill_with_acme(store)
    many = "".join(
        f"<id/acme/flow/f{number}> a ropa:DataFlow ; skos:prefLabel 'Flow {number}' ; dpv:hasRecipient <id/party/big> ; "
        f"dpv:hasLocation loc:JP ; dpv:hasPersonalData <id/acme/category/c{number}> .\n"
        f"<id/acme/category/c{number}> a dpv:PersonalData ; skos:prefLabel 'Category {number}' ; skos:broader pd:Health .\n"
        for number in range(1, 3_001)
    )
    extend(store, f"<graph/register/acme> {{ <id/party/big> a dpv:LegalEntity ; skos:prefLabel 'Big' .\n{many} }}")
    with opened(store) as made:
        made.extensions["ropa"].check().result()
        client = made.test_client()
        for path in ("/id/party/big?", "/resource?iri=https://w3id.org/dpv/loc%23JP&", "/resource?iri=https://w3id.org/dpv/pd%23Health&"):
            first, last = client.get(path, headers=BROWSER), client.get(f"{path}page=99999", headers=BROWSER)
            assert (first.status_code, last.status_code) == (200, 200)
            assert max(len(first.data), len(last.data)) < 150_000
            assert "page 1 of" in words(first.text)
            assert words(first.text) != words(last.text)
        assert Uses(store).count(expand("loc:JP") or "").more
        assert count_mentions(store, expand("loc:JP") or "") == MOST_COUNTED
