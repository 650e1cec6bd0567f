"""Answers to what strangers ask, kept while the store does not change.

In:  an evaluator. Out: its answers; the same query of the same revision is evaluated once.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from threading import Lock

from ropa.store.evaluation import Asked, Evaluator, Limits, Written

_MOST_BYTES = 32_000_000
_LONGEST = 4_000_000
"""Bytes of an answer that is kept; a longer one is sent from its file."""


class Answers:
    """The answers of one evaluator.

    Args:
        revision: Tells the store's present revision; an answer is used for its own revision only.
        most_bytes: What all kept answers may take together; the one unused for longest goes first.
    """

    def __init__(self, evaluator: Evaluator, revision: Callable[[], int], most_bytes: int = _MOST_BYTES) -> None:
        self.evaluator = evaluator
        self._revision = revision
        self._most = most_bytes
        self._kept: OrderedDict[Asked, Written] = OrderedDict()
        self._bytes = 0
        self._at = -1
        self._lock = Lock()

    def get(self, asked: Asked, limits: Limits, place: AbstractContextManager[None], *, keep: bool = True) -> tuple[Written, bool]:
        """Return the answer, and whether it was evaluated just now.

        Args:
            place: Held while a query is evaluated, not while a kept answer is found.
            keep: False for a query whose answer may differ each time.

        Raises: See :class:`ropa.store.evaluation.Evaluator`.
        """
        revision = self._revision()
        with self._lock:
            if revision != self._at:
                self._kept.clear()
                self._bytes, self._at = 0, revision
            known = self._kept.get(asked)
            if known is not None and _fits(known, limits):
                self._kept.move_to_end(asked)
                return known, False
        with place:
            answer = self.evaluator.evaluate(asked, limits)
        # The store may have changed while the query ran: then nobody knows which state the answer is of.
        if keep and answer.length <= _LONGEST and revision == self._revision():
            answer = _in_memory(answer)
            self._keep(asked, answer, revision)
        return answer, True

    def _keep(self, asked: Asked, answer: Written, revision: int) -> None:
        with self._lock:
            if revision != self._at:
                return
            old = self._kept.pop(asked, None)
            self._kept[asked] = replace(answer, seconds=0)
            self._bytes += answer.length - (old.length if old else 0)
            while self._bytes > self._most:
                self._bytes -= self._kept.popitem(last=False)[1].length


def _in_memory(answer: Written) -> Written:
    if isinstance(answer.body, bytes):
        return answer
    with answer.body as file:
        return replace(answer, body=file.read())


def _fits(answer: Written, limits: Limits) -> bool:
    """Whether an answer evaluated for somebody else is within these limits too."""
    rows = limits.rows is None or answer.rows is None or answer.rows <= limits.rows
    return rows and (limits.bytes is None or answer.length <= limits.bytes)
