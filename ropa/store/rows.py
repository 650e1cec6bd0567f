"""The text of a patch: rows H (header), TX, D (removed), A (added), TC, one a line.

In:  a commit and its statements. Out: lines, and what they say again.

Source: RDF Patch (Apache Jena, RDF Delta); terms as in N-Quads. The headers *revision*, *when*, *who*, *why*, *removed*,
*added* (counts), *software*, *graph*, *created*, *dropped* and *previous-sha256* (of the file of the patch before) are ours.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from io import BufferedReader, BytesIO
from itertools import islice
from typing import IO, cast

import pyoxigraph as ox

import ropa
from ropa.store.changes import Change, Commit
from ropa.store.quads import Quad

REMOVED, ADDED = b"D ", b"A "
"""What the row of a statement starts with."""
END = b"TC .\n"
"""The last row of a whole patch."""

_CHUNK = 10_000
_BUFFER = 1 << 20
_LEVEL = 1
"""Of gzip: a patch of N-Quads shrinks ten times already."""


def pack(raw: IO[bytes]) -> gzip.GzipFile:
    """Return a file that is packed into another; nothing in it tells the time."""
    return gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0)


def write_head(commit: Commit, before: str, created: Iterable[str], dropped: Iterable[str]) -> Iterator[bytes]:
    """Yield the header rows and the TX.

    Args:
        before: SHA-256 of the patch before, "" where there is none.
    """
    rows = [("id", f"<{commit.id}>")]
    if before:
        rows.append(("previous-sha256", str(ox.Literal(before))))
    for name, text in (
        ("revision", str(commit.revision)),
        ("when", commit.when.isoformat()),
        ("who", commit.note.who),
        ("why", commit.note.why),
        ("removed", str(commit.removed)),
        ("added", str(commit.added)),
        ("software", f"ropa {ropa.__version__}"),
    ):
        rows.append((name, str(ox.Literal(text))))
    for name, graphs in (("graph", commit.graphs), ("created", created), ("dropped", dropped)):
        rows += [(name, f"<{graph}>") for graph in sorted(graphs)]
    for name, value in rows:
        yield f"H {name} {value} .\n".encode()
    yield b"TX .\n"


def write_rows(mark: bytes, quads: Iterable[Quad]) -> Iterator[bytes]:
    """Yield the rows of statements, many at a time."""
    waiting = iter(quads)
    while chunk := list(islice(waiting, _CHUNK)):
        text = ox.serialize(cast(Iterable[ox.Quad], chunk), format=ox.RdfFormat.N_QUADS) or b""
        yield b"".join(mark + line for line in text.splitlines(keepends=True))


def read_head(file: IO[bytes]) -> dict[str, list[str]]:
    """Read the header rows and the TX; header name to its values.

    Raises:
        ValueError, SyntaxError: It is no patch.
    """
    head: dict[str, list[str]] = {}
    for line in iter(file.readline, b""):
        if not line.startswith(b"H "):
            break
        _, name, value = line.decode().rstrip(" .\n").split(" ", 2)
        head.setdefault(name, []).append(_value(value))
    return head


def read_change(file: IO[bytes]) -> Change:
    """Read the change that a patch holds, from its head on.

    Raises:
        ValueError, SyntaxError: It is no patch.
    """
    head = read_head(file)
    lines = file.readlines()
    removed, added = (
        list(ox.parse(b"".join(line[len(mark) :] for line in lines if line.startswith(mark)), format=ox.RdfFormat.N_QUADS))
        for mark in (REMOVED, ADDED)
    )
    graphs = frozenset(head.get("created", ())), frozenset(head.get("dropped", ()))
    return Change(cast(list[Quad], removed), cast(list[Quad], added), *graphs)


class Rows:
    """The rows of one kind in a patch, as a file of N-Quads."""

    def __init__(self, file: IO[bytes], mark: bytes) -> None:
        self._file = BufferedReader(cast(gzip.GzipFile, file), _BUFFER)
        self._mark = mark
        self._waiting = BytesIO()

    def read(self, size: int = -1) -> bytes:
        """Return at most *size* bytes, none at the end; the engine's parser ends the process where it is given more."""
        while not (given := self._waiting.read(size)) and (lines := self._file.readlines(_BUFFER)):
            self._waiting = BytesIO(b"".join(line[len(self._mark) :] for line in lines if line.startswith(self._mark)))
        return given


def _value(term: str) -> str:
    """Return what a header row holds: the IRI, or the text of a literal in the escapes of N-Triples."""
    if term.startswith("<"):
        return term[1:-1]
    parsed = next(iter(ox.parse(f"<x:> <x:> {term} .", format=ox.RdfFormat.N_TRIPLES)))
    return cast(ox.Literal, parsed.object).value
