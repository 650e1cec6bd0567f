"""Activities by what they have in common: counted facets, a search in all texts, an order, and a sample for an audit.

In:  the rows of :mod:`ropa.activities`, the findings and the law of a day. Out: which rows a selection leaves, and how many each further
choice would leave. Each value of a facet is a set of rows kept as the bits of one number, so counting is exact and takes no loop over rows.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pyoxigraph import Literal, NamedNode

from ropa.activities import Activities, Activity
from ropa.article_30 import CONTROLLER, ITEMS, PROCESSOR, Item
from ropa.findings import SEVERITIES, Finding
from ropa.folding import split
from ropa.namespaces import NO_VALUES, ROPA, shorten
from ropa.store import QuadStore

Selection = Mapping[str, Collection[str]]
"""Facet to the values chosen in it: any of one facet, and all facets together."""

FACETS = (
    "register",
    "role",
    "purpose",
    "basis",
    "data",
    "special",
    "people",
    "recipient",
    "country",
    "mechanism",
    "retention",
    "finding",
    "lacks",
    "unsaid",
)
"""What activities can be chosen by.

``purpose`` and ``data``: the kinds right below the top of their trees. ``basis``, ``people``: the term of the vocabulary that the
register's own word belongs to. ``mechanism``: whether what the transfers rest on holds on the day. ``retention``: whether a period is
given, or only words. ``finding``: the severities found, ``none`` where nothing is. ``lacks``: items of Art. 30 that are open.
``unsaid``: what and which marker, as ``basis:NotStated``.
"""

NO_FINDING = "none"

ORDERS = ("register", "name", "role", "purposes", "bases", "people", "data", "recipients", "transfers", "retention", "complete", "findings")
"""What rows can be ordered by; ``-`` before it turns the order round."""


@dataclass(frozen=True)
class Choice:
    """A value of a facet.

    Attributes:
        value: As :attr:`ropa.activities.Activity.traits` has it. count: Rows that have it and that the other facets leave.
    """

    value: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class Asked:
    """An item of Art. 30, of how many activities it is asked, and for how many of these it is open."""

    item: Item
    asked: int
    open: int


class Index:
    """The rows of a revision, ready to be chosen from.

    Attributes:
        findings: Activity to how many findings of each severity touch it; None where they are not known yet.
    """

    def __init__(self, found: Activities, states: Mapping[str, str], findings: Iterable[Finding] | None) -> None:
        """Make an index.

        Args:
            states: Of each mechanism, whether it holds on the day; see :func:`mechanism_states`.
        """
        self.rows: tuple[Activity, ...] = found.rows
        self.findings: dict[str, Counter[str]] | None = None if findings is None else count_findings(findings)
        self._base = found.terms.base
        self._places = {row.iri: place for place, row in enumerate(self.rows)}
        members: dict[str, dict[str, list[int]]] = {name: {} for name in FACETS}
        for place, row in enumerate(self.rows):
            for name, values in self._values(row, states):
                for value in values:
                    members[name].setdefault(value, []).append(place)
        self._masks = {name: {value: _mask(places, len(self.rows)) for value, places in found.items()} for name, found in members.items()}
        self._texts = [f" {' '.join(split(' '.join(row.texts())))}" for row in self.rows]
        self._all = (1 << len(self.rows)) - 1
        self._orders: dict[str, list[int]] = {}

    def _values(self, row: Activity, states: Mapping[str, str]) -> Iterator[tuple[str, Iterable[str]]]:
        yield from row.traits.items()
        yield "register", (row.register,)
        yield "role", (row.role,)
        yield "mechanism", dict.fromkeys(states.get(value, "no dates") for value in row.mechanisms)
        if self.findings is not None:
            yield "finding", [severity for severity in SEVERITIES if self.findings.get(row.iri, Counter())[severity]] or (NO_FINDING,)

    def values(self, facet: str) -> Collection[str]:
        """Return the values of a facet that any row has."""
        return self._masks[facet].keys()

    def search(self, text: str) -> int:
        """Return the rows in whose texts each word of *text* begins a word, as bits."""
        words = [f" {word}" for word in split(text)]
        if not words:
            return self._all
        return _mask((place for place, found in enumerate(self._texts) if all(word in found for word in words)), len(self.rows))

    def choose(self, selection: Selection, searched: int | None = None) -> int:
        """Return the rows that a selection leaves of those searched, as bits."""
        left = self._all if searched is None else searched
        for name, values in selection.items():
            left &= self._any(name, values)
        return left

    def count(self, selection: Selection, searched: int | None = None) -> dict[str, list[Choice]]:
        """Return the values of each facet with how many rows they would leave, the most first.

        What is chosen in a facet does not lower the counts within it: they tell what another choice there would add. What
        would leave nothing is left out unless it is chosen.
        """
        counted = {}
        for name in FACETS:
            others = self.choose({other: values for other, values in selection.items() if other != name}, searched)
            chosen = selection.get(name, ())
            found = [Choice(value, (mask & others).bit_count(), value in chosen) for value, mask in self._masks[name].items()]
            found += [Choice(value, 0, True) for value in chosen if value not in self._masks[name]]
            counted[name] = sorted(
                (choice for choice in found if choice.count or choice.chosen), key=lambda choice: (-choice.count, choice.value)
            )
        return counted

    def completeness(self, selection: Selection) -> list[Asked]:
        """Return, of each item of Art. 30, of how many chosen activities it is asked and for how many it is open."""
        chosen, processors = self.choose(selection), self._any("role", ["processor"])
        asked: dict[str, int] = {}
        for items, who in ((CONTROLLER, ~processors), (PROCESSOR, processors)):
            for item in items:
                asked[item.key] = asked.get(item.key, 0) + (chosen & who).bit_count()
        return [Asked(item, asked[key], (chosen & self._any("lacks", [key])).bit_count()) for key, item in ITEMS.items() if asked[key]]

    def _any(self, name: str, values: Collection[str]) -> int:
        found = 0 if values else self._all
        for value in values:
            found |= self._masks[name].get(value, 0)
        return found

    def order(self, chosen: int, by: str) -> list[Activity]:
        """Return the rows of a set in an order of :data:`ORDERS`; rows that are equal in it stand by register and name."""
        name = by.removeprefix("-")
        if by not in self._orders:
            places = sorted(range(len(self.rows)), key=lambda place: self._key(name, self.rows[place]), reverse=by.startswith("-"))
            self._orders[by] = places
        return (
            [self.rows[place] for place in self._orders[by] if chosen >> place & 1]
            if chosen != self._all
            else [self.rows[place] for place in self._orders[by]]
        )

    def _key(self, name: str, row: Activity) -> tuple[object, ...]:
        if name == "findings":
            counts = (self.findings or {}).get(row.iri, Counter())
            return tuple(counts[severity] for severity in SEVERITIES)
        if name == "complete":
            return (row.complete / (len(row.items) or 1),)
        if name == "register":
            return (row.title.casefold(), row.label.casefold())
        if name in row.columns:
            # Markers last: what is said stands before what is not.
            return tuple((entry.marker, entry.label.casefold()) for entry in row.columns[name][:1]) or ((True, "\uffff"),)
        return (row.label.casefold() if name == "name" else row.role,)

    def sample(self, rows: Sequence[Activity], size: int, seed: str) -> list[Activity]:
        """Return as many rows as asked, the same ones for the same seed, in the order of *rows*.

        Each row has a number: the SHA-256 of the seed, a line feed and the short IRI of the activity. The rows with the smallest
        numbers are the sample. So it depends on no program's random numbers, anybody can draw it again, and an activity that is
        added elsewhere changes at most one of it.
        """

        def number(row: Activity) -> str:
            return hashlib.sha256(f"{seed}\n{shorten(row.iri, self._base)}".encode()).hexdigest()

        drawn = {row.iri for row in sorted(rows, key=number)[:size]}
        return [row for row in rows if row.iri in drawn]


def _mask(places: Iterable[int], size: int) -> int:
    """Return places as the bits of a number."""
    bits = bytearray(size // 8 + 1)
    for place in places:
        bits[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(bits, "little")


def count_findings(findings: Iterable[Finding]) -> dict[str, Counter[str]]:
    """Return how many findings of each severity touch each activity; those that somebody has accepted are not counted."""
    counts: dict[str, Counter[str]] = {}
    for finding in findings:
        if finding.waiver is None:
            for activity in finding.activities:
                counts.setdefault(activity.iri, Counter())[finding.severity] += 1
    return counts


MECHANISM_STATES = (
    "in force",
    "ended",
    "not yet in force",
    "no dates",
    "not stated",
    "lost in the source",
    "stated none",
    "not applicable",
)
"""What a transfer mechanism may be on a day; ``no dates``: an article or agreement, of which nothing tells when it holds."""


def mechanism_states(store: QuadStore, mechanisms: Iterable[str], day: date) -> dict[str, str]:
    """Return, of each mechanism, whether it holds on a day; both days of its period are included."""
    states = {ROPA + "NotStated": "not stated", ROPA + "LostInSource": "lost in the source"}
    states |= {ROPA + "StatedNone": "stated none", ROPA + "NotApplicable": "not applicable"}
    for mechanism in mechanisms:
        if mechanism not in NO_VALUES:
            states[mechanism] = _state(store, mechanism, day.isoformat())
    return states


def _state(store: QuadStore, mechanism: str, day: str) -> str:
    try:
        node = NamedNode(mechanism)
    except ValueError:
        return "no dates"
    first, last = (
        [quad.object.value for quad in store.quads(node, NamedNode(ROPA + name)) if isinstance(quad.object, Literal)]
        for name in ("validFrom", "validUntil")
    )
    if last and min(last) < day:
        return "ended"
    if first and max(first) > day:
        return "not yet in force"
    return "in force" if first or last else "no dates"
