"""One thing of the store: a page for people, RDF for programs, by ``Accept`` or by the ending of its address.

In:  an IRI below the base (``/id/…``) or any other (``/resource?iri=…``). Out: a page, or all that is said of the thing.
"""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request
from pyoxigraph import NamedNode
from werkzeug.wrappers import Response as BaseResponse

from ropa.activities import completeness
from ropa.errors import BadParameter, NotFound
from ropa.exchange.things import FORMATS, ThingFormat, write_thing
from ropa.findings import SEVERITIES
from ropa.namespaces import DCTERMS, RDF, ROPA, SKOS
from ropa.registers import Register
from ropa.things import Citation, Thing, Value
from webapp.answers import HTML, answer, negotiate, page
from webapp.bounded import portion
from webapp.links import link
from webapp.questions.choices import questions_about
from webapp.state import Snapshot, state
from webapp.things.concepts import HIDDEN, MAKERS
from webapp.things.documents import excerpt, read_text
from webapp.things.items import read_items
from webapp.things.layout import ACTIVITIES
from webapp.things.parties import draw_party
from webapp.things.portraits import draw, kind_of, uses_of
from webapp.things.trees import grow, tell_shared, without

bp = Blueprint("things", __name__)

_ENDINGS = {found.media_type: found.ending for found in FORMATS.values()}
_ACTIVITIES = {ROPA + name for name in ("ProcessingActivity", "ControllerActivity", "ProcessorActivity")}
_PLAIN = {"http://www.w3.org/2002/07/owl#NamedIndividual", RDF + "Statement", SKOS + "Concept"}
_MOST_FOUND = 15
"""Findings that an item of an activity shows."""
_MOST_PASSAGES = 400
_EVIDENCE = {ROPA + name for name in ("Evidence", "Inference")}


@bp.get("/id/<path:path>")
def local(path: str) -> Response:
    """Show a thing that lives below the base of the store."""
    iri = _iri(f"{state().store.base}id/{path}")
    stem, dot, ending = iri.rpartition(".")
    if dot and ending in FORMATS and not state().snapshot().knows(iri):
        return _answer(stem, FORMATS[ending].media_type, f"/id/{path.removesuffix(dot + ending)}")
    return _answer(iri, "", f"/id/{path}")


@bp.get("/resource")
def resource() -> BaseResponse:
    """Show a thing that lives elsewhere: a term of DPV, a place, an article."""
    text = request.args.get("iri", "").strip()
    if not text:
        raise BadParameter("Give the IRI of a thing: /resource?iri=https://w3id.org/dpv/pd%23Name")
    iri = _iri(text)
    here = link(state().snapshot(), iri)
    if here and here.href.startswith("/id/"):
        return redirect(here.href, 303)
    ending = request.args.get("format", "")
    if ending and ending not in FORMATS:
        raise BadParameter(f"format={ending!r}: give one of {', '.join(FORMATS)}.")
    return _answer(iri, FORMATS[ending].media_type if ending else "", "/resource")


def _iri(text: str) -> str:
    try:
        if ":" in text:
            return NamedNode(text).value
    except ValueError:
        pass
    raise BadParameter(f"{text!r} is not an IRI. An IRI has a scheme and no spaces, such as https://w3id.org/dpv/pd#Name.")


def _answer(iri: str, media_type: str, place: str) -> Response:
    """Answer with a thing; *media_type* is "" where the request decides."""
    snapshot = state().snapshot()
    thing = snapshot.describe(iri)
    # Some clients ask for N-Triples by the name it had before it had its own (RDF Test Cases, 2004, section 3.1).
    chosen = media_type or negotiate([HTML, *_ENDINGS, "text/plain"])
    ending = _ENDINGS.get(chosen, "nt")
    alternates = [(found, _alternate(place, iri, found.ending)) for found in FORMATS.values()]
    made = chosen != HTML
    response = answer(chosen, lambda: write_thing(snapshot.store, iri, ending)) if made else _page(snapshot, thing, alternates)
    if not media_type:
        response.vary.add("Accept")
        for found, href in alternates:
            response.headers.add("Link", f'<{href}>; rel="alternate"; type="{found.media_type}"')
    return response


def _alternate(place: str, iri: str, ending: str) -> str:
    if place == "/resource":
        return f"{place}?{urlencode({'iri': iri, 'format': ending})}"
    found = link(state().snapshot(), iri)
    return f"{found.href if found else place}.{ending}"


def _page(snapshot: Snapshot, thing: Thing, alternates: list[tuple[ThingFormat, str]]) -> Response:
    kinds = {kind.iri for kind in thing.kinds}
    # Evidence lies in a graph of its own; its address tells the register.
    slug = thing.register or thing.iri.removeprefix(f"{snapshot.store.base}id/").partition("/")[0]
    register = next((found for found in snapshot.registers if found.slug == slug and found.iri != thing.iri), None)
    telling = [kind for kind in thing.kinds if kind.iri not in _PLAIN] or list(thing.kinds)
    common: dict[str, object] = {"thing": thing, "kinds": telling, "alternates": alternates, "register": register}
    common["questions"] = questions_about(snapshot, thing)
    template, variant = "things/thing.html", ""
    own = next((found for found in snapshot.registers if found.iri == thing.iri), None)
    told: dict[str, object]
    if kinds & _EVIDENCE:
        template, told = "things/evidence.html", _statement(snapshot, thing)
    elif ROPA + "Conclusion" in kinds:
        template, told = "things/conclusion.html", _conclusion(snapshot, thing)
    elif ROPA + "Passage" in kinds:
        statements = [_statement(snapshot, snapshot.describe(value.iri)) for group in thing.incoming for value in group.values]
        citation = _citation(statements, thing.iri)
        told = {"citation": citation, "statements": statements, "excerpt": excerpt(citation) if citation else None}
        template = "things/passage.html"
    elif kinds & _ACTIVITIES:
        template, told = "things/activity.html", _activity(snapshot, thing, register)
    elif ROPA + "SourceDocument" in kinds:
        template, told = "things/document.html", _document(snapshot, thing)
    elif own is None and (kind := kind_of(thing)):
        template, told = f"things/{'party' if kind == 'party' else 'concept'}.html", _portrait(snapshot, thing, kind)
    else:
        told = {"tree": grow(snapshot, thing.iri), "own": own}
    if "findings" in told and told["findings"] is None:
        variant = "checking"
    return page(template, common | told, variant=variant)


