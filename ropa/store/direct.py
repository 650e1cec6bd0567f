"""Evaluate one query in this process and write its whole answer, within limits.

In:  an open engine, an :class:`~ropa.store.evaluation.Asked`. Out: a :class:`~ropa.store.evaluation.Written`.

A limit is looked at while the answer is written. What the engine works out before it writes anything (a sum, an order) is not
stopped here: that takes a process that can be killed, see :mod:`ropa.store.readers`, whose processes do this very thing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from errno import EDQUOT, EFBIG, ENOSPC
from math import inf
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import BinaryIO, Final, Self, cast

import pyoxigraph as ox
from pyoxigraph import NamedNode, QueryBoolean, QueryResultsFormat, QuerySolutions, QueryTriples, RdfFormat

from ropa import sparql
from ropa.errors import BadQuery, CannotEvaluate, NoSpace, StoreProblem, TooLong, TooMuch, TooSlow
from ropa.store import Answer
from ropa.store.counting import Rows, count_bound, count_rows
from ropa.store.evaluation import Asked, Kind, Limits, Written
from ropa.store.xml_faults import XmlGuard

__all__ = ["DirectEvaluator", "ask", "evaluate", "in_our_words", "look_up", "too_many_bytes", "too_many_rows", "too_much", "too_slow"]

RESULTS: Final = {
    "application/sparql-results+json": QueryResultsFormat.JSON,
    "application/sparql-results+xml": QueryResultsFormat.XML,
    "text/csv": QueryResultsFormat.CSV,
    "text/tab-separated-values": QueryResultsFormat.TSV,
}
GRAPHS: Final = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/ld+json": RdfFormat.JSON_LD,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "application/n-quads": RdfFormat.N_QUADS,
    "application/trig": RdfFormat.TRIG,
}
INLINE: Final = 512 << 10
"""Bytes up to which an answer stays in memory; a longer one is in a file without a name."""
_BLOCK = 64 << 10
NO_LIMITS: Final = Limits()
_LESS = "Add a LIMIT, or ask for less at a time."


class DirectEvaluator:
    """Evaluates in the thread that asks; for look-ups alone (:func:`ropa.store.lookups.is_lookup`).

    Args:
        base: What relative IRIs of the text are resolved against. allowed: Addresses that SERVICE may call.
    """

    def __init__(self, store: ox.Store, base: str, *, allowed: Collection[str] = ()) -> None:
        self._store: ox.Store | None = store
        self._base = base
        self._allowed = allowed

    def evaluate(self, asked: Asked, limits: Limits) -> Written:
        """See :class:`ropa.store.evaluation.Evaluator`; the limit of memory is not looked at."""
        if self._store is None:
            raise StoreProblem("The store is closed; nothing was evaluated.")
        return evaluate(self._store, self._base, asked, limits, allowed=self._allowed)

    def close(self) -> None:
        """Let go of the engine."""
        self._store = None


def evaluate(
    store: ox.Store, base: str, asked: Asked, limits: Limits, *, allowed: Collection[str] = (), folder: Path | None = None
) -> Written:
    """Return the whole answer; see :class:`ropa.store.evaluation.Evaluator` for the errors.

    Args:
        base: What relative IRIs of the text are resolved against.
        allowed: Addresses that SERVICE may call.
        folder: Where a long answer may lie, in a file without a name; by default where the system has its temporary files.
    """
    started = monotonic()
    with in_our_words(limits):
        return _write(ask(store, base, asked, allowed), asked, limits, started, folder)


def look_up(store: ox.Store, base: str, asked: Asked, limits: Limits) -> Written:
    """Return what :func:`evaluate` does, for a text that :func:`ropa.store.lookups.is_lookup` found to be a look-up.

    Such a text nests nothing, calls nobody and names no dataset, so it is not read once more to find that out.
    """
    started = monotonic()
    with in_our_words(limits):
        answer = _query(store, base, asked, names_dataset=False)
        kind, media_type = _form(answer, asked)
        with _Sink(limits, started, None, None, media_type) as sink:
            _serialize(answer, sink, media_type)
            body = sink.finish()
    rows = None
    if not isinstance(answer, QueryTriples | QueryBoolean):
        rows = count_bound(media_type, [variable.value for variable in answer.variables], body)
        if limits.rows is not None and rows > limits.rows:
            raise TooLong(too_many_rows(limits.rows))
    return Written(kind, media_type, body, sink.length, rows, monotonic() - started)


def _write(answer: Answer, asked: Asked, limits: Limits, started: float, folder: Path | None) -> Written:
    kind, media_type = _form(answer, asked)
    rows: Rows | None = None
    if kind == "solutions":
        rows = count_rows(media_type, [variable.value for variable in cast(QuerySolutions, answer).variables])
    with _Sink(limits, started, rows, folder, media_type) as sink:
        _serialize(answer, sink, media_type)
        body = sink.finish()
    return Written(kind, media_type, body, sink.length, None if rows is None else rows.count, monotonic() - started)


def _serialize(answer: Answer, sink: _Sink, media_type: str) -> None:
    if isinstance(answer, QueryTriples):
        answer.serialize(cast(BinaryIO, sink), format=GRAPHS[media_type])
    else:
        answer.serialize(cast(BinaryIO, sink), format=RESULTS[media_type])


def ask(store: ox.Store, base: str, asked: Asked, allowed: Collection[str] = ()) -> Answer:
    """Evaluate a query without a limit; use it within :func:`in_our_words`."""
    return _query(store, base, asked, names_dataset=sparql.guard(asked.text, allowed).names_dataset)


def _query(store: ox.Store, base: str, asked: Asked, *, names_dataset: bool) -> Answer:
    given = bool(asked.default_graphs or asked.named_graphs)
    return store.query(
        asked.text,
        base_iri=base,
        # A union asked for here would override FROM in the text.
        use_default_graph_as_union=asked.union and not (names_dataset or given),
        default_graph=[*_graphs(asked.default_graphs)] if given else None,
        named_graphs=[*_graphs(asked.named_graphs)] if given else None,
    )


def _graphs(iris: Iterable[str]) -> Sequence[NamedNode]:
    try:
        return [NamedNode(iri) for iri in iris]
    except ValueError as error:
        raise BadQuery(f"A graph of the dataset is not named by an absolute IRI: {error}.") from None


def _form(answer: Answer, asked: Asked) -> tuple[Kind, str]:
    """Return what an answer is, and the media type that it is to have."""
    if isinstance(answer, QueryTriples):
        return "graph", asked.graph
    if isinstance(answer, QueryBoolean):
        return "boolean", asked.boolean
    return "solutions", asked.solutions


@contextmanager
def in_our_words(limits: Limits = NO_LIMITS) -> Iterator[None]:
    """Turn what the engine and the system say into our errors."""
    try:
        yield
    except SyntaxError as error:
        raise sparql.does_not_parse(error) from None
    except UnicodeEncodeError as error:
        raise BadQuery(f"The query holds half a character at place {error.start + 1}. Send it as UTF-8.") from None
    except (ValueError, RuntimeError) as error:
        raise CannotEvaluate(f"The query cannot be evaluated: {error}") from None
    except MemoryError:
        raise TooMuch(too_much(limits)) from None
    except OSError as error:
        if error.errno in (ENOSPC, EDQUOT, EFBIG):
            raise NoSpace("The disk has no room for an answer of this length. Ask for less at a time, or make room.") from None
        if error.errno is None:
            raise CannotEvaluate(f"The answer cannot be written: {error}") from None
        raise StoreProblem(f"The store cannot be read: {error}") from None


def too_much(limits: Limits) -> str:
    """Say that a query took too much memory."""
    allowed = "" if limits.memory is None else f" than the {limits.memory / 1e6:,.0f} MB allowed"
    return f"The query was stopped: it took more memory{allowed}. Ask for less at a time: name a graph or a subject, or leave out ORDER BY."


def too_many_bytes(most: float) -> str:
    """Say that an answer was too long."""
    return f"The answer is longer than {most:,} bytes, the most that is allowed: nothing of it is kept. {_LESS}"


def too_many_rows(most: float) -> str:
    """Say that an answer had too many rows."""
    return f"The answer has more than {most:,} rows, the most that is allowed: nothing of it is kept. {_LESS}"


def too_slow(limits: Limits) -> str:
    """Say that a query took too much time."""
    return (
        f"The query was stopped after {limits.seconds:g} s, the most that is allowed. "
        "Ask for less at a time: name a graph or a subject, or join fewer patterns."
    )


class _Sink:
    """What the engine writes an answer to. One that goes past a limit ends the query, and nothing of it is kept.

    Attributes:
        length: Bytes so far.
    """

    def __init__(self, limits: Limits, started: float, rows: Rows | None, folder: Path | None, media_type: str) -> None:
        self.length = 0
        self._limits = limits
        self._end = inf if limits.seconds is None else started + limits.seconds
        self._most_bytes = inf if limits.bytes is None else limits.bytes
        self._most_rows = inf if limits.rows is None else limits.rows
        self._rows = rows
        self._xml = XmlGuard() if media_type.endswith("xml") else None
        self._folder = folder
        self._new: list[bytes] = []
        self._looked_at = 0
        self._kept: list[bytes] = []
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is not None and self._file is not None:
            self._file.close()

    def write(self, data: bytes) -> int:
        """Take the next bytes; the engine hands over 8 kB at a time."""
        self.length += len(data)
        if self.length > self._most_bytes:
            raise TooLong(too_many_bytes(self._most_bytes))
        if monotonic() > self._end:
            raise TooSlow(too_slow(self._limits))
        if self._xml is not None:
            self._xml.look(data)
        self._new.append(data)
        if self.length - self._looked_at >= _BLOCK:
            self._look()
        return len(data)

    def flush(self) -> None:
        """Do nothing: nobody reads the answer before its end."""

    def finish(self) -> bytes | BinaryIO:
        """Return the whole answer: bytes, or a file at its start."""
        self._look()
        if self._rows is not None:
            self._rows.end()
            self._check(self._rows)
        if self._file is None:
            return b"".join(self._kept)
        self._file.seek(0)
        return self._file

    def _look(self) -> None:
        """Count the rows of what is new and put it where it stays."""
        block = b"".join(self._new)
        self._new.clear()
        self._looked_at = self.length
        if self._rows is not None:
            self._rows.feed(block)
            self._check(self._rows)
        if self._file is None and self.length > INLINE:
            self._file = cast(BinaryIO, tempfile.TemporaryFile(dir=self._folder))  # noqa: SIM115 - the receiver closes it
            self._file.writelines(self._kept)
            self._kept.clear()
        if self._file is None:
            self._kept.append(block)
        else:
            self._file.write(block)

    def _check(self, rows: Rows) -> None:
        if rows.count > self._most_rows:
            raise TooLong(too_many_rows(self._most_rows))
