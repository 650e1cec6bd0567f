"""How every page and file is answered: validated against what the browser has, with the headers that caches need.

In:  a media type and a function that makes the body. Out: a response, 304 without making the body where nothing changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from flask import Response, render_template, request
from werkzeug.exceptions import NotAcceptable

from webapp import assets
from webapp.negotiation import choose
from webapp.state import state

HTML = "text/html"


def answer(media_type: str, make: Callable[[], str | bytes], *, variant: str = "") -> Response:
    """Return the body in a response with an ETag, or 304 without making it.

    Args:
        variant: What besides revision, day, address and media type the body depends on.
    """
    told = state()
    tag = "-".join(filter(None, (told.epoch, str(told.store.revision), assets.version(), date.today().isoformat(), media_type, variant)))
    if request.method in ("GET", "HEAD") and request.if_none_match.contains_weak(tag):
        response = Response(status=304)
    else:
        response = Response(make(), mimetype=media_type)
    response.set_etag(tag, weak=True)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def page(template: str, context: Mapping[str, object], *, variant: str = "") -> Response:
    """Answer with a page; *context* is what the template shows."""
    return answer(HTML, lambda: render_template(template, **context), variant=variant)


def negotiate(offered: Sequence[str]) -> str:
    """Return the media type that the request wants most.

    Raises:
        NotAcceptable: It wants none of them; the description lists them.
    """
    chosen = choose(request.headers.get("Accept"), offered)
    if chosen is None:
        raise NotAcceptable(f"This address answers with {', '.join(offered)}.")
    return chosen
