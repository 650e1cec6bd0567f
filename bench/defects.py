"""Defects to plant in synthetic registers: each damages one statement of one activity, or one note of its evidence.

A kind tells for which activities it makes sense, where it always finds what it damages, and which rule finds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from pyoxigraph import Literal

from bench.activities import Outline
from bench.damage import (
    Damage,
    add,
    change,
    condition_missing,
    drop,
    ended_mechanism,
    literal,
    loose_part,
    only,
    other_category,
    other_company,
    other_customer,
    own,
    position_turned,
    same,
    unknown,
    unlisted,
    untype,
)


@dataclass(frozen=True)
class Kind:
    """One way to be wrong.

    Attributes:
        rule: The local name of the shape that finds it; others may find it too.
        on_evidence: Whether it can be told only where the register has evidence, and so is planted only there.
        on_notes: Whether it damages the notes rather than the record.
        applies: Whether an activity has what it damages.
    """

    name: str
    rule: str
    damage: Damage
    applies: Callable[[Outline], bool]
    on_evidence: bool = False
    on_notes: bool = False


def _any(outline: Outline) -> bool:
    return True


def _controller(outline: Outline) -> bool:
    return not outline.processor


def _consent(outline: Outline) -> bool:
    return outline.consent


def _transfer(outline: Outline) -> bool:
    return outline.transfer


def _cookie(outline: Outline) -> bool:
    return outline.cookie


_ACTIVITY, _CLAIM, _FLOW, _TRANSFER = "ropa:ProcessingActivity", "ropa:LegalBasisClaim", "ropa:DataFlow", "ropa:Transfer"
_RULE, _SILENT = "ropa:RetentionRule", same("ropa:NotStated")


def _missing() -> Iterable[Kind]:
    """What must stand in a record is not there."""
    yield Kind("activity-without-title", "Activity-title-recorded", drop(_ACTIVITY, "dcterms:title"), _any)
    yield Kind("activity-without-controller", "Activity-controller-recorded", drop(_ACTIVITY, "dpv:hasDataController"), _any)
    yield Kind("activity-without-purpose", "Activity-purpose-recorded", drop(_ACTIVITY, "dpv:hasPurpose"), _any)
    yield Kind("activity-without-data-subjects", "Activity-dataSubject-recorded", drop(_ACTIVITY, "dpv:hasDataSubject"), _any)
    yield Kind("activity-without-personal-data", "Activity-personalData-recorded", drop(_ACTIVITY, "dpv:hasPersonalData"), _any)
    yield Kind("activity-without-legal-basis", "Activity-legalBasisClaim-recorded", drop(_ACTIVITY, "ropa:hasLegalBasisClaim"), _any)
    yield Kind("activity-without-collection", "Activity-dataCollection-recorded", drop(_ACTIVITY, "ropa:hasDataCollection"), _any)
    yield Kind("activity-without-recipient", "Activity-dataFlow-recorded", drop(_ACTIVITY, "ropa:hasDataFlow"), _any)
    yield Kind("activity-without-storage", "Activity-storage-recorded", drop(_ACTIVITY, "ropa:hasStorage"), _any)
    yield Kind("activity-without-period", "Activity-retentionRule-recorded", drop(_ACTIVITY, "ropa:hasRetentionRule"), _any)
    yield Kind(
        "activity-without-transfer",
        "Activity-transfer-recorded",
        drop(_ACTIVITY, "ropa:hasTransfer"),
        lambda outline: not outline.transfer,
    )
    yield Kind("activity-without-role", "Activity-role-recorded", untype(_ACTIVITY, "ropa:ControllerActivity"), _controller)
    yield Kind("activity-in-no-register", "Activity-register-recorded", unlisted, _any)
    yield Kind(
        "processor-without-processing",
        "ProcessorActivity-processing-recorded",
        drop(_ACTIVITY, "dpv:hasProcessing"),
        lambda outline: outline.processor,
    )
    yield Kind("claim-without-basis", "LegalBasisClaim-basis-recorded", drop(_CLAIM, "dpv:hasLegalBasis"), _controller)
    yield Kind("claim-without-label", "Part-label-recorded", drop(_CLAIM, "skos:prefLabel"), _controller)
    yield Kind("collection-without-source", "DataCollection-source-recorded", drop("ropa:DataCollection", "dpv:hasDataSource"), _any)
    yield Kind("flow-without-recipient", "DataFlow-recipient-recorded", drop(_FLOW, "dpv:hasRecipient"), _any)
    yield Kind("flow-without-role", "DataFlow-role-recorded", drop(_FLOW, "ropa:hasRecipientRole"), _any)
    yield Kind("flow-without-place", "DataFlow-place-recorded", drop(_FLOW, "dpv:hasLocation"), _any)
    yield Kind("flow-without-modality", "DataFlow-modality-recorded", drop(_FLOW, "ropa:hasModality"), _any)
    yield Kind("flow-without-condition", "Modality-condition-recorded", condition_missing, _any)
    yield Kind("transfer-without-mechanism", "Transfer-mechanism-recorded", drop(_TRANSFER, "ropa:hasMechanism"), _transfer)
    yield Kind("transfer-without-country", "Transfer-country-recorded", drop(_TRANSFER, "dpv:hasThirdCountry"), _transfer)
    yield Kind("transfer-not-typed-as-flow", "Transfer-type-recorded", untype(_TRANSFER, "ropa:DataFlow"), _transfer)
    yield Kind("rule-without-period", "Period-value-recorded", drop(_RULE, "ropa:period"), _any)
    yield Kind("period-without-start", "RetentionRule-startEvent-recorded", drop(_RULE, "ropa:hasStartEvent"), _any)
    yield Kind("period-without-kind", "RetentionRule-periodKind-recorded", drop(_RULE, "ropa:hasPeriodKind"), _any)
    yield Kind("cookie-without-setter", "Cookie-setter-recorded", drop("ropa:Cookie", "ropa:isSetBy"), _cookie)
    yield Kind("offer-without-right", "RightOffer-right-recorded", drop("ropa:RightOffer", "dpv:hasRight"), _consent)
    yield Kind(
        "denial-without-description",
        "Denial-description-recorded",
        drop("ropa:Denial", "dcterms:description"),
        lambda outline: outline.denial,
    )


def _wrong() -> Iterable[Kind]:
    """What stands there is not what may stand there."""
    yield Kind(
        "storage-of-wrong-type",
        "Link-storage-fits",
        only(_ACTIVITY, "ropa:hasStorage", lambda draft: draft.first("ropa:DataCollection")),
        _any,
    )
    yield Kind("loose-part", "Part-holder-recorded", loose_part, _any)
    yield Kind("unknown-purpose", "Purpose-in-vocabulary", unknown("purpose", "dpv:Purpose", "dpv:hasPurpose"), _any)
    yield Kind("unknown-category", "PersonalData-in-vocabulary", unknown("category", "dpv:PersonalData", "dpv:hasPersonalData"), _any)
    yield Kind("unknown-basis", "LegalBasis-in-vocabulary", change(_CLAIM, "dpv:hasLegalBasis", own("basis")), _controller)
    yield Kind("unknown-place", "Place-in-vocabulary", change(_FLOW, "dpv:hasLocation", own("place")), _any)
    yield Kind("unknown-role", "RecipientRole-in-vocabulary", change(_FLOW, "ropa:hasRecipientRole", own("role")), _any)
    yield Kind("undescribed-recipient", "Party-in-vocabulary", change(_FLOW, "dpv:hasRecipient", own("party")), _any)
    yield Kind(
        "two-bases-in-a-claim", "LegalBasisClaim-basis-recorded", add(_CLAIM, "dpv:hasLegalBasis", same("eu-gdpr:A6-1-d")), _controller
    )
    yield Kind("two-recipients-in-a-flow", "DataFlow-recipient-recorded", add(_FLOW, "dpv:hasRecipient", other_company), _any)
    yield Kind("two-periods-in-a-rule", "Period-value-recorded", add(_RULE, "ropa:period", literal("P10Y", "duration")), _any)
    yield Kind("period-in-words", "Period-value-recorded", change(_RULE, "ropa:period", literal("six months")), _any)
    yield Kind("period-of-wrong-datatype", "Period-value-recorded", change(_RULE, "ropa:period", literal("180", "integer")), _any)
    yield Kind("marker-beside-a-value", "Register-marker-stands-alone", add(_ACTIVITY, "dpv:hasPurpose", _SILENT), _any)


def _untold() -> Iterable[Kind]:
    """The text is silent where the law wants words, or says what does not hold."""
    yield Kind("controller-not-stated", "Activity-controller-stated", only(_ACTIVITY, "dpv:hasDataController", _SILENT), _controller)
    yield Kind("purpose-not-stated", "Activity-purpose-stated", only(_ACTIVITY, "dpv:hasPurpose", _SILENT), _controller)
    yield Kind("recipient-not-stated", "DataFlow-recipient-stated", change(_FLOW, "dpv:hasRecipient", _SILENT), _any)
    yield Kind("country-not-stated", "Transfer-country-stated", change(_TRANSFER, "dpv:hasThirdCountry", _SILENT), _transfer)
    yield Kind("start-not-stated", "RetentionRule-startEvent-stated", change(_RULE, "ropa:hasStartEvent", _SILENT), _any)
    yield Kind("lifetime-not-stated", "Cookie-lifetime-stated", change("ropa:Cookie", "ropa:period", _SILENT), _cookie)
    yield Kind("basis-not-named", "LegalBasisClaim-basis-named", change(_CLAIM, "ropa:isKnownBy", same("ropa:WordedOnly")), _controller)
    yield Kind(
        "interest-not-told",
        "LegalBasisClaim-legitimateInterest-stated",
        drop(_CLAIM, "ropa:legitimateInterest"),
        lambda outline: outline.interest,
    )
    yield Kind("mechanism-ended", "Transfer-mechanism-inForce", ended_mechanism, _transfer)
    late, offer = "ropa:deadline", "ropa:RightOffer"
    yield Kind("deadline-too-long", "RightOffer-deadline-monthly", change(offer, late, literal("P2M", "duration")), _consent)
    yield Kind("deadline-beyond-extension", "RightOffer-deadline-extended", change(offer, late, literal("P6M", "duration")), _consent)


def _unsupported() -> Iterable[Kind]:
    """What is said rests on nothing, or on less than it must."""

    def unsupported(name: str, rule: str, damage: Damage) -> Kind:
        return Kind(name, rule, damage, _any, on_evidence=True)

    yield unsupported(
        "two-controllers", "Register-statements-rest-on-evidence", add(_ACTIVITY, "dpv:hasDataController", other_customer, bare=True)
    )
    yield unsupported(
        "statement-without-evidence",
        "Register-statements-rest-on-evidence",
        add(_ACTIVITY, "dpv:hasPersonalData", other_category, bare=True),
    )
    yield unsupported(
        "second-operation-without-evidence",
        "Register-statements-rest-on-evidence",
        add(_ACTIVITY, "dpv:hasProcessing", same("dpv:Combine"), bare=True),
    )

    def note(name: str, rule: str, damage: Damage) -> Kind:
        return Kind(name, rule, damage, _any, on_evidence=True, on_notes=True)

    evidence, passage, position, quote = "ropa:Evidence", "ropa:Passage", "oa:TextPositionSelector", "oa:TextQuoteSelector"
    yield note("evidence-without-section", "Evidence-section-recorded", drop(evidence, "ropa:section"))
    yield note("evidence-without-passage", "Evidence-passage-recorded", drop(evidence, "oa:hasTarget"))
    yield note("evidence-without-object", "Evidence-object-recorded", drop(evidence, "rdf:object"))
    yield note("evidence-of-something-unsaid", "Register-evidence-rests-on-statements", change(evidence, "rdf:object", own("thing")))
    yield note("conclusion-without-reason", "Inference-reason-recorded", change(evidence, "rdf:type", same("ropa:Inference")))
    yield note("passage-without-document", "Passage-document-recorded", drop(passage, "oa:hasSource"))
    yield note("passage-without-quote", "Passage-quote-recorded", drop(quote, "oa:exact"))
    yield note("quote-too-long", "Passage-quote-recorded", change(quote, "oa:exact", lambda draft: Literal("and so on " * 5)))
    yield note("position-turned-round", "Position-start-before-end", position_turned)
    yield note(
        "position-after-the-end", "Register-passages-lie-in-documents", change(position, "oa:end", literal("999999999999", "integer"))
    )
    yield note("position-in-words", "Passage-start-recorded", change(position, "oa:start", literal("near the top")))


KINDS: Final = {kind.name: kind for kinds in (_missing, _wrong, _untold, _unsupported) for kind in kinds()}
"""Every kind of defect by its name."""
