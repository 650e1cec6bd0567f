"""How much a client may ask for, by its role: time, rows, bytes, how many at once, how often.

In:  the numbers below, changed by a file that an administrator writes. Out: a :class:`Policy` that admits or refuses.

A role is None for somebody without a token.
"""

from __future__ import annotations

import math
import time
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from functools import cached_property, lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address
from pathlib import Path
from threading import Lock, Semaphore
from typing import Any

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from ropa.errors import BadParameter, Busy, TooOften, Unreadable
from ropa.store.evaluation import Limits
from ropa.tokens import Role

__all__ = ["DEFAULTS", "Policy", "RoleLimits", "key_of", "read_limits"]

PATIENCE = 2.0
"""Seconds that a query waits for its turn."""


@dataclass(frozen=True)
class RoleLimits:
    """What one client of a role, or all of them together, may take; None is no limit.

    Attributes:
        seconds, rows, answer_bytes, memory_bytes: Of one query; see :class:`ropa.store.evaluation.Limits`.
        query_characters: Length of the text of a query.
        body_bytes: Length of what is written with one request: an update, or a graph. 0 where the role does not write.
        at_once: Queries of all clients of the role that run at the same time.
        waiting: How many more may wait for their turn, :data:`PATIENCE` seconds at the most.
        requests_per_minute: Of one client.
    """

    seconds: float | None
    rows: int | None
    answer_bytes: int | None
    memory_bytes: int | None
    query_characters: int | None
    body_bytes: int | None
    at_once: int
    waiting: int
    requests_per_minute: int | None

    @cached_property
    def query(self) -> Limits:
        """The limits of one query."""
        return Limits(self.seconds, self.rows, self.answer_bytes, self.memory_bytes)


_KNOWN = RoleLimits(
    seconds=30,
    rows=1_000_000,
    answer_bytes=250_000_000,
    memory_bytes=2_000_000_000,
    query_characters=100_000,
    body_bytes=0,
    at_once=2,
    waiting=8,
    requests_per_minute=60_000,
)

DEFAULTS: Mapping[Role | None, RoleLimits] = {
    # An answer of 100,000 rows has room in each form; a page of ours that asks as fast as a person can click never meets the rate.
    None: RoleLimits(
        seconds=10,
        rows=200_000,
        answer_bytes=50_000_000,
        memory_bytes=1_000_000_000,
        query_characters=50_000,
        body_bytes=0,
        at_once=2,
        waiting=8,
        requests_per_minute=30_000,
    ),
    Role.READER: _KNOWN,
    Role.EDITOR: replace(_KNOWN, body_bytes=20_000_000),
    Role.ADMIN: RoleLimits(
        seconds=120,
        rows=None,
        answer_bytes=1_000_000_000,
        memory_bytes=4_000_000_000,
        query_characters=1_000_000,
        body_bytes=200_000_000,
        at_once=2,
        waiting=8,
        requests_per_minute=None,
    ),
}
"""The limits where no file says otherwise."""

_NAMES: Mapping[str, Role | None] = {"anonymous": None, **{role.value: role for role in Role}}
_UNLIMITED = "unlimited"
_ALWAYS_LIMITED = {"at_once", "waiting"}
_MAY_BE_ZERO = {"body_bytes", "waiting"}


def read_limits(file: Path) -> dict[Role | None, RoleLimits]:
    """Read a TOML file: a table for each role that is to differ from :data:`DEFAULTS`, with the keys that are to differ.

    The tables are anonymous, reader, editor and admin, the keys those of :class:`RoleLimits`; "unlimited" is a value too.

    Raises:
        Unreadable: It is no TOML. BadParameter: A table, key or value is none of these; the message names it.
    """
    try:
        told = tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Unreadable(f"{file} cannot be read as TOML: {error}") from None
    found = dict(DEFAULTS)
    for name, table in told.items():
        if name not in _NAMES:
            raise BadParameter(f"{file}: {name} is no role.{_nearest(name, _NAMES)} The roles are {', '.join(_NAMES)}.")
        if not isinstance(table, dict):
            raise BadParameter(f"{file}: {name} is a table. Write [{name}] and its keys below.")
        role = _NAMES[name]
        found[role] = replace(found[role], **{key: _read_value(f"{file}: {name}.{key}", key, value) for key, value in table.items()})
    return found


