"""ropa.store.updates: what a request would change is exactly what the engine would do."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NoReturn, cast

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, NamedNode

from ropa.errors import BadQuery, CannotEvaluate, RefusedQuery, RopaError, TooLong
from ropa.store import Change, Quad
from ropa.store.updates import EngineDataset, work_out

BASE = "https://e.example/"

START = """
PREFIX : <https://e.example/> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
INSERT DATA {
  :ann :name "Ann" , "Ann"@en-GB ; :age 42 ; :born "1981-02-03"^^xsd:date ; :knows :bob , _:somebody .
  :bob :name "Bob {}" ; :knows :cleo . :cleo :name "Cleo" .
  _:somebody :name "no; one" ; :list ( 1 "two" :three ) .
  GRAPH :g { :ann :knows :bob . :bob :age 7 . _:somebody :in :g }
  GRAPH :h { :ann :knows :bob . :x :y 1.50 , 1.5e0 , true }
} ;
CREATE GRAPH :empty
"""

REQUESTS = [
    # nothing
    "",
    "# only a comment { ; INSERT DATA",
    "PREFIX : <x> BASE <y/>",
    "INSERT DATA {} ; DELETE DATA { } ; DELETE WHERE {} ; INSERT {} WHERE {} ; DELETE {} WHERE {} ; DELETE {} INSERT {} WHERE {}",
    # data
    "INSERT DATA { <ann> <name> 'Ann' }",
    "INSERT DATA { <new> <name> 'New' } ;",
    "insert data { <a> a <b> ; <c> <d> , <e> ;; <f> 'g' ; . <h> <i> <j> . }",
    "INSERT DATA { GRAPH <g> { <new> <p> 1 } . <new> <p> 2 . GRAPH <brand/new> { <new> <p> 3 } GRAPH <h> {} }",
    "INSERT DATA { GRAPH <brand/new> {} }",
    "INSERT DATA { _:a <p> _:b . _:b <p> _:a . GRAPH <g> { _:a <q> [] , [ <r> [ <s> 't' ] ] } }",
    "INSERT DATA { <l> <list> ( 1 ( 2 _:x ) () [ <p> <q> ] ) . ( 3 4 ) . (5) <p> (6) . [ <p> <o> ] }",
    "INSERT DATA { <n> <p> 1, 01, +1, -1, 1.0, 1.50, 1e0, 1.e1, .5, true, false }",
    'INSERT DATA { <n> <p> \'\'\'a """ \' } ; # DELETE\'\'\' , """{ \'\' "" \\"""" , \'it\\\'s\' , "#", \'\' , "" }',
    "INSERT DATA { <n> <p> 'a'@en , 'a'@EN-gb-oed, 'a'^^<t>, '7'^^<http://www.w3.org/2001/XMLSchema#int>, '\\u00e9\\U0001F600\\n' }",
    "INSERT DATA { <a#b> <c'd> <../x?y#z> , <\\u00e9> , <//other/p> , <> }",
    "PREFIX delete: <d/> PREFIX : <n/> PREFIX where: <w/>"
    " INSERT DATA { delete:where :insert where:data . : : where: . :a.b :c\\;d\\( :e%20f }",
    "PREFIX ex: <é/> INSERT { ex:नाम ex:it\\'s ex:a\\#b . ?नाम ex:1a-b ex:ok· } WHERE { ?नाम <name> 'Ann' }",
    "# { '\nPREFIX # }\n ex: # ;\n<p/> INSERT # DATA\nDATA # {\n{ # }\n ex:a # .\n ex:b ex:c } # ; x",
    "DELETE DATA { <ann> <name> 'Ann' , 'Ann'@EN-gb ; <age> 042 . GRAPH <h> { <x> <y> 1.5 } GRAPH <no> { <x> <y> <z> } }",
    "DELETE DATA { GRAPH <h> { <ann> <knows> <bob> . <x> <y> 1.50 , 1.5e0, true } }",
    "DELETE DATA { <ann> <name> 'Ann' } ; INSERT DATA { <ann> <name> 'Ann' }",
    "INSERT DATA { <x> <p> 1 } ; DELETE DATA { <x> <p> 1 } ; DELETE DATA { <x> <p> 1 }",
    "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> INSERT DATA { <x> <p> 1 } ; INSERT DATA { <x> <p> 01 ; <q> 2 } ;"
    " DELETE DATA { <x> <p> 1.0 , '1'^^xsd:int }",
    "INSERT DATA { GRAPH <k> { <x> <p> 1 } } ; DELETE DATA { GRAPH <k> { <x> <p> 1 } }",
    "VERSION '1.2' INSERT DATA { <x> <p> 'a' }",
    # DELETE WHERE
    "DELETE WHERE { ?s ?p ?o }",
    "DELETE WHERE { ?s <knows> ?o . ?o <name> $name }",
    "DELETE WHERE { GRAPH ?g { ?s <knows> ?o } }",
    "DELETE WHERE { <ann> ?p ?o . GRAPH <g> { <ann> ?p ?o } }",
    "DELETE WHERE { ?s <y> 1.5 . GRAPH <h> { ?s ?p true } } ; DELETE WHERE { GRAPH <h> { ?s <y> 1.5 , 1.5e0 } }",
    "DELETE WHERE { <ann> <name> 'Ann' } ; DELETE WHERE { <ann> <name> 'nobody' }",
    # DELETE and INSERT
    "DELETE { ?s <name> ?n } INSERT { ?s <label> ?n } WHERE { ?s <name> ?n }",
    "DELETE { ?s ?p ?o } INSERT { ?s ?p ?o } WHERE { ?s ?p ?o }",
    "DELETE { ?a <knows> ?b } INSERT { ?b <knows> ?a } WHERE { ?a <knows> ?b }",
    "INSERT { GRAPH ?g { ?s <copy> ?o } } WHERE { GRAPH ?g { ?s ?p ?o } }",
    "INSERT { GRAPH <copy> { ?s ?p ?o } } WHERE { ?s ?p ?o }",
    "INSERT { GRAPH ?n { <a> <b> <c> } ?n <b> <c> . <a> ?n <c> . <a> <b> ?n } WHERE { ?s <name> ?n }",
    "INSERT { <s> <p> ?unbound , 'kept' ; ?unbound <o> . ?unbound <p> <o> . GRAPH ?unbound { <s> <p> <o> } } WHERE {}",
    "INSERT { 1 <p> 2 . 'a' <p> <b> . <a> <p> 2 } WHERE { ?s <age> 42 }",
    "DELETE { 1 <p> 2 . <ann> <age> 42 } WHERE {}",
    "INSERT { _:b <of> ?s . _:b <and> [] , _:c . GRAPH <g> { _:c <in> ( ?s _:b ) } } WHERE { ?s <name> ?n }",
    "INSERT { [] <seen> 1 } WHERE { ?s <name> ?n } ; INSERT { _:n <again> 1 } WHERE { ?s <knows> _:n }",
    "INSERT { <s> <p> <o> } WHERE { ?s <nothing> ?o }",
    "INSERT { <s> <p> <o> , 1, 01 } WHERE { ?s ?p ?o }",
    "INSERT { ?s <p> 'a { ?x' ; <q> \"?s\" , '''}''' # ?s }\n ; <r> ?n } WHERE { ?s <name> ?n FILTER(?n != '} ; DROP ALL') # } ; {\n }",
    "INSERT { ?s <longer> $x } WHERE { ?s <age> ?age BIND(?age + 1 AS ?x) FILTER(?age<50&&?age>1) }",
    "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> DELETE { ?s <age> ?a } INSERT { ?s <age> ?b }"
    " WHERE { GRAPH <g> { ?s <age> ?a } BIND(STRDT('07', xsd:integer) AS ?b) }",
    "INSERT { ?s <older> ?x } WHERE { SELECT ?s (MAX(?a) AS ?x) { ?s <age> ?a } GROUP BY ?s HAVING (MAX(?a) > 1) ORDER BY ?s LIMIT 5 }",
    "INSERT { ?s <hidden> ?o } WHERE { { SELECT ?s { ?s <knows> ?o } } }",
    "INSERT { ?s <hidden> ?o } WHERE { ?s <age> ?a FILTER EXISTS { ?s <knows> ?o } MINUS { ?s <nothing> ?o } }",
    "INSERT { ?s <far> ?o } WHERE { ?s <knows>+/^(<nothing>|!<knows>)*/(<knows>?) ?o }",
    "INSERT { ?s <opt> ?o } WHERE { ?s <name> ?n OPTIONAL { ?s <knows> ?o } }",
    "INSERT { ?s <v> ?v } WHERE { VALUES (?s ?v) { (<ann> 1) (<bob> UNDEF) (UNDEF 'x{') (<c#> <d'>) } }",
    "INSERT { ?s <v> ?g } WHERE { { GRAPH ?g {} } UNION { ?s <name> 'Cleo' } UNION { ?s <name> 'Cleo' } BIND(<x> AS ?s2) }",
    "INSERT { ?s <v> ?v } WHERE { ?s <age> ?a BIND(?a<'>' AS ?v) } ; INSERT { <a> <b> '>' } WHERE { FILTER(1<2#')}\n) }",
    "INSERT { ?s <v> ?w } WHERE { (?s <c#d>) <p> (?w <e'f>) }",
    "BASE <b/> INSERT { ?x <rel> <ann> } WHERE { BIND(IRI('made') AS ?x) }",
    "INSERT { ?x <made> 1 } WHERE { BIND(IRI('made') AS ?x) }",
    "INSERT { <a> <b> 1 } USING <g> USING <h> USING NAMED <empty> USING NAMED <g> WHERE { ?s ?p ?o GRAPH <g> { ?s ?p ?o } GRAPH ?e {} }",
    # WITH and USING
    "WITH <g> DELETE { ?s <age> ?a } INSERT { ?s <age> 8 . GRAPH <h> { ?s <age> ?a } } WHERE { ?s <age> ?a }",
    "WITH <g> INSERT { ?s <w> ?o } WHERE { GRAPH <h> { ?s <y> ?o } }",
    "WITH <g> INSERT { ?s <w> ?o } USING <h> WHERE { ?s <y> ?o }",
    "WITH <g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
    "WITH <brand/new> INSERT { <s> <p> <o> } WHERE {}",
    "WITH <brand/new> DELETE { <s> <p> <o> } WHERE {}",
    "WITH <brand/new> INSERT { ?s <p> <o> } WHERE { ?s ?p ?o }",
    "INSERT { ?s <u> ?o } USING <g> USING <h> WHERE { ?s ?p ?o }",
    "INSERT { ?s <u> ?g } USING NAMED <h> WHERE { GRAPH ?g { ?s ?p ?o } }",
    "INSERT { ?s <u> ?g } USING <g> USING NAMED <h> WHERE { ?s <knows> ?o GRAPH ?g { ?s ?p ?o } }",
    "PREFIX : <> INSERT { ?s :u ?o } USING :g WHERE { ?s ?p ?o OPTIONAL { GRAPH ?g { ?x ?y ?z } } FILTER(!BOUND(?g)) }",
    # graphs
    "CLEAR DEFAULT",
    "CLEAR NAMED",
    "CLEAR ALL",
    "CLEAR GRAPH <g>",
    "CLEAR SILENT GRAPH <absent>",
    "DROP DEFAULT ; DROP SILENT GRAPH <absent> ; DROP GRAPH <g>",
    "DROP NAMED",
    "drop silent all",
    "CREATE GRAPH <brand/new>",
    "CREATE SILENT GRAPH <g> ; CREATE SILENT GRAPH <brand/new>",
    "DROP GRAPH <empty> ; CREATE GRAPH <empty>",
    "CREATE GRAPH <brand/new> ; DROP GRAPH <brand/new>",
    "DROP GRAPH <g> ; INSERT DATA { GRAPH <g> { <ann> <knows> <bob> . <new> <p> 1 } }",
    "DROP SILENT GRAPH <absent> ; INSERT DATA { GRAPH <absent> { <new> <p> 1 } } ; CLEAR GRAPH <absent>",
    "ADD <g> TO <h>",
    "ADD DEFAULT TO GRAPH <g> ; ADD GRAPH <g> TO DEFAULT",
    "ADD <absent> TO <g> ; ADD SILENT <g> TO <brand/new> ; ADD <g> TO <g>",
    "COPY <g> TO <h>",
    "COPY DEFAULT TO <h>",
    "COPY <h> TO DEFAULT",
    "COPY <g> TO <brand/new> ; COPY <g> TO <g> ; COPY SILENT <absent> TO <h>",
    "COPY <empty> TO <h>",
    "COPY <g> TO <empty> ; COPY <g> TO <empty>",
    "MOVE <g> TO <h>",
    "MOVE GRAPH <g> TO DEFAULT",
    "MOVE DEFAULT TO <brand/new>",
    "MOVE <g> TO <g> ; MOVE <absent> TO <absent> ; MOVE DEFAULT TO DEFAULT",
    "MOVE SILENT <absent> TO <h>",
    "MOVE <empty> TO <h> ; MOVE DEFAULT TO <g>",
    "PREFIX ex: <> CLEAR GRAPH ex:g;MOVE ex:h TO ex:to",
    # several operations, each on what the ones before have led to
    "INSERT DATA { <dora> <name> 'Dora' } ; INSERT { ?s <seen> 1 } WHERE { ?s <name> ?n } ; DELETE WHERE { ?s <name> 'Dora' }",
    "DELETE WHERE { <ann> ?p ?o } ; INSERT { <left> <is> ?s } WHERE { ?s ?p ?o } ; CLEAR GRAPH <h> ;"
    " INSERT { ?g <is> <left> } WHERE { GRAPH ?g {} }",
    "INSERT { _:n <name> ?n } WHERE { ?s <name> ?n } ; DELETE { ?x <name> ?n } INSERT { ?x <label> ?n }"
    " WHERE { ?x <name> ?n FILTER isBlank(?x) }",
    "DROP ALL ; INSERT DATA { GRAPH <k> { <a> <b> <c> } } ; INSERT { ?g <has> ?s } WHERE { GRAPH ?g { ?s ?p ?o } } ; MOVE <k> TO <l>",
    "DROP GRAPH <g> ; INSERT { <is> <there> ?g } WHERE { GRAPH ?g {} } ; CREATE GRAPH <g> ;"
    " INSERT { <now> <there> ?g } WHERE { GRAPH ?g {} }",
    "COPY <g> TO <k> ; WITH <k> DELETE { ?s ?p ?o } INSERT { ?s <moved> ?o } WHERE { ?s ?p ?o } ; ADD <k> TO DEFAULT ; CLEAR GRAPH <g>",
    "DELETE WHERE { <ann> <name> ?n } ; INSERT DATA { <ann> <name> 'Ann' , 'Ann'@en-gb } ; INSERT { ?s <two> ?n } WHERE { ?s <name> ?n }",
    "DELETE { ?s ?p ?o } WHERE { ?s ?p ?o FILTER isBlank(?s) } ; INSERT DATA { _:x <p> 1 } ; DELETE { ?s ?p 1 } WHERE { ?s ?p 1 }",
]

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


