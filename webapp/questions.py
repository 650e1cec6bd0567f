"""The catalogue of questions: each with a form, its answer as a table, and the same answer as a file.

In:  the questions of ``queries/`` and what a person typed. Out: pages, CSV, JSON, TSV, XML, a workbook.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from flask import Blueprint, Response, request

from ropa.errors import BadParameter, NotFound
from ropa.exchange import xlsx
from ropa.questions import FORMATS, Answer, Question, catalogue
from webapp.answers import HTML, answer, negotiate, page
from webapp.choices import offer, resolve
from webapp.state import state
from webapp.tables import MOST_ROWS, Table, arrange
from webapp.words import humanise

bp = Blueprint("questions", __name__, url_prefix="/questions")

MEDIA_TYPES = {
    "csv": "text/csv",
    "json": "application/sparql-results+json",
    "tsv": "text/tab-separated-values",
    "xml": "application/sparql-results+xml",
}


@bp.get("")
def index() -> Response:
    """List the questions by topic."""
    topics: dict[str, list[Question]] = {}
    for question in catalogue().values():
        topics.setdefault(question.topic, []).append(question)
    return page("questions/index.html", {"topics": topics})


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
        response = page("questions/show.html", _answer(question))
    response.vary.add("Accept")
    return response


def given_for(question: Question) -> dict[str, str]:
    """Return what a person gave for a question, with labels turned into the things they name.

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
        if texts:
            given[key] = resolve(snapshot, parameters[key], texts[0]) if key in parameters else texts[0]
    return given


def _file(question: Question, ending: str) -> Response:
    given = given_for(question)
    return answer(MEDIA_TYPES[ending], lambda: question.write(state().store, given, ending))


def _answer(question: Question) -> dict[str, object]:
    given = given_for(question)
    lacking = [parameter for parameter in question.parameters if parameter.required and parameter.name not in given]
    asked = not lacking
    # Where something required is missing and nothing was sent, the page is a form, not an error.
    answered = question.ask(state().store, given) if asked else None
    table = arrange(state(), answered, _echoes(question, given, answered)) if answered else Table([], [], [])
    return {
        "question": question,
        "fields": [(parameter, humanise(parameter.name), offer(state().snapshot(), parameter)) for parameter in question.parameters],
        "given": request.args,
        "query": {key: text for key, text in request.args.items() if text.strip()},
        "lacking": lacking if request.args else [],
        "answer": answered,
        "table": table,
        "most": MOST_ROWS,
        "text": question.bind(given, state().store.base) if asked else question.text,
        "endings": list(MEDIA_TYPES),
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
