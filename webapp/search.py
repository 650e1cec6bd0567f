"""Find a thing by its name: a page with what matches by kind, and the same few lines for a field that suggests while somebody types.

In:  a text, kinds. Out: a page, JSON.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, request, url_for

from ropa.errors import BadParameter
from ropa.folding import split
from ropa.namespaces import shorten
from ropa.pickable import KINDS, OTHER
from ropa.questions import Question, catalogue
from ropa.searching import Match, Named
from ropa.words import name
from webapp.answers import answer, page
from webapp.links import link
from webapp.numbers import page_number
from webapp.rows import being_made, search, unavailable
from webapp.state import Snapshot, state
from webapp.texts import short_text

bp = Blueprint("search", __name__)

HEADINGS = {
    "register": "Registers",
    "activity": "Activities",
    "party": "Parties",
    "category": "Kinds of data",
    "subject": "People",
    "purpose": "Purposes",
    "basis": "Legal bases",
    "transfer": "Transfers",
    "flow": "Data flows",
    "collection": "Where data come from",
    "retention": "Time limits",
    "storage": "Where data lie",
    "right": "Rights and opt-outs",
    "statement": "Commitments, denials, contradictions",
    "cookie": "Cookies",
    "measure": "Security measures",
    "mechanism": "Transfer instruments",
    "place": "Places",
    "document": "Source documents",
    "provision": "Provisions of the law",
    OTHER: "Other terms",
}
"""Kind to the heading of its results, in the order in which they stand."""

MOST_SUGGESTED = 10
_FEW = 5
_A_PAGE = 50


@dataclass(frozen=True)
class Found:
    """A thing that matches as a page shows it: ``field`` and ``text`` tell in what, "" where it is the name itself."""

    label: str
    href: str
    register: str
    field: str
    text: str


@bp.get("/search")
def index() -> Response:
    """Show what matches, by kind; of one kind all of it, in pages."""
    text, kind = " ".join(short_text("q").split()), _kinds()
    if len(kind) > 1:
        raise BadParameter(f"kind={' '.join(kind)!r}: give one kind. Give one of {', '.join(HEADINGS)}.")
    told = state()
    names = search(told)
    if names is None:
        return being_made("Search")
    snapshot = told.snapshot()
    matches = names.find(text, kind)
    groups: dict[str, list[Match]] = {found: [] for found in HEADINGS}
    for match in matches:
        groups[match.thing.kind].append(match)
    number, last = page_number(len(matches), _A_PAGE) if kind else (1, 1)
    first = (number - 1) * _A_PAGE if kind else 0
    titles = {register.slug: register.title for register in snapshot.registers}
    context = {
        "text": text,
        "kind": kind[0] if kind else "",
        "headings": HEADINGS,
        "total": len(matches),
        "groups": [
            (found, len(same), [_show(snapshot, titles, match) for match in same[first : first + (_A_PAGE if kind else _FEW)]])
            for found, same in groups.items()
            if same
        ],
        "questions": [] if kind else _questions(text),
        "nearest": names.suggest(text) if len(matches) < _FEW else [],
        "number": number,
        "last": last,
    }
    return page("search/index.html", context)


@bp.get("/search.json")
def suggest() -> Response:
    """Answer with the best matches, for a field that suggests."""
    text, kinds = " ".join(short_text("q").split()), _kinds()
    told = state()
    names = search(told)
    if names is None:
        raise unavailable()
    snapshot, base = told.snapshot(), told.store.base
    slugs = {register.iri: register.slug for register in snapshot.registers}
    titles = {register.slug: register.title for register in snapshot.registers}
    found = names.find(text, kinds, MOST_SUGGESTED)

    def tell(thing: Named) -> dict[str, object]:
        return {
            "label": name(thing.label, thing.iri, base),
            "kind": thing.kind,
            "value": slugs.get(thing.iri) or shorten(thing.iri, base),
            "href": _address(snapshot, thing.iri),
            "register": titles.get(thing.register, "") if thing.kind != "register" else "",
            "unique": names.is_unique(thing),
        }

    return answer("application/json", lambda: json.dumps({"results": [tell(match.thing) for match in found]}, ensure_ascii=False))


def _kinds() -> list[str]:
    kinds = request.args.get("kind", "").split()
    for kind in kinds:
        if kind not in KINDS and kind != OTHER:
            raise BadParameter(f"kind={kind!r}: give one of {', '.join(HEADINGS)}.")
    return kinds


def _show(snapshot: Snapshot, titles: dict[str, str], match: Match) -> Found:
    told = match.field != "name"
    return Found(
        label=name(match.thing.label, match.thing.iri, snapshot.store.base),
        href=_address(snapshot, match.thing.iri),
        register=titles.get(match.thing.register, "") if match.thing.kind != "register" else "",
        field=match.field if told else "",
        text=match.text if told else "",
    )


def _address(snapshot: Snapshot, iri: str) -> str:
    register = next((found for found in snapshot.registers if found.iri == iri), None)
    if register is not None:
        return url_for("registers.show", slug=register.slug)
    found = link(snapshot, iri)
    return found.href if found else url_for("things.resource", iri=iri)


def _questions(text: str) -> list[Question]:
    """Return the questions of the catalogue in whose words each word of a text begins one."""
    wanted = [f" {word}" for word in split(text)]
    told = (
        (question, f" {' '.join(split(f'{question.name} {question.summary} {question.question}'))}") for question in catalogue().values()
    )
    found: Sequence[Question] = [question for question, words in told if wanted and all(word in words for word in wanted)]
    return list(found[:_FEW])
