"""Queries that run, and how whoever asked one stops it.

In:  requests that bring a name of their own (``X-Request-ID``). Out: ``DELETE /sparql/running/NAME`` ends the one of that name.

Only who chose the name knows it. A request without one cannot be stopped, and costs nothing here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import cast

from flask import Blueprint, Response, current_app, request

from ropa.store.stopping import Stopper, stoppable

bp = Blueprint("running", __name__)

_LONGEST = 64


class _Running:
    """The queries of one application that can be stopped."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.stoppers: dict[str, set[Stopper]] = {}


def can_be_stopped(view: Callable[[], Response]) -> Callable[[], Response]:
    """Let what a view evaluates be stopped by the name of its request."""

    @wraps(view)
    def run() -> Response:
        name = request.headers.get("X-Request-ID", "")
        if not 0 < len(name) <= _LONGEST:
            return view()
        running = _running()
        with stoppable() as stopper:
            with running.lock:
                running.stoppers.setdefault(name, set()).add(stopper)
            try:
                return view()
            finally:
                with running.lock:
                    running.stoppers[name].discard(stopper)
                    if not running.stoppers[name]:
                        del running.stoppers[name]

    return run


@bp.delete("/sparql/running/<name>")
def stop(name: str) -> Response:
    """End the query of that name, and say whether one ran and was ended."""
    running = _running()
    with running.lock:
        found = list(running.stoppers.get(name, ()))
    stopped = [stopper.stop() for stopper in found]
    response = Response(json.dumps({"stopped": any(stopped)}), mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _running() -> _Running:
    return cast(_Running, current_app.extensions.setdefault("ropa-running", _Running()))
