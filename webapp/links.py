"""Where an IRI leads: to its page here, to the place it names elsewhere, or nowhere.

In:  an IRI and what the store knows. Out: an address, and whether it leaves this application.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from flask import request, url_for

from ropa.namespaces import expand

if TYPE_CHECKING:
    from webapp.state import Snapshot


@dataclass(frozen=True)
class Link:
    """An address; ``outward`` tells that it leaves this application."""

    href: str
    outward: bool = False


def link(snapshot: Snapshot, iri: str) -> Link | None:
    """Return where an IRI leads, None where following it makes no sense."""
    base = snapshot.store.base
    if iri.startswith(f"{base}id/"):
        return Link(url_for("things.local", path=iri[len(base) + 3 :]))
    if iri and snapshot.knows(iri):
        return Link(url_for("things.resource", iri=iri))
    return Link(iri, outward=True) if iri.startswith(("http://", "https://")) else None


def path(snapshot: Snapshot, short: str) -> str:
    """Return the page of what :func:`ropa.namespaces.shorten` names: a path below the base or a prefixed name."""
    iri = expand(short) or f"{snapshot.store.base}{short}"
    found = link(snapshot, iri)
    return found.href if found else url_for("things.resource", iri=iri)


def here(**changed: object) -> str:
    """Return the address of the present page with some arguments replaced.

    Args:
        changed: Name to a value, several values, or None and no value to take it away. ``page`` starts anew unless it is given.
    """
    pairs = [(name, text) for name, text in request.args.items(multi=True) if text and name != "page" and name not in changed]
    for name, given in changed.items():
        values = given if isinstance(given, (list, tuple)) else [] if given is None else [given]
        pairs += [(name, str(value)) for value in values]
    return request.script_root + quote(request.path) + (f"?{urlencode(pairs)}" if pairs else "")
