"""The SPARQL endpoint: queries by GET and POST, answers written by the engine.

Source: W3C SPARQL 1.1 Protocol (2013), section 2.1 (query operation). Reading only; there is no update here.
"""

from __future__ import annotations

import hashlib
from io import BytesIO
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from flask import Blueprint, Response, make_response, render_template, request
from pyoxigraph import QueryResultsFormat, QuerySolutions, QueryTriples, RdfFormat
from werkzeug.exceptions import BadRequest, NotAcceptable, RequestEntityTooLarge, ServiceUnavailable, UnsupportedMediaType

from ropa import questions
from ropa.namespaces import PREFIXES
from ropa.store import Answer, QuadStore
from webapp import assets
from webapp.negotiation import choose
from webapp.state import state

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

bp = Blueprint("sparql", __name__)

RESULTS = {
    "application/sparql-results+json": QueryResultsFormat.JSON,
    "application/json": QueryResultsFormat.JSON,
    "application/sparql-results+xml": QueryResultsFormat.XML,
    "application/xml": QueryResultsFormat.XML,
    "text/csv": QueryResultsFormat.CSV,
    "text/tab-separated-values": QueryResultsFormat.TSV,
}
GRAPHS = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/ld+json": RdfFormat.JSON_LD,
    "application/json": RdfFormat.JSON_LD,
    "application/rdf+xml": RdfFormat.RDF_XML,
}
_BOOLEANS = [name for name in RESULTS if not name.startswith("text/")]
_HTML = "text/html"
_SHOWN_ROWS = 500
_LONGEST_QUERY = 50_000
_MOST_BYTES = 50_000_000

# A query cannot be stopped inside the engine: strangers may keep some threads busy, never all of them.
_AT_ONCE = BoundedSemaphore(4)


@bp.route("/sparql", methods=["GET", "POST"])
def endpoint() -> Response:
    """Answer a query; without one, show people a page to write it on and programs what to send."""
    text = _read_query()
    accept = request.headers.get("Accept")
    if text is None:
        if choose(accept, [_HTML, *RESULTS, *GRAPHS]) != _HTML:
            raise BadRequest("Send a query as ?query=… or as a body of type application/sparql-query.")
        return _page("", None)
    store = state().store
    if len(text) > _LONGEST_QUERY:
        raise RequestEntityTooLarge(f"The query has {len(text)} characters, {_LONGEST_QUERY} at the most.")
    known = (state().epoch, store.revision, assets.version(), accept, request.full_path, text)
    etag = hashlib.sha256(repr(known).encode()).hexdigest()[:32]
    if request.if_none_match.contains_weak(etag):
        return _finish(Response(status=304), etag)
    if not _AT_ONCE.acquire(timeout=2):
        raise ServiceUnavailable("Too many queries at once. Try again in a few seconds.", retry_after=5)
    try:
        answer = store.query(
            text,
            default_graphs=request.args.getlist("default-graph-uri") or _form("default-graph-uri"),
            named_graphs=request.args.getlist("named-graph-uri") or _form("named-graph-uri"),
        )
        return _finish(_answer(answer, accept, text), etag)
    finally:
        _AT_ONCE.release()


def _read_query() -> str | None:
    """Return the text of the query, None where there is none.

    Raises:
        BadRequest: There is more than one, or the body is not UTF-8.
        UnsupportedMediaType: The body is of another type than the protocol's two.
    """
    given = request.args.getlist("query")
    if request.method == "POST":
        if request.mimetype == "application/sparql-query":
            try:
                given += [request.get_data().decode("utf-8")]
            except UnicodeDecodeError as error:
                raise BadRequest(f"The query is not UTF-8 at byte {error.start}.") from None
        elif request.mimetype == "application/x-www-form-urlencoded":
            given = _form("query") + given
        else:
            raise UnsupportedMediaType("Send application/sparql-query or application/x-www-form-urlencoded.")
        if not given:
            raise BadRequest("The request has no query. This endpoint takes queries only, no updates.")
    if len(given) > 1:
        raise BadRequest(f"The request has {len(given)} queries; send one.")
    return given[0] if given else None


def _form(name: str) -> list[str]:
    return request.form.getlist(name) if request.mimetype == "application/x-www-form-urlencoded" else []


def _answer(answer: Answer, accept: str | None, text: str) -> Response:
    if isinstance(answer, QueryTriples):
        offered: list[str] = list(GRAPHS)
    elif isinstance(answer, QuerySolutions):
        offered = list(RESULTS)
    else:
        offered = list(_BOOLEANS)
    media_type = choose(accept, [*offered, _HTML])
    if media_type is None:
        raise NotAcceptable(f"This answer comes as {', '.join(offered)} or text/html.")
    if media_type == _HTML:
        return _page(text, answer)
    body = _Body()
    if isinstance(answer, QueryTriples):
        answer.serialize(body, format=GRAPHS[media_type])
    else:
        answer.serialize(body, format=RESULTS[media_type])
    return Response(body.getvalue(), mimetype=media_type)


class _Body(BytesIO):
    """An answer on its way to a client; one that grows too long ends the query."""

    def write(self, data: ReadableBuffer, /) -> int:
        if self.tell() > _MOST_BYTES:
            raise RequestEntityTooLarge(f"The answer is longer than {_MOST_BYTES // 1_000_000} MB. Add a LIMIT, or ask for less.")
        return super().write(data)


def _page(text: str, answer: Answer | None) -> Response:
    view = state()
    columns: list[str] = []
    rows: list[list[tuple[str, str]]] = []
    graph, verdict = "", None
    if isinstance(answer, QuerySolutions):
        columns = [variable.value for variable in answer.variables]
        for _, row in zip(range(_SHOWN_ROWS + 1), answer, strict=False):
            rows.append([("", "") if term is None else view.cell(term) for term in row])
    elif isinstance(answer, QueryTriples):
        graph = (answer.serialize(format=RdfFormat.TURTLE) or b"").decode()
    elif answer is not None:
        verdict = bool(answer)
    return make_response(
        render_template(
            "sparql/endpoint.html",
            query=text or _example(view.store),
            asked=answer is not None,
            columns=columns,
            rows=rows[:_SHOWN_ROWS],
            cut=len(rows) > _SHOWN_ROWS,
            most=_SHOWN_ROWS,
            graph=graph,
            verdict=verdict,
            catalogue=questions.catalogue(),
        )
    )


def _example(store: QuadStore) -> str:
    prefixes = "".join(f"PREFIX {name}: <{PREFIXES[name]}>\n" for name in ("dcterms", "dpv", "ropa", "skos"))
    return prefixes + "\nSELECT ?register ?title WHERE {\n  ?register a dpv:ROPA ; dcterms:title ?title .\n}\nORDER BY ?title\n"


def _finish(response: Response, etag: str) -> Response:
    response.set_etag(etag)
    response.vary.update(["Accept"])
    response.headers["Cache-Control"] = "private, no-cache"
    return response
