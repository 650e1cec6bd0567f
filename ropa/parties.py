"""One party in all registers: what each says with it, whom it hands data on to and gets them from, and what it holds if it fails.

In:  the uses of a party. Out: what it does in a statement, the chains of sub-processors, what is touched.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ropa.namespaces import DPV, NO_VALUES, ROPA
from ropa.uses import Use, Uses

HANDLING = frozenset({DPV + "hasRecipient", DPV + "hasDataImporter", DPV + "hasDataProcessor", ROPA + "isSetBy"})
"""Properties by which data reach a party."""
_RECIPIENT, _ONWARD = DPV + "hasRecipient", ROPA + "engagesSubProcessor"
_PROMISING = {ROPA + name for name in ("Commitment", "Denial", "OptOut", "RightOffer", "Certification")}
_DEEPEST = 6
_MOST_HOPS = 60
_MOST = 2_000
"""Statements that are read to tell what is touched."""


@dataclass(frozen=True)
class Hop:
    """A flow of a chain: who gets the data by it, and the flows next to it in the same direction."""

    flow: str
    parties: tuple[str, ...]
    next: tuple[Hop, ...]


@dataclass(frozen=True)
class Touched:
    """What a party holds by what registers record, as IRIs; ``partial`` tells that the party is used too widely to read all.

    Attributes:
        assumed: The activities whose data are counted in full because a flow does not say which it carries.
        statements: How many statements tell it. doubtful: How many of these hold only on a condition, or are hypothetical.
    """

    registers: tuple[str, ...]
    activities: tuple[str, ...]
    subjects: tuple[str, ...]
    categories: tuple[str, ...]
    assumed: tuple[str, ...]
    partial: bool
    statements: int = 0
    doubtful: int = 0


def promises(uses: Uses, found: Iterable[Use]) -> list[Use]:
    """Return the uses that are terms rather than facts: promised, denied, offered or certified."""
    return [use for use in found if uses.kinds(use.subject) & _PROMISING]


def chains(uses: Uses, found: Iterable[Use], *, up: bool) -> list[tuple[Use, tuple[Hop, ...]]]:
    """Return the flows to a party that have hops after them (or before them, *up*), with these; 60 hops at most."""
    left = [_MOST_HOPS]
    made = []
    for use in found:
        if use.predicate == _RECIPIENT and left[0] > 0:
            near = _next(uses, use.subject, up, (use.subject,), left)
            if near:
                made.append((use, near))
    return made


def touched(uses: Uses, found: Iterable[Use]) -> Touched:
    """Return what may be out, or stops, if a party fails: as far as statements of registers reach."""
    handling = [use for use in found if use.predicate in HANDLING]
    registers: set[str] = set()
    activities: set[str] = set()
    subjects: set[str] = set()
    categories: set[str] = set()
    assumed: set[str] = set()
    for use in handling[:_MOST]:
        registers.add(use.register)
        holders = uses.activities(use.subject)
        activities.update(holders)
        said = _real(uses, use.subject, "hasPersonalData")
        categories |= said
        people = _real(uses, use.subject, "hasDataSubject")
        for activity in holders:
            subjects |= people or _real(uses, activity, "hasDataSubject")
            if not said:
                assumed.add(activity)
                categories |= _real(uses, activity, "hasPersonalData")
    return Touched(
        registers=tuple(sorted(registers)),
        activities=tuple(sorted(activities)),
        subjects=tuple(sorted(subjects)),
        categories=tuple(sorted(categories)),
        assumed=tuple(sorted(assumed)),
        partial=len(handling) > _MOST,
        statements=len({use.subject for use in handling[:_MOST]}),
        doubtful=sum(_is_doubtful(uses, subject) for subject in {use.subject for use in handling[:_MOST]}),
    )


def _is_doubtful(uses: Uses, subject: str) -> bool:
    """Tell whether a statement, or each activity that has it, holds only on a condition or is hypothetical."""
    holders = uses.activities(subject)
    return _depends(uses, subject) or (bool(holders) and all(_depends(uses, holder) for holder in holders))


def _depends(uses: Uses, iri: str) -> bool:
    said = uses.values(iri, ROPA + "hasModality")
    if said:
        return bool({ROPA + "Conditional", ROPA + "Hypothetical"} & set(said))
    return bool(set(uses.values(iri, ROPA + "condition")) - NO_VALUES)


def places(uses: Uses, found: Iterable[Use]) -> tuple[list[str], list[str]]:
    """Return the places and the transfer mechanisms that the flows of a party name, each once, sorted."""
    here: set[str] = set()
    mechanisms: set[str] = set()
    for use in [use for use in found if use.predicate in HANDLING][:_MOST]:
        here |= _real(uses, use.subject, "hasLocation") | _real(uses, use.subject, "hasThirdCountry")
        mechanisms |= set(uses.values(use.subject, ROPA + "hasMechanism")) - NO_VALUES
    return sorted(here), sorted(mechanisms)


def _next(uses: Uses, flow: str, up: bool, above: tuple[str, ...], left: list[int]) -> tuple[Hop, ...]:
    if len(above) > _DEEPEST:
        return ()
    near = [holder for holder in uses.holders(flow) if flow in uses.values(holder, _ONWARD)] if up else uses.values(flow, _ONWARD)
    hops = []
    for one in near:
        if one in above or one in NO_VALUES or left[0] <= 0:
            continue
        left[0] -= 1
        hops.append(Hop(one, tuple(uses.values(one, _RECIPIENT)), _next(uses, one, up, (*above, one), left)))
    return tuple(hops)


def _real(uses: Uses, iri: str, name: str) -> set[str]:
    return set(uses.values(iri, DPV + name)) - NO_VALUES
