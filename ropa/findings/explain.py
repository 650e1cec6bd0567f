"""Turn results into findings: the provision, the statement in words, the phrases of the source, what it touches, waivers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from pyoxigraph import BlankNode, Literal, NamedNode
from rdflib import Graph, URIRef

from ropa.findings.model import Finding, Named, Quote, Waiver, identify
from ropa.namespaces import DCTERMS, DPV, NO_VALUES, OA, RDF, RDFS, ROPA, SKOS, shorten
from ropa.store import Node, Term
from ropa.validation import Result, Subject

_LABELS = (SKOS + "prefLabel", DCTERMS + "title", RDFS + "label")
_ACTIVITIES = {NamedNode(ROPA + name) for name in ("ControllerActivity", "ProcessorActivity")}
_WHOLES = {NamedNode(DPV + "ROPA"), NamedNode(DPV + "LegalEntity")}
_PARTIES = {NamedNode(DPV + "LegalEntity"), NamedNode(ROPA + "UnnamedParty"), NamedNode(DPV + "OrganisationalUnit")}
_INVOLVES = [
    NamedNode(DPV + "hasRecipient"),
    NamedNode(DPV + "hasDataProcessor"),
    NamedNode(ROPA + "isSetBy"),
    NamedNode(DPV + "hasEntity"),
]
_TYPE = NamedNode(RDF + "type")


@dataclass(frozen=True)
class _Rule:
    """What all results of a shape have in common."""

    article: str
    law: str
    concern: str
    remedy: str


class Explainer:
    """Explains the results of one register from the data that were judged."""

    def __init__(self, data: Subject, rules: Graph, base: str, slug: str, day: date) -> None:
        self._data = data
        self._rules = rules
        self._base = base
        self._slug = slug
        self._day = day.isoformat()
        self._acts = {
            act.value.removesuffix("oj"): self._text(act, ROPA + "validFrom")
            for act in data.subjects(_TYPE, NamedNode(DPV + "Law"))
            if isinstance(act, NamedNode) and self._text(act, ROPA + "validFrom")
        }
        self._known: dict[str, _Rule] = {}
        self._labels: dict[str, str] = {}
        self._holds_parts = {NamedNode(ROPA + "engagesSubProcessor"), *self._below(NamedNode(ROPA + "hasPart"))}
        self._waivers = {key: waiver for key, waiver in self._read_waivers() if waiver.holds(day)}

    def applies(self, result: Result) -> bool:
        """Tell whether the act that a rule rests on was in force on the day: before its first day nobody owed what it asks."""
        rule = self._rule(result.shape)
        return rule.concern == "form" or all(begun <= self._day for act, begun in self._acts.items() if rule.article.startswith(act))

    def __call__(self, result: Result) -> Finding:
        """Return the finding that a result makes."""
        rule = self._rule(result.shape)
        simple = result.path is not None and not result.path.startswith(("<", "^", "("))
        return Finding(
            id=identify(self._slug, result, self._base),
            register=self._slug,
            severity=result.severity,
            concern=rule.concern,
            shape=result.shape,
            message=result.message,
            article=self._label(rule.article) if rule.article else "",
            article_iri=rule.article,
            law=rule.law,
            focus=result.focus,
            focus_label=self._name(result.node),
            node=str(result.node),
            path=result.path,
            path_label=self._label(result.path) if result.path is not None and simple else "",
            value=result.value,
            value_label="" if result.term is None else self._name(result.term),
            term=None if result.term is None else str(result.term),
            component=result.component,
            remedy=rule.remedy,
            activities=tuple(self._named(self._find_activities(result.node))),
            parties=tuple(self._named(self._find_parties(result.node, result.term))),
            quotes=tuple(self._quotes(result.node, result.path, result.value)),
            waiver=self._waivers.get((result.shape, result.focus)) if rule.concern == "duty" else None,
        )

    def _rule(self, shape: str) -> _Rule:
        """Return what is the same for all results of a shape, looked up once."""
        if shape not in self._known:
            node = URIRef(shape)
            article = str(self._rules.value(node, URIRef(DCTERMS + "source")) or "")
            self._known[shape] = _Rule(
                article=article,
                law=self._text(NamedNode(article), ROPA + "paraphrase") if article else "",
                concern="form" if str(self._rules.value(node, URIRef(ROPA + "hasConcern"))) == ROPA + "Form" else "duty",
                remedy=str(self._rules.value(node, URIRef(ROPA + "remedy")) or ""),
            )
        return self._known[shape]

    def _name(self, term: Term) -> str:
        return self._label(term.value) if isinstance(term, NamedNode) else "(unnamed)" if isinstance(term, BlankNode) else term.value

    def _label(self, iri: str) -> str:
        if iri not in self._labels:
            found = next((text for predicate in _LABELS if (text := self._text(NamedNode(iri), predicate))), "")
            self._labels[iri] = found or shorten(iri, self._base)
        return self._labels[iri]

    def _text(self, node: Node, predicate: str) -> str:
        return min((value.value for value in self._data.values(node, NamedNode(predicate)) if isinstance(value, Literal)), default="")

    def _named(self, nodes: Iterable[Node]) -> list[Named]:
        return sorted((Named(node.value, self._label(node.value)) for node in nodes), key=lambda named: (named.label, named.iri))

    def _below(self, above: NamedNode) -> Iterator[NamedNode]:
        for below in self._data.subjects(NamedNode(RDFS + "subPropertyOf"), above):
            if isinstance(below, NamedNode):
                yield below
                yield from self._below(below)

    def _kinds(self, term: Term) -> set[Term]:
        return set() if isinstance(term, Literal) else set(self._data.values(term, _TYPE))

    def _find_activities(self, term: Term) -> set[Node]:
        """Return the activities that a node is, or is a part of at any depth."""
        seen: set[Term] = {term}
        waiting: list[Term] = [term]
        found: set[Node] = set()
        while waiting:
            one = waiting.pop()
            if _ACTIVITIES & self._kinds(one) and not isinstance(one, Literal):
                found.add(one)
                continue
            for holder, predicate in self._data.holders(one):
                if predicate in self._holds_parts and holder not in seen:
                    seen.add(holder)
                    waiting.append(holder)
        return found

    def _find_parties(self, focus: Term, value: Term | None) -> set[Node]:
        candidates: set[Term | None] = {focus, value}
        if not isinstance(focus, Literal):
            candidates.update(target for predicate in _INVOLVES for target in self._data.values(focus, predicate))
        nodes = {node for node in candidates if isinstance(node, NamedNode | BlankNode) and node.value not in NO_VALUES}
        return {node for node in nodes if _PARTIES & self._kinds(node)}

    def _quotes(self, focus: Term, path: str | None, value: str | None) -> list[Quote]:
        """Phrases of the very statement if it has any, else those that show which activity or part is meant (three at most).

        What a register or an organisation as a whole lacks is shown by no phrase, so none is given.
        """
        exact: list[Quote] = []
        about: list[tuple[bool, Quote]] = []
        for node in self._data.subjects(NamedNode(RDF + "subject"), focus):
            said = next(iter(self._data.values(node, NamedNode(RDF + "predicate"))), None)
            told = next(iter(self._data.values(node, NamedNode(RDF + "object"))), None)
            for quote in self._phrases(node):
                if said is not None and said.value == path and (value is None or (told is not None and told.value == value)):
                    exact.append(quote)
                # The text's own words (a criterion, a condition) say more about a part than its categories do.
                about.append((not isinstance(told, Literal), quote))
        if not exact and _WHOLES & self._kinds(focus):
            return []
        ordered = exact or [quote for _, quote in sorted(about, key=lambda pair: (pair[0], _by_section(pair[1])))]
        return list(dict.fromkeys(sorted(ordered, key=_by_section) if exact else ordered))[:3]

    def _phrases(self, evidence: Node) -> Iterator[Quote]:
        for passage in self._data.values(evidence, NamedNode(OA + "hasTarget")):
            if isinstance(passage, Literal):
                continue
            section = self._text(passage, ROPA + "section")
            document = next((target.value for target in self._data.values(passage, NamedNode(OA + "hasSource"))), "")
            for selector in self._data.values(passage, NamedNode(OA + "hasSelector")):
                if not isinstance(selector, Literal) and (exact := self._text(selector, OA + "exact")):
                    yield Quote(exact, section, document)

    def _read_waivers(self) -> Iterator[tuple[tuple[str, str], Waiver]]:
        """Yield the waivers, each with the shape and the node it is about."""
        for node in self._data.subjects(_TYPE, NamedNode(ROPA + "Waiver")):
            waiver = Waiver(
                iri=node.value,
                by=self._text(node, ROPA + "waivedBy"),
                on=self._text(node, ROPA + "waivedOn"),
                until=self._text(node, ROPA + "waivedUntil"),
                reason=self._text(node, ROPA + "reason"),
            )
            for rule in self._data.values(node, NamedNode(ROPA + "waivesRule")):
                for focus in self._data.values(node, NamedNode(ROPA + "waivesFor")):
                    yield (rule.value, focus.value), waiver


def _by_section(quote: Quote) -> tuple[list[int], str]:
    return [int(number) for number in re.findall(r"\d+", quote.section)], quote.text
