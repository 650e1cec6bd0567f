"""ropa.comparison and the page: what only one has, what both have, in which words."""

from __future__ import annotations

from collections import Counter

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ropa.activities import read_activities
from ropa.comparison import TOPICS, Field, compare_registers, compare_things, kind_of_thing
from ropa.namespaces import DEFAULT_BASE, DPV, ROPA
from ropa.records import Record, Terms
from ropa.registers import find_register
from ropa.store import QuadStore
from ropa.things import Reader
from tests.pages import BROWSER, read

NEWSLETTER, INVOICES = f"{DEFAULT_BASE}id/acme/activity/newsletter", f"{DEFAULT_BASE}id/acme/activity/invoices"


@pytest.fixture
def client(shipped_app: Flask) -> FlaskClient:
    return shipped_app.test_client()


def registers(store: QuadStore, a: str, b: str) -> dict[str, Field]:
    records = [Record(store, find_register(store, slug)) for slug in (a, b)]
    return {found.key: found for found in compare_registers(Reader(store), Terms(store), *records)}


def test_two_activities_differ_field_by_field_with_phrases_conditions_and_markers(acme: QuadStore) -> None:
    fields = {found.key: found for found in compare_things(Reader(acme), Terms(acme), NEWSLETTER, INVOICES)}
    purpose, recipient = fields[DPV + "hasPurpose"], fields[f"{ROPA}hasDataFlow {DPV}hasRecipient"]

    assert [(saying.value.label, saying.value.no_value) for saying in purpose.only_here] == [("Sending the newsletter", False)]
    assert [(saying.value.label, saying.value.no_value) for saying in purpose.only_there] == [("not stated", True)]
    assert purpose.only_here[0].value.citations[0].quote == "to get our newsletter"
    assert {saying.value.label: saying.note for saying in recipient.only_here} == {
        "List cleaner (not named)": "if mails bounce",
        "Postmark": "",
    }
    assert [row.words for row in fields[DPV + "hasDataController"].both] == ["Acme"]
    assert not fields[DPV + "hasDataController"].differs


def test_one_ground_under_two_laws_is_no_difference_and_each_side_says_its_law(shipped: QuadStore) -> None:
    bases = registers(shipped, "pipcall", "aelintra")["bases"]
    contract = next(row for row in bases.both if "6(1)(b)" in row.words)

    said = [saying.value.label for saying in (contract.here, contract.there) if saying]
    assert said == ["UK GDPR Art. 6(1)(b): contract", "Art. 6(1)(b): contract"]
    assert contract.label == said[1]
    assert {saying.value.label for saying in bases.only_there} == {"Art. 49(1)(a): explicit consent to a transfer"}


def test_a_part_without_words_of_a_condition_is_marked_by_its_modality(shipped: QuadStore) -> None:
    fields = registers(shipped, "pipcall", "aculab")
    notes = {saying.note for found in fields.values() for row in found.rows for saying in (row.here, row.there) if saying}

    assert any(note.startswith("hypothetical") for note in notes), notes
    assert not any(note.startswith("actual") for note in notes)
    assert "conditional" in notes


def test_a_thing_does_not_differ_from_itself(acme: QuadStore) -> None:
    assert not any(found.differs for found in compare_things(Reader(acme), Terms(acme), NEWSLETTER, NEWSLETTER))


def test_registers_are_compared_by_shared_terms_in_the_words_of_each(shipped: QuadStore) -> None:
    fields = registers(shipped, "aculab", "akixi")
    purposes = fields["purposes"]

    assert set(fields) <= {topic[0] for topic in TOPICS} | {"unsaid"}
    reworded = [row for row in purposes.both if row.label]
    assert reworded
    assert all(row.here and row.there and row.here.value.label != row.there.value.label for row in reworded)
    assert any(saying.value.citations for saying in purposes.only_here)
    assert len(purposes.only_here) + len(purposes.only_there) + len(purposes.both) == len(purposes.rows)
    assert [row.differs for row in purposes.rows] == sorted((row.differs for row in purposes.rows), reverse=True)


def test_the_other_way_round_is_the_same_turned_round(shipped: QuadStore) -> None:
    one, other = registers(shipped, "pipcall", "cloudcall"), registers(shipped, "cloudcall", "pipcall")

    assert {key: (len(found.only_here), len(found.only_there)) for key, found in one.items()} == {
        key: (len(found.only_there), len(found.only_here)) for key, found in other.items()
    }


def test_what_each_leaves_unsaid_is_counted_by_activity(shipped: QuadStore) -> None:
    said = [saying for row in registers(shipped, "aculab", "akixi")["unsaid"].rows for saying in (row.here, row.there) if saying]

    assert all(saying.value.no_value and ":" in saying.trait for saying in said)
    rows = [row for row in read_activities(shipped).rows if row.register == "aculab"]
    counted = {row.here.trait: row.here.times for row in registers(shipped, "aculab", "akixi")["unsaid"].rows if row.here}
    assert counted == Counter(trait for row in rows for trait in row.traits["unsaid"])


def test_the_kind_of_a_thing(shipped: QuadStore) -> None:
    assert kind_of_thing(shipped, f"{DEFAULT_BASE}id/register/aculab") == "register"
    assert kind_of_thing(shipped, f"{DEFAULT_BASE}id/party/mailchimp") == "party"


def test_the_page_takes_names_titles_and_short_names(client: FlaskClient) -> None:
    by_slug = client.get("/compare?a=aculab&b=akixi", headers=BROWSER)
    by_title = client.get("/compare?a=Aculab+register&b=id/register/akixi", headers=BROWSER)

    assert "Aculab register and Akixi register" in read(by_slug)
    assert by_slug.data == by_title.data
    assert "/activities?register=aculab&amp;unsaid=transfer:NotStated" in by_slug.get_data(as_text=True)


def test_the_page_shows_what_both_have_when_asked(client: FlaskClient) -> None:
    address = "/compare?a=id/aculab/activity/livechat&b=id/aculab/activity/newsletter"
    some, every = read(client.get(address, headers=BROWSER)), read(client.get(f"{address}&all=1", headers=BROWSER))

    assert "All fields" in some
    assert "without a difference" in some
    assert "Only what differs" in every
    assert "Both " in every
    assert len(every) > len(some)


def test_the_form_stands_alone_until_both_are_named(client: FlaskClient) -> None:
    for address in ("/compare", "/compare?a=aculab", "/compare?b=aculab"):
        assert "Name two things of the same kind" in read(client.get(address, headers=BROWSER))
    assert "Both are the same." in read(client.get("/compare?a=aculab&b=aculab", headers=BROWSER))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("a=aculab&b=Mailchimp", "Compare two things of the same kind"),
        ("a=Mailchmp&b=Mailchimp", "nothing is called"),
        ("a=Email+address&b=Mailchimp", "things are called"),
        ("a=a%20b%3A%3C&b=x", "nothing is called"),
    ],
)
def test_what_cannot_be_compared_is_said(client: FlaskClient, query: str, said: str) -> None:
    response = client.get(f"/compare?{query}")

    assert response.status_code == 400
    assert said in response.json["detail"]  # type: ignore[index]


def test_an_iri_of_nothing_is_not_found(client: FlaskClient) -> None:
    assert client.get("/compare?a=https://nobody.example/x&b=aculab").status_code == 404
