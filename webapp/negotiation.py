"""Choose a representation: HTTP content negotiation (RFC 9110, section 12.5.1).

Werkzeug's own ``best_match`` finds nothing for ``text/turtle; charset=utf-8`` and for a missing Accept, both of which
clients send; this one strips parameters and takes a missing header for ``*/*``.
"""

from __future__ import annotations

from collections.abc import Sequence

from werkzeug.http import parse_options_header


def choose(accept: str | None, offered: Sequence[str]) -> str | None:
    """Return the media type of *offered* that a client likes best, None where it takes none of them.

    Args:
        accept: The Accept header. offered: Media types, the server's favourite first; it breaks ties.
    """
    if not accept or not accept.strip():
        return offered[0]
    ranges = [_read_range(part) for part in accept.split(",") if part.strip()]
    best, best_quality = None, 0.0
    for media_type in offered:
        quality = _quality(media_type, ranges)
        if quality > best_quality:
            best, best_quality = media_type, quality
    return best


def _read_range(text: str) -> tuple[str, float]:
    media_range, options = parse_options_header(text.strip())
    try:
        return media_range.lower(), min(max(float(options.get("q", "1")), 0.0), 1.0)
    except ValueError:
        return media_range.lower(), 0.0


def _quality(media_type: str, ranges: Sequence[tuple[str, float]]) -> float:
    """Return the quality that the most specific matching range gives."""
    kind = media_type.partition("/")[0]
    for pattern in (media_type, f"{kind}/*", "*/*"):
        matching = [quality for media_range, quality in ranges if media_range == pattern]
        if matching:
            return max(matching)
    return 0.0
