"""Find things by what they are called: exactly, by the first letters of the name or of its words, or anywhere in it.

In:  a store. Out: an index of every thing with a name, made once per revision, and for a text the things that match, the best first.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property

from pyoxigraph import Literal, NamedNode

from ropa.folding import fold, split
from ropa.labels import LABELS, pick_label
from ropa.namespaces import DCTERMS, DPV, RDF, ROPA, SKOS, graph_iri, shorten
from ropa.pickable import kind_of
from ropa.store import QuadStore

ALTERNATIVES = (SKOS + "altLabel", DPV + "hasName", ROPA + "tradingName")
"""Properties with other names of a thing."""
DESCRIPTIONS = (SKOS + "definition", DCTERMS + "description")
"""Properties that say in words what a thing is."""

FIELDS = ("name", "other name", "short name", "description")
"""Where a text may be found."""

_END = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Named:
    """A thing with a name.

    Attributes:
        kind: Of :data:`ropa.pickable.KINDS`. register: Slug of the register that describes it, "" if none does.
        used: A register made it or speaks of it; False for a term of the vocabulary that nobody uses.
    """

    iri: str
    label: str
    others: tuple[str, ...]
    description: str
    kind: str
    register: str
    used: bool


@dataclass(frozen=True, slots=True)
class Match:
    """A thing that matches; ``field`` of :data:`FIELDS` and ``text`` tell in what."""

    thing: Named
    field: str
    text: str


class Search:
    """The names of a revision."""

    def __init__(self, store: QuadStore) -> None:
        self._base = store.base
        self.things: list[Named] = sorted(_read(store), key=lambda thing: (not thing.used, len(thing.label), thing.label, thing.iri))
        """What can be found, in the order in which equally good matches stand."""
        self._labels = [fold(thing.label) for thing in self.things]
        names: list[tuple[str, int]] = []
        words: list[tuple[str, int]] = []
        self._counts: dict[str, int] = {}
        for place, thing in enumerate(self.things):
            self._counts[self._labels[place]] = self._counts.get(self._labels[place], 0) + 1
            for text in (self._labels[place], *map(fold, thing.others), fold(shorten(thing.iri, store.base))):
                names.append((text, place))
            for text in {word for name in (thing.label, *thing.others) for word in split(name)}:
                words.append((text, place))
        self._names = sorted(names)
        self._words = sorted(words)

    def is_unique(self, thing: Named) -> bool:
        """Tell whether no other thing has the same name, upper and lower case and accents alike."""
        return self._counts[fold(thing.label)] == 1

    def find(self, text: str, kinds: Collection[str] = (), most: int | None = None) -> list[Match]:
        """Return what matches, the best first: called exactly so; beginning so; with words that begin so; with the text inside; with words
        of the description that begin so. Of equally good ones, what registers speak of comes before what nobody uses.

        Args:
            kinds: Only things of these kinds; of all if none is given. most: No more than these; descriptions are looked into only if
                names give fewer.
        """
        wanted = fold(text).strip()
        if not wanted:
            return []
        found: dict[int, str] = {}
        for places in (self._exact(wanted), self._beginning(wanted), self._by_words(split(wanted)), self._inside(wanted)):
            for place in sorted(set(places)):
                if place not in found and (not kinds or self.things[place].kind in kinds):
                    found[place] = "name"
            if most is not None and len(found) >= most:
                break
        else:
            for place in self._described(split(wanted)):
                if place not in found and (not kinds or self.things[place].kind in kinds):
                    found[place] = "description"
        return [self._match(place, field, wanted) for place, field in list(found.items())[:most]]

    def _exact(self, wanted: str) -> Iterator[int]:
        return (place for name, place in self._between(self._names, wanted, wanted + "\0"))

    def _beginning(self, wanted: str) -> Iterator[int]:
        return (place for _, place in self._between(self._names, wanted, wanted + _END))

    def _by_words(self, wanted: list[str]) -> set[int]:
        """Return the things in whose names each word begins a word."""
        sets = [{place for _, place in self._between(self._words, word, word + _END)} for word in dict.fromkeys(wanted)]
        return set.intersection(*sets) if sets else set()

    def _inside(self, wanted: str) -> Iterator[int]:
        # A letter or two stand inside almost everything.
        return (place for place, label in enumerate(self._labels) if wanted in label) if len(wanted) > 2 else iter(())

    @cached_property
    def _descriptions(self) -> list[str]:
        return [f" {' '.join(split(thing.description))}" if thing.description else "" for thing in self.things]

    def _described(self, wanted: list[str]) -> Iterator[int]:
        begun = [f" {word}" for word in dict.fromkeys(wanted)]
        return (place for place, text in enumerate(self._descriptions) if text and begun and all(word in text for word in begun))

    @staticmethod
    def _between(ordered: list[tuple[str, int]], first: str, end: str) -> Iterable[tuple[str, int]]:
        return ordered[bisect_left(ordered, (first,)) : bisect_left(ordered, (end,))]

    def _match(self, place: int, field: str, wanted: str) -> Match:
        thing = self.things[place]
        if field == "description":
            return Match(thing, field, thing.description)
        words = split(wanted)
        for name in (thing.label, *thing.others):
            folded, begun = fold(name), split(name)
            if wanted in folded or all(any(word.startswith(part) for word in begun) for part in words):
                return Match(thing, "name" if name == thing.label else "other name", name)
        short = shorten(thing.iri, self._base)
        return Match(thing, "short name" if fold(short).startswith(wanted) else "name", short)

    @cached_property
    def _misspelt(self) -> dict[str, list[str]]:
        """Every word with one letter left out, to the words it comes from."""
        found: dict[str, list[str]] = {}
        for word in dict.fromkeys(word for word, _ in self._words):
            for short in _shortened(word):
                found.setdefault(short, []).append(word)
        return found

    def suggest(self, text: str, most: int = 3) -> list[str]:
        """Return texts that find something and differ from *text* in one or two letters of a word, the likeliest first."""
        options = []
        for word in split(text):
            if self._by_words([word]):
                options.append([word])
                continue
            near = {other for short in _shortened(word) for other in self._misspelt.get(short, ())}
            options.append(sorted(near, key=lambda other: (-SequenceMatcher(None, word, other).ratio(), other))[:most])
        if not all(options) or all(len(found) == 1 and found[0] == word for found, word in zip(options, split(text), strict=True)):
            return []
        made = [" ".join(found[min(number, len(found) - 1)] for found in options) for number in range(most)]
        return [made_text for made_text in dict.fromkeys(made) if self._by_words(split(made_text))]


def _shortened(word: str) -> list[str]:
    """Return a word and what it is with one letter left out: two words that share one differ in two letters at most."""
    return [word, *(word[:place] + word[place + 1 :] for place in range(len(word)))] if len(word) > 2 else [word]


def _read(store: QuadStore) -> Iterator[Named]:
    """Yield every thing with a name, but the evidence."""
    labels: dict[str, list[list[Literal]]] = {}
    graphs: dict[str, str] = {}
    for rank, predicate in enumerate(LABELS):
        for quad in store.quads(None, NamedNode(predicate)):
            if isinstance(quad.object, Literal) and isinstance(quad.subject, NamedNode):
                labels.setdefault(quad.subject.value, [[] for _ in LABELS])[rank].append(quad.object)
                graphs[quad.subject.value] = getattr(quad.graph_name, "value", "")
    others, described = _collect(store, ALTERNATIVES), _collect(store, DESCRIPTIONS)
    for iri in others.keys() - labels.keys():
        labels[iri] = [[Literal(others[iri][0])]]
    records, shared = graph_iri(store.base, "register/"), {graph_iri(store.base, name) for name in ("ontology", "law", "places")}
    for iri, ranked in labels.items():
        label = pick_label(next(found for found in ranked if found))
        node, graph = NamedNode(iri), graphs.get(iri, "")
        yield Named(
            iri=iri,
            label=label,
            others=tuple(name for name in others.get(iri, ()) if name != label),
            description=" ".join(described.get(iri, ())),
            kind=kind_of([quad.object.value for quad in store.quads(node, NamedNode(RDF + "type"))]),
            register=graph.removeprefix(records) if graph.startswith(records) else "",
            used=graph not in shared or _is_used(store, node, records),
        )


def _collect(store: QuadStore, predicates: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for predicate in predicates:
        for quad in store.quads(None, NamedNode(predicate)):
            if isinstance(quad.object, Literal) and isinstance(quad.subject, NamedNode):
                found.setdefault(quad.subject.value, []).append(quad.object.value)
    return found


def _is_used(store: QuadStore, node: NamedNode, records: str) -> bool:
    return any(getattr(quad.graph_name, "value", "").startswith(records) for quad in store.quads(None, None, node))
