"""Who sends what where: a page with two pictures and their tables, the same as JSON and CSV.

In:  the routes of the registers, the law of a day and the filters of the address. Out: pages and files that agree in every number.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from threading import Lock

from flask import Blueprint, Response, current_app
from pyoxigraph import NamedNode

from ropa.errors import NotFound
from ropa.exchange.commas import write_lines
from ropa.geography import KINDS, MEANINGS, MODALITIES, STATUSES, Atlas, Row, count_flows, count_places, count_statuses
from ropa.namespaces import DPV, NO_VALUES, RDF, ROPA, shorten
from ropa.things import Citation
from webapp.answers import answer, page
from webapp.atlas.drawings import draw
from webapp.atlas.narrowing import NAMES, ORDERS, WITHOUT_PLACE, Choice, name_value, read_choice
from webapp.days import asked_day
from webapp.numbers import whole_number
from webapp.state import Snapshot, state

bp = Blueprint("atlas", __name__)

MOST_ROWS = 30
"""Routes on a page; the CSV file has all."""
MOST_PLACES = 60
"""Places that the table of places shows."""
MOST_CHOICES = 60
"""Registers that a form offers as a list; past it, one types the name."""
MOST_DENIALS = 20
MEDIA_TYPES = {"json": "application/json", "csv": "text/csv"}

_making = Lock()
_CITED = (ROPA + "hasMechanism", DPV + "hasThirdCountry", DPV + "hasLocation", DPV + "hasRecipient")
_MOST_PHRASES = 2


def atlas_of(snapshot: Snapshot) -> Atlas:
    """Return the atlas of a revision, made once; the one of the revision before is let go."""
    with _making:
        kept: tuple[Snapshot, Atlas] | None = current_app.extensions.get("ropa-atlas")
        if kept is None or kept[0] is not snapshot:
            kept = current_app.extensions["ropa-atlas"] = (snapshot, Atlas(snapshot.store, snapshot.label))
        return kept[1]


@dataclass(frozen=True)
class View:
    """What the filters leave on a day.

    Attributes:
        rows: What pictures and tables show, in the order of the atlas. apart: What names no place and is no transfer; counted, not drawn.
        denials: Slug and IRI of the registers and activities that are said to have no transfer.
    """

    snapshot: Snapshot
    day: date
    choice: Choice
    rows: list[Row]
    apart: list[Row]
    denials: list[tuple[str, str]]

    @property
    def totals(self) -> dict[str, int]:
        """How many routes are listed, from how many flows, how many lead to a place that a map can show, how many are apart;
        and in how many registers and activities the text says that there is no transfer."""
        return {
            "routes": len(self.rows),
            "flows": count_flows(self.rows),
            "on_the_map": sum(row.route.place.known for row in self.rows),
            "apart": len(self.apart),
            "stated_none": len(self.denials),
        }


def look() -> View:
    """Return what the address of the request leaves; errors as for :func:`webapp.atlas.narrowing.read_choice`."""
    snapshot, day = state().snapshot(), asked_day()
    atlas = atlas_of(snapshot)
    choice = read_choice(snapshot, atlas)
    found = atlas.select(day, choice.values)
    asked = choice.values.get("apart") == "yes"
    shown = [row for row in found if row.apart == asked]
    apart = [row for row in found if row.apart and not asked]
    denials = [denial for denial in atlas.denials if choice.values.get("register", denial[0]) == denial[0]]
    return View(snapshot, day, choice, shown, apart, denials)


@bp.get("/map")
def index() -> Response:
    """Show what the filters leave: legend, pictures where there is a script, places, routes."""
    view = look()
    rows, last = view.rows, max(1, -(-len(view.rows) // MOST_ROWS))
    number = min(whole_number("page", 1), last)
    shown = _sort(view)[(number - 1) * MOST_ROWS : number * MOST_ROWS]
    places = count_places(rows)
    apart = Counter((row.route.place.kind, row.route.kind) for row in view.apart)
    return page(
        "atlas/index.html",
        {
            "view": view,
            "choice": view.choice,
            "totals": view.totals,
            "shown": [(row, _phrases(view.snapshot, row)) for row in shown],
            "statuses": count_statuses(rows),
            "modalities": Counter(row.route.modality for row in rows),
            "kinds": Counter(row.route.kind for row in rows),
            "places": places[:MOST_PLACES],
            "hidden_places": len(places) - MOST_PLACES,
            "apart": sorted(apart.items(), key=lambda item: (-item[1], item[0])),
            "denials": [(slug, holder, _phrases_of_denial(view.snapshot, holder)) for slug, holder in view.denials[:MOST_DENIALS]],
            "registers": view.snapshot.registers if len(view.snapshot.registers) <= MOST_CHOICES else None,
            "fields": {name: _field(view.snapshot, view.choice, name) for name in ("party", "place", "category")},
            "sheet": {name: text for name, text in {**view.choice.texts, **view.choice.dated}.items() if name in ("register", "as_of")},
            "number": number,
            "last": last,
            "first": (number - 1) * MOST_ROWS + 1,
            "words": {"status": STATUSES, "meaning": MEANINGS, "kind": KINDS, "modality": MODALITIES, "filter": NAMES, "order": ORDERS},
            "without_place": WITHOUT_PLACE,
            "no_values": NO_VALUES,
            "called": lambda name, value: name_value(view.snapshot, name, value),
            "short": lambda iri: shorten(iri, view.snapshot.store.base),
        },
    )


@bp.get("/map.<ending>")
def download(ending: str) -> Response:
    """Answer with what the pictures draw as JSON, or with every route as CSV."""
    if ending not in MEDIA_TYPES:
        raise NotFound("format", ending, MEDIA_TYPES)
    view = look()
    if ending == "json":
        atlas = atlas_of(view.snapshot)
        drawn = {"as_of": view.day.isoformat(), "filters": view.choice.texts, "totals": view.totals}
        return answer(MEDIA_TYPES[ending], lambda: json.dumps({**drawn, **draw(view.snapshot, atlas, view.day, view.choice, view.rows)}))
    response = answer(MEDIA_TYPES[ending], lambda: _write_csv(view))
    response.headers["Content-Disposition"] = 'attachment; filename="routes.csv"'
    return response


def _sort(view: View) -> list[Row]:
    """Return the rows in the order asked for; those alike in it keep the order of the atlas, which is by place."""
    name, order, ranks = atlas_of(view.snapshot).name, view.choice.sort, list(STATUSES)
    if order == "status":
        return sorted(view.rows, key=lambda row: ranks.index(row.standing.status))
    if order in ("sender", "recipient"):
        return sorted(view.rows, key=lambda row: name(row.route.sender if order == "sender" else row.route.recipient))
    return view.rows


def _field(snapshot: Snapshot, choice: Choice, name: str) -> str:
    """Return what a field of the form holds: the label where it names one thing alone, else the short name."""
    label = choice.labels.get(name, "")
    return label if snapshot.named(label) == [choice.values.get(name)] else choice.texts.get(name, "")


def _label(view: View, name: str, iri: str) -> str:
    return name_value(view.snapshot, name, iri)


def _phrases(snapshot: Snapshot, row: Row) -> list[Citation]:
    """Return the first phrases that the instrument, the place and the recipient of a route rest on."""
    route = row.route
    about = {*route.mechanisms, route.place.iri, route.recipient}
    cited = snapshot.reader.citations(NamedNode(route.flow))
    found = sorted(
        (_CITED.index(predicate), value.value, rank, citation)
        for (predicate, value), citations in cited.items()
        if predicate in _CITED and value.value in about
        for rank, citation in enumerate(citations)
    )
    return list({citation.passage or citation.quote: citation for *_, citation in found}.values())[:_MOST_PHRASES]


def _inferred(snapshot: Snapshot, row: Row) -> bool:
    """Whether the statement of a route, its recipient, its place or its instrument was inferred by who recorded it."""
    route, node = row.route, NamedNode(row.route.flow)
    cited = snapshot.reader.citations
    found = [
        citation
        for (predicate, value), citations in cited(node).items()
        if predicate == RDF + "type" or (predicate in _CITED and value.value in {*route.mechanisms, route.place.iri, route.recipient})
        for citation in citations
    ]
    for holder in (quad.subject for quad in snapshot.store.quads(None, None, node)):
        if isinstance(holder, NamedNode) and holder.value not in NO_VALUES:
            found += [citation for (_, value), citations in cited(holder).items() if value == node for citation in citations]
    if route.place.of_recipient:
        found += cited(NamedNode(route.recipient)).get((DPV + "hasCountry", NamedNode(route.place.iri)), [])
    return any(citation.reason for citation in found)


def _phrases_of_denial(snapshot: Snapshot, holder: str) -> list[Citation]:
    said = snapshot.reader.citations(NamedNode(holder))
    return said.get((ROPA + "hasTransfer", NamedNode(ROPA + "StatedNone")), [])


_COLUMNS = (
    "register",
    "kind",
    "statement",
    "statementLabel",
    "from",
    "fromLabel",
    "fromKnown",
    "to",
    "toLabel",
    "place",
    "placeLabel",
    "placeKind",
    "placeOfRecipient",
    "sentFrom",
    "originKnown",
    "data",
    "instruments",
    "standing",
    "why",
    "howFirm",
    "conditions",
    "quote",
    "section",
    "inferred",
)


def _write_csv(view: View) -> str:
    """Write every route that the filters leave, those apart too, a row each."""
    return write_lines([_COLUMNS, *(_cells(view, row) for row in [*_sort(view), *view.apart])])


def _cells(view: View, row: Row) -> Sequence[str]:
    route, name = row.route, view.snapshot.label
    phrases = _phrases(view.snapshot, row)
    return (
        route.register,
        route.kind,
        shorten(route.flow, view.snapshot.store.base),
        name(route.flow),
        shorten(route.sender, view.snapshot.store.base),
        _label(view, "sender", route.sender),
        route.sender_known,
        shorten(route.recipient, view.snapshot.store.base),
        _label(view, "recipient", route.recipient),
        shorten(route.place.iri, view.snapshot.store.base),
        name(route.place.iri) if route.place.iri else "",
        route.place.kind,
        "yes" if route.place.of_recipient else "no",
        "; ".join(map(name, route.origins)),
        ("named in the text" if route.origin_told else "seat of the sender") if route.origins else "",
        "; ".join(map(name, route.categories)),
        "; ".join(f"{name(iri)}: {told}" if told else name(iri) for iri, told in row.standing.instruments),
        STATUSES[row.standing.status],
        row.standing.reason,
        MODALITIES[route.modality],
        "; ".join(route.conditions),
        " … ".join(found.quote for found in phrases),
        ", ".join(dict.fromkeys(found.section for found in phrases if found.section)),
        "yes" if _inferred(view.snapshot, row) else "no",
    )
