"""webapp.lineage: the page, the JSON and the CSV tell the same steps, each with its day, its phrase, or that there is none."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import date
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pyoxigraph import RdfFormat, parse

from ropa import reasoning
from ropa.lineage import Asked, Atlas, answer
from ropa.namespaces import DEFAULT_BASE, expand
from ropa.registers import fill_store, read_vocabulary
from ropa.store import QuadStore
from ropa.store.embedded import EmbeddedStore
from tests.pages import opened

SHIELD = "/lineage?from=id/cloudcall/transfer/eu-us-privacy-shield&as_of="


@pytest.fixture
def client(shipped_app: Flask) -> FlaskClient:
    return shipped_app.test_client()


@pytest.fixture(scope="module")
def chained(chain: QuadStore) -> Iterator[FlaskClient]:
    with opened(chain) as app:
        yield app.test_client()


def test_the_privacy_shield_of_cloudcall_is_alive_one_day_and_dead_two_days_later(client: FlaskClient) -> None:
    alive, dead = (client.get(SHIELD + day).get_data(as_text=True) for day in ("2020-07-15", "2020-07-17"))

    assert "in force on 15 July 2020" in alive
    assert "standing dead" not in alive
    assert "not in force on 17 July 2020: its last day was 15 July 2020" in dead
    assert "CloudCall complies with the European Union-United States Privacy Shield Framework" in dead


def test_what_is_told_of_a_transfer_is_no_more_than_the_text_says(client: FlaskClient) -> None:
    flow, place = json.loads(client.get((SHIELD + "2020-07-17").replace("lineage?", "lineage.json?")).data)["hops"]

    assert (flow["from_label"], flow["to_label"], place["to_label"]) == ("CloudCall register", "CloudCall", "United States")
    assert [one["label"] for one in flow["senders"]] == ["European Economic Area"]
    assert flow["place_marker"] == "", "a country is named"
    assert flow["bases"] == [], "a basis that the register claims for some purpose is not that of a flow without one"
    assert flow["purposes_marker"] == "not stated"


def test_no_step_on_a_condition_is_told_as_a_fact(client: FlaskClient) -> None:
    doubtful, conditional = re.compile(r"\b(may|would)\b"), 0
    for slug in ("aculab", "aelintra", "akixi", "pipcall", "cloudcall"):
        told = json.loads(client.get(f"/lineage.json?register={slug}").data)
        conditional += sum(hop["conditional"] for hop in told["hops"])
        for hop in told["hops"]:
            assert not hop["conditional"] or doubtful.search(hop["sentence"].partition(". Condition")[0].partition(" (which data")[0]), hop
    assert conditional > 100


def recipients(*said: str) -> dict[str, Any]:
    """Return the lineage of a register with one flow of one activity, to what is said of its recipient."""
    store = EmbeddedStore.in_memory()
    lines = f"""@prefix d: <https://w3id.org/dpv#> . @prefix r: <https://w3id.org/ropa-graph/ns#> .
    <id/register/s> a d:ROPA ; d:hasRecordOfActivity <id/s/activity/a> . <id/s/activity/a> r:hasDataFlow <id/s/flow/f> .
    <id/s/flow/f> a r:DataFlow . {"".join(f"<id/s/flow/f> d:hasRecipient r:{one} ." for one in said)}"""
    quads = list(parse(lines, format=RdfFormat.TURTLE, base_iri=DEFAULT_BASE))
    store.replace_graphs({**read_vocabulary(DEFAULT_BASE), f"{DEFAULT_BASE}graph/register/s": quads})
    with opened(store) as app:
        client = app.test_client()
        return dict(json.loads(client.get("/lineage.json?register=s").data) | {"page": client.get("/lineage?register=s").text})


@pytest.mark.parametrize(("marker", "look"), [("StatedNone", "none"), ("NotApplicable", "none")])
def test_a_denied_recipient_is_no_step_but_a_gap(marker: str, look: str) -> None:
    told = recipients(marker)

    assert told["hops"] == []
    assert [(gap["what"], gap["marker_iri"]) for gap in told["gaps"]] == [("the recipient of a flow", expand(f"ropa:{marker}"))]
    assert f'<span class="marker {look}">{told["gaps"][0]["marker"]}</span>' in told["page"]


def test_what_the_copy_has_lost_does_not_look_denied(client: FlaskClient) -> None:
    page = client.get("/lineage?register=akixi").get_data(as_text=True)

    assert '<span class="marker lost">lost in source</span>' in page
    assert '<span class="marker none">lost in source</span>' not in page


def test_a_recipient_of_whom_nothing_is_recorded_is_not_called_unstated() -> None:
    silent, lost, nothing = recipients("NotStated"), recipients("LostInSource"), recipients()

    assert [told["hops"][0]["to_label"] for told in (silent, nothing)] == ["Recipient: not stated", "Recipient: nothing recorded"]
    assert "lost" in lost["hops"][0]["to_label"]
    assert nothing["hops"][0]["data_marker"] == "nothing recorded"
    assert nothing["hops"][0]["sentence"].endswith("(which data: nothing recorded).")
    assert '<span class="hint">nothing recorded</span>' in nothing["page"]


def cells(page: str) -> list[list[str]]:
    """Return the text of each cell of the table, row by row."""
    body = re.search(r"<tbody>(.*)</tbody>", page, re.DOTALL)
    assert body
    rows = re.findall(r"<tr id=.*?</tr>", body[1], re.DOTALL)
    return [
        [" ".join(unescape(re.sub(r"<[^>]+>", " ", cell)).split()) for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)] for row in rows
    ]


@pytest.mark.parametrize(
    "query", ["register=aculab", "register=aelintra", "register=cloudcall&as_of=2020-07-17", "category=pd:EmailAddress&reach=possible"]
)
def test_the_table_says_what_the_json_says(client: FlaskClient, query: str) -> None:
    told = json.loads(client.get(f"/lineage.json?{query}").data)
    page = client.get(f"/lineage?{query}").get_data(as_text=True)
    rows = cells(page)

    assert len(rows) == len(told["hops"]) > 50
    for row, hop in zip(rows, told["hops"], strict=True):
        said = " ".join(row)
        texts = [hop["from_label"], hop["what"], hop["to_label"], hop["data_marker"], hop["purposes_marker"], *hop["conditions"]]
        texts += [one["label"] for name in ("data", "purposes", "bases", "mechanisms", "senders") for one in hop[name]]
        texts += [one["words"] for one in hop["mechanisms"]] + [one["quote"] for one in hop["evidence"]]
        for text in texts:
            assert " ".join(text.split()) in said
    for node in told["nodes"]:
        assert any(node["label"] in cell for row in rows for cell in row) or node["kind"] == "more"
    assert {hop["from"] for hop in told["hops"]} | {hop["to"] for hop in told["hops"]} <= {node["id"] for node in told["nodes"]}


def test_every_step_of_the_shipped_registers_has_a_phrase_or_says_that_it_has_none(client: FlaskClient) -> None:
    hops = [
        hop
        for slug in ("aculab", "akixi", "pipcall", "cloudcall")
        for hop in json.loads(client.get(f"/lineage.json?register={slug}").data)["hops"]
    ]
    proven = [hop for hop in hops if hop["evidence"]]

    assert len(proven) > 0.9 * len(hops)
    assert all(row["quote"] or row["reason"] for hop in proven for row in hop["evidence"])
    assert any(row["reason"] for hop in proven for row in hop["evidence"]), "what is inferred by who recorded it is marked"


def test_what_the_reasoner_concluded_is_marked_and_nothing_else_comes_of_it() -> None:
    store = EmbeddedStore.in_memory()
    fill_store(store, with_registers=True)
    query = "/lineage.json?register=aculab"
    with opened(store) as app:
        before = json.loads(app.test_client().get(query).data)
        reasoning.write(store, reasoning.infer(store, date(2020, 7, 17), "rules"))
        after = json.loads(app.test_client().get(query).data)

    assert any(hop["concluded"] for hop in after["hops"])
    assert all(row["as_of"] == "17 July 2020" for hop in after["hops"] for row in hop["concluded"])
    assert [hop | {"concluded": []} for hop in after["hops"]] == before["hops"]
    assert after["nodes"] == before["nodes"]


def test_csv_holds_every_step_and_no_formula(client: FlaskClient) -> None:
    text = client.get("/lineage.csv?register=aelintra").get_data(as_text=True)
    rows = list(csv.DictReader(io.StringIO(text)))

    assert len(rows) == len(answer(Atlas(client.application.extensions["ropa"].store), Asked(register="aelintra")).record.hops) > 200
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


def test_the_page_says_what_is_not_drawn_and_where_it_is(client: FlaskClient) -> None:
    page = client.get("/lineage?register=aelintra").get_data(as_text=True)
    told = json.loads(client.get("/lineage.json?register=aelintra").data)
    groups = [node for node in told["nodes"] if node["kind"] == "more"]

    assert told["hops_not_drawn"] > 0
    assert f"{told['hops_not_drawn']} steps more are not drawn" in page
    assert groups
    for group in groups:
        assert group["label"] in page
        assert group["hidden"]
        target = group["href"]
        assert f'id="{target[1:]}"' in page if target.startswith("#") else client.get(target).status_code == 200
        assert all(client.get(row["href"]).status_code == 200 for row in group["hidden"][:3])


def test_the_landing_page_explains_and_its_examples_work(client: FlaskClient) -> None:
    page = client.get("/lineage").get_data(as_text=True)
    links = [unescape(href) for href in re.findall(r'<li><a href="(/lineage\?[^"]+)"', page)]

    assert "Where to start" in page
    assert "<tbody>" not in page, "nothing is drawn before something is asked"
    assert len(links) > 5
    for href in links:
        assert "<tbody>" in client.get(href).get_data(as_text=True), href


def test_the_only_register_is_chosen(acme: QuadStore) -> None:
    with opened(acme) as app:
        page = app.test_client().get("/lineage").get_data(as_text=True)

    assert "5 steps" in page
    assert "Acme register" in page
    assert "No step at all is recorded for" in page
    assert "Invoices" in page


@pytest.mark.parametrize(
    "start",
    [
        "Text-to-speech",
        "id/aculab/activity/cloud-text-to-speech",
        "https://ropa.example/id/aculab/activity/cloud-text-to-speech",
        "/id/aculab/activity/cloud-text-to-speech",
    ],
)
def test_a_thing_may_be_named_by_label_path_or_iri(client: FlaskClient, start: str) -> None:
    told = json.loads(client.get("/lineage.json", query_string={"from": start}).data)

    assert {hop["from_label"] for hop in told["hops"]} == {"Text-to-speech"}
    assert {hop["to_label"] for hop in told["hops"]} == {"Third-party TTS provider (not named)", "California", "Ireland", "Virginia"}


def test_a_flow_a_source_and_a_register_can_be_started_at(chained: FlaskClient) -> None:
    flow, source, register = (
        json.loads(chained.get("/lineage.json", query_string={"from": start}).data)["hops"]
        for start in ("id/clinic/flow/vault", "id/clinic/source/patient", "id/register/garage")
    )

    assert {(hop["from_label"], hop["kind"]) for hop in flow} >= {("Backup firm", "passed"), ("Vault", "place")}
    assert {hop["from_label"] for hop in source} >= {"At the desk", "Appointments", "Host"}
    assert [hop["to_label"] for hop in register] == ["Broker"]


def test_paths_stand_in_words_with_each_step_and_both_ends(chained: FlaskClient) -> None:
    page = chained.get("/lineage?from=Patient&to=Vault&as_of=2020-07-17").get_data(as_text=True)

    assert "1 way from Patient to Vault" in page
    way = "Patient → At the desk → Appointments → Host → Backup firm → Vault: E-mail"
    assert f"{way} (not every step says which data it carries) (only on a condition)" in page
    assert "Host may pass data on to Backup firm: E-mail. Condition: “at night”." in page
    assert "not in force on 17 July 2020" in page
    none = chained.get("/lineage?from=Vault&to=Patient").get_data(as_text=True)
    assert "No chain of recorded steps leads from Vault to Patient" in none
    assert "Look the other way round" in none


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("from=nonsense", "from: there is no thing called"),
        ("from=id/nobody/at-all", "from: there is no thing called"),
        ("from=dpv:Nothing", "nothing recorded has that name"),
        ("to=a:%3C%3E", "to"),
        ("category=Nothing", "category: there is no category called"),
        ("register=nobody", "register: there is no register called"),
        ("depth=0", "depth='0'"),
        ("depth=²", "depth='²'"),
        ("direction=sideways", "give one of downstream, upstream, both"),
        ("reach=all", "give one of stated, possible"),
        ("as_of=yesterday", "is not a day"),
        ("colour=red", "There is no parameter 'colour'"),
        ("from=Customers&from=Suppliers", "from is given 2 times"),
    ],
)
def test_wrong_input_is_answered_with_what_to_do(client: FlaskClient, query: str, words: str) -> None:
    for place in ("/lineage", "/lineage.json"):
        response = client.get(f"{place}?{query}", headers={"Accept": "application/problem+json"})

        assert response.status_code == 400
        assert words in response.get_json()["detail"]


def test_data_are_not_given_out_whole_without_a_question(client: FlaskClient) -> None:
    assert client.get("/lineage.json").status_code == 400
    assert client.get("/lineage.pdf?register=aculab").status_code == 404


def test_nothing_is_read_twice_for_the_same_revision(client: FlaskClient) -> None:
    first = client.get("/lineage?register=akixi")

    assert client.get("/lineage?register=akixi", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
