"""What an auditor or an authority is handed: workbooks, CSV, the document, the pack, and how much of each form is answered.

In:  a store, a register's slug, a day. Out: bytes, the same for the same revision and day.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ropa.errors import NotFound
from ropa.exchange import annexes, pdf, rdf
from ropa.exchange.annexes import Judged
from ropa.exchange.answers import STATUSES
from ropa.exchange.commas import write_commas
from ropa.exchange.pack import write_pack
from ropa.exchange.record import read_record
from ropa.exchange.tables import Coverage, applies, fill
from ropa.exchange.templates import TEMPLATES, Template, find_template
from ropa.exchange.xlsx import MEDIA_TYPE, write_template
from ropa.findings import Finding, check_store
from ropa.registers import find_register
from ropa.store import QuadStore

__all__ = ["HANDOUTS", "NAMES", "STATUSES", "Coverages", "Handout", "cover", "identify", "listed", "make_handout"]


@dataclass(frozen=True)
class Handout:
    """A kind of file for auditors.

    Attributes:
        of_template: Whether a template is filled. judged: Whether it tells findings, so that it depends on a day.
        long: Whether making it takes more than a moment.
    """

    ending: str
    media_type: str
    what: str
    of_template: bool = False
    judged: bool = True
    long: bool = False


HANDOUTS: dict[str, Handout] = {
    found.ending: found
    for found in (
        Handout(
            "xlsx",
            MEDIA_TYPE,
            "Workbook: the form filled in, with evidence, findings and how much is answered",
            of_template=True,
        ),
        Handout("csv", "text/csv", "CSV: the form filled in, one line an activity", of_template=True, judged=False),
        Handout("pdf", "application/pdf", "PDF: the record as a document, with findings and evidence as annexes", long=True),
        Handout("zip", "application/zip", "ZIP: all of these and the RDF, with a list of checksums", long=True),
    )
}
"""File ending to kind."""

NAMES: tuple[str, ...] = (*(name for name, template in TEMPLATES.items() if template.listed), "csv", "pdf", "zip")
"""What the command line calls them: a template stands for its workbook."""


@dataclass(frozen=True)
class Coverages:
    """How much of one template a register answers; ``activities`` is how many the template is for."""

    template: Template
    activities: int
    told: Sequence[Coverage]

    @property
    def summary(self) -> str:
        """In a sentence."""
        return annexes.summarise(self.told)


def make_handout(
    store: QuadStore, slug: str, ending: str, *, template: str = "", day: date, found: Sequence[Finding] | None = None
) -> bytes:
    """Return a file for auditors.

    Args:
        ending: One of :data:`HANDOUTS`. template: Name of a template, for the kinds that fill one; "" for the first that applies.
        day: The day that findings are made for. found: Those of the register, if they are known already.

    Raises:
        NotFound: There is no such register, kind or template.
        CannotMake: The document cannot be made here.
    """
    if ending not in HANDOUTS:
        raise NotFound("format", ending, HANDOUTS)
    record = read_record(store, slug)
    filled = None
    if HANDOUTS[ending].of_template:
        chosen = find_template(template) if template else next((form for form in listed() if applies(form, record)), listed()[0])
        filled = fill(chosen, record)
        if ending == "csv":
            return write_commas(filled)
    judged = Judged(day, check_store(store, [slug], day) if found is None else found)
    digest = annexes.checksum(record)
    if filled is not None:
        return write_template(filled, record, judged, digest)
    return (pdf.write_pdf if ending == "pdf" else write_pack)(record, judged, digest)


def cover(store: QuadStore, slug: str) -> list[Coverages]:
    """Return how much of each listed template a register answers.

    Raises:
        NotFound: There is no such register.
    """
    record = read_record(store, find_register(store, slug).slug)
    filled = [fill(template, record) for template in listed()]
    return [Coverages(one.template, one.activities, one.coverage()) for one in filled]


def identify(store: QuadStore, slug: str) -> tuple[str, int]:
    """Return the SHA-256 of the N-Quads export of a register, which its documents print, and how many bytes that export has."""
    data = rdf.write_nquads(store, slug)
    return hashlib.sha256(data).hexdigest(), len(data)


def listed() -> list[Template]:
    """Return the templates that are forms of their own, in the order in which people are shown them."""
    return [template for template in TEMPLATES.values() if template.listed]
