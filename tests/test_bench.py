"""bench: the comparison and the soak, so small that they only show that they work; and what tells right from wrong in them."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from bench import answers, tables
from bench.endpoint import machine, measure_size
from bench.growth import slope, tell, thin
from bench.ledger import Counter, Ledger, Statement, Whole
from bench.load import Asked, lookups
from bench.servers import Ropa
from bench.soak import Soak
from bench.synthetic import generate
from ropa.registers import read_vocabulary
from ropa.store.embedded import EmbeddedStore

GRAPH = "https://example.org/soak/g"
WRITTEN = Statement(GRAPH, '<https://example.org/s> <https://example.org/p> "o" .')
COUNTER = Counter(GRAPH, f"{GRAPH}#counter")


@pytest.fixture(scope="module")
def synthetic() -> EmbeddedStore:
    store = EmbeddedStore.in_memory()
    contents = read_vocabulary(store.base)
    for quad in generate(60, 2, seed=7, evidence=False):
        contents.setdefault(str(getattr(quad.graph_name, "value", "")), []).append(quad)
    store.replace_graphs(contents)
    return store


@pytest.mark.parametrize("name", answers.questions())
def test_a_question_on_lineage_has_an_answer(name: str, synthetic: EmbeddedStore) -> None:
    assert any(True for _ in synthetic.query(answers.questions()[name]))  # type: ignore[union-attr]


def test_there_are_ten_questions_on_lineage() -> None:
    assert len(answers.questions()) == 10


def test_the_order_of_rows_does_not_tell_answers_apart_and_a_datatype_does() -> None:
    def body(*cells: str) -> bytes:
        return ('{"head": {"vars": ["x"]}, "results": {"bindings": [' + ", ".join(f'{{"x": {cell}}}' for cell in cells) + "]}}").encode()

    one, two, other = '{"value": "1"}', '{"value": "2"}', '{"value": "2", "datatype": "d"}'
    assert answers.digest(body(one, two)) == answers.digest(body(two, one))
    assert answers.digest(body(one, two)) != answers.digest(body(one, other))


def test_the_activities_that_are_looked_up_exist(synthetic: EmbeddedStore) -> None:
    for iri in answers.activities(60, 2, 20):
        assert synthetic.query(f"ASK {{ <{iri}> ?p ?o }}")


def test_the_comparison_runs_and_all_give_the_same_rows(tmp_path: Path) -> None:
    given = argparse.Namespace(
        rounds=1, seconds=0.1, connections="1", settle=0, patience=60, rows=1000, rdflib_up_to=0, servers="ropa,plain"
    )
    found = measure_size(10_000, ["ropa", "plain", "rdflib"], given, tmp_path)

    assert abs(found["statements"] - 10_000) < 1000
    assert not found["differ"]
    assert [told["failed"] for told in found["servers"].values()] == [{}, {}]
    assert all(len(told["questions"]) == 10 and len(told["large"]) == 8 for told in found["servers"].values())
    assert all(run["failed"] == 0 < run["rate"] for told in found["servers"].values() for runs in told["light"].values() for run in runs)
    text = tables.write([{"machine": machine(), "settings": {"rounds": 1, "seconds": 0.1, "rows": 1000}, "sizes": [found]}])
    assert "| ropa : plain, ten questions | ≥ 0.9 × |" in text
    assert "At 10 000 rdflib was not run above 0 statements." in text


def test_each_connection_sends_its_own_texts(tmp_path: Path) -> None:
    server = Ropa(tmp_path, tmp_path / "none.nq")
    EmbeddedStore.create(server.place).close()
    server.start()
    try:
        load = lookups(Asked(server.port, server.prefix, ["https://example.org/a", "https://example.org/b"], "m"), 2, 2, with_wrk=False)
    finally:
        server.stop()

    assert load.requests > 2
    assert load.failed == 0


def test_the_soak_finds_nothing_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = Soak(tmp_path, clients=1, activities=4, shipped=False).run(2, growth=1_000_000, kill_after=0.5)

    assert wrong == []
    assert "after the kill" in capsys.readouterr().out


def test_what_was_acknowledged_and_is_not_there_is_lost() -> None:
    ledger = Ledger()
    ledger.begin(WRITTEN, True)
    ledger.done(WRITTEN)

    assert ledger.judge({GRAPH: frozenset({WRITTEN.line})}) == []
    assert len(ledger.judge({GRAPH: None})) == 1


def test_what_was_refused_and_is_there_is_wrong() -> None:
    ledger = Ledger()
    ledger.begin(WRITTEN, True)
    ledger.refused(WRITTEN)

    assert ledger.judge({GRAPH: None}) == []
    assert len(ledger.judge({GRAPH: frozenset({WRITTEN.line})})) == 1


def test_what_was_never_answered_may_be_there_or_not() -> None:
    ledger, whole = Ledger(), Whole(GRAPH)
    ledger.begin(whole, frozenset({"a ."}))
    ledger.done(whole)
    ledger.begin(whole, frozenset({"b .", "c ."}))

    assert ledger.judge({GRAPH: frozenset({"a ."})}) == []
    assert ledger.judge({GRAPH: frozenset({"b .", "c ."})}) == []
    assert len(ledger.judge({GRAPH: frozenset({"b ."})})) == 1


def test_a_counter_is_what_was_acknowledged_or_at_most_what_was_sent() -> None:
    ledger = Ledger()
    for acknowledged in (True, True, False):
        ledger.begin_adding(COUNTER)
        ledger.end_adding(COUNTER, acknowledged=acknowledged)
    ledger.begin_adding(COUNTER)

    verdicts = [ledger.judge({GRAPH: frozenset({COUNTER.line(value)})}) == [] for value in range(1, 5)]
    assert verdicts == [False, True, True, False]
    assert len(ledger.judge({GRAPH: frozenset({COUNTER.line(2), COUNTER.line(3)})})) == 1


def test_tables_go_between_their_marks(tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_text("before\n<!-- soak -->\nold\n<!-- /soak -->\nafter\n", "utf-8")
    tables.paste(file, "soak", "new")

    assert file.read_text("utf-8") == "before\n<!-- soak -->\n\nnew\n\n<!-- /soak -->\nafter\n"


def test_growth_is_told_by_the_minute() -> None:
    assert slope([(second, 100 + second / 30) for second in range(60)]) == pytest.approx(2)
    assert slope([(5, 100)]) == 0


def test_what_is_given_back_within_a_part_of_the_time_is_no_growth() -> None:
    points = [(second, 100 + 800 * (second % 5 > 0)) for second in range(61)]

    assert thin(points, 4, min) == [(7, 100), (22, 100), (37, 100), (52.5, 100)]
    assert thin([(5, 100)], 4, min) == [(5, 100)]
    table, grown = tell([(second, 100 + (60 - second) / 30, value) for second, value in points])
    assert "| readers, at the least | 100 | 100 | 100 | 100 | 100 | 900 | 0.00 |" in table
    assert grown == pytest.approx(-2)
