"""Flows and storages of the registers as routes: one sender, one recipient, one place each.

In:  a store. Out: the routes of the present revision. Nothing here depends on a day, and no place is made up.

A place is what the part itself tells (dpv:hasThirdCountry, dpv:hasLocation). Only where it names none, the country of the
recipient stands in, and the route says so. From where data are sent is told as shapes/transfers.ttl does: ropa:isSentFrom,
else the country (or the law that is said to apply) of the exporter, else of the one that passes the data on, else of the
organisation that keeps the record, unless it is the one that receives.

A route is stated no more firmly than the firmest of the activities that have its part.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from pyoxigraph import Literal, NamedNode

from ropa.namespaces import DCTERMS, DPV, NO_VALUES, NOT_STATED, RDF, ROPA, SKOS, graph_iri
from ropa.store import QuadStore, Term

KINDS = {"transfer": "transfer", "flow": "flow not recorded as a transfer", "storage": "storage"}
"""Kind of a route to its name."""

MODALITIES = {"actual": "stated as a fact", "conditional": "only on a condition", "hypothetical": "hypothetical"}
"""How firmly a route is stated, in words."""

_TYPE = NamedNode(RDF + "type")
_BROADER = NamedNode(SKOS + "broader")
_SUB_PROCESSOR = ROPA + "engagesSubProcessor"
_HOLDING = tuple(ROPA + name for name in ("hasDataFlow", "hasTransfer", "hasStorage"))
_FIRMNESS = tuple(MODALITIES)
_COUNTRY, _UNION, _REGION = DPV + "Country", DPV + "SupraNationalUnion", DPV + "Region"


@dataclass(frozen=True)
class Place:
    """Where a route leads.

    Attributes:
        iri: The place or the marker; "" where nothing at all is recorded.
        kind: ``country``, ``region`` (of a country), ``union``, ``described`` (words that name no country), or why there is
            none: ``not-stated``, ``stated-none``, ``not-applicable``, ``lost``, ``not-recorded``.
        key: What routes to it are counted under: the IRI of the country or union, else the kind.
        of_recipient: It is the country of the recipient; the flow itself names no place.
    """

    iri: str
    kind: str
    key: str
    of_recipient: bool = False

    @property
    def known(self) -> bool:
        """Whether it can be shown on a map."""
        return self.kind in ("country", "region", "union")


MARKED = {
    NOT_STATED: "not-stated",
    ROPA + "StatedNone": "stated-none",
    ROPA + "NotApplicable": "not-applicable",
    ROPA + "LostInSource": "lost",
}
"""The four markers to the kinds of place that stand for them."""


@dataclass(frozen=True)
class Route:
    """A flow or storage as it leads from one sender to one recipient in one place.

    Attributes:
        flow: IRI of the part. register: Slug of the record that tells of it. kind: A key of :data:`KINDS`.
        sender: IRI, or "" where nobody is recorded that could be it. sender_known: ``recorded``, ``passes the data on``, ``keeps
            the record`` or ``not recorded``.
        recipient: IRI of a party or a marker; "" for a storage, and where nothing is recorded.
        origins: IRIs of the countries and unions that the data leave, sorted; empty where not known.
        origin_told: The part itself names them; else they are the seats of the sender.
        categories: IRIs of categories of data or markers. mechanisms: IRIs of instruments or markers.
        modality: A key of :data:`MODALITIES`. conditions: In the words of the record; empty where it tells none.
    """

    flow: str
    register: str
    kind: str
    sender: str
    sender_known: str
    recipient: str
    place: Place
    origins: tuple[str, ...]
    categories: tuple[str, ...]
    mechanisms: tuple[str, ...]
    modality: str
    conditions: tuple[str, ...]
    origin_told: bool = False


def read_routes(store: QuadStore) -> list[Route]:
    """Return the routes of all registers, sorted by register, flow, sender, recipient and place."""
    return _Reading(store).routes()


def read_denials(store: QuadStore) -> list[tuple[str, str]]:
    """Return the registers and activities of which the text says that there is no transfer: slug and IRI, sorted."""
    prefix = graph_iri(store.base, "register/")
    found = store.quads(None, NamedNode(ROPA + "hasTransfer"), NamedNode(ROPA + "StatedNone"))
    graphs = [(quad.graph_name.value, quad.subject.value) for quad in found if isinstance(quad.graph_name, NamedNode)]
    return sorted((graph.removeprefix(prefix), holder) for graph, holder in graphs if graph.startswith(prefix))


def ancestors(store: QuadStore, iri: str) -> list[str]:
    """Return a concept and all that is broader, nearest first."""
    found, waiting = {iri: None}, [iri]
    while waiting:
        for quad in store.quads(NamedNode(waiting.pop(0)), _BROADER):
            if quad.object.value not in found and isinstance(quad.object, NamedNode):
                found[quad.object.value] = None
                waiting.append(quad.object.value)
    return list(found)


class _Reading:
    """One pass over the parts of a store; what is read of parties and places is remembered."""

    def __init__(self, store: QuadStore) -> None:
        self.store = store
        self.parts: dict[str, dict[str, list[Term]]] = {}
        self.registers: dict[str, str] = {}
        self.kinds: dict[str, str] = {}
        self.passers: dict[str, list[str]] = {}
        self._holders: dict[str, set[str]] = {}
        self._firmness: dict[str, str] = {}
        self._publishers: dict[str, str] = {}
        self._countries: dict[str, tuple[str, ...]] = {}
        self._places: dict[str, Place] = {}

    def routes(self) -> list[Route]:
        prefix = graph_iri(self.store.base, "register/")
        for kind, name in (("storage", "Storage"), ("flow", "DataFlow"), ("transfer", "Transfer")):
            for quad in self.store.quads(None, _TYPE, NamedNode(ROPA + name)):
                graph = quad.graph_name.value if isinstance(quad.graph_name, NamedNode) else ""
                # A reasoner may type things elsewhere; a part belongs to the register that states it.
                if graph.startswith(prefix) and isinstance(quad.subject, NamedNode):
                    self.kinds[quad.subject.value] = kind
                    self.registers[quad.subject.value] = graph.removeprefix(prefix)
        for predicate in _HOLDING:
            for quad in self.store.quads(None, NamedNode(predicate)):
                if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode):
                    self._holders.setdefault(quad.object.value, set()).add(quad.subject.value)
        for iri in self.kinds:
            part: dict[str, list[Term]] = {}
            for quad in self.store.quads(NamedNode(iri), graph=prefix + self.registers[iri]):
                part.setdefault(quad.predicate.value, []).append(quad.object)
            self.parts[iri] = part
            for onward in _iris(part, _SUB_PROCESSOR):
                self.passers.setdefault(onward, []).extend(_named(_iris(part, DPV + "hasRecipient")))
        self._hold_onward()
        routes = [route for iri in self.kinds for route in self._read(iri)]
        return sorted(routes, key=lambda route: (route.register, route.flow, route.sender, route.recipient, route.place.iri))

    def _hold_onward(self) -> None:
        """Let what goes on from a flow belong to the activities that have that flow too."""
        waiting = [iri for iri in self.kinds if iri in self._holders]
        while waiting:
            iri = waiting.pop()
            for onward in _iris(self.parts[iri], _SUB_PROCESSOR):
                known = self._holders.setdefault(onward, set())
                if onward in self.parts and not self._holders[iri] <= known:
                    known |= self._holders[iri]
                    waiting.append(onward)

    def _held(self, iri: str) -> str:
        """Return the modality of the firmest holder of a part, ``actual`` where none is recorded."""
        found = {self._of_holder(holder) for holder in self._holders.get(iri, ())}
        return min(found, key=_FIRMNESS.index, default="actual")

    def _of_holder(self, iri: str) -> str:
        if iri not in self._firmness:
            said: dict[str, list[Term]] = {}
            for name in ("hasModality", "condition"):
                said[ROPA + name] = [quad.object for quad in self.store.quads(NamedNode(iri), NamedNode(ROPA + name))]
            self._firmness[iri] = _modality(said, any(isinstance(value, Literal) for value in said[ROPA + "condition"]))
        return self._firmness[iri]

    def _read(self, iri: str) -> Iterator[Route]:
        part, kind, register = self.parts[iri], self.kinds[iri], self.registers[iri]
        recipients = sorted(set(_iris(part, DPV + "hasRecipient"))) or [""]
        categories = tuple(sorted(set(_iris(part, DPV + "hasPersonalData"))))
        mechanisms = tuple(sorted(set(_iris(part, ROPA + "hasMechanism"))))
        told = part.get(ROPA + "condition", [])
        conditions = tuple(sorted({value.value for value in told if isinstance(value, Literal)}))
        modality = max(_modality(part, bool(told)), self._held(iri), key=_FIRMNESS.index)
        named = bool(_named(_iris(part, ROPA + "isSentFrom")))
        for recipient in recipients:
            senders, known = self._senders(iri, register, kind, recipient)
            origins = self._origins(part, senders)
            for sender, place in product(senders or [""], self._places_of(part, recipient)):
                yield Route(
                    iri, register, kind, sender, known, recipient, place, origins, categories, mechanisms, modality, conditions, named
                )

    def _senders(self, iri: str, register: str, kind: str, recipient: str) -> tuple[list[str], str]:
        named = sorted(set(_iris(self.parts[iri], DPV + "hasDataExporter")))
        if named:
            # The marker that says why there is none is as much an answer as a name.
            return named, "recorded"
        if iri in self.passers:
            return sorted(set(self.passers[iri])), "passes the data on" if self.passers[iri] else "not recorded"
        keeper = self._publisher(register)
        if keeper and (keeper != recipient or kind == "storage"):
            return [keeper], "keeps the record"
        return [], "not recorded"

    def _publisher(self, register: str) -> str:
        if register not in self._publishers:
            node = NamedNode(f"{self.store.base}id/register/{register}")
            found = [quad.object.value for quad in self.store.quads(node, NamedNode(DCTERMS + "publisher"))]
            self._publishers[register] = min(_named(found), default="")
        return self._publishers[register]

    def _origins(self, part: Mapping[str, list[Term]], senders: Iterable[str]) -> tuple[str, ...]:
        said = _named(_iris(part, ROPA + "isSentFrom"))
        return tuple(sorted(set(said or [country for sender in senders for country in self._countries_of(sender)])))

    def _countries_of(self, party: str) -> tuple[str, ...]:
        if party not in self._countries:
            told = {name: _named(self._values(party, DPV + name)) for name in ("hasCountry", "hasJurisdiction")}
            self._countries[party] = tuple(sorted({*told["hasCountry"], *told["hasJurisdiction"]}))
        return self._countries[party]

    def _places_of(self, part: Mapping[str, list[Term]], recipient: str) -> list[Place]:
        told = {*_iris(part, DPV + "hasThirdCountry"), *_iris(part, DPV + "hasLocation")}
        named = _named(told)
        if named:
            return [self._place(iri) for iri in named]
        countries = _named(self._values(recipient, DPV + "hasCountry")) if recipient and recipient not in NO_VALUES else []
        if countries:
            return [Place(found.iri, found.kind, found.key, of_recipient=True) for found in map(self._place, countries)]
        # Lost words are the weakest reason to call a text silent.
        marker = next((marker for marker in (ROPA + "LostInSource", *sorted(MARKED)) if marker in told), "")
        kind = MARKED.get(marker, "not-recorded")
        return [Place(marker, kind, kind)]

    def _place(self, iri: str) -> Place:
        if iri not in self._places:
            chain = ancestors(self.store, iri)
            kinds = {found: set(self._values(found, RDF + "type")) for found in chain}
            country = next((found for found in chain if kinds[found] & {_COUNTRY, _UNION}), "")
            if not country:
                self._places[iri] = Place(iri, "described", "described")
            elif _UNION in kinds[country]:
                self._places[iri] = Place(iri, "union", country)
            else:
                self._places[iri] = Place(iri, "country" if country == iri else "region", country)
        return self._places[iri]

    def _values(self, iri: str, predicate: str) -> list[str]:
        if not iri:
            return []
        found = self.store.quads(NamedNode(iri), NamedNode(predicate))
        return [quad.object.value for quad in found if isinstance(quad.object, NamedNode)]


def _modality(part: Mapping[str, list[Term]], on_condition: bool) -> str:
    said = _iris(part, ROPA + "hasModality")
    if ROPA + "Hypothetical" in said:
        return "hypothetical"
    # A storage has no modality as a rule, and may still depend on something.
    return "conditional" if ROPA + "Conditional" in said or (on_condition and not said) else "actual"


def _iris(part: Mapping[str, list[Term]], predicate: str) -> list[str]:
    return [value.value for value in part.get(predicate, []) if isinstance(value, NamedNode)]


def _named(iris: Iterable[str]) -> list[str]:
    return sorted({iri for iri in iris if iri not in NO_VALUES})
