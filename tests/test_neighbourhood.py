"""ropa.neighbourhood, ropa.subgraph and /graph: what is linked to what, and the same in list and data."""

from __future__ import annotations

import gzip
import json
import re
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pyoxigraph import Literal, NamedNode
from werkzeug.datastructures import MultiDict

import webapp
from ropa import reasoning
from ropa.errors import BadParameter, NotFound
from ropa.kinds import KINDS, kind_of
from ropa.namespaces import DCTERMS, DEFAULT_BASE, DPV, RDF, ROPA, SKOS, graph_iri
from ropa.neighbourhood import Neighbourhood
from ropa.store import QuadStore, make_quad
from ropa.store.embedded import EmbeddedStore
from ropa.subgraph import Opening, first_openings, look, most_shared
from tests.conftest import fill_with_acme
from webapp import create_app
from webapp.neighbourhood.glyphs import OUTLINES
from webapp.neighbourhood.viewpoint import Viewpoint, act, read

B = DEFAULT_BASE
NEWSLETTER = f"{B}id/acme/activity/newsletter"
CLEANER = f"{B}id/acme/flow/cleaner"
ACME = f"{B}id/party/acme"
TTS = f"{B}id/aculab/activity/cloud-text-to-speech"


@pytest.fixture(scope="module")
def around(acme: QuadStore) -> Neighbourhood:
    return Neighbourhood(acme)


@pytest.fixture(scope="module")
def concluded() -> QuadStore:
    """The invented register with what follows from it."""
    store = EmbeddedStore.in_memory()
    fill_with_acme(store)
    reasoning.write(store, reasoning.infer(store, date(2026, 1, 1), "rules"))
    return store


@pytest.fixture
def client(acme_app: Flask) -> FlaskClient:
    return acme_app.test_client()


# What is linked


def test_links_are_counted_in_both_directions(around: Neighbourhood) -> None:
    counted = {(kind.label, kind.outgoing): kind.count for kind in around.links(NEWSLETTER)}

    assert counted[("has data flow", True)] == 2
    assert counted[("has personal data", True)] == 1
    assert counted[("has record of activity", False)] == 1


def test_classes_names_evidence_and_markers_are_no_links(around: Neighbourhood) -> None:
    properties = {kind.property for kind in around.links(NEWSLETTER)}

    assert properties.isdisjoint({RDF + "type", RDF + "subject", RDF + "object", SKOS + "prefLabel", ROPA + "hasTransfer"})
    assert around.links(ROPA + "NotStated") == [kind for kind in around.links(ROPA + "NotStated") if kind.outgoing]
    assert [(silence.label, silence.marker) for silence in around.silences(NEWSLETTER)] == [
        ("has measure", "not stated"),
        ("has storage", "not stated"),
        ("has transfer", "not stated"),
    ]


def test_neighbours_come_by_label_and_no_more_than_asked_for(around: Neighbourhood) -> None:
    flows = around.neighbours(NEWSLETTER, ROPA + "hasDataFlow", outgoing=True)

    assert [around.node(iri).label for iri in flows] == ["E-mail address to a list cleaner", "E-mail address to Postmark"]
    assert around.neighbours(NEWSLETTER, ROPA + "hasDataFlow", outgoing=True, limit=1) == flows[:1]
    assert around.neighbours(NEWSLETTER, ROPA + "nothing", outgoing=True) == []


def test_a_node_tells_its_kind_and_how_firmly_it_is_said(around: Neighbourhood) -> None:
    told = {
        iri: around.node(iri).kind.key for iri in (NEWSLETTER, ACME, CLEANER, f"{B}id/acme/party/cleaner", f"{B}id/acme/party/postmark")
    }

    assert list(told.values()) == ["activity", "organisation", "flow", "unnamed", "party"]
    assert (around.node(CLEANER).modality, around.node(CLEANER).condition) == ("conditional", "if mails bounce")
    assert around.node(f"{B}id/acme/flow/postmark").modality == ""


def test_each_thing_of_the_shipped_registers_has_a_kind(shipped: QuadStore) -> None:
    around = Neighbourhood(shipped)
    kinds = {
        around.node(quad.subject.value).kind.key
        for graph in shipped.graphs()
        if graph.startswith(graph_iri(B, "register/"))
        for quad in shipped.quads(None, NamedNode(RDF + "type"), graph=graph)
        if isinstance(quad.subject, NamedNode)
    }

    assert "other" not in kinds
    assert {"activity", "flow", "transfer", "retention", "party", "unnamed", "organisation", "place", "denial"} <= kinds


def test_the_first_kind_counts_and_each_has_an_outline_of_its_own() -> None:
    assert kind_of({ROPA + "DataFlow", ROPA + "Transfer"}).key == "transfer"
    assert kind_of({SKOS + "Concept", DPV + "Purpose"}).key == "purpose"
    assert kind_of(set()).key == "other"
    assert OUTLINES.keys() == KINDS.keys()
    assert len(set(OUTLINES.values())) == len(KINDS)


