"""What a remote engine knows of its own history: one graph that holds the revision, the names of the graphs, and every commit.

In:  commits and changes. Out: SPARQL text that reads and writes them; what was written, again.

The graph is ``<base>graph/history``. Its node of the same name has one *revision*, *holds* the graphs of the store, and names the
*claim* of whoever is writing just now. A commit is a ``prov:Activity`` with its patch in pieces: RDF Patch, packed by gzip, in
base64. Packed it takes a twentieth of the engine's space, and no search for a word finds what was deleted.
"""

from __future__ import annotations

import gzip
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from io import BytesIO

from pyoxigraph import Literal, NamedNode

from ropa.errors import NotFound, StoreProblem
from ropa.namespaces import RDF, XSD, graph_iri
from ropa.store.changes import Change, Commit, Note
from ropa.store.quads import Quad, make_quad
from ropa.store.remote.answers import as_iri, as_number
from ropa.store.remote.engine import ENGINES_OWN, Engine
from ropa.store.rows import ADDED, END, REMOVED, pack, write_head, write_rows

HISTORY = "https://w3id.org/ropa-graph/history#"
"""Namespace of what is said here and nowhere else."""

_HISTORY_NAME = graph_iri("", "history")
_PROV = "http://www.w3.org/ns/prov#"
_PIECE = 60_000
"""Characters of a patch in one literal: Virtuoso takes a second for a literal of a million, and half a minute for five."""
_AT_ONCE = 100
_LED_TO, _PATCH = f"<{HISTORY}ledTo>", f"<{HISTORY}patch>"


