"""A template filled from a record: a row for each activity, a cell for each field, and how much of the form the record answers.

In:  a template and a :class:`Record`. Out: a :class:`Filled`, from which tables, documents and counts are made.

A cell is a list of lines. What belongs together stays in one line (a recipient with its data, purpose, condition), so that no
two lists stand beside each other whose members would have to be guessed to belong together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ropa.exchange.answers import INFERRED, STATUSES, Cell, Line, Taken, answer, is_asked
from ropa.exchange.record import Record
from ropa.exchange.templates import Field, Template
from ropa.namespaces import DCTERMS
from ropa.store import Node
from ropa.words import count

_TITLE = (DCTERMS + "title",)
GENERAL = " [for all activities]"
WHOLE = "The organisation as a whole"
"""Title of the row of what the record tells for no activity in particular."""


@dataclass(frozen=True)
class Row:
    """What the record tells of an activity; of the organisation as a whole where ``general``."""

    node: Node
    title: str
    cells: tuple[Cell, ...]
    general: bool = False


@dataclass(frozen=True)
class Coverage:
    """How much of one field the record answers: how many activities (or organisations, in the header) count as what."""

    heading: str
    article: str
    required: bool
    about: str
    counts: dict[str, int] = field(hash=False)

    @property
    def total(self) -> int:
        """How many were asked."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class Filled:
    """A template with the answers of one register.

    Attributes:
        header: A cell for each header field. rows: That of the organisation as a whole first, if it tells anything.
    """

    template: Template
    header: tuple[Cell, ...]
    rows: tuple[Row, ...]

    @property
    def activities(self) -> int:
        """How many activities have a row."""
        return sum(not row.general for row in self.rows)

    def coverage(self) -> list[Coverage]:
        """Return how much of each field is answered, header first; the row of the whole organisation is no activity."""
        told = [
            Coverage(asked.heading, asked.article, asked.required, "organisation", _count([cell]))
            for asked, cell in zip(self.template.header, self.header, strict=True)
        ]
        rows = [row for row in self.rows if not row.general]
        for place, asked in enumerate(self.template.columns):
            counts = _count(row.cells[place] for row in rows)
            told.append(Coverage(asked.heading, asked.article, asked.required, "activity", counts))
        return told


def share(coverage: Sequence[Coverage], *, required: bool = False) -> tuple[int, int]:
    """Return how many fields of all activities are answered, and how many there are; only what Art. 30 asks for if *required*."""
    chosen = [told for told in coverage if told.required or not required]
    return sum(told.counts[STATUSES[0]] for told in chosen), sum(told.total for told in chosen)


def fill(template: Template, record: Record) -> Filled:
    """Fill a template from a record."""
    taken = Taken(template)
    header = tuple(_cell(record, asked, record.publishers or [record.node], taken) for asked in template.header)
    general = [_cell(record, asked, [record.node], taken) for asked in template.columns]
    rows = [
        Row(activity, record.text(activity), _row(record, template, activity, taken, general))
        for activity in record.activities
        if record.is_processor(activity) == (template.role == "processor")
    ]
    # Its row is there wherever a cell of an activity refers to it.
    if rows and any(_is_referred_to(cell) and _of_activities(asked) for cell, asked in zip(general, template.columns, strict=True)):
        title = Cell((Line(WHOLE),))
        cells = [title if asked.sources[0].of == _TITLE else cell for cell, asked in zip(general, template.columns, strict=True)]
        rows.insert(0, Row(record.node, WHOLE, tuple(cells), general=True))
    return Filled(template, header, tuple(rows))


def applies(template: Template, record: Record) -> bool:
    """Tell whether a register has an activity that the template is for."""
    return any(record.is_processor(activity) == (template.role == "processor") for activity in record.activities)


def _of_activities(asked: Field) -> bool:
    """Tell whether a field is about what is done, not about the record: title and dates are no reason for a row of their own."""
    return not all(name.startswith(DCTERMS) for source in asked.sources for name in source.of)


def _count(cells: Iterable[Cell]) -> dict[str, int]:
    found = Counter(cell.status for cell in cells)
    return {status: found[status] for status in STATUSES}


def _row(record: Record, template: Template, activity: Node, taken: Taken, general: Sequence[Cell]) -> tuple[Cell, ...]:
    cells = []
    for asked, whole in zip(template.columns, general, strict=True):
        cell = _cell(record, asked, [activity], taken)
        if not cell.lines and _of_activities(asked) and not any(is_asked(record, source, activity) for source in asked.sources):
            # What is said for the organisation as a whole holds for an activity that says nothing of its own.
            cell = _refer(whole)
        cells.append(cell)
    return tuple(cells)


def _cell(record: Record, asked: Field, nodes: Sequence[Node], taken: Taken) -> Cell:
    lines: dict[str, Line] = {}
    for node in nodes:
        for source in asked.sources:
            for line in answer(record, source, node, taken):
                lines.setdefault(line.text, line)
    return Cell(tuple(lines.values()))


def _is_referred_to(cell: Cell) -> bool:
    return cell.status == STATUSES[0] or len(cell.lines) > 1


def _refer(whole: Cell) -> Cell:
    """Return what stands in the cell of an activity for answers that stand in the row of the organisation as a whole."""
    if not _is_referred_to(whole):
        return Cell(tuple(Line(line.text + GENERAL, line.status, line.inferred) for line in whole.lines))
    said = count(len(whole.lines), "statement")
    return Cell((Line(f"as for the organisation as a whole ({said}){INFERRED * whole.inferred}", whole.status, whole.inferred),))
