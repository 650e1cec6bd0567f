"""webapp.things: what uses a thing is shown a page at a time, by role."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from ropa.namespaces import expand
from ropa.store.embedded import EmbeddedStore
from ropa.uses import MOST_COUNTED, Uses, count_mentions
from tests.conftest import fill_with_acme
from tests.pages import BROWSER, opened, words
from tests.things import app, extend, get, longer

__all__ = ["app", "get", "longer"]


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
    with opened(store) as made:
        made.extensions["ropa"].check().result()
        client = made.test_client()
        for path in ("/id/party/big?", "/resource?iri=https://w3id.org/dpv/loc%23JP&", "/resource?iri=https://w3id.org/dpv/pd%23Health&"):
            first, last = client.get(path, headers=BROWSER), client.get(f"{path}page=99999", headers=BROWSER)
            assert (first.status_code, last.status_code) == (200, 200)
            assert max(len(first.data), len(last.data)) < 150_000
            assert "page 1 of" in words(first.text)
            assert words(first.text) != words(last.text)
        assert Uses(store).count(expand("loc:JP") or "").more
        assert count_mentions(store, expand("loc:JP") or "") == MOST_COUNTED
