"""The history of a store: one RDF Patch file a commit, each leading to the one before.

In:  changes, in the order they are written. Out: files that outlive the process, and the changes again.

A patch is on the disk under its name before the engine hears of the change, so it is the write-ahead log too: what the
engine has lost is written again from here. Every patch tells the SHA-256 of the one before, so a patch that was altered or
taken away later shows.

The text of a patch is in :mod:`ropa.store.rows`.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import uuid
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from errno import EDQUOT, EFBIG, ENOSPC
from itertools import chain, islice
from pathlib import Path
from typing import IO, cast

import pyoxigraph as ox

from ropa.errors import NoSpace, NotFound, StoreProblem
from ropa.store.changes import Change, Commit, Note
from ropa.store.folder import sync
from ropa.store.quads import Quad
from ropa.store.rows import ADDED, END, REMOVED, Rows, pack, read_change, read_head, write_head, write_rows

_ENDING = ".rdfp.gz"
_REFUSED = ".refused"
_FULL = (ENOSPC, EDQUOT, EFBIG)


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
        self.refused = next(folder.glob(f"*{_REFUSED}"), None)
        self._first = min(found, default=None)

    def prepare(self) -> None:
        """Make the folder ready for writing; for the owner of the store alone."""
        if not self._folder.is_dir():
            self._folder.mkdir()
            sync(self._folder.parent)
        for draft in self._folder.glob("*.new"):
            draft.unlink()

    def write(self, change: Change, note: Note) -> Commit:
        """Put a change on the disk as the next patch and wait until it is safe there.

        Raises:
            NoSpace: The disk is full; nothing is left of it.
        """
        commit = describe(self.last + 1, change, note)
        self._store(commit, change.created, change.dropped, chain(write_rows(REMOVED, change.removed), write_rows(ADDED, change.added)))
        return commit

    def pour(self, quads: Iterable[Quad], note: Note, *, graphs: Iterable[str] = (), revision: int | None = None) -> Commit:
        """Put all that a store is to hold, or holds, on the disk as its first patch, without having it in memory.

        Args:
            graphs: Graphs that exist besides those of the statements. revision: The patch's, by default the next.
        """
        named, count = set(graphs), 0

        def seen() -> Iterator[Quad]:
            nonlocal count
            for count, quad in enumerate(quads, 1):  # noqa: B007 - told afterwards
                if isinstance(quad.graph_name, ox.NamedNode):
                    named.add(quad.graph_name.value)
                yield quad

        rows = self._folder / "rows.new"
        with self._making(rows):
            with rows.open("wb") as raw, pack(raw) as file:
                file.writelines(write_rows(ADDED, seen()))
            commit = describe(self.last + 1 if revision is None else revision, Change(created=frozenset(named)), note)
            commit = replace(commit, added=count)
            # The head, which tells how many they are, goes before them now: gzip reads files that were joined.
            self._store(commit, named, (), (), rows)
            rows.unlink()
        return commit

    def withdraw(self, commit: Commit, *, undo: bool) -> None:
        """Take back the latest patch, which the engine refused.

        Args:
            undo: Keep it as the one :attr:`refused`, because the engine may hold the change after all.
        """
        path = self.path(commit.revision)
        if undo:
            self.refused = path.rename(self._folder / f"{commit.revision:010}{_REFUSED}")
        else:
            path.unlink()
        sync(self._folder)
        self.last = commit.revision - 1
        if self._first == commit.revision:
            self._first = None

    def forget(self) -> None:
        """Remove the refused patch, which is undone."""
        if self.refused is not None:
            self.refused.unlink()
            sync(self._folder)
            self.refused = None

    @property
    def first(self) -> int:
        """The revision of the earliest patch, one more than the last where there is none."""
        return self.last + 1 if self._first is None else self._first

    def revisions(self) -> list[int]:
        """Return the revisions of the patches that are there."""
        names = (path.name.removesuffix(_ENDING) for path in self._folder.glob(f"*{_ENDING}"))
        return [int(name) for name in names if name.isdecimal()]

    def after(self, revision: int) -> Iterator[int]:
        """Yield the revisions of the patches that follow one, the earliest first."""
        return iter(range(max(revision, self.first - 1) + 1, self.last + 1))

    def commits(self, before: int | None = None, limit: int | None = None) -> Iterator[Commit]:
        """Yield what was written, the latest first."""
        newest = self.last if before is None else min(before - 1, self.last)
        found = range(newest, self.first - 1, -1)
        return (self.commit(revision) for revision in islice(found, limit))

    def commit(self, revision: int) -> Commit:
        """Return one commit without its statements; raises :class:`ropa.errors.NotFound`."""
        with self._reading(revision) as file:
            head = read_head(file)
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
        """Return the exact change of one commit, or of the patch at *path*; raises :class:`ropa.errors.NotFound`."""
        with self._reading(revision, path) as file:
            return read_change(file)

    def graphs(self, revision: int) -> tuple[list[str], list[str]]:
        """Return the IRIs of the graphs that one commit created, and of those that it dropped."""
        with self._reading(revision) as file:
            head = read_head(file)
        return head.get("created", []), head.get("dropped", [])

    def added(self, revision: int) -> Iterator[Quad]:
        """Yield the statements that one commit added, read as they are asked for."""
        with self._reading(revision) as file:
            read_head(file)
            yield from cast(Iterator[Quad], ox.parse(cast(IO[bytes], Rows(file, ADDED)), format=ox.RdfFormat.N_QUADS))

    def read(self, revision: int) -> bytes:
        """Return a patch as it is on the disk, unpacked; raises :class:`ropa.errors.NotFound`."""
        with self._reading(revision) as file:
            return file.read()

    def broken(self) -> list[int]:
        """Return the revisions whose patch is not as it was written, as far as can be seen; see :meth:`fault`."""
        return [revision for revision in range(self.first, self.last + 1) if self.fault(revision)]

    def fault(self, revision: int) -> str:
        """Say what is wrong with a patch: missing, unreadable, not whole, or not following from the one before; "" if nothing."""
        if not self.path(revision).is_file():
            return "is missing"
        counts = {REMOVED: 0, ADDED: 0}
        row = b""
        try:
            with self._reading(revision) as file:
                told = read_head(file)
                for row in file:
                    if row[:2] in counts:
                        counts[row[:2]] += 1
            commit = self.commit(revision)
        except StoreProblem:
            return "cannot be read"
        if row != END or (commit.revision, commit.removed, commit.added) != (revision, *counts.values()):
            return "does not hold what its head says"
        before = told.get("previous-sha256", [""])[0]
        if before != self.digest(revision - 1) and (revision == self.first or self.path(revision - 1).is_file()):
            return "does not follow from the one before, which was altered or taken away"
        return ""

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

    @contextmanager
    def _reading(self, revision: int, path: Path | None = None) -> Iterator[IO[bytes]]:
        path = path or self.path(revision)
        if not path.is_file():
            raise NotFound("commit", str(revision), hint=f"The history has revisions {self.first} to {self.last}.")
        try:
            with gzip.open(path, "rb") as file:
                yield cast(IO[bytes], file)
        except (OSError, EOFError, zlib.error, KeyError, ValueError, SyntaxError):
            raise StoreProblem(f"{path} cannot be read. Restore the store from a backup.") from None

    @contextmanager
    def _making(self, *files: Path) -> Iterator[None]:
        """Leave nothing of files whose making fails."""
        try:
            yield
        except BaseException as error:
            for left in files:
                with suppress(OSError):
                    left.unlink(missing_ok=True)
            if isinstance(error, OSError) and error.errno in _FULL:
                raise NoSpace(f"The disk of {self._folder} is full; the store is as it was. Make room and send the write again.") from None
            raise

    def _store(
        self, commit: Commit, created: Iterable[str], dropped: Iterable[str], rows: Iterable[bytes], packed: Path | None = None
    ) -> None:
        """Write a patch beside its place, wait for the disk, and give it its name.

        Args:
            rows: Of the change. packed: A file with further ones, packed already.
        """
        path = self.path(commit.revision)
        draft = path.with_suffix(".new")
        with self._making(draft, path):
            with draft.open("wb") as raw:
                with pack(raw) as file:
                    file.writelines(write_head(commit, self.digest(commit.revision - 1), created, dropped))
                    file.writelines(rows)
                    if packed is None:
                        file.write(END)
                if packed is not None:
                    with packed.open("rb") as body:
                        shutil.copyfileobj(body, raw, 1 << 20)
                    with pack(raw) as file:
                        file.write(END)
                raw.flush()
                os.fsync(raw.fileno())
            draft.rename(path)
            sync(self._folder)
        self.last = commit.revision
        self._first = commit.revision if self._first is None else self._first


def describe(revision: int, change: Change, note: Note) -> Commit:
    """Return a new commit of a change, now."""
    counts = len(change.removed), len(change.added)
    return Commit(revision, f"urn:uuid:{uuid.uuid4()}", datetime.now(UTC), note, *counts, tuple(sorted(change.graphs)))
