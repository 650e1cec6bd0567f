"""Only what costs no more than what is said about one thing is a look-up."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from ropa.store.direct import DirectEvaluator
from ropa.store.evaluation import Asked, Limits
from ropa.store.lookups import is_lookup, may_scan

LOOKUPS = [
    "SELECT * { <http://x/a> ?p ?o }",
    "select distinct ?p $o\nwhere{<http://x/a>?p?o.}\r\nlimit 3 offset 0",
    "PREFIX x: <http://x/> PREFIX : <http://y/>\nBASE <http://z/> SELECT ?o { x:a.b-c%20 :p ?o . }",
    "ASK { <a> a <http://x/Kind> }",
    'ASK WHERE { <http://x/a> <http://x/p> "some, { words }"@en-gb }',
    "ASK { <http://x/a> <http://x/p> '1'^^<http://www.w3.org/2001/XMLSchema#integer> }",
    "ASK { <http://x/a> <http://x/p> -1.5 . }",
    "ASK { <http://x/a> <http://x/p> true }",
    "CONSTRUCT WHERE { <http://x/a> ?p ?o }",
    "CONSTRUCT { ?o ?p <http://x/a> } WHERE { <http://x/a> ?p ?o }",
    "DESCRIBE <http://x/a>",
    "PREFIX x: <http://x/> DESCRIBE x:a",
]
OTHERS = [
    "SELECT * { ?s ?p ?o }",
    "SELECT * { _:s ?p ?o }",
    "SELECT * { <a> ?p ?o . <b> ?q ?r }",
    "SELECT * { <a> ?p ?o ; ?q ?r }",
    "SELECT * { <a> ?p ?o , ?r }",
    "SELECT * { <a> <p>+ ?o }",
    "SELECT * { <a> <p>/<q> ?o }",
    "SELECT * { <a> <p>|<q> ?o }",
    "SELECT * { <a> ^<p> ?o }",
    "SELECT * { <a> !<p> ?o }",
    "SELECT * { <a> (<p>) ?o }",
    "SELECT * { <a> ?p [] }",
    "SELECT * { <a> ?p (1) }",
    "SELECT * { <a> ?p <<( <a> ?q ?r )>> }",
    "SELECT (COUNT(*) AS ?n) { <a> ?p ?o }",
    "SELECT (UUID() AS ?n) { <a> ?p ?o }",
    "SELECT * { <a> ?p ?o } ORDER BY ?o",
    "SELECT ?o { <a> ?p ?o } GROUP BY ?o",
    "SELECT ?o { <a> ?p ?o } HAVING (1)",
    "SELECT * FROM <x> { <a> ?p ?o }",
    "SELECT * { <a> ?p ?o FILTER(?o) }",
    "SELECT * { <a> ?p ?o BIND(1 AS ?b) }",
    "SELECT * { <a> ?p ?o OPTIONAL { ?x ?y ?z } }",
    "SELECT * { <a> ?p ?o } VALUES ?x { 1 }",
    "SELECT * { { <a> ?p ?o } }",
    "SELECT * { { SELECT * { <a> ?p ?o } } }",
    "SELECT * { GRAPH ?g { <a> ?p ?o } }",
    "SELECT * { SERVICE <http://x/> { <a> ?p ?o } }",
    "ASK { # a comment\n <a> ?p ?o }",
    'ASK { <a> ?p "\\" . ?x ?y ?z . <a> <b> \\"" }',
    "ASK { <a> ?p '''some''' }",
    "ASK { <a> <\\u003e ?x ?y . ?z ?u> ?o }",
    # Letters that a search without regard to case takes for ASCII.
    "ASK { <a> ?\u017f ?\u017f }",
    "SELECT ?\u212a { <a> ?p ?\u212a }",
    "DESCRIBE ?x { <a> ?p ?x }",
    "DESCRIBE <a> <b>",
    "DESCRIBE *",
    "CONSTRUCT { ?s ?p ?o . ?o ?p ?s } WHERE { <a> ?p ?o }",
    "INSERT DATA { <a> <b> <c> }",
    "DELETE WHERE { <a> <b> ?c }",
    "",
    "SELECT * { <a> ?p ?o }" + " " * 5_000,
]


@pytest.mark.parametrize("text", LOOKUPS)
def test_a_question_about_one_thing_is_a_look_up(text: str) -> None:
    assert is_lookup(text)


@pytest.mark.parametrize("text", OTHERS)
def test_anything_else_is_not(text: str) -> None:
    assert not is_lookup(text)


@pytest.mark.parametrize("text", LOOKUPS)
def test_a_look_up_is_a_query_that_the_engine_takes(text: str, tmp_path: Path) -> None:
    answer = DirectEvaluator(ox.Store(str(tmp_path)), "http://x/").evaluate(Asked(text), Limits(seconds=10))

    assert answer.length == len(answer.body if isinstance(answer.body, bytes) else answer.body.read())


@pytest.mark.parametrize(
    "text",
    [
        "SELECT DISTINCT ?p { <http://x/a> ?p ?o }",
        "select reduced ?p { <http://x/a> ?p ?o }",
        "SELECT * { <http://x/a> ?p ?o } LIMIT 1 OFFSET 90000",
        "ASK { <http://x/a> ?v ?v }",
        "ASK{<http://x/a>?v$v}",
        "CONSTRUCT { ?x ?y ?z } WHERE { <http://x/a> ?p ?o }",
        f"SELECT {' '.join(f'?v{number}' for number in range(300))} {{ <http://x/a> ?p ?o }}",
    ],
)
def test_what_does_more_than_its_answer_shows_may_scan(text: str) -> None:
    assert is_lookup(text)
    assert may_scan(text)


@pytest.mark.parametrize("text", ["SELECT * { <http://x/a> ?p ?o }", "ASK { <http://x/a> ?p ?pp }", "DESCRIBE <http://x/a>"])
def test_what_answers_with_all_that_it_reads_does_not_scan(text: str) -> None:
    assert is_lookup(text)
    assert not may_scan(text)
