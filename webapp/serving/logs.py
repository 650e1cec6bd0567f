"""The log of the server, on standard error: a line a request, as text for people or as JSON for programs that collect it.

In:  what :mod:`webapp.serving.observation` notes. Out: lines; queries stand in them as digests, never in clear.

A thread of its own writes them: whoever reads standard error may stop reading, and nobody who answers requests may wait for that.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Full, Queue
from threading import Thread
from typing import Literal

from pythonjsonlogger.json import JsonFormatter

from webapp.serving.observation import LOG

Form = Literal["text", "json", "none"]
_MOST_LINES = 10_000
"""Lines that wait to be written; beyond these they are left out, and how many is said."""
_STANDARD_ERROR = 2
_PATIENCE = 2.0
"""Seconds that the end of the server waits for the log."""


class _Words(logging.Formatter):
    """``10:30:00 GET /sparql 200 3.1 ms``."""

    def format(self, record: logging.LogRecord) -> str:
        line = f"{self.formatTime(record, '%H:%M:%S')} {record.getMessage()}"
        milliseconds = getattr(record, "milliseconds", None)
        return line if milliseconds is None else f"{line} {milliseconds} ms"


class _Queued(logging.Handler):
    """Puts what is to be logged into a queue; where that is full it is left out and counted."""

    def __init__(self, lines: Queue[logging.LogRecord | None]) -> None:
        super().__init__()
        self._lines = lines
        self._left_out = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Put a record into the queue, one at a time."""
        try:
            if self._left_out:
                told = f"{self._left_out} lines are missing here: the log was not read as fast as it was written"
                self._lines.put_nowait(
                    logging.makeLogRecord({"name": __name__, "levelno": logging.WARNING, "levelname": "WARNING", "msg": told})
                )
                self._left_out = 0
            self._lines.put_nowait(record)
        except Full:
            self._left_out += 1


@contextmanager
def write_log(form: Form) -> Iterator[None]:
    """Have requests and warnings written to standard error; what is left then is written before the context is left."""
    shape = (
        JsonFormatter("{asctime}{levelname}{name}{message}", style="{", rename_fields={"asctime": "time"}) if form == "json" else _Words()
    )
    lines: Queue[logging.LogRecord | None] = Queue(_MOST_LINES)
    writer = Thread(target=_write, args=(lines, shape), name="log", daemon=True)
    writer.start()
    logging.basicConfig(level=logging.WARNING, handlers=[_Queued(lines)], force=True)
    LOG.setLevel(logging.WARNING if form == "none" else logging.INFO)
    try:
        yield
    finally:
        # Where nobody reads, what is not written by then will not be.
        with suppress(Full):
            lines.put(None, timeout=_PATIENCE)
            writer.join(_PATIENCE)


def _write(lines: Queue[logging.LogRecord | None], shape: logging.Formatter) -> None:
    # Straight to the system: handlers and streams of Python are locked while somebody writes, and the end of the process waits for them.
    while (record := lines.get()) is not None:
        line = f"{shape.format(record)}\n".encode("utf-8", "backslashreplace")
        with suppress(OSError):
            while line:
                line = line[os.write(_STANDARD_ERROR, line) :]
