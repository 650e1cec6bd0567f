"""Conditions on a state: by its ETag somebody who writes says which one the write rests on.

In:  the headers ``If-Match`` and ``If-None-Match``. Out: nothing, or 412 and nothing written.

Source: RFC 9110, sections 13.1 and 13.2.
"""

from __future__ import annotations

from flask import request
from pyoxigraph import RdfFormat
from werkzeug.exceptions import PreconditionFailed

from webapp.endpoint.description import MEDIA_TYPES as TRIPLES
from webapp.state import state

QUADS = {"application/n-quads": RdfFormat.N_QUADS, "application/trig": RdfFormat.TRIG}


def graph_etag(media_type: str) -> str:
    """Return the ETag of any graph, and of all together, in the present revision."""
    return f"{state().epoch}-{state().store.revision}-{media_type.partition('/')[2]}"


def require_match(*, exists: bool = True) -> None:
    """Refuse a write that rests on another state than the present one; use it where nobody else can write until it is made.

    Args:
        exists: Whether there is what is written to; all graphs together always are.

    Raises:
        PreconditionFailed: The state is another one.
    """
    current = [graph_etag(media_type) for media_type in (*TRIPLES, *QUADS)]
    if request.if_match and not (exists and (request.if_match.star_tag or any(request.if_match.contains_weak(tag) for tag in current))):
        raise PreconditionFailed("What you write to is not as you read it. Read it again, and send your change for what it is now.")
    if (
        request.if_none_match
        and exists
        and (request.if_none_match.star_tag or any(request.if_none_match.contains_weak(tag) for tag in current))
    ):
        raise PreconditionFailed("There is such a graph already.")
