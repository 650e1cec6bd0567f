"""Each shape is proved by tiny data files: tests/shapes/<stem of the shape file>/valid.<why>.ttl and invalid.<why>.ttl.

The first lines of a case are its whole expected report: ``#+ expect: <severity> <local name of the shape>`` for each
result, or ``#+ expect: nothing``. A case is judged together with the ontology by the shapes of its own file.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from rdflib import RDF, RDFS, SH, Graph, URIRef
from rdflib.term import Node

from ropa.files import folder
from ropa.findings import validate
from ropa.namespaces import DEFAULT_BASE, ROPA, SHAPES

CASES = sorted((Path(__file__).parent / "shapes").glob("*/*.ttl"))
FILES = sorted(path.stem for path in folder("shapes").glob("*.ttl"))
HAS_CONCERN = URIRef(ROPA + "hasConcern")
PREFIX = "#+ expect: "


@cache
def shapes(stem: str) -> Graph:
    """The shapes of one file."""
    return Graph().parse(folder("shapes") / f"{stem}.ttl")


@cache
def ontology() -> Graph:
    """Our terms and the DPV terms that we use."""
    graph = Graph()
    for name in ("ropa", "dpv-profile"):
        graph.parse(folder("ontology") / f"{name}.ttl")
    return graph


def expected(case: Path) -> list[str]:
    """The report that the head of a case promises."""
    lines = [line for line in case.read_text(encoding="utf-8").splitlines() if line.startswith("#+")]
    assert lines, f"{case} does not say what it expects"
    found = sorted(line.removeprefix(PREFIX).strip() for line in lines)
    return [] if found == ["nothing"] else found


def data(case: Path) -> Graph:
    """A case as it is judged. House cases are about terms and shapes themselves, so they stand alone."""
    graph = Graph().parse(case, publicID=DEFAULT_BASE)
    if case.parent.name != "house":
        for triple in ontology():
            graph.add(triple)
    return graph


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
    results = validate(data(case), shapes(case.parent.name))

    assert sorted(f"{result.severity} {result.shape.removeprefix(SHAPES)}" for result in results) == expected(case)


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
    for triple in Graph().parse(folder("ontology") / "ropa.ttl"):
        if str(triple[0]).startswith(ROPA.removesuffix("#")):
            ours.add(triple)
    for stem in FILES:
        for triple in shapes(stem):
            ours.add(triple)

    assert [f"{result.shape} {result.focus} {result.value}" for result in validate(ours, shapes("house"))] == []
