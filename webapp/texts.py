"""What a person typed into a field, no longer than somebody types.

In:  the arguments of an address. Out: a text.
"""

from __future__ import annotations

from flask import request

from ropa.errors import BadParameter

LONGEST = 200
"""Characters that a text may have."""


def short_text(name: str) -> str:
    """Return a text of the address, "" where there is none.

    Raises:
        BadParameter: It is longer than people type.
    """
    text = request.args.get(name, "").strip()
    if len(text) > LONGEST:
        raise BadParameter(f"{name} has {len(text)} characters. Give at most {LONGEST}.")
    return text
