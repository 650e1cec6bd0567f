"""An engine on the disk and its history: a change goes into the history first, then into the engine.

In:  changes, one at a time. Out: an engine that holds exactly what the history says, after every fault.

What the engine loses with the power is written again on opening. What it refused, for a full disk say, it may hold in part
after all: that is kept aside and undone before anything else is written.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import cast

import pyoxigraph as ox

from ropa.errors import LostPatch, NoSpace, StoreProblem
from ropa.store.apply import apply
from ropa.store.causes import explain, explain_opening
from ropa.store.changes import Change, Commit, Note
from ropa.store.folder import LAYOUT, copy_engine, folder_size, next_name, open_engine, read_settings
from ropa.store.patch_log import PatchLog
from ropa.store.patches import BEFORE
from ropa.store.quads import Quad
from ropa.store.replay import repeat, undo

_FLUSH_EVERY = 500
_FLUSH_BYTES = 1 << 20
"""Commits, and bytes of their patches, after which the engine is told to put everything on the disk: opening, and mending on a
disk with little room, then have little to write again."""
_HEADROOM = 128 << 20
_HEADROOM_AT_MOST = 1 << 30
"""Bytes that the disk must have free for a write, besides the engine's own size, and altogether. RocksDB tidies up no more below
that once a disk was full, and then lets writers wait without end."""

Told = Callable[[int, int], None]
"""Called now and then with how much is done, and of how much."""


class Journal:
    """The owner of a store's folder; whoever uses it sees to it that one thread writes at a time.

    Attributes:
        folder: The store's. engine: What to read from; another one after a fault or a compaction.
        patches: The history. revision, statements: Of what the engine holds.
        faults: How many writes the engine failed at.

    Raises:
        StoreProblem: See :func:`ropa.store.folder.open_engine`; or a patch is lost that is to be written again. NoSpace: The disk is full.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.engine, self._settings = open_engine(folder)
        self.revision = self._settings.flushed
        self.statements = self._settings.statements
        self.faults = 0
        self._waiting = 0
        self._size = folder_size(folder / self._settings.quads)
        try:
            self.patches = PatchLog(folder / "history", self._settings.flushed)
            self.patches.prepare()
            self._catch_up(self._settings.flushed)
        except (OSError, RuntimeError) as error:
            self.engine = ox.Store()
            raise explain_opening(error, folder) from None
        except BaseException:
            self.engine = ox.Store()
            raise

    def files(self) -> frozenset[str]:
        """Return the names of the files that the engine has its statements in."""
        return frozenset(path.name for path in (self.folder / self._settings.quads).glob("*.sst"))

    @property
    def base(self) -> str:
        """The IRI that instances live under."""
        return self._settings.base

    def record(self, change: Change, note: Note) -> Commit:
        """Write a change into the history and the engine; once more where the engine failed and could be mended.

        Raises:
            NoSpace: The disk is full. StoreProblem: The engine fails.
        """
        self._require_room()
        try:
            if self.patches.refused or self.patches.last != self.revision:
                self._mend()
            try:
                commit = self._try(change, note)
            except (OSError, RuntimeError):
                self._mend()
                commit = self._try(change, note)
        except (OSError, RuntimeError) as error:
            raise explain(error, self.folder) from None
        self.revision = commit.revision
        self.statements += len(change.added) - len(change.removed)
        self._waiting += self.patches.path(commit.revision).stat().st_size
        if self.revision - self._settings.flushed >= _FLUSH_EVERY or self._waiting >= _FLUSH_BYTES:
            # The change is in the history already: if this fails, the next write will tell.
            with suppress(OSError, RuntimeError):
                self._flush()
        return commit

    def pour(self, quads: Iterable[Quad], note: Note) -> Commit:
        """Put any number of statements into an empty store, in little memory.

        Raises:
            StoreProblem: It is not empty. NoSpace: See :meth:`record`.
        """
        if self.statements or self.revision:
            raise StoreProblem(f"{self.folder} is not empty. Only a new store can be filled this way.")
        self._require_room()
        try:
            if self.patches.refused:
                self._mend()
            commit = self.patches.pour(quads, note)
            try:
                self._catch_up(0)
            except BaseException:
                self._withdraw(commit)
                self.revision = self.statements = 0
                raise
        except (OSError, RuntimeError) as error:
            raise explain(error, self.folder) from None
        return commit

    def compact(self, told: Told = lambda done, of: None) -> tuple[int, int]:
        """Write the statements anew, without what deleted ones left; it is whole before it is used.

        Returns:
            The size of the engine's folder before and after, in bytes.

        Raises:
            NoSpace: The disk has no room for a second copy. StoreProblem: The engine fails.
        """
        name = next_name(self.folder, self._settings.quads)
        before = folder_size(self.folder / self._settings.quads)
        if shutil.disk_usage(self.folder).free < before:
            raise NoSpace(f"The disk of {self.folder} has no room for a second copy of {before >> 20} MB. Make room first.")
        try:
            self._use(name, lambda fresh: copy_statements(self.engine, fresh, self.statements, told))
        except (OSError, RuntimeError) as error:
            raise explain(error, self.folder) from None
        return before, folder_size(self.folder / name)

    def close(self) -> None:
        """Let go of the folder."""
        if self.revision != self._settings.flushed:
            # Else it is written again from the history on opening.
            with suppress(OSError, RuntimeError):
                self._flush()
        self._sweep()
        # The engine lets go of its lock when the last reference goes.
        self.engine = ox.Store()

    def _require_room(self) -> None:
        free, needed = shutil.disk_usage(self.folder).free, min(_HEADROOM + self._size, _HEADROOM_AT_MOST)
        if free < needed:
            raise NoSpace(
                f"The disk of {self.folder} has {free >> 20} MB left, {needed >> 20} MB are needed for a write; the store is as it was. "
                "Make room and send the write again."
            )

    def _try(self, change: Change, note: Note) -> Commit:
        commit = self.patches.write(change, note)
        try:
            apply(self.engine, change)
        except (SyntaxError, ValueError):
            self.patches.withdraw(commit, undo=False)
            raise
        except BaseException:
            self._withdraw(commit)
            raise
        return commit

    def _withdraw(self, commit: Commit) -> None:
        """Take back a write that the engine failed at, and may hold in part after all."""
        self.faults += 1
        self.patches.withdraw(commit, undo=True)

    def _mend(self) -> None:
        """Go on with a copy of the engine's folder: after a write that failed, an engine takes none until it is opened anew.

        A copy, since readers may still hold the one that failed.
        """
        name = next_name(self.folder, self._settings.quads)
        copy_engine(self.folder, self._settings.quads, name)
        self._use(name)

    def _use(self, name: str, fill: Callable[[ox.Store], None] = lambda fresh: None) -> None:
        """Make another folder the engine's, when it holds everything; nothing is left of one that fails."""
        before = self.engine, self._settings
        try:
            fresh = ox.Store(str(self.folder / name))
            fill(fresh)
            self.engine, self._settings = fresh, replace(self._settings, quads=name)
            self._catch_up(self.revision)
            self._flush()
        except BaseException:
            if read_settings(self.folder).quads != name:
                self.engine, self._settings = before
                shutil.rmtree(self.folder / name, ignore_errors=True)
            raise
        del before
        self._sweep()

    def _catch_up(self, surely: int) -> None:
        """Undo what was refused, and write again what follows the revision that the engine surely holds."""
        settings, patches = self._settings, self.patches
        if settings.layout != LAYOUT and patches.first > patches.last > 0:
            self.engine.flush()
            graphs = (graph.value for graph in self.engine.named_graphs() if isinstance(graph, ox.NamedNode))
            patches.pour(cast(Iterable[Quad], self.engine), BEFORE, graphs=graphs, revision=patches.last)
        undo(self.engine, patches)
        for revision in patches.after(surely):
            try:
                repeat(self.engine, patches, revision)
            except LostPatch as error:
                raise StoreProblem(f"{self.folder} cannot be opened, since its engine may lack revision {revision}. {error}") from None
        self.revision = patches.last
        if self.revision != settings.flushed or patches.refused or settings.layout != LAYOUT:
            self.statements = len(self.engine)
            self._flush()
        patches.forget()

    def _flush(self) -> None:
        self.engine.flush()
        settings = replace(self._settings, flushed=self.revision, statements=self.statements, layout=LAYOUT)
        settings.write(self.folder)
        self._settings, self._waiting = settings, 0
        self._size = folder_size(self.folder / settings.quads)

    def _sweep(self) -> None:
        """Remove the folders of earlier engines that nobody reads any more."""
        for left in self.folder.glob("quads*"):
            if left.name != self._settings.quads:
                # Its lock is free when the last reader is gone.
                with suppress(OSError, RuntimeError):
                    ox.Store(str(left))
                    shutil.rmtree(left)


def copy_statements(engine: ox.Store, into: ox.Store, total: int = 0, told: Told = lambda done, of: None) -> None:
    """Put all statements and graphs of an engine into an empty one."""

    def counted() -> Iterator[ox.Quad]:
        for done, quad in enumerate(cast(Iterable[ox.Quad], engine)):
            if done % 10_000 == 0:
                told(done, total)
            yield quad

    into.bulk_extend(counted())
    for graph in engine.named_graphs():
        into.add_graph(graph)