class Record:
    """The history graph of one store.

    Attributes:
        iri: Of the graph, and of the node that tells the state.
    """

    def __init__(self, engine: Engine, base: str) -> None:
        self.iri = graph_iri(base, "history")
        self._engine = engine
        self._graph = NamedNode(self.iri)

    def is_own(self, graph: str) -> bool:
        """Tell whether a graph is the history, or one in which a write is made ready."""
        return graph == self.iri or graph.startswith(f"{self.iri}/staging/")

    def staging(self, commit: str, name: str) -> str:
        """Return the IRI of a graph in which a write is made ready."""
        return f"{self.iri}/staging/{commit.rpartition(':')[2]}/{name}"

    def revision(self) -> int:
        """Ask for the revision; 0 where nothing is recorded."""
        return max((as_number(row[0]) for row in self._engine.select(self._state("revision"))), default=0)

    def graphs(self) -> list[str]:
        """Ask for the graphs of the store; where nothing is recorded, for all of the engine that are no other store's."""
        held = {as_iri(row[0]) for row in self._engine.select(self._state("holds"), order="?x")}
        if not held and not self.revision():
            text = f"SELECT ?h ?g WHERE {{ GRAPH ?h {{ ?h <{HISTORY}revision> ?n . OPTIONAL {{ ?h <{HISTORY}holds> ?g }} }} }}"
            others = {as_iri(term) for row in self._engine.select(text, order="?h ?g") for term in row if term is not None}
            there = self._engine.graphs_there - ENGINES_OWN - others
            held = {graph for graph in there if f"/{_HISTORY_NAME}/staging/" not in graph}
        return sorted(held)

    def claims(self) -> set[str]:
        """Ask who is writing, or would like to."""
        return {as_iri(row[0]) for row in self._engine.select(self._state("claim"))}

    def state(self, **values: NamedNode | int | Iterable[NamedNode]) -> str:
        """Return triples about the state, for a template or a pattern: ``state(revision=3, holds=[…])``."""
        lines = []
        for name, value in values.items():
            for one in [value] if isinstance(value, int | NamedNode) else value:
                lines.append(f"<{self.iri}> <{HISTORY}{name}> {one} .")
        return " ".join(lines)

    def describe(self, commit: Commit, change: Change) -> list[Quad]:
        """Return what the graph is to say of a commit, its patch included."""
        node = NamedNode(commit.id)
        told: list[tuple[str, NamedNode | Literal]] = [
            (RDF + "type", NamedNode(_PROV + "Activity")),
            (_PROV + "endedAtTime", Literal(commit.when.isoformat().replace("+00:00", "Z"), datatype=NamedNode(XSD + "dateTime"))),
            (HISTORY + "ledTo", Literal(commit.revision)),
            (HISTORY + "who", Literal(commit.note.who)),
            (HISTORY + "why", Literal(commit.note.why)),
            (HISTORY + "removed", Literal(commit.removed)),
            (HISTORY + "added", Literal(commit.added)),
            *((HISTORY + "touched", NamedNode(graph)) for graph in commit.graphs),
            *((HISTORY + "patch", Literal(piece)) for piece in _pieces(write_patch(commit, change))),
        ]
        return [make_quad(node, NamedNode(predicate), value, self._graph) for predicate, value in told]

    def is_there(self, commit: str) -> bool:
        """Ask whether a commit was carried out."""
        return self._engine.truth(f"ASK {{ GRAPH <{self.iri}> {{ <{commit}> {_LED_TO} ?n }} }}")

    def commits(self, before: int | None = None, limit: int | None = None) -> Iterator[Commit]:
        """Yield what was written, the latest first, asking for some at a time."""
        while limit is None or limit > 0:
            most = _AT_ONCE if limit is None else min(limit, _AT_ONCE)
            older = "" if before is None else f"FILTER(?n < {before})"
            found = self._engine.select(
                f"SELECT ?c ?n WHERE {{ GRAPH <{self.iri}> {{ ?c {_LED_TO} ?n {older} }} }} ORDER BY DESC(?n) LIMIT {most}"
            )
            if not found:
                return
            named = [as_iri(row[0]) for row in found]
            yield from sorted(self._read(named), key=lambda commit: -commit.revision)
            before = min(as_number(row[1]) for row in found)
            limit = None if limit is None else limit - len(found)

    def patch(self, revision: int) -> bytes:
        """Return the patch of a commit.

        Raises:
            NotFound: There is no such commit. StoreProblem: Its patch is not whole.
        """
        found = self._engine.select(f"SELECT ?p WHERE {{ GRAPH <{self.iri}> {{ ?c {_LED_TO} {revision} ; {_PATCH} ?p }} }}", order="?p")
        if not found:
            raise NotFound("commit", str(revision), hint=f"The history has revisions up to {self.revision()}.")
        pieces = sorted(row[0].value for row in found if isinstance(row[0], Literal))
        try:
            text = gzip.decompress(b64decode("".join(piece.partition(" ")[2] for piece in pieces), validate=True))
        except (ValueError, EOFError, OSError):
            raise StoreProblem(f"The patch of revision {revision} is not as it was written. Restore the engine from a backup.") from None
        return text

    def _state(self, name: str) -> str:
        return f"SELECT ?x WHERE {{ GRAPH <{self.iri}> {{ <{self.iri}> <{HISTORY}{name}> ?x }} }}"

    def _read(self, commits: list[str]) -> Iterator[Commit]:
        told: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        values = " ".join(f"<{commit}>" for commit in commits)
        found = self._engine.select(
            f"SELECT ?c ?p ?o WHERE {{ GRAPH <{self.iri}> {{ VALUES ?c {{ {values} }} ?c ?p ?o FILTER(?p != {_PATCH}) }} }}",
            order="?c ?p ?o",
        )
        for node, predicate, value in found:
            if isinstance(value, NamedNode | Literal):
                told[as_iri(node)][as_iri(predicate).rpartition("#")[2]].append(value.value)
        for commit, said in told.items():
            try:
                note = Note(said["who"][0], said["why"][0])
                when = datetime.fromisoformat(said["endedAtTime"][0]).astimezone(UTC)
                counts = int(said["removed"][0]), int(said["added"][0])
                yield Commit(int(said["ledTo"][0]), commit, when, note, *counts, tuple(sorted(said["touched"])))
            except (IndexError, ValueError):
                raise StoreProblem(f"The engine's history does not tell all of {commit}. Restore the engine from a backup.") from None


def find_bases(engine: Engine) -> list[str]:
    """Return the bases of the stores that have a history on an engine, sorted."""
    found = engine.select(f"SELECT ?g WHERE {{ GRAPH ?g {{ ?g <{HISTORY}revision> ?n }} }} GROUP BY ?g", order="?g")
    return sorted(as_iri(row[0]).removesuffix(_HISTORY_NAME) for row in found if as_iri(row[0]).endswith(_HISTORY_NAME))


def write_patch(commit: Commit, change: Change) -> bytes:
    """Return a change as RDF Patch."""
    return b"".join(
        [
            *write_head(commit, "", change.created, change.dropped),
            *write_rows(REMOVED, change.removed),
            *write_rows(ADDED, change.added),
            END,
        ]
    )


def _pieces(text: bytes) -> Iterator[str]:
    packed = BytesIO()
    with pack(packed) as file:
        file.write(text)
    coded = b64encode(packed.getvalue()).decode()
    for number, start in enumerate(range(0, len(coded), _PIECE)):
        yield f"{number:06} {coded[start : start + _PIECE]}"
