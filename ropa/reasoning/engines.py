"""From facts to conclusions: run an engine on an extract, refuse what clashes, and explain what follows.

In:  an extract and the axioms. Out: conclusions, each with the firmest and shortest way from what is written down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Literal as OneOf

from ropa.reasoning import hermit
from ropa.reasoning.axioms import TYPE, Axioms
from ropa.reasoning.extract import Extract
from ropa.reasoning.law import Reasons
from ropa.reasoning.model import Conclusion, Fact, Inconsistent, Statement
from ropa.reasoning.rules import Closure, Derivation, empty_classes

Engine = OneOf["auto", "hermit", "rules"]

LARGEST_FOR_HERMIT = 1_000
"""Individuals in one extract; beyond, HermiT takes minutes and the rule engine says the same."""

_UNSURE = 1_000
"""What a conditional statement costs a way of explaining: a firm way is taken before any shorter one."""


def conclude(read: Extract, axioms: Axioms, day: date, engine: Engine) -> list[Conclusion]:
    """Return what follows from one register, ordered by rule and statement.

    Raises:
        Inconsistent: The register, or the axioms, say what cannot be.
        NoReasoner: HermiT was asked for and cannot run.
    """
    if engine == "auto":
        small = len(read.individuals()) <= LARGEST_FOR_HERMIT
        engine = "hermit" if small and hermit.available() else "rules"
    closure = Closure(read.facts, axioms)
    ways = closure.derivations()
    best = _best_ways(read, ways)
    if (empty := empty_classes(axioms)) != []:
        raise Inconsistent("The ontology has classes that nothing can belong to.", classes=empty)
    for reason, facts in closure.clashes():
        raise Inconsistent(reason, _unfold(facts, read, best)[1])
    follows = closure.facts() if engine == "rules" else _by_hermit(read, axioms)
    new = [fact for fact in follows if axioms.reported(fact) and fact not in read.stated and fact not in axioms.facts]
    return sorted((_explain(fact, read, axioms, best, day) for fact in new), key=lambda one: (one.rule.iri, one.fact))


def _by_hermit(read: Extract, axioms: Axioms) -> set[Fact]:
    try:
        follows, empty = hermit.entailed(read.facts, axioms)
    except hermit.Clashing:
        left = smallest(sorted(read.facts), lambda facts: _clashes(facts, axioms))
        raise Inconsistent("These statements cannot all hold.", _unfold(left, read, {})[1]) from None
    if empty:
        raise Inconsistent("The ontology has classes that nothing can belong to.", classes=empty)
    return follows


def _clashes(facts: list[Fact], axioms: Axioms) -> bool:
    try:
        hermit.entailed(facts, axioms)
    except hermit.Clashing:
        return True
    return False


def smallest(facts: list[Fact], clashes: Callable[[list[Fact]], bool]) -> list[Fact]:
    """Shrink facts that clash to a set of which every one is needed, by leaving out ever smaller stretches."""
    size = max(1, len(facts) // 2)
    while True:
        start = 0
        while start < len(facts):
            rest = facts[:start] + facts[start + size :]
            if clashes(rest):
                facts = rest
            else:
                start += size
        if size == 1:
            return facts
        size //= 2


def _best_ways(read: Extract, ways: dict[Fact, list[Derivation]]) -> dict[Fact, Derivation]:
    """Choose for each concluded fact the way that rests on the fewest conditions, then on the fewest statements."""
    cost: dict[Fact, float] = {}
    for fact, reasons in read.facts.items():
        cost[fact] = 1 + len(reasons) + _UNSURE * any(one.subject in read.conditional for one in reasons)
    given = set(cost)
    best: dict[Fact, Derivation] = {}
    ordered = [(fact, sorted(found, key=lambda way: (way.owner, way.needs))) for fact, found in sorted(ways.items()) if fact not in given]
    changed = True
    while changed:
        changed = False
        for fact, found in ordered:
            for way in found:
                price = 1 + sum(cost.get(need, 0 if need not in ways else float("inf")) for need in set(way.needs))
                if price < cost.get(fact, float("inf")):
                    cost[fact], best[fact], changed = price, way, True
    return best


def _unfold(facts: Iterable[Fact], read: Extract, best: dict[Fact, Derivation]) -> tuple[list[str], list[Statement]]:
    """Follow facts back to what is written down; return the owners of the axioms on the way, last first, and the statements."""
    owners: dict[str, None] = {}
    statements: dict[Statement, None] = {}
    seen: set[Fact] = set()

    def visit(fact: Fact) -> None:
        if fact in seen:
            return
        seen.add(fact)
        reasons: Reasons | None = read.facts.get(fact)
        if reasons is not None:
            statements.update(dict.fromkeys(reasons))
        elif fact in best:
            owners.setdefault(best[fact].owner)
            for need in best[fact].needs:
                visit(need)

    for fact in facts:
        visit(fact)
    return list(owners), list(statements)


def _explain(fact: Fact, read: Extract, axioms: Axioms, best: dict[Fact, Derivation], day: date) -> Conclusion:
    owners, premises = _unfold([fact], read, best)
    term = fact[2] if fact[1] == TYPE else fact[1]
    contested = sorted({note for one in premises for note in read.contested.get(one.subject, ())})
    return Conclusion(
        subject=fact[0],
        predicate=fact[1],
        object=fact[2],
        sentence=axioms.sentences[term],
        rules=tuple(rule for rule in map(axioms.rule, reversed(owners or [term])) if rule.definition),
        premises=tuple(premises),
        register=read.register,
        as_of=day,
        conditional=any(one.subject in read.conditional for one in premises),
        contested_by=tuple(contested),
    )
