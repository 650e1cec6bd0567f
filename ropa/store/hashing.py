"""A stream that tells what went through it.

In:  a file that is read or written in order. Out: the same bytes, and afterwards their SHA-256, their number and that of their lines.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import IO


class Hashing:
    """A file that is read or written in order, with the SHA-256, bytes and lines of what went through.

    Args:
        told: Called now and then with the number of lines.
    """

    def __init__(self, file: IO[bytes], told: Callable[[int], None] = lambda rows: None) -> None:
        self._file = file
        self._told = told
        self._hash = hashlib.sha256()
        self.size = 0
        self.rows = 0

    def read(self, size: int = -1) -> bytes:
        """Return at most *size* bytes."""
        return self._note(self._file.read(size))

    def write(self, data: bytes) -> int:
        """Write bytes."""
        return self._file.write(self._note(data))

    def flush(self) -> None:
        """Do nothing: the file is closed by whoever opened it."""

    def digest(self) -> str:
        """Return the SHA-256 in hexadecimal."""
        return self._hash.hexdigest()

    def _note(self, data: bytes) -> bytes:
        self._hash.update(data)
        self.size += len(data)
        rows = data.count(b"\n")
        self.rows += rows
        if rows:
            self._told(self.rows)
        return data
