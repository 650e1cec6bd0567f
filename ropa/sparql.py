"""What a SPARQL text is and asks for, told without evaluating it.

In:  the text of a query. Out: its form, whether it names its own dataset, whether it could call a remote service.

The form and the dataset are told from tokens (SPARQL 1.1 Query Language, section 19.8). Whether it could call another
address is told from the raw text, and too often rather than too seldom: a second reading of the grammar that differs
from the engine's by one character would be a hole.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from ropa.errors import BadQuery, RefusedQuery
from ropa.namespaces import PREFIXES

DEEPEST = 200
"""Nested brackets at the most: the engine's parser is recursive and would run out of stack."""

# Characters of names (SPARQL 1.1, [164] PN_CHARS_BASE to [167] PN_CHARS), but for the hyphen.
_NAME = (
    r"0-9A-Z_a-z\u00B7\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u037D\u037F-\u1FFF\u200C\u200D\u203F\u2040\u2070-\u218F"
    r"\u2C00-\u2FEF\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFFFD\U00010000-\U000EFFFF"
)

# What must not be gone back into is an atomic group, (?>…): Python before 3.11.5 goes wrong at possessive quantifiers of groups, (…)*+.
TOKEN = re.compile(
    rf'''(?P<comment>\#[^\n\r]*+)
        |(?P<iri><(?>(?:[^<>"{{}}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{{4}}|\\U[0-9A-Fa-f]{{8}})*)>)
        |(?P<string>"""(?>(?:(?:"|"")?(?:[^"\\]|\\.))*)(?:"""|\Z)
            |\'\'\'(?>(?:(?:'|'')?(?:[^'\\]|\\.))*)(?:\'\'\'|\Z)
            |"(?>(?:[^"\\\n\r]|\\.)*)"?
            |'(?>(?:[^'\\\n\r]|\\.)*)'?)
        |(?P<variable>[?$][{_NAME}]*+)
        |(?P<tag>@[A-Za-z0-9-]*+)
        |(?P<word>[{_NAME}.-]++)(?!:)
        |(?P<name>[{_NAME}.-]*+:(?>(?:[{_NAME}.:%-]|\\.)*))
        |[^ \t\n\r]''',
    re.VERBOSE | re.DOTALL,
)
"""One token of a SPARQL text: a keyword or number is a ``word``, a prefixed name or a blank node's label a ``name``."""

_BRACKET = re.compile(r"[(){}\[\]]")
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
# The pieces are bounded, so that a text full of such words is still read in a moment; what goes on behind the bound counts.
_SPACE = r"(?>(?:\s++|\#[^\n\r]{0,300}+(?=[\n\r]|\Z)){0,50})"
# Where a keyword may start: the engine wants no space between a number or a truth value and the keyword that follows.
_START = r"(?:(?<![?$\w])|(?<=[0-9])(?<![A-DF-Z_a-df-z][0-9])|(?<=true)|(?<=false))"
# "service" with an address after it, wherever it stands; only a variable of that name is surely none.
_SERVICE = re.compile(
    rf"{_START}service{_SPACE}(?>(?:silent{_SPACE})?)(?:[<\#\s]|[?$]\w|[^\s<>\"'(){{}};,:]{{0,999}}+[^\s<>\"'(){{}};,])", re.IGNORECASE
)

# An update holds what people write, so here the whole call must be seen: the name of an address and what must follow it.
_IRI = rf"(?:<[^<>]*+>|[{_NAME}.-]{{0,300}}+(?::(?>(?:\\.|[{_NAME}.:%-]){{0,300}})|(?=[{_NAME}.-])))"
_END = rf"(?:[{_NAME}.:%\\-]|{_SPACE}[\#\s]|{_SPACE}"
_SERVICE_CALL = re.compile(
    rf"{_START}service{_SPACE}(?>(?:silent{_SPACE})?)(?:[\#\s]|(?:{_IRI}|[?$][{_NAME}]{{0,300}}+){_END}\{{))", re.IGNORECASE
)
_LOAD = re.compile(rf"(?:\A|(?<=[\s;>\"']))load{_SPACE}(?>(?:silent{_SPACE})?)(?:[\#\s]|{_IRI}{_END}(?:;|into|\Z)))", re.IGNORECASE)

_ADDRESS = re.compile(r'<([^<>"{}|^`\\\x00-\x20]+)>')

