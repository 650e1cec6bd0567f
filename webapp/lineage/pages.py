"""The way of data, drawn and in words: from people over activities to recipients and places.

In:  what a person asks in the address. Out: a page with a form, a picture and a table that says the same; JSON and CSV.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from threading import Lock
from typing import TypeVar
from weakref import WeakKeyDictionary

from flask import Blueprint, Response, request

from ropa import words
from ropa.errors import BadParameter, NotFound
from ropa.lineage import DEEPEST, MOST_HOPS, MOST_NODES, NODE_KINDS, Asked, Atlas, Direction, Reach
from ropa.lineage import answer as find
from ropa.namespaces import NO_VALUES, expand, shorten
from ropa.questions import Parameter
from webapp.answers import answer, page
from webapp.days import asked_day, day_argument
from webapp.lineage.hops import write_csv
from webapp.lineage.views import Told, address, tell
from webapp.questions.choices import KINDS, Option, resolve
from webapp.state import Snapshot, state

bp = Blueprint("lineage", __name__)

MEDIA_TYPES = {"json": "application/json", "csv": "text/csv"}
DIRECTIONS: dict[Direction, str] = {"downstream": "Where the data go", "upstream": "Where the data come from", "both": "Both ways"}
REACHES: dict[Reach, str] = {"stated": "The text says so", "possible": "The text does not rule it out"}
FIELDS = {
    "from": ("From", "activity party subject place", "A person’s group, an activity, a party or a place to start at."),
    "to": ("To", "activity party subject place", "With both: every way between the two."),
    "category": ("Data", "category", "Narrower kinds of data count too."),
    "subject": ("People", "subject", "Whom the data are about."),
    "party": ("By way of", "party", "A recipient, a supplier or who is responsible."),
    "purpose": ("Purpose", "purpose", "What the data are used for."),
}
"""Parameter to its label, the kinds of things that it may be, and what to put there."""

THINGS = {
    "from": "thing",
    "to": "thing",
    "category": "category",
    "subject": "subject",
    "party": "party",
    "purpose": "purpose",
    "basis": "thing",
}
"""Parameter to the kind of thing that it names."""
PARAMETERS = ("register", *THINGS, "as_of", "direction", "depth", "reach")
Word = TypeVar("Word", bound=str)
_REGISTER = Parameter("register", "register", required=False, default="", description="")
_NODES = ("activity", "party", "subject", "place")
_TRIED = 20
"""Registers that are looked at for examples."""
_ATLASES: WeakKeyDictionary[Snapshot, Atlas] = WeakKeyDictionary()
_LOCK = Lock()


def atlas() -> Atlas:
    """Return the atlas of the present revision."""
    snapshot = state().snapshot()
    with _LOCK:
        return _ATLASES.setdefault(snapshot, Atlas(snapshot.store))


@bp.get("/lineage")
def index() -> Response:
    """Show the form, and the lineage that is asked for in it."""
    snapshot, day, asked = state().snapshot(), asked_day(), _asked()
    query = _query(asked)
    shown = None if asked.empty else tell(snapshot, atlas(), find(atlas(), asked), asked, day=day, query=query)
    bases = [Option(shorten(iri, snapshot.store.base), snapshot.label(iri)) for iri in atlas().bases if iri not in NO_VALUES]
    return page(
        "lineage/index.html",
        {
            "asked": asked,
            "shown": shown,
            "query": query,
            "fields": FIELDS,
            "texts": {name: _text(snapshot, query.get(name, "")) for name in FIELDS},
            "registers": snapshot.registers,
            "bases": sorted(bases, key=lambda option: option.label.casefold()),
            "directions": DIRECTIONS,
            "reaches": REACHES,
            "deepest": DEEPEST,
            "kinds": NODE_KINDS,
            "most": MOST_NODES,
            "most_hops": MOST_HOPS,
            "day": day,
            "examples": [] if shown else _examples(snapshot),
        },
    )


@bp.get("/lineage.<ending>")
def download(ending: str) -> Response:
    """Answer with the same as data: JSON of what is drawn, CSV of every hop."""
    if ending not in MEDIA_TYPES:
        raise NotFound("format", ending, MEDIA_TYPES)
    snapshot, day, asked = state().snapshot(), asked_day(), _asked()
    if asked.empty:
        raise BadParameter("Say what to follow: give register, from, to, category, subject, party, purpose or basis.")

    def make(*, whole: bool = False) -> Told:
        return tell(snapshot, atlas(), find(atlas(), asked), asked, day=day, query=_query(asked), whole=whole)

    if ending == "json":
        return answer(MEDIA_TYPES[ending], lambda: json.dumps(make().as_json(), ensure_ascii=False))
    response = answer(MEDIA_TYPES[ending], lambda: write_csv(make(whole=True).hops))
    response.headers["Content-Disposition"] = 'attachment; filename="lineage.csv"'
    return response


def _asked() -> Asked:
    """Return what the address asks; the only register where there is one and nothing else is said.

    Raises:
        BadParameter: A parameter is unknown or given twice, names nothing or several things, or is not of its kind.
    """
    snapshot = state().snapshot()
    given: dict[str, str] = {}
    for name, values in request.args.lists():
        texts = [text.strip() for text in values if text.strip()]
        if name not in PARAMETERS:
            raise BadParameter(f"There is no parameter {name!r}. Ask with {', '.join(PARAMETERS)}.")
        if len(texts) > 1:
            raise BadParameter(f"{name} is given {len(texts)} times; give it once.")
        if texts:
            given[name] = texts[0]
    iris = {name: _find(snapshot, name, kind, given[name]) for name, kind in THINGS.items() if name in given}
    asked = Asked(
        register=_register(snapshot, given.get("register", "")),
        category=iris.get("category", ""),
        subject=iris.get("subject", ""),
        party=iris.get("party", ""),
        basis=iris.get("basis", ""),
        purpose=iris.get("purpose", ""),
        from_=iris.get("from", ""),
        to=iris.get("to", ""),
        direction=_choose("direction", given.get("direction", ""), DIRECTIONS, "downstream"),
        depth=_depth(given.get("depth", "")),
        reach=_choose("reach", given.get("reach", ""), REACHES, "stated"),
    )
    if asked.empty and len(snapshot.registers) == 1:
        return replace(asked, register=snapshot.registers[0].slug)
    return asked


def _register(snapshot: Snapshot, text: str) -> str:
    if not text:
        return ""
    iri = _REGISTER.read(resolve(snapshot, _REGISTER, text), snapshot.store.base).value
    found = next((register.slug for register in snapshot.registers if register.iri == iri), None)
    if found is None:
        raise BadParameter(
            f"register={text!r}: there is no such register. Give one of {', '.join(one.slug for one in snapshot.registers)}."
        )
    return found


def _find(snapshot: Snapshot, name: str, kind: str, text: str) -> str:
    """Return the IRI of what a person named by its label, a short name or an IRI."""
    base = snapshot.store.base
    if kind == "thing":
        # A label may be that of an activity and of its purpose: what data can stand at comes first.
        known = {iri for node in _NODES for members in KINDS[node] for iri in snapshot.members(members)}
        same = [iri for iri in snapshot.named(text) if iri in known]
        if len(same) == 1:
            return same[0]
    parameter = Parameter(name, kind, required=False, default="", description="")
    iri = parameter.read(resolve(snapshot, parameter, text), base).value
    if not snapshot.knows(iri):
        raise BadParameter(f"{name}={text!r}: nothing recorded has that name. Give a label, or a path such as id/party/mailchimp.")
    return iri


def _choose(name: str, text: str, offered: Mapping[Word, str], default: Word) -> Word:
    if not text:
        return default
    found = next((word for word in offered if word == text), None)
    if found is None:
        raise BadParameter(f"{name}={text!r}: give one of {', '.join(offered)}.")
    return found


def _depth(text: str) -> int:
    if not text:
        return DEEPEST
    if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= DEEPEST:
        raise BadParameter(f"depth={text!r}: give how many steps to go, a number from 1 to {DEEPEST}.")
    return int(text)


def _query(asked: Asked) -> dict[str, str]:
    """Return the arguments that ask the same, with short names."""
    base = state().store.base
    told = {name: shorten(getattr(asked, "from_" if name == "from" else name), base) for name in THINGS}
    query = {"register": asked.register, **told}
    query["direction"] = "" if asked.direction == "downstream" else asked.direction
    query["depth"] = "" if asked.depth == DEEPEST else str(asked.depth)
    query["reach"] = "" if asked.reach == "stated" else asked.reach
    return {name: text for name, text in query.items() if text} | day_argument()


def _text(snapshot: Snapshot, short: str) -> str:
    """Return what a field shows for what was asked: its label where that names it alone, else the short name."""
    if not short:
        return ""
    iri = expand(short) or (short if "://" in short else f"{snapshot.store.base}{short}")
    label = snapshot.label(iri)
    return label if snapshot.named(label) == [iri] else short


def _examples(snapshot: Snapshot) -> list[tuple[str, str]]:
    """Return questions that this store can answer, each with its address: from the first register that has hops of a kind."""
    found: dict[str, tuple[str, str]] = {}
    for register in snapshot.registers[:_TRIED]:
        for hop in atlas().record(register.slug).hops:
            source, target = (shorten(end, snapshot.store.base) for end in (hop.source, hop.target))
            if hop.kind == "sent" and not hop.target.endswith("#recipient") and "unnamed" not in hop.target:
                text = f"What reaches {snapshot.label(hop.target)}, and from whom?"
                found.setdefault("party", (text, address({"to": target})))
            if hop.kind == "about":
                found.setdefault("subject", (f"Where do the data about {snapshot.label(hop.source)} go?", address({"from": source})))
            if hop.mechanisms and any(atlas().period(one).last for one in hop.mechanisms):
                dead = next(one for one in hop.mechanisms if atlas().period(one).last)
                text = (
                    f"{snapshot.label(hop.part)}: did {snapshot.label(dead)} hold on its last day, {words.day(atlas().period(dead).last)}?"
                )
                part = shorten(hop.part, snapshot.store.base)
                found.setdefault("mechanism", (text, address({"from": part, "as_of": atlas().period(dead).last})))
    return list(found.values())
