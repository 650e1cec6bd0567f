"""The findings of a store that changes: after a write only the registers that it touched are judged again.

In:  a store. Out: the findings of a day, the same as judging everything anew gives.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from datetime import date
from threading import Lock

from ropa.findings.judge import SHARED_GRAPHS, Judge
from ropa.findings.model import Finding, sort
from ropa.namespaces import graph_iri
from ropa.store import Commit, Quad, QuadStore

Kept = dict[str, tuple[int, list[Finding]]]
"""Slug of a register to the revision that its findings hold since, and the findings."""


class StandingFindings:
    """What was found in the registers of a store, kept for those that nothing has touched since.

    A register is judged by its record, its evidence and the shared graphs, so what the history says of other graphs does not touch it.
    Where there is no history (a store in memory), or the patch of a change is lost, that touches all.

    Args:
        most_days: Days whose findings are kept; the one unused for longest goes first.
    """

    def __init__(self, store: QuadStore, most_days: int) -> None:
        self._store = store
        self._most_days = most_days
        self._lock, self._checking = Lock(), Lock()
        self._judged = graph_iri(store.base, "")
        self._seen = -1
        self._latest = self._everything = 0
        self._touched: dict[str, int] = {}
        self._days: OrderedDict[date, Kept] = OrderedDict()

    @property
    def revision(self) -> int:
        """The latest revision in which something was written that findings can depend on; graphs of nobody's are judged by nobody."""
        with self._lock:
            self._catch_up()
            return self._latest

    def check(self, slugs: Sequence[str], day: date) -> list[Finding]:
        """Return the findings of all registers, given by their slugs, on a day: worst first, then by register. Who asks meanwhile waits."""
        with self._checking:
            return self._check(slugs, day)

    def _check(self, slugs: Sequence[str], day: date) -> list[Finding]:
        with self._lock:
            self._catch_up()
            touched, everything = dict(self._touched), self._everything
            kept = self._days.setdefault(day, {})
            self._days.move_to_end(day)
            if len(self._days) > self._most_days:
                self._days.popitem(last=False)
        judge: Judge | None = None
        for slug in slugs:
            own = [f"register/{slug}", f"evidence/{slug}"]
            since = max(everything, *(touched.get(graph_iri(self._store.base, name), 0) for name in (*own, *SHARED_GRAPHS)))
            if slug not in kept or kept[slug][0] != since:
                judge = judge or Judge(self._store.base, self._read(*SHARED_GRAPHS), day)
                kept[slug] = (since, judge.check(slug, self._read(*own)))
        for gone in kept.keys() - set(slugs):
            del kept[gone]
        return sort(finding for slug in slugs for finding in kept[slug][1])

    def _read(self, *names: str) -> Iterator[Quad]:
        return (quad for name in names for quad in self._store.quads(graph=graph_iri(self._store.base, name)))

    def _catch_up(self) -> None:
        """Learn which graphs were written since it was asked last."""
        revision = self._store.revision
        if revision == self._seen:
            return
        missed = revision - self._seen
        entries = self._store.history(revision + 1, missed) if self._seen >= 0 else iter(())
        since = [commit for commit in entries if isinstance(commit, Commit)]
        if len(since) == missed:
            touched = {name: revision for commit in since for name in commit.graphs if name.startswith(self._judged)}
            self._touched |= touched
            self._latest = revision if touched else self._latest
        else:
            self._latest = self._everything = revision
        self._seen = revision
