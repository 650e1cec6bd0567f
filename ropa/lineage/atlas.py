"""All registers of one revision, each read when somebody asks for it.

In:  a store. Out: records of registers, which registers speak of a thing, what is narrower than what, and when instruments hold.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from datetime import date
from functools import cached_property
from threading import Lock
from typing import Literal

from pyoxigraph import NamedNode

from ropa.law import Period, read_periods
from ropa.lineage.model import Record
from ropa.lineage.reading import BASIS, ENTITY, read_register
from ropa.namespaces import ROPA, SKOS, graph_iri
from ropa.registers import Register, list_registers
from ropa.store import QuadStore

_KEPT = 120
"""Registers that are kept after they have been read, and answers to which registers speak of something."""

Standing = Literal["in force", "ended", "not yet", "undated"]


class Atlas:
    """The ways of data in one revision of a store; several threads may ask."""

    def __init__(self, store: QuadStore) -> None:
        self._store = store
        self.base = store.base
        self._records: OrderedDict[str, Record] = OrderedDict()
        self._speaking: OrderedDict[frozenset[str], frozenset[str]] = OrderedDict()
        self._lock = Lock()

    @cached_property
    def registers(self) -> list[Register]:
        """The registers, by title."""
        return list_registers(self._store)

    def record(self, slug: str) -> Record:
        """Return what one register tells."""
        with self._lock:
            if slug in self._records:
                self._records.move_to_end(slug)
                return self._records[slug]
        found = read_register(self._store.quads(graph=graph_iri(self._store.base, f"register/{slug}")), slug)
        with self._lock:
            self._records[slug] = found
            while len(self._records) > _KEPT:
                self._records.popitem(last=False)
        return found

    def speaking_of(self, iris: Iterable[str]) -> set[str]:
        """Return the slugs of the registers in which one of the things is the subject or the value of a statement."""
        wanted = frozenset(iris)
        with self._lock:
            if wanted in self._speaking:
                return set(self._speaking[wanted])
        found = self._find_speaking(wanted)
        with self._lock:
            self._speaking[wanted] = frozenset(found)
            while len(self._speaking) > _KEPT:
                self._speaking.popitem(last=False)
        return found

    def _find_speaking(self, iris: Iterable[str]) -> set[str]:
        prefix = graph_iri(self._store.base, "register/")
        found: set[str] = set()
        for iri in iris:
            node = NamedNode(iri)
            for quads in (self._store.quads(node), self._store.quads(None, None, node)):
                found.update(quad.graph_name.value for quad in quads if isinstance(quad.graph_name, NamedNode))
        return {graph.removeprefix(prefix) for graph in found if graph.startswith(prefix)}

    @cached_property
    def suppliers(self) -> dict[str, set[str]]:
        """Party to the slugs of the registers that collect data from it."""
        prefix = graph_iri(self._store.base, "register/")
        found: dict[str, set[str]] = defaultdict(set)
        for quad in self._store.quads(None, NamedNode(ENTITY)):
            if isinstance(quad.graph_name, NamedNode) and quad.graph_name.value.startswith(prefix):
                found[quad.object.value].add(quad.graph_name.value.removeprefix(prefix))
        return found

    @cached_property
    def bases(self) -> list[str]:
        """The legal bases that a register claims, each once."""
        return sorted({quad.object.value for quad in self._store.quads(None, NamedNode(BASIS)) if isinstance(quad.object, NamedNode)})

    @cached_property
    def _broader(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for quad in self._store.quads(None, NamedNode(SKOS + "broader")):
            found[quad.subject.value].add(quad.object.value)
        return dict(found)

    @cached_property
    def _narrower(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for below, above in self._broader.items():
            for term in above:
                found[term].add(below)
        return dict(found)

    def narrower(self, iri: str) -> frozenset[str]:
        """Return a term and all that are narrower, at any depth."""
        return _reach(self._narrower, iri)

    def broader(self, iri: str) -> frozenset[str]:
        """Return a term and all that are broader, at any depth."""
        return _reach(self._broader, iri)

    def shared(self, iri: str) -> frozenset[str]:
        """Return the nearest terms, the term itself or broader ones, that do not belong to one register alone."""
        found: set[str] = set()
        waiting, seen = [iri], {iri}
        while waiting:
            term = waiting.pop()
            if not term.startswith(f"{self.base}id/"):
                found.add(term)
                continue
            fresh = self._broader.get(term, set()) - seen
            seen |= fresh
            waiting.extend(fresh)
        return frozenset(found)

    @cached_property
    def _periods(self) -> dict[str, Period]:
        found = (quad for name in ("validFrom", "validUntil") for quad in self._store.quads(None, NamedNode(ROPA + name)))
        return {node.value: period for node, period in read_periods(found).items()}

    def period(self, mechanism: str) -> Period:
        """Return when an instrument holds; a period without days where none are recorded."""
        return self._periods.get(mechanism, Period())

    def standing(self, mechanism: str, day: date) -> Standing:
        """Tell whether an instrument holds on a day; ``undated`` for what has no days, such as an article of the law."""
        period = self.period(mechanism)
        if period == Period():
            return "undated"
        if period.holds(day):
            return "in force"
        return "not yet" if period.first > day.isoformat() else "ended"


def _reach(links: dict[str, set[str]], start: str) -> frozenset[str]:
    found = {start}
    waiting = [start]
    while waiting:
        fresh = links.get(waiting.pop(), set()) - found
        found |= fresh
        waiting.extend(fresh)
    return frozenset(found)
