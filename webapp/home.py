"""The first page: what is recorded, what is wrong, what to do next; and the list of registers.

In:  the catalogue's question ``registers`` and the findings. Out: two pages.
"""

from __future__ import annotations

from collections import Counter

from flask import Blueprint, Response
from pyoxigraph import Literal

from ropa.findings import SEVERITIES
from ropa.questions import catalogue
from ropa.words import humanise, literal
from webapp.answers import page
from webapp.state import state

bp = Blueprint("home", __name__)


@bp.get("/")
def index() -> Response:
    """Show what is recorded, what is wrong and what to do next."""
    told = state()
    found = told.findings()
    counts = Counter((finding.register, finding.severity) for finding in found or [])
    return page(
        "home/index.html",
        {
            "registers": told.snapshot().registers,
            "numbers": _numbers(),
            "checked": found is not None,
            "counts": counts,
            "severities": SEVERITIES,
            "questions": len(catalogue()),
        },
        variant="checking" if found is None else "",
    )


@bp.get("/registers")
def registers() -> Response:
    """List the registers."""
    return page("home/registers.html", {"registers": state().snapshot().registers, "numbers": _numbers()})


def _numbers() -> dict[str, dict[str, str]]:
    """Return, per register IRI, the counts that the question ``registers`` answers, under readable names."""
    answer = state().snapshot().overview()
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
