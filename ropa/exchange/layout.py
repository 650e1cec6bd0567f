"""The layout of the files in ``data/``: TriG that people read and edit, with IRIs relative to the base.

The engine's serialiser writes any RDF; this one keeps a record in the order of a reader (register, documents, parties,
activities, parts, categories) and puts what hangs on a node inside it, so that a change is a small difference in git.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from pyoxigraph import BlankNode, Literal, NamedNode

from ropa.errors import Unreadable
from ropa.namespaces import DCTERMS, PREFIXES, RDF, SKOS, XSD, graph_iri, shorten
from ropa.store import Node, Quad, Term

_KINDS = [
    "register",
    "document",
    "party",
    "activity",
    "purpose",
    "subject",
    "category",
    "basis",
    "collection",
    "flow",
    "transfer",
    "storage",
    "retention",
    "cookie",
    "measure",
    "right",
    "opt-out",
    "denial",
    "commitment",
    "contradiction",
    "source",
    "event",
    "passage",
    "evidence",
]
_FIRST = (RDF + "type", RDF + "subject", RDF + "predicate", RDF + "object", SKOS + "prefLabel", DCTERMS + "title", DCTERMS + "description")
_LOCAL = re.compile(r"[A-Za-z_][\w-]*")

_Nodes = dict[Node, dict[NamedNode, list[Term]]]


def write_trig(quads: Iterable[Quad], base: str) -> bytes:
    """Write quads as TriG, the same bytes for the same quads.

    Raises:
        Unreadable: A blank node hangs on no node or on several, so it cannot be written inside the one it belongs to.
    """
    graphs: dict[str, _Nodes] = {}
    for quad in quads:
        if not isinstance(quad.graph_name, NamedNode):
            raise TypeError(f"a statement outside any named graph: {quad}")
        nodes = graphs.setdefault(quad.graph_name.value, {})
        nodes.setdefault(quad.subject, {}).setdefault(quad.predicate, []).append(quad.object)
    body = "\n".join(_graph(iri, graphs[iri], base) for iri in sorted(graphs, reverse=True))
    used = [prefix for prefix in PREFIXES if re.search(rf"(?<![\w:]){prefix}:", body)]
    head = "".join(f"@prefix {prefix}: <{PREFIXES[prefix]}> .\n" for prefix in used)
    return f"{head}\n{body}".encode()


def _graph(iri: str, nodes: _Nodes, base: str) -> str:
    loose = _loose(nodes)
    if loose:
        raise Unreadable(f"<{iri}>: {loose} blank nodes hang on no node or on several. Give them IRIs.")
    subjects = sorted((node for node in nodes if isinstance(node, NamedNode)), key=lambda node: _place(node, base))
    if iri.startswith(graph_iri(base, "evidence/")):
        # Some hundred notes of one kind: a line each, those about one node together.
        notes = [(_place(node, base)[:2], re.sub(r" *\n *", " ", _properties(nodes, node, base, 0)).lstrip(), node) for node in subjects]
        lines = [f"{_write(node, base)} {text} ." for _, text, node in sorted(notes, key=lambda note: note[:2])]
        return f"{_write(NamedNode(iri), base)} {{\n" + "\n".join(lines) + "\n}\n"
    blocks = [f"{_write(node, base)}{_properties(nodes, node, base, 1)} ." for node in subjects]
    return f"{_write(NamedNode(iri), base)} {{\n\n" + "\n\n".join(blocks) + "\n\n}\n"


def _loose(nodes: _Nodes) -> int:
    """Count the blank nodes that cannot be written inside exactly one other node, those that only hang on each other included."""
    hanging = Counter(value for values in nodes.values() for told in values.values() for value in told if isinstance(value, BlankNode))
    waiting: list[Node] = [node for node in nodes if isinstance(node, NamedNode)]
    reached = set(waiting)
    while waiting:
        for told in nodes.get(waiting.pop(), {}).values():
            below = [value for value in told if isinstance(value, BlankNode) and value not in reached]
            reached.update(below)
            waiting.extend(below)
    return sum(isinstance(node, BlankNode) and (hanging[node] != 1 or node not in reached) for node in nodes)


def _place(node: NamedNode, base: str) -> tuple[int, list[int], str]:
    path = node.value.removeprefix(base + "id/").split("/")
    kind = path[1] if len(path) > 2 else path[0]
    rank = _KINDS.index(kind) if kind in _KINDS else len(_KINDS)
    # Passages stand in the order of the document.
    return rank, [int(number) for number in re.findall(r"\d+", path[-1])] if kind == "passage" else [], node.value


def _properties(nodes: _Nodes, node: Node, base: str, depth: int) -> str:
    pad = "    " * depth
    order = sorted(nodes[node], key=lambda predicate: (_rank(predicate.value), shorten(predicate.value)))
    lines = []
    for predicate in order:
        values = sorted(_value(nodes, value, base, depth) for value in nodes[node][predicate])
        verb = "a" if predicate.value == RDF + "type" else _write(predicate, base)
        joined = " , ".join(values) if sum(map(len, values)) < 100 else f" ,\n{pad}    ".join(values)
        lines.append(f"\n{pad}{verb} {joined}")
    return " ;".join(lines)


def _rank(predicate: str) -> int:
    return _FIRST.index(predicate) if predicate in _FIRST else len(_FIRST)


def _value(nodes: _Nodes, value: Term, base: str, depth: int) -> str:
    if isinstance(value, BlankNode):
        inner = _properties(nodes, value, base, depth + 1)
        return "[" + re.sub(r"\s*\n\s*", " ", inner) + " ]"
    return _write(value, base)


def _write(term: Term, base: str) -> str:
    if isinstance(term, Literal):
        if term.datatype.value == XSD + "integer":
            return term.value
        plain = str(Literal(term.value))
        if term.language:
            return f"{plain}@{term.language}"
        return plain if term.datatype.value == XSD + "string" else f"{plain}^^{_write(term.datatype, base)}"
    short = shorten(term.value, base)
    prefix, colon, local = short.partition(":")
    if colon and prefix in PREFIXES and _LOCAL.fullmatch(local):
        return short
    return f"<{short if term.value.startswith(base) else term.value}>"
