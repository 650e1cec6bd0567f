"""What is linked to a thing: by which property, in which direction, how often, and how each link is known.

In:  a store and an IRI. Out: nodes, link kinds with counts, neighbours; the same for a register, a party, a place or a term.

A link is a statement between two things with IRIs. The classes and names of a thing, the pieces of evidence, and the markers that
stand where a value would (not stated and the like) are no links: what two things are both silent about does not join them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Literal as Choice

from pyoxigraph import NamedNode

from ropa.kinds import EVIDENCE, ORGANISATION, Kind, kind_of
from ropa.labels import LABELS
from ropa.namespaces import DCTERMS, NO_VALUES, RDF, RDFS, ROPA, graph_iri
from ropa.registers import list_registers
from ropa.store import Quad, QuadStore
from ropa.things import Reader

Origin = Choice["stated", "inferred", "concluded"]
"""How a link is known: the text says it, whoever recorded it inferred it, or a rule concluded it."""

_TYPE = NamedNode(RDF + "type")
_NO_LINKS = {RDF + "type", RDFS + "isDefinedBy", *LABELS}
_MOST_KEPT = 400_000
"""Links that are remembered, of all things together."""


@dataclass(frozen=True)
class Node:
    """A thing as it is drawn.

    Attributes:
        label: What people call it, its short IRI where they do not.
        modality: How firmly the text says it, "" where it is simply said: "conditional", "hypothetical".
        condition: On which condition, in the words of the record; "" if none.
    """

    iri: str
    label: str
    kind: Kind
    modality: str = ""
    condition: str = ""


@dataclass(frozen=True)
class LinkKind:
    """The links of a thing by one property in one direction.

    Attributes:
        property: IRI. label: Of the property. outgoing: The thing is the subject. count: How many neighbours.
    """

    property: str
    label: str
    outgoing: bool
    count: int


@dataclass(frozen=True)
class Edge:
    """A link between two things that are drawn.

    Attributes:
        source, target: IRIs of subject and object. property: IRI, with its label.
        why: IRI of what explains it, "" where it is stated.
        conditional: It is concluded from what holds on a condition only.
    """

    source: str
    target: str
    property: str
    label: str
    origin: Origin = "stated"
    why: str = ""
    conditional: bool = False


@dataclass(frozen=True)
class Silence:
    """What is recorded of a property instead of a value: its label, and that of the marker."""

    label: str
    marker: str
    iri: str


@dataclass
class _Around:
    """Neighbours of a thing by property and direction, with whether a rule concluded the link."""

    links: dict[tuple[str, bool], dict[str, bool]] = field(default_factory=dict)
    silences: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class _Reason:
    origin: Origin
    why: str
    conditional: bool


class Neighbourhood:
    """Reads links from one revision of a store and remembers them; make a new one for a new revision.

    Several threads may read at the same time; they would remember the same.
    """

    def __init__(self, store: QuadStore, reader: Reader | None = None) -> None:
        self.store = store
        self.reader = reader or Reader(store)
        self._inferred = graph_iri(store.base, "inferred")
        self._unread = (graph_iri(store.base, "evidence/"), graph_iri(store.base, "history"))
        self._around: dict[str, _Around] = {}
        self._kept = 0
        self._ordered: dict[tuple[str, str, bool], list[str]] = {}
        self._nodes: dict[str, Node] = {}
        self._reasons: dict[str, dict[tuple[str, str], _Reason]] = {}
        publishes = NamedNode(DCTERMS + "publisher")
        self._organisations = {
            quad.object.value for register in list_registers(store) for quad in store.quads(NamedNode(register.iri), publishes)
        }

    def find(self, iri: str) -> Node:
        """Return the node of a thing.

        Raises:
            NotFound: Nothing is said of it and nothing points at it; the error names things whose IRI looks alike.
        """
        node = NamedNode(iri)
        if next(iter(self.store.quads(node)), None) is None and next(iter(self.store.quads(None, None, node)), None) is None:
            self.reader.describe(iri)  # raises, with what looks alike
        return self.node(iri)

    def node(self, iri: str) -> Node:
        """Return the node of a thing that something is known to point at."""
        if iri not in self._nodes:
            if len(self._nodes) > _MOST_KEPT:
                self._nodes = {}
            self._nodes[iri] = self._read_node(iri)
        return self._nodes[iri]

    def links(self, iri: str) -> list[LinkKind]:
        """Return the kinds of links of a thing with their counts: those that lead away first, each by label."""
        found = [
            LinkKind(name, self.reader.label(NamedNode(name)), outgoing, len(others))
            for (name, outgoing), others in self._read_around(iri).links.items()
        ]
        return sorted(found, key=lambda kind: (not kind.outgoing, kind.label.casefold(), kind.property))

    def neighbours(self, iri: str, name: str, outgoing: bool, limit: int | None = None) -> list[str]:
        """Return the IRIs of the neighbours by a property in a direction, at most *limit*, in order of their labels."""
        key = (iri, name, outgoing)
        if key not in self._ordered:
            others = self._read_around(iri).links.get((name, outgoing), {})
            if not others:
                return []
            if len(self._ordered) > _MOST_KEPT // 100:
                self._ordered = {}
            self._ordered[key] = sorted(others, key=lambda other: (self.reader.label(NamedNode(other)).casefold(), other))
        return self._ordered[key][:limit]

    def count_among(self, iri: str, name: str, outgoing: bool, shown: Collection[str]) -> int:
        """Return how many of the neighbours by a property in a direction are among those *shown*."""
        others = self._read_around(iri).links.get((name, outgoing), {})
        return sum(other in others for other in shown)

    def silences(self, iri: str) -> list[Silence]:
        """Return what a thing has a marker for instead of a value, by the label of the property."""
        found = [
            Silence(self.reader.label(NamedNode(name)), self.reader.label(NamedNode(marker)), marker)
            for name, marker in self._read_around(iri).silences
        ]
        return sorted(set(found), key=lambda silence: (silence.marker, silence.label.casefold()))

    def edges(self, iri: str) -> Iterator[tuple[str, str]]:
        """Return the links that lead away from a thing as pairs of property and neighbour, without reading how they are known."""
        for (name, outgoing), others in self._read_around(iri).links.items():
            if outgoing:
                for other in others:
                    yield name, other

    def edge(self, source: str, name: str, target: str) -> Edge:
        """Return a link with how it is known."""
        label = self.reader.label(NamedNode(name))
        concluded = self._read_around(source).links.get((name, True), {}).get(target, False)
        reason = self._read_reasons(source).get((name, target))
        if reason and (reason.origin == "inferred" or concluded):
            return Edge(source, target, name, label, reason.origin, reason.why, reason.conditional)
        return Edge(source, target, name, label, "concluded" if concluded else "stated")

    def _read_node(self, iri: str) -> Node:
        node = NamedNode(iri)
        kind = kind_of({quad.object.value for quad in self.store.quads(node, _TYPE)})
        if iri in self._organisations:
            kind = ORGANISATION
        modalities = {quad.object for quad in self.store.quads(node, NamedNode(ROPA + "hasModality"))}
        firm = {NamedNode(ROPA + "Actual"), *(NamedNode(marker) for marker in NO_VALUES)}
        conditions = {quad.object for quad in self.store.quads(node, NamedNode(ROPA + "condition"))}
        return Node(
            iri,
            self.reader.label(node),
            kind,
            modality=", ".join(sorted(self.reader.label(modality) for modality in modalities - firm)),
            condition="; ".join(sorted(found.value for found in conditions if not isinstance(found, NamedNode))),
        )

    def _read_around(self, iri: str) -> _Around:
        found = self._around.get(iri)
        if found is None:
            found = _Around()
            node = NamedNode(iri)
            for quad in self.store.quads(node):
                if isinstance(quad.object, NamedNode) and quad.object.value in NO_VALUES and quad.predicate.value not in _NO_LINKS:
                    found.silences.append((quad.predicate.value, quad.object.value))
                else:
                    self._note(found, quad, outgoing=True)
            if iri not in NO_VALUES:
                for quad in self.store.quads(None, None, node):
                    self._note(found, quad, outgoing=False)
            size = 1 + sum(map(len, found.links.values()))
            if self._kept + size > _MOST_KEPT:
                self._around, self._kept = {}, 0
            self._around[iri] = found
            self._kept += size
        return found

    def _note(self, found: _Around, quad: Quad, *, outgoing: bool) -> None:
        subject, name, target = quad.subject, quad.predicate.value, quad.object
        if name in _NO_LINKS or subject == target or not isinstance(subject, NamedNode) or not isinstance(target, NamedNode):
            return
        graph = quad.graph_name.value if isinstance(quad.graph_name, NamedNode) else ""
        if graph.startswith(self._unread):
            return
        concluded = graph == self._inferred
        if concluded and self.node(subject.value).kind is EVIDENCE:
            return
        other = target.value if outgoing else subject.value
        others = found.links.setdefault((name, outgoing), {})
        others[other] = concluded and others.get(other, True)

    def _read_reasons(self, iri: str) -> dict[tuple[str, str], _Reason]:
        """Return what explains each statement of a thing that no text says, by property and neighbour."""
        if iri not in self._reasons:
            if len(self._reasons) > _MOST_KEPT // 100:
                self._reasons = {}
            self._reasons[iri] = self._find_reasons(iri)
        return self._reasons[iri]

    def _find_reasons(self, iri: str) -> dict[tuple[str, str], _Reason]:
        reasons: dict[tuple[str, str], _Reason] = {}
        read: set[tuple[str, str]] = set()
        for about in self.store.quads(None, NamedNode(RDF + "subject"), NamedNode(iri)):
            if not isinstance(about.subject, NamedNode):
                continue
            told: dict[str, set[str]] = {}
            for quad in self.store.quads(about.subject):
                told.setdefault(quad.predicate.value, set()).add(quad.object.value)
            classes = told.get(RDF + "type", set())
            key = (min(told.get(RDF + "predicate", {""})), min(told.get(RDF + "object", {""})))
            if ROPA + "Conclusion" in classes:
                conditional = ROPA + "Conditional" in told.get(ROPA + "hasModality", ())
                # The same may be concluded twice; that it holds without a condition is the stronger.
                if key not in reasons or (reasons[key].conditional and not conditional):
                    reasons[key] = _Reason("concluded", about.subject.value, conditional)
            elif ROPA + "Inference" in classes:
                reasons[key] = _Reason("inferred", about.subject.value, False)
            elif ROPA + "Evidence" in classes:
                read.add(key)
        return {key: reason for key, reason in reasons.items() if reason.origin == "concluded" or key not in read}
