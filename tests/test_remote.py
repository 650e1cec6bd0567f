"""ropa.store.remote: a store that is a SPARQL server, proved against two real ones, Oxigraph's and Virtuoso."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pyoxigraph as ox
import pytest
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, QueryBoolean, QuerySolutions, QueryTriples, RdfFormat

from ropa.errors import BadQuery, CannotEvaluate, Conflict, NotFound, RefusedQuery, StoreProblem, TooLong, TooSlow
from ropa.namespaces import DEFAULT_BASE, XSD, graph_iri
from ropa.store import Answer, Change, Note, Quad, make_quad
from ropa.store.evaluation import Asked, Limits
from ropa.store.remote import RemoteStore, open_remote
from ropa.store.remote.client import Client
from ropa.store.remote.credentials import Credentials
from ropa.store.remote.record import HISTORY
from ropa.store.remote.spelling import canonical
from ropa.store.remote.verdict import Verdict
from ropa.writes import Writer
from tests.engines import Server, oxigraph, oxigraph_server, virtuoso, wait_until

ME = Note("Ada", "It was “wrong” – é")
S, P, Q = (NamedNode(f"https://e.example/{name}") for name in "spq")


@pytest.fixture(scope="module", params=["oxigraph", "virtuoso"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Each engine; Oxigraph's without a union, so that the graphs have to be named."""
    place = tmp_path_factory.mktemp(request.param)
    with oxigraph(place, union=False) if request.param == "oxigraph" else virtuoso(place) as started:
        yield started


_BASES = itertools.count()


@pytest.fixture
def store(server: Server) -> Iterator[RemoteStore]:
    """An empty store beside others on the same engine."""
    with RemoteStore.open(server.query, base=f"https://store-{next(_BASES)}.example/") as opened:
        yield opened


def statement(value: object, graph: str, subject: NamedNode | BlankNode = S) -> Quad:
    term = value if isinstance(value, NamedNode | BlankNode | Literal) else Literal(str(value))
    return make_quad(subject, P, term, NamedNode(graph))


def values(answer: Answer) -> list[str]:
    assert isinstance(answer, QuerySolutions)
    return sorted(str(row[0].value) for row in answer)


def objects(store: RemoteStore, graph: str) -> list[str]:
    return sorted(str(quad.object) for quad in store.quads(graph=graph))


# What is written and read


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


# Commits


def test_a_commit_is_in_the_history_with_who_when_why_and_what(store: RemoteStore) -> None:
    graph, other = graph_iri(store.base, "x"), graph_iri(store.base, "y")
    store.replace_graphs({graph: [statement("old", graph), statement("kept", graph)]})

    commit = store.commit(Change([statement("old", graph)], [statement("new", graph)], created=frozenset({other})), ME)

    assert (store.revision, objects(store, graph), store.graphs()) == (2, ['"kept"', '"new"'], [graph, other])
    latest, first = store.history()
    assert latest == commit
    assert (latest.note, latest.removed, latest.added, latest.graphs) == (ME, 1, 1, (graph, other))
    assert list(store.history(before=2)) == list(store.history(before=2, limit=5)) == [first]
    assert list(store.history(limit=1)) == [latest]
    assert store.recall(2) == Change([statement("old", graph)], [statement("new", graph)], frozenset({other}))
    assert f'D {S} {P} "old" <{graph}> .\n'.encode() in store.patch(2)
    with pytest.raises(NotFound, match="commit '9'"):
        store.recall(9)


def test_a_dropped_graph_is_gone_and_its_content_in_the_history(store: RemoteStore) -> None:
    graph, other = graph_iri(store.base, "x"), graph_iri(store.base, "y")
    store.replace_graphs({graph: [statement("a", graph)], other: []})

    store.commit(Change([statement("a", graph)], (), frozenset(), frozenset({graph})), ME)

    assert (store.graphs(), list(store.quads())) == ([other], [])
    assert store.recall(2) == Change([statement("a", graph)], [], dropped=frozenset({graph}))


def test_replacing_a_graph_by_the_same_writes_nothing(store: RemoteStore) -> None:
    graph = graph_iri(store.base, "x")
    blank = BlankNode()
    again = BlankNode()
    store.replace_graphs({graph: [statement("a", graph), statement(blank, graph), statement("b", graph, blank)]})

    assert store.replace_graphs({graph: [statement("a", graph), statement(again, graph), statement("b", graph, again)]}) is None
    assert store.revision == 1


