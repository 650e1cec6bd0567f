"""Reading from pages elsewhere: cross-origin requests, without credentials, and never to write.

In:  a response of an address that programs read. Out: the same with the headers that let a browser hand it on.

Source: WHATWG Fetch, section 3.2 (CORS protocol).
"""

from __future__ import annotations

from flask import Flask, Response, request

_ADDRESSES = {
    "sparql.endpoint": "GET, HEAD, POST, QUERY",
    "graphs.graph": "GET, HEAD",
    "description.describe_dataset": "GET, HEAD",
    "description.describe_interface": "GET, HEAD",
}
"""Endpoint to the methods that a page elsewhere may use; a token is never among what it may send."""
_READ = {"GET", "HEAD", "QUERY"}


def share(app: Flask) -> None:
    """Put the headers on the answers of an application."""
    app.after_request(_share)


def _share(response: Response) -> Response:
    methods = _ADDRESSES.get(request.endpoint or "")
    if methods is None:
        return response
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = methods
        response.headers["Access-Control-Allow-Headers"] = "Accept, Content-Type, If-None-Match"
        response.headers["Access-Control-Max-Age"] = "86400"
    elif request.method not in _READ and "POST" not in methods:
        return response
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "ETag, Retry-After, Server-Timing, X-Request-ID"
    return response
