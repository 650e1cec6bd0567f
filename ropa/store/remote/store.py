"""A store that is a SPARQL 1.1 server: queries, updates and graphs over HTTP, the history in a graph of the engine.

Any number of processes may read and write beside each other. Whoever writes to the engine by other ways than this leaves the
revision as it is: start anew after that, or write something.

What holds all statements together is the list of graphs in the history; other graphs of the engine are none of this store's. An
engine without a history is taken as it is, with all its graphs, and the first commit writes them down.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from io import BytesIO
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import TYPE_CHECKING, Self, cast

import pyoxigraph as ox
from pyoxigraph import DefaultGraph, NamedNode

from ropa import sparql
from ropa.errors import BadQuery, StoreProblem
from ropa.namespaces import DEFAULT_BASE
from ropa.store import SELF, Answer
from ropa.store.changes import Change, Commit, Note, difference
from ropa.store.evaluation import Evaluator, Limits
from ropa.store.quads import Node, Quad, Term, as_stored, is_iri
from ropa.store.remote.answers import Received
from ropa.store.remote.client import TIMEOUT
from ropa.store.remote.engine import EVERYTHING, Engine, Scope, with_base
from ropa.store.remote.reading import Reading
from ropa.store.remote.record import Record
from ropa.store.remote.verdict import Verdict
from ropa.store.remote.writer import Writer, blank_graphs, has_blank_node, plan
from ropa.store.rows import read_change

if TYPE_CHECKING:
    from ropa.store.updates import Dataset


class RemoteStore:
    """A :class:`ropa.store.QuadStore` on a server.

    Attributes:
        base: The IRI that instances live under.
        folder: None: it does not lie on this machine. keeps_empty_graphs: Engines differ, so none is counted on.
        engine: The server. verdict: What it answers truly, if it was examined: :func:`ropa.store.remote.selftest.examine`.
    """

    folder: Path | None = None
    keeps_empty_graphs = False

    def __init__(self, engine: Engine, base: str = DEFAULT_BASE) -> None:
        if not is_iri(base):
            raise StoreProblem(f"{base!r} is no IRI that instances can live under. Give one such as {DEFAULT_BASE}.")
        self.base = base
        self.engine = engine
        self.verdict: Verdict | None = None
        self._record = Record(engine, base)
        self._reading = Reading(engine, self._record)
        self._writer = Writer(engine, self._record)
        self._writing = RLock()
        self._depth = 0
        self._rests_on = 0

    @classmethod
    def open(
        cls,
        query_url: str,
        *,
        update_url: str | None = None,
        graphs_url: str | None = None,
        base: str = DEFAULT_BASE,
        timeout: float = TIMEOUT,
    ) -> Self:
        """Open the store behind a SPARQL endpoint.

        Args:
            update_url, graphs_url: Where it takes updates and graphs, else see :func:`ropa.store.remote.addresses.find_addresses`.
            base: The IRI that instances live under. timeout: Seconds that a request may take.

        Raises:
            StoreProblem: Nobody answers there, or not as a SPARQL endpoint does.
        """
        return cls(Engine.attach(query_url, update_url, graphs_url, timeout=timeout), base)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def revision(self) -> int:
        """A number that is greater after every change; at most a second old."""
        return self._reading.revision

    @property
    def statements(self) -> int:
        """How many statements there are."""
        return self._reading.statements()

    @property
    def is_trusted(self) -> bool:
        """Whether the engine has been examined and answers every question as it should."""
        return self.verdict is not None and self.verdict.is_clean

    @property
    def doubts(self) -> Mapping[str, str]:
        """Question to why this engine's answer to it is not believed; empty where it was not examined."""
        return self.verdict.doubts if self.verdict else {}

    def query(self, text: str, *, default_graphs: Sequence[str] = (), named_graphs: Sequence[str] = ()) -> Answer:
        """Evaluate a SPARQL query; raises also what :meth:`ropa.store.remote.engine.Engine.ask` does."""
        return self.ask(text, Scope(default_graphs, named_graphs)).answer()

    def ask(
        self, text: str, scope: Scope = EVERYTHING, *, seconds: float | None = None, allowed: Collection[str] = (), exact: bool = False
    ) -> Received:
        """Evaluate a SPARQL query; see :meth:`query`.

        Args:
            seconds: That it may take. allowed: Addresses that SERVICE may call.
            exact: Name every graph, though the engine's own union is faster and differs only by the history.
        """
        told = sparql.guard(text, allowed)
        whole = with_base(told, self.base)
        if not (scope.default or scope.named or told.names_dataset):
            scope = self._reading.explicit() if exact else self._reading.scope()
        try:
            return self.engine.ask(whole, scope, seconds=seconds, graph=told.form in ("CONSTRUCT", "DESCRIBE"))
        except BadQuery as error:
            column = error.column
            if column is not None and error.line == 1:
                column = max(column - len(whole) + len(text), 1)
            raise BadQuery(str(error), error.line, column) from None

    def quads(
        self,
        subject: Node | None = None,
        predicate: NamedNode | None = None,
        value: Term | None = None,
        graph: str | DefaultGraph | None = None,
    ) -> Iterator[Quad]:
        """Yield the quads that match, read from the engine once a revision; the default graph of an engine is nothing of ours."""
        if isinstance(graph, DefaultGraph):
            return iter(())
        return self._reading.quads(subject, predicate, value, graph)

    def graphs(self) -> list[str]:
        """Return the IRIs of the named graphs, sorted."""
        return self._reading.graphs()

    def evaluator(self, allowed: Collection[str] = ()) -> Evaluator:
        """Return what evaluates the queries of strangers: the engine itself, which has its own limits too."""
        from ropa.store.remote.evaluator import RemoteEvaluator

        return RemoteEvaluator(self, allowed)

    def dataset(self, evaluator: Evaluator, limits: Limits) -> AbstractContextManager[Dataset]:
        """Give what an update is worked out on; see :mod:`ropa.store.remote.dataset`."""
        from ropa.store.remote.dataset import RemoteDataset

        return RemoteDataset(self, limits)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Keep other threads of this process from writing; a write of another process in the meantime is a conflict."""
        with self._writing:
            if not self._depth:
                self._rests_on = self._reading.hold()
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if not self._depth:
                    self._reading.let_go()

    def commit(self, change: Change, note: Note) -> Commit:
        """Write a change and its record in one operation of the engine; raises as the port says."""
        if any(map(self._record.is_own, change.graphs)):
            raise StoreProblem(f"<{self._record.iri}> is written by the store itself. Use another graph.")
        with self.writing():
            planned = plan(change, blank_graphs(change, lambda graph: self.quads(graph=graph)))
            try:
                commit = self._writer.write(change, planned, note, self._rests_on, self.graphs())
            except BaseException:
                self._reading.forget()
                raise
            self._rests_on = commit.revision
            self._reading.move_on(commit.revision)
            return commit

    def replace_graphs(self, contents: Mapping[str, Iterable[Quad]], note: Note = SELF) -> Commit | None:
        """Replace each graph; one with blank nodes goes and comes as a whole, unless it says the same."""
        with self.writing():
            existing = self.graphs()
            old = {graph: list(self.quads(graph=graph)) if graph in existing else [] for graph in contents}
            new = {graph: as_stored(quads, NamedNode(graph)) for graph, quads in contents.items()}
            for graph in contents:
                if _say_the_same(old[graph], new[graph]):
                    new[graph] = old[graph]
            change = difference(old, new, existing)
            return self.commit(change, note) if change else None

    def history(self, before: int | None = None, limit: int | None = None) -> Iterator[Commit]:
        """Yield the commits, the latest first."""
        return self._record.commits(before, limit)

    def patch(self, revision: int) -> bytes:
        """Return one commit as RDF Patch."""
        return self._record.patch(revision)

    def recall(self, revision: int) -> Change:
        """Return the change of one commit."""
        text = self._record.patch(revision)
        try:
            return read_change(BytesIO(text))
        except (ValueError, SyntaxError):
            raise StoreProblem(f"The patch of revision {revision} cannot be read. Restore the engine from a backup.") from None

    def close(self) -> None:
        """Close the connections."""
        self.engine.close()


def _say_the_same(one: Sequence[Quad], other: Sequence[Quad]) -> bool:
    """Tell whether two graphs differ in the names of blank nodes only."""
    if len(one) != len(other) or not any(map(has_blank_node, one)):
        return False
    first, second = (ox.Dataset(cast(Iterable[ox.Quad], quads)) for quads in (one, other))
    for data in (first, second):
        data.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return first == second
