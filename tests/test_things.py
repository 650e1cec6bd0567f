"""ropa.things: what people read of one thing."""

from __future__ import annotations

import pytest

from ropa.errors import NotFound
from ropa.namespaces import DEFAULT_BASE, DPV, ROPA
from ropa.store import QuadStore
from ropa.things import Reader

FLOW = DEFAULT_BASE + "id/acme/flow/cleaner"


def test_a_statement_carries_its_phrase_and_place(acme: QuadStore) -> None:
    thing = Reader(acme).describe(FLOW)

    (condition,) = thing.get(ROPA + "condition")
    (citation,) = condition.citations
    assert (thing.label, thing.register) == ("E-mail address to a list cleaner", "acme")
    assert (condition.label, citation.quote, citation.section) == ("if mails bounce", "if mails bounce", "2")
    assert citation.end - citation.start == len("if mails bounce")


def test_a_missing_value_is_told_apart_from_a_party(acme: QuadStore) -> None:
    thing = Reader(acme).describe(FLOW)

    (place,) = thing.get(DPV + "hasLocation")
    (recipient,) = thing.get(DPV + "hasRecipient")
    assert (place.label, place.no_value, place.citations) == ("not stated", True, ())
    assert (recipient.label, recipient.no_value) == ("List cleaner (not named)", False)


def test_an_inference_gives_its_reason(acme: QuadStore) -> None:
    (subject,) = Reader(acme).describe(DEFAULT_BASE + "id/acme/activity/newsletter").get(DPV + "hasDataSubject")

    assert [citation.reason for citation in subject.citations] == ["Whoever gives the address is the reader."]


def test_what_points_at_a_thing_is_grouped_and_counted(acme: QuadStore) -> None:
    thing = Reader(acme).describe(DEFAULT_BASE + "id/acme/category/email")

    assert thing.incoming_total == sum(len(group.values) for group in thing.incoming) > 3
    assert all(group.iri != ROPA + "Evidence" for group in thing.incoming)


def test_an_unknown_thing_names_its_neighbours(acme: QuadStore) -> None:
    with pytest.raises(NotFound, match="id/acme/flow/cleaner"):
        Reader(acme).describe(FLOW + "s")


def test_every_thing_of_the_shipped_registers_has_a_label(shipped: QuadStore) -> None:
    reader = Reader(shipped)
    nameless = set()
    for quad in shipped.quads():
        for term in (quad.subject, quad.predicate):
            iri = term.value
            if iri.startswith(DEFAULT_BASE + "id/") and "#" not in iri and "/evidence/" not in iri and reader.label(term).startswith("id/"):
                nameless.add(iri)

    assert nameless == set()
