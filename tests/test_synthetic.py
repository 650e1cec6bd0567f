"""Synthetic registers: the same for the same seed, well formed, of the promised size; each planted defect is found."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from functools import cache

import pytest
from pyoxigraph import DefaultGraph, Literal, NamedNode
from rdflib import URIRef

from bench.synthetic import KINDS, generate, planted
from ropa.findings import shapes
from ropa.namespaces import DEFAULT_BASE, OA, ROPA, SHAPES, XSD
from ropa.registers import read_vocabulary
from ropa.store import Quad, make_quad
from ropa.validation import Program, Result, Subject, compile_shapes, run

ON_NOTES = [kind.name for kind in KINDS.values() if kind.on_evidence]
ON_RECORD = [kind.name for kind in KINDS.values() if not kind.on_evidence]
ENOUGH = 72
"""Activities among which each kind on the record finds one that it fits; a shorter register does for those on evidence."""

RULES = {kind.rule for kind in KINDS.values()}


@cache
def shared() -> Subject:
    """Return the vocabulary and the day of the check, to which a register is added while it is judged."""
    vocabulary = [quad for quads in read_vocabulary(DEFAULT_BASE).values() for quad in quads]
    check, as_of, day = NamedNode(ROPA + "ThisCheck"), NamedNode(ROPA + "asOf"), Literal("2026-11-22", datatype=NamedNode(XSD + "date"))
    return Subject([*vocabulary, make_quad(check, as_of, day, DefaultGraph())])


@cache
def program() -> Program:
    """Return the rules on form, and those on duties that a kind of defect names."""
    of_form = {str(shape) for shape in shapes().subjects(URIRef(ROPA + "hasConcern"), URIRef(ROPA + "Form"))}
    rules = compile_shapes(shapes()).rules
    return Program(tuple(rule for rule in rules if rule.shape in of_form or rule.shape.removeprefix(SHAPES) in RULES), ())


@cache
def judge(activities: int, defects: float, evidence: bool) -> frozenset[Result]:
    """Judge one synthetic register, in which those kinds are planted in turn that can be told with or without evidence.

    A register without evidence lacks just that in every statement: the results that say so are left out.
    """
    kinds = ON_NOTES if evidence else ON_RECORD
    quads = shared().add(generate(activities, defects=defects, seed=1, evidence=evidence, kinds=kinds))
    found = run(shared(), program(), shapes())
    shared().remove(quads)
    return frozenset(result for result in found if evidence or not result.shape.endswith("-rest-on-evidence"))


def about(found: Iterable[Result], key: str) -> set[str]:
    """Return the local names of the shapes whose results are about an activity, its parts or their evidence."""
    name = re.compile(rf"/{key}(-|#|$)")
    return {result.shape.removeprefix(SHAPES) for result in found if name.search(result.focus) or name.search(result.value or "")}


def lines(quads: Iterable[Quad]) -> list[str]:
    return [str(quad) for quad in quads]


def test_the_same_seed_gives_the_same_quads_and_another_seed_others() -> None:
    first = lines(generate(12, 3, defects=0.5, seed=7))

    assert lines(generate(12, 3, defects=0.5, seed=7)) == first
    assert lines(generate(12, 3, defects=0.5, seed=8)) != first


def test_no_quad_comes_twice() -> None:
    quads = lines(generate(40, 2, seed=7))

    assert len(quads) == len(set(quads))


@pytest.mark.parametrize("evidence", [True, False], ids=["with evidence", "without evidence"])
def test_a_clean_register_is_well_formed(evidence: bool) -> None:
    found = judge(len(ON_NOTES) if evidence else ENOUGH, 0, evidence)

    assert found == frozenset()


def test_there_are_at_least_25_kinds_and_each_is_planted() -> None:
    plan = planted(200, 2, defects=1, seed=1)

    assert len(KINDS) >= 25
    assert {defect.kind for defect in plan} == set(KINDS)
    assert len(plan) == 200


@pytest.mark.parametrize("kind", KINDS)
def test_a_planted_defect_is_found_where_it_was_planted_by_the_rule_that_it_names(kind: str) -> None:
    evidence = KINDS[kind].on_evidence
    activities = len(ON_NOTES) if evidence else ENOUGH
    plan = planted(activities, defects=1, seed=1, evidence=evidence, kinds=ON_NOTES if evidence else ON_RECORD)
    defect = next(defect for defect in plan if defect.kind == kind)

    assert defect.rule in about(judge(activities, 1, evidence) - judge(activities, 0, evidence), defect.activity)


def test_a_planted_defect_changes_its_activity_only() -> None:
    clean, wrong = (Counter(lines(generate(30, 3, defects=share, seed=3, evidence=False))) for share in (0, 0.1))
    keys = {(defect.register, defect.activity) for defect in planted(30, 3, defects=0.1, seed=3, evidence=False)}

    changed = (clean - wrong) + (wrong - clean)
    assert len(keys) == 3
    assert {match for line in changed for match in re.findall(r"/id/(synthetic-\d+)/\w+/(a\d+)", line)} == keys


def test_defects_are_spread_at_the_given_rate() -> None:
    plan = planted(1000, 5, defects=0.05, seed=7)

    assert len(plan) == 50
    assert Counter(defect.register for defect in plan) == {f"synthetic-{number}": 10 for number in range(1, 6)}


@pytest.mark.parametrize(("evidence", "least", "most"), [(False, 55, 70), (True, 380, 480)])
def test_an_activity_has_the_promised_size(evidence: bool, least: int, most: int) -> None:
    assert least <= sum(1 for _ in generate(400, 2, seed=7, evidence=evidence)) / 400 <= most


def test_the_quotes_are_the_text_whose_length_and_sha256_the_register_tells() -> None:
    values: dict[str, dict[str, str]] = {}
    for quad in generate(5, seed=7):
        values.setdefault(quad.predicate.value, {})[quad.subject.value] = quad.object.value
    quotes = {name.removesuffix("#quote"): quote for name, quote in values[OA + "exact"].items()}
    starts = {name.removesuffix("#position"): int(start) for name, start in values[OA + "start"].items()}

    text = "\n".join(["Privacy notice", *(quotes[name] for name in sorted(starts, key=starts.__getitem__))])
    assert list(values[ROPA + "sha256"].values()) == [hashlib.sha256(text.encode()).hexdigest()]
    assert list(values[ROPA + "characters"].values()) == [str(len(text))]
    assert all(text[start:].startswith(quotes[name]) for name, start in starts.items())


@pytest.mark.parametrize(("activities", "registers", "defects", "kinds"), [(1, 2, 0, ()), (2, 1, 2, ()), (2, 1, 1, ("no-such-kind",))])
def test_impossible_numbers_are_refused(activities: int, registers: int, defects: float, kinds: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"registers|share|kind"):
        planted(activities, registers, defects=defects, kinds=kinds)
