"""ropa.store.updates: what a request would change is exactly what the engine would do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import NamedNode

from ropa.errors import RopaError
from ropa.store import Change
from ropa.store.updates import EngineDataset
from tests.updates import BASE, fresh_engine, state, work

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
