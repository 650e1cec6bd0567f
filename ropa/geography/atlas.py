"""The routes of a revision, ready to be filtered, judged for a day, and counted.

In:  a store, then filters and a day. Out: rows, and counts of rows for a Sankey diagram, a map and tables, which agree.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from threading import Lock

from ropa.geography.routes import Route, ancestors, read_denials, read_routes
from ropa.geography.standing import Books, Day, Label, Standing
from ropa.store import QuadStore

_MOST_DAYS = 8
"""Days whose rows are kept."""

_PLACES = (("country", "region"), ("union",), ("described",))

NOBODY = "none"
"""Stands in filters for a party that is not there: the recipient of a storage, a sender that nobody is recorded as."""


@dataclass(frozen=True)
class Row:
    """A route and how it stands on a day."""

    route: Route
    standing: Standing

    @property
    def apart(self) -> bool:
        """Whether it is listed apart: no place is recorded, and nothing says that it leaves the legal area."""
        return not (self.route.place.known or self.route.place.kind == "described" or self.route.kind == "transfer")


class Atlas:
    """All routes of one revision.

    Attributes:
        routes: Those to countries first, then to unions, to places in words, and to none; by the labels of place, sender and
            recipient. Rows keep this order.
        denials: Registers and activities that the text says have no transfer, as slug and IRI.
    """

    def __init__(self, store: QuadStore, label: Label) -> None:
        self._label = cache(label)
        self.routes = sorted(read_routes(store), key=self._rank)
        self.denials = read_denials(store)
        self._books = Books(store)
        for iri in sorted({iri for route in self.routes for iri in route.mechanisms}):
            self._books.instrument(iri)
        # A filter by a concept finds what is narrower too.
        self._above = {
            iri: frozenset(ancestors(store, iri))
            for iri in {iri for route in self.routes for iri in (*route.categories, route.place.iri)}
            if iri
        }
        self._rows: OrderedDict[date, list[Row]] = OrderedDict()
        self._days: dict[date, Day] = {}
        self._lock = Lock()

    def _rank(self, route: Route) -> tuple[object, ...]:
        place = route.place
        kind = next((rank for rank, kinds in enumerate(_PLACES) if place.kind in kinds), len(_PLACES))
        return (kind, place.kind if kind == len(_PLACES) else "", *map(self.name, (place.key, place.iri, route.sender, route.recipient)))

    def name(self, iri: str) -> str:
        """Return what an IRI is sorted by."""
        return self._label(iri).casefold() if ":" in iri else ""

    @property
    def mechanisms(self) -> list[str]:
        """IRIs of the instruments and markers that routes name, sorted by label."""
        found = {iri for route in self.routes for iri in route.mechanisms}
        return sorted(found, key=lambda iri: (self._label(iri).casefold(), iri))

    def rows(self, day: date) -> list[Row]:
        """Return every route with its standing on a day."""
        with self._lock:
            if day not in self._rows:
                law = self._days[day] = Day(self._books, day, self._label)
                known: dict[tuple[object, ...], Standing] = {}
                rows = []
                for route in self.routes:
                    # Many routes differ in nothing that the law looks at.
                    key = (route.kind, route.place.iri, route.place.kind, route.origins, route.mechanisms)
                    if key not in known:
                        known[key] = law.judge(route)
                    rows.append(Row(route, known[key]))
                self._rows[day] = rows
                while len(self._rows) > _MOST_DAYS:
                    self._days.pop(self._rows.popitem(last=False)[0], None)
            self._rows.move_to_end(day)
            return self._rows[day]

    def members(self, day: date, union: str) -> tuple[str, ...]:
        """Return the IRIs of the members of a union on a day."""
        self.rows(day)
        found = self._days.get(day) or Day(self._books, day, self._label)
        return found.members.get(union, ())

    def select(self, day: date, filters: Mapping[str, str]) -> list[Row]:
        """Return the rows that every filter leaves.

        Args:
            filters: Any of the names in :data:`FILTERS` with a value each: a slug, an IRI, a key, or :data:`NOBODY`.
        """
        tests = [(FILTERS[name], value) for name, value in filters.items()]
        return [row for row in self.rows(day) if all(test(self, row, value) for test, value in tests)]

    def lies_in(self, row: Row, place: str) -> bool:
        """Whether a row leads to a place, a part of it, or a kind of place."""
        found = row.route.place
        return place in (found.iri, found.key, found.kind) or place in self._above.get(found.iri, ())

    def holds(self, row: Row, category: str) -> bool:
        """Whether a row is about a category of data or a narrower one."""
        return any(category in self._above.get(iri, ()) for iri in row.route.categories)


def _is(value: str, wanted: str) -> bool:
    return value == ("" if wanted == NOBODY else wanted)


FILTERS: dict[str, Callable[[Atlas, Row, str], bool]] = {
    "register": lambda atlas, row, value: row.route.register == value,
    "party": lambda atlas, row, value: value in (row.route.sender, row.route.recipient),
    "sender": lambda atlas, row, value: _is(row.route.sender, value),
    "recipient": lambda atlas, row, value: _is(row.route.recipient, value),
    "origin": lambda atlas, row, value: value in row.route.origins if value != NOBODY else not row.route.origins,
    "place": Atlas.lies_in,
    "category": Atlas.holds,
    "mechanism": lambda atlas, row, value: value in row.route.mechanisms,
    "status": lambda atlas, row, value: row.standing.status == value,
    "kind": lambda atlas, row, value: row.route.kind == value,
    "modality": lambda atlas, row, value: row.route.modality == value,
    "apart": lambda atlas, row, value: row.apart == (value == "yes"),
}
"""Name of a filter to whether it leaves a row."""


def count_flows(rows: Iterable[Row]) -> int:
    """Return how many flows and storages rows come from: one that leads to several places has a row for each."""
    return len({row.route.flow for row in rows})
