"""Draft registers: statements annotated with the phrases that prove them, made into files of ``data/``."""

from __future__ import annotations

from pathlib import Path

from pyoxigraph import NamedNode

from ropa.errors import Unreadable
from ropa.evidence import Source, document_slug, expand_draft, read_document
from ropa.exchange.layout import write_trig
from ropa.namespaces import ROPA, graph_iri
from ropa.registers import parse_annotated, read_vocabulary, register_slugs, structural_properties


def cite_draft(path: Path, sources: Path, base: str) -> bytes:
    """Turn a draft register into a file of ``data/``: see :func:`ropa.evidence.expand_draft`.

    Raises:
        Unreadable: The draft or its document cannot be read, or the draft does not hold exactly one register.
        BadCitation: A phrase is not where the draft says.
    """
    quads = parse_annotated(path, base)
    slugs = register_slugs({quad.graph_name.value: [] for quad in quads if isinstance(quad.graph_name, NamedNode)}, base)
    documents = [quad.subject.value for quad in quads if quad.predicate.value == ROPA + "sha256" and isinstance(quad.subject, NamedNode)]
    if len(slugs) != 1 or len(documents) != 1:
        raise Unreadable(f"{path}: holds {len(slugs)} register graphs and {len(documents)} documents; a draft holds one of each.")
    text = read_document(sources, document_slug(documents[0])).decode("utf-8")
    structural = structural_properties(read_vocabulary(base)[graph_iri(base, "ontology")])
    return write_trig(expand_draft(quads, Source(slugs[0], base, documents[0], text), structural), base)
