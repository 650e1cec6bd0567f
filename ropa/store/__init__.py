"""The port to the quad store. Everything above it speaks to :class:`QuadStore`; another engine is one more file here.

In:  SPARQL text and quads. Out: the engine's own answers, which serialise themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pyoxigraph import DefaultGraph, NamedNode, QueryBoolean, QuerySolutions, QueryTriples

from ropa.namespaces import DEFAULT_BASE
from ropa.store.changes import Change, Commit, Lost, Note
from ropa.store.evaluation import Evaluator, Limits
from ropa.store.folder import require_store as require_folder
from ropa.store.quads import Node, Quad, Term, is_iri, make_quad, write_quads, write_triples

if TYPE_CHECKING:
    from ropa.store.updates import Dataset

Answer = QuerySolutions | QueryBoolean | QueryTriples

Place = Path | str
"""Where a store is: a folder, or the address of a SPARQL 1.1 endpoint."""

__all__ = [
    "Answer",
    "Change",
    "Commit",
    "Lost",
    "Node",
    "Note",
    "Place",
    "Quad",
    "QuadStore",
    "Term",
    "create_store",
    "is_iri",
    "make_quad",
    "open_store",
    "require_store",
    "write_quads",
    "write_triples",
]


SELF = Note("ropa")
"""The note of a write that nobody signed."""


class QuadStore(Protocol):
    """What the project asks of an engine."""

    @property
    def base(self) -> str:
        """The IRI that instances live under, with a final slash."""

    @property
    def revision(self) -> int:
        """A number that is greater after every change."""

    @property
    def keeps_empty_graphs(self) -> bool:
        """Whether a graph is still there when its last statement has gone."""

    @property
    def statements(self) -> int:
        """How many statements there are."""

    @property
    def folder(self) -> Path | None:
        """Where it lies on this machine, None for one in memory or elsewhere."""

    def query(self, text: str, *, default_graphs: Sequence[str] = (), named_graphs: Sequence[str] = ()) -> Answer:
        """Evaluate a SPARQL query.

        Without a dataset in the text or the arguments the default graph is the union of all graphs.

        Raises:
            BadQuery: The text does not parse.
            RefusedQuery: The text calls a remote service.
        """

    def quads(
        self,
        subject: Node | None = None,
        predicate: NamedNode | None = None,
        value: Term | None = None,
        graph: str | DefaultGraph | None = None,
    ) -> Iterator[Quad]:
        """Yield the quads that match; None matches anything."""

    def graphs(self) -> list[str]:
        """Return the IRIs of the named graphs, sorted."""

    def evaluator(self, allowed: Collection[str] = ()) -> Evaluator:
        """Return what evaluates the queries of strangers; whoever asks for it closes it.

        Args:
            allowed: Addresses that SERVICE may call.
        """

    def dataset(self, evaluator: Evaluator, limits: Limits) -> AbstractContextManager[Dataset]:
        """Give what an update is worked out on: the state at present, and a place to try things.

        Args:
            evaluator: Of this store; solves the patterns of updates within *limits*.
        """

    def writing(self) -> AbstractContextManager[None]:
        """Keep everybody else from writing until the context is left; the same thread may enter it again."""

    def commit(self, change: Change, note: Note) -> Commit:
        """Write a change, record it in the history, and return when it is safe; all of it or nothing.

        The change must fit the present state: work it out within :meth:`writing`.

        Raises:
            Conflict: The state it rests on has changed (a remote engine that others write to as well).
            NoSpace: The disk is full. StoreProblem: The engine failed. The store is as it was.
        """

    def replace_graphs(self, contents: Mapping[str, Iterable[Quad]], note: Note = SELF) -> Commit | None:
        """Replace each graph by its quads (the graph of a quad is ignored); all of it or nothing.

        Returns:
            What was written, None where nothing changed. Raises: See :meth:`commit`.
        """

    def history(self, before: int | None = None, limit: int | None = None) -> Iterator[Commit | Lost]:
        """Yield what was written, the latest first, from the revision below *before* on; of a patch that is lost, that it is."""

    def patch(self, revision: int) -> bytes:
        """Return one commit of the history as RDF Patch; raises as :meth:`recall` does."""

    def recall(self, revision: int) -> Change:
        """Return the exact change of one commit of the history.

        Raises:
            NotFound: There is no such commit. LostPatch: There was, and its patch cannot be read.
        """

    def close(self) -> None:
        """Let go of the store."""


def open_store(place: Place, *, in_memory: bool | None = False) -> AbstractContextManager[QuadStore]:
    """Open a store for reading and writing; leaving the context closes it.

    Args:
        place: A folder, or the address of a SPARQL 1.1 endpoint.
        in_memory: Whether a folder's statements are kept in memory too, for reading; None leaves it to their number.

    Raises:
        StoreProblem: It is absent, of a later version, held by another process, or does not answer.
    """
    if isinstance(place, str):
        from ropa.store.remote import open_remote

        return open_remote(place)
    from ropa.store.embedded import EmbeddedStore

    return EmbeddedStore.open(place, in_memory=in_memory)


def require_store(place: Place) -> None:
    """Refuse a folder that holds no store, without opening it; an address is believed.

    Raises:
        StoreProblem: There is none.
    """
    if isinstance(place, Path):
        require_folder(place)


def create_store(folder: Path, base: str = DEFAULT_BASE) -> AbstractContextManager[QuadStore]:
    """Make a new, empty store in *folder*.

    Raises:
        StoreProblem: The folder exists and is not empty.
    """
    from ropa.store.embedded import EmbeddedStore

    return EmbeddedStore.create(folder, base)
