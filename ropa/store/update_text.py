"""Where the operations of a SPARQL Update stand in its text, told from its tokens; nothing is evaluated.

In:  the text of a request. Out: its parts, each with the pieces of text that it consists of and the declarations that hold
for it.

Whether the text is well-formed is for the engine to say: what is read here of a malformed one means nothing.

Source: SPARQL 1.1 Query Language, section 19.8, [29] to [53].
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ropa.errors import BadQuery
from ropa.sparql import TOKEN

LONGEST = 5_000
"""Tokens of a pattern at the most, lists of values aside: the engine is recursive and would run out of stack."""
MOST_CARRIED = 50_000_000
"""Characters that the declarations of all operations may have together; each operation is read with those that hold for it."""

_Span = tuple[int, int]

# Whatever stands between two braces of data.
_ANY = re.sub(r"\(\?P<\w+>", "(?:", TOKEN.pattern)
_QUIET = re.compile(rf"(?>(?:[^{{}}<\"'#\\]++|\\.|(?![{{}}])(?:{_ANY}))*)", re.VERBOSE | re.DOTALL)
_NO_FUNCTION = {"A", "TRUE", "FALSE", "UNDEF", "VALUES"}
_VALUE = {"iri", "name", "string", "variable", "tag", ")", "TRUE", "FALSE"}


@dataclass(frozen=True)
class Operation:
    """What one operation says, as written; each text is a piece of the request, or "" where there is none.

    Attributes:
        form: ``DATA`` (INSERT DATA, DELETE DATA), ``MODIFY`` (all others with braces), ``CLEAR``, ``DROP``, ``CREATE``, ``ADD``,
            ``COPY``, ``MOVE`` or ``LOAD``.
        silent: It has SILENT.
        graphs: What a graph operation works on, the source first, of LOAD its address: an IRI, ``DEFAULT``, ``NAMED`` or ``ALL``.
        home: The IRI after WITH.
        delete, insert, where: The templates and the pattern, in their braces.
        using, using_named: The IRIs after USING and USING NAMED.
    """

    form: str
    silent: bool = False
    graphs: tuple[str, ...] = ()
    home: str = ""
    delete: str = ""
    insert: str = ""
    where: str = ""
    using: tuple[str, ...] = ()
    using_named: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """What stands between two semicolons of a request.

    Attributes:
        declarations: Where the declarations that hold for it stand, from the first of the request on.
        start, end: Where its operation stands; the same where there is none.
        operation: None where there is none, or none that the grammar knows.
    """

    declarations: tuple[_Span, ...]
    start: int
    end: int
    operation: Operation | None


def read(text: str) -> list[Part]:
    """Return the parts of a request in order, an empty one after a final semicolon too.

    Raises:
        BadQuery: It goes beyond :data:`LONGEST` or :data:`MOST_CARRIED`.
    """
    parts = []
    declarations: tuple[_Span, ...] = ()
    found: list[_Token] = []
    carried = length = 0
    for token in (*_tokens(text), _Token("", ";", len(text), len(text))):
        if token.text != ";":
            found.append(token)
            continue
        count = _count_declarations(found)
        if count:
            declarations = (*declarations, (found[0].start, found[count - 1].end))
            length += found[count - 1].end - found[0].start
        carried += length
        if carried > MOST_CARRIED:
            raise BadQuery("The update has too many operations for so many declarations. Send it in several requests.")
        rest = found[count:]
        start, end = (rest[0].start, rest[-1].end) if rest else (token.start, token.start)
        parts.append(Part(declarations, start, end, _read_operation(rest)))
        found = []
    return parts


def place(text: str, offset: int) -> tuple[int, int]:
    """Return line and column of an offset, counted from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def variables(template: str) -> list[tuple[str, int, int]]:
    """Return name, start and end of each variable in a template, in order."""
    return [(match.group()[1:], *match.span()) for match in TOKEN.finditer(template) if match.lastgroup == "variable"]


def labels(block: str) -> set[str]:
    """Return the labels of the blank nodes in a block of data."""
    if "_:" not in block:
        return set()
    names = (match.group().rstrip(".") for match in TOKEN.finditer(block) if match.lastgroup == "name")
    return {name for name in names if name.startswith("_:")}


class _Token(NamedTuple):
    """A token outside of braces, or a whole ``{…}``, whose kind is ``block``."""

    kind: str
    text: str
    start: int
    end: int


def _tokens(text: str) -> Iterator[_Token]:
    position, before = 0, ""
    while match := TOKEN.search(text, position):
        start, position = match.span()
        if match.lastgroup == "comment":
            continue
        if match.group() == "{":
            # Data may be long, and neither data nor a template holds an expression.
            position = _end_of_data(text, start) if before in ("DATA", "INSERT", "DELETE") else _end_of_pattern(text, start)
            yield _Token("block", text[start:position], start, position)
            before = ""
        else:
            before = match.group().upper()
            yield _Token(match.lastgroup or "", match.group(), start, position)


def _end_of_data(text: str, position: int) -> int:
    """Return where the ``{`` at *position* is closed."""
    depth = 0
    while position < len(text):
        depth += 1 if text[position] == "{" else -1
        position += 1
        if depth == 0:
            break
        quiet = _QUIET.match(text, position)
        position = quiet.end() if quiet else position
    return position


@dataclass(frozen=True)
class _Level:
    """An open bracket, whether an expression may stand right in it, and whether it holds rows of values."""

    bracket: str = ""
    expression: bool = False
    rows: bool = False


