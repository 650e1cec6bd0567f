"""The graph in a real Chromium: the picture under the strict policy, and all of it by keyboard, in the address, without JavaScript."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from waitress.server import create_server

from ropa.store import QuadStore
from tests.hostile import RECIPIENTS, hostile
from tests.test_browser import AXE, Watch, address, browser, open_page, store
from webapp import create_app

__all__ = ["address", "browser", "hostile", "store"]

pytestmark = pytest.mark.browser

TTS = "/graph?focus=id/aculab/activity/cloud-text-to-speech"
PAGES = ["/graph", TTS, "/graph?focus=id/register/aculab&most=10&layout=rings", "/graph?focus=Name", "/graph?focus=nobody"]


def open_graph(browser: Browser, url: str, **told: Any) -> tuple[Page, Watch]:
    page, watch = open_page(browser, url, **told)
    expect(page.locator("#canvas[data-ready]")).to_be_visible(timeout=20_000)
    return page, watch


def drawn(page: Page) -> tuple[set[str], set[str]]:
    """Return the things and links of the picture."""
    return tuple(  # type: ignore[return-value]
        set(page.evaluate(f"document.getElementById('canvas')._cyreg.cy.{kind}().map((one) => one.id())")) for kind in ("nodes", "edges")
    )


def listed(page: Page) -> tuple[set[str], set[str]]:
    """Return the things and links of the list."""
    return (
        set(page.evaluate("[...document.querySelectorAll('[data-node]')].map((one) => one.dataset.node)")),
        set(page.evaluate("[...document.querySelectorAll('[data-link]')].map((one) => one.dataset.link)")),
    )


def place(page: Page, thing: str) -> tuple[int, int]:
    x, y = page.evaluate(f"Object.values(document.getElementById('canvas')._cyreg.cy.getElementById('{thing}').position())")
    return round(x), round(y)


def press(page: Page, name: str, key: str = "Enter") -> None:
    """Move to a button with the keyboard alone, and press it."""
    button = page.get_by_role("button", name=name, exact=True).first
    expect(button).to_be_visible()
    for _ in range(300):
        if button.evaluate("(one) => one === document.activeElement"):
            page.keyboard.press(key)
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {name!r}")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_picture_says_what_the_list_says_and_keeps_the_policy(browser: Browser, address: str, dark: bool) -> None:
    page, watch = open_graph(browser, address + TTS, dark=dark)

    assert drawn(page) == listed(page)
    assert len(drawn(page)[0]) > 10
    expect(page.locator("#canvas")).to_have_role("img")
    assert page.locator("#canvas [tabindex], #canvas button, #canvas a").count() == 0
    assert watch.faults == []
    page.close()


def test_the_keyboard_alone_opens_hides_undoes_and_the_address_keeps_it(browser: Browser, address: str) -> None:
    page, watch = open_graph(browser, address + TTS)
    before = listed(page)

    press(page, "Show all 2: processing")
    expect(page.locator("#list")).to_contain_text("Operations on data")
    assert page.evaluate("document.activeElement.closest('#panel') !== null")
    opened = listed(page)
    assert len(opened[0]) == len(before[0]) + 2
    assert "open=" in page.url
    assert drawn(page) == opened

    press(page, "Third-party TTS provider (not named)", key="Space")
    expect(page.locator("#panel-title")).to_have_text("Third-party TTS provider (not named)")
    expect(page.locator("#panel-title")).to_be_focused()
    press(page, "Hide Third-party TTS provider (not named)")
    expect(page.get_by_role("button", name="Show Third-party TTS provider (not named)")).to_be_visible()
    expect(page.locator("#canvas")).to_have_attribute("data-nodes", str(len(opened[0]) - 1))

    hidden = listed(page)
    page.reload()
    expect(page.locator("#canvas[data-ready]")).to_be_visible()
    assert listed(page) == hidden
    assert drawn(page) == hidden

    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#canvas")).to_have_attribute("data-nodes", str(len(opened[0])))
    assert listed(page) == opened
    page.go_back()
    expect(page.locator("#canvas")).to_have_attribute("data-nodes", str(len(before[0])))
    assert drawn(page) == before == listed(page)
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    assert watch.faults == []
    page.close()


def test_a_pin_can_be_set_and_moved_by_keyboard_and_stays(browser: Browser, address: str) -> None:
    page, watch = open_graph(browser, address + TTS)
    thing = "id/aculab/activity/cloud-text-to-speech"

    press(page, "Pin here")
    expect(page.get_by_role("button", name="Unpin")).to_be_focused()
    x, y = place(page, thing)
    press(page, "Move right")
    expect(page).to_have_url(re.compile(re.escape(f"pin={thing}~{x + 40}~{y}")))
    expect(page.get_by_role("button", name="Move right")).to_be_focused()
    assert place(page, thing) == (x + 40, y)

    page.reload()
    expect(page.locator("#canvas[data-ready]")).to_be_visible()
    assert place(page, thing) == (x + 40, y)
    page.get_by_role("button", name="Tree from the focus").click()
    expect(page.get_by_role("button", name="Tree from the focus")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Unpin").click()
    expect(page.get_by_role("button", name="Pin here")).to_be_visible()
    assert "pin=" not in page.url
    assert watch.faults == []
    page.close()


def test_a_click_on_the_picture_selects_and_the_picture_can_be_saved(browser: Browser, address: str) -> None:
    page, watch = open_graph(browser, address + TTS)
    page.wait_for_timeout(600)
    thing = "id/aculab/flow/tts"
    x, y = page.evaluate(f"Object.values(document.getElementById('canvas')._cyreg.cy.getElementById('{thing}').renderedPosition())")
    page.locator("#canvas").click(position={"x": x, "y": y})
    expect(page.locator("#panel-title")).to_have_text("Text to the text-to-speech provider")
    assert f"at={thing}" in page.url
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()

    with page.expect_download() as download:
        page.get_by_role("button", name="Save as PNG").click()
    assert download.value.suggested_filename == "graph.png"
    assert download.value.path().read_bytes().startswith(b"\x89PNG")
    assert watch.faults == []
    page.close()


def test_the_colours_follow_the_scheme(browser: Browser, address: str) -> None:
    page, _ = open_graph(browser, address + TTS)
    colour = "document.getElementById('canvas')._cyreg.cy.nodes()[0].style('background-color')"
    light = page.evaluate(colour)
    page.emulate_media(color_scheme="dark")
    for _ in range(100):
        if page.evaluate(colour) != light:
            break
        page.wait_for_timeout(50)

    assert page.evaluate(colour) != light
    page.close()


def test_without_javascript_the_list_does_it_all(browser: Browser, address: str) -> None:
    page, _ = open_page(browser, address + TTS, script=False)
    expect(page.locator("#canvas")).to_be_hidden()
    expect(page.get_by_role("main")).to_contain_text("The picture needs JavaScript")

    page.get_by_role("button", name="Show all 2: processing").click()
    expect(page.locator("#list")).to_contain_text("Operations on data")
    page.get_by_role("button", name="Close processing").click()
    expect(page.locator("#list")).not_to_contain_text("Operations on data")
    page.get_by_role("button", name="Hide Aculab", exact=True).click()
    expect(page.get_by_role("button", name="Show Aculab", exact=True)).to_be_visible()
    page.get_by_role("button", name="Make Text to the text-to-speech provider the focus").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Around Text to the text-to-speech provider")
    page.get_by_role("link", name="Open the record").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Text to the text-to-speech provider")
    page.close()


def test_on_a_phone_the_picture_waits_until_it_is_asked_for(browser: Browser, address: str) -> None:
    page, watch = open_page(browser, address + TTS, width=320)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    expect(page.locator("#canvas")).to_be_hidden()
    press(page, "Show the picture")
    expect(page.locator("#canvas[data-ready]")).to_be_visible()

    assert any("/part-" in url for url in asked)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert watch.faults == []
    page.close()


@pytest.mark.parametrize("path", PAGES)
def test_each_page_fits_every_width(browser: Browser, address: str, path: str) -> None:
    for width in (1280, 320):
        page, watch = open_page(browser, address + path, width=width)
        assert page.get_by_role("heading", level=1).count() == 1
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
        assert [fault for fault in watch.faults if "404" not in fault] == []
        page.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(browser: Browser, address: str, path: str, dark: bool) -> None:
    page, _ = open_page(browser, address + path, dark=dark)
    if page.locator("#canvas").count():
        expect(page.locator("#canvas[data-ready]")).to_be_visible(timeout=20_000)
    page.evaluate(AXE.read_text("utf-8"))

    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})")

    faults = [(fault["id"], [node["html"] for node in fault["nodes"]][:3]) for fault in found["violations"]]
    assert faults == [], json.dumps(faults, indent=1)
    page.close()


@pytest.fixture
def odd_address(hostile: QuadStore) -> Iterator[str]:
    app = create_app(hostile)
    server = create_server(app, host="127.0.0.1", port=0, threads=2)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    thread.join(timeout=5)
    app.extensions["ropa"].close()


def test_hostile_names_do_no_harm_to_the_picture(browser: Browser, odd_address: str) -> None:
    query = "/graph?focus=id/acme/flow/cleaner&open=id/acme/flow/cleaner~dpv:hasRecipient~50"
    for width in (1280, 320):
        page, watch = open_page(browser, odd_address + query, width=width)
        if width == 320:
            page.get_by_role("button", name="Show the picture").click()
        expect(page.locator("#canvas[data-ready]")).to_be_visible(timeout=20_000)
        assert drawn(page) == listed(page)
        assert len(drawn(page)[0]) == 2 + len(RECIPIENTS)
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
        page.get_by_role("button", name="<script>alert(1)</script>", exact=True).click()
        expect(page.locator("#panel-title")).to_have_text("<script>alert(1)</script>")
        page.get_by_role("button", name="Show it: is part of").click()
        expect(page.locator("#canvas")).to_have_attribute("data-nodes", str(3 + len(RECIPIENTS)))
        assert watch.faults == []
        page.close()