def test_a_statement_with_a_blank_node_can_be_taken_away(store: RemoteStore) -> None:
    graph = graph_iri(store.base, "x")
    one, two = BlankNode(), BlankNode()
    store.replace_graphs({graph: [statement("a", graph), *(statement(n, graph) for n in (one, two)), statement("b", graph, one)]})
    (going,) = store.quads(None, None, Literal("b"))

    store.commit(Change([going], [statement("c", graph)]), ME)

    assert sorted(quad.object.value for quad in store.quads(graph=graph) if isinstance(quad.object, Literal)) == ["a", "c"]
    assert sum(isinstance(quad.object, BlankNode) for quad in store.quads(graph=graph)) == 2


def test_a_large_write_is_whole_and_leaves_nothing_beside(store: RemoteStore, server: Server) -> None:
    graph = graph_iri(store.base, "x")

    store.replace_graphs({graph: [statement(number, graph) for number in range(6_000)]})
    store.replace_graphs({graph: [statement(number, graph) for number in range(3_000, 6_001)]})

    assert store.statements == 3_001
    assert len(store.recall(2).removed) == 3_000
    staging = f'SELECT ?g {{ GRAPH ?g {{ ?s ?p ?o }} FILTER(STRSTARTS(STR(?g), "{graph_iri(store.base, "history")}/")) }}'
    assert values(store.engine.ask(staging).answer()) == []


def test_the_history_and_the_default_graph_cannot_be_written_to(store: RemoteStore) -> None:
    history = graph_iri(store.base, "history")

    with pytest.raises(StoreProblem, match="is written by the store itself"):
        store.commit(Change((), [statement("a", history)]), ME)
    with pytest.raises(StoreProblem, match="named graphs only"):
        store.commit(Change((), [make_quad(S, P, Literal("a"), DefaultGraph())]), ME)
    assert store.revision == 0


def test_a_write_that_rests_on_an_old_state_is_a_conflict(store: RemoteStore, server: Server) -> None:
    graph = graph_iri(store.base, "x")
    with RemoteStore.open(server.query, base=store.base) as other, store.writing():
        other.replace_graphs({graph: [statement("theirs", graph)]})

        with pytest.raises(Conflict, match="somebody else wrote first"):
            store.commit(Change((), [statement("ours", graph)]), ME)

    assert objects(store, graph) == ['"theirs"']
    assert store.replace_graphs({graph: [statement("ours", graph)]}) is not None


