"""What a person has chosen of the activities, as the address has it, and what else can be chosen.

In:  the arguments of an address and an index. Out: a selection; its facets in words, each value with the address that adds or removes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote_plus, urlencode

from flask import request, url_for

from ropa.activities import UNSAID
from ropa.alike import nearest
from ropa.article_30 import ITEMS
from ropa.errors import BadParameter
from ropa.facets import FACETS, MECHANISM_STATES, NO_FINDING, Choice, Index
from ropa.findings import SEVERITIES
from ropa.folding import fold
from ropa.namespaces import NO_VALUES, ROPA, expand, shorten
from ropa.words import humanise
from webapp.links import here
from webapp.state import Snapshot, state

HEADINGS = {
    "register": "Register",
    "role": "Role",
    "purpose": "Purpose",
    "basis": "Legal basis",
    "data": "Kind of data",
    "special": "Special categories of data",
    "people": "People",
    "recipient": "Recipient",
    "country": "Transferred to",
    "mechanism": "What transfers rest on, today",
    "retention": "Time limit",
    "finding": "Findings",
    "lacks": "Open items of Art. 30",
    "unsaid": "What is left unsaid",
}
"""Facet to its heading, in the order in which they stand."""

SUGGESTED = {"register": "register", "recipient": "party", "purpose": "purpose", "country": "place", "people": "subject"}
"""Facet to the kind of thing that a field for it suggests."""

SHOWN, MOST = 8, 60
"""Values of a facet that are shown at once, and when all are asked for."""

_MOST_CHOSEN = 50
"""Values that may be chosen at once: each is shown with the address of all the others."""
_MARKERS = tuple(sorted(iri.removeprefix(ROPA) for iri in NO_VALUES))
_WORDS = {
    "role": {"controller": "controller", "processor": "processor", "not recorded": "role not recorded"},
    "special": {
        "yes": "yes",
        "no": "none among the data recorded",
        "denied": "denied: the text says that none are collected",
        "unknown": "no data recorded",
    },
    "retention": {"period": "a period", "words": "only in words", "nothing": "nothing recorded"},
    "finding": {**dict.fromkeys(SEVERITIES, ""), NO_FINDING: "nothing found"},
    "mechanism": {**dict.fromkeys(MECHANISM_STATES, ""), "no dates": "an article or agreement without dates"},
    "lacks": {key: item.name for key, item in ITEMS.items()},
}
"""Values that are words of ours, whether or not an activity has them; "" where the value says it itself."""
_ROOTS = {expand("dpv:PersonalData") or "", expand("dpv:Purpose") or ""}
_UNSAID = {"basis": "legal basis", "data": "personal data", "retention": "time limit", "measure": "security measures"}


@dataclass(frozen=True)
class Value:
    """A value of a facet in words, and the address of the same list with it added or taken away."""

    text: str
    count: int
    chosen: bool
    href: str


@dataclass(frozen=True)
class Facet:
    """A facet in words.

    Attributes:
        first, more: Its values, the chosen ones and the most frequent first. hidden: How many are not shown.
        suggests: The kind that a field for it suggests; None where a field is of no use.
    """

    name: str
    heading: str
    first: list[Value]
    more: list[Value]
    hidden: int
    suggests: str | None


def read_selection(snapshot: Snapshot, index: Index) -> dict[str, tuple[str, ...]]:
    """Return what is chosen in the address: facet to values, as the index has them.

    Raises:
        BadParameter: No activity has the value, and it is none of the words that stand for one; or there are too many.
    """
    asked = {name: dict.fromkeys(text.strip() for text in request.args.getlist(name) if text.strip()) for name in FACETS}
    total = sum(map(len, asked.values()))
    if total > _MOST_CHOSEN:
        raise BadParameter(f"{total} values are chosen. Choose at most {_MOST_CHOSEN}.")
    return {name: tuple(dict.fromkeys(_resolve(snapshot, index, name, text) for text in texts)) for name, texts in asked.items() if texts}


def _resolve(snapshot: Snapshot, index: Index, name: str, text: str) -> str:
    known = index.values(name)
    base = snapshot.store.base
    for value in (text, expand(text) or "", f"{base}{text}"):
        if value in known or value in _WORDS.get(name, ()):
            return value
    if name == "register" and any(register.slug == text for register in snapshot.registers):
        return text  # a register without activities
    if _is_marked(name, text):
        return text  # a marker that no activity has
    labels: dict[str, list[str]] = {}
    for value in known:
        labels.setdefault(fold(word(snapshot, name, value)), []).append(value)
    found = labels.get(fold(text), [])
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(shorten(value, base) for value in found[:5])
        raise BadParameter(f"{name}: {len(found)} are called {text!r}. Give one of {names}.")
    near = [word(snapshot, name, labels[other][0]) for other in nearest(fold(text), labels)]
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    raise BadParameter(f"{name}={text!r}: no activity has it.{hint}")


def _is_marked(name: str, text: str) -> bool:
    """Tell whether a text is a marker of a time limit, or what is left unsaid with its marker."""
    if name == "retention":
        return text in _MARKERS
    what, _, marker = text.partition(":")
    return name == "unsaid" and what in UNSAID and marker in _MARKERS


def word(snapshot: Snapshot, name: str, value: str) -> str:
    """Return what people read for a value of a facet."""
    if value in _WORDS.get(name, ()):
        return _WORDS[name][value] or value
    if name == "register":
        return next((register.title for register in snapshot.registers if register.slug == value), value)
    if name in ("unsaid", "retention"):
        what, _, marker = value.rpartition(":")
        said = snapshot.label(ROPA + marker)
        return f"{_UNSAID.get(what, humanise(what))}: {said}" if what else said
    label = snapshot.label(value)
    return f"{label} (of no kind in particular)" if value in _ROOTS else label


def address_of(chosen: Mapping[str, tuple[str, ...]]) -> str:
    """Return the address of the list with what is chosen."""
    base = state().store.base
    pairs = [(name, shorten(value, base)) for name, values in chosen.items() for value in values]
    return url_for("activities.show") + (f"?{urlencode(pairs)}" if pairs else "")


def offer_facets(snapshot: Snapshot, counted: dict[str, list[Choice]], chosen: Mapping[str, tuple[str, ...]]) -> list[Facet]:
    """Return the facets that there is something to choose in, in words."""
    facets = []
    for name, heading in HEADINGS.items():
        make = _values(snapshot, name, chosen.get(name, ()))
        values = sorted(counted[name], key=lambda choice: (not choice.chosen, -choice.count))
        shown = [make(choice) for choice in values[:MOST]]
        shown.sort(key=lambda value: (not value.chosen, -value.count, value.text.casefold()))
        if shown:
            hidden = len(values) - len(shown)
            suggests = SUGGESTED.get(name) if hidden else None
            facets.append(Facet(name, heading, shown[:SHOWN], shown[SHOWN:], hidden, suggests))
    return facets


def describe(snapshot: Snapshot, chosen: Mapping[str, tuple[str, ...]]) -> list[tuple[str, str, str]]:
    """Return what is chosen, each with its heading, in words, and the address without it."""
    return [
        (HEADINGS[name], word(snapshot, name, value), _values(snapshot, name, values)(Choice(value, 0, True)).href)
        for name, values in chosen.items()
        for value in values
    ]


def _values(snapshot: Snapshot, name: str, chosen: tuple[str, ...]) -> Callable[[Choice], Value]:
    base = snapshot.store.base
    kept = here(**{name: [shorten(value, base) for value in chosen]})
    more = kept + ("&" if "?" in kept else "?")

    def make(choice: Choice) -> Value:
        if choice.chosen:
            href = here(**{name: [shorten(value, base) for value in chosen if value != choice.value]})
        else:
            # The address of what is chosen already is the same for all that can be added to it.
            href = f"{more}{name}={quote_plus(shorten(choice.value, base))}"
        return Value(word(snapshot, name, choice.value), choice.count, choice.chosen, href)

    return make
