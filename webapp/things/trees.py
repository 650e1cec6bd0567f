"""A thing with its parts in place, and each phrase said once.

In:  a snapshot and an IRI. Out: a :class:`Tree` that a template can draw without asking again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from ropa.errors import NotFound
from ropa.things import Citation, Property, Thing, Value
from webapp.state import Snapshot
from webapp.things.layout import ACTIVITIES, DESCRIPTION, NESTED, NOTES, rank

_DEEPEST = 5


@dataclass(frozen=True)
class Line:
    """A property, its values, and the phrases they rest on.

    Attributes:
        trees: The values that are parts, drawn in place; ``values`` holds the others.
        shared: The phrases of all values, if all rest on the same; then none is shown at a value.
        structural: It holds the record together or names things, so no phrase is expected.
    """

    iri: str
    label: str
    values: tuple[Value, ...]
    trees: tuple[Tree, ...]
    shared: tuple[Citation, ...]
    structural: bool

    @property
    def silent(self) -> bool:
        """All that is told is that the text is silent."""
        return bool(self.values) and not self.trees and all(value.no_value and not value.citations for value in self.values)


@dataclass(frozen=True)
class Tree:
    """A thing, its properties with the parts in place, and the phrase that proves most of them.

    Attributes:
        lead: Shown once, for all values that have no phrase of their own beside them.
        description, notes: Taken out of the lines.
    """

    thing: Thing
    lead: tuple[Citation, ...]
    description: tuple[Value, ...]
    notes: tuple[Value, ...]
    lines: tuple[Line, ...]

    @property
    def facts(self) -> tuple[Line, ...]:
        """The lines that tell what the text says, without parts."""
        return tuple(line for line in self.lines if not line.trees and not line.structural and not line.silent)

    @property
    def silences(self) -> dict[Value, list[Line]]:
        """The lines that only tell that the text is silent, by the marker that tells it."""
        found: dict[Value, list[Line]] = {}
        for line in self.lines:
            if line.silent:
                found.setdefault(line.values[0], []).append(line)
        return found

    @property
    def asides(self) -> tuple[Line, ...]:
        """The lines that no phrase is expected for."""
        return tuple(line for line in self.lines if not line.trees and line.structural and not line.silent)

    @property
    def branches(self) -> tuple[Line, ...]:
        """The lines with parts."""
        return tuple(line for line in self.lines if line.trees)


def grow(snapshot: Snapshot, iri: str, above: tuple[str, ...] = ()) -> Tree:
    """Return a thing with its parts, their parts and so on.

    Raises:
        NotFound: The store says nothing of it.
    """
    thing = snapshot.describe(iri)
    plain = [found for found in thing.properties if found.iri not in DESCRIPTION | NOTES and found.iri != ACTIVITIES]
    plain.sort(key=lambda found: rank(found.iri))
    lead = _lead(value for found in plain for value in found.values)
    inside = {found.iri for found in thing.parts} | NESTED
    return Tree(
        thing=thing,
        lead=lead,
        description=tuple(value for found in thing.properties if found.iri in DESCRIPTION for value in found.values),
        notes=tuple(value for found in thing.properties if found.iri in NOTES for value in found.values),
        lines=tuple(_line(snapshot, found, found.iri in inside, lead, (*above, iri)) for found in plain),
    )


def without(tree: Tree, properties: Collection[str]) -> Tree:
    """Return a tree without the lines of some properties, which a page shows in another place."""
    return replace(tree, lines=tuple(line for line in tree.lines if line.iri not in properties))


def tell_shared(tree: Tree, activities: Collection[str]) -> dict[str, str]:
    """Return the parts of an activity, at any depth, that other activities of its register have too, with a sentence that says so.

    A statement that a text makes of everything stands with each activity; nobody is to take it for one about this activity alone.

    Args:
        activities: Those of the register.
    """
    told = {}
    waiting = [tree]
    while waiting:
        tree = waiting.pop()
        users = {value.iri for found in tree.thing.incoming for value in found.values}.intersection(activities)
        counted = sum(len(found.values) for found in tree.thing.incoming)
        if len(users) > 1:
            number = f"{'more than ' if counted < tree.thing.incoming_total else ''}{len(users)} of the {len(activities)}"
            if len(users) == len(activities):
                number = f"all {len(users)}"
            told[tree.thing.iri] = f"Told alike of {number} activities of this register."
        waiting.extend(below for line in tree.lines for below in line.trees)
    return told


def _line(snapshot: Snapshot, found: Property, nested: bool, lead: tuple[Citation, ...], above: tuple[str, ...]) -> Line:
    trees: dict[str, Tree] = {}
    if nested and len(above) <= _DEEPEST:
        for value in found.values:
            if value.iri and value.iri not in above and not value.no_value:
                try:
                    trees[value.iri] = grow(snapshot, value.iri, above)
                except NotFound:
                    continue  # a dangling link is shown as a plain value
    values = tuple(value for value in found.values if value.iri not in trees)
    cited = {value.citations for value in values}
    shared = cited.pop() if len(cited) == 1 and len(values) > 1 else ()
    structural = found.iri in snapshot.members("ropa:StructuralProperty")
    return Line(found.iri, found.label, values, tuple(trees.values()), shared, structural)


def _lead(values: Iterable[Value]) -> tuple[Citation, ...]:
    """Return the phrases that prove more than one value and more values than any others do."""
    told = Counter(value.citations for value in values if value.citations and not value.no_value)
    best = max(told.items(), key=lambda item: item[1], default=((), 0))
    return best[0] if best[1] > 1 else ()
