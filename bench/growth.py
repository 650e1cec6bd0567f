"""What memory did during a run, told so that what a program keeps differs from what it takes for a moment.

In:  a look at the memory each second. Out: a table, and by how much it grows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from statistics import linear_regression, median

Sample = tuple[float, float, float]
"""Seconds, MB of a process, MB of all that it started."""
Point = tuple[float, float]
"""Seconds, MB."""

_PARTS = 5
"""What memory was is told for each fifth of the time."""
_WARM = 0.5
"""Part of the time in which a server warms up: its copy in memory is made anew for the first time, caches fill. What grows for ever grows
in the rest too."""
_SPAN = 15.0
"""Seconds of which one number counts: what is taken and given back within them is no growth."""


def tell(samples: Sequence[Sample]) -> tuple[str, float]:
    """Return a table in Markdown, and by how many MB a minute both together grow in the second half of the time.

    Of each quarter of a minute the middle value of the server counts, and the lowest of its readers, which come, take hundreds of MB for
    one query, and go. Growth is the straight line through these.
    """
    first, lines, total = samples[0][0], [], 0.0
    seconds = samples[-1][0] - first
    for place, who, choose in ((1, "server", median), (2, "readers, at the least", min)):
        points = [(sample[0], sample[place]) for sample in samples]
        warm = [point for point in points if point[0] - first >= seconds * _WARM]
        grown = slope(thin(warm, max(1, int(seconds * (1 - _WARM) / _SPAN)), choose))
        told = [*(value for _, value in thin(points, _PARTS, choose)), max(value for _, value in points)]
        lines.append(f"| {who} | {' | '.join(f'{value:.0f}' for value in told)} | {grown:.2f} |\n")
        total += grown
    heads = " | ".join(f"fifth {number + 1}" for number in range(_PARTS))
    rule = " ---: |" * (_PARTS + 2)
    return f"| MB in each fifth of the time | {heads} | most MB | growth MB a minute |\n| --- |{rule}\n{''.join(lines)}", total


def thin(points: Sequence[Point], parts: int, choose: Callable[[Iterable[float]], float]) -> list[Point]:
    """Return one point for each of so many equal parts of the time: the middle of its time, and the value chosen of its values.

    Args:
        points: In order of time.
    """
    began, took = points[0][0], points[-1][0] - points[0][0]
    by_part = groupby(points, key=lambda point: min(int((point[0] - began) / took * parts), parts - 1) if took else 0)
    chosen = []
    for _, part in by_part:
        seconds, values = zip(*part, strict=True)
        chosen.append((median(seconds), choose(values)))
    return chosen


def slope(points: Sequence[Point]) -> float:
    """Return by how much a value grows in a minute: the straight line with the least squares.

    Args:
        points: In any order.
    """
    if len({second for second, _ in points}) < 2:
        return 0.0
    return linear_regression([second / 60 for second, _ in points], [value for _, value in points]).slope
