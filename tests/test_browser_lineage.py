"""The lineage in a real Chromium: the picture appears under the strict policy, Tab walks it, the table stands without it."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.test_browser import AXE, Watch, address, browser, open_page, store

pytestmark = pytest.mark.browser

__all__ = ["address", "browser", "store"]

PATHS = "/lineage?from=id/aculab/subject/cloud-user&to=id/aculab/party/tts-provider"
SHIELD = "/lineage?from=id/cloudcall/transfer/eu-us-privacy-shield&direction=both&as_of=2020-07-17"
PEOPLE = "/lineage?from=id/aculab/subject/cloud-user"
LARGE = "/lineage?register=aelintra"
DIST = Path(__file__).parent.parent / "webapp" / "static" / "dist"


def open_drawn(browser: Browser, url: str, **how: Any) -> tuple[Page, Watch]:
    page, watch = open_page(browser, url, **how)
    expect(page.locator("#picture[data-drawn]")).to_be_visible(timeout=60_000)
    return page, watch


def test_the_picture_shows_what_the_table_says_and_asks_nobody_else(browser: Browser, address: str) -> None:
    page, watch = open_drawn(browser, address + PEOPLE)
    told = json.loads(page.request.get(address + PEOPLE.replace("/lineage", "/lineage.json")).body())

    assert sorted(page.locator("#picture a.node").evaluate_all("found => found.map(one => one.dataset.node)")) == sorted(
        node["id"] for node in told["nodes"]
    )
    said = " ".join(page.locator("#picture .edge > title").all_text_contents())
    assert all(hop["sentence"] in said for hop in told["hops"])
    assert page.locator("tbody tr[id]").count() == len(told["hops"])
    assert page.locator("#picture .legend").inner_text().split("\n") == [
        "People",
        "Collection",
        "Activity",
        "Recipient",
        "holds on a condition",
    ]
    assert watch.faults == []
    page.close()


def test_a_dead_instrument_is_said_in_words_in_the_picture(browser: Browser, address: str) -> None:
    page, watch = open_drawn(browser, address + SHIELD)

    expect(page.locator("#picture .label.dead").first).to_contain_text("not in force")
    expect(page.locator("#picture .label.dead").first).to_have_attribute("aria-label", re.compile("not in force on 17 July 2020"))
    page.goto(address + SHIELD.replace("17", "15"))
    expect(page.locator("#picture[data-drawn]")).to_be_visible(timeout=60_000)
    expect(page.locator("#picture .label").first).to_be_visible()
    assert page.locator("#picture .dead").count() == 0
    assert watch.faults == []
    page.close()


def test_tab_walks_the_things_and_lights_the_ways_through_them(browser: Browser, address: str) -> None:
    page, _ = open_drawn(browser, address + PEOPLE)
    nodes = page.locator("#picture a.node")
    page.get_by_role("region", name="Picture").focus()
    reached = []
    for _ in range(nodes.count()):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.dataset.node"))

    assert sorted(reached) == sorted(nodes.evaluate_all("found => found.map(one => one.dataset.node)"))
    page.locator("#picture a.node", has_text="provider (not named)").first.focus()
    expect(page.locator("#picture .says")).to_contain_text("data go to")
    assert page.locator("#picture .dimmed .node.lit").count() == 3
    page.keyboard.press("Shift+Tab")
    page.locator("#picture a.node", has_text="Text-to-speech").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Text-to-speech")
    page.close()


def test_a_way_lights_up_and_zooming_keeps_the_page_narrow(browser: Browser, address: str) -> None:
    page, watch = open_drawn(browser, address + PATHS)

    page.locator(".paths > li a").first.focus()
    assert page.locator("#picture .dimmed .node.lit").count() == 3
    before = page.locator("#picture .picture > svg").bounding_box()
    for _ in range(6):
        page.get_by_role("button", name="Larger").click()
    after = page.locator("#picture .picture > svg").bounding_box()
    assert before
    assert after
    assert after["width"] > 2 * before["width"]
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as SVG").click()
    text = Path(download.value.path()).read_text("utf-8")
    assert text.startswith("<svg")
    assert "Text-to-speech" in text
    assert "fill=" in text
    assert watch.faults == []
    page.close()


@pytest.mark.parametrize("path", ["/lineage", PATHS, SHIELD, LARGE])
@pytest.mark.parametrize("width", [320, 1280])
def test_the_page_fits_every_width(browser: Browser, address: str, path: str, width: int) -> None:
    page, watch = open_page(browser, address + path, width=width)
    if path != "/lineage":
        expect(page.locator("#picture[data-drawn]")).to_be_visible(timeout=60_000)

    assert page.get_by_role("heading", level=1).count() == 1
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    if path == SHIELD:
        first, last = (page.locator(f"#picture a.node.{kind}").first.bounding_box() for kind in ("register", "place"))
        assert first
        assert last
        assert (last["y"] > first["y"] + first["height"]) == (width == 320), "top to bottom on a phone, left to right elsewhere"
    assert watch.faults == []
    page.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("path", ["/lineage", PATHS, SHIELD, PEOPLE])
def test_axe_finds_nothing_with_the_picture_drawn(browser: Browser, address: str, path: str, dark: bool) -> None:
    page, _ = open_page(browser, address + path, dark=dark)
    if path != "/lineage":
        expect(page.locator("#picture[data-drawn]")).to_be_visible(timeout=60_000)
    page.evaluate(AXE.read_text("utf-8"))

    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})")

    faults = [(fault["id"], [node["html"] for node in fault["nodes"]][:3]) for fault in found["violations"]]
    assert faults == [], json.dumps(faults, indent=1)
    page.close()


def test_without_script_the_table_stands_alone(browser: Browser, address: str) -> None:
    page, _ = open_page(browser, address + PATHS, script=False)

    expect(page.locator("#picture")).to_be_hidden()
    expect(page.get_by_role("table")).to_contain_text("share text information with them")
    page.close()


@pytest.mark.parametrize("lost", ["worker", "data"])
def test_where_the_picture_fails_a_sentence_says_so_and_the_table_stays(browser: Browser, address: str, lost: str) -> None:
    page = browser.new_page()
    if lost == "data":
        page.route(re.compile(r"/lineage\.json"), lambda route: route.abort())
    else:
        page.add_init_script("const Real = Worker; window.Worker = class extends Real { constructor() { super('/nowhere.js'); } };")
    page.goto(address + PATHS)

    expect(page.locator("#picture .progress")).to_contain_text("The table below says all that it would show", timeout=30_000)
    expect(page.get_by_role("table")).to_be_visible()
    page.close()


def test_the_page_stays_within_its_weight() -> None:
    manifest = json.loads((DIST / "manifest.json").read_text("utf-8"))
    own = [DIST / manifest[name] for name in ("lineage.js", "lineage.css")]

    assert sum(len(gzip.compress(path.read_bytes(), 9)) for path in own) <= 25_000
    assert "elk-worker.min.js" in manifest
