"""ropa.store.readers: the answer to a stranger's query is the very bytes that the engine writes, or an error."""

from __future__ import annotations

import os

import pyoxigraph as ox
import pytest

from ropa.errors import BadQuery, CannotEvaluate, RefusedQuery, RopaError
from ropa.store.direct import GRAPHS, INLINE, RESULTS
from ropa.store.evaluation import BOOLEAN, GRAPH, SOLUTIONS, Asked, Evaluator
from ropa.store.readers import ReaderPool
from tests.reading import (
    ASK,
    BASE,
    CONSTRUCT,
    LIMITS,
    SELECT,
    THINGS,
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


# What is answered


@pytest.mark.parametrize("media_type", SOLUTIONS)
@pytest.mark.parametrize("end", ["", " LIMIT 7", " LIMIT 0"], ids=["long", "short", "empty"])
def test_solutions_are_the_bytes_that_the_engine_writes(evaluator: Evaluator, engine: ox.Store, media_type: str, end: str) -> None:
    expected = engine.query(SELECT + end, base_iri=BASE, use_default_graph_as_union=True)
    assert isinstance(expected, ox.QuerySolutions)
    answer = evaluator.evaluate(Asked(SELECT + end, solutions=media_type), LIMITS)

    assert (answer.kind, answer.media_type, answer.rows) == ("solutions", media_type, {"": THINGS, " LIMIT 7": 7, " LIMIT 0": 0}[end])
    body = content(answer)
    assert len(body) == answer.length
    assert body == expected.serialize(format=RESULTS[media_type])


@pytest.mark.parametrize("media_type", BOOLEAN)
def test_a_verdict_is_the_bytes_that_the_engine_writes(evaluator: Evaluator, engine: ox.Store, media_type: str) -> None:
    expected = engine.query(ASK, base_iri=BASE, use_default_graph_as_union=True)
    assert isinstance(expected, ox.QueryBoolean)
    answer = evaluator.evaluate(Asked(ASK, boolean=media_type), LIMITS)

    assert (answer.kind, answer.media_type, answer.rows) == ("boolean", media_type, None)
    assert content(answer) == expected.serialize(format=RESULTS[media_type])


@pytest.mark.parametrize("media_type", GRAPH)
@pytest.mark.parametrize("text", [CONSTRUCT, "DESCRIBE <thing/7>"], ids=["long", "short"])
def test_a_graph_is_the_bytes_that_the_engine_writes(evaluator: Evaluator, engine: ox.Store, media_type: str, text: str) -> None:
    expected = engine.query(text, base_iri=BASE, use_default_graph_as_union=True)
    assert isinstance(expected, ox.QueryTriples)
    answer = evaluator.evaluate(Asked(text, graph=media_type), LIMITS)

    assert (answer.kind, answer.media_type, answer.rows) == ("graph", media_type, None)
    assert content(answer) == expected.serialize(format=GRAPHS[media_type])


def test_a_graph_in_a_format_of_datasets_is_its_default_graph(evaluator: Evaluator) -> None:
    for media_type in ("application/n-quads", "application/trig"):
        body = content(evaluator.evaluate(Asked("DESCRIBE <thing/7>", graph=media_type), LIMITS))

        assert {quad.graph_name for quad in ox.parse(body, format=GRAPHS[media_type])} == {ox.DefaultGraph()}


def test_a_long_answer_is_a_file_at_its_start_and_a_short_one_bytes(evaluator: Evaluator) -> None:
    long, short = evaluator.evaluate(Asked(SELECT), LIMITS), evaluator.evaluate(Asked(ASK), LIMITS)

    assert isinstance(short.body, bytes)
    assert not isinstance(long.body, bytes)
    with long.body as file:
        assert (file.tell(), file.seek(0, os.SEEK_END)) == (0, long.length)
        assert long.length > INLINE


def test_every_media_type_has_a_format() -> None:
    assert tuple(GRAPHS) == GRAPH
    assert tuple(RESULTS) == SOLUTIONS


# Of which graphs


def test_without_one_it_is_the_union_of_all_graphs(evaluator: Evaluator) -> None:
    assert csv(evaluator, "SELECT (COUNT(*) AS ?n) { ?s <title> ?o }") == [str(THINGS)]


def test_where_no_union_is_asked_for_it_is_the_graph_without_a_name(evaluator: Evaluator) -> None:
    asked = Asked("SELECT (COUNT(*) AS ?n) { ?s <title> ?o }", solutions="text/csv", union=False)

    assert content(evaluator.evaluate(asked, LIMITS)).split() == [b"n", b"0"]


def test_from_in_the_text_counts(evaluator: Evaluator) -> None:
    assert csv(evaluator, "SELECT (COUNT(*) AS ?n) FROM <graph/3> { ?s <title> ?o }") == [str(THINGS // 20)]


def test_a_dataset_beside_the_text_counts(evaluator: Evaluator) -> None:
    text = "SELECT (COUNT(*) AS ?n) { { ?s <title> ?o } UNION { GRAPH ?g { ?s <next> ?o } } }"
    both = Asked(text, [BASE + "graph/1"], [BASE + "graph/2", BASE + "graph/3"], solutions="text/csv")

    assert content(evaluator.evaluate(both, LIMITS)).split() == [b"n", str(THINGS // 20 * 3).encode()]


def test_a_relative_graph_is_refused(evaluator: Evaluator) -> None:
    with pytest.raises(BadQuery, match="absolute IRI"):
        evaluator.evaluate(Asked(ASK, default_graphs=["graph/1"]), LIMITS)


# What is wrong


def test_a_syntax_error_tells_its_place(evaluator: Evaluator) -> None:
    with pytest.raises(BadQuery, match="line 2, column 9") as caught:
        evaluator.evaluate(Asked("SELECT * {\n ?s ?p }"), LIMITS)

    assert (caught.value.line, caught.value.column) == (2, 9)


def test_a_service_is_refused(evaluator: Evaluator) -> None:
    with pytest.raises(RefusedQuery, match="does not call other addresses"):
        evaluator.evaluate(Asked("SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"), LIMITS)


def test_deep_brackets_are_refused(evaluator: Evaluator) -> None:
    with pytest.raises(BadQuery, match="deep"):
        evaluator.evaluate(Asked("SELECT * " + "{" * 5_000 + "}" * 5_000), LIMITS)


def test_an_unknown_function_cannot_be_evaluated(evaluator: Evaluator) -> None:
    with pytest.raises(CannotEvaluate, match="not supported"):
        evaluator.evaluate(Asked("SELECT (<http://x/f>(1) AS ?x) {}"), LIMITS)


def test_half_a_character_is_a_bad_query(evaluator: Evaluator) -> None:
    with pytest.raises(BadQuery, match="half a character"):
        evaluator.evaluate(Asked("ASK { ?s ?p '\ud800' }"), LIMITS)


def test_what_a_format_cannot_say_cannot_be_evaluated(evaluator: Evaluator) -> None:
    text = "CONSTRUCT { <a> <b> ?t } WHERE { BIND(TRIPLE(<a>, <b>, <c>) AS ?t) }"
    with pytest.raises(CannotEvaluate, match=r"RDF 1\.2"):
        evaluator.evaluate(Asked(text, graph="application/ld+json"), LIMITS)


def test_an_error_costs_no_process(pool: ReaderPool) -> None:
    assert csv(pool, "SELECT (1 AS ?x) {}") == ["1"]
    before = readers()
    for text in ("SELEC", "SELECT (<http://x/f>(1) AS ?x) {}", "ASK { SERVICE ?s { } }"):
        with pytest.raises(RopaError):
            pool.evaluate(Asked(text), LIMITS)

    assert readers() == before
