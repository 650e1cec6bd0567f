"""The graph store: read and write whole graphs by their names.

    /graphs?graph=IRI   /graphs?default   a graph by its IRI, the default graph
    /graphs/…                             the graph whose IRI is this address
    /graphs                               POST makes a new graph; N-Quads or TriG go into the graphs they name

Source: W3C SPARQL 1.1 Graph Store HTTP Protocol (2013), sections 4 (identification) and 5 (operations).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from itertools import islice
from typing import Literal
from urllib.parse import urlsplit

from flask import Blueprint, Response, request
from pyoxigraph import DefaultGraph, NamedNode, RdfFormat
from werkzeug.exceptions import BadRequest, UnsupportedMediaType
from werkzeug.urls import iri_to_uri

from ropa.errors import NotFound, TooLong
from ropa.limits import key_of
from ropa.store import Commit, Note, Quad, is_iri, write_quads, write_triples
from ropa.store.payloads import read_payload
from webapp.answers import negotiate, page
from webapp.endpoint import access
from webapp.endpoint.conditions import QUADS, graph_etag, require_match
from webapp.endpoint.description import MEDIA_TYPES as TRIPLES
from webapp.endpoint.updates import admit_writer, counted_write, tell
from webapp.state import state

bp = Blueprint("graphs", __name__)

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
    may = access.may_change_vocabulary()
    writer = state().writer
    contents = {} if request.method == "DELETE" else {chosen: _payload(chosen)}
    # What a condition is tested on must still be so when the write is made.
    with counted_write(), state().store.writing():
        existed = _exists(chosen)
        require_match(exists=existed)
        if request.method == "DELETE":
            return tell(writer.drop(chosen, note, vocabulary=may))
        write = writer.put if request.method == "PUT" else writer.merge
        commit = write(contents, note, vocabulary=may)
    return _created(commit, chosen, name) if not existed else tell(commit)


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
        return _own_address()
    if len(given) + default > 1:
        raise BadRequest("Name one graph: either ?graph=IRI or ?default.")
    if given:
        if not is_iri(given[0]):
            raise BadRequest(f"{given[0]!r} names no graph: give an absolute IRI, percent-encoded.")
        return given[0]
    return None if default else False


def _own_address() -> str:
    """Return the address of the request as it was sent: what is percent-encoded in it stays so.

    Raises:
        BadRequest: It is no IRI.
    """
    # Not in PEP 3333, and given by all the servers that the framework knows.
    target = request.environ.get("REQUEST_URI") or request.environ.get("RAW_URI") or iri_to_uri(request.full_path)
    path = urlsplit(target).path if "://" in target.partition("?")[0] else target.partition("?")[0]
    iri = request.host_url.rstrip("/") + path
    if not is_iri(iri):
        raise BadRequest("The address is no IRI, so no graph has it as its name.")
    return iri


def _exists(chosen: Graph) -> bool:
    return chosen is None or chosen in state().store.graphs()


def _read(chosen: Graph) -> Response:
    if not _exists(chosen):
        graphs = state().store.graphs()
        raise NotFound("graph", str(chosen), graphs if len(graphs) <= _SHOWN else ())
    media_type = negotiate([*TRIPLES, *QUADS])
    etag = graph_etag(media_type)
    if request.if_none_match.contains_weak(etag):
        response = Response(status=304)
    else:
        quads = _bounded(state().writer.read(chosen))
        body = write_triples(quads, TRIPLES[media_type]) if media_type in TRIPLES else write_quads(quads, QUADS[media_type])
        response = Response(body, mimetype=media_type)
    response.set_etag(etag)
    response.vary.add("Accept")
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _bounded(quads: Iterable[Quad]) -> list[Quad]:
    """Return statements, if they are no more than whoever asks may have rows.

    Raises:
        TooLong: They are more.
    """
    most = state().policy.of(access.role()).rows
    found = list(islice(quads, None if most is None else most + 1))
    if most is not None and len(found) > most:
        raise TooLong(f"There are more than {most:,} statements, the most that is allowed. Ask for one graph, or have a backup made.")
    return found


def _list() -> Response:
    """Answer with the names of all graphs, or with all that is in them."""
    media_type = negotiate([*QUADS, _HTML])
    if media_type == _HTML:
        graphs = state().store.graphs()
        context = {"graphs": graphs[:_SHOWN], "more": max(len(graphs) - _SHOWN, 0), "names": state().snapshot().graph_name}
        return page("graphs/index.html", context)
    etag = graph_etag(media_type)
    if request.if_none_match.contains_weak(etag):
        response = Response(status=304)
    else:
        response = Response(write_quads(_bounded(state().store.quads()), QUADS[media_type]), mimetype=media_type)
    response.set_etag(etag)
    response.vary.add("Accept")
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _create(note: Note) -> Response:
    """Put what was sent into a new graph, or statements that name their graphs into those."""
    may = access.may_change_vocabulary()
    if request.mimetype in QUADS:
        contents: dict[Graph, list[Quad]] = {}
        for quad in read_payload(request.get_data(cache=False), QUADS[request.mimetype], request.base_url):
            if isinstance(quad.graph_name, NamedNode):
                contents.setdefault(quad.graph_name.value, []).append(quad)
            elif isinstance(quad.graph_name, DefaultGraph):
                contents.setdefault(None, []).append(quad)
            else:
                raise BadRequest("A graph has no name. Give it an IRI.")
        with counted_write(), state().store.writing():
            require_match()
            return tell(state().writer.merge(contents, note, vocabulary=may))
    name = str(uuid.uuid4())
    iri = f"{request.base_url}/{name}"
    payload = _payload(iri)
    with counted_write(), state().store.writing():
        require_match()
        commit = state().writer.put({iri: payload}, note, vocabulary=may)
    return _created(commit, iri, name)


def _created(commit: Commit | None, chosen: Graph, name: str) -> Response:
    response = tell(commit, 201)
    if name and chosen is not None:
        response.headers["Location"] = chosen
    return response


def _payload(chosen: Graph) -> list[Quad]:
    """Return the statements of the body, or of all files of a form.

    Raises:
        UnsupportedMediaType: It is in none of the forms of :data:`webapp.endpoint.description.MEDIA_TYPES`. Unreadable: It does not parse.
    """
    base = chosen or request.base_url
    if request.mimetype == _MULTIPART:
        files = [file for files in request.files.listvalues() for file in files]
        if not files:
            raise BadRequest("The form has no file.")
        return [quad for file in files for quad in read_payload(file.read(), _format(file.mimetype), base)]
    return read_payload(request.get_data(cache=False), _format(request.mimetype), base)


def _format(media_type: str) -> RdfFormat:
    if not media_type:
        # Graph Store HTTP Protocol, section 5: what does not say what it is, is RDF/XML.
        return RdfFormat.RDF_XML
    if media_type not in TRIPLES:
        raise UnsupportedMediaType(f"Send {', '.join(TRIPLES)}, and say which in Content-Type.")
    return TRIPLES[media_type]
