"""ropa.store.remote: a store that is a SPARQL server is read and asked as any other, on two real ones, Oxigraph's and Virtuoso."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, QueryBoolean, QuerySolutions, QueryTriples, RdfFormat

from ropa.errors import BadQuery, RefusedQuery, StoreProblem, TooLong
from ropa.namespaces import XSD, graph_iri
from ropa.store import Change
from ropa.store.evaluation import Asked, Limits
from ropa.store.remote import RemoteStore
from ropa.store.remote.spelling import canonical
from tests.engines import Server
from tests.remote import ME, P, S, server, statement, store, values

__all__ = ["server", "store"]

LITERALS = [
    Literal('a "quoted"\nline\twith \\ “é” 😀'),
    Literal("color", language="en-us"),
    Literal("42", datatype=NamedNode(XSD + "integer")),
    Literal("true", datatype=NamedNode(XSD + "boolean")),
    Literal("12.5", datatype=NamedNode(XSD + "decimal")),
    Literal("2018-05-25", datatype=NamedNode(XSD + "date")),
    Literal("2018-05-25T10:00:00.123456Z", datatype=NamedNode(XSD + "dateTime")),
    Literal("P28D", datatype=NamedNode(XSD + "duration")),
    Literal("P1Y6M", datatype=NamedNode(XSD + "duration")),
    Literal("-P10DT10M", datatype=NamedNode(XSD + "duration")),
    Literal("PT5.5S", datatype=NamedNode(XSD + "duration")),
    Literal("P1Y", datatype=NamedNode(XSD + "yearMonthDuration")),
    Literal("P1DT1H", datatype=NamedNode(XSD + "dayTimeDuration")),
    Literal("-2147483647", datatype=NamedNode(XSD + "integer")),
    Literal("a", datatype=NamedNode("https://e.example/own")),
    Literal(""),
]


def test_every_kind_of_term_comes_back_as_it_was_written(store: RemoteStore) -> None:
    graph = graph_iri(store.base, "x")

    store.replace_graphs({graph: [statement(term, graph) for term in (*LITERALS, NamedNode("https://e.example/é"))]})

    assert {quad.object for quad in store.quads(graph=graph)} == {*LITERALS, NamedNode("https://e.example/é")}
    for term in LITERALS:
        assert [quad.object for quad in store.quads(S, P, term)] == [term]
        assert [quad.object for quad in store.quads(None, None, term, graph)] == [term]
    answer = store.query(f"SELECT ?o WHERE {{ {S} {P} ?o }}")
    assert isinstance(answer, QuerySolutions)
    assert {canonical(row[0]) if isinstance(row[0], Literal) else row[0] for row in answer} >= set(LITERALS)


@pytest.mark.parametrize("more", [0, 3_000], ids=["few", "many"])
def test_a_number_that_an_engine_would_change_is_refused(store: RemoteStore, more: int) -> None:
    graph = graph_iri(store.base, "x")
    number = Literal("2147483648", datatype=NamedNode(XSD + "integer"))
    quads = [statement(term, graph) for term in (number, *range(more))]
    if not store.engine.spelling.short_integers:
        store.replace_graphs({graph: quads})
        assert number in {quad.object for quad in store.quads(graph=graph)}
    else:
        with pytest.raises(StoreProblem, match="would make another value of"):
            store.replace_graphs({graph: quads})
        assert (store.revision, store.graphs()) == (0, [])


def test_a_pattern_finds_what_the_embedded_store_finds(store: RemoteStore) -> None:
    one, two = graph_iri(store.base, "1"), graph_iri(store.base, "2")
    blank = BlankNode()
    store.replace_graphs({one: [statement("a", one), statement("b", one), statement(blank, one), statement("c", one, blank)]})
    store.replace_graphs({two: [statement("a", two)]})

    assert {(quad.object.value, quad.graph_name) for quad in store.quads(S, None, Literal("a"))} == {
        ("a", NamedNode(one)),
        ("a", NamedNode(two)),
    }
    assert len(list(store.quads())) == store.statements == 5
    assert [quad.object.value for quad in store.quads(S, P, Literal("a"), two)] == ["a"]
    assert list(store.quads(S, P, Literal("z"), two)) == []
    assert list(store.quads(graph=store.base + "graph/none")) == []
    (there,) = {quad.object for quad in store.quads(graph=one) if isinstance(quad.object, BlankNode)}
    assert isinstance(there, BlankNode)
    assert [quad.object.value for quad in store.quads(there)] == ["c"]
    assert [quad.subject for quad in store.quads(None, None, there)] == [S]


def test_hundreds_of_patterns_are_answered_as_a_few_are_and_follow_every_commit(store: RemoteStore, server: Server) -> None:
    graph = graph_iri(store.base, "x")
    store.replace_graphs({graph: [statement(number, graph) for number in range(200)]})

    def found() -> set[int]:
        return {number for number in range(250) for _ in store.quads(None, None, Literal(str(number)))}

    assert found() == found() == set(range(200))
    assert len(list(store.quads())) == 200
    store.commit(Change([statement(number, graph) for number in range(50)], [statement(200, graph)]), ME)
    assert found() == set(range(50, 201))
    with RemoteStore.open(server.query, base=store.base) as other:
        other.commit(Change((), [statement(201, graph), statement(BlankNode(), graph)]), ME)
    with store.writing():
        assert found() == set(range(50, 202))
        assert len(list(store.quads(graph=graph))) == 153


def test_more_rows_than_the_engine_gives_at_once_are_read_piece_by_piece_or_refused(store: RemoteStore) -> None:
    graph = graph_iri(store.base, "x")
    store.replace_graphs({graph: [statement(number, graph) for number in range(12_000)]})

    assert {quad.object.value for quad in store.quads(graph=graph)} == set(map(str, range(12_000)))
    assert len(list(store.quads(S, P, None))) == 12_000
    if store.engine.row_limit is None:
        assert len(values(store.query("SELECT ?o { ?s ?p ?o }"))) == 12_000
        return
    assert store.engine.row_limit == 10_000
    for text in ("SELECT * { ?s ?p ?o }", "CONSTRUCT WHERE { ?s ?p ?o }"):
        with pytest.raises(RefusedQuery, match="where this engine cuts answers off"):
            store.query(text)
    assert len(values(store.query("SELECT ?o { ?s ?p ?o } LIMIT 9999"))) == 9_999


def test_a_query_sees_all_graphs_but_the_history_unless_it_names_its_own(store: RemoteStore) -> None:
    one, two = graph_iri(store.base, "1"), graph_iri(store.base, "2")
    store.replace_graphs({one: [statement("one", one)], two: [statement("two", two)]})

    assert values(store.query("SELECT ?o { ?s ?p ?o }")) == ["one", "two"]
    assert values(store.query("SELECT ?g { GRAPH ?g { ?s ?p ?o } }")) == [one, two]
    assert values(store.query("SELECT ?o FROM <graph/1> { ?s ?p ?o }")) == ["one"]
    assert values(store.query("SELECT ?o { ?s ?p ?o }", default_graphs=[two])) == ["two"]
    assert values(store.query("SELECT ?o { GRAPH ?g { ?s ?p ?o } }", named_graphs=[two])) == ["two"]


def test_each_form_of_query_is_answered_with_its_kind(store: RemoteStore) -> None:
    graph = graph_iri(store.base, "x")
    store.replace_graphs({graph: [statement("a", graph)]})

    rows, yes, triples = (store.query(text) for text in ("SELECT * { ?s ?p ?o }", "ASK { ?s ?p ?o }", "CONSTRUCT WHERE { ?s ?p ?o }"))

    assert isinstance(rows, QuerySolutions)
    assert sorted((rows.serialize(format=ox.QueryResultsFormat.CSV) or b"").split()[1].split(b",")) == [
        b"a",
        b"https://e.example/p",
        b"https://e.example/s",
    ]
    assert isinstance(yes, QueryBoolean)
    assert bool(yes)
    assert isinstance(triples, QueryTriples)
    assert triples.serialize(format=RdfFormat.N_TRIPLES) == f'{S} {P} "a" .\n'.encode()


def test_a_query_that_is_no_query_or_calls_elsewhere_is_refused(store: RemoteStore) -> None:
    with pytest.raises(BadQuery) as refused:
        store.query("SELECT *\n{ ?s ?p }")
    assert refused.value.line == 2
    with pytest.raises(RefusedQuery, match="SERVICE is refused"):
        store.query("SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }")


def test_strangers_get_the_form_they_want_within_their_limits(store: RemoteStore) -> None:
    graph = graph_iri(store.base, "x")
    store.replace_graphs({graph: [statement(number, graph) for number in range(5)]})
    evaluator = store.evaluator()

    written = evaluator.evaluate(Asked("SELECT ?o { ?s ?p ?o } ORDER BY ?o", solutions="text/csv"), Limits())

    assert (written.kind, written.rows, written.body) == ("solutions", 5, b"o\r\n0\r\n1\r\n2\r\n3\r\n4\r\n")
    assert evaluator.evaluate(Asked("ASK { ?s ?p ?o }"), Limits()).kind == "boolean"
    assert evaluator.evaluate(Asked("CONSTRUCT WHERE { ?s ?p ?o }", graph="application/n-triples"), Limits()).kind == "graph"
    with pytest.raises(TooLong, match="4 rows"):
        evaluator.evaluate(Asked("SELECT ?o { ?s ?p ?o }"), Limits(rows=4))
    with pytest.raises(TooLong, match="40 bytes"):
        evaluator.evaluate(Asked("SELECT ?o { ?s ?p ?o }"), Limits(bytes=40))