def test_what_was_inferred_is_told_from_what_is_read(around: Neighbourhood) -> None:
    inferred = around.edge(NEWSLETTER, DPV + "hasDataSubject", f"{B}id/acme/subject/reader")
    stated = around.edge(NEWSLETTER, DPV + "hasPersonalData", f"{B}id/acme/category/email")

    assert (inferred.origin, inferred.why) == ("inferred", f"{B}id/acme/evidence/0c510a62a85d")
    assert (stated.origin, stated.why) == ("stated", "")


def test_what_was_concluded_keeps_its_reason_and_its_condition(concluded: QuadStore) -> None:
    around = Neighbourhood(concluded)
    reached = {
        other: around.edge(NEWSLETTER, ROPA + "reachesRecipient", other)
        for other in around.neighbours(NEWSLETTER, ROPA + "reachesRecipient", outgoing=True)
    }

    assert {iri.rpartition("/")[2]: (edge.origin, edge.conditional) for iri, edge in reached.items()} == {
        "cleaner": ("concluded", True),
        "postmark": ("concluded", False),
    }
    assert all("/id/inference/" in edge.why for edge in reached.values())
    assert not any(
        around.node(node).kind.key == "evidence"
        for kind in around.links(NEWSLETTER)
        for node in around.neighbours(NEWSLETTER, kind.property, kind.outgoing)
    )


# What is shown


def test_without_openings_parts_are_shown_with_what_they_are_about(shipped: QuadStore) -> None:
    around = Neighbourhood(shipped)
    seen = look(around, TTS, first_openings(around, TTS))
    labels = {node.label for node in seen.nodes}

    assert {"Text to the text-to-speech provider", "Third-party TTS provider (not named)", "Aculab", "Ireland"} <= labels
    assert len(seen.nodes) < 60
    assert seen.parents[f"{B}id/aculab/party/tts-provider"] == f"{B}id/aculab/flow/tts"


def test_all_links_between_what_is_shown_are_there_once(around: Neighbourhood) -> None:
    seen = look(around, NEWSLETTER, first_openings(around, NEWSLETTER))
    shown = {node.iri for node in seen.nodes}
    expected = {(iri, name, other) for iri in shown for name, other in around.edges(iri) if other in shown}

    assert [(edge.source, edge.property, edge.target) for edge in seen.edges] == list(
        dict.fromkeys((e.source, e.property, e.target) for e in seen.edges)
    )
    assert {(edge.source, edge.property, edge.target) for edge in seen.edges} == expected


def test_a_thing_that_is_hidden_takes_with_it_what_is_reached_through_it_alone(around: Neighbourhood) -> None:
    openings = [Opening(NEWSLETTER, ROPA + "hasDataFlow", True, 9), Opening(CLEANER, DPV + "hasRecipient", True, 9)]

    assert len(look(around, NEWSLETTER, openings).nodes) == 4
    assert len(look(around, NEWSLETTER, openings, hidden={CLEANER}).nodes) == 2
    assert len(look(around, NEWSLETTER, openings, without={"flow"}).nodes) == 1


def test_no_more_than_asked_for_is_shown_and_the_rest_is_counted(around: Neighbourhood) -> None:
    openings = [Opening(NEWSLETTER, name, True, 9) for name in (ROPA + "hasDataFlow", DPV + "hasPersonalData", DPV + "hasPurpose")]
    capped = look(around, NEWSLETTER, openings, most=3)

    assert len(look(around, NEWSLETTER, openings).nodes) == 5
    assert (len(capped.nodes), capped.left_out) == (3, 2)


def test_a_link_that_is_not_there_is_told(around: Neighbourhood) -> None:
    seen = look(around, NEWSLETTER, [Opening(NEWSLETTER, ROPA + "usesCookie", True, 9), Opening(ACME, DPV + "hasCountry", True, 9)])

    assert [opening.property for opening in seen.idle] == [ROPA + "usesCookie"]


def test_an_unknown_focus_names_what_looks_alike(around: Neighbourhood) -> None:
    with pytest.raises(NotFound, match="id/acme/activity/newsletter"):
        look(around, f"{B}id/acme/activity/newsletr", [])


def test_shared_parties_come_with_most_links_first(shipped: QuadStore) -> None:
    found = most_shared(Neighbourhood(shipped), most=5)

    assert [count for _, count in found] == sorted((count for _, count in found), reverse=True)
    assert {node.kind.key for node, _ in found} == {"party"}
    assert "Google" in [node.label for node, _ in found]


# What an address says


def viewpoint(text: str) -> Viewpoint:
    pairs = [(name, value) for name, _, value in (part.partition("=") for part in text.split("&"))]
    return read(MultiDict(pairs), B, NEWSLETTER)


def test_an_address_is_read_and_written_the_same() -> None:
    text = (
        "focus=id/acme/activity/newsletter&open=id/party/acme~-dpv:hasDataController~12&open=urn:a%7Eb%2525~ropa:hasDataFlow~1"
        "&hide=pd:Name&without=party&pin=id/party/acme~12~-40&layout=rings&most=600&at=id/party/acme"
    )
    view = viewpoint(text)

    assert view.openings == (Opening(ACME, DPV + "hasDataController", False, 12), Opening("urn:a~b%25", ROPA + "hasDataFlow", True, 1))
    assert "&".join(f"{name}={value}" for name, value in view.arguments(B)) == text


