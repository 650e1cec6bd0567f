"""Our own terms, documented: a page for people, RDF for programs.

In:  the ontology graph of the store. Out: all terms by kind, each with definition, example, source and an anchor.
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

from flask import Blueprint, Response
from pyoxigraph import NamedNode

from ropa.errors import NotFound
from ropa.exchange.things import FORMATS, write_terms
from ropa.namespaces import DCTERMS, RDF, RDFS, ROPA, SKOS, graph_iri
from ropa.things import Thing, Value
from ropa.uses import MOST_COUNTED, count_mentions
from webapp.answers import HTML, answer, negotiate, page
from webapp.state import Snapshot, state

bp = Blueprint("terms", __name__)

_COUNTED: WeakKeyDictionary[Snapshot, dict[str, int]] = WeakKeyDictionary()
"""Uses by revision: they are counted once."""

_OWL = "http://www.w3.org/2002/07/owl#"
_GROUPS = {
    "Classes": {_OWL + "Class"},
    "Properties": {_OWL + "ObjectProperty", _OWL + "DatatypeProperty", _OWL + "AnnotationProperty", RDF + "Property"},
}
_RELATED = (RDFS + "subClassOf", RDFS + "subPropertyOf", RDFS + "domain", RDFS + "range", SKOS + "broader", SKOS + "closeMatch")


@dataclass(frozen=True)
class Term:
    """A term of our own as the page shows it.

    Attributes:
        name: The local part of its IRI, and its anchor. uses: Statements of registers that use it, counted up to :data:`MOST_COUNTED`.
    """

    name: str
    thing: Thing
    definition: tuple[Value, ...]
    examples: tuple[Value, ...]
    notes: tuple[Value, ...]
    sources: tuple[Value, ...]
    status: tuple[Value, ...]
    kinds: tuple[Value, ...]
    related: tuple[tuple[str, tuple[Value, ...]], ...]
    uses: int


@bp.get("/ns")
def index() -> Response:
    """Document the terms, or give them to a program."""
    endings = {found.media_type: found.ending for found in FORMATS.values()}
    chosen = negotiate([HTML, *endings])
    store = state().store
    if chosen == HTML:
        snapshot = state().snapshot()
        response = page(
            "terms/index.html",
            {"groups": _groups(snapshot), "ontology": _ontology(snapshot), "formats": FORMATS.values(), "most": MOST_COUNTED},
        )
    else:
        response = answer(chosen, lambda: write_terms(store, endings[chosen]))
    response.vary.add("Accept")
    return response


@bp.get("/ns.<ending>")
def file(ending: str) -> Response:
    """Give the terms in one format."""
    if ending not in FORMATS:
        raise NotFound("format", ending, FORMATS)
    store = state().store
    return answer(FORMATS[ending].media_type, lambda: write_terms(store, ending))


def _ontology(snapshot: Snapshot) -> Thing | None:
    iri = ROPA.rstrip("#")
    return snapshot.describe(iri) if snapshot.knows(iri) else None


def _groups(snapshot: Snapshot) -> dict[str, list[Term]]:
    graph = graph_iri(snapshot.store.base, "ontology")
    quads = snapshot.store.quads(None, NamedNode(RDF + "type"), None, graph)
    iris = {quad.subject.value for quad in quads if isinstance(quad.subject, NamedNode) and quad.subject.value.startswith(ROPA)}
    groups: dict[str, list[Term]] = {name: [] for name in (*_GROUPS, "Individuals")}
    for term in sorted((_term(snapshot, iri) for iri in iris), key=lambda term: term.name.casefold()):
        types = {kind.iri for kind in term.thing.kinds}
        groups[next((name for name, classes in _GROUPS.items() if classes & types), "Individuals")].append(term)
    return groups


def _term(snapshot: Snapshot, iri: str) -> Term:
    thing = snapshot.reader.describe(iri, pointing=False)
    return Term(
        name=iri.removeprefix(ROPA),
        thing=thing,
        definition=thing.get(SKOS + "definition"),
        examples=thing.get(SKOS + "example"),
        notes=thing.get(SKOS + "scopeNote") + thing.get(SKOS + "note"),
        sources=thing.get(DCTERMS + "source"),
        status=thing.get("http://www.w3.org/2003/06/sw-vocab-status/ns#term_status"),
        kinds=tuple(kind for kind in thing.kinds if not kind.iri.startswith(_OWL)),
        uses=_count(snapshot, iri),
        related=tuple((found.label, found.values) for found in thing.properties if found.iri in _RELATED),
    )


def _count(snapshot: Snapshot, iri: str) -> int:
    counted = _COUNTED.setdefault(snapshot, {})
    if iri not in counted:
        counted[iri] = count_mentions(snapshot.store, iri)
    return counted[iri]
