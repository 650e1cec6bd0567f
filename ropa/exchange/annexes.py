"""What a hand-over holds beside the form: whose it is, what each statement rests on, what was found on a day, how much is answered.

In:  a :class:`Record` and the findings of a day. Out: tables of text, for spreadsheets and documents alike.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from pyoxigraph import Literal

from ropa import words
from ropa.exchange.answers import STATUSES
from ropa.exchange.rdf import write_nquads
from ropa.exchange.record import Record
from ropa.exchange.tables import Coverage, Filled, share
from ropa.findings import Finding
from ropa.namespaces import DCTERMS, ROPA
from ropa.things import section


@dataclass(frozen=True)
class Judged:
    """The findings of one register, and the day that they were made for."""

    day: date
    found: Sequence[Finding]


@dataclass(frozen=True)
class Table:
    """A table of text: its headings, its rows, how wide each column is in characters, and how many rows were left out."""

    title: str
    headings: tuple[str, ...]
    rows: Iterable[tuple[str, ...]]
    widths: tuple[int, ...]
    inferred: int = -1
    """The column that tells whether a row is concluded rather than read; -1 for none."""


def checksum(record: Record) -> str:
    """Return the SHA-256 of the N-Quads export of a register, which the documents print."""
    return hashlib.sha256(write_nquads(record.store, record.register.slug)).hexdigest()


def about(record: Record, judged: Judged, digest: str) -> list[tuple[str, str]]:
    """Return what says which record this is: pairs of a word and a text."""
    pairs = [("Register", record.register.title)]
    pairs.append(("Organisation", record.organisation()))
    for document in record.documents:
        told = [record.text(document)]
        told += [f"dated {record.text(value)}" for value in record.values(document, DCTERMS + "issued")]
        told += [f"SHA-256 {value.value}" for value in record.values(document, ROPA + "sha256") if isinstance(value, Literal)]
        pairs.append(("Read from", ", ".join(told)))
    pairs.append(("Recorded on", words.day(record.created.isoformat()) if record.created else "not recorded"))
    pairs.append(("Revision of the store", str(record.revision)))
    pairs.append(("Findings are for", words.day(judged.day.isoformat())))
    pairs.append(("SHA-256 of it as N-Quads", digest))
    return pairs


def evidence(record: Record, most: int = 0) -> Table:
    """Return the annex of evidence: a row for each statement and phrase; no more than *most* rows if that is not 0."""
    rows = (
        (
            record.text(proof.subject),
            record.text(proof.predicate),
            record.text(proof.value),
            proof.kind,
            proof.quote,
            section(proof.section),
            _title(record, proof.document),
            proof.reason,
        )
        for proof in record.proofs()
    )
    headings = ("About", "Statement", "Value", "Read or inferred", "Phrase of the text", "Section", "Document", "Why it is inferred")
    return Table("Evidence", headings, islice(rows, most) if most else rows, (34, 26, 40, 12, 50, 16, 30, 50), inferred=3)


def findings(judged: Judged) -> Table:
    """Return the annex of findings, worst first."""
    headings = (
        "Severity",
        "Finding",
        "Article",
        "Statement",
        "Activities",
        "Phrases of the text",
        "What would settle it",
        "Accepted",
        "Rule",
        "Id",
    )
    return Table("Findings", headings, _findings(judged), (11, 50, 20, 40, 34, 50, 50, 30, 26, 22))


def _findings(judged: Judged) -> Iterator[tuple[str, ...]]:
    for finding in judged.found:
        waiver = finding.waiver
        yield (
            finding.severity,
            finding.message,
            finding.article,
            finding.statement,
            "\n".join(activity.label for activity in finding.activities),
            "\n".join(f"{section(quote.section)} “{quote.text}”".strip() for quote in finding.quotes),
            finding.remedy,
            "" if waiver is None else f"by {waiver.by}, {waiver.on} to {waiver.until}: {waiver.reason}",
            finding.shape_name,
            finding.id,
        )


def coverage(filled: Iterable[Filled]) -> Table:
    """Return how much of each field of some templates is answered."""
    headings = ("Template", "Field", "Article", "Asked by Art. 30", "Of each", *(status.capitalize() for status in STATUSES), "In all")
    return Table("Coverage", headings, _coverage(filled), (24, 44, 20, 10, 14, *(12 for _ in STATUSES), 8))


def _coverage(filled: Iterable[Filled]) -> Iterator[tuple[str, ...]]:
    for one in filled:
        told = one.coverage()
        for row in told:
            counts = [str(row.counts[status]) for status in STATUSES]
            yield (one.template.title, row.heading, row.article, "yes" if row.required else "", row.about, *counts, str(row.total))


def summarise(told: Sequence[Coverage]) -> str:
    """Return in a sentence how much of a template is answered."""
    (answered, fields), (required, asked) = share(told), share(told, required=True)
    all_of_it = f"{answered:,} of {fields:,} fields answered ({_percent(answered, fields)})"
    return f"{all_of_it}; of those that Art. 30 asks for {required:,} of {asked:,} ({_percent(required, asked)})"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part // whole} %" if whole else "0 %"


def _title(record: Record, document: str) -> str:
    return next((record.text(node) for node in record.documents if node.value == document), document)
