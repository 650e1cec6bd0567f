"""Texts as a search compares them: without case, accents and marks, and with the letters that have no plain form spelled out."""

from __future__ import annotations

import re
import unicodedata

_SPELLED = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i", "ŋ": "n"}
    | dict.fromkeys("’‘ʼ'", "")
)
"""Letters that Unicode does not take apart into a letter and a mark; apostrophes stand inside words."""
_WORD = re.compile(r"\w+")


def fold(text: str) -> str:
    """Return a text in lower case, ``Łódź`` as "lodz" and ``Lønn`` as "lonn"."""
    # Most texts are ASCII: they have nothing to take apart.
    lowered = text.lower() if text.isascii() else unicodedata.normalize("NFKD", text.casefold())
    if not lowered.isascii():
        lowered = "".join(letter for letter in lowered if not unicodedata.combining(letter))
    return lowered.translate(_SPELLED)


def split(text: str) -> list[str]:
    """Return the words of a text, folded."""
    return _WORD.findall(fold(text))
