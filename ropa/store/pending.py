"""What a request has changed so far, while nothing is written yet.

In:  a dataset, and the effects of one operation after the other. Out: the state in between, and the net change.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from typing import cast

import pyoxigraph as ox
from pyoxigraph import DefaultGraph, NamedNode, QuerySolutions

from ropa.errors import TooLong
from ropa.store.changes import Change
from ropa.store.dataset import Dataset, EngineDataset
from ropa.store.quads import Quad


class Pending:
    """The state that a request has led to so far.

    Args:
        most: Statements that may change, None for any number.
        stack: What closes the scratch engine in the end.
    """

    def __init__(self, data: Dataset, base: str, most: int | None, stack: ExitStack) -> None:
        self._data = data
        self._base = base
        self._most = most
        self._stack = stack
        self._removed: dict[Quad, None] = {}
        self._added: dict[Quad, None] = {}
        self._before: frozenset[str] | None = None
        self._created: set[str] = set()
        self._dropped: set[str] = set()
        # What the scratch engine does not know yet, and whether it is there.
        self._news: dict[Quad, bool] = {}
        self._news_of_graphs: dict[str, bool] = {}
        self._scratch: ox.Store | None = None

    def contains(self, quad: Quad) -> bool:
        """Tell whether a statement is there."""
        return quad in self._added or (quad not in self._removed and self._data.contains(quad))

    def quads(self, graph: NamedNode | DefaultGraph | None) -> list[Quad]:
        """Return the statements of a graph; None is all of them."""
        kept = [quad for quad in self._data.quads(graph) if quad not in self._removed]
        return kept + [quad for quad in self._added if graph is None or quad.graph_name == graph]

    def has_graph(self, iri: str) -> bool:
        """Tell whether a named graph is there."""
        return iri in self._created or (iri in self._existed() and iri not in self._dropped)

    def graphs(self) -> set[str]:
        """Return the IRIs of the named graphs."""
        return (set(self._existed()) - self._dropped) | self._created

    def select(self, text: str, default_graphs: Sequence[str] | None, named_graphs: Sequence[str] | None) -> QuerySolutions:
        """Evaluate a SELECT on this state; see :meth:`Dataset.select`."""
        if self._scratch is None and not self.change():
            return self._data.select(text, default_graphs, named_graphs)
        if self._scratch is None:
            self._scratch = self._stack.enter_context(self._data.scratch())
            self._stack.callback(self._let_go)
        for quad, there in self._news.items():
            if not there:
                self._scratch.remove(cast(ox.Quad, quad))
        self._scratch.extend(cast(ox.Quad, quad) for quad, there in self._news.items() if there)
        for iri, there in self._news_of_graphs.items():
            if there:
                self._scratch.add_graph(NamedNode(iri))
            else:
                self._scratch.remove_graph(NamedNode(iri))
        self._news, self._news_of_graphs = {}, {}
        return EngineDataset(self._scratch, self._base, None).select(text, default_graphs, named_graphs)

    def replace(self, gone: Iterable[Quad], come: Iterable[Quad]) -> None:
        """Take away statements that are there and bring others that are not.

        Raises:
            TooLong: More has changed than may.
        """
        for quad in gone:
            self._news[quad] = False
            if quad in self._added:
                del self._added[quad]
            else:
                self._removed[quad] = None
        for quad in come:
            self._news[quad] = True
            if quad in self._removed:
                del self._removed[quad]
            else:
                self._added[quad] = None
            if isinstance(quad.graph_name, NamedNode):
                self.create(quad.graph_name.value)
        if self._most is not None and len(self._removed) + len(self._added) > self._most:
            raise self._too_long()

    def create(self, iri: str) -> None:
        """Make a named graph be there."""
        if not self.has_graph(iri):
            self._news_of_graphs[iri] = True
            if iri in self._dropped:
                self._dropped.remove(iri)
            else:
                self._created.add(iri)

    def drop(self, iri: str) -> None:
        """Take away a named graph that has no statements left."""
        if self.has_graph(iri):
            self._news_of_graphs[iri] = False
            if iri in self._created:
                self._created.remove(iri)
            else:
                self._dropped.add(iri)

    def expect(self, coming: int) -> None:
        """Raise TooLong if so many statements that are not there are too many to come, whatever goes."""
        if self._most is not None and coming - len(self._removed) > self._most:
            raise self._too_long()

    def change(self) -> Change:
        """Return the net change."""
        return Change(list(self._removed), list(self._added), frozenset(self._created), frozenset(self._dropped))

    def _existed(self) -> frozenset[str]:
        if self._before is None:
            self._before = frozenset(self._data.graphs())
        return self._before

    def _too_long(self) -> TooLong:
        return TooLong(f"The update changes more than {self._most} statements, which is the most at once. Nothing was written.")

    def _let_go(self) -> None:
        """Drop the scratch engine before its files go."""
        self._scratch = None
