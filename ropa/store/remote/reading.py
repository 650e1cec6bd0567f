"""What a remote store holds: read from the engine, kept while the revision stays the same.

In:  patterns. Out: statements, names of graphs, counts; all of graphs that are the store's, whatever else the engine has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import BytesIO
from threading import Lock
from time import monotonic
from typing import cast

from pyoxigraph import BlankNode, NamedNode

from ropa.store.quads import Node, Quad, Term, make_quad
from ropa.store.remote.answers import as_iri, as_node, as_number
from ropa.store.remote.cache import Cache
from ropa.store.remote.copy import Copy
from ropa.store.remote.engine import EVERYTHING, Engine, Scope
from ropa.store.remote.record import Record
from ropa.store.rows import read_change

FRESH = 1.0
"""Seconds for which a revision is believed without asking again."""
_MOST_FOREIGN = 50
NOTHING = "urn:x-ropa:nothing"
"""A graph that nobody has: naming it makes a dataset empty, naming none leaves it to the engine."""


class Reading:
    """Reads from an engine; any number of threads may."""

    def __init__(self, engine: Engine, record: Record) -> None:
        self._engine = engine
        self._record = record
        self._quads: Cache[Quad] = Cache()
        self._graphs: Cache[str] = Cache()
        self._counts: Cache[int] = Cache()
        self._copy = Copy(record.revision, self.statements, self._all, lambda revision: read_change(BytesIO(record.patch(revision))))
        self._known = (0, float("-inf"))
        self._held = False
        self._lock = Lock()
        self._union: bool | None = None

    @property
    def revision(self) -> int:
        """The revision, at most :data:`FRESH` seconds old; the one that is held, if one is."""
        number, since = self._known
        if self._held or monotonic() - since <= FRESH:
            return number
        with self._lock:
            number, since = self._known
            return number if monotonic() - since <= FRESH else self._look()

    def hold(self) -> int:
        """Ask for the revision and stay with it until it is let go."""
        with self._lock:
            number = self._look()
            self._held = True
            return number

    def let_go(self) -> None:
        """Ask for the revision again from now on."""
        self._held = False

    def move_on(self, revision: int) -> None:
        """Take note of a revision that has just been written."""
        self._known = (revision, monotonic())

    def forget(self) -> None:
        """Read everything anew."""
        self._known = (self._known[0], float("-inf"))
        for kept in (self._quads, self._graphs, self._counts, self._copy):
            kept.forget()

    def statements(self) -> int:
        """Return how many statements there are."""
        revision = self.revision
        found = self._counts.get(revision, "all")
        if found is None:
            others = f" FILTER(?g != <{self._record.iri}>)" if self.has_union() else ""
            text = f"SELECT (COUNT(*) AS ?n) WHERE {{ GRAPH ?g {{ ?s ?p ?o }}{others} }}"
            found = [as_number(row[0]) for row in self._engine.select(text, self.scope())]
            self._counts.keep(revision, "all", found)
        return sum(found)

    def graphs(self) -> list[str]:
        """Return the IRIs of the named graphs, sorted."""
        revision = self.revision
        found = self._graphs.get(revision, "all")
        if found is None:
            found = self._record.graphs()
            self._graphs.keep(revision, "all", found)
        return list(found)

    def quads(self, subject: Node | None, predicate: NamedNode | None, value: Term | None, graph: str | None) -> Iterator[Quad]:
        """Yield the quads that match; None matches anything."""
        revision, key = self.revision, (subject, predicate, value, graph)
        everything = graph is None and subject is predicate is value is None
        copy = self._copy.at(revision)
        found = self._quads.get(revision, key) if copy is None else None
        if copy is None and found is None and not everything:
            copy = self._copy.want(revision)
        if copy is not None:
            yield from cast(Iterator[Quad], copy.quads_for_pattern(subject, predicate, value, None if graph is None else NamedNode(graph)))
        elif found is not None:
            yield from found
        elif everything:
            yield from self._all()
        else:
            given: dict[str, Term | None] = {"s": subject, "p": predicate, "o": value, "g": None if graph is None else NamedNode(graph)}
            found = self._match(given) if graph is None or graph in self.graphs() else []
            self._quads.keep(revision, key, found)
            yield from found

    def scope(self) -> Scope:
        """Return the scope of all graphs: left to the engine where its own union is theirs, else each by its name."""
        return EVERYTHING if self.has_union() else self.explicit()

    def explicit(self) -> Scope:
        """Return the scope of all graphs, each by its name."""
        graphs = self.graphs() or [NOTHING]
        return Scope(graphs, graphs)

    def has_union(self) -> bool:
        """Tell whether the engine's default graph is the union of this store's graphs, and of no others but the history."""
        if self._union is None:
            graphs = self.graphs()
            sample = next((row for name in graphs for row in self._sample(name)), None)
            if sample is None:
                # Of an engine without statements nothing can be told.
                return False
            foreign = sorted(self._engine.graphs_there - {*graphs, self._record.iri})
            # Engines may list graphs whose statements are gone.
            alone = len(foreign) <= _MOST_FOREIGN and not any(
                self._engine.truth(f"ASK {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}") for graph in foreign
            )
            self._union = alone and self._engine.truth(f"ASK {{ {' '.join(map(str, sample))} }}")
        return self._union

    def _all(self) -> Iterator[Quad]:
        """Yield everything, graph by graph: no answer is longer than one of them."""
        for name in self.graphs():
            yield from self._match({"s": None, "p": None, "o": None, "g": NamedNode(name)})

    def _look(self) -> int:
        self._known = (self._record.revision(), monotonic())
        return self._known[0]

    def _sample(self, graph: str) -> list[tuple[Term | None, ...]]:
        return self._engine.select(f"SELECT ?s ?p ?o WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o FILTER(isIRI(?s) && isIRI(?o)) }} }} LIMIT 1")

    def _match(self, given: Mapping[str, Term | None]) -> list[Quad]:
        """Ask for the statements of a pattern, by the names of its four places."""
        graph = given["g"]
        if isinstance(graph, NamedNode) and given["s"] is given["p"] is given["o"] is None:
            return [make_quad(*triple, graph) for triple in self._engine.triples(graph.value)]
        write = self._engine.spelling.write
        # A blank node has no name in a query: all of them are asked for, and the right ones kept.
        blank = {name: term for name, term in given.items() if isinstance(term, BlankNode)}
        fixed = {name: term for name, term in given.items() if term is not None and name not in blank}
        asked = [name for name in given if name not in fixed]
        place = {name: write(fixed[name]) if name in fixed else f"?{name}" for name in given}
        filters = "".join(f" FILTER(isBlank(?{name}))" for name in blank)
        pattern = f"{{ GRAPH {place['g']} {{ {place['s']} {place['p']} {place['o']}{filters} }} }}"
        scope = EVERYTHING if "g" in fixed else self.scope()
        if asked:
            order = " ".join(f"?{name}" for name in asked)
            rows = self._engine.select(f"SELECT {order} WHERE {pattern}", scope, order=order)
        else:
            rows = [()] if self._engine.truth(f"ASK {pattern}", scope) else []
        held, found = set(self.graphs()), []
        for row in rows:
            terms: dict[str, Term | None] = {**fixed, **dict(zip(asked, row, strict=True))}
            if as_iri(terms["g"]) in held and all(terms[name] == term for name, term in blank.items()):
                found.append(
                    make_quad(as_node(terms["s"]), NamedNode(as_iri(terms["p"])), cast(Term, terms["o"]), NamedNode(as_iri(terms["g"])))
                )
        return found
