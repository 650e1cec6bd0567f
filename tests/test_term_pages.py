"""webapp.things: the page of a category, a place, a basis or a provision tells its tree, its use, its limits and the law of today."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from rdflib import Graph

from ropa.adequacy import ADEQUATE, INSIDE, NONE, PARTLY, UNKNOWN, read_law
from ropa.lifecycles import activities_of, differing, follow, length, limits
from ropa.namespaces import expand
from ropa.store import QuadStore
from ropa.uses import Uses, by_subject
from tests.acme import NEWSLETTER, iri
from tests.pages import BROWSER
from tests.things import app, get, longer

__all__ = ["app", "get", "longer"]


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
    assert uses.activities(iri("acme/flow/tape")) == [NEWSLETTER]
    assert uses.activities(iri("acme/denial/sale")) == []
    assert len(by_subject(found)) == 6
    assert len(uses.find(expand("pd:EmailAddress") or "", most=2)) == 2


def test_a_category_is_followed_from_collection_to_erasure(longer: QuadStore) -> None:
    uses = Uses(longer)
    found = uses.find(iri("acme/category/email"))

    ((register, activity),) = activities_of(uses, found)
    life = follow(uses, register, activity, [iri("acme/category/email")])

    assert (register, activity) == ("acme", NEWSLETTER)
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
    assert "Part of GDPR Art. 30." in text.replace(" .", ".")


def test_our_terms_tell_how_much_they_are_used(get: Callable[[str], str]) -> None:
    text = get("/ns")

    assert re.search(r"Used in \d+ statements? of registers", text)
    assert "No register uses it." in text


def test_our_terms_are_a_page_with_anchors_and_turtle(acme_app: Flask) -> None:
    client = acme_app.test_client()
    html = client.get("/ns", headers=BROWSER).get_data(as_text=True)
    by_accept = client.get("/ns", headers={"Accept": "text/turtle"})

    assert 'id="RetentionRule"' in html
    assert by_accept.data == client.get("/ns.ttl").data
    graph = Graph().parse(data=by_accept.data, format="turtle")
    local = {str(term).rpartition("#")[2] for term in graph.subjects() if "#" in str(term)}
    assert {name for name in local if f'id="{name}"' not in html} == set()
