"""ropa.store.remote: an engine that is late, killed, slow or breaks off is told in one sentence, and nothing half is taken for whole."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from ropa.errors import StoreProblem, TooLong, TooSlow
from ropa.namespaces import DEFAULT_BASE, graph_iri
from ropa.store.evaluation import Asked, Limits
from ropa.store.remote import RemoteStore, open_remote
from ropa.store.remote.client import Client
from ropa.store.remote.credentials import Credentials
from tests.engines import oxigraph, oxigraph_server
from tests.remote import objects, statement

NUMBERS = " ".join(map(str, range(1000)))
ENDLESS = f"SELECT (COUNT(*) AS ?n) {{ {' '.join(f'VALUES ?{name} {{ {NUMBERS} }}' for name in 'abcd')} }}"


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
