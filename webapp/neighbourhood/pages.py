"""What is linked to what around a thing: a picture, and a list that says the same; the address holds all of it.

In:  ``/graph?focus=…`` with openings, things hidden and pinned. Out: a page, or the same nodes and links as JSON.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode
from weakref import WeakKeyDictionary

from flask import Blueprint, Response, redirect, request, url_for
from pyoxigraph import NamedNode
from werkzeug.wrappers import Response as BaseResponse

from ropa.errors import BadParameter, NotFound
from ropa.kinds import EVIDENCE, KINDS, Kind
from ropa.namespaces import shorten
from ropa.neighbourhood import Edge, LinkKind, Neighbourhood, Node, Silence
from ropa.subgraph import MOST, Subgraph, first_openings, look, most_shared
from ropa.words import name
from webapp.answers import answer, page
from webapp.links import link
from webapp.neighbourhood.glyphs import OUTLINES, outline
from webapp.neighbourhood.viewpoint import LAYOUTS, MOST_OF_ALL, Viewpoint, act, iri_of, kind_argument, read
from webapp.state import Snapshot, state

bp = Blueprint("neighbourhood", __name__)

STEP = 20
"""Neighbours that one step opens."""
_LONGEST = 160
"""Letters of a name that a list shows; its own page shows all."""
_PHRASES = {
    "skos:broader": ("is a kind of", "has the kinds"),
    "skos:closeMatch": ("is close to", "is close to"),
    "dcterms:publisher": ("publisher", "publishes"),
    "dcterms:source": ("source", "source of"),
    "dcterms:isPartOf": ("is part of", "has the parts"),
    "dpv:hasRecordOfActivity": ("activity recorded", "recorded in"),
    "ropa:isSetBy": ("is set by", "sets"),
    "ropa:engagesSubProcessor": ("engages as sub-processor", "engaged as sub-processor in"),
    "ropa:reachesRecipient": ("reaches", "is reached by"),
}
"""Properties whose own label is for programs: what to read from the subject, and from the object."""
_FLOWING = {"activity", "register", "flow", "transfer", "organisation", "unnamed", "party", "category", "subject", "collection", "place"}
"""Kinds that data come from, pass or reach."""

_kept: WeakKeyDictionary[Snapshot, Neighbourhood] = WeakKeyDictionary()


@dataclass(frozen=True)
class Entry:
    """A kind of link of a thing as it is offered: words, how many there are, how many are shown, what opens and closes it."""

    words: str
    count: int
    shown: int
    opened: int
    argument: str

    @property
    def next(self) -> int:
        """How many the next step opens."""
        return min(self.count, self.opened + STEP)


@dataclass(frozen=True)
class Panel:
    """What is told of one thing: its links in both directions, and what it is silent about."""

    node: Node
    leading: list[Entry]
    pointing: list[Entry]
    silences: list[tuple[str, str, list[Silence]]]
    pin: tuple[int, int] | None
    opened: bool


@bp.get("/graph")
def show() -> BaseResponse:
    """Show the surroundings of a thing; without one, where to start."""
    told = state()
    snapshot, base = told.snapshot(), told.store.base
    text = request.args.get("focus", "").strip()
    found = _named(snapshot, text) if text else []
    if len(found) != 1:
        return _landing(snapshot, text, found)
    around = _around(snapshot)
    view = read(request.args, base, found[0])
    seen = _look(around, view)
    view = _settled(view, seen) if "do" in request.args else view
    if action := request.args.get("do", ""):
        view = act(view, action, base)
        anchor = "panel" if action.startswith(("at~", "expand~", "close~")) else None
        return redirect(_address("neighbourhood.show", view, base) + (f"#{anchor}" if anchor else ""), 303)
    at = next((node for node in seen.nodes if node.iri == view.at), seen.nodes[0])
    pins = {iri: (x, y) for iri, x, y in view.pins}
    groups: dict[Kind, list[Node]] = {kind: [] for kind in KINDS.values()}
    for node in seen.nodes:
        groups[node.kind].append(node)
    out: dict[str, list[Edge]] = {}
    for edge in seen.edges:
        out.setdefault(edge.source, []).append(edge)
    places = {node.iri: place for place, node in enumerate(seen.nodes)}
    return page(
        "neighbourhood/show.html",
        {
            "focus": seen.nodes[0],
            "seen": seen,
            "groups": {kind: nodes for kind, nodes in groups.items() if nodes},
            "out": out,
            "places": places,
            "pins": pins,
            "panel": _panel(around, seen, view, at),
            "hidden": view.hidden,
            "without": [KINDS[key] for key in view.without],
            "layouts": LAYOUTS,
            "layout": view.layout,
            "most": view.most,
            "raised": min(view.most * 2, MOST_OF_ALL) if view.most >= MOST else MOST,
            "most_of_all": MOST_OF_ALL,
            "state": _settled(view, seen).arguments(base),
            "data": _address("neighbourhood.data", view, base),
            "words": lambda iri, outgoing=True: _read_words(iri, snapshot.reader.label(NamedNode(iri)), outgoing=outgoing),
            "called": lambda thing: _called(around, thing),
            "short": lambda iri: shorten(iri, base),
            "outline": outline,
            "is_evidence": seen.nodes[0].kind is EVIDENCE,
            "flowing": _FLOWING,
        },
    )


@bp.get("/graph.json")
def data() -> Response:
    """Answer with the same nodes and links for programs, the picture among them."""
    told = state()
    snapshot, base = told.snapshot(), told.store.base
    text = request.args.get("focus", "").strip()
    if not text:
        raise BadParameter("Give a thing as the focus: /graph.json?focus=id/register/aculab")
    found = _named(snapshot, text)
    if len(found) > 1:
        raise BadParameter(f"focus: {len(found)} things are called {text!r}. Give one of {', '.join(shorten(iri, base) for iri in found)}.")
    if not found:
        raise NotFound("thing", text)
    view = read(request.args, base, found[0])
    around = _around(snapshot)
    seen = _look(around, view)
    return answer("application/json", lambda: json.dumps(_describe(snapshot, around, seen, view), ensure_ascii=False))


def _landing(snapshot: Snapshot, text: str, found: list[str]) -> Response:
    shared = most_shared(_around(snapshot), most=12)
    context = {
        "text": text,
        "found": found[:STEP],
        "total": len(found),
        "registers": snapshot.registers,
        "shared": shared,
        "short": lambda iri: shorten(iri, snapshot.store.base),
        "called": lambda thing: _called(_around(snapshot), thing),
        "outline": outline,
        "kinds": [kind for kind in KINDS.values() if kind is not EVIDENCE],
    }
    response = page("neighbourhood/landing.html", context, variant="unknown" if text and not found else "")
    if text and not found and response.status_code == 200:
        response.status_code = 404
    return response


def _around(snapshot: Snapshot) -> Neighbourhood:
    if snapshot not in _kept:
        _kept[snapshot] = Neighbourhood(snapshot.store, snapshot.reader)
    return _kept[snapshot]


def _named(snapshot: Snapshot, text: str) -> list[str]:
    """Return the things that a person means: one by its name for programs, or all with that label."""
    try:
        iri = iri_of(text, snapshot.store.base, "focus")
        return [_around(snapshot).find(iri).iri]
    except (NotFound, BadParameter) as error:
        found = snapshot.named(text)
        # Who writes a name for programs is told which names look alike.
        if not found and (isinstance(error, BadParameter) or error.nearest) and (":" in text or "/" in text):
            raise
        return found


def _look(around: Neighbourhood, view: Viewpoint) -> Subgraph:
    openings = first_openings(around, view.focus) if view.openings is None else view.openings
    return look(around, view.focus, openings, hidden=set(view.hidden), without=set(view.without), most=view.most)


def _settled(view: Viewpoint, seen: Subgraph) -> Viewpoint:
    """Return a view with what is shown written out, and without what changes nothing."""
    shown = {node.iri for node in seen.nodes}
    return replace(view, openings=tuple(seen.openings), pins=tuple(pin for pin in view.pins if pin[0] in shown))


def _address(endpoint: str, view: Viewpoint, base: str) -> str:
    # Slashes, colons and tildes may stand in a query as they are (RFC 3986, section 3.4), and read better so.
    return f"{url_for(endpoint)}?{urlencode(view.arguments(base), quote_via=quote, safe='/:~')}"


def _called(around: Neighbourhood, thing: Node | str) -> str:
    """Return what people read for a node: never nothing, never pages of it."""
    iri = thing if isinstance(thing, str) else thing.iri
    base = around.store.base
    text = " ".join(name(around.node(iri).label, iri, base).split()) or name(shorten(iri, base), iri, base) or "(no name)"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rstrip()} …"


def _read_words(iri: str, label: str, *, outgoing: bool) -> str:
    """Return what people read for a link from its subject, or from its object: "recipient", "recipient of"."""
    base = state().store.base
    short = shorten(iri, base)
    if short in _PHRASES:
        return _PHRASES[short][0 if outgoing else 1]
    text = name(label, iri, base)
    bare = text.removeprefix("has ")
    return bare if outgoing else f"{bare} of" if bare != text else text


def _panel(around: Neighbourhood, seen: Subgraph, view: Viewpoint, at: Node) -> Panel:
    shown = {node.iri for node in seen.nodes}
    opened = {(opening.property, opening.outgoing): opening.limit for opening in seen.openings if opening.thing == at.iri}
    kinds = around.links(at.iri)
    silences: dict[str, list[Silence]] = {}
    for silence in around.silences(at.iri):
        silences.setdefault(silence.iri, []).append(silence)
    return Panel(
        node=at,
        leading=[_entry(around, at.iri, kind, shown, opened) for kind in kinds if kind.outgoing],
        pointing=[_entry(around, at.iri, kind, shown, opened) for kind in kinds if not kind.outgoing],
        silences=[(iri, found[0].marker, found) for iri, found in silences.items()],
        pin=next(((x, y) for iri, x, y in view.pins if iri == at.iri), None),
        opened=bool(opened),
    )


def _entry(around: Neighbourhood, thing: str, kind: LinkKind, shown: set[str], opened: dict[tuple[str, bool], int]) -> Entry:
    return Entry(
        words=_read_words(kind.property, kind.label, outgoing=kind.outgoing),
        count=kind.count,
        shown=around.count_among(thing, kind.property, kind.outgoing, shown),
        opened=min(opened.get((kind.property, kind.outgoing), 0), kind.count),
        argument=kind_argument(thing, kind.property, kind.outgoing, around.store.base),
    )


def _describe(snapshot: Snapshot, around: Neighbourhood, seen: Subgraph, view: Viewpoint) -> dict[str, object]:
    base = around.store.base
    pins = {iri: [x, y] for iri, x, y in view.pins}
    at = next((node for node in seen.nodes if node.iri == view.at), seen.nodes[0])
    return {
        "focus": shorten(view.focus, base),
        "at": shorten(at.iri, base),
        "layout": view.layout,
        "most": view.most,
        "left_out": {"nodes": seen.left_out, "links": seen.links_left_out},
        "nodes": [_describe_node(snapshot, around, node, seen.parents.get(node.iri, ""), pins.get(node.iri)) for node in seen.nodes],
        "links": [_describe_edge(edge, base) for edge in seen.edges],
        "open": [argument for key, argument in _settled(view, seen).arguments(base) if key == "open" and argument],
        "around": [_describe_links(around, at, kind) for kind in around.links(at.iri)],
        "kinds": {
            kind.key: {"name": kind.name, "outline": [number for point in OUTLINES[kind.key] for number in point]}
            for kind in dict.fromkeys(node.kind for node in seen.nodes)
        },
    }


def _describe_node(snapshot: Snapshot, around: Neighbourhood, node: Node, parent: str, pin: list[int] | None) -> dict[str, object]:
    found = link(snapshot, node.iri)
    return {
        "id": shorten(node.iri, around.store.base),
        "iri": node.iri,
        "label": _called(around, node),
        "kind": node.kind.key,
        "modality": node.modality,
        "condition": node.condition[:_LONGEST],
        "href": found.href if found else None,
        "from": shorten(parent, around.store.base) if parent else None,
        "pin": pin,
    }


def _describe_edge(edge: Edge, base: str) -> dict[str, object]:
    return {
        "source": shorten(edge.source, base),
        "target": shorten(edge.target, base),
        "property": shorten(edge.property, base),
        "label": _read_words(edge.property, edge.label, outgoing=True),
        "origin": edge.origin,
        "conditional": edge.conditional,
        "why": edge.why or None,
    }


def _describe_links(around: Neighbourhood, at: Node, kind: LinkKind) -> dict[str, object]:
    return {
        "property": shorten(kind.property, around.store.base),
        "outgoing": kind.outgoing,
        "label": _read_words(kind.property, kind.label, outgoing=kind.outgoing),
        "count": kind.count,
        "open": f"{kind_argument(at.iri, kind.property, kind.outgoing, around.store.base)}~{min(kind.count, STEP)}",
    }
