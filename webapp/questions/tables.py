"""Answers as people see them: a label stands in the column of what it names, a section beside its quote.

In:  an answer of the catalogue. Out: a table of cells; templates only print them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Triple

from ropa.namespaces import NO_VALUES
from ropa.questions import Answer
from ropa.store import Term
from webapp.questions.ranks import NUMBERS, order, rank
from webapp.state import State

MOST_ROWS = 500
"""Rows that a page shows; the files hold all."""

_LONG = 48
_MARKER = re.compile(r"\[[^\[\];]+\]")


@dataclass(frozen=True)
class Cell:
    """What a table shows in one place.

    Attributes:
        text, href: What it says and where it leads. look: ``quote``, ``marker``, ``number``, ``long`` or "".
        where: The section that a quote stands in.
        rank: What it is sorted by where that is not its text: a number, or a date as ISO 8601 writes it.
    """

    text: str
    href: str = ""
    look: str = ""
    where: str = ""
    rank: str = ""


@dataclass(frozen=True)
class Table:
    """An answer as people see it; ``empty`` are the columns left out because no row has a value there."""

    columns: list[str]
    empty: list[str]
    rows: list[list[Cell]]


def arrange(told: State, answered: Answer, fixed: Collection[str] = (), most: int = MOST_ROWS, first: int = 0) -> Table:
    """Arrange an answer for people, without the columns in *fixed*.

    Args:
        most, first: How many rows are arranged, and which is the first; what is empty is told of all.
    """
    beside = {f"{column}Label" for column in answered.columns} | set(fixed)
    if "quote" in answered.columns:
        beside.add("section")
    columns = [column for column in answered.columns if column not in beside]
    filled = [column for column in columns if any(row[answered.columns.index(column)] is not None for row in answered.rows)]
    rows = [dict(zip(answered.columns, row, strict=True)) for row in answered.rows[first : first + most]]
    empty = [column for column in columns if column not in filled] if rows else []
    return Table(filled, empty, [[_cell(told, column, row) for column in filled] for row in rows])


def _cell(told: State, column: str, row: Mapping[str, Term | None]) -> Cell:
    term, label, section = row[column], row.get(f"{column}Label"), row.get("section")
    if term is None:
        return Cell("")
    text, href = told.cell(term)
    if label is not None:
        return Cell(label.value, href)
    if column == "quote" and text:
        return Cell(text, look="quote", where=section.value if section is not None else "")
    if isinstance(term, NamedNode):
        return Cell(text, href)
    if _MARKER.fullmatch(text):
        return Cell(text[1:-1], look="marker")
    return show_literal(term, text)


def show_term(told: State, term: Term | Triple) -> Cell:
    """Return what a table shows for any term that a query may give, without a column beside it that names it."""
    text, href = told.cell(term)
    if isinstance(term, NamedNode):
        return Cell(text, href, "marker" if term.value in NO_VALUES else "")
    return show_literal(term, text)


def show_literal(term: Term | Triple, text: str) -> Cell:
    """Return what a table shows for a value that leads nowhere."""
    if not isinstance(term, Literal):
        return Cell(text)
    look = "number" if term.datatype.value in NUMBERS else "long" if len(text) > _LONG else ""
    return Cell(text, look=look, rank=rank(term))


def sort(told: State, answered: Answer, column: str, *, descending: bool = False) -> Answer:
    """Return an answer with its rows in the order of a column as people see it; rows without a value there come last."""
    place = answered.columns.index(column)
    named = answered.columns.index(f"{column}Label") if f"{column}Label" in answered.columns else place

    def key(row: Sequence[Term | None]) -> tuple[int, float, str]:
        term = row[place] if row[named] is None else row[named]
        cell = Cell("") if term is None else show_term(told, term)
        return order(cell.text, cell.rank)

    keyed = [(key(row), row) for row in answered.rows]
    filled = sorted((one for one in keyed if one[0][0] < 2), key=lambda one: one[0], reverse=descending)
    return Answer(answered.columns, [row for _, row in filled] + [row for told_key, row in keyed if told_key[0] == 2])
