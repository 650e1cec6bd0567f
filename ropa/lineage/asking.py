"""What a person asks of a lineage, and the hops that answer it.

In:  an atlas and what is asked. Out: the hops that are left, the paths, and sentences about what was left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from ropa.lineage.atlas import Atlas
from ropa.lineage.model import Claim, Hop, Record, Scope
from ropa.lineage.walking import Paths, Walk
from ropa.namespaces import register_iri

MOST_REGISTERS = 40
"""Registers that are looked at for one answer."""
DEEPEST = 12
OF_SCOPES = ("about", "processor")
"""Kinds of hops that an activity tells itself, without a part."""
_ROUNDS = 3
"""How often the search goes on into other registers over parties that receive and supply data."""

Direction = Literal["downstream", "upstream", "both"]
Reach = Literal["stated", "possible"]


@dataclass(frozen=True)
class Asked:
    """What is asked, as IRIs; "" where nothing is.

    Attributes:
        register: Slug. from_, to: Any thing: a node, a part, a data source, a broader place or group of people, a register.
        reach: ``possible`` keeps hops whose text does not say which data they carry, or about whom.
    """

    register: str = ""
    category: str = ""
    subject: str = ""
    party: str = ""
    basis: str = ""
    purpose: str = ""
    from_: str = ""
    to: str = ""
    direction: Direction = "downstream"
    depth: int = DEEPEST
    reach: Reach = "stated"

    @property
    def things(self) -> tuple[str, ...]:
        """The things that a register has to speak of to be looked at, each."""
        return tuple(iri for iri in (self.category, self.subject, self.party, self.basis, self.purpose) if iri)

    @property
    def empty(self) -> bool:
        """Whether nothing narrows the answer."""
        return not (self.register or self.things or self.from_ or self.to)

    @property
    def only_register(self) -> bool:
        """Whether all that a register tells is asked for."""
        return bool(self.register) and not (self.things or self.from_ or self.to)


@dataclass(frozen=True)
class Found:
    """The answer.

    Attributes:
        record: The nodes, scopes and hops that are left.
        starts, ends: The nodes that ``from`` and ``to`` stand for.
        paths: None where not both are asked for.
        registers: Slugs that were looked at; left_out: those that were too many.
        unknown: Hops left out because the text does not say which data they carry, or about whom.
    """

    record: Record
    starts: frozenset[str] = frozenset()
    ends: frozenset[str] = frozenset()
    paths: Paths | None = None
    registers: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    unknown: int = 0


@dataclass
class _Sieve:
    """Keeps the hops that filters leave, and counts those that nobody can tell of."""

    atlas: Atlas
    asked: Asked
    record: Record
    unknown: int = field(default=0)

    def keep(self) -> list[Hop]:
        asked = self.asked
        hops: Iterable[Hop] = self.record.hops
        if asked.basis:
            bases = self.atlas.narrower(asked.basis)
            hops = [hop for hop in hops if any(basis in bases for basis in self.bases(hop))]
        if asked.purpose:
            purposes = self.atlas.narrower(asked.purpose)
            hops = [hop for hop in hops if not purposes.isdisjoint(hop.purposes or self._of_holders(hop, lambda scope: scope.purposes))]
        if asked.subject:
            people = self.atlas.narrower(asked.subject)
            hops = [hop for hop in hops if self._is_about(hop, people)]
        if asked.category:
            terms = self.atlas.narrower(asked.category)
            hops = [narrowed for hop in hops if (narrowed := self._narrow(hop, terms)) is not None]
        return list(hops)

    def bases(self, hop: Hop) -> list[str]:
        return [claim.basis for claim in claims_of(self.record, self.atlas, hop)]

    def _of_holders(self, hop: Hop, get: Callable[[Scope], Sequence[str]]) -> list[str]:
        return [value for holder in hop.holders for value in get(self.record.scopes[holder])]

    def _is_about(self, hop: Hop, people: frozenset[str]) -> bool:
        if hop.kind in ("of", "about"):
            return hop.source in people
        told = hop.subjects or self._of_holders(hop, lambda scope: scope.subjects)
        if told:
            return not people.isdisjoint(told)
        return self._possible()

    def _narrow(self, hop: Hop, terms: frozenset[str]) -> Hop | None:
        """Return a hop with the data that were asked for alone, None if it carries none of them."""
        if not hop.data:
            return hop if self._possible() else None
        kept = tuple(term for term in hop.data if term in terms)
        return replace(hop, data=kept) if kept else None

    def _possible(self) -> bool:
        if self.asked.reach == "possible":
            return True
        self.unknown += 1
        return False


def claims_of(record: Record, atlas: Atlas, hop: Hop) -> list[Claim]:
    """Return the legal bases that are claimed for one of the purposes of a hop, or of its activity where it states none itself.

    A claim of an activity that names no purpose is for whatever the activity does. What a whole register claims says nothing of a
    step unless both state a purpose and these have to do with each other.
    """
    found: dict[Claim, None] = {}
    for holder in hop.holders:
        scope = record.scopes[holder]
        whole = holder.startswith(register_iri(atlas.base, ""))
        aims = set(hop.purposes or scope.purposes)
        for claim in scope.claims:
            related = any(aims & (atlas.narrower(aim) | atlas.broader(aim)) for aim in claim.purposes)
            if related or (not whole and not (aims and claim.purposes)):
                found[claim] = None
    return list(found)


def answer(atlas: Atlas, asked: Asked) -> Found:
    """Return what is asked for."""
    chosen, left_out = _choose_registers(atlas, asked)
    record = Record()
    for slug in chosen:
        record.join(atlas.record(slug))
    sieve = _Sieve(atlas, asked, record)
    kept = sieve.keep()
    starts, ends = _stand_for(atlas, record, asked.from_), _stand_for(atlas, record, asked.to)
    if asked.from_ and asked.direction != "upstream":
        # What a party is responsible for starts with it.
        starts |= {scope.iri for scope in record.scopes.values() if asked.from_ in scope.parties and scope.iri in record.nodes}
    paths = None
    if asked.from_ and asked.to:
        paths = _paths(atlas, kept, asked, starts, ends)
        on_them = {hop for path in paths.found for hop in path.hops}
        kept = [hop for hop in kept if hop in on_them]
    elif asked.from_:
        kept = _around(atlas, kept, starts, asked.direction, depth=asked.depth, part=asked.from_)
    elif asked.to:
        kept = _around(atlas, kept, ends, "upstream", depth=asked.depth, part=asked.to)
    if asked.party:
        kept = _around(atlas, kept, _of_party(record, asked.party), "both")
    left = record if asked.only_register else _cut(record, kept)
    return Found(left, starts, ends, paths, tuple(chosen), tuple(left_out), sieve.unknown)


def _paths(atlas: Atlas, hops: list[Hop], asked: Asked, starts: frozenset[str], ends: frozenset[str]) -> Paths:
    first, last = (ends, starts) if asked.direction == "upstream" else (starts, ends)
    found = Walk(hops, atlas).paths(first, last)
    # A flow, collection or storage stands for its ends, but the data have to take it.
    parts = {hop.part for hop in hops if hop.kind not in OF_SCOPES} & {asked.from_, asked.to}
    return Paths(tuple(path for path in found.found if parts <= {hop.part for hop in path.hops}), found.more)


def _around(
    atlas: Atlas, hops: list[Hop], starts: Iterable[str], direction: Direction, *, depth: int = DEEPEST, part: str = ""
) -> list[Hop]:
    """Return the hops downstream, upstream or both of some nodes, or of the hops of the part that is asked about."""
    starts = set(starts)
    own = [hop for hop in hops if hop.part == part and hop.kind not in OF_SCOPES and part not in starts]
    reached: set[Hop] = set()
    for upstream in {"downstream": (False,), "upstream": (True,), "both": (False, True)}[direction]:
        walk = Walk(hops, atlas, upstream=upstream)
        reached |= walk.reach(own or walk.leaving(starts), depth)
    return [hop for hop in hops if hop in reached]


def _of_party(record: Record, party: str) -> list[str]:
    """Return the nodes that a party stands for: itself, and what it is responsible for."""
    return [party, *(iri for iri, scope in record.scopes.items() if party in scope.parties)]


def _stand_for(atlas: Atlas, record: Record, iri: str) -> frozenset[str]:
    """Return the nodes that a thing stands for: itself, narrower ones, the ends of a part, the activities of a register or party."""
    if not iri:
        return frozenset()
    if iri.startswith(register_iri(atlas.base, "")):
        slug = iri.removeprefix(register_iri(atlas.base, ""))
        return frozenset(scope.iri for scope in record.scopes.values() if scope.register == slug and scope.iri in record.nodes)
    nodes = {node for node in atlas.narrower(iri) if node in record.nodes}
    if nodes:
        return frozenset(nodes)
    ends = {node for hop in record.hops if iri == hop.part for node in (hop.source, hop.target)}
    sources = {hop.part for hop in record.hops if hop.kind in ("feeds", "supplies") and iri == hop.said.value}
    owned = {scope.iri for scope in record.scopes.values() if iri in scope.parties and scope.iri in record.nodes}
    return frozenset(ends or sources or owned)


def _cut(record: Record, kept: list[Hop]) -> Record:
    """Return what is left of a record if only some hops are kept."""
    ends = {end for hop in kept for end in (hop.source, hop.target)}
    held = ends | {holder for hop in kept for holder in hop.holders}
    return Record(
        {iri: node for iri, node in record.nodes.items() if iri in ends},
        kept,
        {iri: scope for iri, scope in record.scopes.items() if iri in held},
    )


def _choose_registers(atlas: Atlas, asked: Asked) -> tuple[list[str], list[str]]:
    """Return the slugs of the registers to look at, and of those that are too many."""
    order = [register.slug for register in atlas.registers]
    if asked.register:
        return [asked.register], []
    found = set(order)
    for iri in asked.things:
        found &= atlas.speaking_of(atlas.narrower(iri))
    ends = [iri for iri in (asked.from_, asked.to) if iri]
    if ends:
        near: set[str] = set()
        for iri in ends:
            own = {slug for slug in order if iri == register_iri(atlas.base, slug)}
            near |= own or atlas.speaking_of(atlas.narrower(iri))
        found = _spread(atlas, [slug for slug in order if slug in near & found], found)
    chosen = [slug for slug in order if slug in found]
    return chosen[:MOST_REGISTERS], chosen[MOST_REGISTERS:]


def _spread(atlas: Atlas, near: list[str], allowed: set[str]) -> set[str]:
    """Return registers and those that parties join to them: one that receives data in the one and supplies data in the other."""
    found = set(near)
    fresh = list(near)
    for _ in range(_ROUNDS):
        if len(found) > MOST_REGISTERS:
            break
        joined: set[str] = set()
        for slug in fresh[:MOST_REGISTERS]:
            for node in atlas.record(slug).nodes.values():
                if node.kind in ("recipient", "source") and not node.untold and not node.register and node.id in atlas.suppliers:
                    joined |= atlas.speaking_of([node.id]) & allowed
        fresh = sorted(joined - found)
        found |= joined
        if not fresh:
            break
    return found
