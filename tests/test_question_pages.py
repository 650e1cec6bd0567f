"""The pages of the catalogue: found by words, asked with real things, sorted, paged, drawn; and the page that says what this is."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pyoxigraph import Literal, NamedNode

import ropa
from ropa.namespaces import XSD
from ropa.questions import catalogue
from ropa.registers import list_registers
from ropa.store import QuadStore
from ropa.store.embedded import EmbeddedStore
from tests.pages import BROWSER, read
from webapp import create_app
from webapp.questions import pages as questions
from webapp.questions import ranks
from webapp.questions.bars import draw
from webapp.questions.examples import find_examples
from webapp.questions.tables import Cell, Table
from webapp.state import Snapshot


@pytest.fixture
def client(shipped_app: Flask) -> FlaskClient:
    return shipped_app.test_client()


def get(client: FlaskClient, address: str, status: int = 200) -> str:
    response = client.get(address, headers=BROWSER)
    assert response.status_code == status, address
    return response.get_data(as_text=True)


def column(html: str, heading: str) -> list[str]:
    """The texts of one column of the table of an answer."""
    heads = [re.sub(r"<[^>]+>", "", head) for head in re.findall(r"<th[^>]*>(.*?)</th>", html)]
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in re.findall(r"<tr>(<td.*?)</tr>", html, re.DOTALL)]
    return [re.sub(r"<[^>]+>", "", row[heads.index(heading)]).strip() for row in rows]


def test_the_catalogue_is_searched_by_all_of_the_words(client: FlaskClient) -> None:
    html = get(client, "/questions?q=Retention+SCHEDULE")

    assert 'href="/questions/retention-schedule"' in html
    assert 'href="/questions/legal-bases"' not in html
    assert "1 question of" in read(client.get("/questions?q=retention+schedule", headers=BROWSER))
    assert "No question has all of these words" in get(client, "/questions?q=unicorn")
    assert all(f'href="/questions/{name}"' in get(client, "/questions") for name in catalogue())


@pytest.mark.parametrize("name", [name for name, question in catalogue().items() if any(one.required for one in question.parameters)])
def test_an_example_asks_about_a_thing_of_the_store_and_is_answered(client: FlaskClient, shipped: QuadStore, name: str) -> None:
    example = find_examples(Snapshot(shipped), catalogue()[name])[0]

    assert catalogue()[name].ask(shipped, example.parameters).rows
    html = get(client, f"/questions/{name}")
    assert example.label.replace("&", "&amp;").replace("'", "&#39;") in html
    assert "For example:" in html


def test_an_empty_store_has_no_example() -> None:
    app = create_app(EmbeddedStore.in_memory())

    assert "For example" not in get(app.test_client(), "/questions")
    assert "For example" not in get(app.test_client(), "/questions/what-a-recipient-gets")
    app.extensions["ropa"].close()


def test_a_field_is_told_its_kind_and_no_long_list_is_sent(client: FlaskClient) -> None:
    place = get(client, "/questions/data-in-a-place")
    assert 'data-suggest="place"' in place
    assert "<datalist" not in place  # every country of the world is one to choose
    assert 'data-suggest=""' in get(client, "/questions/what-depends-on-a-thing")
    for name in catalogue():
        assert get(client, f"/questions/{name}").count("<option") <= 5 * 100, name


def test_many_registers_are_typed_not_listed(acme: QuadStore, monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(acme)
    snapshot = app.extensions["ropa"].snapshot()
    monkeypatch.setattr(snapshot, "registers", list_registers(acme) * 101)
    html = get(app.test_client(), "/questions/retention-schedule")

    assert 'data-suggest="register"' in html
    assert "<select" not in html
    app.extensions["ropa"].close()


def test_rows_are_sorted_by_what_a_column_means(client: FlaskClient) -> None:
    up = column(get(client, "/questions/retention-schedule?sort=days"), "days")
    down = column(get(client, "/questions/retention-schedule?sort=-days"), "days")
    filled = [float(text) for text in up if text]

    assert filled == sorted(filled)
    assert [float(text) for text in down if text] == filled[::-1]
    assert up[-1] == down[-1] == ""  # without a value last either way
    names = [name.casefold() for name in column(get(client, "/questions/retention-schedule?sort=rule"), "rule")]
    assert names == sorted(names)
    html = get(client, "/questions/retention-schedule?sort=days")
    assert '<th scope="col" aria-sort="ascending"><a href="/questions/retention-schedule?sort=-days">days</a></th>' in html


def test_a_long_answer_is_turned_page_by_page(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "MOST_ON_A_PAGE", 10)
    whole = len(catalogue()["retention-schedule"].ask(client.application.extensions["ropa"].store, {}).rows)
    last = -(-whole // 10)
    seen: list[str] = []
    for number in range(1, last + 1):
        html = get(client, f"/questions/retention-schedule?sort=rule&page={number}")
        seen += column(html, "rule")
        assert f"page {number} of {last}" in html
        assert ('rel="next"' in html) == (number < last)
    assert len(seen) == whole
    assert "sort=rule&amp;page=2" in get(client, "/questions/retention-schedule?sort=rule")
    assert f"page {last} of {last}" in get(client, "/questions/retention-schedule?page=99")


@pytest.mark.parametrize("query", ["sort=colour", "sort=", "page=0", "page=two", "chart=rule", "chart=colour", "sort=-"])
def test_what_cannot_be_sorted_turned_to_or_drawn_says_why(client: FlaskClient, query: str) -> None:
    get(client, f"/questions/retention-schedule?{query}", 200 if query == "sort=" else 400)


def test_numbers_are_compared_as_bars_and_in_the_table(client: FlaskClient) -> None:
    html = get(client, "/questions/registers")
    figure = re.search(r'<figure class="bars">.*?</figure>', html, re.DOTALL)
    assert figure is not None
    lengths = [float(length) for length in re.findall(r'<rect width="([\d.]+)"', figure[0])]

    assert max(lengths) == 100
    assert len(lengths) == len(column(html, "activities")) == 5
    assert "Aelintra" in figure[0]
    other = re.search(r"chart=(\w+)", figure[0])
    assert other is not None
    assert '<figure class="bars">' in get(client, f"/questions/registers?chart={other[1]}")
    assert "<figure" not in get(client, "/questions/legal-bases")
    partly = get(client, "/questions/retention-schedule")
    without = column(partly, "days").count("")
    assert f"{without} rows of the table have no number here" in partly
    assert partly.count("<rect") == len(column(partly, "days")) - without


def test_bars_need_two_different_numbers_and_few_rows() -> None:
    def table(*numbers: str) -> Table:
        return Table(
            ["thing", "n"], [], [[Cell(f"thing {place}"), Cell(text, "", "number", "", text)] for place, text in enumerate(numbers)]
        )

    drawn = draw(table("1", "4"))
    assert drawn is not None
    assert [(bar.name, bar.length) for bar in drawn.bars] == [("thing 0", 25), ("thing 1", 100)]
    for numbers in (("1",), ("2", "2"), ("-1", "2"), ("NaN", "2"), ("INF", "1"), ("1", "2") * 26):
        assert draw(table(*numbers)) is None, numbers


@pytest.mark.parametrize(
    ("text", "datatype", "expected"),
    [
        ("P1Y", "duration", "365.25"),
        ("P28D", "dayTimeDuration", "28"),
        ("-P1M", "yearMonthDuration", "-30.4375"),
        ("PT12H", "duration", "0.5"),
        ("PT90M", "duration", "0.0625"),
        ("2020-01-02", "date", "2020-01-02"),
        ("7", "integer", "7"),
        ("seven", "string", ""),
    ],
)
def test_a_value_is_sorted_by_what_it_means(text: str, datatype: str, expected: str) -> None:
    assert ranks.rank(Literal(text, datatype=NamedNode(XSD + datatype))) == expected


def test_an_unchanged_answer_is_not_worked_out_again(client: FlaskClient) -> None:
    first = client.get("/questions/registers", headers=BROWSER)

    assert client.get("/questions/registers", headers={**BROWSER, "If-None-Match": first.headers["ETag"]}).status_code == 304


def test_about_says_what_this_is_and_rests_on(client: FlaskClient) -> None:
    html = get(client, "/about")
    text = read(client.get("/about", headers=BROWSER))

    assert f"ROPA graph {ropa.__version__}" in text
    assert "Oxigraph" in text
    assert "24 May 2018" in text
    assert 'href="/id/document/aculab-2018-05-24"' in html
    for words in ("W3C Software and Document Licence", "WCAG 2.2", "no cookie", "Ctrl", "this store keeps no history"):
        assert words in text
    assert re.search(r"[\d,]+ statements, 5 registers", text)
    assert "Nobody has yet tested them with a screen reader" in text


def test_about_tells_of_an_empty_store_and_of_the_last_write(store_folder: object) -> None:
    app = create_app(EmbeddedStore.in_memory())
    assert "No register yet" in get(app.test_client(), "/about")
    app.extensions["ropa"].close()
    with EmbeddedStore.open(store_folder) as store:  # type: ignore[arg-type]
        app = create_app(store)
        assert re.search(r"Last written.*?\d{4}.*?by ropa", read(app.test_client().get("/about", headers=BROWSER)))
        app.extensions["ropa"].close()


def test_what_the_page_says_of_cookies_is_so(client: FlaskClient) -> None:
    for address in ("/", "/about", "/sparql", "/questions"):
        assert "Set-Cookie" not in client.get(address, headers=BROWSER).headers
