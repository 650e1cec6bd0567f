"""What follows from a record, and that both engines say the same.

A case is a tiny register, ``fires.<why>.ttl`` or ``silent.<why>.ttl``; its first lines tell all that follows from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from pyoxigraph import NamedNode
from rdflib import OWL, RDF, Graph, URIRef

from ropa import reasoning
from ropa.namespaces import DEFAULT_BASE, DPV, ROPA, graph_iri, shorten
from ropa.reasoning import Conclusion, Inconsistent, NoReasoner, engines, hermit
from ropa.reasoning.axioms import TYPE, compile_axioms, shipped
from ropa.reasoning.extract import Extract, extract
from ropa.reasoning.law import Law
from ropa.reasoning.model import Fact
from ropa.reasoning.rules import Closure
from ropa.registers import parse_file, read_vocabulary
from ropa.store import QuadStore
from ropa.store.embedded import EmbeddedStore

TODAY = date(2026, 11, 22)
CASES = sorted((Path(__file__).parent / "reasoning").glob("*.ttl"))
needs_java = pytest.mark.skipif(not hermit.available(), reason="HermiT needs Java and Owlready2, which are not here")


def told(case: Path, word: str) -> list[str]:
    return re.findall(rf"^#\+ {word}: (.+)$", case.read_text("utf-8"), re.MULTILINE)


def day_of(case: Path) -> date:
    return date.fromisoformat(next(iter(told(case, "as-of")), TODAY.isoformat()))


@cache
def vocabulary() -> EmbeddedStore:
    store = EmbeddedStore.in_memory()
    store.replace_graphs(read_vocabulary(DEFAULT_BASE))
    return store


def load(text: str, tmp_path: Path, slug: str) -> QuadStore:
    """The vocabulary with one register; ``case`` in the IRIs of *text* becomes *slug*."""
    path = tmp_path / f"{slug}.ttl"
    path.write_text(text.replace("id/case/", f"id/{slug}/").replace("register/case", f"register/{slug}"), "utf-8")
    store = EmbeddedStore.in_memory()
    contents = {graph: list(vocabulary().quads(graph=graph)) for graph in vocabulary().graphs()}
    store.replace_graphs({**contents, graph_iri(DEFAULT_BASE, f"register/{slug}"): parse_file(path, DEFAULT_BASE)})
    return store


def line(one: Conclusion) -> str:
    def name(iri: str) -> str:
        return shorten(iri).replace(f"id/{one.register}/", "").replace(f"register/{one.register}", "register/case")

    words = [name(one.subject), "a" if one.predicate == TYPE else shorten(one.predicate), name(one.object)]
    return " ".join([*words, *["(conditional)"] * one.conditional, *["(contested)"] * bool(one.contested_by)])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_case_concludes_exactly_what_it_tells(case: Path, tmp_path: Path) -> None:
    found = reasoning.infer(load(case.read_text("utf-8"), tmp_path, "case"), day_of(case), "rules")

    assert sorted(map(line, found)) == [words for words in told(case, "concludes") if words != "nothing"]


def test_every_reported_term_is_concluded_by_a_case() -> None:
    words = {word for case in CASES for text in told(case, "concludes") for word in text.split()}

    assert {shorten(term) for term in shipped().sentences} - words == set()


@needs_java
@pytest.mark.parametrize("day", sorted({day_of(case) for case in CASES}), ids=str)
def test_both_engines_conclude_the_same_from_the_cases(day: date, tmp_path: Path) -> None:
    facts: set[Fact] = set()
    for number, case in enumerate(case for case in CASES if day_of(case) == day):
        store = load(case.read_text("utf-8"), tmp_path, f"c{number}")
        facts |= set(extract(store, f"c{number}", Law(store, day)).facts)
    follows, empty = hermit.entailed(facts, shipped())

    assert reported(follows) == reported(Closure(facts, shipped()).facts())
    assert empty == []


@needs_java
def test_both_engines_conclude_the_same_from_the_shipped_registers(shipped: QuadStore) -> None:
    assert reasoning.infer(shipped, TODAY, "hermit") == reasoning.infer(shipped, TODAY, "rules")


def reported(facts: Iterable[Fact]) -> set[Fact]:
    return {fact for fact in facts if shipped().reported(fact)}


def test_a_conclusion_rests_on_what_is_written(shipped: QuadStore) -> None:
    for one in reasoning.infer(shipped, TODAY, "rules"):
        assert one.premises, one
        assert one.rules, one
        for premise in one.premises:
            written = list(shipped.quads(NamedNode(premise.subject), NamedNode(premise.predicate), premise.object))
            assert written, premise


def test_a_conclusion_explains_itself_in_words(shipped: QuadStore) -> None:
    found = reasoning.infer(shipped, TODAY, "rules", slugs=["aculab"])
    one = next(one for one in found if one.object.endswith("#US-VA") and one.predicate == ROPA + "goesToPlaceWithoutAdequacy")
    text = one.explain(reasoning.labels(shipped))

    assert text.startswith("US East (Virginia): data go to Virginia, which no finding of adequacy covers")
    assert "By goes to place without adequacy: Relates a restricted transfer to a place" in text
    assert "[GDPR Art. 46(1)]" in text
    assert "Since Aculab - has country - United Kingdom" in text


def test_hypothetical_parts_and_markers_are_no_premise(shipped: QuadStore) -> None:
    for one in reasoning.infer(shipped, TODAY, "rules"):
        for premise in one.premises:
            node = NamedNode(premise.subject)
            assert not list(shipped.quads(node, NamedNode(ROPA + "hasModality"), NamedNode(ROPA + "Hypothetical")))
            assert premise.value not in {ROPA + name for name in ("NotStated", "StatedNone", "NotApplicable", "LostInSource")}


def test_writing_replaces_what_was_concluded_before(tmp_path: Path) -> None:
    store = load((CASES[0].parent / "fires.reach-through-a-chain.ttl").read_text("utf-8"), tmp_path, "case")
    graph = graph_iri(store.base, "inferred")
    reasoning.write(store, reasoning.infer(store, date(2020, 1, 1), "rules"))
    reasoning.write(store, reasoning.infer(store, TODAY, "rules"))
    first = set(store.quads(graph=graph))
    days = {quad.object.value for quad in store.quads(None, NamedNode(ROPA + "asOf"), graph=graph)}

    assert days == {"2026-11-22"}
    assert len(list(store.quads(None, NamedNode(TYPE), NamedNode(ROPA + "Conclusion"), graph))) == 3
    assert all(isinstance(quad.subject, NamedNode) for quad in first)
    # What is concluded is not a premise of what is concluded next.
    reasoning.write(store, reasoning.infer(store, TODAY, "rules"))
    assert set(store.quads(graph=graph)) == first


OWN_PROCESSOR = """
@prefix dpv: <https://w3id.org/dpv#> .
@prefix ropa: <https://w3id.org/ropa-graph/ns#> .
<id/register/case> a dpv:ROPA ; dpv:hasRecordOfActivity <id/case/a> , <id/case/b> .
<id/case/a> a ropa:ControllerActivity ; dpv:hasDataController <id/case/firm> ; dpv:hasDataProcessor <id/case/firm> .
<id/case/b> a ropa:ControllerActivity ; dpv:hasDataController <id/case/firm> ; dpv:hasPurpose dpv:Marketing .
"""
TWO_KINDS = """
@prefix dpv: <https://w3id.org/dpv#> .
@prefix ropa: <https://w3id.org/ropa-graph/ns#> .
<id/register/case> a dpv:ROPA ; dpv:hasRecordOfActivity <id/case/a> .
<id/case/a> a ropa:ControllerActivity , ropa:ProcessorActivity ; dpv:hasPurpose dpv:Marketing .
"""


@pytest.mark.parametrize(
    ("text", "clash"),
    [
        (OWN_PROCESSOR, {("id/case/a", "dpv:hasDataController", "id/case/firm"), ("id/case/a", "dpv:hasDataProcessor", "id/case/firm")}),
        (TWO_KINDS, {("id/case/a", "rdf:type", "ropa:ControllerActivity"), ("id/case/a", "rdf:type", "ropa:ProcessorActivity")}),
    ],
)
def test_a_record_that_contradicts_itself_is_refused_with_the_statements(text: str, clash: set[Fact], tmp_path: Path) -> None:
    store = load(text, tmp_path, "case")
    before = store.revision

    with pytest.raises(Inconsistent) as error:
        reasoning.infer(store, TODAY, "rules")
    assert {(shorten(one.subject), shorten(one.predicate), shorten(one.value)) for one in error.value.statements} == clash
    assert store.revision == before


@needs_java
@pytest.mark.parametrize("text", [OWN_PROCESSOR, TWO_KINDS])
def test_hermit_finds_the_same_contradictions(text: str, tmp_path: Path) -> None:
    store = load(text, tmp_path, "case")

    with pytest.raises(hermit.Clashing):
        hermit.entailed(extract(store, "case", Law(store, TODAY)).facts, shipped())


def test_what_clashes_is_shrunk_to_what_is_needed() -> None:
    facts = [(f"urn:{number}", DPV + "hasPurpose", "urn:x") for number in range(40)]
    needed = {facts[3], facts[31]}

    assert set(engines.smallest(facts, lambda left: needed <= set(left))) == needed


IMPOSSIBLE = """
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix ropa: <https://w3id.org/ropa-graph/ns#> .
ropa:Square a owl:Class ; owl:disjointWith ropa:Circle .
ropa:Circle a owl:Class .
ropa:SquareCircle a owl:Class ; owl:equivalentClass [ a owl:Class ; owl:intersectionOf ( ropa:Square ropa:Circle ) ] .
"""


def test_a_class_that_nothing_can_belong_to_is_refused(tmp_path: Path) -> None:
    store = load((CASES[0]).read_text("utf-8"), tmp_path, "case")
    axioms = compile_axioms(Graph().parse(data=IMPOSSIBLE))

    with pytest.raises(Inconsistent, match="SquareCircle"):
        reasoning.infer(store, TODAY, "rules", axioms=axioms)


@needs_java
def test_hermit_finds_the_same_impossible_class() -> None:
    _, empty = hermit.entailed([("urn:x", TYPE, ROPA + "Square")], compile_axioms(Graph().parse(data=IMPOSSIBLE)))

    assert empty == [ROPA + "SquareCircle"]


def test_an_axiom_that_the_rules_cannot_say_is_refused() -> None:
    graph = Graph().parse(
        data="@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix ropa: <urn:x#> . "
        "ropa:A a owl:Class ; owl:equivalentClass [ a owl:Restriction ; owl:onProperty ropa:p ; owl:allValuesFrom ropa:B ] ."
    )

    with pytest.raises(ValueError, match="does not know"):
        compile_axioms(graph)


def test_without_java_the_rules_are_taken_and_hermit_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(hermit, "java", lambda: None)
    store = load((CASES[0].parent / "fires.two-criteria.ttl").read_text("utf-8"), tmp_path, "case")

    assert len(reasoning.infer(store, TODAY)) == 3
    with pytest.raises(NoReasoner, match=r"ropa-graph\[reasoner\]"):
        reasoning.infer(store, TODAY, "hermit")


def test_a_large_register_goes_to_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> tuple[set[Fact], list[str]]:
        raise AssertionError("HermiT was run")

    monkeypatch.setattr(hermit, "entailed", refuse)
    facts = {(f"urn:{number}", ROPA + "endsIn", "urn:x"): () for number in range(engines.LARGEST_FOR_HERMIT)}

    assert engines.conclude(Extract("case", dict(facts), frozenset(), frozenset(), {}), shipped(), TODAY, "auto") == []


def test_every_term_of_the_axioms_is_ours_or_known() -> None:
    graph = shipped().graph
    known = {quad.subject.value for quad in vocabulary().quads() if isinstance(quad.subject, NamedNode)}
    used = {str(node) for triple in graph for node in triple if isinstance(node, URIRef)}
    ours = {node for node in used if node.startswith((ROPA, DPV, "https://w3id.org/dpv/"))}

    assert ours - known == set()
    assert set(graph.subjects(RDF.type, OWL.Ontology)) == set()
