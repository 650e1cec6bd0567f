"""Registers as files: RDF for programs, the forms of authorities, a document, a pack to hand over.

In:  a register's slug, a kind of file, a template, a day. Out: the file, the same bytes for the same revision and day; a page that
says that it is being made where that takes longer than a moment.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from threading import BoundedSemaphore
from time import monotonic
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ropa.errors import BadParameter, NotFound
from ropa.exchange import FORMATS, export_register, handover
from ropa.exchange.handover import HANDOUTS
from ropa.registers import Register, find_register
from webapp.answers import HTML, answer, page
from webapp.days import asked_day, day_argument
from webapp.exports.making import Key
from webapp.negotiation import choose
from webapp.state import State, state
from webapp.texts import short_text

bp = Blueprint("exports", __name__, url_prefix="/export")

MOST = 25
"""Registers that a page of the list shows."""

_BY_ENDING = {found.ending: found for found in FORMATS.values()}
_WHAT = {
    "ttl": "Turtle: one graph, easy to read",
    "jsonld": "JSON-LD: for programs that read JSON, with plain names",
    "trig": "TriG: record and evidence as two graphs, easy to read",
    "nq": "N-Quads: record and evidence as two graphs, one statement a line",
}
_AT_ONCE = 0.6
"""Seconds in which the list counts how much registers answer; for the others it leads to their own page."""
_MOMENT = 0.9
"""Seconds that a person waits for a file before the page that says that it is being made."""
_PATIENCE = 25.0
"""Seconds that a program waits for a file before it is told to come back."""
_LOOK_AGAIN = 2
_NOT_PLAIN = re.compile(r"[^\w.-]", re.ASCII)
_waiting = BoundedSemaphore(4)
"""Programs that may wait at the same time: each holds a thread of the server."""


@bp.get("")
def index() -> Response:
    """List what can be had, or tell it of one register."""
    slug = request.args.get("register", "").strip()
    return _show(slug) if slug else _list()


@bp.get("/<slug>.<ending>")
def download(slug: str, ending: str) -> BaseResponse:
    """Answer with a register and its evidence, in RDF or as auditors want it."""
    if ending not in _BY_ENDING and ending not in HANDOUTS:
        raise NotFound("format", ending, [*_BY_ENDING, *HANDOUTS])
    told = state()
    find_register(told.store, slug)
    if ending in HANDOUTS:
        return _hand_out(told, slug, ending)
    found = _BY_ENDING[ending]
    response = answer(found.media_type, lambda: export_register(told.store, slug, found.name))
    return _attach(response, f"{slug}.{ending}")


def _hand_out(told: State, slug: str, ending: str) -> BaseResponse:
    kind, template, day = HANDOUTS[ending], _template(ending), asked_day()
    response = answer(kind.media_type, lambda: b"")
    if response.status_code == 304:
        return response
    key, make = _work(told, slug, ending, template, day)
    person = choose(request.headers.get("Accept"), [kind.media_type, HTML]) == HTML
    may_wait = not person and _waiting.acquire(blocking=False)
    try:
        made = told.making.ask(key, make, long=kind.long, patience=_PATIENCE if may_wait else _MOMENT)
    finally:
        if may_wait:
            _waiting.release()
    if made is None:
        return _not_yet(slug, ending, template, person=person)
    response.set_data(made)
    name = f"{slug}-{template}.{ending}" if template else f"{slug}.{ending}"
    return _attach(response, name)


def _not_yet(slug: str, ending: str, template: str, *, person: bool) -> BaseResponse:
    """Answer that a file is being made: a page for people, 202 with the address to come back to for programs."""
    given: dict[str, Any] = {**({"template": template} if template else {}), **day_argument()}
    if person:
        response = redirect(url_for("exports.index", register=slug, making=ending, **given), 303)
    else:
        place = url_for("exports.download", slug=slug, ending=ending, **given)
        body = {"state": "being made", "location": place, "retryAfter": _LOOK_AGAIN}
        response = Response(json.dumps(body), status=202, mimetype="application/json")
        response.headers["Location"] = place
    response.headers["Retry-After"] = str(_LOOK_AGAIN)
    response.headers["Cache-Control"] = "no-store"
    return response


def _work(told: State, slug: str, ending: str, template: str, day: date) -> tuple[Key, Callable[[], bytes]]:
    """Return what tells a file from all others, and what makes it."""
    store, revision = told.store, told.store.revision
    # A file without findings is the same on every day.
    key = (revision, slug, ending, template, day if HANDOUTS[ending].judged else None)
    return key, lambda: handover.make_handout(store, slug, ending, template=template, day=day)


def _template(ending: str) -> str:
    """Return the name of the template asked for, "" where none is.

    Raises:
        BadParameter: The kind of file fills none, or there is none of that name.
    """
    name = request.args.get("template", "").strip()
    if name and not HANDOUTS[ending].of_template:
        raise BadParameter(f"template={name!r}: {ending} holds all of them. Leave it out, or take xlsx or csv.")
    known = [template.name for template in handover.listed()]
    if name and name not in known:
        raise BadParameter(f"template={name!r}: give one of {', '.join(known)}.")
    return name


def _attach(response: Response, name: str) -> Response:
    """Name a file; one whose name is not plain has a plain one for old browsers and its own beside it (RFC 6266, section 4.3)."""
    plain = _NOT_PLAIN.sub("_", name)
    own = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    response.headers["Content-Disposition"] = f'attachment; filename="{plain}"{own}'
    return response


def _list() -> Response:
    told = state()
    text = short_text("q")
    found = [register for register in told.snapshot().registers if text.casefold() in register.title.casefold()]
    last = max(1, -(-len(found) // MOST))
    number = min(_number("page"), last)
    shown = found[(number - 1) * MOST : number * MOST]
    summaries = _summaries(told, shown)
    return page(
        "exports/index.html",
        {
            "text": text,
            "registers": [(register, summaries.get(register.slug)) for register in shown],
            "total": len(found),
            "all": len(told.snapshot().registers),
            "number": number,
            "last": last,
            "formats": [(found.ending, _WHAT.get(found.ending, found.name)) for found in FORMATS.values()],
            "handouts": HANDOUTS.values(),
            "templates": handover.listed(),
            "day": asked_day(),
            "dated": day_argument(),
        },
        # What was not counted in time is counted the next time.
        variant=f"{sum(summaries.get(register.slug) is not None for register in shown)}",
    )


def _summaries(told: State, registers: list[Register]) -> dict[str, list[handover.Coverages]]:
    """Return how much of each template that is for it a register answers, for as many registers as can be counted at once."""
    snapshot, begun = told.snapshot(), monotonic()
    counted: dict[str, list[handover.Coverages]] = {}
    for register in registers:
        if snapshot.counted(register.slug) or monotonic() - begun < _AT_ONCE:
            counted[register.slug] = [one for one in snapshot.covered(register.slug) if one.activities]
    return counted


def _show(slug: str) -> Response:
    told, day = state(), asked_day()
    register = find_register(told.store, slug)
    making = request.args.get("making", "").strip()
    if making and making not in HANDOUTS:
        raise BadParameter(f"making={making!r}: give one of {', '.join(HANDOUTS)}.")
    work = _progress(told, slug, making, day) if making else {}
    sizes = {kind.ending: told.making.size(_work(told, slug, kind.ending, "", day)[0]) for kind in HANDOUTS.values() if kind.long}
    digest, size = handover.identify(told.store, slug)
    response = page(
        "exports/show.html",
        {
            "register": register,
            "covered": told.snapshot().covered(slug),
            "digest": digest,
            "size": size,
            "statuses": handover.STATUSES,
            "formats": [(found.ending, _WHAT.get(found.ending, found.name)) for found in FORMATS.values()],
            "handouts": HANDOUTS,
            "sizes": sizes,
            "revision": told.store.revision,
            "day": day,
            "dated": day_argument(),
            "work": work,
        },
        variant="-".join(map(str, (*sizes.values(), work.get("ending"), work.get("ready"), work.get("seconds")))),
    )
    if work:
        response.headers["Cache-Control"] = "no-store"
        # Works without a script; a file that is ready comes by itself.
        response.headers["Refresh"] = f"1; url={work['href']}" if work["ready"] else str(_LOOK_AGAIN)
    return response


def _progress(told: State, slug: str, ending: str, day: date) -> dict[str, object]:
    """Return how far a file is; what failed raises its error."""
    template = _template(ending)
    key, make = _work(told, slug, ending, template, day)
    made = told.making.ask(key, make, long=HANDOUTS[ending].long, patience=0.05)
    given: dict[str, Any] = {**({"template": template} if template else {}), **day_argument()}
    return {
        "ending": ending,
        "ready": made is not None,
        "bytes": len(made or b""),
        "seconds": told.making.seconds(key) or 0,
        "href": url_for("exports.download", slug=slug, ending=ending, **given),
        "again": _LOOK_AGAIN,
    }


def _number(name: str) -> int:
    text = request.args.get(name, "1").strip() or "1"
    if not text.isdecimal() or len(text) > 6 or int(text) < 1:
        raise BadParameter(f"{name}={text!r}: give a number from 1.")
    return int(text)
