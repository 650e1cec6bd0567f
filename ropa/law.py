"""The law on one day: what the dated territories, instruments and memberships of ``ontology/`` come to then.

In:  the quads of the graphs law and places, and a day. Out: the statements that dated rules read instead of comparing days themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from pyoxigraph import DefaultGraph, Literal, NamedNode

from ropa.namespaces import ROPA, XSD
from ropa.store import Node, Quad, Term, make_quad

_COVERS, _COVERS_NOW = NamedNode(ROPA + "coversPlace"), NamedNode(ROPA + "coversOnDay")
_MEMBER, _UNION = NamedNode(ROPA + "hasMember"), NamedNode(ROPA + "isMemberOf")
_FROM, _UNTIL = NamedNode(ROPA + "validFrom"), NamedNode(ROPA + "validUntil")


@dataclass(frozen=True)
class Period:
    """From which day to which something of the law holds, both included and written as 2020-07-15; "" where none is recorded."""

    first: str = ""
    last: str = ""

    def holds(self, day: date) -> bool:
        """Tell whether it holds on a day; what has no first day is taken to have begun."""
        return self.first <= day.isoformat() and (not self.last or self.last >= day.isoformat())


def read_periods(law: Iterable[Quad]) -> dict[Node, Period]:
    """Return the period of each instrument, territory or membership that has a first or a last day."""
    first: dict[Node, str] = {}
    last: dict[Node, str] = {}
    for quad in law:
        if isinstance(quad.object, Literal) and quad.predicate == _FROM:
            first[quad.subject] = max(quad.object.value, first.get(quad.subject, ""))
        elif isinstance(quad.object, Literal) and quad.predicate == _UNTIL:
            last[quad.subject] = min(quad.object.value, last.get(quad.subject, quad.object.value))
    return {node: Period(first.get(node, ""), last.get(node, "")) for node in {*first, *last}}


def statements_of_the_day(law: Iterable[Quad], day: date) -> Iterator[Quad]:
    """Yield what a check for a day is told: the day itself, and which place each instrument and territory covers on it.

    Both days of a period are included. What has no first day is taken to have begun; a place that belongs to a union by a
    membership that holds on the day is covered with it.
    """
    told = Law(law)
    value = Literal(day.isoformat(), datatype=NamedNode(XSD + "date"))
    yield make_quad(NamedNode(ROPA + "ThisCheck"), NamedNode(ROPA + "asOf"), value, DefaultGraph())
    for node, places in told.coverage(day).items():
        yield from (make_quad(node, _COVERS_NOW, place, DefaultGraph()) for place in places)


class Law:
    """The dated territories, instruments and memberships, read once and asked for any day."""

    def __init__(self, law: Iterable[Quad]) -> None:
        law = list(law)
        self._periods = read_periods(law)
        self._told: dict[NamedNode, dict[Node, list[Term]]] = {predicate: {} for predicate in (_COVERS, _MEMBER, _UNION)}
        for quad in law:
            if quad.predicate in self._told:
                self._told[quad.predicate].setdefault(quad.subject, []).append(quad.object)

    def holds(self, node: Node, day: date) -> bool:
        """Tell whether a day lies within the period of an instrument, territory or membership."""
        return self._periods.get(node, Period()).holds(day)

    def members(self, day: date) -> dict[Term, list[Term]]:
        """Return the members of each union on a day."""
        members: dict[Term, list[Term]] = {}
        for membership, unions in self._told[_UNION].items():
            if self.holds(membership, day):
                for union in unions:
                    members.setdefault(union, []).extend(self._told[_MEMBER].get(membership, ()))
        return members

    def coverage(self, day: date) -> dict[Node, list[Term]]:
        """Return the places that each instrument and territory that holds on a day covers on it, members of unions too."""
        members, covered = self.members(day), {}
        for node, places in self._told[_COVERS].items():
            if self.holds(node, day):
                covered[node] = list(dict.fromkeys([*places, *(member for union in places for member in members.get(union, ()))]))
        return covered
