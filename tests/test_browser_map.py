"""The map in a real Chromium: both pictures drawn under the strict policy, their links from the keyboard, phone, dark, no script."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.test_browser import AXE, address, browser, open_page, store  # noqa: F401  (fixtures)

pytestmark = pytest.mark.browser

LAPSED = "/map?as_of=2020-07-17"
DIST = Path(__file__).parent.parent / "webapp" / "static" / "dist"
MOST_CODE = 65_000
"""Bytes that the map may add to a page, compressed, geometry apart."""


def drawn(page: Page) -> None:
    expect(page.locator("#sankey svg")).to_be_visible()
    expect(page.locator("#map svg")).to_be_visible()


def test_both_pictures_are_drawn_within_the_policy_and_ask_nobody_else(browser: Browser, address: str) -> None:  # noqa: F811
    page, watch = open_page(browser, address + LAPSED)
    drawn(page)

    sankey, world = page.locator("#sankey"), page.locator("#map")
    for name in ("Aelintra: 19 routes", "United States: 13 routes", "place not stated: 11 routes"):
        expect(sankey.get_by_role("link", name=name)).to_have_count(1)
    expect(world.get_by_role("link", name=re.compile("^United States: 13 routes"))).to_have_count(1)
    expect(
        world.get_by_role("link", name="European Economic Area to United States: 1 route, not in force, stated as a fact")
    ).to_have_count(1)
    # A place in words, or none, is on no country.
    expect(world).not_to_contain_text("not stated")
    expect(world).not_to_contain_text("described")
    # The members of the union of that day: without the United Kingdom.
    assert world.locator(".member").count() >= 27
    assert watch.faults == []
    page.close()


def test_the_keyboard_follows_a_band_and_a_place_and_takes_a_filter_back(browser: Browser, address: str) -> None:  # noqa: F811
    page, watch = open_page(browser, address + LAPSED)
    drawn(page)

    page.locator("#sankey").get_by_role("link", name="CloudCall to United States: 2 routes, not in force, stated as a fact").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#totals")).to_contain_text("2 routes")
    chips = page.get_by_role("list", name="Filters in use")
    expect(chips).to_contain_text("instrument: not in force")
    expect(chips).to_contain_text("place: United States")
    drawn(page)

    chips.get_by_role("link", name="Remove the filter to: CloudCall").press("Enter")
    expect(page.locator("#totals")).to_contain_text("2 routes")
    chips.get_by_role("link", name="Remove all").press("Enter")
    expect(page.locator("#totals")).to_contain_text("43 routes")
    drawn(page)

    page.locator("#map").get_by_role("link", name=re.compile("^Ireland: 1 route")).press("Enter")
    expect(page.locator("#totals")).to_contain_text("1 route of")
    expect(page.get_by_role("region", name="Table of routes")).to_contain_text("Europe (Ireland)")
    assert watch.faults == []
    page.close()


def test_a_click_on_a_country_leads_where_its_circle_does(browser: Browser, address: str) -> None:  # noqa: F811
    page, _ = open_page(browser, address + "/map?register=aculab")
    drawn(page)

    page.locator("#map .reached").first.dispatch_event("click")

    expect(page.get_by_role("list", name="Filters in use")).to_contain_text("place:")
    page.close()


def test_what_holds_and_what_may_happen_differ_in_more_than_colour(browser: Browser, address: str) -> None:  # noqa: F811
    page, _ = open_page(browser, address + LAPSED)
    drawn(page)

    dashes = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll('.legend svg .band')].map(
             (line) => [line.classList[1], getComputedStyle(line).strokeDasharray]))"""
    )
    del dashes["plain"]
    assert len(set(dashes.values())) == len(dashes) >= 6
    hollow = page.locator("#sankey .way:has(.conditional)")
    assert hollow.count() == page.locator("#sankey .way:has(.conditional):has(.hollow)").count() > 0
    page.close()


