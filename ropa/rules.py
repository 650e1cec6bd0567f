"""The rules in words: what each shape asks, how grave it is, on which provision it rests, since when, and what settles it.

In:  the Turtle files of ``shapes/`` and the law of a store. Out: rules by file; texts are those of the shapes, nothing is added.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from pyoxigraph import Literal, NamedNode
from rdflib import Graph, URIRef
from rdflib.namespace import SH as SHACL

from ropa.files import folder
from ropa.namespaces import DCTERMS, DPV, RDF, ROPA, SHAPES
from ropa.store import QuadStore


@dataclass(frozen=True)
class Rule:
    """A shape that reports.

    Attributes:
        name: Local part of the IRI; a finding names its rule by it. severity: As in :data:`ropa.findings.SEVERITIES`.
        concern: ``form`` or ``duty``. article: IRI of the provision, "" if none.
    """

    name: str
    iri: str
    message: str
    severity: str
    concern: str
    article: str
    remedy: str


@dataclass(frozen=True)
class Part:
    """A file of rules: ``name`` is that of the file, ``title`` and ``notes`` what its first lines say."""

    name: str
    title: str
    notes: str
    rules: tuple[Rule, ...]


@cache
def read_rules() -> tuple[Part, ...]:
    """Return all rules that registers are judged by, by file; read once per process."""
    return tuple(_read(path.stem, path.read_text("utf-8")) for path in sorted(folder("shapes").glob("*.ttl")) if path.stem != "house")


def first_days(store: QuadStore) -> dict[str, tuple[str, str]]:
    """Return, for each act that has one, its first day (ISO 8601) and its IRI by the beginning of the IRIs of its provisions.

    A duty is judged from the first day of its act on; how a record is built, always.
    """
    acts = store.quads(None, NamedNode(RDF + "type"), NamedNode(DPV + "Law"))
    told = {}
    for act in acts:
        begins = [quad.object.value for quad in store.quads(act.subject, NamedNode(ROPA + "validFrom")) if isinstance(quad.object, Literal)]
        if begins and isinstance(act.subject, NamedNode):
            told[act.subject.value.removesuffix("oj")] = (min(begins), act.subject.value)
    return told


def first_day(rule: Rule, days: dict[str, tuple[str, str]]) -> tuple[str, str]:
    """Return the first day on which a rule is judged and the IRI of the act it rests on, two "" where it always is."""
    if rule.concern == "form":
        return "", ""
    return next((told for stem, told in days.items() if rule.article.startswith(stem)), ("", ""))


def _read(name: str, text: str) -> Part:
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("# ").rstrip())
    # Not at the full stop of "Art. 5".
    title, *notes = re.split(r"(?<!Art)\.(?: |$)", " ".join(lines), maxsplit=1)
    graph = Graph().parse(data=text, format="turtle")
    found = {node for node in graph.subjects(SHACL.message, None) if isinstance(node, URIRef) and str(node).startswith(SHAPES)}
    rules = sorted((_rule(graph, node) for node in found), key=lambda rule: (text.find(f"rs:{rule.name} a "), rule.name))
    return Part(name, title, "".join(notes), tuple(rules))


def _rule(graph: Graph, node: URIRef) -> Rule:
    def text(predicate: str) -> str:
        return min((str(value) for value in graph.objects(node, URIRef(predicate))), default="")

    return Rule(
        name=str(node).removeprefix(SHAPES),
        iri=str(node),
        message=text(str(SHACL.message)),
        severity=text(str(SHACL.severity)).rpartition("#")[2] or "Violation",
        concern="form" if text(ROPA + "hasConcern") == ROPA + "Form" else "duty",
        article=text(DCTERMS + "source"),
        remedy=text(ROPA + "remedy"),
    )
