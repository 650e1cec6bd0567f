"""Where a thing is used: which registers say something with it, in which activities; and its place among broader and narrower ones.

In:  a store and an IRI. Out: uses in the order of registers, chains of broader things, narrower things with their counts.

All is read from the indexes of the store for the one thing that is asked about, and no walk takes more than :data:`MOST` steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice

from pyoxigraph import Literal, NamedNode

from ropa.namespaces import RDF, RDFS, ROPA, SKOS, graph_iri
from ropa.store import QuadStore

MOST = 10_000
"""Uses that are read for one thing."""
MOST_COUNTED = 1_000
"""Uses up to which a narrower thing is counted."""

_TYPE = NamedNode(RDF + "type")
_BROADER = NamedNode(SKOS + "broader")
_WHOLES = {ROPA + name for name in ("ProcessingActivity", "ControllerActivity", "ProcessorActivity")}
_DEEPEST = 8


@dataclass(frozen=True)
class Use:
    """A statement of a register that points at a thing.

    Attributes:
        register: Slug. subject, predicate: IRIs; the subject is an activity, a part of one, a party or the register itself.
        thing: IRI of what is pointed at: the thing itself or a narrower one.
    """

    register: str
    subject: str
    predicate: str
    thing: str


@dataclass(frozen=True)
class Count:
    """How often a thing is used: statements and registers; at :data:`MOST_COUNTED` statements nobody counted on."""

    uses: int
    registers: int

    @property
    def more(self) -> bool:
        """There may be more."""
        return self.uses >= MOST_COUNTED


@dataclass
class Uses:
    """Reads uses from one revision of a store; make a new one for a new revision."""

    store: QuadStore
    _parts: frozenset[str] = frozenset()
    _counts: dict[str, Count] = field(default_factory=dict)

    def find(self, iri: str, *, most: int = MOST) -> list[Use]:
        """Return the uses of a thing and of all narrower ones by register, then subject; *most* at most."""
        found: list[Use] = []
        for use in self._walk(iri):
            found.append(use)
            if len(found) >= most:
                break
        return sorted(found, key=lambda use: (use.register, use.subject, use.predicate, use.thing))

    def count(self, iri: str) -> Count:
        """Return how often a thing and all narrower ones are used, counted up to :data:`MOST_COUNTED`."""
        if iri not in self._counts:
            found = self.find(iri, most=MOST_COUNTED)
            self._counts[iri] = Count(len(found), len({use.register for use in found}))
        return self._counts[iri]

    def broader(self, iri: str) -> list[list[str]]:
        """Return the chains of broader things above a thing, each from the top down to what is right above it."""
        chains: list[list[str]] = []
        waiting = [[iri]]
        while waiting and len(chains) < _DEEPEST:
            path = waiting.pop(0)
            quads = self.store.quads(NamedNode(path[-1]), _BROADER)
            above = sorted({quad.object.value for quad in quads if isinstance(quad.object, NamedNode)} - set(path))
            if above and len(path) <= _DEEPEST:
                waiting.extend([*path, one] for one in above)
            elif len(path) > 1:
                chains.append(path[:0:-1])
        return chains

    def narrower(self, iri: str) -> list[str]:
        """Return the things right below a thing: those of the vocabulary first, then those of registers."""
        quads = self.store.quads(None, _BROADER, NamedNode(iri))
        found = {quad.subject.value for quad in quads if isinstance(quad.subject, NamedNode)}
        return sorted(found, key=lambda below: (below.startswith(self.store.base), below))

    def below(self, iri: str) -> Iterator[str]:
        """Yield a thing and all narrower ones at any depth, the nearest first."""
        seen, waiting = {iri}, [iri]
        while waiting:
            layer: list[str] = []
            for one in waiting:
                yield one
                fresh = [found for found in self.narrower(one) if found not in seen]
                seen.update(fresh)
                layer.extend(fresh)
            waiting = layer

    def activities(self, subject: str) -> list[str]:
        """Return the activities that a node is, or is a part of at any depth, sorted by IRI; none for what no activity holds."""
        seen, waiting, found = {subject}, [subject], set()
        while waiting:
            one = waiting.pop()
            if self.kinds(one) & _WHOLES:
                found.add(one)
                continue
            for holder in self.holders(one):
                if holder not in seen:
                    seen.add(holder)
                    waiting.append(holder)
        return sorted(found)

    def holders(self, part: str) -> list[str]:
        """Return what has a node as its part."""
        quads = self.store.quads(None, None, NamedNode(part))
        return sorted({quad.subject.value for quad in quads if isinstance(quad.subject, NamedNode) and quad.predicate.value in self.parts})

    def kinds(self, iri: str) -> set[str]:
        """Return the classes of a node."""
        return {quad.object.value for quad in self.store.quads(NamedNode(iri), _TYPE)}

    def values(self, iri: str, predicate: str) -> list[str]:
        """Return what a node says with a property, IRIs and texts alike, sorted."""
        said = (quad.object for quad in self.store.quads(NamedNode(iri), NamedNode(predicate)))
        return sorted({value.value for value in said if isinstance(value, NamedNode | Literal)})

    @property
    def parts(self) -> frozenset[str]:
        """The properties that lead from a whole to its parts, onward flows too."""
        if not self._parts:
            waiting, found = [ROPA + "hasPart"], {ROPA + "engagesSubProcessor"}
            while waiting:
                above = waiting.pop()
                found.add(above)
                quads = self.store.quads(None, NamedNode(RDFS + "subPropertyOf"), NamedNode(above))
                waiting.extend(
                    quad.subject.value for quad in quads if isinstance(quad.subject, NamedNode) and quad.subject.value not in found
                )
            self._parts = frozenset(found)
        return self._parts

    def _walk(self, iri: str) -> Iterator[Use]:
        prefix = graph_iri(self.store.base, "register/")
        for thing in self.below(iri):
            for quad in self.store.quads(None, None, NamedNode(thing)):
                graph = quad.graph_name
                if not isinstance(graph, NamedNode) or not graph.value.startswith(prefix) or not isinstance(quad.subject, NamedNode):
                    continue
                if quad.predicate not in (_BROADER, _TYPE):
                    yield Use(graph.value[len(prefix) :], quad.subject.value, quad.predicate.value, thing)


def by_subject(uses: Iterable[Use]) -> list[list[Use]]:
    """Return uses together that are said of the same subject, in the order in which the subjects first come."""
    groups: dict[tuple[str, str], list[Use]] = {}
    for use in uses:
        groups.setdefault((use.register, use.subject), []).append(use)
    return list(groups.values())


def count_mentions(store: QuadStore, iri: str) -> int:
    """Return how many statements of registers use a term as property or value, counted up to :data:`MOST_COUNTED`."""
    node, prefix = NamedNode(iri), graph_iri(store.base, "register/")
    quads = chain(store.quads(None, node), store.quads(None, None, node))
    found = (quad for quad in quads if isinstance(quad.graph_name, NamedNode) and quad.graph_name.value.startswith(prefix))
    return sum(1 for _ in islice(found, MOST_COUNTED))
