"""What a request of the SPARQL protocol asks for: its text and its dataset, from an address, a form or a body.

In:  the request. Out: an :class:`Operation`, or an error of HTTP that says what to send instead.

Source: W3C SPARQL 1.1 Protocol (2013), sections 2.1 (query), 2.2 (update) and 3.1 (what each may carry).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote_to_bytes

from flask import request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from ropa.errors import BadParameter
from ropa.store import is_iri

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Operation:
    """A query or an update as it was sent.

    Attributes:
        default_graphs, named_graphs: The dataset that the request names; absolute IRIs.
    """

    text: str
    default_graphs: list[str]
    named_graphs: list[str]


def read_operation(kind: Literal["query", "update"]) -> Operation:
    """Return what the request asks for.

    Raises:
        BadRequest: It has two texts, none, one of the other kind, or a body that is not UTF-8.
        UnsupportedMediaType: Its body is neither a form nor ``application/sparql-query`` or ``-update``.
        BadParameter: A graph is named by no absolute IRI.
    """
    other = "update" if kind == "query" else "query"
    _require_utf8(request.query_string)
    given = {name: request.args.getlist(name) for name in request.args}
    texts = given.get(kind, []) if kind == "query" else []
    if request.method not in ("GET", "HEAD"):
        if request.mimetype == FORM:
            _require_utf8(request.get_data())
            for name in request.form:
                given.setdefault(name, []).extend(request.form.getlist(name))
            texts = texts + request.form.getlist(kind)
        elif request.mimetype == f"application/sparql-{kind}":
            texts = [*texts, _decode()]
        else:
            raise UnsupportedMediaType(f"Send the {kind} as application/sparql-{kind}, or as {kind}=… in {FORM}.")
    if kind == "update" and "update" in request.args:
        raise BadRequest("An update stands in the body, not in the address.")
    if other in given:
        raise BadRequest(f"This address takes a {kind}; send the {other} to /{'update' if other == 'update' else 'sparql'}.")
    if len(texts) > 1:
        raise BadRequest(f"The request has {len(texts)} texts; send one {kind}.")
    if not texts:
        raise BadRequest(f"The request has no {kind}.")
    names = ("default-graph-uri", "named-graph-uri") if kind == "query" else ("using-graph-uri", "using-named-graph-uri")
    default_graphs, named_graphs = (list(dict.fromkeys(given.get(name, []))) for name in names)
    for iri in (*default_graphs, *named_graphs):
        if not is_iri(iri):
            raise BadParameter(f"{iri!r} names no graph: give an absolute IRI.")
    return Operation(texts[0], default_graphs, named_graphs)


def _require_utf8(encoded: bytes) -> None:
    """Refuse percent-encoded bytes that are not UTF-8; the framework would put other characters in their place."""
    try:
        unquote_to_bytes(encoded).decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest(f"The request is not UTF-8 at byte {error.start}.") from None


def _decode() -> str:
    try:
        return request.get_data(cache=False).decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest(f"The body is not UTF-8 at byte {error.start}.") from None
