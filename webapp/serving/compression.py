"""Shorter answers for those who take gzip: a long register is 700 kB of text, 50 kB on the wire.

In:  a response. Out: the same, compressed where that pays.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from typing import cast

from flask import Response, request

SHORTEST = 1_400
"""Bytes; what fits into one packet gains nothing."""

LEVEL = 5
"""Of gzip: higher ones save little and take twice as long."""
_TEXTS = (
    "text/",
    "application/json",
    "application/ld+json",
    "application/n-",
    "application/rdf+xml",
    "application/sparql-results",
    "application/rdf-patch",
    "application/trig",
    "application/yaml",
)


def squeeze(response: Response) -> Response:
    """Compress a text, unless it is short, already compressed, or not wanted so."""
    if not (response.mimetype or "").startswith(_TEXTS) or response.direct_passthrough or response.status_code != 200:
        return response
    response.vary.add("Accept-Encoding")
    if request.accept_encodings["gzip"] <= 0 or "Content-Encoding" in response.headers:
        return response
    if response.is_streamed:
        response.response = _Squeezed(cast(Iterable[bytes], response.response))
        response.headers.remove("Content-Length")
        _mark(response)
        return response
    body = response.get_data()
    if len(body) >= SHORTEST:
        # The time in the head of a gzip stream would make the same answer differ from second to second.
        response.set_data(gzip.compress(body, LEVEL, mtime=0))
        _mark(response)
    return response


def _mark(response: Response) -> None:
    response.headers["Content-Encoding"] = "gzip"
    if response.get_etag()[0]:
        response.set_etag(response.get_etag()[0] or "", weak=True)


class _Squeezed:
    """The blocks of a long answer, compressed as they pass; closes what they come from."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = blocks

    def __iter__(self) -> Iterator[bytes]:
        # 16 and more: the format of gzip, whose head zlib writes without a time.
        press = zlib.compressobj(LEVEL, wbits=16 + zlib.MAX_WBITS)
        for block in self._blocks:
            if pressed := press.compress(block):
                yield pressed
        yield press.flush()

    def close(self) -> None:
        """Let go of the answer."""
        if hasattr(self._blocks, "close"):
            self._blocks.close()
