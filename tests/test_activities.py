"""ropa.activities, ropa.article_30, ropa.facets, and the list of activities: rows, counts, samples, files."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import subprocess
import sys
from collections import Counter
from datetime import date

import pyoxigraph as ox
import pytest
from flask import Flask
from flask.testing import FlaskClient

from ropa.activities import Activities, Entry, completeness, read_activities
from ropa.article_30 import CONTROLLER, PROCESSOR, judge_items
from ropa.facets import FACETS, ORDERS, Index, mechanism_states
from ropa.namespaces import DEFAULT_BASE, DPV, NOT_STATED, ROPA, expand, shorten
from ropa.registers import read_files, read_vocabulary
from ropa.store import QuadStore
from ropa.store.embedded import EmbeddedStore
from tests.conftest import ACME
from tests.pages import BROWSER, read, warm
from webapp import create_app
from webapp.activities.files import write_csv

NEWSLETTER, INVOICES = f"{DEFAULT_BASE}id/acme/activity/newsletter", f"{DEFAULT_BASE}id/acme/activity/invoices"
HEAD = "".join(line for line in ACME.read_text("utf-8").splitlines(keepends=True) if line.startswith("@prefix"))


def store_with(text: str) -> QuadStore:
    """A store of the vocabulary and the statements of a register called ``made``."""
    store = EmbeddedStore.in_memory()
    store.replace_graphs(read_vocabulary(DEFAULT_BASE))
    base = f"@base <{DEFAULT_BASE}> .\n"
    quads = list(ox.parse(f"{base}{HEAD}\n{text}", format=ox.RdfFormat.TURTLE))
    store.replace_graphs({f"{DEFAULT_BASE}graph/register/made": quads})
    return store


def index_of(store: QuadStore, day: date = date(2026, 11, 29)) -> Index:
    found = read_activities(store)
    states = mechanism_states(store, {mechanism for row in found.rows for mechanism in row.mechanisms}, day)
    return Index(found, states, [])


@pytest.fixture(scope="module")
def acme_rows(acme: QuadStore) -> Activities:
    return read_activities(acme)


@pytest.fixture(scope="module")
def everything(shipped: QuadStore) -> Index:
    return index_of(shipped)


@pytest.fixture
def client(shipped_app: Flask) -> FlaskClient:
    return shipped_app.test_client()


def test_a_row_has_what_the_record_says_with_its_limits_and_markers(acme_rows: Activities) -> None:
    invoices, newsletter = acme_rows.rows

    assert (invoices.label, newsletter.label, newsletter.register, newsletter.role) == ("Invoices", "Newsletter", "acme", "controller")
    assert newsletter.columns["people"] == (Entry(f"{DEFAULT_BASE}id/acme/subject/reader", "Reader of the newsletter", note="inferred"),)
    assert [(entry.label, entry.note) for entry in newsletter.columns["recipients"]] == [
        ("List cleaner (not named)", "if mails bounce"),
        ("Postmark", ""),
    ]
    assert invoices.columns["bases"] == (Entry(NOT_STATED, "not stated", marker=True),)
    assert newsletter.traits["basis"] == (expand("eu-gdpr:A6-1-a"),)
    assert invoices.traits["retention"] == ("period",)
    assert "basis:NotStated" in invoices.traits["unsaid"]


def test_the_same_completeness_is_told_for_one_activity_as_in_its_row(acme: QuadStore, acme_rows: Activities) -> None:
    states = {found.item.key: found.state for found in completeness(acme, INVOICES)}

    assert states == {
        "responsible": "recorded",
        "purposes": "not stated",
        "people": "partly",
        "recipients": "not stated",
        "transfers": "not stated",
        "limits": "recorded",
        "measures": "not stated",
    }
    assert completeness(acme, INVOICES) == acme_rows.rows[0].items
    assert completeness(acme, f"{DEFAULT_BASE}id/acme/party/postmark") == ()


def test_an_item_said_for_the_whole_register_or_denied_is_answered() -> None:
    measure, transfer = ROPA + "x", DPV + "hasTechnicalOrganisationalMeasure"
    general = {transfer: [measure], ROPA + "hasTransfer": [ROPA + "StatedNone"]}
    states = {found.item.key: (found.state, found.answered) for found in judge_items({}, general, processor=False)}

    assert states["measures"] == ("in general", True)
    assert states["transfers"] == ("stated none", True)
    assert states["purposes"] == ("nothing recorded", False)
    lost = judge_items({DPV + "hasPurpose": [ROPA + "LostInSource"]}, {}, processor=False)
    assert next(found.state for found in lost if found.item.key == "purposes") == "lost in the source"


def test_a_processor_is_asked_by_the_second_paragraph_and_a_controller_by_the_first() -> None:
    assert [item.article for item in CONTROLLER] == [f"Art. 30(1)({letter})" for letter in "abcdefg"]
    assert [item.article for item in PROCESSOR] == [f"Art. 30(2)({letter})" for letter in "abcd"]


def test_special_categories_and_kinds_follow_the_trees_of_the_vocabulary() -> None:
    store = store_with(
        """
        <id/register/made> a dpv:ROPA ; dcterms:title "Made" ; dpv:hasRecordOfActivity <id/made/activity/a> , <id/made/activity/b> .
        <id/made/activity/a> a ropa:ControllerActivity ; dcterms:title "A" ; dpv:hasPersonalData <id/made/category/faith> ;
            dpv:hasPurpose <id/made/purpose/mails> .
        <id/made/activity/b> a ropa:ProcessorActivity ; dcterms:title "B" ; dpv:hasPersonalData <id/made/category/any> .
        <id/made/category/faith> a dpv:PersonalData ; skos:prefLabel "Faith" ; skos:broader pd:EthnicOrigin .
        <id/made/category/any> a dpv:PersonalData ; skos:prefLabel "Anything" ; skos:broader dpv:PersonalData .
        <id/made/purpose/mails> a dpv:Purpose ; skos:prefLabel "Mails" ; skos:broader ropa:EmailNewsletter .
        """
    )
    a, b = read_activities(store).rows

    assert a.traits["special"] == ("yes",)
    assert b.traits["special"] == ("no",)
    assert b.traits["data"] == (DPV + "PersonalData",)
    assert all(DPV + "Purpose" in read_above(store, top) for top in a.traits["purpose"])


def test_a_limit_that_is_not_stated_counts_alike_wherever_that_is_recorded(shipped: QuadStore) -> None:
    traits = [row.traits for row in read_activities(shipped).rows]
    unsaid = Counter(value.partition(":")[2] for row in traits for value in row["unsaid"] if value.startswith("retention:"))

    assert unsaid["NotStated"] > 1
    assert unsaid == Counter(value for row in traits for value in row["retention"] if value in ("NotStated", "NotApplicable"))


DENIAL = """
    <id/register/made> a dpv:ROPA ; dcterms:title "Made" ; dpv:hasRecordOfActivity <id/made/activity/a> , <id/made/activity/b> ;
        ropa:hasDenial <id/made/denial/d> .
    <id/made/activity/a> a ropa:ControllerActivity ; dcterms:title "A" ; dpv:hasPersonalData <id/made/category/faith> .
    <id/made/activity/b> a ropa:ControllerActivity ; dcterms:title "B" ; dpv:hasPersonalData <id/made/category/any> .
    <id/made/category/faith> a dpv:PersonalData ; skos:prefLabel "Faith" ; skos:broader pd:EthnicOrigin .
    <id/made/category/any> a dpv:PersonalData ; skos:prefLabel "Anything" ; skos:broader dpv:PersonalData .
    <id/made/category/special> a dpv:PersonalData ; skos:prefLabel "Special" ; skos:broader dpv:SpecialCategoryPersonalData .
    <id/made/denial/d> a ropa:Denial ; skos:prefLabel "None" ; """


@pytest.mark.parametrize(
    ("denied", "told"),
    [
        ("dpv:hasPersonalData <id/made/category/special> ; ropa:denies dpv:Collect .", [("yes", "denied"), ("no", "denied")]),
        # Of one category alone it says nothing of the others.
        ("dpv:hasPersonalData <id/made/category/faith> ; ropa:denies dpv:Collect .", [("yes",), ("no",)]),
        # Who does not sell them may have them.
        ("dpv:hasPersonalData <id/made/category/special> ; ropa:denies dpv:Sell .", [("yes",), ("no",)]),
        (
            'dpv:hasPersonalData <id/made/category/special> ; ropa:denies dpv:Collect ; ropa:condition "unless asked" .',
            [("yes",), ("no",)],
        ),
    ],
)
def test_a_text_that_denies_special_categories_is_told_from_one_that_is_silent(denied: str, told: list[tuple[str, ...]]) -> None:
    assert [row.traits["special"] for row in read_activities(store_with(DENIAL + denied)).rows] == told


def test_the_shipped_denial_of_special_categories_can_be_chosen(shipped_app: Flask) -> None:
    told = json.loads(shipped_app.test_client().get("/activities.json?special=denied").data)

    assert {row["register"]["name"] for row in told} == {"akixi"}


def read_above(store: QuadStore, iri: str) -> set[str]:
    return {quad.object.value for quad in store.quads(ox.NamedNode(iri), ox.NamedNode(expand("skos:broader") or ""))}


def test_a_mechanism_is_judged_by_the_day(shipped: QuadStore) -> None:
    shield, clauses = ROPA + "EUUSPrivacyShield", expand("eu-gdpr:A46-2-c") or ""

    assert mechanism_states(shipped, [shield], date(2020, 7, 1))[shield] == "in force"
    assert mechanism_states(shipped, [shield], date(2020, 7, 17))[shield] == "ended"
    assert mechanism_states(shipped, [shield], date(2010, 1, 1))[shield] == "not yet in force"
    assert mechanism_states(shipped, [clauses, ROPA + "StatedNone"], date(2020, 7, 1))[clauses] == "no dates"


def test_counts_are_those_of_counting_row_by_row(everything: Index) -> None:
    selection = {"special": ("no",), "register": ("aculab", "akixi"), "retention": ("words",)}
    counted = everything.count(selection)

    def has(place: int, name: str, values: tuple[str, ...]) -> bool:
        row = everything.rows[place]
        told = {"register": (row.register,), "role": (row.role,)} | row.traits
        return bool(set(values) & set(told[name]))

    for name in (
        "register",
        "role",
        "purpose",
        "basis",
        "data",
        "special",
        "people",
        "recipient",
        "country",
        "retention",
        "lacks",
        "unsaid",
    ):
        others = {other: values for other, values in selection.items() if other != name}
        left = [place for place in range(len(everything.rows)) if all(has(place, other, values) for other, values in others.items())]
        expected = {value: sum(has(place, name, (value,)) for place in left) for value in everything.values(name)}
        assert {choice.value: choice.count for choice in counted[name]} == {value: number for value, number in expected.items() if number}
    chosen = everything.choose(selection)
    assert [has(row, "special", ("no",)) for row, bit in enumerate(reversed(f"{chosen:b}")) if bit == "1"].count(False) == 0
    assert set(FACETS) == set(counted)


def test_every_order_keeps_every_row_and_turns_round(everything: Index) -> None:
    everyone = everything.choose({})
    for name in ORDERS:
        first, last = everything.order(everyone, name), everything.order(everyone, f"-{name}")
        assert len(first) == len(last) == len(everything.rows)
    names = [row.label.casefold() for row in everything.order(everyone, "name")]
    assert names == sorted(names)


def test_words_are_found_at_the_beginnings_of_words_whatever_their_accents(everything: Index) -> None:
    def found(text: str) -> set[str]:
        return {row.iri for row in everything.order(everything.choose({}, everything.search(text)), "name")}

    assert found("google analyt") == found("Ánalyt GOOGLE")
    assert found("google analyt")
    assert found("oogle") == set()
    assert len(found("  ")) == len(everything.rows)


def test_a_sample_can_be_drawn_again_by_anybody(everything: Index) -> None:
    rows = everything.order(everything.choose({}), "register")
    drawn = {row.iri for row in everything.sample(rows, 7, "audit 2026")}

    def digest(iri: str) -> str:
        return hashlib.sha256(f"audit 2026\n{shorten(iri, DEFAULT_BASE)}".encode()).hexdigest()

    assert drawn == set(sorted((row.iri for row in rows), key=digest)[:7])
    assert {row.iri for row in everything.sample(list(reversed(rows)), 7, "audit 2026")} == drawn
    assert {row.iri for row in everything.sample(rows, 7, "another")} != drawn
    assert len(everything.sample(rows, 500, "x")) == len(rows)
    # An activity less elsewhere does not change the rest of the sample.
    fewer = [row for row in rows if row.iri not in drawn][:1]
    assert {row.iri for row in everything.sample([row for row in rows if row not in fewer], 7, "audit 2026")} == drawn


def test_a_sample_does_not_depend_on_the_hashing_of_a_process() -> None:
    program = (
        "from datetime import date\nfrom ropa.activities import read_activities\nfrom ropa.facets import Index\n"
        "from tests.conftest import fill_with_acme\nfrom ropa.store.embedded import EmbeddedStore\n"
        "store = EmbeddedStore.in_memory()\nfill_with_acme(store)\nindex = Index(read_activities(store), {}, [])\n"
        "print([row.label for row in index.sample(index.rows, 1, 's')], list(index.count({})['unsaid']))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }

    assert len(told) == 1


def test_a_line_of_the_table_says_what_is_not_stated_and_on_which_condition(acme_rows: Activities) -> None:
    lines = list(csv.reader(io.StringIO(write_csv(acme_rows.rows, ["bases", "recipients", "complete"], {}))))
    assert lines[0] == ["activity", "name", "bases", "recipients", "complete", "open items"]
    assert lines[1][2:4] == ["[not stated]", "[not stated]"]
    assert lines[2][3] == "List cleaner (not named) (if mails bounce); Postmark"


def test_the_page_and_the_files_hold_exactly_what_is_chosen(client: FlaskClient) -> None:
    query = "role=processor&register=akixi&register=CloudCall+register&sort=name"
    page = read(client.get(f"/activities?{query}", headers=BROWSER))
    told = json.loads(client.get(f"/activities.json?{query}").data)
    lines = list(csv.DictReader(io.StringIO(client.get(f"/activities.csv?{query}").get_data(as_text=True))))

    assert len(told) == len(lines) == 6
    assert "6 activities of 138" in page
    assert [line["name"] for line in lines] == [activity["name"] for activity in told]
    assert {activity["role"] for activity in told} == {"processor"}
    assert all(activity["name"] in page for activity in told)
    assert all(set(activity["findings"]) == {"Violation", "Warning", "Info"} for activity in told)


def test_a_choice_can_be_taken_away_and_another_added_by_links_alone(client: FlaskClient) -> None:
    html = client.get("/activities?special=no&register=aculab", headers=BROWSER).get_data(as_text=True)

    assert 'href="/activities?register=aculab"' in html
    assert "special=no&amp;register=aculab&amp;register=akixi" in html
    assert "special=no&amp;register=aculab&amp;role=controller" in html


def test_a_label_stands_for_what_it_names_and_an_unknown_one_is_told_of(client: FlaskClient) -> None:
    by_label = json.loads(client.get("/activities.json?purpose=marketing&columns=purposes").data)
    by_name = json.loads(client.get("/activities.json?purpose=dpv:Marketing&columns=purposes").data)
    wrong = client.get("/activities?purpose=marketting")

    assert by_label == by_name != []
    assert wrong.status_code == 400
    assert "Did you mean marketing?" in wrong.json["detail"]  # type: ignore[index]


def test_columns_are_those_asked_for(client: FlaskClient) -> None:
    for query in ("columns=bases,findings", "columns=findings&columns=bases"):
        head = client.get(f"/activities.csv?{query}").get_data(as_text=True).splitlines()[0]
        assert head == "activity,name,bases,violation findings,warning findings,info findings"


def test_the_sample_of_an_address_is_told_how_it_was_drawn(client: FlaskClient) -> None:
    page = client.get("/activities?sample=5&seed=audit", headers=BROWSER)
    again = client.get("/activities?sample=5&seed=audit", headers=BROWSER)

    assert "A sample of 5 of 138 activities, drawn with the seed audit" in read(page)
    assert "SHA-256" in read(page)
    assert page.data == again.data
    assert len(json.loads(client.get("/activities.json?sample=5&seed=audit").data)) == 5


def test_findings_can_be_chosen_by_and_ordered_by(client: FlaskClient) -> None:
    worst = json.loads(client.get("/activities.json?sort=-findings&columns=findings&finding=Violation").data)
    numbers = [tuple(activity["findings"].values()) for activity in worst]

    assert numbers == sorted(numbers, reverse=True)
    assert all(first for first, *_ in numbers)
    page = client.get("/activities?finding=Violation", headers=BROWSER).get_data(as_text=True)
    assert "/findings?activity=https%3A%2F%2Fropa.example%2Fid%2F" in page


def test_pages_are_of_fifty_and_the_last_has_the_rest(client: FlaskClient) -> None:
    last = read(client.get("/activities?page=99", headers=BROWSER))

    assert "Activities 101 to 138" in last
    assert "page 3 of 3" in last


@pytest.mark.parametrize(
    "query",
    ["colour=red", "sort=colour", "columns=colour", "sample=0", "sample=501", "sample=x", "finding=Terrible", "special=maybe",
     "unsaid=basis", "register=nobody", f"q={'x' * 201}", f"sample=3&seed={'x' * 201}"],
)  # fmt: skip
def test_what_cannot_be_chosen_is_said(client: FlaskClient, query: str) -> None:
    for address in ("/activities", "/activities.json"):
        assert client.get(f"{address}?{query}").status_code == 400


def test_an_unknown_form_of_file_is_not_found(client: FlaskClient) -> None:
    assert client.get("/activities.doc").status_code == 404


def test_a_store_without_registers_says_so() -> None:
    store = EmbeddedStore.in_memory()
    store.replace_graphs(read_vocabulary(DEFAULT_BASE))
    app = create_app(store)
    page = app.test_client().get("/activities", headers=BROWSER)

    assert page.status_code == 200
    assert "No activity is recorded yet" in read(page)
    app.extensions["ropa"].close()


def test_a_write_shows_in_the_next_answer() -> None:
    store = EmbeddedStore.in_memory()
    store.replace_graphs({**read_vocabulary(DEFAULT_BASE), **read_files([ACME], DEFAULT_BASE)})
    app = create_app(store)
    warm(app)
    before = app.test_client().get("/activities.json")
    store.replace_graphs({f"{DEFAULT_BASE}graph/register/acme": []})
    warm(app)
    after = app.test_client().get("/activities.json", headers={"If-None-Match": before.headers["ETag"]})

    assert (len(json.loads(before.data)), after.status_code, json.loads(after.data)) == (2, 200, [])
    app.extensions["ropa"].close()
