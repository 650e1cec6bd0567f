"""Write a change to a remote engine as one whole, though others may write at the same time.

In:  a change and the revision it rests on. Out: a commit that is written, or an error and the engine as it was.

A write is one SPARQL Update operation, whose pattern holds only while the revision is the one that the change rests on. Engines
do not isolate such operations from each other (Oxigraph's server and Virtuoso were seen to let two through), so
whoever writes claims the engine first: it adds its name, looks who else is there, and steps back if it is not alone. Of two that
do so at once each sees the other, because each adds before it looks.

A change with too much text for an engine is put into graphs of its own first, and the operation moves it from there.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from math import inf
from time import monotonic, sleep

from pyoxigraph import BlankNode, NamedNode

from ropa.errors import CannotEvaluate, Conflict, RopaError, StoreProblem, TooSlow
from ropa.store.changes import Change, Commit, Note, describe
from ropa.store.quads import Quad
from ropa.store.remote.engine import Engine
from ropa.store.remote.record import Record

_FEW = 500
"""Statements that every engine takes in one text: Virtuoso refuses it from about 1,900 on."""
_MANY = 200_000
"""Statements that no engine is given in one text: some 40 MB."""
_UNKNOWN = "Whether the write was carried out shows in the history; look there before you send it again."
_PAUSE = (0.005, 0.05)
_LEASE = 4
"""A claim is dead after so many times the time that a request may take."""


@dataclass(frozen=True)
class Plan:
    """How a change is written.

    Attributes:
        removed, added: By graph. emptied: Graphs whose statements all go, since blank nodes cannot be named one by one.
    """

    removed: Mapping[str, Sequence[Quad]]
    added: Mapping[str, Sequence[Quad]]
    emptied: Sequence[str]

    @property
    def size(self) -> int:
        """How many statements have to be written out."""
        return sum(map(len, chain(self.removed.values(), self.added.values())))


@dataclass
class _Operation:
    """The parts of one DELETE/INSERT … WHERE; each part is a block or a list of triples."""

    delete: list[str]
    insert: list[str]
    where: list[str]

    def __str__(self) -> str:
        delete, insert, where = ("\n".join(parts) for parts in (self.delete, self.insert, self.where))
        return f"DELETE {{ {delete} }}\nINSERT {{ {insert} }}\nWHERE {{ {where} }}"


class Writer:
    """Writes to an engine; one thread at a time."""

    def __init__(self, engine: Engine, record: Record) -> None:
        self._engine = engine
        self._record = record
        self._most: float = _MANY if engine.addresses.graphs else inf
        self._seen: dict[str, float] = {}
        self._left: set[str] = set()

    def write(self, change: Change, plan: Plan, note: Note, rests_on: int, graphs: Iterable[str]) -> Commit:
        """Write a change and its record.

        Args:
            graphs: Those of the store before it.

        Raises:
            Conflict: The store has another revision, or somebody else has been writing for long.
            StoreProblem: The engine fails or refuses it.
        """
        commit = describe(rests_on + 1, change, note)
        with self._claim(commit.id) as deadline:
            now = self._record.revision()
            if now != rests_on:
                raise Conflict(f"The store is at revision {now}, the write rests on {rests_on}: somebody else wrote first. Try again.")
            known = set(graphs)
            if not now:
                # The first commit takes over what the engine holds already.
                self._engine.update(f"INSERT DATA {self._data(self._record.state(revision=0))}")
                new = frozenset((known | change.graphs) - change.dropped)
            else:
                new = change.graphs - change.dropped - known
            operation = self._operation(commit, new, change.dropped)
            self._send(operation, plan, self._record.describe(commit, change), commit.id, deadline)
        return commit

    def _operation(self, commit: Commit, new: Iterable[str], dropped: Iterable[str]) -> _Operation:
        """Return what moves the store from one revision to the next, without any statement."""
        state, name, before = self._record.state, NamedNode(commit.id), commit.revision - 1
        return _Operation(
            [_block(self._record.iri, state(revision=before, claim=name, holds=map(NamedNode, sorted(dropped))))],
            [_block(self._record.iri, state(revision=commit.revision, holds=map(NamedNode, sorted(new))))],
            [_block(self._record.iri, state(revision=before, claim=name))],
        )

    def _send(self, operation: _Operation, plan: Plan, said: Sequence[Quad], commit: str, deadline: float) -> None:
        """Carry a plan out: as text where the engine takes that much, else by way of graphs of its own."""
        failure: RopaError | None = None
        if not plan.emptied and plan.size <= self._most:
            failure = self._try(str(self._spelt(operation, plan, said)), commit, deadline)
            if failure is None:
                return
        if failure is None or (plan.size > _FEW and isinstance(failure, CannotEvaluate) and self._engine.addresses.graphs):
            with self._staged(operation, plan, said, commit) as moving:
                refused = failure
                failure = self._try(str(moving), commit, deadline)
            if failure is None and refused is not None:
                # It takes the same in another form, so it was too much text.
                self._most = _FEW
        if isinstance(failure, CannotEvaluate):
            raise StoreProblem(f"{failure} Nothing was written.") from None
        if failure is not None:
            raise StoreProblem(f"{failure} {_UNKNOWN}") from None

    def _try(self, text: str, commit: str, deadline: float) -> RopaError | None:
        """Send an operation and look whether it was carried out; return why it was not."""
        left = deadline - monotonic()
        if left <= 0:
            raise StoreProblem("The write took too long to make ready. Nothing was written; give the engine more time, or write less.")
        failure: RopaError | None = None
        try:
            self._engine.update(text, left)
        except (CannotEvaluate, StoreProblem, TooSlow) as error:
            failure = error
        try:
            # What an engine says of an update, or fails to say, is not relied on: its record is.
            if self._record.is_there(commit):
                return None
        except (StoreProblem, TooSlow) as error:
            raise StoreProblem(f"{error} {_UNKNOWN}") from None
        return failure or CannotEvaluate("The engine carried out nothing of the write.")

    def _spelt(self, operation: _Operation, plan: Plan, said: Sequence[Quad]) -> _Operation:
        """Return the operation with all statements of a plan in its text."""
        spelling = self._engine.spelling
        removed = [_block(graph, spelling.write_statements(spelling.every(quads))) for graph, quads in plan.removed.items()]
        added = [_block(graph, spelling.write_statements(quads)) for graph, quads in plan.added.items()]
        history = _block(self._record.iri, spelling.write_statements(said))
        return _Operation([*operation.delete, *removed], [*operation.insert, history, *added], operation.where)

    @contextmanager
    def _staged(self, operation: _Operation, plan: Plan, said: Sequence[Quad], commit: str) -> Iterator[_Operation]:
        """Put all statements into graphs of their own, and give the operation that moves them from there; then take those away."""
        spelling = self._engine.spelling
        delete, insert, sources, stages = list(operation.delete), list(operation.insert), list[str](), list[str]()
        moves = [(graph, delete, spelling.every(quads)) for graph, quads in plan.removed.items()]
        moves += [(graph, insert, iter(quads)) for graph, quads in [*plan.added.items(), (self._record.iri, said)]]
        try:
            for number, (graph, template, quads) in enumerate(moves):
                stages.append(self._record.staging(commit, str(number)))
                self._engine.put(stages[-1], spelling.write_statements(quads))
                triple = f"?s{number} ?p{number} ?o{number}"
                template.append(_block(graph, triple))
                sources.append(f"{{ {_block(stages[-1], triple)} }}")
            for number, graph in enumerate(plan.emptied, len(moves)):
                block = _block(graph, f"?s{number} ?p{number} ?o{number}")
                delete.append(block)
                sources.append(f"{{ {block} }}")
            yield _Operation(delete, insert, [*operation.where, " UNION ".join(sources)])
        finally:
            for stage in stages:
                with suppress(RopaError):
                    self._engine.update(f"DROP SILENT GRAPH <{stage}>")

    @contextmanager
    def _claim(self, name: str) -> Iterator[float]:
        """Be the only one who writes, and give the time at which that ends; see the head of this module."""
        claim = self._record.state(claim=NamedNode(name))
        patience = monotonic() + self._engine.timeout
        self._withdraw(*self._left)
        self._left.add(name)
        try:
            while True:
                begun = monotonic()
                try:
                    self._engine.update(f"INSERT DATA {self._data(claim)}")
                except CannotEvaluate as error:
                    raise StoreProblem(f"{error} Nothing was written; see whether we may write there.") from None
                others = self._record.claims() - {name}
                if not others:
                    break
                self._engine.update(f"DELETE DATA {self._data(claim)}")
                self._bury(others)
                if monotonic() > patience:
                    raise Conflict(
                        "Somebody else has been writing to this engine all the time. Nothing was written; try again in a minute."
                    )
                sleep(random.uniform(*_PAUSE))  # noqa: S311 - so that two do not meet again
            self._seen.clear()
            yield begun + self._lease
            # The write has taken the claim away with it.
            self._left.discard(name)
        except BaseException:
            with suppress(RopaError):
                self._withdraw(name)
            raise

    @property
    def _lease(self) -> float:
        return self._engine.timeout * _LEASE

    def _bury(self, others: set[str]) -> None:
        """Take away the claims of those who must have died: they have been there for longer than anybody may write."""
        now = monotonic()
        self._seen = {other: self._seen.get(other, now) for other in others}
        self._withdraw(*(other for other, since in self._seen.items() if now - since > self._lease))

    def _withdraw(self, *claims: str) -> None:
        """Take claims away."""
        for claim in claims:
            self._engine.update(f"DELETE DATA {self._data(self._record.state(claim=NamedNode(claim)))}")
            self._left.discard(claim)

    def _data(self, triples: str) -> str:
        return f"{{ {_block(self._record.iri, triples)} }}"


def plan(change: Change, current: Mapping[str, Sequence[Quad]]) -> Plan:
    """Work out how a change is written.

    Args:
        current: What :func:`blank_graphs` returns.

    Raises:
        Conflict: A statement with a blank node is to go and is not there.
    """
    removed, added = _by_graph(change.removed), _by_graph(change.added)
    emptied = []
    for graph, now in current.items():
        going = set(removed.pop(graph, ()))
        if not going <= set(now):
            raise Conflict(
                f"<{graph}> has changed meanwhile, or its engine gives blank nodes other names each time. Replace it as a whole."
            )
        added[graph] = [quad for quad in now if quad not in going] + list(added.get(graph, ()))
        emptied.append(graph)
    return Plan(removed, {graph: quads for graph, quads in added.items() if quads}, emptied)


def blank_graphs(change: Change, current: Callable[[str], Iterable[Quad]]) -> dict[str, list[Quad]]:
    """Return the graphs, with their statements, that can only be written as a whole: their blank nodes are named in the change.

    Args:
        current: Gives the statements of a graph.
    """
    found = {}
    for graph, quads in _by_graph([*change.removed, *change.added]).items():
        named = {node for quad in quads for node in _blank_nodes(quad)}
        if named:
            now = list(current(graph))
            if any(node in named for quad in now for node in _blank_nodes(quad)):
                found[graph] = now
    return found


def has_blank_node(quad: Quad) -> bool:
    """Tell whether a statement is about a blank node."""
    return any(_blank_nodes(quad))


def _blank_nodes(quad: Quad) -> Iterator[BlankNode]:
    return (term for term in (quad.subject, quad.object) if isinstance(term, BlankNode))


def _by_graph(quads: Iterable[Quad]) -> dict[str, list[Quad]]:
    found: dict[str, list[Quad]] = defaultdict(list)
    for quad in quads:
        if not isinstance(quad.graph_name, NamedNode):
            raise StoreProblem("A remote engine keeps statements in named graphs only. Name a graph with an IRI.")
        found[quad.graph_name.value].append(quad)
    return found


def _block(graph: str, triples: str) -> str:
    return f"GRAPH <{graph}> {{ {triples} }}"
