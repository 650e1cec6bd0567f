"""Write findings for other programs: code hosts, test runners, SHACL tools, the next run.

In:  a check and its findings. Out: text in a format that others define. What a format has no place for is left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

from ropa.findings import Run
from ropa.reports.baseline import read_baseline
from ropa.reports.junit import write_junit
from ropa.reports.sarif import write_sarif
from ropa.reports.shacl import write_turtle

__all__ = ["FORMATS", "read_baseline", "write_json", "write_junit", "write_sarif", "write_turtle"]


def write_json(run: Run) -> str:
    """Return the findings as a JSON array of objects with the fields of :class:`ropa.findings.Finding`."""
    return json.dumps([asdict(finding) for finding in run.found], indent=2, ensure_ascii=False) + "\n"


FORMATS: dict[str, Callable[[Run], str]] = {"json": write_json, "sarif": write_sarif, "turtle": write_turtle, "junit": write_junit}
"""Name of a format to the function that writes it."""
