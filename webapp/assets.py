"""The browser bundle: hashed names from the manifest that the build wrote, and how long a browser may keep them.

In:  ``static/dist/manifest.json``. Out: addresses of the bundle, None where it has not been built.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

from flask import Response, request, url_for

_HERE = Path(__file__).parent
_DIST = _HERE / "static" / "dist"


def asset(name: str) -> str | None:
    """Return the address of a file of the bundle, None if the bundle is not built."""
    file = _manifest().get(name)
    return url_for("static", filename=f"dist/{file}") if file else None


@cache
def version() -> str:
    """Return a text that changes when a template or the bundle changes."""
    digest = hashlib.sha256()
    for path in [*sorted((_HERE / "templates").rglob("*.html")), *sorted(_HERE.glob("*.py")), _DIST / "manifest.json"]:
        digest.update(path.read_bytes() if path.is_file() else b"-")
    return digest.hexdigest()[:8]


def keep_bundle(response: Response) -> Response:
    """Let browsers keep files of the bundle for a year: another content has another name."""
    if request.path.startswith("/static/dist/") and response.status_code in (200, 304):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@cache
def _manifest() -> dict[str, str]:
    try:
        return dict(json.loads((_DIST / "manifest.json").read_text("utf-8")))
    except (FileNotFoundError, ValueError):
        return {}
