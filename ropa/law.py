"""The law on one day: what the dated territories, instruments and memberships of ``ontology/`` come to then.

In:  the quads of the graphs law and places, and a day. Out: the statements that dated rules read instead of comparing days themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from pyoxigraph import DefaultGraph, Literal, NamedNode

from ropa.namespaces import ROPA, XSD
from ropa.store import Node, Quad, Term, make_quad

_COVERS, _COVERS_NOW = NamedNode(ROPA + "coversPlace"), NamedNode(ROPA + "coversOnDay")
_MEMBER, _UNION = NamedNode(ROPA + "hasMember"), NamedNode(ROPA + "isMemberOf")
_FROM, _UNTIL = NamedNode(ROPA + "validFrom"), NamedNode(ROPA + "validUntil")


def statements_of_the_day(law: Iterable[Quad], day: date) -> Iterator[Quad]:
    """Yield what a check for a day is told: the day itself, and which place each instrument and territory covers on it.

    Both days of a period are included. What has no first day is taken to have begun; a place that belongs to a union by a
    membership that holds on the day is covered with it.
    """
    told: dict[NamedNode, dict[Node, list[Term]]] = {predicate: {} for predicate in (_COVERS, _MEMBER, _UNION, _FROM, _UNTIL)}
    for quad in law:
        if quad.predicate in told:
            told[quad.predicate].setdefault(quad.subject, []).append(quad.object)

    def holds(node: Node) -> bool:
        begun = all(value.value <= day.isoformat() for value in told[_FROM].get(node, ()) if isinstance(value, Literal))
        return begun and all(value.value >= day.isoformat() for value in told[_UNTIL].get(node, ()) if isinstance(value, Literal))

    members: dict[Term, list[Term]] = {}
    for membership, unions in told[_UNION].items():
        if holds(membership):
            for union in unions:
                members.setdefault(union, []).extend(told[_MEMBER].get(membership, ()))
    value = Literal(day.isoformat(), datatype=NamedNode(XSD + "date"))
    yield make_quad(NamedNode(ROPA + "ThisCheck"), NamedNode(ROPA + "asOf"), value, DefaultGraph())
    for node, places in told[_COVERS].items():
        if holds(node):
            covered = [*places, *(member for union in places for member in members.get(union, ()))]
            yield from (make_quad(node, _COVERS_NOW, place, DefaultGraph()) for place in dict.fromkeys(covered))
