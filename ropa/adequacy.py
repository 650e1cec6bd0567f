"""How each law regards a place on a day: inside its territory, adequate as a whole or in part, or nothing of the kind.

In:  the quads of the graphs law and places, and a day. Out: per place and regime a standing, with the instruments and their dates.

Source: GDPR Art. 45 and its counterparts; the instruments and their days are those of ``ontology/law.ttl``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from pyoxigraph import Literal, NamedNode

from ropa.law import statements_of_the_day
from ropa.namespaces import DCTERMS, RDF, ROPA, SKOS, graph_iri
from ropa.store import Quad, QuadStore

INSIDE, ADEQUATE, PARTLY, NONE, UNKNOWN = "inside", "adequate", "partly", "none", "unknown"
"""Kinds of a standing: part of the law's own territory; adequate as a whole; adequate for some recipients or sectors only; no decision
is in force; the list of adequate places of that law is not kept here."""

UNDATED = "no days are recorded for it"
"""Said of an instrument instead of whether it is in force."""


@dataclass(frozen=True)
class Instrument:
    """A territory or decision that covers a place.

    Attributes:
        scope: IRI of how far it reaches, "" for a territory. begins, ends: ISO 8601, "" where open. source: IRI or "".
        holds: It is in force on the day.
    """

    iri: str
    regime: str
    scope: str
    begins: str
    ends: str
    source: str
    note: str
    holds: bool


@dataclass(frozen=True)
class Standing:
    """How one law regards a place on the day: ``kind`` and the instruments in force that say so, then those of other days."""

    regime: str
    kind: str
    instruments: tuple[Instrument, ...]
    others: tuple[Instrument, ...]


@dataclass(frozen=True)
class Membership:
    """A period for which a place belongs, or belonged, to a union; days as in :class:`Instrument`."""

    union: str
    begins: str
    ends: str
    holds: bool


class LawOfTheDay:
    """The territories and decisions on one day, read once for any number of places."""

    def __init__(self, quads: Iterable[Quad], day: date) -> None:
        known = list(quads)
        self._day = day.isoformat()
        self._told: dict[str, dict[str, list[str]]] = {}
        self._covering: dict[str, set[str]] = {}
        for quad in known:
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode | Literal):
                self._told.setdefault(quad.subject.value, {}).setdefault(quad.predicate.value, []).append(quad.object.value)
                if quad.predicate.value == ROPA + "coversPlace":
                    self._covering.setdefault(quad.object.value, set()).add(quad.subject.value)
        self._today: dict[str, set[str]] = {}
        for quad in statements_of_the_day(known, day):
            if quad.predicate.value == ROPA + "coversOnDay" and isinstance(quad.subject, NamedNode):
                self._today.setdefault(quad.object.value, set()).add(quad.subject.value)
        territories = [iri for iri in self._told if self._is(iri, "RegimeTerritory")]
        self._regimes = sorted({regime for iri in territories for regime in self._values(iri, ROPA + "hasRegime")})
        whole = [
            iri for iri in self._told if self._is(iri, "AdequacyDecision") and ROPA + "WholePlace" in self._values(iri, ROPA + "hasScope")
        ]
        self._listed = {regime for iri in whole for regime in self._values(iri, ROPA + "hasRegime")}

    def standings(self, place: str) -> list[Standing]:
        """Return how each law regards a place, by regime."""
        unions = {found.union for found in self.memberships(place)}
        ever = set(self._covering.get(place, ())).union(*(self._covering.get(union, set()) for union in unions))
        known = [self._instrument(iri, place) for iri in sorted(ever | self._today.get(place, set()))]
        return [self._standing(regime, [one for one in known if one.regime == regime]) for regime in self._regimes]

    def memberships(self, place: str) -> list[Membership]:
        """Return the unions that a place belongs or belonged to, by first day."""
        found: list[Membership] = []
        for iri, told in self._told.items():
            if place in told.get(ROPA + "hasMember", ()):
                begins, ends = self._first(iri, ROPA + "validFrom"), self._first(iri, ROPA + "validUntil")
                holds = (not begins or begins <= self._day) and (not ends or ends >= self._day)
                found.extend(Membership(union, begins, ends, holds) for union in told.get(ROPA + "isMemberOf", ()))
        return sorted(found, key=lambda one: (one.begins, one.union))

    def tell(self, instrument: str) -> str:
        """Return whether an instrument is in force on the day, in words; of what has no dates that cannot be told."""
        begins, ends = self.period(instrument)
        if not begins and not ends:
            return UNDATED
        return "in force" if begins <= self._day and (not ends or ends >= self._day) else "not in force"

    def period(self, instrument: str) -> tuple[str, str]:
        """Return the first and the last day of an instrument, "" where open."""
        return self._first(instrument, ROPA + "validFrom"), self._first(instrument, ROPA + "validUntil")

    def _standing(self, regime: str, known: list[Instrument]) -> Standing:
        holding = [one for one in known if one.holds]
        inside = [one for one in holding if self._is(one.iri, "RegimeTerritory")]
        decisions = [one for one in holding if one not in inside]
        if inside:
            kind = INSIDE
        elif any(one.scope == ROPA + "WholePlace" for one in decisions):
            kind = ADEQUATE
        elif decisions:
            kind = PARTLY
        else:
            kind = NONE if regime in self._listed else UNKNOWN
        return Standing(regime, kind, tuple(inside or decisions), tuple(one for one in known if one not in (inside or decisions)))

    def _instrument(self, iri: str, place: str) -> Instrument:
        begins, ends = self.period(iri)
        return Instrument(
            iri=iri,
            regime=self._first(iri, ROPA + "hasRegime"),
            scope=self._first(iri, ROPA + "hasScope"),
            begins=begins,
            ends=ends,
            source=self._first(iri, DCTERMS + "source"),
            note=self._first(iri, SKOS + "scopeNote"),
            holds=iri in self._today.get(place, ()),
        )

    def _is(self, iri: str, kind: str) -> bool:
        return ROPA + kind in self._values(iri, RDF + "type")

    def _values(self, iri: str, predicate: str) -> list[str]:
        return self._told.get(iri, {}).get(predicate, [])

    def _first(self, iri: str, predicate: str) -> str:
        return min(self._values(iri, predicate), default="")


def read_law(store: QuadStore, day: date) -> LawOfTheDay:
    """Return the law of a store on a day."""
    return LawOfTheDay((quad for name in ("law", "places") for quad in store.quads(graph=graph_iri(store.base, name))), day)
