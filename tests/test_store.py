"""ropa.store: one folder, one owner, changes that are whole."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, QuerySolutions

from ropa.errors import BadQuery, RefusedQuery, StoreProblem
from ropa.store import Quad, create_store, make_quad, open_store
from ropa.store.embedded import EmbeddedStore

GRAPH = "https://ropa.example/graph/register/x"


def statement(value: str, graph: str = GRAPH) -> Quad:
    return make_quad(NamedNode("https://e/s"), NamedNode("https://e/p"), Literal(value), NamedNode(graph))


def values(store: EmbeddedStore, text: str) -> list[str]:
    answer = store.query(text)
    assert isinstance(answer, QuerySolutions)
    return sorted(str(row[0].value) for row in answer)


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

    with pytest.raises(BadQuery, match=r"1:\d+"):
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


def test_a_killed_writer_loses_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    place = tmp_path / "s"
    with create_store(place):
        pass
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(place)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    acknowledged = [int(writer.stdout.readline()) for _ in range(5)]
    writer.kill()
    acknowledged += [int(line) for line in writer.stdout.read().split()]
    writer.wait()
    writer.stdout.close()

    with open_store(place) as store:
        kept = [int(quad.object.value) for quad in store.quads()]
        assert kept[0] >= acknowledged[-1]
        assert len(kept) == 1
        assert store.revision >= acknowledged[-1]


WRITER = """
import sys
from pathlib import Path
from pyoxigraph import Literal, NamedNode
from ropa.store import make_quad, open_store
node = NamedNode("https://e/s")
with open_store(Path(sys.argv[1])) as store:
    for number in range(1, 10_000):
        store.replace_graphs({"https://e/g": [make_quad(node, node, Literal(str(number)), node)]})
        print(number, flush=True)
"""
