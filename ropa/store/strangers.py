"""Who evaluates the queries of strangers over a store in a folder: reader processes, and this process for mere look-ups.

In:  an open store. Out: an :class:`ropa.store.evaluation.Evaluator`; its processes start with the first query that needs one.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, cast

import pyoxigraph as ox

from ropa.errors import BadQuery
from ropa.store.dataset import EngineDataset
from ropa.store.direct import evaluate
from ropa.store.evaluation import Asked, Evaluator, Limits, Written
from ropa.store.lookups import is_lookup
from ropa.store.readers import Checkpoints, ReaderPool

if TYPE_CHECKING:
    from ropa.store.embedded import EmbeddedStore


_READERS = 4
"""Queries that run at the same time: twice what any role may have, so that no role keeps all others waiting."""


class StrangersEvaluator:
    """Evaluates look-ups in the thread that asks, everything else in processes that can be killed.

    Args:
        allowed: Addresses that SERVICE may call.
    """

    def __init__(self, store: EmbeddedStore, allowed: Collection[str] = ()) -> None:
        self._store = store
        self._allowed = allowed
        self._lock = Lock()
        self._pool: ReaderPool | None = None
        self._checkpoints: Checkpoints | None = None
        self._place: Path | None = None

    def evaluate(self, asked: Asked, limits: Limits) -> Written:
        """See :class:`ropa.store.evaluation.Evaluator`."""
        if is_lookup(asked.text):
            return evaluate(self._store.reading, self._store.base, asked, limits)
        return self._readers().evaluate(asked, limits)

    def close(self) -> None:
        """End the processes and remove their copies."""
        with self._lock:
            pool, checkpoints, place = self._pool, self._checkpoints, self._place
            self._pool = self._checkpoints = self._place = None
        if pool is not None:
            pool.close()
        if checkpoints is not None:
            checkpoints.close()
        if place is not None:
            shutil.rmtree(place, ignore_errors=True)

    def _readers(self) -> ReaderPool:
        with self._lock:
            if self._pool is None:
                folder = self._store.folder
                if folder is None:
                    # A store in memory is copied to the disk, where the readers find it.
                    folder = self._place = Path(tempfile.mkdtemp(prefix="ropa-"))
                self._checkpoints = Checkpoints(self._store.snapshot, lambda: self._store.revision, folder / "readers")
                self._pool = ReaderPool(self._checkpoints.current, self._store.base, readers=_READERS, allowed=self._allowed)
            return self._pool


class StrangersDataset(EngineDataset):
    """A dataset whose patterns an evaluator solves, within limits: a pattern that takes too long does not keep others from writing.

    The present state must stay until it is left: use it within :meth:`ropa.store.QuadStore.writing`.
    """

    def __init__(self, engine: ox.Store, base: str, place: Path | None, evaluator: Evaluator, limits: Limits) -> None:
        super().__init__(engine, base, place)
        self._evaluator = evaluator
        self._limits = limits

    def select(self, text: str, default_graphs: Sequence[str] | None, named_graphs: Sequence[str] | None) -> ox.QuerySolutions:
        """Evaluate a SELECT."""
        if default_graphs is not None and named_graphs is None:
            # To an evaluator a default graph alone leaves no named ones.
            named_graphs = self.graphs()
        asked = Asked(text, default_graphs or (), named_graphs or (), union=False)
        try:
            written = self._evaluator.evaluate(asked, self._limits)
        except BadQuery as error:
            raise SyntaxError(str(error)) from None
        return cast(ox.QuerySolutions, ox.parse_query_results(written.body, format=ox.QueryResultsFormat.JSON))
