"""The shapes that tell kinds of nodes apart without colour: one outline each, for the legend, the list and the picture alike.

In:  the key of a kind. Out: corners between -1 and 1, as an SVG has them and as the picture takes them.
"""

from __future__ import annotations

from math import cos, pi, sin

Point = tuple[float, float]


def _regular(corners: int, turn: float = 0.0, inner: float = 1.0) -> tuple[Point, ...]:
    """Return a regular polygon with its first corner on top; a star where every second corner lies on an *inner* circle."""
    step = 2 * pi / corners
    radii = [1.0 if place % 2 == 0 else inner for place in range(corners)]
    return tuple(
        (round(radius * sin(place * step + turn), 3), round(-radius * cos(place * step + turn), 3)) for place, radius in enumerate(radii)
    )


def _pairs(text: str) -> tuple[Point, ...]:
    numbers = [float(number) for number in text.split()]
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


OUTLINES: dict[str, tuple[Point, ...]] = {
    "evidence": _pairs("-1 -1 -.3 -1 -.3 1 -1 1 -1 .6 -.7 .6 -.7 -.6 -1 -.6"),
    "register": _pairs("-.85 -1 .85 -1 .85 1 0 .6 -.85 1"),
    "activity": _pairs("-1 -.7 1 -.7 1 .7 -1 .7"),
    "transfer": _pairs("-1 -.45 .1 -.45 .1 -1 1 0 .1 1 .1 .45 -1 .45"),
    "flow": _pairs("-1 -.7 .5 -.7 1 0 .5 .7 -1 .7 -.5 0"),
    "organisation": _pairs("-.9 1 -.9 -.2 0 -1 .9 -.2 .9 1"),
    "unnamed": _regular(12, inner=0.72),
    "party": _regular(20),
    "category": _pairs("0 -1 1 0 0 1 -1 0"),
    "subject": _pairs("-.35 -1 .35 -1 .35 -.35 1 .2 1 1 -1 1 -1 .2 -.35 -.35"),
    "purpose": _regular(10, inner=0.42),
    "basis": _regular(5),
    "collection": _pairs("-1 -.8 1 -.8 0 1"),
    "place": _pairs("0 -1 1 .8 -1 .8"),
    "retention": _pairs("-.9 -1 .9 -1 .15 0 .9 1 -.9 1 -.15 0"),
    "right": _pairs("-1 -.7 .5 -.7 1 .7 -.5 .7"),
    "measure": _pairs("-.9 -.9 .9 -.9 .9 .2 0 1 -.9 .2"),
    "denial": _regular(8, turn=pi / 8),
    "commitment": _pairs("-.5 .7 -1 -.7 1 -.7 .5 .7"),
    "cookie": _regular(6),
    "document": _pairs("-.75 -1 .3 -1 .75 -.5 .75 1 -.75 1"),
    "law": _pairs("-1 -.35 -.35 -.35 -.35 -1 .35 -1 .35 -.35 1 -.35 1 .35 .35 .35 .35 1 -.35 1 -.35 .35 -1 .35"),
    "operation": _regular(8, inner=0.38),
    "term": _pairs("-.7 -.7 .7 -.7 .7 .7 -.7 .7"),
    "other": _pairs("-1 -.3 1 -.3 1 .3 -1 .3"),
}
"""Key of a kind of :data:`ropa.kinds.KINDS` to its corners, in order."""


def outline(key: str) -> str:
    """Return the corners of a kind as the attribute ``points`` of an SVG polygon."""
    return " ".join(f"{x:g},{y:g}" for x, y in OUTLINES[key])
