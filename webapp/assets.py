"""The browser bundle: hashed names from the manifest that the build wrote, and how long a browser may keep them.

In:  ``static/dist/manifest.json``. Out: addresses of the bundle, None where it has not been built.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache, lru_cache
from pathlib import Path

from flask import Response, request, url_for

_HERE = Path(__file__).parent
_DIST = _HERE / "static" / "dist"


def asset(name: str) -> str | None:
    """Return the address of a file of the bundle, None if the bundle is not built."""
    file = _manifest().get(name)
    return url_for("static", filename=f"dist/{file}") if file else None


def version() -> str:
    """Return a text that changes when a template, a module or the bundle changes."""
    return hashlib.sha256(f"{_texts()} {sorted(_manifest().items())}".encode()).hexdigest()[:8]


@cache
def _texts() -> str:
    digest = hashlib.sha256()
    for path in [*sorted((_HERE / "templates").rglob("*.html")), *sorted(_HERE.glob("*.py"))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def keep_bundle(response: Response) -> Response:
    """Let browsers keep files of the bundle for a year: another content has another name."""
    if request.path.startswith("/static/dist/") and response.status_code in (200, 304):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def _manifest() -> dict[str, str]:
    try:
        return _read((_DIST / "manifest.json").stat().st_mtime_ns)
    except (FileNotFoundError, ValueError):
        return {}


@lru_cache(maxsize=1)
def _read(changed: int) -> dict[str, str]:
    """Read the manifest; *changed* is when it was written, so that a new bundle is seen without a new start."""
    return dict(json.loads((_DIST / "manifest.json").read_text("utf-8")))
