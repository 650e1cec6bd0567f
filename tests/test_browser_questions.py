"""The pages of the catalogue and the page about all this in a real Chromium: policy, widths, accessibility, and without a script."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Browser, expect

from tests.test_browser import AXE, address, browser, open_page, store

__all__ = ["address", "browser", "store"]

pytestmark = pytest.mark.browser

PAGES = [
    "/questions?q=transfer",
    "/questions/registers",
    "/questions/retention-schedule?sort=-days",
    "/questions/data-in-a-place",
    "/about",
]


@pytest.mark.parametrize("path", PAGES)
def test_each_page_keeps_the_policy_and_fits_every_width(browser: Browser, address: str, path: str) -> None:
    for width in (1280, 320):
        page, watch = open_page(browser, address + path, width=width)

        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, width
        assert watch.faults == []
        page.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(browser: Browser, address: str, path: str, dark: bool) -> None:
    page, _ = open_page(browser, address + path, dark=dark)
    page.evaluate(AXE.read_text("utf-8"))

    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})")

    faults = [(fault["id"], [node["html"] for node in fault["nodes"]][:3]) for fault in found["violations"]]
    assert faults == [], json.dumps(faults, indent=1)
    page.close()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_person_finds_a_question_asks_it_of_something_real_and_sorts(browser: Browser, address: str, script: bool) -> None:
    page, watch = open_page(browser, address + "/questions", script=script)
    page.get_by_label("Only questions with these words").fill("purpose uses")
    page.get_by_role("button", name="Filter").click()
    question = page.get_by_role("main").get_by_role("listitem").filter(has_text="Who uses which data for this purpose")
    question.locator("small").last.get_by_role("link").first.click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Who uses which data for this purpose")
    head = page.get_by_role("columnheader").first
    head.get_by_role("link").click()
    expect(page.get_by_role("columnheader").first).to_have_attribute("aria-sort", "ascending")
    assert "sort=" in page.url
    assert watch.faults == []
    page.close()
