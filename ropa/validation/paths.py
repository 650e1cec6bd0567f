"""SHACL paths and terms as SPARQL writes them."""

from __future__ import annotations

from rdflib import RDF, SH, BNode, Graph, Literal, URIRef
from rdflib.collection import Collection
from rdflib.term import IdentifiedNode, Node


class Unsupported(Exception):
    """A shape asks for something that is not translated here; the reference engine judges it instead."""


def term_text(node: Node) -> str:
    """Return a term as SPARQL writes it."""
    if isinstance(node, BNode):
        raise Unsupported("a blank node as a value")
    return node.n3() if isinstance(node, IdentifiedNode | Literal) else str(node)


def path_steps(shapes: Graph, path: Node) -> list[str]:
    """Return a SHACL path as SPARQL paths to be walked one after the other."""
    if not isinstance(path, URIRef) and (path, RDF.first, None) in shapes:
        return [_step(shapes, step) for step in Collection(shapes, path)]
    return [path_text(shapes, path)]


def path_text(shapes: Graph, path: Node) -> str:
    """Return a SHACL path (section 2.3.1) as a SPARQL property path."""
    if isinstance(path, URIRef):
        return path.n3()
    if (path, RDF.first, None) in shapes:
        return "/".join(path_steps(shapes, path))
    for predicate, before, after in (
        (SH.inversePath, "^", ""),
        (SH.zeroOrMorePath, "", "*"),
        (SH.oneOrMorePath, "", "+"),
        (SH.zeroOrOnePath, "", "?"),
    ):
        inner = shapes.value(path, predicate)
        if inner is not None:
            return f"{before}{_step(shapes, inner)}{after}"
    choices = shapes.value(path, SH.alternativePath)
    if choices is None:
        raise Unsupported("an unknown kind of path")
    return "|".join(_step(shapes, choice) for choice in Collection(shapes, choices))


def _step(shapes: Graph, path: Node) -> str:
    text = path_text(shapes, path)
    return text if isinstance(path, URIRef) else f"({text})"
