"""ropa.searching, ropa.folding and the search page: what is found, in which order, what is suggested."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pyoxigraph import Literal, NamedNode

from ropa.folding import fold, split
from ropa.namespaces import DEFAULT_BASE, DPV, RDF, ROPA, SKOS, expand
from ropa.pickable import KINDS, OTHER, kind_of
from ropa.searching import Search
from ropa.store import QuadStore, make_quad
from ropa.store.embedded import EmbeddedStore
from tests.pages import BROWSER, read
from webapp.questions import choices
from webapp.search import HEADINGS


@pytest.fixture(scope="module")
def names(shipped: QuadStore) -> Search:
    return Search(shipped)


@pytest.fixture
def client(shipped_app: Flask) -> FlaskClient:
    return shipped_app.test_client()


def made(*labels: str) -> Search:
    """The names of a store in which a register has parties that are called so."""
    store = EmbeddedStore.in_memory()
    graph = NamedNode(f"{DEFAULT_BASE}graph/register/made")
    quads = []
    for number, label in enumerate(labels):
        node = NamedNode(f"{DEFAULT_BASE}id/made/party/p{number}")
        quads += [
            make_quad(node, NamedNode(RDF + "type"), NamedNode(DPV + "LegalEntity"), graph),
            make_quad(node, NamedNode(SKOS + "prefLabel"), Literal(label, language="en"), graph),
        ]
    store.replace_graphs({graph.value: quads})
    return Search(store)


def found(names: Search, text: str, *kinds: str) -> list[str]:
    return [match.thing.label for match in names.find(text, kinds)]


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Lønn", "lonn"), ("Ærø", "aero"), ("Straße", "strasse"), ("Łódź", "lodz"), ("Çelik", "celik"), ("ÉCOLE", "ecole"), ("Þór", "thor"),
     ("O’Neill", "oneill"), ("ﬁne", "fine"), ("İzmir", "izmir")],
)  # fmt: skip
def test_letters_are_folded(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert split(f"  {text}, x ") == [folded, "x"]


def test_accents_and_capitals_do_not_matter() -> None:
    names = made("Lønn og Ærø", "Łódź Straße")

    assert found(names, "LONN") == found(names, "lønn") == found(names, "aero") == ["Lønn og Ærø"]
    assert found(names, "lodz") == found(names, "STRASSE") == found(names, "straße") == ["Łódź Straße"]


def test_the_exact_name_comes_first_then_beginnings_then_words_then_what_is_inside() -> None:
    names = made("Voicemail", "Fast mail", "Mailing house", "Mail", "Mail of the firm")

    assert found(names, "mail") == ["Mail", "Mailing house", "Mail of the firm", "Fast mail", "Voicemail"]
    assert found(names, "firm mail") == ["Mail of the firm"]
    assert found(names, "il") == []


def test_what_a_register_speaks_of_comes_before_terms_that_nobody_uses(names: Search) -> None:
    matches = names.find("e-mail")
    begun = [match.thing.used for match in matches if fold(match.thing.label).startswith("e-mail")]

    assert begun == sorted(begun, reverse=True)
    assert {True, False} <= {thing.used for thing in names.things}


def test_other_names_short_names_and_descriptions_are_found(names: Search) -> None:
    assert next((match.thing.iri, match.field) for match in names.find("pd:EmailAddress")) == (expand("pd:EmailAddress"), "short name")
    described = [match for match in names.find("sub-processors") if match.field == "description"]
    assert described
    store = EmbeddedStore.in_memory()
    graph, node = NamedNode(f"{DEFAULT_BASE}graph/register/made"), NamedNode(f"{DEFAULT_BASE}id/made/party/p")
    quads = [
        make_quad(node, NamedNode(found), Literal(text), graph)
        for found, text in ((SKOS + "prefLabel", "Firm"), (ROPA + "tradingName", "Shop"))
    ]
    store.replace_graphs({graph.value: quads})
    assert [(match.thing.label, match.field, match.text) for match in Search(store).find("sho")] == [("Firm", "other name", "Shop")]


def test_only_what_is_asked_for_is_found(names: Search) -> None:
    assert {match.thing.kind for match in names.find("google")} > {"party"}
    assert {match.thing.kind for match in names.find("google", ["party"])} == {"party"}
    assert len(names.find("e", (), 8)) == 8


def test_slips_of_the_finger_are_put_right(names: Search) -> None:
    assert names.suggest("emial") == ["email"]
    assert "google analytics" in names.suggest("goggle analytics")
    assert names.suggest("google") == []
    assert names.suggest("xyzzyqq") == []
    assert names.suggest("") == []


def test_a_name_that_several_things_have_is_told_from_one_that_is_alone() -> None:
    names = made("Mail", "mail", "Post")

    assert [names.is_unique(thing) for thing in sorted(names.things, key=lambda thing: thing.iri)] == [False, False, True]


def test_each_kind_has_a_heading_and_those_of_the_forms_are_the_same() -> None:
    assert set(HEADINGS) == {*KINDS, OTHER}
    assert all(choices.KINDS[kind] == KINDS[kind] for kind in choices.KINDS)
    assert kind_of([ROPA + "Transfer", ROPA + "DataFlow"]) == "transfer"
    assert kind_of([]) == OTHER


def test_the_page_groups_by_kind_and_one_kind_has_pages(client: FlaskClient) -> None:
    page = client.get("/search?q=mail", headers=BROWSER)
    html = page.get_data(as_text=True)

    assert "Kinds of data" in read(page)
    assert 'href="/id/party/mailchimp"' in html
    assert "kind=category" in html
    assert "page 1 of" in read(client.get("/search?q=e&kind=other", headers=BROWSER))
    assert "page 2 of" in read(client.get("/search?q=e&kind=other&page=2", headers=BROWSER))


def test_the_page_says_what_was_meant_and_what_to_do(client: FlaskClient) -> None:
    html = client.get("/search?q=emial", headers=BROWSER).get_data(as_text=True)

    assert 'href="/search?q=email"' in html
    assert "Nothing recorded is called so" in html
    assert "Type a name" in read(client.get("/search", headers=BROWSER))
    assert "/questions/calendar-of-endings" in client.get("/search?q=calendar+fall+due", headers=BROWSER).get_data(as_text=True)


def test_suggestions_are_what_forms_take(client: FlaskClient) -> None:
    told = json.loads(client.get("/search.json?q=mailch&kind=party").data)["results"]
    register = json.loads(client.get("/search.json?q=acul&kind=register").data)["results"]

    assert told == [
        {
            "label": "MailChimp",
            "kind": "party",
            "value": "id/party/mailchimp",
            "href": "/id/party/mailchimp",
            "register": "",
            "unique": True,
        }
    ]
    assert [(found["value"], found["href"]) for found in register] == [("aculab", "/registers/aculab")]
    assert client.get("/questions/what-a-recipient-gets?recipient=" + told[0]["value"]).status_code == 200
    assert json.loads(client.get("/search.json").data) == {"results": []}
    assert len(json.loads(client.get("/search.json?q=e").data)["results"]) == 10


@pytest.mark.parametrize("query", ["kind=colour", "q=" + "x" * 201, "kind=party+category"])
def test_what_cannot_be_searched_is_said(client: FlaskClient, query: str) -> None:
    assert client.get(f"/search?{query}").status_code == 400
    assert client.get(f"/search.json?{query}").status_code == (200 if query == "kind=party+category" else 400)
