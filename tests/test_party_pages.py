"""webapp.things: the page of a party tells what each register says of it, its chain, its places, and what fails with it."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from ropa.namespaces import ROPA, expand
from ropa.parties import chains, places, promises, touched
from ropa.store import QuadStore
from ropa.store.embedded import EmbeddedStore
from ropa.uses import Uses
from tests.acme import NEWSLETTER, iri
from tests.conftest import fill_with_acme
from tests.pages import BROWSER, section
from tests.things import app, extend, get, longer
from webapp import create_app

__all__ = ["app", "get", "longer"]


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

    assert reached.activities == (NEWSLETTER,)
    assert reached.subjects == (iri("acme/subject/reader"),)
    assert reached.categories == (iri("acme/category/email"),)
    assert reached.assumed == (NEWSLETTER,)
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
