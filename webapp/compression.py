"""Shorter answers for those who take gzip: a long register is 700 kB of text, 50 kB on the wire.

In:  a response. Out: the same, compressed where that pays.
"""

from __future__ import annotations

import gzip

from flask import Response, request

SHORTEST = 1_400
"""Bytes; what fits into one packet gains nothing."""

_LEVEL = 5
_TEXTS = (
    "text/",
    "application/json",
    "application/ld+json",
    "application/n-",
    "application/rdf+xml",
    "application/sparql-results",
    "application/trig",
)


def squeeze(response: Response) -> Response:
    """Compress a text, unless it is short, already compressed, or not wanted so."""
    if not (response.mimetype or "").startswith(_TEXTS) or response.direct_passthrough or response.status_code != 200:
        return response
    response.vary.add("Accept-Encoding")
    if request.accept_encodings["gzip"] <= 0 or "Content-Encoding" in response.headers:
        return response
    body = response.get_data()
    if len(body) >= SHORTEST:
        # The time in the head of a gzip stream would make the same answer differ from second to second.
        response.set_data(gzip.compress(body, _LEVEL, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        if response.get_etag()[0]:
            response.set_etag(response.get_etag()[0] or "", weak=True)
    return response
