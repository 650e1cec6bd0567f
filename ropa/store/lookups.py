"""Which queries cost no more than what is said about one thing, and may be evaluated in the server's own process.

In:  the text of a query. Out: whether it is such a look-up; in doubt it is not.

The whole text must be of one of a few plain forms, with one triple pattern whose subject is constant. There is no comment,
no escape and no nesting in them, so that nothing can stand in such a text that is read differently here and by the engine.
"""

from __future__ import annotations

import re

__all__ = ["is_lookup", "may_scan"]

_LONGEST = 4_000

_IRI = r'<[^<>"{}|^`\\\x00-\x20]*+>'
_NAME = r"(?>(?:[A-Za-z][A-Za-z0-9_-]*+)?):[A-Za-z0-9_.%-]*+"
_VARIABLE = r"[?$][A-Za-z0-9_]++"
_STRING = r"""(?:"[^"\\\n\r]*+"|'[^'\\\n\r]*+')"""
_LITERAL = (
    rf"(?:{_STRING}(?>(?:@[A-Za-z]++(?>(?:-[A-Za-z0-9]++)*)|\^\^(?:{_IRI}|{_NAME}))?)|[+-]?+[0-9]++(?>(?:\.[0-9]++)?)|\b(?:true|false)\b)"
)
_S = r"[ \t\r\n]*+"
_GAP = r"[ \t\r\n]++"

_SUBJECT = rf"(?:{_IRI}|{_NAME})"
_VERB = rf"(?:{_IRI}|{_NAME}|{_VARIABLE}|a\b)"
_OBJECT = rf"(?:{_IRI}|{_NAME}|{_VARIABLE}|{_LITERAL})"
_PATTERN = rf"\{{{_S}{_SUBJECT}{_S}{_VERB}{_S}{_OBJECT}{_S}\.?+{_S}\}}"
_TEMPLATE = rf"\{{{_S}(?:{_SUBJECT}|{_VARIABLE}){_S}{_VERB}{_S}{_OBJECT}{_S}\.?+{_S}\}}"

_PROLOGUE = rf"{_S}(?>(?:BASE{_S}{_IRI}{_S}|PREFIX{_GAP}(?>(?:[A-Za-z][A-Za-z0-9_-]*+)?):{_S}{_IRI}{_S})*)"
_WHERE = rf"(?>(?:WHERE\b{_S})?){_PATTERN}"
_FORMS = (
    rf"SELECT\b{_S}(?>(?:(?:DISTINCT|REDUCED)\b{_S})?)(?:\*|(?>(?:{_VARIABLE}{_S})+)){_S}{_WHERE}",
    rf"ASK\b{_S}{_WHERE}",
    rf"CONSTRUCT\b{_S}(?>(?:{_TEMPLATE}{_S})?)WHERE\b{_S}{_PATTERN}",
    rf"DESCRIBE\b{_S}{_SUBJECT}",
)
_LOOKUP = re.compile(rf"{_PROLOGUE}(?:{'|'.join(_FORMS)}){_S}(?>(?:\b(?:LIMIT|OFFSET){_GAP}[0-9]++{_S})*)", re.IGNORECASE | re.ASCII)

_MOST_AT_ONCE = 1_000
_PASSING_OVER = ("DISTINCT", "REDUCED", "OFFSET", "CONSTRUCT")
_COMPARED = re.compile(rf"[?$]([A-Za-z0-9_]++){_S}[?$]\1(?![A-Za-z0-9_])")


def is_lookup(text: str) -> bool:
    """Tell whether a query is a single look-up of a constant subject.

    That is a SELECT, ASK or CONSTRUCT with one triple pattern, or DESCRIBE with one IRI; LIMIT and OFFSET may follow.
    The dataset that the protocol names is not looked at.
    """
    return len(text) <= _LONGEST and _LOOKUP.fullmatch(text) is not None


def may_scan(text: str) -> bool:
    """Tell whether a look-up may do much more than its answer shows: pass over what it reads, compare it, or name very many columns.

    The time for one that does not grows with the length of its answer, and with how much is said of its subject.
    """
    in_capitals = text.upper()
    return len(text) > _MOST_AT_ONCE or any(word in in_capitals for word in _PASSING_OVER) or _COMPARED.search(text) is not None
