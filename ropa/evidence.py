"""Evidence: which phrase of which document each statement of a register rests on.

In:  a register with its graph of evidence, and the texts. Out: what the texts do not bear out, and what rests on nothing.

A *statement* is a triple of the register graph whose predicate is not structural: labels, types and the links that
hold a record together need no passage (``a ropa:StructuralProperty`` in the ontology says which), unless they lead to
a marker such as ``ropa:StatedNone``.

Source: W3C Web Annotation Data Model (2017), section 4.2.4 (text quote) and 4.2.5 (text position): positions count
code points of the decoded text, end exclusive.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import BlankNode, NamedNode, Triple

from ropa.errors import Unreadable
from ropa.namespaces import NO_VALUES, NOT_STATED, OA, RDF, ROPA
from ropa.store import Quad, Term

ABOUT = tuple(NamedNode(RDF + part) for part in ("subject", "predicate", "object"))
"""The properties by which a piece of evidence names its statement."""

_TYPE = NamedNode(RDF + "type")


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


@dataclass(frozen=True)
class Coverage:
    """How a register rests on its text: statements quoted, concluded, and with neither; and passages."""

    quoted: int
    inferred: int
    bare: tuple[Triple, ...]
    passages: int


def measure_coverage(register: Iterable[Quad], evidence: Iterable[Quad], structural: set[str]) -> Coverage:
    """Count the statements of a register by what they rest on.

    Args:
        structural: IRIs of the properties that need no passage.
    """
    nodes: dict[Term, dict[NamedNode, list[Term]]] = {}
    for quad in evidence:
        nodes.setdefault(quad.subject, {}).setdefault(quad.predicate, []).append(quad.object)
    inference = NamedNode(ROPA + "Inference")
    rests = {triple: inference in values.get(_TYPE, []) for values in nodes.values() if (triple := named_statement(values)) is not None}
    statements = [quad.triple for quad in register if needs_evidence(quad, structural)]
    found = [rests.get(triple) for triple in statements]
    return Coverage(
        quoted=found.count(False),
        inferred=found.count(True),
        bare=tuple(triple for triple, kind in zip(statements, found, strict=True) if kind is None),
        passages=sum(NamedNode(ROPA + "Passage") in values.get(_TYPE, []) for values in nodes.values()),
    )


def document_slug(iri: str) -> str:
    """Return the register slug of a document IRI: ``…/id/document/my-firm-2018-05-24`` → ``my-firm``, also for ``my-firm-undated``."""
    return re.sub(r"-(\d{4}-\d{2}-\d{2}|undated)$", "", iri.rsplit("/", 1)[-1])


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


def needs_evidence(statement: Quad, structural: set[str]) -> bool:
    """Silence has no phrase; that there is none, or that a question does not arise, is a statement like any other."""
    if statement.object.value == NOT_STATED:
        return False
    return statement.predicate.value not in structural or statement.object.value in NO_VALUES


def named_statement(values: Mapping[NamedNode, list[Term]]) -> Triple | None:
    """Return the statement that an evidence node is about, None for any other node."""
    subject, predicate, value = (values.get(part, [None])[0] for part in ABOUT)
    if isinstance(subject, NamedNode | BlankNode) and isinstance(predicate, NamedNode) and value is not None:
        return Triple(subject, predicate, value)
    return None


def _check_passage(node: Term, selectors: Iterable[dict[str, list[Term]]], text: str) -> Iterator[str]:
    parts = {name: values[0].value for selector in selectors for name, values in selector.items()}
    try:
        start, end, quote = int(parts[OA + "start"]), int(parts[OA + "end"]), parts[OA + "exact"]
    except (KeyError, ValueError):
        yield f"{node}: lacks a position or a quote"
        return
    if not quote or quote not in text[start:end]:
        yield f"{node}: the text has {text[start:end]!r}, the quote is {quote!r}"


def position(text: str) -> int:
    """Return a place in a text, 0 for what is no number: the form of the record is judged elsewhere, and shown all the same."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0
