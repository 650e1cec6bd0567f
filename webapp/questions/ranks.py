"""What values are sorted by where their words would give another order: "10 days" comes after "9 days".

In:  a literal. Out: a number, or a date as ISO 8601 writes it; "" where the words give the right order.
"""

from __future__ import annotations

import re

from pyoxigraph import Literal

from ropa.namespaces import XSD

NUMBERS = frozenset(XSD + name for name in ("integer", "decimal", "double", "float"))
"""IRIs of the datatypes whose values are numbers."""
_DURATIONS = {XSD + name for name in ("duration", "dayTimeDuration", "yearMonthDuration")}
_DATES = {XSD + name for name in ("date", "dateTime")}
_PIECE = re.compile(r"([0-9.]+)([YMDHS])")
# A year and a month of the Gregorian calendar are so long on average.
_IN_DAYS = {"Y": 365.25, "M": 30.4375, "D": 1.0, "TH": 1 / 24, "TM": 1 / 1440, "TS": 1 / 86400}


def rank(term: Literal) -> str:
    """Return what a literal is sorted by."""
    datatype = term.datatype.value
    if datatype in NUMBERS or datatype in _DATES:
        return term.value
    return _days(term.value) if datatype in _DURATIONS else ""


def order(text: str, rank: str) -> tuple[int, float, str]:
    """Return a key that puts numbers before words, and what has neither last.

    Args:
        text: What people see. rank: See :func:`rank`.
    """
    try:
        return 0, float(rank or text), ""
    except ValueError:
        return (1 if rank or text else 2), 0.0, (rank or text).casefold()


def _days(duration: str) -> str:
    dates, _, times = duration.lstrip("-").partition("T")
    found = [(number, unit) for number, unit in _PIECE.findall(dates)] + [(number, "T" + unit) for number, unit in _PIECE.findall(times)]
    try:
        days = sum(float(number) * _IN_DAYS[unit] for number, unit in found)
    except (KeyError, ValueError):
        return ""
    return f"{-days if duration.startswith('-') else days:.10g}"