def _activity(snapshot: Snapshot, thing: Thing, register: Register | None) -> dict[str, object]:
    """Return an activity by the items of Art. 30, with what is found at each today; ``findings`` is None while that is being checked."""
    found = state().findings()
    processor = any(kind.iri == ROPA + "ProcessorActivity" for kind in thing.kinds)
    about = None if found is None else [one for one in found if any(touched.iri == thing.iri for touched in one.activities)]
    tree, whole = grow(snapshot, thing.iri), grow(snapshot, register.iri) if register else None
    items, left = read_items(tree, whole, about or (), completeness(snapshot.store, thing.iri), processor=processor)
    counted = Counter(one.severity for one in about or ())
    activities = {value.iri for value in whole.thing.get(ACTIVITIES)} if whole else set()
    return {
        "tree": tree,
        "alike": tell_shared(tree, activities),
        "items": items,
        "left": left,
        "findings": about,
        "processor": processor,
        "most": _MOST_FOUND,
        "severities": [(severity, counted[severity]) for severity in SEVERITIES if counted[severity]],
    }


def _document(snapshot: Snapshot, thing: Thing) -> dict[str, object]:
    """Return a source document with its text, if that is at hand, and a page of its passages."""
    text = read_text(thing.iri)
    listed = portion(text.passages, "passages", _MOST_PASSAGES)
    return {"tree": grow(snapshot, thing.iri), "text": text, "listed": listed, "jump": not text.missing}


def _portrait(snapshot: Snapshot, thing: Thing, kind: str) -> dict[str, object]:
    """Return a thing that several registers may speak of, with its place among others and its use."""
    found = uses_of(snapshot).find(thing.iri)
    told: dict[str, object] = {"tree": without(grow(snapshot, thing.iri), HIDDEN), "kind": kind}
    if kind == "party":
        return told | draw_party(state(), snapshot, thing, found)
    told |= draw(snapshot, thing, found) | {"own_page": request.path if request.path != "/resource" else ""}
    return told | MAKERS[kind](snapshot, thing, found) if kind in MAKERS else told


def _statement(snapshot: Snapshot, evidence: Thing) -> dict[str, object]:
    """Return what a piece of evidence is about: subject, property, value, and the phrases."""
    told = {name: next(iter(evidence.get(RDF + name)), None) for name in ("subject", "predicate", "object")}
    subject, predicate, value = told["subject"], told["predicate"], told["object"]
    citations: tuple[Citation, ...] = ()
    if subject and predicate and value:
        citations = _proofs(snapshot, subject, predicate, value)
    return {"subject": subject, "predicate": predicate, "value": value, "citations": citations, "evidence": evidence}


def _conclusion(snapshot: Snapshot, thing: Thing) -> dict[str, object]:
    """Return what was concluded, by which rules, and the premises with their phrases."""
    rules = [snapshot.describe(value.iri) for value in thing.get(ROPA + "followsFrom") if value.iri]
    premises = [_statement(snapshot, snapshot.describe(value.iri)) for value in thing.get(ROPA + "hasPremise") if value.iri]
    about = {value.iri for value in thing.get(ROPA + "concernsRegister")}
    return {
        "register": next((register for register in snapshot.registers if register.iri in about), None),
        "sentence": snapshot.reader.sentence(NamedNode(thing.iri)),
        "subject": next(iter(thing.get(RDF + "subject")), None),
        "day": next((value.label for value in thing.get(ROPA + "asOf")), ""),
        "conditional": any(value.iri == ROPA + "Conditional" for value in thing.get(ROPA + "hasModality")),
        "contested": thing.get(ROPA + "isContestedBy"),
        "rules": [(rule, rule.get(SKOS + "definition"), rule.get(DCTERMS + "source")) for rule in rules],
        "premises": premises,
    }


def _proofs(snapshot: Snapshot, subject: Value, predicate: Value, value: Value) -> tuple[Citation, ...]:
    try:
        said = snapshot.describe(subject.iri).get(predicate.iri)
    except NotFound:
        return ()
    same = (found for found in said if (found.iri, found.label, found.datatype) == (value.iri, value.label, value.datatype))
    return next((found.citations for found in same), ())


def _citation(statements: list[dict[str, object]], passage: str) -> Citation | None:
    """Return the passage itself, as one of the statements that rest on it cites it."""
    for statement in statements:
        citations = statement["citations"]
        if isinstance(citations, tuple):
            for citation in citations:
                if isinstance(citation, Citation) and citation.passage == passage:
                    return citation
    return None
