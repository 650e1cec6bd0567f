"""The export pages in a real Chromium: a document is taken without scripts, nothing breaks the policy, nothing is inaccessible."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.test_browser import AXE, address, browser, open_page, store

__all__ = ["address", "browser", "store"]

pytestmark = pytest.mark.browser
PAGES = ["/export", "/export?register=cloudcall"]
"""The page of a file that is being made looks again every two seconds, too often to be examined."""


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_person_waits_for_a_document_and_gets_it(browser: Browser, address: str, script: bool) -> None:
    page, watch = open_page(browser, f"{address}/export?register=pipcall&as_of=2026-11-22", script=script)

    with page.expect_download(timeout=120_000) as download:
        page.get_by_role("main").get_by_role("link", name="pipcall.pdf").click()

    assert download.value.path().read_bytes().startswith(b"%PDF-1.7")
    assert download.value.suggested_filename == "pipcall.pdf"
    assert watch.faults == []
    page.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("place", PAGES)
def test_the_pages_are_accessible_and_fit_a_phone(browser: Browser, address: str, place: str, dark: bool) -> None:
    page, watch = open_page(browser, address + place, width=320, dark=dark)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    for details in page.locator("details").all():
        details.locator("summary").click()
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })")

    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert watch.faults == []
    page.close()
