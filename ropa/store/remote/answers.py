"""What an engine answered, as the embedded engine would give it.

In:  a reply to a query. Out: solutions, a truth value or triples, read to the end before anybody gets the first of them.

An answer that is cut off does not parse, so it is never taken for a whole one; one that was cut between two rows shows by its
number of rows, see :mod:`ropa.store.remote.engine`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import cast

import pyoxigraph as ox
from pyoxigraph import BlankNode, Literal, NamedNode, QueryBoolean, QueryResultsFormat, QuerySolutions

from ropa.errors import BadQuery, CannotEvaluate, StoreProblem
from ropa.namespaces import XSD
from ropa.store import Answer
from ropa.store.quads import Node, Term
from ropa.store.remote.client import Reply
from ropa.store.remote.spelling import shorten

RESULTS = "application/sparql-results+json"
"""The form in which solutions are asked for: of all forms the one that no engine gets wrong, and whose end shows."""
TRIPLES = "application/n-triples"
"""The form in which triples are asked for."""

_JSON = (RESULTS, "application/json")
_LINES = (TRIPLES, "text/plain", "text/turtle")
_PLACE = re.compile(r"(?:error at |line:? ?)(\d+)(?:[:,]\s*(?:column:? ?)?(\d+))?", re.IGNORECASE)
# Virtuoso names blank nodes by an address, writes truth values as numbers, and has durations in the spelling that it keeps.
# A quotation mark inside a string is escaped, so nothing that a string says looks like these.
_TYPED = rb'("datatype"\s*:\s*"[^"]*%s"\s*,\s*"value"\s*:\s*")'
_BLANK = re.compile(rb'("type"\s*:\s*"bnode"\s*,\s*"value"\s*:\s*")nodeID://')
_TRUTH = re.compile(_TYPED % b"#boolean" + rb'([01])"')
_DURATION = re.compile(_TYPED % b"[dD]uration" + rb'(-?P[^"]*\.\d{12}S)"')


class Received:
    """A whole answer.

    Attributes:
        count: Rows, or triples; None for a truth value.
    """

    def __init__(self, reply: Reply) -> None:
        """Read a reply.

        Raises:
            BadQuery, CannotEvaluate: The engine refuses the query. StoreProblem: It answered what cannot be read.
        """
        if reply.status != 200:
            raise _refused(reply)
        self.count: int | None = None
        self._body = b""
        self._triples: list[ox.Quad] | None = None
        if reply.media_type in _JSON:
            self._body = mend(reply.body)
            self._count_solutions()
        elif reply.media_type in _LINES:
            try:
                self._triples = list(ox.parse(reply.body, format=ox.RdfFormat.TURTLE))
            except (SyntaxError, ValueError):
                raise _unreadable(reply) from None
            self.count = len(self._triples)
        else:
            raise StoreProblem(f"The engine answered with {reply.media_type or 'no media type'}, which was not asked for: {reply.reason}")

    def answer(self) -> Answer:
        """Return the answer from its start."""
        if self._triples is None:
            return ox.parse_query_results(self._body, QueryResultsFormat.JSON)
        # The embedded engine's kind of answer, with literals as it has them.
        store = ox.Store()
        store.extend(self._triples)
        return store.query("CONSTRUCT WHERE { ?s ?p ?o }")

    def triples(self) -> list[ox.Quad]:
        """Return the triples of an answer that is a graph, as the engine spells them.

        Raises:
            StoreProblem: It is another kind of answer.
        """
        if self._triples is None:
            raise StoreProblem("The engine answered a CONSTRUCT with something else than triples.")
        return self._triples

    def _count_solutions(self) -> None:
        try:
            answer = ox.parse_query_results(self._body, QueryResultsFormat.JSON)
            if isinstance(answer, QuerySolutions):
                self.count = sum(1 for _ in answer)
        except (SyntaxError, ValueError):
            raise StoreProblem("The engine's answer ends before its end, or is no JSON. See its log, then try again.") from None


def mend(body: bytes) -> bytes:
    """Return an answer in JSON with what Virtuoso writes unlike everybody else."""
    if b"nodeID://" in body:
        body = _BLANK.sub(rb"\1", body)
    if b'#boolean"' in body:
        body = _TRUTH.sub(lambda found: found[1] + (b'true"' if found[2] == b"1" else b'false"'), body)
    if b'uration"' in body:
        body = _DURATION.sub(lambda found: found[1] + shorten(found[2].decode()).encode() + b'"', body)
    return body


def rows(answer: Answer) -> list[tuple[Term | None, ...]]:
    """Return the rows of solutions, literals as the embedded store would have them.

    Raises:
        StoreProblem: It is another kind of answer.
    """
    if not isinstance(answer, QuerySolutions):
        raise StoreProblem("The engine answered a SELECT with something else than rows.")
    return [tuple(cast(Iterable[Term | None], row)) for row in answer]


def truth(answer: Answer) -> bool:
    """Return what an ASK was answered.

    Raises:
        StoreProblem: It is another kind of answer.
    """
    if not isinstance(answer, QueryBoolean):
        raise StoreProblem("The engine answered an ASK with something else than yes or no.")
    return bool(answer)


def as_node(term: Term | None) -> Node:
    """Return a term that must be a node; raises :class:`ropa.errors.StoreProblem`."""
    if not isinstance(term, NamedNode | BlankNode):
        raise StoreProblem(f"The engine gave {term} where a node belongs.")
    return term


def as_iri(term: Term | None) -> str:
    """Return the IRI of a term that must be one; raises :class:`ropa.errors.StoreProblem`."""
    if not isinstance(term, NamedNode):
        raise StoreProblem(f"The engine gave {term} where an IRI belongs.")
    return term.value


def as_number(term: Term | None) -> int:
    """Return the whole number of a term that must be one; raises :class:`ropa.errors.StoreProblem`."""
    if isinstance(term, Literal) and term.value.lstrip("-").isdecimal() and term.datatype.value.startswith(XSD):
        return int(term.value)
    raise StoreProblem(f"The engine gave {term} where a whole number belongs.")


def _refused(reply: Reply) -> BadQuery | CannotEvaluate | StoreProblem:
    if reply.status == 400:
        place = _PLACE.search(reply.reason)
        line, column = (int(place[1]), int(place[2]) if place[2] else None) if place else (None, None)
        return BadQuery(f"The engine refuses the query: {reply.reason}", line, column)
    if reply.status in (404, 405, 410):
        return StoreProblem(f"There is no SPARQL endpoint at this address ({reply.status}). Give that of the engine's queries.")
    if reply.status in (429, 502, 503, 504):
        return StoreProblem(f"The engine is too busy or about to be back ({reply.status}: {reply.reason}). Try again in a minute.")
    return CannotEvaluate(f"The engine cannot evaluate the query ({reply.status}): {reply.reason}")


def _unreadable(reply: Reply) -> StoreProblem:
    return StoreProblem(f"The engine's answer ends before its end, or is no {reply.media_type}. See its log, then try again.")
