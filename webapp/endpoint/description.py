"""What the service is and can, for programs: a service description at the endpoint, VoID at its well-known address.

Only what is true is said; a test asks for each thing that is claimed.

Source: W3C SPARQL 1.1 Service Description (2013); W3C Describing Linked Datasets with the VoID Vocabulary (2011), section 7.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from flask import Blueprint, Response, request, url_for
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, RdfFormat

from ropa.namespaces import DCTERMS, RDF, XSD, graph_iri
from ropa.store import Node, Quad, Term, make_quad, write_triples
from ropa.store.evaluation import GRAPH, SOLUTIONS
from webapp.answers import answer, negotiate
from webapp.state import state

bp = Blueprint("description", __name__)

MEDIA_TYPES = {
    "text/turtle": RdfFormat.TURTLE,
    "application/ld+json": RdfFormat.JSON_LD,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "application/n-triples": RdfFormat.N_TRIPLES,
}

_SD = "http://www.w3.org/ns/sparql-service-description#"
_VOID = "http://rdfs.org/ns/void#"
_FORMATS = "http://www.w3.org/ns/formats/"
_FORMAT_NAMES = {
    "application/sparql-results+json": "SPARQL_Results_JSON",
    "application/sparql-results+xml": "SPARQL_Results_XML",
    "text/csv": "SPARQL_Results_CSV",
    "text/tab-separated-values": "SPARQL_Results_TSV",
    "text/turtle": "Turtle",
    "application/n-triples": "N-Triples",
    "application/ld+json": "JSON-LD",
    "application/rdf+xml": "RDF_XML",
    "application/n-quads": "N-Quads",
    "application/trig": "TriG",
}
"""The names in https://www.w3.org/ns/formats/."""
_TYPE = NamedNode(RDF + "type")


class _Description:
    """Triples about a few nodes, in the order they are said."""

    def __init__(self) -> None:
        self.quads: list[Quad] = []

    def say(self, subject: Node, predicate: str, *values: Term) -> None:
        self.quads += [make_quad(subject, NamedNode(predicate), value, DefaultGraph()) for value in values]


def describe_service() -> Response:
    """Answer with the description of the query service."""
    media_type = negotiate(list(MEDIA_TYPES))
    response = answer(media_type, lambda: write_triples(_service(), MEDIA_TYPES[media_type]))
    response.vary.add("Accept")
    return response


@bp.get("/.well-known/void")
def describe_dataset() -> Response:
    """Answer with what is in the store, in numbers, and where it can be had."""
    media_type = negotiate(list(MEDIA_TYPES))
    response = answer(media_type, lambda: write_triples(_dataset(), MEDIA_TYPES[media_type]))
    response.vary.add("Accept")
    return response


@bp.get("/openapi.yaml")
def describe_interface() -> Response:
    """Answer with what each address for programs takes and gives (OpenAPI 3.1; media type of RFC 9512)."""
    return answer("application/yaml", (Path(__file__).parents[1] / "openapi.yaml").read_bytes)


def _service() -> list[Quad]:
    told = _Description()
    service, dataset, default = BlankNode(), BlankNode(), BlankNode()
    told.say(service, _TYPE.value, NamedNode(_SD + "Service"))
    told.say(service, _SD + "endpoint", NamedNode(request.base_url))
    told.say(service, _SD + "supportedLanguage", NamedNode(_SD + "SPARQL10Query"), NamedNode(_SD + "SPARQL11Query"))
    told.say(service, _SD + "resultFormat", *(NamedNode(_FORMATS + _FORMAT_NAMES[name]) for name in (*SOLUTIONS, *GRAPH)))
    told.say(service, _SD + "feature", NamedNode(_SD + "UnionDefaultGraph"))
    if state().store.keeps_empty_graphs:
        told.say(service, _SD + "feature", NamedNode(_SD + "EmptyGraphs"))
    told.say(service, _SD + "defaultDataset", dataset)
    told.say(dataset, _TYPE.value, NamedNode(_SD + "Dataset"))
    told.say(dataset, _SD + "defaultGraph", default)
    told.say(default, _TYPE.value, NamedNode(_SD + "Graph"))
    for name in state().store.graphs():
        named = BlankNode()
        told.say(dataset, _SD + "namedGraph", named)
        told.say(named, _TYPE.value, NamedNode(_SD + "NamedGraph"))
        told.say(named, _SD + "name", NamedNode(name))
    return told.quads


def _dataset() -> list[Quad]:
    told = _Description()
    view = state()
    snapshot = view.snapshot()
    base = view.store.base
    dataset = NamedNode(request.base_url + "#dataset")
    told.say(NamedNode(request.base_url), _TYPE.value, NamedNode(_VOID + "DatasetDescription"))
    told.say(NamedNode(request.base_url), "http://xmlns.com/foaf/0.1/primaryTopic", dataset)
    told.say(dataset, _TYPE.value, NamedNode(_VOID + "Dataset"))
    told.say(dataset, DCTERMS + "title", Literal(view.title, language="en"))
    told.say(dataset, _VOID + "triples", _number(view.store.statements))
    told.say(dataset, _VOID + "sparqlEndpoint", NamedNode(url_for("sparql.endpoint", _external=True)))
    told.say(dataset, _VOID + "uriSpace", Literal(f"{base}id/"))
    told.say(dataset, _VOID + "vocabulary", *(NamedNode(iri) for iri in _vocabularies()))
    for register in snapshot.registers:
        part = NamedNode(graph_iri(base, f"register/{register.slug}"))
        told.say(dataset, _VOID + "subset", part)
        told.say(part, _TYPE.value, NamedNode(_VOID + "Dataset"))
        told.say(part, DCTERMS + "title", Literal(register.title, language="en"))
        told.say(part, _VOID + "rootResource", NamedNode(register.iri))
        for ending in ("ttl", "nq"):
            dump = url_for("exports.download", slug=register.slug, ending=ending, _external=True)
            told.say(part, _VOID + "dataDump", NamedNode(dump))
    return told.quads


def _vocabularies() -> Iterator[str]:
    yield from ("https://w3id.org/ropa-graph/ns#", "https://w3id.org/dpv#", DCTERMS, "http://www.w3.org/ns/oa#")


def _number(value: int) -> Literal:
    return Literal(str(value), datatype=NamedNode(XSD + "integer"))
