"""Conclusions as RDF: the concluded statement, and a node that says for which day, by which rule and from which premises.

In:  conclusions. Out: quads with IRIs that depend on nothing but what is said, so that the same conclusion has the same name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256

from pyoxigraph import Literal, NamedNode

from ropa.namespaces import RDF, ROPA, XSD, graph_iri, register_iri
from ropa.reasoning.model import Conclusion
from ropa.store import Note, Quad, QuadStore, Term, make_quad

GRAPH = "inferred"

Triple = tuple[str, str, Term]


def write(store: QuadStore, conclusions: Iterable[Conclusion], who: str = "ropa") -> None:
    """Replace all that the store holds as concluded, all of it or nothing."""
    store.replace_graphs({graph_iri(store.base, GRAPH): quads(conclusions, store.base)}, Note(who, "ropa infer"))


def quads(conclusions: Iterable[Conclusion], base: str) -> list[Quad]:
    """Write conclusions as the quads of one graph."""
    graph = NamedNode(graph_iri(base, GRAPH))
    found = dict.fromkeys(triple for conclusion in conclusions for triple in _triples(conclusion, base))
    return [make_quad(NamedNode(subject), NamedNode(predicate), value, graph) for subject, predicate, value in found]


def _triples(one: Conclusion, base: str) -> Iterator[Triple]:
    value = NamedNode(one.object)
    node = _name(base, "inference", one.register, one.as_of.isoformat(), *one.fact)
    yield one.subject, one.predicate, value
    yield from _statement(node, one.subject, one.predicate, value)
    yield node, RDF + "type", NamedNode(ROPA + "Conclusion")
    yield node, ROPA + "asOf", Literal(one.as_of.isoformat(), datatype=NamedNode(XSD + "date"))
    yield node, ROPA + "concernsRegister", NamedNode(register_iri(base, one.register))
    yield node, ROPA + "hasModality", NamedNode(ROPA + ("Conditional" if one.conditional else "Actual"))
    for rule in one.rules:
        yield node, ROPA + "followsFrom", NamedNode(rule.iri)
    for note in one.contested_by:
        yield node, ROPA + "isContestedBy", NamedNode(note)
    for premise in one.premises:
        written = _name(base, "premise", premise.subject, premise.predicate, str(premise.object))
        yield node, ROPA + "hasPremise", NamedNode(written)
        yield written, RDF + "type", NamedNode(ROPA + "Premise")
        yield from _statement(written, premise.subject, premise.predicate, premise.object)


def _statement(node: str, subject: str, predicate: str, value: Term) -> Iterator[Triple]:
    yield node, RDF + "type", NamedNode(RDF + "Statement")
    yield node, RDF + "subject", NamedNode(subject)
    yield node, RDF + "predicate", NamedNode(predicate)
    yield node, RDF + "object", value


def _name(base: str, kind: str, *said: str) -> str:
    digest = sha256("\n".join(said).encode()).hexdigest()[:16]
    return f"{base}id/{kind}/{digest}"
