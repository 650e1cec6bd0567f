"""ropa.store.updates: what is no update, reaches for other addresses or goes too deep is refused, and nothing besides."""

from __future__ import annotations

import pytest

from ropa.errors import BadQuery, CannotEvaluate, RefusedQuery
from tests.updates import BASE, fresh_engine, work

MALFORMED = [
    "INSERT DATA { <a> <b> }",
    "INSERT DATA { ?s <b> <c> }",
    "INSERT DATA { 1 <b> <c> }",
    "INSERT DATA { <a> <b> <c> ",
    "INSERT DATA { <a> <b> <c> } }",
    "INSERT DATA { <a> <b> <c d> }",
    "INSERT DATA { <a> <b> 'c }",
    "INSERT DATA { <a> <b> 'c\nd' }",
    "INSERT DATA { <a> <b> none:c }",
    "INSERT DATA { GRAPH ?g { <a> <b> <c> } }",
    "INSERT DATA { GRAPH _:g { <a> <b> <c> } }",
    "INSERT DATA { GRAPH <g> { GRAPH <h> { <a> <b> <c> } } }",
    "INSERT DATA { _:a <b> <c> } ; INSERT DATA { _:a <b> <c> }",
    "INSERT DATA { <a> <b> <c> } ; ; INSERT DATA { <a> <b> <d> }",
    "; INSERT DATA { <a> <b> <c> }",
    "INSERT DATA { <a> <b> <c> } INSERT DATA { <a> <b> <d> }",
    "INSERT DATA { <a> <b> <c> } ; nonsense",
    "INSERT { <a> <b> <c> }",
    "INSERT { <a> <b> <c> } WHERE",
    "INSERT { <a> <b> <c> } { ?s ?p ?o }",
    "INSERT { <a> <b> <c> } WHERE { ?s ?p }",
    "INSERT { <a> <b> ?n } WHERE { BIND(1 AS ?n) BIND(2 AS ?n) }",
    "INSERT { <a> <b> <c> } DELETE { <a> <b> <c> } WHERE {}",
    "DELETE DATA { _:a <b> <c> }",
    "DELETE DATA { ?a <b> <c> }",
    "DELETE { _:a <b> <c> } WHERE {}",
    "DELETE { [] <b> <c> } WHERE {}",
    "DELETE WHERE { _:a <b> <c> }",
    "DELETE WHERE { ?s <b>/<c> ?o }",
    "WITH <g> DELETE WHERE { ?s ?p ?o }",
    "WITH <g> INSERT DATA { <a> <b> <c> }",
    "WITH ?g INSERT { <a> <b> <c> } WHERE {}",
    "DELETE { ?s ?p ?o } USING ?g WHERE { ?s ?p ?o }",
    "WHERE { ?s ?p ?o }",
    "CREATE <g>",
    "CREATE GRAPH DEFAULT",
    "CLEAR <g>",
    "CLEAR",
    "DROP GRAPH",
    "COPY <a> <b>",
    "MOVE NAMED TO <b>",
    "ADD ALL TO <b>",
    "SELECT * { ?s ?p ?o }",
    "PREFIX INSERT DATA { <a> <b> <c> }",
    "PREFIX ex <x> CLEAR ALL",
    "BASE x: CLEAR ALL",
    "\u00a0CLEAR ALL",
    "CLEAR ALL\x0c",
    "CLEAR ALL }",
    "CLEAR ALL \\u003B CLEAR ALL",
    "INSERT DATA { <a> <b> ex:\\u0041 }",
    "CREATE GRAPH <g>",
    "CREATE GRAPH <new> ; CREATE GRAPH <new>",
    "DROP GRAPH <absent>",
    "CLEAR GRAPH <absent>",
    "MOVE <absent> TO <g>",
    "DROP GRAPH <g> ; CLEAR GRAPH <g>",
    "INSERT DATA { <a> <b> <c> } ; INSERT { <a> <b> ?x } WHERE { BIND(<no-function>(1) AS ?x) }",
]

# The engine takes these, the grammar does not.
LAX = [
    ";",
    "INSERTDATA { <a> <b> <c> }",
    "CLEARALL",
    "PREFIXa: <x> INSERT DATA { <a> <b> <c> }",
    "DELETE WHERE { ?s <knows> ?o ?o <name> ?n }",
]


@pytest.mark.parametrize("text", MALFORMED)
def test_what_the_engine_does_not_take_is_an_error(text: str) -> None:
    with pytest.raises((SyntaxError, RuntimeError)):
        fresh_engine().update(text, base_iri=BASE)

    with pytest.raises((BadQuery, CannotEvaluate)):
        work(text)


@pytest.mark.parametrize("text", LAX)
def test_what_only_the_engine_takes_is_an_error(text: str) -> None:
    with pytest.raises(BadQuery):
        work(text)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("INSERT DATA {\n  <a> <b> }", 2, 11),
        ("PREFIX a: <a b>\nINSERT DATA { <a> <b> <c> }", 1, 16),
        ("PREFIX a: <x>\nCLEAR ALL;\n\nPREFIX é: <x\\u003E>\nCLEAR ALL", 4, 20),
        ("PREFIX a: <x>\nCLEAR ALL;\n\nPREFIX b: <x>\nPREFIX c: <x y>\nCLEAR ALL", 5, 16),
        ("CLEAR ALL;\nPREFIX a: <x>\nCLEAR ALL ;\n  CLEAR 'éé'", 4, 13),
        ("CLEAR ALL ;\n ; CLEAR ALL", 2, 2),
        ("CLEAR ALL ; INSERT DATA { <a> <b> '😀' <c> }", 1, 44),
        ("INSERT DATA { <a> <b> <c> } nonsense", 1, 32),
        ("CLEAR ALL CLEAR ALL", 1, 14),
        ("PREFIXa: <x> ASK {}", 1, 20),
    ],
)
def test_the_place_of_a_fault_is_that_in_the_text_of_the_client(text: str, line: int, column: int) -> None:
    with pytest.raises(BadQuery) as caught:
        work(text)

    assert (caught.value.line, caught.value.column) == (line, column)


