"""Which kind of thing a node of the graph is, in the few kinds that a person tells apart at a glance.

In:  the classes of a thing. Out: one :class:`Kind`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ropa.namespaces import expand


@dataclass(frozen=True)
class Kind:
    """A kind of node.

    Attributes:
        key: Its name in addresses. name, plural: What people read.
        classes: The classes whose members are of this kind.
    """

    key: str
    name: str
    plural: str
    classes: frozenset[str]


def _kind(key: str, name: str, plural: str, classes: str = "") -> Kind:
    return Kind(key, name, plural, frozenset(expand(short) or short for short in classes.split()))


ORGANISATION = _kind("organisation", "Organisation with a register", "Organisations with a register")
"""A party that publishes a register of the store; told by that, not by a class."""
EVIDENCE = _kind(
    "evidence",
    "Evidence",
    "Evidence",
    "ropa:Evidence ropa:Inference ropa:Passage ropa:Conclusion ropa:Premise rdf:Statement oa:TextPositionSelector oa:TextQuoteSelector",
)
OTHER = _kind("other", "Something else", "Something else")

KINDS: dict[str, Kind] = {
    kind.key: kind
    for kind in (
        EVIDENCE,
        _kind("register", "Register", "Registers", "dpv:ROPA"),
        _kind("activity", "Activity", "Activities", "ropa:ProcessingActivity ropa:ControllerActivity ropa:ProcessorActivity"),
        _kind("transfer", "Transfer", "Transfers", "ropa:Transfer"),
        _kind("flow", "Data flow", "Data flows", "ropa:DataFlow"),
        ORGANISATION,
        _kind("unnamed", "Party without a name", "Parties without a name", "ropa:UnnamedParty"),
        _kind(
            "party",
            "Party",
            "Parties",
            "dpv:LegalEntity dpv:OrganisationalUnit dpv:NaturalPerson dpv:Authority dpv:DataProtectionAuthority dpv:DataProtectionOfficer",
        ),
        _kind(
            "category",
            "Data category",
            "Data categories",
            "dpv:PersonalData dpv:SensitivePersonalData dpv:SpecialCategoryPersonalData",
        ),
        _kind("subject", "Data subjects", "Data subjects", "dpv:DataSubject"),
        _kind("purpose", "Purpose", "Purposes", "dpv:Purpose"),
        _kind("basis", "Legal basis", "Legal bases", "ropa:LegalBasisClaim dpv:LegalBasis"),
        _kind("collection", "Collection or source", "Collections and sources", "ropa:DataCollection dpv:DataSource"),
        _kind(
            "place",
            "Place or storage",
            "Places and storage",
            "ropa:Storage dpv:Country dpv:Region dpv:SupraNationalUnion dpv:City dpv:Location ropa:RegimeTerritory ropa:Membership",
        ),
        _kind("retention", "Retention rule", "Retention rules", "ropa:RetentionRule ropa:Event"),
        _kind("right", "Right or opt-out", "Rights and opt-outs", "ropa:RightOffer ropa:OptOut dpv:DataSubjectRight"),
        _kind("measure", "Measure", "Measures", "dpv:TechnicalOrganisationalMeasure"),
        _kind("denial", "Denial", "Denials", "ropa:Denial"),
        _kind("commitment", "Commitment or contradiction", "Commitments and contradictions", "ropa:Commitment ropa:Contradiction"),
        _kind("cookie", "Cookie", "Cookies", "ropa:Cookie"),
        _kind("document", "Source document", "Source documents", "ropa:SourceDocument"),
        _kind(
            "law",
            "Law, article or instrument",
            "Laws, articles and instruments",
            "ropa:Provision ropa:TransferMechanism ropa:AdequacyDecision ropa:Certification dpv:Law dcterms:Standard",
        ),
        _kind("operation", "Operation on data", "Operations on data", "dpv:Processing dpv:ProcessingContext"),
        _kind(
            "term",
            "Term",
            "Terms",
            "skos:Concept owl:Class owl:ObjectProperty owl:DatatypeProperty owl:AnnotationProperty owl:NamedIndividual rdf:Property "
            "owl:Ontology",
        ),
        OTHER,
    )
}
"""The kinds by key; where a thing has classes of several, the first counts."""


def kind_of(classes: Collection[str]) -> Kind:
    """Return the kind of a thing with these classes (IRIs); :data:`OTHER` where none tells."""
    return next((kind for kind in KINDS.values() if not kind.classes.isdisjoint(classes)), OTHER)
