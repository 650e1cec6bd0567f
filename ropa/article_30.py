"""The items that GDPR Art. 30 asks a record of each activity to have, and how far a record has them.

In:  what is said of an activity, and of its register as a whole. Out: a state for each item. What is missing and how bad it is,
the shapes say; this only counts what is there.

Source: GDPR Art. 30(1)(a) to (g) for controllers, 30(2)(a) to (d) for processors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ropa.namespaces import NO_VALUES, ROPA, expand

State = Literal["recorded", "in general", "stated none", "not applicable", "partly", "not stated", "lost in the source", "nothing recorded"]
"""How far an item is recorded. ``in general``: not for this activity, but for the register as a whole. ``partly``: the people but not the
data, or the other way round. ``nothing recorded``: not even that the text is silent."""

ANSWERED: frozenset[State] = frozenset({"recorded", "in general", "stated none", "not applicable"})
"""The states in which nothing is lacking: that there is none is an answer too."""

_MARKERS: dict[str, State] = {
    ROPA + "StatedNone": "stated none",
    ROPA + "NotApplicable": "not applicable",
    ROPA + "LostInSource": "lost in the source",
    ROPA + "NotStated": "not stated",
}


@dataclass(frozen=True)
class Item:
    """An item of the record.

    Attributes:
        key: A short name for addresses. name: What people read. article: The point that asks for it.
        needed: Groups of properties; of each group, one has a value where the item is recorded.
        shared: Whether it may be recorded once for all activities of a register.
        denied_first: Whether "there is none" outweighs what else is recorded: what would hold if there were one after all.
    """

    key: str
    name: str
    article: str
    needed: tuple[tuple[str, ...], ...]
    shared: bool = False
    denied_first: bool = False


@dataclass(frozen=True)
class Completeness:
    """An item and how far one activity has it."""

    item: Item
    state: State

    @property
    def answered(self) -> bool:
        """Whether nothing is lacking."""
        return self.state in ANSWERED


def _item(key: str, name: str, article: str, *groups: str, shared: bool = False, denied_first: bool = False) -> Item:
    needed = tuple(tuple(expand(found) or found for found in group.split()) for group in groups)
    return Item(key, name, article, needed, shared, denied_first)


_MEASURES = "dpv:hasTechnicalOrganisationalMeasure dpv:hasOrganisationalMeasure dpv:hasTechnicalMeasure"

CONTROLLER: tuple[Item, ...] = (
    _item("responsible", "who is responsible", "Art. 30(1)(a)", "dpv:hasDataController dpv:hasJointDataControllers"),
    _item("purposes", "purposes", "Art. 30(1)(b)", "dpv:hasPurpose"),
    _item("people", "people and data", "Art. 30(1)(c)", "dpv:hasDataSubject", "dpv:hasPersonalData"),
    _item("recipients", "recipients", "Art. 30(1)(d)", "dpv:hasRecipient ropa:hasDataFlow ropa:hasTransfer", shared=True),
    _item("transfers", "transfers", "Art. 30(1)(e)", "ropa:hasTransfer", shared=True, denied_first=True),
    _item("limits", "time limits", "Art. 30(1)(f)", "ropa:hasRetentionRule dpv:hasStorageCondition", shared=True),
    _item("measures", "security measures", "Art. 30(1)(g)", _MEASURES, shared=True),
)
PROCESSOR: tuple[Item, ...] = (
    _item(
        "responsible", "who is responsible", "Art. 30(2)(a)", "dpv:hasDataProcessor", "dpv:hasDataController dpv:hasJointDataControllers"
    ),
    _item("operations", "what is done for the controller", "Art. 30(2)(b)", "dpv:hasProcessing dpv:hasPurpose"),
    _item("transfers", "transfers", "Art. 30(2)(c)", "ropa:hasTransfer", shared=True, denied_first=True),
    _item("measures", "security measures", "Art. 30(2)(d)", _MEASURES, shared=True),
)
ITEMS: dict[str, Item] = {item.key: item for item in CONTROLLER} | {item.key: item for item in PROCESSOR if item.key == "operations"}
"""Every key once; an item that both kinds of record have stands with the point for controllers."""

Said = Mapping[str, Sequence[str]]
"""What is said of one thing: IRI of a property to its values, IRIs and texts."""


def judge_items(activity: Said, general: Said, *, processor: bool) -> tuple[Completeness, ...]:
    """Return how far each item of an activity is recorded.

    Args:
        activity: What is said of the activity. general: What is said of its register as a whole.
        processor: Whether Art. 30(2) asks, instead of 30(1).
    """
    return tuple(Completeness(item, _state(item, activity, general)) for item in (PROCESSOR if processor else CONTROLLER))


def _state(item: Item, activity: Said, general: Said) -> State:
    states = [_group_state(item, group, activity) for group in item.needed]
    if item.shared:
        states = [_in_general(item, group, general, state) for group, state in zip(item.needed, states, strict=True)]
    if len(set(states)) == 1:
        return states[0]
    lacking = [state for state in states if state not in ANSWERED]
    if not lacking:
        return "recorded"
    return "partly" if len(lacking) < len(states) else min(lacking, key=("lost in the source", "not stated", "nothing recorded").index)


def _in_general(item: Item, group: tuple[str, ...], general: Said, state: State) -> State:
    """Return the state of what an activity leaves open, if its register speaks for all activities."""
    if state in ANSWERED:
        return state
    whole = _group_state(item, group, general)
    if whole == "nothing recorded":
        return state
    return "in general" if whole == "recorded" else whole


def _group_state(item: Item, group: tuple[str, ...], said: Said) -> State:
    values = [value for found in group for value in said.get(found, ())]
    if item.denied_first and ROPA + "StatedNone" in values:
        return "stated none"
    if any(value not in NO_VALUES for value in values):
        return "recorded"
    # Of several markers the one that answers most counts: who states that there is none is not silent.
    return next((state for marker, state in _MARKERS.items() if marker in values), "nothing recorded")