_VARYING = {"NOW", "RAND", "UUID", "STRUUID", "BNODE"}
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
        varies: It has a word such as NOW or UUID, so its answer may differ each time.
    """

    text: str
    form: str
    names_dataset: bool
    calls_service: bool
    depth: int
    varies: bool


def read(text: str) -> QueryText:
    """Tell the form of a query and what it would reach for."""
    words = [match.group("word").upper() for match in TOKEN.finditer(text) if match.group("word")]
    form = next((word for word in words if word in _FORMS), "")
    calls_service = any(_SERVICE.search(reading) for reading in _readings(text))
    return QueryText(text, form, "FROM" in words, calls_service, _depth(text), not _VARYING.isdisjoint(words))


def _readings(text: str) -> list[str]:
    """Return a text as it is and, where it has any, with its escapes undone: engines differ in where they undo them."""
    plain = _ESCAPE.sub(lambda match: chr(min(int(match[1] or match[2], 16), 0x10FFFF)), text)
    return [text] if plain == text else [text, plain]


def _calls_only(call: re.Pattern[str], text: str, allowed: Collection[str]) -> bool:
    """Tell whether each place where a text may name an address names one of those allowed."""
    named = [_ADDRESS.match(reading, found.end() - 1) for reading in _readings(text) for found in call.finditer(reading)]
    return all(address is not None and address[1] in allowed for address in named)


def _depth(text: str) -> int:
    depth = deepest = 0
    for character in _BRACKET.findall(text):
        if character in "({[":
            depth += 1
            deepest = max(deepest, depth)
        elif depth:
            depth -= 1
    return deepest


def guard(text: str, allowed: Collection[str] = ()) -> QueryText:
    """Return what a query's text tells, or refuse it before an engine sees it.

    Args:
        allowed: Addresses of services that an administrator allowed. Each must be written out, as ``SERVICE <address>``.

    Raises:
        RefusedQuery: It may call another remote service. BadQuery: It nests too deep.
    """
    told = read(text)
    if told.calls_service and not _calls_only(_SERVICE, text, allowed):
        raise RefusedQuery(
            "SERVICE is refused: this store does not call other addresses. Load the data first, then query it here. "
            "If the word is only part of a name or a string, write the name as a full IRI or break up the string."
        )
    if told.depth > DEEPEST:
        raise BadQuery(f"The query nests brackets {told.depth} deep, {DEEPEST} at the most.")
    return told


_COMPLAINT = re.compile(r"error at (\d+):(\d+): expected (.*)", re.DOTALL)
_LETTERS = re.compile(r"\[(?:'[^']*'|[^\]'])*\](?:, )?")
_SENTENCE = re.compile(r"(?:one of |, |^)([A-Z][\w ]*[a-z] [a-z][\w ]*)")


def does_not_parse(error: SyntaxError) -> BadQuery:
    """Return the engine's complaint about a text with its place told apart, without the letters it could go on with."""
    found = _COMPLAINT.fullmatch(str(error))
    if found is None:
        return BadQuery(f"The query does not parse: {error}")
    line, column, expected = int(found[1]), int(found[2]), _LETTERS.sub("", found[3]).rstrip(", ")
    said = _SENTENCE.search(expected)
    wanted = said[1] if said else f"expected {expected}" if expected not in ("", "one of") else "not SPARQL from here on"
    return BadQuery(f"The query does not parse at line {line}, column {column}: {wanted}.", line, column)


def guard_update(text: str, allowed: Collection[str] = ()) -> None:
    """Refuse the text of an update that could reach for another address, before an engine sees it.

    Args:
        allowed: Addresses that an administrator allowed. Each must be written out, as ``LOAD <address>``.

    Raises:
        RefusedQuery: It may call a remote service or load from an address. BadQuery: It nests too deep.
    """
    if _stands("service", _SERVICE_CALL, text, allowed):
        raise RefusedQuery("SERVICE is refused: this store does not call other addresses. Load the data first, then use it here.")
    if _stands("load", _LOAD, text, allowed):
        raise RefusedQuery("LOAD is refused: this store does not call other addresses. Fetch the data and send it itself.")
    depth = _depth(text)
    if depth > DEEPEST:
        raise BadQuery(f"The update nests brackets {depth} deep, {DEEPEST} at the most.")


def _stands(word: str, call: re.Pattern[str], text: str, allowed: Collection[str]) -> bool:
    """Tell whether a call that starts with a word, of an address that is not allowed, stands anywhere in a text."""
    named = re.compile(rf"{word}\s++(?>(?:silent\s++)?){_ADDRESS.pattern}", re.IGNORECASE)
    for reading in _readings(text):
        for found in re.finditer(word, reading, re.IGNORECASE):
            if call.match(reading, found.start()):
                address = named.match(reading, found.start())
                if address is None or address[1] not in allowed:
                    return True
    return False


def first_query() -> str:
    """Return a short query to begin with: the registers and their titles."""
    prefixes = "".join(f"PREFIX {name}: <{PREFIXES[name]}>\n" for name in ("dcterms", "dpv", "ropa", "skos"))
    return prefixes + "\nSELECT ?register ?title WHERE {\n  ?register a dpv:ROPA ; dcterms:title ?title .\n}\nORDER BY ?title\n"
