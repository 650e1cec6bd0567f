"""What is missing or wrong in a register: run the shapes and explain each result.

In:  a store (or graphs about to be loaded) and the Turtle files in ``shapes/``.
Out: findings, worst first, each with its article, the reason, the phrase of the source and what would settle it.

What the law asks for is written in ``shapes/``; this module only runs it. pySHACL judges a memory graph of rdflib, one
register at a time, merged with the shared vocabulary.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from pyshacl import validate as pyshacl_validate
from rdflib import Graph, URIRef
from rdflib import Literal as RdflibLiteral
from rdflib.term import Node

from ropa.files import folder
from ropa.namespaces import DCTERMS, DPV, OA, RDF, ROPA, SH, SHAPES, SKOS, graph_iri, shorten
from ropa.store import Quad, QuadStore, write_triples

SEVERITIES = ("Violation", "Warning", "Info")
"""Worst first: what the law says shall be there; what it asks where possible; advice."""

SHARED_GRAPHS = ("ontology", "law", "places", "parties")
"""Graphs that every register is judged together with."""


@dataclass(frozen=True)
class Result:
    """One SHACL validation result; IRIs and literals as text, None where the report has none."""

    severity: str
    shape: str
    focus: str
    path: str | None
    value: str | None
    message: str


@dataclass(frozen=True)
class Quote:
    """A phrase of a source document and where it stands."""

    text: str
    section: str
    document: str


@dataclass(frozen=True)
class Finding:
    """A result that explains itself.

    Attributes:
        register: Slug of the register.
        concern: ``form`` (how the record is built) or ``duty`` (what the law asks).
        article: Label of the provision, such as "GDPR Art. 30(1)(b)"; article_iri: its IRI.
        remedy: What would settle it.
        quotes: Phrases about the node that the finding is about; empty where the text is silent.
    """

    register: str
    severity: str
    concern: str
    shape: str
    focus: str
    focus_label: str
    path: str | None
    value: str | None
    message: str
    article: str
    article_iri: str
    remedy: str
    quotes: tuple[Quote, ...]

    @property
    def shape_name(self) -> str:
        """The local name of the shape."""
        return self.shape.removeprefix(SHAPES)


@cache
def shapes() -> Graph:
    """Return all shapes but those of the house style, which judge our own terms."""
    graph = Graph()
    for path in sorted(folder("shapes").glob("*.ttl")):
        if path.stem != "house":
            graph.parse(path)
    return graph


def validate(data: Graph, against: Graph) -> list[Result]:
    """Judge *data* by the shapes *against*; results ordered by severity, shape and focus.

    Only results whose shape has an IRI are told: those inside a nested, unnamed shape belong to the named one around it.
    """
    _, report, _ = pyshacl_validate(data, shacl_graph=against, advanced=False, inference="none", inplace=True)
    if not isinstance(report, Graph):
        raise TypeError(f"pySHACL returned {type(report).__name__} instead of a report graph")

    def text(node: Node, local: str) -> str | None:
        value = report.value(node, URIRef(SH + local))
        return None if value is None else str(value)

    found = set()
    for node in report.objects(None, URIRef(SH + "result")):
        shape = report.value(node, URIRef(SH + "sourceShape"))
        if not isinstance(shape, URIRef):
            continue
        found.add(
            Result(
                severity=(text(node, "resultSeverity") or "").removeprefix(SH),
                shape=str(shape),
                focus=text(node, "focusNode") or "",
                path=text(node, "resultPath"),
                value=text(node, "value"),
                message=text(node, "resultMessage") or "",
            )
        )
    return sorted(found, key=lambda result: (SEVERITIES.index(result.severity), result.shape, result.focus, result.value or ""))


def check_register(base: str, slug: str, contents: Mapping[str, Iterable[Quad]]) -> list[Finding]:
    """Judge one register.

    Args:
        contents: Graph IRI to quads; must hold the register, its evidence and the shared graphs.

    Returns:
        Findings, worst first.
    """
    names = [f"register/{slug}", f"evidence/{slug}", *SHARED_GRAPHS]
    data = Graph()
    for name in names:
        _add(data, contents.get(graph_iri(base, name), ()))
    explain = _Explainer(data, base, slug)
    return [explain(result) for result in validate(data, shapes())]


def check_store(store: QuadStore, slugs: Iterable[str]) -> list[Finding]:
    """Judge registers of a store; findings worst first, then by register."""
    contents = {graph: list(store.quads(graph=graph)) for graph in store.graphs()}
    found = [finding for slug in slugs for finding in check_register(store.base, slug, contents)]
    return sorted(found, key=lambda finding: SEVERITIES.index(finding.severity))


def _add(graph: Graph, quads: Iterable[Quad]) -> None:
    graph.parse(data=write_triples(quads), format="nt")


class _Explainer:
    """Turns results into findings with the labels, provisions and quotes of one graph."""

    def __init__(self, data: Graph, base: str, slug: str) -> None:
        self._data = data
        self._base = base
        self._slug = slug

    def __call__(self, result: Result) -> Finding:
        rules = shapes()
        shape = URIRef(result.shape)
        article = rules.value(shape, URIRef(DCTERMS + "source"))
        concern = rules.value(shape, URIRef(ROPA + "hasConcern"))
        return Finding(
            register=self._slug,
            severity=result.severity,
            concern="form" if concern == URIRef(ROPA + "Form") else "duty",
            shape=result.shape,
            focus=result.focus,
            focus_label=self._label(result.focus),
            path=result.path,
            value=result.value,
            message=result.message,
            article="" if article is None else self._label(str(article)),
            article_iri=str(article or ""),
            remedy=str(rules.value(shape, URIRef(ROPA + "remedy")) or ""),
            quotes=tuple(self._quotes(URIRef(result.focus), result.path, result.value)),
        )

    def _label(self, iri: str) -> str:
        node = URIRef(iri)
        for predicate in (SKOS + "prefLabel", DCTERMS + "title"):
            label = self._data.value(node, URIRef(predicate))
            if label is not None:
                return str(label)
        return shorten(iri, self._base)

    def _quotes(self, focus: URIRef, path: str | None, value: str | None) -> list[Quote]:
        """Phrases of the very statement if it has any, else those that show which activity or part is meant (three at most).

        What a register or an organisation as a whole lacks is shown by no phrase, so none is given.
        """
        exact: list[Quote] = []
        about: list[tuple[bool, Quote]] = []
        for node in self._data.subjects(URIRef(RDF + "subject"), focus):
            told = self._data.value(node, URIRef(RDF + "object"))
            said = (str(self._data.value(node, URIRef(RDF + "predicate"))), str(told))
            for quote in self._phrases(node):
                if said == (path, value):
                    exact.append(quote)
                # The text's own words (a criterion, a condition) say more about a part than its categories do.
                about.append((not isinstance(told, RdflibLiteral), quote))
        if not exact and self._is_whole(focus):
            return []
        ordered = exact or [quote for _, quote in sorted(about, key=lambda pair: (pair[0], _by_section(pair[1])))]
        return list(dict.fromkeys(ordered))[:3]

    def _is_whole(self, focus: URIRef) -> bool:
        kinds = {URIRef(DPV + "ROPA"), URIRef(DPV + "LegalEntity")}
        return not kinds.isdisjoint(self._data.objects(focus, URIRef(RDF + "type")))

    def _phrases(self, evidence: Node) -> Iterable[Quote]:
        for passage in self._data.objects(evidence, URIRef(OA + "hasTarget")):
            section = str(self._data.value(passage, URIRef(ROPA + "section")) or "")
            document = str(self._data.value(passage, URIRef(OA + "hasSource")) or "")
            for selector in self._data.objects(passage, URIRef(OA + "hasSelector")):
                exact = self._data.value(selector, URIRef(OA + "exact"))
                if exact is not None:
                    yield Quote(str(exact), section, document)


def _by_section(quote: Quote) -> tuple[list[int], str]:
    return [int(number) for number in re.findall(r"\d+", quote.section)], quote.text
