"""Pages of things, rules and odd labels in a real Chromium: they fit, axe finds nothing, cited articles open, no label runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from threading import Thread

import pytest
from playwright.sync_api import Browser, expect
from waitress.server import create_server

from ropa.store.embedded import EmbeddedStore
from tests.hostile import ODD, fill_with_harm
from tests.test_browser import AXE, address, browser, open_page, store
from tests.test_hostile import RULES
from webapp import create_app

__all__ = ["address", "browser", "store"]
pytestmark = pytest.mark.browser

PAGES = [
    "/id/cloudcall/activity/accounts",
    "/id/cloudcall/activity/legal-demands",
    "/id/party/livechat",
    "/id/party/google",
    "/id/aculab/party/tts-provider",
    "/resource?iri=https://w3id.org/dpv/pd%23EmailAddress",
    "/resource?iri=https://w3id.org/dpv/loc%23US&as=dpv:hasLocation",
    "/resource?iri=https://w3id.org/dpv/legal/eu/gdpr%23A6-1-f",
    "/resource?iri=https://w3id.org/ropa-graph/ns%23EUUSPrivacyShield",
    "/resource?iri=https://eur-lex.europa.eu/eli/reg/2016/679/art_30/oj",
    "/shapes?q=retention",
    "/registerz",
]
ODD_PAGES = [
    *(
        rule
        for rule in RULES
        if "<" not in rule and "." not in rule.rpartition("/")[2] and rule not in ("/metrics", "/healthz", "/readyz", "/.well-known/void")
    ),
    f"/registers/{ODD}",
    *(f"/id/{ODD}/activity/{name}" for name in ("script", "image", "closing", "long", "stacked", "blank")),
    *(f"/id/{ODD}/category/{name}" for name in ("image", "long", "words")),
    *(f"/id/{ODD}/party/{name}" for name in ("image", "long", "turned")),
    f"/id/party/{ODD}",
    "/resource?iri=https://w3id.org/dpv/pd%23EmailAddress",
    "/resource?iri=https://w3id.org/dpv/loc%23US",
]


@pytest.fixture(scope="module")
def odd() -> Iterator[str]:
    """The address of a server over a register of odd labels."""
    store = EmbeddedStore.in_memory()
    fill_with_harm(store)
    app = create_app(store)
    app.extensions["ropa"].check().result()
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    thread.join(timeout=5)
    app.extensions["ropa"].close()


@pytest.mark.parametrize("path", PAGES)
def test_each_page_fits_and_axe_finds_nothing(browser: Browser, address: str, path: str) -> None:
    for width, dark in ((1280, False), (320, True)):
        page, watch = open_page(browser, address + path, width=width, dark=dark)
        page.evaluate(AXE.read_text("utf-8"))

        found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})")

        faults = [(fault["id"], [node["html"] for node in fault["nodes"]][:3]) for fault in found["violations"]]
        assert faults == [], json.dumps(faults, indent=1)
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
        assert page.get_by_role("heading", level=1).count() == 1
        assert [fault for fault in watch.faults if "404" not in fault] == []
        page.close()


def test_a_person_walks_from_an_item_to_its_finding_rule_and_article(browser: Browser, address: str) -> None:
    page, watch = open_page(browser, address + "/id/cloudcall/activity/accounts")
    main, title = page.get_by_role("main"), page.get_by_role("heading", level=1)

    item = page.locator("#item-2")
    expect(item).to_contain_text("Not stated: legal basis claim.")
    item.get_by_role("link", name="The text examined states no legal basis").click()
    expect(title).to_contain_text("no legal basis for this activity")
    main.get_by_role("listitem").filter(has=page.get_by_role("heading", name="The rule")).get_by_role("link").click()

    expect(title).to_have_text("The rules in words")
    rule = page.locator("article:target")
    expect(rule).to_contain_text("states no legal basis")
    rule.get_by_role("link", name="GDPR Art. 13(1)(c)").first.click()
    expect(title).to_have_text("GDPR Art. 13(1)(c)")
    expect(main).to_contain_text("Rules that rest on it")
    assert watch.faults == []
    page.close()


def test_a_cited_article_says_what_it_asks_on_focus_and_hover_and_escape_closes_it(browser: Browser, address: str) -> None:
    page, watch = open_page(browser, address + "/shapes?q=purpose&part=article-30-1")
    link, tip = page.locator("a.law", has_text="GDPR Art. 30(1)(b)").first, page.get_by_role("tooltip")

    expect(tip).to_have_count(0)
    link.focus()
    expect(tip).to_have_text("Record the purposes.")
    assert link.get_attribute("aria-describedby") == tip.get_attribute("id")
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    assert page.evaluate("document.activeElement.className") == "law"

    page.mouse.move(5, 5)
    link.hover()
    expect(tip).to_be_visible()
    tip.hover()
    page.wait_for_timeout(400)
    expect(tip).to_be_visible()
    page.get_by_role("heading", level=1).focus()
    page.evaluate("document.activeElement.blur()")
    page.mouse.move(5, 5)
    expect(tip).to_be_hidden()
    box = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert box <= 0
    assert watch.faults == []
    page.close()


def test_without_a_script_a_cited_article_is_a_plain_link(browser: Browser, address: str) -> None:
    page, _ = open_page(browser, address + "/shapes?q=purpose&part=article-30-1", script=False)
    link = page.locator("a.law", has_text="GDPR Art. 30(1)(b)").first

    assert link.get_attribute("title") == "Record the purposes."
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("GDPR Art. 30(1)(b)")
    page.close()


@pytest.mark.parametrize("path", ODD_PAGES)
def test_no_label_runs_or_breaks_a_page(browser: Browser, odd: str, path: str) -> None:
    for width in (1280, 320):
        page, watch = open_page(browser, odd + path, width=width)

        assert page.evaluate("window.hacked === undefined")
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{path} is {overflow} px wider than {width}"
        assert page.get_by_role("heading", level=1).count() == 1
        assert [fault for fault in watch.faults if "status of 40" not in fault] == []
        page.close()