def fresh_engine() -> ox.Store:
    engine = ox.Store()
    engine.update(START, base_iri=BASE)
    return engine


def copy_of(engine: ox.Store) -> ox.Store:
    with EngineDataset(engine, BASE, None).scratch() as copy:
        return copy


def apply(engine: ox.Store, change: Change) -> None:
    for quad in change.removed:
        engine.remove(cast(ox.Quad, quad))
    for graph in change.dropped:
        engine.remove_graph(NamedNode(graph))
    for graph in change.created:
        engine.add_graph(NamedNode(graph))
    engine.extend(cast(Iterable[ox.Quad], change.added))


def state(engine: ox.Store) -> tuple[set[str], set[str]]:
    """All statements, with blank nodes named by their place, and the names of all graphs."""
    dataset = ox.Dataset(engine)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return {str(quad) for quad in dataset}, {str(graph) for graph in engine.named_graphs()}


def work(
    text: str, engine: ox.Store | None = None, using: Sequence[str] = (), using_named: Sequence[str] = (), most_quads: int | None = None
) -> Change:
    data = EngineDataset(fresh_engine() if engine is None else engine, BASE, None)
    return work_out(text, data, base=BASE, using=using, using_named=using_named, most_quads=most_quads)


def assert_same_as_the_engine(text: str, before: ox.Store, using: Sequence[str] = (), using_named: Sequence[str] = ()) -> None:
    """The change is exact and leads to where the engine's own update of *text* leads, or both fail."""
    clauses = "".join(f" USING <{iri}>" for iri in using) + "".join(f" USING NAMED <{iri}>" for iri in using_named)
    after, here = copy_of(before), state(before)
    try:
        after.update(text.replace(" WHERE", f"{clauses} WHERE"), base_iri=BASE)
    except (SyntaxError, RuntimeError):
        with pytest.raises(RopaError):
            work(text, before, using, using_named)
        return

    change = work(text, before, using, using_named)

    assert state(before) == here
    names = {graph.value for graph in before.named_graphs()}
    assert len(set(change.removed)) == len(change.removed)
    assert len(set(change.added)) == len(change.added)
    assert all(cast(ox.Quad, quad) in before for quad in change.removed)
    assert not any(cast(ox.Quad, quad) in before for quad in change.added)
    assert change.created.isdisjoint(names)
    assert change.dropped <= names
    apply(before, change)
    assert state(before) == state(after)


