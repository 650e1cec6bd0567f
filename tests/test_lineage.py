"""ropa.lineage and its page: the way of data as the registers state it, what is left out and why, and the same in every form."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pyoxigraph import NamedNode, RdfFormat, parse

from bench import synthetic
from ropa import reasoning
from ropa.lineage import MOST_REGISTERS, Asked, Atlas, Hop, Record, Scope, answer, draw, firmness, tell_hop, tell_path
from ropa.namespaces import DEFAULT_BASE, expand
from ropa.registers import fill_store, read_files, read_vocabulary
from ropa.store import QuadStore
from ropa.store.embedded import EmbeddedStore
from ropa.things import Reader
from tests.conftest import HERE
from tests.pages import opened

CLINIC = f"{DEFAULT_BASE}id/clinic/"
PARTY = f"{DEFAULT_BASE}id/party/"
EMAIL = expand("pd:EmailAddress") or ""
SHIELD = "/lineage?from=id/cloudcall/transfer/eu-us-privacy-shield&as_of="


@pytest.fixture(scope="module")
def chain() -> QuadStore:
    """Two registers that a party joins, the one with sub-processors of sub-processors."""
    store = EmbeddedStore.in_memory()
    store.replace_graphs({**read_vocabulary(DEFAULT_BASE), **read_files([HERE / "data" / "chain.trig"], DEFAULT_BASE)})
    return store


@pytest.fixture(scope="module")
def atlas(chain: QuadStore) -> Atlas:
    return Atlas(chain)


@pytest.fixture
def client(shipped_app: Flask) -> FlaskClient:
    return shipped_app.test_client()


@pytest.fixture(scope="module")
def chained(chain: QuadStore) -> Iterator[FlaskClient]:
    with opened(chain) as app:
        yield app.test_client()


def short(hops: list[Hop]) -> list[str]:
    """Return hops as ``from kind to``, by the last part of each address, in order."""
    return sorted(f"{hop.source.rpartition('/')[2]} {hop.kind} {hop.target.rpartition('/')[2]}" for hop in hops)


def ways(atlas: Atlas, **asked: Any) -> list[list[str]]:
    found = answer(atlas, Asked(**asked)).paths
    assert found is not None
    return [[hop.source.rpartition("/")[2] for hop in path.hops] + [path.hops[-1].target.rpartition("/")[2]] for path in found.found]


def test_a_register_is_read_from_people_to_places(acme: QuadStore) -> None:
    found = answer(Atlas(acme), Asked(register="acme")).record

    assert short(found.hops) == [
        "form feeds newsletter",
        "newsletter sent cleaner",
        "newsletter sent postmark",
        "postmark place loc#IE",
        "reader of form",
    ]
    assert found.nodes[f"{DEFAULT_BASE}id/acme/activity/newsletter"].kind == "activity"
    cleaner = next(hop for hop in found.hops if hop.target.endswith("cleaner"))
    assert cleaner.conditions == ("if mails bounce",)
    assert cleaner.modality.endswith("#Conditional")
    assert (cleaner.said.subject, cleaner.said.value) == (f"{DEFAULT_BASE}id/acme/flow/cleaner", f"{DEFAULT_BASE}id/acme/party/cleaner")
    assert f"{DEFAULT_BASE}id/acme/activity/invoices" in found.scopes, "what tells no step is still told of"


def test_data_go_on_over_sub_processors_and_a_circle_ends(atlas: Atlas) -> None:
    found = answer(atlas, Asked(from_=CLINIC + "activity/archive")).record

    assert [hop for hop in short(found.hops) if "passed" in hop] == ["backup passed vault", "host passed backup", "vault passed host"]
    assert draw(found, str).nodes, "it can be drawn"
    kinds = {node.id.rpartition("/")[2]: node.kind for node in draw(found, str).nodes}
    assert (kinds["host"], kinds["backup"], kinds["vault"]) == ("recipient", "sub-processor", "sub-processor")


def test_a_place_belongs_to_its_flow_alone(atlas: Atlas) -> None:
    assert ways(atlas, from_=CLINIC + "activity/archive", to=expand("loc:FR")) == [["archive", "loc#FR"]], "not over the garage's flow"
    assert ways(atlas, from_=CLINIC + "activity/appointments", to=expand("loc:FR")) == [["appointments", "host", "loc#FR"]]


def test_a_path_carries_the_same_data_from_end_to_end(atlas: Atlas) -> None:
    patient = CLINIC + "subject/patient"

    assert ways(atlas, from_=patient, to=PARTY + "vault") == [["patient", "desk", "appointments", "host", "backup", "vault"]]
    assert ways(atlas, from_=patient, to=expand("loc:FR")) == [], "the desk takes in no number plate"
    path = answer(atlas, Asked(from_=patient, to=PARTY + "vault")).paths
    assert path is not None
    assert path.found[0].data == (CLINIC + "category/mail",)
    assert not path.found[0].certain, "the last step does not say which data it carries"


def test_a_party_joins_registers_where_the_data_can_be_the_same(atlas: Atlas) -> None:
    assert ways(atlas, from_=CLINIC + "subject/patient", to=PARTY + "broker") == [
        ["patient", "desk", "appointments", "host", "bought", "offers", "broker"]
    ]
    assert answer(atlas, Asked(from_=CLINIC + "subject/patient")).registers == ("clinic", "garage")
    assert answer(atlas, Asked(to=PARTY + "broker")).registers == ("clinic", "garage")


def test_upstream_is_the_way_back(atlas: Atlas) -> None:
    vault, patient = PARTY + "vault", CLINIC + "subject/patient"

    assert ways(atlas, from_=vault, to=patient, direction="upstream") == ways(atlas, from_=patient, to=vault)
    assert ways(atlas, from_=vault, to=patient) == []
    assert short(answer(atlas, Asked(from_=PARTY + "backup", direction="upstream", depth=1)).record.hops) == ["host passed backup"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"register": "clinic", "category": EMAIL}, ["appointments sent host", "archive sent host", "backup", "desk feeds appointments"]),
        ({"register": "clinic", "subject": expand("dpv:Patient")}, ["patient of desk"]),
        ({"register": "clinic", "basis": expand("eu-gdpr:A6-1-b")}, ["appointments sent host", "patient of desk"]),
        ({"register": "clinic", "purpose": expand("dpv:ServiceProvision")}, ["appointments sent host", "desk feeds appointments"]),
        ({"party": PARTY + "vault"}, ["backup passed vault", "vault place loc#US"]),
    ],
    ids=["category", "subject", "basis", "purpose", "party"],
)
def test_a_filter_keeps_what_it_names_and_what_is_narrower(atlas: Atlas, asked: dict[str, Any], expected: list[str]) -> None:
    found = short(answer(atlas, Asked(**asked)).record.hops)

    for one in expected:
        assert any(one in hop for hop in found), found


def test_a_category_drops_flows_of_other_data_and_counts_those_that_do_not_say(atlas: Atlas) -> None:
    found = answer(atlas, Asked(register="clinic", category=EMAIL))
    possible = answer(atlas, Asked(register="clinic", category=EMAIL, reach="possible"))

    assert all(hop.data and not any("plate" in term for term in hop.data) for hop in found.record.hops)
    assert not any(hop.part.endswith("flow/garage") for hop in possible.record.hops)
    assert found.unknown == len(possible.record.hops) - len(found.record.hops) > 0
    about = answer(atlas, Asked(register="clinic", category=CLINIC + "category/mail")).record.hops
    assert not any(EMAIL in hop.data for hop in about), "what is broader is not asked for"


def test_a_basis_is_not_taken_from_a_claim_for_another_purpose(shipped: QuadStore) -> None:
    atlas = Atlas(shipped)
    for register in atlas.registers:
        found = answer(atlas, Asked(register=register.slug, basis=expand("eu-gdpr:A6-1-a") or ""))
        for hop in found.record.hops:
            claimed = [claim.purposes for holder in hop.holders for claim in found.record.scopes[holder].claims]
            assert any(not hop.purposes or not purposes or related(atlas, hop.purposes, purposes) for purposes in claimed)


def related(atlas: Atlas, some: tuple[str, ...], others: tuple[str, ...]) -> bool:
    return any(other in atlas.narrower(one) | atlas.broader(one) for one in some for other in others)


def test_the_text_to_speech_provider_of_aculab_is_reached(shipped: QuadStore) -> None:
    atlas = Atlas(shipped)
    asked = Asked(from_=f"{DEFAULT_BASE}id/aculab/subject/cloud-user", to=f"{DEFAULT_BASE}id/aculab/party/tts-provider")
    paths = answer(atlas, asked).paths
    assert paths is not None
    reader = Reader(shipped)

    (path,) = paths.found
    assert tell_path(path, lambda iri: reader.label(NamedNode(iri)), answer(atlas, asked).record.scopes) == (
        "People who use the Aculab Cloud console → Text-to-speech → Third-party TTS provider (not named): "
        "Text information to be processed into speech"
    )


@pytest.mark.parametrize(("day", "standing"), [("2016-07-11", "not yet"), ("2020-07-15", "in force"), ("2020-07-17", "ended")])
def test_a_mechanism_holds_on_its_days_alone(shipped: QuadStore, day: str, standing: str) -> None:
    assert Atlas(shipped).standing(expand("ropa:EUUSPrivacyShield") or "", date.fromisoformat(day)) == standing


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


def test_a_sentence_keeps_the_condition_and_says_what_is_not_stated(atlas: Atlas) -> None:
    hops = {hop.part.rpartition("/")[2]: hop for hop in atlas.record("clinic").hops if hop.kind in ("sent", "passed")}

    def name(iri: str) -> str:
        return iri.rpartition("/")[2]

    assert tell_hop(hops["backup"], name) == "Host may pass data on to backup: mail. Condition: “at night”."
    assert tell_hop(hops["unclear"], name) == "In “appointments”, data would go to unclear#recipient (which data: ns#NotStated)."
    assert tell_hop(hops["vault"], name, standings=["dead"]).endswith("Relied on: ns#EUUSPrivacyShield, dead.")


def test_a_step_is_no_firmer_than_the_activities_that_have_it(atlas: Atlas) -> None:
    hop = next(hop for hop in atlas.record("clinic").hops if hop.kind == "sent" and hop.part.endswith("flow/host"))
    fact, perhaps, never = (Scope("", "", modality=expand(f"ropa:{name}") or "") for name in ("Actual", "Conditional", "Hypothetical"))

    assert [firmness(hop, scopes) for scopes in ([], [fact, never], [perhaps], [perhaps, never], [never])] == [0, 0, 1, 1, 2]
    assert "data may go to" in tell_hop(hop, str, scopes=[perhaps])
    assert "data would go to" in tell_hop(hop, str, scopes=[never])


def test_no_step_on_a_condition_is_told_as_a_fact(client: FlaskClient) -> None:
    doubtful = re.compile(r"\b(may|would)\b")
    for slug in ("aculab", "aelintra", "akixi", "pipcall", "cloudcall"):
        told = json.loads(client.get(f"/lineage.json?register={slug}").data)
        for hop in told["hops"]:
            assert not hop["conditional"] or doubtful.search(hop["sentence"].partition(". Condition")[0].partition(" (which data")[0]), hop


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


def star(many: int, hubs: int = 1) -> Record:
    """Return activities that hand data to many recipients each."""
    store = EmbeddedStore.in_memory()
    lines = ["@prefix d: <https://w3id.org/dpv#> . @prefix r: <https://w3id.org/ropa-graph/ns#> .", "<id/register/s> a d:ROPA ."]
    for hub in range(hubs):
        lines.append(f"<id/register/s> d:hasRecordOfActivity <id/s/activity/{hub}> .")
        for ray in range(many):
            flow = f"<id/s/flow/{hub}-{ray}>"
            lines.append(f"<id/s/activity/{hub}> r:hasDataFlow {flow} . {flow} d:hasRecipient <id/s/party/{hub}-{ray}> .")
    quads = list(parse("\n".join(lines), format=RdfFormat.TURTLE, base_iri=DEFAULT_BASE))
    store.replace_graphs({f"{DEFAULT_BASE}graph/register/s": quads})
    return answer(Atlas(store), Asked(register="s")).record


def test_many_siblings_become_one_that_says_how_many() -> None:
    record = star(170)
    drawing = draw(record, str)

    assert len(drawing.nodes) <= 150
    (group,) = drawing.groups
    assert group.anchor == f"{DEFAULT_BASE}id/s/activity/0"
    assert len(group.hidden) + len(drawing.nodes) == 170 + 2
    assert drawing.hidden_hops == len(group.hidden)


def test_whole_activities_are_left_out_where_there_are_too_many() -> None:
    record = star(2, hubs=120)
    drawing = draw(record, str, pinned=[f"{DEFAULT_BASE}id/s/activity/119"])

    assert len(drawing.nodes) <= 150
    assert len(drawing.hops) <= 200
    (group,) = [group for group in drawing.groups if not group.anchor]
    assert f"{DEFAULT_BASE}id/s/activity/119" not in group.hidden
    assert len(group.hidden) + sum(node.kind == "activity" for node in drawing.nodes) == 120


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


def test_a_party_of_many_registers_is_answered_for_some_of_them_and_says_so() -> None:
    store = EmbeddedStore.in_memory()
    contents: dict[str, list[Any]] = {}
    for quad in synthetic.generate(120, 60, evidence=False):
        contents.setdefault(quad.graph_name.value, []).append(quad)  # type: ignore[union-attr]
    store.replace_graphs({**read_vocabulary(DEFAULT_BASE), **contents})
    counted = Counter(quad.object.value for quad in store.quads(None, NamedNode(expand("dpv:hasRecipient") or "")))
    party = max((iri for iri in counted if "/id/party/" in iri), key=lambda iri: len(Atlas(store).speaking_of([iri])))
    atlas = Atlas(store)

    found = answer(atlas, Asked(category=expand("dpv:PersonalData") or "", reach="possible"))
    assert len(found.registers) == MOST_REGISTERS
    assert len(found.registers) + len(found.left_out) == 60
    before = len(atlas.speaking_of([party]))
    assert len(answer(atlas, Asked(party=party)).registers) == min(before, MOST_REGISTERS)
    assert answer(Atlas(store), Asked(register=found.left_out[0])).registers == (found.left_out[0],)
