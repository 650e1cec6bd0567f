"""A lineage as people and programs read it: what stands where, the steps, the ways, and what is left out and why.

In:  an answer of :mod:`ropa.lineage`. Out: a :class:`Told` of plain values, the same for the page and for JSON.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask import url_for

from ropa.lineage import NODE_KINDS, RECIPIENT, Asked, Atlas, Drawing, Found, Group, Node, draw, path_firmness, tell_path
from ropa.namespaces import ROPA, shorten
from webapp.lineage.hops import Row, Teller
from webapp.state import Snapshot

_MOST_NAMES = 200
"""Names that a list of what is not drawn holds."""
_GAPS = {
    ROPA + "hasDataCollection": "where the data come from",
    ROPA + "hasDataFlow": "who receives the data",
    RECIPIENT: "the recipient of a flow",
    ROPA + "hasTransfer": "transfers abroad",
    ROPA + "hasStorage": "where the data lie",
    ROPA + "hasLegalBasisClaim": "the legal basis",
}


@dataclass(frozen=True)
class Told:
    """A lineage in words.

    Attributes:
        nodes: ``id``, ``kind``, ``label``, ``href``, ``register``; one that stands for more has ``hidden``.
        hops: See :meth:`webapp.lineage.hops.Teller.hop`.
        paths: ``words``, ``hops`` (their ids), ``certain``, ``conditional``; None where no two ends are given.
        gaps: ``what`` no value is recorded for, the ``marker`` that stands there, ``of`` which activities.
        unlinked: Activities of which no way of data is recorded. hidden: Hops that are not drawn.
    """

    day: date
    nodes: list[Row]
    hops: list[Row]
    paths: list[Row] | None
    more_paths: bool
    gaps: list[Row]
    unlinked: list[Row]
    hidden: int
    unknown: int
    registers: list[str]
    left_out: list[str]
    missing: list[str] = field(default_factory=list)

    @property
    def instruments(self) -> bool:
        """Whether a step tells of a transfer instrument, or that there is none."""
        return any(hop["mechanisms"] or hop["mechanisms_marker"] for hop in self.hops)

    @property
    def by_id(self) -> dict[str, Row]:
        """The nodes by their ids."""
        return {node["id"]: node for node in self.nodes}

    def hop(self, id: str) -> Row:
        """Return the hop with that id, ``h`` and its number."""
        return self.hops[int(id.removeprefix("h")) - 1]

    def as_json(self) -> Row:
        """Return what programs get."""
        return {
            "as_of": self.day.isoformat(),
            "kinds": NODE_KINDS,
            "nodes": self.nodes,
            "hops": self.hops,
            "paths": self.paths,
            "more_paths": self.more_paths,
            "gaps": self.gaps,
            "unlinked": self.unlinked,
            "hops_not_drawn": self.hidden,
            "hops_of_unknown_data": self.unknown,
            "registers": self.registers,
            "registers_left_out": self.left_out,
        }


def tell(snapshot: Snapshot, atlas: Atlas, found: Found, asked: Asked, *, day: date, query: Mapping[str, str], whole: bool = False) -> Told:
    """Return a lineage in words; with *whole* every hop, however many there are."""
    teller = Teller(snapshot, atlas, found.record, day)
    asker = _Asker(teller, query)
    pinned = {*found.starts, *found.ends}
    drawing = Drawing(tuple(found.record.nodes.values()), tuple(found.record.hops)) if whole else draw(found.record, teller.name, pinned)
    groups = {group.id: group for group in drawing.groups}
    teller.standing = {group.id: f"+{len(group.hidden)} more ({NODE_KINDS[group.kind].lower()})" for group in drawing.groups}
    hops = [teller.hop(f"h{number}", hop) for number, hop in enumerate(drawing.hops, 1)]
    hops += [teller.more(f"h{number}", group) for number, group in enumerate((one for one in drawing.groups if one.anchor), len(hops) + 1)]
    numbers = {hop: row["id"] for hop, row in zip(drawing.hops, hops, strict=False)}
    paths = None
    if found.paths is not None:
        paths = [
            {
                "words": tell_path(path, teller.name, found.record.scopes),
                "hops": [numbers[hop] for hop in path.hops if hop in numbers],
                "certain": path.certain,
                "conditional": path_firmness(path, found.record.scopes) > 0,
            }
            for path in found.paths.found
        ]
    ends = {end for hop in found.record.hops for end in (hop.source, hop.target, *hop.holders)}
    titles = {register.slug: register.title for register in snapshot.registers}
    return Told(
        day=day,
        nodes=[asker.group(groups[node.id]) if node.kind == "more" else asker.node(node) for node in drawing.nodes],
        hops=hops,
        paths=paths,
        more_paths=found.paths is not None and found.paths.more,
        gaps=_gaps(teller),
        unlinked=[teller.named(iri) for iri in sorted(set(found.record.scopes) - ends, key=teller.name)][:_MOST_NAMES]
        if asked.only_register
        else [],
        hidden=drawing.hidden_hops,
        unknown=found.unknown,
        registers=[titles[slug] for slug in found.registers if asked.register or any(hop.register == slug for hop in found.record.hops)],
        left_out=[titles[slug] for slug in found.left_out],
        missing=[name for name, iri, nodes in (("from", asked.from_, found.starts), ("to", asked.to, found.ends)) if iri and not nodes],
    )


def address(query: Mapping[str, str]) -> str:
    """Return the address of the page that answers a question."""
    arguments: dict[str, Any] = dict(query)
    return url_for("lineage.index", **arguments)


class _Asker:
    """Nodes, with the questions that they lead to."""

    def __init__(self, teller: Teller, query: Mapping[str, str]) -> None:
        self._teller = teller
        self._query = query

    def _ask(self, **changes: str) -> str:
        """Return the address of the present question with some of it changed, taken out where it is ""."""
        query = {name: text for name, text in {**self._query, **changes}.items() if text}
        return address(query) if query != dict(self._query) else ""

    def node(self, node: Node) -> Row:
        """Return a node; ``follow`` is where its own lineage is."""
        short = shorten(node.id, self._teller.snapshot.store.base)
        shown = self._teller.named(node.iri) | {"label": self._teller.name(node.id)}
        follow = "" if node.untold else self._ask(**{"from": short, "to": "", "party": "", "direction": "both", "depth": ""})
        titles = [register.title for register in self._teller.snapshot.registers if register.slug == node.register]
        return {
            "id": node.id,
            "kind": node.kind,
            "stands_for": "",
            **shown,
            "register": next(iter(titles), ""),
            "marker": self._teller.snapshot.label(node.marker) if node.marker else "",
            "follow": follow,
        }

    def group(self, group: Group) -> Row:
        """Return the node that stands for what is not drawn, with a narrower question that shows it."""
        changes = {"register": group.id.removeprefix("more-")}
        if group.anchor:
            anchor = shorten(group.anchor, self._teller.snapshot.store.base)
            changes = {"from": anchor, "to": "", "party": "", "direction": "upstream" if group.upstream else "downstream", "depth": "1"}
        hidden = [self._teller.named(iri.removesuffix("#recipient")) for iri in group.hidden[:_MOST_NAMES]]
        base = self._teller.snapshot.store.base
        follow = {
            iri: self._ask(**{"from": shorten(iri.removesuffix("#recipient"), base), "to": "", "party": "", "direction": "both"})
            for iri in group.hidden[:_MOST_NAMES]
        }
        return {
            "id": group.id,
            "kind": "more",
            "stands_for": group.kind,
            "iri": "",
            "label": self._teller.name(group.id),
            "href": self._ask(**changes) or f"#{group.id}",
            "register": "",
            "marker": "",
            "follow": "",
            "of": self._teller.name(group.anchor) if group.anchor else "",
            "hidden": [row | {"href": follow[iri] or row["href"]} for iri, row in zip(group.hidden, hidden, strict=False)],
        }


def _gaps(teller: Teller) -> list[Row]:
    """Return what the text is silent about or denies, with the activities that it is so of."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for scope in teller.record.scopes.values():
        for what, marker in scope.gaps:
            found[what, marker].append(scope.iri)
    order = {iri: number for number, iri in enumerate(_GAPS)}
    return [
        {
            "what": _GAPS[what],
            "marker": teller.snapshot.label(marker),
            "marker_iri": marker,
            "total": len(iris),
            "of": teller.all(iris)[:_MOST_NAMES],
        }
        for (what, marker), iris in sorted(found.items(), key=lambda item: (order[item[0][0]], item[0][1]))
    ]
