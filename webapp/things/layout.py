"""In which order a record is shown, and under which headings: the items of GDPR Art. 30. Presentation only, no duties.

In:  the properties of a thing. Out: the same properties, grouped.

Source: GDPR Art. 30(1)(a) to (g) for controllers, 30(2)(a) to (d) for processors.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from ropa.namespaces import expand

_RESPONSIBLE = (
    "dpv:hasDataController dpv:hasJointDataControllers dpv:hasDataProcessor dpv:hasRepresentative dpv:hasDataProtectionOfficer "
    "dpv:hasResponsibleEntity dpv:isImplementedByEntity"
)
_PURPOSES = "dpv:hasPurpose ropa:hasLegalBasisClaim dpv:hasLegalBasis"
_PEOPLE = "dpv:hasDataSubject dpv:hasPersonalData ropa:hasDataCollection"
_OPERATIONS = "dpv:hasProcessing"
_RECIPIENTS = "dpv:hasRecipient ropa:hasDataFlow"
_TRANSFERS = "ropa:hasTransfer"
_LIMITS = "ropa:hasRetentionRule dpv:hasStorageCondition"
_MEASURES = "dpv:hasTechnicalOrganisationalMeasure dpv:hasOrganisationalMeasure dpv:hasTechnicalMeasure"
_REST: tuple[tuple[str, str, str], ...] = (
    ("Where the data lie", "", "ropa:hasStorage dpv:hasLocation"),
    ("Cookies", "", "ropa:usesCookie"),
    ("Rights", "", "ropa:hasRightOffer dpv:hasRight"),
    ("Opt-outs", "", "ropa:hasOptOut"),
    ("Commitments", "", "ropa:hasCommitment"),
    ("What is denied", "", "ropa:hasDenial"),
    ("Contradictions in the text", "", "ropa:hasContradiction"),
)

_CONTROLLER: tuple[tuple[str, str, str], ...] = (
    ("Who is responsible", "Art. 30(1)(a)", _RESPONSIBLE),
    ("Purposes and legal basis", "Art. 30(1)(b)", _PURPOSES),
    ("People and data", "Art. 30(1)(c)", _PEOPLE),
    ("What is done with the data", "", _OPERATIONS),
    ("Recipients", "Art. 30(1)(d)", _RECIPIENTS),
    ("Transfers", "Art. 30(1)(e)", _TRANSFERS),
    ("Time limits", "Art. 30(1)(f)", _LIMITS),
    ("Security measures", "Art. 30(1)(g)", _MEASURES),
    *_REST,
)
_PROCESSOR: tuple[tuple[str, str, str], ...] = (
    ("Who is responsible", "Art. 30(2)(a)", _RESPONSIBLE),
    ("What is done for the controller", "Art. 30(2)(b)", f"{_OPERATIONS} {_PURPOSES}"),
    ("People and data", "", _PEOPLE),
    ("Recipients", "", _RECIPIENTS),
    ("Transfers", "Art. 30(2)(c)", _TRANSFERS),
    ("Time limits", "", _LIMITS),
    ("Security measures", "Art. 30(2)(d)", _MEASURES),
    *_REST,
)

DESCRIPTION = frozenset(expand(name) or name for name in ("dcterms:description", "skos:definition"))
"""Properties that say in a sentence what a thing is; shown right under its name."""

NOTES = frozenset(expand(name) or name for name in ("skos:note", "skos:scopeNote", "skos:editorialNote", "rdfs:comment"))
"""Remarks of the person who recorded it: no statements of the text, so no phrase is expected."""

_FIRST = (
    "dpv:hasName ropa:tradingName dpv:hasRecipient ropa:hasRecipientRole dpv:hasLegalBasis ropa:isKnownBy ropa:legitimateInterest "
    "dpv:hasDataSource ropa:period ropa:hasPeriodKind ropa:hasStartEvent ropa:criterion ropa:hasDisposal ropa:cookieName ropa:isSetBy "
    "dpv:hasRight ropa:howToExercise ropa:deadline ropa:optsOutOf ropa:denies ropa:promises dpv:hasPersonalData dpv:hasDataSubject "
    "ropa:isLimitedTo dpv:hasPurpose dpv:hasLocation ropa:condition ropa:hasModality"
)
_RANKS = {expand(name): rank for rank, name in enumerate(_FIRST.split())}

ACTIVITIES = expand("dpv:hasRecordOfActivity") or ""
NESTED = frozenset({expand("ropa:engagesSubProcessor") or ""})
"""Properties besides the links to parts whose values are shown in place."""


def rank(iri: str) -> int:
    """Return where a property stands among those of a part: what makes it this part first, what is not listed last."""
    return _RANKS.get(iri, len(_RANKS))


class _HasIri(Protocol):
    @property
    def iri(self) -> str: ...


Item = TypeVar("Item", bound=_HasIri)


@dataclass(frozen=True)
class Section(Generic[Item]):
    """A heading, the item of Art. 30 that asks for what is under it ("" if none does), and the properties."""

    heading: str
    item: str
    properties: tuple[Item, ...]


def arrange(properties: Iterable[Item], *, processor: bool = False) -> list[Section[Item]]:
    """Group the properties of an activity or register in the order of Art. 30; what it does not name comes last."""
    left = {found.iri: found for found in properties}
    sections: list[Section[Item]] = []
    for heading, item, names in _PROCESSOR if processor else _CONTROLLER:
        iris = [expand(name) or name for name in names.split()]
        chosen = tuple(left.pop(iri) for iri in iris if iri in left)
        if chosen:
            sections.append(Section(heading, item, chosen))
    if left:
        sections.append(Section("Also recorded", "", tuple(left.values())))
    return sections


def outline(*, processor: bool = False) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return all headings in the order of Art. 30, each with its item ("" if none) and the IRIs of its properties, recorded or not."""
    told = _PROCESSOR if processor else _CONTROLLER
    return [(heading, item, tuple(expand(name) or name for name in names.split())) for heading, item, names in told]
