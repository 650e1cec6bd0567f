"""Source documents: the text that a register was read from, with the passages that statements rest on.

In:  a store, the IRI of a document, and the folder where the texts are. Out: the text in stretches, each with its passages.

The texts are not part of a store. A text is shown only if it is, byte for byte, the one that the register was read from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from pyoxigraph import NamedNode

from ropa.errors import Unreadable
from ropa.evidence import document_slug, position, read_document
from ropa.namespaces import OA, ROPA
from ropa.store import QuadStore


@dataclass(frozen=True)
class Span:
    """A passage of a document: its IRI and its code points, end exclusive."""

    passage: str
    start: int
    end: int


@dataclass(frozen=True)
class Stretch:
    """A piece of a text over which the same passages lie.

    Attributes:
        passages: IRIs, the shortest passage first; empty where no statement rests on the text.
        begins: IRIs of the passages that start here.
    """

    text: str
    passages: tuple[str, ...]
    begins: tuple[str, ...]


def read_source(store: QuadStore, document: str, folder: Path) -> str:
    """Return the text of a document.

    Raises:
        Unreadable: It is not in the folder, or is not the text that the register names by its SHA-256.
    """
    slug = document_slug(document)
    data = read_document(folder, slug)
    told = {quad.object.value for quad in store.quads(NamedNode(document), NamedNode(ROPA + "sha256"))}
    if hashlib.sha256(data).hexdigest() not in told:
        raise Unreadable(f"{folder / f'{slug}.txt'} is not the text that the register was read from: its SHA-256 differs.")
    return data.decode("utf-8")


def find_spans(store: QuadStore, document: str) -> list[Span]:
    """Return the passages of a document in the order of its text."""
    spans = []
    for quad in store.quads(None, NamedNode(OA + "hasSource"), NamedNode(document)):
        numbers: dict[str, str] = {}
        for selector in store.quads(quad.subject, NamedNode(OA + "hasSelector")):
            if isinstance(selector.object, NamedNode):
                numbers |= {part.predicate.value: part.object.value for part in store.quads(selector.object)}
        if OA + "start" in numbers and OA + "end" in numbers:
            spans.append(Span(quad.subject.value, position(numbers[OA + "start"]), position(numbers[OA + "end"])))
    return sorted(spans, key=lambda span: (span.start, span.end, span.passage))


def mark_spans(text: str, spans: Iterable[Span]) -> list[Stretch]:
    """Cut a text where passages begin and end; joined again, the stretches are the text."""
    found = [span for span in spans if 0 <= span.start < span.end <= len(text)]
    cuts = sorted({0, len(text), *(span.start for span in found), *(span.end for span in found)})
    opening: dict[int, list[Span]] = {}
    for span in found:
        opening.setdefault(span.start, []).append(span)
    stretches = []
    active: list[Span] = []
    for start, end in pairwise(cuts):
        active = [span for span in active if span.end > start] + opening.get(start, [])
        shortest = sorted(active, key=lambda span: (span.end - span.start, span.start))
        begins = tuple(span.passage for span in opening.get(start, []))
        stretches.append(Stretch(text[start:end], tuple(span.passage for span in shortest), begins))
    return stretches
