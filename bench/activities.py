"""The activities of a synthetic register, each with its parts: bases, collections, flows, transfers, periods, cookies.

In:  the record that an activity stands in, and what to draw from. Out: its statements, some sixty of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from pyoxigraph import Literal, NamedNode

from bench.record import PARTIES, Record, Statement, describe, link, party, term, typed
from ropa.store import Term

DEEPEST = 5
"""The longest chain of sub-processors below a flow."""

OPERATIONS = ["dpv:Analyse", "dpv:Collect", "dpv:Disclose", "dpv:Record", "dpv:Share", "dpv:Store", "dpv:Use"]
EVENTS = ["ropa:AccountClosure", "ropa:AccountInactive", "ropa:Collection", "ropa:EndOfContract", "ropa:RequestResolved"]
PERIODS = ["P28D", "P30D", "P90D", "P6M", "P1Y", "P2Y", "P3Y", "P6Y", "P7Y"]
ADEQUATE = ["CH", "IL", "JP", "NZ"]


@dataclass(frozen=True)
class Outline:
    """What an activity has, before it is written.

    Attributes:
        letter: The point of Art. 6(1) that it rests on, if it is not carried out for somebody else.
        hops: How many sub-processors follow each other below its flow.
    """

    number: int
    processor: bool
    letter: str
    cookie: bool
    transfer: bool
    denial: bool
    hops: int

    @property
    def key(self) -> str:
        """The name of the activity; the names of its parts begin with it."""
        return f"a{self.number}"

    @property
    def interest(self) -> bool:
        """Whether it rests on legitimate interests."""
        return not self.processor and self.letter == "f"

    @property
    def consent(self) -> bool:
        """Whether it rests on consent."""
        return not self.processor and self.letter == "a"


def sketch(random: Random, number: int) -> Outline:
    """Draw what an activity has."""
    return Outline(
        number=number,
        processor=random.random() < 0.12,
        letter=random.choice("aabbccfff"),
        cookie=random.random() < 0.1,
        transfer=random.random() < 0.25,
        denial=random.random() < 0.1,
        hops=random.choices(range(DEEPEST + 1), (74, 10, 6, 4, 3, 3))[0],
    )


def write_activity(record: Record, outline: Outline, random: Random) -> list[Statement]:
    """Return the statements of one activity and of its parts.

    Args:
        random: The generator that :func:`sketch` drew the outline from.
    """
    return _Activity(record, outline, random).written


class _Activity:
    """One activity being written."""

    def __init__(self, record: Record, outline: Outline, random: Random) -> None:
        self.written: list[Statement] = []
        self._record, self._outline, self._random = record, outline, random
        self._node = record.iri("activity", outline.key)
        # A purpose has one basis in all of a register: two for the same people would contradict each other.
        alike = record.purposes["abcf".index(outline.letter) :: 4]
        self._purposes = random.sample(alike, min(len(alike), 1 + (random.random() < 0.3)))
        self._categories = random.sample(record.categories, 1 + (random.random() < 0.5))
        self._subject = random.choice(record.free if outline.consent else record.subjects)
        self._modality: tuple[tuple[str, Term], ...] = (("ropa:hasModality", term("ropa:Actual")),)
        if random.random() < 0.2:
            self._modality = (("ropa:hasModality", term("ropa:Conditional")), ("ropa:condition", Literal("where the service needs it")))
        self._write_itself()
        self._write_claims()
        self._write_collection()
        self._write_flows()
        self._write_transfer()
        self._write_periods()
        if outline.cookie:
            self._write_cookie()
        if outline.consent:
            self._say("ropa:hasRightOffer", record.right(self.written, f"{outline.key}-withdraw", "A7-3"))
        if outline.denial:
            self._say("ropa:hasDenial", record.denial(self.written, f"{outline.key}-share", "dpv:Share"))

    def _say(self, name: str, value: Term) -> None:
        link(self.written, self._node, name, value)

    def _part(self, kind: str, name: str, types: list[str], label: str, *pairs: tuple[str, Term]) -> NamedNode:
        node = self._record.iri(kind, f"{self._outline.key}-{name}")
        return describe(self.written, node, types, label, *pairs)

    def _write_itself(self) -> None:
        record, outline, random = self._record, self._outline, self._random
        link(self.written, record.register, "dpv:hasRecordOfActivity", self._node)
        self._say("rdf:type", term("ropa:ProcessingActivity"))
        self._say("rdf:type", term("ropa:ProcessorActivity" if outline.processor else "ropa:ControllerActivity"))
        self._say("dcterms:title", Literal(f"Activity {outline.number}", language="en"))
        self._say("dcterms:description", Literal(f"What {record.slug} does in activity {outline.number}.", language="en"))
        self._say("dpv:hasDataController", random.choice(record.customers) if outline.processor else record.organisation)
        if outline.processor:
            self._say("dpv:hasDataProcessor", record.organisation)
        for purpose in self._purposes:
            self._say("dpv:hasPurpose", purpose)
        self._say("dpv:hasDataSubject", self._subject)
        for category in self._categories:
            self._say("dpv:hasPersonalData", category)
        self._say("dpv:hasProcessing", term(random.choice(OPERATIONS)))
        self._say("ropa:hasStorage", random.choice(record.storages))

    def _write_claims(self) -> None:
        outline, law = self._outline, "ropa:UK-A6-1-" if self._record.uk else "eu-gdpr:A6-1-"
        if outline.processor:
            self._say("ropa:hasLegalBasisClaim", term("ropa:NotApplicable"))
            return
        letter = outline.letter
        interest = (("ropa:legitimateInterest", Literal("keeping the service safe")),) if outline.interest else ()
        for number, purpose in enumerate(self._purposes, 1):
            claim = self._part(
                "basis",
                str(number),
                ["ropa:LegalBasisClaim"],
                f"Art. 6(1)({letter})",
                ("dpv:hasLegalBasis", term(law + letter)),
                ("dpv:hasPurpose", purpose),
                ("ropa:isKnownBy", term("ropa:Named")),
                ("ropa:isLimitedTo", self._subject),
                *interest,
            )
            self._say("ropa:hasLegalBasisClaim", claim)

    def _write_collection(self) -> None:
        collection = self._part(
            "collection",
            "1",
            ["ropa:DataCollection"],
            "Collected",
            ("dpv:hasDataSource", self._random.choice(self._record.sources)),
            ("dpv:hasDataSubject", self._subject),
            *(("dpv:hasPersonalData", category) for category in self._categories),
        )
        self._say("ropa:hasDataCollection", collection)

    def _flow(self, kind: str, name: str, recipient: NamedNode, role: str, *pairs: tuple[str, Term]) -> NamedNode:
        return self._part(
            kind,
            name,
            ["ropa:DataFlow", "ropa:Transfer"] if kind == "transfer" else ["ropa:DataFlow"],
            "Passed on",
            ("dpv:hasRecipient", recipient),
            ("ropa:hasRecipientRole", term(role)),
            ("dpv:hasPersonalData", self._categories[0]),
            ("dpv:hasPurpose", self._purposes[0]),
            *self._modality,
            *pairs,
        )

    def _write_flows(self) -> None:
        record, random = self._record, self._random
        here: tuple[str, Term] = ("dpv:hasLocation", term(f"loc:{record.country}"))
        if random.random() < 0.2:
            self._say("ropa:hasDataFlow", self._flow("flow", "team", record.team, "ropa:InternalRecipient", here))
        chain = random.sample(range(PARTIES), self._outline.hops + 1)
        role = "ropa:ProcessorRole" if self._outline.hops or random.random() < 0.7 else "ropa:IndependentRole"
        flow = self._flow("flow", "1", party(record.base, chain[0]), role, here)
        self._say("ropa:hasDataFlow", flow)
        for hop, number in enumerate(chain[1:], 2):
            onward = self._flow("flow", str(hop), party(record.base, number), "ropa:ProcessorRole", here)
            link(self.written, flow, "ropa:engagesSubProcessor", onward)
            flow = onward

    def _write_transfer(self) -> None:
        if not self._outline.transfer:
            self._say("ropa:hasTransfer", term("ropa:StatedNone"))
            return
        assessed: tuple[tuple[str, Term], ...] = ()
        random, regime = self._random, "UK" if self._record.uk else "EU"
        if random.random() < 0.5:
            country, mechanism = "US", "ropa:UK-IDTA" if self._record.uk else "ropa:SCC2021"
            assessed = (
                ("dpv:hasImpactAssessment", term("dpv:DataTransferImpactAssessment")),
                ("dpv:hasContact", Literal("ask us for a copy")),
            )
        else:
            country = random.choice(ADEQUATE)
            mechanism = f"ropa:Adequacy-{regime}-{country}"
        transfer = self._flow(
            "transfer",
            "1",
            party(self._record.base, random.randrange(PARTIES)),
            "ropa:ProcessorRole",
            ("dpv:hasThirdCountry", term(f"loc:{country}")),
            ("ropa:hasMechanism", term(mechanism)),
            *assessed,
        )
        self._say("ropa:hasTransfer", transfer)

    def _write_periods(self) -> None:
        random = self._random
        for number, category in enumerate(self._categories, 1):
            rule = self._part(
                "retention",
                str(number),
                ["ropa:RetentionRule"],
                "Kept",
                ("dpv:hasPersonalData", category),
                ("ropa:period", typed(random.choice(PERIODS), "duration")),
                ("ropa:hasPeriodKind", term(random.choice(("ropa:Exact", "ropa:Ceiling")))),
                ("ropa:hasStartEvent", term(random.choice(EVENTS))),
                ("ropa:appliesTo", term(random.choice(("ropa:LiveData", "ropa:Backups", "ropa:NotStated")))),
                ("ropa:hasDisposal", term(random.choice(("dpv:Delete", "dpv:Anonymise", "ropa:NotStated")))),
            )
            self._say("ropa:hasRetentionRule", rule)

    def _write_cookie(self) -> None:
        cookie = self._part(
            "cookie",
            "1",
            ["ropa:Cookie"],
            "Cookie",
            ("ropa:cookieName", Literal(f"_{self._outline.key}")),
            ("ropa:isSetBy", self._record.organisation),
            ("dpv:hasPurpose", self._purposes[0]),
            ("ropa:period", typed("P1Y", "duration")),
            ("ropa:howToExercise", Literal("change the settings of your browser")),
        )
        self._say("ropa:usesCookie", cookie)
