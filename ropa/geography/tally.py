"""Counts of rows for pictures and tables: by place, from column to column of a Sankey diagram, from place to place on a map.

In:  rows. Out: counts, each a number of rows. What a picture leaves out so that it stays readable is counted too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from ropa.geography.atlas import NOBODY, Row
from ropa.geography.routes import Route
from ropa.geography.standing import STATUSES

MOST_NODES = {"sender": 10, "recipient": 14, "place": 12}
"""Nodes of each column that a diagram draws by name; the others are drawn as one."""
MOST_LINKS = 150
MOST_LINES = 120

_ORDER = {status: rank for rank, status in enumerate(STATUSES)}


@dataclass(frozen=True)
class PlaceCount:
    """How many rows lead to a place; ``kind`` is that of :class:`ropa.geography.Place`, a region counting for its country."""

    key: str
    kind: str
    total: int
    statuses: Mapping[str, int]


@dataclass(frozen=True)
class Node:
    """A box of the diagram.

    Attributes:
        column: ``sender``, ``recipient`` or ``place``. value: What the filter of that name takes; "" for the box of all others.
        total: Rows that pass. others: How many senders, recipients or places the box of all others stands for.
    """

    column: str
    value: str
    total: int
    others: int = 0


@dataclass(frozen=True)
class Link:
    """A band of the diagram between two boxes, given as (column, value), for one status and one modality."""

    source: tuple[str, str]
    target: tuple[str, str]
    status: str
    modality: str
    total: int


@dataclass(frozen=True)
class Diagram:
    """A Sankey diagram; ``left_out`` counts what the bands too many to draw would hold, a row once for each of its bands."""

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    left_out: int


@dataclass(frozen=True)
class Line:
    """A line of the map from one place to another, both keys of places, for one status and one modality."""

    origin: str
    place: str
    status: str
    modality: str
    total: int


@dataclass(frozen=True)
class Lines:
    """The lines of a map.

    Attributes:
        drawn: Most rows first. without_origin: Rows to a known place from nobody knows where.
        inside: Rows that stay in the place they start from, so that there is no line to draw. left_out: Rows of lines too many.
    """

    drawn: tuple[Line, ...]
    without_origin: int
    inside: int
    left_out: int


def count_places(rows: Iterable[Row]) -> list[PlaceCount]:
    """Return how many rows lead to each place, most first, those without a place last."""
    told: dict[str, Counter[str]] = {}
    kinds: dict[str, str] = {}
    for row in rows:
        place = row.route.place
        told.setdefault(place.key, Counter())[row.standing.status] += 1
        kinds[place.key] = "country" if place.kind == "region" else place.kind
    found = [PlaceCount(key, kinds[key], sum(counts.values()), counts) for key, counts in told.items()]
    ranks = ("country", "union", "described")
    return sorted(found, key=lambda place: (ranks.index(place.kind) if place.kind in ranks else 9, -place.total, place.key))


def count_statuses(rows: Iterable[Row]) -> dict[str, int]:
    """Return how many rows have each status, in the order of :data:`STATUSES`, without those that none has."""
    counts = Counter(row.standing.status for row in rows)
    return {status: counts[status] for status in STATUSES if counts[status]}


def draw_diagram(rows: Iterable[Row]) -> Diagram:
    """Return the Sankey diagram of rows: sender, recipient, place; a storage has no recipient and leads straight to its place."""
    rows = list(rows)
    totals = {column: Counter(_value(row.route, column) for row in rows) for column in MOST_NODES}
    del totals["recipient"][NOBODY]
    named = {
        column: {value for value, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[: MOST_NODES[column]]}
        for column, counts in totals.items()
    }
    links: Counter[tuple[tuple[str, str], tuple[str, str], str, str]] = Counter()
    for row in rows:
        chain = [
            (column, _value(row.route, column)) for column in MOST_NODES if (column, _value(row.route, column)) != ("recipient", NOBODY)
        ]
        boxes = [(column, value if value in named[column] else "") for column, value in chain]
        for source, target in pairwise(boxes):
            links[source, target, row.standing.status, row.route.modality] += 1
    ordered = sorted(links.items(), key=lambda item: (-item[1], _ORDER[item[0][2]], item[0]))
    nodes = []
    for column, counts in totals.items():
        nodes += [Node(column, value, counts[value]) for value in sorted(named[column], key=lambda value: (-counts[value], value))]
        rest = {value: number for value, number in counts.items() if value not in named[column]}
        nodes += [Node(column, "", sum(rest.values()), len(rest))] if rest else []
    drawn = [Link(*key, total) for key, total in ordered[:MOST_LINKS]]
    ends = {end for link in drawn for end in (link.source, link.target)}
    return Diagram(
        tuple(node for node in nodes if (node.column, node.value) in ends),
        tuple(drawn),
        sum(total for _, total in ordered[MOST_LINKS:]),
    )


def draw_lines(rows: Iterable[Row], only_from: str = "") -> Lines:
    """Return the lines of the map for rows whose place is known; a row that starts in several places has a line from each.

    Args:
        only_from: Leave out the lines from other places than this one.
    """
    lines: Counter[tuple[str, str, str, str]] = Counter()
    without_origin = inside = 0
    for row in rows:
        if row.route.place.known:
            key = row.route.place.key
            abroad = [origin for origin in row.route.origins if origin != key and only_from in ("", origin)]
            without_origin += not row.route.origins
            inside += bool(row.route.origins) and not abroad
            lines.update((origin, key, row.standing.status, row.route.modality) for origin in abroad)
    ordered = sorted(lines.items(), key=lambda item: (-item[1], _ORDER[item[0][2]], item[0]))
    drawn = tuple(Line(*key, total) for key, total in ordered[:MOST_LINES])
    return Lines(drawn, without_origin, inside, sum(total for _, total in ordered[MOST_LINES:]))


def _value(route: Route, column: str) -> str:
    if column == "place":
        return route.place.key
    return (route.sender if column == "sender" else route.recipient) or NOBODY
