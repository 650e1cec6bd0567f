"""The day that a page is made for: the law of that day is applied."""

from __future__ import annotations

from datetime import date

from flask import request

from ropa.errors import BadParameter


def asked_day() -> date:
    """Return the day in ``as_of``, today where none is given.

    Raises:
        BadParameter: It is no day.
    """
    return read_day("as_of") or date.today()


def read_day(name: str) -> date | None:
    """Return the day in a parameter of the address, None where it is empty."""
    text = request.args.get(name, "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadParameter(f"{name}={text!r} is not a day. Write it as 2020-07-17.") from None


def day_argument() -> dict[str, str]:
    """Return ``as_of`` as an argument for links, nothing where the day is today."""
    day = asked_day()
    return {} if day == date.today() else {"as_of": day.isoformat()}
