"""What follows from a record on a day and nobody wrote down: roles, reach, transfers, rights, signs of a high risk.

In:  a store, a day and the axioms in ``ontology/inference.ttl``.
Out: conclusions, each with the rules and the premises that lead to it; :func:`write` puts them into ``graph/inferred``.

Two engines draw the same: HermiT (by Owlready2, in need of Java) and rules on pyoxigraph. Each register is judged by itself,
with the shared parties and the law, as for findings. What is hypothetical and the four markers conclude nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from pyoxigraph import NamedNode

from ropa.namespaces import DCTERMS, SKOS, shorten
from ropa.reasoning.axioms import Axioms, shipped
from ropa.reasoning.engines import LARGEST_FOR_HERMIT, Engine, conclude
from ropa.reasoning.extract import extract
from ropa.reasoning.graph import write
from ropa.reasoning.hermit import available
from ropa.reasoning.law import Law
from ropa.reasoning.model import Conclusion, Inconsistent, NoReasoner, Rule, Statement
from ropa.registers import register_slugs
from ropa.store import QuadStore

__all__ = [
    "LARGEST_FOR_HERMIT",
    "Conclusion",
    "Engine",
    "Inconsistent",
    "NoReasoner",
    "Rule",
    "Statement",
    "available",
    "infer",
    "labels",
    "write",
]


def infer(
    store: QuadStore, as_of: date, engine: Engine = "auto", slugs: Iterable[str] | None = None, axioms: Axioms | None = None
) -> list[Conclusion]:
    """Return what follows from the registers of a store; the store is not changed.

    Args:
        as_of: The day for which the law is asked.
        engine: ``auto`` takes HermiT where Java is and an extract has at most :data:`LARGEST_FOR_HERMIT` individuals, else the rules.
        slugs: Only these registers; all where None.
        axioms: Other axioms than those of the project.

    Returns:
        Conclusions, by register, then by rule and statement.

    Raises:
        Inconsistent: A register or the axioms say what cannot be.
        NoReasoner: ``hermit`` was asked for and cannot run.
    """
    law = Law(store, as_of)
    chosen = register_slugs(store.graphs(), store.base) if slugs is None else slugs
    used = axioms or shipped()
    return [one for slug in sorted(chosen) for one in conclude(extract(store, slug, law), used, as_of, engine)]


def labels(store: QuadStore) -> Callable[[str], str]:
    """Return a function that tells an IRI by its label or title, or by its short name where it has none."""

    def label(iri: str) -> str:
        for predicate in (SKOS + "prefLabel", DCTERMS + "title"):
            found = sorted(quad.object.value for quad in store.quads(NamedNode(iri), NamedNode(predicate)))
            if found:
                return found[0]
        return shorten(iri, store.base)

    return label
