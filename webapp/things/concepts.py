"""What a category, a place, a legal basis, a mechanism or a provision shows besides where it is used.

In:  the uses of the thing. Out: lifecycles and time limits; the law of today; how bases are known; rules that rest on a provision.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from ropa.adequacy import read_law
from ropa.lifecycles import Limit, activities_of, differing, follow, limits
from ropa.namespaces import DCTERMS, DPV, ROPA, SKOS, shorten
from ropa.rules import read_rules
from ropa.things import Thing, Value
from ropa.uses import Use
from webapp.bounded import portion
from webapp.state import Snapshot
from webapp.things.portraits import describe_all, title_of, uses_of

_DIRECTIONS = (
    ("Data go there or lie there", (DPV + "hasLocation", DPV + "hasThirdCountry")),
    ("Data are sent from there", (ROPA + "isSentFrom",)),
    ("Organisations are there, or under its law", (DPV + "hasCountry", DPV + "hasJurisdiction")),
)
_MOST_DIFFERING = 20
STANDINGS = {
    "inside": "Inside: it belongs to the territory of this law, so data sent here are no transfer",
    "adequate": "Adequate: a decision in force covers the place as a whole",
    "partly": "Adequate in part: only for some recipients or sectors",
    "none": "No adequacy decision is in force: a transfer needs a safeguard or an exception",
    "unknown": "Not known here: the list of this law is not kept in the store",
}
"""How a law regards a place, for people."""


@dataclass(frozen=True)
class Kept:
    """A time limit with its rule as the register tells it."""

    limit: Limit
    title: str
    rule: Thing

    def get(self, name: str) -> tuple[Value, ...]:
        """Return the values of a property of our own namespace."""
        return self.rule.get(ROPA + name)


def category(snapshot: Snapshot, thing: Thing, found: Sequence[Use]) -> dict[str, object]:
    """Return the lifecycle of a category in each activity, its time limits, and those of one register that differ."""
    uses = uses_of(snapshot)
    below = set(uses.below(thing.iri))
    lives = portion(activities_of(uses, found), "life", 10)
    told = limits(uses, found)
    page = portion(told, "kept", 15)
    return {
        "lives": lives,
        "cycles": [(title_of(snapshot, register), follow(uses, register, activity, below)) for register, activity in lives.items],
        "limits": page,
        "kept": [_keep(snapshot, limit) for limit in page.items],
        "differing": [[_keep(snapshot, limit) for limit in group] for group in differing(told)[:_MOST_DIFFERING]],
    }


def place(snapshot: Snapshot, thing: Thing, found: Sequence[Use]) -> dict[str, object]:
    """Return how each law regards a place today, and its memberships."""
    law = read_law(snapshot.store, date.today())
    counts = [(name, len({use.subject for use in found if use.predicate in roles}), shorten(roles[0])) for name, roles in _DIRECTIONS]
    return {
        "standings": law.standings(thing.iri),
        "memberships": law.memberships(thing.iri),
        "words": STANDINGS,
        "today": date.today(),
        "directions": [told for told in counts if told[1]],
    }


def basis(snapshot: Snapshot, thing: Thing, found: Sequence[Use]) -> dict[str, object]:
    """Return how the text makes a legal basis known, counted per register."""
    uses = uses_of(snapshot)
    counted: Counter[tuple[str, str]] = Counter()
    for use in found:
        for known in uses.values(use.subject, ROPA + "isKnownBy"):
            counted[use.register, known] += 1
    ways = sorted({known for _, known in counted})
    registers = portion(sorted({register for register, _ in counted}), "by", 25)
    return {
        "ways": ways,
        "known": registers,
        "counts": [(slug, title_of(snapshot, slug), [counted[slug, way] for way in ways]) for slug in registers.items],
        "totals": [sum(number for (_, known), number in counted.items() if known == way) for way in ways],
    }


def mechanism(snapshot: Snapshot, thing: Thing, found: Sequence[Use]) -> dict[str, object]:
    """Return whether a mechanism is in force today in words, and since and until when."""
    law = read_law(snapshot.store, date.today())
    return {"standing": law.tell(thing.iri), "period": law.period(thing.iri), "today": date.today()}


def provision(snapshot: Snapshot, thing: Thing, found: Sequence[Use]) -> dict[str, object]:
    """Return the rules that rest on a provision, and what it is divided into."""
    rules = [rule for part in read_rules() for rule in part.rules if rule.article == thing.iri]
    inside = [value for group in thing.incoming if group.iri == DCTERMS + "isPartOf" for value in group.values]
    return {"rules": rules, "inside": describe_all(snapshot, (value.iri for value in inside)), "above": thing.get(DCTERMS + "isPartOf")}


def _keep(snapshot: Snapshot, limit: Limit) -> Kept:
    return Kept(limit, title_of(snapshot, limit.register), snapshot.describe(limit.rule))


MAKERS: dict[str, Callable[[Snapshot, Thing, Sequence[Use]], dict[str, object]]] = {
    "category": category,
    "place": place,
    "basis": basis,
    "mechanism": mechanism,
    "provision": provision,
}
"""Kind of a page to what makes its own part."""
HIDDEN = {SKOS + "broader"}
"""Properties that such a page shows in another place than among the rest."""