@pytest.mark.parametrize("text", REQUESTS)
def test_a_change_leads_to_where_the_engine_leads(text: str) -> None:
    fresh_engine().update(text, base_iri=BASE)

    assert_same_as_the_engine(text, fresh_engine())


@pytest.mark.parametrize("text", LAX)
def test_what_only_the_engine_takes_is_an_error(text: str) -> None:
    with pytest.raises(BadQuery):
        work(text)


@pytest.mark.parametrize("text", MALFORMED)
def test_what_the_engine_does_not_take_is_an_error(text: str) -> None:
    with pytest.raises((SyntaxError, RuntimeError)):
        fresh_engine().update(text, base_iri=BASE)

    with pytest.raises((BadQuery, CannotEvaluate)):
        work(text)


TERMS = ["<a>", "<b>", "<c>", "1", "'x'", "?x", "?y", "_:n"]
GRAPHS = ["<g>", "<h>", "<k>"]


@st.composite
def triples(draw: st.DrawFn, subjects: Sequence[str], values: Sequence[str]) -> str:
    """Up to three statements, some of them in a graph."""
    text = ""
    for _ in range(draw(st.integers(1, 3))):
        triple = f"{draw(st.sampled_from(subjects))} {draw(st.sampled_from(['<p>', '<q>']))} {draw(st.sampled_from(values))}"
        graphs = GRAPHS + (["?g"] if "?x" in subjects else [])
        text += draw(st.sampled_from([f"{triple} . ", f"GRAPH {draw(st.sampled_from(graphs))} {{ {triple} }} "]))
    return text