def test_nothing_opened_differs_from_nothing_said() -> None:
    assert viewpoint("focus=x").openings is None
    assert viewpoint("focus=x&open=").openings == ()
    assert Viewpoint(ACME, ()).arguments(B) == [("focus", "id/party/acme"), ("open", "")]


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("expand~id/acme/activity/newsletter~ropa:hasDataFlow~2", "open=id/acme/activity/newsletter~ropa:hasDataFlow~2"),
        ("close~id/party/acme~-dpv:hasDataController", "open="),
        ("collapse~id/party/acme", "open="),
        ("hide~id/acme/flow/cleaner", "hide=id/acme/flow/cleaner"),
        ("pin~id/party/acme~1~-2", "pin=id/party/acme~1~-2"),
        ("without~flow", "without=flow"),
        ("layout~tree", "layout=tree"),
        ("most~600", "most=600"),
        ("at~id/party/acme", "at=id/party/acme"),
        ("focus~id/party/acme", "focus=id/party/acme"),
    ],
)
def test_each_action_shows_in_the_address(action: str, expected: str) -> None:
    view = Viewpoint(NEWSLETTER, (Opening(ACME, DPV + "hasDataController", False, 12),), at=NEWSLETTER)

    assert expected in [f"{name}={value}" for name, value in act(view, action, B).arguments(B)]


@pytest.mark.parametrize(
    ("there", "back"), [("hide~pd:Name", "show~pd:Name"), ("pin~pd:Name~1~2", "unpin~pd:Name"), ("without~flow", "with~flow")]
)
def test_an_action_can_be_taken_back(there: str, back: str) -> None:
    view = Viewpoint(NEWSLETTER, (), at=NEWSLETTER)

    assert act(view, there, B) != view
    assert act(act(view, there, B), back, B) == view


@pytest.mark.parametrize(
    "text",
    [
        "open=x",
        "open=a~b",
        "open=a~b~0",
        "open=a~b~999999",
        "open=a~b~c",
        "open=a b~dpv:hasPurpose~1",
        "pin=a~1",
        "pin=a~1~x",
        "pin=a~1~9999999",
        "hide=a b",
        "without=nothing",
        "layout=pile",
        "most=0",
        "most=2001",
        "most=many",
        "most=٣",
        "at=<",
        "most=1&most=2",
    ],
)
def test_what_an_address_cannot_say_is_refused_with_what_it_can(text: str) -> None:
    with pytest.raises(BadParameter):
        viewpoint(text)


@pytest.mark.parametrize(
    "action", ["", "dance~x", "hide", "hide~id/acme/activity/newsletter", "layout~pile", "most~-1", "without~x", "pin~a", "expand~a~b"]
)
def test_no_other_action_is_taken(action: str) -> None:
    view = Viewpoint(NEWSLETTER, (), at=NEWSLETTER)
    if action == "hide":
        assert act(view, action, B).hidden == (B,)
        return
    with pytest.raises(BadParameter):
        act(view, action, B)


# Pages


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


HOSTILE = [
    "<script>alert(1)</script>",
    "\u202eabc\u2066 لعربية",
    "x" * 10_000,
    "🧑‍🚀" * 300,
    "",
    "   ",
    "a\x07b\u0000"[:2],
    "</bdi>\"'>&amp;{{7*7}}",
]


@pytest.fixture
def hostile() -> QuadStore:
    """The invented register with parties whose names are meant to do harm, and IRIs that hold the marks between parts."""
    store = EmbeddedStore.in_memory()
    fill_with_acme(store)
    graph = graph_iri(B, "register/acme")
    quads = list(store.quads(graph=graph))
    for place, label in enumerate(HOSTILE):
        party = NamedNode(f"{B}id/acme/party/odd~{place}%7E'&<".replace("<", "%3C"))
        quads += [
            make_quad(party, NamedNode(RDF + "type"), NamedNode(DPV + "LegalEntity"), NamedNode(graph)),
            make_quad(party, NamedNode(SKOS + "prefLabel"), Literal(label), NamedNode(graph)),
            make_quad(NamedNode(CLEANER), NamedNode(DPV + "hasRecipient"), party, NamedNode(graph)),
            make_quad(party, NamedNode(DCTERMS + "isPartOf"), NamedNode("urn:odd~%25"), NamedNode(graph)),
        ]
    store.replace_graphs({graph: quads})
    return store


def test_hostile_names_do_no_harm(hostile: QuadStore) -> None:
    app = create_app(hostile)
    client = app.test_client()
    query = f"focus=id/acme/flow/cleaner&open={quote('id/acme/flow/cleaner~dpv:hasRecipient~50')}"
    html = client.get(f"/graph?{query}").text
    told: Any = client.get(f"/graph.json?{query}").json

    assert len(told["nodes"]) == 2 + len(HOSTILE)
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
