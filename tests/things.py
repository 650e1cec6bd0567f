"""What tests of the pages of things share: a longer record than the invented one, and an application over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyoxigraph as ox
import pytest
from flask import Flask

from ropa.namespaces import DEFAULT_BASE, PREFIXES
from ropa.store import QuadStore
from ropa.store.embedded import EmbeddedStore
from tests.conftest import fill_with_acme
from tests.pages import BROWSER, opened, words

MORE = """
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


def extend(store: QuadStore, text: str) -> None:
    """Put more statements, in TriG without its prefixes, to graphs of a store."""
    prefixes = "".join(f"@prefix {name}: <{namespace}> .\n" for name, namespace in PREFIXES.items())
    added = list(ox.parse(prefixes + text, format=ox.RdfFormat.TRIG, base_iri=DEFAULT_BASE))
    for graph in {str(quad.graph_name.value) for quad in added if isinstance(quad.graph_name, ox.NamedNode)}:
        store.replace_graphs({graph: [*store.quads(graph=graph), *(quad for quad in added if quad.graph_name == ox.NamedNode(graph))]})


@pytest.fixture(scope="module")
def longer() -> QuadStore:
    """The invented register with a chain of sub-processors and the like."""
    store = EmbeddedStore.in_memory()
    fill_with_acme(store)
    extend(store, MORE)
    return store


@pytest.fixture(scope="module")
def app(longer: QuadStore) -> Iterator[Flask]:
    """The application over it, with its findings."""
    with opened(longer) as made:
        made.extensions["ropa"].check().result()
        yield made


@pytest.fixture(scope="module")
def get(app: Flask) -> Callable[[str], str]:
    """What a person reads of the main part of a page of it."""

    def read(path: str) -> str:
        response = app.test_client().get(path, headers=BROWSER)
        assert response.status_code == 200, response.text
        return words(response.text)

    return read
