"""The list of activities, the search, the comparison and the first page in a real Chromium: by keyboard, without script, for everybody."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.test_browser import AXE, address, browser, open_page, store

__all__ = ["address", "browser", "store"]

pytestmark = pytest.mark.browser

DIST = Path(__file__).parent.parent / "webapp" / "static" / "dist"
MOST_WEIGHT = 45_000
"""Bytes, compressed, of what every page loads."""
PAGES = [
    "/",
    "/?register=aculab",
    "/registers?sort=activities",
    "/activities",
    "/activities?special=no&retention=words&register=aculab&register=akixi&sort=-findings",
    "/activities?sample=5&seed=audit&columns=bases&columns=complete",
    "/activities?q=nothing+is+called+so",
    "/search",
    "/search?q=google",
    "/search?q=e&kind=other&page=2",
    "/search?q=emial",
    "/compare",
    "/compare?a=aculab&b=akixi",
    "/compare?a=id/aculab/activity/livechat&b=id/aculab/activity/newsletter&all=1",
]


def settled(browser: Browser, url: str, **options: object) -> Page:
    """Open a page whose registers have been read, with all that it hides shown."""
    page, watch = open_page(browser, url, **options)  # type: ignore[arg-type]
    for _ in range(20):
        if page.get_by_text("Reading the registers").count() == 0 and page.get_by_text("load this page again").count() == 0:
            break
        page.wait_for_timeout(500)
        page.goto(url)
    page.evaluate("document.querySelectorAll('details').forEach((found) => (found.open = true))")
    assert watch.faults == []
    return page


@pytest.mark.parametrize("path", PAGES)
def test_each_page_keeps_the_policy_and_fits_every_width(browser: Browser, address: str, path: str) -> None:
    for width in (1280, 320):
        page = settled(browser, address + path, width=width)

        assert page.get_by_role("heading", level=1).count() == 1
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{overflow} px wider than {width}"
        small = page.evaluate(
            "[...document.querySelectorAll('main button, main summary, main input:not([type=hidden]), main select')]"
            ".filter((found) => found.offsetParent && found.getBoundingClientRect().height < 20).map((found) => found.outerHTML)"
        )
        assert small == []
        page.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(browser: Browser, address: str, path: str, dark: bool) -> None:
    page = settled(browser, address + path, dark=dark)
    check(page)
    page.close()


def check(page: Page) -> None:
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})")
    faults = [(fault["id"], [node["html"] for node in fault["nodes"]][:3]) for fault in found["violations"]]
    assert faults == [], json.dumps(faults, indent=1)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_search_is_a_combobox_for_the_keyboard(browser: Browser, address: str, dark: bool) -> None:
    page, watch = open_page(browser, address + "/", dark=dark)
    field = page.get_by_role("combobox", name="Search")

    page.keyboard.press("/")
    expect(field).to_be_focused()
    page.keyboard.type("mailch")
    options = page.get_by_role("listbox", name="Suggestions").get_by_role("option")
    expect(options.first).to_contain_text("MailChimp")
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(page.locator("body > [role=status]")).to_have_text(re.compile(r"^\d+ suggestions?$"))
    check(page)

    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    assert field.get_attribute("aria-activedescendant") == options.first.get_attribute("id")
    page.keyboard.press("ArrowUp")
    expect(field).not_to_have_attribute("aria-activedescendant", re.compile("."))
    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(field).to_have_value("mailch")
    page.keyboard.press("ArrowDown")
    expect(options.first).to_contain_text("MailChimp")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("MailChimp")
    assert watch.faults == []
    page.close()


def test_enter_without_a_suggestion_searches(browser: Browser, address: str) -> None:
    page, _ = open_page(browser, address + "/registers")
    field = page.get_by_role("combobox", name="Search")
    field.fill("google")
    field.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Search")
    expect(page.get_by_role("main")).to_contain_text("match “google”")
    page.close()


def test_elsewhere_a_choice_fills_the_field_with_what_the_server_understands(browser: Browser, address: str) -> None:
    page = settled(browser, address + "/compare")
    one, other = page.get_by_label("One", exact=True), page.get_by_label("The other")
    one.press_sequentially("aculab reg")
    page.get_by_role("option").first.click()
    expect(one).to_have_value("Aculab register")
    other.press_sequentially("akixi reg")
    page.get_by_role("option").first.click()
    other.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Aculab register and Akixi register")
    # A name that several things have is filled in as the short name of the one that was meant.
    page.get_by_label("One", exact=True).fill("")
    page.get_by_label("One", exact=True).press_sequentially("email address")
    page.get_by_role("option").first.click()
    expect(page.get_by_label("One", exact=True)).to_have_value(re.compile(r"^(id/|pd:)"))
    page.close()


def test_answers_that_come_late_do_not_replace_later_ones(browser: Browser, address: str) -> None:
    page, _ = open_page(browser, address + "/registers")
    slow: list[str] = []

    def delay(route: object) -> None:
        url = route.request.url  # type: ignore[attr-defined]
        if "q=goo&" in url:
            slow.append(url)
            page.wait_for_timeout(600)
        route.continue_()  # type: ignore[attr-defined]

    page.route("**/search.json*", delay)
    field = page.get_by_role("combobox", name="Search")
    field.press_sequentially("goo")
    page.wait_for_timeout(200)
    field.fill("mailchimp")
    expect(page.get_by_role("option").first).to_contain_text("MailChimp")
    page.wait_for_timeout(900)
    expect(page.get_by_role("option").first).to_contain_text("MailChimp")
    page.close()


def test_keys_lead_somewhere_are_listed_and_can_be_turned_off(browser: Browser, address: str) -> None:
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(address + "/registers")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_contain_text("Search")
    check(page)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()

    page.keyboard.press("g")
    page.keyboard.press("q")
    expect(page.get_by_role("heading", level=1)).to_have_text("Questions")

    page.get_by_role("combobox", name="Search").focus()
    page.keyboard.type("g?/")
    expect(page.get_by_role("combobox", name="Search")).to_have_value("g?/")
    expect(page.get_by_role("dialog")).to_have_count(0)

    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Use these keys").uncheck()
    page.get_by_role("button", name="Close").click()
    page.goto(address + "/registers")
    page.keyboard.press("/")
    page.keyboard.press("?")
    expect(page.get_by_role("combobox", name="Search")).not_to_be_focused()
    expect(page.get_by_role("dialog")).to_have_count(0)
    context.close()


def test_activities_are_chosen_without_script(browser: Browser, address: str) -> None:
    page, _ = open_page(browser, address + "/activities", script=False)
    main = page.get_by_role("main")
    for _ in range(20):
        if page.get_by_text("Reading the registers").count() == 0:
            break
        page.wait_for_timeout(500)
        page.goto(address + "/activities")

    main.locator("summary", has_text="Filters").click()
    main.get_by_role("region", name="Role").get_by_role("link", name="processor").click()
    expect(main).to_contain_text("6 activities of 138")
    main.get_by_role("region", name="Register", exact=True).get_by_role("link", name="Akixi register").click()
    expect(main).to_contain_text("2 activities of 138")
    main.get_by_role("region", name="Register", exact=True).get_by_role("link", name="CloudCall register").click()
    expect(main).to_contain_text("6 activities of 138")
    main.get_by_role("list", name="What is chosen").get_by_role("link", name="Role: processor").click()
    expect(main).to_contain_text("41 activities of 138")
    main.get_by_label("Words in an activity").fill("call record")
    main.get_by_role("button", name="Search").click()
    assert "register=akixi" in page.url
    assert "q=call+record" in page.url

    with page.expect_download() as download:
        main.get_by_role("link", name="CSV").click()
    rows = main.get_by_role("table").get_by_role("row").count() - 1
    assert len(Path(download.value.path()).read_text("utf-8").splitlines()) - 1 == rows
    page.close()


def test_a_sample_is_drawn_by_a_form_and_its_address_draws_it_again(browser: Browser, address: str) -> None:
    page = settled(browser, address + "/activities")
    page.get_by_label("Sample for an audit").fill("5")
    page.get_by_label("Seed").fill("audit 2026")
    page.get_by_role("button", name="Show").click()
    names = page.get_by_role("rowheader").all_inner_texts()

    assert len(names) == 5
    expect(page.get_by_role("main")).to_contain_text("A sample of 5 of 138 activities")
    again = settled(browser, page.url)
    assert again.get_by_role("rowheader").all_inner_texts() == names
    again.close()
    page.close()


def test_what_every_page_loads_is_light() -> None:
    manifest = json.loads((DIST / "manifest.json").read_text("utf-8"))
    weight = sum(len(gzip.compress((DIST / manifest[name]).read_bytes(), 9)) for name in ("site.css", "site.js"))

    assert weight <= MOST_WEIGHT
