"""Answers as people see them: a label stands in the column of what it names, a section beside its quote.

In:  an answer of the catalogue. Out: a table of cells; templates only print them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from ropa.namespaces import XSD
from ropa.questions import Answer
from ropa.store import Term
from webapp.state import State

MOST_ROWS = 500
"""Rows that a page shows; the files hold all."""

_LONG = 48
_MARKER = re.compile(r"\[[^\[\];]+\]")
_NUMBERS = {XSD + name for name in ("integer", "decimal", "double", "float")}


@dataclass(frozen=True)
class Cell:
    """What a table shows in one place: text, where it leads, how it looks, and for a quote the section it stands in."""

    text: str
    href: str = ""
    look: str = ""
    where: str = ""


@dataclass(frozen=True)
class Table:
    """An answer as people see it; ``empty`` are the columns left out because no row has a value there."""

    columns: list[str]
    empty: list[str]
    rows: list[list[Cell]]


def arrange(told: State, answered: Answer, fixed: Collection[str] = (), most: int = MOST_ROWS) -> Table:
    """Arrange an answer for people, without the columns in *fixed*."""
    beside = {f"{column}Label" for column in answered.columns} | set(fixed)
    if "quote" in answered.columns:
        beside.add("section")
    columns = [column for column in answered.columns if column not in beside]
    filled = [column for column in columns if any(row[answered.columns.index(column)] is not None for row in answered.rows)]
    rows = [dict(zip(answered.columns, row, strict=True)) for row in answered.rows[:most]]
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
    number = isinstance(term, Literal) and term.datatype.value in _NUMBERS
    return Cell(text, look="number" if number else "long" if len(text) > _LONG else "")
