"""JSON-LD with a context that a person can read: property names as they stand in the ontology, IRIs as prefixed names.

Source: W3C JSON-LD 1.1 (2020), section 4.1 (context), 4.2.3 (type coercion) and 4.9 (named graphs).
"""

from __future__ import annotations

import json
import warnings
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode
from rdflib import BNode, Dataset, URIRef
from rdflib import Literal as RdflibLiteral
from rdflib.term import IdentifiedNode

from ropa.exchange.rdf import register_quads
from ropa.namespaces import PREFIXES, RDF, XSD, shorten
from ropa.store import Node, Quad, QuadStore, Term


def write(store: QuadStore, slug: str) -> bytes:
    """Write a register and its evidence as two named graphs."""
    return write_quads(register_quads(store, slug), store.base)


def write_quads(quads: list[Quad], base: str) -> bytes:
    """Write statements, those of a named graph inside it, with the context that suits them."""
    context = make_context(quads, base)
    with warnings.catch_warnings():
        # rdflib 7.6 warns of its own Dataset.default_context when it serialises one.
        warnings.simplefilter("ignore", DeprecationWarning)
        text = _dataset(quads).serialize(format="json-ld", context=context, auto_compact=False)
    return json.dumps(_ordered(json.loads(text)), indent=2, ensure_ascii=False, sort_keys=True).encode()


def make_context(quads: list[Quad], base: str) -> dict[str, Any]:
    """Return a context with the prefixes in use and a plain name for each property.

    A property whose values are all IRIs, all of one datatype or all in one language says so once, here, instead of at each value.
    """
    kinds: dict[str, set[tuple[str, str]]] = {}
    used = {quad.predicate.value for quad in quads} | {quad.object.value for quad in quads if isinstance(quad.object, NamedNode)}
    used |= {quad.object.datatype.value for quad in quads if isinstance(quad.object, Literal)}
    for quad in quads:
        if quad.predicate.value != RDF + "type":
            kinds.setdefault(quad.predicate.value, set()).add(_kind(quad.object))
    context: dict[str, Any] = {"@base": base}
    context |= {prefix: namespace for prefix, namespace in PREFIXES.items() if any(iri.startswith(namespace) for iri in used)}
    names: dict[str, str] = {}
    for iri in sorted(kinds):
        name = shorten(iri, base).rpartition(":")[2]
        if name in names or name in context:
            continue
        names[name] = iri
        definition = {"@id": shorten(iri, base)}
        if len(kinds[iri]) == 1:
            (key, value) = next(iter(kinds[iri]))
            if key:
                definition[key] = shorten(value, base) if key == "@type" else value
        context[name] = definition
    return context


def _kind(value: Term) -> tuple[str, str]:
    if not isinstance(value, Literal):
        return ("@type", "@id")
    if value.language:
        return ("@language", value.language)
    # Strings and numbers are what JSON has; coercing them would only hide that.
    if value.datatype.value in (XSD + "string", XSD + "integer", XSD + "boolean"):
        return ("", value.datatype.value)
    return ("@type", value.datatype.value)


def _dataset(quads: list[Quad]) -> Dataset:
    dataset = Dataset()
    for quad in quads:
        graph = dataset.graph(URIRef(quad.graph_name.value)) if isinstance(quad.graph_name, NamedNode) else dataset.default_graph
        subject, value = _node(quad.subject), quad.object
        if isinstance(value, Literal):
            datatype = None if value.language else URIRef(value.datatype.value)
            literal = RdflibLiteral(value.value, lang=value.language, datatype=datatype, normalize=False)
            graph.add((subject, URIRef(quad.predicate.value), literal))
        else:
            graph.add((subject, URIRef(quad.predicate.value), _node(value)))
    return dataset


def _node(term: Node) -> IdentifiedNode:
    return BNode(term.value) if isinstance(term, BlankNode) else URIRef(term.value)


def _ordered(value: Any) -> Any:
    """Sort what is a set in RDF, so that the same record gives the same bytes."""
    if isinstance(value, dict):
        return {key: _ordered(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return sorted((_ordered(inner) for inner in value), key=lambda inner: json.dumps(inner, sort_keys=True))
    return value
