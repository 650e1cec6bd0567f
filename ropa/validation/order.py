"""Have the engine walk the patterns of a SPARQL constraint in the order in which they are written.

In:  the inside of a WHERE clause. Out: the same with each triple pattern of a group in a LATERAL of its own.

A constraint is asked of one focus node after the other. Its patterns lead from that node to what surrounds it, and what is bound
already makes each of them small. The engine's planner does not see that within EXISTS and behind a path, and reads the whole
graph for every node instead; LATERAL (SPARQL-dev SEP-0006) takes the choice from it. What is joined stays the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_WORD = re.compile(
    r"""
    "(?:[^"\\]|\\.)*"(?:@[\w-]+|\^\^[\w:-]+|\^\^<[^<>\s]*>)?     # literal
    | '(?:[^'\\]|\\.)*'                                           # the same in single quotes
    | <[^<>\s]*>                                                  # IRI
    | \#[^\n]*                                                    # comment
    | [{}()]
    | \.(?=\s|\}|$)                                               # full stop
    | \s+
    | (?:[^\s{}()"'<\#.]|\.(?!\s|\}|$)|\#(?=\w))+                  # word, prefixed name, variable, number, operator
    | .
    """,
    re.VERBOSE,
)
_CLAUSES = {"FILTER", "OPTIONAL", "UNION", "BIND", "MINUS", "GRAPH", "LATERAL", "VALUES", "SELECT"}


def walk_in_order(body: str) -> str:
    """Return the inside of a group with its triple patterns in LATERAL; groups within OPTIONAL are left to the planner.

    Raises:
        ValueError: Its braces do not match.
    """
    words = [match.group() for match in _WORD.finditer(body)]
    text, rest = _group(words, 0)
    if rest != len(words):
        raise ValueError(f"unbalanced braces after {''.join(words[:rest])[-60:]!r}")
    return text


def _group(words: list[str], here: int) -> tuple[str, int]:
    """Translate words up to the brace that closes the group, or the end; return the text and the place of that brace."""
    out: list[str] = []
    while here < len(words) and words[here] != "}":
        word = words[here]
        if word.isspace() or word.startswith("#"):
            out.append(word)
            here += 1
        elif word == "{" or word.upper() in _CLAUSES:
            text, here = _clause(words, here)
            out.append(text)
        elif word == ".":
            here += 1
        else:
            end = next(_statement_ends(words, here))
            out += [f"LATERAL {{ {step} }} " for step in _steps(words[here:end], f"{here}")]
            here = end
    return "".join(out), here


def _steps(statement: list[str], name: str) -> Iterator[str]:
    """Split a triple pattern at the slashes of its path; *name* makes the variables between the steps its own."""
    parts = [word for word in statement if not word.isspace() and not word.startswith("#")]
    path = "".join(parts[1:-1])
    if ";" in parts or "," in parts or "/" not in path or path.startswith("<"):
        yield "".join(statement).strip()
        return
    steps, depth = [""], 0
    for character in path:
        depth += (character in "(<") - (character in ")>")
        if character == "/" and depth == 0:
            steps.append("")
        else:
            steps[-1] += character
    stops = [parts[0], *(f"?step{name}x{number}" for number in range(1, len(steps))), parts[-1]]
    for number, step in enumerate(steps):
        yield f"{stops[number]} {step} {stops[number + 1]}"


def _statement_ends(words: list[str], here: int) -> Iterator[int]:
    """Yield the place after the last word of a triple pattern: a full stop, a clause or a brace outside parentheses."""
    depth = 0
    for place in range(here, len(words)):
        word = words[place]
        depth += (word == "(") - (word == ")")
        if depth == 0 and (word in (".", "{", "}") or word.upper() in _CLAUSES):
            yield place
    yield len(words)


def _clause(words: list[str], here: int) -> tuple[str, int]:
    """Copy a clause whose expression ends with its parentheses or its group; groups in it are translated too."""
    out: list[str] = []
    verbatim = words[here].upper() == "OPTIONAL"
    depth = 0
    while here < len(words):
        word = words[here]
        here += 1
        out.append(word)
        depth += (word == "(") - (word == ")")
        if word == "{":
            start = here
            text, here = _group(words, here)
            out += ["".join(words[start:here]) if verbatim else text, "}"]
            here += 1
        if depth == 0 and word in (")", "{"):
            break
    return "".join(out), here
