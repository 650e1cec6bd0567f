"""What the script of the map draws: boxes and bands, places and lines, each with its words, its number and its address.

In:  rows and the choice they come from. Out: plain data for JSON. Every address given leads to as many routes as its number says.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from ropa.geography import MODALITIES, STATUSES, Atlas, Row, count_places, count_statuses, draw_diagram, draw_lines
from ropa.namespaces import shorten
from ropa.words import count
from webapp.atlas.narrowing import Choice, name_value
from webapp.state import Snapshot

_OTHERS = {"sender": "other senders", "recipient": "other recipients", "place": "other places"}

Json = dict[str, object]


def draw(snapshot: Snapshot, atlas: Atlas, day: date, choice: Choice, rows: Sequence[Row]) -> Json:
    """Return the statuses, the Sankey diagram and the map of rows."""
    pen = _Pen(snapshot, atlas, day, choice)
    statuses = [
        {"status": status, "label": STATUSES[status], "routes": number, "href": choice.link(status=status)}
        for status, number in count_statuses(rows).items()
    ]
    return {"statuses": statuses, "sankey": pen.diagram(rows), "map": pen.map(rows)}


class _Pen:
    def __init__(self, snapshot: Snapshot, atlas: Atlas, day: date, choice: Choice) -> None:
        self._snapshot, self._atlas, self._day, self._choice = snapshot, atlas, day, choice

    def diagram(self, rows: Sequence[Row]) -> Json:
        """Return boxes by id and bands between them; the box of all others has no address, since no filter stands for it."""
        drawn = draw_diagram(rows)
        nodes = [
            {
                "id": f"{node.column} {node.value}",
                "column": node.column,
                "label": self._name(node.column, node.value) if node.value else f"{node.others:,} {_OTHERS[node.column]}",
                "routes": node.total,
                "href": self._choice.link(**self._filter(node.column, node.value)) if node.value else "",
            }
            for node in drawn.nodes
        ]
        links = []
        for link in drawn.links:
            (source, first), (target, last) = link.source, link.target
            direct = {"recipient": "none"} if (source, target) == ("sender", "place") else {}
            filters = {**self._filter(source, first), **self._filter(target, last), **direct}
            ends = " to ".join(self._name(column, value) if value else _OTHERS[column] for column, value in (link.source, link.target))
            links.append(
                {
                    "source": " ".join(link.source),
                    "target": " ".join(link.target),
                    **self._band(ends, link.status, link.modality, link.total, filters if first and last else None),
                }
            )
        return {"nodes": nodes, "links": links, "left_out": drawn.left_out}

    def map(self, rows: Sequence[Row]) -> Json:
        """Return the places that a map can show, with the countries to shade, and the lines between places."""
        drawn = draw_lines(rows, self._choice.values.get("origin", ""))
        known = [place for place in count_places(rows) if place.kind in ("country", "union")]
        spots = {place.key for place in known} | {line.origin for line in drawn.drawn}
        places = [
            {
                "id": place.key,
                "label": self._name("place", place.key),
                "routes": place.total,
                "statuses": {STATUSES[status]: number for status, number in sorted(place.statuses.items())},
                "href": self._choice.link(**self._filter("place", place.key)),
            }
            for place in known
        ]
        lines = []
        for line in drawn.drawn:
            ends = f"{self._name('place', line.origin)} to {self._name('place', line.place)}"
            filters = {**self._filter("origin", line.origin), **self._filter("place", line.place)}
            told = self._band(ends, line.status, line.modality, line.total, filters)
            lines.append({"source": line.origin, "target": line.place, **told})
        return {
            "places": places,
            "lines": lines,
            "codes": {spot: self._codes(spot) for spot in sorted(spots)},
            "names": {spot: self._name("place", spot) for spot in sorted(spots)},
            "without_origin": drawn.without_origin,
            "inside": drawn.inside,
            "left_out": drawn.left_out,
        }

    def _band(self, ends: str, status: str, modality: str, total: int, filters: dict[str, str] | None) -> Json:
        label = f"{ends}: {count(total, 'route')}, {STATUSES[status]}, {MODALITIES[modality]}"
        href = self._choice.link(**filters, status=status, modality=modality) if filters else ""
        return {"status": status, "modality": modality, "routes": total, "label": label, "href": href}

    def _filter(self, name: str, value: str) -> dict[str, str]:
        return {name: shorten(value, self._snapshot.store.base)} if value else {}

    def _name(self, name: str, value: str) -> str:
        return name_value(self._snapshot, name, value)

    def _codes(self, place: str) -> list[str]:
        """Return the two letters of a country, or those of the members of a union on the day, which is where it is drawn."""
        return [shorten(iri).partition(":")[2] for iri in self._atlas.members(self._day, place) or (place,)]
