"""The rule engine: SPARQL rules on pyoxigraph, run until nothing new follows. Fast, and in need of nothing else.

In:  facts and compiled axioms. Out: all that follows, every way in which it follows, and what clashes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import pyoxigraph as ox
from pyoxigraph import NamedNode, QuerySolutions

from ropa.reasoning.axioms import TYPE, Atom, Axioms, Body, HornRule, pattern
from ropa.reasoning.model import Fact


@dataclass(frozen=True)
class Derivation:
    """One way in which a fact follows: the term whose axiom says so, and the facts that it needs."""

    owner: str
    needs: tuple[Fact, ...]


class Closure:
    """Facts with all that follows from them.

    Args:
        facts: What is known; the facts of the axioms are added.
        rules: The rules to run, where not all of them.
    """

    def __init__(self, facts: Iterable[Fact], axioms: Axioms, rules: Sequence[HornRule] | None = None) -> None:
        self._axioms = axioms
        self._rules = axioms.rules if rules is None else rules
        self._store = ox.Store()
        self._store.extend(_quad(fact) for fact in {*facts, *axioms.facts})
        updates = [f"INSERT {{ {pattern([rule.head])} }} WHERE {{ {rule.body.sparql()} }}" for rule in self._rules]
        before = -1
        while before < len(self._store):
            before = len(self._store)
            for update in updates:
                self._store.update(update)

    def facts(self) -> set[Fact]:
        """All facts, given and concluded."""
        return {
            (cast(NamedNode, quad.subject).value, quad.predicate.value, cast(NamedNode, quad.object).value)
            for quad in self._store.quads_for_pattern(None, None, None, None)
        }

    def derivations(self) -> dict[Fact, list[Derivation]]:
        """Every way in which each concluded fact follows in one step."""
        found: dict[Fact, list[Derivation]] = defaultdict(list)
        for rule in self._rules:
            for bound in self._solutions(rule.body):
                needs = tuple(_fill(atom, bound) for atom in rule.body.atoms)
                found[_fill(rule.head, bound)].append(Derivation(rule.owner, needs))
        return found

    def clashes(self) -> Iterator[tuple[str, tuple[Fact, ...]]]:
        """Yield what cannot be: the reason and the facts, in a fixed order."""
        for clash in self._axioms.clashes:
            found = {tuple(_fill(atom, bound) for atom in clash.body.atoms) for bound in self._solutions(clash.body)}
            yield from ((clash.reason, facts) for facts in sorted(found))

    def _solutions(self, body: Body) -> Iterator[dict[str, str]]:
        answer = cast(QuerySolutions, self._store.query(f"SELECT * WHERE {{ {body.sparql()} }}"))
        names = [variable.value for variable in answer.variables]
        for row in answer:
            yield {f"?{name}": cast(NamedNode, row[name]).value for name in names}


def empty_classes(axioms: Axioms) -> list[str]:
    """Return the classes that can have no member: an imagined one is already a clash."""
    imagined = {f"urn:imagined:{number}": name for number, name in enumerate(axioms.classes)}
    clashes = Closure(((node, TYPE, name) for node, name in imagined.items()), axioms).clashes()
    return sorted({imagined[fact[0]] for _, facts in clashes for fact in facts if fact[0] in imagined})


def _fill(atom: Atom, bound: dict[str, str]) -> Fact:
    subject, predicate, value = (bound.get(part, part) for part in atom)
    return subject, predicate, value


def _quad(fact: Fact) -> ox.Quad:
    return ox.Quad(NamedNode(fact[0]), NamedNode(fact[1]), NamedNode(fact[2]))
