"""webapp.assets: the bundle comes in the shortest form that a browser takes, to be kept for a year."""

from __future__ import annotations

import gzip
import json
from contextlib import closing
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from ropa.store import QuadStore
from webapp import create_app

DIST = Path(__file__).parent.parent / "webapp" / "static" / "dist"


@pytest.fixture(scope="module")
def client(acme: QuadStore) -> FlaskClient:
    if not (DIST / "manifest.json").is_file():
        pytest.skip("the browser bundle is not built; run make test, or node build.mjs in webapp/frontend")
    return create_app(acme).test_client()


@pytest.fixture(scope="module")
def name() -> str:
    return str(json.loads((DIST / "manifest.json").read_text("utf-8"))["site.css"])


@pytest.mark.parametrize(
    ("accepted", "coding"), [("gzip, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip"), ("identity", ""), ("", "")]
)
def test_a_file_comes_in_the_shortest_form_that_is_taken(client: FlaskClient, name: str, accepted: str, coding: str) -> None:
    with closing(client.get(f"/static/dist/{name}", headers={"Accept-Encoding": accepted})) as response:
        data = response.data

    content = (DIST / name).read_bytes()
    kept = content if not coding else (DIST / f"{name}.{'br' if coding == 'br' else 'gz'}").read_bytes()
    assert response.status_code == 200
    assert response.headers.get("Content-Encoding", "") == coding
    assert data == kept
    assert coding != "gzip" or gzip.decompress(data) == content
    assert response.mimetype == "text/css"
    assert response.vary.as_set() >= {"accept-encoding"}
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_file_that_a_browser_has_is_not_sent_again(client: FlaskClient, name: str) -> None:
    with closing(client.get(f"/static/dist/{name}", headers={"Accept-Encoding": "br"})) as first:
        known = {"Accept-Encoding": "br", "If-None-Match": first.headers["ETag"]}
    with closing(client.get(f"/static/dist/{name}", headers=known)) as again:
        assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("path", ["dist/nothing.css", "n" * 300, "/etc/hostname", "../__init__.py", "dist/../../__init__.py", "dist"])
def test_nothing_but_the_bundle_is_served(client: FlaskClient, path: str) -> None:
    assert client.get(f"/static/{path}", headers={"Accept-Encoding": "gzip"}).status_code == 404
