"""ropa.sparql: what a query would reach for is told from its tokens."""

from __future__ import annotations

import time

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
        "PREFIX : <http://e/> SELECT * { SERVICE:colon { ?s ?p ?o } }",
        "SELECT * { FILTER(1<2)SERVICE#>\n<http://e/> { ?s ?p ?o } }",
        "SELECT * { FILTER(1<'''>'''SERVICE<http://e/> { ?s ?p ?o } }",
        "SELECT * { SERVICE # a # b\n SILENT # c\n ?where { ?s ?p ?o } }",
        r"SELECT * { \u0053ERVICE <http://e/> { ?s ?p ?o } }",
        "SELECT * { ?s ?p 1SERVICE <http://e/> { ?s ?p ?o } }",
        "SELECT * { ?s ?p 1.5e-3service<http://e/> { ?s ?p ?o } }",
        "SELECT * { ?s ?p trueSERVICE ?g { ?s ?p ?o } }",
        'SELECT * { SERVICE #\\u000A"\n<http://e/> { ?s ?p ?o } }',
        "SELECT * { SERVICE #" + "-" * 500 + "\n<http://e/> { ?s ?p ?o } }",
        "SELECT * { SERVICE " + "#\n" * 500 + "<http://e/> { ?s ?p ?o } }",
        "SELECT * { SERVICE " + "p" * 5000 + ":e { ?s ?p ?o } }",
    ],
)
def test_a_call_to_another_address_is_seen(text: str) -> None:
    assert sparql.read(text).calls_service


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?service { ?service ?p 'SERVICE' }",
        "SELECT * { ?service <http://e/service> ?o } # any service",
        'SELECT * { ?s ?p """ our SERVICE """@service . $service ?p ?o }',
        "SELECT * { ?web2service <http://e/p> ?myservice . ?myservice ?p ?o }",
    ],
)
def test_the_word_alone_is_not_a_call(text: str) -> None:
    assert not sparql.read(text).calls_service


def test_a_dataset_in_the_text_is_seen() -> None:
    assert sparql.read("SELECT * FROM <http://e/g> { ?s ?p ?o }").names_dataset
    assert not sparql.read("SELECT ?from { ?from ?p 'FROM' }").names_dataset


@pytest.mark.parametrize("piece", ["a", "1", "1.", '"', "service#", "#service\n", "'''", "service "])
def test_a_long_text_is_read_in_a_moment(piece: str) -> None:
    start = time.process_time()
    sparql.read(piece * 12_000)

    # Far above what linear reading takes, far below what quadratic reading would.
    assert time.process_time() - start < 5


def test_nesting_is_counted() -> None:
    assert sparql.read("ASK { { ({[ }" + "]" * 9).depth == 5
