"""The graph store: read and write whole graphs by their names.

    /graphs?graph=IRI   /graphs?default   a graph by its IRI, the default graph
    /graphs/…                             the graph whose IRI is this address
    /graphs                               POST makes a new graph; N-Quads or TriG go into the graphs they name

Source: W3C SPARQL 1.1 Graph Store HTTP Protocol (2013), sections 4 (identification) and 5 (operations).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Literal, cast

import pyoxigraph as ox
from flask import Blueprint, Response, request
from pyoxigraph import DefaultGraph, NamedNode, RdfFormat
from werkzeug.exceptions import BadRequest, PreconditionFailed, UnsupportedMediaType

from ropa.errors import NotFound, Unreadable
from ropa.limits import key_of
from ropa.store import Note, Quad, is_iri, write_quads, write_triples
from webapp import access
from webapp.answers import negotiate, page
from webapp.state import state
from webapp.updates import admit_writer, counted_write, tell

bp = Blueprint("graphs", __name__)

TRIPLES = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/ld+json": RdfFormat.JSON_LD,
    "application/rdf+xml": RdfFormat.RDF_XML,
}
QUADS = {"application/n-quads": RdfFormat.N_QUADS, "application/trig": RdfFormat.TRIG}
_MULTIPART = "multipart/form-data"
_HTML = "text/html"
_SHOWN = 500

Graph = str | None
"""The IRI of a graph; None is the default graph."""


@bp.route("/graphs", methods=["GET", "PUT", "POST", "DELETE"])
@bp.route("/graphs/<path:name>", methods=["GET", "PUT", "POST", "DELETE"])
def graph(name: str = "") -> Response:
    """Read, replace, add to or take away a graph."""
    if request.method in ("GET", "HEAD"):
        state().policy.admit(access.role(), key_of(access.client()))
        chosen = _identify(name)
        return _list() if chosen is False else _read(chosen)
    note = admit_writer()
    chosen = _identify(name)
    if chosen is False:
        if request.method != "POST":
            raise BadRequest("Name the graph: ?graph=IRI, or ?default.")
        return _create(note)
    _require_match(chosen)
    may = access.may_change_vocabulary()
    writer = state().writer
    existed = _exists(chosen)
    with counted_write():
        if request.method == "DELETE":
            if not existed:
                raise NotFound("graph", str(chosen))
            return tell(writer.drop(chosen, note, vocabulary=may))
        contents = {chosen: _payload(chosen)}
        write = writer.put if request.method == "PUT" else writer.merge
        commit = write(contents, note, vocabulary=may)
    return _created(chosen, name) if not existed else tell(commit)


def _identify(name: str) -> Graph | Literal[False]:
    """Return the graph that a request means, False where it names none.

    Raises:
        BadRequest: It names two, or one by something that is no absolute IRI.
    """
    given = request.args.getlist("graph")
    default = "default" in request.args
    if name:
        if given or default:
            raise BadRequest("The address names a graph already; leave out ?graph and ?default.")
        return request.base_url
    if len(given) + default > 1:
        raise BadRequest("Name one graph: either ?graph=IRI or ?default.")
    if given:
        if not is_iri(given[0]):
            raise BadRequest(f"{given[0]!r} names no graph: give an absolute IRI, percent-encoded.")
        return given[0]
    return None if default else False


def _exists(chosen: Graph) -> bool:
    return chosen is None or chosen in state().store.graphs()


def _etag(chosen: Graph, media_type: str = "") -> str:
    return f"{state().epoch}-{state().store.revision}-{media_type.partition('/')[2]}"


def _require_match(chosen: Graph) -> None:
    """Refuse a write that rests on another state than the present one (RFC 9110, section 13.1)."""
    exists = _exists(chosen)
    current = [_etag(chosen, media_type) for media_type in (*TRIPLES, *QUADS)]
    if request.if_match and not (exists and (request.if_match.star_tag or any(request.if_match.contains_weak(tag) for tag in current))):
        raise PreconditionFailed("The graph is not as you read it. Read it again, and send your change for what it is now.")
    if (
        request.if_none_match
        and exists
        and (request.if_none_match.star_tag or any(request.if_none_match.contains_weak(tag) for tag in current))
    ):
        raise PreconditionFailed("There is such a graph already.")


def _read(chosen: Graph) -> Response:
    if not _exists(chosen):
        raise NotFound("graph", str(chosen), state().store.graphs())
    media_type = negotiate([*TRIPLES, *QUADS])
    etag = _etag(chosen, media_type)
    if request.if_none_match.contains_weak(etag):
        response = Response(status=304)
    else:
        quads = state().writer.read(chosen)
        body = write_triples(quads, TRIPLES[media_type]) if media_type in TRIPLES else write_quads(quads, QUADS[media_type])
        response = Response(body, mimetype=media_type)
    response.set_etag(etag)
    response.vary.add("Accept")
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _list() -> Response:
    """Answer with the names of all graphs, or with all that is in them."""
    media_type = negotiate([*QUADS, _HTML])
    if media_type == _HTML:
        graphs = state().store.graphs()
        context = {"graphs": graphs[:_SHOWN], "more": max(len(graphs) - _SHOWN, 0), "names": state().snapshot().graph_name}
        return page("graphs/index.html", context)
    response = Response(write_quads(state().store.quads(), QUADS[media_type]), mimetype=media_type)
    response.set_etag(_etag(None, media_type))
    response.vary.add("Accept")
    return response


def _create(note: Note) -> Response:
    """Put what was sent into a new graph, or statements that name their graphs into those."""
    may = access.may_change_vocabulary()
    if request.mimetype in QUADS:
        contents: dict[Graph, list[Quad]] = {}
        for quad in _parse(request.get_data(cache=False), QUADS[request.mimetype], request.base_url):
            if isinstance(quad.graph_name, NamedNode):
                contents.setdefault(quad.graph_name.value, []).append(quad)
            elif isinstance(quad.graph_name, DefaultGraph):
                contents.setdefault(None, []).append(quad)
            else:
                raise BadRequest("A graph has no name. Give it an IRI.")
        with counted_write():
            return tell(state().writer.merge(contents, note, vocabulary=may))
    name = str(uuid.uuid4())
    iri = f"{request.base_url}/{name}"
    with counted_write():
        state().writer.put({iri: _payload(iri)}, note, vocabulary=may)
    return _created(iri, name)


def _created(chosen: Graph, name: str) -> Response:
    response = tell(None, 201)
    if name and chosen is not None:
        response.headers["Location"] = chosen
    return response


def _payload(chosen: Graph) -> list[Quad]:
    """Return the statements of the body, or of all files of a form.

    Raises:
        UnsupportedMediaType: It is in none of the forms of :data:`TRIPLES`. Unreadable: It does not parse.
    """
    base = chosen or request.base_url
    if request.mimetype == _MULTIPART:
        files = [file for files in request.files.listvalues() for file in files]
        if not files:
            raise BadRequest("The form has no file.")
        return [quad for file in files for quad in _parse(file.read(), _format(file.mimetype), base)]
    return list(_parse(request.get_data(cache=False), _format(request.mimetype), base))


def _format(media_type: str) -> RdfFormat:
    if media_type not in TRIPLES:
        raise UnsupportedMediaType(f"Send {', '.join(TRIPLES)}, and say which in Content-Type.")
    return TRIPLES[media_type]


def _parse(body: bytes, form: RdfFormat, base: str) -> Iterable[Quad]:
    try:
        parsed = list(ox.parse(body, format=form, base_iri=base, rename_blank_nodes=True))
    except SyntaxError as error:
        raise Unreadable(f"The body does not parse, line {error.lineno or '?'}: {error.msg}") from None
    except ValueError as error:
        raise Unreadable(f"The body does not parse: {error}") from None
    if any(isinstance(quad.object, ox.Triple) for quad in parsed):
        raise Unreadable("The body has triples within triples (RDF 1.2), which this store does not keep.")
    return cast(list[Quad], parsed)
