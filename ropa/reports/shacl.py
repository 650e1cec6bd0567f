"""A validation report in Turtle (SHACL section 3.6), with what our findings say beyond it."""

from __future__ import annotations

from typing import cast

from pyoxigraph import DefaultGraph, Literal, NamedNode, RdfFormat, parse

from ropa.findings import Finding, Run
from ropa.namespaces import DCTERMS, OA, RDF, ROPA, SH, XSD
from ropa.store import Node, Quad, Term, make_quad, write_triples


def write_turtle(run: Run) -> str:
    """Return a ``sh:ValidationReport``; each result has the IRI of its finding, its article, remedy, phrases and waiver."""
    report = NamedNode(f"{run.base}report/{run.day.isoformat()}")
    quads = [
        _quad(report, RDF + "type", NamedNode(SH + "ValidationReport")),
        _quad(report, SH + "conforms", _typed("false" if run.found else "true", "boolean")),
        _quad(report, ROPA + "asOf", _typed(run.day.isoformat(), "date")),
    ]
    for finding in run.found:
        result = NamedNode(f"{run.base}findings/{finding.id}")
        quads.append(_quad(report, SH + "result", result))
        quads += [_quad(result, predicate, value) for predicate, value in _tell(finding)]
    return write_triples(quads, RdfFormat.TURTLE).decode()


def _tell(finding: Finding) -> list[tuple[str, Term]]:
    told: list[tuple[str, Term]] = [
        (RDF + "type", NamedNode(SH + "ValidationResult")),
        (SH + "resultSeverity", NamedNode(SH + finding.severity)),
        (SH + "sourceShape", NamedNode(finding.shape)),
        (SH + "sourceConstraintComponent", NamedNode(finding.component)),
        (SH + "focusNode", _term(finding.node)),
        (SH + "resultMessage", Literal(finding.message, language="en")),
        (ROPA + "remedy", Literal(finding.remedy, language="en")),
        (DCTERMS + "identifier", Literal(finding.id)),
    ]
    if finding.path_label and finding.path:
        told.append((SH + "resultPath", NamedNode(finding.path)))
    if finding.term:
        told.append((SH + "value", _term(finding.term)))
    if finding.article_iri:
        told.append((DCTERMS + "source", NamedNode(finding.article_iri)))
    if finding.waiver is not None:
        told.append((ROPA + "hasWaiver", NamedNode(finding.waiver.iri)))
    return told + [(OA + "exact", Literal(quote.text)) for quote in finding.quotes]


def _term(text: str) -> Term:
    """Return a term from how N-Triples writes it."""
    (quad,) = parse(f"<x:s> <x:p> {text} .", format=RdfFormat.N_TRIPLES)
    return cast(Term, quad.object)


def _typed(text: str, datatype: str) -> Literal:
    return Literal(text, datatype=NamedNode(XSD + datatype))


def _quad(subject: Node, predicate: str, value: Term) -> Quad:
    return make_quad(subject, NamedNode(predicate), value, DefaultGraph())
