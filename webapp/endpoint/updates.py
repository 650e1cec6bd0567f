"""SPARQL Update over HTTP, for those who may write.

Source: W3C SPARQL 1.1 Protocol (2013), section 2.2 (update operation).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from ropa.errors import RopaError
from ropa.limits import key_of
from ropa.store import Commit, Note
from webapp.endpoint import access
from webapp.endpoint.conditions import require_match
from webapp.endpoint.protocol import read_operation
from webapp.serving.observation import metrics, note_query
from webapp.state import state

bp = Blueprint("updates", __name__)


@bp.post("/update")
def update() -> Response:
    """Carry out an update, all of it or nothing, and tell what changed."""
    note = admit_writer()
    operation = read_operation("update")
    note_query(operation.text)
    with counted_write(), state().store.writing():
        require_match()
        commit = state().writer.update(
            operation.text,
            note,
            using=operation.default_graphs,
            using_named=operation.named_graphs,
            vocabulary=access.may_change_vocabulary(),
            limits=replace(state().policy.of(access.role()).query, rows=None, bytes=None),
        )
    return tell(commit)


def admit_writer() -> Note:
    """Return the note of a write, after its sender was found to be allowed to and within its limits.

    Raises:
        Forbidden, Unauthorized: See :func:`webapp.endpoint.access.sign`. TooOften: Too many requests.
        UnsupportedMediaType, BadRequest: The body is compressed, or only a part (RFC 9110, sections 8.4 and 14.5).
    """
    note = access.sign()
    role = access.role()
    state().policy.admit(role, key_of(access.client()))
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMediaType("Send the body as it is, without Content-Encoding.")
    if "Content-Range" in request.headers:
        raise BadRequest("Send the whole body, without Content-Range.")
    request.max_content_length = state().policy.of(role).body_bytes
    request.max_form_memory_size = request.max_content_length
    return note


@contextmanager
def counted_write() -> Iterator[None]:
    """Count what becomes of a write: written, or the name of its error."""
    try:
        yield
    except RopaError as error:
        metrics().writes.labels(type(error).__name__).inc()
        raise
    metrics().writes.labels("written").inc()


def tell(commit: Commit | None, status: int = 200) -> Response:
    """Answer with what a write changed; a write that changed nothing has no commit."""
    told: dict[str, object] = {"revision": state().store.revision, "added": 0, "removed": 0}
    if commit is not None:
        told = {"revision": commit.revision, "commit": commit.id, "added": commit.added, "removed": commit.removed}
    response = jsonify(told)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response
