"""The record of an organisation as a document to hand over: tagged PDF/UA-1 with contents, the items of Art. 30, findings and evidence.

In:  a :class:`Record` and the findings of a day. Out: HTML, and the PDF that WeasyPrint makes of it in a process of its own.

The page is complete in itself: whatever would be fetched is refused. The same revision, day and machine give the same bytes.

Source: ISO 14289-1 (PDF/UA-1), by WeasyPrint; GDPR Art. 30(1) and (2) for the order.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from ropa import words
from ropa.errors import CannotMake
from ropa.exchange import annexes
from ropa.exchange.annexes import Judged
from ropa.exchange.answers import STATUSES, Line
from ropa.exchange.cleaning import clean
from ropa.exchange.record import Proof, Record
from ropa.exchange.tables import Filled, fill
from ropa.exchange.templates import TEMPLATES
from ropa.findings import SEVERITIES, Finding
from ropa.things import section

MOST_PROOFS = 2_500
"""Phrases that the annex of evidence shows; a page holds some 40."""
MOST_OF_ONE = 100
"""Findings of one kind that the annex shows."""
MOST_ACTIVITIES = 150
"""Activities that one document may have; a register with more is for the spreadsheet."""
LONGEST = 600
"""Seconds after which making a document is given up."""

_running: set[subprocess.Popen[bytes]] = set()
_HERE = Path(__file__).parent / "document"
_LONGEST_TEXT = 6_000
_LOOKS = {"answered": "", "stated none": "none", "lost in source": "lost"}
_TITLES = {"controller": "Activities as a controller", "processor": "Activities as a processor"}


def write_pdf(record: Record, judged: Judged, digest: str) -> bytes:
    """Return the document of a register.

    Raises:
        CannotMake: WeasyPrint or the libraries it needs are not installed, the register is too long, or making it took too long.
    """
    if len(record.activities) > MOST_ACTIVITIES:
        raise CannotMake(
            f"{record.register.title} has {len(record.activities):,} activities; a document holds {MOST_ACTIVITIES}. "
            "Take the spreadsheet, which holds all."
        )
    page = write_html(record, judged, digest)
    return make_pdf(page, hashlib.sha256(page.encode()).hexdigest()[:32])


def write_html(record: Record, judged: Judged, digest: str) -> str:
    """Return the document as HTML, without its style."""
    filled = [fill(template, record) for template in TEMPLATES.values() if not template.listed]
    parts = [one for one in filled if one.activities]
    organisation = record.organisation()
    date = words.day(judged.day.isoformat())
    counts = Counter(finding.severity for finding in judged.found)
    proofs = list(record.proofs())
    shown = proofs[:MOST_PROOFS]
    return _template().render(
        title=f"Record of processing activities: {organisation}",
        organisation=organisation,
        created=judged.day.isoformat(),
        date=date,
        about=annexes.about(record, judged, digest),
        header=list(zip((parts or filled)[0].template.header, (parts or filled)[0].header, strict=True)),
        parts=[_part(one) for one in parts],
        statuses=STATUSES,
        findings=_by_message(judged),
        severities=", ".join(f"{counts[severity]:,} {severity.lower()}" for severity in SEVERITIES),
        most_of_one=MOST_OF_ONE,
        evidence=_by_thing(record, shown),
        shown=len(shown),
        left_out=len(proofs) - len(shown),
    )


def make_pdf(page: str, identifier: str) -> bytes:
    """Return the PDF of a page, made in a process of its own, so that nobody waits for it and its memory is given back.

    Raises:
        CannotMake: See :func:`write_pdf`.
    """
    command = [sys.executable, "-m", "ropa.exchange.typeset", identifier]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # noqa: S603
        _running.add(process)
        try:
            made, said = process.communicate(page.encode(), timeout=LONGEST)
        except subprocess.TimeoutExpired:
            process.kill()
            raise CannotMake(f"The document was not ready after {LONGEST} seconds. Take the spreadsheet instead.") from None
        finally:
            _running.discard(process)
    if process.returncode:
        told = said.decode("utf-8", "replace").strip().splitlines()
        raise CannotMake(told[-1] if told else "The process that makes the document ended without a word.")
    return made


def stop() -> None:
    """End the documents that are being made; whoever waits for one is told that it cannot be made."""
    for process in list(_running):
        process.kill()


@cache
def _template() -> Template:
    made = Environment(loader=FileSystemLoader(_HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    made.globals.update(zip=zip, show=_show, look=_look, section=section)
    return made.get_template("document.html")


def _part(one: Filled) -> dict[str, object]:
    told = one.coverage()
    return {
        "title": _TITLES[one.template.role],
        "template": one.template,
        "rows": one.rows,
        "coverage": told,
        "summary": annexes.summarise(told),
    }


def _show(text: str) -> str:
    """Return a text that a page can hold; what is longer than two pages is cut, and says so."""
    cleaned = clean(text)
    return cleaned if len(cleaned) <= _LONGEST_TEXT else f"{cleaned[:_LONGEST_TEXT]}… [cut here: {len(cleaned):,} characters in all]"


def _look(line: Line) -> str:
    return " ".join(filter(None, (_LOOKS.get(line.status, "marker"), "inferred" if line.inferred else "")))


def _by_message(judged: Judged) -> list[tuple[str, list[Finding]]]:
    """Return the findings of each rule together, worst first."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in judged.found:
        groups.setdefault((finding.severity, finding.message), []).append(finding)
    ordered = sorted(groups.items(), key=lambda item: (SEVERITIES.index(item[0][0]), item[0][1]))
    return [(message, found) for (_, message), found in ordered]


def _by_thing(record: Record, proofs: list[Proof]) -> Iterator[tuple[str, list[tuple[str, list[tuple[str, str]], str]]]]:
    """Yield each thing with its statements: the statement in words, its phrases with their places, why it is inferred."""
    for subject, said in groupby(proofs, key=lambda proof: proof.subject):
        lines = []
        for (predicate, value, reason), same in groupby(said, key=lambda proof: (proof.predicate, proof.value, proof.reason)):
            phrases = [(proof.quote, section(proof.section)) for proof in same if proof.quote]
            lines.append((f"{record.text(predicate)}: {record.text(value)}", phrases, reason))
        yield record.text(subject), lines
