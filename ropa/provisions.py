"""Provisions that a text cites: where they stand in it, and what each asks in our words.

In:  the graph law of a store and a text such as "The name is not stated. GDPR Art. 30(1)(a)." Out: pieces of the text, cited or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from ropa.namespaces import RDF, ROPA, SKOS, graph_iri
from ropa.store import QuadStore

_ARTICLE = re.compile(r"Art\. \d+\w*(?:\(\w+\))*")


@dataclass(frozen=True)
class Provision:
    """An article, paragraph, point or act: its label, and what it asks, in our words."""

    iri: str
    label: str
    paraphrase: str


@dataclass(frozen=True)
class Piece:
    """A piece of a text; ``provision`` is what it cites, None where it cites nothing."""

    text: str
    provision: Provision | None = None


class Provisions:
    """The provisions of one revision of a store, read once."""

    def __init__(self, store: QuadStore) -> None:
        law = graph_iri(store.base, "law")
        texts: dict[str, dict[str, str]] = {}
        for quad in store.quads(None, NamedNode(RDF + "type"), NamedNode(ROPA + "Provision"), law):
            for about in store.quads(quad.subject, graph=law):
                if isinstance(quad.subject, NamedNode) and isinstance(about.object, NamedNode | Literal):
                    texts.setdefault(quad.subject.value, {})[about.predicate.value] = about.object.value
        self.all = {iri: Provision(iri, told.get(SKOS + "prefLabel", ""), told.get(ROPA + "paraphrase", "")) for iri, told in texts.items()}
        self._by_label = {found.label: found for found in self.all.values() if found.label}
        # The longest first; "Art. 30(1)" must not be found in "Art. 30(1)(b)", nor "GDPR" in the middle of a word.
        labels = sorted(self._by_label, key=lambda label: (-len(label), label))
        bare = rf"(?P<bare>{_ARTICLE.pattern})"
        self._pattern = re.compile(rf"(?<!\w)(?:(?P<full>{'|'.join(map(re.escape, labels))})(?![\w(])|{bare})") if labels else None

    def find(self, label: str) -> Provision | None:
        """Return the provision with that label, such as ``GDPR Art. 30(1)(b)``."""
        return self._by_label.get(label)

    def split(self, text: str) -> Iterator[Piece]:
        """Yield a text in pieces, those that cite a provision apart.

        "GDPR Art. 30(1), Art. 5(2)" names the act once: an article alone is taken to be of the act named last before it.
        """
        end, act = 0, ""
        for match in self._pattern.finditer(text) if self._pattern else ():
            found = self._by_label.get(match["full"] or f"{act} {match['bare']}")
            if match["full"]:
                act = _ARTICLE.split(match["full"])[0].strip()
            if found is None:
                continue
            if match.start() > end:
                yield Piece(text[end : match.start()])
            yield Piece(match[0], found)
            end = match.end()
        if end < len(text):
            yield Piece(text[end:])
