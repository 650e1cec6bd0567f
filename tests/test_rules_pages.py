"""The rules in words, and cited articles as links to what they ask."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pyoxigraph import NamedNode

from ropa.findings import shapes
from ropa.namespaces import SHAPES
from ropa.provisions import Provisions
from ropa.rules import first_day, first_days, read_rules
from ropa.store import QuadStore
from ropa.store.embedded import EmbeddedStore
from webapp import create_app

BROWSER = {"Accept": "text/html"}
ART_30_1_B = "https://eur-lex.europa.eu/eli/reg/2016/679/art_30/par_1/pnt_b/oj"


@pytest.fixture
def client(acme_app: Flask) -> FlaskClient:
    return acme_app.test_client()


def names(html: str) -> list[str]:
    return re.findall(r'<article class="term" id="([^"]+)">', html)


def test_every_shape_with_a_message_is_a_rule_once(client: FlaskClient) -> None:
    shown = names(client.get("/shapes", headers=BROWSER).text)
    message = "http://www.w3.org/ns/shacl#message"
    expected = {str(node).removeprefix(SHAPES) for node, predicate, _ in shapes() if str(predicate) == message and SHAPES in str(node)}

    assert sorted(shown) == sorted(expected)
    assert len(shown) > 200


def test_a_rule_tells_severity_article_remedy_first_day_and_findings(acme_app: Flask, client: FlaskClient) -> None:
    found = acme_app.extensions["ropa"].findings()
    name = next(finding.shape_name for finding in found if finding.article == "GDPR Art. 30(1)(b)")
    html = client.get("/shapes", headers=BROWSER).text
    rule = next(rule for part in read_rules() for rule in part.rules if rule.name == name)

    article = unescape(re.search(rf'<article class="term" id="{name}">(.*?)</article>', html, re.DOTALL)[1])  # type: ignore[index]

    assert rule.severity in article
    assert rule.remedy in re.sub(r"<[^>]*>", "", article)
    assert "Record the purposes." in article
    assert "from 25 May 2018 on" in article
    number = sum(finding.shape_name == name for finding in found)
    assert f'href="/findings?rule={name}"' in article
    assert f"{number} finding" in article


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("q=erasure", lambda rule: "erasure" in (rule.message + rule.remedy).casefold()),
        ("severity=Info", lambda rule: rule.severity == "Info"),
        ("concern=form", lambda rule: rule.concern == "form"),
    ],
)
def test_filters_keep_what_fits(client: FlaskClient, query: str, kept: object) -> None:
    shown = names(client.get(f"/shapes?{query}", headers=BROWSER).text)
    rules = {rule.name: rule for part in read_rules() for rule in part.rules}

    assert callable(kept)
    assert 0 < len(shown) < len(rules)
    if query.startswith("q="):
        assert {name for name, rule in rules.items() if kept(rule)} <= set(shown)
    else:
        assert set(shown) == {name for name, rule in rules.items() if kept(rule)}


def test_words_are_found_in_the_paraphrase_too(client: FlaskClient) -> None:
    assert names(client.get("/shapes?q=record+the+purposes&part=article-30-1", headers=BROWSER).text)


@pytest.mark.parametrize("query", ["severity=Terrible", "concern=x", "part=nothing", "q=" + "a" * 201])
def test_a_filter_that_is_none_is_told(client: FlaskClient, query: str) -> None:
    assert client.get(f"/shapes?{query}", headers=BROWSER).status_code == 400


def test_no_rule_is_told_with_a_way_back(client: FlaskClient) -> None:
    html = client.get("/shapes?q=zzzz", headers=BROWSER).text

    assert "No rule matches." in html
    assert 'href="/shapes">show all rules' in html


def test_titles_of_parts_are_whole() -> None:
    titles = {part.name: part.title for part in read_rules()}

    assert titles["article-30-1"] == "GDPR Article 30(1): what the record of a controller shall contain"
    assert not any(title.endswith("Art") for title in titles.values())


def test_a_duty_has_a_first_day_and_form_has_none(acme: QuadStore) -> None:
    days = first_days(acme)

    for part in read_rules():
        for rule in part.rules:
            begins, act = first_day(rule, days)
            assert (begins == "") == (act == "")
            if rule.concern == "form":
                assert begins == ""
            elif "/2016/679/" in rule.article and "eur-lex" in rule.article:
                assert begins == "2018-05-25"


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("No purpose. GDPR Art. 30(1)(b).", ["GDPR Art. 30(1)(b)"]),
        ("GDPR Art. 30(1), Art. 5(2)", ["GDPR Art. 30(1)", "GDPR Art. 5(2)"]),
        ("GDPR Art. 30(1)(b)-(c), Art. 30(2)(b)", ["GDPR Art. 30(1)(b)", "GDPR Art. 30(2)(b)"]),
        ("ePrivacy Directive Art. 5(3) and Art. 13", ["ePrivacy Directive Art. 5(3)", "ePrivacy Directive Art. 13"]),
        ("Art. 5(2) alone is of no act", []),
        ("GDPR Art. 30(1)(z)", ["GDPR"]),
        ("xGDPR, GDPRs", []),
        ("UK GDPR", ["UK GDPR"]),
        ("", []),
    ],
)
def test_provisions_are_found_in_texts(acme: QuadStore, text: str, cited: list[str]) -> None:
    pieces = list(Provisions(acme).split(text))

    assert "".join(piece.text for piece in pieces) == text
    assert [piece.provision.label for piece in pieces if piece.provision] == cited


def test_every_duty_cites_a_provision_that_the_law_has(acme: QuadStore) -> None:
    provisions = Provisions(acme)

    for part in read_rules():
        for rule in part.rules:
            if rule.article:
                assert rule.article in provisions.all, rule.name
                assert provisions.all[rule.article].paraphrase
                assert list(acme.quads(NamedNode(rule.article), None, None))


@pytest.mark.parametrize("path", ["/findings", "/shapes", "/questions", "/questions/retention-schedule", "/id/acme/activity/newsletter"])
def test_cited_articles_are_links_with_what_they_ask(client: FlaskClient, path: str) -> None:
    html = client.get(path, headers=BROWSER).text

    links = re.findall(r'<a class="law" href="(/resource\?iri=[^"]+)" title="([^"]+)">([^<]+)</a>', html)
    assert links
    assert all(title for _, title, _ in links)
    assert client.get(unescape(links[0][0]), headers=BROWSER).status_code == 200


def test_a_finding_leads_to_its_rule_and_article(acme_app: Flask, client: FlaskClient) -> None:
    finding = next(one for one in acme_app.extensions["ropa"].findings() if one.article_iri == ART_30_1_B)
    html = client.get(f"/findings/{finding.id}", headers=BROWSER).text

    assert f'href="/shapes#{finding.shape_name}"' in html
    assert 'title="Record the purposes."' in html


def test_a_store_without_law_still_shows_the_rules() -> None:
    made = create_app(EmbeddedStore.in_memory())
    html = made.test_client().get("/shapes", headers=BROWSER).text

    assert len(names(html)) > 200
    made.extensions["ropa"].close()
