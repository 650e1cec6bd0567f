"""The web application: pages over a store, for people and programs.

In:  an open store. Out: a Flask application. Pages ask :mod:`ropa`, choose a form and answer; they hold no SPARQL and no law.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from flask import Flask

from ropa.limits import Policy
from ropa.store import QuadStore
from ropa.tokens import Tokens
from webapp import about, assets, compare, errors, filters, history, home, registers, search, terms
from webapp.activities import pages as activities
from webapp.atlas import pages as atlas
from webapp.endpoint import description, express, graphs, query_files, query_page, running, sharing, sparql, updates
from webapp.exports import pages as exports
from webapp.findings import pages as findings
from webapp.findings import rules, scenarios
from webapp.lineage import pages as lineage
from webapp.neighbourhood import pages as neighbourhood
from webapp.questions import pages as questions
from webapp.questions import sheets
from webapp.serving import compression, observation, security
from webapp.state import State
from webapp.things import pages as things

MOST_BYTES = 1_000_000
"""Longest request body."""


def create_app(
    store: QuadStore,
    *,
    title: str = "Records of processing",
    sources: Path | None = None,
    policy: Policy | None = None,
    tokens: Tokens | None = None,
    allowed: Collection[str] = (),
) -> Flask:
    """Return the application over *store*; the caller keeps the store and closes it, and the state in ``extensions`` before.

    Args:
        sources: Folder of the source documents; with it, pages show phrases in their text.
        policy: What each role may take, the defaults if none is given.
        tokens: Who may write; without it nobody may.
        allowed: Addresses that SERVICE and LOAD may name.
    """
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    # Two slashes name another thing than one.
    app.url_map.merge_slashes = False
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.extensions["ropa"] = State(store, title, sources, policy or Policy(), tokens, allowed=allowed)
    for module in (
        atlas,
        about,
        activities,
        compare,
        description,
        exports,
        findings,
        graphs,
        history,
        home,
        neighbourhood,
        lineage,
        query_files,
        query_page,
        questions,
        registers,
        running,
        rules,
        scenarios,
        search,
        sheets,
        sparql,
        terms,
        things,
        updates,
    ):
        app.register_blueprint(module.bp)
    sharing.share(app)
    errors.register(app)
    filters.register(app)
    security.protect(app)
    assets.serve(app)
    app.after_request(compression.squeeze)
    observation.observe(app)
    express.shorten(app)
    return app
