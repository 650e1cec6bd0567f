"""What a person can pick for a parameter, and what a typed label means.

In:  a parameter of a question and a snapshot. Out: options for a form; the IRI or path that a text stands for.
"""

from __future__ import annotations

from dataclasses import dataclass

from ropa import pickable
from ropa.alike import nearest
from ropa.errors import BadParameter
from ropa.namespaces import expand, register_iri, shorten
from ropa.questions import Parameter, Question, catalogue
from ropa.things import Thing
from ropa.words import humanise
from webapp.state import Snapshot

KINDS: dict[str, tuple[str, ...]] = {
    kind: pickable.KINDS[kind] for kind in ("party", "category", "subject", "purpose", "place", "activity")
}
"""Kind of a parameter to the classes whose members it may be."""


@dataclass(frozen=True)
class Option:
    """What a form sends, and what it shows."""

    value: str
    label: str


def offer(snapshot: Snapshot, parameter: Parameter) -> list[Option]:
    """Return what a person can pick: registers, words of a choice, or things of the kind; nothing for free text."""
    if parameter.choices:
        return [Option(word, humanise(word)) for word in parameter.choices]
    if parameter.kind == "register":
        return [Option(register.slug, register.title) for register in snapshot.registers]
    return [Option(shorten(iri, snapshot.store.base), snapshot.label(iri)) for iri in _members(snapshot, parameter.kind)]


def resolve(snapshot: Snapshot, parameter: Parameter, text: str) -> str:
    """Return what the library understands for what a person typed: a label becomes the path or name of the thing.

    Raises:
        BadParameter: No thing of the kind, or more than one, has that label; no register has that name.
    """
    base = snapshot.store.base
    if parameter.choices or parameter.kind in ("date", "text"):
        return text
    iris = [register.iri for register in snapshot.registers] if parameter.kind == "register" else _members(snapshot, parameter.kind)
    if _iri(parameter, text, base) in iris or (not iris and ":" in text):
        return text
    found = [iri for iri in iris or snapshot.named(text) if snapshot.label(iri).casefold() == text.casefold()]
    if len(found) == 1:
        return shorten(found[0], base)
    if found:
        names = ", ".join(shorten(iri, base) for iri in found)
        raise BadParameter(f"{parameter.name}: {len(found)} things are called {text!r}. Give one of {names}.")
    if expand(text) or ("/" in text and _known(snapshot, _iri(parameter, text, base))):
        return text
    labels = {snapshot.label(iri).casefold(): snapshot.label(iri) for iri in iris}
    near = [labels[name] for name in nearest(text.casefold(), labels)]
    hint = f" Did you mean {' or '.join(near)}?" if near else " Pick one from the list, or give an IRI."
    raise BadParameter(f"{parameter.name}: there is no {parameter.kind} called {text!r}.{hint}")


@dataclass(frozen=True)
class About:
    """A question that can be asked about a thing, and the parameters that ask it."""

    question: Question
    parameters: dict[str, str]


def questions_about(snapshot: Snapshot, thing: Thing) -> list[About]:
    """Return the questions whose one required parameter is of the thing's kind, filled in with the thing."""
    classes = {shorten(kind.iri) for kind in thing.kinds}
    found = []
    for question in catalogue().values():
        required = [parameter for parameter in question.parameters if parameter.required]
        if len(required) == 1 and not classes.isdisjoint(KINDS.get(required[0].kind, ())):
            found.append(About(question, {required[0].name: shorten(thing.iri, snapshot.store.base)}))
    return found


def _members(snapshot: Snapshot, kind: str) -> list[str]:
    found = {iri for name in KINDS.get(kind, ()) for iri in snapshot.members(name)}
    return sorted(found, key=lambda iri: (not iri.startswith(snapshot.store.base), snapshot.label(iri).casefold(), iri))


def _iri(parameter: Parameter, text: str, base: str) -> str:
    if parameter.kind == "register" and "/" not in text:
        return register_iri(base, text)
    return expand(text) or (text if "://" in text else f"{base}{text.lstrip('/')}")


def _known(snapshot: Snapshot, iri: str) -> bool:
    try:
        return snapshot.knows(iri)
    except ValueError:
        return False
