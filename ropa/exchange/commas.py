"""Comma-separated values for people: a template filled from a register.

In:  a filled template. Out: CSV with a line of headings; the answers about the organisation stand before those of each activity.

A cell that a spreadsheet would take for a formula begins with an apostrophe. Source: RFC 4180 (2005) for the form; UTF-8 with a byte order
mark, without which spreadsheets take it for another encoding.
"""

from __future__ import annotations

import codecs
import csv
import io

from ropa.exchange.cleaning import comma_cell
from ropa.exchange.tables import Filled


def write_commas(filled: Filled) -> bytes:
    """Return a filled template as CSV, with the same words as in the workbook."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerow([comma_cell(asked.heading) for asked in (*filled.template.header, *filled.template.columns)])
    about = [comma_cell(answer.text) for answer in filled.header]
    for row in filled.rows:
        writer.writerow([*about, *(comma_cell(answer.text) for answer in row.cells)])
    return codecs.BOM_UTF8 + out.getvalue().encode()
