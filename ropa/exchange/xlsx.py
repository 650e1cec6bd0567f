"""Workbooks for auditors: a template filled from a register, and what it rests on.

In:  a filled template with its annexes, or an answer of the catalogue. Out: an .xlsx file, the same bytes for the same contents.

No cell is a formula or a link, whatever its text begins with. Row by row into a temporary file, so memory does not grow with the record.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from ropa import words
from ropa.exchange import annexes
from ropa.exchange.annexes import Judged, Table
from ropa.exchange.answers import STATUSES, Cell
from ropa.exchange.cleaning import cell
from ropa.exchange.record import Record
from ropa.exchange.tables import Filled

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

MOST_ROWS = 1_048_000
"""Rows that a sheet can hold, less what its head and its last line take."""

_LINE, _HIGHEST = 13.5, 409.0
"""Points: the height of a line, and the greatest height of a row that spreadsheets allow."""
_A3, _A4, _WIDE, _MOST_COLUMNS = 8, 9, 200, 12

_LOOKS: dict[str, dict[str, object]] = {
    "plain": {"text_wrap": True, "valign": "top"},
    "head": {
        "bold": True,
        "text_wrap": True,
        "valign": "top",
        "bg_color": "#1F3A5F",
        "font_color": "#FFFFFF",
        "border": 1,
        "border_color": "#C9D2DE",
    },
    "asked": {
        "bold": True,
        "text_wrap": True,
        "valign": "top",
        "bg_color": "#1E5E3A",
        "font_color": "#FFFFFF",
        "border": 1,
        "border_color": "#C9D2DE",
    },
    "caption": {"italic": True, "valign": "top"},
    "article": {"italic": True, "text_wrap": True, "valign": "top", "bg_color": "#E8EDF4", "font_color": "#333333"},
    "title": {"bold": True, "font_size": 16},
    "word": {"bold": True, "valign": "top", "text_wrap": True},
    "first": {"bold": True, "text_wrap": True, "valign": "top"},
    "inferred": {"text_wrap": True, "valign": "top", "italic": True, "bg_color": "#E6F0FA"},
    "stated none": {"text_wrap": True, "valign": "top", "bg_color": "#EAF4EA", "font_color": "#1E5E3A"},
    "not applicable": {"text_wrap": True, "valign": "top", "bg_color": "#EFEFEF", "font_color": "#444444"},
    "lost in source": {"text_wrap": True, "valign": "top", "bg_color": "#F3E8F7", "font_color": "#5A2A6B"},
    "not stated": {"text_wrap": True, "valign": "top", "bg_color": "#FFF3E6", "font_color": "#8A3B00"},
    "not recorded": {"text_wrap": True, "valign": "top", "font_color": "#6B6B6B"},
}
_KEY = (
    ("answered", "plain", "The record tells it."),
    ("[inferred]", "inferred", "Concluded by whoever recorded it, not read in the text; the sheet Evidence says why."),
    ("stated to be none", "stated none", "The text says that there is none."),
    ("not applicable", "not applicable", "The question does not arise."),
    ("lost in the copy of the text", "lost in source", "The copy of the text lost the words: unknown, not a gap."),
    ("not stated in the text", "not stated", "The text is silent: a gap to ask about."),
    ("not recorded", "not recorded", "The record holds nothing in this place, neither a value nor that there is none."),
    ("(conditional), (hypothetical)", "plain", "Said under a condition, not as a fact; the condition stands in the same line."),
)


def write_template(filled: Filled, record: Record, judged: Judged, digest: str) -> bytes:
    """Return a workbook: about, record, coverage, evidence, findings.

    Args:
        digest: See :func:`ropa.exchange.annexes.checksum`.
    """
    book = _Book(record.created or judged.day, f"{record.register.title}: {filled.template.title}")
    _about(book, filled, annexes.about(record, judged, digest))
    _record(book, filled)
    book.table(annexes.coverage([filled]), numbers=range(5, 6 + len(STATUSES)))
    book.table(annexes.evidence(record))
    book.table(annexes.findings(judged), f"Made for {words.day(judged.day.isoformat())}: the law as it stood on that day.")
    return book.close()


def write_answer(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], day: date) -> bytes:
    """Return a workbook with one table: the answer of a question, as people see it."""
    book = _Book(day, title)
    book.table(Table("Answer", tuple(columns), (tuple(row) for row in rows), tuple(32 for _ in columns)), title)
    return book.close()


def _about(book: _Book, filled: Filled, pairs: Sequence[tuple[str, str]]) -> None:
    template = filled.template
    sheet = book.sheet("About", (38, 90))
    sheet.write_string(0, 0, cell(book.title), book.looks["title"])
    lines = [("Template", f"{template.title}. {template.authority}. {template.note}"), *pairs]
    place = 2
    for word, text in lines:
        place = book.line(sheet, place, [(word, "word"), (text, "plain")])
    place += 1
    for asked, answer in zip(template.header, filled.header, strict=True):
        word = f"{asked.heading} ({asked.article})" if asked.article else asked.heading
        place = book.line(sheet, place, [(word, "word"), (answer.text, _look(answer))])
    place += 1
    if not filled.rows:
        place = book.line(sheet, place, [("Activities", "word"), (f"The register records no activity of a {template.role}.", "plain")])
    place = book.line(sheet, place, [("How much is answered", "word"), (annexes.summarise(filled.coverage()) + ".", "plain")])
    place = book.line(sheet, place + 1, [("What the words and colours mean", "word")])
    for word, look, meaning in _KEY:
        place = book.line(sheet, place, [(word, look), (meaning, "plain")])


def _record(book: _Book, filled: Filled) -> None:
    columns = filled.template.columns
    sheet = book.sheet("Record", [_width(asked.heading, place, filled) for place, asked in enumerate(columns)])
    book.line(sheet, 0, [(asked.heading, "asked" if asked.required else "head") for asked in columns])
    book.line(sheet, 1, [(asked.article or "beyond Art. 30", "article") for asked in columns])
    for number, row in enumerate(filled.rows, start=2):
        book.line(sheet, number, [(answer.text, _look(answer) if place else "first") for place, answer in enumerate(row.cells)])
    sheet.freeze_panes(2, 1)
    sheet.autofilter(1, 0, max(2, len(filled.rows) + 1), len(columns) - 1)
    sheet.repeat_rows(0, 1)


def _width(heading: str, place: int, filled: Filled) -> int:
    if place == 0:
        return 30
    statuses = {row.cells[place].status for row in filled.rows}
    # A column that nothing is recorded in need not push the others off the screen.
    return 16 if statuses <= {"not recorded"} else 24 if len(heading) < 18 else 38


def _look(answer: Cell) -> str:
    if answer.inferred:
        return "inferred"
    return "plain" if answer.status == STATUSES[0] else answer.status


def _lines(text: str, width: int) -> int:
    """Return about how many lines a text takes in a column."""
    return sum(1 + len(line) * 10 // (width * 11) for line in text.split("\n")) if text else 1


class _Book:
    """A workbook being written."""

    def __init__(self, created: date, title: str) -> None:
        self.title = title
        self._file = io.BytesIO()
        # Otherwise a text that begins with an equals sign becomes a formula, and one that looks like an address a link.
        options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "constant_memory": True}
        self._book = Workbook(self._file, options)
        made = datetime(created.year, created.month, created.day)
        self._widths: list[int] = []
        self._book.set_properties({"title": cell(title)[:250], "created": made})
        self.looks: dict[str, Format] = {name: self._book.add_format(look) for name, look in _LOOKS.items()}

    def sheet(self, name: str, widths: Iterable[int]) -> Worksheet:
        """Begin a sheet with columns of these widths, in characters."""
        sheet = self._book.add_worksheet(name)
        self._widths = list(widths)
        for place, width in enumerate(self._widths):
            sheet.set_column(place, place, width)
        sheet.set_landscape()
        wide = sum(self._widths) > _WIDE
        sheet.set_paper(_A3 if wide else _A4)
        if wide and len(self._widths) > _MOST_COLUMNS:
            # Shrunk to one page nobody could read it: the pages go on sideways, each with the first column.
            sheet.repeat_columns(0)
            sheet.fit_to_pages(3, 0)
        else:
            sheet.fit_to_pages(1, 0)
        sheet.set_footer("&L&A&RPage &P of &N")
        return sheet

    def line(self, sheet: Worksheet, place: int, texts: Sequence[tuple[str, str]], counted: Collection[int] = ()) -> int:
        """Write a row, high enough for its texts; those in *counted* are numbers. Return the place of the next row."""
        cells = [(cell(text), self.looks[look]) for text, look in texts]
        # Spreadsheets do not agree on whether a row without a height grows with its text. In this mode it comes before the cells.
        lines = max((_lines(text, width) for (text, _), width in zip(cells, self._widths, strict=False)), default=1)
        sheet.set_row(place, min(_HIGHEST, _LINE * lines))
        for column, (text, look) in enumerate(cells):
            if column in counted:
                sheet.write_number(place, column, int(text), look)
            elif text:
                sheet.write_string(place, column, text, look)
        return place + 1

    def table(self, table: Table, caption: str = "", numbers: Collection[int] = ()) -> None:
        """Write a sheet with headings and rows; the columns in *numbers* hold numbers."""
        sheet = self.sheet(table.title, table.widths)
        head = 0
        if caption:
            sheet.write_string(0, 0, cell(caption), self.looks["caption"])
            head = 1
        place = self.line(sheet, head, [(heading, "head") for heading in table.headings])
        sheet.freeze_panes(place, 1)
        for row in table.rows:
            if place >= MOST_ROWS:
                place = self.line(sheet, place, [("A sheet holds no more rows; the RDF exports hold all.", "word")])
                break
            look = "inferred" if table.inferred >= 0 and row[table.inferred] == "inferred" else "plain"
            place = self.line(sheet, place, [(text, look) for text in row], numbers)
        sheet.autofilter(head, 0, max(place - 1, head), len(table.headings) - 1)
        sheet.repeat_rows(head)

    def close(self) -> bytes:
        self._book.close()
        return self._file.getvalue()
