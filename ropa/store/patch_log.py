"""The history of a store, written: a patch is on the disk under its name before the engine hears of the change.

In:  changes, in the order they are written. Out: files that outlive the process; see :mod:`ropa.store.patches`.

So it is the write-ahead log too: what the engine has lost is written again from here. Every patch tells the SHA-256 of the one before,
so a patch that was altered or taken away later shows.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pyoxigraph as ox

from ropa.errors import NoSpace
from ropa.store.causes import is_full
from ropa.store.changes import Change, Commit, Note, describe
from ropa.store.folder import sync
from ropa.store.patches import REFUSED, Patches
from ropa.store.quads import Quad
from ropa.store.rows import ADDED, END, REMOVED, pack, write_head, write_rows


class PatchLog(Patches):
    """The patches in a folder, for the one who owns the store and adds to them."""

    def prepare(self) -> None:
        """Make the folder ready for writing."""
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
            self.refused = path.rename(self._folder / f"{commit.revision:010}{REFUSED}")
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

    @contextmanager
    def _making(self, *files: Path) -> Iterator[None]:
        """Leave nothing of files whose making fails."""
        try:
            yield
        except BaseException as error:
            for left in files:
                with suppress(OSError):
                    left.unlink(missing_ok=True)
            if isinstance(error, OSError) and is_full(error):
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
