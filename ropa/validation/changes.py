"""Keep the results of a register up to date while it changes: after each change only what it can have touched is judged again.

In:  data that were judged, and the triples that go and come. Out: the same results as judging everything again would give.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pyoxigraph import NamedNode
from rdflib import Graph

from ropa.store import Quad
from ropa.validation.compiler import Program, Rule
from ropa.validation.queries import Subject, run, run_rule, write_query
from ropa.validation.reach import Chain, Reach, reach
from ropa.validation.results import Result, in_order

Triple = tuple[str, str, str]


@dataclass
class Watch:
    """The results of data that change.

    Attributes:
        results: What judging all of the data would give, in order.
        judged: How many rules the last change had judged again.
    """

    data: Subject
    program: Program
    shapes: Graph
    results: list[Result]
    judged: int = 0

    @classmethod
    def begin(cls, data: Subject, program: Program, shapes: Graph) -> Watch:
        """Judge everything once, and learn what each rule reads.

        Raises:
            ValueError: A shape is not translated, so what it reads is not known.
        """
        if program.untranslated:
            raise ValueError(f"not translated: {', '.join(program.untranslated)}")
        for rule in program.rules:
            _reaches(rule)
        return cls(data, program, shapes, run(data, program, shapes))

    def change(self, removed: Iterable[Quad] = (), added: Iterable[Quad] = ()) -> list[Result]:
        """Take triples out, put others in, and return the results as they are then."""
        gone, come = list(removed), list(added)
        triples = {(quad.subject.value, quad.predicate.value, quad.object.value) for quad in [*gone, *come]}
        wanted = [(rule, found, _starts(found, triples)) for rule in self.program.rules for found in [_reaches(rule)]]
        seen: dict[tuple[str, str], set[str]] = {}
        before = [self._rows(starts, seen) for _, _, starts in wanted]
        self.data.discard(gone)
        self.data.add(come)
        seen.clear()
        kept = self.results
        fresh: list[Result] = []
        stale: dict[str, tuple[str, set[str] | None]] = {}
        for (rule, found, starts), earlier in zip(wanted, before, strict=True):
            rows = None if earlier is None else earlier | (self._rows(starts, seen) or set())
            if rows is None or rows:
                stale[rule.shape] = (found[0].row, rows)
                fresh += run_rule(self.data, rule, rows, found[0].row)
        self.judged = len(stale)
        kept = [result for result in kept if result.shape not in stale or not _is_touched(result, *stale[result.shape])]
        self.results = in_order([*kept, *fresh])
        return self.results

    def _rows(self, starts: list[tuple[Chain, str]] | None, seen: dict[tuple[str, str], set[str]]) -> set[str] | None:
        """Return the rows that chains lead to in the present state of the data; None where any row may be touched."""
        if starts is None:
            return None
        rows: set[str] = set()
        for chain, node in starts:
            key = (chain.patterns, node)
            if key not in seen:
                seen[key] = {node} if not chain.patterns else self._follow(chain, node)
            rows |= seen[key]
        return rows

    def _follow(self, chain: Chain, node: str) -> set[str]:
        try:
            NamedNode(node)
        except ValueError:
            return set()
        found = self.data.select(f"SELECT DISTINCT ?row WHERE {{ VALUES ?node {{ <{node}> }} {chain.patterns} }}")
        return {row["row"].value for row in found if isinstance(row["row"], NamedNode)}


def _reaches(rule: Rule) -> list[Reach]:
    """Return what each check of a rule reads; where there are several, all are told by the focus node."""
    one = len(rule.checks) * len(rule.targets) == 1
    return [reach(target, write_query(check, target), one) for check in rule.checks for target in rule.targets]


def _starts(reaches: list[Reach], triples: set[Triple]) -> list[tuple[Chain, str]] | None:
    """Return the chains that changed triples start, each with its node; None where any row may be touched."""
    found = []
    for one in reaches:
        for subject, predicate, value in triples:
            if "" in one.loose or predicate in one.loose:
                return None
            for chain in one.chains:
                if chain.predicate in (None, predicate) and chain.subject in (None, subject) and chain.value in (None, value):
                    found.append((chain, subject if chain.end == "subject" else value))
    return found


def _is_touched(result: Result, row: str, rows: set[str] | None) -> bool:
    return rows is None or (result.focus if row == "this" else result.value) in rows
