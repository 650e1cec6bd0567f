"""The store on disk: pyoxigraph in this process, one folder.

``STORE/store.json`` says the layout version, the base IRI and the revision; ``STORE/quads/`` belongs to the engine.
One process owns the folder and one thread writes at a time: concurrent updates on disk are not isolated.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self, cast

import pyoxigraph as ox
from pyoxigraph import NamedNode

from ropa import sparql
from ropa.errors import BadQuery, RefusedQuery, StoreProblem
from ropa.namespaces import DEFAULT_BASE
from ropa.store import Answer, Node, Quad, Term, require_store, write_triples

LAYOUT = 1
"""Version of the folder's layout; another number is refused."""


class EmbeddedStore:
    """A :class:`ropa.store.QuadStore` in one folder, or in memory for small and short-lived data."""

    def __init__(self, engine: ox.Store, base: str, revision: int = 0, folder: Path | None = None) -> None:
        self._engine = engine
        self._base = base
        self._revision = revision
        self._folder = folder
        self._writing = Lock()

    @classmethod
    def in_memory(cls, base: str = DEFAULT_BASE) -> Self:
        """Return an empty store that vanishes with the process."""
        return cls(ox.Store(), base)

    @classmethod
    def create(cls, folder: Path, base: str = DEFAULT_BASE) -> Self:
        """See :func:`ropa.store.create_store`."""
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise StoreProblem(f"{folder} is not empty. Give a new folder, or remove this one first.")
        (folder / "quads").mkdir(parents=True, exist_ok=True)
        _write_settings(folder, base, 0)
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """See :func:`ropa.store.open_store`."""
        require_store(folder)
        try:
            settings = json.loads((folder / "store.json").read_text("utf-8"))
            layout, base, revision = settings["layout"], str(settings["base"]), int(settings["revision"])
        except (OSError, ValueError, KeyError, TypeError):
            raise StoreProblem(f"{folder / 'store.json'} cannot be read. Restore the folder from a copy, or make a new store.") from None
        if not (folder / "quads").is_dir():
            raise StoreProblem(f"{folder} has lost its folder quads. Restore it from a copy, or make a new store.")
        if layout != LAYOUT:
            raise StoreProblem(f"{folder} has layout {layout}, this version reads layout {LAYOUT}. Make a new store: ropa init NEW_FOLDER")
        try:
            engine = ox.Store(str(folder / "quads"))
        except (OSError, RuntimeError) as error:
            if "lock" in str(error).lower():
                raise StoreProblem(f"{folder} is held by another process. Stop that one first: one process owns a store.") from None
            raise StoreProblem(f"{folder} cannot be opened: {error}") from None
        return cls(engine, base, revision, folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def base(self) -> str:
        """See :class:`ropa.store.QuadStore`, as for the others below."""
        return self._base

    @property
    def revision(self) -> int:
        """A number that is greater after every change, in this process and after it."""
        return self._revision

    def query(self, text: str, *, default_graphs: Sequence[str] = (), named_graphs: Sequence[str] = ()) -> Answer:
        """Evaluate a SPARQL query."""
        told = sparql.read(text)
        if told.calls_service:
            raise RefusedQuery(
                "SERVICE is refused: this store does not call other addresses. Load the data first, then query it here. "
                "If the word is only part of a name or a string, write the name as a full IRI or break up the string."
            )
        if told.depth > sparql.DEEPEST:
            raise BadQuery(f"The query nests brackets {told.depth} deep, {sparql.DEEPEST} at the most.")
        given = bool(default_graphs or named_graphs)
        try:
            return self._engine.query(
                text,
                base_iri=self._base,
                # A union asked for here would override FROM in the text.
                use_default_graph_as_union=not (told.names_dataset or given),
                default_graph=[NamedNode(iri) for iri in default_graphs] if given else None,
                named_graphs=[NamedNode(iri) for iri in named_graphs] if given else None,
            )
        except SyntaxError as error:
            raise BadQuery(f"The query does not parse: {error}") from None
        except ValueError as error:
            raise BadQuery(f"The query cannot be evaluated: {error}") from None

    def quads(
        self, subject: Node | None = None, predicate: NamedNode | None = None, value: Term | None = None, graph: str | None = None
    ) -> Iterator[Quad]:
        """Yield the quads that match."""
        found = self._engine.quads_for_pattern(subject, predicate, value, None if graph is None else NamedNode(graph))
        return cast(Iterator[Quad], found)

    def graphs(self) -> list[str]:
        """Return the IRIs of the named graphs, sorted."""
        return sorted(graph.value for graph in self._engine.named_graphs() if isinstance(graph, NamedNode))

    def replace_graphs(self, contents: Mapping[str, Iterable[Quad]]) -> None:
        """Replace each graph, all of them or none, and wait until the disk has it."""
        graphs = {NamedNode(iri): quads for iri, quads in contents.items()}
        with self._writing:
            # The number is written first: a revision may be skipped, never used for two contents.
            if self._folder is not None:
                _write_settings(self._folder, self._base, self._revision + 1)
            if any(self._engine.contains_named_graph(graph) for graph in graphs):
                self._engine.update(" ;\n".join(map(_replacement, graphs, graphs.values())))
            else:
                # Nothing to drop: adding is atomic too, and several times faster.
                self._engine.extend(
                    ox.Quad(quad.subject, quad.predicate, quad.object, graph) for graph, quads in graphs.items() for quad in quads
                )
            self._engine.flush()
            self._revision += 1

    def close(self) -> None:
        """Let go of the folder."""
        self._engine.flush()
        # The engine lets go of its lock when the last reference goes.
        self._engine = ox.Store()


def _replacement(graph: NamedNode, quads: Iterable[Quad]) -> str:
    """Return the update that replaces one graph; several in one request are the engine's only atomic replacement."""
    return f"DROP SILENT GRAPH {graph} ; INSERT DATA {{ GRAPH {graph} {{ {write_triples(quads).decode()} }} }}"


def _write_settings(folder: Path, base: str, revision: int) -> None:
    """Write ``store.json`` so that a reader sees the old or the new one, never half of it."""
    draft = folder / "store.json.new"
    with draft.open("w", encoding="utf-8") as file:
        json.dump({"layout": LAYOUT, "base": base, "revision": revision}, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / "store.json")
