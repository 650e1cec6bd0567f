"""One register read into memory, for exports that people read: what each thing says, in words, and what is concluded rather than read.

In:  a store and a register's slug. Out: a :class:`Record`. Two graphs are read once each; nothing that the reasoner added is in it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from pyoxigraph import BlankNode, Literal, NamedNode

from ropa import words
from ropa.errors import Busy
from ropa.evidence import ABOUT, position
from ropa.namespaces import DCTERMS, DPV, NO_VALUES, OA, RDF, ROPA, SKOS, graph_iri
from ropa.registers import find_register
from ropa.store import Node, QuadStore, Term
from ropa.things import Reader

MARKERS = {
    ROPA + "StatedNone": "stated to be none",
    ROPA + "NotApplicable": "not applicable",
    ROPA + "LostInSource": "lost in the copy of the text",
    ROPA + "NotStated": "not stated in the text",
}
"""The four kinds of no value in words; where several stand in one place, the first of them decides what it counts as."""

_TRIES = 5
_TYPE, _BROADER = NamedNode(RDF + "type"), NamedNode(SKOS + "broader")
_ABOUT = [predicate.value for predicate in ABOUT]


@dataclass(frozen=True)
class Proof:
    """Why a statement stands in the record: one line of the annex of evidence.

    Attributes:
        subject, predicate, value: The statement. kind: ``read`` or ``inferred``. reason: Why it is inferred, "" where it is read.
        quote: The phrase, "" for a conclusion without one. section: Where it stands. document: IRI, "" without a phrase.
    """

    subject: Term
    predicate: NamedNode
    value: Term
    kind: str
    reason: str
    quote: str
    section: str
    document: str


class Record:
    """A register in memory.

    Attributes:
        revision: Of the store when it was read. created: The day on which the register was recorded, None if it does not tell.
        node: The register. publishers, documents: Whose it is, and what it was read from.
        activities: In order of their titles. inferred: The statements that are concluded, not read.
    """

    def __init__(self, store: QuadStore, slug: str) -> None:
        self.register = find_register(store, slug)
        self.store = store
        self.revision = store.revision
        self.node = NamedNode(self.register.iri)
        self._reader = Reader(store)
        self._above: dict[Term, frozenset[str]] = {}
        self._said: dict[Node, dict[str, list[Term]]] = {}
        self._values: dict[tuple[Node, str], list[Term]] = {}
        self._texts: dict[Term, str] = {}
        self._parties = graph_iri(store.base, "parties")
        for quad in store.quads(graph=graph_iri(store.base, f"register/{slug}")):
            self._said.setdefault(quad.subject, {}).setdefault(quad.predicate.value, []).append(quad.object)
        self._noted: dict[Node, dict[str, list[Term]]] = {}
        for quad in store.quads(graph=graph_iri(store.base, f"evidence/{slug}")):
            self._noted.setdefault(quad.subject, {}).setdefault(quad.predicate.value, []).append(quad.object)
        self.inferred = {
            (about[RDF + "subject"][0], about[RDF + "predicate"][0].value, about[RDF + "object"][0])
            for about in self._noted.values()
            if NamedNode(ROPA + "Inference") in about.get(RDF + "type", ()) and all(name in about for name in _ABOUT)
        }
        days = [value.value for value in self.values(self.node, DCTERMS + "created") if isinstance(value, Literal)]
        self.created = _day(min(days)) if days else None
        self.publishers = self.nodes(self.node, DCTERMS + "publisher")
        self.documents = self.nodes(self.node, DCTERMS + "source")
        self.activities = self.nodes(self.node, DPV + "hasRecordOfActivity")

    def values(self, node: Node, predicate: str) -> list[Term]:
        """Return what a thing says, in order of the words; of what registers share, also what is recorded of it for all of them."""
        key = (node, predicate)
        if key not in self._values:
            found = self._said.get(node, {}).get(predicate, [])
            if not found and isinstance(node, NamedNode):
                found = [quad.object for quad in self.store.quads(node, NamedNode(predicate), graph=self._parties)]
            self._values[key] = sorted(found, key=self._rank) if len(found) > 1 else found
        return self._values[key]

    def nodes(self, node: Node, predicate: str) -> list[Node]:
        """Return the things that a property leads to, without the markers."""
        return [value for value in self.values(node, predicate) if not isinstance(value, Literal) and value.value not in NO_VALUES]

    def says(self, node: Node) -> bool:
        """Tell whether the register says anything of a thing."""
        return node in self._said

    def organisation(self) -> str:
        """Return whose register it is: the names that it gives, with what people call it in brackets where that is another."""
        told = []
        for publisher in self.publishers:
            label = self.text(publisher)
            names = [self.text(name) for name in self.values(publisher, DPV + "hasName") if isinstance(name, Literal)]
            told.append(f"{' / '.join(names)} ({label})" if names and names != [label] else label)
        return "; ".join(told) or self.register.title

    def is_processor(self, activity: Node) -> bool:
        """Tell whether an activity is one that a processor carries out for somebody else (GDPR Art. 30(2))."""
        return NamedNode(ROPA + "ProcessorActivity") in self.values(activity, RDF + "type")

    def text(self, term: Term) -> str:
        """Return a value in words; "" only for an empty text."""
        if term not in self._texts:
            self._texts[term] = self._say(term)
        return self._texts[term]

    def _say(self, term: Term) -> str:
        if isinstance(term, Literal):
            return words.literal(term.value, term.datatype.value)
        if isinstance(term, BlankNode):
            labels = [value.value for name in (SKOS + "prefLabel", DCTERMS + "title") for value in self.values(term, name)]
            return min(labels, default="(unnamed)")
        if term.value in MARKERS:
            return MARKERS[term.value]
        return words.name(self._reader.label(term), term.value, self.store.base)

    def marker(self, term: Term) -> str:
        """Return the IRI of the marker that stands where a value would, "" where there is a value."""
        return term.value if isinstance(term, NamedNode) and term.value in NO_VALUES else ""

    def below(self, term: Term, concepts: Collection[str]) -> bool:
        """Tell whether a value is one of the concepts, of one of these classes, or narrower at any depth."""
        return not self._reach(term).isdisjoint(concepts)

    def is_inferred(self, node: Node, predicate: str, value: Term) -> bool:
        """Tell whether a statement is concluded rather than read."""
        return (node, predicate, value) in self.inferred

    def proofs(self) -> Iterator[Proof]:
        """Yield why each statement stands there, a proof for each phrase, in order of what it is about."""
        noted = [about for about in self._noted.values() if all(name in about for name in _ABOUT)]
        inference = NamedNode(ROPA + "Inference")
        for about in sorted(noted, key=self._order):
            subject, predicate, value = (about[name][0] for name in _ABOUT)
            kind = "inferred" if inference in about.get(RDF + "type", ()) else "read"
            reason = min((found.value for found in about.get(ROPA + "reason", ())), default="")
            place = min((found.value for found in about.get(ROPA + "section", ())), default="")
            told = sorted(passage for target in about.get(OA + "hasTarget", ()) for passage in self._passage(target))
            for _, quote, section, document in told or [(0, "", place, "")]:
                yield Proof(subject, NamedNode(predicate.value), value, kind, reason, quote, section or place, document)

    def statements(self) -> int:
        """Return how many statements the register holds, its evidence apart."""
        return sum(len(values) for about in self._said.values() for values in about.values())

    def _order(self, about: dict[str, list[Term]]) -> tuple[str, ...]:
        subject, predicate, value = (about[name][0] for name in _ABOUT)
        own = subject.value.removeprefix(self.store.base)
        return (self.text(subject).casefold(), own, predicate.value, self.text(value).casefold(), str(value))

    def _passage(self, target: Term) -> Iterator[tuple[int, str, str, str]]:
        """Yield start, phrase, section and document of a passage."""
        if isinstance(target, Literal):
            return
        found = self._noted.get(target, {})
        inner: dict[str, str] = {}
        for selector in found.get(OA + "hasSelector", ()):
            if not isinstance(selector, Literal):
                inner |= {name: values[0].value for name, values in self._noted.get(selector, {}).items() if name != RDF + "type"}
        if OA + "exact" in inner:
            section = min((value.value for value in found.get(ROPA + "section", ())), default="")
            document = min((value.value for value in found.get(OA + "hasSource", ())), default="")
            yield position(inner.get(OA + "start", "")), inner[OA + "exact"], section, document

    def _rank(self, term: Term) -> tuple[str, ...]:
        return self.text(term).casefold(), str(term)

    def _reach(self, term: Term) -> frozenset[str]:
        if term not in self._above:
            found: set[Term] = set()
            waiting: list[Term] = [term]
            while waiting:
                above = waiting.pop()
                if above in found or isinstance(above, Literal):
                    continue
                found.add(above)
                waiting.extend(quad.object for quad in self.store.quads(above, _BROADER))
                if above == term:
                    waiting.extend(quad.object for quad in self.store.quads(above, _TYPE))
            self._above[term] = frozenset(node.value for node in found if isinstance(node, NamedNode))
        return self._above[term]


def read_record(store: QuadStore, slug: str) -> Record:
    """Return a register as it stands in one revision.

    Raises:
        NotFound: There is no such register.
        Busy: It was written to each time that it was read.
    """
    for _ in range(_TRIES):
        record = Record(store, slug)
        if record.revision == store.revision:
            return record
    raise Busy(f"The register {slug!r} is being written to. Ask again in a few seconds.")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
