"""What an engine says of data that do not conform."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

SEVERITIES = ("Violation", "Warning", "Info")
"""Worst first: what the law says shall be there; what it asks where possible; advice."""


@dataclass(frozen=True)
class Result:
    """One SHACL validation result (section 3.6.2); IRIs and literals as text, None where the report has none.

    Attributes:
        path: IRI of a property, or a SPARQL path where the shape looks further.
        term: The value as an N-Triples term; engines may write the same literal differently, so it is not compared.
        component: IRI of the constraint component; of several that say the same of a value the first in the alphabet.
    """

    severity: str
    shape: str
    focus: str
    path: str | None
    value: str | None
    message: str
    term: str | None = field(default=None, compare=False)
    component: str = field(default="", compare=False)

    @property
    def is_iri(self) -> bool:
        """Whether the value is an IRI."""
        return (self.term or "").startswith("<")


def in_order(results: Iterable[Result]) -> list[Result]:
    """Return each result once: by severity, shape, focus, path and value."""
    first: dict[Result, Result] = {}
    for result in sorted(results, key=lambda result: result.component):
        first.setdefault(result, result)
    return sorted(
        first.values(),
        key=lambda result: (SEVERITIES.index(result.severity), result.shape, result.focus, result.path or "", result.value or ""),
    )
