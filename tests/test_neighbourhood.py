"""ropa.neighbourhood and ropa.subgraph: what is linked to what, how firmly, and how much of it is shown."""

from __future__ import annotations

from datetime import date

import pytest
from pyoxigraph import NamedNode

from ropa import reasoning
from ropa.errors import NotFound
from ropa.kinds import KINDS, kind_of
from ropa.namespaces import DEFAULT_BASE, DPV, RDF, ROPA, SKOS, graph_iri
from ropa.neighbourhood import Neighbourhood
from ropa.store import QuadStore
from ropa.store.embedded import EmbeddedStore
from ropa.subgraph import Opening, first_openings, look, most_shared
from tests.acme import CLEANER, COMPANY, NEWSLETTER, iri
from tests.conftest import fill_with_acme
from webapp.neighbourhood.glyphs import OUTLINES

TTS = iri("aculab/activity/cloud-text-to-speech")


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
    things = (NEWSLETTER, COMPANY, CLEANER, iri("acme/party/cleaner"), iri("acme/party/postmark"))
    told = {thing: around.node(thing).kind.key for thing in things}

    assert list(told.values()) == ["activity", "organisation", "flow", "unnamed", "party"]
    assert (around.node(CLEANER).modality, around.node(CLEANER).condition) == ("conditional", "if mails bounce")
    assert around.node(iri("acme/flow/postmark")).modality == ""


def test_each_thing_of_the_shipped_registers_has_a_kind(shipped: QuadStore) -> None:
    around = Neighbourhood(shipped)
    kinds = {
        around.node(quad.subject.value).kind.key
        for graph in shipped.graphs()
        if graph.startswith(graph_iri(DEFAULT_BASE, "register/"))
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
    inferred = around.edge(NEWSLETTER, DPV + "hasDataSubject", iri("acme/subject/reader"))
    stated = around.edge(NEWSLETTER, DPV + "hasPersonalData", iri("acme/category/email"))

    assert (inferred.origin, inferred.why) == ("inferred", iri("acme/evidence/0c510a62a85d"))
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
    assert seen.parents[iri("aculab/party/tts-provider")] == iri("aculab/flow/tts")


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
    seen = look(around, NEWSLETTER, [Opening(NEWSLETTER, ROPA + "usesCookie", True, 9), Opening(COMPANY, DPV + "hasCountry", True, 9)])

    assert [opening.property for opening in seen.idle] == [ROPA + "usesCookie"]


def test_an_unknown_focus_names_what_looks_alike(around: Neighbourhood) -> None:
    with pytest.raises(NotFound, match="id/acme/activity/newsletter"):
        look(around, iri("acme/activity/newsletr"), [])


def test_shared_parties_come_with_most_links_first(shipped: QuadStore) -> None:
    found = most_shared(Neighbourhood(shipped), most=5)

    assert [count for _, count in found] == sorted((count for _, count in found), reverse=True)
    assert {node.kind.key for node, _ in found} == {"party"}
    assert "Google" in [node.label for node, _ in found]
