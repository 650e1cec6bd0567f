"""What becomes of a category of data: where it comes from, why, who gets it and how long it is kept, activity by activity.

In:  the uses of a category. Out: a lifecycle per activity, the time limits longest first, and limits of one register that differ.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ropa.namespaces import DPV, NO_VALUES, ROPA
from ropa.uses import Use, Uses

_DATA = DPV + "hasPersonalData"
_PERIOD = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T.*)?")
_DAYS = (365.2425, 30.436875, 7.0, 1.0)
"""Mean days of a year, a month, a week and a day in the Gregorian calendar: good enough to say which of two limits is longer."""


@dataclass(frozen=True)
class Lifecycle:
    """What an activity says of a category. All are IRIs; markers of the four kinds of no value are among them.

    Attributes:
        collections: Parts that tell where it comes from. sources: What they name.
        purposes: Of the activity as a whole. flows: Parts that tell who gets it, transfers too. recipients: Whom they name.
        rules: Parts that tell how long it is kept.
    """

    register: str
    activity: str
    collections: tuple[str, ...]
    sources: tuple[str, ...]
    purposes: tuple[str, ...]
    flows: tuple[str, ...]
    recipients: tuple[str, ...]
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Limit:
    """A time limit for a category.

    Attributes:
        period: ``xsd:duration``, "" where the text gives none or only a criterion. days: About how long, -1 where no period is given.
    """

    register: str
    rule: str
    category: str
    period: str
    days: float


def activities_of(uses: Uses, found: Iterable[Use]) -> list[tuple[str, str]]:
    """Return (register, activity) for all activities among the subjects of uses, each once, in their order."""
    whole = {ROPA + "ControllerActivity", ROPA + "ProcessorActivity", ROPA + "ProcessingActivity"}
    subjects = dict.fromkeys((use.register, use.subject) for use in found if use.predicate == _DATA)
    return [(register, subject) for register, subject in subjects if uses.kinds(subject) & whole]


def follow(uses: Uses, register: str, activity: str, categories: Collection[str]) -> Lifecycle:
    """Return what an activity says of categories, those of its parts that name one of them."""
    collections: set[str] = set()
    flows: set[str] = set()
    rules: set[str] = set()
    for part in _parts_below(uses, activity):
        if not set(uses.values(part, _DATA)) & set(categories):
            continue
        kinds = uses.kinds(part)
        for kind, group in (("DataCollection", collections), ("DataFlow", flows), ("RetentionRule", rules)):
            if ROPA + kind in kinds:
                group.add(part)
    return Lifecycle(
        register=register,
        activity=activity,
        collections=tuple(sorted(collections)),
        sources=_all(uses, collections, DPV + "hasDataSource"),
        purposes=tuple(uses.values(activity, DPV + "hasPurpose")),
        flows=tuple(sorted(flows)),
        recipients=_all(uses, flows, DPV + "hasRecipient"),
        rules=tuple(sorted(rules)),
    )


def limits(uses: Uses, found: Iterable[Use]) -> list[Limit]:
    """Return the time limits among the subjects of uses, the longest first; those without a period last."""
    told: dict[tuple[str, str], Limit] = {}
    for use in found:
        if use.predicate == _DATA and ROPA + "RetentionRule" in uses.kinds(use.subject):
            for period in uses.values(use.subject, ROPA + "period") or [""]:
                text = "" if period in NO_VALUES else period
                told[use.subject, use.thing + text] = Limit(use.register, use.subject, use.thing, text, length(text))
    return sorted(told.values(), key=lambda limit: (-limit.days, limit.register, limit.rule, limit.category))


def differing(found: Iterable[Limit]) -> list[list[Limit]]:
    """Return the limits that one register gives for one category where their periods differ; the longest of each first."""
    groups: dict[tuple[str, str], list[Limit]] = {}
    for limit in found:
        if limit.period:
            groups.setdefault((limit.register, limit.category), []).append(limit)
    return [group for _, group in sorted(groups.items()) if len({limit.days for limit in group}) > 1]


def length(period: str) -> float:
    """Return about how many days a duration takes, -1 for what is none."""
    match = _PERIOD.fullmatch(period)
    if match is None or period in ("P", ""):
        return -1
    return sum(int(number or 0) * days for number, days in zip(match.groups(), _DAYS, strict=True))


def _parts_below(uses: Uses, whole: str) -> list[str]:
    seen, waiting = {whole}, [whole]
    while waiting:
        one = waiting.pop()
        for predicate in uses.parts:
            for part in uses.values(one, predicate):
                if part not in seen and part not in NO_VALUES:
                    seen.add(part)
                    waiting.append(part)
    return sorted(seen - {whole})


def _all(uses: Uses, parts: Iterable[str], predicate: str) -> tuple[str, ...]:
    return tuple(sorted({value for part in parts for value in uses.values(part, predicate)}))
