"""What each of the three people comes for, from the first page to the end, with and without scripts, on a desk and on a phone."""

from __future__ import annotations

import re
import zipfile

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, expect

from tests.test_browser import address, browser, open_page, store

__all__ = ["address", "browser", "store"]

pytestmark = pytest.mark.browser

SETTINGS = pytest.mark.parametrize(
    ("script", "width"),
    [(True, 1280), (False, 1280), (True, 320), (False, 320)],
    ids=["desk", "desk-no-script", "phone", "phone-no-script"],
)


def go(page: Page, name: str) -> None:
    """Follow a link of the main navigation."""
    page.get_by_role("navigation", name="Main").get_by_role("link", name=name, exact=True).click()


def expect_title(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text(text)


@SETTINGS
def test_the_officer_sees_what_is_missing_and_takes_the_form_along(browser: Browser, address: str, script: bool, width: int) -> None:
    page, watch = open_page(browser, f"{address}/", script=script, width=width)
    main = page.get_by_role("main")
    wrong = main.get_by_role("region", name="What is missing or wrong")

    wrong.get_by_role("link", name="Violation findings of CloudCall register").click()
    expect_title(page, "Findings")
    expect(main).to_contain_text("CloudCall")
    main.get_by_role("link", name="Personal information from the EEA under the EU-U.S. Privacy Shield").first.click()
    expect(main.get_by_role("heading", name="What would settle it")).to_be_visible()

    go(page, "Home")
    main.get_by_role("region", name="How complete the records are").get_by_role("link", name="activities where time limits is open").click()
    expect_title(page, "Activities")
    main.get_by_role("table").get_by_role("rowheader").get_by_role("link").first.click()
    expect(main).to_contain_text("Art. 30(1)")
    expect(main.locator("section.item").filter(has_text="Art. 30(1)(f)")).to_contain_text(re.compile("told|recorded", re.IGNORECASE))

    go(page, "Export")
    main.get_by_role("link", name="CloudCall register", exact=True).click()
    expect(main).to_contain_text("fields answered")
    with page.expect_download() as download:
        main.get_by_role("link", name=re.compile("Workbook.*controller")).click()
    with download.value.path().open("rb") as file:
        book = load_workbook(file, read_only=True)
        assert any("CloudCall" in str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row)
    assert watch.faults == []
    page.close()


@SETTINGS
def test_the_auditor_draws_a_sample_and_gets_to_the_phrase_and_the_whole_record(
    browser: Browser, address: str, script: bool, width: int
) -> None:
    page, watch = open_page(browser, f"{address}/activities", script=script, width=width)
    main = page.get_by_role("main")

    main.locator("summary", has_text="Sample, order and columns").click()
    main.get_by_label("Sample for an audit").fill("5")
    main.get_by_label("Seed", exact=True).fill("ten days")
    main.get_by_role("button", name="Show").click()
    expect(main).to_contain_text("A sample of 5 of 138 activities")
    drawn = main.get_by_role("table").get_by_role("rowheader").all_inner_texts()
    again, _ = open_page(browser, page.url, script=script, width=width)
    assert again.get_by_role("main").get_by_role("table").get_by_role("rowheader").all_inner_texts() == drawn
    again.close()

    main.get_by_role("table").get_by_role("rowheader").get_by_role("link").first.click()
    expect_title(page, drawn[0])
    main.locator("a.where").first.click()
    expect(main).to_contain_text("“")

    go(page, "Export")
    with page.expect_download(timeout=120_000) as download:
        main.locator("#pipcall").get_by_role("link", name="pipcall.zip").click()
    with zipfile.ZipFile(download.value.path()) as pack:
        assert {name.rpartition(".")[2] for name in pack.namelist()} >= {"ttl", "jsonld", "trig", "xlsx", "csv", "pdf"}
    assert watch.faults == []
    page.close()


@SETTINGS
def test_the_engineer_finds_what_a_failure_of_a_party_touches(browser: Browser, address: str, script: bool, width: int) -> None:
    page, watch = open_page(browser, f"{address}/", script=script, width=width)
    main = page.get_by_role("main")

    page.get_by_role("search").get_by_label("Search").fill("livechat")
    page.keyboard.press("Enter")
    expect_title(page, "Search")
    main.get_by_role("link", name="LiveChat, Inc.", exact=True).first.click()
    expect_title(page, "LiveChat")
    party = page.url
    main.get_by_role("link", name=re.compile("what if", re.IGNORECASE)).first.click()
    expect(main).to_contain_text("LiveChat")

    page.goto(party)
    main.get_by_role("link", name="Lineage").first.click()
    expect_title(page, "Lineage")
    expect(main.get_by_role("table").first).to_contain_text("LiveChat")

    page.goto(party)
    main.get_by_role("link", name="Graph").first.click()
    expect_title(page, "LiveChat")
    expect(main.get_by_role("list").filter(has_text="LiveChat").first).to_be_visible()

    go(page, "Map")
    main.get_by_role("link", name="United States", exact=True).first.click()
    expect(main).to_contain_text("United States")
    assert watch.faults == []
    page.close()
