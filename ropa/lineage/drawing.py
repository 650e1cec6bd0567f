"""Make a lineage small enough to be drawn.

In:  an answer. Out: the nodes and hops to draw, and groups that stand for what is not: siblings first, then whole activities.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass

from ropa.lineage.model import Hop, Node, NodeKind, Record

MOST_NODES = 150
MOST_HOPS = 200
_KEEP = (8, 4, 2, 0)
"""How many of many siblings are still drawn, tried one after the other until it fits."""


@dataclass(frozen=True)
class Group:
    """What one node stands for that says how many more there are.

    Attributes:
        anchor: IRI of the node that all of them hang on, "" for activities that are left out whole.
        kind: What they are. upstream: They come before the anchor. hidden: Their ids, by label.
    """

    id: str
    anchor: str
    kind: NodeKind
    upstream: bool
    hidden: tuple[str, ...]


@dataclass(frozen=True)
class Drawing:
    """What is drawn; hops whose end is hidden are in no list, the group tells of them."""

    nodes: tuple[Node, ...]
    hops: tuple[Hop, ...]
    groups: tuple[Group, ...] = ()
    hidden_hops: int = 0


def draw(record: Record, label: Callable[[str], str], pinned: Collection[str] = (), most: int = MOST_NODES) -> Drawing:
    """Return what to draw of a record.

    Args:
        label: What people call a node; things stand in that order.
        pinned: Nodes that are always drawn.
    """
    nodes = _name_kinds(record)
    if len(nodes) <= most and len(record.hops) <= MOST_HOPS:
        return Drawing(_order(nodes, nodes, label), tuple(record.hops))
    groups: list[Group] = []
    for keep in _KEEP:
        groups = _group_siblings(nodes, record.hops, keep, pinned, label)
        drawn = set(nodes).difference(iri for group in groups for iri in group.hidden)
        hops = [hop for hop in record.hops if {hop.source, hop.target} <= drawn]
        if len(drawn) + len(groups) <= most and len(hops) + len(groups) <= MOST_HOPS:
            return _finish(record, nodes, groups, drawn, hops, label=label)
    groups = _group_siblings(nodes, record.hops, _KEEP[1], pinned, label)
    return _drop_activities(record, nodes, groups, pinned, label=label, most=most)


def _name_kinds(record: Record) -> dict[str, Node]:
    """Return the nodes, parties named by what they do here: receive, receive from another recipient alone, or supply."""
    entering: dict[str, set[str]] = defaultdict(set)
    for hop in record.hops:
        entering[hop.target].add(hop.kind)
    found = {}
    for iri, node in record.nodes.items():
        kind = node.kind
        if kind in ("recipient", "source"):
            kind = "source" if not entering[iri] else "sub-processor" if entering[iri] == {"passed"} else "recipient"
        found[iri] = Node(iri, kind, node.register, node.marker)
    return found


def _order(nodes: dict[str, Node], chosen: Collection[str], label: Callable[[str], str]) -> tuple[Node, ...]:
    return tuple(sorted((nodes[iri] for iri in chosen), key=lambda node: (label(node.id).casefold(), node.id)))


def _group_siblings(
    nodes: dict[str, Node], hops: Collection[Hop], keep: int, pinned: Collection[str], label: Callable[[str], str]
) -> list[Group]:
    beside: dict[str, set[tuple[str, bool]]] = defaultdict(set)
    for hop in hops:
        beside[hop.source].add((hop.target, True))
        beside[hop.target].add((hop.source, False))
    siblings: dict[tuple[str, NodeKind, bool], list[str]] = defaultdict(list)
    for iri, near in beside.items():
        if len(near) == 1 and iri not in pinned:
            ((anchor, upstream),) = near
            siblings[anchor, nodes[iri].kind, upstream].append(iri)
    groups: list[Group] = []
    for (anchor, kind, upstream), found in sorted(siblings.items()):
        ordered = sorted(found, key=lambda iri: (label(iri).casefold(), iri))
        if len(ordered) > keep + 1:
            groups.append(Group(f"more-{len(groups) + 1}", anchor, kind, upstream, tuple(ordered[keep:])))
    return groups


def _drop_activities(
    record: Record, nodes: dict[str, Node], groups: list[Group], pinned: Collection[str], *, label: Callable[[str], str], most: int
) -> Drawing:
    """Draw activity after activity with all around it while there is room; those that are left make a group for each register."""
    hidden = {iri for group in groups for iri in group.hidden}
    around: dict[str, list[Hop]] = defaultdict(list)
    for hop in record.hops:
        for holder in hop.holders:
            around[holder].extend([] if hidden & {hop.source, hop.target} else [hop])
    drawn = set(pinned) & set(nodes)
    taken: set[Hop] = set()
    left: dict[str, list[str]] = defaultdict(list)
    for holder in sorted(around, key=lambda iri: (iri not in pinned, label(iri).casefold(), iri)):
        more = taken.union(around[holder])
        ends = drawn.union({holder} & set(nodes), (end for hop in more for end in (hop.source, hop.target)))
        standing = sum(group.anchor in ends for group in groups) + len(left) + 1
        if len(ends) + standing <= most and len(more) + standing <= MOST_HOPS:
            drawn, taken = ends, more
        else:
            left[record.scopes[holder].register].append(holder)
    kept = [group for group in groups if group.anchor in drawn]
    kept += [Group(f"more-{register}", "", "activity", False, tuple(holders)) for register, holders in sorted(left.items())]
    return _finish(record, nodes, kept, drawn, [hop for hop in record.hops if hop in taken], label=label)


def _finish(
    record: Record,
    nodes: dict[str, Node],
    groups: list[Group],
    drawn: Collection[str],
    hops: Collection[Hop],
    *,
    label: Callable[[str], str],
) -> Drawing:
    standing = [Node(group.id, "more") for group in groups]
    return Drawing((*_order(nodes, drawn, label), *standing), tuple(hops), tuple(groups), len(record.hops) - len(hops))
