"""ropa.lineage: the way of data as the registers state it, which steps make a way, what is left out and why."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pytest
from pyoxigraph import NamedNode, RdfFormat, parse

from bench import synthetic
from ropa.lineage import MOST_REGISTERS, Asked, Atlas, Hop, Record, Scope, answer, draw, firmness, tell_hop, tell_path
from ropa.namespaces import DEFAULT_BASE, expand
from ropa.registers import read_vocabulary
from ropa.store import QuadStore
from ropa.store.embedded import EmbeddedStore
from ropa.things import Reader

CLINIC = f"{DEFAULT_BASE}id/clinic/"
PARTY = f"{DEFAULT_BASE}id/party/"
EMAIL = expand("pd:EmailAddress") or ""


@pytest.fixture(scope="module")
def atlas(chain: QuadStore) -> Atlas:
    return Atlas(chain)


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
    steps = 0
    for register in atlas.registers:
        found = answer(atlas, Asked(register=register.slug, basis=expand("eu-gdpr:A6-1-a") or ""))
        steps += len(found.record.hops)
        for hop in found.record.hops:
            claimed = [claim.purposes for holder in hop.holders for claim in found.record.scopes[holder].claims]
            assert any(not hop.purposes or not purposes or related(atlas, hop.purposes, purposes) for purposes in claimed)
    assert steps > 10


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
