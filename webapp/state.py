"""What an application keeps between requests: its store, what was read of the present revision, and the findings.

In:  a store. Out: one :class:`Snapshot` per revision, and findings that are computed once per revision and day, beside the requests.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable, Collection, MutableMapping
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from datetime import date
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import TypeVar, cast

from flask import current_app
from pyoxigraph import BlankNode, Literal, NamedNode, Triple
from werkzeug.exceptions import ServiceUnavailable

from ropa import words
from ropa.alike import LONGEST, nearest
from ropa.exchange import handover
from ropa.exchange.handover import Coverages
from ropa.findings import Finding, StandingFindings
from ropa.labels import LABELS
from ropa.limits import Policy
from ropa.namespaces import expand, graph_iri
from ropa.questions import Answer, catalogue
from ropa.registers import Register, list_registers
from ropa.store import QuadStore, Term
from ropa.store.answers import Answers
from ropa.store.folder import folder_size
from ropa.things import Reader, Thing
from ropa.tokens import Tokens
from ropa.writes import Writer
from webapp.exports.making import Making
from webapp.links import link

_MOST_DAYS = 12
"""Days whose findings are kept."""
_MOST_WAITING = 6
_MOST_COVERED = 100
"""Registers of which is kept how much they answer."""
_MEASURE_EVERY = 60.0
"""Seconds for which the size of the folder is believed."""
_PATIENCE = 1.5
"""Seconds that a page waits for findings before it says that it checks."""

Key = TypeVar("Key")
Made = TypeVar("Made")

TYPE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")


class Snapshot:
    """What was read of one revision, kept so that it is read once.

    Several requests may fill it at the same time; they would put the same values there.
    """

    def __init__(self, store: QuadStore) -> None:
        self.store = store
        self.revision = store.revision
        self.reader = Reader(store)
        self.registers: list[Register] = list_registers(store)
        self._things: dict[str, Thing] = {}
        self._known: set[str] = set()
        self._named: dict[str, list[str]] | None = None
        self._members: dict[str, list[str]] = {}
        self._overview: Answer | None = None
        self._covered: dict[str, list[Coverages]] = {}
        self.gathered: dict[object, Future[object]] = {}
        """What :meth:`State.gather` makes of this revision, by name."""

    def overview(self) -> Answer:
        """Return the answer of the question ``registers``: what each register holds, in numbers."""
        if self._overview is None:
            self._overview = catalogue()["registers"].ask(self.store, {})
        return self._overview

    def covered(self, slug: str) -> list[Coverages]:
        """Return how much of the forms of authorities a register answers; raises :class:`ropa.errors.NotFound`."""
        if slug not in self._covered:
            if len(self._covered) >= _MOST_COVERED:
                self._covered.clear()
            self._covered[slug] = handover.cover(self.store, slug)
        return self._covered[slug]

    def counted(self, slug: str) -> bool:
        """Tell whether :meth:`covered` has its answer already."""
        return slug in self._covered

    def describe(self, iri: str) -> Thing:
        """Return what the store says of a thing; raises :class:`ropa.errors.NotFound`."""
        if iri not in self._things:
            self._things[iri] = self.reader.describe(iri)
        return self._things[iri]

    def label(self, iri: str) -> str:
        """Return what people call a thing, in words made from its IRI if they do not."""
        return words.name(self.reader.label(NamedNode(iri)), iri, self.store.base)

    def graph_name(self, iri: str) -> str:
        """Return what people call a graph: ``Register: Aculab`` for a register's, the IRI for one that is nobody's."""
        short = iri.removeprefix(graph_iri(self.store.base, ""))
        if short == iri:
            return iri
        kind, _, slug = short.partition("/")
        title = next((register.title for register in self.registers if register.slug == slug), slug)
        return f"{kind.capitalize()}: {title}" if slug else kind.capitalize()

    def knows(self, iri: str) -> bool:
        """Tell whether the store says anything of a thing."""
        if iri in self._known:
            return True
        # Only what is known is remembered: anybody may ask about any IRI.
        known = next(iter(self.store.quads(NamedNode(iri))), None) is not None
        if known:
            self._known.add(iri)
        return known

    def members(self, kind: str) -> list[str]:
        """Return the IRIs of the things of a class, given as a prefixed name, in order of their labels."""
        if kind not in self._members:
            node = NamedNode(expand(kind) or kind)
            found = {quad.subject.value for quad in self.store.quads(None, TYPE, node) if isinstance(quad.subject, NamedNode)}
            self._members[kind] = sorted(found, key=lambda iri: (self.label(iri).casefold(), iri))
        return self._members[kind]

    def named(self, label: str) -> list[str]:
        """Return the IRIs of all things with that label, upper and lower case alike."""
        return self._names().get(label.strip().casefold(), [])

    def near(self, text: str) -> list[str]:
        """Return a thing for each of the labels that look most like a text, three at most; of many labels only some are compared."""
        wanted = text.strip().casefold()[:LONGEST]
        names = self._names()
        alike = (name for name in names if name[:1] == wanted[:1] and abs(len(name) - len(wanted)) <= len(wanted) // 2)
        return [names[name][0] for name in nearest(wanted, alike, 0.7)]

    def _names(self) -> dict[str, list[str]]:
        if self._named is None:
            index: dict[str, set[str]] = {}
            for predicate in LABELS:
                for quad in self.store.quads(None, NamedNode(predicate)):
                    if isinstance(quad.subject, NamedNode):
                        index.setdefault(quad.object.value.casefold(), set()).add(quad.subject.value)
            self._named = {key: sorted(found) for key, found in index.items()}
        return self._named


class State:
    """The store of an application and what hangs on its revision.

    Attributes:
        sources: Folder of the source documents, None where the server was given none.
        policy: What each role may take. tokens: Who may write, None where nobody may.
        writer: Writes for clients. answers: Answers what clients ask.
        standing: What is found in the registers. making: Files that take longer than a page may.
        epoch: Differs between two starts, so that no cache takes one store for another of the same revision.
    """

    def __init__(
        self,
        store: QuadStore,
        title: str,
        sources: Path | None,
        policy: Policy,
        tokens: Tokens | None,
        *,
        allowed: Collection[str] = (),
    ) -> None:
        self.store = store
        self.title = title
        self.sources = sources
        self.policy = policy
        self.tokens = tokens
        evaluator = store.evaluator(allowed)
        self.answers = Answers(evaluator, lambda: store.revision)
        self.writer = Writer(store, evaluator, allowed=allowed)
        self.standing = StandingFindings(store, _MOST_DAYS)
        self.epoch = secrets.token_hex(4)
        self._lock = Lock()
        self._measured = (-_MEASURE_EVERY, 0)
        self._snapshot: Snapshot | None = None
        self.making = Making()
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="findings")
        self._gathering = ThreadPoolExecutor(max_workers=1, thread_name_prefix="gathering")
        self._checked: OrderedDict[tuple[int, date], Future[list[Finding]]] = OrderedDict()

    def snapshot(self) -> Snapshot:
        """Return the snapshot of the present revision."""
        with self._lock:
            if self._snapshot is None or self._snapshot.revision != self.store.revision:
                self._snapshot = Snapshot(self.store)
            return self._snapshot

    def check(self, day: date | None = None) -> Future[list[Finding]]:
        """Start the check of the present revision for a day, today if none is given, if nobody has, and return what it will find.

        Raises:
            ServiceUnavailable: Too many other days are being checked; today always has room.
        """
        with self._lock:
            today = date.today()
            day = day or today
            record = self.standing.revision
            for stale in [known for known in self._checked if known[0] != record]:
                self._checked.pop(stale).cancel()
            key = (record, day)
            if key not in self._checked:
                if day != today and sum(not future.done() for future in self._checked.values()) >= _MOST_WAITING:
                    raise ServiceUnavailable("Many days are being checked. Ask again in a few seconds.", retry_after=5)
                slugs = [register.slug for register in list_registers(self.store)]
                self._checked[key] = self._pool.submit(self.standing.check, slugs, day)
            self._checked.move_to_end(key)
            while len(self._checked) > _MOST_DAYS:
                self._checked.popitem(last=False)
            return self._checked[key]

    def findings(self, day: date | None = None) -> list[Finding] | None:
        """Return the findings of the present revision for a day, today if none is given; None where they take longer than a page
        may. What failed raises its error, and is tried anew by whoever asks next."""
        checked = self.check(day)
        try:
            failed = checked.exception(timeout=_PATIENCE) is not None
        except (TimeoutError, CancelledError):
            # Too long, or given up because the record has changed meanwhile.
            return None
        if failed:
            self._forget(self._checked, checked)
        return checked.result()

    def _forget(self, kept: MutableMapping[Key, Future[Made]], failed: Future[Made]) -> None:
        """Let go of what failed, unless somebody has begun it anew already."""
        with self._lock:
            for key in [key for key, future in kept.items() if future is failed]:
                del kept[key]

    def gather(self, snapshot: Snapshot, name: object, make: Callable[[Snapshot], Made], patience: float = _PATIENCE) -> Made | None:
        """Return what is made of a revision once, beside the requests; None where it takes longer than a page may.

        What failed raises its error, and is made anew for whoever asks next.

        Args:
            name: Of what is made; what depends on more than the revision has that in its name.
            make: Is given the snapshot. It must not gather anything itself: one thing is made at a time.
        """
        with self._lock:
            if name not in snapshot.gathered:
                snapshot.gathered[name] = self._gathering.submit(make, snapshot)
            future = cast("Future[Made]", snapshot.gathered[name])
        try:
            failed = future.exception(timeout=patience) is not None
        except (TimeoutError, CancelledError):
            return None
        if failed:
            self._forget(snapshot.gathered, cast("Future[object]", future))
        return future.result()

    def close(self) -> None:
        """Let what is being made end and start nothing more, and end the queries of clients."""
        self.making.close()
        self._gathering.shutdown(cancel_futures=True)
        self._pool.shutdown(cancel_futures=True)
        self.answers.evaluator.close()

    def store_bytes(self) -> int:
        """Return how much room the store takes on this machine's disk."""
        if self.store.folder is None:
            return 0
        if monotonic() - self._measured[0] > _MEASURE_EVERY:
            self._measured = (monotonic(), folder_size(self.store.folder))
        return self._measured[1]

    def cell(self, term: Term | Triple) -> tuple[str, str]:
        """Return what a table shows for a term, and the page of this application that it leads to ("" if none)."""
        if isinstance(term, Literal):
            return words.literal(term.value, term.datatype.value), ""
        if isinstance(term, BlankNode):
            return "(unnamed)", ""
        if not isinstance(term, NamedNode):
            return str(term), ""  # a triple term, which RDF 1.2 queries can make
        snapshot = self.snapshot()
        found = link(snapshot, term.value)
        return snapshot.label(term.value), found.href if found and not found.outward else ""


def state() -> State:
    """Return the state of the application that serves this request."""
    return cast(State, current_app.extensions["ropa"])
