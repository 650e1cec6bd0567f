"""What the law of a day makes of a route: whether an instrument is needed, and whether the one recorded holds.

In:  a route and the law. Out: a :class:`Standing`: one word for the whole, a sentence why, and a word for each instrument.

The law is data: territories, instruments and memberships of ``ontology/``, read by :class:`ropa.law.Law`. The rules are those of
shapes/transfers.ttl; the findings judge, this only tells. Nothing is concluded where the place or the governing law is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from pyoxigraph import Literal, NamedNode

from ropa import words
from ropa.geography.routes import MARKED, Route
from ropa.law import Law
from ropa.namespaces import NO_VALUES, RDF, ROPA, SKOS, graph_iri
from ropa.store import QuadStore

STATUSES = {
    "in-force": "in force",
    "unfit": "in force, but does not fit",
    "not-in-force": "not in force",
    "undated": "named without dates",
    "not-needed": "not needed",
    "not-applicable": "not applicable",
    "stated-none": "stated to be none",
    "not-stated": "none recorded",
    "lost": "lost in the source",
    "unknown": "cannot be told",
}
"""What is said of the instrument of a route on a day, in words."""

MEANINGS = {
    "in-force": "An instrument is recorded that holds on the day; where the exporter’s law is known, it is of that law.",
    "unfit": "The instruments recorded hold on the day, but belong to another law or cover another place.",
    "not-in-force": "The instruments recorded have ended, or have not begun.",
    "undated": "An article, an agreement or old clauses are named; whether they hold cannot be told from the record.",
    "not-needed": "The place is in the same legal area, or a decision on adequacy covers it.",
    "not-applicable": "The record says that the question of an instrument does not arise; whether that is right is not judged here.",
    "stated-none": "The text says that there is none.",
    "not-stated": "Data go to a place outside the legal area, or a transfer is recorded, and no instrument is told.",
    "lost": "The copy of the text has lost the words: unknown, not a gap.",
    "unknown": "The place, or the law that governs the sender, is not known, and no instrument is recorded.",
}

_SAID = (
    ("lost", "lost", "The copy of the text has lost what it says of the instrument."),
    ("stated-none", "stated-none", "The text says that there is no instrument."),
    ("not-applicable", "not-applicable", "The record says that the question does not arise."),
)
"""Marker that stands for an instrument, with the status and the reason it comes to."""

Label = Callable[[str], str]


@dataclass(frozen=True)
class Instrument:
    """What the law data say of an instrument; ``first`` and ``last`` are days as text, "" where there is none."""

    regime: str
    scope: str
    first: str
    last: str
    covers: bool
    adequacy: bool
    matches: tuple[str, ...]

    def holds(self, day: date) -> bool:
        """Tell whether the day lies within its period, first and last day included."""
        return self.first <= day.isoformat() and (not self.last or self.last >= day.isoformat())


@dataclass(frozen=True)
class Standing:
    """How a route stands on a day.

    Attributes:
        status: A key of :data:`STATUSES`. reason: Why, in a sentence.
        instruments: IRI of each instrument recorded and what is said of it on the day; a marker has "".
    """

    status: str
    reason: str
    instruments: tuple[tuple[str, str], ...]


class Day:
    """The law on one day, asked about routes."""

    def __init__(self, books: Books, day: date, label: Label) -> None:
        self.day, self.books, self._label = day, books, label
        self._covered = {node.value: {place.value for place in places} for node, places in books.law.coverage(day).items()}
        self.members = {union.value: tuple(sorted(member.value for member in found)) for union, found in books.law.members(day).items()}
        self._listed = {found.regime for found in books.instruments.values() if found.adequacy and found.scope == ROPA + "WholePlace"}

    def judge(self, route: Route) -> Standing:
        """Tell how a route stands on the day."""
        regimes = self._regimes(route.origins)
        named = [iri for iri in route.mechanisms if iri not in NO_VALUES]
        told = {iri: self._stand(iri, route, regimes) for iri in named}
        instruments = tuple((iri, told[iri][1] if iri in told else "") for iri in route.mechanisms)
        free = self._freedom(route, regimes)
        for status in ("in-force", "undated", "unfit", "not-in-force"):
            found = [iri for iri in named if told[iri][0] == status]
            if found and (status == "in-force" or not free):
                return Standing(status, "; ".join(f"{self._label(iri)}: {told[iri][1]}" for iri in named) + ".", instruments)
        if free:
            return Standing("not-needed", free, instruments)
        return Standing(*self._without(route, regimes), instruments)

    def _without(self, route: Route, regimes: set[str]) -> tuple[str, str]:
        """Return status and reason where no instrument is recorded and none is known to be superfluous."""
        markers = {MARKED[iri] for iri in route.mechanisms if iri in MARKED}
        for marker, status, reason in _SAID:
            if marker in markers:
                return status, reason
        if route.kind == "transfer":
            silent = "the text is silent on the instrument" if markers else "nothing is recorded of the instrument"
            return "not-stated", f"Recorded as a transfer; {silent}."
        if route.place.known and regimes and regimes <= self._listed:
            return "not-stated", f"Outside the legal area of the sender ({self._words(regimes)}), and not recorded as a transfer."
        if not route.place.known:
            missing = "where the data go"
        elif not regimes:
            missing = "which law governs the sender"
        else:
            missing = f"which places the law of the sender ({self._words(regimes - self._listed)}) finds adequate"
        return "unknown", f"It is not known here {missing}, so it cannot be told whether an instrument is needed."

    def _stand(self, iri: str, route: Route, regimes: set[str]) -> tuple[str, str]:
        """Return the status of one instrument for a route, and what is said of it."""
        found = self.books.instrument(iri)
        if not found.first and not found.last:
            return "undated", "no dated instrument"
        if not found.holds(self.day):
            return self._stand_out_of_time(iri, route, regimes)
        if regimes and found.regime and found.regime not in regimes:
            heir = self._heir(iri, regimes, route)
            if not heir:
                return "unfit", f"in force, of another law (exports fall under: {self._words(regimes)})"
            return "in-force", f"in force there; here as {self._label(heir)}"
        if found.covers and route.place.known and not self._covers(iri, route):
            return "unfit", "in force, for another place"
        return "in-force", "in force" + (", for certified recipients only" if found.scope == ROPA + "CertifiedRecipient" else "")

    def _stand_out_of_time(self, iri: str, route: Route, regimes: set[str]) -> tuple[str, str]:
        found = self.books.instrument(iri)
        ended = bool(found.last) and found.last < self.day.isoformat()
        said = f"held until {words.day(found.last)}" if ended else f"not yet: from {words.day(found.first)}"
        heir = self._heir(iri, {*regimes, found.regime}, route)
        if not heir:
            return "not-in-force", said
        if self.books.instruments[heir].adequacy:
            return "in-force", f"{said}; kept as {self._label(heir)}"
        return "undated", f"{said}; for contracts made before: {self._label(heir)}"

    def _heir(self, iri: str, regimes: set[str], route: Route) -> str:
        """Return an instrument of one of the laws that holds on the day and carries this one on, "" if none does."""
        for heir in self.books.heirs.get(iri, ()):
            found = self.books.instruments[heir]
            if (
                found.holds(self.day)
                and found.regime in regimes
                and (not found.covers or not route.place.known or self._covers(heir, route))
            ):
                return heir
        return ""

    def _covers(self, instrument: str, route: Route) -> bool:
        return bool(self._covered.get(instrument, set()) & {route.place.iri, route.place.key})

    def _freedom(self, route: Route, regimes: set[str]) -> str:
        """Return why no instrument is needed, "" where one is or that is not known; each governing law has to say so."""
        if not route.place.known or not regimes:
            return ""
        reasons = []
        for regime in sorted(regimes):
            inside = [iri for iri, found in self.books.territories.items() if found == regime and self._covers(iri, route)]
            ground = [
                iri
                for iri, found in self.books.instruments.items()
                if found.regime == regime and found.covers and found.scope != ROPA + "CertifiedRecipient" and self._covers(iri, route)
            ]
            if not inside and not ground:
                return ""
            reasons.append(f"within the legal area ({self._label(regime)})" if inside else self._name_ground(min(ground)))
        return "No instrument is needed: " + "; ".join(dict.fromkeys(reasons)) + "."

    def _name_ground(self, iri: str) -> str:
        sector = self.books.instruments[iri].scope == ROPA + "SectorOnly"
        return self._label(iri) + (" (part of the recipients only)" if sector else "")

    def _regimes(self, origins: Iterable[str]) -> set[str]:
        places = set(origins)
        return {regime for iri, regime in self.books.territories.items() if self._covered.get(iri, set()) & places}

    def _words(self, regimes: Iterable[str]) -> str:
        return ", ".join(sorted(map(self._label, regimes)))


class Books:
    """The law data of a store, read once: instruments, territories, and the dated memberships."""

    def __init__(self, store: QuadStore) -> None:
        self._store = store
        self.law = Law(quad for name in ("law", "places") for quad in store.quads(graph=graph_iri(store.base, name)))
        self.instruments: dict[str, Instrument] = {}
        self.territories: dict[str, str] = {}
        for quad in store.quads(None, NamedNode(RDF + "type"), NamedNode(ROPA + "TransferMechanism")):
            self.instrument(quad.subject.value)
        for quad in store.quads(None, NamedNode(RDF + "type"), NamedNode(ROPA + "RegimeTerritory")):
            regimes = [found.object.value for found in store.quads(quad.subject, NamedNode(ROPA + "hasRegime"))]
            self.territories[quad.subject.value] = min(regimes, default="")
        self.heirs: dict[str, list[str]] = {}
        for iri, found in self.instruments.items():
            for match in found.matches:
                self.heirs.setdefault(match, []).append(iri)

    def instrument(self, iri: str) -> Instrument:
        """Return what is known of an instrument, remembered."""
        if iri not in self.instruments:
            told: dict[str, list[str]] = {}
            days: dict[str, str] = {}
            for quad in self._store.quads(NamedNode(iri)):
                told.setdefault(quad.predicate.value, []).append(quad.object.value)
                if isinstance(quad.object, Literal):
                    days[quad.predicate.value] = quad.object.value
            self.instruments[iri] = Instrument(
                regime=min(told.get(ROPA + "hasRegime", ()), default=""),
                scope=min(told.get(ROPA + "hasScope", ()), default=""),
                first=days.get(ROPA + "validFrom", ""),
                last=days.get(ROPA + "validUntil", ""),
                covers=ROPA + "coversPlace" in told,
                adequacy=ROPA + "AdequacyDecision" in told.get(RDF + "type", ()),
                matches=tuple(sorted(told.get(SKOS + "closeMatch", ()))),
            )
        return self.instruments[iri]
