"""Comma-separated values for people: tables, and templates filled from a register.

In:  lines of cells, or a filled template. Out: CSV; of a template the answers about the organisation stand before those of each activity.

A cell that a spreadsheet would take for a formula begins with an apostrophe. Source: RFC 4180 (2005) for the form; UTF-8 with a byte order
mark, without which spreadsheets take it for another encoding.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable

from ropa.exchange.cleaning import comma_cell
from ropa.exchange.tables import Filled


def write_lines(lines: Iterable[Iterable[str]], *, quote_all: bool = False) -> str:
    """Return lines of cells as CSV, each cell in quotes or only those that need them."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL)
    writer.writerows(map(comma_cell, line) for line in lines)
    return out.getvalue()


def write_commas(filled: Filled) -> bytes:
    """Return a filled template as CSV, with the same words as in the workbook."""
    headings = [asked.heading for asked in (*filled.template.header, *filled.template.columns)]
    about = [answer.text for answer in filled.header]
    rows = ([*about, *(answer.text for answer in row.cells)] for row in filled.rows)
    return codecs.BOM_UTF8 + write_lines([headings, *rows], quote_all=True).encode()