def test_a_phone_has_the_tables_first_and_a_picture_on_demand(browser: Browser, address: str) -> None:  # noqa: F811
    page, watch = open_page(browser, address + LAPSED, width=320)
    expect(page.get_by_role("heading", name="From sender to place")).to_be_visible()
    expect(page.locator("#sankey svg")).to_have_count(0)
    expect(page.locator("#map svg")).to_have_count(0)

    page.get_by_role("heading", name="On the map").click()
    expect(page.locator("#map svg")).to_be_visible()
    # Large enough to be read: it scrolls in its own box.
    assert page.locator("#map svg").evaluate("(svg) => svg.getBoundingClientRect().width") >= 500

    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert watch.faults == []
    page.close()


def test_without_a_script_the_tables_and_the_legend_do_the_same(browser: Browser, address: str) -> None:  # noqa: F811
    page, watch = open_page(browser, address + LAPSED, script=False)
    expect(page.locator("#pictures")).to_be_hidden()

    page.get_by_role("link", name="Instrument: not in force").click()
    expect(page.locator("#totals")).to_contain_text("5 routes")
    page.get_by_role("region", name="Table of places").get_by_role("link", name="United States").click()
    expect(page.locator("#totals")).to_contain_text("3 routes")
    expect(page.get_by_role("region", name="Table of routes")).to_contain_text("held until 15 July 2020")
    assert watch.faults == []
    page.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_axe_finds_nothing(browser: Browser, address: str, width: int, dark: bool) -> None:  # noqa: F811
    page, _ = open_page(browser, address + LAPSED, width=width, dark=dark)
    if width == 320:
        for name in ("From sender to place", "On the map"):
            page.get_by_role("heading", name=name).click()
    drawn(page)
    page.evaluate(AXE.read_text("utf-8"))

    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})")

    faults = [(fault["id"], [node["html"] for node in fault["nodes"]][:3]) for fault in found["violations"]]
    assert faults == [], json.dumps(faults, indent=1)
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    page.close()


def test_small_places_and_those_without_a_shape_have_a_circle_to_hit(browser: Browser, address: str) -> None:  # noqa: F811
    codes = ["GB", "SG", "MT", "JE", "GI"]
    places = [{"id": code, "label": code, "routes": 1, "statuses": {}, "href": f"/map?place=loc:{code}"} for code in codes[1:]]
    band = {"source": "GB", "status": "in-force", "modality": "actual", "routes": 1, "href": "/map"}
    world = {
        "places": places,
        "lines": [{**band, "target": code, "label": f"GB to {code}"} for code in codes[1:]],
        "codes": {code: [code] for code in codes},
        "names": {code: code for code in codes},
        "without_origin": 0,
        "inside": 0,
        "left_out": 0,
    }
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.route("**/map.json*", lambda route: route.fulfill(json={**route.fetch().json(), "map": world}))
    page.goto(address + LAPSED)
    drawn(page)

    circles = [page.locator("#map").get_by_role("link", name=f"{code}: 1 route").locator("circle") for code in codes[1:]]
    boxes = [circle.bounding_box() for circle in circles]
    spots = [(round(box["x"]), round(box["y"])) for box in boxes if box and box["width"] >= 24]
    assert len(set(spots)) == 4
    assert page.locator("#map .way").count() == 4
    page.close()


def test_a_picture_that_cannot_be_drawn_says_so_and_leaves_the_tables(browser: Browser, address: str) -> None:  # noqa: F811
    page = browser.new_page()
    page.route("**/countries-50m*.json", lambda route: route.fulfill(status=404, body=""))
    page.goto(address + LAPSED)

    expect(page.locator("#sankey svg")).to_be_visible()
    expect(page.locator(".picture .state").nth(1)).to_contain_text(
        "cannot be drawn (the server answered 404). The tables below say the same."
    )
    page.close()


def test_the_code_of_the_map_is_within_its_weight() -> None:
    manifest = json.loads((DIST / "manifest.json").read_text("utf-8"))
    weight = sum(len(gzip.compress((DIST / manifest[name]).read_bytes())) for name in ("map.js", "map.css"))

    assert weight < MOST_CODE
