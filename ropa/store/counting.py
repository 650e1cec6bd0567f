"""How many solutions stand in the bytes of an answer, told while they pass.

In:  the answer to a SELECT, piece by piece, as pyoxigraph 0.5 writes it. Out: the exact number of its rows.

Counting marks in the bytes costs a few per cent of writing them; taking the rows one by one costs several times as much.
Each format has its own mark, one that no value can hold: values are escaped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import BinaryIO, Protocol

__all__ = ["Rows", "count_bound", "count_rows"]

_BLOCK = 1 << 20


class Rows(Protocol):
    """Counts the rows of one answer.

    Attributes:
        count: The rows found so far; exact after :meth:`end`, never more than there are before.
    """

    count: int

    def feed(self, data: bytes) -> None:
        """Take the next piece, cut anywhere."""

    def end(self) -> None:
        """Take note that there is no more."""


def count_rows(media_type: str, variables: Sequence[str]) -> Rows:
    """Return a counter for one answer.

    Args:
        media_type: One of :data:`ropa.store.evaluation.SOLUTIONS`.
        variables: The columns, without question mark, in order.
    """
    counters: dict[str, Callable[[], Rows]] = {
        "application/sparql-results+json": lambda: _Json(variables),
        "application/sparql-results+xml": _Xml,
        "text/csv": _Csv,
        "text/tab-separated-values": _Tsv,
    }
    return counters[media_type]()


def count_bound(media_type: str, variables: Sequence[str], answer: bytes | BinaryIO) -> int:
    """Return the rows of a whole answer in which each variable has a value in all rows or in none, and no value is a triple; a file
    is left at its start.

    In JSON it is enough, then, to look for one variable: what stands before a value is never part of a string.
    """
    if media_type == "application/sparql-results+json" and isinstance(answer, bytes):
        marks = (b'"%b":%b' % (name.encode(), _Json.VALUE) for name in variables)
        return next(filter(None, map(answer.count, marks)), 0) or answer.count(b"{}")
    rows = count_rows(media_type, variables)
    if isinstance(answer, bytes):
        rows.feed(answer)
    else:
        while block := answer.read(_BLOCK):
            rows.feed(block)
        answer.seek(0)
    rows.end()
    return rows.count


class _Xml:
    """Every row begins with a tag; in values ``<`` is escaped."""

    _MARK = b"<result>"

    def __init__(self) -> None:
        self.count = 0
        self._held = b""

    def feed(self, data: bytes) -> None:
        data = self._held + data
        self.count += data.count(self._MARK)
        self._held = data[1 - len(self._MARK) :]

    def end(self) -> None:
        pass


class _Tsv:
    """Every row is a line, after one for the head; in values the ends of lines are escaped."""

    def __init__(self) -> None:
        self.count = -1

    def feed(self, data: bytes) -> None:
        self.count += data.count(b"\n")

    def end(self) -> None:
        pass


class _Csv:
    """Every row is a record, after one for the head; a value with an end of line stands in quotes, its own quotes doubled."""

    _REST = bytes(byte for byte in range(256) if byte not in b'"\n')

    def __init__(self) -> None:
        self.count = -1
        self._inside = 0

    def feed(self, data: bytes) -> None:
        if b'"' not in data:
            self.count += 0 if self._inside else data.count(b"\n")
            return
        pieces = data.translate(None, self._REST).split(b'"')
        self.count += b"".join(pieces[self._inside :: 2]).count(b"\n")
        self._inside ^= (len(pieces) - 1) & 1

    def end(self) -> None:
        pass


class _Json:
    r"""Every row is an object in the only array of objects.

    In a string each quote has a backslash before it. So a bare quote with a letter after it opens a string, and what stands
    before that quote is punctuation: :data:`VALUE` is never part of a string. Pieces are cut there. In such a piece the marks
    of :attr:`_marks`, which hold :data:`VALUE`, are never part of a string either; where each ``}},{`` belongs to a mark, the
    marks are the rows. Where one does not (a string holds it, or a row binds nothing), the strings are taken out first.
    """

    VALUE = b'{"type":"'
    _NEXT = b"}},{"

    def __init__(self, variables: Sequence[str]) -> None:
        self.count = 0
        # A row begins with the first column that has a value. Looking for many of them would take longer than the other way.
        self._marks = [self._NEXT + json.dumps(name, ensure_ascii=False).encode() + b":" + self.VALUE for name in variables[:4]]
        self._held = b""
        self._inside = 0
        self._at_value = False

    def feed(self, data: bytes) -> None:
        data = self._held + data
        cut = data.rfind(self.VALUE)
        if cut > 0:
            if not (self._at_value and self._count_marks(data[: cut + len(self.VALUE)])):
                self._count_outside(data[:cut])
            self._inside, self._at_value = 0, True
        else:
            cut = _safe_end(data, len(data) - len(self.VALUE))
            if cut <= 0:
                self._held = data
                return
            self._count_outside(data[:cut])
            self._at_value = False
        self._held = data[cut:]

    def end(self) -> None:
        self._count_outside(self._held)
        self._held = b""

    def _count_marks(self, data: bytes) -> bool:
        expected = left = data.count(self._NEXT)
        for mark in self._marks:
            if not left:
                break
            left -= data.count(mark)
        if not left:
            self.count += expected
        return not left

    def _count_outside(self, data: bytes) -> None:
        pieces = data.replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')
        outside = b'"'.join(pieces[self._inside :: 2])
        self.count += outside.count(b",{") + outside.count(b"[{")
        self._inside ^= (len(pieces) - 1) & 1


def _safe_end(data: bytes, end: int) -> int:
    """Move a cut so that it parts neither a backslash from what it escapes nor ``{`` from what announces a row."""
    before = data[: max(end, 0)]
    if (len(before) - len(before.rstrip(b"\\"))) % 2 or before.endswith((b",", b"[")):
        end -= 1
    return end
