"""webapp: the sheets, each a question of the catalogue in the order of the law."""

from __future__ import annotations

import re
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ropa import words
from ropa.questions import catalogue
from ropa.store import QuadStore
from tests.pages import BROWSER, read
from webapp.questions import sheets

CLOUD_USER = "id/aculab/subject/cloud-user"
FILLED = {
    "calendar": {"from": "2020-07-17"},
    "transfers": {"register": "cloudcall", "as_of": "2020-07-17"},
    "dpia": {"register": "aculab"},
    "access": {"subject": CLOUD_USER},
    "breach": {"party": "id/party/mailchimp"},
}


@pytest.fixture
def client(shipped_app: Flask) -> FlaskClient:
    return shipped_app.test_client()


def show(client: FlaskClient, name: str, **given: str) -> tuple[str, str]:
    response = client.get(f"/sheets/{name}", query_string=given, headers=BROWSER)
    assert response.status_code == 200, read(response)
    return response.get_data(as_text=True), read(response)


def headings(html: str) -> list[tuple[str, list[str]]]:
    """The headings of chapters, each with those of its groups."""
    found = []
    for chapter in re.findall(r'<section class="item">(.*?)</section>', html, re.DOTALL):
        (first,) = re.findall(r"<h2>(.*?)</h2>", chapter)
        found.append((re.sub(r"<[^>]+>", "", first), [re.sub(r"<[^>]+>", "", one) for one in re.findall(r"<h3>(.*?)</h3>", chapter)]))
    return found


def test_the_index_leads_to_each_sheet(client: FlaskClient) -> None:
    html = client.get("/sheets", headers=BROWSER).get_data(as_text=True)

    assert re.findall(r'<a href="/sheets/(\w+)"><strong>', html) == list(sheets.SHEETS) == list(FILLED)
    assert 'href="/what-if"' in html


@pytest.mark.parametrize("name", FILLED)
def test_a_sheet_lays_out_every_row_of_its_question_once(client: FlaskClient, shipped: QuadStore, name: str) -> None:
    question = catalogue()[sheets.SHEETS[name].question]
    answer = question.ask(shipped, FILLED[name])
    html, text = show(client, name, **FILLED[name])

    assert len(answer.rows) > 1
    assert f"Made on {words.day(date.today().isoformat())} · {words.count(len(answer.rows), 'row')} ·" in text
    # A group with one row has no table: all of it stands in the list of what is alike.
    blocks = re.findall(r'<article class="part">(.*?)</article>', html, re.DOTALL)
    assert sum(max(1, block.count("<tr>") - 1) for block in blocks) == len(answer.rows)
    assert f'href="/questions/{question.name}.csv?' in html


@pytest.mark.parametrize("name", ["access", "breach"])
def test_the_letters_of_the_law_stand_in_their_order_once_each(client: FlaskClient, name: str) -> None:
    given = {"subject": "dpv:Customer"} if name == "access" else {"party": "Google"}
    chapters = headings(show(client, name, **given)[0])

    assert len(chapters) > 1
    for _, letters in chapters:
        assert letters == sorted(set(letters))
    assert len({chapter for chapter, _ in chapters}) == len(chapters)


def test_what_is_said_of_all_activities_stands_under_its_letter(client: FlaskClient) -> None:
    ((chapter, letters),) = headings(show(client, "access", subject=CLOUD_USER)[0])

    assert chapter == "Aculab register"
    assert letters == [f"15(1)({letter})" for letter in "abcdefgh"] + ["15(2)"]


@pytest.mark.parametrize(("day", "state"), [("2020-07-15", "in force"), ("2020-07-17", "ended on 2020-07-15")])
def test_the_transfer_sheet_tells_whether_an_instrument_held_on_the_day(client: FlaskClient, day: str, state: str) -> None:
    _, text = show(client, "transfers", register="cloudcall", as_of=day)

    transfer = text.partition("Human resources data from the EU ")[2]
    assert re.match(rf".*? mechanism EU-US Privacy Shield regime European Union state {state} ", transfer)


def test_an_empty_day_is_today_in_the_answer_and_in_the_form(client: FlaskClient) -> None:
    today = date.today().isoformat()
    for given in ({}, {"as_of": ""}):
        html, _ = show(client, "transfers", register="cloudcall", **given)

        assert f'name="as_of" value="{today}"' in html
        assert f"as_of={today}" in html


def test_the_calendar_tells_what_ended_and_what_comes(client: FlaskClient) -> None:
    before, after = (
        headings(show(client, "calendar", **{"from": day, "register": "cloudcall"})[0]) for day in ("2020-07-15", "2020-07-17")
    )

    assert dict(before)["to come"][0] == "15 July 2020"
    assert dict(after)["ended, still relied on"] == ["15 July 2020"]
    assert "15 July 2020" not in dict(after)["to come"]


@pytest.mark.parametrize(("name", "parameter"), [("access", "subject"), ("breach", "party")])
def test_a_sheet_without_what_it_needs_is_a_form(client: FlaskClient, name: str, parameter: str) -> None:
    html, text = show(client, name)
    sent, told = show(client, name, **{parameter: " ", "register": "aculab"})

    assert f'<label for="p-{parameter}">{parameter.capitalize()} <small>needed</small></label>' in html
    assert 'role="alert"' not in html
    assert 'role="alert"' in sent
    assert f"Give {parameter}: " in told
    assert "Made on" not in text + told


def test_a_sheet_leads_to_what_tells_more_about_the_same_choice(client: FlaskClient) -> None:
    html, _ = show(client, "breach", party="Mailchimp", register="aculab")

    assert 'href="/questions/breach-at-a-party?party=id/party/mailchimp&amp;register=aculab"' in html.replace("%2F", "/")
    assert re.search(r'href="/questions/what-depends-on-a-thing\?[^"]*thing=id/party/mailchimp', html.replace("%2F", "/"))


def test_a_label_of_several_things_asks_which(client: FlaskClient) -> None:
    response = client.get("/sheets/access?subject=Customer")

    assert response.status_code == 400
    assert "dpv:Customer" in response.get_json()["detail"]
    assert "id/cloudcall/subject/customer" in response.get_json()["detail"]


def test_nothing_to_show_is_said(client: FlaskClient) -> None:
    html, text = show(client, "transfers", register="aculab", as_of="2020-07-17")
    if headings(html):
        html, text = show(client, "breach", party="id/party/mailchimp", register="pipcall")

    assert headings(html) == []
    assert "The record has nothing that belongs on this sheet for this choice." in text


def test_what_a_page_leaves_out_is_said(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = [letter for _, letters in headings(show(client, "dpia")[0]) for letter in letters]
    most = len(whole) - 3
    monkeypatch.setattr(sheets, "MOST", most)
    html, text = show(client, "dpia")

    assert [letter for _, letters in headings(html) for letter in letters] == whole[:most]
    assert f"The first {most} of {len(whole)} groups are shown; the files hold all." in text
