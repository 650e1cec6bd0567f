"""Evidence: which phrase of which document each statement of a register rests on.

In:  a draft, where statements are annotated with the phrase that proves them, and the text of the document.
Out: the same statements, plus a graph of evidence with the exact place of each phrase; or a list of faults.

A *statement* is a triple of the register graph whose predicate is not structural: labels, types and the links that
hold a record together need no passage (``a ropa:StructuralProperty`` in the ontology says which), unless they lead to
a marker such as ``ropa:StatedNone``.

Source: W3C Web Annotation Data Model (2017), section 4.2.4 (text quote) and 4.2.5 (text position): positions count
code points of the decoded text, end exclusive.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from ropa.errors import RopaError, Unreadable
from ropa.namespaces import OA, RDF, ROPA, XSD, graph_iri, shorten
from ropa.store import Node, Quad, Term, make_quad

LONGEST_QUOTE = 12
"""Words of a quote at the most: enough to prove, too few to copy a text."""

_TYPE = NamedNode(RDF + "type")
_REIFIES = NamedNode(RDF + "reifies")
_ABOUT = [NamedNode(RDF + part) for part in ("subject", "predicate", "object")]
_QUOTE, _SECTION, _CONTEXT, _REASON = (NamedNode(ROPA + name) for name in ("quote", "section", "context", "reason"))
_NOT_STATED = NamedNode(ROPA + "NotStated")
_DENIED = {NamedNode(ROPA + name) for name in ("StatedNone", "NotApplicable", "LostInSource")}


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
        if statement.triple in cited or not _needs_evidence(statement, structural):
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


def check_evidence(quads: Iterable[Quad], texts: Path) -> Iterator[str]:
    """Yield a sentence for each passage or document that the texts do not bear out.

    Args:
        quads: A register and its evidence, any graphs.
        texts: Folder of the documents, named as the slug of the register they belong to (``aculab.txt``).

    Raises:
        Unreadable: A document is not in the folder or is not UTF-8.
    """
    nodes: dict[Term, dict[str, list[Term]]] = {}
    for quad in quads:
        nodes.setdefault(quad.subject, {}).setdefault(quad.predicate.value, []).append(quad.object)
    documents: dict[str, str] = {}
    for node, values in nodes.items():
        for told in values.get(ROPA + "sha256", []):
            data = read_document(texts, document_slug(node.value))
            documents[node.value] = text = data.decode("utf-8")
            if told.value != (found := hashlib.sha256(data).hexdigest()):
                yield f"{node.value}: the file has SHA-256 {found}, the register says {told.value}"
            for length in values.get(ROPA + "characters", []):
                if length.value != str(len(text)):
                    yield f"{node.value}: the file has {len(text)} code points, the register says {length.value}"
    for node, values in nodes.items():
        for document in values.get(OA + "hasSource", []):
            if document.value not in documents:
                yield f"{node}: its document {document} is not described in the register"
                continue
            selectors = [nodes.get(selector, {}) for selector in values.get(OA + "hasSelector", [])]
            yield from _check_passage(node, selectors, documents[document.value])


def document_slug(iri: str) -> str:
    """Return the register slug of a document IRI: ``…/id/document/aculab-2018-05-24`` → ``aculab``."""
    return iri.rsplit("/", 1)[-1].split("-", 1)[0]


def read_document(texts: Path, slug: str) -> bytes:
    """Return the bytes of a source document.

    Raises:
        Unreadable: It is not there or is not UTF-8.
    """
    path = texts / f"{slug}.txt"
    try:
        data = path.read_bytes()
        data.decode("utf-8")
    except OSError:
        raise Unreadable(f"{path}: no such text. Give the folder that holds the source documents.") from None
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path}: not UTF-8 at byte {error.start}.") from None
    return data


def _check_passage(node: Term, selectors: Iterable[dict[str, list[Term]]], text: str) -> Iterator[str]:
    parts = {name: values[0].value for selector in selectors for name, values in selector.items()}
    try:
        start, end, quote = int(parts[OA + "start"]), int(parts[OA + "end"]), parts[OA + "exact"]
    except (KeyError, ValueError):
        yield f"{node}: lacks a position or a quote"
        return
    if not quote or quote not in text[start:end]:
        yield f"{node}: the text has {text[start:end]!r}, the quote is {quote!r}"


def _needs_evidence(statement: Quad, structural: set[str]) -> bool:
    """Silence has no phrase; that there is none, or that a question does not arise, is a statement like any other."""
    if statement.object == _NOT_STATED:
        return False
    return statement.predicate.value not in structural or statement.object in _DENIED


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
    about = {node: triple for node, values in nodes.items() if (triple := _statement(values)) is not None}
    keep: set[Term] = {node for node, triple in about.items() if triple in statements}
    for predicate in (NamedNode(OA + "hasTarget"), NamedNode(OA + "hasSelector")):
        keep |= {value for node in keep for value in nodes.get(node, {}).get(predicate, [])}
    kept = [quad for quad in quads if quad.graph_name != graph or quad.subject in keep]
    return kept, {about[node] for node in keep if node in about}


def _statement(values: dict[NamedNode, list[Term]]) -> Triple | None:
    """Return the statement that an evidence node is about, None for any other node."""
    subject, predicate, value = (values.get(part, [None])[0] for part in _ABOUT)
    if isinstance(subject, NamedNode | BlankNode) and isinstance(predicate, NamedNode) and value is not None:
        return Triple(subject, predicate, value)
    return None


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
        for predicate, value in zip(_ABOUT, (statement.subject, statement.predicate, statement.object), strict=True):
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

    def _add(self, subject: NamedNode | BlankNode, predicate: NamedNode, value: Term) -> None:
        self.quads.append(make_quad(subject, predicate, value, self._graph))


def _integer(number: int) -> Literal:
    return Literal(str(number), datatype=NamedNode(XSD + "integer"))