@st.composite
def operations(draw: st.DrawFn) -> str:
    nodes, ground = TERMS[:3], TERMS[:5]
    open_nodes, open_values = [*nodes, "?x", "?y"], [*ground, "?x", "?y"]
    form = draw(st.sampled_from(["INSERT DATA", "DELETE DATA", "DELETE WHERE", "MODIFY", "MODIFY", "MODIFY", "CLEAR", "ADD"]))
    if form == "INSERT DATA":
        return f"INSERT DATA {{ {draw(triples([*nodes, '[]'], [*ground, '[]', '( 1 <a> )']))} }}"
    if form == "DELETE DATA":
        return f"DELETE DATA {{ {draw(triples(nodes, ground))} }}"
    if form == "DELETE WHERE":
        return f"DELETE WHERE {{ {draw(triples(open_nodes, open_values))} }}"
    if form == "MODIFY":
        home = draw(st.sampled_from(["", "", "WITH <g> ", "WITH <k> "]))
        gone = f"DELETE {{ {draw(triples(open_nodes, open_values))} }}"
        come = f"INSERT {{ {draw(triples([*open_nodes, '_:n'], [*open_values, '_:n']))} }}"
        using = draw(st.sampled_from(["", "", "", "USING <g> ", "USING NAMED <h> ", "USING <g> USING <h> USING NAMED <g> "]))
        pattern = draw(triples(open_nodes, open_values))
        extra = draw(st.sampled_from(["", "OPTIONAL { ?x <p> ?y }", "FILTER(!isLiteral(?y))", "{ SELECT ?x { ?x ?p ?o } }", "GRAPH ?g {}"]))
        return f"{home}{draw(st.sampled_from([gone, come, gone + come]))} {using}WHERE {{ {pattern} {extra} }}"
    silent = draw(st.sampled_from(["", "SILENT "]))
    if form == "CLEAR":
        which = draw(st.sampled_from(["DEFAULT", "NAMED", "ALL", *(f"GRAPH {graph}" for graph in GRAPHS)]))
        return draw(st.sampled_from(["CLEAR ", "DROP "])) + silent + which
    graphs = st.sampled_from(["DEFAULT", *GRAPHS])
    moved = f"{draw(st.sampled_from(['ADD', 'COPY', 'MOVE']))} {silent}{draw(graphs)} TO {draw(graphs)}"
    return draw(st.sampled_from([moved, f"CREATE {silent}GRAPH {draw(st.sampled_from(GRAPHS))}"]))


