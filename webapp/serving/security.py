"""The headers that keep a page to itself.

In:  a response. Out: the same with a strict policy; scripts, styles and requests only from here, no frames, no referrer.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.exceptions import BadRequest

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Content-Security-Policy of every answer."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def add_headers(response: Response) -> Response:
    """Put the headers on a response that does not set its own."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def protect(app: Flask) -> None:
    """Put the headers on every answer of an application, errors and files too."""
    app.after_request(add_headers)


def keep_local(app: Flask, host: str) -> None:
    """Refuse requests that name another host than this machine.

    A page elsewhere whose name is made to point at this machine must not be able to read what is served here. Werkzeug's own
    list of trusted hosts does not know IPv6 addresses.
    """
    names = {"localhost", "127.0.0.1", "::1", host.casefold()}

    def refuse_others() -> None:
        given = request.headers.get("Host", "")
        try:
            name = urlsplit(f"//{given}").hostname
        except ValueError:
            name = None
        if name not in names:
            raise BadRequest("This server answers to the names of this machine only, such as localhost.")

    app.before_request(refuse_others)
