"""Which of the names of a thing people read."""

from __future__ import annotations

from collections.abc import Iterable

from pyoxigraph import Literal

from ropa.namespaces import DCTERMS, RDFS, SKOS

LABELS = (SKOS + "prefLabel", DCTERMS + "title", RDFS + "label")
"""Properties that name a thing, best first."""


def pick_label(labels: Iterable[Literal]) -> str:
    """Return the label that people read, of several the English one."""
    return min(labels, key=lambda label: (not (label.language or "en").startswith("en"), label.value)).value
