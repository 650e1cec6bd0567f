"""webapp.things: the page of an activity has the items of Art. 30 in the order of the law, each with what is recorded and found."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import Future

import pytest
from flask import Flask

from ropa.findings import Finding
from ropa.namespaces import DPV
from ropa.store import QuadStore
from tests.acme import CLEANER, iri
from tests.pages import BROWSER, read, section, words
from tests.things import app, get, longer
from webapp import create_app

__all__ = ["app", "get", "longer"]


def test_an_activity_has_the_items_of_article_30_in_the_order_of_the_law(app: Flask) -> None:
    html = app.test_client().get("/id/acme/activity/newsletter", headers=BROWSER).text

    items = re.findall(r'<section class="item" id="[^"]*">\s*<h2>.*?<a class="law"[^>]*>(Art\. 30\(1\)\(\w\))</a>', html, re.DOTALL)
    assert items == [f"Art. 30(1)({letter})" for letter in "abcdefg"]


def test_each_item_tells_in_words_how_complete_it_is(get: Callable[[str], str]) -> None:
    text = get("/id/acme/activity/newsletter")

    assert "Told Recorded: controller (1)." in text
    assert "Recorded: purpose (1), legal basis claim (1)." in text
    assert "Not told Not stated: transfer." in text


def test_findings_stand_at_the_item_they_concern(app: Flask) -> None:
    path, found = "/id/acme/activity/invoices", app.extensions["ropa"].findings()
    about = [one for one in found if any(activity.iri == iri("acme/activity/invoices") for activity in one.activities)]
    purpose = next(one for one in about if one.path == DPV + "hasPurpose" and one.concern == "duty")
    html = app.test_client().get(path, headers=BROWSER).text
    text = section(app.test_client(), path, "item-2")

    assert f"{purpose.severity} {purpose.message.removesuffix(f' {purpose.article}.')} {purpose.article}" in text
    for finding in about:
        assert html.count(f'href="/findings/{finding.id}"') == 1
    assert purpose.message[:20] not in section(app.test_client(), path, "item-3")


def test_more_findings_than_an_item_shows_are_one_step_away(app: Flask) -> None:
    html = app.test_client().get("/id/acme/activity/newsletter", headers=BROWSER).text

    assert '<a href="/findings?activity=https://ropa.example/id/acme/activity/newsletter">All findings about this activity</a>' in html


def test_a_finding_about_a_part_stands_at_the_item_that_holds_the_part(app: Flask) -> None:
    text = section(app.test_client(), "/id/acme/activity/newsletter", "item-5")

    assert "Recipients" in text
    found = app.extensions["ropa"].findings()
    about = [one for one in found if one.focus in (CLEANER, iri("acme/flow/postmark"))]
    assert about
    for finding in about:
        assert finding.message.replace(f" {finding.article}.", "").split(".")[0] in text


def test_the_head_of_an_activity_leads_on(app: Flask) -> None:
    html = app.test_client().get("/id/acme/activity/newsletter", headers=BROWSER).text

    for href in ("/lineage?from=", "/graph?focus=", "/compare?a="):
        assert f'href="{href}id%2Facme%2Factivity%2Fnewsletter"' in html
    assert "Controller: whoever keeps the record decides why and how." in words(html)


def test_an_activity_says_that_it_is_being_checked(longer: QuadStore, monkeypatch: pytest.MonkeyPatch) -> None:
    made = create_app(longer)
    waiting: Future[list[Finding]] = Future()
    monkeypatch.setattr(made.extensions["ropa"], "check", lambda day=None: waiting)
    monkeypatch.setattr("webapp.state._PATIENCE", 0.01)

    assert "being checked" in words(made.test_client().get("/id/acme/activity/newsletter", headers=BROWSER).text)
    assert "being checked" in words(made.test_client().get("/id/acme/party/postmark", headers=BROWSER).text)
    made.extensions["ropa"].close()


def test_what_a_text_says_of_everything_is_not_shown_as_said_of_one_activity(shipped_app: Flask) -> None:
    client = shipped_app.test_client()
    orders = read(client.get("/id/akixi/activity/orders", headers=BROWSER))
    marketing = read(client.get("/id/akixi/activity/marketing-by-others", headers=BROWSER))

    assert "Agents Told alike of all 20 activities of this register." in orders
    assert "Parties set out below (list lost) Told alike of 8 of the 20 activities of this register." in orders
    # Of these the text speaks once.
    assert "own marketing Told alike" not in marketing
