"""Read RDF that a stranger sends, without letting it take the process along.

In:  bytes and their form. Out: statements, or an error that says where.

The engine's parsers of RDF/XML and JSON-LD take time or memory by the square of the depth, and RDF/XML lets a short text stand
for a very long one; both are refused before they are parsed.

Source: XML 1.0 (2008), section 4.2 (entities); RFC 8259, section 9 (a parser may limit the depth of nesting).
"""

from __future__ import annotations

import re
from typing import cast
from xml.parsers import expat

import pyoxigraph as ox
from pyoxigraph import RdfFormat

from ropa.errors import Unreadable
from ropa.store.quads import Quad

DEEPEST = 200
"""Elements or brackets within each other at the most."""
_LONGEST_ENTITY = 2_000

_BRACKETS = re.compile(rb'"(?>(?:[^"\\]|\\.)*)"|[\[\]{}]', re.DOTALL)


def read_payload(body: bytes, form: RdfFormat, base: str) -> list[Quad]:
    """Return the statements of a text, with blank nodes that nothing else has.

    Args:
        base: The IRI that relative ones are resolved against.

    Raises:
        Unreadable: It does not parse, nests too deep, has an entity that stands for others, or triples within triples.
    """
    if form == RdfFormat.RDF_XML:
        _check_xml(body)
    elif form == RdfFormat.JSON_LD:
        _check_json(body)
    try:
        parsed = list(ox.parse(body, format=form, base_iri=base, rename_blank_nodes=True))
    except SyntaxError as error:
        raise Unreadable(f"The body does not parse: {error.msg}") from None
    except ValueError as error:
        raise Unreadable(f"The body does not parse: {error}") from None
    if any(isinstance(quad.object, ox.Triple) for quad in parsed):
        raise Unreadable("The body has triples within triples (RDF 1.2), which this store does not keep.")
    return cast(list[Quad], parsed)


def _check_xml(body: bytes) -> None:
    depth = 0

    def open_element(name: str, _attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise Unreadable(f"The element {name[:40]} in line {parser.CurrentLineNumber} is nested deeper than {DEEPEST}. Send it flat.")

    def close_element(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def declare(name: str, _parameter: bool, value: str | None, *_: object) -> None:
        if value is None or "&" in value or "%" in value or len(value) > _LONGEST_ENTITY:
            raise Unreadable(f"The entity {name[:40]} stands for another text, or for a long one. Write it out where it is used.")

    parser = expat.ParserCreate()
    parser.StartElementHandler = open_element
    parser.EndElementHandler = close_element
    parser.EntityDeclHandler = declare
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise Unreadable(f"The body is not XML: {error}") from None


def _check_json(body: bytes) -> None:
    depth = 0
    for match in _BRACKETS.finditer(body):
        sign = match.group()
        if sign in (b"{", b"["):
            depth += 1
            if depth > DEEPEST:
                raise Unreadable(f"The body nests brackets deeper than {DEEPEST}. Send it flat.")
        elif sign in (b"}", b"]"):
            depth -= 1
