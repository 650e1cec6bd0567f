"""The rows of the table of activities as a page shows them: words, links, the few first of many.

In:  rows and their findings. Out: the same, ready to be printed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote

from flask import request, url_for

from ropa.activities import Activity, Entry
from ropa.findings import SEVERITIES
from ropa.words import name
from webapp.filters import marker
from webapp.links import link
from webapp.state import Snapshot

_MOST = 4
"""Entries that a cell shows."""


@dataclass(frozen=True)
class Shown:
    """An entry as a page shows it; ``look`` is that of a marker, "" for what is none."""

    text: str
    href: str
    marker: bool
    look: str
    note: str


@dataclass(frozen=True)
class Row:
    """An activity as a page shows it.

    Attributes:
        columns: Column to its first entries, and how many are left out.
        open: The items of Art. 30 that lack something, each with how it stands.
        findings: Severity, number, address; None where they are not known yet.
    """

    name: str
    href: str
    register: str
    register_href: str
    role: str
    columns: dict[str, tuple[list[Shown], int]]
    complete: int
    items: int
    open: list[str]
    findings: list[tuple[str, int, str]] | None


class Printer:
    """Makes rows of one revision for one request; what is looked up for one row is known for the next."""

    def __init__(self, snapshot: Snapshot, findings: Mapping[str, Counter[str]] | None) -> None:
        self._snapshot = snapshot
        self._findings = findings
        self._own = f"{snapshot.store.base}id/"
        self._register = cache(lambda slug: url_for("registers.show", slug=slug))
        self._address = cache(self._find_address)
        self._shown = cache(self._entry)
        self._list = url_for("findings.index")

    def show(self, row: Activity) -> Row:
        """Return a row as a page shows it."""
        findings = None
        if self._findings is not None:
            counts = self._findings.get(row.iri, Counter())
            address = f"{self._list}?activity={quote(row.iri, safe='')}&severity="
            findings = [(severity, counts[severity], f"{address}{severity}") for severity in SEVERITIES if counts[severity]]
        return Row(
            name=name(row.label, row.iri, self._snapshot.store.base),
            href=self._address(row.iri),
            register=row.title,
            register_href=self._register(row.register),
            role=row.role,
            columns={
                column: ([self._shown(entry) for entry in some[:_MOST]], max(0, len(some) - _MOST)) for column, some in row.columns.items()
            },
            complete=row.complete,
            items=len(row.items),
            open=[f"{found.item.name} ({found.state})" for found in row.items if not found.answered],
            findings=findings,
        )

    def _entry(self, entry: Entry) -> Shown:
        if entry.marker:
            return Shown(entry.label, "", True, marker(entry.iri), entry.note)
        label = name(entry.label, entry.iri, self._snapshot.store.base) if entry.iri else entry.label
        return Shown(label, self._address(entry.iri) if entry.iri else "", False, "", entry.note)

    def _find_address(self, iri: str) -> str:
        # Most things are the registers' own; routing is asked for the others only.
        if iri.startswith(self._own):
            return f"{request.script_root}/id/{quote(iri[len(self._own) :], safe='/:@!$&()*+,;=~')}"
        found = link(self._snapshot, iri)
        return found.href if found else ""