@given(st.lists(operations(), min_size=1, max_size=5), st.lists(operations(), max_size=3))
@settings(max_examples=150, deadline=None)
def test_any_sequence_of_operations_leads_to_where_the_engine_leads(requests: list[str], before: list[str]) -> None:
    engine = ox.Store()
    for operation in ["INSERT DATA { <a> <p> <b> , 1 . <b> <q> 'x' . GRAPH <g> { <a> <p> <b> } GRAPH <h> { <b> <p> <c> } }", *before]:
        try:
            engine.update(operation, base_iri=BASE)
        except RuntimeError:
            continue

    assert_same_as_the_engine(" ; ".join(requests), engine)


def rows(quads: Iterable[Quad]) -> set[str]:
    return {str(quad).replace(BASE, "") for quad in quads}


def test_declarations_between_operations_hold_from_there_on() -> None:
    change = work(
        """PREFIX p: <one/> INSERT DATA { <a> p:x 1 } ;
        BASE <deep/> PREFIX q: <two/> INSERT DATA { <a> p:x 2 ; q:x 3 } ; # ;
        PREFIX p: <three/> INSERT { <a> p:x ?o } WHERE { <ann> <age> ?o } ; INSERT DATA { <a> p:x 4 } ; PREFIX last: <x>"""
    )

    assert rows(change.added) == {
        f"<a> <one/x> {typed(1)}",
        f"<deep/a> <one/x> {typed(2)}",
        f"<deep/a> <deep/two/x> {typed(3)}",
        f"<deep/a> <deep/three/x> {typed(4)}",
    }


