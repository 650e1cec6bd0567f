"""What ends soon, or has ended and is still relied on, each once with how much rests on it.

In:  the answer of the question ``calendar-of-endings``. Out: a short list for the first page; the sheet has all of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ropa.questions import Answer

MOST = 8
"""Endings that a list has."""
_REVIEW = "review of the record"


@dataclass
class Ending:
    """Something that ends on a day.

    Attributes:
        state: ``to come``, or how it stands since. thing, label: What ends; "" where it is the review of several registers.
        parts: IRIs of what rests on it. registers: Of whom.
    """

    day: str
    state: str
    what: str
    thing: str
    label: str
    parts: set[str] = field(default_factory=set)
    registers: set[str] = field(default_factory=set)


def list_endings(answer: Answer) -> tuple[list[Ending], int]:
    """Return the first endings, those that have passed and still matter before those to come, and how many there are in all."""
    found: dict[tuple[str, ...], Ending] = {}
    for row in answer.rows:
        told = {column: cell.value for column, cell in zip(answer.columns, row, strict=True) if cell is not None}
        what = told.get("what", "")
        thing, label = ("", "") if what == _REVIEW else (told.get("thing", ""), told.get("thingLabel", ""))
        key = (told.get("day", ""), told.get("state", ""), what, thing)
        ending = found.setdefault(key, Ending(*key, label))
        if "part" in told and told["part"] != "false":
            ending.parts.add(told["part"])
        ending.registers.add(told.get("register", ""))
    ordered = sorted(found.values(), key=lambda ending: (ending.state == "to come", ending.day))
    return ordered[:MOST], len(ordered)
