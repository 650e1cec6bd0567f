"""Templates of authorities: which fields a form has, and which terms of the record answer each.

In:  the ``.toml`` files beside this module, one a template. Out: :data:`TEMPLATES`, by name.

A file tells ``title``, ``authority``, ``role`` (whose activities are its rows: controller or processor), ``order``, ``note``,
``[[header]]`` fields about the organisation and ``[[column]]`` fields about each activity.
A field has ``heading``, ``article``, ``required`` (GDPR Art. 30 asks for it) and one or several sources:

    of     the properties whose values answer it, as prefixed names
    part   the properties that lead to the parts of which ``of`` are the answers, one line a part, so that what belongs together stays so;
           a marker answers the field only in place of a part of the first property
    says   what else a line tells: pairs of a word and a property, or the name of a line of ``shared/lines.toml``
    detail the same, for values that are no parts
    under  only values that are, or are narrower than, one of these concepts, and markers of the first property;
           ``apart`` only values that are not
    role   only parts that say one of these of ropa:hasRecipientRole
    beside only parts that say one of these in ``of`` as well, for what is asked next to something else
    rest   only values that no other field takes

A new template is one new file here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ropa.errors import NotFound, Unreadable
from ropa.namespaces import expand

Says = tuple[tuple[str, str], ...]
"""Pairs of a word and the IRI of a property."""


@dataclass(frozen=True)
class Source:
    """Where the answers of a field are in the record; all names are IRIs. See the head of this module."""

    of: tuple[str, ...]
    part: tuple[str, ...] = ()
    says: Says = ()
    detail: Says = ()
    under: frozenset[str] = frozenset()
    apart: frozenset[str] = frozenset()
    role: frozenset[str] = frozenset()
    beside: frozenset[str] = frozenset()
    rest: bool = False


@dataclass(frozen=True)
class Field:
    """A field of a form; ``required`` where Art. 30 asks for it, ``article`` "" where no article does."""

    heading: str
    article: str
    required: bool
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Template:
    """A form of an authority.

    Attributes:
        name: The name of its file. role: ``controller`` or ``processor``.
        listed: Whether it is a form of its own, not the plan of a document.
    """

    name: str
    title: str
    authority: str
    role: str
    order: int
    note: str
    listed: bool
    header: tuple[Field, ...]
    columns: tuple[Field, ...]


def read_template(path: Path) -> Template:
    """Read one template.

    Raises:
        Unreadable: It is no TOML, lacks something, or names a property with an unknown prefix.
    """
    try:
        told = tomllib.loads(path.read_text("utf-8"))
        lines = _lines()
        return Template(
            name=path.stem,
            title=told["title"],
            authority=told["authority"],
            role=told["role"],
            order=told["order"],
            note=told.get("note", "").strip(),
            listed=told.get("listed", True),
            header=tuple(_field(path, field, lines) for field in told["header"]),
            columns=tuple(_field(path, field, lines) for field in told["column"]),
        )
    except tomllib.TOMLDecodeError as error:
        raise Unreadable(f"{path}: {error}") from None
    except KeyError as missing:
        raise Unreadable(f"{path}: there is no {missing.args[0]!r}.") from None


def find_template(name: str) -> Template:
    """Return a template that is listed.

    Raises:
        NotFound: There is none of that name.
    """
    listed = {known: template for known, template in TEMPLATES.items() if template.listed}
    if name not in listed:
        raise NotFound("template", name, listed, f"There are {', '.join(listed)}.")
    return listed[name]


@cache
def _lines() -> dict[str, Says]:
    path = Path(__file__).parent / "shared" / "lines.toml"
    return {name: _pairs(path, pairs) for name, pairs in tomllib.loads(path.read_text("utf-8")).items()}


def _field(path: Path, told: Mapping[str, Any], lines: Mapping[str, Says]) -> Field:
    sources = tuple(_source(path, source, lines) for source in told.get("from", [told]))
    return Field(told["heading"], told.get("article", ""), told.get("required", False), sources)


def _source(path: Path, told: Mapping[str, Any], lines: Mapping[str, Says]) -> Source:
    return Source(
        of=_iris(path, told["of"]),
        part=_iris(path, told.get("part", ())),
        says=_line(path, told.get("says", ()), lines),
        detail=_line(path, told.get("detail", ()), lines),
        under=frozenset(_iris(path, told.get("under", ()))),
        apart=frozenset(_iris(path, told.get("apart", ()))),
        role=frozenset(_iris(path, told.get("role", ()))),
        beside=frozenset(_iris(path, told.get("beside", ()))),
        rest=told.get("rest", False),
    )


def _line(path: Path, told: str | Sequence[Sequence[str]], lines: Mapping[str, Says]) -> Says:
    return lines[told] if isinstance(told, str) else _pairs(path, told)


def _pairs(path: Path, told: Sequence[Sequence[str]]) -> Says:
    return tuple((word, _iris(path, [name])[0]) for word, name in told)


def _iris(path: Path, names: Sequence[str]) -> tuple[str, ...]:
    found = {name: expand(name) for name in names}
    for name, iri in found.items():
        if iri is None:
            raise Unreadable(f"{path}: {name!r} has no known prefix.")
    return tuple(iri for iri in found.values() if iri)


TEMPLATES: dict[str, Template] = {
    template.name: template
    for template in sorted(map(read_template, Path(__file__).parent.glob("*.toml")), key=lambda template: (template.order, template.name))
}
"""Name to template, in the order in which people are shown them."""
