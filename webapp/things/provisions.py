"""Cited articles as links: to the page of the provision here, with what it asks in our words beside it.

In:  a text, or the IRI of a provision. Out: the same as HTML; without a script it is a plain link with a title.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

from flask import url_for
from markupsafe import Markup, escape

from ropa.provisions import Provision, Provisions
from ropa.words import tidy
from webapp.state import Snapshot, state

_READ: WeakKeyDictionary[Snapshot, Provisions] = WeakKeyDictionary()


def provisions() -> Provisions:
    """Return the provisions of the present revision."""
    snapshot = state().snapshot()
    if snapshot not in _READ:
        _READ[snapshot] = Provisions(snapshot.store)
    return _READ[snapshot]


def cite(text: str) -> Markup:
    """Return a text with each provision that it cites as a link."""
    return Markup("").join(
        _anchor(piece.provision, piece.text) if piece.provision else escape(piece.text) for piece in provisions().split(text)
    )


def law(iri: str, label: str = "") -> Markup:
    """Return a link to a provision by its IRI, the label alone where the store does not know it."""
    found = provisions().all.get(iri)
    return _anchor(found, tidy(label or found.label)) if found else escape(tidy(label))


def _anchor(found: Provision, text: str) -> Markup:
    href = url_for("things.resource", iri=found.iri)
    return Markup('<a class="law" href="{}" title="{}">{}</a>').format(href, found.paraphrase, text)
