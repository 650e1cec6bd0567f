"""Read from one register who hands which data to whom.

In:  the quads of a register's graph. Out: a :class:`Record`. What is concluded stands in another graph and is not read here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from pyoxigraph import Literal, NamedNode

from ropa.lineage.model import Claim, Hop, HopKind, Node, NodeKind, Record, Said, Scope
from ropa.namespaces import DCTERMS, DPV, NO_VALUES, RDF, ROPA
from ropa.store import Quad, Term

DATA, SUBJECT, PURPOSE = DPV + "hasPersonalData", DPV + "hasDataSubject", DPV + "hasPurpose"
RECIPIENT, MECHANISM = DPV + "hasRecipient", ROPA + "hasMechanism"
PLACES = (DPV + "hasThirdCountry", DPV + "hasLocation")
COLLECTION, STORAGE, CLAIM = ROPA + "hasDataCollection", ROPA + "hasStorage", ROPA + "hasLegalBasisClaim"
FLOWS = (ROPA + "hasDataFlow", ROPA + "hasTransfer")
ONWARD, SOURCE, ENTITY, BASIS = ROPA + "engagesSubProcessor", DPV + "hasDataSource", DPV + "hasEntity", DPV + "hasLegalBasis"
_CONTROLLER, _PROCESSOR = DPV + "hasDataController", DPV + "hasDataProcessor"
_SENT_FROM = (DPV + "hasDataExporter", ROPA + "isSentFrom")
_TELLING = (DATA, SUBJECT, PURPOSE, RECIPIENT, MECHANISM, *PLACES, ROPA + "condition", SOURCE)
_DENIED = {ROPA + "StatedNone", ROPA + "NotApplicable"}
"""Markers for a recipient by which no data go to anybody."""

Values = dict[str, list[Term]]


def read_register(quads: Iterable[Quad], slug: str) -> Record:
    """Return what a register's graph tells of the ways of its data."""
    return _Reading(quads, slug).read()


