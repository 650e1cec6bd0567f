"""What was written, by whom, when and why; and of each write the exact statements.

In:  the history of a store. Out: pages for people, JSON and RDF Patch for programs; a write whose patch is lost is listed as that.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import islice

from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest

from ropa.errors import NotFound, StoreProblem
from ropa.store import Commit, Lost, Quad
from webapp.answers import answer, negotiate, page
from webapp.state import state

bp = Blueprint("history", __name__, url_prefix="/history")

_HTML = "text/html"
_JSON = "application/json"
_PATCH = "application/rdf-patch"
_MOST = 50
_MOST_STATEMENTS = 500


@bp.get("")
def index() -> Response:
    """List the writes, the latest first, in pages; ``?before=REVISION`` goes on from there."""
    before = _number(request.args.get("before"))
    media_type = negotiate([_HTML, _JSON])
    found = list(islice(state().store.history(before), _MOST + 1))
    commits, more = found[:_MOST], len(found) > _MOST
    variant = name_lost(commits)
    if media_type == _JSON:
        return _vary(answer(_JSON, lambda: json.dumps([_tell(commit) for commit in commits], ensure_ascii=False), variant=variant))
    context = {"commits": commits, "names": state().snapshot().graph_name, "before": commits[-1].revision if more else None}
    return _vary(page("history/index.html", context, variant=variant))


def name_lost(commits: Iterable[Commit | Lost]) -> str:
    """Return what tells a page that shows these from one that shows others of the same revision: a patch can be lost, and put back."""
    return ".".join(f"{commit.revision}{commit.fault[0]}" for commit in commits if isinstance(commit, Lost))


@bp.get("/<int:revision>.rdfp")
def download(revision: int) -> Response:
    """Answer with one write as RDF Patch."""
    store = state().store
    return answer(_PATCH, lambda: store.patch(revision))


@bp.get("/<int:revision>")
def show(revision: int) -> Response:
    """Show one write with its statements; as RDF Patch all of them."""
    store = state().store
    commit = next(store.history(revision + 1, 1), None)
    if commit is None or commit.revision != revision:
        raise NotFound("revision", str(revision), hint="The history lists what there is.")
    if isinstance(commit, Lost):
        raise StoreProblem(f"{commit} Who wrote what then cannot be told before it is put back from a backup.")
    media_type = negotiate([_HTML, _PATCH, _JSON])
    if media_type == _PATCH:
        return _vary(answer(_PATCH, lambda: store.patch(revision)))
    if media_type == _JSON:
        return _vary(answer(_JSON, lambda: json.dumps(_tell(commit), ensure_ascii=False)))
    change = store.recall(revision)
    parts = [
        (heading, len(quads), [_row(quad) for quad in quads[:_MOST_STATEMENTS]])
        for heading, quads in (("Taken away", change.removed), ("Added", change.added))
    ]
    context = {"commit": commit, "parts": parts, "names": state().snapshot().graph_name, "most": _MOST_STATEMENTS}
    return _vary(page("history/commit.html", context))


def _vary(response: Response) -> Response:
    response.vary.add("Accept")
    return response


def _tell(commit: Commit | Lost) -> dict[str, object]:
    if isinstance(commit, Lost):
        return {"revision": commit.revision, "lost": str(commit)}
    return {
        "revision": commit.revision,
        "id": commit.id,
        "when": commit.when.isoformat(),
        "who": commit.note.who,
        "why": commit.note.why,
        "added": commit.added,
        "removed": commit.removed,
        "graphs": list(commit.graphs),
    }


def _row(quad: Quad) -> list[tuple[str, str]]:
    view = state()
    return [view.cell(term) for term in (quad.subject, quad.predicate, quad.object)]


def _number(text: str | None) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise BadRequest(f"before={text!r} is no revision. Give a number.")
    return int(text)
