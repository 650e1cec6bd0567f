"""A finding: a result of a shape that explains itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from ropa.namespaces import SHAPES, shorten
from ropa.validation import SEVERITIES, Result


@dataclass(frozen=True)
class Named:
    """A thing with what people call it."""

    iri: str
    label: str


@dataclass(frozen=True)
class Quote:
    """A phrase of a source document and where it stands."""

    text: str
    section: str
    document: str


@dataclass(frozen=True)
class Waiver:
    """Somebody's recorded decision to live with a finding.

    Attributes:
        by: Name and office, as the register has them. on, until: First and last day, ISO 8601. reason: Why.
    """

    iri: str
    by: str
    on: str
    until: str
    reason: str

    def holds(self, day: date) -> bool:
        """Tell whether the finding is accepted on a day; a waiver without both days never holds."""
        return bool(self.on and self.until) and self.on <= day.isoformat() <= self.until


@dataclass(frozen=True)
class Finding:
    """A result that explains itself, from the rule to what would settle it.

    Attributes:
        id: The same in every run for the same register, rule, node, property and value.
        register: Slug of the register.
        concern: ``form`` (how the record is built) or ``duty`` (what the law asks).
        shape, message: The rule. article, article_iri, law: The provision, such as "GDPR Art. 30(1)(b)", and what it asks, in our words.
        focus, path, value: The statement; path is None where the node as a whole is meant, value where something is missing.
        node, term: Focus and value as N-Triples terms. component: IRI of the SHACL constraint component.
        remedy: What would settle it.
        activities, parties: What it touches; no activity where it is about the register as a whole.
        quotes: Phrases about the node that the finding is about; empty where the text is silent.
        waiver: Set where somebody has accepted it and the acceptance holds on the day.
    """

    id: str
    register: str
    severity: str
    concern: str
    shape: str
    message: str
    article: str
    article_iri: str
    law: str
    focus: str
    focus_label: str
    node: str
    path: str | None
    path_label: str
    value: str | None
    value_label: str
    term: str | None
    component: str
    remedy: str
    activities: tuple[Named, ...]
    parties: tuple[Named, ...]
    quotes: tuple[Quote, ...]
    waiver: Waiver | None = None

    @property
    def shape_name(self) -> str:
        """The local name of the shape."""
        return self.shape.removeprefix(SHAPES)

    @property
    def statement(self) -> str:
        """The statement that it is about, in words: the thing, the property, the value."""
        parts = [self.focus_label, self.path_label]
        if self.value is not None and self.value != self.focus:
            parts.append(self.value_label)
        return " · ".join(part for part in parts if part)


def identify(register: str, result: Result, base: str) -> str:
    """Return the id of a finding: the slug and twelve hexadecimal digits made from what the result is about.

    Neither the base nor the wording of a message goes in, so that two deployments and two versions can be compared.
    """
    parts = (result.shape.removeprefix(SHAPES), result.focus, result.path or "", result.value or "")
    digest = sha256("\n".join(shorten(part, base) for part in parts).encode()).hexdigest()
    return f"{register}-{digest[:12]}"


def sort(found: Iterable[Finding]) -> list[Finding]:
    """Return findings worst first; those that are equally bad keep their order."""
    return sorted(found, key=lambda finding: SEVERITIES.index(finding.severity))
