"""What an update of a remote store is worked out on.

Patterns are solved on a copy in memory, since nothing wrong may be written because an engine answers wrongly; only one whose
answers were all found true is asked itself. An update without patterns needs neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Self, cast

import pyoxigraph as ox
from pyoxigraph import DefaultGraph, NamedNode, QuerySolutions

from ropa.errors import BadQuery, StoreProblem
from ropa.store.dataset import Dataset
from ropa.store.evaluation import Limits
from ropa.store.quads import Quad
from ropa.store.remote.engine import Scope
from ropa.store.remote.reading import NOTHING

if TYPE_CHECKING:
    from ropa.store.remote.store import RemoteStore

MOST = 1_000_000
"""Statements that are copied at the most: some 340 MB."""


class RemoteDataset(ExitStack):
    """A :class:`ropa.store.dataset.Dataset` of a remote store at its present revision; leaving it lets go of its copy."""

    def __init__(self, store: RemoteStore, limits: Limits) -> None:
        super().__init__()
        self._store = store
        self._limits = limits
        self._copied: Dataset | None = None
        self._read: dict[NamedNode, set[Quad]] = {}

    def __enter__(self) -> Self:
        return self

    def select(self, text: str, default_graphs: Sequence[str] | None, named_graphs: Sequence[str] | None) -> QuerySolutions:
        """Evaluate a SELECT."""
        if not self._store.is_trusted:
            return self._copy().select(text, default_graphs, named_graphs)
        # The engine's own default graph is nothing of ours.
        scope = Scope(default_graphs or [NOTHING], (self.graphs() if named_graphs is None else named_graphs) or [NOTHING])
        try:
            return cast(QuerySolutions, self._store.ask(text, scope, seconds=self._limits.seconds).answer())
        except BadQuery as error:
            raise SyntaxError(str(error)) from None

    def quads(self, graph: NamedNode | DefaultGraph | None) -> Iterator[Quad]:
        """Yield the statements of a graph; the default graph has none."""
        if isinstance(graph, DefaultGraph):
            return iter(())
        return self._store.quads(graph=None if graph is None else graph.value)

    def contains(self, quad: Quad) -> bool:
        """Tell whether a statement is there; its graph is read once."""
        graph = quad.graph_name
        if not isinstance(graph, NamedNode):
            return False
        if graph not in self._read:
            self._read[graph] = set(self.quads(graph))
        return quad in self._read[graph]

    def graphs(self) -> list[str]:
        """Return the IRIs of the named graphs."""
        return self._store.graphs()

    @contextmanager
    def scratch(self) -> Iterator[ox.Store]:
        """Give a copy in memory."""
        with self._copy().scratch() as copy:
            yield copy

    def _copy(self) -> Dataset:
        from ropa.store.embedded import EmbeddedStore

        if self._copied is None:
            if self._store.statements > MOST:
                raise StoreProblem(
                    f"This update has patterns, which are solved on a copy in memory, and the store has more than {MOST:,} statements. "
                    "Send the statements themselves (INSERT DATA, DELETE DATA), or a whole graph."
                )
            here = self.enter_context(EmbeddedStore.in_memory(self._store.base))
            here.replace_graphs({graph: self._store.quads(graph=graph) for graph in self.graphs()})
            evaluator = here.evaluator()
            self.callback(evaluator.close)
            self._copied = self.enter_context(here.dataset(evaluator, self._limits))
        return self._copied
