"""What an engine says of data that do not conform."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pyoxigraph import NamedNode

from ropa.store import Term

SEVERITIES = ("Violation", "Warning", "Info")
"""Worst first: what the law says shall be there; what it asks where possible; advice."""


@dataclass(frozen=True)
class Result:
    """One SHACL validation result (section 3.6.2); IRIs and literals as text, None where the report has none.

    Attributes:
        path: IRI of a property, or a SPARQL path where the shape looks further.
        node, term: The focus and the value as terms; engines may write the same literal differently, so they are not compared.
        component: IRI of the constraint component; of several that say the same of a value the first in the alphabet.
    """

    severity: str
    shape: str
    focus: str
    path: str | None
    value: str | None
    message: str
    node: Term = field(compare=False)
    term: Term | None = field(default=None, compare=False)
    component: str = field(default="", compare=False)

    @property
    def is_iri(self) -> bool:
        """Whether the value is an IRI."""
        return isinstance(self.term, NamedNode)


def in_order(results: Iterable[Result]) -> list[Result]:
    """Return each result once: by severity, shape, focus, path and value."""
    first: dict[Result, Result] = {}
    for result in sorted(results, key=lambda result: result.component):
        first.setdefault(result, result)
    return sorted(
        first.values(),
        key=lambda result: (SEVERITIES.index(result.severity), result.shape, result.focus, result.path or "", result.value or ""),
    )