def test_of_writers_that_meet_each_is_told_whether_it_wrote(store: RemoteStore, server: Server) -> None:
    graph = graph_iri(store.base, "x")

    def count_up() -> None:
        with RemoteStore.open(server.query, base=store.base) as mine:
            for _ in range(5):
                while True:
                    with mine.writing():
                        now = list(mine.quads(graph=graph))
                        following = max((int(quad.object.value) for quad in now), default=0) + 1
                        try:
                            mine.commit(Change(now, [statement(following, graph)]), Note("a writer"))
                            break
                        except Conflict:
                            continue

    writers = [threading.Thread(target=count_up) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    with RemoteStore.open(server.query, base=store.base) as after:
        assert objects(after, graph) == ['"20"']
        assert [commit.revision for commit in after.history()] == list(range(20, 0, -1))


def test_the_claim_of_a_writer_that_died_is_taken_away_in_time(tmp_path: Path) -> None:
    graph = graph_iri(DEFAULT_BASE, "x")
    history = graph_iri(DEFAULT_BASE, "history")
    with oxigraph(tmp_path) as server, RemoteStore.open(server.query, timeout=1) as store:
        store.replace_graphs({graph: [statement("a", graph)]})
        store.engine.update(f"INSERT DATA {{ GRAPH <{history}> {{ <{history}> <{HISTORY}claim> <urn:uuid:dead> }} }}")

        with pytest.raises(Conflict, match="Somebody else has been writing"):
            store.replace_graphs({graph: [statement("b", graph)]})
        assert objects(store, graph) == ['"a"']

        def written() -> bool:
            with suppress(Conflict):
                return store.replace_graphs({graph: [statement("b", graph)]}) is not None
            return False

        wait_until(written, "the claim stays")
        assert objects(store, graph) == ['"b"']


def test_an_update_with_patterns_is_worked_out_and_written(store: RemoteStore) -> None:
    graph = graph_iri(store.base, "x")
    store.replace_graphs({graph: [statement(number, graph) for number in range(3)]})

    writer = Writer(store, store.evaluator())
    writer.update(f"DELETE {{ GRAPH ?g {{ ?s {P} ?o }} }} INSERT {{ GRAPH ?g {{ ?s {Q} ?o }} }} WHERE {{ GRAPH ?g {{ ?s {P} ?o }} }}", ME)
    writer.update(f'INSERT DATA {{ GRAPH <{graph}> {{ {S} {P} "3" . {S} {Q} "1" }} }}', ME)

    assert sorted((quad.predicate.value[-1], quad.object.value) for quad in store.quads()) == [
        ("p", "3"),
        ("q", "0"),
        ("q", "1"),
        ("q", "2"),
    ]
    assert [(commit.removed, commit.added) for commit in store.history()] == [(0, 1), (3, 3), (0, 3)]


def test_an_engine_that_was_found_true_solves_the_patterns_of_updates_itself(store: RemoteStore) -> None:
    graph = graph_iri(store.base, "x")
    store.replace_graphs({graph: [statement(number, graph) for number in range(3)]})
    store.verdict = Verdict(questions={"any": ""})
    assert store.is_trusted

    Writer(store, store.evaluator()).update(
        f"DELETE {{ GRAPH ?g {{ ?s {P} ?o }} }} WHERE {{ GRAPH ?g {{ ?s {P} ?o }} FILTER(?o != '1') }} ;"
        f"INSERT {{ GRAPH <{graph}> {{ ?s {Q} ?o }} }} WHERE {{ GRAPH <{graph}> {{ ?s {P} ?o }} }}",
        ME,
    )

    assert sorted((quad.predicate.value[-1], quad.object.value) for quad in store.quads()) == [("p", "1"), ("q", "1")]


def test_what_an_engine_holds_already_is_taken_over(server: Server) -> None:
    base = f"https://store-{next(_BASES)}.example/"
    graph = graph_iri(base, "x")
    with RemoteStore.open(server.query, base=base) as store:
        store.engine.put(graph, f'{S} {P} "by others" .')
        store.engine.put("https://e.example/other", f'{S} {P} "outside" .')

        assert {graph, "https://e.example/other"} <= set(store.graphs())
        store.replace_graphs({graph_iri(base, "y"): [statement("ours", graph)]})

        assert {graph, graph_iri(base, "y"), "https://e.example/other"} <= set(store.graphs())
        assert objects(store, graph) == ['"by others"']


# More rows than an engine gives


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


# Faults


def test_an_engine_that_starts_late_is_waited_for(tmp_path: Path) -> None:
    server = oxigraph_server(tmp_path)
    with ExitStack() as stack:
        stack.callback(server.kill)
        late = threading.Timer(0.3, server.start, kwargs={"wait": False})
        late.start()

        with open_remote(server.query) as store:
            assert store.revision == 0
        late.join()


def test_an_engine_that_is_killed_is_one_sentence_and_comes_back_with_everything(tmp_path: Path) -> None:
    graph = graph_iri(DEFAULT_BASE, "x")
    with oxigraph(tmp_path) as server, open_remote(server.query) as store:
        store.replace_graphs({graph: [statement("a", graph)]})
        server.kill()

        with pytest.raises(StoreProblem, match="cannot be reached"):
            store.query("ASK {}")
        with pytest.raises(StoreProblem, match="cannot be reached"):
            store.replace_graphs({graph: [statement("b", graph)]})

        server.start()
        assert objects(store, graph) == ['"a"']
        assert store.replace_graphs({graph: [statement("b", graph)]}) is not None


def test_an_engine_that_is_killed_in_the_middle_of_a_query_is_one_sentence(tmp_path: Path) -> None:
    with oxigraph(tmp_path) as server, open_remote(server.query) as store:
        killer = threading.Timer(0.5, server.kill)
        killer.start()

        with pytest.raises(StoreProblem, match=r"cannot be reached|broke off"):
            store.query(ENDLESS)
        killer.join()


NUMBERS = " ".join(map(str, range(1000)))
ENDLESS = f"SELECT (COUNT(*) AS ?n) {{ {' '.join(f'VALUES ?{name} {{ {NUMBERS} }}' for name in 'abcd')} }}"


def test_a_query_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    with oxigraph(tmp_path) as server, RemoteStore.open(server.query, timeout=1) as store:
        with pytest.raises(TooSlow, match="within 1 s"):
            store.query(ENDLESS)
        with pytest.raises(TooSlow, match=r"within 0.5 s"):
            store.evaluator().evaluate(Asked(ENDLESS), Limits(seconds=0.5))


def test_an_answer_that_the_engine_breaks_off_is_not_taken_for_a_whole_one(tmp_path: Path) -> None:
    """Oxigraph's server answers 200 and glues its complaint to the rows that it had by then."""
    graph = graph_iri(DEFAULT_BASE, "x")
    with oxigraph(tmp_path, options=["--timeout-s", "1"]) as server, open_remote(server.query) as store:
        store.replace_graphs({graph: [statement(number, graph) for number in range(600)]})

        with pytest.raises(StoreProblem, match="ends before its end"):
            store.query("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(REGEX(CONCAT(?c, ?f, ?i), '77$')) }")


def test_a_reply_past_the_limit_is_not_read_to_its_end(tmp_path: Path) -> None:
    with oxigraph(tmp_path) as server:
        client = Client(Credentials(), most_bytes=100_000)

        with pytest.raises(TooLong, match="100,000 bytes"):
            client.query(server.query, f"SELECT * {{ VALUES ?a {{ {NUMBERS} }} VALUES ?b {{ {NUMBERS} }} }}", "text/csv")


# Logging in and attaching


@pytest.mark.parametrize("server", ["virtuoso"], indirect=True)
def test_whoever_logs_in_to_virtuoso_may_write(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROPA_REMOTE_USER", "dba")
    monkeypatch.setenv("ROPA_REMOTE_PASSWORD", "dba")
    base = f"https://store-{next(_BASES)}.example/"
    graph = graph_iri(base, "x")

    with open_remote(server.query, base) as store:
        assert store.engine.addresses.update.endswith("/sparql-auth")
        store.replace_graphs({graph: [statement(number, graph) for number in range(3_000)]})
        assert store.statements == 3_000

    monkeypatch.setenv("ROPA_REMOTE_PASSWORD", "wrong")
    with open_remote(server.query, base) as store, pytest.raises(StoreProblem, match=r"refuses us \(401\)") as refused:
        store.replace_graphs({graph: []})
    assert "wrong" not in str(refused.value)


def test_the_base_is_told_by_the_history_of_the_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with oxigraph(tmp_path) as server:
        with open_remote(server.query, "https://acme.example/") as store:
            store.replace_graphs({store.base + "graph/x": [statement("a", "https://e.example/")]})
        with open_remote(server.query) as store:
            assert store.base == "https://acme.example/"
        with open_remote(server.query, "https://other.example/") as store:
            store.replace_graphs({store.base + "graph/x": []})
        with pytest.raises(StoreProblem, match="Set ROPA_BASE"):
            open_remote(server.query)
        monkeypatch.setenv("ROPA_BASE", "https://other.example/")
        monkeypatch.setenv("ROPA_REMOTE_TIMEOUT", "5")
        with open_remote(server.query) as store:
            assert (store.base, store.engine.timeout) == ("https://other.example/", 5)
        monkeypatch.setenv("ROPA_REMOTE_TIMEOUT", "soon")
        with pytest.raises(StoreProblem, match="ROPA_REMOTE_TIMEOUT='soon'"):
            open_remote(server.query)


def test_what_the_engine_cannot_do_is_said(tmp_path: Path) -> None:
    with oxigraph(tmp_path) as server:
        with pytest.raises(StoreProblem, match="no SPARQL endpoint at this address"):
            open_remote(server.query.replace("/query", "/nothing/query"))
        with (
            RemoteStore.open(server.query, update_url="", graphs_url="") as store,
            pytest.raises(StoreProblem, match="Set ROPA_UPDATE_URL"),
        ):
            store.replace_graphs({store.base + "graph/x": [statement("a", "https://e.example/")]})
        with RemoteStore.open(server.query) as store, pytest.raises(CannotEvaluate, match="refuses the write"):
            store.engine.update("INSERT NOTHING")
