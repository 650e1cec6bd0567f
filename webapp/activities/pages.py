"""All activities of all registers in one table: chosen by counted facets and words, ordered, sampled, taken along as a file.

In:  the rows of the present revision and what the address chooses. Out: a page; CSV and JSON of exactly what it chooses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from flask import Blueprint, Response, request, url_for

from ropa.activities import Activity
from ropa.errors import BadParameter, NotFound
from ropa.facets import FACETS, ORDERS, Index
from ropa.namespaces import shorten
from webapp.activities.files import WRITERS
from webapp.activities.rows import Printer
from webapp.activities.selection import describe, offer_facets, read_selection
from webapp.answers import answer, page
from webapp.numbers import page_number, whole_number
from webapp.rows import being_made, index, unavailable
from webapp.state import Snapshot, state

bp = Blueprint("activities", __name__)

COLUMNS = {
    "register": "Register",
    "role": "Role",
    "purposes": "Purposes",
    "bases": "Legal bases",
    "people": "People",
    "data": "Data",
    "recipients": "Recipients",
    "transfers": "Transfers",
    "retention": "Time limits",
    "complete": "Art. 30 items",
    "findings": "Findings",
}
"""Columns besides the name, which is always there."""

_A_PAGE = 50
_LONGEST = 200
_LARGEST_SAMPLE = 500
_OTHERS = ("q", "sort", "page", "columns", "sample", "seed")


@dataclass(frozen=True)
class View:
    """What an address asks for.

    Attributes:
        chosen: Facet to values. rows: What is chosen, in order; the sample, if one is drawn. total: How many rows the sample is drawn from.
    """

    chosen: dict[str, tuple[str, ...]]
    text: str
    order: str
    columns: list[str]
    size: int
    seed: str
    rows: Sequence[Activity]
    total: int
    searched: int


@bp.get("/activities")
def show() -> Response:
    """Show the activities that the address chooses, and what else can be chosen."""
    told = state()
    _refuse_unknown()
    found = index(told)
    if found is None or (found.findings is None and _needs_findings()):
        return being_made("Activities")
    snapshot = told.snapshot()
    view = _read(snapshot, found)
    number, last = page_number(len(view.rows), _A_PAGE)

    show_row = Printer(snapshot, found.findings).show
    return page(
        "activities/index.html",
        {
            "view": view,
            "rows": [show_row(row) for row in view.rows[(number - 1) * _A_PAGE : number * _A_PAGE]],
            "first": (number - 1) * _A_PAGE,
            "all": len(found.rows),
            "facets": offer_facets(snapshot, found.count(view.chosen, view.searched), view.chosen),
            "picked": describe(snapshot, view.chosen),
            "findings": found.findings,
            "columns": COLUMNS,
            "orders": ORDERS,
            "carried": _keep,
            "file": _file,
            "example": shorten(found.rows[0].iri, told.store.base) if found.rows else "",
            "registers": snapshot.registers,
            "number": number,
            "last": last,
            "today": date.today().isoformat(),
            "largest": _LARGEST_SAMPLE,
            "endings": list(WRITERS),
        },
        variant="checking" if found.findings is None else "",
    )


@bp.get("/activities.<ending>")
def download(ending: str) -> Response:
    """Answer with the same activities as a file, all of them."""
    if ending not in WRITERS:
        raise NotFound("format", ending, WRITERS)
    _refuse_unknown()
    found = index(state())
    if found is None or found.findings is None:
        raise unavailable()
    view = _read(state().snapshot(), found)
    media_type, write = WRITERS[ending]
    response = answer(media_type, lambda: write(view.rows, view.columns, found.findings or {}))
    response.headers["Content-Disposition"] = f'attachment; filename="activities.{ending}"'
    return response


def _refuse_unknown() -> None:
    unknown = [name for name in request.args if name not in FACETS and name not in _OTHERS]
    if unknown:
        raise BadParameter(f"There is no filter {unknown[0]!r}. Filter by {', '.join([*FACETS, 'q'])}.")


def _needs_findings() -> bool:
    return "finding" in request.args or request.args.get("sort", "").endswith("findings")


def _read(snapshot: Snapshot, found: Index) -> View:
    text = " ".join(request.args.get("q", "").split())
    if len(text) > _LONGEST:
        raise BadParameter(f"q has {len(text)} characters. Give at most {_LONGEST}.")
    order = request.args.get("sort") or ORDERS[0]
    if order.removeprefix("-") not in ORDERS:
        raise BadParameter(f"sort={order!r}: give one of {', '.join(ORDERS)}, with - before it for the other way round.")
    chosen = read_selection(snapshot, found)
    searched = found.search(text)
    rows = found.order(found.choose(chosen, searched), order)
    size, seed = whole_number("sample", 1) if request.args.get("sample") else 0, request.args.get("seed", "").strip()
    if size > _LARGEST_SAMPLE or len(seed) > _LONGEST:
        raise BadParameter(f"A sample has at most {_LARGEST_SAMPLE} activities, and a seed at most {_LONGEST} characters.")
    sampled = found.sample(rows, size, seed) if size else rows
    return View(chosen, text, order, _columns(), size, seed, sampled, len(rows), searched)


def _columns() -> list[str]:
    """Return the columns in use, in their order; all where none is named."""
    named = [name for text in request.args.getlist("columns") for name in text.split(",") if name]
    for name in named:
        if name not in COLUMNS:
            raise BadParameter(f"columns={name!r}: give some of {', '.join(COLUMNS)}.")
    return [name for name in COLUMNS if name in named] if named else list(COLUMNS)


def _file(ending: str) -> str:
    """Return the address of the same activities as a file."""
    pairs = _keep()
    return url_for("activities.download", ending=ending) + (f"?{urlencode(pairs)}" if pairs else "")


def _keep(*without: str) -> list[tuple[str, str]]:
    """Return the arguments that a form carries along, without those that it asks for itself."""
    return [(name, text) for name, text in request.args.items(multi=True) if text and name not in (*without, "page")]
