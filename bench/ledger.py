"""What clients were told is written, to be held against what a store has.

In:  each write before it is sent, and what became of it. Out: what is lost, and what is there and should not be.

A write that was sent and never answered may be there or not; one that was answered is there, and one refused is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

Lines = frozenset[str]
"""The statements of a graph, each a line of N-Triples without its end."""


@dataclass(frozen=True)
class Statement:
    """One statement of a graph: there or not."""

    graph: str
    line: str

    def found(self, graphs: Mapping[str, Lines | None]) -> bool:
        """Tell what a store has of it.

        Args:
            graphs: Graph IRI to its statements, None for a graph that is not there.
        """
        return self.line in (graphs[self.graph] or ())


@dataclass(frozen=True)
class Whole:
    """A graph that is written as a whole: its statements, None where it is not there."""

    graph: str

    def found(self, graphs: Mapping[str, Lines | None]) -> Lines | None:
        """Return what a store has of it."""
        return graphs[self.graph]


@dataclass(frozen=True)
class Counter:
    """A number that its writers add one to: the only value of a property of a subject."""

    graph: str
    subject: str

    def line(self, value: int) -> str:
        """Return the statement that tells it."""
        return f'<{self.subject}> <{COUNT}> "{value}"^^<http://www.w3.org/2001/XMLSchema#integer> .'

    def found(self, graphs: Mapping[str, Lines | None]) -> int | None:
        """Return what a store has of it; None where it has no value, or two."""
        begin = f'<{self.subject}> <{COUNT}> "'
        values = [line.removeprefix(begin).partition('"')[0] for line in graphs[self.graph] or () if line.startswith(begin)]
        return int(values[0]) if len(values) == 1 else None


COUNT = "https://example.org/soak/ns#count"

Key = Statement | Whole | Counter
Value = bool | int | Lines | None


class Ledger:
    """What was written by everybody; a key has one writer, but for counters, which may have many."""

    def __init__(self) -> None:
        self._sure: dict[Key, Value] = {}
        self._sent: dict[Key, Value] = {}
        self._added: dict[Counter, int] = {}
        self._adding: dict[Counter, int] = {}
        self._lock = Lock()

    def begin(self, key: Statement | Whole, value: bool | Lines | None) -> None:
        """Note that a write is sent, after which *key* is to have *value*."""
        with self._lock:
            self._sent[key] = value

    def done(self, key: Statement | Whole) -> None:
        """Note that it was acknowledged."""
        with self._lock:
            self._sure[key] = self._sent.pop(key)

    def refused(self, key: Statement | Whole) -> None:
        """Note that it was refused: what *key* was it must still be."""
        with self._lock:
            self._sent.pop(key)
            self._sure.setdefault(key, _absent(key))

    def begin_adding(self, counter: Counter) -> None:
        """Note that one is to be added to a counter."""
        with self._lock:
            self._adding[counter] = self._adding.get(counter, 0) + 1

    def end_adding(self, counter: Counter, *, acknowledged: bool) -> None:
        """Note that it was answered."""
        with self._lock:
            self._adding[counter] -= 1
            self._added[counter] = self._added.get(counter, 0) + acknowledged

    def value(self, key: Statement | Whole) -> Value:
        """Return what *key* surely is; for its writer, while nothing is sent."""
        with self._lock:
            return self._sure.get(key, _absent(key))

    @property
    def graphs(self) -> set[str]:
        """The IRIs of all graphs that were written to."""
        with self._lock:
            return {key.graph for key in (*self._sure, *self._sent, *self._added, *self._adding)}

    @property
    def acknowledged(self) -> int:
        """How many things and additions are to be found."""
        with self._lock:
            return len(self._sure) + sum(self._added.values())

    def judge(self, graphs: Mapping[str, Lines | None]) -> list[str]:
        """Return what is wrong with what a store has, a sentence each; an empty list means nothing.

        Args:
            graphs: See :meth:`Statement.found`, for all of :attr:`graphs`.
        """
        wrong = []
        with self._lock:
            for key in {**self._sure, **self._sent}:
                if isinstance(key, Counter):
                    continue
                before = self._sure.get(key, _absent(key))
                found = key.found(graphs)
                if found not in (before, self._sent.get(key, before)):
                    wrong.append(f"{key}: is {_short(found)}, should be {_short(before)}")
            for counter in {**self._added, **self._adding}:
                least = self._added.get(counter, 0)
                value = counter.found(graphs)
                if value is None or not least <= value <= least + self._adding.get(counter, 0):
                    wrong.append(f"{counter}: is {value}, {least} additions were acknowledged")
        return wrong


def _absent(key: Key) -> Value:
    return None if isinstance(key, Whole) else False


def _short(value: Value) -> str:
    return f"{len(value)} statements" if isinstance(value, frozenset) else str(value)
