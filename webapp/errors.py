"""Errors in one shape: a page for people, ``application/problem+json`` for programs.

In:  an error of the library or of HTTP. Out: a response with what was found, where, and what to do next; never a traceback.

Source: RFC 9457 (problem details), section 3.1.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from http import HTTPStatus
from urllib.parse import quote

from flask import Flask, Response, current_app, g, render_template, request, url_for
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed, ServiceUnavailable, Unauthorized

from ropa.errors import (
    BadParameter,
    BadQuery,
    Busy,
    CannotEvaluate,
    CannotMake,
    Conflict,
    Forbidden,
    NoSpace,
    NotFound,
    Refused,
    RefusedQuery,
    RopaError,
    Stopped,
    StoreProblem,
    TooLong,
    TooMuch,
    TooOften,
    TooSlow,
    Unreadable,
)
from ropa.namespaces import expand
from ropa.words import humanise
from webapp import links
from webapp.negotiation import choose
from webapp.state import state

PROBLEM = "application/problem+json"
_STATUS: dict[type[RopaError], int] = {
    BadParameter: 400,
    BadQuery: 400,
    Unreadable: 400,
    Forbidden: 403,
    RefusedQuery: 403,
    NotFound: 404,
    Conflict: 409,
    CannotEvaluate: 422,
    Refused: 422,
    TooLong: 422,
    TooOften: 429,
    Busy: 503,
    CannotMake: 503,
    Stopped: 503,
    TooMuch: 503,
    TooSlow: 503,
    StoreProblem: 503,
    NoSpace: 507,
}
_LONGEST_PATH = 80
_MOST_NEAR = 3
_RETRY_AFTER = 5
"""Seconds after which a client may ask again what the server could not do just now."""


@dataclass(frozen=True)
class Suggestion:
    """A thing that the person may have meant."""

    name: str
    href: str


def problem(
    status: int, detail: str, nearest: list[Suggestion] | None = None, more: Mapping[str, object] | None = None, *, again: int = 0
) -> Response:
    """Return an error response in the form that the request wants.

    Args:
        more: Goes into the one for programs.
        again: Seconds after which the page asks again by itself, 0 if it does not.
    """
    title = HTTPStatus(status).phrase
    if choose(request.headers.get("Accept"), [PROBLEM, "text/html"]) == "text/html":
        # The page shows the suggestions as links, so the sentence need not repeat them.
        said = detail.partition(" Did you mean ")[0] if nearest else detail
        context = {
            "status": status,
            "heading": title,
            "detail": said,
            "nearest": nearest or [],
            "request_id": g.get("id", ""),
            "again": again,
        }
        response = Response(render_template("errors/error.html", **context))
        if again:
            # Browsers do not look at Retry-After; this one they follow without a script.
            response.headers["Refresh"] = str(again)
    else:
        body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "instance": _instance()}
        body |= more or {}
        if nearest:
            body["nearest"] = [{"name": found.name, "href": found.href} for found in nearest]
        response = Response(json.dumps(body, ensure_ascii=False), mimetype=PROBLEM)
    response.status_code = status
    response.vary.add("Accept")
    response.headers["Cache-Control"] = "no-store"
    return response


def _instance() -> str:
    """Return the address of the request as a URI reference."""
    query = quote(request.query_string, safe="%/?:@!$&'()*+,;=~")
    return quote(request.path, safe="/:@!$&'()*+,;=~") + (f"?{query}" if query else "")


def told_by_library(error: RopaError) -> Response:
    """Answer an error of the library."""
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
    response = problem(status, str(error), _suggest(error) if isinstance(error, NotFound) else None, _more(error))
    if status in (429, 503):
        response.headers["Retry-After"] = str(error.retry_after if isinstance(error, TooOften) else _RETRY_AFTER)
    return response


def _more(error: RopaError) -> dict[str, object]:
    """Return what a program can use of an error besides its words."""
    if isinstance(error, BadQuery):
        return {} if error.line is None else {"line": error.line, "column": error.column}
    if isinstance(error, Refused):
        told = ("id", "register", "severity", "shape", "message", "focus", "path", "value", "remedy")
        return {"findings": [{name: getattr(finding, name) for name in told} for finding in error.findings]}
    return {}


def told_by_http(error: HTTPException) -> Response:
    """Answer an error of HTTP; one of our own making says no more than that it happened."""
    if isinstance(error, InternalServerError):
        return problem(500, "Something went wrong here. The log of the server says what.")
    if error.code is None or error.code < 400:
        return Response(error.get_body(), status=error.code or 500, headers=error.get_headers())
    if error.code == HTTPStatus.NOT_FOUND and request.url_rule is None:
        response = problem(404, f"There is no page at {request.path[:_LONGEST_PATH]}.", near_pages(request.path))
    else:
        again = error.retry_after if isinstance(error, ServiceUnavailable) and request.method == "GET" else None
        response = problem(error.code, error.description or "", again=int(again) if isinstance(again, int) else 0)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(error.valid_methods)
    if isinstance(error, ServiceUnavailable) and error.retry_after:
        response.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, Unauthorized):
        # RFC 6750, section 3: who showed no token is not told that one is wrong.
        wrong = ', error="invalid_token"' if "Authorization" in request.headers else ""
        response.headers["WWW-Authenticate"] = f'Bearer realm="ropa"{wrong}'
    if error.code == HTTPStatus.FORBIDDEN and g.get("bearer") is not None:
        # RFC 6750, section 3.1: a token is known, and of a role that may not.
        response.headers["WWW-Authenticate"] = 'Bearer realm="ropa", error="insufficient_scope"'
    return response


def near_pages(path: str) -> list[Suggestion]:
    """Return the pages of the application, and the things of the store, whose names look like an address that leads nowhere."""
    rules = [rule for rule in current_app.url_map.iter_rules() if not rule.arguments and "GET" in (rule.methods or ())]
    places = {rule.rule: rule.rule for rule in rules} | {rule.rule.rpartition("/")[2]: rule.rule for rule in rules if rule.rule != "/"}
    last = path.rstrip("/").rpartition("/")[2][:_LONGEST_PATH]
    known = {places[name] for text in (path[:_LONGEST_PATH], last) for name in get_close_matches(text, places, n=2, cutoff=0.6)}
    snapshot = state().snapshot()
    words = humanise(last)
    iris = (snapshot.named(words)[:_MOST_NEAR] or snapshot.near(words)) if words else []
    things = [(snapshot.label(iri), links.link(snapshot, iri)) for iri in iris]
    found = [Suggestion(place, f"{request.script_root}{place}") for place in sorted(known)]
    return [*found[:_MOST_NEAR], *(Suggestion(name, place.href) for name, place in things if place)]


def register(app: Flask) -> None:
    """Let an application answer its errors this way."""
    app.register_error_handler(RopaError, told_by_library)
    app.register_error_handler(HTTPException, told_by_http)


def _suggest(error: NotFound) -> list[Suggestion]:
    """Return pages for the names that look alike; which pages depends on what was looked for."""
    if error.kind == "format" and request.endpoint:
        # The rest of the address is right; only its ending is not.
        parts = request.view_args or {}
        return [Suggestion(name, url_for(request.endpoint, **{**parts, "ending": name})) for name in error.nearest]
    place = request.blueprint or ""
    snapshot = state().snapshot()
    if place == "things":
        iris = {name: expand(name) or f"{snapshot.store.base}{name}" for name in error.nearest}
        return [Suggestion(snapshot.label(iri), links.path(snapshot, name)) for name, iri in iris.items()]
    ending = str((request.view_args or {}).get("ending", "ttl"))
    make = {
        "registers": lambda name: url_for("registers.show", slug=name),
        "questions": lambda name: url_for("questions.show", name=name),
        "sheets": lambda name: url_for("sheets.show", name=name),
        "exports": lambda name: url_for("exports.download", slug=name, ending=ending),
    }.get(place)
    return [Suggestion(name, make(name)) for name in error.nearest] if make else []
