"""The part of the graph that somebody looks at: a thing, and what was opened from it, step by step.

In:  a focus and openings. Out: nodes and all links between them, never more nodes than asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from pyoxigraph import NamedNode

from ropa.kinds import ORGANISATION
from ropa.namespaces import expand, graph_iri
from ropa.neighbourhood import Edge, Neighbourhood, Node

MOST = 300
"""Nodes that are shown unless more are asked for."""
EDGES_PER_NODE = 5
"""Links that are shown, for each node that may be."""

_FIRST_OF_EACH = range(6, 21)
"""How many of a link are opened at first: the fewer, the more links there are."""
_FIRST_OF_ALL = 40
_FIRST_BEHIND = 3
_MOST_PARTIES = 1000

_NAMES = (
    "dcterms:publisher dpv:hasDataController dpv:hasJointDataControllers dpv:hasDataProcessor ropa:hasTransfer ropa:hasDataFlow "
    "dpv:hasRecipient dpv:hasDataImporter dpv:hasDataExporter ropa:engagesSubProcessor dpv:hasRecordOfActivity dpv:hasPurpose "
    "ropa:hasLegalBasisClaim dpv:hasLegalBasis dpv:hasDataSubject dpv:hasPersonalData ropa:hasDataCollection dpv:hasDataSource "
    "ropa:hasStorage dpv:hasLocation dpv:hasThirdCountry ropa:hasMechanism ropa:hasRetentionRule ropa:hasStartEvent "
    "ropa:hasRightOffer dpv:hasRight dpv:hasTechnicalOrganisationalMeasure ropa:usesCookie ropa:isSetBy ropa:hasDenial "
    "ropa:hasOptOut ropa:hasCommitment ropa:hasContradiction ropa:isBetween skos:broader dpv:hasCountry ropa:isSentFrom "
    "ropa:coversPlace"
)
_TELLING = [expand(name) or name for name in _NAMES.split()]
"""Properties that are opened before a person opens any, in this order."""

_BEHIND = {
    kind: [(expand(name) or name, outgoing) for name, outgoing in steps]
    for kind, steps in {
        "flow": (("dpv:hasRecipient", True), ("ropa:hasDataFlow", False)),
        "transfer": (("dpv:hasRecipient", True), ("dpv:hasThirdCountry", True), ("ropa:hasTransfer", False)),
        "basis": (("dpv:hasLegalBasis", True),),
        "collection": (("dpv:hasDataSource", True),),
        "right": (("dpv:hasRight", True),),
        "place": (("dpv:hasLocation", True),),
    }.items()
}
"""Kinds of parts to what they are about: a flow without its recipient says little."""


@dataclass(frozen=True)
class Opening:
    """The links of a thing by one property in one direction, opened up to *limit* neighbours."""

    thing: str
    property: str
    outgoing: bool
    limit: int


@dataclass(frozen=True)
class Subgraph:
    """What is shown.

    Attributes:
        nodes: The focus first, then in the order in which they were reached.
        parents: For each node but the focus, the node it was reached from.
        openings: Those that lead somewhere from a thing that is shown.
        idle: Those of things that are shown and have no such link, as after a change of the record.
        left_out: Nodes that would be more than asked for. links_left_out: Links, likewise.
    """

    nodes: list[Node] = field(default_factory=list)
    parents: dict[str, str] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    openings: list[Opening] = field(default_factory=list)
    idle: list[Opening] = field(default_factory=list)
    left_out: int = 0
    links_left_out: int = 0


def first_openings(around: Neighbourhood, focus: str) -> list[Opening]:
    """Return what is opened before a person opens anything: some of each telling link, and what the parts among them are about."""
    ranks = {name: rank for rank, name in enumerate(_TELLING)}
    kinds = [kind for kind in around.links(focus) if kind.property in ranks]
    kinds = kinds or around.links(focus)
    few = min(max(_FIRST_OF_ALL // max(len(kinds), 1), _FIRST_OF_EACH[0]), _FIRST_OF_EACH[-1])
    openings, shown = [], {focus}
    for kind in sorted(kinds, key=lambda kind: (ranks.get(kind.property, len(ranks)), not kind.outgoing)):
        if len(shown) >= _FIRST_OF_ALL:
            break
        openings.append(Opening(focus, kind.property, kind.outgoing, few))
        shown.update(around.neighbours(focus, kind.property, kind.outgoing, few))
    for thing in sorted(shown - {focus}):
        for name, outgoing in _BEHIND.get(around.node(thing).kind.key, ()):
            if set(around.neighbours(thing, name, outgoing, _FIRST_BEHIND)) - {focus}:
                openings.append(Opening(thing, name, outgoing, _FIRST_BEHIND))
    return openings


def look(
    around: Neighbourhood,
    focus: str,
    openings: Sequence[Opening],
    *,
    hidden: Collection[str] = (),
    without: Collection[str] = (),
    most: int = MOST,
) -> Subgraph:
    """Return what is shown when these openings are followed from the focus, as far as they hang together.

    Args:
        hidden: IRIs of things that are not shown, nor what is reached through them alone. without: Keys of kinds, likewise.

    Raises:
        NotFound: There is no such focus.
    """
    seen = Subgraph(nodes=[around.find(focus)])
    by_thing: dict[str, list[Opening]] = {}
    for opening in openings:
        by_thing.setdefault(opening.thing, []).append(opening)
    shown, beyond = {focus}, set[str]()
    for node in seen.nodes:  # grows while it is walked
        for opening in by_thing.get(node.iri, ()):
            others = around.neighbours(node.iri, opening.property, opening.outgoing, opening.limit)
            (seen.openings if others else seen.idle).append(opening)
            for other in others:
                if other in shown or other in hidden or around.node(other).kind.key in without:
                    continue
                if len(shown) >= most:
                    beyond.add(other)
                    continue
                shown.add(other)
                seen.parents[other] = node.iri
                seen.nodes.append(around.node(other))
    links = [(node.iri, name, other) for node in seen.nodes for name, other in around.edges(node.iri) if other in shown]
    fitting = links[: most * EDGES_PER_NODE]
    seen.edges.extend(around.edge(*link) for link in fitting)
    return Subgraph(seen.nodes, seen.parents, seen.edges, seen.openings, seen.idle, len(beyond), len(links) - len(fitting))


def most_shared(around: Neighbourhood, most: int) -> list[tuple[Node, int]]:
    """Return the shared parties that most points at, without those that keep a register: nodes with the number of links.

    No more than the first thousand parties by IRI are looked at.
    """
    graph = graph_iri(around.store.base, "parties")
    parties = sorted({quad.subject.value for quad in around.store.quads(graph=graph) if isinstance(quad.subject, NamedNode)})
    counted = [(around.node(iri), sum(kind.count for kind in around.links(iri) if not kind.outgoing)) for iri in parties[:_MOST_PARTIES]]
    linked = [(node, count) for node, count in counted if count and node.kind is not ORGANISATION]
    return sorted(linked, key=lambda pair: (-pair[1], pair[0].label.casefold(), pair[0].iri))[:most]
