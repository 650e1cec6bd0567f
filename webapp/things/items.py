"""The items of Art. 30 for one activity: what is recorded under each, what is silent, and what is found wrong there.

In:  an activity with its parts, and the findings of today. Out: items in the order of the law, and the findings of no item.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ropa.article_30 import Completeness, State
from ropa.findings import Finding
from ropa.namespaces import ROPA
from ropa.provisions import Provision
from ropa.words import count
from webapp.things.layout import arrange, outline
from webapp.things.provisions import provisions
from webapp.things.trees import Line, Tree

_GAPS = {ROPA + "NotStated", ROPA + "LostInSource"}
_VERDICTS: dict[State, tuple[str, str]] = {
    "recorded": ("full", "told"),
    "in general": ("full", "told only for the organisation as a whole"),
    "stated none": ("full", "stated to be none"),
    "not applicable": ("full", "not applicable"),
    "partly": ("partly", "told in part"),
    "not stated": ("silent", "not told"),
    "lost in the source": ("silent", "lost in the source"),
    "nothing recorded": ("empty", "nothing recorded"),
}
"""How far an item is recorded, to the look of it and to what people read."""


@dataclass(frozen=True)
class Item:
    """An item of Art. 30 (or a heading of ours, where ``provision`` is None).

    Attributes:
        anchor: Names the place on the page. lines: The properties that answer it.
        state: ``full``, ``partly``, ``silent`` or ``empty``. verdict: The same for people. words: What is recorded and what is silent.
        general: Lines of the register as a whole under the same item that hold a value.
    """

    anchor: str
    heading: str
    label: str
    provision: Provision | None
    lines: tuple[Line, ...]
    state: str
    verdict: str
    words: str
    findings: tuple[Finding, ...]
    general: tuple[Line, ...]


def read_items(
    tree: Tree, whole: Tree | None, found: Iterable[Finding], judged: Iterable[Completeness], *, processor: bool
) -> tuple[list[Item], list[Finding]]:
    """Return the items of an activity and the findings that belong to none of them.

    Args:
        whole: The register that the activity belongs to.
        found: Findings that touch the activity. judged: How far the record has what Art. 30 asks.
    """
    sections = {section.heading: section for section in arrange(tree.lines, processor=processor)}
    general = {section.heading: section.properties for section in arrange(whole.lines, processor=processor)} if whole else {}
    named = [(heading, label) for heading, label, _ in outline(processor=processor)]
    headings = [*named, *((section.heading, section.item) for section in sections.values() if (section.heading, section.item) not in named)]
    places = {heading: _places(tree.thing.iri, sections[heading].properties) for heading in sections}
    by_property = {iri: heading for heading, _, iris in outline(processor=processor) for iri in iris}
    states = {told.item.article: told.state for told in judged}
    left: list[Finding] = []
    at: dict[str, list[Finding]] = {}
    for finding in found:
        heading = _place(finding, tree.thing.iri, places, by_property, named)
        at.setdefault(heading, []).append(finding) if heading else left.append(finding)
    items = []
    for number, (heading, label) in enumerate(headings):
        lines = sections[heading].properties if heading in sections else ()
        if not lines and not label and heading not in at:
            continue
        whole_told, words = _tell(lines)
        state, verdict = _VERDICTS[states[label]] if label in states else ("full", "")
        if states.get(label) == "recorded" and not whole_told:
            state, verdict = _VERDICTS["partly"]
        items.append(
            Item(
                anchor=f"item-{number + 1}",
                heading=heading,
                label=label,
                provision=provisions().find(f"GDPR {label}") if label else None,
                lines=tuple(lines),
                state=state,
                verdict=verdict,
                words=words,
                findings=tuple(at.get(heading, ())),
                general=tuple(line for line in general.get(heading, ()) if not _silent(line)) if heading in dict(named) else (),
            )
        )
    return items, left


def _places(activity: str, lines: Sequence[Line]) -> tuple[set[str], set[str]]:
    """Return the properties of the lines and the parts below them, at any depth."""
    parts: set[str] = set()
    waiting = [tree for line in lines for tree in line.trees]
    while waiting:
        tree = waiting.pop()
        parts.add(tree.thing.iri)
        waiting.extend(below for line in tree.lines for below in line.trees)
    return {line.iri for line in lines}, parts - {activity}


def _place(
    finding: Finding,
    activity: str,
    places: dict[str, tuple[set[str], set[str]]],
    by_property: dict[str, str],
    named: Sequence[tuple[str, str]],
) -> str:
    """Return the heading that a finding belongs under: by its property, by the part it is about, by its article; "" if none."""
    if finding.focus == activity and finding.path:
        known = next((heading for heading, (properties, _) in places.items() if finding.path in properties), "")
        if known or finding.path in by_property:
            return known or by_property[finding.path]
    for heading, (_, parts) in places.items():
        if finding.focus in parts:
            return heading
    return next((heading for heading, label in named if label and finding.article == f"GDPR {label}"), "")


def _silent(line: Line) -> bool:
    return not line.trees and all(value.no_value for value in line.values)


def _tell(lines: Sequence[Line]) -> tuple[bool, str]:
    """Return whether lines leave nothing open, and what people read about them."""
    if not lines:
        return True, ""
    recorded = [f"{_name(line)} ({_number(line)})" for line in lines if not _silent(line)]
    silences: dict[str, list[str]] = {}
    for line in lines:
        if _silent(line):
            for value in line.values[:1]:
                silences.setdefault(value.label, []).append(_name(line))
    sentences = [f"Recorded: {', '.join(recorded)}."] if recorded else []
    sentences.extend(f"{marker[:1].upper()}{marker[1:]}: {', '.join(names)}." for marker, names in silences.items())
    inside = sum(_silences(tree) for line in lines for tree in line.trees)
    if inside:
        sentences.append(f"Within these, {count(inside, 'detail is', 'details are')} not told.")
    # "There is none" and "does not apply" are answers; the other two markers are gaps.
    gaps = any(_silent(line) and any(value.iri in _GAPS for value in line.values) for line in lines)
    return not gaps and not inside, " ".join(sentences)


def _silences(tree: Tree) -> int:
    return sum(line.silent for line in tree.lines) + sum(_silences(below) for line in tree.lines for below in line.trees)


def _name(line: Line) -> str:
    return line.label.removeprefix("has ")


def _number(line: Line) -> int:
    return len(line.trees) + sum(not value.no_value for value in line.values)
