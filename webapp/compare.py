"""Two registers, two activities, any two things of a kind side by side: what differs first, in words, each with its phrase.

In:  two names. Out: a page.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, request

from ropa.comparison import Field, compare_registers, compare_things, kind_of_thing
from ropa.errors import BadParameter, NotFound
from ropa.namespaces import expand, shorten
from ropa.pickable import KINDS
from ropa.records import Record
from ropa.registers import Register
from ropa.store import is_iri
from ropa.words import name
from webapp import rows as gathered
from webapp.activities.selection import word
from webapp.answers import page
from webapp.links import link
from webapp.search import HEADINGS
from webapp.state import Snapshot, State, state
from webapp.texts import short_text

bp = Blueprint("compare", __name__)

MOST_ROWS = 40
"""Values of a field that the page shows."""


@dataclass(frozen=True)
class Side:
    """One of the two: ``register`` is set where it is one."""

    iri: str
    label: str
    href: str
    value: str
    register: Register | None


@bp.get("/compare")
def show() -> Response:
    """Show the form, and the two side by side once both are named."""
    told = state()
    snapshot = told.snapshot()
    texts = {field: short_text(field) for field in ("a", "b")}
    everything = request.args.get("all", "") not in ("", "0")
    sides = {field: _find(told, snapshot, field, text) for field, text in texts.items() if text}
    context: dict[str, object] = {"texts": texts, "sides": sides, "everything": everything, "most": MOST_ROWS, "fields": None, "kind": ""}
    context |= {"registers": snapshot.registers, "traits": lambda trait: word(snapshot, "unsaid", trait)}
    if len(sides) == 1:
        # What is asked for still is of the kind of what is there.
        context["kind"] = next(kind_of_thing(snapshot.store, side.iri) for side in sides.values())
    if len(sides) == 2:
        kinds = {field: kind_of_thing(snapshot.store, side.iri) for field, side in sides.items()}
        if kinds["a"] != kinds["b"]:
            said = " and ".join(f"{side.label} is among {HEADINGS[kinds[field]].lower()}" for field, side in sides.items())
            raise BadParameter(f"{said}. Compare two things of the same kind.")
        fields = _compare(told, snapshot, sides["a"], sides["b"])
        if fields is None:
            return gathered.being_made("Compare")
        context |= {"fields": fields, "differing": [found for found in fields if found.differs], "heading": _heading}
    return page("compare/index.html", context)


def _heading(found: Field) -> str:
    """Return the words for a field: those of the properties that lead to its values."""
    if ":" not in found.key:
        return found.heading
    base = state().store.base
    words = (
        name(label, iri, base).removeprefix("has ") for label, iri in zip(found.heading.split(" · "), found.key.split(" "), strict=True)
    )
    return " · ".join(words)


def _compare(told: State, snapshot: Snapshot, here: Side, there: Side) -> list[Field] | None:
    found = gathered.activities(told, snapshot)
    if found is None:
        return None
    terms = found.terms
    if here.register and there.register:
        records = [Record(snapshot.store, register) for register in (here.register, there.register)]
        return compare_registers(snapshot.reader, terms, records[0], records[1])
    return compare_things(snapshot.reader, terms, here.iri, there.iri)


def _find(told: State, snapshot: Snapshot, field: str, text: str) -> Side:
    """Return what a text names: a register by its name or title, a thing by its short name, IRI or label.

    Raises:
        BadParameter: Nothing is called so, or several things are. NotFound: The IRI is that of nothing.
    """
    base = snapshot.store.base
    for register in snapshot.registers:
        if text in (register.slug, register.iri, shorten(register.iri, base)) or text.casefold() == register.title.casefold():
            return _side(snapshot, register.iri)
    for iri in (expand(text), text, f"{base}{text.lstrip('/')}"):
        if iri and is_iri(iri) and snapshot.knows(iri):
            return _side(snapshot, iri)
    found = snapshot.named(text)
    if len(found) == 1:
        return _side(snapshot, found[0])
    if found:
        # A field that knows the kind would rather have an activity than a party of the same name.
        alike = [iri for iri in found if kind_of_thing(snapshot.store, iri) == "activity"]
        if len(alike) == 1:
            return _side(snapshot, alike[0])
        names = ", ".join(shorten(iri, base) for iri in found[:6])
        raise BadParameter(f"{field}: {len(found)} things are called {text!r}. Give one of {names}.")
    if is_iri(text):
        raise NotFound("thing", text)
    names_known = gathered.search(told)
    near = [match.thing.label for match in names_known.find(text, KINDS, 3)] if names_known else []
    hint = f" Did you mean {' or '.join(near)}?" if near else " Search for it, or give its IRI."
    raise BadParameter(f"{field}: nothing is called {text!r}.{hint}")


def _side(snapshot: Snapshot, iri: str) -> Side:
    found = link(snapshot, iri)
    register = next((register for register in snapshot.registers if register.iri == iri), None)
    value = register.slug if register else shorten(iri, snapshot.store.base)
    return Side(iri, register.title if register else snapshot.label(iri), found.href if found else "", value, register)
