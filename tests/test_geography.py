"""ropa.geography: routes of the registers, and how each stands on a day; the truths are those of the texts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from pyoxigraph import NamedNode

from ropa.geography import NOBODY, Atlas, Row, count_flows, count_places, count_statuses, draw_diagram, draw_lines
from ropa.namespaces import DEFAULT_BASE
from ropa.registers import read_files, read_vocabulary
from ropa.store import QuadStore
from ropa.store.embedded import EmbeddedStore
from ropa.things import Reader
from tests.conftest import HERE

HELD, LAPSED, TODAY = date(2020, 7, 15), date(2020, 7, 17), date(2026, 11, 22)
"""The last day of the EU-US Privacy Shield, the day after the judgment, and a day long after."""
LOC = "https://w3id.org/dpv/loc#"


def make(store: QuadStore) -> Atlas:
    reader = Reader(store)
    return Atlas(store, lambda iri: reader.label(NamedNode(iri)))


@pytest.fixture(scope="module")
def atlas(shipped: QuadStore) -> Atlas:
    return make(shipped)


def rows_of(atlas: Atlas, day: date, flow: str) -> dict[str, Row]:
    """Return the rows of a flow, by the end of the IRI of their place."""
    found = [row for row in atlas.rows(day) if row.route.flow == f"{DEFAULT_BASE}id/{flow}"]
    return {row.route.place.iri.rpartition("#")[2].rpartition("/")[2]: row for row in found}


def statuses(atlas: Atlas, day: date, flow: str) -> dict[str, str]:
    return {place: row.standing.status for place, row in rows_of(atlas, day, flow).items()}


# The Court held the EU-US Privacy Shield invalid on 16 July 2020 (C-311/18); the Swiss one fell on 8 September 2020.
@pytest.mark.parametrize(
    ("flow", "day", "expected"),
    [
        ("cloudcall/transfer/eu-us-privacy-shield", HELD, {"US": "in-force"}),
        ("cloudcall/transfer/eu-us-privacy-shield", LAPSED, {"US": "not-in-force"}),
        ("cloudcall/transfer/supplement-eu", LAPSED, {"US": "not-in-force"}),
        ("cloudcall/transfer/swiss-us-privacy-shield", LAPSED, {"US": "in-force"}),
        ("cloudcall/transfer/swiss-us-privacy-shield", date(2020, 9, 8), {"US": "not-in-force"}),
        ("cloudcall/transfer/hr-eu", LAPSED, {"NotStated": "not-in-force"}),
        # From the United Kingdom, where Union law governed exports until the end of 2020, a Swiss instrument is of no use.
        ("cloudcall/transfer/onward-certified", HELD, {"NotStated": "in-force"}),
        ("cloudcall/transfer/onward-certified", LAPSED, {"NotStated": "unfit"}),
        ("cloudcall/flow/fdpic", TODAY, {"CH": "not-needed"}),
        ("aelintra/transfer/third-parties-eu-us-shield", HELD, {"US": "in-force", "third-party-countries": "in-force"}),
        ("aelintra/transfer/third-parties-eu-us-shield", LAPSED, {"US": "not-in-force", "third-party-countries": "not-in-force"}),
        # "will be transmitted to and stored by a Google server in the United States", and nothing is said of an instrument.
        ("aelintra/transfer/google-analytics", TODAY, {"US": "not-stated"}),
        # "standard contractual clauses approved by the European Commission": which set is not said.
        ("aelintra/transfer/partners", TODAY, {"US": "undated", "partner-countries": "undated"}),
        # "computers situated in the United Kingdom, the EEA, the United States, and in other jurisdictions"
        (
            "aelintra/storage/computers",
            TODAY,
            {"GB": "not-needed", "EEA": "not-needed", "US": "not-stated", "other-jurisdictions": "unknown"},
        ),
        # The copy of the text lost the list of safeguards.
        ("akixi/transfer/third-parties", TODAY, {"outside": "lost"}),
        ("aculab/storage/ireland", TODAY, {"IE": "not-needed"}),
        ("aculab/storage/virginia", TODAY, {"US-VA": "not-stated"}),
        ("pipcall/transfer/adequacy", TODAY, {"NotStated": "undated"}),
    ],
)
def test_a_route_stands_as_the_text_and_the_law_of_the_day_say(atlas: Atlas, flow: str, day: date, expected: dict[str, str]) -> None:
    assert statuses(atlas, day, flow) == expected


def test_the_reason_names_the_instrument_and_its_last_day(atlas: Atlas) -> None:
    row = rows_of(atlas, LAPSED, "cloudcall/transfer/eu-us-privacy-shield")["US"]

    assert row.standing.reason == "EU-US Privacy Shield: held until 15 July 2020."
    assert rows_of(atlas, TODAY, "aculab/storage/ireland")["IE"].standing.reason == (
        "No instrument is needed: UK adequacy regulations for the EEA."
    )
    assert "within the legal area (European Union)" in rows_of(atlas, LAPSED, "aculab/storage/ireland")["IE"].standing.reason


def test_what_pipcall_says_would_happen_is_hypothetical_and_its_denial_is_told(atlas: Atlas, sources: Path) -> None:
    assert "We do not transfer your personal data outside of the EU or the UK." in (sources / "pipcall.txt").read_text("utf-8")

    rows = atlas.select(TODAY, {"register": "pipcall", "kind": "transfer"})

    assert {row.route.modality for row in rows} == {"hypothetical"}
    assert not any(row.route.place.known for row in rows)
    assert atlas.denials == [("pipcall", f"{DEFAULT_BASE}id/register/pipcall")]


def test_who_sends_and_from_where_is_not_made_up(atlas: Atlas) -> None:
    received = rows_of(atlas, TODAY, "cloudcall/transfer/supplement-eu")["US"].route
    sent = rows_of(atlas, TODAY, "aelintra/transfer/google-analytics")["US"].route
    named = rows_of(atlas, TODAY, "aelintra/transfer/partners")["US"].route

    assert (received.sender, received.sender_known, received.origins) == ("", "not recorded", ())
    assert (sent.sender, sent.sender_known, sent.origins) == (f"{DEFAULT_BASE}id/party/aelintra", "keeps the record", (LOC + "GB",))
    assert (named.sender_known, named.origins) == ("recorded", (LOC + "EEA",))


def test_a_condition_is_kept_with_a_storage_that_has_no_modality(atlas: Atlas) -> None:
    route = rows_of(atlas, TODAY, "aculab/storage/virginia")["US-VA"].route

    assert (route.modality, route.conditions) == ("conditional", ("in the region that you choose to operate in",))


def test_a_flow_is_no_firmer_than_the_activities_that_have_it(atlas: Atlas) -> None:
    (route,) = [route for route in atlas.routes if route.flow == f"{DEFAULT_BASE}id/akixi/flow/aggregated-data"]

    assert route.modality == "conditional"


def test_an_origin_is_the_seat_of_the_sender_where_the_text_names_none(atlas: Atlas) -> None:
    named, seated = (rows_of(atlas, TODAY, f"aelintra/transfer/{name}")["US"].route for name in ("partners", "google-analytics"))

    assert (named.origin_told, seated.origin_told) == (True, False)


def test_a_question_that_does_not_arise_is_a_status_of_its_own(tiny: Atlas) -> None:
    row = rows_of(tiny, TODAY, "tiny/flow/moot")["IN"]

    assert (row.standing.status, row.standing.reason) == ("not-applicable", "The record says that the question does not arise.")


def test_a_region_counts_for_its_country_and_words_for_none(atlas: Atlas) -> None:
    places = {(place.key.removeprefix(LOC), place.kind): place for place in count_places(atlas.rows(TODAY))}

    assert places["US", "country"].total == 13
    assert ("US-VA", "country") not in places
    assert {key for key, _ in places} == {"US", "GB", "IE", "CH", "EEA", "EU", "described", "not-stated"}


def test_each_row_is_counted_once_in_every_table(atlas: Atlas) -> None:
    rows = [row for row in atlas.rows(LAPSED) if not row.apart]
    diagram = draw_diagram(rows)

    assert sum(place.total for place in count_places(rows)) == len(rows) == sum(count_statuses(rows).values())
    for column in ("sender", "place"):
        assert sum(node.total for node in diagram.nodes if node.column == column) == len(rows)
    into_places = sum(link.total for link in diagram.links if link.target[0] == "place")
    assert into_places == len(rows)
    assert count_flows(rows) < len(rows)


def test_a_map_has_a_line_from_each_known_origin_and_counts_the_rest(atlas: Atlas) -> None:
    rows = [row for row in atlas.rows(LAPSED) if row.route.place.known]
    lines = draw_lines(rows)
    started = sum(len(set(row.route.origins) - {row.route.place.key}) for row in rows)

    assert sum(line.total for line in lines.drawn) == started
    assert lines.without_origin == sum(not row.route.origins for row in rows) == 2
    assert lines.inside == 1  # computers in the United Kingdom, of an organisation there
    assert {line.origin for line in draw_lines(rows, LOC + "EEA").drawn} == {LOC + "EEA"}


@pytest.mark.parametrize(
    ("filters", "flows"),
    [
        ({"place": LOC + "US", "register": "aculab"}, {"aculab/storage/california", "aculab/storage/virginia"}),
        ({"place": LOC + "US-VA"}, {"aculab/storage/virginia"}),
        ({"party": f"{DEFAULT_BASE}id/party/google"}, {"aculab/flow/google-plus", "aelintra/transfer/google-analytics"}),
        ({"recipient": NOBODY, "place": LOC + "IE"}, {"aculab/storage/ireland"}),
        ({"origin": LOC + "EEA", "status": "undated"}, {"aelintra/transfer/partners"}),
        ({"sender": NOBODY, "modality": "actual", "origin": LOC + "CH"}, {"cloudcall/transfer/swiss-us-privacy-shield"}),
        # A category below the one asked for counts.
        ({"category": "https://w3id.org/dpv/pd#IPAddress", "kind": "transfer"}, {"aelintra/transfer/google-analytics"}),
    ],
)
def test_filters_leave_what_they_say(atlas: Atlas, filters: dict[str, str], flows: set[str]) -> None:
    found = {row.route.flow.removeprefix(f"{DEFAULT_BASE}id/") for row in atlas.select(TODAY, filters)}

    assert found == flows


def test_a_union_is_shaded_as_its_members_of_the_day(atlas: Atlas) -> None:
    assert LOC + "GB" in atlas.members(HELD.replace(year=2019), LOC + "EU")
    assert LOC + "GB" not in atlas.members(LAPSED, LOC + "EU")
    assert len(atlas.members(TODAY, LOC + "EEA")) == 30
    assert atlas.members(TODAY, LOC + "GB") == ()


def test_the_invented_register_sends_to_ireland_and_nothing_is_known_of_its_law(acme: QuadStore) -> None:
    rows = make(acme).rows(TODAY)

    told = {(row.route.flow.rpartition("/")[2], row.route.place.kind, row.standing.status, row.apart) for row in rows}
    assert told == {("postmark", "country", "unknown", False), ("cleaner", "not-stated", "unknown", True)}


@pytest.fixture(scope="module")
def tiny() -> Atlas:
    store = EmbeddedStore.in_memory()
    store.replace_graphs({**read_vocabulary(DEFAULT_BASE), **read_files([HERE / "geography" / "tiny.ttl"], DEFAULT_BASE)})
    return make(store)


@pytest.mark.parametrize(
    ("flow", "day", "expected"),
    [
        ("tiny/flow/host", TODAY, {"IE": "not-needed"}),
        # The host in Ireland passes the data on, so Union law governs, and the clauses of 2021 are of it.
        ("tiny/flow/onward", TODAY, {"SG": "in-force"}),
        ("tiny/flow/onward", HELD, {"SG": "not-in-force"}),
        # From the United Kingdom they are of no use by themselves.
        ("tiny/flow/union", TODAY, {"IN": "unfit"}),
        ("tiny/flow/none", TODAY, {"IN": "stated-none"}),
        # UK law kept the decision for Japan.
        ("tiny/flow/japan", TODAY, {"JP": "in-force"}),
        ("tiny/flow/clauses", date(2019, 1, 1), {"IN": "in-force"}),
        # Kept in UK law for contracts made before, which the record does not tell.
        ("tiny/flow/clauses", date(2023, 6, 1), {"IN": "undated"}),
        ("tiny/flow/clauses", TODAY, {"IN": "not-in-force"}),
        ("tiny/storage/silent", TODAY, {"": "unknown"}),
    ],
)
def test_the_law_of_the_sender_decides(tiny: Atlas, flow: str, day: date, expected: dict[str, str]) -> None:
    assert statuses(tiny, day, flow) == expected


def test_the_country_of_the_recipient_stands_in_and_says_so(tiny: Atlas) -> None:
    assert rows_of(tiny, TODAY, "tiny/flow/host")["IE"].route.place.of_recipient
    onward = rows_of(tiny, TODAY, "tiny/flow/onward")["SG"].route
    assert not onward.place.of_recipient
    assert (onward.sender, onward.sender_known) == (f"{DEFAULT_BASE}id/tiny/party/host", "passes the data on")


def test_a_storage_of_which_nothing_is_told_is_listed_apart(tiny: Atlas) -> None:
    row = rows_of(tiny, TODAY, "tiny/storage/silent")[""]

    assert (row.route.place.kind, row.apart) == ("not-recorded", True)
    assert tiny.denials == [("tiny", f"{DEFAULT_BASE}id/register/tiny")]
