"""Each shape is proved by tiny data files: tests/shapes/<stem of the shape file>/valid.<why>.ttl and invalid.<why>.ttl.

The first lines of a case are its whole expected report: ``#+ expect: <severity> <local name of the shape>`` for each
result, or ``#+ expect: nothing``. A case is judged together with the ontology by the shapes of its own file; where these
read the day of the check, also with the law and the places, for the day ``#+ as-of: <day>`` or else ``TODAY``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from rdflib import RDF, RDFS, SH, Graph, URIRef
from rdflib.term import Node

from ropa.files import folder
from ropa.law import statements_of_the_day
from ropa.namespaces import DEFAULT_BASE, ROPA, SHAPES
from ropa.registers import parse_file
from ropa.store import Quad, write_triples
from ropa.validation import Result, Subject, compile_shapes, judge, run

CASES = sorted((Path(__file__).parent / "shapes").glob("*/*.ttl"))
FILES = sorted(path.stem for path in folder("shapes").glob("*.ttl"))
HAS_CONCERN = URIRef(ROPA + "hasConcern")
PREFIX = "#+ expect: "
DAY = "#+ as-of: "
TODAY = date(2026, 11, 22)
TERMS = ("ropa", "dpv-profile")


@cache
def shapes(stem: str) -> Graph:
    """The shapes of one file."""
    return Graph().parse(folder("shapes") / f"{stem}.ttl")


@cache
def vocabulary(*names: str) -> tuple[Quad, ...]:
    """Files of the ontology."""
    return tuple(quad for name in names for quad in parse_file(folder("ontology") / f"{name}.ttl", DEFAULT_BASE))


@cache
def ontology() -> Graph:
    """Our terms and the DPV terms that we use."""
    return as_graph(vocabulary(*TERMS))


def as_graph(quads: Iterable[Quad]) -> Graph:
    """Quads as a graph of rdflib."""
    return Graph().parse(data=write_triples(quads), format="nt")


@cache
def reads_the_day(stem: str) -> bool:
    """Whether the shapes of a file ask for the day of the check."""
    return "ropa:asOf" in (folder("shapes") / f"{stem}.ttl").read_text(encoding="utf-8")


def expected(case: Path) -> list[str]:
    """The report that the head of a case promises."""
    lines = [line for line in case.read_text(encoding="utf-8").splitlines() if line.startswith("#+") and not line.startswith(DAY)]
    assert lines, f"{case} does not say what it expects"
    found = sorted(line.removeprefix(PREFIX).strip() for line in lines)
    return [] if found == ["nothing"] else found


def day(case: Path) -> date:
    """The day that a case is judged for."""
    days = [line.removeprefix(DAY).strip() for line in case.read_text(encoding="utf-8").splitlines() if line.startswith(DAY)]
    assert len(days) <= 1, f"{case} names more than one day"
    return date.fromisoformat(days[0]) if days else TODAY


def shared(case: Path) -> list[Quad]:
    """What a case is judged together with. House cases are about terms and shapes themselves, so they stand alone."""
    if case.parent.name == "house":
        return []
    if not reads_the_day(case.parent.name):
        return list(vocabulary(*TERMS))
    law = [*vocabulary("law", "places"), *parse_file(case, DEFAULT_BASE)]
    return [*vocabulary(*TERMS, "law", "places"), *statements_of_the_day(law, day(case))]


def nameless(results: Iterable[Result]) -> set[Result]:
    """Results without the names of blank nodes, which differ from engine to engine."""
    return {replace(one, focus=one.focus if ":" in one.focus else "") for one in results}


def judged(stem: str) -> set[str]:
    """Local names of the shapes of a file that can give a result."""
    return {str(shape).removeprefix(SHAPES) for shape in shapes(stem).subjects(HAS_CONCERN)}


def reached(case: Path) -> set[str]:
    """Local names of the shapes that have a node to judge in the case itself, not only in the ontology."""
    graph, rules = Graph().parse(case, publicID=DEFAULT_BASE), shapes(case.parent.name)
    above = ontology()

    def has_focus(shape: Node) -> bool:
        kinds = {kind for top in rules.objects(shape, SH.targetClass) for kind in above.transitive_subjects(RDFS.subClassOf, top)}
        return (
            any((None, RDF.type, kind) in graph for kind in kinds)
            or any((None, predicate, None) in graph for predicate in rules.objects(shape, SH.targetSubjectsOf))
            or any((None, predicate, None) in graph for predicate in rules.objects(shape, SH.targetObjectsOf))
            or (shape, SH.targetNode, None) in rules
        )

    holders = {shape for shape in rules.subjects(RDF.type, SH.NodeShape) if has_focus(shape)}
    parts = {part for holder in holders for part in rules.objects(holder, SH.property)}
    return {str(shape).removeprefix(SHAPES) for shape in holders | parts}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.stem}")
def test_case_gives_exactly_the_results_it_expects(case: Path) -> None:
    results = judge(as_graph([*shared(case), *parse_file(case, DEFAULT_BASE)]), shapes(case.parent.name))

    assert sorted(f"{result.severity} {result.shape.removeprefix(SHAPES)}" for result in results) == expected(case)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.parent.name != "house"], ids=lambda case: f"{case.parent.name}/{case.stem}"
)
def test_both_engines_give_the_same_results(case: Path) -> None:
    subject = Subject(shared(case))
    subject.add(parse_file(case, DEFAULT_BASE))
    rules = shapes(case.parent.name)

    assert nameless(run(subject, compile_shapes(rules), rules)) == nameless(judge(subject.graph(), rules))


@pytest.mark.parametrize("stem", [stem for stem in FILES if stem != "house"])
def test_every_shape_is_translated(stem: str) -> None:
    program = compile_shapes(shapes(stem))

    assert program.untranslated == ()
    assert {rule.shape.removeprefix(SHAPES) for rule in program.rules} == judged(stem)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.stem}")
def test_name_of_a_case_tells_its_verdict(case: Path) -> None:
    assert case.name.split(".")[0] == ("invalid" if expected(case) else "valid")


@pytest.mark.parametrize("stem", FILES)
def test_every_shape_has_a_case_that_fails_it(stem: str) -> None:
    failed = {line.split()[1] for case in CASES if case.parent.name == stem for line in expected(case)}

    assert judged(stem) - failed == set()


@pytest.mark.parametrize("stem", FILES)
def test_every_shape_has_a_case_that_passes_it(stem: str) -> None:
    passed = {name for case in CASES if case.parent.name == stem for name in reached(case) - {line.split()[1] for line in expected(case)}}

    assert judged(stem) - passed == set()


def test_every_constraint_is_on_a_shape_that_can_be_named() -> None:
    """A shape with an IRI that constrains anything has a concern, or it would give results that nobody can trace."""
    constraints = {SH["or"], SH["not"], SH.sparql, SH.minCount, SH.maxCount, SH["in"], SH.hasValue, SH.qualifiedValueShape, SH.nodeKind}
    for stem in FILES:
        rules = shapes(stem)
        bearing = {shape for path in constraints for shape in rules.subjects(path) if isinstance(shape, URIRef)}

        assert bearing - set(rules.subjects(HAS_CONCERN)) == set(), stem


def test_no_two_files_define_the_same_shape() -> None:
    named = [shape for stem in FILES for shape in set(shapes(stem).subjects(RDF.type)) if isinstance(shape, URIRef)]

    assert len(named) == len(set(named))


def test_our_terms_and_shapes_keep_the_house_style() -> None:
    ours = Graph()
    for triple in as_graph(vocabulary("ropa", "inference")):
        if str(triple[0]).startswith(ROPA.removesuffix("#")):
            ours.add(triple)
    for stem in FILES:
        for triple in shapes(stem):
            ours.add(triple)

    assert [f"{result.shape} {result.focus} {result.value}" for result in judge(ours, shapes("house"))] == []
