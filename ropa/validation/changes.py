"""Keep the results of a register up to date while it changes: after each change only what it can have touched is judged again.

In:  data that were judged, and the triples that go and come. Out: the same results as judging everything again would give.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from pyoxigraph import BlankNode, NamedNode

from ropa.store import Node, Quad, Term
from ropa.validation.compiler import Program, Rule
from ropa.validation.queries import Subject, run_rule, write_query
from ropa.validation.reach import Chain, Reach, reach
from ropa.validation.results import Result, in_order

Triple = tuple[Node, NamedNode, Term]


class Watch:
    """The results of data that change. Everything is judged once; each rule has what it reads learnt once per process.

    Attributes:
        judged: How many rules the last change had judged again.

    Raises:
        ValueError: A shape is not translated, so what it reads is not known.
    """

    def __init__(self, data: Subject, program: Program) -> None:
        if program.untranslated:
            raise ValueError(f"not translated: {', '.join(program.untranslated)}")
        self._data = data
        self._rules = {rule.shape: rule for rule in program.rules}
        self._results = {rule.shape: set(in_order(run_rule(data, rule))) for rule in program.rules}
        self._rows: dict[str, str] = {}
        self._chains: dict[str | None, list[tuple[str, Chain]]] = {}
        self._loose: dict[str, list[str]] = {}
        for rule in program.rules:
            for found in _reaches(rule):
                self._rows[rule.shape] = found.row
                for chain in found.chains:
                    self._chains.setdefault(chain.predicate, []).append((rule.shape, chain))
                for predicate in found.loose:
                    self._loose.setdefault(predicate, []).append(rule.shape)
        self.judged = 0

    @property
    def results(self) -> list[Result]:
        """What judging all of the data would give, in order."""
        return in_order(result for results in self._results.values() for result in results)

    def change(self, removed: Iterable[Quad] = (), added: Iterable[Quad] = ()) -> tuple[list[Result], list[Result]]:
        """Take triples out and put others in.

        Returns:
            The results that are there only afterwards, and those that were there only before.
        """
        gone, come = list(removed), list(added)
        triples = {(quad.subject, quad.predicate, quad.object) for quad in [*gone, *come]}
        starts = list(dict.fromkeys(start for triple in triples for start in self._starts(triple)))
        whole = {shape for _, predicate, _ in triples for key in ("", predicate.value) for shape in self._loose.get(key, ())}
        touched: dict[str, set[Term]] = {}
        self._look_up(starts, touched)
        self._data.remove(gone)
        self._data.add(come)
        self._look_up(starts, touched)
        # A blank node cannot be asked for by name, so a rule that it touches is judged whole.
        whole |= {shape for shape, rows in touched.items() if any(isinstance(row, BlankNode) for row in rows)}
        appeared: list[Result] = []
        settled: list[Result] = []
        stale = whole | {shape for shape, rows in touched.items() if rows}
        for shape in stale:
            row, rows = self._rows[shape], None if shape in whole else touched[shape]
            fresh = set(in_order(run_rule(self._data, self._rules[shape], rows, row)))
            before = {one for one in self._results[shape] if rows is None or (one.node if row == "this" else one.term) in rows}
            appeared += fresh - before
            settled += before - fresh
            self._results[shape] = (self._results[shape] - before) | fresh
        self.judged = len(stale)
        return in_order(appeared), in_order(settled)

    def _starts(self, triple: Triple) -> Iterable[tuple[str, Chain, Term]]:
        """Yield the chains that a changed triple starts, each with its rule and its node."""
        subject, predicate, value = triple
        for key in (predicate.value, None):
            for shape, chain in self._chains.get(key, ()):
                if chain.subject in (None, subject.value) and chain.value in (None, value.value):
                    yield shape, chain, subject if chain.end == "subject" else value

    def _look_up(self, starts: Iterable[tuple[str, Chain, Term]], touched: dict[str, set[Term]]) -> None:
        """Add the rows that chains lead to in the present state of the data, by rule."""
        seen: dict[tuple[str, Term], set[Term]] = {}
        for shape, chain, node in starts:
            key = (chain.patterns, node)
            if key not in seen:
                seen[key] = {node} if not chain.patterns or isinstance(node, BlankNode) else self._follow(chain, node)
            touched.setdefault(shape, set()).update(seen[key])

    def _follow(self, chain: Chain, node: Term) -> set[Term]:
        found = self._data.select(f"SELECT DISTINCT ?touchedRow WHERE {{ VALUES ?changedTerm {{ {node} }} {chain.patterns} }}")
        return {cast(Term, row["touchedRow"]) for row in found}


def _reaches(rule: Rule) -> list[Reach]:
    """Return what each check of a rule reads; where there are several, all are told by the focus node."""
    one = len(rule.checks) * len(rule.targets) == 1
    return [reach(target, write_query(check, target), one) for check in rule.checks for target in rule.targets]
