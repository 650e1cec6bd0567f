"""The rows of an answer are counted exactly from its bytes, whatever the values hold and wherever the bytes are cut."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import cast

import pyoxigraph as ox
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, QueryResultsFormat, QuerySolutions, Triple

from ropa.store.counting import count_bound, count_rows
from ropa.store.direct import RESULTS
from ropa.store.evaluation import SOLUTIONS

Term = NamedNode | BlankNode | Literal | Triple
Row = Sequence[Term | None]

# Pieces of the formats' own punctuation, whole and cut, to be values.
NASTY = [
    *(
        "}},{",
        '}},{"',
        '}},{"a":{"type":"',
        '}},{"type":{"type":"',
        '{"type":"',
        '{"type":"uri","value":"',
        ",{",
        "[{",
        "{}",
        "},{},{",
        "]}}",
    ),
    *('"', '""', "\\", '\\"', "\\\\", '\\\\"', "'", ",", ":", "[", "{", "}"),
    *("\n", "\r\n", "\r", "\t", "\x0b", "\u2028", "\x85", "\x00", "\x1f"),
    *("<result>", "</result>", "<result", "&lt;result&gt;", "<![CDATA[<result>]]>", "<results>", "<<(", ")>>"),
    *("plain", "é", "\U0001f600", " ", ""),
]
text = st.lists(st.sampled_from(NASTY) | st.text(max_size=3), max_size=6).map("".join)
iris = st.sampled_from(["http://x/", "http://x/,", "http://x/result", "urn:type", "http://x/'()*;"]).map(NamedNode)
literals = (
    text.map(Literal) | text.map(lambda value: Literal(value, language="en")) | st.integers().map(Literal) | st.booleans().map(Literal)
)
simple = literals | iris
terms = st.none() | simple | st.builds(Triple, iris, iris, simple)
columns = st.lists(st.sampled_from(["a", "b", "type", "value", "results", "é", "_1", "result"]), unique=True, max_size=6)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[Row]]:
    names = draw(columns)
    return names, draw(st.lists(st.tuples(*[terms] * len(names)), max_size=8))


def spell(term: Term | None) -> str:
    if term is None:
        return "UNDEF"
    return f"<<( {term} )>>" if isinstance(term, Triple) else str(term)


def write(names: Sequence[str], rows: Sequence[Row], media_type: str) -> bytes:
    values = "\n".join("(" + " ".join(map(spell, row)) + ")" for row in rows)
    head = " ".join(f"?{name}" for name in names)
    answer = ox.Store().query(f"SELECT {head or '*'} {{ VALUES ({head}) {{ {values} }} }}")
    assert isinstance(answer, QuerySolutions)
    return answer.serialize(format=RESULTS[media_type]) or b""


def count(body: bytes, media_type: str, names: Sequence[str], size: int) -> int:
    rows = count_rows(media_type, names)
    for start in range(0, len(body), size):
        rows.feed(body[start : start + size])
    rows.end()
    return rows.count


@pytest.mark.parametrize("media_type", SOLUTIONS)
@settings(max_examples=100, deadline=None)
@given(table=tables(), size=st.integers(1, 300))
@example(table=(["a"], [[None]] * 40), size=9)
@example(table=([], [[]] * 3), size=1)
@example(table=(["a"], []), size=5)
@example(table=(["a", "b"], [[Literal("}},{"), None], [None, None], [None, Literal(",{")], [None, None]]), size=7)
@example(table=(["a"], [[Literal("\\" * 400 + '"}},{"a":{"type":"')]] * 3), size=11)
@example(table=(["a"], [[Literal('"\r\n"' * 90)]] * 3), size=4)
def test_the_count_is_exact(media_type: str, table: tuple[list[str], list[Row]], size: int) -> None:
    names, rows = table
    body = write(names, rows, media_type)

    assert {length: count(body, media_type, names, length) for length in (size, len(body) + 1)} == {
        size: len(rows),
        len(body) + 1: len(rows),
    }


@pytest.mark.parametrize("media_type", SOLUTIONS)
def test_the_count_is_exact_wherever_an_answer_is_cut(media_type: str) -> None:
    values: list[Term | None] = [
        None,
        *(Literal(value) for value in NASTY),
        Triple(NamedNode("urn:a"), NamedNode("urn:b"), Literal('",\n{"')),
    ]
    rows = [(left, right) for left in values for right in (None, Literal('}},{"'), NamedNode("urn:x"))]
    body = write(["a", "type"], rows, media_type)

    assert {size: count(body, media_type, ["a", "type"], size) for size in range(1, 130)} == dict.fromkeys(range(1, 130), len(rows))


@pytest.mark.parametrize("media_type", SOLUTIONS)
def test_the_count_never_runs_ahead_of_the_rows(media_type: str) -> None:
    rows = [(Literal(f'{number}"}},{{\n<result>'), None) for number in range(50)]
    counter = count_rows(media_type, ["a", "b"])

    for byte in write(["a", "b"], rows, media_type):
        counter.feed(bytes([byte]))
        assert counter.count <= len(rows)


def test_every_media_type_of_solutions_has_a_format() -> None:
    assert list(RESULTS) == list(SOLUTIONS)
    assert set(RESULTS.values()) == {QueryResultsFormat.JSON, QueryResultsFormat.XML, QueryResultsFormat.CSV, QueryResultsFormat.TSV}


@pytest.mark.parametrize("media_type", RESULTS)
@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?p ?o { <http://x/s> ?p ?o }",
        "SELECT * { <http://x/s> ?p ?o }",
        "SELECT ?none ?o { <http://x/s> ?p ?o }",
        "SELECT ?none { <http://x/s> ?p ?o }",
        "SELECT ?p { <http://x/nobody> ?p ?o }",
        "SELECT ?none { <http://x/nobody> ?p ?o }",
        "SELECT DISTINCT ?p { <http://x/s> ?p ?o }",
    ],
)
def test_rows_of_a_look_up_are_counted_in_the_whole_answer(media_type: str, text: str) -> None:
    store = ox.Store()
    for number, value in enumerate(['plain "o":{"type":" of it', "{}", "[{},{}]", 'a\\"p":{"type":"', "line\n}},{"]):
        store.add(ox.Quad(ox.NamedNode("http://x/s"), ox.NamedNode(f"http://x/p{number % 2}"), ox.Literal(value)))
    expected = len(list(cast(ox.QuerySolutions, store.query(text))))
    answer = cast(ox.QuerySolutions, store.query(text))
    variables = [variable.value for variable in answer.variables]
    body = answer.serialize(format=RESULTS[media_type])
    assert body is not None

    assert count_bound(media_type, variables, body) == expected
    file = io.BytesIO(body)
    assert count_bound(media_type, variables, file) == expected
    assert file.read() == body
