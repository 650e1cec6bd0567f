"""ropa.validation: two engines, one result; a shape that is dropped or flipped does not pass unnoticed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from random import Random
from typing import cast

import pyoxigraph as ox
import pytest
from pyoxigraph import DefaultGraph, NamedNode
from rdflib import SH, Graph, URIRef
from rdflib.collection import Collection

from bench.synthetic import generate
from ropa.errors import BadShape
from ropa.findings import SHARED_GRAPHS, program, shapes
from ropa.law import statements_of_the_day
from ropa.namespaces import DEFAULT_BASE, DPV, RDF, ROPA, SHAPES, graph_iri
from ropa.registers import parse_file, read_vocabulary
from ropa.store import Node, Quad, QuadStore, Term, make_quad
from ropa.validation import Program, Result, Subject, compile_shapes, judge, prove, run
from ropa.validation.changes import Watch
from ropa.validation.order import walk_in_order
from tests.test_shapes import CASES, expected, shared
from tests.test_shapes import shapes as shapes_of

TODAY = date(2026, 11, 22)


def subject(contents: dict[str, list[Quad]], slug: str, day: date = TODAY) -> Subject:
    together = [quad for name in SHARED_GRAPHS for quad in contents.get(graph_iri(DEFAULT_BASE, name), ())]
    made = Subject([*together, *statements_of_the_day(together, day)])
    made.add(quad for kind in ("register", "evidence") for quad in contents.get(graph_iri(DEFAULT_BASE, f"{kind}/{slug}"), ()))
    return made


def told(results: Iterable[Result]) -> Counter[tuple[str, str]]:
    return Counter((result.severity, result.shape.removeprefix(SHAPES)) for result in results)


@pytest.mark.parametrize("slug", ["aculab", "aelintra", "akixi", "cloudcall", "pipcall"])
def test_both_engines_agree_on_a_shipped_register(shipped: QuadStore, slug: str) -> None:
    data = subject({graph: list(shipped.quads(graph=graph)) for graph in shipped.graphs()}, slug)

    assert run(data, program(), shapes()) == judge(data.graph(), shapes())


def generated(activities: int, seed: int) -> dict[str, list[Quad]]:
    contents = read_vocabulary(DEFAULT_BASE)
    for quad in generate(activities, 1, defects=0.5, seed=seed, evidence=False, base=DEFAULT_BASE):
        contents.setdefault(str(getattr(quad.graph_name, "value", "")), []).append(quad)
    return contents


@pytest.mark.parametrize("seed", [1, 2])
def test_both_engines_agree_on_a_generated_register_with_planted_defects(seed: int) -> None:
    data = subject(generated(16, seed), "synthetic-1")
    found = run(data, program(), shapes())

    assert found == judge(data.graph(), shapes())
    assert len(told(found)) > 10


def test_a_subject_gives_back_what_was_put_in() -> None:
    contents = generated(3, 1)
    data = subject(contents, "synthetic-1")
    before = len(data.graph())
    fresh = data.add(contents[graph_iri(DEFAULT_BASE, "register/synthetic-1")])

    assert fresh == []
    data.remove(data.add(parse_file(CASES[0], DEFAULT_BASE)))
    assert len(data.graph()) == before


def test_only_the_nodes_that_are_asked_for_are_judged(shipped: QuadStore) -> None:
    data = subject({graph: list(shipped.quads(graph=graph)) for graph in shipped.graphs()}, "pipcall")
    everything = run(data, program(), shapes())
    some = {result.node for result in everything[:3]}

    assert run(data, program(), shapes(), some) == [result for result in everything if result.node in some]


def test_what_cannot_be_translated_is_left_to_the_reference() -> None:
    rules = Graph().parse(
        data="""@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix x: <https://x.example/> .
        x:Odd a sh:NodeShape ; sh:targetClass x:Thing ; sh:xone ( [ sh:path x:a ; sh:minCount 1 ] [ sh:path x:b ; sh:minCount 1 ] ) ."""
    )
    translated = compile_shapes(rules)
    data = Subject([])
    thing = NamedNode("https://x.example/1")
    data.add([make_quad(thing, NamedNode(RDF + "type"), NamedNode("https://x.example/Thing"), DefaultGraph())])

    assert translated.untranslated == ("https://x.example/Odd",)
    assert [result.focus for result in run(data, translated, rules)] == ["https://x.example/1"]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT $this WHERE { $this nowhere:p ?v . }",
        "SELECT $this WHERE { $this a ?v } }",
        "SELECT $this WHERE { { $this a ?v }",
        "SELECT {",
    ],
)
def test_a_constraint_that_does_not_parse_is_told_with_its_shape(text: str) -> None:
    rules = Graph().parse(
        data=f"""@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix x: <https://x.example/> .
        x:Broken a sh:NodeShape ; sh:targetClass x:Thing ; sh:sparql [ sh:select "{text}" ] ."""
    )

    with pytest.raises(BadShape, match=r"https://x\.example/Broken"):
        prove(compile_shapes(rules))


@pytest.mark.parametrize(
    ("body", "walked"),
    [
        ("?this a x:A . ?this x:p ?v .", "LATERAL { ?this a x:A } LATERAL { ?this x:p ?v }"),
        ("?this x:p/x:q ?v", "LATERAL { ?this x:p ?step0x1 } LATERAL { ?step0x1 x:q ?v }"),
        ("?this (x:p/x:q)? ?v .", "LATERAL { ?this (x:p/x:q)? ?v }"),
        (
            '?s <http://x/y> 1.5 . FILTER (?v < 2.5 && ?a != "a . { b")',
            'LATERAL { ?s <http://x/y> 1.5 } FILTER (?v < 2.5 && ?a != "a . { b")',
        ),
        ("FILTER NOT EXISTS { ?this x:p ?v . ?v a x:B }", "FILTER NOT EXISTS { LATERAL { ?this x:p ?v } LATERAL { ?v a x:B } }"),
        ("{ ?this a x:A } UNION { ?this a x:B }", "{ LATERAL { ?this a x:A } } UNION { LATERAL { ?this a x:B } }"),
        ("OPTIONAL { ?this x:p ?v . ?v a x:B } BIND (1 AS ?x)", "OPTIONAL { ?this x:p ?v . ?v a x:B } BIND (1 AS ?x)"),
    ],
)
def test_patterns_are_walked_in_the_order_in_which_they_are_written(body: str, walked: str) -> None:
    assert walk_in_order(body).split() == walked.split()


def test_dropping_or_flipping_any_shape_makes_a_case_fail() -> None:
    """A shape that is left out, or that reports the nodes that it passed and passes those that it reported, breaks a case."""
    caught_drop: set[str] = set()
    caught_flip: set[str] = set()
    translated = {stem: compile_shapes(shapes_of(stem)) for stem in {case.parent.name for case in CASES} - {"house"}}
    for case in CASES:
        if case.parent.name == "house":
            continue
        promised = Counter(line.split()[1] for line in expected(case))
        data = Subject(shared(case))
        data.add(parse_file(case, DEFAULT_BASE))
        for rule in translated[case.parent.name].rules:
            name = rule.shape.removeprefix(SHAPES)
            reported = {result.focus for result in run(data, Program((rule,), ()), shapes())}
            passed = {row["this"].value for target in rule.targets for row in data.select(f"SELECT ?this WHERE {{ {target} }}")} - reported
            caught_drop |= {name} if promised[name] else set()
            caught_flip |= {name} if len(passed) != promised[name] else set()
    judged = {str(shape).removeprefix(SHAPES) for shape in shapes().subjects(URIRef(ROPA + "hasConcern"))}

    assert judged - caught_drop == set()
    assert judged - caught_flip == set()


def test_loosening_a_form_shape_is_caught_by_the_cases() -> None:
    """Without one least number, or with an empty list of choices, some case of form must come out differently."""
    form = shapes_of("form")
    survivors = []
    cases = [case for case in CASES if case.parent.name == "form"]
    bases = {case: Subject(shared(case)) for case in cases}
    for case, data in bases.items():
        data.add(parse_file(case, DEFAULT_BASE))
    for shape, predicate, value in [*form.triples((None, SH.minCount, None)), *form.triples((None, SH["in"], None))]:
        if not isinstance(shape, URIRef):
            continue
        mutant = Graph()
        for triple in form:
            mutant.add(triple)
        if predicate == SH.minCount:
            mutant.remove((shape, SH.minCount, value))
        else:
            Collection(mutant, value).clear()  # type: ignore[no-untyped-call]
        only = Program(tuple(rule for rule in compile_shapes(mutant).rules if rule.shape == str(shape)), ())
        intact = Program(tuple(rule for rule in compile_shapes(form).rules if rule.shape == str(shape)), ())
        if all(told(run(data, only, mutant)) == told(run(data, intact, form)) for data in bases.values()):
            survivors.append((str(shape).removeprefix(SHAPES), str(predicate)))

    assert survivors == []


def test_after_each_change_the_results_are_those_of_judging_everything_again() -> None:
    """Saving one record judges what it can have touched: statements are taken out and put back, one by one and together."""
    contents = generated(14, 3)
    record = contents[graph_iri(DEFAULT_BASE, "register/synthetic-1")]
    data = subject(contents, "synthetic-1")
    watch = Watch(data, program())
    whole = watch.results
    chance = Random(5)  # noqa: S311 - the same edits in every run
    few = []
    for size in [1] * 24 + [3] * 8 + [12] * 2:
        quads = chance.sample(record, size)

        appeared, settled = watch.change(removed=quads)

        assert watch.results == run(data, program(), shapes()), [str(quad) for quad in quads]
        assert set(appeared) == set(watch.results) - set(whole)
        assert set(settled) == set(whole) - set(watch.results)
        few.append(watch.judged)
        assert watch.change(added=quads) == (settled, appeared)
        assert watch.results == whole
    assert sorted(few)[len(few) // 2] < len(program().rules) / 4


@pytest.mark.parametrize("value", ['"free text with {braces} and > marks"', "_:b1", "<https://nobody.example/purpose>"])
def test_a_value_of_the_wrong_kind_is_watched_too(value: str) -> None:
    contents = generated(4, 3)
    data = subject(contents, "synthetic-1")
    watch = Watch(data, program())
    whole = watch.results
    (wrong,) = _purposes(contents, value)
    appeared, _ = watch.change(added=[wrong])

    assert "Purpose-in-vocabulary" in {result.shape.removeprefix(SHAPES) for result in appeared}
    assert watch.results == run(data, program(), shapes())
    watch.change(removed=[wrong])
    assert watch.results == whole


def _purposes(contents: dict[str, list[Quad]], value: str) -> list[Quad]:
    """An activity of a generated register with a purpose that is given as N-Triples."""
    holder = next(
        quad.subject for quad in contents[graph_iri(DEFAULT_BASE, "register/synthetic-1")] if quad.predicate.value == DPV + "hasPurpose"
    )
    parsed = ox.parse(f"{holder} <{DPV}hasPurpose> {value} .", format=ox.RdfFormat.N_TRIPLES)
    return [make_quad(cast(Node, quad.subject), quad.predicate, cast(Term, quad.object), quad.graph_name) for quad in parsed]


def test_another_day_is_a_change_like_any_other(shipped: QuadStore) -> None:
    contents = {graph: list(shipped.quads(graph=graph)) for graph in shipped.graphs()}
    law = [quad for name in SHARED_GRAPHS for quad in contents[graph_iri(DEFAULT_BASE, name)]]
    watch = Watch(subject(contents, "cloudcall", date(2018, 2, 2)), program())
    later = list(statements_of_the_day(law, date(2020, 7, 17)))
    earlier = list(statements_of_the_day(law, date(2018, 2, 2)))

    watch.change(removed=earlier, added=later)

    assert watch.results == run(subject(contents, "cloudcall", date(2020, 7, 17)), program(), shapes())