def _end_of_pattern(text: str, position: int) -> int:
    """Return where the ``{`` at *position* is closed.

    In an expression ``<`` after a value is an operator; elsewhere it opens an IRI, which may hold a ``'`` or a ``#``. So it
    must be told which parentheses hold an expression.

    Raises:
        BadQuery: It has too many tokens.
    """
    levels = [_Level()]
    before = last = ""
    rows_follow = False
    count = 0
    while match := TOKEN.search(text, position):
        kind, sign, level = match.lastgroup or "", match.group(), levels[-1]
        position = match.end()
        if kind == "comment":
            continue
        in_expression = level.bracket == "(" and level.expression
        if kind == "iri" and in_expression and _is_value(last):
            kind, sign, position = "", "<", match.start() + 1
        now = sign.rstrip(".").upper() if kind == "word" else kind or sign
        if sign == "{":
            levels.append(_Level(sign, rows=rows_follow))
            rows_follow = False
        elif sign == "(":
            called = (last[:1].isalpha() and last.isupper() and last not in _NO_FUNCTION) or (
                before == "FILTER" and last in ("iri", "name")
            )
            levels.append(_Level(sign, level.expression or called, level.rows))
        elif sign in ("}", ")"):
            levels.pop()
            if len(levels) == 1:
                break
        elif now in ("SELECT", "BY", "HAVING", "WHERE", "VALUES") and level.bracket == "{":
            # What is selected, grouped and ordered by are expressions in parentheses too.
            levels[-1] = _Level("{", now not in ("WHERE", "VALUES"))
            rows_follow = now == "VALUES"
        count += not (level.rows or (in_expression and (sign == "," or _is_value(now))))
        if count > LONGEST:
            raise BadQuery(
                f"A pattern has more than {LONGEST} tokens. Put long lists of values in VALUES or IN.", *place(text, match.start())
            )
        before, last = last, now
    return position


def _is_value(token: str) -> bool:
    return token in _VALUE or any(character in "0123456789" for character in token[:3])


def _count_declarations(tokens: Sequence[_Token]) -> int:
    """Return how many tokens at the start declare a prefix, a base or a version."""
    count = 0
    while count < len(tokens):
        kinds = [token.kind for token in tokens[count + 1 : count + 3]]
        word = tokens[count].text.upper()
        if word == "PREFIX" and kinds == ["name", "iri"]:
            count += 3
        elif (word == "BASE" and kinds[:1] == ["iri"]) or (word == "VERSION" and kinds[:1] == ["string"]):
            count += 2
        else:
            break
    return count


def _read_operation(tokens: list[_Token]) -> Operation | None:
    reader = _Reader(tokens)
    try:
        operation = reader.operation()
    except _Unknown:
        return None
    return None if reader.left else operation


class _Unknown(Exception):
    """The tokens are no operation."""


class _Reader:
    """Reads one operation from its tokens."""

    def __init__(self, tokens: list[_Token]) -> None:
        self.left = tokens[::-1]

    def operation(self) -> Operation:
        """Return what the tokens say."""
        if form := self._word("CLEAR", "DROP", "CREATE", "ADD", "COPY", "MOVE"):
            return self._graph_operation(form)
        if self._word("LOAD"):
            return self._load()
        home = self._iri() if self._word("WITH") else ""
        delete = insert = ""
        if self._word("DELETE"):
            if self._word("DATA"):
                return Operation("DATA", delete=self._block())
            if self._word("WHERE"):
                pattern = self._block()
                return Operation("MODIFY", delete=pattern, where=pattern)
            delete = self._block()
        if self._word("INSERT"):
            if self._word("DATA"):
                return Operation("DATA", insert=self._block())
            insert = self._block()
        graphs: dict[str, list[str]] = {"": [], "NAMED": []}
        while self._word("USING"):
            graphs[self._word("NAMED")].append(self._iri())
        if not self._word("WHERE"):
            raise _Unknown
        using, using_named = map(tuple, graphs.values())
        return Operation("MODIFY", home=home, delete=delete, insert=insert, where=self._block(), using=using, using_named=using_named)

    def _graph_operation(self, form: str) -> Operation:
        silent = bool(self._word("SILENT"))
        graphs = [self._graph()]
        if self._word("TO"):
            graphs.append(self._graph())
        return Operation(form, silent=silent, graphs=tuple(graphs))

    def _load(self) -> Operation:
        silent = bool(self._word("SILENT"))
        source, target = self._iri(), "DEFAULT"
        if self._word("INTO"):
            self._word("GRAPH")
            target = self._iri()
        return Operation("LOAD", silent=silent, graphs=(source, target))

    def _graph(self) -> str:
        if special := self._word("DEFAULT", "NAMED", "ALL"):
            return special
        self._word("GRAPH")
        return self._iri()

    def _word(self, *expected: str) -> str:
        """Take the next token if it is one of these keywords and return it in capitals, else ""."""
        word = self.left[-1].text.upper() if self.left and self.left[-1].kind == "word" else ""
        return self.left.pop().text.upper() if word and word in expected else ""

    def _iri(self) -> str:
        return self._take("iri", "name")

    def _block(self) -> str:
        return self._take("block")

    def _take(self, *kinds: str) -> str:
        if not self.left or self.left[-1].kind not in kinds:
            raise _Unknown
        return self.left.pop().text
