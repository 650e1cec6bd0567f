"""The store on disk: pyoxigraph in this process, one folder, its history beside it.

One process owns the folder and one thread writes at a time: concurrent updates on disk are not isolated. How a change gets
to the disk, and survives what may happen there, is in :mod:`ropa.store.journal`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import TYPE_CHECKING, Self, cast

import pyoxigraph as ox
from pyoxigraph import DefaultGraph, NamedNode

from ropa.allocation import give_memory_back
from ropa.errors import NotFound, StoreProblem
from ropa.namespaces import DEFAULT_BASE
from ropa.store import SELF, Answer, Node, Quad, Term
from ropa.store.apply import apply, is_worn
from ropa.store.causes import explain
from ropa.store.changes import Change, Commit, Lost, Note, describe, difference
from ropa.store.direct import ask, in_our_words
from ropa.store.evaluation import Asked, Evaluator, Limits
from ropa.store.folder import Settings
from ropa.store.journal import Journal, Told, copy_statements
from ropa.store.patches import Patches
from ropa.store.quads import as_stored

if TYPE_CHECKING:
    from ropa.store.updates import Dataset

_IN_MEMORY_AT_MOST = 2_000_000
"""Statements up to which a copy in memory is kept where that is left to the store: some 700 MB."""
_TWICE_AT_MOST = 250_000
"""Statements up to which there may be two copies for a moment: some 90 MB more."""


class EmbeddedStore:
    """A :class:`ropa.store.QuadStore` in one folder, or in memory for small and short-lived data.

    Attributes:
        keeps_empty_graphs: It does.
        folder: Where it lies, None in memory.
    """

    keeps_empty_graphs = True

    def __init__(self, engine: ox.Store, base: str, journal: Journal | None = None) -> None:
        self.base = base
        self.folder = None if journal is None else journal.folder
        self._memory = engine
        self._journal = journal
        self._replica: ox.Store | None = None
        self._removed = 0
        # Told only when every read sees it, so that no answer of an older state passes for one of this revision.
        self._revision = 0 if journal is None else journal.revision
        self._writing = RLock()

    @classmethod
    def in_memory(cls, base: str = DEFAULT_BASE) -> Self:
        """Return an empty store that vanishes with the process; it has no history."""
        return cls(ox.Store(), base)

    @classmethod
    def create(cls, folder: Path, base: str = DEFAULT_BASE) -> Self:
        """See :func:`ropa.store.create_store`."""
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise StoreProblem(f"{folder} is not empty. Give a new folder, or remove this one first.")
        settings = Settings(base)
        (folder / settings.quads).mkdir(parents=True, exist_ok=True)
        settings.write(folder)
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path, *, in_memory: bool | None = False) -> Self:
        """See :func:`ropa.store.open_store`."""
        journal = Journal(folder)
        store = cls(ox.Store(), journal.base, journal)
        if in_memory or (in_memory is None and journal.statements <= _IN_MEMORY_AT_MOST):
            store._replicate(store._engine)
        return store

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def revision(self) -> int:
        """A number that is greater after every change, in this process and after it."""
        return self._revision

    @property
    def statements(self) -> int:
        """How many statements there are."""
        return len(self._memory) if self._journal is None else self._journal.statements

    @property
    def reading(self) -> ox.Store:
        """The engine that reads come from at present: the copy in memory where there is one, else that on the disk."""
        return self._engine if self._replica is None else self._replica

    @property
    def is_in_memory(self) -> bool:
        """Whether a folder's statements are kept in memory too."""
        return self._replica is not None

    @property
    def soundness(self) -> int | None:
        """A number that is another one once the engine has failed at a write; None while the engine may hold such a write in part."""
        if self._journal is None or self._journal.patches.refused is not None:
            return None
        return self._journal.faults

    @property
    def _engine(self) -> ox.Store:
        """The engine that holds the truth at present."""
        return self._memory if self._journal is None else self._journal.engine

    def query(self, text: str, *, default_graphs: Sequence[str] = (), named_graphs: Sequence[str] = ()) -> Answer:
        """Evaluate a SPARQL query."""
        with in_our_words():
            return ask(self.reading, self.base, Asked(text, default_graphs, named_graphs))

    def quads(
        self,
        subject: Node | None = None,
        predicate: NamedNode | None = None,
        value: Term | None = None,
        graph: str | DefaultGraph | None = None,
    ) -> Iterator[Quad]:
        """Yield the quads that match."""
        found = self.reading.quads_for_pattern(subject, predicate, value, NamedNode(graph) if isinstance(graph, str) else graph)
        return cast(Iterator[Quad], found)

    def graphs(self) -> list[str]:
        """Return the IRIs of the named graphs, sorted."""
        return sorted(graph.value for graph in self.reading.named_graphs() if isinstance(graph, NamedNode))

    def evaluator(self, allowed: Collection[str] = ()) -> Evaluator:
        """Return what evaluates in processes of its own, on copies that do not change."""
        from ropa.store.strangers import StrangersEvaluator

        return StrangersEvaluator(self, allowed)

    @contextmanager
    def dataset(self, evaluator: Evaluator, limits: Limits) -> Iterator[Dataset]:
        """Give the engine that holds the truth, with its patterns solved by an evaluator."""
        from ropa.store.strangers import StrangersDataset

        yield StrangersDataset(self._engine, self.base, self.folder, evaluator, limits)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Keep other threads from writing."""
        with self._writing:
            yield

    def commit(self, change: Change, note: Note) -> Commit:
        """Put a change into the history and then into the engine."""
        with self._writing:
            if self._journal is None:
                apply(self._memory, change)
                self._revision += 1
                return describe(self._revision, change, note)
            commit = self._journal.record(change, note)
            if self._replica is not None:
                try:
                    self._follow(change)
                except BaseException:
                    # What is not exact must not be read; the disk is.
                    self._replica, self._revision = None, commit.revision
                    raise
            self._revision = commit.revision
            return commit

    def replace_graphs(self, contents: Mapping[str, Iterable[Quad]], note: Note = SELF) -> Commit | None:
        """Replace each graph, all of them or none."""
        with self._writing:
            new = {graph: as_stored(quads, NamedNode(graph)) for graph, quads in contents.items()}
            old = {graph: self._engine.quads_for_pattern(None, None, None, NamedNode(graph)) for graph in contents}
            change = difference(cast(Mapping[str, Iterable[Quad]], old), new, self.graphs())
            return self.commit(change, note) if change else None

    def pour(self, quads: Iterable[Quad], note: Note = SELF) -> Commit:
        """Put any number of statements into an empty store, in little memory.

        Raises:
            StoreProblem: It is not empty, or not on the disk. NoSpace: See :meth:`commit`.
        """
        with self._writing:
            if self._journal is None:
                raise StoreProblem("Only a store on the disk can be filled this way.")
            commit = self._journal.pour(quads, note)
            if self._replica is not None:
                self._replicate(self._engine)
            self._revision = commit.revision
            return commit

    def compact(self, told: Told = lambda done, of: None) -> tuple[int, int]:
        """See :meth:`ropa.store.journal.Journal.compact`; who reads goes on reading, who writes waits."""
        with self._writing:
            if self._journal is None:
                raise StoreProblem("Only a store on the disk can be compacted.")
            return self._journal.compact(told)

    def history(self, before: int | None = None, limit: int | None = None) -> Iterator[Commit | Lost]:
        """Yield the commits, the latest first, and in their place what is lost; a store in memory remembers none."""
        return iter(()) if self._journal is None else self._journal.patches.commits(before, limit)

    def recall(self, revision: int) -> Change:
        """Return the change of one commit."""
        return self.patches.recall(revision)

    def patch(self, revision: int) -> bytes:
        """Return the file of one commit."""
        return self.patches.read(revision)

    @property
    def patches(self) -> Patches:
        """The files of the history; raises :class:`ropa.errors.NotFound` for a store in memory."""
        if self._journal is None:
            raise NotFound("history", "of a store in memory", hint="Only a store in a folder keeps one.")
        return self._journal.patches

    def checkpoint(self, folder: Path) -> int:
        """Make *folder*, which must not exist, a copy of the engine's as it is now, and return its revision.

        The files are linked, not copied, where they are on the same disk.

        Raises:
            NoSpace: The disk is full. StoreProblem: It cannot be made.
        """
        with self._writing:
            return self.snapshot(folder)

    def snapshot(self, folder: Path) -> int:
        """Make a copy as :meth:`checkpoint` does, without waiting for a write that is going on.

        What it holds is the state of the revision returned, or of one that was being written.
        """
        revision = self.revision
        try:
            if self.folder is None:
                copy = ox.Store(str(folder))
                copy_statements(self._engine, copy)
                copy.flush()
            else:
                self._engine.backup(str(folder))
        except (OSError, RuntimeError) as error:
            raise explain(error, folder.parent) from None
        return revision

    def files(self) -> frozenset[str]:
        """Return the names of the files that the engine has its statements in; none in memory."""
        return frozenset() if self._journal is None else self._journal.files()

    def close(self) -> None:
        """Let go of the folder."""
        with self._writing:
            if self._journal is not None:
                self._journal.close()
            # The engine lets go of its lock when the last reference goes.
            self._memory, self._replica = ox.Store(), None

    def _follow(self, change: Change) -> None:
        """Have the copy in memory hold what was written."""
        if self._replica is not None:
            apply(self._replica, change)
        self._removed += len(change.removed)
        if is_worn(self._removed, self.statements):
            if self.statements > _TWICE_AT_MOST:
                # The old one goes first; meanwhile reads come from the disk.
                self._replica = None
            # Of the old one where there is one: the engine on the disk keeps in its caches a part of what is read, for many MB each time.
            self._replicate(self.reading)

    def _replicate(self, source: ox.Store) -> None:
        """Read everything into a new copy in memory."""
        replica = ox.Store()
        copy_statements(source, replica)
        self._replica, self._removed = replica, 0
        # Who still read the old copy kept its room until now.
        give_memory_back()
