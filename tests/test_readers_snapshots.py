"""ropa.store.readers: each query is evaluated on the state of its moment, of which a copy lies as long as somebody reads it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pyoxigraph as ox
import pytest
from pyoxigraph import Literal, NamedNode, Quad

from ropa.errors import NoSpace
from ropa.store.readers import Checkpoints, ReaderPool
from tests.reading import BASE, THINGS, copying, csv, looks_into_proc, store

__all__ = ["store"]

pytestmark = looks_into_proc


def test_a_new_revision_is_seen_by_the_next_query(tmp_path: Path) -> None:
    store, revision = ox.Store(str(tmp_path / "engine")), [0]
    kept = Checkpoints(copying(store, lambda: revision[0]), lambda: revision[0], tmp_path / "copies")
    seen = []
    with closing(ReaderPool(kept.current, BASE, readers=1, spare=0)) as pool:
        for number in range(5):
            store.add(Quad(NamedNode(BASE + str(number)), NamedNode(BASE + "p"), Literal("x")))
            revision[0] += 1
            seen += csv(pool, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")

    assert seen == ["1", "2", "3", "4", "5"]


def test_a_snapshot_is_made_once_for_a_revision_and_removed_when_nobody_holds_it(store: ox.Store, tmp_path: Path) -> None:
    revision = [7]
    kept = Checkpoints(copying(store, lambda: revision[0]), lambda: revision[0], tmp_path / "copies")
    held = kept.current()
    assert kept.current() is held
    assert held.revision == 7
    revision[0] = 8
    kept.current()
    assert held.folder.is_dir()
    folder = held.folder
    del held

    assert not folder.exists()
    assert [path.name for path in (tmp_path / "copies").iterdir()] == [kept.current().folder.name]
    kept.close()
    assert not (tmp_path / "copies").exists()


def test_a_snapshot_is_made_anew_when_the_engine_has_put_its_files_in_order(
    store: ox.Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [frozenset({"1.sst"})]
    kept = Checkpoints(copying(store), lambda: 0, tmp_path / "copies", lambda: files[0])
    with closing(ReaderPool(kept.current, BASE, readers=1, spare=0)) as pool:
        count = "SELECT (COUNT(*) AS ?n) { ?s <next>/<next> ?o }"
        assert csv(pool, count) == [str(THINGS)]
        first = kept.current().folder
        files[0] = frozenset({"2.sst"})
        assert kept.current().folder == first, "it is not looked at all the time"

        monkeypatch.setattr("ropa.store.checkpoints._LOOK_EVERY", 0.0)
        kept._look_at = 0.0
        second = kept.current().folder
        assert second != first
        assert kept.current().folder == second
        assert csv(pool, count) == [str(THINGS)]
        assert not first.exists()
    kept.close()


def test_what_a_killed_process_left_is_removed_at_the_start(store: ox.Store, tmp_path: Path) -> None:
    (tmp_path / "copies").mkdir()
    store.backup(str(tmp_path / "copies" / "0"))
    kept = Checkpoints(copying(store), lambda: 0, tmp_path / "copies")

    assert list((tmp_path / "copies").iterdir()) == []
    assert len(ox.Store.read_only(str(kept.current().folder))) == 2 * THINGS


def test_a_snapshot_that_cannot_be_made_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    def fail(folder: Path) -> int:
        folder.mkdir()
        raise OSError("IO error: No space left on device")

    kept = Checkpoints(fail, lambda: 0, tmp_path / "copies")
    with pytest.raises(NoSpace):
        kept.current()

    assert list((tmp_path / "copies").iterdir()) == []


def test_readers_without_work_let_go_of_old_snapshots(store: ox.Store, tmp_path: Path) -> None:
    revision = [0]
    kept = Checkpoints(copying(store, lambda: revision[0]), lambda: revision[0], tmp_path / "copies")
    with closing(ReaderPool(kept.current, BASE, readers=3, spare=0)) as pool:
        with ThreadPoolExecutor(3) as threads:
            list(threads.map(lambda _: csv(pool, "SELECT (COUNT(*) AS ?n) { ?s <next>/<next> ?o }"), range(9)))
        revision[0] = 1
        assert csv(pool, "SELECT (1 AS ?x) {}") == ["1"]

        assert [path.name for path in (tmp_path / "copies").iterdir()] == [kept.current().folder.name]


def test_a_store_changes_while_sixteen_threads_ask(tmp_path: Path) -> None:
    store, revision = ox.Store(str(tmp_path / "engine")), [0]
    kept = Checkpoints(copying(store, lambda: revision[0]), lambda: revision[0], tmp_path / "copies")
    pool = ReaderPool(kept.current, BASE, readers=2, spare=0, patience=60)
    done = Event()

    def ask() -> list[tuple[int, int]]:
        seen = []
        for _ in range(5):
            before = revision[0]
            seen.append((before, int(csv(pool, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")[0])))
        return seen

    def write() -> None:
        while not done.wait(0.01):
            store.add(Quad(NamedNode(f"{BASE}{revision[0]}"), NamedNode(BASE + "p"), Literal("x")))
            revision[0] += 1

    writing = Thread(target=write)
    writing.start()
    try:
        with ThreadPoolExecutor(16) as threads:
            seen = [pair for asking in [threads.submit(ask) for _ in range(16)] for pair in asking.result()]
    finally:
        done.set()
        writing.join()
        pool.close()

    assert len(seen) == 80
    assert [pair for pair in seen if pair[1] < pair[0]] == []
    assert len(list((tmp_path / "copies").iterdir())) <= 1
