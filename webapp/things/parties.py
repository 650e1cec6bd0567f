"""The page of a party: what each register says with it, its chains, places and instruments today, findings, and what if it fails.

In:  a party and its uses. Out: what ``things/party.html`` shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from ropa.adequacy import read_law
from ropa.namespaces import ROPA
from ropa.parties import HANDLING, chains, places, promises, touched
from ropa.things import Thing
from ropa.uses import Use, by_subject
from webapp.bounded import portion
from webapp.state import Snapshot, State
from webapp.things.concepts import STANDINGS
from webapp.things.portraits import named, read_row, title_of, uses_of
from webapp.things.trees import Tree, grow

_MOST_NAMED = 12
_MOST_FINDINGS = 20
_MOST_PLACES = 20


def draw_party(told: State, snapshot: Snapshot, thing: Thing, found: Sequence[Use]) -> dict[str, object]:
    """Return what the page of a party shows; ``findings`` is None while the registers are being checked."""
    uses = uses_of(snapshot)
    promised = promises(uses, found)
    kept_apart = set(promised)
    said = [use for use in found if use not in kept_apart]
    kept = portion(by_subject(said), "page", 12)
    terms = portion(by_subject(promised), "terms", 10)
    # A promise or a denial hands no data to anybody.
    reached = touched(uses, said)
    here, mechanisms = places(uses, said)
    law = read_law(snapshot.store, date.today())
    checked = told.findings()
    about = None if checked is None else [finding for finding in checked if any(party.iri == thing.iri for party in finding.parties)]
    return {
        "unnamed": any(kind.iri == ROPA + "UnnamedParty" for kind in thing.kinds),
        "registers": [(slug, title_of(snapshot, slug)) for slug in sorted({use.register for use in found})],
        "statements": len(found),
        "uses": kept,
        "said": [(read_row(snapshot, thing.iri, group), _part(snapshot, group)) for group in kept.items],
        "terms": terms,
        "promised": [(read_row(snapshot, thing.iri, group), _part(snapshot, group)) for group in terms.items],
        "onward": chains(uses, said, up=False),
        "from": chains(uses, said, up=True),
        "receives": any(use.predicate in HANDLING for use in said),
        "standings": [(iri, law.standings(iri)) for iri in here[:_MOST_PLACES]],
        "more_places": max(0, len(here) - _MOST_PLACES),
        "mechanisms": [(iri, law.tell(iri), *law.period(iri)) for iri in mechanisms[:_MOST_PLACES]],
        "words": STANDINGS,
        "findings": None if about is None else about[:_MOST_FINDINGS],
        "findings_total": 0 if about is None else len(about),
        "reached": reached,
        "touched": {
            name: (named(snapshot, iris[:_MOST_NAMED]), len(iris))
            for name, iris in (("activities", reached.activities), ("people", reached.subjects), ("data", reached.categories))
        },
        "today": date.today(),
    }


def _part(snapshot: Snapshot, group: Sequence[Use]) -> Tree | None:
    """Return a part of a record with all it says; None for an activity or a register, which have pages of their own."""
    row = read_row(snapshot, group[0].thing, group)
    return None if row.direct else grow(snapshot, row.iri)
