"""The pages in a real Chromium, under the strict policy, as a person walks them."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from threading import Thread
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from rdflib import Graph, URIRef
from waitress.server import create_server

from ropa import reasoning
from ropa.namespaces import graph_iri
from ropa.registers import fill_store
from ropa.store import QuadStore
from ropa.store.embedded import EmbeddedStore
from webapp import create_app

pytestmark = pytest.mark.browser

# Every module that drives a browser takes this one's fixtures; what is waited for comes, but a busy machine may take its time.
expect.set_options(timeout=20_000)

AXE = Path(__file__).parent.parent / "webapp" / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
LAPSED = date(2020, 7, 17)
"""The day after the Court of Justice held the EU-US Privacy Shield invalid."""
INFERENCE = "a conclusion"
"""Stands for the page of a conclusion, whose address is made from what is concluded."""
PAGES = [
    "/",
    "/registers",
    "/registers/aculab",
    "/id/aculab/activity/livechat",
    "/id/party/mailchimp",
    "/id/document/aculab-2018-05-24",
    "/questions",
    "/questions/retention-schedule?register=aculab",
    "/questions/what-a-recipient-gets",
    "/findings?register=pipcall",
    "/findings?register=cloudcall&by=party&as_of=2020-07-17",
    "/findings?register=aelintra&by=register&page=2",
    "/findings/cloudcall-26b4e4b219a4?as_of=2020-07-17",
    "/sheets",
    "/sheets/access?subject=id/aculab/subject/cloud-user",
    "/sheets/breach?party=id/party/mailchimp",
    "/sheets/calendar",
    "/sheets/dpia?register=aculab",
    "/sheets/transfers?register=cloudcall&as_of=2020-07-17",
    "/what-if?without=EU-US+Privacy+Shield&as_of=2019-01-01",
    INFERENCE,
    "/sparql",
    "/sparql?query=SELECT%20%2A%20%7B%20%3Fs%20a%20%3Chttps%3A%2F%2Fw3id.org%2Fropa-graph%2Fns%23UnnamedParty%3E%20%7D",
    "/export",
    "/ns",
    "/graphs",
    "/history",
    "/history/2",
    "/nowhere",
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QuadStore]:
    """Every register of ``data/``, with what follows from them, and so a history of two writes."""
    with EmbeddedStore.create(tmp_path_factory.mktemp("browser") / "store") as made:
        fill_store(made, with_registers=True)
        reasoning.write(made, reasoning.infer(made, LAPSED, "rules"))
        yield made


@pytest.fixture(scope="module")
def address(store: QuadStore) -> Iterator[str]:
    app = create_app(store)
    for day in (None, LAPSED):
        app.extensions["ropa"].check(day).result()
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    thread.join(timeout=5)
    app.extensions["ropa"].close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        if os.environ.get("ROPA_REQUIRE_BROWSER"):
            pytest.fail("no Chromium found, and ROPA_REQUIRE_BROWSER forbids going without")
        pytest.skip("no Chromium found; install chromium, or give its path as CHROMIUM")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-background-networking"])
        yield launched
        launched.close()


class Watch:
    """What a page did that it must not do: break the policy, fail in its script, ask another host."""

    def __init__(self, page: Page, address: str) -> None:
        self.faults: list[str] = []
        page.on("console", lambda message: self.faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith((address, "data:")) else self.faults.append(request.url))


def open_page(browser: Browser, url: str, *, width: int = 1280, dark: bool = False, script: bool = True) -> tuple[Page, Watch]:
    scheme: Literal["dark", "light"] = "dark" if dark else "light"
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=script, locale="en-GB")
    watch = Watch(page, url.partition("/")[0] + "//" + url.split("/")[2])
    page.goto(url)
    return page, watch


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_person_walks_from_home_to_an_export(browser: Browser, address: str, script: bool) -> None:
    page, watch = open_page(browser, address + "/", script=script)
    main, title = page.get_by_role("main"), page.get_by_role("heading", level=1)

    main.get_by_role("link", name="Aculab register").first.click()
    expect(title).to_have_text("Aculab register")
    main.get_by_role("link", name="Text-to-speech", exact=True).click()
    part = page.locator("details.activity").filter(has=page.get_by_role("heading", name="Text-to-speech", exact=True))
    if not script:  # the script opens what the address points at; without it a click does
        part.locator("summary").first.click()
    expect(part).to_contain_text("share text information with them")
    part.get_by_role("link", name="Open on its own page").click()

    expect(title).to_have_text("Text-to-speech")
    expect(main).to_contain_text("§ 7.3")
    expect(main).to_contain_text("not stated")
    main.get_by_role("link", name="Third-party TTS provider (not named)").first.click()
    expect(title).to_have_text("Third-party TTS provider (not named)")

    main.get_by_role("link", name="What does this recipient get").click()
    table = page.get_by_role("table")
    expect(table).to_contain_text("Text to the text-to-speech provider")
    expect(table).to_contain_text("share text information with them")

    page.get_by_role("navigation").get_by_role("link", name="Export").first.click()
    with page.expect_download() as download:
        main.get_by_role("link", name="aculab.ttl").click()
    graph = Graph().parse(download.value.path(), format="turtle")
    assert (URIRef("https://ropa.example/id/aculab/flow/tts"), None, None) in graph
    assert watch.faults == []
    page.close()


def find_page(store: QuadStore, path: str) -> str:
    if path != INFERENCE:
        return path
    iris = {quad.subject.value for quad in store.quads(graph=graph_iri(store.base, "inferred")) if "/id/inference/" in quad.subject.value}
    return "/" + min(iris).removeprefix(store.base)


def test_a_person_walks_from_home_to_the_phrase_behind_a_finding_of_a_day(browser: Browser, address: str) -> None:
    page, watch = open_page(browser, address + "/")
    main, title = page.get_by_role("main"), page.get_by_role("heading", level=1)

    main.get_by_role("link", name="All findings").click()
    expect(title).to_have_text("Findings")
    main.get_by_label("As of").fill(LAPSED.isoformat())
    main.get_by_label("Register", exact=True).select_option(label="CloudCall register")
    main.get_by_role("button", name="Show").click()
    expect(main).to_contain_text("as of 17 July 2020")
    expect(main.get_by_label("As of")).to_have_value(LAPSED.isoformat())
    rule = main.get_by_role("region", name="The transfer is recorded as taking place on an instrument that is not in force on the day")
    rule.get_by_role("link", name="Personal information from the EEA under the EU-U.S. Privacy Shield").click()

    expect(title).to_contain_text("not in force on the day")
    expect(main).to_contain_text("as of 17 July 2020")
    steps = main.get_by_role("list").filter(has=page.get_by_role("heading", name="The phrase")).get_by_role("heading", level=2)
    expect(steps).to_have_text(["The rule", "The article", "The statement", "The phrase", "What would settle it"])
    phrase = main.get_by_role("listitem").filter(has=page.get_by_role("heading", name="The phrase"))
    expect(phrase).to_contain_text("CloudCall complies with the European Union-United States Privacy Shield Framework")
    phrase.get_by_role("link").first.click()

    expect(title).to_contain_text("CloudCall")
    assert watch.faults == []
    page.close()


@pytest.mark.parametrize("path", PAGES)
def test_each_page_keeps_the_policy_and_fits_every_width(browser: Browser, address: str, store: QuadStore, path: str) -> None:
    for width in (1280, 320):
        page, watch = open_page(browser, address + find_page(store, path), width=width)

        assert page.get_by_role("heading", level=1).count() == 1
        assert (page.get_by_role("heading", level=1).inner_text() == "Not Found") == (path == "/nowhere")
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{overflow} px wider than {width}"
        assert [fault for fault in watch.faults if "404" not in fault] == []
        page.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(browser: Browser, address: str, store: QuadStore, path: str, dark: bool) -> None:
    page, _ = open_page(browser, address + find_page(store, path), dark=dark)
    page.evaluate(AXE.read_text("utf-8"))

    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})")

    faults = [(fault["id"], [node["html"] for node in fault["nodes"]][:3]) for fault in found["violations"]]
    assert faults == [], json.dumps(faults, indent=1)
    page.close()


def test_the_keyboard_reaches_and_leaves_every_control(browser: Browser, address: str) -> None:
    page, _ = open_page(browser, address + "/questions/what-a-recipient-gets")
    wanted = page.locator("a[href]:visible, button:visible, input:visible, select:visible, textarea:visible, summary:visible").count()
    reached = set()
    for _ in range(wanted + 5):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("[...document.querySelectorAll('*')].indexOf(document.activeElement)"))

    assert len(reached) >= wanted
    page.close()
