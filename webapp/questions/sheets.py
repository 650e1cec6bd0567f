"""Sheets to work with or print: one question of the catalogue each, laid out in the order of the law instead of as one wide table.

In:  a question and what a person chose. Out: a page; the files are those of the question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from flask import Blueprint, Response, request

from ropa.errors import NotFound
from ropa.questions import Answer, catalogue
from ropa.words import humanise
from webapp.answers import page
from webapp.questions.choices import offer
from webapp.questions.pages import MEDIA_TYPES, ask_once, given_for
from webapp.questions.tables import Cell, Table, arrange
from webapp.state import State, state

bp = Blueprint("sheets", __name__, url_prefix="/sheets")

MOST = 300
"""Groups that a page shows."""


@dataclass(frozen=True)
class Sheet:
    """A way to lay out the answer of a question.

    Attributes:
        question: Its name. chapter, group: The columns that make the headings of two levels.
        sorted_by_heading: Whether the groups of a chapter stand in the order of their headings, not of the answer.
        today: The parameters that are today where a person leaves them empty.
        beside: Questions that tell more about the same choice.
    """

    name: str
    title: str
    intro: str
    question: str
    chapter: str
    group: str
    sorted_by_heading: bool = False
    today: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


SHEETS = {
    sheet.name: sheet
    for sheet in (
        Sheet(
            "calendar",
            "Calendar of endings",
            "The days on which something that a record rests on ends or falls due, and what has ended and is still relied on.",
            question="calendar-of-endings",
            chapter="state",
            group="day",
        ),
        Sheet(
            "transfers",
            "Transfer sheet",
            "Each transfer with who, what, whom, where and why, and whether each instrument held on the day.",
            question="transfers-on-a-day",
            chapter="register",
            group="transfer",
            today=("as_of",),
            beside=("reliance-on-a-mechanism", "categories-that-cross-a-border"),
        ),
        Sheet(
            "dpia",
            "DPIA screening sheet",
            "Which of the nine signs of a high risk the record of each activity shows, and in which words.",
            question="dpia-screening",
            chapter="register",
            group="activity",
        ),
        Sheet(
            "access",
            "Subject-access sheet",
            "What the record gives to answer a person who asks for access, letter by letter.",
            question="answer-to-access-request",
            chapter="register",
            group="item",
            sorted_by_heading=True,
            beside=("about-a-data-subject",),
        ),
        Sheet(
            "breach",
            "Breach-impact sheet",
            "Who has to tell whom, by when, about whom and which data, if a party is breached.",
            question="breach-notification",
            chapter="register",
            group="item",
            sorted_by_heading=True,
            beside=("breach-at-a-party", "what-depends-on-a-thing"),
        ),
    )
}


@dataclass(frozen=True)
class Block:
    """One group of a sheet: what all of its rows say alike, and a table of what differs."""

    heading: Cell
    alike: list[tuple[str, Cell]]
    table: Table


@bp.get("")
def index() -> Response:
    """List the sheets."""
    return page("sheets/index.html", {"sheets": list(SHEETS.values())})


@bp.get("/<name>")
def show(name: str) -> Response:
    """Show a sheet once it has what its question needs."""
    if name not in SHEETS:
        raise NotFound("sheet", name, SHEETS)
    sheet, told = SHEETS[name], state()
    question = catalogue()[sheet.question]
    given = given_for(question)
    given |= {parameter: date.today().isoformat() for parameter in sheet.today if parameter not in given}
    lacking = [parameter for parameter in question.parameters if parameter.required and parameter.name not in given]
    answered = None if lacking else ask_once(question, given)
    chapters = _lay_out(told, sheet, answered) if answered else []
    return page(
        "sheets/show.html",
        {
            "sheet": sheet,
            "question": question,
            "fields": [(parameter, humanise(parameter.name), offer(told.snapshot(), parameter)) for parameter in question.parameters],
            "given": {**dict.fromkeys(sheet.today, date.today().isoformat()), **{key: text for key, text in request.args.items() if text}},
            "query": {key: text for key, text in given.items() if key in question.names},
            "lacking": lacking if request.args else [],
            "answer": answered,
            "chapters": _first(chapters, MOST),
            "groups": sum(len(blocks) for _, blocks in chapters),
            "beside": [(catalogue()[other], _carry(given, other)) for other in sheet.beside],
            "most": MOST,
            "endings": list(MEDIA_TYPES),
            "made": date.today().isoformat(),
        },
    )


def _carry(given: dict[str, str], other: str) -> dict[str, str]:
    """Return what was given that another question takes too, by name or as its only required thing."""
    question = catalogue()[other]
    carried = {name: text for name, text in given.items() if name in question.names}
    required = [parameter.name for parameter in question.parameters if parameter.required]
    subject = next((given[name] for name in ("party", "subject") if name in given), None)
    if subject is not None and len(required) == 1:
        carried[required[0]] = subject
    return carried


def _lay_out(told: State, sheet: Sheet, answered: Answer) -> list[tuple[Cell, list[Block]]]:
    """Arrange the rows below two levels of headings, in their order; rows of one group may stand apart in the answer."""
    table = arrange(told, answered, most=len(answered.rows))
    chapter, group = (table.columns.index(column) if column in table.columns else None for column in (sheet.chapter, sheet.group))
    nothing = Cell("all activities")
    rest = [place for place in range(len(table.columns)) if place not in (chapter, group)]
    blocks: dict[tuple[Cell, Cell], list[list[Cell]]] = {}
    for row in table.rows:
        key = (nothing if chapter is None else row[chapter], nothing if group is None or not row[group].text else row[group])
        blocks.setdefault(key, []).append(row)
    made = [
        (key[0], _block(key[1], [table.columns[place] for place in rest], [[row[place] for place in rest] for row in rows]))
        for key, rows in blocks.items()
    ]
    order = list(dict.fromkeys(key for key, _ in made))
    made.sort(key=lambda pair: (order.index(pair[0]), pair[1].heading.text if sheet.sorted_by_heading else ""))
    return [(heading, [block for _, block in pairs]) for heading, pairs in groupby(made, key=lambda pair: pair[0])]


def _first(chapters: list[tuple[Cell, list[Block]]], most: int) -> list[tuple[Cell, list[Block]]]:
    """Return as many groups as a page shows."""
    shown = []
    for heading, blocks in chapters:
        if most > 0:
            shown.append((heading, blocks[:most]))
        most -= len(blocks)
    return shown


def _block(heading: Cell, columns: Sequence[str], rows: list[list[Cell]]) -> Block:
    alike = [place for place in range(len(columns)) if len({row[place] for row in rows}) == 1]
    differ = [place for place in range(len(columns)) if place not in alike]
    same = [(columns[place], rows[0][place]) for place in alike if rows[0][place].text]
    return Block(
        heading, same, Table([columns[place] for place in differ], [], [[row[place] for place in differ] for row in rows] if differ else [])
    )
