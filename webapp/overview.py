"""What each register holds, in numbers, under names that people read.

In:  the answer of the question ``registers``. Out: a table of names and numbers for each register.
"""

from __future__ import annotations

from pyoxigraph import Literal

from ropa.questions import Answer
from ropa.words import humanise, literal


def count_registers(answer: Answer) -> dict[str, dict[str, str]]:
    """Return, per register IRI, the counts of the question ``registers``, under readable names."""
    counted = [column for column in answer.columns if f"{column}Label" not in answer.columns and not column.endswith("Label")]
    numbers: dict[str, dict[str, str]] = {}
    for row in answer.rows:
        cells = dict(zip(answer.columns, row, strict=True))
        register = cells.get("register")
        if register is not None:
            numbers[register.value] = {}
            for column in counted:
                cell = cells[column]
                if cell is not None and column != "register":
                    datatype = cell.datatype.value if isinstance(cell, Literal) else ""
                    numbers[register.value][humanise(column)] = literal(cell.value, datatype)
    return numbers
