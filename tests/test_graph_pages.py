"""webapp.neighbourhood: the list and the data of /graph say the same, and every button leads to a page."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient

import webapp
from ropa.store import QuadStore
from tests.hostile import RECIPIENTS, hostile
from webapp import create_app

__all__ = ["hostile"]


@pytest.fixture
def client(acme_app: Flask) -> FlaskClient:
    return acme_app.test_client()


def listed(html: str) -> tuple[set[str], set[str]]:
    return set(re.findall(r'data-node="([^"]+)"', html)), set(re.findall(r'data-link="([^"]+)"', html))


def described(told: Any) -> tuple[set[str], set[str]]:
    links = {f"{link['source']} {link['property']} {link['target']}" for link in told["links"]}
    return {node["id"] for node in told["nodes"]}, links


ADDRESSES = [
    "focus=id/acme/activity/newsletter",
    "focus=Newsletter",
    "focus=id/party/acme&open=id/party/acme~-dpv:hasDataController~1",
    "focus=id/register/acme&hide=id/party/acme&without=activity",
    "focus=id/register/acme&most=3",
    "focus=id/register/acme&open=",
    "focus=pd:EmailAddress&layout=tree",
    "focus=dpv:LegalEntity",
    "focus=ropa:NotStated",
    "focus=id/acme/evidence/4ba695610de8",
    "focus=loc:IE&at=nothing:here",
]


@pytest.mark.parametrize("query", ADDRESSES)
def test_the_list_and_the_data_say_the_same(client: FlaskClient, query: str) -> None:
    html, told = client.get(f"/graph?{query}"), client.get(f"/graph.json?{query}")

    assert (html.status_code, told.status_code) == (200, 200)
    assert listed(html.text) == described(told.json)
    assert html.text.count("<h1") == 1


def test_every_button_of_the_list_leads_to_a_page(client: FlaskClient) -> None:
    html = client.get("/graph?focus=id/acme/activity/newsletter").text
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', html)
    actions = set(re.findall(r'name="do" value="([^"]+)"', html))

    assert {action.partition("~")[0] for action in actions} >= {"close", "collapse", "hide", "focus", "at", "without", "layout"}
    for action in actions:
        response = client.get(f"/graph?{urlencode([*hidden, ('do', action)])}")
        assert response.status_code == 303, action
        assert client.get(response.headers["Location"]).status_code == 200, action


def test_a_link_kind_is_counted_before_it_is_opened(client: FlaskClient) -> None:
    html = client.get("/graph?focus=id/acme/activity/newsletter&open=").text

    assert re.search(r"data flow</bdi> \(2\)</span> <small>none shown", html)
    action = re.search(r'value="(expand~[^"]*hasDataFlow~2)"', html)
    assert action
    opened = client.get(f"/graph?focus=id/acme/activity/newsletter&open=&do={quote(action[1])}", follow_redirects=True)
    assert listed(opened.text)[0] == {"id/acme/activity/newsletter", "id/acme/flow/cleaner", "id/acme/flow/postmark"}


def test_at_the_cap_the_page_says_so_and_how_to_raise_it(client: FlaskClient) -> None:
    html = client.get("/graph?focus=id/register/acme&most=3").text

    assert "more would be shown; the view stops at 3" in html
    assert 'value="most~300"' in html


def test_the_page_tells_what_its_address_opens_in_vain(client: FlaskClient) -> None:
    html = client.get("/graph?focus=id/register/acme&open=id/register/acme~ropa:usesCookie~5").text

    assert "1 link kind in the address is not there, or no more: uses cookie at <bdi>Acme register</bdi>" in html


def test_silence_is_told_and_not_drawn(client: FlaskClient) -> None:
    html = client.get("/graph?focus=id/acme/activity/newsletter").text

    assert re.search(r'<span class="marker silent">not stated</span> measure · storage · transfer', html)
    assert "ropa:NotStated" not in listed(html)[0]


def test_a_condition_and_an_inference_stand_in_the_list(client: FlaskClient) -> None:
    html = client.get("/graph?focus=id/acme/activity/newsletter").text

    assert "conditional: <bdi>if mails bounce</bdi>" in html
    assert '<a href="/id/acme/evidence/0c510a62a85d">inferred</a>' in html


def test_without_a_focus_there_is_where_to_start(client: FlaskClient) -> None:
    html = client.get("/graph").text

    assert 'href="/graph?focus=id/register/acme"' in html
    assert 'data-suggest=""' in html


def test_a_label_that_nothing_has_is_no_fault(client: FlaskClient) -> None:
    response = client.get("/graph?focus=Nobody+<script>")

    assert response.status_code == 404
    assert "Nothing here is called" in response.text
    assert "<script>" not in response.text.partition("<main")[2]
    assert client.get("/graph.json?focus=Nobody").status_code == 404


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("focus=id/acme/activity/newsletr", 404),
        ("focus=id/register/acme&most=x", 400),
        ("focus=id/register/acme&open=x", 400),
        ("focus=id/register/acme&focus=id/party/acme", 400),
        ("focus=id/register/acme&do=dance", 400),
        ("focus=id/register/acme&" + "open=a:b~c:d~1&" * 2001, 400),
    ],
)
def test_wrong_input_is_answered_with_what_is_wrong(client: FlaskClient, query: str, status: int) -> None:
    response = client.get(f"/graph?{query}", headers={"Accept": "application/json"})

    assert response.status_code == status
    assert response.json
    assert response.json["detail"]


def test_an_answer_is_not_made_twice(client: FlaskClient) -> None:
    for address in ("/graph?focus=id/register/acme", "/graph.json?focus=id/register/acme", "/graph"):
        tag = client.get(address).headers["ETag"]
        assert client.get(address, headers={"If-None-Match": tag}).status_code == 304


def test_hostile_names_do_no_harm(hostile: QuadStore) -> None:
    app = create_app(hostile)
    client = app.test_client()
    query = f"focus=id/acme/flow/cleaner&open={quote('id/acme/flow/cleaner~dpv:hasRecipient~50')}"
    html = client.get(f"/graph?{query}").text
    told: Any = client.get(f"/graph.json?{query}").json

    assert len(told["nodes"]) == 2 + len(RECIPIENTS)
    assert all(0 < len(node["label"].strip()) <= 162 for node in told["nodes"])
    assert "<script>alert" not in html
    assert len(html) < 120_000
    for node in told["nodes"]:
        at = client.get(f"/graph?{query}&{urlencode({'do': 'at~' + node['id']})}", follow_redirects=True)
        assert at.status_code == 200
        actions = re.findall(r'name="do" value="(expand~[^"]+)"', at.text)
        for action in actions:
            followed = client.get(
                f"/graph?{query}&{urlencode({'do': action.replace('&amp;', '&').replace('&#39;', chr(39))})}", follow_redirects=True
            )
            assert followed.status_code == 200
            if "isPartOf" in action:
                assert "urn:odd~%25" in listed(followed.text)[0]
    app.extensions["ropa"].close()


def test_the_script_of_the_page_is_no_heavier_than_agreed() -> None:
    dist = Path(webapp.__file__).parent / "static" / "dist"
    if not (dist / "manifest.json").is_file():
        pytest.skip("the bundle is not built")
    names = json.loads((dist / "manifest.json").read_text("utf-8"))
    files, waiting = set[str](), [names["graph.js"], names["graph.css"]]
    while waiting:
        name = waiting.pop()
        files.add(name)
        text = (dist / name).read_text("utf-8")
        waiting += [found for found in re.findall(r"""["']\./(part-[A-Z0-9]+\.js)["']""", text) if found not in files]

    assert len(files) >= 3
    assert sum(len(gzip.compress((dist / name).read_bytes(), 9)) for name in files) <= 190 * 1024
