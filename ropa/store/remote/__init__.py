"""Stores that are SPARQL 1.1 servers."""

from __future__ import annotations

import os

from ropa.errors import StoreProblem
from ropa.namespaces import DEFAULT_BASE
from ropa.store.remote.client import TIMEOUT
from ropa.store.remote.engine import Engine
from ropa.store.remote.record import find_bases
from ropa.store.remote.store import RemoteStore

__all__ = ["RemoteStore", "open_remote"]


def open_remote(url: str, base: str | None = None) -> RemoteStore:
    """Open the store behind the SPARQL endpoint at *url*.

    The environment says the rest: ``ROPA_UPDATE_URL`` and ``ROPA_GRAPHS_URL`` where they are not as is usual for the engine,
    ``ROPA_REMOTE_TOKEN`` or ``ROPA_REMOTE_USER`` and ``ROPA_REMOTE_PASSWORD``, ``ROPA_REMOTE_TIMEOUT`` in seconds, and
    ``ROPA_BASE``, the IRI that instances live under, where *base* is not given and the engine has no history that tells it.

    Raises:
        StoreProblem: Nobody answers there, or not as a SPARQL endpoint does; the engine has the histories of several stores.
    """
    engine = Engine.attach(url, timeout=_seconds())
    base = base or os.environ.get("ROPA_BASE")
    if not base:
        bases = find_bases(engine)
        if len(bases) > 1:
            raise StoreProblem(f"{url} has the stores {', '.join(bases)}. Set ROPA_BASE to the one that is meant.")
        base = bases[0] if bases else DEFAULT_BASE
    return RemoteStore(engine, base)


def _seconds() -> float:
    told = os.environ.get("ROPA_REMOTE_TIMEOUT", "")
    try:
        seconds = float(told) if told else TIMEOUT
    except ValueError:
        seconds = 0
    if not 0 < seconds < 86_400:
        raise StoreProblem(f"ROPA_REMOTE_TIMEOUT={told!r} is no time. Give seconds, such as 30.")
    return seconds
