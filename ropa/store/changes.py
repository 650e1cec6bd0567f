"""What a write does to a store: the exact statements that go and come, who wanted it and why.

A :class:`Change` is worked out before anything is written, so it can be judged, refused, recorded and undone.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pyoxigraph import NamedNode

from ropa.store.quads import Quad

__all__ = ["Change", "Commit", "Lost", "Note", "describe", "difference"]


@dataclass(frozen=True)
class Change:
    """The difference between two states of a store.

    Attributes:
        removed: Statements that are there before and not afterwards.
        added: Statements that are there afterwards and not before.
        created: IRIs of graphs that exist afterwards and did not before, also without a statement.
        dropped: IRIs of graphs that exist before and not afterwards; their statements are among *removed*.
    """

    removed: Sequence[Quad] = ()
    added: Sequence[Quad] = ()
    created: frozenset[str] = frozenset()
    dropped: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        """Whether anything changes at all."""
        return bool(self.removed or self.added or self.created or self.dropped)

    @property
    def graphs(self) -> frozenset[str]:
        """The IRIs of all named graphs that it touches."""
        named = {quad.graph_name.value for quads in (self.removed, self.added) for quad in quads if isinstance(quad.graph_name, NamedNode)}
        return self.created | self.dropped | named

    def reversed(self) -> Change:
        """Return the change that undoes this one."""
        return Change(self.added, self.removed, self.dropped, self.created)


@dataclass(frozen=True)
class Note:
    """Who writes and why, in their own words; it stands in the history."""

    who: str
    why: str = ""


@dataclass(frozen=True)
class Commit:
    """A change that was written.

    Attributes:
        revision: The store's revision after it.
        id: ``urn:uuid:…``, also the name of its patch.
        when: UTC, to the microsecond.
        removed, added: How many statements went and came.
        graphs: IRIs of the graphs it touched, sorted.
    """

    revision: int
    id: str
    when: datetime
    note: Note
    removed: int = 0
    added: int = 0
    graphs: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Lost:
    """A revision whose patch cannot be relied on; it stands where the commit would, and nothing is guessed in its place.

    Attributes:
        fault: ``missing``, ``damaged``, ``at odds with the next`` (the next was written after another one) or
            ``not for this user to read``.
        and_before: Whether the patches before it are lost too, as far as there were any.
    """

    revision: int
    fault: str
    and_before: bool = False

    def __str__(self) -> str:
        return f"The patch of revision {self.revision} is {self.fault}{', like any before it' if self.and_before else ''}."


def describe(revision: int, change: Change, note: Note) -> Commit:
    """Return a new commit of a change, now."""
    counts = len(change.removed), len(change.added)
    return Commit(revision, f"urn:uuid:{uuid.uuid4()}", datetime.now(UTC), note, *counts, tuple(sorted(change.graphs)))


def difference(before: Mapping[str, Iterable[Quad]], after: Mapping[str, Iterable[Quad]], existing: Iterable[str]) -> Change:
    """Return the change that turns some graphs into others.

    Args:
        before: Graph IRI to its statements now. after: Graph IRI to its statements afterwards, in that graph.
        existing: The graphs that exist now, with or without statements.
    """
    removed: list[Quad] = []
    added: list[Quad] = []
    for graph, quads in after.items():
        old = dict.fromkeys(before.get(graph, ()))
        new = dict.fromkeys(quads)
        removed += [quad for quad in old if quad not in new]
        added += [quad for quad in new if quad not in old]
    return Change(removed, added, created=frozenset(set(after) - set(existing)))
