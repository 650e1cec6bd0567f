"""What changes if a party, an instrument or a place falls away, or another day comes: tried in a copy, never in the store.

In:  a store, what is supposed, and a day. Out: the findings that appear and disappear, and the activities, people and rights touched.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from pyoxigraph import Literal, NamedNode

from ropa.errors import BadParameter, NotFound
from ropa.findings import Finding, check_registers, sort
from ropa.namespaces import DPV, RDF, ROPA, XSD, graph_iri
from ropa.questions import Answer, catalogue
from ropa.registers import list_registers
from ropa.store import Quad, QuadStore, make_quad

_TYPE = NamedNode(RDF + "type")
_MECHANISM = NamedNode(ROPA + "TransferMechanism")
_PARTIES = {NamedNode(DPV + name) for name in ("LegalEntity", "OrganisationalUnit", "Authority", "DataProtectionAuthority")}
_PLACES = {NamedNode(DPV + name) for name in ("Country", "Region", "City", "Location", "SupraNationalUnion")}
_COVERS = NamedNode(ROPA + "coversPlace")
_ENDS = NamedNode(ROPA + "validUntil")
_GOES_TO = {NamedNode(DPV + name) for name in ("hasRecipient", "hasDataProcessor", "hasDataImporter")} | {NamedNode(ROPA + "isSetBy")}

Contents = dict[str, list[Quad]]


@dataclass(frozen=True)
class Change:
    """What a supposition changes.

    Attributes:
        kind: ``party``, ``mechanism``, ``place`` or "" where only the day moves.
        removed: Statements of registers that fell away, or instruments that ended; evidence and conclusions do not count.
        appeared, settled: Findings that are there only afterwards, only before; worst first.
        kept: How many findings are there both times.
        touched: The answer of the question ``what-depends-on-a-thing``; None where only the day moves.
    """

    kind: str
    removed: int
    appeared: list[Finding]
    settled: list[Finding]
    kept: int
    touched: Answer | None


def suppose(
    store: QuadStore, day: date, *, without: str | None = None, later: date | None = None, known: Iterable[Finding] | None = None
) -> Change:
    """Judge all registers twice and compare.

    Args:
        without: IRI of a party that no longer receives anything, of a mechanism that ended the day before, or of a place whose
            adequacy decisions ended the day before. None leaves the record and the law as they are.
        later: The day of the second check; the same day if none is given.
        known: The findings of all registers for *day*, where they are at hand already.

    Raises:
        BadParameter: Nothing is supposed, the thing is of a kind that cannot fall away, or nothing can end before the day.
        NotFound: The store does not know the thing.
    """
    if without is None and (later is None or later == day):
        raise BadParameter("Say what falls away, or give another day.")
    if date.min in (day, later):
        raise BadParameter(f"{date.min.isoformat()} has no day before it. Give a later day.")
    contents = {graph: list(store.quads(graph=graph)) for graph in store.graphs()}
    kind, altered, removed = ("", contents, 0) if without is None else _drop(contents, store, without, later or day)
    slugs = [register.slug for register in list_registers(store)]
    before = _duties(check_registers(store.base, slugs, contents, day) if known is None else known)
    after = _duties(check_registers(store.base, slugs, altered, later or day))
    return Change(
        kind=kind,
        removed=removed,
        appeared=sort(finding for name, finding in after.items() if name not in before),
        settled=sort(finding for name, finding in before.items() if name not in after),
        kept=len(before.keys() & after.keys()),
        touched=None if without is None else catalogue()["what-depends-on-a-thing"].ask(store, {"thing": without}),
    )


def _duties(found: Iterable[Finding]) -> dict[str, Finding]:
    """Return findings by id. Taking statements out leaves holes in the form of the copy; only what the law asks is compared."""
    return {finding.id: finding for finding in found if finding.concern == "duty"}


def _drop(contents: Contents, store: QuadStore, iri: str, day: date) -> tuple[str, Contents, int]:
    node = NamedNode(iri)
    kinds = {quad.object for quad in store.quads(node, _TYPE)}
    if not kinds:
        raise NotFound("thing", iri)
    if _MECHANISM in kinds:
        return "mechanism", *_end(contents, {node}, day)
    if kinds & _PLACES:
        covering = {quad.subject for quad in store.quads(None, _COVERS, node) if isinstance(quad.subject, NamedNode)}
        return "place", *_end(contents, covering, day)
    if kinds & _PARTIES or NamedNode(ROPA + "UnnamedParty") in kinds:
        return "party", *_cut_off(contents, node, graph_iri(store.base, "register/"))
    raise BadParameter(f"{iri} is neither a party, nor a transfer mechanism, nor a place, so it cannot fall away.")


def _end(contents: Contents, mechanisms: set[NamedNode], day: date) -> tuple[Contents, int]:
    """Let mechanisms that are in force end on the day before."""
    last = Literal((day - timedelta(days=1)).isoformat(), datatype=NamedNode(XSD + "date"))
    altered = dict(contents)
    count = 0
    for graph, quads in contents.items():
        here = {quad.subject for quad in quads if quad.subject in mechanisms and quad.predicate == _TYPE}
        ended = {quad.subject for quad in quads if quad.subject in here and quad.predicate == _ENDS and quad.object.value < day.isoformat()}
        ending = [node for node in here - ended if isinstance(node, NamedNode)]
        if ending:
            rest = [quad for quad in quads if not (quad.subject in ending and quad.predicate == _ENDS)]
            altered[graph] = [*rest, *(make_quad(node, _ENDS, last, NamedNode(graph)) for node in ending)]
            count += len(ending)
    return altered, count


def _cut_off(contents: Contents, party: NamedNode, registers: str) -> tuple[Contents, int]:
    """Take out the flows, transfers and cookies that lead to a party, whole, and what else says that it receives data.

    Counted are statements of the graphs whose IRI begins with *registers*.
    """
    gone = {
        quad.subject
        for quads in contents.values()
        for quad in quads
        if quad.object == party and quad.predicate in _GOES_TO and quad.predicate.value != DPV + "hasDataProcessor"
    }
    altered: Contents = {}
    count = 0
    for graph, quads in contents.items():
        altered[graph] = [
            quad
            for quad in quads
            if quad.subject not in gone and quad.object not in gone and not (quad.object == party and quad.predicate in _GOES_TO)
        ]
        count += len(quads) - len(altered[graph]) if graph.startswith(registers) else 0
    return altered, count
