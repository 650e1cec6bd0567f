"""One check and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from ropa.findings.model import Finding
from ropa.namespaces import DEFAULT_BASE
from ropa.validation import SEVERITIES


@dataclass(frozen=True)
class Run:
    """One check and what came of it.

    Attributes:
        found: All findings, those that are waived or known from the baseline too. day: The day it was made for.
        registers: Slugs of the registers that were judged. files: Where each was read from, if from a file.
        fails_on: The mildest severity that makes the check fail; "" for none.
        known: Ids of the findings that the baseline holds; None without a baseline.
    """

    found: Sequence[Finding]
    day: date
    registers: Sequence[str]
    base: str = DEFAULT_BASE
    fails_on: str = "Violation"
    known: frozenset[str] | None = None
    files: Mapping[str, Path] = field(default_factory=dict)

    def fails(self, finding: Finding) -> bool:
        """Tell whether a finding makes the check fail: bad enough, not waived, not in the baseline."""
        if not self.fails_on or finding.waiver is not None or finding.id in (self.known or ()):
            return False
        return SEVERITIES.index(finding.severity) <= SEVERITIES.index(self.fails_on)

    @property
    def failed(self) -> bool:
        """Whether any finding makes the check fail."""
        return any(self.fails(finding) for finding in self.found)
