"""Where an IRI leads: to its page here, to the place it names elsewhere, or nowhere.

In:  an IRI. Out: an address, and whether it leaves this application.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from flask import url_for

from ropa.namespaces import expand
from webapp.state import state


@dataclass(frozen=True)
class Link:
    """An address; ``outward`` tells that it leaves this application."""

    href: str
    outward: bool = False


def link(iri: str) -> Link | None:
    """Return where an IRI leads, None where following it makes no sense."""
    base = state().store.base
    if iri.startswith(f"{base}id/"):
        return Link("/" + quote(iri[len(base) :], safe="/:@!$&'()*+,;=~"))
    if iri and state().snapshot().knows(iri):
        return Link(url_for("things.resource", iri=iri))
    return Link(iri, outward=True) if iri.startswith(("http://", "https://")) else None


def path(short: str) -> str:
    """Return the page of what :func:`ropa.namespaces.shorten` names: a path below the base or a prefixed name."""
    iri = expand(short) or f"{state().store.base}{short}"
    found = link(iri)
    return found.href if found else url_for("things.resource", iri=iri)
