"""The statements of a synthetic register as a whole: its organisation, and what its activities share.

In:  a name and a generator of numbers. Out: lists of statements. :mod:`bench.activities` writes the activities.

Every value leads to a term of the ontology or of the Data Privacy Vocabulary, every question of the law is answered, and no
part stands alone: what is missing or wrong in a synthetic register was put there by :mod:`bench.defects`.
"""

from __future__ import annotations

from functools import cache
from random import Random

from pyoxigraph import Literal, NamedNode

from ropa.namespaces import expand, graph_iri, register_iri
from ropa.store import Term

Statement = tuple[NamedNode, NamedNode, Term]

PARTIES = 40
"""Companies that all registers share, as recipients and sub-processors."""

PURPOSES = [
    "dpv:AccountManagement",
    "dpv:CustomerCare",
    "dpv:CustomerOrderManagement",
    "dpv:DeliveryOfGoods",
    "dpv:DisputeManagement",
    "dpv:EnforceSecurity",
    "dpv:FraudPreventionAndDetection",
    "dpv:IdentityVerification",
    "dpv:LegalCompliance",
    "dpv:PaymentManagement",
    "dpv:PersonnelManagement",
    "dpv:RecordManagement",
    "dpv:RecruitmentApplicationManagement",
    "dpv:ResearchAndDevelopment",
    "dpv:ServiceMonitoring",
    "dpv:ServiceOptimisation",
    "dpv:ServiceProvision",
    "dpv:ServiceRegistration",
    "dpv:ServiceUsageAnalytics",
    "dpv:TechnicalServiceProvision",
    "ropa:AccountingAndTax",
    "ropa:Backup",
    "ropa:Billing",
    "ropa:EnquiryHandling",
]
CATEGORIES = [
    "pd:Age",
    "pd:BirthDate",
    "pd:BrowsingBehaviour",
    "pd:CallLog",
    "pd:Contact",
    "pd:DeviceBased",
    "pd:EmailAddress",
    "pd:EmailContent",
    "pd:Financial",
    "pd:IPAddress",
    "pd:Interest",
    "pd:Language",
    "pd:Location",
    "pd:Name",
    "pd:Opinion",
    "pd:Password",
    "pd:PhysicalAddress",
    "pd:Preference",
    "pd:Professional",
    "pd:TelephoneNumber",
    "pd:Transactional",
    "pd:UserAgent",
    "pd:Username",
    "ropa:BillingData",
]
SUBJECTS = ["dpv:Customer", "dpv:Employee", "dpv:JobApplicant", "dpv:Subscriber", "dpv:User", "ropa:BusinessContact", "ropa:WebsiteVisitor"]
SOURCES = ["dpv:DataSubjectDataSource", "dpv:ThirdPartyDataSource"]
MEASURES = ["dpv:AccessControlMethod", "dpv:ConfidentialityAgreement", "dpv:Encryption", "dpv:IncidentManagementProcedures"]
COUNTRIES = ["GB", "IE", "DE", "FR", "NL", "ES", "GB", "GB"]
RIGHTS = ["A15", "A16", "A17", "A18", "A19", "A20", "A21", "A22", "A77", "A7-3"]


@cache
def term(name: str) -> NamedNode:
    """Return the node of a prefixed name such as ``dpv:hasPurpose``."""
    iri = expand(name)
    if iri is None:
        raise ValueError(f"{name}: unknown prefix. Use one of ropa.namespaces.PREFIXES.")
    return NamedNode(iri)


@cache
def typed(text: str, datatype: str) -> Literal:
    """Return a literal of an XML Schema datatype: ``typed("P6M", "duration")``."""
    return Literal(text, datatype=term(f"xsd:{datatype}"))


def shared_parties(base: str) -> list[Statement]:
    """Return the companies that all registers share."""
    written: list[Statement] = []
    for number in range(PARTIES):
        describe(written, party(base, number), ["dpv:LegalEntity"], f"Provider {number}")
    return written


def party(base: str, number: int) -> NamedNode:
    """Return one of the companies that all registers share."""
    return NamedNode(f"{base}id/party/synthetic-provider-{number}")


def link(written: list[Statement], holder: NamedNode, name: str, value: Term) -> None:
    """Write one statement."""
    written.append((holder, term(name), value))


def describe(written: list[Statement], node: NamedNode, types: list[str], label: str, *pairs: tuple[str, Term]) -> NamedNode:
    """Write a node with its types, its label and what else is said of it; return it."""
    for name in types:
        written.append((node, term("rdf:type"), term(name)))
    written.append((node, term("skos:prefLabel"), Literal(label, language="en")))
    for name, value in pairs:
        written.append((node, term(name), value))
    return node


