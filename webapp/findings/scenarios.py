"""What changes if a party, an instrument or a place falls away, or another day comes.

In:  what a person supposes. Out: a page with the findings that appear and disappear and with all that is touched.
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from ropa.questions import Parameter
from ropa.scenarios import suppose
from webapp.answers import page
from webapp.days import asked_day, day_argument, read_day
from webapp.questions.choices import resolve
from webapp.questions.tables import arrange
from webapp.state import state

bp = Blueprint("scenarios", __name__)

_OFFERED = ("ropa:TransferMechanism", "dpv:LegalEntity", "ropa:UnnamedParty")
_THING = Parameter("without", "thing", required=False, default="", description="what falls away")


@bp.get("/what-if")
def index() -> Response:
    """Show the form, and what is supposed in it compared with what is."""
    told, day, later = state(), asked_day(), read_day("later")
    text = request.args.get("without", "").strip()
    snapshot = told.snapshot()
    without = _THING.read(resolve(snapshot, _THING, text), told.store.base).value if text else None
    supposed = without is not None or later not in (None, day)
    change = suppose(told.store, day, without=without, later=later, known=told.findings(day)) if supposed else None
    options = sorted({iri for kind in _OFFERED for iri in snapshot.members(kind)}, key=lambda iri: snapshot.label(iri).casefold())
    return page(
        "scenarios/index.html",
        {
            "change": change,
            "without": without,
            "text": text,
            "day": day,
            "later": later,
            "dated": day_argument(),
            "options": [(iri, snapshot.label(iri)) for iri in options],
            "touched": arrange(told, change.touched, {"thing"}) if change and change.touched else None,
            "registers": {register.slug: register for register in snapshot.registers},
        },
    )
