"""A SPARQL server, asked, and what it is like, found out without writing anything.

In:  text. Out: whole answers. An answer that the server may have cut off between two rows is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import cast
from urllib.parse import urlencode

from pyoxigraph import Literal, NamedNode

from ropa.errors import BadQuery, CannotEvaluate, Conflict, RefusedQuery, StoreProblem
from ropa.namespaces import XSD
from ropa.sparql import TOKEN, QueryText
from ropa.store.quads import Node, Term
from ropa.store.remote.addresses import Addresses, check_address, find_addresses
from ropa.store.remote.answers import RESULTS, TRIPLES, Received, as_iri, as_node, rows, truth
from ropa.store.remote.client import TIMEOUT, Client
from ropa.store.remote.credentials import Credentials
from ropa.store.remote.spelling import Spelling, canonical

ENGINES_OWN = frozenset(
    {"http://www.openlinksw.com/schemas/virtrdf#", "http://www.w3.org/ns/ldp#", "http://localuriqaserver/sparql"},
)
"""Graphs that a new Virtuoso holds before anybody has written to it."""

_CSV = "text/csv"
_MAY_BE_CUT = 100
"""Rows from which on it is asked whether the engine cuts answers off."""
_SIDES = (101, 317)
"""10,201 and 100,489 rows are asked for to see where an engine cuts: most of those that do, do it at 10,000 or 100,000."""
_SCHEME = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*:")


@dataclass(frozen=True)
class Scope:
    """The graphs that a query is about; both empty leaves it to the engine."""

    default: Sequence[str] = ()
    named: Sequence[str] = ()

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """Names and values of the protocol (SPARQL 1.1 Protocol, section 2.1.4)."""
        return [("default-graph-uri", iri) for iri in self.default] + [("named-graph-uri", iri) for iri in self.named]


EVERYTHING = Scope()


class Engine:
    """Asks a server.

    Attributes:
        spelling: How it spells terms.
    """

    def __init__(self, client: Client, addresses: Addresses) -> None:
        self.spelling = Spelling()
        self._client = client
        self.addresses = addresses
        self._limits: int | None = None
        self._limits_known = False
        self._lock = Lock()

    @classmethod
    def attach(
        cls,
        query: str,
        update: str | None = None,
        graphs: str | None = None,
        *,
        timeout: float = TIMEOUT,
    ) -> Engine:
        """Find a server's addresses and see that it is there; see :func:`ropa.store.remote.addresses.find_addresses`.

        Raises:
            StoreProblem: An address is none, or nobody answers there.
        """
        credentials = Credentials.from_environment()
        check_address(query, known=bool(credentials))
        client = Client(credentials, timeout)
        # Also a server that describes nothing says its name.
        reply = client.get(query, "text/turtle, application/rdf+xml;q=0.8, */*;q=0.1")
        addresses = find_addresses(query, update, graphs, server=reply.headers.get("server", ""), known=bool(credentials.user))
        for address in (addresses.update, addresses.graphs):
            if address:
                check_address(address, known=bool(credentials))
        engine = cls(client, addresses)
        engine.truth("ASK {}")
        engine._learn_spelling()
        return engine

    @property
    def timeout(self) -> float:
        """Seconds that a request may take."""
        return self._client.timeout

    def ask(self, text: str, scope: Scope = EVERYTHING, *, seconds: float | None = None, graph: bool = False) -> Received:
        """Return the whole answer to a query.

        Args:
            graph: It is a CONSTRUCT or DESCRIBE: engines take it amiss if they may choose between rows and triples.

        Raises:
            BadQuery, CannotEvaluate: The engine refuses it. RefusedQuery: The answer may be cut. TooSlow, TooLong: It is past a limit.
            StoreProblem: The engine cannot be reached, or says nothing that can be read.
        """
        received = self._receive(text, scope, seconds, TRIPLES if graph else RESULTS)
        if self._may_be_cut(received):
            raise RefusedQuery(
                f"The answer has {received.count:,} rows, which is where this engine cuts answers off without a word. "
                f"Add a LIMIT below {self.row_limit:,}, or ask for less at a time."
            )
        return received

    def select(self, text: str, scope: Scope = EVERYTHING, *, order: str = "") -> list[tuple[Term | None, ...]]:
        """Return all rows of a SELECT, in our spelling; page by page where the engine cuts answers off.

        Args:
            order: The variables of the query, which make its rows distinct; "" if it is known to have few rows.

        Raises:
            See :meth:`ask`; Conflict: The rows changed while they were read.
        """
        received = self._receive(text, scope)
        found = rows(received.answer())
        if self._may_be_cut(received):
            found = self._page(text, scope, order)
        read = self.spelling.read
        return [tuple(None if term is None else read(term) for term in row) for row in found]

    def triples(self, graph: str) -> list[tuple[Node, NamedNode, Term]]:
        """Return all triples of a graph, in our spelling; as triples, which engines write several times faster than rows.

        Raises:
            See :meth:`select`.
        """
        pattern, read = f"GRAPH <{graph}> {{ ?s ?p ?o }}", self.spelling.read
        received = self._receive(f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {pattern} }}", EVERYTHING, accept=TRIPLES)
        if self._may_be_cut(received):
            order = "?s ?p ?o"
            found = self._page(f"SELECT {order} WHERE {{ {pattern} }}", EVERYTHING, order)
            return [(as_node(row[0]), NamedNode(as_iri(row[1])), read(cast(Term, row[2]))) for row in found]
        return [(cast(Node, quad.subject), quad.predicate, read(cast(Term, quad.object))) for quad in received.triples()]

    def truth(self, text: str, scope: Scope = EVERYTHING) -> bool:
        """Return the answer to an ASK; raises as :meth:`ask` does."""
        return truth(self.ask(text, scope).answer())

    def update(self, text: str, seconds: float | None = None) -> None:
        """Send an update, once.

        Raises:
            CannotEvaluate: The engine refuses it. StoreProblem, TooSlow: Nobody knows whether it was carried out.
        """
        if not self.addresses.update:
            raise StoreProblem("It is not known where this engine takes updates. Set ROPA_UPDATE_URL to that address.")
        reply = self._client.update(self.addresses.update, text, seconds)
        if reply.status in (502, 503, 504):
            raise StoreProblem(f"The engine is too busy or about to be back ({reply.status}: {reply.reason}).")
        if not 200 <= reply.status < 300:
            raise CannotEvaluate(f"The engine refuses the write ({reply.status}): {reply.reason}")

    def put(self, graph: str, triples: str) -> None:
        """Make a graph hold these triples, by the Graph Store protocol.

        Args:
            triples: N-Triples.

        Raises:
            StoreProblem: The engine cannot be reached, refuses it, or its address is not known.
        """
        if not self.addresses.graphs:
            raise StoreProblem("It is not known where this engine takes graphs, which a write of this size needs. Set ROPA_GRAPHS_URL.")
        mark = "&" if "?" in self.addresses.graphs else "?"
        reply = self._client.put(f"{self.addresses.graphs}{mark}{urlencode({'graph': graph})}", triples.encode(), TRIPLES)
        if not 200 <= reply.status < 300:
            raise StoreProblem(f"The engine refuses a graph ({reply.status}): {reply.reason}")

    @property
    def row_limit(self) -> int | None:
        """Rows at which the engine cuts answers off without a word; None where it does not below 100,000."""
        with self._lock:
            if not self._limits_known:
                self._limits = next((found for side in _SIDES if (found := self._count_product(side)) is not None), None)
                self._limits_known = True
        return self._limits

    @cached_property
    def graphs_there(self) -> frozenset[str]:
        """The named graphs that the engine held when this was first asked."""
        found = self.select("SELECT ?g WHERE { GRAPH ?g {} }", order="?g")
        if not any(row[0] for row in found):
            # Virtuoso 7 may never end a SELECT DISTINCT ?g once statements have been deleted.
            found = self.select("SELECT ?g WHERE { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g", order="?g")
        return frozenset(row[0].value for row in found if isinstance(row[0], NamedNode))

    def keeps(self, literal: Literal) -> bool:
        """Tell whether the engine gives a literal back as what it is."""
        try:
            found = self.select(f"SELECT ({literal} AS ?x) WHERE {{}}")
        except (BadQuery, CannotEvaluate):
            return False
        return found == [(canonical(literal),)]

    def _learn_spelling(self) -> None:
        """Find out how durations have to be written, and how great numbers may be."""
        self.spelling.long_durations = not self.keeps(Literal("P28D", datatype=NamedNode(XSD + "duration")))
        self.spelling.short_integers = not self.keeps(Literal(str(1 << 63), datatype=NamedNode(XSD + "integer")))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _receive(self, text: str, scope: Scope, seconds: float | None = None, accept: str = RESULTS) -> Received:
        reply = self._client.query(self.addresses.query, text, accept, scope.parameters, seconds)
        told = reply.headers.get("x-sparql-maxrows", "")
        if told.isdecimal():
            # Virtuoso says so with each answer that it has cut.
            self._limits, self._limits_known = int(told), True
        return Received(reply)

    def _may_be_cut(self, received: Received) -> bool:
        if received.count is None or received.count < _MAY_BE_CUT:
            return False
        return self.row_limit is not None and received.count >= self.row_limit

    def _count_product(self, side: int) -> int | None:
        """Return how many rows come of side × side, None where it is all or cannot be told."""
        numbers = " ".join(map(str, range(side)))
        text = f"SELECT ?a WHERE {{ VALUES ?a {{ {numbers} }} VALUES ?b {{ {numbers} }} }}"
        reply = self._client.query(self.addresses.query, text, _CSV)
        if reply.status != 200 or reply.media_type != _CSV:
            return None
        count = len(reply.body.split()) - 1
        return count if 0 < count < side * side else None

    def _page(self, text: str, scope: Scope, order: str) -> list[tuple[Term | None, ...]]:
        if not order or self.row_limit is None:
            raise StoreProblem(f"The engine cuts answers off at {self.row_limit} rows, and this one cannot be asked for in pieces.")
        # One less than the limit, so that a whole page is not taken for a cut one. Virtuoso orders no more rows than its limit
        # unless that is done inside.
        most, found = self.row_limit - 1, list[tuple[Term | None, ...]]()
        while True:
            piece = f"SELECT {order} WHERE {{ {{ {text} ORDER BY {order} }} }} OFFSET {len(found)} LIMIT {most}"
            page = rows(self.ask(piece, scope).answer())
            found += page
            if len(page) < most:
                break
        if len(set(found)) != len(found):
            raise Conflict("The engine's data changed while they were read. Try again.")
        return found


def with_base(told: QueryText, base: str) -> str:
    """Return a query whose relative IRIs are resolved against *base*."""
    relative = any(match.lastgroup == "iri" and not _SCHEME.match(match.group()) for match in TOKEN.finditer(told.text))
    return f"BASE <{base}> {told.text}" if relative else told.text
