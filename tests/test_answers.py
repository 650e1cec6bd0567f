"""ropa.store.answers: the same query of the same revision is evaluated once, however long its answer, up to a bound."""

from __future__ import annotations

from contextlib import nullcontext

import pyoxigraph as ox
import pytest
from pyoxigraph import Literal, NamedNode, Quad

from ropa.store.answers import Answers
from ropa.store.direct import INLINE, DirectEvaluator
from ropa.store.evaluation import Asked, Limits, Written

THINGS = 3_000


@pytest.fixture(scope="module")
def evaluator() -> DirectEvaluator:
    engine = ox.Store()
    title = NamedNode("http://e/title")
    engine.bulk_extend(Quad(NamedNode(f"http://e/{number}"), title, Literal("words " * 50)) for number in range(THINGS))
    return DirectEvaluator(engine, "http://e/")


def read(answer: Written) -> bytes:
    if isinstance(answer.body, bytes):
        return answer.body
    with answer.body as file:
        return file.read()


def ask(answers: Answers, rows: int) -> tuple[bytes, bool]:
    answer, fresh = answers.get(Asked(f"SELECT * {{ ?s ?p ?o }} LIMIT {rows}"), Limits(), nullcontext())
    return read(answer), fresh


@pytest.mark.parametrize("rows", [1, THINGS])
def test_an_answer_is_kept_for_its_revision_and_read_whole_each_time(evaluator: DirectEvaluator, rows: int) -> None:
    revision = [1]
    answers = Answers(evaluator, lambda: revision[0])
    first, fresh = ask(answers, rows)

    assert fresh
    assert (len(first) > INLINE) == (rows == THINGS)
    assert [ask(answers, rows) for _ in range(2)] == [(first, False), (first, False)]
    revision[0] = 2
    assert ask(answers, rows) == (first, True)


def test_a_very_long_answer_is_not_kept(evaluator: DirectEvaluator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ropa.store.answers._LONGEST", INLINE)
    answers = Answers(evaluator, lambda: 1)
    first, _ = ask(answers, THINGS)

    assert ask(answers, THINGS) == (first, True)
    assert ask(answers, 1)[1]
    assert not ask(answers, 1)[1]


def test_what_is_unused_for_longest_goes_first(evaluator: DirectEvaluator) -> None:
    one = len(read(evaluator.evaluate(Asked("SELECT * { ?s ?p ?o } LIMIT 10"), Limits())))
    answers = Answers(evaluator, lambda: 1, most_bytes=2 * one + one // 2)
    for rows in (10, 9, 10, 8):
        ask(answers, rows)

    assert not ask(answers, 10)[1]
    assert ask(answers, 9)[1]
