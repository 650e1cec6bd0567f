"""The catalogue of questions: one ``.rq`` file each, asked with typed parameters.

In:  the folder ``queries/`` and a store. Out: answers as columns and rows, or in a format that the engine writes.

A file opens with ``#+`` lines (summary, question, source, topic, param, returns) and runs as it is in any SPARQL tool.
Its parameters are variables of a ``VALUES (?a ?b) { (UNDEF UNDEF) }`` row; asking fills the cells with terms that the
engine writes, so no value is ever formatted into a query (SPARQL 1.1 Query Language, section 10.2).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path

from pyoxigraph import Literal, NamedNode, QueryResultsFormat, QuerySolutions

from ropa.errors import BadParameter, NotFound, RefusedQuery, Unreadable
from ropa.files import folder
from ropa.namespaces import XSD, expand, register_iri
from ropa.registers import find_register
from ropa.store import QuadStore, Term, is_iri

_HEAD = re.compile(r"^#\+ (\w+): (.*)$", re.MULTILINE)
_PARAM = re.compile(r"(\w+) ([\w(|)-]+) (required|optional)(?: default=(\S+))? - (.+)")
_VALUES = re.compile(r"VALUES\s*\(([^)]*)\)\s*\{\s*\(([^)]*)\)\s*\}")
_IRI = re.compile(r'[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"{}|^`\\]+')
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

FORMATS: dict[str, QueryResultsFormat] = {
    "json": QueryResultsFormat.JSON,
    "csv": QueryResultsFormat.CSV,
    "tsv": QueryResultsFormat.TSV,
    "xml": QueryResultsFormat.XML,
}


@dataclass(frozen=True)
class Parameter:
    """A value that a question takes.

    Attributes:
        kind: ``register``, ``date``, ``text``, ``choice(a|b)``, or the kind of thing asked for (``party``,
            ``category``, ``subject``, ``purpose``, ``place``, ``activity``, ``thing``), given as IRI, prefixed name or path.
        default: Text used where no value is given; ``today`` for a date; "" for none.
    """

    name: str
    kind: str
    required: bool
    default: str
    description: str

    @property
    def choices(self) -> list[str]:
        """The allowed words of a choice, else none."""
        return self.kind[7:-1].split("|") if self.kind.startswith("choice(") else []

    @property
    def names_a_thing(self) -> bool:
        """Whether its value is something that a store speaks of."""
        return not self.choices and self.kind not in ("text", "date")

    def read(self, text: str, base: str) -> Term:
        """Turn what a person gave into a term of this parameter's kind.

        Raises:
            BadParameter: It is not of that kind.
        """
        if self.choices:
            if text not in self.choices:
                raise BadParameter(f"{self.name}={text!r}: give one of {', '.join(self.choices)}.")
            return Literal(text)
        if self.kind == "text":
            return Literal(text)
        if self.kind == "date":
            return self._date(date.today().isoformat() if text == "today" else text)
        if self.kind == "register" and re.fullmatch(r"[\w-]+", text):
            return NamedNode(register_iri(base, text))
        iri = expand(text) or (text if _IRI.fullmatch(text) else f"{base}{text.lstrip('/')}")
        if not (_IRI.fullmatch(iri) and is_iri(iri)):
            raise BadParameter(
                f"{self.name}={text!r} is not a {self.kind}. "
                "Give its IRI, a name such as pd:EmailAddress, or a path such as id/party/mailchimp."
            )
        return NamedNode(iri)

    def _date(self, text: str) -> Term:
        try:
            if not _DATE.fullmatch(text):
                raise ValueError(text)
            return Literal(date.fromisoformat(text).isoformat(), datatype=NamedNode(XSD + "date"))
        except ValueError:
            raise BadParameter(f"{self.name}={text!r} is not a date. Write it as 2026-11-22.") from None


@dataclass(frozen=True)
class Answer:
    """What a question returns: column names and one tuple of terms (or None) a row, in the question's order."""

    columns: list[str]
    rows: list[tuple[Term | None, ...]] = field(repr=False)


