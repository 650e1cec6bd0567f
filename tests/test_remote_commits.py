"""ropa.store.remote: a write to an engine is whole, in the history, and a conflict where somebody else wrote first."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, DefaultGraph, Literal

from ropa.errors import Conflict, NotFound, StoreProblem
from ropa.namespaces import DEFAULT_BASE, graph_iri
from ropa.store import Change, Note, make_quad
from ropa.store.remote import RemoteStore
from ropa.store.remote.record import HISTORY
from ropa.store.remote.verdict import Verdict
from ropa.writes import Writer
from tests.engines import Server, oxigraph, wait_until
from tests.remote import ME, P, Q, S, objects, server, statement, store, values

__all__ = ["server", "store"]


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
