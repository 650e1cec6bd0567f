"""Follow data from hop to hop.

In:  hops, and what is broader than what. Out: all that lies downstream or upstream of some nodes, and the simple paths between two.

A hop goes on from another where it starts at the node at which the other ends, tells of a part that follows from the other's (the
place of a flow follows from that flow alone), and can carry the same data: a term of the one is equal to, narrower or broader than one
of the other. From one register to the next the shared terms count, since each has words of its own below them. A hop that does not
tell its data may carry any, so what goes over it is not certain.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Protocol

from ropa.lineage.model import Hop, Path

MOST_PATHS = 50
LONGEST = 10
"""Hops of the longest path that is looked for."""
_MOST_TRIED = 40_000
"""Beginnings of paths that are tried before the search gives up."""


class Terms(Protocol):
    """What is broader than what."""

    def broader(self, iri: str, /) -> Collection[str]:
        """Return a term and all that are broader."""

    def shared(self, iri: str, /) -> Collection[str]:
        """Return the nearest terms, itself or broader, that do not belong to one register."""


Carried = frozenset[str] | None
"""The data that came so far; None where no hop has told any."""


@dataclass(frozen=True)
class Paths:
    """The shortest paths first; ``more`` tells that there are others."""

    found: tuple[Path, ...]
    more: bool


class Walk:
    """Hops to be followed, in the direction of the data or against it."""

    def __init__(self, hops: Iterable[Hop], terms: Terms, *, upstream: bool = False) -> None:
        self._terms = terms
        self._upstream = upstream
        self._leaving: dict[str, list[Hop]] = defaultdict(list)
        self._entering: dict[str, list[Hop]] = defaultdict(list)
        for hop in hops:
            start, end = (hop.target, hop.source) if upstream else (hop.source, hop.target)
            self._leaving[start].append(hop)
            self._entering[end].append(hop)

    def _end(self, hop: Hop) -> str:
        return hop.source if self._upstream else hop.target

    def _joins(self, one: Hop, following: Hop) -> bool:
        earlier, later = (following, one) if self._upstream else (one, following)
        return not later.follows or earlier.part in later.follows

    def _carry(self, carried: Carried, hop: Hop) -> Carried:
        """Return what goes on over a hop: the narrower of two related terms; nothing (an empty set) if it carries other data."""
        if not hop.data:
            return carried
        if carried is None:
            return frozenset(hop.data)
        stated = set(hop.data)
        return frozenset(
            [term for term in stated if not carried.isdisjoint(self._terms.broader(term))]
            + [term for term in carried if not stated.isdisjoint(self._terms.broader(term))]
        )

    def leaving(self, nodes: Iterable[str]) -> list[Hop]:
        """Return the hops that start at one of some nodes."""
        return [hop for node in nodes for hop in self._leaving.get(node, ())]

    def reach(self, first: Iterable[Hop], depth: int) -> set[Hop]:
        """Return the hops that data can take that have taken one of the first ones, at most *depth* hops in all."""
        found: set[Hop] = set()
        seen: set[tuple[Hop, Carried]] = set()
        waiting: deque[tuple[Hop, Carried, int]] = deque((hop, self._carry(None, hop), 1) for hop in first)
        while waiting and len(seen) < _MOST_TRIED:
            hop, carried, step = waiting.popleft()
            if (hop, carried) in seen:
                continue
            seen.add((hop, carried))
            found.add(hop)
            if step < depth:
                waiting.extend((after, onward, step + 1) for after, onward in self._onward(hop, carried))
        return found

    def _onward(self, hop: Hop, carried: Carried) -> Iterable[tuple[Hop, Carried]]:
        for after in self._leaving[self._end(hop)]:
            if self._joins(hop, after):
                if carried and after.register != hop.register:
                    onward = self._carry(frozenset(shared for term in carried for shared in self._terms.shared(term)), after)
                else:
                    onward = self._carry(carried, after)
                if onward is None or onward:
                    yield after, onward

    def paths(self, starts: Collection[str], ends: Collection[str], most: int = MOST_PATHS) -> Paths:
        """Return the simple paths from one of some nodes to one of others, the shortest first: no node comes twice."""
        useful = self._leading_to(ends)
        found: list[Path] = []
        waiting: deque[tuple[tuple[Hop, ...], frozenset[str], Carried]] = deque()
        for start in starts:
            waiting.extend(((hop,), frozenset({start}), self._carry(None, hop)) for hop in self._leaving[start] if self._end(hop) in useful)
        tried = 0
        while waiting:
            hops, visited, carried = waiting.popleft()
            tried += 1
            here = self._end(hops[-1])
            if here in visited:
                continue
            if here in ends:
                if len(found) == most:
                    return Paths(tuple(found), more=True)
                found.append(self._path(hops, carried))
                continue
            if tried > _MOST_TRIED:
                return Paths(tuple(found), more=True)
            if len(hops) < LONGEST:
                waiting.extend(
                    ((*hops, after), visited | {here}, onward)
                    for after, onward in self._onward(hops[-1], carried)
                    if self._end(after) in useful
                )
        return Paths(tuple(found), more=False)

    def _path(self, hops: tuple[Hop, ...], carried: Carried) -> Path:
        ordered = hops[::-1] if self._upstream else hops
        return Path(ordered, tuple(sorted(carried or ())), all(hop.data for hop in hops))

    def _leading_to(self, ends: Collection[str]) -> set[str]:
        """Return the nodes from which one of the ends can be reached at all."""
        found = set(ends)
        waiting = list(ends)
        while waiting:
            for hop in self._entering[waiting.pop()]:
                before = hop.target if self._upstream else hop.source
                if before not in found:
                    found.add(before)
                    waiting.append(before)
        return found
