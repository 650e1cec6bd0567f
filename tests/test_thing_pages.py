"""The pages of activities, parties and terms: items of Art. 30 with findings, use in all registers, the law of today, bounded lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from datetime import date
from html import unescape
from time import monotonic

import pyoxigraph as ox
import pytest
from flask import Flask
from flask.testing import FlaskClient

from ropa.adequacy import ADEQUATE, INSIDE, NONE, PARTLY, UNKNOWN, read_law
from ropa.findings import Finding, Named
from ropa.lifecycles import activities_of, differing, follow, length, limits
from ropa.namespaces import DEFAULT_BASE, DPV, PREFIXES, ROPA, expand
from ropa.parties import chains, places, promises, touched
from ropa.registers import Register
from ropa.store import QuadStore
from ropa.store.embedded import EmbeddedStore
from ropa.uses import MOST_COUNTED, Uses, by_subject, count_mentions
from tests.conftest import fill_with_acme
from tests.pages import BROWSER, read
from webapp import create_app

BASE = DEFAULT_BASE
CHAIN = """
<graph/register/acme> {
<id/acme/flow/postmark> ropa:engagesSubProcessor <id/acme/flow/host> ; ropa:hasMechanism ropa:EUUSPrivacyShield .
<id/acme/flow/host> a ropa:DataFlow ; skos:prefLabel "Postmark’s host"@en ; dpv:hasRecipient <id/acme/party/host> ;
    dpv:hasLocation loc:US ; ropa:engagesSubProcessor <id/acme/flow/tape> .
<id/acme/flow/tape> a ropa:DataFlow ; skos:prefLabel "Tapes"@en ; dpv:hasRecipient <id/acme/party/tape> ;
    ropa:engagesSubProcessor <id/acme/flow/postmark> .
<id/acme/party/host> a dpv:LegalEntity ; skos:prefLabel "Host"@en .
<id/acme/party/tape> a dpv:LegalEntity ; skos:prefLabel "Tape store"@en .
<id/acme/activity/newsletter> ropa:hasRetentionRule <id/acme/retention/longer> ; ropa:hasCommitment <id/acme/commitment/contract> .
<id/acme/retention/longer> a ropa:RetentionRule ; skos:prefLabel "E-mail address: 2 years"@en ;
    dpv:hasPersonalData <id/acme/category/email> ; ropa:period "P2Y"^^xsd:duration .
<id/acme/commitment/contract> a ropa:Commitment ; skos:prefLabel "A contract with Postmark"@en ;
    ropa:isAddressedTo <id/acme/party/postmark> .
}
"""
"""What the invented register does not have: sub-processors in a circle, two limits for one category, a promise to a party."""


def iri(path: str) -> str:
    return f"{BASE}id/{path}"


def extend(store: QuadStore, text: str) -> None:
    prefixes = "".join(f"@prefix {name}: <{namespace}> .\n" for name, namespace in PREFIXES.items())
    added = list(ox.parse(prefixes + text, format=ox.RdfFormat.TRIG, base_iri=BASE))
    for graph in {str(quad.graph_name.value) for quad in added if isinstance(quad.graph_name, ox.NamedNode)}:
        store.replace_graphs({graph: [*store.quads(graph=graph), *(quad for quad in added if quad.graph_name == ox.NamedNode(graph))]})


@pytest.fixture(scope="module")
def longer() -> QuadStore:
    """The invented register with a chain of sub-processors and the like."""
    store = EmbeddedStore.in_memory()
    fill_with_acme(store)
    extend(store, CHAIN)
    return store


def serve(store: QuadStore) -> Iterator[Flask]:
    made = create_app(store)
    made.extensions["ropa"].check().result()
    yield made
    made.extensions["ropa"].close()


@pytest.fixture(scope="module")
def app(longer: QuadStore) -> Iterator[Flask]:
    yield from serve(longer)


@pytest.fixture(scope="module")
def get(app: Flask) -> Callable[[str], str]:
    def read(path: str) -> str:
        response = app.test_client().get(path, headers=BROWSER)
        assert response.status_code == 200, response.text
        return words(response.text)

    return read


def words(html: str) -> str:
    """Return what a person reads of the main part of a page."""
    main = html.partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", main)).split())


def section(client: FlaskClient, path: str, anchor: str) -> str:
    html = client.get(path, headers=BROWSER).text
    found = re.search(rf'<section[^>]*id="{anchor}"[^>]*>(.*?)</section>', html, re.DOTALL)
    assert found is not None, f"no section {anchor}"
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", found[1])).split())


# Activities


def test_an_activity_has_the_items_of_article_30_in_the_order_of_the_law(app: Flask) -> None:
    html = app.test_client().get("/id/acme/activity/newsletter", headers=BROWSER).text

    items = re.findall(r'<section class="item" id="[^"]*">\s*<h2>.*?<a class="law"[^>]*>(Art\. 30\(1\)\(\w\))</a>', html, re.DOTALL)
    assert items == [f"Art. 30(1)({letter})" for letter in "abcdefg"]


def test_each_item_tells_in_words_how_complete_it_is(get: Callable[[str], str]) -> None:
    text = get("/id/acme/activity/newsletter")

    assert "Told Recorded: controller (1)." in text
    assert "Recorded: purpose (1), legal basis claim (1)." in text
    assert "Not told Not stated: transfer." in text


def test_findings_stand_at_the_item_they_concern(app: Flask) -> None:
    path, found = "/id/acme/activity/invoices", app.extensions["ropa"].findings()
    about = [one for one in found if any(activity.iri == iri("acme/activity/invoices") for activity in one.activities)]
    purpose = next(one for one in about if one.path == DPV + "hasPurpose" and one.concern == "duty")
    html = app.test_client().get(path, headers=BROWSER).text
    text = section(app.test_client(), path, "item-2")

    assert f"{purpose.severity} {purpose.message.removesuffix(f' {purpose.article}.')} {purpose.article}" in text
    for finding in about:
        assert html.count(f'href="/findings/{finding.id}"') == 1
    assert purpose.message[:20] not in section(app.test_client(), path, "item-3")


def test_more_findings_than_an_item_shows_are_one_step_away(app: Flask) -> None:
    html = app.test_client().get("/id/acme/activity/newsletter", headers=BROWSER).text

    assert '<a href="/findings?activity=https://ropa.example/id/acme/activity/newsletter">All findings about this activity</a>' in html


def test_a_finding_about_a_part_stands_at_the_item_that_holds_the_part(app: Flask) -> None:
    text = section(app.test_client(), "/id/acme/activity/newsletter", "item-5")

    assert "Recipients" in text
    found = app.extensions["ropa"].findings()
    about = [one for one in found if one.focus in (iri("acme/flow/cleaner"), iri("acme/flow/postmark"))]
    assert about
    for finding in about:
        assert finding.message.replace(f" {finding.article}.", "").split(".")[0] in text


def test_the_head_of_an_activity_leads_on(app: Flask) -> None:
    html = app.test_client().get("/id/acme/activity/newsletter", headers=BROWSER).text

    for href in ("/lineage?from=", "/graph?focus=", "/compare?a="):
        assert f'href="{href}id%2Facme%2Factivity%2Fnewsletter"' in html
    assert "Controller: whoever keeps the record decides why and how." in words(html)


def test_an_activity_says_that_it_is_being_checked(longer: QuadStore, monkeypatch: pytest.MonkeyPatch) -> None:
    made = create_app(longer)
    waiting: Future[list[Finding]] = Future()
    monkeypatch.setattr(made.extensions["ropa"], "check", lambda day=None: waiting)
    monkeypatch.setattr("webapp.state._PATIENCE", 0.01)

    assert "being checked" in words(made.test_client().get("/id/acme/activity/newsletter", headers=BROWSER).text)
    assert "being checked" in words(made.test_client().get("/id/acme/party/postmark", headers=BROWSER).text)
    made.extensions["ropa"].close()


# Parties


def test_a_party_shows_what_each_register_says_with_its_phrase(get: Callable[[str], str]) -> None:
    text = get("/id/acme/party/postmark")

    assert "2 statements of 1 register speak of it: Acme register" in text
    assert "As recipient, in Newsletter" in text
    assert "Postmark sends it for us from Ireland" in text


def test_an_unnamed_party_says_that_the_text_names_nobody(get: Callable[[str], str]) -> None:
    assert "The text names nobody here" in get("/id/acme/party/cleaner")
    assert "The text names nobody here" not in get("/id/acme/party/postmark")
    assert "if mails bounce" in get("/id/acme/party/cleaner")


def test_chains_go_down_and_up_and_end_where_they_meet_themselves(longer: QuadStore) -> None:
    uses = Uses(longer)
    ((use, (host,)),) = chains(uses, uses.find(iri("acme/party/postmark")), up=False)
    ((_, (above,)),) = chains(uses, uses.find(iri("acme/party/tape")), up=True)

    assert use.subject == iri("acme/flow/postmark")
    assert (host.flow, host.parties) == (iri("acme/flow/host"), (iri("acme/party/host"),))
    assert [hop.flow for hop in host.next] == [iri("acme/flow/tape")]
    assert host.next[0].next == ()
    assert above.flow == iri("acme/flow/host")
    assert [hop.flow for hop in above.next] == [iri("acme/flow/postmark")]


def test_a_party_shows_its_chain_places_instruments_and_promises(app: Flask, get: Callable[[str], str]) -> None:
    client = app.test_client()

    assert "E-mail address to Postmark Acme register Host by Postmark’s host Tape store by Tapes" in get("/id/acme/party/postmark")
    assert "From whom it gets them, up the chain" in get("/id/acme/party/tape")
    assert "Ireland" in section(client, "/id/acme/party/postmark", "places")
    here = section(client, "/id/acme/party/postmark", "places")
    assert "EU-US Privacy Shield : not in force today (since 12 July 2016 until 15 July 2020)" in here
    assert "A contract with Postmark" in section(client, "/id/acme/party/postmark", "terms")
    assert "A contract with Postmark" not in section(client, "/id/acme/party/postmark", "registers")


def test_what_fails_with_a_party_reaches_through_its_flows(longer: QuadStore) -> None:
    uses = Uses(longer)
    found = uses.find(iri("acme/party/tape"))

    reached = touched(uses, found)

    assert reached.activities == (iri("acme/activity/newsletter"),)
    assert reached.subjects == (iri("acme/subject/reader"),)
    assert reached.categories == (iri("acme/category/email"),)
    assert reached.assumed == (iri("acme/activity/newsletter"),)
    assert not reached.partial
    assert places(uses, uses.find(iri("acme/party/postmark"))) == ([expand("loc:IE")], [ROPA + "EUUSPrivacyShield"])
    assert [use.subject for use in promises(uses, uses.find(iri("acme/party/postmark")))] == [iri("acme/commitment/contract")]


def test_a_promise_or_a_denial_is_not_what_fails_and_an_instrument_without_days_is_not_in_force() -> None:
    store = EmbeddedStore.in_memory()
    fill_with_acme(store)
    extend(
        store,
        """<graph/register/acme> { <id/acme/party/never> a dpv:LegalEntity ; skos:prefLabel "Never" .
        <id/acme/denial/never> a ropa:Denial ; skos:prefLabel "No data to Never" ; dpv:hasRecipient <id/acme/party/never> ;
            dpv:hasPersonalData <id/acme/category/email> ; dpv:hasThirdCountry loc:US .
        <id/acme/activity/newsletter> ropa:hasDenial <id/acme/denial/never> .
        <id/acme/flow/postmark> ropa:hasMechanism <id/acme/mechanism/letter> .
        <id/acme/mechanism/letter> a ropa:TransferMechanism ; skos:prefLabel "A letter" . }""",
    )
    made = create_app(store)
    client = made.test_client()

    assert "nothing is known to depend on it" in section(client, "/id/acme/party/never", "fails")
    assert "No register says in which place" in section(client, "/id/acme/party/never", "places")
    assert "1 of these statements holds only on a condition, or is hypothetical (of 1)" in section(
        client, "/id/acme/party/cleaner", "fails"
    )
    assert section(client, "/id/acme/mechanism/letter", "law").startswith("Today No days are recorded for it. ")
    assert "A letter : no days are recorded for it" in section(client, "/id/acme/party/postmark", "places")
    made.extensions["ropa"].close()


def test_a_party_leads_to_what_if_and_to_the_sheet_of_a_breach(app: Flask) -> None:
    html = app.test_client().get("/id/acme/party/postmark", headers=BROWSER).text

    for href in ("/what-if?without=id/acme/party/postmark", "/sheets/breach?party=id/acme/party/postmark"):
        assert href in html
        assert app.test_client().get(href, headers=BROWSER).status_code == 200


# Categories and other terms


def test_a_term_stands_in_its_tree_and_counts_the_use_of_what_is_below(get: Callable[[str], str], app: Flask) -> None:
    text = get("/resource?iri=https://w3id.org/dpv/pd%23EmailAddress")
    crumbs = app.test_client().get("/id/acme/category/email", headers=BROWSER).text.partition("<main")[0]

    assert "Under data › personal data › tracking data › contact" in text
    assert "Narrower (1) Email address Acme register · 6 uses in 1 register" in text
    assert "6 statements of 1 register use it or something narrower." in text
    assert re.sub(r"<[^>]*>|\s+", " ", crumbs).split("personal data")[-1].split()[:4] == ["tracking", "data", "contact", "e-mail"]


def test_uses_reach_narrower_things_and_name_the_activities(longer: QuadStore) -> None:
    uses = Uses(longer)

    found = uses.find(expand("pd:EmailAddress") or "")

    assert {use.subject for use in found} == {
        iri(f"acme/{path}")
        for path in ("activity/newsletter", "collection/form", "flow/cleaner", "flow/postmark", "retention/email", "retention/longer")
    }
    assert {use.thing for use in found} == {iri("acme/category/email")}
    assert uses.activities(iri("acme/flow/tape")) == [iri("acme/activity/newsletter")]
    assert uses.activities(iri("acme/denial/sale")) == []
    assert len(by_subject(found)) == 6
    assert len(uses.find(expand("pd:EmailAddress") or "", most=2)) == 2


def test_a_category_is_followed_from_collection_to_erasure(longer: QuadStore) -> None:
    uses = Uses(longer)
    found = uses.find(iri("acme/category/email"))

    ((register, activity),) = activities_of(uses, found)
    life = follow(uses, register, activity, [iri("acme/category/email")])

    assert (register, activity) == ("acme", iri("acme/activity/newsletter"))
    assert life.sources == (iri("acme/source/reader"),)
    assert life.purposes == (iri("acme/purpose/newsletter"),)
    assert life.recipients == (iri("acme/party/cleaner"), iri("acme/party/postmark"))
    assert life.rules == (iri("acme/retention/email"), iri("acme/retention/longer"))


def test_limits_come_longest_first_and_differing_ones_are_told(longer: QuadStore, get: Callable[[str], str]) -> None:
    uses = Uses(longer)

    told = limits(uses, uses.find(iri("acme/category/email")))

    assert [limit.period for limit in told] == ["P2Y", "P28D"]
    assert differing(told) == [told]
    text = get("/id/acme/category/email")
    assert "Different periods for the same data in one register" in text
    assert text.index("2 years") < text.index("28 days ceiling")
    assert "Different periods" not in get("/id/acme/category/invoice")


@pytest.mark.parametrize(
    ("longer_one", "shorter"), [("P1Y", "P364D"), ("P1M", "P30D"), ("P1Y1M", "P12M"), ("P2W", "P13D"), ("P0D", ""), ("P1D", "soon")]
)
def test_limits_are_compared_by_length(longer_one: str, shorter: str) -> None:
    assert length(longer_one) > length(shorter)


@pytest.mark.parametrize(
    ("place", "day", "kinds"),
    [
        ("loc:IE", "2026-01-01", {"EU": INSIDE, "UK": ADEQUATE, "CH": UNKNOWN}),
        ("loc:GB", "2019-01-01", {"EU": INSIDE, "UK": NONE, "CH": UNKNOWN}),
        ("loc:GB", "2022-01-01", {"EU": ADEQUATE, "UK": INSIDE, "CH": UNKNOWN}),
        ("loc:US", "2020-07-15", {"EU": PARTLY, "UK": NONE, "CH": PARTLY}),
        ("loc:US", "2020-07-17", {"EU": NONE, "UK": NONE, "CH": PARTLY}),
        ("loc:US", "2024-01-01", {"EU": PARTLY, "UK": PARTLY, "CH": UNKNOWN}),
        ("loc:IN", "2026-01-01", {"EU": NONE, "UK": NONE, "CH": UNKNOWN}),
    ],
)
def test_a_place_stands_differently_by_law_and_day(acme: QuadStore, place: str, day: str, kinds: dict[str, str]) -> None:
    law = read_law(acme, date.fromisoformat(day))

    found = {standing.regime.rpartition("#")[2]: standing.kind for standing in law.standings(expand(place) or "")}

    assert found == kinds


def test_a_place_shows_its_standing_with_days_and_its_flows(get: Callable[[str], str]) -> None:
    us, ireland = get("/resource?iri=https://w3id.org/dpv/loc%23US"), get("/resource?iri=https://w3id.org/dpv/loc%23IE")

    assert "EU-US Data Privacy Framework (certified recipient), since 10 July 2023" in us
    assert "Not in force today: EU-US Privacy Shield , since 12 July 2016 until 15 July 2020" in us
    assert "Member of European Union since 1 January 1973" in ireland
    assert "Data go there or lie there: 1 record" in ireland


def test_a_legal_basis_counts_how_it_is_known(get: Callable[[str], str]) -> None:
    text = get("/resource?iri=https://w3id.org/dpv/legal/eu/gdpr%23A6-1-a")

    assert "Claims of this basis by register Register named Acme register 1" in text


def test_a_provision_leads_to_its_rules(get: Callable[[str], str]) -> None:
    text = get("/resource?iri=https://eur-lex.europa.eu/eli/reg/2016/679/art_30/par_1/pnt_a/oj")

    assert "The name of the organisation is not stated." in text
    assert "Part of GDPR Art. 30 ." in text or "Part of GDPR Art. 30." in text


@pytest.mark.parametrize("query", ["page=0", "page=two", "below=-1", "life=1.5", "kept=%F0%9F%98%80"])
def test_a_page_number_that_is_none_is_told(app: Flask, query: str) -> None:
    response = app.test_client().get(f"/resource?iri=https://w3id.org/dpv/pd%23EmailAddress&{query}", headers=BROWSER)

    assert response.status_code == 400
    assert "give a number from 1" in response.text


def test_an_unknown_role_leads_back_to_all_uses(get: Callable[[str], str]) -> None:
    assert "No statement uses it as “dpv:hasNothing”. Show all uses" in get("/id/acme/category/email?as=dpv:hasNothing")


def test_a_thing_that_thousands_use_is_shown_a_page_at_a_time() -> None:
    store = EmbeddedStore.in_memory()
    fill_with_acme(store)
    many = "".join(
        f"<id/acme/flow/f{number}> a ropa:DataFlow ; skos:prefLabel 'Flow {number}' ; dpv:hasRecipient <id/party/big> ; "
        f"dpv:hasLocation loc:JP ; dpv:hasPersonalData <id/acme/category/c{number}> .\n"
        f"<id/acme/category/c{number}> a dpv:PersonalData ; skos:prefLabel 'Category {number}' ; skos:broader pd:Health .\n"
        for number in range(1, 3_001)
    )
    extend(store, f"<graph/register/acme> {{ <id/party/big> a dpv:LegalEntity ; skos:prefLabel 'Big' .\n{many} }}")
    for made in serve(store):
        client = made.test_client()
        for path in ("/id/party/big?", "/resource?iri=https://w3id.org/dpv/loc%23JP&", "/resource?iri=https://w3id.org/dpv/pd%23Health&"):
            first, last = client.get(path, headers=BROWSER), client.get(f"{path}page=99999", headers=BROWSER)
            assert (first.status_code, last.status_code) == (200, 200)
            assert max(len(first.data), len(last.data)) < 150_000
            assert "page 1 of" in words(first.text)
            assert words(first.text) != words(last.text)
        assert Uses(store).count(expand("loc:JP") or "").more
        assert count_mentions(store, expand("loc:JP") or "") == MOST_COUNTED


# Documents, terms, errors


def test_a_document_lists_its_passages_without_its_text(get: Callable[[str], str]) -> None:
    text = get("/id/document/acme-2025-03-03")

    assert "13 passages in the order of the text" in text
    assert text.index("is the controller") < text.index("We do not sell invoices")


def test_our_terms_tell_how_much_they_are_used(get: Callable[[str], str]) -> None:
    text = get("/ns")

    assert "Used in 1 statement of registers : Conditional" in text or re.search(r"Used in \d+ statements? of registers", text)
    assert "No register uses it." in text


@pytest.mark.parametrize(
    ("path", "meant"),
    [("/registerz", "/registers"), ("/finding", "/findings"), ("/somewhere/newsleter", "Newsletter"), ("/e/Postmark", "Postmark")],
)
def test_an_address_that_leads_nowhere_offers_what_was_meant(app: Flask, path: str, meant: str) -> None:
    response = app.test_client().get(path, headers=BROWSER | {"X-Request-ID": "abc-123"})
    told = app.test_client().get(path, headers={"Accept": "application/json"}).get_json()

    assert response.status_code == 404
    assert f"There is no page at {path}." in words(response.text)
    assert meant in words(response.text)
    assert meant in [one["name"] for one in told["nearest"]]
    assert "request abc-123" in words(response.text)


def test_an_error_that_passes_lets_the_page_ask_again(longer: QuadStore, monkeypatch: pytest.MonkeyPatch) -> None:
    made = create_app(longer)
    waiting: Future[list[Finding]] = Future()
    monkeypatch.setattr(made.extensions["ropa"], "check", lambda day=None: waiting)
    monkeypatch.setattr("webapp.state._PATIENCE", 0.01)

    response = made.test_client().get("/findings/acme-000000000000", headers=BROWSER)
    program = made.test_client().get("/findings.json")

    assert (response.status_code, response.headers["Refresh"], response.headers["Retry-After"]) == (503, "3", "3")
    assert "This page asks again by itself in 3 seconds." in words(response.text)
    assert "Refresh" not in program.headers
    made.extensions["ropa"].close()


def test_the_findings_of_hundreds_of_registers_come_in_pages(longer: QuadStore, monkeypatch: pytest.MonkeyPatch) -> None:
    made = create_app(longer)
    told = made.extensions["ropa"]
    one = told.check().result()
    snapshot = told.snapshot()
    number = 500
    snapshot.registers = [Register(f"r{place}", iri(f"register/r{place}"), f"Register {place}") for place in range(number)]
    many: Future[list[Finding]] = Future()
    many.set_result(
        [
            replace(
                finding,
                id=f"{finding.id}-{place}",
                register=f"r{place}",
                parties=(Named(iri(f"party/p{place}"), f"Party {place}"),),
                activities=(Named(iri(f"r{place}/activity/a"), f"Activity {place}"),),
            )
            for place in range(number)
            for finding in one
        ]
    )
    monkeypatch.setattr(told, "check", lambda day=None: many)
    client = made.test_client()
    for order in ("rule", "article", "register", "party", "activity"):
        began = monotonic()
        first, last = (client.get(f"/findings?by={order}&page={page}", headers=BROWSER) for page in (1, 99))
        assert (first.status_code, last.status_code) == (200, 200)
        assert len(first.data) < 500_000
        assert monotonic() - began < 20
        if order in ("register", "party", "activity"):
            assert "page 1 of 9" in words(first.text)
            assert words(first.text) != words(last.text)
    typed = words(client.get("/findings?party=Party+7&register=register+7", headers=BROWSER).text)
    assert f"{len(one)} findings of {number * len(one)}" in typed
    made.extensions["ropa"].close()


def test_what_a_text_says_of_everything_is_not_shown_as_said_of_one_activity(shipped_app: Flask) -> None:
    client = shipped_app.test_client()
    orders = read(client.get("/id/akixi/activity/orders", headers=BROWSER))
    marketing = read(client.get("/id/akixi/activity/marketing-by-others", headers=BROWSER))

    assert "Agents Told alike of all 20 activities of this register." in orders
    assert "Parties set out below (list lost) Told alike of 8 of the 20 activities of this register." in orders
    # Of these the text speaks once.
    assert "own marketing Told alike" not in marketing