def typed(number: int) -> str:
    return f'"{number}"^^<http://www.w3.org/2001/XMLSchema#integer>'


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


def test_nothing_comes_into_a_graph_named_by_a_blank_node() -> None:
    assert not work("INSERT { GRAPH ?g { <s> <p> <o> } } WHERE { BIND(BNODE() AS ?g) }")


def test_new_blank_nodes_are_not_those_of_the_store() -> None:
    engine = ox.Store()
    engine.add(ox.Quad(BlankNode("n"), NamedNode(BASE + "p"), BlankNode("n")))

    change = work("INSERT DATA { _:n <p> _:n } ; INSERT { _:n <q> ?o } WHERE { ?o <p> ?o }", engine)

    assert len({quad.subject for quad in change.added}) == 3
    assert BlankNode("n") not in {quad.subject for quad in change.added}
    assert BlankNode("n") in {quad.object for quad in change.added}


def test_an_empty_graph_in_a_pattern_asks_for_the_graph() -> None:
    # The engine's own update forgets it.
    assert not work("DELETE WHERE { ?s ?p ?o . GRAPH <absent> {} }")
    assert work("DELETE WHERE { ?s ?p ?o . GRAPH <empty> {} }")


@pytest.mark.parametrize(
    "text",
    [
        "INSERT { ?s <u> ?g } WHERE { ?s <knows> ?o OPTIONAL { GRAPH ?g { ?s ?p ?o } } }",
        "DELETE { ?s ?p ?o } INSERT { GRAPH <h> { ?s ?p ?o } } WHERE { ?s ?p ?o } ; INSERT { ?g <is> <left> } WHERE { GRAPH ?g {} }",
    ],
)
@pytest.mark.parametrize("using", [(), (BASE + "g",), (BASE + "g", BASE + "h", BASE + "absent")])
@pytest.mark.parametrize("using_named", [(), (BASE + "h",), (BASE + "empty", BASE + "g")])
def test_the_dataset_of_the_protocol_is_that_of_the_patterns(text: str, using: Sequence[str], using_named: Sequence[str]) -> None:
    assert_same_as_the_engine(text, fresh_engine(), using=using, using_named=using_named)


def test_the_dataset_of_the_protocol_holds_for_delete_where_and_not_for_data_and_graphs() -> None:
    change = work("DELETE WHERE { <x> <y> ?o } ; INSERT DATA { <x> <y> 1 } ; CLEAR GRAPH <g>", using=[BASE + "h"])

    assert rows(change.added) == {f"<x> <y> {typed(1)}"}
    assert {quad.graph_name for quad in change.removed} == {NamedNode(BASE + "g")}


