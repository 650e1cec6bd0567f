"""ropa.findings: what is missing is told with rule, article, statement, phrase and fix, for a day; what is in order is not."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from pyoxigraph import NamedNode
from rdflib import URIRef

from ropa.findings import Finding, Run, check_register, check_store, program, shapes
from ropa.findings.model import identify
from ropa.namespaces import DEFAULT_BASE, ROPA, SHAPES, XSD, graph_iri
from ropa.registers import check_files, parse_file
from ropa.reports import FORMATS
from ropa.store import Quad, QuadStore
from ropa.validation import Result

TODAY = date(2026, 11, 22)
REGISTERS = ("aculab", "aelintra", "akixi", "cloudcall", "pipcall")
ROOT = Path(__file__).parent.parent
EXPECTED = Path(__file__).parent / "findings"

Found = Callable[[str, str], list[Finding]]


@pytest.fixture(scope="module")
def found(shipped: QuadStore) -> Found:
    @cache
    def of(slug: str, day: str = TODAY.isoformat()) -> list[Finding]:
        return check_store(shipped, [slug], date.fromisoformat(day))

    return of


def expectations() -> list[tuple[str, str]]:
    rows = set()
    for path in EXPECTED.glob("*.csv"):
        with path.open(encoding="utf-8") as lines:
            rows |= {(path.stem, row["as_of"]) for row in csv.DictReader(lines)}
    return sorted(rows)


@pytest.mark.parametrize(("slug", "day"), expectations())
def test_what_a_lawyer_would_write_is_found_and_what_the_text_refutes_is_not(found: Found, slug: str, day: str) -> None:
    """The rows of tests/findings/*.csv are written from the texts: found or absent, the rule, the thing, and why."""
    told = {(one.severity, one.shape_name, one.focus.removeprefix(DEFAULT_BASE)) for one in found(slug, day)}
    rules = {(shape, focus) for _, shape, focus in told}
    wrong = []
    with (EXPECTED / f"{slug}.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["as_of"] != day:
                continue
            key = (row["shape"], row["focus"])
            if row["expect"] == "found" and (row["severity"], *key) not in told:
                wrong.append(("missing", *key, row["why"]))
            if row["expect"] == "absent" and (key in rules or (row["focus"] == "*" and row["shape"] in {shape for shape, _ in rules})):
                wrong.append(("refuted", *key, row["why"]))

    assert wrong == []


def test_expectations_name_rules_that_exist() -> None:
    known = {rule.shape.removeprefix(SHAPES) for rule in program().rules}
    for path in EXPECTED.glob("*.csv"):
        with path.open(encoding="utf-8") as lines:
            assert {row["shape"] for row in csv.DictReader(lines)} - known == set(), path


@pytest.mark.parametrize("slug", REGISTERS)
def test_the_shipped_registers_are_well_formed(found: Found, slug: str) -> None:
    assert [finding for finding in found(slug, TODAY.isoformat()) if finding.concern == "form"] == []


@pytest.mark.parametrize("slug", REGISTERS)
def test_each_finding_explains_itself(found: Found, slug: str) -> None:
    for finding in found(slug, TODAY.isoformat()):
        assert finding.message
        assert finding.remedy
        assert finding.law, finding.article_iri
        assert finding.statement
        assert finding.article_iri.startswith(("https://eur-lex.europa.eu/", "https://www.legislation.gov.uk/")), finding.article_iri
        assert not finding.article.startswith("http"), finding.article
        assert not finding.focus_label.startswith("id/"), finding.focus_label


def test_there_are_well_over_forty_duties() -> None:
    duties = set(shapes().subjects(URIRef(ROPA + "hasConcern"), URIRef(ROPA + "Duty")))

    assert len(duties) >= 100
    assert {str(duty) for duty in duties} <= {rule.shape for rule in program().rules}


def test_privacy_shield_is_dead_from_the_judgment_on_and_not_before(found: Found) -> None:
    """C-311/18 of 16 July 2020; the Swiss framework stood until the opinion of 8 September 2020."""

    def fallen(day: str) -> set[str]:
        return {finding.value_label for finding in found("cloudcall", day) if finding.shape_name.startswith("Transfer-mechanism-inForce")}

    assert fallen("2018-02-02") == set()
    assert fallen("2020-07-15") == set()
    assert fallen("2020-07-17") == {"EU-US Privacy Shield"}
    assert fallen("2020-09-08") == {"EU-US Privacy Shield", "Swiss-US Privacy Shield"}


def test_nobody_owed_what_an_act_asks_before_its_first_day(found: Found) -> None:
    """The GDPR applied from 25 May 2018; how a record is built is judged for any day."""
    assert [finding for finding in found("aculab", "2018-05-24") if finding.article.startswith("GDPR")] == []
    assert [finding for finding in found("aculab", "2018-05-25") if finding.shape_name == "Activity-legalBasis-stated"] != []


def test_aculab_names_no_legal_basis_anywhere(found: Found) -> None:
    unstated = [finding for finding in found("aculab", TODAY.isoformat()) if finding.shape_name == "Activity-legalBasis-stated"]

    assert len(unstated) > 15
    assert all(finding.severity == "Warning" and finding.quotes and finding.activities for finding in unstated)


def test_a_reasonable_period_is_not_a_period(found: Found) -> None:
    (finding,) = [
        finding
        for finding in found("pipcall", TODAY.isoformat())
        if finding.shape_name == "RetentionRule-period-envisaged" and "reasonable period" in finding.focus_label
    ]

    assert finding.article.startswith("GDPR Art. 30(1)(f)")
    assert finding.severity == "Warning"


def test_a_finding_tells_whom_it_touches(found: Found) -> None:
    about_mailchimp = [one for one in found("aculab", TODAY.isoformat()) if any(party.label == "MailChimp" for party in one.parties)]

    assert about_mailchimp
    assert all(one.activities for one in about_mailchimp)


def test_findings_come_worst_first(shipped: QuadStore) -> None:
    severities = [finding.severity for finding in check_store(shipped, ["aculab", "pipcall"], TODAY)]

    assert severities == sorted(severities, key=["Violation", "Warning", "Info"].index)


def test_silence_is_found_and_denial_is_not(acme: QuadStore) -> None:
    found = {(finding.shape_name, finding.focus_label) for finding in check_store(acme, ["acme"], TODAY)}

    assert ("Activity-legalBasis-stated", "Invoices") in found
    assert ("Activity-legalBasis-stated", "Newsletter") not in found


def test_both_engines_give_the_same_findings_with_the_same_ids(acme: QuadStore) -> None:
    assert check_store(acme, ["acme"], TODAY, "queries") == check_store(acme, ["acme"], TODAY, "pyshacl")


def test_an_id_is_the_same_on_every_day_and_under_every_base() -> None:
    node = NamedNode("https://ropa.example/id/acme/flow/a")
    result = Result("Warning", SHAPES + "A-b-c", node.value, None, None, "One wording.", node)
    elsewhere = replace(result, focus="https://other.example/r/id/acme/flow/a", message="Another wording.")

    assert identify("acme", result, "https://ropa.example/") == identify("acme", elsewhere, "https://other.example/r/")
    assert identify("acme", result, DEFAULT_BASE) != identify("acme", replace(result, value="x"), DEFAULT_BASE)


def test_ids_are_unique(shipped: QuadStore) -> None:
    ids = [finding.id for finding in check_store(shipped, REGISTERS, TODAY)]

    assert len(ids) == len(set(ids))


def waived(acme: QuadStore, tmp_path: Path, until: str, focus: str = "id/acme/activity/invoices") -> list[Finding]:
    """The findings of the invented register with one waiver for its missing legal basis."""
    slip = tmp_path / "waiver.ttl"
    slip.write_text(
        f"""<id/register/acme> <{ROPA}hasWaiver> <id/acme/waiver/1> .
        <id/acme/waiver/1> a <{ROPA}Waiver> ; <{ROPA}waivesRule> <{SHAPES}Activity-legalBasis-stated> ; <{ROPA}waivesFor> <{focus}> ;
            <{ROPA}waivedBy> "Jane Roe, data protection officer" ; <{ROPA}reason> "The new notice is with the printer." ;
            <{ROPA}waivedOn> "2026-11-01"^^<{XSD}date> ; <{ROPA}waivedUntil> "{until}"^^<{XSD}date> .""",
        encoding="utf-8",
    )
    contents: dict[str, list[Quad]] = {graph: list(acme.quads(graph=graph)) for graph in acme.graphs()}
    contents[graph_iri(acme.base, "register/acme")] += parse_file(slip, acme.base)
    return check_register(acme.base, "acme", contents, TODAY)


def test_a_waiver_is_shown_and_does_not_fail_the_check(acme: QuadStore, tmp_path: Path) -> None:
    found = waived(acme, tmp_path, "2026-12-31")
    (finding,) = [one for one in found if one.shape_name == "Activity-legalBasis-stated" and one.focus.endswith("/invoices")]

    assert finding.waiver is not None
    assert finding.waiver.by == "Jane Roe, data protection officer"
    assert finding.waiver.reason == "The new notice is with the printer."
    assert not Run([finding], TODAY, ["acme"], fails_on="Warning").failed
    assert Run([replace(finding, waiver=None)], TODAY, ["acme"], fails_on="Warning").failed
    assert [one for one in found if one.concern == "form"] == []


@pytest.mark.parametrize(("until", "focus"), [("2026-11-21", "id/acme/activity/invoices"), ("2026-12-31", "id/acme/activity/newsletter")])
def test_a_waiver_that_has_expired_or_is_for_another_thing_accepts_nothing(acme: QuadStore, tmp_path: Path, until: str, focus: str) -> None:
    assert all(finding.waiver is None for finding in waived(acme, tmp_path, until, focus) if finding.focus.endswith("/invoices"))


@pytest.mark.parametrize(("value", "label"), [('"to do  things"', "to do  things"), ("[]", "(unnamed)")])
def test_a_value_of_the_wrong_kind_is_a_finding_and_not_a_fault(tmp_path: Path, value: str, label: str) -> None:
    text = (ROOT / "tests/data/acme.trig").read_text("utf-8")
    file = tmp_path / "acme.trig"
    file.write_text(text.replace("dpv:hasPurpose <id/acme/purpose/newsletter>", f"dpv:hasPurpose {value}", 1), "utf-8")
    run = check_files([file], DEFAULT_BASE, TODAY)
    found = [finding for finding in run.found if finding.shape_name == "Purpose-in-vocabulary"]

    assert [finding.focus_label for finding in found] == [label]
    for form in FORMATS.values():
        assert form(run)


def test_the_check_fails_on_the_severity_that_was_asked_for(found: Found) -> None:
    warnings = [finding for finding in found("aculab", TODAY.isoformat()) if finding.severity == "Warning"]

    assert not Run(warnings, TODAY, ["aculab"], fails_on="Violation").failed
    assert Run(warnings, TODAY, ["aculab"], fails_on="Warning").failed
    assert not Run(warnings, TODAY, ["aculab"], fails_on="").failed
    assert not Run(warnings, TODAY, ["aculab"], fails_on="Warning", known=frozenset(one.id for one in warnings)).failed
