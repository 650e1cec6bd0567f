"""Every activity of every register as one row: what a person compares, filters and counts by.

In:  a store. Out: one :class:`Activity` each, made by walking the statements once; the time grows with their number and no faster.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from pyoxigraph import Literal, NamedNode

from ropa.article_30 import Completeness, judge_items
from ropa.namespaces import DCTERMS, DPV, NO_VALUES, RDF, ROPA
from ropa.records import Record, Terms, inferred_statements, real
from ropa.registers import list_registers
from ropa.store import QuadStore, Term

CLASSES = tuple(ROPA + name for name in ("ProcessingActivity", "ControllerActivity", "ProcessorActivity"))
"""The classes of activities."""

COLUMNS = ("purposes", "bases", "people", "data", "recipients", "transfers", "retention")
"""What a row has several of, in the order of Art. 30."""

SPECIAL = DPV + "SpecialCategoryPersonalData"

UNSAID = {
    "controller": DPV + "hasDataController",
    "purpose": DPV + "hasPurpose",
    "basis": ROPA + "hasLegalBasisClaim",
    "people": DPV + "hasDataSubject",
    "data": DPV + "hasPersonalData",
    "source": ROPA + "hasDataCollection",
    "recipient": ROPA + "hasDataFlow",
    "transfer": ROPA + "hasTransfer",
    "retention": ROPA + "hasRetentionRule",
    "storage": ROPA + "hasStorage",
    "measure": DPV + "hasTechnicalOrganisationalMeasure",
}
"""What may be left unsaid, to the property that says so."""

_GATHERING = {DPV + name for name in ("Collect", "Obtain", "Acquire", "Processing")}
"""What a text denies that says of data that it has none of them."""
_DEEPEST = 12
"""Hops of a chain of sub-processors that are followed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a row has.

    Attributes:
        label: Its short IRI where it has none. marker: It is one of the four that stand for no value.
        note: What limits it: a condition, that it is only imagined, that it was concluded rather than read; "" if nothing does.
    """

    iri: str
    label: str
    marker: bool = False
    note: str = ""


@dataclass(frozen=True)
class Activity:
    """One activity of one register.

    Attributes:
        register, title: Slug and title of the register. role: ``controller``, ``processor`` or ``not recorded``.
        columns: Name of :data:`COLUMNS` to what the record has there.
        traits: Name of a facet to the values that the activity has, IRIs or words; see :mod:`ropa.facets`.
        mechanisms: What its transfers rest on: instruments, articles, markers.
        items: How far each item of Art. 30 is recorded.
    """

    iri: str
    label: str
    description: str
    register: str
    title: str
    role: str
    columns: dict[str, tuple[Entry, ...]]
    traits: dict[str, tuple[str, ...]]
    mechanisms: tuple[str, ...]
    items: tuple[Completeness, ...]

    @property
    def complete(self) -> int:
        """How many items of Art. 30 lack nothing."""
        return sum(found.answered for found in self.items)

    def texts(self) -> Iterator[str]:
        """Yield every text that a search looks in."""
        yield self.label
        yield self.description
        yield self.title
        for entries in self.columns.values():
            for entry in entries:
                yield entry.label
                if entry.note:
                    yield entry.note


@dataclass(frozen=True)
class Activities:
    """The activities of a revision, by name of the register and of the activity, with what their words mean."""

    rows: tuple[Activity, ...]
    terms: Terms


def read_activities(store: QuadStore, terms: Terms | None = None) -> Activities:
    """Return the activities of all registers; those of one register stand together, by label."""
    terms = terms or Terms(store)
    inferred = inferred_statements(store)
    rows: list[Activity] = []
    for register in list_registers(store):
        record = Record(store, register)
        found = {iri for iri in real(record.values(register.iri, DPV + "hasRecordOfActivity")) if iri in record.said}
        found |= {iri for iri in record.said if record.is_a(iri, *CLASSES)}
        reader = _Reader(record, terms, inferred)
        rows.extend(sorted((reader.read(iri) for iri in found), key=lambda row: (row.label.casefold(), row.iri)))
    return Activities(tuple(rows), terms)


def completeness(store: QuadStore, iri: str) -> tuple[Completeness, ...]:
    """Return how far each item of Art. 30 is recorded for one activity; nothing for what is no activity of a register."""
    node = NamedNode(iri)
    holders = {quad.subject for quad in store.quads(None, NamedNode(DPV + "hasRecordOfActivity"), node)}
    said = _texts(store, node)
    if not holders and not set(said.get(RDF + "type", ())) & set(CLASSES):
        return ()
    general: dict[str, list[str]] = {}
    for holder in holders:
        for found, values in _texts(store, holder).items():
            general.setdefault(found, []).extend(values)
    return judge_items(said, general, processor=ROPA + "ProcessorActivity" in said.get(RDF + "type", ()))


def _texts(store: QuadStore, node: object) -> dict[str, list[str]]:
    said: dict[str, list[str]] = {}
    if isinstance(node, NamedNode):
        inferred = f"{store.base}graph/inferred"
        for quad in store.quads(node):
            if getattr(quad.graph_name, "value", "") != inferred:
                said.setdefault(quad.predicate.value, []).append(quad.object.value)
    return said


class _Reader:
    """Makes the rows of one register."""

    def __init__(self, record: Record, terms: Terms, inferred: set[tuple[str, str, str]]) -> None:
        self._record = record
        self._terms = terms
        self._inferred = inferred
        self._general = record.texts(record.register.iri)
        self._denials = real(record.values(record.register.iri, ROPA + "hasDenial"))
        # Parts and terms are shared by activities of a register.
        self._note = cache(self._find_note)
        self._own_label = cache(self._find_label)

    def read(self, iri: str) -> Activity:
        """Return the row of an activity."""
        record, said = self._record, self._record.texts(iri)
        processor = record.is_a(iri, ROPA + "ProcessorActivity")
        role = "processor" if processor else "controller" if record.is_a(iri, ROPA + "ControllerActivity") else "not recorded"
        flows = list(self._flows(iri, (ROPA + "hasDataFlow", ROPA + "hasTransfer")))
        transfers = list(dict.fromkeys(flow for flow in flows if record.is_a(flow, ROPA + "Transfer")))
        claims = real(record.values(iri, ROPA + "hasLegalBasisClaim"))
        rules = real(record.values(iri, ROPA + "hasRetentionRule", DPV + "hasStorageCondition"))
        columns = {
            "purposes": self._direct(iri, DPV + "hasPurpose"),
            "bases": self._direct(iri, DPV + "hasLegalBasis")
            + self._through(iri, ROPA + "hasLegalBasisClaim", claims, DPV + "hasLegalBasis"),
            "people": self._direct(iri, DPV + "hasDataSubject"),
            "data": self._direct(iri, DPV + "hasPersonalData"),
            "recipients": self._direct(iri, DPV + "hasRecipient") + self._through(iri, ROPA + "hasDataFlow", flows, DPV + "hasRecipient"),
            "transfers": self._parts(iri, ROPA + "hasTransfer", transfers),
            "retention": self._parts(iri, ROPA + "hasRetentionRule", rules),
        }
        mechanisms = {value.value for part in transfers for value in record.values(part, ROPA + "hasMechanism")}
        items = judge_items(said, self._general, processor=processor)
        return Activity(
            iri=iri,
            label=self._own_label(iri),
            description=" ".join(said.get(DCTERMS + "description", ())),
            register=record.register.slug,
            title=record.register.title,
            role=role,
            columns=columns,
            traits=self._traits(iri, columns, transfers, rules) | {"lacks": tuple(found.item.key for found in items if not found.answered)},
            mechanisms=tuple(sorted(mechanisms)),
            items=items,
        )

    def _find_label(self, iri: str) -> str:
        return self._terms.label(iri)

    def _flows(self, iri: str, properties: tuple[str, ...], depth: int = 0) -> Iterator[str]:
        """Yield the flows of a thing and those that go on from them."""
        if depth > _DEEPEST:
            return
        for flow in real(self._record.values(iri, *properties)):
            yield flow
            yield from self._flows(flow, (ROPA + "engagesSubProcessor",), depth + 1)

    def _entry(self, value: Term | str, note: str = "", label: str = "") -> Entry:
        iri = value if isinstance(value, str) else "" if isinstance(value, Literal) else value.value
        return Entry(iri, label or self._terms.label(value), iri in NO_VALUES, note)

    def _direct(self, iri: str, found: str) -> tuple[Entry, ...]:
        """Return the values of a property of the activity itself."""
        return tuple(self._entry(value, self._concluded(iri, found, value)) for value in self._record.values(iri, found))

    def _parts(self, iri: str, link: str, parts: Iterable[str]) -> tuple[Entry, ...]:
        """Return the parts that a property leads to, each by its name, and the markers that stand in their place."""
        made = [self._entry(part, self._note(part)) for part in parts]
        return (*made, *self._markers(iri, link))

    def _through(self, iri: str, link: str, parts: Iterable[str], found: str) -> tuple[Entry, ...]:
        """Return the values that the parts have, each once, with what limits the part; and the markers in place of parts."""
        notes: dict[Term, list[str]] = {}
        for part in parts:
            for value in self._record.values(part, found):
                told = [self._note(part), self._concluded(part, found, value)]
                notes.setdefault(value, []).append(" · ".join(filter(None, told)))
        # What holds without a condition in one part is not limited by the condition of another.
        made = [self._entry(value, "" if "" in told else "; ".join(dict.fromkeys(told))) for value, told in notes.items()]
        return (*made, *self._markers(iri, link))

    def _markers(self, iri: str, link: str) -> list[Entry]:
        return [self._entry(value) for value in self._record.values(iri, link) if value.value in NO_VALUES]

    def _concluded(self, subject: str, found: str, value: Term) -> str:
        return "inferred" if (subject, found, value.value) in self._inferred else ""

    def _find_note(self, part: str) -> str:
        """Return what limits a part: its condition in words, else that it is conditional or only imagined."""
        conditions = [value.value for value in self._record.values(part, ROPA + "condition") if isinstance(value, Literal)]
        modalities = [value for value in real(self._record.values(part, ROPA + "hasModality")) if value != ROPA + "Actual"]
        imagined = [self._terms.label(value) for value in modalities if value != ROPA + "Conditional" or not conditions]
        return " · ".join([*imagined, *conditions])

    def _traits(
        self, iri: str, columns: dict[str, tuple[Entry, ...]], transfers: list[str], rules: list[str]
    ) -> dict[str, tuple[str, ...]]:
        """Return the values of the facets that depend on nothing but the record."""
        record, terms = self._record, self._terms
        things = {name: [entry.iri for entry in entries if entry.iri and not entry.marker] for name, entries in columns.items()}
        countries = real(value for part in transfers for value in record.values(part, DPV + "hasThirdCountry", DPV + "hasLocation"))
        markers = {name: _markers(record.values(iri, found)) for name, found in UNSAID.items()}
        limits = [status for rule in rules for status in self._limit(rule)] + markers["retention"]
        # A rule may leave the limit unsaid as well as the activity.
        markers["retention"] = [status for status in limits if ROPA + status in NO_VALUES]
        return {
            "purpose": _unique(top for purpose in things["purposes"] for top in terms.tops(purpose, DPV + "Purpose")),
            "basis": _unique(term for basis in things["bases"] for term in terms.shared(basis)),
            "data": _unique(top for data in things["data"] for top in terms.tops(data, DPV + "PersonalData")),
            "special": self._special(iri, things["data"]),
            "people": _unique(term for subject in things["people"] for term in terms.shared(subject)),
            "recipient": _unique(things["recipients"]),
            "country": _unique(countries),
            "retention": _unique(limits) or ("nothing",),
            "unsaid": _unique(f"{name}:{marker}" for name, found in markers.items() for marker in found),
        }

    def _special(self, iri: str, data: Iterable[str]) -> tuple[str, ...]:
        """Return whether special categories are among the data (``yes``, ``no``, ``unknown`` where no data are recorded), and ``denied``
        where the text says besides, of the activity or of all, that none are collected."""
        found = "yes" if any(map(self._is_special, data)) else "no" if data else "unknown"
        denials = (*self._denials, *real(self._record.values(iri, ROPA + "hasDenial")))
        return (found, "denied") if any(map(self._denies_special, denials)) else (found,)

    def _is_special(self, data: str) -> bool:
        return SPECIAL in self._terms.climb(data) or self._record.is_a(data, SPECIAL)

    def _denies_special(self, denial: str) -> bool:
        """Tell whether a denial says, without a condition, that special categories as such are not collected."""
        record = self._record
        if record.values(denial, ROPA + "condition") or not _GATHERING.intersection(real(record.values(denial, ROPA + "denies"))):
            return False
        # Of one category alone, such as health, it says nothing of the others.
        return any(SPECIAL in self._terms.shared(data) for data in real(record.values(denial, DPV + "hasPersonalData")))

    def _limit(self, rule: str) -> list[str]:
        """Return what a retention rule gives: a period, a criterion in words, or the marker in place of both."""
        periods = self._record.values(rule, ROPA + "period")
        if any(isinstance(value, Literal) for value in periods):
            return ["period"]
        if any(isinstance(value, Literal) for value in self._record.values(rule, ROPA + "criterion")):
            return ["words"]
        return _markers(periods) or ["nothing"]


def _markers(values: Iterable[Term]) -> list[str]:
    """Return the short names of the markers among values."""
    return [value.value.removeprefix(ROPA) for value in values if value.value in NO_VALUES]


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
