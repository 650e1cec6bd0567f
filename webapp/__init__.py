"""The web application: pages over a store, for people and programs.

In:  an open store. Out: a Flask application. Pages ask :mod:`ropa`, choose a form and answer; they hold no SPARQL and no law.
"""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from ropa.store import QuadStore
from webapp import (
    assets,
    compression,
    errors,
    exports,
    filters,
    findings,
    home,
    questions,
    registers,
    scenarios,
    security,
    sheets,
    sparql,
    terms,
    things,
)
from webapp.state import State

MOST_BYTES = 1_000_000
"""Longest request body."""


def create_app(store: QuadStore, *, title: str = "Records of processing", sources: Path | None = None) -> Flask:
    """Return the application over *store*; the caller keeps the store and closes it.

    Args:
        sources: Folder of the source documents; with it, pages show phrases in their text.
    """
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.extensions["ropa"] = State(store, title, sources)
    for module in (exports, findings, home, questions, registers, scenarios, sheets, sparql, terms, things):
        app.register_blueprint(module.bp)
    errors.register(app)
    filters.register(app)
    security.protect(app)
    app.after_request(assets.keep_bundle)
    app.after_request(compression.squeeze)
    return app
