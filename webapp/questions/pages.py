"""The catalogue of questions: each with a form, its answer as a table, and the same answer as a file.

In:  the questions of ``queries/`` and what a person typed. Out: pages, CSV, JSON, TSV, XML, a workbook.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from ropa.errors import BadParameter, NotFound
from ropa.exchange import xlsx
from ropa.questions import FORMATS, Answer, Question, catalogue
from ropa.words import humanise
from webapp.answers import HTML, answer, negotiate, page
from webapp.numbers import page_number
from webapp.questions.bars import draw
from webapp.questions.choices import offer, resolve
from webapp.questions.examples import Example, find_examples
from webapp.questions.tables import Table, arrange, sort
from webapp.revisions import PerRevision
from webapp.state import state
from webapp.texts import short_text

bp = Blueprint("questions", __name__, url_prefix="/questions")

MOST_ON_A_PAGE = 200
"""Rows that a page shows; the files hold all."""
_BESIDE = frozenset({"page", "sort", "chart"})
_MOST_KEPT = 20_000
"""Rows of an answer that is kept while people turn its pages."""
_ANSWERS: PerRevision[Answer] = PerRevision(8, lambda answered: len(answered.rows) <= _MOST_KEPT)

MEDIA_TYPES = {
    "csv": "text/csv",
    "json": "application/sparql-results+json",
    "tsv": "text/tab-separated-values",
    "xml": "application/sparql-results+xml",
}


@bp.get("")
def index() -> Response:
    """List the questions by topic, those that have all the words that are looked for."""
    text = short_text("q")
    words = text.casefold().split()
    snapshot = state().snapshot()
    topics: dict[str, list[tuple[Question, list[Example]]]] = {}
    for question in catalogue().values():
        told = f"{question.code} {question.question} {question.summary} {question.source} {question.topic}".casefold()
        if all(word in told for word in words):
            topics.setdefault(question.topic, []).append((question, find_examples(snapshot, question)))
    found = sum(len(questions) for questions in topics.values())
    return page("questions/index.html", {"topics": topics, "text": text, "found": found, "total": len(catalogue())})


@bp.get("/<name>.<ending>")
def download(name: str, ending: str) -> Response:
    """Answer a question as a file."""
    question = catalogue()[name]
    if ending not in FORMATS and ending != "xlsx":
        raise NotFound("format", ending, [*FORMATS, "xlsx"])
    response = answer(xlsx.MEDIA_TYPE, lambda: _workbook(question)) if ending == "xlsx" else _file(question, ending)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    return response


def _workbook(question: Question) -> bytes:
    given, told = given_for(question), state()
    answered = question.ask(told.store, given)
    table = arrange(told, answered, most=xlsx.MOST_ROWS)
    rows = ([f"{cell.text} {cell.where}".strip() for cell in row] for row in table.rows)
    return xlsx.write_answer(question.summary, [heading(column).capitalize() for column in table.columns], rows, date.today())


@bp.get("/<name>")
def show(name: str) -> Response:
    """Show a question with its form, and its answer once it has what it needs."""
    question = catalogue()[name]
    chosen = negotiate([HTML, *MEDIA_TYPES.values(), "application/json"])
    if chosen != HTML:
        ending = next((ending for ending, media_type in MEDIA_TYPES.items() if media_type == chosen), "json")
        response = _file(question, ending)
    else:
        response = answer(HTML, lambda: render_template("questions/show.html", **_answer(question)))
    response.vary.add("Accept")
    return response


def given_for(question: Question, beside: Collection[str] = ()) -> dict[str, str]:
    """Return what a person gave for a question, with labels turned into the things they name.

    Args:
        beside: Arguments of the address that are none of the question.

    Raises:
        BadParameter: A parameter is unknown or given twice, a label names nothing or several things.
    """
    snapshot = state().snapshot()
    parameters = {parameter.name: parameter for parameter in question.parameters}
    given: dict[str, str] = {}
    for key, values in request.args.lists():
        texts = [text.strip() for text in values if text.strip()]
        if len(texts) > 1:
            raise BadParameter(f"{key} is given {len(texts)} times; give it once.")
        if texts and key not in beside:
            given[key] = resolve(snapshot, parameters[key], texts[0]) if key in parameters else texts[0]
    return given


def _file(question: Question, ending: str) -> Response:
    given = given_for(question)
    return answer(MEDIA_TYPES[ending], lambda: question.write(state().store, given, ending))


def _answer(question: Question) -> dict[str, object]:
    told, snapshot = state(), state().snapshot()
    given = given_for(question, _BESIDE)
    lacking = [parameter for parameter in question.parameters if parameter.required and parameter.name not in given]
    # Where something required is missing and nothing was sent, the page is a form, not an error.
    answered = None if lacking else ask_once(question, given)
    query = {key: text for key, text in request.args.items() if text.strip() and key not in _BESIDE}
    context: dict[str, object] = {
        "question": question,
        "fields": [(parameter, humanise(parameter.name), offer(snapshot, parameter)) for parameter in question.parameters],
        "examples": find_examples(snapshot, question),
        "given": request.args,
        "query": query,
        "lacking": lacking if query else [],
        "answer": answered,
        "table": Table([], [], []),
        "text": question.text if lacking else question.bind(given, told.store.base),
        "endings": list(MEDIA_TYPES),
    }
    return context if answered is None else context | _lay_out(question, given, answered)


def ask_once(question: Question, given: Mapping[str, str]) -> Answer:
    """Return the answer of the present revision, kept for whoever asks again, turns its pages or sorts it."""
    day = date.today().isoformat()
    return _ANSWERS.get(state().snapshot(), (question.name, *sorted(given.items()), day), lambda: question.ask(state().store, given))


def _lay_out(question: Question, given: Mapping[str, str], answered: Answer) -> dict[str, object]:
    """Return the part of an answer that the address asks for: a page of its rows, in the order of a column."""
    told = state()
    fixed = _echoes(question, given, answered)
    everything = arrange(told, answered, fixed, most=0)
    asked = request.args.get("sort", "")
    column, descending = asked.removeprefix("-"), asked.startswith("-")
    if asked and column not in everything.columns:
        raise BadParameter(f"sort={asked!r}: give one of {', '.join(everything.columns) or 'the columns; this answer has none'}.")
    number, last = page_number(len(answered.rows), MOST_ON_A_PAGE)
    sorted_ = sort(told, answered, column, descending=descending) if asked else answered
    table = arrange(told, sorted_, fixed, MOST_ON_A_PAGE, (number - 1) * MOST_ON_A_PAGE)
    chart = request.args.get("chart", "")
    bars = draw(table, chart) if last == 1 else None
    if chart and (bars is None or chart != bars.column):
        raise BadParameter(
            f"chart={chart!r}: give {'one of ' + ', '.join([bars.column, *bars.others]) if bars else 'none, nothing here can be compared'}."
        )

    def address(**changed: str) -> str:
        kept: dict[str, Any] = {key: text for key, text in request.args.items() if text.strip() and key != "page"}
        return url_for("questions.show", name=question.name, **{**kept, **changed})

    return {
        "table": table,
        "bars": bars,
        "others": [(other, address(chart=other)) for other in bars.others] if bars else [],
        "sort_by": lambda wanted: address(sort=wanted),
        "turn_to": lambda wanted: address(page=str(wanted)),
        "sorted_by": column,
        "descending": descending,
        "number": number,
        "last": last,
        "first_row": (number - 1) * MOST_ON_A_PAGE + 1,
    }


def _echoes(question: Question, given: Mapping[str, str], answered: Answer) -> set[str]:
    """Return the columns that only repeat, in every row, what was asked: the register, the word of a choice."""
    asked = {
        parameter.name
        for parameter in question.parameters
        if parameter.choices or (parameter.kind == "register" and parameter.name in given)
    }
    return {name for place, name in enumerate(answered.columns) if name in asked and len({row[place] for row in answered.rows}) == 1}


def heading(column: str) -> str:
    """Return the heading of a column: ``namedParties`` is "named parties"."""
    return humanise(column.removesuffix("Label"))
