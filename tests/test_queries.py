"""The catalogue of questions: every head is complete, every question has a case, every case gets its exact answer.

A case is ``tests/queries/NAME.trig``, a tiny register on its own graphs, with ``NAME.csv`` (or ``NAME.VARIANT.csv`` for
other parameters) as the rows expected of it, in order. ``#+ with: name=value`` lines on top of a CSV are the parameters,
its header chooses the columns; IRIs are prefixed names or paths below the base, an empty cell is no value.

``tests/queries/shipped/NAME.SLUG.csv`` are rows that the answer over the shipped registers must contain, in any order:
what a reader of the policy texts knows. A cell there is a phrase that the answer's cell contains; an empty cell stands
for anything, ``-`` for no value.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest
from pyoxigraph import Literal, NamedNode, Quad, QuerySolutions

from ropa.namespaces import DEFAULT_BASE, DPV, SKOS, graph_iri, shorten
from ropa.questions import Answer, Catalogue
from ropa.store import QuadStore, Term
from ropa.store.embedded import EmbeddedStore

ROOT = Path(__file__).parents[1]
QUERIES, CASES, SHIPPED = ROOT / "queries", ROOT / "tests" / "queries", ROOT / "tests" / "queries" / "shipped"
CATALOGUE = Catalogue.load(QUERIES)
EXPECTED = sorted(CASES.glob("*.csv"))
KINDS = {"register", "party", "category", "subject", "purpose", "place", "activity", "thing", "date", "text"}
LABELS = {NamedNode(SKOS + "prefLabel"), NamedNode("http://purl.org/dc/terms/title")}
RETURNS = {"thing", "text", "number", "duration", "date", "term"}


@cache
def ontology() -> tuple[Quad, ...]:
    graph = NamedNode(graph_iri(DEFAULT_BASE, "ontology"))
    return tuple(
        Quad(quad.subject, quad.predicate, quad.object, graph)
        for path in sorted((ROOT / "ontology").glob("*.ttl"))
        for quad in ox.parse(path=str(path), base_iri=DEFAULT_BASE)
    )


def quads_of(*paths: Path) -> list[Quad]:
    """The ontology and what the given TriG files say."""
    quads = [*ontology(), *(quad for path in paths for quad in ox.parse(path=str(path), base_iri=DEFAULT_BASE))]
    assert all(isinstance(quad.graph_name, NamedNode) for quad in quads), "a case states something outside named graphs"
    return quads


def store_with(quads: Iterable[Quad]) -> EmbeddedStore:
    engine = ox.Store()
    engine.extend(quads)
    return EmbeddedStore(engine, DEFAULT_BASE)


@cache
def store_of(*paths: Path, backwards: bool = False) -> EmbeddedStore:
    """A store with the ontology and the given files, on request filled in the opposite order. Do not change it."""
    return store_with(quads_of(*paths)[:: -1 if backwards else 1])


def expectation(path: Path) -> tuple[dict[str, str], list[str], list[list[str]]]:
    """Parameters, columns and rows that a CSV file tells."""
    lines = path.read_text("utf-8").splitlines()
    given = dict(line.removeprefix("#+ with: ").split("=", 1) for line in lines if line.startswith("#+ with: "))
    header, *rows = csv.reader(line for line in lines if line and not line.startswith("#"))
    return given, header, rows


def cell(term: Term | None) -> str:
    if term is None:
        return ""
    if isinstance(term, NamedNode):
        return shorten(term.value, DEFAULT_BASE)
    assert isinstance(term, Literal), f"a question must not return {term}"
    return term.value


def table(answer: Answer, columns: list[str]) -> list[list[str]]:
    places = [answer.columns.index(column) for column in columns]
    return [[cell(row[place]) for place in places] for row in answer.rows]


def question_of(path: Path) -> str:
    return path.name.split(".")[0]


def returned(name: str) -> dict[str, str]:
    """Column to kind, from the head of a question."""
    columns = CATALOGUE[name].returns.partition(";")[0]
    return dict(column.strip().split(" ") for column in columns.split(","))


@pytest.mark.parametrize("name", CATALOGUE)
def test_head_tells_all_about_the_question(name: str) -> None:
    question = CATALOGUE[name]

    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
    assert re.fullmatch(r"CQ\d\d", question.code)
    assert question.question.endswith("?")
    assert "" not in (question.summary, question.source, question.topic)
    assert "; a row per " in question.returns
    assert set(returned(name).values()) <= RETURNS
    for parameter in question.parameters:
        assert parameter.choices or parameter.kind in KINDS
        assert not parameter.choices or parameter.default in parameter.choices


@pytest.mark.parametrize("name", CATALOGUE)
def test_columns_are_the_returned_ones_and_each_thing_has_a_label_beside_it(name: str) -> None:
    expected = [column for name_, kind in returned(name).items() for column in ([name_, f"{name_}Label"] if kind == "thing" else [name_])]

    solutions = store_of().query(CATALOGUE[name].text)

    assert isinstance(solutions, QuerySolutions)
    assert [variable.value for variable in solutions.variables] == expected


@pytest.mark.parametrize("name", CATALOGUE)
def test_each_parameter_is_bound_by_a_values_row(name: str) -> None:
    text = CATALOGUE[name].text

    for parameter in CATALOGUE[name].parameters:
        assert re.search(rf"VALUES \([^)]*\?{parameter.name}\b[^)]*\) {{ \((UNDEF ?)+\) }}", text), parameter.name


@pytest.mark.parametrize("name", CATALOGUE)
def test_rows_are_ordered_by_every_column_that_is_not_a_label(name: str) -> None:
    order = set(re.findall(r"\?(\w+)", CATALOGUE[name].text.rpartition("ORDER BY")[2]))

    assert set(returned(name)) - order == set()


def test_codes_are_unique() -> None:
    codes = [question.code for question in CATALOGUE.values()]

    assert len(set(codes)) == len(codes)


def test_every_question_has_a_case() -> None:
    assert {question_of(path) for path in EXPECTED} == set(CATALOGUE)


@pytest.mark.parametrize("path", EXPECTED, ids=lambda path: path.stem)
@pytest.mark.parametrize("backwards", [False, True], ids=["as written", "loaded backwards"])
def test_case_gets_exactly_the_expected_rows_in_order(path: Path, backwards: bool) -> None:
    name = question_of(path)
    given, columns, rows = expectation(path)

    answer = CATALOGUE[name].ask(store_of(CASES / f"{name}.trig", backwards=backwards), given)

    assert table(answer, columns) == rows


@pytest.mark.parametrize("path", EXPECTED, ids=lambda path: path.stem)
def test_saying_everything_twice_changes_no_answer(path: Path) -> None:
    """The engine does not merge graphs: a triple in two of them must not give a row twice.

    Labels are said once, since each doubled label doubles the rows before DISTINCT; so is the type of a register, which
    tells its own graph.
    """
    name = question_of(path)
    given, columns, rows = expectation(path)
    # A register's own graph is told by its type, so that one triple stays where it is.
    inferred = NamedNode(graph_iri(DEFAULT_BASE, "inferred"))
    once = quads_of(CASES / f"{name}.trig")
    twice = [quad for quad in once if quad.predicate not in LABELS and quad.object != NamedNode(DPV + "ROPA")]

    store = store_with([*once, *(Quad(quad.subject, quad.predicate, quad.object, inferred) for quad in twice)])

    assert table(CATALOGUE[name].ask(store, given), columns) == rows


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.csv")), ids=lambda path: path.stem)
def test_shipped_registers_answer_what_their_texts_say(path: Path, shipped: QuadStore) -> None:
    given, columns, rows = expectation(path)

    found = table(CATALOGUE[question_of(path)].ask(shipped, given), columns)

    def holds(expected: str, actual: str) -> bool:
        return not actual if expected == "-" else expected in actual

    missing = [row for row in rows if not any(all(map(holds, row, other)) for other in found)]
    assert missing == []


@pytest.mark.parametrize(
    "name", [name for name, question in CATALOGUE.items() if not any(parameter.required for parameter in question.parameters)]
)
def test_every_thing_that_the_shipped_registers_answer_has_a_label(name: str, shipped: QuadStore) -> None:
    answer = CATALOGUE[name].ask(shipped, {})

    pairs = [
        (answer.columns.index(column), answer.columns.index(f"{column}Label")) for column, kind in returned(name).items() if kind == "thing"
    ]
    assert {cell(row[thing]) for row in answer.rows for thing, label in pairs if row[thing] is not None and row[label] is None} == set()