class Record:
    """What one register says of its organisation, and what its activities share: pools of categories, parties and places.

    Attributes:
        graph, evidence: The graphs of the record and of what it rests on.
        document: The source document that the register names.
        free: Those people who are free to refuse consent.
        country: Where the organisation is, two letters; uk: whether the law of the United Kingdom is its regime.
    """

    def __init__(self, slug: str, base: str, random: Random, activities: int) -> None:
        self.slug = slug
        self.base = base
        self.graph = NamedNode(graph_iri(base, f"register/{slug}"))
        self.evidence = NamedNode(graph_iri(base, f"evidence/{slug}"))
        self.register = NamedNode(register_iri(base, slug))
        self.organisation = NamedNode(f"{base}id/party/{slug}")
        self.document = NamedNode(f"{base}id/document/{slug}-2025-03-03")
        self.country = random.choice(COUNTRIES)
        self.uk = self.country == "GB"
        self._head: list[Statement] = []
        size = max(4, min(len(PURPOSES), activities // 6))
        self.purposes = self._pool("purpose", "dpv:Purpose", random.sample(PURPOSES, size))
        self.categories = self._pool("category", "dpv:PersonalData", random.sample(CATEGORIES, size))
        self.subjects = self._pool("subject", "dpv:DataSubject", random.sample(SUBJECTS, min(size, len(SUBJECTS))))
        self.free = [node for node in self.subjects if not node.value.endswith(("/employee", "/jobapplicant"))]
        self.sources = self._pool("source", "dpv:DataSource", SOURCES)
        self.measures = self._pool("measure", "dpv:TechnicalOrganisationalMeasure", MEASURES)
        self._write_organisation()
        self._write_register()

    def iri(self, kind: str, name: str) -> NamedNode:
        """Return the IRI of something that belongs to this register."""
        return NamedNode(f"{self.base}id/{self.slug}/{kind}/{name}")

    def head(self) -> list[Statement]:
        """Return the organisation, the register and what its activities share."""
        return self._head

    def tail(self, length: int, sha256: str) -> list[Statement]:
        """Return the source document, whose text is known when all is quoted.

        Args:
            length: Its code points.
        """
        return [
            (self.document, term("rdf:type"), term("ropa:SourceDocument")),
            (self.document, term("dcterms:title"), Literal(f"{self.slug} privacy notice", language="en")),
            (self.document, term("dcterms:issued"), typed("2025-03-03", "date")),
            (self.document, term("dcterms:language"), Literal("en")),
            (self.document, term("ropa:characters"), Literal(length)),
            (self.document, term("ropa:sha256"), Literal(sha256)),
        ]

    def _pool(self, kind: str, type: str, terms: list[str]) -> list[NamedNode]:
        nodes = []
        for name in terms:
            local = name.partition(":")[2]
            node = self.iri(kind, local.lower())
            nodes.append(describe(self._head, node, [type], f"{local} ({self.slug})", ("skos:broader", term(name))))
        return nodes

    def _write_organisation(self) -> None:
        head, slug = self._head, self.slug
        contact = Literal(f"privacy@{slug}.example")
        officer = describe(head, self.iri("party", "officer"), ["dpv:OrganisationalUnit"], "Officer", ("dpv:hasContact", contact))
        describe(
            head,
            self.organisation,
            ["dpv:LegalEntity"],
            slug.title(),
            ("dpv:hasName", Literal(f"{slug.title()} Ltd")),
            ("dpv:hasContact", contact),
            ("dpv:hasAddress", Literal(f"1 {slug.title()} Street")),
            ("dpv:hasJurisdiction", term(f"loc:{self.country}")),
            ("dpv:hasDataProtectionOfficer", officer),
            ("dpv:hasRepresentative", term("ropa:NotApplicable")),
            ("dpv:hasJointDataControllers", term("ropa:StatedNone")),
        )
        self.team = describe(head, self.iri("party", "team"), ["dpv:OrganisationalUnit"], "Service team")
        self.customers = [
            describe(head, self.iri("party", f"customer-{n}"), ["dpv:LegalEntity"], f"Customer {n}", ("dpv:hasContact", contact))
            for n in range(3)
        ]
        self.storages = [
            describe(
                head,
                self.iri("storage", f"site-{n}"),
                ["ropa:Storage"],
                f"Site {n}",
                ("dpv:hasLocation", term(f"loc:{self.country}")),
                ("dpv:hasPersonalData", self.categories[n]),
                ("ropa:isPlaceChosenBy", self.organisation),
            )
            for n in range(3)
        ]

    def _write_register(self) -> None:
        head, register = self._head, self.register
        head += [
            (register, term("rdf:type"), term("dpv:ROPA")),
            (register, term("dcterms:title"), Literal(f"{self.slug} register", language="en")),
            (register, term("dcterms:created"), typed("2026-11-22", "date")),
            (register, term("dcterms:publisher"), self.organisation),
            (register, term("dcterms:source"), self.document),
        ]
        head += [(register, term("ropa:hasStorage"), node) for node in self.storages]
        head += [(register, term("dpv:hasTechnicalOrganisationalMeasure"), node) for node in self.measures]
        for right in RIGHTS:
            link(head, register, "ropa:hasRightOffer", self.right(head, right.lower(), right))
        words = Literal("The organisation promises to anonymise what it no longer needs.", language="en")
        promise: list[tuple[str, Term]] = [("dcterms:description", words), ("ropa:promises", term("dpv:Anonymise"))]
        node = describe(head, self.iri("commitment", "anonymise"), ["ropa:Commitment"], "Anonymised", *promise)
        link(head, register, "ropa:hasCommitment", node)
        link(head, register, "ropa:hasDenial", self.denial(head, "sale", "ropa:Sell"))

    def right(self, written: list[Statement], name: str, article: str) -> NamedNode:
        """Write the offer of a right and return it."""
        return describe(
            written,
            self.iri("right", name),
            ["ropa:RightOffer"],
            f"Right of Art. {article[1:]}",
            ("dpv:hasRight", term(f"eu-gdpr:{article}")),
            ("ropa:howToExercise", Literal("write to us")),
            ("ropa:deadline", typed("P1M", "duration")),
        )

    def denial(self, written: list[Statement], name: str, operation: str) -> NamedNode:
        """Write what the organisation says that it does not do, and return it."""
        words = Literal(f"The organisation says that it does not {operation.partition(':')[2].lower()} data.", language="en")
        pairs: list[tuple[str, Term]] = [("dcterms:description", words), ("ropa:denies", term(operation))]
        return describe(written, self.iri("denial", name), ["ropa:Denial"], "Not done", *pairs)
