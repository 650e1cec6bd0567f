"""Registers as files.

In:  a register's slug and a format. Out: the file, the same bytes for the same revision.
"""

from __future__ import annotations

from flask import Blueprint, Response

from ropa.errors import NotFound
from ropa.exchange import FORMATS, export_register
from ropa.registers import find_register
from webapp.answers import answer, page
from webapp.state import state

bp = Blueprint("exports", __name__, url_prefix="/export")

_BY_ENDING = {found.ending: found for found in FORMATS.values()}
_WHAT = {
    "ttl": "Turtle: one graph, easy to read",
    "jsonld": "JSON-LD: for programs that read JSON, with plain names",
    "trig": "TriG: record and evidence as two graphs, easy to read",
    "nq": "N-Quads: record and evidence as two graphs, one statement a line",
}


@bp.get("")
def index() -> Response:
    """List what can be had."""
    formats = [(found, _WHAT.get(found.ending, found.name)) for found in FORMATS.values()]
    return page("exports/index.html", {"registers": state().snapshot().registers, "formats": formats})


@bp.get("/<slug>.<ending>")
def download(slug: str, ending: str) -> Response:
    """Answer with a register and its evidence."""
    if ending not in _BY_ENDING:
        raise NotFound("format", ending, _BY_ENDING)
    store = state().store
    find_register(store, slug)
    found = _BY_ENDING[ending]
    response = answer(found.media_type, lambda: export_register(store, slug, found.name))
    response.headers["Content-Disposition"] = f'attachment; filename="{slug}.{ending}"'
    return response
