"""Run translated shapes on data in memory: each constraint is one query for all focus nodes, or for some of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import cast

import pyoxigraph as ox
from pyoxigraph import NamedNode
from rdflib import Graph

from ropa.errors import BadShape
from ropa.store import Node, Quad, Term
from ropa.validation.compiler import Check, Program, Rule
from ropa.validation.reference import judge
from ropa.validation.results import Result, in_order


class Subject:
    """Data to be judged: the triples of some graphs merged into one, as SHACL asks.

    What all registers are judged together with is put in first and stays; the rest comes and goes.
    """

    def __init__(self, shared: Iterable[Quad]) -> None:
        self._store = ox.Store()
        self._store.bulk_extend(ox.Quad(*quad.triple) for quad in shared)

    def add(self, quads: Iterable[Quad]) -> list[Quad]:
        """Put triples in and return those that were not there yet."""
        fresh = [quad for quad in dict.fromkeys(ox.Quad(*quad.triple) for quad in quads) if quad not in self._store]
        self._store.extend(fresh)
        return cast(list[Quad], fresh)

    def remove(self, quads: Iterable[Quad]) -> None:
        """Take triples out, whatever graph they are given in."""
        for quad in quads:
            self._store.remove(ox.Quad(*quad.triple))

    def select(self, text: str) -> Iterator[ox.QuerySolution]:
        """Yield the rows of a SELECT."""
        return cast(ox.QuerySolutions, self._store.query(text))

    def values(self, subject: Node, predicate: NamedNode) -> list[Term]:
        """Return the objects of a subject and a predicate."""
        return [cast(Term, quad.object) for quad in self._store.quads_for_pattern(subject, predicate, None)]

    def subjects(self, predicate: NamedNode, value: Term) -> list[Node]:
        """Return the subjects that have a value."""
        return [cast(Node, quad.subject) for quad in self._store.quads_for_pattern(None, predicate, value)]

    def holders(self, value: Term) -> list[tuple[Node, NamedNode]]:
        """Return the subjects that a node is a value of, each with the predicate."""
        return [(cast(Node, quad.subject), quad.predicate) for quad in self._store.quads_for_pattern(None, None, value)]

    def graph(self) -> Graph:
        """Return the triples as a graph of rdflib."""
        return Graph().parse(data=self._store.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=ox.DefaultGraph()), format="nt")


def prove(program: Program) -> None:
    """Have the engine parse every constraint.

    Raises:
        BadShape: One does not parse; the message names the shape and the fault.
    """
    nothing = ox.Store()
    for rule in program.rules:
        for check in rule.checks:
            for target in rule.targets:
                try:
                    nothing.query(write_query(check, target))
                except SyntaxError as error:
                    raise BadShape(f"{rule.shape}: its SPARQL constraint does not parse: {error.msg}") from None


def run(data: Subject, program: Program, shapes: Graph, focus: Collection[Term] | None = None) -> list[Result]:
    """Judge data by translated shapes; those that are not translated are left to the reference engine.

    Args:
        focus: The only nodes to judge, none of them blank; None judges all.
    """
    found = [result for rule in program.rules for result in run_rule(data, rule, focus)]
    if program.untranslated:
        wanted = set(program.untranslated)
        found += [result for result in judge(data.graph(), shapes) if result.shape in wanted and (focus is None or result.node in focus)]
    return in_order(found)


def run_rule(data: Subject, rule: Rule, rows: Collection[Term] | None = None, row: str = "this") -> Iterator[Result]:
    """Judge data by one rule; *rows* holds the only values that the variable *row* of its query may have, none of them blank."""
    only = "" if rows is None else f"VALUES ?{row} {{ {' '.join(map(str, rows))} }} "
    for check in rule.checks:
        for target in rule.targets:
            text = write_query(check, f"{only}{target}") if row == "this" else write_query(check, target, only)
            for found in data.select(text):
                value = found["value"] if check.reports_value else None
                path = found["path"] if check.head and "?path" in check.head else None
                yield Result(
                    severity=rule.severity,
                    shape=rule.shape,
                    focus=_text(found["this"]) or "",
                    path=_text(path) if path is not None else rule.path,
                    value=_text(value),
                    message=rule.message,
                    node=cast(Term, found["this"]),
                    term=cast(Term | None, value),
                    component=check.component,
                )


def write_query(check: Check, target: str, first: str = "") -> str:
    """Return a check as a query. LATERAL runs the body from each focus node: a join would look at the whole graph first."""
    each = f"{{ SELECT DISTINCT ?this WHERE {{ {target} }} }}"
    if check.head:
        return f"{check.head}{{ {first}{each} LATERAL {{ {check.body} }} }}"
    return f"SELECT DISTINCT ?this {'?value' if check.reports_value else ''} WHERE {{ {each} {check.body} }}"


def _text(term: Term | ox.Triple | None) -> str | None:
    return None if term is None else str(term) if isinstance(term, ox.Triple) else term.value
