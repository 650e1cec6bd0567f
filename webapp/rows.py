"""What pages about many things read of a revision: the activities as rows, the index to choose from them, the names to find by.

In:  the state of the application. Out: the same objects for every request of a revision; None while they are being made.
"""

from __future__ import annotations

from concurrent.futures import wait
from datetime import date

from flask import Response
from werkzeug.exceptions import ServiceUnavailable

from ropa.activities import Activities, read_activities
from ropa.facets import Index, mechanism_states
from ropa.findings import Finding
from ropa.questions import Answer, catalogue
from ropa.searching import Search
from webapp.answers import page
from webapp.state import Snapshot, State

AT_ONCE = 0.05
"""Seconds that a page waits for findings, which take long where there are many registers."""
SHORTLY = 0.3
"""Seconds that a page waits for what it can be read without."""


def findings_at_hand(told: State) -> list[Finding] | None:
    """Return the findings of today if they are made already or in a moment; what can be shown without them does not wait."""
    try:
        wait([told.check()], AT_ONCE)
        return told.findings() if told.check().done() else None
    except ServiceUnavailable:
        # Other days are being checked.
        return None


def search(told: State) -> Search | None:
    """Return the names of the present revision."""
    return told.gather(told.snapshot(), "names", lambda snapshot: Search(snapshot.store))


def overview(told: State) -> Answer | None:
    """Return the answer of the question ``registers``: what each register holds, in numbers."""
    return told.gather(told.snapshot(), "overview", lambda snapshot: snapshot.overview(), SHORTLY)


def calendar(told: State, day: date, register: str) -> Answer | None:
    """Return the answer of the question ``calendar-of-endings`` for a day, of one register or ("") of all."""
    given = {"from": day.isoformat()} | ({"register": register} if register else {})
    question = catalogue()["calendar-of-endings"]
    return told.gather(told.snapshot(), ("calendar", day, register), lambda snapshot: question.ask(snapshot.store, given), SHORTLY)


def activities(told: State, snapshot: Snapshot) -> Activities | None:
    """Return the activities of a revision with the terms that they speak of."""
    return told.gather(snapshot, "activities", lambda snapshot: read_activities(snapshot.store))


def index(told: State) -> Index | None:
    """Return the activities of the present revision as of today, with what is found in them once that is known."""
    snapshot, day = told.snapshot(), date.today()
    # After the snapshot, so that they are never of an earlier revision.
    findings = findings_at_hand(told)
    found = activities(told, snapshot)
    if found is None:
        return None

    def make(snapshot: Snapshot) -> Index:
        used = {mechanism for row in found.rows for mechanism in row.mechanisms}
        return Index(found, mechanism_states(snapshot.store, used, day), findings)

    return told.gather(snapshot, ("index", day, findings is not None), make)


def being_made(title: str) -> Response:
    """Answer with a page that looks again, for what takes longer than a page may."""
    response = page("gathering.html", {"title": title}, variant="gathering")
    response.headers["Cache-Control"] = "no-store"
    return response


def unavailable() -> ServiceUnavailable:
    """Return the error for programs that asked for what is still being made."""
    return ServiceUnavailable("The registers are being read. Ask again in a few seconds.", retry_after=3)
