"""The tables of the comparison, in Markdown.

    python -m bench.tables FILE.json … [--into bench/README.md]

In:  what ``python -m bench.endpoint --out FILE.json`` measured, in one or several runs. Out: tables of medians and ratios.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from math import isnan, nan
from pathlib import Path
from statistics import median_low
from typing import Any

Measured = dict[str, Any]

_OURS = ("ropa", "ropa-memory")
_COMPARED = (("ropa-memory", "plain", "oxigraph"), ("ropa", "plain", "oxigraph"), ("ropa-memory", "plain-memory", "oxigraph-memory"))
"""Our server, with the limit of what wraps the engine and the server of the engine: as it comes, which is with copies in memory up to
two million statements, beside others that keep what they are told; without the copies; and beside others that keep nothing."""


def main() -> None:
    """Print the tables of some runs."""
    parser = argparse.ArgumentParser(prog="python -m bench.tables", description="Print the tables of runs of bench.endpoint.")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE.json")
    parser.add_argument("--into", type=Path, metavar="FILE.md", help="put them between the marks <!-- endpoint --> of a file")
    given = parser.parse_args()
    text = write([json.loads(file.read_text("utf-8")) for file in given.files])
    if given.into:
        paste(given.into, "endpoint", text)
    else:
        print(text)


def paste(file: Path, name: str, text: str) -> None:
    """Put a text between two marks of a file: ``<!-- name -->`` and ``<!-- /name -->``, each on a line of its own."""
    before, mark, rest = file.read_text("utf-8").partition(f"<!-- {name} -->\n")
    _, end, after = rest.partition(f"<!-- /{name} -->\n")
    if not mark or not end:
        raise SystemExit(f"{file} has no lines <!-- {name} --> and <!-- /{name} -->.")
    file.write_text(f"{before}{mark}\n{text.strip()}\n\n{end}{after}", "utf-8")


def write(runs: Sequence[Measured]) -> str:
    """Return all tables of some runs; where two have the same size, of the later one."""
    sizes = [found for _, found in sorted({found["size"]: found for run in runs for found in run["sizes"]}.items())]
    if not sizes:
        return ""
    names = list(dict.fromkeys(name for found in sizes for name in found["servers"]))
    machine = runs[-1]["machine"]
    counts = [run["settings"]["rounds"] for run in runs]
    rounds = " to ".join(map(str, dict.fromkeys((min(counts), max(counts)))))
    apart = ", servers and load each on a core of their own" if machine["pinned"] else ""
    head = (
        f"{machine['cores']} cores{apart}, {machine['memory_gb']} GB, Python {machine['python']}, engine {machine['engine']}, "
        f"load by {machine['sender']}; medians of {rounds} rounds; "
        f"{machine['load']:.1f} other processes at work when it began. {' '.join(map(_describe, sizes))}"
    )
    parts = [
        head,
        "### Filling, disk, memory\n\n" + _filling(sizes),
        "### Ten lineage questions, milliseconds for all ten\n\n" + _together(sizes, names),
        f"### Each question at {_count(sizes[-1]['size'])}, milliseconds\n\n" + _each(sizes[-1], names),
        f"### Answers of up to {_count(runs[-1]['settings']['rows'])} rows or statements at {_count(sizes[-1]['size'])}, milliseconds\n\n"
        + _large(sizes[-1], names),
        "### Light look-ups a second, by connections\n\n" + _light(sizes, names),
        "### Aims\n\n" + _aims(sizes),
        "### What ten times the statements cost\n\n" + _growth(sizes, names),
        *_remarks(sizes),
    ]
    return "\n\n".join(parts) + "\n"


def _table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [headings, ["---", *["---:"] * (len(headings) - 1)], *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def _count(number: float) -> str:
    return f"{number:,.0f}".replace(",", " ")


def _describe(found: Measured) -> str:
    numbers = (_count(found[name]) for name in ("size", "statements", "registers", "vocabulary"))
    return "At {}: {} statements in {} registers, beside {} of the vocabulary.".format(*numbers)


def _number(value: float) -> str:
    """Return a number with some three digits that count; a dash for one that was not measured."""
    if isnan(value):
        return "–"
    return _count(value) if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2g}" if value < 1 else f"{value:.2f}"


def _of(found: Measured, name: str) -> Measured:
    told: Measured = found["servers"].get(name) or {"questions": {}, "large": {}, "light": {}, "failed": {}}
    return told


def questions(found: Measured, name: str, kind: str = "fresh") -> float:
    """Return the milliseconds of all questions together; NaN where one of them was not answered."""
    every = {question for told in found["servers"].values() for question in told["questions"]}
    told = _of(found, name)["questions"]
    times = [median_low(told[one][kind]) * 1000 if one in told and told[one][kind] else nan for one in every]
    return sum(times) if times else nan


def _answer(found: Measured, name: str, form: str) -> float:
    told = _of(found, name)["large"].get(form)
    return median_low(told["seconds"]) * 1000 if told and told["seconds"] else nan


def rate(found: Measured, name: str, kind: str) -> float:
    """Return look-ups a second; NaN where they were not measured."""
    told = _of(found, name)["light"].get(kind)
    return median_low(one["rate"] for one in told) if told else nan


def _ratio(above: float, below: float) -> float:
    return above / below if below else nan


def _filling(sizes: Sequence[Measured]) -> str:
    rows = []
    for found in sizes:
        every = found["statements"] + found["vocabulary"]
        for name, told in found["servers"].items():
            fill = told.get("fill") or {}
            seconds = fill.get("seconds", nan)
            copied = not fill.get("peak")
            rows.append(
                [
                    f"{_count(found['size'])} {name}",
                    *map(_number, (nan, nan) if copied else (seconds, every / seconds)),
                    _number(nan if copied else fill["peak"]),
                    _number(fill.get("disk", nan)),
                    _number(fill.get("history") or nan),
                    *map(_number, (told["start"], told["busy"], told["memory"], told["peak"])),
                ]
            )
    headings = ["", "load s", "statements/s", "load peak MB", "disk MB", "of it history", "start s", "then busy s", "memory MB", "peak MB"]
    return _table(headings, rows)


def _together(sizes: Sequence[Measured], names: Sequence[str]) -> str:
    rows = []
    for found in sizes:
        for kind, words in (("fresh", "asked"), ("again", "asked again")):
            rows.append([f"{_count(found['size'])} {words}", *(_number(questions(found, name, kind)) for name in names)])
    return _table(["", *names], rows)


def _each(found: Measured, names: Sequence[str]) -> str:
    every = sorted({question for told in found["servers"].values() for question in told["questions"]})
    rows = []
    for question in every:
        cells: list[object] = []
        for name in names:
            told = _of(found, name)["questions"].get(question, {})
            cells.append(_number(median_low(told["fresh"]) * 1000) if told.get("fresh") else _of(found, name)["failed"].get(question, "–"))
        counted = next((told["questions"][question]["rows"] for told in found["servers"].values() if question in told["questions"]), 0)
        rows.append([question, counted, *cells])
    return _table(["", "rows", *names], rows)


def _large(found: Measured, names: Sequence[str]) -> str:
    forms = list(dict.fromkeys(form for told in found["servers"].values() for form in told["large"]))
    rows = []
    for form in forms:
        every = [told["large"][form] for told in found["servers"].values() if form in told["large"]]
        size, counted = max(one["bytes"] for one in every) / 1e6, max(one["rows"] for one in every)
        cells = [_number(_answer(found, name, form)) if form in _of(found, name)["large"] else _why(found, name, form) for name in names]
        rows.append([form, _count(counted), f"{size:.0f}", *cells])
    return _table(["", "rows", "MB", *names], rows)


def _why(found: Measured, name: str, what: str) -> str:
    return str(_of(found, name)["failed"].get(what, "–"))


def _light(sizes: Sequence[Measured], names: Sequence[str]) -> str:
    words = {"same": ", the same again", "unchanged": ", unchanged (304)"}
    rows = []
    for found in sizes:
        for kind in sorted({kind for told in found["servers"].values() for kind in told["light"]}, key=lambda kind: (len(kind), kind)):
            which, _, connections = kind.rpartition(" ")
            label = f"{_count(found['size'])}: {connections}{words.get(which, '')}"
            rows.append([label, *(_number(rate(found, name, kind)) for name in names)])
    return _table(["", *names], rows)


def _aims(sizes: Sequence[Measured]) -> str:
    headings = ["", "aim", *(_count(found["size"]) for found in sizes)]
    return _table(headings, ([words, f"≥ {least:g} ×", *cells] for words, least, cells in _judged(sizes)))


def _judged(sizes: Sequence[Measured]) -> Iterator[tuple[str, float, list[str]]]:
    """Yield each aim: in words, the least ratio, and for each size the ratio that was reached."""

    for name, plain, server in _COMPARED:
        for kind in ("1", "8"):
            yield _judge(sizes, f"{name} : {server}, look-ups at {kind}", 0.5, partial(_rates, name, server, kind))
        yield _judge(sizes, f"{name} : {plain}, ten questions", 0.9, partial(_times, name, plain))
        yield _judge(sizes, f"{name} : {plain}, large answers", 0.9, partial(_answers, name, plain))
    for name in _OURS:
        for kind in ("1", "8"):
            yield _judge(sizes, f"{name} : rdflib, look-ups at {kind}", 2, partial(_rates, name, "rdflib", kind))
        yield _judge(sizes, f"{name} : best other server, ten questions asked again", 1, partial(_again, name, ("plain",)))
        yield _judge(sizes, f"{name} : best of all others, ten questions asked again", 1, partial(_again, name, ()))


def _judge(sizes: Sequence[Measured], words: str, least: float, ratio: Callable[[Measured], float]) -> tuple[str, float, list[str]]:
    cells = []
    for found in sizes:
        value = ratio(found)
        cells.append("–" if isnan(value) else f"{value:.2f}" + ("" if value >= least else " **missed**"))
    return words, least, cells


def _rates(name: str, other: str, kind: str, found: Measured) -> float:
    return _ratio(rate(found, name, kind), rate(found, other, kind))


def _times(name: str, other: str, found: Measured) -> float:
    return _ratio(questions(found, other), questions(found, name))


def _answers(name: str, other: str, found: Measured) -> float:
    """Return how long the other one takes for all forms together, against this one."""
    forms = [form for form in _of(found, other)["large"] if form in _of(found, name)["large"]]
    return _ratio(sum(_answer(found, other, form) for form in forms), sum(_answer(found, name, form) for form in forms))


def _again(name: str, but: tuple[str, ...], found: Measured) -> float:
    """Return how long the quickest of the others takes, against this one; *but* are beginnings of names to leave out."""
    times = [questions(found, other, "again") for other in found["servers"] if other not in _OURS and not other.startswith(but)]
    return _ratio(min((value for value in times if not isnan(value)), default=nan), questions(found, name, "again"))


def _growth(sizes: Sequence[Measured], names: Sequence[str]) -> str:
    measures: dict[str, Callable[[Measured, str], float]] = {
        "load": lambda found, name: (_of(found, name).get("fill") or {}).get("seconds", nan),
        "disk": lambda found, name: (_of(found, name).get("fill") or {}).get("disk", nan),
        "memory": lambda found, name: _of(found, name).get("memory", nan),
        "ten questions": questions,
        "one look-up": lambda found, name: _ratio(1, rate(found, name, "1")),
    }
    rows = [
        [
            f"{what}, {_count(less['size'])} to {_count(more['size'])}",
            *(_number(_ratio(value(more, name), value(less, name))) for name in names),
        ]
        for what, value in measures.items()
        for less, more in pairwise(sizes)
    ]
    return _table(["times as much", *names], rows) if rows else "One size does not tell."


def _remarks(sizes: Sequence[Measured]) -> Iterator[str]:
    """Yield what is not in a table: who was left out, who failed, whose rows differ."""
    for found in sizes:
        size = _count(found["size"])
        for name, why in found["left_out"].items():
            yield f"At {size} {name} was {why}."
        for name, told in found["servers"].items():
            if told["failed"]:
                yield f"At {size} {name} did not answer " + ", ".join(f"{what} ({why})" for what, why in told["failed"].items()) + "."
            failed = sum(one["failed"] for runs in told["light"].values() for one in runs)
            if failed:
                yield f"At {size} {name} failed {failed} look-ups."
        differ = found.get("differ")
        yield f"At {size} rows differ: {json.dumps(differ)}." if differ else f"At {size} all gave the same rows to all questions."


if __name__ == "__main__":
    main()
