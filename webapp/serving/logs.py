"""The log of the server, on standard error: a line a request, as text for people or as JSON for programs that collect it.

In:  what :mod:`webapp.serving.observation` notes. Out: lines; queries stand in them as digests, never in clear.
"""

from __future__ import annotations

import logging
import sys
from typing import Literal

from pythonjsonlogger.json import JsonFormatter

from webapp.serving.observation import LOG

Form = Literal["text", "json", "none"]
FORMS: tuple[Form, ...] = ("text", "json", "none")


class _Words(logging.Formatter):
    """``10:30:00 GET /sparql 200 3.1 ms``."""

    def format(self, record: logging.LogRecord) -> str:
        line = f"{self.formatTime(record, '%H:%M:%S')} {record.getMessage()}"
        milliseconds = getattr(record, "milliseconds", None)
        return line if milliseconds is None else f"{line} {milliseconds} ms"


def write_log(form: Form) -> None:
    """Have requests and warnings written to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    if form == "json":
        handler.setFormatter(JsonFormatter("{asctime}{levelname}{name}{message}", style="{", rename_fields={"asctime": "time"}))
    else:
        handler.setFormatter(_Words())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    LOG.setLevel(logging.WARNING if form == "none" else logging.INFO)
