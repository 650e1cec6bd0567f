"""The answer to a query as a file, for people: a link cannot say in ``Accept`` what it wants, but it can end in it.

In:  ``/sparql/download.{ending}`` with a query. Out: what the endpoint answers in that form, to be saved.
"""

from __future__ import annotations

from flask import Blueprint, Response

from ropa.errors import NotFound
from ropa.store.evaluation import Kind
from webapp.endpoint.forms import OFFERED
from webapp.endpoint.query_page import ENDINGS
from webapp.endpoint.sparql import admit, answer_in

bp = Blueprint("query_files", __name__)


@bp.route("/sparql/download.<ending>", methods=["GET", "POST"])
def download(ending: str) -> Response:
    """Answer a query as a file."""
    if ending not in ENDINGS:
        raise NotFound("format", ending, ENDINGS)
    media_type = ENDINGS[ending]
    forms: dict[Kind, str] = {kind: media_type for kind, offered in OFFERED.items() if media_type in offered}
    response = answer_in(forms, admit())
    if response.status_code == 200:
        response.headers["Content-Disposition"] = f'attachment; filename="answer.{ending}"'
    return response
