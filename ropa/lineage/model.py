"""What a lineage is made of: nodes, the hops between them, and the paths that hops make.

In:  nothing. Out: plain values; labels are looked up by whoever shows them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

NodeKind = Literal["subject", "source", "collection", "activity", "register", "recipient", "sub-processor", "place", "more"]
HopKind = Literal["about", "of", "supplies", "feeds", "sent", "processor", "passed", "place", "kept", "more"]

NODE_KINDS: dict[NodeKind, str] = {
    "subject": "People",
    "source": "Party that supplies data",
    "collection": "Collection",
    "activity": "Activity",
    "register": "Whole register",
    "recipient": "Recipient",
    "sub-processor": "Sub-processor",
    "place": "Place",
    "more": "More, not drawn",
}
"""Kind of a node to what people call it, in the order in which data move."""

HOP_KINDS: dict[HopKind, str] = {
    "about": "is about",
    "of": "collected of",
    "supplies": "supplied by",
    "feeds": "goes into",
    "sent": "goes to",
    "processor": "is done by",
    "passed": "is passed on to",
    "place": "receives it in",
    "kept": "is kept in",
    "more": "and more",
}
"""Kind of a hop to what it says of its two ends."""


@dataclass(frozen=True)
class Node:
    """A place where data stand still.

    Attributes:
        id: IRI, or for a recipient that the text does not tell the IRI of the flow with ``#recipient``.
        register: Slug, "" for what several registers share.
        marker: IRI of the marker that stands where the recipient would; "" for a real one, and where nothing is recorded.
    """

    id: str
    kind: NodeKind
    register: str = ""
    marker: str = ""

    @property
    def iri(self) -> str:
        """The IRI of the thing that a person can look at."""
        return self.id.removesuffix("#recipient")

    @property
    def untold(self) -> bool:
        """Whether it stands where a recipient would: the text does not tell it, or nothing is recorded."""
        return self.id != self.iri


@dataclass(frozen=True)
class Said:
    """The statement that a hop rests on: subject, predicate, value."""

    subject: str
    predicate: str
    value: str


@dataclass(frozen=True)
class Hop:
    """One step of data from one node to the next.

    Attributes:
        part: IRI of the collection, flow or storage that tells it; of the activity where that tells it itself.
        said: The statement that makes it a hop, whose phrase proves it.
        holders: The activities that have the part, or the register where it is told of all of them.
        data, subjects, purposes: What the part states, narrower than or equal to what was asked for; empty if it states none.
        silences: Predicate to the marker that stands where its values would: the text is silent, denies, is lost.
        modality: IRI; "" where none is recorded. conditions: In the words of the text.
        follows: Parts of which one has to come right before, since this hop only goes on from it; empty if any may.
    """

    source: str
    target: str
    kind: HopKind
    part: str
    said: Said
    register: str
    holders: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    silences: tuple[tuple[str, str], ...] = ()
    role: str = ""
    modality: str = ""
    conditions: tuple[str, ...] = ()
    mechanisms: tuple[str, ...] = ()
    senders: tuple[str, ...] = ()
    follows: frozenset[str] = frozenset()

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells it apart from all other hops."""
        return (self.kind, self.source, self.target, self.part)

    def silence(self, predicate: str) -> str:
        """Return the marker that stands where the values of a property would, "" if none does."""
        return dict(self.silences).get(predicate, "")


@dataclass(frozen=True)
class Claim:
    """A legal basis that is claimed for some purposes; for none, for whatever its scope does.

    Attributes:
        iri: Of the claim. known: IRI of how the basis is known (``ropa:Named``, ``ropa:WordedOnly``, ``ropa:Implied``), "" where that is
            not recorded.
    """

    iri: str
    basis: str
    purposes: tuple[str, ...] = ()
    known: str = ""


@dataclass(frozen=True)
class Scope:
    """What has flows: an activity, or a register for what it says of all of them.

    Attributes:
        claims: Its legal bases.
        parties: Who is responsible: controllers and processors.
        gaps: (predicate, marker) where a marker stands for all collections, flows, transfers, storages or legal bases.
    """

    iri: str
    register: str
    data: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    parties: tuple[str, ...] = ()
    modality: str = ""
    conditions: tuple[str, ...] = ()
    gaps: tuple[tuple[str, str], ...] = ()


@dataclass
class Record:
    """What one register tells, or several put together."""

    nodes: dict[str, Node] = field(default_factory=dict)
    hops: list[Hop] = field(default_factory=list)
    scopes: dict[str, Scope] = field(default_factory=dict)

    def join(self, other: Record) -> None:
        """Take in another; what both know is one."""
        self.nodes.update(other.nodes)
        self.hops.extend(other.hops)
        self.scopes.update(other.scopes)


@dataclass(frozen=True)
class Path:
    """Hops of which each goes on where the one before ends.

    Attributes:
        data: What all its hops can carry, as the narrowest terms stated; empty where no hop states any.
        certain: Each hop states which data it carries.
    """

    hops: tuple[Hop, ...]
    data: tuple[str, ...]
    certain: bool
