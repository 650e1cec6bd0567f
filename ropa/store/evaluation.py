"""What is asked of an engine by somebody who is not trusted: a query, limits, and the forms that the answer may take.

In:  an :class:`Asked`. Out: a :class:`Written`, whole, or an error; never half an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO, Literal, Protocol

Kind = Literal["solutions", "boolean", "graph"]

SOLUTIONS = (
    "application/sparql-results+json",
    "application/sparql-results+xml",
    "text/csv",
    "text/tab-separated-values",
)
"""Media types of the answer to a SELECT."""
BOOLEAN = SOLUTIONS[:2]
"""Media types of the answer to an ASK."""
GRAPH = (
    "text/turtle",
    "application/n-triples",
    "application/ld+json",
    "application/rdf+xml",
    "application/n-quads",
    "application/trig",
)
"""Media types of the answer to a CONSTRUCT or DESCRIBE, and of a graph."""


@dataclass(frozen=True)
class Limits:
    """How much one query may take; None is no limit.

    Attributes:
        seconds: From the start of evaluation to the last byte written.
        rows: Solutions of a SELECT. bytes: Length of the answer.
        memory: Bytes that the process which evaluates may have.
    """

    seconds: float | None = None
    rows: int | None = None
    bytes: int | None = None
    memory: int | None = None


@dataclass(frozen=True)
class Asked:
    """A query as a client sent it.

    Attributes:
        default_graphs, named_graphs: The dataset of the protocol; both empty leaves it to the text.
        union: Whether the default graph is all graphs where no dataset is named; else it is the engine's own.
        solutions, boolean, graph: The media type that each kind of answer is to have, one of those above.
    """

    text: str
    default_graphs: Sequence[str] = ()
    named_graphs: Sequence[str] = ()
    solutions: str = SOLUTIONS[0]
    boolean: str = BOOLEAN[0]
    graph: str = GRAPH[0]
    union: bool = True


@dataclass(frozen=True)
class Written:
    """A whole answer.

    Attributes:
        kind: What the query was. media_type: The form of *body*.
        body: The bytes, or an open file at its start which the receiver closes; *length* is how long it is.
        rows: Solutions of a SELECT, None for other kinds.
        seconds: How long it took to evaluate and write.
    """

    kind: Kind
    media_type: str
    body: bytes | BinaryIO
    length: int
    rows: int | None
    seconds: float


class Evaluator(Protocol):
    """Evaluates what strangers ask, within limits."""

    def evaluate(self, asked: Asked, limits: Limits) -> Written:
        """Return the whole answer.

        Raises:
            BadQuery: It does not parse; the error tells line and column.
            CannotEvaluate: It parses and cannot be evaluated.
            RefusedQuery: It would reach for another address.
            TooSlow, TooLong, TooMuch: It went past its time, its rows or bytes, or its memory; it runs no longer.
        """

    def close(self) -> None:
        """End everything that runs."""