def test_a_malformed_request_is_refused_before_anything_is_evaluated() -> None:
    product = " ".join(f"VALUES ?v{number} {{ {'1 ' * 100} }}" for number in range(20))

    with pytest.raises(BadQuery):
        work(f"DELETE {{ ?s ?p ?o }} WHERE {{ {product} }} ; nonsense")


@pytest.mark.parametrize(
    "text",
    [
        "LOAD <http://127.0.0.1/>",
        "load silent<http://127.0.0.1/>into graph <g>",
        "LOADSILENT<http://127.0.0.1/>INTOGRAPH<g>",
        "CLEAR ALL;LOAD <http://127.0.0.1/> # ; \n ; CLEAR ALL",
        "PREFIX h: <http://127.0.0.1/>LOAD h:x",
        "PREFIX h: <http://127.0.0.1/> LOAD # x\n h:a\\;b INTO GRAPH <g>",
        "VERSION '1.2'LOAD <http://127.0.0.1/>",
        "LOAD #" + "-" * 1000 + "\n<http://127.0.0.1/>",
        "LOAD <http://127.0.0.1/>" + "#\n" * 1000,
        "PREFIX " + "p" * 1000 + ": <http://127.0.0.1/> LOAD " + "p" * 1000 + ":x",
        "INSERT { ?s ?p ?o } WHERE { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }",
        "INSERT { ?s ?p ?o } WHERE { ?s ?p 1SERVICE SILENT ?g { ?s ?p ?o } }",
        "INSERT { ?s ?p ?o } WHERE { ?s ?p trueservice<http://127.0.0.1/>#{\n{ ?s ?p ?o } }",
        "PREFIX : <http://127.0.0.1/> DELETE { ?s ?p ?o } WHERE { SERVICE :a\\(b{ ?s ?p ?o } }",
        'INSERT { ?s ?p ?o } WHERE { SERVICE #\\u000A"\n<http://127.0.0.1/> { ?s ?p ?o } }',
        "INSERT { ?s ?p ?o } WHERE { SERVICE #" + "-" * 1000 + "\n<http://127.0.0.1/> { ?s ?p ?o } }",
    ],
)
def test_whatever_would_reach_for_another_address_is_refused(text: str) -> None:
    with pytest.raises(RefusedQuery, match="is refused: this store does not call other addresses"):
        work(text)


@pytest.mark.parametrize(
    "text",
    [
        "Customer service: backup, load: high; service desk; load <x> first",
        "our service #1\\n LOAD; SERVICE {",
    ],
)
def test_what_people_write_of_services_and_loads_is_kept(text: str) -> None:
    assert work(f"PREFIX : <x/> INSERT DATA {{ :load :service :load ; <service> '{text}' . GRAPH :service {{ :a <load> :b }} }}").added


def test_a_deep_text_and_a_long_pattern_are_refused() -> None:
    with pytest.raises(BadQuery, match="5001 deep"):
        work("INSERT DATA { <a> <b> " + "(" * 5000 + ")" * 5000 + " }")
    for piece in ("!", "1+", "1&&"):
        with pytest.raises(BadQuery, match="more than 5000 tokens"):
            work("INSERT { <a> <b> 1 } WHERE { FILTER(" + piece * 50_000 + "1) }")


def test_long_lists_of_values_are_taken() -> None:
    many = [f"<n{number}>" for number in range(6_000)]
    rows_of_values = "INSERT { ?x <p> 1 } WHERE { VALUES ?x { MANY } }".replace("MANY", " ".join(many))
    list_of_values = "INSERT { ?x <p> 1 } WHERE { ?x <age> ?a FILTER(?x NOT IN (MANY)) }".replace("MANY", ", ".join(many))

    assert len(work(rows_of_values).added) == 6_000
    assert len(work(list_of_values).added) == 1


@pytest.mark.parametrize(
    "text",
    [
        "INSERT DATA { <s> <p> <<( <a> <b> <c> )>> }",
        "INSERT DATA { << <s> <p> <o> >> <a> <b> }",
        "INSERT DATA { <s> <p> <o> {| <a> <b> |} }",
        "INSERT DATA { <s> <p> <o> ~ <r> }",
        "INSERT { <s> <p> <<( ?s <b> <c> )>> } WHERE { ?s <age> ?a }",
    ],
)
def test_triples_of_triples_are_refused(text: str) -> None:
    with pytest.raises(BadQuery, match=r"RDF 1\.2"):
        work(text)


def test_a_triple_as_a_value_is_refused() -> None:
    with pytest.raises(CannotEvaluate, match=r"RDF 1\.2"):
        work("INSERT { <s> <p> ?t } WHERE { BIND(TRIPLE(<a>, <b>, <c>) AS ?t) }")
