"""What the address of the map leaves: its filters, read from what people type or a link sends, and links that change one.

In:  the address of the request and the atlas of the revision. Out: a :class:`Choice`, whose values the library understands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import request, url_for

from ropa.errors import BadParameter
from ropa.geography import FILTERS, KINDS, MODALITIES, NOBODY, STATUSES, Atlas
from ropa.namespaces import NO_VALUES, register_iri, shorten
from ropa.questions import Parameter
from webapp.days import day_argument
from webapp.questions.choices import resolve
from webapp.state import Snapshot

WITHOUT_PLACE = {
    "described": "described, no country named",
    "not-stated": "place not stated",
    "stated-none": "stated to be no place",
    "not-applicable": "place not applicable",
    "lost": "place lost in the source",
    "not-recorded": "no place recorded",
}
"""Kinds of routes that cannot be shown on a map, in words; the filter ``place`` takes them too."""

NAMES = {
    "register": "register",
    "party": "party",
    "sender": "from",
    "recipient": "to",
    "origin": "sent from",
    "place": "place",
    "category": "data",
    "mechanism": "named instrument",
    "status": "instrument",
    "kind": "kind",
    "modality": "how firm",
    "apart": "without a place",
}
"""Name of a filter to what people call it."""

NOUNS = {"sender": "sender", "recipient": "recipient", "category": "data"}

ORDERS = {"place": "place", "sender": "from", "recipient": "to", "status": "instrument"}
WORDS: dict[str, Mapping[str, str]] = {
    "status": STATUSES,
    "kind": KINDS,
    "modality": MODALITIES,
    "apart": {"yes": "only what is listed apart", "no": "left out"},
}
"""Filters that take one of a few words."""
_KINDS = {"party": "party", "sender": "party", "recipient": "party", "origin": "place", "place": "place", "category": "category"}
_OTHERS = ("as_of", "sort", "page")


@dataclass(frozen=True)
class Choice:
    """What the address asks for.

    Attributes:
        values: Name of each filter in use to what the library understands. texts: The same, short, as links write it.
        labels: The same, as people read it. sort: A key of :data:`ORDERS`. dated: ``as_of`` for links, empty for today.
    """

    values: dict[str, str]
    texts: dict[str, str]
    labels: dict[str, str]
    sort: str
    dated: dict[str, str]

    @property
    def query(self) -> dict[str, str]:
        """The arguments of links that keep all of this."""
        return {**self.texts, **self.dated, **({"sort": self.sort} if self.sort != "place" else {})}

    def link(self, **changes: str) -> str:
        """Return the address with filters set, or dropped where the value is ""; back on the first page."""
        if changes.get("place") and "place" in self.texts:
            # What lies in a place that is asked for has no other place to narrow to, only a wider one.
            changes["place"] = self.texts["place"]
        merged = {name: value for name, value in {**self.query, **changes}.items() if value}
        return url_for("atlas.index", **merged)  # type: ignore[arg-type]


def read_choice(snapshot: Snapshot, atlas: Atlas) -> Choice:
    """Return what the address of the request asks for.

    Raises:
        BadParameter: A filter is unknown, or its value is none that it can take.
    """
    values, texts, labels = {}, {}, {}
    for name, text in ((name, text.strip()) for name, text in request.args.items() if name not in _OTHERS):
        if name not in FILTERS:
            raise BadParameter(f"There is no filter {name!r}. Filter by {', '.join(FILTERS)}.")
        if text:
            values[name] = value = _read(snapshot, atlas, name, text)
            texts[name], labels[name] = shorten(value, snapshot.store.base), name_value(snapshot, name, value)
    sort = request.args.get("sort") or "place"
    if sort not in ORDERS:
        raise BadParameter(f"sort={sort!r}: give one of {', '.join(ORDERS)}.")
    return Choice(values, texts, labels, sort, day_argument())


def name_value(snapshot: Snapshot, name: str, value: str) -> str:
    """Return what people read for the value of a filter."""
    if name in WORDS:
        return WORDS[name][value]
    if value == NOBODY or not value:
        return {"recipient": "no recipient", "origin": "nobody knows where"}.get(name, "sender not recorded")
    if name == "register":
        return next((register.title for register in snapshot.registers if register.slug == value), value)
    if name in ("place", "origin") and value in WITHOUT_PLACE:
        return WITHOUT_PLACE[value]
    if name in ("sender", "recipient", "category") and value in NO_VALUES:
        return f"{NOUNS[name]} {snapshot.label(value)}"
    return snapshot.label(value)


def _read(snapshot: Snapshot, atlas: Atlas, name: str, text: str) -> str:
    if name in WORDS:
        if text not in WORDS[name]:
            raise BadParameter(f"{name}={text!r}: give one of {', '.join(WORDS[name])}.")
        return text
    if text == NOBODY and name in ("sender", "recipient", "origin"):
        return text
    if name == "place" and text in WITHOUT_PLACE:
        return text
    if name == "mechanism":
        return _read_mechanism(snapshot, atlas, text)
    parameter = Parameter(name, "register" if name == "register" else _KINDS[name], False, "", "")
    iri = parameter.read(resolve(snapshot, parameter, text), snapshot.store.base).value
    if name != "register":
        return iri
    slugs = {register_iri(snapshot.store.base, register.slug): register.slug for register in snapshot.registers}
    if iri not in slugs:
        raise BadParameter(f"register={text!r}: give one of {', '.join(sorted(slugs.values())[:20])}.")
    return slugs[iri]


def _read_mechanism(snapshot: Snapshot, atlas: Atlas, text: str) -> str:
    parameter = Parameter("mechanism", "thing", False, "", "")
    found = [iri for iri in atlas.mechanisms if snapshot.label(iri).casefold() == text.casefold()]
    return found[0] if len(found) == 1 else parameter.read(resolve(snapshot, parameter, text), snapshot.store.base).value
