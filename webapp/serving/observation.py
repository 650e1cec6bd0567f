"""What the server tells those who run it: is it alive, is it ready, how much it does and how long that takes.

``/healthz``, ``/readyz``, ``/metrics`` (Prometheus text format), a line of log a request, ``Server-Timing``, request ids.
Texts of queries are never logged, since they may hold personal data; a digest tells equal ones.
"""

from __future__ import annotations

import hashlib
import json
import logging
import random
import re
import time
from typing import cast
from urllib.parse import quote

from flask import Blueprint, Flask, Response, current_app, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from werkzeug.exceptions import ServiceUnavailable

from ropa.errors import RopaError
from webapp.state import State, state

bp = Blueprint("observation", __name__)

LOG = logging.getLogger("ropa.requests")
INFO = logging.INFO
_ID = re.compile(r"[\w.:-]{1,64}")
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """What is counted, for one application."""

    def __init__(self, told: State) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("ropa_requests", "Requests answered", ["endpoint", "status"], registry=self.registry)
        self.request_seconds = Histogram("ropa_request_seconds", "Time to answer", ["endpoint"], registry=self.registry, buckets=_SECONDS)
        self.queries = Counter("ropa_queries", "Queries of clients", ["outcome"], registry=self.registry)
        self.query_seconds = Histogram("ropa_query_seconds", "Time to evaluate and write", registry=self.registry, buckets=_SECONDS)
        self.rows = Counter("ropa_query_rows", "Solutions sent to clients", registry=self.registry)
        self.writes = Counter("ropa_writes", "Writes of clients", ["outcome"], registry=self.registry)
        Gauge("ropa_store_revision", "Revision of the store", registry=self.registry).set_function(lambda: told.store.revision)
        Gauge("ropa_store_statements", "Statements in the store", registry=self.registry).set_function(lambda: told.store.statements)
        Gauge("ropa_store_bytes", "Size of the store on the disk", registry=self.registry).set_function(told.store_bytes)


def metrics() -> Metrics:
    """Return the metrics of the application that serves this request."""
    return cast(Metrics, current_app.extensions["ropa-metrics"])


@bp.get("/healthz")
def health() -> Response:
    """Say that the process answers."""
    return _plain({"status": "alive"})


@bp.get("/readyz")
def ready() -> Response:
    """Say that the store can be read, and its revision; 503 where it cannot."""
    try:
        store = state().store
        return _plain({"status": "ready", "revision": store.revision, "registers": len(state().snapshot().registers)})
    except (RopaError, OSError) as error:
        raise ServiceUnavailable(f"The store cannot be read: {error}", retry_after=5) from None


@bp.get("/metrics")
def show_metrics() -> Response:
    """Answer in the text format of Prometheus."""
    return Response(generate_latest(metrics().registry), content_type=CONTENT_TYPE_LATEST)


def _plain(told: dict[str, object]) -> Response:
    response = Response(json.dumps(told), mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def note_time(name: str, seconds: float) -> None:
    """Have a part of the work told in ``Server-Timing``, in milliseconds."""
    g.setdefault("timings", []).append(f"{name};dur={seconds * 1000:.1f}")


def note_query(text: str) -> None:
    """Have the digest of a query in the log."""
    g.query = digest(text)


def observe(app: Flask) -> None:
    """Count, time and log every request of an application."""
    app.extensions["ropa-metrics"] = Metrics(app.extensions["ropa"])
    app.register_blueprint(bp)
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.id = name_request(request.headers.get("X-Request-ID", ""))
    g.begun = time.perf_counter()


def name_request(given: str) -> str:
    """Return the id of a request: the one that it brings, if that can stand in a log, else a new one."""
    # It tells requests apart and guards nothing, so it need not come from the system's own source.
    return given if _ID.fullmatch(given) else f"{random.getrandbits(64):016x}"


def _end(response: Response) -> Response:
    seconds = time.perf_counter() - g.get("begun", time.perf_counter())
    endpoint = request.endpoint or "none"
    counted = metrics()
    counted.requests.labels(endpoint, response.status_code).inc()
    counted.request_seconds.labels(endpoint).observe(seconds)
    response.headers["X-Request-ID"] = g.get("id", "")
    response.headers["Server-Timing"] = ", ".join([*g.get("timings", ()), f"total;dur={seconds * 1000:.1f}"])
    if LOG.isEnabledFor(logging.INFO):
        token = g.get("bearer")
        write_line(
            request.method,
            request.path,
            response.status_code,
            request=g.get("id", ""),
            milliseconds=round(seconds * 1000, 1),
            bytes=response.content_length,
            client=request.remote_addr,
            token=token.id if token else None,
            role=str(token.role) if token else None,
            query=g.get("query"),
        )
    return response


def write_line(method: str, path: str, status: int, **more: object) -> None:
    """Log one request."""
    # A path may hold anything, line ends too.
    path = quote(path, safe="/:@!$&'()*+,;=~")
    LOG.info("%s %s %s", method, path, status, extra={"method": method, "path": path, "status": status, **more})


def digest(text: str) -> str:
    """Return what stands for the text of a query in the log."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
