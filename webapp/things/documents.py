"""Phrases in their text: what a page shows of a source document, if the server was given its text.

In:  the folder of the texts and what rests on them. Out: stretches with the passages over them, or why there is no text.
"""

from __future__ import annotations

from dataclasses import dataclass

from ropa.documents import Stretch, find_spans, mark_spans, read_source
from ropa.errors import Unreadable
from ropa.things import Citation
from webapp.state import state

_AROUND = 300
"""Code points shown before and after a phrase."""


@dataclass(frozen=True)
class Text:
    """A document as a page shows it.

    Attributes:
        passages: IRIs in the order of the text. missing: Why there are no stretches, "" where there are.
    """

    stretches: list[Stretch]
    passages: list[str]
    missing: str


@dataclass(frozen=True)
class Excerpt:
    """A phrase with what stands around it."""

    before: str
    phrase: str
    after: str


def read_text(document: str) -> Text:
    """Return the text of a document with its passages."""
    told = state()
    spans = find_spans(told.store, document)
    passages = [span.passage for span in spans]
    if told.sources is None:
        return Text(
            [], passages, "The server was started without the source documents. Start it with --sources FOLDER to read the text here."
        )
    try:
        text = read_source(told.store, document, told.sources)
    except Unreadable as error:
        # Where the server keeps its texts is nobody's business.
        return Text([], passages, str(error).replace(f"{told.sources}/", ""))
    return Text(mark_spans(text, spans), passages, "")


def excerpt(citation: Citation) -> Excerpt | None:
    """Return a passage with its surroundings, None where the text is not at hand."""
    told = state()
    if told.sources is None:
        return None
    try:
        text = read_source(told.store, citation.document, told.sources)
    except Unreadable:
        return None
    start, end = citation.start, citation.end
    return Excerpt(text[max(0, start - _AROUND) : start], text[start:end], text[end : end + _AROUND])
