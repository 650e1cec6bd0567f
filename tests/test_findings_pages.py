"""webapp: the list of findings, one finding, the reports, what changes if …, and conclusions, on all registers."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient
from rdflib import Graph, URIRef

from ropa import reasoning, words
from ropa.findings import SEVERITIES
from ropa.namespaces import DEFAULT_BASE, ROPA, SH, graph_iri
from ropa.registers import read_files, read_vocabulary
from ropa.store import QuadStore
from ropa.store.embedded import EmbeddedStore
from tests.conftest import ACME
from tests.pages import BROWSER, read
from webapp import create_app

LAPSED = "2020-07-17"
"""The day after the Court of Justice held the EU-US Privacy Shield invalid."""


@pytest.fixture
def client(shipped_app: Flask) -> FlaskClient:
    shipped_app.extensions["ropa"].check(date.fromisoformat(LAPSED)).result()
    return shipped_app.test_client()


def show(client: FlaskClient, address: str) -> tuple[str, str]:
    """The markup of a page and its text."""
    response = client.get(address, headers=BROWSER)
    assert response.status_code == 200, read(response)
    return response.get_data(as_text=True), read(response)


def listed(html: str) -> list[str]:
    """The findings that a page leads to, as often as it does."""
    return re.findall(r'href="/findings/([a-z]+-[0-9a-f]{12})[?"]', html)


def report(client: FlaskClient, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/findings.json{query}").get_json()
    return found


def test_the_day_decides_what_is_found(client: FlaskClient) -> None:
    rule = "rule=Transfer-mechanism-inForce&register=cloudcall"
    then, (html, text) = report(client, f"?{rule}&as_of={LAPSED}"), show(client, f"/findings?{rule}&as_of={LAPSED}")

    assert {finding["focus_label"] for finding in then} == {
        "Personal information from the EEA under the EU-U.S. Privacy Shield",
        "Human resources data from the EU",
        "Personal data of EU Individuals in customers’ communications",
    }
    assert Counter(listed(html)) == Counter(finding["id"] for finding in then)
    assert "as of 17 July 2020 · as of today" in text
    # The Swiss framework ended later, so today there are more.
    assert {finding["id"] for finding in then} < {finding["id"] for finding in report(client, f"?{rule}")}


def test_links_keep_the_day_and_the_filters(client: FlaskClient) -> None:
    html, _ = show(client, f"/findings?register=cloudcall&severity=Violation&as_of={LAPSED}")

    assert f'href="/findings.sarif?register=cloudcall&amp;severity=Violation&amp;as_of={LAPSED}"' in html
    assert f'href="/what-if?as_of={LAPSED}"' in html
    assert f'value="{LAPSED}"' in html
    assert listed(html)
    assert len(re.findall(r'href="/findings/[a-z]+-[0-9a-f]{12}"', html)) == 0


@pytest.mark.parametrize("order", ["rule", "article", "register", "party", "activity"])
def test_groups_hold_every_finding_and_stand_worst_first(client: FlaskClient, order: str) -> None:
    everything = report(client, "?register=cloudcall")
    html, _ = show(client, f"/findings?register=cloudcall&by={order}")
    ways: dict[str, Callable[[dict[str, Any]], list[str]]] = {
        "rule": lambda finding: [finding["shape"]],
        "article": lambda finding: [finding["article_iri"]],
        "register": lambda finding: [finding["register"]],
        "party": lambda finding: [party["iri"] for party in finding["parties"]] or [""],
        "activity": lambda finding: [activity["iri"] for activity in finding["activities"]] or [""],
    }
    groups = Counter(key for finding in everything for key in ways[order](finding))

    told = [int(number.replace(",", "")) for number in re.findall(r'<p class="kinds">(?:.*?· )?([\d,]+) findings?</p>', html)]
    assert sorted(told) == sorted(groups.values())
    severities = re.findall(r'<h2 id="(\w+)">', html)
    assert severities == [severity.lower() for severity in SEVERITIES if severity.lower() in severities]
    assert f'<option value="{order}" selected>' in html


def test_a_long_group_leads_to_all_of_it_and_one_that_no_filter_names_says_so(client: FlaskClient) -> None:
    by_rule, _ = show(client, "/findings?register=aculab")
    link = re.search(r'href="(/findings\?[^"]*rule=[^"]*)">All (\d+) findings of this rule', by_rule)
    _, by_party = show(client, "/findings?register=aculab&by=party")

    assert link is not None
    html, _ = show(client, link[1].replace("&amp;", "&"))
    assert len(listed(html)) == int(link[2]) > 10
    assert re.search(r"No party in particular .*? The first 10 of \d+ are shown\. Group by rule to reach the rest\.", by_party)


def test_one_long_group_comes_in_pages(client: FlaskClient) -> None:
    # The register with the most findings has more than one page holds.
    most = Counter(finding["register"] for finding in report(client)).most_common(1)[0][0]
    wanted = [finding["id"] for finding in report(client, f"?register={most}")]
    html, text = show(client, f"/findings?by=register&register={most}")
    found = listed(html)
    assert len(found) == 200 < len(wanted)
    assert "page 1 of 2" in text
    while link := re.search(r'<a rel="next" href="([^"]+)">', html):
        html, _ = show(client, link[1].replace("&amp;", "&"))
        assert 'rel="prev"' in html
        found += listed(html)

    assert found == wanted


def test_a_page_beyond_the_last_is_the_last(client: FlaskClient) -> None:
    rule = "/findings?rule=Transfer-mechanism-inForce"

    assert listed(show(client, f"{rule}&page=99")[0]) == listed(show(client, rule)[0]) != []


def test_a_filter_that_nothing_has_leaves_an_empty_list(client: FlaskClient) -> None:
    for query in ("party=https://nobody.example/", "article=nothing", "rule=nothing", "activity=nothing"):
        html, text = show(client, f"/findings?{query}")

        assert listed(html) == []
        assert "Nothing matches these filters." in text


def test_each_filter_keeps_what_has_its_value(client: FlaskClient) -> None:
    everything = report(client, f"?as_of={LAPSED}")
    one = next(finding for finding in everything if finding["parties"] and finding["activities"])
    for name, value, has in (
        ("party", one["parties"][0]["iri"], lambda other: one["parties"][0] in other["parties"]),
        ("activity", one["activities"][0]["iri"], lambda other: one["activities"][0] in other["activities"]),
        ("article", one["article_iri"], lambda other: other["article_iri"] == one["article_iri"]),
        ("rule", one["shape"].rpartition("#")[2], lambda other: other["shape"] == one["shape"]),
        ("state", "open", lambda other: other["waiver"] is None),
    ):
        kept = client.get("/findings.json", query_string={name: value, "as_of": LAPSED}).get_json()

        assert kept == [other for other in everything if has(other)]
        assert one in kept


def test_a_finding_tells_rule_article_statement_phrase_and_remedy(client: FlaskClient) -> None:
    (finding,) = [
        one
        for one in report(client, f"?rule=Transfer-mechanism-inForce&register=cloudcall&as_of={LAPSED}")
        if one["focus"].endswith("/eu-us-privacy-shield")
    ]
    html, text = show(client, f"/findings/{finding['id']}?as_of={LAPSED}")

    places = [text.index(heading) for heading in ("The rule", "The article", "The statement", "The phrase", "What would settle it")]
    assert places == sorted(places)
    assert "as of 17 July 2020" in text
    assert finding["law"] in text
    assert finding["remedy"] in text
    assert "value EU-US Privacy Shield" in text
    assert f"<q>{finding['quotes'][0]['text']}</q>" in html
    assert 'href="/id/document/cloudcall-2018-01-16"' in html
    assert 'href="/id/cloudcall/transfer/eu-us-privacy-shield"' in html
    assert set(listed(html)) <= {one["id"] for one in report(client, f"?rule=Transfer-mechanism-inForce&as_of={LAPSED}")} - {finding["id"]}


def test_a_finding_of_another_day_is_404_with_the_reason(client: FlaskClient) -> None:
    then = {one["id"] for one in report(client, f"?as_of={LAPSED}")}
    settled = min(then - {one["id"] for one in report(client)})

    assert client.get(f"/findings/{settled}?as_of={LAPSED}", headers=BROWSER).status_code == 200
    response = client.get(f"/findings/{settled}", headers=BROWSER)
    assert response.status_code == 404
    assert f"Nothing with this number is found as of {date.today().isoformat()}" in read(response)
    assert "it belongs to another day" in read(response)


def test_every_finding_has_a_page(client: FlaskClient) -> None:
    by_rule = {finding["shape"]: finding["id"] for finding in report(client)}

    assert len(by_rule) > 30
    for name in by_rule.values():
        assert client.get(f"/findings/{name}", headers=BROWSER).status_code == 200, name


def test_the_reports_tell_the_same_findings(client: FlaskClient) -> None:
    query = f"?register=cloudcall&as_of={LAPSED}"
    ids = {finding["id"] for finding in report(client, query)}
    answers = {ending: client.get(f"/findings.{ending}{query}") for ending in ("json", "sarif", "ttl", "xml")}

    assert {ending: answer.mimetype for ending, answer in answers.items()} == {
        "json": "application/json",
        "sarif": "application/sarif+json",
        "ttl": "text/turtle",
        "xml": "application/xml",
    }
    (run,) = json.loads(answers["sarif"].data)["runs"]
    assert {result["partialFingerprints"]["ropaFinding/v1"] for result in run["results"]} == ids
    assert run["properties"] == {"asOf": LAPSED, "registers": ["cloudcall"]}
    graph = Graph().parse(data=answers["ttl"].data, format="turtle")
    assert {str(node).rpartition("/")[2] for node in graph.objects(None, URIRef(SH + "result"))} == ids
    (suite,) = ElementTree.fromstring(answers["xml"].data)  # noqa: S314 - our own text
    violations = {finding["shape"] for finding in report(client, f"{query}&severity=Violation")}
    assert (suite.get("name"), suite.get("failures")) == ("cloudcall", str(len(violations)))


def test_what_if_tells_what_appears_and_what_depends_on_it(client: FlaskClient) -> None:
    html, text = show(client, "/what-if?without=EU-US+Privacy+Shield&as_of=2019-01-01")

    assert "Without EU-US Privacy Shield (it ends the day before): 6 findings more, 0 fewer" in text
    assert "; 1 instrument altered." in text
    appear = text.partition("Findings that appear")[2].partition("Findings that disappear")[0]
    assert "Human resources data from the EU CloudCall register" in appear
    assert "In compliance with the EU-U.S. Privacy Shield Framework" in appear
    assert "What depends on it: activities, people, rights" in text
    assert 'value="EU-US Privacy Shield" list=' in html
    assert 'value="2019-01-01"' in html


def test_what_if_takes_a_label_a_path_or_an_iri_of_a_place(client: FlaskClient) -> None:
    said = re.compile(r"Without United States \(its adequacy decisions end the day before\): (\d+) findings more")
    texts = [
        show(client, f"/what-if?as_of=2019-01-01&without={without}")[1]
        for without in ("loc:US", "https://w3id.org/dpv/loc%23US", "United+States")
    ]

    numbers = {found[1] for text in texts if (found := said.search(text))}
    assert len(numbers) == 1
    assert all(said.search(text) for text in texts)


def test_what_if_moves_the_day_and_settles_by_dropping_a_party(client: FlaskClient) -> None:
    _, moved = show(client, "/what-if?as_of=2020-07-15&later=2020-07-17")
    _, dropped = show(client, "/what-if?as_of=2019-01-01&without=id/party/mailchimp")
    _, empty = show(client, "/what-if")

    assert re.search(r"From 15 July 2020 to 17 July 2020: \d+ findings more", moved)
    assert "What depends on it" not in moved
    assert "Findings that appear None." in dropped
    assert "E-newsletters delivered through MailChimp Aculab register" in dropped.partition("Findings that disappear")[2]
    assert "Findings that appear" not in empty


def test_what_if_writes_nothing(client: FlaskClient, shipped: QuadStore) -> None:
    before = shipped.revision

    client.get("/what-if?as_of=2019-01-01&without=id/party/mailchimp", headers=BROWSER)

    assert shipped.revision == before


@pytest.fixture(scope="module")
def reasoned() -> Iterator[tuple[FlaskClient, list[str]]]:
    """The invented register with what follows from it, and the addresses of the conclusions."""
    store = EmbeddedStore.in_memory()
    store.replace_graphs({**read_vocabulary(DEFAULT_BASE), **read_files([ACME], DEFAULT_BASE)})
    reasoning.write(store, reasoning.infer(store, date(2026, 1, 1), "rules"))
    nodes = {
        quad.subject.value for quad in store.quads(graph=graph_iri(store.base, "inferred")) if quad.object.value == f"{ROPA}Conclusion"
    }
    app = create_app(store)
    yield app.test_client(), sorted(node.removeprefix(store.base.rstrip("/")) for node in nodes)
    app.extensions["ropa"].close()


def test_a_conclusion_tells_its_rules_and_the_phrases_of_its_premises(reasoned: tuple[FlaskClient, list[str]]) -> None:
    client, addresses = reasoned
    pages = {
        found[1]: (html, text)
        for html, text in (show(client, address) for address in addresses)
        if (found := re.search(r"<h1>(.*?)</h1>", html))
    }

    assert len(pages) == len(addresses) == 8
    html, text = pages["Newsletter: data reach Postmark."]
    assert "Concluded, not stated, as of 1 January 2026." in text
    assert "<title>Newsletter: data reach Postmark. –" in html
    assert "Home Acme register conclusion Newsletter: data reach Postmark." in text
    assert "reaches recipient : Relates" in text
    assert "GDPR Art. 4(9)" in text
    assert "E-mail address to Postmark · has recipient · Postmark Postmark sends it for us from Ireland § 2" in text
    assert "It holds only as far as a condition" not in text
    assert "It holds only as far as a condition of the text does." in pages["Newsletter: data reach List cleaner (not named)."][1]


def test_a_thing_tells_what_follows_from_it_only_where_something_does(reasoned: tuple[FlaskClient, list[str]], acme: QuadStore) -> None:
    client, addresses = reasoned
    html, text = show(client, "/id/acme/activity/newsletter")
    app = create_app(acme)

    follows = text.partition("What follows from it")[2].partition("Used by")[0]
    assert "Concluded by the reasoner, not stated in the text." in follows
    assert "Newsletter: a right follows, Art. 7(3): withdrawing consent." in follows
    assert "Newsletter: data reach List cleaner (not named). on a condition" in follows
    assert "Newsletter: data reach Postmark. on a condition" not in follows
    assert set(re.findall(r'href="(/id/inference/\w+)"', html)) < set(addresses)
    assert "What follows from it" not in read(app.test_client().get("/id/acme/activity/newsletter", headers=BROWSER))
    app.extensions["ropa"].close()


def test_home_counts_what_the_list_shows(client: FlaskClient) -> None:
    html, _ = show(client, "/")
    for slug in ("aculab", "cloudcall"):
        number = re.search(rf'href="/findings\?register={slug}&amp;severity=Warning">(\d+)<', html)
        _, text = show(client, f"/findings?register={slug}&severity=Warning")

        assert number is not None
        assert f"{words.count(int(number[1]), 'finding')} of " in text
