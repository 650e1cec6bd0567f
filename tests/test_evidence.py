"""ropa.evidence and ropa.exchange.draft: each statement rests on a phrase, at its place, in its document."""

from __future__ import annotations

from pathlib import Path

import pytest

from ropa.evidence import check_evidence, document_slug
from ropa.exchange.draft import BadCitation, cite_draft, find_phrase
from ropa.namespaces import DEFAULT_BASE
from ropa.registers import read_files, register_slugs
from tests.conftest import ACME

TEXT = "Naïve “quotes” – one. We keep it. We keep it for 7 years."


def test_positions_count_code_points() -> None:
    assert find_phrase(TEXT, "one") == (17, 20)
    assert TEXT[17:20] == "one"


def test_a_context_tells_which_occurrence_is_meant() -> None:
    start, end = find_phrase(TEXT, "We keep it", "We keep it for 7 years")

    assert TEXT[start : end + 4] == "We keep it for"


@pytest.mark.parametrize(
    ("quote", "context", "reason"),
    [
        ("We keep it", "", "occurs 2 times"),
        ("we keep it", "", "occurs 0 times"),
        ("We keep it", "keep", "The context occurs 2 times"),
        ("a b c d e f g h i j k l m", "", "has 13 words"),
    ],
)
def test_a_phrase_that_is_absent_ambiguous_or_long_is_refused(quote: str, context: str, reason: str) -> None:
    with pytest.raises(BadCitation, match=reason):
        find_phrase(TEXT, quote, context)


def test_the_invented_draft_gives_the_invented_register() -> None:
    assert cite_draft(ACME.with_name("acme.draft.trig"), ACME.parent, DEFAULT_BASE) == ACME.read_bytes()


def test_citing_a_register_again_changes_nothing(tmp_path: Path) -> None:
    assert cite_draft(ACME, ACME.parent, DEFAULT_BASE) == ACME.read_bytes()


def test_evidence_goes_when_its_statement_goes(tmp_path: Path) -> None:
    shorter = tmp_path / "acme.trig"
    shorter.write_text(ACME.read_text("utf-8").replace('    ropa:condition "if mails bounce" ;\n', ""), "utf-8")

    out = cite_draft(shorter, ACME.parent, DEFAULT_BASE).decode()

    assert "bounce" in ACME.read_text("utf-8")
    assert "bounce" not in out


def test_a_moved_quote_another_text_and_a_wrong_hash_are_told(tmp_path: Path) -> None:
    text = (ACME.parent / "acme.txt").read_text("utf-8")
    (tmp_path / "acme.txt").write_text(text.replace("28 days", "29 days"), "utf-8")
    quads = [quad for graph in read_files([ACME], DEFAULT_BASE).values() for quad in graph]

    faults = list(check_evidence(quads, tmp_path))

    assert [fault for fault in faults if "SHA-256" in fault]
    assert [fault for fault in faults if "29 days" in fault and "28 days" in fault]
    assert len(faults) == 2


def test_every_quote_of_the_shipped_registers_stands_in_its_document(sources: Path) -> None:
    paths = sorted((ACME.parent.parent.parent / "data").glob("*.trig"))
    contents = read_files(paths, DEFAULT_BASE)
    assert len(register_slugs(contents, DEFAULT_BASE)) >= 2

    assert list(check_evidence((quad for graph in contents.values() for quad in graph), sources)) == []


@pytest.mark.parametrize(
    ("name", "slug"),
    [("aculab-2018-05-24", "aculab"), ("pipcall-undated", "pipcall"), ("my-firm-2024-01-01", "my-firm"), ("my-firm", "my-firm")],
)
def test_a_document_is_named_after_its_register(name: str, slug: str) -> None:
    assert document_slug(DEFAULT_BASE + "id/document/" + name) == slug