@dataclass(frozen=True)
class Question:
    """One question of the catalogue; ``code`` is its number, ``text`` its SPARQL."""

    name: str
    summary: str
    code: str
    question: str
    source: str
    topic: str
    parameters: tuple[Parameter, ...]
    returns: str
    text: str = field(repr=False)

    @property
    def names(self) -> set[str]:
        """The names of its parameters."""
        return {parameter.name for parameter in self.parameters}

    def bind(self, given: Mapping[str, str], base: str) -> str:
        """Return the SPARQL text with the given parameters in its VALUES rows.

        Args:
            given: Parameter name to what a person wrote; empty texts count as not given.

        Raises:
            BadParameter: One is unknown, missing, or not of its kind.
        """
        names = self.names
        for name in given:
            if name not in names:
                raise BadParameter(f"{self.name} has no parameter {name!r}. It takes {', '.join(sorted(names)) or 'none'}.")
        terms: dict[str, Term] = {}
        for parameter in self.parameters:
            value = given.get(parameter.name, "").strip() or parameter.default
            if value:
                terms[parameter.name] = parameter.read(value, base)
            elif parameter.required:
                raise BadParameter(f"{self.name} needs {parameter.name} ({parameter.description}).")

        def fill(row: re.Match[str]) -> str:
            variables = [word.lstrip("?$") for word in row[1].split()]
            if set(row[2].split()) != {"UNDEF"} or not set(variables) <= names:
                return row[0]
            cells = " ".join(str(terms.get(variable, "UNDEF")) for variable in variables)
            return f"VALUES ({row[1]}) {{ ({cells}) }}"

        return _VALUES.sub(fill, self.text)

    def ask(self, store: QuadStore, given: Mapping[str, str]) -> Answer:
        """Answer the question from *store*.

        Raises:
            BadParameter: See :meth:`bind`; or the store speaks of no such thing.
            NotFound: There is no such register.
            RefusedQuery: The store's engine is known to answer it wrongly.
        """
        solutions = self._solve(store, given)
        columns = [variable.value for variable in solutions.variables]
        return Answer(columns, [tuple(solution) for solution in solutions])

    def write(self, store: QuadStore, given: Mapping[str, str], format: str) -> bytes:
        """Answer in one of :data:`FORMATS`, written by the engine."""
        return self._solve(store, given).serialize(format=FORMATS[format]) or b""

    def _solve(self, store: QuadStore, given: Mapping[str, str]) -> QuerySolutions:
        # Only a remote engine may answer otherwise than it should, and knows so once it has been examined.
        doubts: Mapping[str, str] = getattr(store, "doubts", {})
        if reason := doubts.get(self.name):
            raise RefusedQuery(f"The engine of this store does not answer {self.name} truly ({reason.rstrip('.')}). Ask another engine.")
        text = self.bind(given, store.base)
        for parameter in self.parameters:
            if given.get(parameter.name, "").strip() and parameter.names_a_thing:
                _require_known(store, parameter, given[parameter.name].strip())
        solutions = store.query(text)
        if not isinstance(solutions, QuerySolutions):
            raise BadParameter(f"{self.name} is not a SELECT; mend the file in queries/.")
        return solutions


def _require_known(store: QuadStore, parameter: Parameter, text: str) -> None:
    """Refuse a register or a thing that the store never speaks of: no rows would look like an answer."""
    term = parameter.read(text, store.base)
    if parameter.kind == "register" and isinstance(term, NamedNode):
        find_register(store, term.value.removeprefix(register_iri(store.base, "")))
    elif isinstance(term, NamedNode) and next(store.quads(term), None) is None and next(store.quads(None, None, term), None) is None:
        raise BadParameter(f"{parameter.name}={text!r}: the store speaks of no such {parameter.kind}.")


class Catalogue(Mapping[str, Question]):
    """The questions of a folder by name, in the order of their codes."""

    def __init__(self, questions: Mapping[str, Question]) -> None:
        self._questions = dict(sorted(questions.items(), key=lambda item: (item[1].code, item[0])))

    @classmethod
    def load(cls, place: Path) -> Catalogue:
        """Read every ``.rq`` file of *place*.

        Raises:
            Unreadable: A head lacks a line or has one that cannot be read.
        """
        return cls({path.stem: read_question(path) for path in sorted(place.glob("*.rq"))})

    def __getitem__(self, name: str) -> Question:
        """Return a question.

        Raises:
            NotFound: There is none of that name.
        """
        try:
            return self._questions[name]
        except KeyError:
            raise NotFound("question", name, self._questions) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._questions)

    def __len__(self) -> int:
        return len(self._questions)


def read_question(path: Path) -> Question:
    """Read one ``.rq`` file.

    Raises:
        Unreadable: See :meth:`Catalogue.load`.
    """
    text = path.read_text("utf-8")
    head: dict[str, list[str]] = {}
    for key, value in _HEAD.findall(text):
        head.setdefault(key, []).append(value.strip())
    try:
        code, _, question = head["question"][0].partition(" ")
        return Question(
            name=path.stem,
            summary=head["summary"][0],
            code=code,
            question=question,
            source=head["source"][0],
            topic=head["topic"][0],
            parameters=tuple(_read_parameter(path, line) for line in head.get("param", [])),
            returns=head["returns"][0],
            text=text,
        )
    except KeyError as missing:
        raise Unreadable(f"{path}: the head has no line '#+ {missing.args[0]}: …'.") from None


def _read_parameter(path: Path, line: str) -> Parameter:
    match = _PARAM.fullmatch(line)
    if match is None:
        raise Unreadable(f"{path}: cannot read '#+ param: {line}'. Write: NAME KIND required|optional [default=VALUE] - description")
    name, kind, need, default, description = match.groups()
    return Parameter(name, kind, need == "required", default or "", description)


@cache
def catalogue() -> Catalogue:
    """Return the questions that the project ships."""
    return Catalogue.load(folder("queries"))
