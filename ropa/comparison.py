"""Two things of a kind side by side: what only one of them has, what both have, in their own words.

In:  two registers, two activities, or any two things of the same kind. Out: fields with values, each told of one side or of both. Terms
that a register made are compared by the shared term that they belong to, so two words for the same are no difference; markers are
values like any other, so what one leaves unsaid stands against what the other says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from pyoxigraph import Literal, NamedNode

from ropa.activities import UNSAID
from ropa.folding import fold
from ropa.namespaces import DCTERMS, DPV, NO_VALUES, RDF, ROPA
from ropa.pickable import kind_of
from ropa.records import Record, Terms, real
from ropa.store import QuadStore, Term
from ropa.things import Reader, Value

_DEEPEST = 4
_LIMITING = (ROPA + "condition", ROPA + "hasModality")
_SHOWN_ONCE = {DPV + "hasRecordOfActivity", DCTERMS + "isPartOf"}
_UNNAMED = (ROPA + "UnnamedParty", DPV + "OrganisationalUnit")

_SCOPES = (ROPA + "hasDataFlow", ROPA + "hasTransfer")
TOPICS: tuple[tuple[str, str, str, tuple[tuple[str, ...], ...]], ...] = (
    ("parties", "Parties", "recipient", ((*_SCOPES, DPV + "hasRecipient"),)),
    ("categories", "Kinds of data", "data", ((DPV + "hasPersonalData",),)),
    ("people", "People", "people", ((DPV + "hasDataSubject",),)),
    ("purposes", "Purposes", "purpose", ((DPV + "hasPurpose",),)),
    ("bases", "Legal bases", "basis", ((DPV + "hasLegalBasis",), (ROPA + "hasLegalBasisClaim", DPV + "hasLegalBasis"))),
    ("sources", "Where data come from", "", ((ROPA + "hasDataCollection", DPV + "hasDataSource"),)),
    (
        "retention",
        "Time limits",
        "retention",
        ((ROPA + "hasRetentionRule", ROPA + "period"), (ROPA + "hasRetentionRule", ROPA + "criterion")),
    ),
    ("rights", "Rights", "", ((ROPA + "hasRightOffer", DPV + "hasRight"), (ROPA + "hasOptOut", ROPA + "optsOutOf"))),
    ("places", "Where data go abroad", "country", ((*_SCOPES, DPV + "hasThirdCountry"), (*_SCOPES, DPV + "hasLocation"))),
    ("mechanisms", "What transfers rest on", "mechanism", ((*_SCOPES, ROPA + "hasMechanism"),)),
    ("measures", "Security measures", "", ((DPV + "hasTechnicalOrganisationalMeasure",),)),
    ("denials", "What is denied", "", ((ROPA + "hasDenial", ROPA + "denies"),)),
)
"""Key, heading, facet of activities that has the like ("" if none), and the chains of properties that lead from a register or an activity
to the values. In a chain, the properties before the last are alternatives that lead to parts."""


@dataclass
class Saying:
    """What one side has: a value in its own words.

    Attributes:
        value: With the phrases it rests on. note: The condition it is under, "" if none. times: In how many statements it is said.
        trait: The value of the facet that has the activities in which it is said, "" if none has.
    """

    value: Value
    note: str = ""
    times: int = 1
    trait: str = ""


@dataclass
class Row:
    """A value that either side has; ``label`` is the shared term where the words of the sides differ, "" where they do not."""

    label: str
    here: Saying | None
    there: Saying | None

    @property
    def words(self) -> str:
        """What it is called on the first side that has it."""
        said = self.here or self.there
        return said.value.label if said else ""

    @property
    def differs(self) -> bool:
        """Whether only one side has it."""
        return not (self.here and self.there)


@dataclass
class Field:
    """A field or topic.

    Attributes:
        key: A word, or the IRIs of the properties that lead to the values. heading: What people read, for properties their labels.
        facet: The facet of activities that has the like, "" if none. rows: What differs first.
    """

    key: str
    heading: str
    facet: str
    rows: list[Row]

    @property
    def only_here(self) -> list[Saying]:
        """The values that only the first has."""
        return [row.here for row in self.rows if row.here and not row.there]

    @property
    def only_there(self) -> list[Saying]:
        """The values that only the second has."""
        return [row.there for row in self.rows if row.there and not row.here]

    @property
    def both(self) -> list[Row]:
        """The values that both have."""
        return [row for row in self.rows if not row.differs]

    @property
    def differs(self) -> bool:
        """Whether either has what the other has not."""
        return any(row.differs for row in self.rows)


_Side = dict[tuple[str, str, str], dict[str, Saying]]
"""Field (key, heading, facet) to what it says, by what values are compared by."""


def kind_of_thing(store: QuadStore, iri: str) -> str:
    """Return the kind of a thing, of :data:`ropa.pickable.KINDS`."""
    return kind_of([quad.object.value for quad in store.quads(NamedNode(iri), NamedNode(RDF + "type"))])


def compare_things(reader: Reader, terms: Terms, here: str, there: str) -> list[Field]:
    """Compare two things property by property, with those of their parts.

    Raises:
        NotFound: The store says nothing of one of them.
    """
    # Within a register a term is itself; between two, the words of each stand for a shared term.
    own = _register(terms, here) == _register(terms, there)
    sides: list[_Side] = []
    for iri in (here, there):
        side: _Side = {}
        for place, value in _walk(reader, iri, _Place("", "", (), "")):
            key = (value.iri or fold(value.label)) if own else _shared_key(terms, value)
            _put(side, (place.path, place.heading, ""), key, Saying(value, place.note))
        sides.append(side)
    return _merge(sides[0], sides[1], terms)


def _register(terms: Terms, iri: str) -> str:
    return iri.removeprefix(f"{terms.base}id/").partition("/")[0] if terms.is_own(iri) else ""


def _shared_key(terms: Terms, value: Value) -> str:
    """Return what a value is compared by between registers: the shared terms above it, or its words where there are none.

    One ground under two laws is one term: what differs is the law, which the words of each side tell.
    """
    if not value.iri:
        return fold(value.label)
    shared = [terms.ground(term) for term in terms.shared(value.iri)]
    return " ".join(shared) if shared != [value.iri] or not terms.is_own(value.iri) else fold(value.label)


@dataclass(frozen=True)
class _Place:
    """Where a value stands: the properties that lead there, as IRIs and in words, the things passed, the condition it is under."""

    path: str
    heading: str
    above: tuple[str, ...]
    note: str


def _walk(reader: Reader, iri: str, place: _Place) -> Iterator[tuple[_Place, Value]]:
    """Yield each value of a thing and of its parts, with its place."""
    for found in reader.describe(iri).properties:
        if found.iri in _SHOWN_ONCE:
            continue
        heading = " · ".join(filter(None, (place.heading, found.label)))
        here = _Place(f"{place.path} {found.iri}".strip(), heading, (*place.above, iri), place.note)
        for value in found.values:
            if found.holds_parts and value.iri and not value.no_value and value.iri not in here.above and len(here.above) < _DEEPEST:
                yield from _walk(reader, value.iri, replace(here, note=_condition(reader, value.iri) or place.note))
            else:
                yield (replace(here, note="") if found.iri in _LIMITING else here), value


def _condition(reader: Reader, part: str) -> str:
    said = reader.describe(part)
    conditions = [value.label for value in said.get(ROPA + "condition") if not value.no_value]
    return _limit([(value.iri, value.label) for value in said.get(ROPA + "hasModality") if not value.no_value], conditions)


def _limit(modalities: Iterable[tuple[str, str]], conditions: list[str]) -> str:
    """Return what limits a part: its conditions in words, else that it is conditional or only imagined."""
    imagined = [label for iri, label in modalities if iri != ROPA + "Actual" and (iri != ROPA + "Conditional" or not conditions)]
    return "; ".join([*imagined, *conditions])


def compare_registers(reader: Reader, terms: Terms, here: Record, there: Record) -> list[Field]:
    """Compare two registers topic by topic, over all their activities and what they say in general."""
    sides: list[_Side] = []
    cited = cache(reader.citations)
    for record in (here, there):
        side: _Side = {}
        for topic, subject, predicate, term, trait in _statements(record):
            value = Value(terms.label(term), *_describe(term), term.value in NO_VALUES)
            name = trait or (fold(value.label) if record.is_a(term.value, *_UNNAMED) else _shared_key(terms, value))
            conditions = [found.value for found in record.values(subject, ROPA + "condition") if isinstance(found, Literal)]
            note = _limit([(iri, terms.label(iri)) for iri in real(record.values(subject, ROPA + "hasModality"))], conditions)
            if _put(side, topic, name, Saying(value, note, trait=trait)):
                # The phrases of the first statement are enough, and only these are looked up.
                side[topic][name].value = replace(value, citations=tuple(cited(NamedNode(subject)).get((predicate, term), ())))
        sides.append(side)
    return _merge(sides[0], sides[1], terms)


def _describe(term: Term) -> tuple[str, str]:
    """Return the IRI and the datatype of a term, "" for what it has not."""
    return ("", term.datatype.value) if isinstance(term, Literal) else (term.value, "")


def _statements(record: Record) -> Iterator[tuple[tuple[str, str, str], str, str, Term, str]]:
    """Yield what a register says on each topic: the topic, the statement, the trait that activities have by it."""
    scopes = [record.register.iri, *real(record.values(record.register.iri, DPV + "hasRecordOfActivity"))]
    for key, heading, facet, chains in TOPICS:
        for chain in chains:
            for scope in scopes:
                for subject in _subjects(record, scope, chain[:-1]):
                    for value in record.values(subject, chain[-1]):
                        if value.value not in NO_VALUES:
                            yield (key, heading, facet), subject, chain[-1], value, ""
    # Of activities alone: what is unsaid in general is said of some, or is theirs too.
    for scope in scopes[1:]:
        for what, predicate in UNSAID.items():
            for value in record.values(scope, predicate):
                if value.value in NO_VALUES:
                    yield ("unsaid", "What is left unsaid", "unsaid"), scope, predicate, value, f"{what}:{value.value.removeprefix(ROPA)}"


def _subjects(record: Record, scope: str, links: tuple[str, ...]) -> list[str]:
    """Return the parts that some properties lead to from a scope, and the hops that go on from them; the scope itself without any."""
    if not links:
        return [scope]
    found = list(dict.fromkeys(real(record.values(scope, *links))))
    for part in found:  # grows while it is walked
        found.extend(hop for hop in real(record.values(part, ROPA + "engagesSubProcessor")) if hop not in found)
    return found


def _put(side: _Side, where: tuple[str, str, str], name: str, saying: Saying) -> bool:
    """Add what is said to a side; tell whether it is the first of its name. What holds without a condition needs none."""
    said = side.setdefault(where, {})
    if name not in said:
        said[name] = saying
        return True
    said[name].times += 1
    said[name].note = said[name].note and saying.note and said[name].note
    return False


def _merge(here: _Side, there: _Side, terms: Terms) -> list[Field]:
    fields = []
    for where in dict.fromkeys((*here, *there)):
        ours, theirs = here.get(where, {}), there.get(where, {})
        rows = [Row(_label(name, ours, theirs, terms), ours.get(name), theirs.get(name)) for name in dict.fromkeys((*ours, *theirs))]
        rows.sort(key=lambda row: (not row.differs, not row.here, row.words.casefold()))
        fields.append(Field(*where, rows))
    return fields


def _label(name: str, ours: dict[str, Saying], theirs: dict[str, Saying], terms: Terms) -> str:
    """Return the shared term, where the words of the sides are not the same."""
    if name not in ours or name not in theirs or fold(ours[name].value.label) == fold(theirs[name].value.label):
        return ""
    return ", ".join(terms.label(iri) for iri in name.split(" ")) if ":" in name else ""
