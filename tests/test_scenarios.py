"""ropa.scenarios: what a supposition changes is told, and tried in a copy only."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ropa.errors import BadParameter, NotFound
from ropa.findings import Finding, check_store
from ropa.namespaces import ROPA
from ropa.scenarios import Change, suppose
from ropa.store import QuadStore, open_store

SHIELD = f"{ROPA}EUUSPrivacyShield"
ENDED = date(2020, 7, 15)
"""The last day on which the EU-US Privacy Shield held, by ``ontology/law.ttl``."""
BEFORE = date(2019, 1, 1)
BASE = "https://ropa.example/"
UNITED_STATES = "https://w3id.org/dpv/loc#US"


def transfers(found: list[Finding], shape: str, register: str) -> set[str]:
    return {finding.focus_label for finding in found if (finding.shape_name, finding.register) == (shape, register)}


@pytest.fixture(scope="module")
def without_shield(shipped: QuadStore) -> Change:
    return suppose(shipped, BEFORE, without=SHIELD)


def test_without_the_privacy_shield_cloudcall_sends_on_nothing(without_shield: Change) -> None:
    assert without_shield.kind == "mechanism"
    assert without_shield.removed == 1
    assert without_shield.settled == []
    assert transfers(without_shield.appeared, "Transfer-mechanism-inForce", "cloudcall") == {
        "Personal information from the EEA under the EU-U.S. Privacy Shield",
        "Human resources data from the EU",
        "Personal data of EU Individuals in customers’ communications",
    }
    assert {finding.register for finding in without_shield.appeared} == {"cloudcall", "aelintra"}
    assert [finding.severity for finding in without_shield.appeared] == ["Violation"] * 3 + ["Warning"] * 3


def test_what_appears_is_what_a_check_after_the_end_finds(shipped: QuadStore, without_shield: Change) -> None:
    then = {finding.id for finding in check_store(shipped, ["cloudcall", "aelintra"], date(2020, 7, 17))}
    now = {finding.id for finding in check_store(shipped, ["cloudcall", "aelintra"], BEFORE)}

    assert {finding.id for finding in without_shield.appeared} <= then - now


def test_what_is_touched_is_the_answer_of_the_catalogue(without_shield: Change) -> None:
    assert without_shield.touched is not None
    place = without_shield.touched.columns.index("registerLabel")
    assert {label.value for row in without_shield.touched.rows if (label := row[place])} == {"CloudCall register", "Aelintra register"}


def test_an_instrument_that_has_ended_cannot_end_again(shipped: QuadStore) -> None:
    change = suppose(shipped, date(2021, 1, 1), without=SHIELD)

    assert (change.removed, change.appeared, change.settled) == (0, [], [])
    assert change.kept > 0


def test_without_a_place_all_that_covers_it_ends(shipped: QuadStore, without_shield: Change) -> None:
    change = suppose(shipped, BEFORE, without=UNITED_STATES)

    assert change.kind == "place"
    assert change.removed > without_shield.removed
    assert {finding.id for finding in without_shield.appeared} < {finding.id for finding in change.appeared}
    assert "Human resources data from Switzerland" in transfers(change.appeared, "Transfer-mechanism-inForce", "cloudcall")


def test_without_a_party_what_was_found_about_its_flows_is_settled(shipped: QuadStore, acme: QuadStore) -> None:
    mailchimp = suppose(shipped, BEFORE, without=f"{BASE}id/party/mailchimp")
    postmark = suppose(acme, BEFORE, without=f"{BASE}id/acme/party/postmark")

    assert mailchimp.kind == postmark.kind == "party"
    assert mailchimp.appeared == postmark.appeared == []
    assert {finding.focus for finding in mailchimp.settled} == {f"{BASE}id/aculab/flow/mailchimp"}
    assert [(finding.shape_name, finding.focus_label) for finding in postmark.settled] == [
        ("DataFlow-processorAgreement-told", "E-mail address to Postmark")
    ]
    # The flow with its eight statements and the one that leads to it; evidence does not count.
    assert postmark.removed == 9


def test_without_an_unnamed_party_the_rest_stays_as_it_is(acme: QuadStore) -> None:
    change = suppose(acme, BEFORE, without=f"{BASE}id/acme/party/cleaner")

    assert {finding.focus_label for finding in change.settled} == {"E-mail address to a list cleaner"}
    assert change.kept == len([finding for finding in check_store(acme, ["acme"], BEFORE) if finding.concern == "duty"]) - len(
        change.settled
    )


def test_the_day_moves_over_the_end_of_an_instrument(shipped: QuadStore, without_shield: Change) -> None:
    over = suppose(shipped, ENDED, later=date(2020, 7, 17))
    back = suppose(shipped, date(2020, 7, 17), later=ENDED)

    assert (over.kind, over.removed, over.touched) == ("", 0, None)
    assert {finding.id for finding in without_shield.appeared} <= {finding.id for finding in over.appeared}
    assert {finding.shape_name for finding in over.settled} == {"Transfer-mechanism-lasting"}
    assert {finding.id for finding in over.appeared} == {finding.id for finding in back.settled}
    assert {finding.id for finding in over.settled} == {finding.id for finding in back.appeared}
    assert over.kept == back.kept


def test_a_day_and_a_thing_are_supposed_together(shipped: QuadStore) -> None:
    change = suppose(shipped, BEFORE, without=f"{ROPA}SwissUSPrivacyShield", later=date(2020, 7, 17))

    assert {"Human resources data from Switzerland", "Human resources data from the EU"} <= transfers(
        change.appeared, "Transfer-mechanism-inForce", "cloudcall"
    )


def test_only_what_the_law_asks_is_compared(shipped: QuadStore, without_shield: Change) -> None:
    party = suppose(shipped, BEFORE, without=f"{BASE}id/party/mailchimp")

    assert {finding.concern for change in (party, without_shield) for finding in [*change.appeared, *change.settled]} == {"duty"}


def test_nothing_is_written(store_folder: Path) -> None:
    with open_store(store_folder) as store:
        revision = store.revision
        before = {graph: set(store.quads(graph=graph)) for graph in store.graphs()}
        for without in (f"{BASE}id/acme/party/postmark", SHIELD, UNITED_STATES):
            assert suppose(store, BEFORE, without=without, later=ENDED).removed > 0

        assert store.revision == revision
        assert {graph: set(store.quads(graph=graph)) for graph in store.graphs()} == before


@pytest.mark.parametrize(
    ("without", "day", "later", "error", "words"),
    [
        (None, BEFORE, None, BadParameter, "Say what falls away"),
        (None, BEFORE, BEFORE, BadParameter, "Say what falls away"),
        (f"{BASE}id/party/nobody", BEFORE, None, NotFound, "There is no thing 'https://ropa.example/id/party/nobody'"),
        (f"{BASE}id/acme/activity/newsletter", BEFORE, None, BadParameter, "cannot fall away"),
        (f"{ROPA}NotStated", BEFORE, None, BadParameter, "cannot fall away"),
        (SHIELD, date.min, None, BadParameter, "0001-01-01 has no day before it"),
        (SHIELD, BEFORE, date.min, BadParameter, "0001-01-01 has no day before it"),
    ],
)
def test_what_cannot_be_supposed_is_refused(
    acme: QuadStore, without: str | None, day: date, later: date | None, *, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        suppose(acme, day, without=without, later=later)
