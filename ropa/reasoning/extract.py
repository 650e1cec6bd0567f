"""The clean extract of one register: plain statements between IRIs, each with what it was read from.

In:  a register's graph and what the law says on the day. Out: facts for a reasoner, and the statements behind each.

Left out: literals and so all dates, the four markers, what is hypothetical, denials and commitments, flows within the
organisation and flows that come in to it. Where the record itself notes that an activity's roles contradict each other and
names one party in both, the role that fits the kind of the activity is kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pyoxigraph import NamedNode

from ropa.namespaces import DCTERMS, DPV, NO_VALUES, RDF, ROPA, graph_iri, register_iri
from ropa.reasoning.law import Law, Reasons
from ropa.reasoning.model import Fact, Statement
from ropa.store import QuadStore

TYPE = RDF + "type"
_CONTROLLER, _PROCESSOR, _RECIPIENT = DPV + "hasDataController", DPV + "hasDataProcessor", DPV + "hasRecipient"
_FLOWS = (ROPA + "hasDataFlow", ROPA + "hasTransfer")
_KINDS = (ROPA + "ProcessingActivity", ROPA + "ControllerActivity", ROPA + "ProcessorActivity", DPV + "LegalEntity")
_PARTS = {ROPA + kind for kind in ("LegalBasisClaim", "DataCollection", "DataFlow", "Transfer", "Storage")}
_TRAITS = tuple(DPV + name for name in ("hasPersonalData", "hasPurpose", "hasDataSubject", "hasProcessing", "hasContext", "hasScale"))
TREE_PROPERTIES = (*_TRAITS, DPV + "hasLegalBasis")
"""Properties whose values stand in a tree of categories."""


@dataclass(frozen=True)
class Extract:
    """Facts about one register on one day.

    Attributes:
        facts: Each fact and the statements it was read from.
        stated: The statements of the register between IRIs, which are not told again as conclusions.
        conditional: Nodes that hold on a condition.
        contested: Recorded contradictions by the nodes that they are between.
    """

    register: str
    facts: dict[Fact, Reasons]
    stated: frozenset[Fact]
    conditional: frozenset[str]
    contested: dict[str, tuple[str, ...]]

    def individuals(self) -> set[str]:
        """The things that the facts are about."""
        return {fact[0] for fact in self.facts} | {fact[2] for fact in self.facts if fact[1] != TYPE}


def extract(store: QuadStore, slug: str, law: Law) -> Extract:
    """Read the extract of one register."""
    return _Reader(store, slug, law).read()


class _Reader:
    def __init__(self, store: QuadStore, slug: str, law: Law) -> None:
        self._law = law
        self._slug = slug
        self._register = register_iri(store.base, slug)
        self._said: dict[str, dict[str, list[Statement]]] = defaultdict(lambda: defaultdict(list))
        for name in (f"register/{slug}", "parties"):
            for quad in store.quads(graph=graph_iri(store.base, name)):
                if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode):
                    node, predicate = quad.subject.value, quad.predicate.value
                    self._said[node][predicate].append(Statement(node, predicate, quad.object))
        self._facts: dict[Fact, Reasons] = {}
        self._contested: dict[str, list[str]] = defaultdict(list)
        for node in sorted(self._said):
            for statement in self._values(node, ROPA + "isBetween"):
                self._contested[statement.value].append(node)

    def read(self) -> Extract:
        publishers = self._values(self._register, DCTERMS + "publisher")
        for statement in publishers:
            self._add(statement)
        self._scope(self._register, publishers)
        for listed in self._values(self._register, DPV + "hasRecordOfActivity"):
            if not self._is(listed.value, "Hypothetical"):
                self._add(listed)
                self._activity(listed.value)
                self._scope(listed.value, publishers)
        for node in sorted({fact[0] for fact in self._facts} | {fact[2] for fact in self._facts}):
            for kind in self._said[node][TYPE] if node in self._said else ():
                if kind.value in _KINDS:
                    self._add(kind)
                elif kind.value in _PARTS:
                    self._note((node, TYPE, ROPA + "Part"), (kind,))
        return Extract(
            register=self._slug,
            facts=self._facts,
            stated=frozenset((node, name, one.value) for node, said in self._said.items() for name, told in said.items() for one in told),
            conditional=frozenset(node for node in list(self._said) if self._is(node, "Conditional")),
            contested={node: tuple(found) for node, found in self._contested.items()},
        )

    def _activity(self, activity: str) -> None:
        for trait in _TRAITS:
            self._concepts(activity, trait)
        roles = {name: self._values(activity, name) for name in (_CONTROLLER, _PROCESSOR)}
        both = {one.value for one in roles[_CONTROLLER]} & {one.value for one in roles[_PROCESSOR]}
        kinds = {kind.value for kind in self._said[activity][TYPE]}
        unfit = _PROCESSOR if ROPA + "ControllerActivity" in kinds else _CONTROLLER
        for name, statements in roles.items():
            for statement in statements:
                if not (name == unfit and statement.value in both and activity in self._contested):
                    self._add(statement)

    def _scope(self, scope: str, publishers: list[Statement]) -> None:
        """Read the parts of an activity, or of the register as a whole."""
        for link in self._parts(scope, ROPA + "hasLegalBasisClaim"):
            self._add(link)
            self._concepts(link.value, DPV + "hasLegalBasis")
        for link in self._parts(scope, ROPA + "hasDataCollection"):
            self._add(link)
            self._concepts(link.value, DPV + "hasPersonalData")
        for link in self._parts(scope, ROPA + "hasStorage"):
            self._add(link)
            self._concepts(link.value, DPV + "hasPersonalData")
            self._places(link, [(one, (one,)) for one in publishers])
        owners = {one.value for one in publishers}
        todo: list[tuple[Statement, Sequence[tuple[Statement, Reasons]]]]
        todo = [(link, [(one, (one,)) for one in publishers]) for name in _FLOWS for link in self._parts(scope, name)]
        seen: set[Statement] = set()
        while todo:
            link, senders = todo.pop(0)
            if link in seen:
                continue
            seen.add(link)
            predicate = link.predicate if link.predicate == ROPA + "engagesSubProcessor" else ROPA + "hasDataFlow"
            self._note((link.subject, predicate, link.value), (link,))
            receivers = self._flow(link.value, owners)
            if receivers is not None:
                self._places(link, senders)
                passed = [(one, (one,)) for one in receivers]
                todo += [(onward, passed) for onward in self._parts(link.value, ROPA + "engagesSubProcessor")]

    def _flow(self, flow: str, owners: set[str]) -> list[Statement] | None:
        """Read a flow; return its recipients, or None where the data do not leave the organisation."""
        self._concepts(flow, DPV + "hasPersonalData")
        roles = self._values(flow, ROPA + "hasRecipientRole")
        receivers = self._values(flow, _RECIPIENT)
        if any(role.value == ROPA + "InternalRecipient" for role in roles) or any(one.value in owners for one in receivers):
            return None
        for statement in [*roles, *receivers]:
            self._add(statement)
        for one in receivers:
            for name, reasons in self._law.of_recipient(one.value):
                self._note((one.value, TYPE, ROPA + name), reasons)
        return receivers

    def _places(self, link: Statement, senders: Sequence[tuple[Statement, Reasons]]) -> None:
        part = link.value
        destinations = [*self._values(part, DPV + "hasLocation"), *self._values(part, DPV + "hasThirdCountry")]
        if not destinations:
            return
        named: list[tuple[Statement, Reasons]] = [(one, (one,)) for one in self._values(part, DPV + "hasDataExporter")]
        starts: list[tuple[str, Reasons]] = [(one.value, (one,)) for one in self._values(part, ROPA + "isSentFrom")] or [
            (country.value, (*reasons, country))
            for exporter, reasons in named or senders
            for country in self._law.countries.get(exporter.value, ())
        ]
        for place, reasons in starts:
            self._note((part, ROPA + "startsIn", place), (link, *reasons))
            for regime, since in self._law.governing(place):
                self._note((place, TYPE, f"{ROPA}PlaceUnder{regime}"), since)
        for destination in destinations:
            self._note((part, ROPA + "endsIn", destination.value), (destination,))
            for name, reasons in self._law.of_destination(destination.value):
                self._note((destination.value, TYPE, ROPA + name), reasons)

    def _concepts(self, node: str, predicate: str) -> None:
        """Read values that stand in a tree, and the tree above them."""
        todo = []
        for statement in self._values(node, predicate):
            self._add(statement)
            todo.append(statement.value)
        while todo:
            for wider in self._law.broader.get(todo.pop(), ()):
                if (wider.subject, wider.predicate, wider.value) not in self._facts:
                    self._add(wider)
                    todo.append(wider.value)

    def _parts(self, node: str, predicate: str) -> Iterator[Statement]:
        return (link for link in self._values(node, predicate) if not self._is(link.value, "Hypothetical"))

    def _values(self, node: str, predicate: str) -> list[Statement]:
        said = self._said.get(node, {}).get(predicate, ())
        return sorted({one for one in said if one.value not in NO_VALUES}, key=lambda one: one.value)

    def _is(self, node: str, modality: str) -> bool:
        return any(one.value == ROPA + modality for one in self._said.get(node, {}).get(ROPA + "hasModality", ()))

    def _add(self, statement: Statement) -> None:
        self._note((statement.subject, statement.predicate, statement.value), (statement,))

    def _note(self, fact: Fact, reasons: Reasons) -> None:
        self._facts.setdefault(fact, reasons)
