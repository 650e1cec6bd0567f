"""webapp.questions: a question is asked in a form, by name, path, IRI or label, and answered in words or as a file."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pyoxigraph import DefaultGraph, Literal, NamedNode

from ropa import questions
from ropa.namespaces import DEFAULT_BASE, DPV, RDF, SKOS, graph_iri
from ropa.store import QuadStore, Term, make_quad
from ropa.store.embedded import EmbeddedStore
from tests.conftest import fill_with_acme
from tests.pages import BROWSER, opened, read


@pytest.fixture
def client(acme_app: Flask) -> FlaskClient:
    return acme_app.test_client()


@pytest.mark.parametrize(
    "category", ["pd:EmailAddress", "id/acme/category/email", "https://w3id.org/dpv/pd#EmailAddress", "Invoice", "INVOICE"]
)
def test_a_category_is_given_as_name_path_iri_or_label(client: FlaskClient, category: str) -> None:
    response = client.get("/questions/where-a-category-goes", query_string={"category": category}, headers=BROWSER)

    assert response.status_code == 200
    assert ("Postmark" in read(response)) == ("nvoice" not in category.lower())


def test_a_label_of_two_things_asks_which() -> None:
    store = EmbeddedStore.in_memory()
    fill_with_acme(store)
    graph = graph_iri(DEFAULT_BASE, "parties")
    twins = [NamedNode(f"{DEFAULT_BASE}id/party/twin-{number}") for number in (1, 2)]
    told: dict[str, Term] = {RDF + "type": NamedNode(DPV + "LegalEntity"), SKOS + "prefLabel": Literal("Twin", language="en")}
    quads = [make_quad(twin, NamedNode(name), value, DefaultGraph()) for twin in twins for name, value in told.items()]
    store.replace_graphs({graph: [*store.quads(graph=graph), *quads]})
    with opened(store) as app:
        response = app.test_client().get("/questions/what-a-recipient-gets", query_string={"recipient": "Twin"})

    assert response.status_code == 400
    assert "2 things are called 'Twin'. Give one of id/party/twin-1, id/party/twin-2." in response.get_json()["detail"]


def test_a_question_has_a_form_words_and_its_query(client: FlaskClient) -> None:
    response = client.get("/questions/retention-schedule?register=acme", headers=BROWSER)
    html, text = response.get_data(as_text=True), read(response)

    assert '<option value="acme" selected>' in html
    assert "28 days" in text
    assert "7 years" in text
    assert "2 rows" in text
    assert '<a href="/id/acme/retention/email">' in html
    assert 'href="/sparql?query=' in html
    assert '<datalist id="l-category">' in html


def test_a_question_without_what_it_needs_is_a_form(client: FlaskClient) -> None:
    text = read(client.get("/questions/where-a-category-goes", headers=BROWSER))

    assert "Category needed" in text
    assert "rows" not in text.split("The query behind")[0]


@pytest.mark.parametrize("ending", ["csv", "json", "tsv", "xml"])
def test_an_answer_comes_as_a_file_the_engine_wrote(client: FlaskClient, acme: QuadStore, ending: str) -> None:
    response = client.get(f"/questions/retention-schedule.{ending}?register=acme")

    assert response.data == questions.catalogue()["retention-schedule"].write(acme, {"register": "acme"}, ending)
    assert f"retention-schedule.{ending}" in response.headers["Content-Disposition"]


def test_every_question_has_a_page(client: FlaskClient) -> None:
    for name in questions.catalogue():
        assert client.get(f"/questions/{name}", headers=BROWSER).status_code == 200, name
