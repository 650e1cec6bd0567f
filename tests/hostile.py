"""Registers whose labels try to do harm: markup, scripts, odd directions, nothing at all, and far too much."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from pyoxigraph import Literal, NamedNode

from ropa.namespaces import DCTERMS, DEFAULT_BASE, DPV, OA, RDF, RDFS, ROPA, SKOS, XSD, graph_iri
from ropa.store import Quad, QuadStore, make_quad
from ropa.store.embedded import EmbeddedStore
from tests.acme import CLEANER
from tests.conftest import fill_with_acme

LABELS = {
    "script": "<script>window.hacked = 1</script>",
    "image": "<img src=x onerror=\"window.hacked = 1\">'\"><svg onload='window.hacked = 1'>",
    "closing": "</title></textarea></script><h1>Taken over</h1>",
    "template": "{{ 7 * 7 }} {% raw %} ${7*7}",
    "address": "javascript:window.hacked=1",
    "turned": "before \u202egnp.exe\u202c after \u2066open",
    "marks": "a\u0000b\u0007c\u001b[31md".replace("\u0000", "\u0001"),
    "emoji": "👩‍💻 🏴‍☠️ Zażółć ﷽ 数据",
    "stacked": "Z" + "\u0301" * 400,
    "long": "W" * 10_000,
    "words": "very many words " * 600,
    "quotes": "\"quoted\" 'single' `tick` \\ & &amp; < >",
    "lines": "one\ntwo\r\n\tthree\u2028four",
    "formula": "=1+1",
    "blank": " ",
    "empty": "",
}
"""Name of an oddity to a label that has it."""
LINKS = (
    "javascript:window.hacked=1",
    "data:text/html,<script>window.hacked=1</script>".replace("<", "%3C").replace(">", "%3E"),
    "file:///etc/passwd",
    "urn:uuid:1",
    "//evil.example/",
)
RECIPIENTS = [
    "<script>alert(1)</script>",
    "\u202eabc\u2066 لعربية",
    "x" * 10_000,
    "🧑‍🚀" * 300,
    "",
    "   ",
    "a\x07b",
    "</bdi>\"'>&amp;{{7*7}}",
]
"""Names of parties that receive from one flow."""
ODD = "odd"
"""Slug of the register."""
_DIRECTIONS = {*"\u202a\u202b\u202c\u202d\u202e"}
_CONTROLS = {chr(code) for code in [*range(9), 11, 12, *range(14, 32), 127, *range(128, 160)]}


def local(kind: str, name: str) -> NamedNode:
    """Return a thing of the register."""
    return NamedNode(f"{DEFAULT_BASE}id/{ODD}/{kind}/{name}")


@dataclass
class _Record:
    """Quads of the register in the making."""

    graph: NamedNode
    quads: list[Quad] = field(default_factory=list)

    def say(self, subject: NamedNode, predicate: str, *values: NamedNode | Literal) -> None:
        self.quads.extend(make_quad(subject, NamedNode(predicate), value, self.graph) for value in values)

    def thing(self, kind: str, name: str, *classes: str) -> NamedNode:
        node = local(kind, name)
        self.say(node, RDF + "type", *(NamedNode(one) for one in classes))
        self.say(node, SKOS + "prefLabel", Literal(LABELS[name]))
        return node


def fill_with_harm(store: QuadStore) -> None:
    """Put the vocabulary, the invented register and one made of odd labels into a store."""
    fill_with_acme(store)
    record = _Record(NamedNode(graph_iri(DEFAULT_BASE, f"register/{ODD}")))
    register = NamedNode(f"{DEFAULT_BASE}id/register/{ODD}")
    party = NamedNode(f"{DEFAULT_BASE}id/party/{ODD}")
    record.say(register, RDF + "type", NamedNode(DPV + "ROPA"))
    record.say(register, DCTERMS + "title", Literal(LABELS["script"]))
    record.say(register, DCTERMS + "publisher", party)
    record.say(party, RDF + "type", NamedNode(DPV + "LegalEntity"))
    record.say(party, SKOS + "prefLabel", Literal(LABELS["image"]))
    record.say(party, DPV + "hasName", Literal(LABELS["turned"]))
    record.say(party, ROPA + "website", Literal("javascript:window.hacked=1"))
    for number, name in enumerate(LABELS):
        record.say(register, DPV + "hasRecordOfActivity", _activity(record, party, number, name))
    store.replace_graphs({record.graph.value: record.quads, graph_iri(DEFAULT_BASE, f"evidence/{ODD}"): _evidence()})


def _activity(record: _Record, party: NamedNode, number: int, name: str) -> NamedNode:
    activity = local("activity", name)
    record.say(activity, RDF + "type", NamedNode(ROPA + "ProcessingActivity"), NamedNode(ROPA + "ControllerActivity"))
    record.say(activity, DCTERMS + "title", Literal(LABELS[name]))
    record.say(activity, DCTERMS + "description", Literal(LABELS[name]))
    record.say(activity, DPV + "hasDataController", party)
    record.say(activity, RDFS + "seeAlso", *(NamedNode(iri) for iri in LINKS if ":" in iri))
    for kind, own, above, predicate in (
        ("category", "PersonalData", "https://w3id.org/dpv/pd#EmailAddress", "hasPersonalData"),
        ("subject", "DataSubject", DPV + "Customer", "hasDataSubject"),
        ("purpose", "Purpose", DPV + "Marketing", "hasPurpose"),
        ("measure", "TechnicalOrganisationalMeasure", DPV + "TechnicalMeasure", "hasTechnicalOrganisationalMeasure"),
    ):
        node = record.thing(kind, name, DPV + own)
        record.say(node, SKOS + "broader", NamedNode(above))
        record.say(activity, DPV + predicate, node)
    for kind, own in (
        ("flow", "DataFlow"),
        ("retention", "RetentionRule"),
        ("basis", "LegalBasisClaim"),
        ("right", "RightOffer"),
    ):
        record.say(activity, f"{ROPA}has{own}", record.thing(kind, name, ROPA + own))
    to = record.thing("party", name, DPV + "LegalEntity", *([ROPA + "UnnamedParty"] if number % 2 else []))
    flow, rule = local("flow", name), local("retention", name)
    record.say(flow, DPV + "hasRecipient", to)
    record.say(flow, DPV + "hasPersonalData", local("category", name))
    record.say(flow, DPV + "hasLocation", record.thing("place", name, DPV + "Location"), NamedNode("https://w3id.org/dpv/loc#US"))
    record.say(flow, ROPA + "condition", Literal(LABELS[name]))
    record.say(flow, ROPA + "hasModality", NamedNode(ROPA + "Actual"))
    record.say(rule, DPV + "hasPersonalData", local("category", name))
    record.say(rule, ROPA + "period", Literal(f"P{number + 1}D", datatype=NamedNode(XSD + "duration")))
    record.say(local("basis", name), DPV + "hasLegalBasis", NamedNode("https://w3id.org/dpv/legal/eu/gdpr#A6-1-a"))
    record.say(local("right", name), DPV + "hasRight", NamedNode("https://w3id.org/dpv/legal/eu/gdpr#A15"))
    record.say(local("right", name), ROPA + "howToExercise", Literal(LABELS[name]))
    return activity


def _evidence() -> list[Quad]:
    """Return evidence for each category of an activity, whose passage has odd words and stands at no number."""
    proof = _Record(NamedNode(graph_iri(DEFAULT_BASE, f"evidence/{ODD}")))
    for name, text in LABELS.items():
        node, passage, selector = local("evidence", name), local("passage", name), local("selector", name)
        proof.say(node, RDF + "type", NamedNode(ROPA + "Evidence"))
        proof.say(node, RDF + "subject", local("activity", name))
        proof.say(node, RDF + "predicate", NamedNode(DPV + "hasPersonalData"))
        proof.say(node, RDF + "object", local("category", name))
        proof.say(node, OA + "hasTarget", passage)
        proof.say(passage, RDF + "type", NamedNode(ROPA + "Passage"))
        proof.say(passage, OA + "hasSource", NamedNode(f"{DEFAULT_BASE}id/document/{ODD}"))
        proof.say(passage, ROPA + "section", Literal(text))
        proof.say(passage, OA + "hasSelector", selector)
        proof.say(selector, OA + "exact", Literal(text))
        proof.say(selector, OA + "start", Literal("near the top"))
        proof.say(selector, OA + "end", Literal("-1"))
    return proof.quads


@pytest.fixture
def hostile() -> QuadStore:
    """The invented register with parties whose names are meant to do harm, and IRIs that hold the marks between parts."""
    store = EmbeddedStore.in_memory()
    fill_with_acme(store)
    graph = graph_iri(DEFAULT_BASE, "register/acme")
    quads = list(store.quads(graph=graph))
    for place, label in enumerate(RECIPIENTS):
        party = NamedNode(f"{DEFAULT_BASE}id/acme/party/odd~{place}%7E'&<".replace("<", "%3C"))
        quads += [
            make_quad(party, NamedNode(RDF + "type"), NamedNode(DPV + "LegalEntity"), NamedNode(graph)),
            make_quad(party, NamedNode(SKOS + "prefLabel"), Literal(label), NamedNode(graph)),
            make_quad(NamedNode(CLEANER), NamedNode(DPV + "hasRecipient"), party, NamedNode(graph)),
            make_quad(party, NamedNode(DCTERMS + "isPartOf"), NamedNode("urn:odd~%25"), NamedNode(graph)),
        ]
    store.replace_graphs({graph: quads})
    return store


PLACES = [
    f"register/{ODD}",
    f"party/{ODD}",
    f"document/{ODD}",
    *(
        f"{ODD}/{kind}/{name}"
        for name in LABELS
        for kind in (
            "activity",
            "category",
            "party",
            "flow",
            "place",
            "purpose",
            "subject",
            "measure",
            "retention",
            "right",
            "basis",
            "passage",
            "evidence",
        )
    ),
]
"""Things of the register, below ``/id/``."""


@dataclass
class Reader(HTMLParser):
    """Reads a page and notes what no label may have brought in."""

    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "script" and not told.get("src", "").startswith("/static/"):
            self.faults.append(f"script {told}")
        self.faults.extend(f"{tag} {name}" for name in told if name.startswith("on") or name in ("style", "srcdoc"))
        for name in ("href", "src", "action", "formaction"):
            scheme = urlsplit(told.get(name, "").strip()).scheme
            if scheme not in ("", "http", "https") and told[name] != "data:,":
                self.faults.append(f"{tag} {name}={told[name][:60]}")
        if tag in ("iframe", "object", "embed", "base"):
            self.faults.append(tag)

    def handle_data(self, data: str) -> None:
        found = (_DIRECTIONS | _CONTROLS) & set(data)
        if found:
            self.faults.append(f"{sorted(map(ascii, found))} in {data[:60]!a}")


def find_harm(html: str) -> list[str]:
    """Return what a page has that it must not have."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader.faults
