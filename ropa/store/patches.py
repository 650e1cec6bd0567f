"""The history of a store, read: one RDF Patch file a commit, each leading to the one before.

In:  a folder of patches. Out: who wrote what, when and why, and the changes again; what is lost of them is said in their place.

How they are written is in :mod:`ropa.store.log`, the text of a patch in :mod:`ropa.store.rows`, whether they are all as they were
written in :mod:`ropa.store.losses`.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import islice
from pathlib import Path
from stat import S_ISREG
from typing import IO, cast

import pyoxigraph as ox

from ropa.errors import LostPatch, NotFound
from ropa.store.changes import Change, Commit, Lost, Note
from ropa.store.quads import Quad
from ropa.store.rows import ADDED, Rows, read_change, read_head

BEFORE = Note("ropa", "What the store held when it began to keep a history")
"""The note of a first patch that is not of revision 1."""
CLOSED = "not for this user to read"

_ENDING = ".rdfp.gz"
REFUSED = ".refused"


class Patches:
    """The patches in a folder, named by the revision that they lead to; who reads them need not own the store.

    Attributes:
        last: The revision of the latest one, or *first* where that is greater.
        refused: The patch that was withdrawn and is to be undone in the engine before the next is written; its stem is the revision.
    """

    def __init__(self, folder: Path, first: int = 0) -> None:
        self._folder = folder
        found = self.revisions()
        self.last = max([first, *found])
        self.refused = next((folder / name for name in self._names(REFUSED)), None)
        self._first = min(found, default=None)

    @property
    def first(self) -> int:
        """The revision of the earliest patch, one more than the last where there is none."""
        return self.last + 1 if self._first is None else self._first

    def revisions(self) -> list[int]:
        """Return the revisions of the patches that are there."""
        return [int(name.removesuffix(_ENDING)) for name in self._names(_ENDING) if name.removesuffix(_ENDING).isdecimal()]

    def after(self, revision: int) -> Iterator[int]:
        """Yield the revisions of the patches that follow one, the earliest first, also of those that are missing."""
        begun = self.first - 1
        if revision < begun and self.lost_start() is None:
            revision = begun
        return iter(range(revision + 1, self.last + 1))

    def commits(self, before: int | None = None, limit: int | None = None) -> Iterator[Commit | Lost]:
        """Yield what was written, the latest first, and in its place what is lost; see :meth:`entry`."""
        return islice(self._entries(self.last if before is None else min(before - 1, self.last)), limit)

    def _entries(self, newest: int) -> Iterator[Commit | Lost]:
        for revision in range(newest, self.first - 1, -1):
            yield self.entry(revision)
        start = self.lost_start()
        if start is not None and newest > 0:
            revision = min(newest, start.revision)
            yield Lost(revision, start.fault, revision > 1)

    def entry(self, revision: int) -> Commit | Lost:
        """Return one commit without its statements, or that its patch is lost as far as the head tells; may raise NotFound."""
        try:
            return self.commit(revision)
        except LostPatch as error:
            return Lost(revision, error.fault)

    def lost_start(self) -> Lost | None:
        """Return the revision before the earliest patch, where one or more patches before that are missing; None where nobody can tell."""
        if self._first == 1 or not self.last:
            return None
        if self._first is not None:
            try:
                with self.reading(self._first) as file:
                    head = read_head(file)
            except LostPatch:
                return None
            # A store that was older than its history begins it with all that it held.
            if "previous-sha256" not in head and head.get("why") == [BEFORE.why]:
                return None
        return Lost(self.first - 1, "missing", self.first > 2)

    def commit(self, revision: int) -> Commit:
        """Return one commit without its statements.

        Raises:
            NotFound: There never was one, as far as is known. LostPatch: There was, and its patch cannot be read.
        """
        with self.reading(revision) as file:
            head = read_head(file)
            if head["revision"] != [str(revision)]:
                raise ValueError("the patch of another revision")
            return Commit(
                int(head["revision"][0]),
                head["id"][0],
                datetime.fromisoformat(head["when"][0]),
                Note(head["who"][0], head["why"][0]),
                int(head["removed"][0]),
                int(head["added"][0]),
                tuple(head.get("graph", ())),
            )

    def recall(self, revision: int, path: Path | None = None) -> Change:
        """Return the exact change of one commit, or of the patch at *path*; raises as :meth:`commit` does."""
        with self.reading(revision, path) as file:
            return read_change(file)

    def graphs(self, revision: int) -> tuple[list[str], list[str]]:
        """Return the IRIs of the graphs that one commit created, and of those that it dropped."""
        with self.reading(revision) as file:
            head = read_head(file)
        return head.get("created", []), head.get("dropped", [])

    def added(self, revision: int) -> Iterator[Quad]:
        """Yield the statements that one commit added, read as they are asked for."""
        with self.reading(revision) as file:
            read_head(file)
            yield from cast(Iterator[Quad], ox.parse(cast(IO[bytes], Rows(file, ADDED)), format=ox.RdfFormat.N_QUADS))

    def read(self, revision: int) -> bytes:
        """Return a patch as it is on the disk, unpacked; raises as :meth:`commit` does."""
        with self.reading(revision) as file:
            return file.read()

    def previous(self, revision: int) -> str:
        """Return the SHA-256 that a patch tells of the one before, "" where it tells none; raises as :meth:`commit` does."""
        with self.reading(revision) as file:
            return read_head(file).get("previous-sha256", [""])[0]

    def digest(self, revision: int) -> str:
        """Return the SHA-256 of a patch's file in hexadecimal, "" where there is none."""
        path = self.path(revision)
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def path(self, revision: int) -> Path:
        """Return where the patch of a revision is, or would be."""
        return self._folder / f"{revision:010}{_ENDING}"

    def sizes(self) -> dict[int, int]:
        """Return the sizes of the patches that are there by their revisions, in bytes, without opening any."""
        found = {}
        for revision in self.revisions():
            with suppress(FileNotFoundError):
                told = self.path(revision).stat()
                if S_ISREG(told.st_mode):
                    found[revision] = told.st_size
        return found

    @contextmanager
    def reading(self, revision: int, path: Path | None = None) -> Iterator[IO[bytes]]:
        """Give a patch, or the one at *path*, unpacked as it is read; what is wrong with it shows then, so read it within the context.

        Raises:
            NotFound, LostPatch: See :meth:`commit`.
        """
        path = path or self.path(revision)
        try:
            if not path.is_file():
                if self._was_written(revision):
                    raise LostPatch(revision, path.name, "missing")
                raise NotFound("commit", str(revision), hint=f"The history has revisions {self.first} to {self.last}.")
            with gzip.open(path, "rb") as file:
                yield cast(IO[bytes], file)
        except PermissionError:
            raise LostPatch(revision, path.name, CLOSED) from None
        except (OSError, EOFError, zlib.error, KeyError, ValueError, SyntaxError):
            raise LostPatch(revision, path.name, "damaged") from None

    def _was_written(self, revision: int) -> bool:
        return self.first <= revision <= self.last or (0 < revision < self.first and self.lost_start() is not None)

    def _names(self, ending: str) -> list[str]:
        try:
            return [name for name in os.listdir(self._folder) if name.endswith(ending)]
        except FileNotFoundError:
            return []
