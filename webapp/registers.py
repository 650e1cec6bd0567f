"""One organisation's record on one page: who, from which text, the general parts, then each activity.

In:  a register of the store. Out: a page on which each statement stands with its phrase and section.
"""

from __future__ import annotations

from flask import Blueprint, Response

from ropa.namespaces import DCTERMS, ROPA
from ropa.registers import find_register
from webapp.answers import page
from webapp.state import Snapshot, state
from webapp.things.layout import ACTIVITIES, Section, arrange
from webapp.things.trees import Line, Tree, grow

bp = Blueprint("registers", __name__, url_prefix="/registers")

_APART = {DCTERMS + "publisher", DCTERMS + "source"}


@bp.get("/<slug>")
def show(slug: str) -> Response:
    """Show a register."""
    snapshot = state().snapshot()
    register = find_register(snapshot.store, slug)
    thing = snapshot.describe(register.iri)
    whole = grow(snapshot, register.iri)
    activities = sorted((value for value in thing.get(ACTIVITIES) if value.iri), key=lambda value: value.label.casefold())
    found = state().findings()
    return page(
        "registers/show.html",
        {
            "register": register,
            "whole": whole,
            "publishers": [grow(snapshot, value.iri) for value in thing.get(DCTERMS + "publisher") if value.iri],
            "documents": [grow(snapshot, value.iri) for value in thing.get(DCTERMS + "source") if value.iri and snapshot.knows(value.iri)],
            "sections": arrange(line for line in whole.lines if line.iri not in _APART),
            "activities": [(value.iri.rpartition("/")[2], *activity(snapshot, value.iri)) for value in activities],
            "findings": None if found is None else sum(finding.register == slug for finding in found),
        },
        variant="checking" if found is None else "",
    )


def activity(snapshot: Snapshot, iri: str) -> tuple[Tree, list[Section[Line]]]:
    """Return an activity with its properties in the order of Art. 30."""
    tree = grow(snapshot, iri)
    return tree, arrange(tree.lines, processor=any(kind.iri == ROPA + "ProcessorActivity" for kind in tree.thing.kinds))
