"""What tests of pages share: an application over a store, ready to be asked, and the text of what it answers."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from html import unescape

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ropa.store import QuadStore
from webapp import create_app, rows
from webapp.state import State

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
"""What browsers send."""


@contextmanager
def opened(store: QuadStore, **given: object) -> Iterator[Flask]:
    """Make an application over a store, with what :func:`webapp.create_app` takes besides, and close it afterwards."""
    app = create_app(store, **given)  # type: ignore[arg-type]
    yield app
    app.extensions["ropa"].close()


def warm(app: Flask) -> None:
    """Wait until an application has read and judged its registers."""
    told: State = app.extensions["ropa"]
    told.check().result()
    while None in (rows.index(told), rows.search(told), rows.overview(told), rows.calendar(told, date.today(), "")):
        time.sleep(0.05)


def read(response: TestResponse) -> str:
    """The text of a page without its tags and with single spaces."""
    text = re.sub(r"<(script|style|head)\b.*?</\1>|<[^>]+>", " ", response.get_data(as_text=True), flags=re.DOTALL)
    return re.sub(r"\s+", " ", text.replace("&amp;", "&").replace("&#39;", "'"))


def words(html: str) -> str:
    """What a person reads of the main part of a page."""
    main = html.partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", main)).split())


def section(client: FlaskClient, path: str, anchor: str) -> str:
    """What a person reads of a section of a page."""
    html = client.get(path, headers=BROWSER).text
    found = re.search(rf'<section[^>]*id="{anchor}"[^>]*>(.*?)</section>', html, re.DOTALL)
    assert found is not None, f"no section {anchor}"
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", found[1])).split())