@pytest.mark.parametrize("clause", ["USING <g>", "USING NAMED <g>", "WITH"])
def test_a_dataset_given_twice_is_an_error(clause: str) -> None:
    text = "INSERT { ?s <p> 1 } WHERE { ?s ?p ?o }"
    text = f"WITH <g> {text}" if clause == "WITH" else text.replace("WHERE", f"{clause} WHERE")
    with pytest.raises(BadQuery, match="using-graph-uri"):
        work(f"CLEAR ALL ; {text}", using=[BASE + "g"])
    with pytest.raises(BadQuery, match="using-graph-uri"):
        work(f"CLEAR ALL ; {text}", using_named=[BASE + "g"])


def test_more_than_the_most_is_refused_and_what_exists_does_not_count() -> None:
    data = " . ".join(f"<n{number}> <p> {number}" for number in range(10))
    engine = fresh_engine()
    engine.update(f"INSERT DATA {{ {data} }}", base_iri=BASE)

    assert not work(f"INSERT DATA {{ {data} }} ; DELETE {{ ?s <p> ?o }} INSERT {{ ?s <p> ?o }} WHERE {{ ?s <p> ?o }}", engine, most_quads=0)
    assert len(work("DELETE { ?s <p> ?o } INSERT { ?s <q> ?o } WHERE { ?s <p> ?o }", engine, most_quads=20).added) == 10
    for text in (
        "DELETE { ?s <p> ?o } INSERT { ?s <q> ?o } WHERE { ?s <p> ?o }",
        "DROP ALL",
        "INSERT DATA { " + data.replace("<p>", "<q> 1 ; <r>") + " }",
        "INSERT { ?s <q> ?o . ?o2 <q> ?s } WHERE { ?s <p> ?o . ?o2 <p> ?s2 }",
        "COPY DEFAULT TO <k>",
    ):
        with pytest.raises(TooLong, match="more than 19 statements"):
            work(text, engine, most_quads=19)


class NoScratch(EngineDataset):
    def scratch(self) -> NoReturn:
        raise AssertionError


@pytest.mark.parametrize(
    "text",
    [
        "DROP SILENT GRAPH <g> ; INSERT DATA { GRAPH <g> { <a> <b> <c> } } ; COPY <g> TO <h> ; CLEAR DEFAULT ; MOVE <h> TO <k>",
        "DELETE WHERE { ?s <name> ?n } ; INSERT DATA { <a> <b> <c> } ; INSERT { <a> <b> <d> } WHERE {}",
        "INSERT DATA { <ann> <name> 'Ann' } ; DELETE WHERE { ?s <name> ?n }",
        "CREATE GRAPH <k> ; DROP GRAPH <k> ; DELETE WHERE { ?s <name> ?n }",
    ],
)
def test_the_store_is_copied_only_where_a_pattern_reads_what_has_changed(text: str) -> None:
    assert work_out(text, NoScratch(fresh_engine(), BASE, None), base=BASE)


def test_a_store_on_disk_is_tried_out_on_a_checkpoint_that_goes_again(tmp_path: Path) -> None:
    engine = ox.Store(str(tmp_path / "quads"))
    engine.update(START, base_iri=BASE)
    text = """INSERT DATA { <dora> <name> 'Dora' } ; DROP GRAPH <g> ;
        DELETE { ?s <name> ?n } INSERT { ?g <is> ?n } WHERE { ?s <name> ?n GRAPH ?g {} }"""
    before = state(engine)

    change = work_out(text, EngineDataset(engine, BASE, tmp_path), base=BASE)

    assert rows(change.added) >= {'<empty> <is> "Dora"', '<h> <is> "Dora"'}
    assert change.dropped == {BASE + "g"}
    assert [path.name for path in tmp_path.iterdir()] == ["quads"]
    assert state(engine) == before


def test_a_long_text_is_worked_out_in_a_moment() -> None:
    start = time.process_time()
    for piece in ("service#", "load ", "CLEAR ALL;", "PREFIX a:<b>CLEAR ALL;", "{", "}", "'", "INSERT DATA{", "<"):
        with pytest.raises(RopaError):
            work(piece * (200_000 // len(piece)) + " nonsense", ox.Store())

    # Far above what linear reading takes, far below what quadratic reading would.
    assert time.process_time() - start < 30
