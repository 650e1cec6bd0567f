"""What an update is worked out on: the state of a store, and a private copy of it where one is needed.

In:  an engine. Out: its solutions and statements, and an engine that may be written to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Protocol, cast

import pyoxigraph as ox
from pyoxigraph import DefaultGraph, NamedNode, QuerySolutions

from ropa.errors import StoreProblem
from ropa.store.quads import Quad


class Dataset(Protocol):
    """The state of a store, which stays as it is while an update is worked out."""

    def select(self, text: str, default_graphs: Sequence[str] | None, named_graphs: Sequence[str] | None) -> QuerySolutions:
        """Evaluate a SELECT.

        Args:
            default_graphs: What is merged to the default graph; None is the engine's own one.
            named_graphs: None is all of them.
        """

    def quads(self, graph: NamedNode | DefaultGraph | None) -> Iterator[Quad]:
        """Yield the statements of a graph; None is all of them."""

    def contains(self, quad: Quad) -> bool:
        """Tell whether a statement is there."""

    def graphs(self) -> list[str]:
        """Return the IRIs of the named graphs, those without a statement too."""

    def scratch(self) -> AbstractContextManager[ox.Store]:
        """Give an engine of one's own with the same content, to be written to.

        Raises:
            StoreProblem: There is no room for it.
        """


class EngineDataset:
    """A :class:`Dataset` that is an engine.

    Args:
        base: The IRI that relative ones are resolved against.
        place: A folder on the engine's disk for checkpoints; None for an engine in memory, which is copied.
    """

    def __init__(self, engine: ox.Store, base: str, place: Path | None) -> None:
        self._engine = engine
        self._base = base
        self._place = place

    def select(self, text: str, default_graphs: Sequence[str] | None, named_graphs: Sequence[str] | None) -> QuerySolutions:
        """Evaluate a SELECT."""
        answer = self._engine.query(
            text,
            base_iri=self._base,
            default_graph=None if default_graphs is None else [NamedNode(iri) for iri in default_graphs],
            named_graphs=None if named_graphs is None else [NamedNode(iri) for iri in named_graphs],
        )
        return cast(QuerySolutions, answer)

    def quads(self, graph: NamedNode | DefaultGraph | None) -> Iterator[Quad]:
        """Yield the statements of a graph."""
        return cast(Iterator[Quad], self._engine.quads_for_pattern(None, None, None, graph))

    def contains(self, quad: Quad) -> bool:
        """Tell whether a statement is there."""
        return cast(ox.Quad, quad) in self._engine

    def graphs(self) -> list[str]:
        """Return the IRIs of the named graphs."""
        return [graph.value for graph in self._engine.named_graphs() if isinstance(graph, NamedNode)]

    @contextmanager
    def scratch(self) -> Iterator[ox.Store]:
        """Give a copy of the engine: a checkpoint, which costs milliseconds, or one in memory."""
        if self._place is None:
            copy = ox.Store()
            copy.bulk_extend(cast(Iterable[ox.Quad], self._engine))
            for graph in self._engine.named_graphs():
                copy.add_graph(graph)
            yield copy
            return
        # By this name the store takes away on opening what an interrupted process has left.
        folder = Path(mkdtemp(prefix="quads-scratch-", dir=self._place))
        try:
            yield self._checkpoint(folder / "quads")
        finally:
            # The engine may still be at work on its files.
            rmtree(folder, ignore_errors=True)

    def _checkpoint(self, folder: Path) -> ox.Store:
        try:
            self._engine.backup(str(folder))
            return ox.Store(str(folder))
        except OSError as error:
            raise StoreProblem(f"The update cannot be tried out beside the store: {error}. Nothing was written.") from None
