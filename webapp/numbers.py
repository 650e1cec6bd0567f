"""Which page of a long list is asked for."""

from __future__ import annotations

from flask import request

from ropa.errors import BadParameter


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
    if not text.isascii() or not text.isdecimal() or not 0 < int(text) < 100_000:
        raise BadParameter(f"{name}={text!r}: give a number from 1.")
    return int(text)
