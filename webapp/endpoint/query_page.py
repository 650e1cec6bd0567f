"""The page of the SPARQL endpoint for people: a query to write, its answer as a table, and what is wrong with it where it is.

In:  a query and the engine's answer, or the error it met. Out: a page. What programs get is not decided here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from itertools import islice
from typing import BinaryIO

import pyoxigraph as ox
from flask import Blueprint, Response, make_response, render_template, request

from ropa import sparql
from ropa.errors import BadQuery, Busy, CannotEvaluate, RefusedQuery, RopaError, StoreProblem, TooLong, TooMuch, TooSlow
from ropa.namespaces import PREFIXES
from ropa.questions import catalogue
from ropa.store.evaluation import BOOLEAN, GRAPH, SOLUTIONS, Written
from ropa.terms import list_terms
from webapp import answers
from webapp.endpoint import access
from webapp.endpoint.forms import HTML
from webapp.endpoint.protocol import Operation
from webapp.errors import PROBLEM, told_by_library
from webapp.negotiation import choose
from webapp.questions.examples import bind_example
from webapp.questions.tables import Cell, show_term
from webapp.revisions import PerRevision
from webapp.state import state

bp = Blueprint("query_page", __name__)

MOST_ROWS = 500
"""Rows, or statements of a graph, that the page shows."""
MOST_IN_ADDRESS = 6_000
"""Characters of a query up to which it is sent as part of an address."""
_MOST_LINES = 2_000
_ENDINGS = {
    "text/csv": ("csv", "CSV"),
    "application/sparql-results+json": ("json", "JSON"),
    "application/sparql-results+xml": ("xml", "XML"),
    "text/tab-separated-values": ("tsv", "TSV"),
    "text/turtle": ("ttl", "Turtle"),
    "application/ld+json": ("jsonld", "JSON-LD"),
    "application/n-triples": ("nt", "N-Triples"),
    "application/rdf+xml": ("rdf", "RDF/XML"),
}
_FILES = {
    kind: [_ENDINGS[media_type] for media_type in _ENDINGS if media_type in known]
    for kind, known in (("solutions", SOLUTIONS), ("boolean", BOOLEAN), ("graph", GRAPH))
}
"""Kind of answer to the endings and names of the files that it can be had as."""
ENDINGS: Mapping[str, str] = {ending: media_type for media_type, (ending, _) in _ENDINGS.items()}
"""Ending of a file to its media type."""

_ADVICE: dict[type[RopaError], tuple[str, str]] = {
    BadQuery: ("The query cannot be read", "Mend it at the marked place and run it again; what you wrote is kept above."),
    CannotEvaluate: ("The query cannot be answered", "It can be read, but the engine does not do what it asks for. Ask another way."),
    RefusedQuery: ("That is not allowed here", "Take that part out and run it again."),
    TooSlow: (
        "The query took too long",
        "It runs no longer. Add a LIMIT, begin with a pattern that names one thing or one register, or leave out an OPTIONAL or a path.",
    ),
    TooLong: ("The answer is too long", "Add a LIMIT and an OFFSET, ask for fewer columns, or count instead of listing."),
    TooMuch: ("The query needs too much memory", "It runs no longer. Add a LIMIT, sort less, or group by fewer columns."),
    Busy: ("Too much is going on", "Nothing is wrong with the query. Run it again in a few seconds."),
    StoreProblem: ("The store cannot be asked now", "Nothing is wrong with the query. Run it again in a few seconds."),
}
_TERMS: PerRevision[str] = PerRevision(1)


@dataclass
class _Shown:
    """An answer as the page shows it; *cut* tells that there is more than that."""

    kind: str
    columns: list[str] = field(default_factory=list)
    rows: list[list[Cell]] = field(default_factory=list)
    total: int | None = None
    cut: bool = False
    verdict: bool = False
    text: str = ""
    text_cut: bool = False
    seconds: float = 0


@dataclass(frozen=True)
class Fault:
    """What is wrong with a query, and what to do.

    Attributes:
        line, column: Where, counted from 1; None where nobody knows. lines: The text of the query.
    """

    heading: str
    detail: str
    advice: str
    line: int | None
    column: int | None
    lines: list[str]


def wants_example(accept: str | None) -> bool:
    """Tell whether a person asks for the query of a question of the catalogue, to begin with."""
    return request.method in ("GET", "HEAD") and set(request.args) == {"example"} and choose(accept, [PROBLEM, HTML]) == HTML


def blank(example: str = "") -> Response:
    """Show the page with a query that has not been run.

    Args:
        example: Name of the question whose query it is; without one a short query.

    Raises:
        NotFound: There is no such question.
    """
    text = bind_example(state().snapshot(), catalogue()[example]) if example else sparql.first_query()
    response = answers.page("sparql/endpoint.html", _context(Operation(text, [], []), chosen=example))
    response.vary.add("Accept")
    return response


def show(operation: Operation, answer: Written) -> Response:
    """Show a query and its answer."""
    body = BytesIO(answer.body) if isinstance(answer.body, bytes) else answer.body
    with body:
        shown = _read_graph(body) if answer.kind == "graph" else _read_results(body)
    shown.kind, shown.seconds = answer.kind, answer.seconds
    if answer.rows is not None:
        shown.total = answer.rows
    return make_response(render_template("sparql/endpoint.html", **_context(operation, shown=shown)))


def refuse(operation: Operation, error: RopaError) -> Response:
    """Show a query and why it has no answer, with the status and headers that the error has everywhere."""
    response = told_by_library(error)
    if response.mimetype == HTML:
        heading, advice = next((told for kind, told in _ADVICE.items() if isinstance(error, kind)), ("There is no answer", ""))
        line, column = (error.line, error.column) if isinstance(error, BadQuery) else (None, None)
        fault = Fault(heading, _say(error), advice, line, column, operation.text.splitlines())
        response.set_data(render_template("sparql/endpoint.html", **_context(operation, fault=fault)))
    return response


def _say(error: RopaError) -> str:
    """Return what an error says, without the tokens that a parser could have gone on with: the next of them is rarely what was meant."""
    said, expected, _ = str(error).partition(": expected ")
    return f"{said}: something is missing there, or does not belong." if expected and isinstance(error, BadQuery) else str(error)


@bp.get("/sparql/terms.json")
def tell_terms() -> Response:
    """Give the names that a query can use, with their labels, to whoever completes them."""
    snapshot = state().snapshot()

    def write() -> str:
        found = list_terms(snapshot.store, snapshot.label)
        terms = [[term.name, term.label, term.kind] for term in found.terms]
        return json.dumps({"prefixes": PREFIXES, "cut": found.cut, "terms": terms}, ensure_ascii=False)

    return answers.answer("application/json", lambda: _TERMS.get(snapshot, "", write))


def _context(operation: Operation, *, chosen: str = "", shown: _Shown | None = None, fault: Fault | None = None) -> dict[str, object]:
    dataset = {"default-graph-uri": operation.default_graphs, "named-graph-uri": operation.named_graphs}
    limits = state().policy.of(access.role())
    return {
        "query": operation.text,
        "dataset": {name: graphs for name, graphs in dataset.items() if graphs},
        "chosen": chosen,
        "shown": shown,
        "fault": fault,
        "limits": limits,
        "most": MOST_ROWS,
        "most_lines": _MOST_LINES,
        "most_in_address": MOST_IN_ADDRESS,
        "files": _FILES[shown.kind] if shown else [],
        "catalogue": catalogue(),
    }


def _read_results(body: BinaryIO) -> _Shown:
    found = ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON)
    if isinstance(found, ox.QueryBoolean):
        return _Shown("boolean", verdict=bool(found))
    told = state()
    rows = [[Cell("") if term is None else show_term(told, term) for term in row] for row in islice(found, MOST_ROWS + 1)]
    return _Shown("solutions", [variable.value for variable in found.variables], rows[:MOST_ROWS], cut=len(rows) > MOST_ROWS)


def _read_graph(body: BinaryIO) -> _Shown:
    lines = [line.decode().rstrip("\n") for line in islice(body, _MOST_LINES + 1)]
    body.seek(0)
    told = state()
    found = list(islice(ox.parse(body, format=ox.RdfFormat.TURTLE), MOST_ROWS + 1))
    cut = len(found) > MOST_ROWS
    return _Shown(
        "graph",
        ["subject", "property", "value"],
        [[show_term(told, term) for term in (quad.subject, quad.predicate, quad.object)] for quad in found[:MOST_ROWS]],
        total=None if cut else len(found),
        cut=cut,
        text="\n".join(lines[:_MOST_LINES]),
        text_cut=len(lines) > _MOST_LINES,
    )
