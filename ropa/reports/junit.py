"""JUnit XML, as test runners of build servers read it: a suite for each register, a case for each rule."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ropa.findings import Finding, Run, program
from ropa.namespaces import SHAPES


def write_junit(run: Run) -> str:
    """Return the check as test cases. A rule fails where a finding makes the check fail; it is skipped where all of its
    findings are waived; findings that are milder or known stand in its output."""
    root = Element("testsuites", name=f"ropa check {run.day.isoformat()}")
    rules = [rule.shape.removeprefix(SHAPES) for rule in program().rules]
    for register in run.registers:
        by_rule: dict[str, list[Finding]] = {}
        for finding in run.found:
            if finding.register == register:
                by_rule.setdefault(finding.shape_name, []).append(finding)
        suite = SubElement(root, "testsuite", name=register, timestamp=f"{run.day.isoformat()}T00:00:00")
        for rule in sorted({*rules, *by_rule}):
            _write_case(suite, run, rule, by_rule.get(rule, ()))
        suite.set("tests", str(len(suite)))
        suite.set("failures", str(len(suite.findall("testcase/failure"))))
        suite.set("skipped", str(len(suite.findall("testcase/skipped"))))
        suite.set("errors", "0")
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _write_case(suite: Element, run: Run, rule: str, found: Sequence[Finding]) -> None:
    case = SubElement(suite, "testcase", name=rule, classname=f"ropa.{suite.get('name')}")
    failing = [finding for finding in found if run.fails(finding)]
    if failing:
        failure = SubElement(case, "failure", type=failing[0].severity, message=_clean(failing[0].message))
        failure.text = _clean("\n".join(_line(finding) for finding in failing))
    elif found and all(finding.waiver is not None for finding in found):
        waiver = found[0].waiver
        if waiver is not None:
            SubElement(case, "skipped", message=_clean(f"waived by {waiver.by} until {waiver.until}: {waiver.reason}"))
    elif found:
        SubElement(case, "system-out").text = _clean("\n".join(_line(finding) for finding in found))


def _line(finding: Finding) -> str:
    phrases = "".join(f" | {quote.section} “{quote.text}”" for quote in finding.quotes)
    return f"{finding.id} {finding.severity} {finding.statement}{phrases} | fix: {finding.remedy}"


def _clean(text: str) -> str:
    """Drop characters that XML 1.0 has no place for (section 2.2); a label may hold any."""
    return "".join(character for character in text if character in "\t\n" or (character >= " " and character not in "\ufffe\uffff"))
