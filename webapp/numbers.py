"""Which page of a long list is asked for."""

from __future__ import annotations

from flask import request

from ropa.errors import BadParameter

_DIGITS = 5
_SHOWN = 20


def page_number(total: int, size: int) -> tuple[int, int]:
    """Return the number of the page that ``page`` asks for, and of the last one; past the end it is the last.

    Raises:
        BadParameter: It is no number from 1.
    """
    last = max(1, -(-total // size))
    return min(whole_number("page", 1), last), last


def whole_number(name: str, default: int) -> int:
    """Return a number of the address, the default where it is empty.

    Raises:
        BadParameter: It is no number from 1 to 99 999.
    """
    text = request.args.get(name) or str(default)
    # The length comes first: Python refuses to read thousands of digits.
    if len(text) > _DIGITS or not text.isascii() or not text.isdecimal() or int(text) == 0:
        raise BadParameter(f"{name}={text[:_SHOWN]!r}: give a number from 1 to {10**_DIGITS - 1}.")
    return int(text)
