"""The statements of registers, read once and looked up by thing; and the vocabulary that their words belong to.

In:  a store. Out: for each register a :class:`Record`, and the :class:`Terms` that all share. Nothing is asked of the engine twice,
so reading takes time in proportion to the statements.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from pyoxigraph import Literal, NamedNode

from ropa.labels import LABELS, pick_label
from ropa.namespaces import DPV, NO_VALUES, RDF, ROPA, SKOS, graph_iri, shorten
from ropa.registers import Register
from ropa.store import QuadStore, Term

_TYPE = RDF + "type"
_BROADER, _CLOSE = NamedNode(SKOS + "broader"), NamedNode(SKOS + "closeMatch")


class Record:
    """What one register says.

    Attributes:
        said: Subject to property to values, IRIs throughout.
    """

    def __init__(self, store: QuadStore, register: Register) -> None:
        self.register = register
        self.said: dict[str, dict[str, list[Term]]] = {}
        for quad in store.quads(graph=graph_iri(store.base, f"register/{register.slug}")):
            self.said.setdefault(quad.subject.value, {}).setdefault(quad.predicate.value, []).append(quad.object)
        for properties in self.said.values():
            for values in properties.values():
                values.sort(key=lambda value: value.value)

    def values(self, subject: str, *properties: str) -> list[Term]:
        """Return the values of some properties of a thing, in the order of the properties."""
        said = self.said.get(subject, {})
        return [value for found in properties for value in said.get(found, ())]

    def texts(self, subject: str) -> dict[str, list[str]]:
        """Return all that is said of a thing, each value as its IRI or text."""
        return {found: [value.value for value in values] for found, values in self.said.get(subject, {}).items()}

    def is_a(self, subject: str, *classes: str) -> bool:
        """Tell whether a thing is of one of some classes."""
        return any(value.value in classes for value in self.values(subject, _TYPE))


class Terms:
    """What things are called, and which term stands above which."""

    def __init__(self, store: QuadStore) -> None:
        self.base = store.base
        self._own = f"{store.base}id/"
        self._labels: dict[str, str] = {}
        # The worst property first, so that a better one overwrites it.
        for predicate in reversed(LABELS):
            found: dict[str, list[Literal]] = {}
            for quad in store.quads(None, NamedNode(predicate)):
                if isinstance(quad.object, Literal):
                    found.setdefault(quad.subject.value, []).append(quad.object)
            self._labels |= {iri: pick_label(labels) for iri, labels in found.items()}
        self._above: dict[str, list[str]] = {}
        for quad in store.quads(None, _BROADER):
            self._above.setdefault(quad.subject.value, []).append(quad.object.value)
        grounds = {quad.subject for quad in store.quads(None, NamedNode(_TYPE), NamedNode(DPV + "LegalBasis"))}
        self._twins = {quad.subject.value: quad.object.value for quad in store.quads(None, _CLOSE) if quad.subject in grounds}
        self.climb = lru_cache(maxsize=None)(self._climb)

    def label(self, term: Term | str) -> str:
        """Return what people call a term, its short IRI where it has no label; the text of a literal."""
        if isinstance(term, Literal):
            return term.value
        iri = term if isinstance(term, str) else term.value
        return self._labels.get(iri) or shorten(iri, self.base)

    def is_own(self, iri: str) -> bool:
        """Tell whether a register or a party made the term, rather than a vocabulary."""
        return iri.startswith(self._own)

    def _climb(self, iri: str) -> frozenset[str]:
        """Return the term and all above it."""
        found, waiting = {iri}, [iri]
        while waiting:
            for above in self._above.get(waiting.pop(), ()):
                if above not in found:
                    found.add(above)
                    waiting.append(above)
        return frozenset(found)

    def shared(self, iri: str) -> list[str]:
        """Return the nearest terms of a vocabulary for a register's own term; the term itself where it is one or has none."""
        found: dict[str, None] = {}
        waiting, seen = [iri], {iri}
        while waiting:
            here = waiting.pop()
            if not self.is_own(here):
                found[here] = None
                continue
            for above in self._above.get(here, ()):
                if above not in seen:
                    seen.add(above)
                    waiting.append(above)
        return sorted(found) or [iri]

    def ground(self, iri: str) -> str:
        """Return the term of the GDPR that stands for the same ground as one of another law; any other term itself."""
        return self._twins.get(iri, iri)

    def tops(self, iri: str, root: str) -> list[str]:
        """Return which terms right below *root* a term belongs to; *root* itself for one that no term stands between."""
        found = {term for term in self.climb(iri) if root in self._above.get(term, ()) and not self.is_own(term)}
        return sorted(found) or ([root] if root in self.climb(iri) else self.shared(iri))


def inferred_statements(store: QuadStore) -> set[tuple[str, str, str]]:
    """Return the statements that whoever recorded them concluded rather than read: subject, property, value, as IRIs and texts."""
    found = set()
    for quad in store.quads(None, NamedNode(_TYPE), NamedNode(ROPA + "Inference")):
        told = {part.predicate.value: part.object.value for part in store.quads(quad.subject)}
        found.add((told.get(RDF + "subject", ""), told.get(RDF + "predicate", ""), told.get(RDF + "object", "")))
    return found


def real(values: Iterable[Term]) -> list[str]:
    """Return the IRIs of the values that are things, without markers and texts."""
    return [value.value for value in values if isinstance(value, NamedNode) and value.value not in NO_VALUES]