def _read_value(where: str, key: str, value: Any) -> Any:
    kinds = {field.name: field.type for field in fields(RoleLimits)}
    if key not in kinds:
        raise BadParameter(f"{where} is no limit.{_nearest(key, kinds)} The limits are {', '.join(kinds)}.")
    if value == _UNLIMITED and key not in _ALWAYS_LIMITED:
        return None
    whole = "float" not in str(kinds[key])
    # A truth value is a whole number to Python.
    right = not isinstance(value, bool) and isinstance(value, int if whole else (int, float))
    least = 0 if key in _MAY_BE_ZERO else 1 if whole else math.ulp(0.0)
    if not right or not least <= value < math.inf:
        number = f"a {'whole ' if whole else ''}number {'from 0 on' if least == 0 else 'above 0'}"
        other = "" if key in _ALWAYS_LIMITED else f' or "{_UNLIMITED}"'
        raise BadParameter(f"{where} is {value!r}. Give {number}{other}.")
    return value


def _nearest(name: str, known: Mapping[str, object]) -> str:
    found = get_close_matches(name, list(known), n=1)
    return f" Did you mean {found[0]}?" if found else ""


@lru_cache(maxsize=1000)
def key_of(address: str) -> str:
    """Return what a client is counted by: its address, of IPv6 the network of 64 bits, which is the least that a site is given."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    return str(parsed.ipv4_mapped or (parsed if parsed.is_loopback else IPv6Network((int(parsed), 64), strict=False)))


class Policy:
    """Admits clients by their roles; any number of threads may ask at once."""

    def __init__(self, limits: Mapping[Role | None, RoleLimits] = DEFAULTS) -> None:
        self._limits = dict(limits)
        self._rate = _Rate()
        self._gates = {role: _Gate(role, told) for role, told in self._limits.items()}

    def of(self, role: Role | None) -> RoleLimits:
        """Return the limits of a role."""
        return self._limits[role]

    def admit(self, role: Role | None, key: str) -> None:
        """Count one request of a client.

        Args:
            key: The id of its token, or :func:`key_of` its address.

        Raises:
            TooOften: It asked too often in the last sixty seconds.
        """
        most = self._limits[role].requests_per_minute
        if most is not None and (wait := self._rate.hit(most, f"{role or 'anonymous'}/{key}")):
            raise TooOften(f"{most} requests a minute are allowed. Try again in {wait} seconds.", wait)

    @contextmanager
    def slot(self, role: Role | None) -> Iterator[None]:
        """Hold one of the places of a role while a query runs, after waiting for it a short while.

        Raises:
            Busy: All places stay taken, or too many wait for one.
        """
        gate = self._gates[role]
        gate.enter()
        try:
            yield
        finally:
            gate.leave()


class _Gate:
    """The places of one role."""

    def __init__(self, role: Role | None, limits: RoleLimits) -> None:
        self._most = limits.at_once
        self._whose = "without a token" if role is None else f"of the role {role}"
        self._places = Semaphore(limits.at_once)
        self._queue = Semaphore(limits.waiting)

    def enter(self) -> None:
        if self._places.acquire(blocking=False):
            return
        # Who waits keeps a thread of the server from others, so few may.
        if self._queue.acquire(blocking=False):
            try:
                if self._places.acquire(timeout=PATIENCE):
                    return
            finally:
                self._queue.release()
        raise Busy(f"As many queries {self._whose} run as may at once ({self._most}). Try again in a few seconds.")

    def leave(self) -> None:
        self._places.release()


class _Rate:
    """How often each client asked in the last minute.

    It is told from the count of this minute of the clock and, as far as it still matters, that of the one before: a client that
    asks evenly is met exactly, and nobody's requests are kept one by one.
    """

    def __init__(self) -> None:
        self._window = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._lock = Lock()

    def hit(self, most: int, key: str) -> int:
        """Count a request; return 0, or the seconds to wait if there were too many."""
        item = RateLimitItemPerMinute(most)
        with self._lock:
            if self._window.hit(item, key):
                return 0
            reset = self._window.get_window_stats(item, key).reset_time
        return max(1, math.ceil(reset - time.time()))
