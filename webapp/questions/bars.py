"""A number of a table as bars, so that it can be compared at a glance; the table beside it says the same.

In:  the rows of an answer as people see them. Out: a bar for each row that has a number, with its name, its number and its length of 100.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from webapp.questions.tables import Cell, Table

MOST_BARS = 50
"""Rows up to which bars are drawn."""


@dataclass(frozen=True)
class Bar:
    """One row: what it is called, where that leads, its number in words and of 100."""

    name: str
    href: str
    text: str
    length: float


@dataclass(frozen=True)
class Bars:
    """The bars of one column, the other columns that could be drawn, and how many rows have no number in it."""

    column: str
    others: list[str]
    bars: list[Bar]
    without: int


def draw(table: Table, wanted: str = "") -> Bars | None:
    """Return the bars of a column of numbers, the first such where none is wanted; None where there is nothing to compare."""
    if not 1 < len(table.rows) <= MOST_BARS:
        return None
    drawable = [column for place, column in enumerate(table.columns) if _can_be_drawn([row[place] for row in table.rows])]
    if not drawable:
        return None
    column = wanted if wanted in drawable else drawable[0]
    place = table.columns.index(column)
    numbers = [(row, _number(row[place])) for row in table.rows]
    most = max(number for _, number in numbers if number is not None)
    named = _naming(table)
    bars = [
        Bar(
            " · ".join(row[other].text for other in named) or "(no name)",
            row[named[0]].href,
            row[place].text,
            round(100 * number / most, 2),
        )
        for row, number in numbers
        if number is not None
    ]
    return Bars(column, [other for other in drawable if other != column], bars, len(table.rows) - len(bars))


def _can_be_drawn(cells: list[Cell]) -> bool:
    numbers = [_number(cell) for cell in cells if cell.text]
    told = [number for number in numbers if number is not None]
    return len(told) == len(numbers) > 1 and min(told) >= 0 and len(set(told)) > 1


def _number(cell: Cell) -> float | None:
    if cell.look != "number":
        return None
    try:
        number = float(cell.rank)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _naming(table: Table) -> list[int]:
    """Return the columns that together name a row: the first one that tells most of them apart, after the first of all."""
    words = [place for place in range(len(table.columns)) if all(row[place].look in ("", "marker") for row in table.rows)] or [0]
    best = max(words[:4], key=lambda place: (len({row[place].text for row in table.rows}), -place))
    return [words[0], best] if best != words[0] and len({row[words[0]].text for row in table.rows}) > 1 else [best]
