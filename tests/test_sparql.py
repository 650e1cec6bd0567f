"""ropa.sparql: what a query would reach for is told from its tokens."""

from __future__ import annotations

import pytest

from ropa import sparql


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("SELECT * WHERE { ?s ?p ?o }", "SELECT"),
        ("PREFIX ask: <http://e/ask> # ASK\nselect ?construct { ?construct ask:describe 'ASK' }", "SELECT"),
        ("BASE <http://e/SELECT> ASK {}", "ASK"),
        ("construct where { ?s ?p ?o }", "CONSTRUCT"),
        ("DESCRIBE <http://e/>", "DESCRIBE"),
        ("", ""),
    ],
)
def test_the_form_is_the_first_keyword_outside_strings_names_and_comments(text: str, form: str) -> None:
    assert sparql.read(text).form == form


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { SERVICE <http://e/> { ?s ?p ?o } }",
        "SELECT * { service silent<http://e/>{ ?s ?p ?o } }",
        "SELECT * { FILTER(?a<?b)SERVICE ?g{?s ?p ?o}FILTER(?c>?d) }",
        'SELECT * { BIND("""a " # """ AS ?x) SERVICE <http://e/> { ?s ?p ?o } }',
        "SELECT * { BIND('it\\'s' AS ?x) SERVICE <http://e/> { ?s ?p ?o } }",
    ],
)
def test_a_call_to_another_address_is_seen(text: str) -> None:
    assert sparql.read(text).calls_service


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?service { ?service ?p 'SERVICE' } # SERVICE <http://e/>",
        "PREFIX service: <http://e/SERVICE/> SELECT * { ?s service:SERVICE service: }",
        'SELECT * { ?s ?p """ SERVICE <http://e/> """@service }',
    ],
)
def test_the_word_alone_is_not_a_call(text: str) -> None:
    assert not sparql.read(text).calls_service


def test_a_dataset_in_the_text_is_seen() -> None:
    assert sparql.read("SELECT * FROM <http://e/g> { ?s ?p ?o }").names_dataset
    assert not sparql.read("SELECT ?from { ?from ?p 'FROM' }").names_dataset
