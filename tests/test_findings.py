"""ropa.findings: what is missing is told with article, reason, phrase and fix; what is in order is not."""

from __future__ import annotations

import pytest

from ropa.findings import Finding, check_store
from ropa.registers import list_registers
from ropa.store import QuadStore


@pytest.fixture(scope="module")
def found(shipped: QuadStore) -> dict[str, list[Finding]]:
    return {register.slug: check_store(shipped, [register.slug]) for register in list_registers(shipped)}


@pytest.mark.parametrize("slug", ["aculab", "aelintra", "akixi", "cloudcall", "pipcall"])
def test_the_shipped_registers_are_well_formed(found: dict[str, list[Finding]], slug: str) -> None:
    assert [finding for finding in found[slug] if finding.concern == "form"] == []


@pytest.mark.parametrize("slug", ["aculab", "aelintra", "akixi", "cloudcall", "pipcall"])
def test_each_finding_has_an_article_a_reason_and_a_fix(found: dict[str, list[Finding]], slug: str) -> None:
    for finding in found[slug]:
        assert finding.message
        assert finding.remedy
        assert finding.article_iri.startswith("https://eur-lex.europa.eu/")
        assert not finding.article.startswith("http"), finding.article
        assert not finding.focus_label.startswith("id/"), finding.focus_label


def test_aculab_names_no_legal_basis_anywhere(found: dict[str, list[Finding]], shipped: QuadStore) -> None:
    about_basis = {finding.shape_name for finding in found["aculab"] if finding.article.startswith("GDPR Art. 13(1)(c)")}
    unstated = [finding for finding in found["aculab"] if finding.shape_name == "Activity-legalBasis-stated"]

    assert "Activity-legalBasis-stated" in about_basis
    assert len(unstated) > 15
    assert all(finding.severity == "Warning" and finding.quotes for finding in unstated)


def test_a_reasonable_period_is_not_a_period(found: dict[str, list[Finding]]) -> None:
    (finding,) = [
        finding
        for finding in found["pipcall"]
        if finding.shape_name == "RetentionRule-period-envisaged" and "reasonable period" in finding.focus_label
    ]

    assert finding.article.startswith("GDPR Art. 30(1)(f)")
    assert finding.severity == "Warning"


def test_findings_come_worst_first(shipped: QuadStore) -> None:
    severities = [finding.severity for finding in check_store(shipped, ["aculab", "pipcall"])]

    assert severities == sorted(severities, key=["Violation", "Warning", "Info"].index)


def test_silence_is_found_and_denial_is_not(acme: QuadStore) -> None:
    found = {(finding.shape_name, finding.focus_label) for finding in check_store(acme, ["acme"])}

    assert ("Activity-legalBasis-stated", "Invoices") in found
    assert ("Activity-legalBasis-stated", "Newsletter") not in found
