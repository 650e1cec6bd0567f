"""Say a hop and a path in a sentence.

In:  a hop and how things are called. Out: plain words, with the condition that a statement holds on and whether its instrument holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from ropa.lineage.atlas import Atlas, Standing
from ropa.lineage.model import Hop, HopKind, Path, Scope
from ropa.lineage.reading import DATA
from ropa.namespaces import ROPA

Name = Callable[[str], str]

_SENTENCES: dict[HopKind, tuple[str, str, str]] = {
    "about": ("{target} is about {source}", "{target} may be about {source}", "{target} would be about {source}"),
    "of": (
        "“{target}” takes in data about {source}",
        "“{target}” may take in data about {source}",
        "“{target}” would take in data about {source}",
    ),
    "supplies": (
        "{source} supplies data for “{target}”",
        "{source} may supply data for “{target}”",
        "{source} would supply data for “{target}”",
    ),
    "feeds": ("“{source}” goes into {target}", "“{source}” may go into {target}", "“{source}” would go into {target}"),
    "sent": ("in “{source}”, data go to {target}", "in “{source}”, data may go to {target}", "in “{source}”, data would go to {target}"),
    "processor": ("{target} carries out {source}", "{target} may carry out {source}", "{target} would carry out {source}"),
    "passed": ("{source} passes data on to {target}", "{source} may pass data on to {target}", "{source} would pass data on to {target}"),
    "place": (
        "with {source} the data are in {target}",
        "with {source} the data may be in {target}",
        "with {source} the data would be in {target}",
    ),
    "kept": ("{source} keeps data in {target}", "{source} may keep data in {target}", "{source} would keep data in {target}"),
    "more": ("{source} and {target}", "{source} and {target}", "{source} and {target}"),
}
"""Kind of a hop to its sentence where it is a fact, where it happens on a condition, and where it would happen if something else did."""

UNRECORDED = "nothing recorded"
"""Stands where neither a value nor a marker does, which is no silence of the text."""

_DOUBTS = ("", " (only on a condition)", " (hypothetical)")
_MOST_NAMES = 4


def is_conditional(modality: str, conditions: Sequence[str] = ()) -> bool:
    """Tell whether a statement is no plain fact: it holds on a condition, or only if something happened that does not now."""
    return modality in (ROPA + "Conditional", ROPA + "Hypothetical") or (bool(conditions) and modality != ROPA + "Actual")


def firmness(hop: Hop, scopes: Iterable[Scope] = ()) -> int:
    """Return 0 where a hop is a fact, 1 where it happens on a condition, 2 where it is hypothetical.

    It is no firmer than what states it, nor than the firmest of the activities that have it.
    """
    held = min((_rank(scope.modality, scope.conditions) for scope in scopes), default=0)
    return max(_rank(hop.modality, hop.conditions), held)


def _rank(modality: str, conditions: Sequence[str]) -> int:
    return 2 if modality == ROPA + "Hypothetical" else int(is_conditional(modality, conditions))


def standing_in_words(atlas: Atlas, mechanism: str, day: date, show_day: Callable[[str], str]) -> tuple[Standing, str]:
    """Return whether an instrument holds on a day, and that in words with the days between which it does."""
    standing, period = atlas.standing(mechanism, day), atlas.period(mechanism)
    asked = show_day(day.isoformat())
    return standing, {
        "in force": f"in force on {asked}",
        "ended": f"not in force on {asked}: its last day was {show_day(period.last)}",
        "not yet": f"not in force on {asked}: it begins on {show_day(period.first)}",
        "undated": "no days are recorded for it",
    }[standing]


def list_names(names: Sequence[str], most: int = _MOST_NAMES) -> str:
    """Return names as people list them; the rest of many is counted."""
    if len(names) > most + 1:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def tell_hop(
    hop: Hop, name: Name, scope_conditions: Sequence[str] = (), standings: Sequence[str] = (), scopes: Iterable[Scope] = ()
) -> str:
    """Return the sentence of a hop.

    Args:
        scope_conditions: On which the whole activity holds.
        standings: For each mechanism, whether it holds in words.
        scopes: The activities that have it; where none of them is a fact, the hop is none.
    """
    said = _SENTENCES[hop.kind][firmness(hop, scopes)].format(source=name(hop.source), target=name(hop.target))
    if hop.data:
        said += f": {list_names([name(term) for term in hop.data])}"
    elif hop.kind != "processor":
        marker = hop.silence(DATA)
        said += f" (which data: {name(marker) if marker else UNRECORDED})"
    if hop.conditions:
        said += f". Condition: {list_names([f'“{words}”' for words in hop.conditions])}"
    if scope_conditions:
        said += f". Condition of the whole activity: {list_names([f'“{words}”' for words in scope_conditions])}"
    for mechanism, standing in zip(hop.mechanisms, standings, strict=True):
        said += f". Relied on: {name(mechanism)}, {standing}"
    return f"{said[:1].upper()}{said[1:]}."


def path_firmness(path: Path, scopes: Mapping[str, Scope]) -> int:
    """Return the :func:`firmness` of a path: that of its least firm hop."""
    return max(firmness(hop, [scopes[holder] for holder in hop.holders if holder in scopes]) for hop in path.hops)


def tell_path(path: Path, name: Name, scopes: Mapping[str, Scope]) -> str:
    """Return a path in a line: what stands where, in the direction of the data, what all of it can carry, and whether it is a fact."""
    nodes = [path.hops[0].source, *(hop.target for hop in path.hops)]
    carried = f": {list_names([name(term) for term in path.data])}" if path.data else ""
    doubt = "" if path.certain else " (not every step says which data it carries)"
    return f"{' → '.join(name(node) for node in nodes)}{carried}{doubt}{_DOUBTS[path_firmness(path, scopes)]}"
