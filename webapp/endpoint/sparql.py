"""The SPARQL endpoint: a query in, the engine's own answer out, whole or not at all.

Without a query people get a page to write one on, programs a description of the service.

Source: W3C SPARQL 1.1 Protocol (2013), section 2.1 (query operation).
"""

from __future__ import annotations

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotAcceptable, PreconditionFailed, RequestEntityTooLarge
from werkzeug.wsgi import FileWrapper

from ropa import sparql
from ropa.errors import RopaError
from ropa.limits import RoleLimits, key_of
from ropa.store.evaluation import Asked, Kind, Written
from webapp.endpoint import access, description, express, query_page
from webapp.endpoint.forms import HTML, OFFERED, ask_for, choose_forms, tag
from webapp.endpoint.protocol import read_operation
from webapp.endpoint.running import can_be_stopped
from webapp.negotiation import choose
from webapp.serving.observation import metrics, note_query, note_time
from webapp.state import state

bp = Blueprint("sparql", __name__)

_BLOCK = 1 << 18
_KINDS: dict[str, Kind] = {"SELECT": "solutions", "ASK": "boolean", "CONSTRUCT": "graph", "DESCRIBE": "graph"}


@bp.route("/sparql", methods=["GET", "POST", "QUERY"])
@can_be_stopped
def endpoint() -> Response:
    """Answer a query."""
    limits = admit()
    accept = request.headers.get("Accept")
    if request.method in ("GET", "HEAD") and not request.query_string:
        # For programs that take anything, and for crawlers, the description is the answer.
        return query_page.blank() if choose(accept, [*description.MEDIA_TYPES, HTML]) == HTML else description.describe_service()
    if query_page.wants_example(accept):
        return query_page.blank(request.args["example"])
    return answer_in(choose_forms(accept), limits)


def admit() -> RoleLimits:
    """Count the request of a client and return what it may take; raises :class:`ropa.errors.TooOften`."""
    role = access.role()
    limits = state().policy.of(role)
    if not express.was_admitted(request.environ):
        state().policy.admit(role, key_of(access.client()))
    _limit_body(limits)
    return limits


def answer_in(forms: dict[Kind, str], limits: RoleLimits) -> Response:
    """Answer the query of this request in one of *forms*, each the media type of a kind of answer."""
    operation = read_operation("query")
    if limits.query_characters is not None and len(operation.text) > limits.query_characters:
        raise RequestEntityTooLarge(f"The query has {len(operation.text)} characters, {limits.query_characters} at the most.")
    note_query(operation.text)
    told = sparql.read(operation.text)
    kind = _KINDS.get(told.form, "solutions")
    if kind not in forms:
        raise NotAcceptable(f"This answer comes as {', '.join(OFFERED[kind])}.")
    media_type = forms[kind]
    etag = tag(state(), operation, media_type)
    if not told.varies and request.if_none_match.contains_weak(etag):
        if request.method == "POST":
            raise PreconditionFailed("The answer is the one that you have.")
        metrics().queries.labels("unchanged").inc()
        return _finish(Response(status=304), etag)
    try:
        answer = _evaluate(ask_for(operation, forms), limits, keep=not told.varies)
    except RopaError as error:
        metrics().queries.labels(type(error).__name__).inc()
        if media_type == HTML:
            return query_page.refuse(operation, error)
        raise
    if media_type == HTML:
        return _finish(query_page.show(operation, answer), etag)
    body = answer.body if isinstance(answer.body, bytes) else FileWrapper(answer.body, _BLOCK)
    response = Response(body, mimetype=media_type)
    response.content_length = answer.length
    if not told.varies:
        express.keep(request.environ, answer.rows or 0)
    return _finish(response, etag)


def _limit_body(limits: RoleLimits) -> None:
    if limits.query_characters is not None:
        # A form spells a character with up to twelve bytes.
        request.max_content_length = 12 * limits.query_characters + 10_000
        request.max_form_memory_size = request.max_content_length


def _evaluate(asked: Asked, limits: RoleLimits, *, keep: bool) -> Written:
    """Return the answer, from the cache where it is known."""
    answer, fresh = state().answers.get(asked, limits.query, state().policy.slot(access.role()), keep=keep)
    note_time("engine" if fresh else "cache", answer.seconds if fresh else 0)
    metrics().queries.labels("answered" if fresh else "cached").inc()
    if fresh:
        metrics().query_seconds.observe(answer.seconds)
    metrics().rows.inc(answer.rows or 0)
    return answer


def _finish(response: Response, etag: str) -> Response:
    response.set_etag(etag)
    response.vary.update(["Accept"])
    response.headers["Cache-Control"] = "private, no-cache"
    return response
