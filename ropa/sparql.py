"""What a SPARQL text is and asks for, told without evaluating it.

In:  the text of a query. Out: its form, whether it names its own dataset, whether it could call a remote service.

The form and the dataset are told from tokens (SPARQL 1.1 Query Language, section 19.8). Whether it could call another
address is told from the raw text, and too often rather than too seldom: a second reading of the grammar that differs
from the engine's by one character would be a hole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

DEEPEST = 200
"""Nested brackets at the most: the engine's parser is recursive and would run out of stack."""

_TOKEN = re.compile(
    r'''\#[^\n\r]*+                                            # comment
        |<[^<>"{}|^`\\\x00-\x20]*+>                              # IRI
        |"""(?:(?:"|"")?(?:[^"\\]|\\.))*+(?:"""|\Z)
        |\'\'\'(?:(?:'|'')?(?:[^'\\]|\\.))*+(?:\'\'\'|\Z)
        |"(?:[^"\\\n\r]|\\.)*+"?
        |'(?:[^'\\\n\r]|\\.)*+'?
        |[?$]\w*+                                              # variable
        |@[A-Za-z-]*+                                          # language tag
        |(?P<word>[\w.-]++)(?!:)
        |[\w.-]*+:(?:[\w.:%-]|\\.)*+                           # prefixed name
        |\S''',
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_SPACE = r"(?:\s++|\#[^\n\r]*+)*+"
# "service" with an address after it, wherever it stands; only a variable of that name is surely none.
_SERVICE = re.compile(rf"(?<![?$\w])service{_SPACE}(?:silent{_SPACE})?+(?:<|[?$]\w|[^\s<>\"'(){{}};,]*:)", re.IGNORECASE)

_FORMS = {"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"}


@dataclass(frozen=True)
class QueryText:
    """A SPARQL query and what its text tells.

    Attributes:
        text: The query as given.
        form: ``SELECT``, ``ASK``, ``CONSTRUCT``, ``DESCRIBE``, or "" where none is found.
        names_dataset: It has FROM or FROM NAMED.
        calls_service: It may have SERVICE; a string or a prefixed name that looks like it counts too.
        depth: How deep its brackets nest, those in strings included.
    """

    text: str
    form: str
    names_dataset: bool
    calls_service: bool
    depth: int


def read(text: str) -> QueryText:
    """Tell the form of a query and what it would reach for."""
    words = [match.group("word").upper() for match in _TOKEN.finditer(text) if match.group("word")]
    form = next((word for word in words if word in _FORMS), "")
    plain = _ESCAPE.sub(lambda match: chr(min(int(match[1] or match[2], 16), 0x10FFFF)), text)
    return QueryText(text, form, "FROM" in words, _SERVICE.search(plain) is not None, _depth(text))


def _depth(text: str) -> int:
    depth = deepest = 0
    for character in text:
        if character in "({[":
            depth += 1
            deepest = max(deepest, depth)
        elif character in ")}]" and depth:
            depth -= 1
    return deepest
