"""The names that a query over a store can use: classes, properties and individuals, each with what people call it.

In:  a store. Out: :class:`Term` rows, so many at the most, in the order of their use to somebody who writes a query.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from pyoxigraph import NamedNode

from ropa.namespaces import DPV, RDF, RDFS, graph_iri, shorten
from ropa.store import QuadStore

__all__ = ["MOST_TERMS", "Kind", "Term", "Terms", "list_terms"]

Kind = Literal["property", "class", "thing"]

MOST_TERMS = 3_000
"""Terms that are told at the most."""
_LOOKED_THROUGH = 100_000
"""Statements that are looked through for names which no vocabulary of ours describes."""
_VOCABULARY = ("ontology", "law", "places")
_OWL = "http://www.w3.org/2002/07/owl#"
_KINDS: dict[str, Kind] = {
    **dict.fromkeys((_OWL + "Class", RDFS + "Class"), "class"),
    **dict.fromkeys((RDF + "Property", *(f"{_OWL}{kind}Property" for kind in ("Object", "Datatype", "Annotation"))), "property"),
}
_ORDER: dict[Kind, int] = {"property": 0, "class": 1, "thing": 2}
_TYPE = NamedNode(RDF + "type")


@dataclass(frozen=True)
class Term:
    """A name as a query writes it, a prefixed name or an IRI in angle brackets, with its label."""

    name: str
    label: str
    kind: Kind


@dataclass(frozen=True)
class Terms:
    """Terms by kind and name; ``cut`` tells that there are more."""

    terms: list[Term]
    cut: bool


def list_terms(store: QuadStore, label: Callable[[str], str], most: int = MOST_TERMS) -> Terms:
    """Return what the vocabulary of the store describes, what else its statements use as a property or class, and its registers.

    Args:
        label: Gives what people call an IRI.
    """
    kinds: dict[str, Kind] = {}
    for name in _VOCABULARY:
        for quad in store.quads(None, _TYPE, None, graph_iri(store.base, name)):
            if isinstance(quad.subject, NamedNode):
                found = _KINDS.get(quad.object.value, "thing")
                if found != "thing":
                    kinds[quad.subject.value] = found
                else:
                    kinds.setdefault(quad.subject.value, "thing")
    for quad in islice(store.quads(), _LOOKED_THROUGH):
        kinds[quad.predicate.value] = "property"
        if quad.predicate == _TYPE and isinstance(quad.object, NamedNode):
            kinds[quad.object.value] = "class"
    for quad in islice(store.quads(None, _TYPE, NamedNode(DPV + "ROPA")), most):
        if isinstance(quad.subject, NamedNode):
            kinds.setdefault(quad.subject.value, "thing")
    ordered = sorted((_ORDER[kind], _write(iri), iri) for iri, kind in kinds.items())
    terms = [Term(name, label(iri), kinds[iri]) for _, name, iri in ordered[:most]]
    return Terms(terms, len(ordered) > most)


def _write(iri: str) -> str:
    """Return an IRI as a query may write it."""
    short = shorten(iri, "\0")
    # Other prefixed names would need escapes.
    local = short.partition(":")[2]
    return short if short != iri and local.replace("-", "").replace("_", "").isalnum() else f"<{iri}>"
