"""ropa.store.remote: a store is opened with its login, its base and what the engine holds already, or it is said what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from ropa.errors import CannotEvaluate, StoreProblem
from ropa.namespaces import graph_iri
from ropa.store.remote import RemoteStore, open_remote
from tests.engines import Server, oxigraph
from tests.remote import P, S, new_base, objects, server, statement

__all__ = ["server"]


@pytest.mark.parametrize("server", ["virtuoso"], indirect=True)
def test_whoever_logs_in_to_virtuoso_may_write(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROPA_REMOTE_USER", "dba")
    monkeypatch.setenv("ROPA_REMOTE_PASSWORD", "dba")
    base = new_base()
    graph = graph_iri(base, "x")

    with open_remote(server.query, base) as store:
        assert store.engine.addresses.update.endswith("/sparql-auth")
        store.replace_graphs({graph: [statement(number, graph) for number in range(3_000)]})
        assert store.statements == 3_000

    monkeypatch.setenv("ROPA_REMOTE_PASSWORD", "wrong")
    with open_remote(server.query, base) as store, pytest.raises(StoreProblem, match=r"refuses us \(401\)") as refused:
        store.replace_graphs({graph: []})
    assert "wrong" not in str(refused.value)


def test_what_an_engine_holds_already_is_taken_over(server: Server) -> None:
    base = new_base()
    graph = graph_iri(base, "x")
    with RemoteStore.open(server.query, base=base) as store:
        store.engine.put(graph, f'{S} {P} "by others" .')
        store.engine.put("https://e.example/other", f'{S} {P} "outside" .')

        assert {graph, "https://e.example/other"} <= set(store.graphs())
        store.replace_graphs({graph_iri(base, "y"): [statement("ours", graph)]})

        assert {graph, graph_iri(base, "y"), "https://e.example/other"} <= set(store.graphs())
        assert objects(store, graph) == ['"by others"']


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
