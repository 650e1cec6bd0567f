"""The templates of an update: what each solution of a pattern takes away or brings.

In:  the text of a template and the values that its variables have. Out: statements.

The engine reads the template, with a private IRI in the place of each variable, so that one grammar holds for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import cast
from uuid import uuid4

import pyoxigraph as ox
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Triple

from ropa.errors import BadQuery, CannotEvaluate
from ropa.store.quads import Quad, as_stored, make_quad
from ropa.store.update_text import variables

Row = Sequence[NamedNode | BlankNode | Literal | Triple | None]
"""The values of the variables, in an order agreed before; None is unbound."""


def read_quads(declarations: str, block: str, base: str, home: str = "") -> list[Quad]:
    """Return the statements of a block ``{…}`` in the text of an update, settled, with fresh blank nodes.

    A statement about a literal is left out, as the engine does.

    Args:
        declarations: PREFIX and BASE that hold for it. home: The graph, as written, of what names none; "" is the default graph.

    Raises:
        BadQuery: It has a triple term or a reifier of RDF 1.2.
    """
    engine = ox.Store()
    engine.update(f"{declarations} {f'WITH {home}' if home else ''} INSERT {block} WHERE {{}}", base_iri=base)
    quads = cast(list[Quad], list(engine.quads_for_pattern(None, None, None)))
    if ("<<" in block or "~" in block or "{|" in block) and any(isinstance(cast(object, quad.object), Triple) for quad in quads):
        raise BadQuery(
            "A triple as the subject or object of another (RDF 1.2) cannot be kept here. Write a node of its own for the statement."
        )
    return quads


class Template:
    """A template of an update.

    Args:
        columns: Where the value of each variable stands in a row.

    Attributes:
        varies: Whether a statement has a variable or a blank node, so that each solution may bring others.
    """

    def __init__(self, declarations: str, block: str, base: str, home: str, columns: Mapping[str, int]) -> None:
        """Read it from its block, "" for none. Raises: See :func:`read_quads`."""
        mark = f"urn:uuid:{uuid4()}#"
        pieces, position = [], 0
        for name, start, end in variables(block):
            pieces += [block[position:start], f"<{mark}{columns[name]}>"]
            position = end
        text = "".join(pieces) + block[position:]
        self._ground: list[Quad] = []
        self._patterns: list[list[object]] = []
        for quad in read_quads(declarations, text, base, home) if block else ():
            parts = [_column(part, mark) for part in (quad.subject, quad.predicate, quad.object, quad.graph_name)]
            if any(isinstance(part, (int, BlankNode)) for part in parts):
                self._patterns.append(parts)
            else:
                self._ground.append(quad)
        self.varies = bool(self._patterns)

    def fill(self, rows: Iterable[Row]) -> Iterator[Quad]:
        """Yield the statements that some solutions lead to, settled; what is the same for all comes with the first ones.

        Each solution has its own blank nodes. Left out are statements with an unbound variable or a term in a place where it
        cannot be.

        Raises:
            CannotEvaluate: The value of a variable is a triple.
        """
        ground, self._ground = self._ground, []
        yield from ground
        if self._patterns:
            yield from as_stored(quad for row in rows for quad in self._fill(row))

    def _fill(self, row: Row) -> Iterator[Quad]:
        fresh: dict[BlankNode, BlankNode] = {}

        def value(part: object) -> object:
            if isinstance(part, int):
                return row[part]
            return fresh.setdefault(part, BlankNode()) if isinstance(part, BlankNode) else part

        for pattern in self._patterns:
            subject, predicate, term, graph = map(value, pattern)
            if (
                isinstance(subject, (NamedNode, BlankNode))
                and isinstance(predicate, NamedNode)
                and isinstance(term, (NamedNode, BlankNode, Literal, Triple))
                and isinstance(graph, (NamedNode, DefaultGraph))
            ):
                if isinstance(term, Triple):
                    raise CannotEvaluate("A triple as the object of another (RDF 1.2) cannot be kept here. Nothing was written.")
                yield make_quad(subject, predicate, term, graph)


def _column(part: object, mark: str) -> object:
    """Return the column of the variable whose place a private IRI has taken, or the term as it is."""
    return int(part.value.removeprefix(mark)) if isinstance(part, NamedNode) and part.value.startswith(mark) else part
