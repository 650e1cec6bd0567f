"""The axioms of ``ontology/inference.ttl``, and the same as rules: a head that follows wherever a body holds.

In:  the axioms, of the shapes that the head of that file names; any other shape is refused.
Out: rules for the rule engine, pairs that cannot both hold, and the logical part alone for HermiT.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations, product

from rdflib import OWL, RDF, RDFS, Graph, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from ropa.files import folder
from ropa.namespaces import DCTERMS, ROPA, SKOS
from ropa.reasoning.model import Fact, Rule

TYPE = str(RDF.type)

Atom = tuple[str, str, str]
"""A triple pattern; what begins with ``?`` is a variable, the rest are IRIs."""


@dataclass(frozen=True)
class Body:
    """Patterns that must all hold, and pairs of variables that must differ."""

    atoms: tuple[Atom, ...] = ()
    different: tuple[tuple[str, str], ...] = ()

    def __add__(self, other: Body) -> Body:
        return Body(self.atoms + other.atoms, self.different + other.different)

    def sparql(self) -> str:
        """The patterns as the inside of a WHERE clause."""
        tests = "".join(f" FILTER({left} != {right})" for left, right in self.different)
        return pattern(self.atoms) + tests


@dataclass(frozen=True)
class HornRule:
    """Where the body holds, the head does too; *owner* is the term whose axiom says so."""

    owner: str
    head: Atom
    body: Body


@dataclass(frozen=True)
class Clash:
    """What cannot hold together, and why in words."""

    reason: str
    body: Body


@dataclass(frozen=True)
class Axioms:
    """A set of axioms, compiled.

    Attributes:
        facts: What the axioms state of individuals, such as the root of a tree of categories.
        sentences: Words for each reported term.
        above: Superproperties of each property, itself included.
        classes: Every named class of ours.
    """

    graph: Graph
    rules: tuple[HornRule, ...]
    clashes: tuple[Clash, ...]
    facts: frozenset[Fact]
    sentences: dict[str, str]
    above: dict[str, frozenset[str]]
    classes: tuple[str, ...]

    def rule(self, iri: str) -> Rule:
        """Describe the term *iri* as a rule."""

        def text(predicate: str) -> str:
            return str(self.graph.value(URIRef(iri), URIRef(predicate)) or "")

        return Rule(iri, text(SKOS + "prefLabel"), text(SKOS + "definition"), text(DCTERMS + "source"))

    def reported(self, fact: Fact) -> bool:
        """Tell whether a statement is meant for people and not a step on the way."""
        return (fact[2] if fact[1] == TYPE else fact[1]) in self.sentences


def pattern(atoms: Iterable[Atom]) -> str:
    """Write patterns in SPARQL."""
    return " . ".join(" ".join(part if part.startswith("?") else f"<{part}>" for part in atom) for atom in atoms)


@cache
def shipped() -> Axioms:
    """Compile the axioms of the project."""
    return compile_axioms(Graph().parse(folder("ontology") / "inference.ttl"))


def compile_axioms(graph: Graph) -> Axioms:
    """Compile axioms.

    Raises:
        ValueError: An axiom is of a shape that the rule engine does not know, so the two engines could differ.
    """
    reader = _Reader(graph)
    sentences = {str(term): str(text) for term, text in graph.subject_objects(URIRef(ROPA + "sentence"))}
    classes = {str(node) for node in graph.subjects(RDF.type, OWL.Class) if isinstance(node, URIRef)}
    return Axioms(
        graph=graph,
        rules=tuple(sorted(set(reader.rules()), key=repr)),
        clashes=tuple(sorted(set(reader.clashes()), key=repr)),
        facts=frozenset(reader.facts()),
        sentences=sentences,
        above=reader.above(),
        classes=tuple(sorted(classes)),
    )


class _Reader:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._count = 0

    def rules(self) -> Iterator[HornRule]:
        for name, expression in self._graph.subject_objects(OWL.equivalentClass):
            for body in self._holds(expression, "?x"):
                yield HornRule(str(name), ("?x", TYPE, str(name)), body)
            # The way back, as far as it names anything: it shows a class that can have no member.
            for part in self._parts(expression):
                if isinstance(part, URIRef):
                    yield HornRule(str(name), ("?x", TYPE, str(part)), Body((("?x", TYPE, str(name)),)))
        for lower, upper in self._graph.subject_objects(RDFS.subClassOf):
            for body in self._holds(lower, "?x"):
                for head in self._follows(upper):
                    yield HornRule(str(lower if isinstance(lower, URIRef) else self._owner(upper)), head, body)
        for lower, upper in self._graph.subject_objects(RDFS.subPropertyOf):
            yield HornRule(str(upper), ("?x", str(upper), "?y"), Body((("?x", str(lower), "?y"),)))
        for name, chain in self._graph.subject_objects(OWL.propertyChainAxiom):
            links = list(Collection(self._graph, chain))
            variables = ["?x", *(f"?c{number}" for number in range(1, len(links))), "?y"]
            body = Body(tuple(self._link(link, *ends) for link, *ends in zip(links, variables, variables[1:], strict=False)))
            yield HornRule(str(name), ("?x", str(name), "?y"), body)

    def clashes(self) -> Iterator[Clash]:
        for one, other in self._graph.subject_objects(OWL.disjointWith):
            reason = f"One thing cannot be both {self._label(one)} and {self._label(other)}."
            yield Clash(reason, Body((("?x", TYPE, str(one)), ("?x", TYPE, str(other)))))
        for one, other in self._graph.subject_objects(OWL.propertyDisjointWith):
            reason = f"{self._label(one)} and {self._label(other)} cannot lead to the same thing: no party is its own processor."
            yield Clash(reason, Body((("?x", str(one), "?y"), ("?x", str(other), "?y"))))

    def facts(self) -> Iterator[Fact]:
        for node, kind in self._graph.subject_objects(RDF.type):
            if isinstance(node, URIRef) and str(kind).startswith(ROPA):
                yield str(node), TYPE, str(kind)

    def above(self) -> dict[str, frozenset[str]]:
        lower = set(self._graph.subjects(RDFS.subPropertyOf))
        return {str(node): frozenset(map(str, self._graph.transitive_objects(node, RDFS.subPropertyOf))) for node in lower}

    def _holds(self, expression: Node, variable: str) -> Iterator[Body]:
        """Yield the alternative bodies under which *variable* is known to be a member of a class expression."""
        if isinstance(expression, URIRef):
            yield Body() if expression == OWL.Thing else Body(((variable, TYPE, str(expression)),))
            return
        known = dict(self._graph.predicate_objects(expression))
        if OWL.intersectionOf in known:
            parts = [list(self._holds(part, variable)) for part in Collection(self._graph, known[OWL.intersectionOf])]
            for chosen in product(*parts):
                yield sum(chosen, Body())
        elif OWL.unionOf in known:
            for part in Collection(self._graph, known[OWL.unionOf]):
                yield from self._holds(part, variable)
        elif OWL.someValuesFrom in known:
            other = self._fresh()
            for body in self._holds(known[OWL.someValuesFrom], other):
                yield Body((self._link(known[OWL.onProperty], variable, other),)) + body
        elif OWL.hasValue in known:
            yield Body((self._link(known[OWL.onProperty], variable, str(known[OWL.hasValue])),))
        elif OWL.hasSelf in known:
            yield Body((self._link(known[OWL.onProperty], variable, variable),))
        elif OWL.minQualifiedCardinality in known:
            yield self._at_least(known, variable)
        else:
            raise ValueError(f"The rule engine does not know this class expression: {sorted(map(str, known))}")

    def _at_least(self, known: Mapping[Node, Node], variable: str) -> Body:
        """Count by that many different values: names are taken to differ, as the axioms say of all that is counted."""
        others = [self._fresh() for _ in range(int(str(known[OWL.minQualifiedCardinality])))]
        body = Body(different=tuple(combinations(others, 2)))
        for other in others:
            members = list(self._holds(known[OWL.onClass], other))
            if len(members) != 1:
                raise ValueError("A counted class must be a name or an intersection.")
            body = body + Body((self._link(known[OWL.onProperty], variable, other),)) + members[0]
        return body

    def _follows(self, expression: Node) -> Iterator[Atom]:
        """Yield what membership of ``?x`` in a class expression means, as heads."""
        if isinstance(expression, URIRef):
            yield "?x", TYPE, str(expression)
            return
        known = dict(self._graph.predicate_objects(expression))
        if OWL.hasValue in known:
            yield self._link(known[OWL.onProperty], "?x", str(known[OWL.hasValue]))
        elif OWL.hasSelf in known:
            yield self._link(known[OWL.onProperty], "?x", "?x")
        else:
            raise ValueError(f"The rule engine does not know what follows from this class expression: {sorted(map(str, known))}")

    def _link(self, expression: Node, start: str, end: str) -> Atom:
        inverse = self._graph.value(expression, OWL.inverseOf) if not isinstance(expression, URIRef) else None
        return (end, str(inverse), start) if inverse is not None else (start, str(expression), end)

    def _parts(self, expression: Node) -> list[Node]:
        if isinstance(expression, URIRef):
            return [expression]
        listed = self._graph.value(expression, OWL.intersectionOf)
        return [] if listed is None else list(Collection(self._graph, listed))

    def _owner(self, upper: Node) -> Node:
        return upper if isinstance(upper, URIRef) else self._graph.value(upper, OWL.onProperty) or upper

    def _label(self, node: Node) -> str:
        return str(self._graph.value(node, URIRef(SKOS + "prefLabel")) or str(node).rpartition("#")[2])

    def _fresh(self) -> str:
        self._count += 1
        return f"?v{self._count}"
