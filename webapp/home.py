"""The first page: what is recorded, what is wrong, what is open, what ends, what changed; and the list of registers.

In:  the rows of the present revision, the findings, two questions of the catalogue, the history. Out: two pages on which each number
leads to what it counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from itertools import islice

from flask import Blueprint, Response, request

from ropa.errors import BadParameter
from ropa.facets import Choice
from ropa.findings import SEVERITIES, Finding
from ropa.folding import split
from ropa.namespaces import graph_iri
from ropa.questions import catalogue
from ropa.registers import Register
from ropa.store import Commit, Lost
from ropa.store.losses import describe_losses
from webapp import rows as gathered
from webapp.activities.selection import address_of, word
from webapp.answers import page
from webapp.endings import list_endings
from webapp.history import name_lost
from webapp.numbers import page_number
from webapp.overview import count_registers
from webapp.state import State, state
from webapp.texts import short_text

bp = Blueprint("home", __name__)

MOST_TILES = 6
"""Registers that the first page shows one by one."""
_MOST_ROWS = 10
_MOST_CHANGES = 5
_MOST_SEARCHED = 200
_PICKED_FROM = 50
_A_PAGE = 50

ORDERS = ("title", "activities", "controller", "processor", *SEVERITIES)
"""What registers can be ordered by; numbers stand with the greatest first."""


@bp.get("/")
def index() -> Response:
    """Show what is recorded, what is wrong and what to do next, of all registers or of one."""
    told, today = state(), date.today()
    snapshot = told.snapshot()
    scope = _scope(snapshot.registers)
    found, rows, numbers = gathered.findings_at_hand(told), gathered.index(told), gathered.overview(told)
    ends = gathered.calendar(told, today, scope.slug if scope else "")
    counts = _count(found)
    shown = [scope] if scope else snapshot.registers
    chosen: dict[str, tuple[str, ...]] = {"register": (scope.slug,)} if scope else {}
    counted = rows.count(chosen) if rows else {}
    changes, lost = _changes(told, scope)
    worst = sorted(shown, key=lambda register: [-counts[register.slug, severity] for severity in SEVERITIES])
    return page(
        "home/index.html",
        {
            "scope": scope,
            "offered": snapshot.registers if len(snapshot.registers) <= _PICKED_FROM else None,
            "registers": shown,
            "tiles": shown if len(shown) <= MOST_TILES else [],
            "numbers": count_registers(numbers) if numbers else {},
            "checked": found is not None,
            "counts": counts,
            "totals": {severity: sum(counts[register.slug, severity] for register in shown) for severity in SEVERITIES},
            "worst": worst[:_MOST_ROWS] if len(worst) > _MOST_ROWS else shown,
            "severities": SEVERITIES,
            "questions": len(catalogue()),
            "told": _tell(counted, chosen) if rows else None,
            "items": rows.completeness(chosen) if rows else None,
            "states": _facet(counted, "mechanism", chosen) if rows else None,
            "countries": _facet(counted, "country", chosen)[:_MOST_ROWS] if rows else None,
            "ends": list_endings(ends) if ends else None,
            "changes": changes,
            "lost": describe_losses(lost),
            "listed": address_of,
            "scoped": {"register": scope.slug} if scope else {},
            "names": snapshot.graph_name,
        },
        variant="".join("-" if part is None else "+" for part in (found, rows, numbers, ends)) + name_lost(lost),
    )


def _scope(registers: list[Register]) -> Register | None:
    """Return the register that the page is about, None for all.

    Raises:
        BadParameter: There is none with that name or title.
    """
    text = request.args.get("register", "").strip()
    if not text:
        return None
    for register in registers:
        if text in (register.slug, register.iri) or text.casefold() == register.title.casefold():
            return register
    raise BadParameter(f"register={text!r}: there is no such register. The list of registers has their names.")


def _count(found: list[Finding] | None) -> Counter[tuple[str, str]]:
    return Counter((finding.register, finding.severity) for finding in found or [])


def _tell(counted: Mapping[str, list[Choice]], chosen: Mapping[str, tuple[str, ...]]) -> list[tuple[str, int, str]]:
    """Return what is counted of activities: a name, the number, the address of the list."""
    numbers = {(name, choice.value): choice.count for name, choices in counted.items() for choice in choices}
    # Every activity has one role, so those of all roles are all.
    told = [("activities", sum(choice.count for choice in counted["role"]), address_of(chosen))]
    for name, facet, value in (
        ("as controller", "role", "controller"),
        ("as processor", "role", "processor"),
        ("with special categories of data", "special", "yes"),
        ("whose legal basis is not stated", "unsaid", "basis:NotStated"),
    ):
        told.append((name, numbers.get((facet, value), 0), address_of({**chosen, facet: (value,)})))
    return told


def _facet(counted: Mapping[str, list[Choice]], name: str, chosen: Mapping[str, tuple[str, ...]]) -> list[tuple[str, int, str]]:
    snapshot = state().snapshot()
    return [(word(snapshot, name, choice.value), choice.count, address_of({**chosen, name: (choice.value,)})) for choice in counted[name]]


def _changes(told: State, scope: Register | None) -> tuple[list[Commit], list[Lost]]:
    """Return the latest writes, of one register those among the latest that touched it, and those among them of which nothing is known."""
    graphs = {graph_iri(told.store.base, f"{kind}/{scope.slug}") for kind in ("register", "evidence")} if scope else set()
    commits: list[Commit] = []
    lost: list[Lost] = []
    for commit in islice(told.store.history(), _MOST_SEARCHED):
        if isinstance(commit, Lost):
            lost.append(commit)
        elif scope is None or graphs & set(commit.graphs):
            commits.append(commit)
        if len(commits) == _MOST_CHANGES:
            break
    return commits, lost


@bp.get("/registers")
def registers() -> Response:
    """List the registers: those whose titles have the words, in an order, in pages."""
    told = state()
    snapshot = told.snapshot()
    text, order = " ".join(short_text("q").split()), request.args.get("sort") or ORDERS[0]
    if order not in ORDERS:
        raise BadParameter(f"sort={order!r}: give one of {', '.join(ORDERS)}.")
    found, rows, numbers = gathered.findings_at_hand(told), gathered.index(told), gathered.overview(told)
    counts = _count(found)
    roles = Counter((row.register, row.role) for row in rows.rows) if rows else Counter()
    of_register = Counter(row.register for row in rows.rows) if rows else Counter()
    keys: dict[str, Callable[[Register], str | int]] = {
        "title": lambda register: register.title.casefold(),
        "activities": lambda register: -of_register[register.slug],
        "controller": lambda register: -roles[register.slug, "controller"],
        "processor": lambda register: -roles[register.slug, "processor"],
    }
    keys |= {severity: _by_severity(counts, severity) for severity in SEVERITIES}
    words = [f" {word}" for word in split(text)]
    kept = [register for register in snapshot.registers if all(word in f" {' '.join(split(register.title))}" for word in words)]
    kept.sort(key=lambda register: (keys[order](register), register.title.casefold()))
    number, last = page_number(len(kept), _A_PAGE)
    return page(
        "home/registers.html",
        {
            "all": len(snapshot.registers),
            "total": len(kept),
            "registers": kept[(number - 1) * _A_PAGE : number * _A_PAGE],
            "text": text,
            "order": order,
            "orders": ORDERS,
            "numbers": count_registers(numbers) if numbers else {},
            "of_register": of_register if rows else None,
            "roles": roles,
            "checked": found is not None,
            "counts": counts,
            "severities": SEVERITIES,
            "number": number,
            "last": last,
        },
        variant="".join("-" if part is None else "+" for part in (found, rows, numbers)),
    )


def _by_severity(counts: Counter[tuple[str, str]], severity: str) -> Callable[[Register], int]:
    return lambda register: -counts[register.slug, severity]
