"""ropa.store.updates: no more is changed than allowed, nothing is copied without need, and long texts take a moment."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NoReturn

import pyoxigraph as ox
import pytest

from ropa.errors import RopaError, TooLong
from ropa.store.updates import EngineDataset, work_out
from tests.updates import BASE, START, fresh_engine, rows, state, work


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
