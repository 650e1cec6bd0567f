"""The kinds of things that people look for, each by the classes of its members."""

from __future__ import annotations

from ropa.namespaces import expand

KINDS: dict[str, tuple[str, ...]] = {
    "register": ("dpv:ROPA",),
    "activity": ("ropa:ProcessingActivity", "ropa:ControllerActivity", "ropa:ProcessorActivity"),
    "party": ("dpv:LegalEntity", "ropa:UnnamedParty", "dpv:OrganisationalUnit"),
    "category": ("dpv:PersonalData", "dpv:SensitivePersonalData", "dpv:SpecialCategoryPersonalData"),
    "subject": ("dpv:DataSubject",),
    "purpose": ("dpv:Purpose",),
    "basis": ("ropa:LegalBasisClaim", "dpv:LegalBasis"),
    "transfer": ("ropa:Transfer",),
    "flow": ("ropa:DataFlow",),
    "collection": ("ropa:DataCollection",),
    "retention": ("ropa:RetentionRule",),
    "storage": ("ropa:Storage",),
    "right": ("ropa:RightOffer", "ropa:OptOut", "dpv:DataSubjectRight", "dpv:Right"),
    "statement": ("ropa:Commitment", "ropa:Denial", "ropa:Contradiction"),
    "cookie": ("ropa:Cookie",),
    "measure": ("dpv:TechnicalOrganisationalMeasure", "dpv:TechnicalMeasure", "dpv:OrganisationalMeasure"),
    "mechanism": ("ropa:TransferMechanism", "ropa:AdequacyDecision", "ropa:Certification"),
    "place": ("dpv:Country", "dpv:Region", "dpv:SupraNationalUnion", "dpv:City", "dpv:Location"),
    "document": ("ropa:SourceDocument",),
    "provision": ("ropa:Provision",),
}
"""Kind to the classes whose members it may be; of several the first counts, so a transfer is no flow."""

OTHER = "other"
"""The kind of what is of none of these: events, operations, terms."""

_KIND_OF = {expand(name) or name: kind for kind, names in reversed(KINDS.items()) for name in names}
_RANKS = {kind: rank for rank, kind in enumerate(KINDS)}


def kind_of(classes: list[str]) -> str:
    """Return the kind of a thing from the IRIs of its classes."""
    return min((_KIND_OF[found] for found in classes if found in _KIND_OF), key=_RANKS.__getitem__, default=OTHER)
