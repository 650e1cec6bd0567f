"""Answers to strangers from a remote engine, written here in the form that they want."""

from __future__ import annotations

from collections.abc import Collection
from time import monotonic
from typing import TYPE_CHECKING

from pyoxigraph import QuerySolutions, QueryTriples

from ropa.errors import TooLong
from ropa.store.direct import GRAPHS, RESULTS, too_many_bytes, too_many_rows
from ropa.store.evaluation import Asked, Kind, Limits, Written
from ropa.store.remote.engine import Scope
from ropa.store.remote.reading import NOTHING

if TYPE_CHECKING:
    from ropa.store.remote.store import RemoteStore


class RemoteEvaluator:
    """A :class:`ropa.store.evaluation.Evaluator` that asks the engine; one that goes past its time may still run there.

    Args:
        allowed: Addresses that SERVICE may call.
    """

    def __init__(self, store: RemoteStore, allowed: Collection[str] = ()) -> None:
        self._store = store
        self._allowed = allowed

    def evaluate(self, asked: Asked, limits: Limits) -> Written:
        """Return the whole answer; the limit of memory is the engine's affair."""
        started = monotonic()
        scope = Scope(asked.default_graphs, asked.named_graphs)
        if not (asked.union or scope.default or scope.named):
            # The engine's own default graph is nothing of ours.
            scope = Scope([NOTHING], self._store.graphs())
        received = self._store.ask(asked.text, scope, seconds=limits.seconds, allowed=self._allowed, exact=True)
        answer = received.answer()
        rows = received.count if isinstance(answer, QuerySolutions) else None
        if rows is not None and limits.rows is not None and rows > limits.rows:
            raise TooLong(too_many_rows(limits.rows))
        kind: Kind
        if isinstance(answer, QueryTriples):
            kind, media_type = "graph", asked.graph
            body = answer.serialize(format=GRAPHS[media_type]) or b""
        else:
            kind, media_type = ("solutions", asked.solutions) if rows is not None else ("boolean", asked.boolean)
            body = answer.serialize(format=RESULTS[media_type]) or b""
        if limits.bytes is not None and len(body) > limits.bytes:
            raise TooLong(too_many_bytes(limits.bytes))
        return Written(kind, media_type, body, len(body), rows, monotonic() - started)

    def close(self) -> None:
        """Do nothing: nothing runs here between two queries."""
