"""Things that many registers speak of: where each stands among broader and narrower ones, and who says what with it.

In:  a thing and a snapshot. Out: what the templates of ``things/`` show, a page of a long list at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from flask import request

from ropa.errors import NotFound
from ropa.namespaces import DPV, ROPA, SKOS, expand, shorten
from ropa.things import Citation, Property, Thing
from ropa.uses import MOST, Count, Use, Uses, by_subject
from webapp.bounded import portion
from webapp.questions.choices import KINDS
from webapp.state import Snapshot
from webapp.things.layout import DESCRIPTION, NOTES, rank

_MORE_KINDS: dict[str, tuple[str, ...]] = {
    "basis": ("dpv:LegalBasis",),
    "right": ("dpv:DataSubjectRight",),
    "measure": ("dpv:TechnicalOrganisationalMeasure", "dpv:TechnicalMeasure", "dpv:OrganisationalMeasure"),
    "mechanism": ("ropa:TransferMechanism",),
    "provision": ("ropa:Provision",),
    "concept": ("skos:Concept", "dpv:Processing", "dpv:DataSource", "ropa:Event"),
}
_CLASSES = {name: {expand(one) for one in classes} for name, classes in ({**KINDS, **_MORE_KINDS}).items() if name != "activity"}
_ORDER = ("party", "place", "category", "subject", "purpose", "mechanism", "basis", "right", "measure", "provision", "concept")
_PART_FACTS = 4
_MOST_ACTIVITIES = 5
_DIRECT = {ROPA + name for name in ("ProcessingActivity", "ControllerActivity", "ProcessorActivity")} | {DPV + "ROPA", DPV + "LegalEntity"}
_INDEXES: WeakKeyDictionary[Snapshot, Uses] = WeakKeyDictionary()


@dataclass(frozen=True)
class Narrower:
    """A narrower thing with how often it and what is below it are used."""

    iri: str
    label: str
    count: Count


@dataclass(frozen=True)
class Row:
    """What one subject of a register says with the thing.

    Attributes:
        slug, title: Of the register. roles: Labels of the properties. through: Narrower things that it names instead.
        activities: (IRI, label), five at most; ``more`` counts the others. facts: What else a part says, in short.
        citations: The phrases of these statements.
    """

    slug: str
    title: str
    iri: str
    label: str
    direct: bool
    roles: tuple[str, ...]
    through: tuple[tuple[str, str], ...]
    activities: tuple[tuple[str, str], ...]
    more: int
    facts: tuple[Property, ...]
    citations: tuple[Citation, ...]


def uses_of(snapshot: Snapshot) -> Uses:
    """Return the reader of uses of a revision."""
    if snapshot not in _INDEXES:
        _INDEXES[snapshot] = Uses(snapshot.store)
    return _INDEXES[snapshot]


def kind_of(thing: Thing) -> str:
    """Return the kind of page that a thing has: a key of the kinds above, "" for the plain one."""
    kinds = {kind.iri for kind in thing.kinds}
    return next((name for name in _ORDER if kinds & _CLASSES[name]), "")


def draw(snapshot: Snapshot, thing: Thing, found: Sequence[Use]) -> dict[str, object]:
    """Return what all kinds show: the chains above, what is below, and a page of the uses, filtered by ``as``."""
    uses = uses_of(snapshot)
    chosen = request.args.get("as", "")
    wanted = expand(chosen) or chosen
    kept = [use for use in found if use.predicate == wanted] if chosen else found
    below = uses.narrower(thing.iri)
    narrower = portion(below, "below", 40)
    rows = portion(by_subject(kept), "page", 20)
    roles = Counter(use.predicate for use in found)
    chains = [[(iri, snapshot.label(iri)) for iri in chain] for chain in uses.broader(thing.iri)]
    kinds = {kind.iri for kind in thing.kinds}
    first = chains[0] if chains else []
    at = max((place for place, (iri, _) in enumerate(first) if iri in kinds), default=-1)
    return {
        "chains": chains,
        "trail": first[at + 1 :],
        "narrower": narrower,
        "below": [Narrower(iri, snapshot.label(iri), uses.count(iri)) for iri in narrower.items],
        "uses": rows,
        "rows": [read_row(snapshot, thing.iri, group) for group in rows.items],
        "roles": [(shorten(iri), snapshot.label(iri), number) for iri, number in roles.most_common()],
        "as_role": chosen,
        "statements": len(found),
        "using": len({use.register for use in found}),
        "partial": len(found) >= MOST,
    }


def read_row(snapshot: Snapshot, iri: str, group: Sequence[Use]) -> Row:
    """Return what one subject says with a thing, with its phrases."""
    uses, first = uses_of(snapshot), group[0]
    described = snapshot.describe(first.subject)
    direct = bool({kind.iri for kind in described.kinds} & _DIRECT)
    holders = [one for one in uses.activities(first.subject) if one != first.subject]
    pairs = {(use.predicate, use.thing) for use in group}
    cited = [value.citations for found in described.properties for value in found.values if (found.iri, value.iri) in pairs]
    return Row(
        slug=first.register,
        title=title_of(snapshot, first.register),
        iri=first.subject,
        label=snapshot.label(first.subject),
        direct=direct,
        roles=tuple(dict.fromkeys(role_name(snapshot, use.predicate) for use in group)),
        through=tuple((use.thing, snapshot.label(use.thing)) for use in group if use.thing != iri),
        activities=tuple((one, snapshot.label(one)) for one in holders[:_MOST_ACTIVITIES]),
        more=max(0, len(holders) - _MOST_ACTIVITIES),
        facts=() if direct else _facts(described, {predicate for predicate, _ in pairs}),
        citations=tuple(dict.fromkeys(citation for group in cited for citation in group))[:3],
    )


def title_of(snapshot: Snapshot, slug: str) -> str:
    """Return the title of a register."""
    return next((register.title for register in snapshot.registers if register.slug == slug), slug)


def named(snapshot: Snapshot, iris: Iterable[str]) -> list[tuple[str, str]]:
    """Return (IRI, label) for things, by label."""
    return sorted(((iri, snapshot.label(iri)) for iri in iris), key=lambda pair: (pair[1].casefold(), pair[0]))


def describe_all(snapshot: Snapshot, iris: Iterable[str]) -> list[Thing]:
    """Return things with what is said of them, without those of which nothing is."""
    found = []
    for iri in iris:
        try:
            found.append(snapshot.describe(iri))
        except NotFound:
            continue
    return found


def role_name(snapshot: Snapshot, iri: str) -> str:
    """Return what a property is called where it heads its values."""
    return snapshot.label(iri).removeprefix("has ")


def _facts(thing: Thing, without: set[str]) -> tuple[Property, ...]:
    """Return what matters most of a part, besides what the page is about."""
    hidden = without | DESCRIPTION | NOTES | {SKOS + "prefLabel", SKOS + "broader"}
    ranked = sorted((found for found in thing.properties if found.iri not in hidden), key=lambda found: rank(found.iri))
    return tuple(found for found in ranked if not all(value.no_value for value in found.values))[:_PART_FACTS]
