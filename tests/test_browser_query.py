"""The page of the SPARQL endpoint in a real Chromium: the editor under the strict policy, answers in place; and without a script."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from ropa.namespaces import PREFIXES
from tests.test_browser import AXE, Watch, address, browser, open_page, store

__all__ = ["address", "browser", "store"]

pytestmark = pytest.mark.browser

DIST = Path(__file__).parent.parent / "webapp" / "static" / "dist"
PREFIX = f"PREFIX ropa: <{PREFIXES['ropa']}>\n"
PERIODS = PREFIX + "SELECT ?rule ?period WHERE {\n  ?rule ropa:period ?period .\n  FILTER(isLiteral(?period))\n}"
BROKEN = "SELECT * WHERE {\n  ?s ?p ?o .\n  ?s ?p\n}"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . FILTER(?a != ?g) }"
GRAPH = PREFIX + "CONSTRUCT { ?rule ropa:period ?period } WHERE { ?rule ropa:period ?period }"
MOST = 150_000
"""Bytes of the script of this page, compressed, beyond what every page has."""


@pytest.fixture(scope="module", autouse=True)
def patience() -> Iterator[None]:
    """Wait longer than usual: the first query starts the processes that evaluate."""
    expect.set_options(timeout=20_000)
    yield
    expect.set_options(timeout=5_000)


def open_query(browser: Browser, address: str, query: str = "", **how: object) -> tuple[Page, Watch]:
    page, watch = open_page(browser, f"{address}/sparql{'?query=' + quote(query) if query else ''}", **how)  # type: ignore[arg-type]
    return page, watch


def editor(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Query")


def write(page: Page, text: str) -> None:
    """Replace the query; brackets and quotes are typed as they come, since the editor closes them by itself."""
    editor(page).click()
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(text)


def test_the_editor_keeps_the_policy_and_the_field_that_is_sent(browser: Browser, address: str) -> None:
    page, watch = open_query(browser, address)
    expect(editor(page)).to_be_visible()
    expect(page.locator("textarea")).to_be_hidden()

    write(page, PERIODS)

    assert page.locator("textarea").input_value() == PERIODS
    assert page.evaluate("document.querySelector('.editor').shadowRoot.adoptedStyleSheets.length") > 0
    assert page.evaluate("getComputedStyle(document.querySelector('.editor').shadowRoot.querySelector('.cm-gutters')).display") == "flex"
    assert watch.faults == []
    page.close()


def test_tab_leaves_the_editor_forwards_and_backwards(browser: Browser, address: str) -> None:
    page, _ = open_query(browser, address)
    editor(page).click()

    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Show its query")).to_be_focused()
    page.close()


def test_a_name_is_completed_by_what_people_call_it_with_its_prefix(browser: Browser, address: str) -> None:
    page, watch = open_query(browser, address)
    with page.expect_response("**/sparql/terms.json"):
        page.reload()
    write(page, "SELECT * WHERE {\n  ?activity \n}")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("End")

    page.keyboard.type("has retention"[4:], delay=30)
    option = page.get_by_role("option", name="ropa:hasRetentionRule")
    expect(option).to_contain_text("has retention rule")
    expect(option).to_have_attribute("aria-selected", "true")
    page.wait_for_timeout(150)
    page.keyboard.press("Enter")

    text = page.locator("textarea").input_value()
    assert text == PREFIX + "SELECT * WHERE {\n  ?activity ropa:hasRetentionRule\n}"
    page.keyboard.type(" ?act", delay=30)
    expect(page.get_by_role("option", name="?activity")).to_be_visible()
    assert watch.faults == []
    page.close()


def test_what_is_wrong_is_told_while_writing_with_a_way_to_mend_it(browser: Browser, address: str) -> None:
    page, _ = open_query(browser, address)
    with page.expect_response("**/sparql/terms.json"):
        page.reload()
    notice = page.locator(".notice")

    write(page, "SELECT * WHERE {\n  ?s ropa:period\n}")
    expect(notice).to_contain_text("Line 2, column")
    assert notice.get_attribute("role") == "status"
    write(page, "SELECT * WHERE { ?s ropa:period ?o }")
    expect(notice).to_contain_text("The prefix ropa: is not declared")
    page.keyboard.press("Control+Shift+M")
    page.get_by_role("button", name="Add PREFIX ropa:").first.click()
    assert page.locator("textarea").input_value() == PREFIX + "SELECT * WHERE { ?s ropa:period ?o }"
    expect(notice).to_have_text("")
    write(page, PREFIX + "SELECT * WHERE { ?s ropa:perod ?o }")
    expect(notice).to_contain_text("There is no term ropa:perod")
    page.close()


def test_the_fault_that_the_server_finds_is_marked_in_its_line(browser: Browser, address: str) -> None:
    page, _ = open_query(browser, address)
    write(page, BROKEN)
    page.keyboard.press("Control+Enter")

    expect(page.get_by_role("alert")).to_contain_text("line 4, column")
    expect(page.locator(".cm-faultLine")).to_have_text("}")
    expect(page.locator(".cm-lint-marker-error")).to_be_visible()
    expect(page.locator(".notice")).to_contain_text("line 4, column")
    assert page.locator("textarea").input_value() == BROKEN
    write(page, "ASK {}")
    expect(page.locator(".cm-faultLine")).to_have_count(0)
    page.close()


def test_a_query_runs_in_place_and_its_address_can_be_shared(browser: Browser, address: str) -> None:
    page, watch = open_query(browser, address)
    write(page, PERIODS)
    page.get_by_role("button", name="Run", exact=True).click()

    expect(page.get_by_role("heading", name=re.compile(r"^\d+ rows$"))).to_be_visible()
    table = page.get_by_role("table")
    expect(table).to_contain_text("28 days")
    expect(table.get_by_role("link").first).to_have_attribute("href", re.compile("^/id/"))
    assert "ropa.example" not in table.inner_text()
    expect(page.get_by_role("status").filter(has_text="rows. Answered in")).to_have_count(1)
    assert page.url == f"{address}/sparql?query=" + page.url.partition("query=")[2]
    page.reload()
    expect(page.get_by_role("table")).to_contain_text("28 days")
    assert page.locator("textarea").input_value() == PERIODS

    write(page, "ASK { ?s ?p ?o }")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="Yes")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("table")).to_contain_text("28 days")
    assert page.locator("textarea").input_value() == PERIODS
    assert watch.faults == []
    page.close()


def test_a_column_sorts_by_what_it_means(browser: Browser, address: str) -> None:
    page, _ = open_query(browser, address, PERIODS)
    head = page.get_by_role("columnheader", name="period")

    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    ranks = [float(rank) for rank in page.locator("td[data-rank]").evaluate_all("cells => cells.map((cell) => cell.dataset.rank)")]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) > 3
    head.get_by_role("button").press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    expect(page.get_by_role("status").filter(has_text="Sorted by period, descending")).to_have_count(1)
    page.close()


def test_an_answer_is_saved_as_a_file(browser: Browser, address: str) -> None:
    page, _ = open_query(browser, address, PERIODS)

    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename == "answer.csv"
    assert download.value.path().read_text("utf-8").startswith("rule,period")
    page.close()


def test_a_query_that_runs_is_cancelled_here_and_there(browser: Browser, address: str) -> None:
    page, watch = open_query(browser, address)
    write(page, ENDLESS)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("progressbar", name="The query runs")).to_be_visible()
    page.wait_for_timeout(1500)

    page.get_by_role("button", name="Cancel").click()

    expect(page.get_by_role("status").filter(has_text="Stopped. The server has ended the query.")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_count(0)
    write(page, "ASK { ?s ?p ?o }")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="Yes")).to_be_visible()
    assert watch.faults == []
    page.close()


def test_a_long_query_stays_out_of_the_address(browser: Browser, address: str) -> None:
    page, watch = open_query(browser, address)
    write(page, PERIODS + "\n#" + "x" * 7_000)
    page.get_by_role("button", name="Run", exact=True).click()

    expect(page.get_by_text("The query is too long for an address")).to_be_visible()
    assert page.url == f"{address}/sparql"
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON").click()
    assert json.loads(download.value.path().read_text("utf-8"))["results"]["bindings"]
    assert watch.faults == []
    page.close()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_question_gives_its_query(browser: Browser, address: str, script: bool) -> None:
    page, watch = open_query(browser, address, script=script)
    page.get_by_label("Start from a question").select_option("topic-side-by-side")
    page.get_by_role("button", name="Show its query").click()

    if script:
        expect(editor(page)).to_be_focused()
    field = page.locator("textarea")
    expect(field).to_have_value(re.compile(r'VALUES \([^)]*\?topic[^)]*\) \{ \([^)]*"retention"'))
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("heading", name=re.compile(r"^\d+ rows$"))).to_be_visible()
    assert watch.faults == []
    page.close()


def test_without_a_script_a_query_runs_fails_and_is_kept(browser: Browser, address: str) -> None:
    page, _ = open_query(browser, address, script=False)
    page.get_by_label("Query", exact=True).fill(PERIODS)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("table")).to_contain_text("28 days")

    page.get_by_label("Query", exact=True).fill(BROKEN)
    page.get_by_role("button", name="Run, keep it out of the address").click()
    expect(page.get_by_role("alert")).to_contain_text("line 4, column")
    expect(page.get_by_role("alert").locator("mark")).to_have_text("}")
    expect(page.get_by_label("Query", exact=True)).to_have_value(BROKEN)
    page.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("query", ["", PERIODS, BROKEN, GRAPH, "ASK {}"], ids=["blank", "rows", "broken", "graph", "ask"])
def test_axe_finds_nothing_in_any_state(browser: Browser, address: str, query: str, dark: bool) -> None:
    page, _ = open_query(browser, address, query, dark=dark)
    editor(page).click()
    page.wait_for_timeout(800)
    page.evaluate(AXE.read_text("utf-8"))

    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})")

    faults = [(fault["id"], [node["html"] for node in fault["nodes"]][:3]) for fault in found["violations"]]
    assert faults == [], json.dumps(faults, indent=1)
    page.close()


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("query", [PERIODS, BROKEN, GRAPH], ids=["rows", "broken", "graph"])
def test_the_page_fits_every_width(browser: Browser, address: str, query: str, width: int) -> None:
    page, _ = open_query(browser, address, query, width=width)
    page.wait_for_timeout(700)

    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    page.close()


def test_the_script_of_the_page_is_within_its_budget() -> None:
    if not (DIST / "manifest.json").exists():
        pytest.skip("the bundle is not built")
    names = json.loads((DIST / "manifest.json").read_text("utf-8"))
    entry = DIST / names["sparql.js"]
    parts = {entry} | {DIST / name for name in re.findall(r"part-[A-Z0-9]+\.js", entry.read_text("utf-8"))}

    assert sum(len(gzip.compress(part.read_bytes(), 9)) for part in parts) <= MOST
