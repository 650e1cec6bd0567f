"""Text made fit for where it goes: a cell of a spreadsheet, a line of CSV, a page of a document.

In:  any text that a graph can hold. Out: a text that the format can hold, which says so where something had to be changed.

Source: characters of XML 1.0 (2008), production [2]; Excel specifications and limits: 32 767 characters and 253 line breaks a cell.
"""

from __future__ import annotations

import re

LONGEST_CELL = 32_767
"""UTF-16 units that a cell of a spreadsheet may hold."""
MOST_LINES = 250

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def clean(text: str) -> str:
    """Replace characters that XML cannot hold, or that steer a terminal, by U+FFFD, and end lines one way."""
    return _ILLEGAL.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def cell(text: str) -> str:
    """Return a text that a cell of a spreadsheet can hold; what is too long is cut, and says so."""
    cleaned = clean(text)
    if cleaned.count("\n") >= MOST_LINES:
        lines = cleaned.split("\n")
        cleaned = "\n".join([*lines[:MOST_LINES], " ; ".join(lines[MOST_LINES:])])
    if _units(cleaned) <= LONGEST_CELL:
        return cleaned
    note = f"… [cut here: {len(cleaned):,} characters in all, which the RDF exports hold]"
    room = LONGEST_CELL - _units(note)
    return cleaned.encode("utf-16-le")[: 2 * room].decode("utf-16-le", "ignore") + note


def comma_cell(text: str) -> str:
    """Return a text for a cell of CSV that no spreadsheet takes for a formula: such a cell begins with an apostrophe."""
    # The rule is about what the reader gets, so a carriage return counts though it is written as a line feed.
    risky = text.startswith(_FORMULA)
    cleaned = clean(text)
    return f"'{cleaned}" if risky else cleaned


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2