class _Reading:
    """One register while it is read."""

    def __init__(self, quads: Iterable[Quad], slug: str) -> None:
        self._said: dict[str, Values] = defaultdict(lambda: defaultdict(list))
        for quad in quads:
            self._said[quad.subject.value][quad.predicate.value].append(quad.object)
        self._slug = slug
        self._record = Record()
        self._holders: dict[str, list[str]] = defaultdict(list)
        """Part to the activities that have it, or the register."""

    def read(self) -> Record:
        registers = [
            iri for iri, said in list(self._said.items()) if any(kind.value == DPV + "ROPA" for kind in said.get(RDF + "type", ()))
        ]
        publishers: set[str] = set()
        scopes: dict[str, NodeKind] = {}
        for register in registers:
            publishers.update(self._values(register, DCTERMS + "publisher"))
            scopes[register] = "register"
            scopes.update(dict.fromkeys(self._values(register, DPV + "hasRecordOfActivity"), "activity"))
        for iri in scopes:
            self._record.scopes[iri] = self._scope(iri)
            for predicate in (COLLECTION, STORAGE, *FLOWS):
                for part in self._values(iri, predicate):
                    self._holders[part].append(iri)
        for iri, kind in scopes.items():
            self._read_scope(iri, kind, publishers)
        # A flow may be told twice: among the transfers and among the flows, or onward and by itself.
        self._record.hops = list({hop.key: hop for hop in self._record.hops}.values())
        return self._record

    def _values(self, iri: str, predicate: str) -> list[str]:
        """Return the IRIs that a property has, without markers."""
        found = self._said[iri].get(predicate, ()) if iri in self._said else ()
        return sorted({value.value for value in found if isinstance(value, NamedNode)} - NO_VALUES)

    def _markers(self, iri: str, predicates: Iterable[str]) -> Iterator[tuple[str, str]]:
        for predicate in predicates:
            for value in self._said[iri].get(predicate, ()) if iri in self._said else ():
                if value.value in NO_VALUES:
                    yield predicate, value.value

    def _words(self, iri: str, predicate: str) -> tuple[str, ...]:
        found = self._said[iri].get(predicate, ()) if iri in self._said else ()
        return tuple(sorted(value.value for value in found if isinstance(value, Literal)))

    def _scope(self, iri: str) -> Scope:
        claims = [
            Claim(claim, basis, tuple(self._values(claim, PURPOSE)), next(iter(self._values(claim, ROPA + "isKnownBy")), ""))
            for claim in self._values(iri, CLAIM)
            for basis in self._values(claim, BASIS)
        ]
        return Scope(
            iri=iri,
            register=self._slug,
            data=tuple(self._values(iri, DATA)),
            subjects=tuple(self._values(iri, SUBJECT)),
            purposes=tuple(self._values(iri, PURPOSE)),
            claims=tuple(claims),
            parties=tuple({*self._values(iri, _CONTROLLER), *self._values(iri, _PROCESSOR)}),
            modality=next(iter(self._values(iri, ROPA + "hasModality")), ""),
            conditions=self._words(iri, ROPA + "condition"),
            gaps=tuple(self._markers(iri, (COLLECTION, *FLOWS, STORAGE, CLAIM))),
        )

    def _node(self, iri: str, kind: NodeKind, marker: str = "") -> str:
        own = "/id/party/" not in iri and f"/id/{self._slug}/" in iri
        found = Node(iri, kind, self._slug if own or kind in ("activity", "register") else "", marker)
        self._record.nodes.setdefault(iri, found)
        return iri

    def _hop(self, source: str, target: str, kind: HopKind, said: Said, *, part: str = "", follows: Iterable[str] = ()) -> None:
        part = part or said.subject
        holder = part if part in self._record.scopes else source if source in self._record.scopes else target
        holders = [holder] if holder in self._record.scopes else self._holders[part]
        sent = kind in ("sent", "passed", "place")
        placed = any(self._values(part, predicate) for predicate in PLACES)
        self._record.hops.append(
            Hop(
                source,
                target,
                kind,
                part,
                said,
                self._slug,
                holders=tuple(dict.fromkeys(holders)),
                data=tuple(self._values(part, DATA)) if kind != "processor" else (),
                subjects=tuple(self._values(part, SUBJECT)),
                purposes=tuple(self._values(part, PURPOSE)),
                # A text that names a third country is not silent about the place.
                silences=tuple(self._markers(part, (name for name in _TELLING if not (placed and name in PLACES)))),
                role=next(iter(self._values(part, ROPA + "hasRecipientRole")), "") if sent else "",
                modality=next(iter(self._values(part, ROPA + "hasModality")), ""),
                conditions=self._words(part, ROPA + "condition"),
                mechanisms=tuple(self._values(part, MECHANISM)) if sent else (),
                senders=tuple(value for predicate in _SENT_FROM for value in self._values(part, predicate)) if sent else (),
                follows=frozenset(follows),
            )
        )

    def _read_scope(self, iri: str, kind: NodeKind, publishers: set[str]) -> None:
        told: set[str] = set()
        for collection in self._values(iri, COLLECTION):
            told.update(self._values(collection, SUBJECT))
            self._node(iri, kind)
            self._collect(iri, collection)
        for subject in self._values(iri, SUBJECT):
            if subject not in told:
                self._hop(self._node(subject, "subject"), self._node(iri, kind), "about", Said(iri, SUBJECT, subject))
        for processor in self._values(iri, _PROCESSOR):
            if processor not in publishers and kind == "activity":
                said = Said(iri, _PROCESSOR, processor)
                self._hop(self._node(iri, kind), self._node(processor, "recipient"), "processor", said)
        for predicate in FLOWS:
            for flow in self._values(iri, predicate):
                if not self._denied(flow):
                    self._node(iri, kind)
                self._send(iri, flow, "sent", set())
        for storage in self._values(iri, STORAGE):
            for predicate in PLACES:
                for place in self._values(storage, predicate):
                    said = Said(storage, predicate, place)
                    self._hop(self._node(iri, kind), self._node(place, "place"), "kept", said)

    def _collect(self, scope: str, collection: str) -> None:
        """Read a collection: whose data, who supplies them, and the activity that they go into."""
        node = self._node(collection, "collection")
        sources = self._values(collection, SOURCE)
        first = next(iter(sources), "")
        said = Said(collection, SOURCE, first) if first else Said(scope, COLLECTION, collection)
        self._hop(node, scope, "feeds", said, part=collection, follows={collection})
        if self._holders[collection][0] != scope:
            return  # what comes before it has been told with the first activity that has it
        for subject in self._values(collection, SUBJECT):
            self._hop(self._node(subject, "subject"), node, "of", Said(collection, SUBJECT, subject))
        for source in sources:
            for party in self._values(source, ENTITY):
                self._hop(self._node(party, "source"), node, "supplies", Said(collection, SOURCE, source))

    def _denied(self, flow: str) -> str:
        """Return the marker by which a flow has no recipient at all, "" where data may go to somebody."""
        said = [value for _, value in self._markers(flow, (RECIPIENT,))]
        return min(said) if said and _DENIED.issuperset(said) and not self._values(flow, RECIPIENT) else ""

    def _send(self, sender: str, flow: str, kind: HopKind, above: set[str], before: str = "") -> None:
        """Read a flow, the places it ends in, and the flows that go on from it."""
        if denied := self._denied(flow):
            for holder in self._holders[flow]:
                scope = self._record.scopes[holder]
                self._record.scopes[holder] = replace(scope, gaps=tuple(dict.fromkeys((*scope.gaps, (RECIPIENT, denied)))))
            return
        recipients = self._values(flow, RECIPIENT)
        marker = next((value for _, value in self._markers(flow, (RECIPIENT,)) if value not in _DENIED), "")
        targets = [self._node(recipient, "recipient") for recipient in recipients]
        if not targets:
            targets = [self._node(f"{flow}#recipient", "recipient", marker)]
        for target, value in zip(targets, recipients or [marker], strict=True):
            self._hop(sender, target, kind, Said(flow, RECIPIENT, value), follows={before} if before else ())
        if (kind == "sent" and self._holders[flow][0] != sender) or flow in above:
            return  # what comes after it has been told: with the first activity that has it, or further up in a circle
        for target in targets:
            for predicate in PLACES:
                for place in self._values(flow, predicate):
                    self._hop(target, self._node(place, "place"), "place", Said(flow, predicate, place), follows={flow})
            for onward in self._values(flow, ONWARD):
                holders = self._holders[onward]
                holders.extend(holder for holder in self._holders[flow] if holder not in holders)
                self._send(target, onward, "passed", {*above, flow}, before=flow)
