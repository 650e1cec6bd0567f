"""One thing of a store as people read it: its label, what is said of it, on which phrase, and what points at it.

In:  a store and an IRI. Out: a :class:`Thing`, the same for a register, an activity, a party, a term or a passage.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import cast

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from ropa.errors import NotFound
from ropa.evidence import position
from ropa.labels import LABELS, pick_label
from ropa.namespaces import NO_VALUES, OA, RDF, RDFS, ROPA, shorten
from ropa.store import Node, Quad, QuadStore, Term

_HIDDEN = {RDF + "type", *LABELS, RDFS + "isDefinedBy"}
_MOST_INCOMING = 200
_MOST_READ = 5_000
"""Statements that point at a thing and are read to count them; a marker or a class may have a hundred thousand."""
_ABOUT = {RDF + name for name in ("subject", "predicate", "object")}
_EVIDENCE = {ROPA + "Evidence", ROPA + "Inference"}


@dataclass(frozen=True)
class Citation:
    """Where a statement comes from.

    Attributes:
        quote: The phrase, "" for an inference without one.
        section: Number or heading in the document.
        reason: Why it is concluded, "" where it is read.
        passage, document: IRIs, "" where there is none.
        start, end: Code points in the document, end exclusive; 0 where there is no passage.
    """

    quote: str
    section: str
    reason: str
    passage: str
    document: str
    start: int
    end: int


@dataclass(frozen=True)
class Value:
    """What a statement says: a node with its label, or a literal.

    Attributes:
        label: What people read. iri: "" for a literal. datatype: IRI, "" for a node.
        no_value: It is one of the four markers (not stated, stated none, not applicable, lost in source).
        citations: The evidence of this statement; empty for structural ones.
    """

    label: str
    iri: str
    datatype: str
    no_value: bool
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True)
class Property:
    """A property of a thing with all its values, ordered by label; ``holds_parts`` if it leads to flows, rules, offers."""

    iri: str
    label: str
    values: tuple[Value, ...]
    holds_parts: bool


@dataclass(frozen=True)
class Inferred:
    """What the reasoner concluded of a thing: the sentence, the node that holds its reasons, whether it holds on a condition."""

    sentence: str
    iri: str
    conditional: bool


@dataclass(frozen=True)
class Thing:
    """A thing as read from a store.

    Attributes:
        inferred: What was concluded of it; never among ``properties``, which are what is stated.
        kinds: Labels of its types. register: Slug of the register that describes it, "" if none or shared.
        incoming: What points at it, by property; at most 200 in all, ``incoming_total`` counts them.
        incoming_more: There are so many that not all were counted.
    """

    iri: str
    label: str
    kinds: tuple[Value, ...]
    register: str
    properties: tuple[Property, ...]
    incoming: tuple[Property, ...]
    incoming_total: int
    inferred: tuple[Inferred, ...] = ()
    incoming_more: bool = False

    def get(self, iri: str) -> tuple[Value, ...]:
        """Return the values of one property, none if it has none."""
        return next((found.values for found in self.properties if found.iri == iri), ())

    @property
    def parts(self) -> tuple[Property, ...]:
        """The properties that lead to parts: flows, rules, offers."""
        return tuple(found for found in self.properties if found.holds_parts)


def section(number: str) -> str:
    """Return how people write the place of a passage: "§ 7.4", or the heading where it has no number."""
    return f"§ {number}" if number[:1].isdigit() else number


@dataclass
class Reader:
    """Reads things from one revision of a store and remembers labels and evidence; make a new one for a new revision."""

    store: QuadStore
    _labels: dict[str, str] = field(default_factory=dict)
    _subjects: list[str] = field(default_factory=list)
    _parts: set[str] = field(default_factory=set)

    def label(self, term: Term | Triple) -> str:
        """Return what people read for a term: its label, else its short IRI; the text of a literal."""
        if isinstance(term, Literal):
            return term.value
        if isinstance(term, BlankNode):
            return "(unnamed)"
        if not isinstance(term, NamedNode):
            return str(term)
        if term.value in self._labels:
            return self._labels[term.value]
        found = self._find_label(term)
        if found:
            # Only what the store names is remembered: anybody may ask about any IRI.
            self._labels[term.value] = found
        return found or shorten(term.value, self.store.base)

    def describe(self, iri: str, *, pointing: bool = True) -> Thing:
        """Return what the store says about a thing; without *pointing*, what points at it is not looked for.

        Raises:
            NotFound: Nothing is said of it and nothing points at it; the error names things whose IRI looks alike.
        """
        node = NamedNode(iri)
        known = list(dict.fromkeys(self.store.quads(node)))
        stated = [quad for quad in known if not self._is_inferred(quad)]
        # A conclusion, its premises and the like live among what is inferred; for all else that is told apart.
        said = stated or known
        read = list(islice(self.store.quads(None, None, node), _MOST_READ)) if pointing or not said else []
        incoming = self._pointing(read)
        if not said and not incoming:
            raise NotFound("thing", shorten(iri, self.store.base), self._neighbours(iri))
        citations = self.citations(node)
        kinds = (self._value(quad.object, ()) for quad in said if quad.predicate.value == RDF + "type")
        return Thing(
            iri=iri,
            label=self.label(node),
            kinds=tuple(sorted(kinds, key=lambda kind: kind.iri)),
            register=self._register(said, iri),
            properties=self._group((quad for quad in said if quad.predicate.value not in _HIDDEN), citations),
            incoming=self._group_incoming(incoming[:_MOST_INCOMING]),
            incoming_total=len(incoming),
            incoming_more=len(read) == _MOST_READ,
            inferred=tuple(sorted(self._inferred(node), key=lambda found: (found.conditional, found.sentence))),
        )

    def _is_inferred(self, quad: Quad) -> bool:
        return isinstance(quad.graph_name, NamedNode) and quad.graph_name.value == f"{self.store.base}graph/inferred"

    def _inferred(self, node: NamedNode) -> Iterator[Inferred]:
        for about in self.store.quads(None, NamedNode(RDF + "subject"), node):
            if isinstance(about.subject, NamedNode) and self._has_kind(about.subject, {ROPA + "Conclusion"}):
                conditional = any(
                    quad.object.value == ROPA + "Conditional" for quad in self.store.quads(about.subject, NamedNode(ROPA + "hasModality"))
                )
                yield Inferred(self.sentence(about.subject), about.subject.value, conditional)

    def sentence(self, conclusion: NamedNode) -> str:
        """Return a conclusion in the words that the ontology has for its property or class."""
        told = {
            quad.predicate.value.removeprefix(RDF): quad.object
            for quad in self.store.quads(conclusion)
            if quad.predicate.value.startswith(RDF) and quad.predicate.value != RDF + "type"
        }
        if not {"subject", "predicate", "object"} <= told.keys():
            return self.label(conclusion)
        term = told["object"] if told["predicate"].value == RDF + "type" else told["predicate"]
        words = [quad.object.value for quad in self.store.quads(cast(NamedNode, term), NamedNode(ROPA + "sentence"))]
        subject, value = self.label(told["subject"]), self.label(told["object"])
        return min(words).format(subject=subject, object=value) if words else f"{subject}: {self.label(told['predicate'])} {value}"

    def _has_kind(self, node: Node, kinds: set[str]) -> bool:
        return any(quad.object.value in kinds for quad in self.store.quads(node, NamedNode(RDF + "type")))

    def _find_label(self, node: NamedNode) -> str:
        for predicate in LABELS:
            labels = [quad.object for quad in self.store.quads(node, NamedNode(predicate)) if isinstance(quad.object, Literal)]
            if labels:
                return pick_label(labels)
        return self._name_evidence(node)

    def _name_evidence(self, node: NamedNode) -> str:
        """Name evidence and passages, which have no label of their own, by the phrase they hold."""
        for quad in self.store.quads(node, NamedNode(OA + "hasTarget")):
            return f"Evidence: {self.label(quad.object)}"
        for citation in self._passage(node, ""):
            return f"“{citation.quote}” ({section(citation.section)})"
        return ""

    def _pointing(self, quads: Iterable[Quad]) -> list[Quad]:
        """Return the quads that tell what points at a thing; evidence is shown with the statement that it proves."""
        told = [quad for quad in quads if isinstance(quad.subject, NamedNode) and quad.predicate.value not in _ABOUT]
        return [quad for quad in told if not self._is_inferred(quad)]

    def citations(self, node: NamedNode) -> dict[tuple[str, Term], list[Citation]]:
        """Return the evidence of each statement about a thing, by property and value."""
        found: dict[tuple[str, Term], list[Citation]] = {}
        for about in self.store.quads(None, NamedNode(RDF + "subject"), node):
            evidence = about.subject
            if not self._has_kind(evidence, _EVIDENCE):
                continue
            parts: dict[str, list[Term]] = {}
            for quad in self.store.quads(evidence):
                parts.setdefault(quad.predicate.value, []).append(quad.object)
            reason = parts[ROPA + "reason"][0].value if ROPA + "reason" in parts else ""
            cited = [
                citation
                for passage in parts.get(OA + "hasTarget", [])
                if isinstance(passage, NamedNode)
                for citation in self._passage(passage, reason)
            ]
            key = (parts[RDF + "predicate"][0].value, parts[RDF + "object"][0])
            place = parts[ROPA + "section"][0].value if ROPA + "section" in parts else ""
            found.setdefault(key, []).extend(cited or [Citation("", place, reason, "", "", 0, 0)])
        return found

    def _passage(self, passage: Node, reason: str) -> Iterator[Citation]:
        values: dict[str, str] = {}
        for quad in self.store.quads(passage):
            values[quad.predicate.value] = quad.object.value
            if quad.predicate.value == OA + "hasSelector" and not isinstance(quad.object, Literal):
                for inner in self.store.quads(quad.object):
                    if isinstance(inner.object, Literal):
                        values[inner.predicate.value] = inner.object.value
        if OA + "exact" in values:
            yield Citation(
                quote=values[OA + "exact"],
                section=values.get(ROPA + "section", ""),
                reason=reason,
                passage=passage.value,
                document=values.get(OA + "hasSource", ""),
                start=position(values.get(OA + "start", "")),
                end=position(values.get(OA + "end", "")),
            )

    def _value(self, term: Term, citations: Iterable[Citation]) -> Value:
        return Value(
            label=self.label(term),
            iri=term.value if isinstance(term, NamedNode) else "",
            datatype=term.datatype.value if isinstance(term, Literal) else "",
            no_value=isinstance(term, NamedNode) and term.value in NO_VALUES,
            citations=tuple(citations),
        )

    def _group(self, quads: Iterable[Quad], citations: dict[tuple[str, Term], list[Citation]]) -> tuple[Property, ...]:
        groups: dict[str, dict[Term, Value]] = {}
        for quad in quads:
            key = (quad.predicate.value, quad.object)
            groups.setdefault(quad.predicate.value, {})[quad.object] = self._value(quad.object, citations.get(key, ()))
        return self._sorted(groups)

    def _group_incoming(self, quads: Iterable[Quad]) -> tuple[Property, ...]:
        groups: dict[str, dict[Term, Value]] = {}
        for quad in quads:
            groups.setdefault(quad.predicate.value, {})[quad.subject] = self._value(quad.subject, ())
        return self._sorted(groups)

    def _sorted(self, groups: dict[str, dict[Term, Value]]) -> tuple[Property, ...]:
        parts = self._part_properties()
        found = [
            Property(
                iri, self.label(NamedNode(iri)), tuple(sorted(values.values(), key=lambda value: (value.label, value.iri))), iri in parts
            )
            for iri, values in groups.items()
        ]
        return tuple(sorted(found, key=lambda group: (group.label, group.iri)))

    def _part_properties(self) -> set[str]:
        """Return the properties that the ontology places below ropa:hasPart, at any depth."""
        waiting = [] if self._parts else [NamedNode(ROPA + "hasPart")]
        while waiting:
            above = waiting.pop()
            self._parts.add(above.value)
            below = self.store.quads(None, NamedNode(RDFS + "subPropertyOf"), above)
            waiting.extend(quad.subject for quad in below if isinstance(quad.subject, NamedNode) and quad.subject.value not in self._parts)
        return self._parts

    def _register(self, said: Iterable[Quad], iri: str) -> str:
        prefix = f"{self.store.base}graph/register/"
        for quad in said:
            if isinstance(quad.graph_name, NamedNode) and quad.graph_name.value.startswith(prefix) and "/id/party/" not in iri:
                return quad.graph_name.value.removeprefix(prefix)
        return ""

    def _neighbours(self, iri: str) -> list[str]:
        """Short names of things of the same register or vocabulary, to suggest from."""
        stem = iri.rsplit("/", 1)[0] if iri.startswith(self.store.base) else iri.rsplit("#", 1)[0]
        if not self._subjects:
            typed = self.store.quads(None, NamedNode(RDF + "type"))
            self._subjects = sorted({quad.subject.value for quad in typed if isinstance(quad.subject, NamedNode)})
        return [shorten(subject, self.store.base) for subject in self._subjects if subject.startswith(stem)]
