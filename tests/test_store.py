"""ropa.store: one folder, one owner, changes that are whole."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, QuerySolutions

from ropa.errors import BadQuery, NotFound, RefusedQuery, StoreProblem
from ropa.store import Change, Note, Quad, Term, create_store, make_quad, open_store, replay
from ropa.store.apply import apply
from ropa.store.embedded import EmbeddedStore
from ropa.store.journal import copy_statements
from ropa.store.replay import contradictions
from tests.stores import commits, find_broken

GRAPH = "https://ropa.example/graph/register/x"


def statement(value: str, graph: str = GRAPH) -> Quad:
    return make_quad(NamedNode("https://e/s"), NamedNode("https://e/p"), Literal(value), NamedNode(graph))


def values(store: EmbeddedStore, text: str) -> list[str]:
    answer = store.query(text)
    assert isinstance(answer, QuerySolutions)
    return sorted(str(row[0].value) for row in answer)


def test_the_files_of_the_engine_are_told_and_are_others_after_much_was_written(tmp_path: Path) -> None:
    with EmbeddedStore.create(tmp_path / "s") as store:
        before = store.files()
        store.pour(statement(str(number)) for number in range(2_000))

        assert store.files() - before
    assert EmbeddedStore.in_memory().files() == frozenset()


def test_what_is_written_is_there_after_opening_again(tmp_path: Path) -> None:
    with create_store(tmp_path / "s", "https://acme.example/") as store:
        store.replace_graphs({GRAPH: [statement('a "quoted"\nline')]})
        revision = store.revision

    with open_store(tmp_path / "s") as store:
        assert [quad.object.value for quad in store.quads()] == ['a "quoted"\nline']
        assert (store.base, store.revision) == ("https://acme.example/", revision)


def test_replacing_graphs_leaves_the_others_and_raises_the_revision() -> None:
    store = EmbeddedStore.in_memory()
    store.replace_graphs({GRAPH: [statement("old")], GRAPH + "2": [statement("kept", GRAPH + "2")]})
    before = store.revision

    store.replace_graphs({GRAPH: [statement("new")]})

    assert values(store, "SELECT ?o { ?s ?p ?o }") == ["kept", "new"]
    assert store.revision > before


def test_a_failing_write_changes_nothing(tmp_path: Path) -> None:
    with create_store(tmp_path / "s") as store:
        store.replace_graphs({GRAPH: [statement("old")]})

        with pytest.raises(ValueError, match="Invalid IRI"):
            store.replace_graphs({GRAPH: [statement("new")], "not an IRI": [statement("new")]})

        assert [quad.object.value for quad in store.quads()] == ["old"]


def test_a_query_sees_all_graphs_unless_it_names_its_own() -> None:
    store = EmbeddedStore.in_memory()
    store.replace_graphs({GRAPH: [statement("one")], GRAPH + "2": [statement("two", GRAPH + "2")]})

    assert values(store, "SELECT ?o { ?s ?p ?o }") == ["one", "two"]
    assert values(store, "SELECT ?o FROM <graph/register/x> { ?s ?p ?o }") == ["one"]
    answer = store.query("SELECT ?o { ?s ?p ?o }", default_graphs=[GRAPH + "2"])
    assert isinstance(answer, QuerySolutions)
    assert [row[0].value for row in answer] == ["two"]


def test_a_malformed_query_says_where_and_a_remote_call_is_refused() -> None:
    store = EmbeddedStore.in_memory()

    with pytest.raises(BadQuery, match="line 1, column"):
        store.query("SELECT * { ?s ?p }")
    with pytest.raises(RefusedQuery, match="SERVICE is refused"):
        store.query("SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }")
    with pytest.raises(BadQuery, match="5001 deep"):
        store.query("ASK { FILTER" + "(" * 5000 + "1" + ")" * 5000 + " }")


def test_a_folder_in_use_absent_foreign_or_of_another_version_is_one_sentence(tmp_path: Path) -> None:
    place = tmp_path / "s"
    with create_store(place), pytest.raises(StoreProblem, match="held by another process"):
        open_store(place)
    with pytest.raises(StoreProblem, match="is not empty"):
        create_store(place)
    with pytest.raises(StoreProblem, match="is not a store"):
        open_store(tmp_path / "nowhere")
    settings = json.loads((place / "store.json").read_text("utf-8"))
    (place / "store.json").write_text(json.dumps(settings | {"layout": 99}), "utf-8")
    with pytest.raises(StoreProblem, match="layout 99"):
        open_store(place)
    (place / "store.json").write_text(json.dumps(settings), "utf-8")
    shutil.rmtree(place / "quads")
    with pytest.raises(StoreProblem, match="has lost its folder quads"):
        open_store(place)
    (place / "store.json").write_text("{", "utf-8")
    with pytest.raises(StoreProblem, match="cannot be read"):
        open_store(place)


def test_a_store_of_layout_1_is_brought_up_to_date_and_keeps_revision_and_data(tmp_path: Path) -> None:
    place = tmp_path / "s"
    place.mkdir()
    old = ox.Store(str(place / "quads"))
    old.extend([cast(ox.Quad, statement("old")), cast(ox.Quad, statement("x", GRAPH + "2"))])
    old.add_graph(NamedNode("https://e/empty"))
    del old
    (place / "store.json").write_text(json.dumps({"layout": 1, "base": "https://acme.example/", "revision": 7}), "utf-8")

    for _ in range(2):
        with EmbeddedStore.open(place) as store:
            assert (store.base, store.revision, store.statements) == ("https://acme.example/", 7, 2)
            assert store.graphs() == ["https://e/empty", GRAPH, GRAPH + "2"]
            assert [(commit.revision, commit.added) for commit in commits(store)] == [(7, 2)]
            assert not list(contradictions(store.reading, store.patches, 7))
    assert json.loads((place / "store.json").read_text("utf-8"))["layout"] == 2
    with EmbeddedStore.open(place) as store:
        store.replace_graphs({GRAPH: [statement("new")]})
        assert [commit.revision for commit in store.history()] == [8, 7]
        assert not list(contradictions(store.reading, store.patches, 8))


def test_layout_1_without_any_write_has_no_history_yet(tmp_path: Path) -> None:
    place = tmp_path / "s"
    (place / "quads").mkdir(parents=True)
    (place / "store.json").write_text(json.dumps({"layout": 1, "base": "https://acme.example/", "revision": 0}), "utf-8")

    with EmbeddedStore.open(place) as store:
        assert (store.revision, list(store.history())) == (0, [])
        store.replace_graphs({GRAPH: [statement("new")]})
        assert [commit.revision for commit in store.history()] == [1]


def test_the_history_tells_who_when_why_and_what_the_latest_first(tmp_path: Path) -> None:
    with EmbeddedStore.create(tmp_path / "s") as store:
        store.replace_graphs({GRAPH: [statement("a"), statement("b")]}, Note("ann", 'says "so" <x> .\nand goes'))
        written = store.replace_graphs({GRAPH: [statement("b")]}, Note("bob"))

        latest, first = commits(store)
        assert latest == written
        assert (latest.note, latest.removed, latest.added, latest.graphs) == (Note("bob"), 1, 0, (GRAPH,))
        assert (first.note, first.added) == (Note("ann", 'says "so" <x> .\nand goes'), 2)
        assert first.when <= latest.when <= datetime.now(UTC)
        assert store.recall(2) == Change([statement("a")], [])
        assert store.recall(1).created == {GRAPH}
        assert [commit.revision for commit in store.history(before=2)] == [1]
        assert [commit.revision for commit in store.history(limit=1)] == [2]
        with pytest.raises(NotFound, match="revisions 1 to 2"):
            store.recall(3)


def test_writing_what_is_there_already_is_no_commit(tmp_path: Path) -> None:
    decimal, duration = (NamedNode(f"http://www.w3.org/2001/XMLSchema#{name}") for name in ("decimal", "duration"))
    rewritten: list[Term] = [Literal("12.50", datatype=decimal), Literal("P12M", datatype=duration), Literal("colour", language="en-GB")]
    node, graph = NamedNode("https://e/s"), NamedNode(GRAPH)
    quads = [make_quad(node, node, value, graph) for value in [*rewritten, BlankNode("b")]]
    with EmbeddedStore.create(tmp_path / "s") as store:
        assert store.replace_graphs({GRAPH: quads}) is not None
        assert store.replace_graphs({GRAPH: quads}) is None
        assert (store.revision, store.statements) == (1, 4)


@pytest.mark.parametrize("text", ["a" * 300_000, "\x00\x01\x1f\x7f\x85\u2028\U0001f600", "\r\n\t\\\"'", "\\u0041 { } . ;"])
def test_any_text_comes_back_from_the_history_as_it_was(tmp_path: Path, text: str) -> None:
    place = tmp_path / "s"
    with EmbeddedStore.create(place) as store:
        store.pour([statement(text), statement("other")], Note("x"))
        store.commit(Change([statement("other")], [statement("third")]), Note("x"))
        store.commit(Change([statement(text)], [statement(text, GRAPH + "2")], frozenset({GRAPH + "2"})), Note(text[:500]))

        assert store.recall(3) == Change([statement(text)], [statement(text, GRAPH + "2")], frozenset({GRAPH + "2"}))
        assert commits(store)[0].note == Note(text[:500])
        assert set(store.quads()) == {statement("third"), statement(text, GRAPH + "2")}
        assert not list(contradictions(store.reading, store.patches, 3))


def test_blank_nodes_keep_their_labels_through_the_history(tmp_path: Path) -> None:
    place, graph = tmp_path / "s", NamedNode(GRAPH)
    chain = [make_quad(BlankNode(f"n{one}"), NamedNode("https://e/p"), BlankNode(f"n{one + 1}"), graph) for one in range(20)]
    with EmbeddedStore.create(place) as store:
        store.replace_graphs({GRAPH: chain})
        store.commit(Change(chain[::2], [], frozenset()), Note("x"))
        settings = json.loads((place / "store.json").read_text("utf-8"))

    # As if the engine had flushed nothing of it.
    (place / "store.json").write_text(json.dumps(settings | {"flushed": 0}), "utf-8")
    with EmbeddedStore.open(place) as store:
        assert set(store.quads()) == set(chain[1::2])


def test_graphs_that_are_made_empty_and_dropped_are_so_after_opening_again(tmp_path: Path) -> None:
    place = tmp_path / "s"
    with EmbeddedStore.create(place) as store:
        store.commit(Change(created=frozenset({GRAPH, GRAPH + "2"})), Note("x"))
        store.commit(Change((), [statement("a")]), Note("x"))
        store.commit(Change([statement("a")], dropped=frozenset({GRAPH + "2"})), Note("x"))
        assert store.graphs() == [GRAPH]
        settings = json.loads((place / "store.json").read_text("utf-8"))

    (place / "store.json").write_text(json.dumps(settings | {"flushed": 0}), "utf-8")
    shutil.rmtree(place / "quads")
    (place / "quads").mkdir()
    with EmbeddedStore.open(place) as store:
        assert (store.graphs(), store.statements) == ([GRAPH], 0)


def test_many_statements_are_written_again_without_holding_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "_MANY", 10)
    place = tmp_path / "s"
    quads = [statement(str(number) * 9_000, GRAPH + str(number % 3)) for number in range(30)]
    with EmbeddedStore.create(place, "https://acme.example/") as store:
        store.commit(Change((), quads, frozenset({GRAPH + "0", GRAPH + "1", GRAPH + "2", "https://e/empty"})), Note("x"))

        shutil.copytree(place, tmp_path / "cut", ignore=lambda where, names: names if Path(where).name == "quads" else [])
    with EmbeddedStore.open(tmp_path / "cut") as store:
        assert set(store.quads()) == set(quads)
        assert store.graphs() == ["https://e/empty", GRAPH + "0", GRAPH + "1", GRAPH + "2"]


def alter(path: Path, old: bytes, new: bytes) -> None:
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace(old, new)))


@pytest.mark.parametrize(
    ("number", "fault", "broken"),
    [
        (2, lambda path: alter(path, b'> "2"', b'> "two"'), [3]),
        (2, lambda path: alter(path, b'H who "ann"', b'H who "eve"'), [3]),
        (2, lambda path: path.unlink(), [2]),
        (1, lambda path: path.unlink(), [2]),
        (2, lambda path: path.write_bytes(path.read_bytes()[:-20]), [2, 3]),
        (2, lambda path: path.write_bytes(b"nothing"), [2, 3]),
        (4, lambda path: alter(path, b"TC .\n", b""), [4]),
        (4, lambda path: alter(path, b"A <", b"# <"), [4]),
        (4, lambda path: path.unlink(), [4]),
    ],
)
def test_a_patch_that_was_altered_cut_or_taken_away_shows(
    tmp_path: Path, number: int, fault: Callable[[Path], None], broken: list[int]
) -> None:
    place = tmp_path / "s"
    with EmbeddedStore.create(place) as store:
        for revision in range(1, 5):
            store.replace_graphs({GRAPH: [statement(str(revision))]}, Note("ann"))
        assert find_broken(store.patches) == []

    fault(place / "history" / f"{number:010}.rdfp.gz")

    with EmbeddedStore.open(place) as store:
        assert find_broken(store.patches) == broken
        assert store.revision == 4


def test_a_history_that_lacks_what_the_engine_may_have_lost_is_one_sentence(tmp_path: Path) -> None:
    place = tmp_path / "s"
    with EmbeddedStore.create(place) as store:
        store.replace_graphs({GRAPH: [statement("1")]})
        shutil.copy(place / "store.json", tmp_path)
        store.replace_graphs({GRAPH: [statement("2")]})
    shutil.copy(tmp_path / "store.json", place)
    (place / "history" / "0000000002.rdfp.gz").write_bytes(b"nothing")

    for _ in range(2):
        with pytest.raises(
            StoreProblem, match=r"s cannot be opened.* 0000000002.rdfp.gz in the history, is damaged. Put it back from a backup"
        ):
            EmbeddedStore.open(place)


NAMES = [GRAPH + str(number) for number in range(3)]
PLACES: list[NamedNode | DefaultGraph] = [*map(NamedNode, NAMES), DefaultGraph()]
TERMS: list[Term] = [
    NamedNode("https://e/1"),
    NamedNode("https://e/2"),
    BlankNode("b1"),
    BlankNode("b2"),
    Literal('a\n"b"'),
    Literal("a", language="en-gb"),
    Literal(7),
]
QUADS = st.builds(
    make_quad,
    st.sampled_from([term for term in TERMS if not isinstance(term, Literal)]),
    st.sampled_from([NamedNode("https://e/p"), NamedNode("https://e/q")]),
    st.sampled_from(TERMS),
    st.sampled_from(PLACES),
)
STEPS = st.lists(st.tuples(st.lists(QUADS, max_size=6), st.lists(st.sampled_from(NAMES), max_size=1)), min_size=1, max_size=8)


@settings(max_examples=20, deadline=None)
@given(STEPS)
def test_the_copy_in_memory_the_disk_and_the_history_agree_after_any_changes(steps: list[tuple[list[Quad], list[str]]]) -> None:
    model: set[Quad] = set()
    graphs: set[str] = set()
    with TemporaryDirectory() as folder:
        place = Path(folder) / "s"
        EmbeddedStore.create(place).close()
        with EmbeddedStore.open(place, in_memory=True) as store:
            for touched, toggled in steps:
                # A statement that is there goes, another comes; a graph that is there is dropped, another made.
                dropped = set(toggled) & graphs
                after = {quad for quad in model ^ set(touched) if getattr(quad.graph_name, "value", "") not in dropped}
                named = {quad.graph_name.value for quad in after if isinstance(quad.graph_name, NamedNode)} | (set(toggled) - dropped)
                change = Change(list(model - after), list(after - model), frozenset(named - graphs), frozenset(dropped))
                store.commit(change, Note("x"))
                model, graphs = after, (graphs | named) - dropped

                assert set(store.quads()) == model
                assert set(store.graphs()) == graphs
                assert store.statements == len(model)
        with EmbeddedStore.open(place) as store:
            assert set(store.quads()) == model
            assert set(store.graphs()) == graphs
            assert store.statements == len(model)
            assert not list(contradictions(store.reading, store.patches, store.revision))
            undone = ox.Store()
            copy_statements(store.reading, undone)
            for commit in store.history():
                apply(undone, store.recall(commit.revision).reversed())
            assert (len(undone), list(undone.named_graphs())) == (0, [])


@pytest.mark.parametrize("in_memory", [True, False])
def test_threads_that_read_and_write_within_writing_never_lose_an_update(tmp_path: Path, in_memory: bool) -> None:
    place = tmp_path / "s"
    EmbeddedStore.create(place).close()

    def count_up(store: EmbeddedStore) -> None:
        for _ in range(10):
            with store.writing():
                now = max((int(quad.object.value) for quad in store.quads(graph=GRAPH)), default=0)
                store.replace_graphs({GRAPH: [statement(str(now + 1))]})

    with EmbeddedStore.open(place, in_memory=in_memory) as store, ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(count_up, store) for _ in range(8)]:
            done.result()
        assert [quad.object.value for quad in store.quads()] == ["80"]
        assert (store.revision, store.statements) == (80, 1)


def test_compacting_an_open_store_leaves_readers_alone_and_frees_the_disk(tmp_path: Path) -> None:
    with EmbeddedStore.create(tmp_path / "s") as store:
        store.replace_graphs({GRAPH: [statement(str(number)) for number in range(3000)]})
        store.commit(Change(created=frozenset({"https://e/empty"})), Note("x"))
        reader = store.quads()
        first = next(reader)

        before, after = store.compact()

        assert after < before
        assert len({first, *reader}) == 3000
        store.replace_graphs({GRAPH: [statement("new")]})
        assert [quad.object.value for quad in store.quads()] == ["new"]
        assert store.graphs() == ["https://e/empty", GRAPH]
        assert store.revision == 3
    del reader
    with EmbeddedStore.open(tmp_path / "s") as store:
        assert [quad.object.value for quad in store.quads()] == ["new"]
    assert [path.name for path in (tmp_path / "s").glob("quads*")] == ["quads-1"]


def test_a_store_in_memory_has_no_history_and_cannot_be_poured_into() -> None:
    store = EmbeddedStore.in_memory()
    store.replace_graphs({GRAPH: [statement("a")]})

    assert (list(store.history()), store.revision, store.statements) == ([], 1, 1)
    with pytest.raises(NotFound, match="Only a store in a folder"):
        store.recall(1)
    with pytest.raises(StoreProblem, match="on the disk"):
        store.pour([], Note("x"))


def test_only_an_empty_store_can_be_poured_into(tmp_path: Path) -> None:
    with EmbeddedStore.create(tmp_path / "s") as store:
        store.pour([statement("a"), statement("a")], Note("x"))

        assert (store.statements, store.revision, store.graphs()) == (1, 1, [GRAPH])
        with pytest.raises(StoreProblem, match="is not empty"):
            store.pour([statement("b")], Note("x"))
