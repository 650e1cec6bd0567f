"""The browser bundle: hashed names from the manifest that the build wrote, in the shortest form that a browser takes, for a year.

In:  ``static/dist/``, with a ``.br`` and a ``.gz`` beside each file. Out: addresses of the bundle, None where it has not been built;
the files.
"""

from __future__ import annotations

import hashlib
import json
import os
from functools import cache, lru_cache
from mimetypes import guess_type
from pathlib import Path

from flask import Flask, Response, request, send_from_directory, url_for
from werkzeug.security import safe_join

_HERE = Path(__file__).parent
_DIST = _HERE / "static" / "dist"
_CODINGS = {"br": "br", "gzip": "gz"}
"""Content coding to the ending of the file that has it, the shorter one first."""


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


def serve(app: Flask) -> None:
    """Let an application answer with the files of the bundle, at the address that the framework has for such files."""
    app.add_url_rule("/static/<path:filename>", endpoint="static", view_func=_send)


def _send(filename: str) -> Response:
    """Answer with a file; another content has another name, so a browser may keep it."""
    folder = str(_HERE / "static")
    offered = (name for name in _CODINGS if request.accept_encodings[name] > 0 and _is_there(folder, f"{filename}.{_CODINGS[name]}"))
    coding = next(offered, "")
    response = send_from_directory(folder, f"{filename}.{_CODINGS[coding]}" if coding else filename, mimetype=guess_type(filename)[0])
    if coding:
        response.headers["Content-Encoding"] = coding
    response.vary.add("Accept-Encoding")
    if filename.startswith("dist/"):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def _is_there(folder: str, filename: str) -> bool:
    """Tell whether there is such a file, in this folder and not beside it."""
    path = safe_join(folder, filename)
    return path is not None and os.path.isfile(path)


def _manifest() -> dict[str, str]:
    try:
        return _read((_DIST / "manifest.json").stat().st_mtime_ns)
    except (FileNotFoundError, ValueError):
        return {}


@lru_cache(maxsize=1)
def _read(changed: int) -> dict[str, str]:
    """Read the manifest; *changed* is when it was written, so that a new bundle is seen without a new start."""
    return dict(json.loads((_DIST / "manifest.json").read_text("utf-8")))
