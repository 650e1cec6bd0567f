"""ropa.store.readers: a query past its rows, bytes, time or memory is really stopped, and the next one is answered."""

from __future__ import annotations

import resource
from contextlib import suppress
from pathlib import Path

import pyoxigraph as ox
import pytest

from ropa.errors import BadQuery, NoSpace, StoreProblem, TooLong, TooMuch, TooSlow
from ropa.store.direct import INLINE, DirectEvaluator, evaluate
from ropa.store.evaluation import SOLUTIONS, Asked, Evaluator, Limits
from ropa.store.readers import ReaderPool
from tests.reading import (
    ASK,
    BASE,
    CONSTRUCT,
    EVERYTHING,
    LIMITS,
    RUNAWAY,
    SELECT,
    checkpoints,
    content,
    csv,
    engine,
    evaluator,
    looks_into_proc,
    pool,
    readers,
    store,
)

__all__ = ["checkpoints", "engine", "evaluator", "pool", "store"]

pytestmark = looks_into_proc

TWICE = "".join(f"BIND(CONCAT(?a{n}, ?a{n}, ?a{n}, ?a{n}) AS ?a{n + 1}) " for n in range(14))
GREEDY = {
    "doubling": f'SELECT (STRLEN(?a14) AS ?n) {{ BIND("0123456789abcdef" AS ?a0) {TWICE} }}',
    "concat": f'SELECT (GROUP_CONCAT(STR(?c); separator="{"-" * 4000}") AS ?all) {{ {EVERYTHING} }}',
    "order": f"SELECT * {{ {EVERYTHING} }} ORDER BY ?l",
    "distinct": f'SELECT (COUNT(DISTINCT CONCAT(STR(?a), STR(?d), STR(?g), STR(?j), "{"-" * 4000}")) AS ?n) {{ {EVERYTHING} }}',
}


# How long an answer may be


@pytest.mark.parametrize("media_type", SOLUTIONS)
def test_one_row_more_than_allowed_is_too_long(evaluator: Evaluator, media_type: str) -> None:
    asked = Asked(SELECT + " LIMIT 4321", solutions=media_type)
    answer = evaluator.evaluate(asked, Limits(60, rows=4321))
    content(answer)

    assert answer.rows == 4321
    with pytest.raises(TooLong, match="more than 4,320 rows"):
        evaluator.evaluate(asked, Limits(60, rows=4320))


@pytest.mark.parametrize("text", [SELECT, SELECT + " LIMIT 3", CONSTRUCT, ASK], ids=["long", "short", "graph", "verdict"])
def test_one_byte_more_than_allowed_is_too_long(evaluator: Evaluator, text: str) -> None:
    length = len(content(evaluator.evaluate(Asked(text), LIMITS)))

    assert len(content(evaluator.evaluate(Asked(text), Limits(60, bytes=length)))) == length
    with pytest.raises(TooLong, match=f"{length - 1:,} bytes"):
        evaluator.evaluate(Asked(text), Limits(60, bytes=length - 1))


def test_an_endless_answer_ends_at_its_limit(evaluator: Evaluator) -> None:
    for limits in (Limits(60, rows=10_000), Limits(60, bytes=1_000_000)):
        with pytest.raises(TooLong):
            evaluator.evaluate(Asked(RUNAWAY["product"]), limits)


def test_an_endless_answer_without_a_value_ends_at_its_limit(evaluator: Evaluator) -> None:
    with pytest.raises(TooLong):
        evaluator.evaluate(Asked(f"SELECT ?nothing {{ {EVERYTHING} }}"), Limits(60, rows=100_000))


def test_a_long_answer_stops_at_its_time_in_this_process_too(engine: ox.Store) -> None:
    with pytest.raises(TooSlow, match=r"0\.2 s"):
        DirectEvaluator(engine, BASE).evaluate(Asked(RUNAWAY["product"]), Limits(seconds=0.2))


@pytest.mark.parametrize("folder", ["absent", "."])
def test_a_full_disk_is_told(engine: ox.Store, tmp_path: Path, folder: str) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (INLINE, before[1]))
    try:
        with pytest.raises(NoSpace if folder == "." else StoreProblem):
            evaluate(engine, BASE, Asked(SELECT), LIMITS, folder=tmp_path / folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


# How much time and memory a query may take


@pytest.mark.parametrize("name", RUNAWAY)
def test_a_query_past_its_time_is_stopped(pool: ReaderPool, name: str) -> None:
    assert csv(pool, "SELECT (1 AS ?x) {}") == ["1"]
    before = readers()
    with pytest.raises(TooSlow, match=r"after 0\.5 s"):
        pool.evaluate(Asked(RUNAWAY[name], solutions="text/csv"), Limits(0.5))

    (killed,) = before - readers()
    assert not Path(f"/proc/{killed}").exists()
    assert csv(pool, "SELECT (1 AS ?x) {}") == ["1"]


@pytest.mark.parametrize("name", GREEDY)
def test_a_query_past_its_memory_is_stopped(pool: ReaderPool, name: str) -> None:
    with pytest.raises(TooMuch, match="more memory than the 150 MB allowed"):
        pool.evaluate(Asked(GREEDY[name]), Limits(60, memory=150_000_000))

    assert csv(pool, "SELECT (1 AS ?x) {}") == ["1"]


def test_a_long_chain_of_operators_harms_nobody(pool: ReaderPool) -> None:
    text = f"SELECT ({' + '.join(['1'] * 200_000)} AS ?n) {{}}"
    with suppress(TooMuch, BadQuery):
        assert csv(pool, text) == ["200000"]

    assert csv(pool, "SELECT (1 AS ?x) {}") == ["1"]


def test_memory_is_limited_for_each_query_anew(pool: ReaderPool) -> None:
    text = f'SELECT (STRLEN(?a11) AS ?n) {{ BIND("0123456789abcdef" AS ?a0) {TWICE.split("BIND(CONCAT(?a11")[0]} }}'
    with pytest.raises(TooMuch):
        pool.evaluate(Asked(text), Limits(60, memory=100_000_000))

    assert csv(pool, text, Limits(60, memory=1_000_000_000)) == [str(16 * 4**11)]
