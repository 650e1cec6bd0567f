"""What a SPARQL text is and asks for, told from its tokens.

In:  the text of a query. Out: its form, whether it names its own dataset, whether it would call a remote service.

Tokens are enough and are safe: strings, comments and IRIs are skipped by the grammar of SPARQL 1.1
Query Language section 19.8, so a word inside them is never taken for a keyword. The engine has the last word on syntax.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r'''(?P<skip>\#[^\n\r]*                                   # comment
        |<[^<>"{}|^`\\\x00-\x20]*>                              # IRI
        |"""(?:(?:"|"")?(?:[^"\\]|\\.))*"""
        |\'\'\'(?:(?:'|'')?(?:[^'\\]|\\.))*\'\'\'
        |"(?:[^"\\\n\r]|\\.)*"
        |'(?:[^'\\\n\r]|\\.)*'
        |[?$]\w+                                               # variable
        |@[A-Za-z-]+                                           # language tag
        |[\w.-]*:(?:[\w.:%-]|\\.)*)                            # prefixed name
        |(?P<word>[A-Za-z_]\w*)
        |(?P<other>\S)''',
    re.VERBOSE | re.DOTALL,
)

_FORMS = {"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"}


@dataclass(frozen=True)
class QueryText:
    """A SPARQL query and what its tokens tell.

    Attributes:
        text: The query as given.
        form: ``SELECT``, ``ASK``, ``CONSTRUCT``, ``DESCRIBE``, or "" where none is found.
        names_dataset: It has FROM or FROM NAMED.
        calls_service: It has SERVICE.
    """

    text: str
    form: str
    names_dataset: bool
    calls_service: bool


def read(text: str) -> QueryText:
    """Tell the form of a query and what it would reach for."""
    words = [match.group("word").upper() for match in _TOKEN.finditer(text) if match.group("word")]
    form = next((word for word in words if word in _FORMS), "")
    return QueryText(text, form, names_dataset="FROM" in words, calls_service="SERVICE" in words)
