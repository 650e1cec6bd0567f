"""SARIF 2.1.0 (OASIS, 27 March 2020), so that a code host shows findings beside the lines of a data file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ropa
from ropa.findings import Finding, Run
from ropa.namespaces import shorten
from ropa.reports.baseline import FINGERPRINT

_LEVELS = {"Violation": "error", "Warning": "warning", "Info": "note"}
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def write_sarif(run: Run) -> str:
    """Return one SARIF run: a rule for each shape that found something, a result for each finding.

    A waiver is a suppression; with a baseline each result says whether it is new. The id of a finding is its fingerprint.
    """
    rules = {finding.shape: finding for finding in run.found}
    order = {shape: number for number, shape in enumerate(rules)}
    texts = {slug: path.read_text("utf-8").splitlines() for slug, path in run.files.items()}
    told = {
        "tool": {
            "driver": {
                "name": "ropa",
                "version": ropa.__version__,
                "informationUri": "https://w3id.org/ropa-graph/ns",
                "rules": [_rule(finding) for finding in rules.values()],
            }
        },
        "properties": {"asOf": run.day.isoformat(), "registers": list(run.registers)},
        "columnKind": "unicodeCodePoints",
        "results": [_result(run, finding, order[finding.shape], texts) for finding in run.found],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [told]}, indent=2, ensure_ascii=False) + "\n"


def _rule(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.shape_name,
        "shortDescription": {"text": finding.message},
        "fullDescription": {"text": finding.law or finding.message},
        "help": {"text": finding.remedy or finding.message},
        **({"helpUri": finding.article_iri} if finding.article_iri else {}),
        "defaultConfiguration": {"level": _LEVELS[finding.severity]},
        "properties": {"article": finding.article, "concern": finding.concern},
    }


def _result(run: Run, finding: Finding, rule: int, texts: Mapping[str, list[str]]) -> dict[str, Any]:
    phrases = "".join(f" Source: {quote.section} “{quote.text}”." for quote in finding.quotes)
    result: dict[str, Any] = {
        "ruleId": finding.shape_name,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.statement}: {finding.message}{phrases} Fix: {finding.remedy}"},
        "locations": [_location(run, finding, texts)],
        "partialFingerprints": {FINGERPRINT: finding.id},
        "properties": {"register": finding.register, "focus": finding.focus},
    }
    if run.known is not None:
        result["baselineState"] = "unchanged" if finding.id in run.known else "new"
    if finding.waiver is not None:
        waiver = finding.waiver
        result["suppressions"] = [
            {
                "kind": "external",
                "status": "accepted",
                "justification": f"{waiver.reason} (accepted by {waiver.by} on {waiver.on}, until {waiver.until})",
            }
        ]
    return result


def _location(run: Run, finding: Finding, texts: Mapping[str, list[str]]) -> dict[str, Any]:
    logical = {"logicalLocations": [{"name": finding.focus_label, "fullyQualifiedName": finding.focus}]}
    path = run.files.get(finding.register)
    if path is None:
        return logical
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _relative(path)},
            "region": {"startLine": _line(texts[finding.register], finding.focus, run.base)},
        },
        **logical,
    }


def _relative(path: Path) -> str:
    """Return the path from where the command runs, as a code host wants it, or as a file: URI where it lies elsewhere."""
    absolute = path.resolve()
    return absolute.relative_to(Path.cwd()).as_posix() if absolute.is_relative_to(Path.cwd()) else absolute.as_uri()


def _line(lines: list[str], iri: str, base: str) -> int:
    """Return the line where a thing is described in a data file: where its IRI stands first on a line, else where it occurs."""
    names = (f"<{iri.removeprefix(base)}>", f"<{iri}>", shorten(iri, base))
    starts = (number for number, line in enumerate(lines, 1) if line.lstrip().startswith(names[:2]))
    anywhere = (number for number, line in enumerate(lines, 1) if any(name in line for name in names))
    return next(starts, next(anywhere, 1))
