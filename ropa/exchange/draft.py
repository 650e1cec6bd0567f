"""Draft registers: statements annotated with the phrases that prove them, made into files of ``data/``.

In:  a draft and the text of its document. Out: the same statements, with evidence that says exactly where each phrase stands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox
from pyoxigraph import Literal, NamedNode, Triple

from ropa.errors import RopaError, Unreadable
from ropa.evidence import ABOUT, document_slug, named_statement, needs_evidence, read_document
from ropa.exchange.layout import write_trig
from ropa.namespaces import OA, RDF, ROPA, XSD, graph_iri, shorten
from ropa.registers import parse_annotated, read_vocabulary, register_slugs, structural_properties
from ropa.store import Node, Quad, Term, make_quad

LONGEST_QUOTE = 12
"""Words of a quote at the most: enough to prove, too few to copy a text."""

_TYPE = NamedNode(RDF + "type")
_REIFIES = NamedNode(RDF + "reifies")
_QUOTE, _SECTION, _CONTEXT, _REASON = (NamedNode(ROPA + name) for name in ("quote", "section", "context", "reason"))


class BadCitation(RopaError):
    """A phrase that the document does not have, or has more than once."""


@dataclass(frozen=True)
class Source:
    """The document that a register is read from: slug and base of the register, IRI of the document, its decoded text."""

    slug: str
    base: str
    document: str
    text: str


@dataclass
class _Note:
    """What a draft says about one statement, or about all statements of one node."""

    quotes: list[str] = field(default_factory=list)
    section: str = ""
    context: str = ""
    reason: str = ""

    def take(self, predicate: NamedNode, value: str) -> None:
        if predicate == _QUOTE:
            self.quotes.append(value)
        elif predicate == _SECTION:
            self.section = value
        elif predicate == _CONTEXT:
            self.context = value
        else:
            self.reason = value


def expand_draft(draft: Iterable[ox.Quad], source: Source, structural: set[str]) -> list[Quad]:
    """Turn the annotations of a draft into evidence.

    Args:
        draft: Quads of one register graph, with RDF 1.2 annotations ``{| ropa:quote "…" ; ropa:section "…" |}`` on
            statements, or the same properties on a node for all its statements that have no annotation of their own.
            ``ropa:context`` is a longer stretch that tells which occurrence is meant; ``ropa:reason`` marks an
            inference. Evidence that the draft already has is kept as long as its statement stands.
        structural: IRIs of the properties that need no passage.

    Returns:
        The quads of ``graph/register/SLUG`` without annotations, and of ``graph/evidence/SLUG``.

    Raises:
        BadCitation: A phrase is not in the text, is there more than once without a context, or is too long.
    """
    quads = list(draft)
    reified = {quad.subject: quad.object for quad in quads if quad.predicate == _REIFIES}
    notes: dict[ox.NamedNode | ox.BlankNode | Triple | Literal, _Note] = {}
    out: list[Quad] = []
    for quad in quads:
        if quad.predicate in (_QUOTE, _SECTION, _CONTEXT, _REASON) and quad.graph_name == _graph("register", source):
            about = reified.get(quad.subject, quad.subject)
            notes.setdefault(about, _Note()).take(quad.predicate, str(getattr(quad.object, "value", "")))
        elif quad.predicate != _REIFIES and not isinstance(quad.subject, Triple) and not isinstance(quad.object, Triple):
            out.append(make_quad(quad.subject, quad.predicate, quad.object, quad.graph_name))
    out, cited = _keep_standing(out, source)
    citing = _Citing(source, {quad.subject for quad in out if quad.predicate.value == OA + "hasSource"})
    for statement in dict.fromkeys(quad for quad in out if quad.graph_name == _graph("register", source)):
        if statement.triple in cited or not needs_evidence(statement, structural):
            continue
        own, shared = notes.get(statement.triple, _Note()), notes.get(statement.subject, _Note())
        note = own if own.quotes or own.reason else shared
        # A statement without any note gets no evidence here; the form shapes report it.
        if note.quotes or note.reason:
            citing.cite(statement, note, own.section or shared.section)
    return list(dict.fromkeys([*out, *citing.quads]))


def find_phrase(text: str, quote: str, context: str = "") -> tuple[int, int]:
    """Return start and end of *quote* in *text*, in code points, end exclusive.

    Raises:
        BadCitation: See :func:`expand_draft`.
    """
    if len(quote.split()) > LONGEST_QUOTE:
        raise BadCitation(f"The phrase has {len(quote.split())} words, {LONGEST_QUOTE} at the most: {quote!r}")
    stretch, offset = text, 0
    if context:
        if text.count(context) != 1:
            raise BadCitation(f"The context occurs {text.count(context)} times, it must be unique: {context!r}")
        stretch, offset = context, text.index(context)
    if stretch.count(quote) != 1:
        raise BadCitation(f"The phrase occurs {stretch.count(quote)} times, it must be unique (give a context): {quote!r}")
    start = offset + stretch.index(quote)
    return start, start + len(quote)


def cite_draft(path: Path, sources: Path, base: str) -> bytes:
    """Turn a draft register into a file of ``data/``: see :func:`expand_draft`.

    Raises:
        Unreadable: The draft or its document cannot be read, or the draft does not hold exactly one register.
        BadCitation: A phrase is not where the draft says.
    """
    quads = parse_annotated(path, base)
    slugs = register_slugs({quad.graph_name.value for quad in quads if isinstance(quad.graph_name, NamedNode)}, base)
    documents = [quad.subject.value for quad in quads if quad.predicate.value == ROPA + "sha256" and isinstance(quad.subject, NamedNode)]
    if len(slugs) != 1 or len(documents) != 1:
        raise Unreadable(f"{path}: holds {len(slugs)} register graphs and {len(documents)} documents; a draft holds one of each.")
    text = read_document(sources, document_slug(documents[0])).decode("utf-8")
    structural = structural_properties(read_vocabulary(base)[graph_iri(base, "ontology")])
    return write_trig(expand_draft(quads, Source(slugs[0], base, documents[0], text), structural), base)


def _graph(kind: str, source: Source) -> NamedNode:
    return NamedNode(graph_iri(source.base, f"{kind}/{source.slug}"))


def _keep_standing(quads: list[Quad], source: Source) -> tuple[list[Quad], set[Triple]]:
    """Drop the evidence of statements that are gone, with the passages that nothing rests on any more.

    Returns:
        What stays, and the statements that it has evidence for.
    """
    graph = _graph("evidence", source)
    statements = {quad.triple for quad in quads if quad.graph_name != graph}
    nodes: dict[Term, dict[NamedNode, list[Term]]] = {}
    for quad in quads:
        if quad.graph_name == graph:
            nodes.setdefault(quad.subject, {}).setdefault(quad.predicate, []).append(quad.object)
    about = {node: triple for node, values in nodes.items() if (triple := named_statement(values)) is not None}
    keep: set[Term] = {node for node, triple in about.items() if triple in statements}
    for predicate in (NamedNode(OA + "hasTarget"), NamedNode(OA + "hasSelector")):
        keep |= {value for node in keep for value in nodes.get(node, {}).get(predicate, [])}
    kept = [quad for quad in quads if quad.graph_name != graph or quad.subject in keep]
    return kept, {about[node] for node in keep if node in about}


class _Citing:
    """Collects the evidence of one register: a node a statement, a node a passage."""

    def __init__(self, source: Source, passages: set[Node]) -> None:
        self._source = source
        self._graph = _graph("evidence", source)
        self._passages = passages
        self.quads: list[Quad] = []

    def cite(self, statement: Quad, note: _Note, section: str) -> None:
        source = self._source
        subject = shorten(statement.subject.value, source.base)
        if note.quotes and not section:
            raise BadCitation(f"{subject}: no section is given for {note.quotes[0]!r}")
        # The statement decides the name, so a second run over the same draft changes nothing.
        digest = hashlib.sha256(str(statement.triple).encode()).hexdigest()[:12]
        node = NamedNode(f"{source.base}id/{source.slug}/evidence/{digest}")
        self._add(node, _TYPE, NamedNode(ROPA + ("Inference" if note.reason else "Evidence")))
        for predicate, value in zip(ABOUT, (statement.subject, statement.predicate, statement.object), strict=True):
            self._add(node, predicate, value)
        if note.reason:
            self._add(node, _REASON, Literal(note.reason))
        if section:
            self._add(node, _SECTION, Literal(section))
        for quote in note.quotes:
            try:
                start, end = find_phrase(source.text, quote, note.context if quote in note.context else "")
            except BadCitation as error:
                raise BadCitation(f"{subject}: {error}") from None
            self._add(node, NamedNode(OA + "hasTarget"), self._passage(start, end, quote, section))

    def _passage(self, start: int, end: int, quote: str, section: str) -> NamedNode:
        node = NamedNode(f"{self._source.base}id/{self._source.slug}/passage/{start}-{end}")
        if node not in self._passages:
            self._passages.add(node)
            # Named, not blank: exports compare, sort and sign without a canonicalisation.
            position, exact = NamedNode(f"{node.value}#position"), NamedNode(f"{node.value}#quote")
            self._add(node, _TYPE, NamedNode(ROPA + "Passage"))
            self._add(node, _SECTION, Literal(section))
            self._add(node, NamedNode(OA + "hasSource"), NamedNode(self._source.document))
            self._add(node, NamedNode(OA + "hasSelector"), position)
            self._add(node, NamedNode(OA + "hasSelector"), exact)
            self._add(position, _TYPE, NamedNode(OA + "TextPositionSelector"))
            self._add(position, NamedNode(OA + "start"), _integer(start))
            self._add(position, NamedNode(OA + "end"), _integer(end))
            self._add(exact, _TYPE, NamedNode(OA + "TextQuoteSelector"))
            self._add(exact, NamedNode(OA + "exact"), Literal(quote))
        return node

    def _add(self, subject: NamedNode, predicate: NamedNode, value: Term) -> None:
        self.quads.append(make_quad(subject, predicate, value, self._graph))


def _integer(number: int) -> Literal:
    return Literal(str(number), datatype=NamedNode(XSD + "integer"))
