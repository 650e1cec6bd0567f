"""What the law says of places and recipients on one day, without dates: the part of the extract that time decides.

In:  a store and a day. Out: whose law governs exports from a place, which places are adequate, which recipients certified.

Territories, memberships and decisions stand in ``ontology/law.ttl`` and ``ontology/places.ttl`` with their days, both inclusive.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from pyoxigraph import Literal, NamedNode

from ropa.namespaces import DPV, NO_VALUES, RDF, ROPA, SKOS, graph_iri
from ropa.reasoning.model import Statement
from ropa.store import Quad, QuadStore

Reasons = tuple[Statement, ...]


class Law:
    """Look up what holds on one day.

    Attributes:
        broader: The statements that place something below a wider thing, by the lower one.
        countries: The statements that name a party's country, by party.
    """

    def __init__(self, store: QuadStore, day: date) -> None:
        self._store = store
        self._day = day.isoformat()
        self._past = {NamedNode(graph_iri(store.base, name)) for name in ("inferred", "history")}
        self.broader = self._index(SKOS + "broader")
        self.countries = self._index(DPV + "hasCountry")
        self._certifications = self._index(ROPA + "hasCertification")
        self._governing: dict[str, list[tuple[str, Reasons]]] = {}
        self._destinations: dict[str, list[tuple[str, Reasons]]] = {}
        self._memberships: dict[str, list[tuple[str, Reasons]]] = defaultdict(list)
        for node in self._members(ROPA + "Membership"):
            if (days := self._days(node)) is not None:
                for member in self._values(node, ROPA + "hasMember"):
                    for union in self._values(node, ROPA + "isMemberOf"):
                        self._memberships[member.value].append((union.value, (member, union, *days)))
        self._territories = [
            (node, regime, days)
            for node in self._members(ROPA + "RegimeTerritory")
            if (days := self._days(node)) is not None
            for regime in self._values(node, ROPA + "hasRegime")
        ]
        decisions = [
            (node, regime) for node in self._members(ROPA + "AdequacyDecision") for regime in self._values(node, ROPA + "hasRegime")
        ]
        scopes = {node: {scope.value for scope in self._values(node, ROPA + "hasScope")} for node, _ in decisions}
        # Of a regime whose list of places is not kept here, silence says nothing.
        self._listing = {regime.value for node, regime in decisions if ROPA + "WholePlace" in scopes[node]}
        held = [(node, regime, days) for node, regime in decisions if (days := self._days(node)) is not None]
        self._whole = [one for one in held if ROPA + "WholePlace" in scopes[one[0]]]
        self._schemes = [one for one in held if ROPA + "CertifiedRecipient" in scopes[one[0]]]
        covering = [*self._territories, *held]
        self._known = {place.value for node, _, _ in covering for place in self._values(node, ROPA + "coversPlace")}
        self._known |= {quad.subject.value for quad in self._quads(None, RDF + "type", NamedNode(DPV + "Country"))}
        self._known -= NO_VALUES

    def governing(self, place: str) -> list[tuple[str, Reasons]]:
        """Return each regime whose law governs exports from a place, by its local name (``EU``), with the reasons."""
        if place not in self._governing:
            self._governing[place] = list(self._find(self._territories, place))
        return self._governing[place]

    def of_destination(self, place: str) -> list[tuple[str, Reasons]]:
        """Return the classes of a place where data arrive, by local name (``AdequateForEU``), with the reasons.

        Nothing is said of a place that is described and not named, and nothing of a place inside the territory.
        """
        if place not in self._destinations:
            self._destinations[place] = list(self._classify(place))
        return self._destinations[place]

    def of_recipient(self, party: str) -> Iterator[tuple[str, Reasons]]:
        """Yield the classes of a party by its certifications, by local name (``CertifiedForEU``), with the reasons."""
        schemes = {node: (regime, days) for node, regime, days in self._schemes}
        for held in self._certifications.get(party, ()):
            days = self._days(held.value)
            for mechanism in self._values(held.value, ROPA + "hasMechanism"):
                if days is not None and mechanism.value in schemes:
                    regime, since = schemes[mechanism.value]
                    yield f"CertifiedFor{regime.value.removeprefix(ROPA)}", (held, mechanism, *days, regime, *since)

    def _classify(self, place: str) -> Iterator[tuple[str, Reasons]]:
        if not any(name in self._known for name, _ in self._wider(place)):
            return
        inside = {regime for regime, _ in self._find(self._territories, place)}
        adequate = dict(self._find(self._whole, place))
        for regime in sorted({regime.value.removeprefix(ROPA) for _, regime, _ in self._territories} - inside):
            if regime in adequate:
                yield f"AdequateFor{regime}", adequate[regime]
            elif ROPA + regime in self._listing:
                yield f"WithoutAdequacyFor{regime}", ()
        for regime, reasons in self._find(self._schemes, place):
            if regime not in inside:
                yield f"SchemePlaceFor{regime}", reasons

    def _find(self, among: list[tuple[str, Statement, Reasons]], place: str) -> Iterator[tuple[str, Reasons]]:
        found: dict[str, Reasons] = {}
        wider = dict(self._wider(place))
        for node, regime, days in among:
            for covered in self._values(node, ROPA + "coversPlace"):
                if covered.value in wider:
                    found.setdefault(regime.value.removeprefix(ROPA), (*wider[covered.value], covered, regime, *days))
        yield from sorted(found.items(), key=lambda item: item[0])

    def _wider(self, place: str) -> Iterator[tuple[str, Reasons]]:
        """Yield a place, what it lies in, and the unions that these belong to on the day, nearest first."""
        seen: dict[str, Reasons] = {place: ()}
        todo = [place]
        while todo:
            here = todo.pop(0)
            steps = [(statement.value, (statement,)) for statement in self.broader.get(here, ())]
            for name, reasons in [*steps, *self._memberships.get(here, ())]:
                if name not in seen:
                    seen[name] = (*seen[here], *reasons)
                    todo.append(name)
        yield from seen.items()

    def _days(self, node: str) -> Reasons | None:
        """Return the statements that bound the days of *node*, or None where it does not hold on the day."""
        since, until = self._values(node, ROPA + "validFrom", markers=True), self._values(node, ROPA + "validUntil", markers=True)
        begun = all(isinstance(one.object, Literal) and one.value <= self._day for one in since)
        going = all(not isinstance(one.object, Literal) or one.value >= self._day for one in until)
        return (*since, *until) if begun and going else None

    def _members(self, kind: str) -> list[str]:
        quads = self._quads(None, RDF + "type", NamedNode(kind))
        return sorted({quad.subject.value for quad in quads if isinstance(quad.subject, NamedNode)})

    def _values(self, node: str, predicate: str, *, markers: bool = False) -> list[Statement]:
        found = {quad.object for quad in self._quads(node, predicate)}
        kept = [value for value in found if markers or (isinstance(value, NamedNode) and value.value not in NO_VALUES)]
        return [Statement(node, predicate, value) for value in sorted(kept, key=str)]

    def _index(self, predicate: str) -> dict[str, list[Statement]]:
        found: dict[str, set[Statement]] = defaultdict(set)
        for quad in self._quads(None, predicate):
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode) and quad.object.value not in NO_VALUES:
                found[quad.subject.value].add(Statement(quad.subject.value, predicate, quad.object))
        return {node: sorted(statements, key=lambda one: one.value) for node, statements in found.items()}

    def _quads(self, subject: str | None, predicate: str, value: NamedNode | None = None) -> Iterator[Quad]:
        """Yield what is stated now: neither what was concluded nor what was once said."""
        found = self._store.quads(None if subject is None else NamedNode(subject), NamedNode(predicate), value)
        return (quad for quad in found if quad.graph_name not in self._past)
