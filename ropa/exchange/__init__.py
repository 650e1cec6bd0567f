"""Exports of one register, one module per family of formats.

In:  a store and a register's slug. Out: bytes, the same for the same revision.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ropa.errors import NotFound
from ropa.exchange import jsonld, rdf
from ropa.registers import find_register
from ropa.store import QuadStore


@dataclass(frozen=True)
class Format:
    """A way to write a register: name on the command line, file ending, media type."""

    name: str
    ending: str
    media_type: str
    write: Callable[[QuadStore, str], bytes]


FORMATS: dict[str, Format] = {
    found.name: found
    for found in (
        Format("turtle", "ttl", "text/turtle", rdf.write_turtle),
        Format("jsonld", "jsonld", "application/ld+json", jsonld.write),
        Format("trig", "trig", "application/trig", rdf.write_trig),
        Format("nquads", "nq", "application/n-quads", rdf.write_nquads),
    )
}
"""Name to format."""


def export_register(store: QuadStore, slug: str, name: str) -> bytes:
    """Write one register with its evidence.

    Raises:
        NotFound: There is no such register or no such format.
    """
    if name not in FORMATS:
        raise NotFound("format", name, FORMATS)
    return FORMATS[name].write(store, find_register(store, slug).slug)
