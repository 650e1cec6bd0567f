"""What a record answers to one field of a form: lines of text, each with what it counts as.

In:  a field, a :class:`Record`, an activity. Out: :class:`Line`, one for each value, one for each part with what belongs to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from ropa.exchange.record import MARKERS, Record
from ropa.exchange.templates import Says, Source, Template
from ropa.namespaces import ROPA
from ropa.store import Node, Term

STATUSES = ("answered", "stated none", "not applicable", "lost in source", "not stated", "not recorded")
"""What a cell counts as: a value, one of the four markers, or nothing in the record at all."""

NOT_RECORDED = "not recorded"
INFERRED = " [inferred]"

_COUNTS_AS = dict(zip(MARKERS, STATUSES[1:5], strict=True))
_PLAIN = {ROPA + "Actual"}
"""What goes without saying."""
_HOPS = ROPA + "engagesSubProcessor"
_DEEPEST = 6
_ROLE = ROPA + "hasRecipientRole"


@dataclass(frozen=True)
class Line:
    """One answer in a cell; ``status`` is what it counts as, ``inferred`` tells that something of it is concluded, not read."""

    text: str
    status: str = STATUSES[0]
    inferred: bool = False


@dataclass(frozen=True)
class Cell:
    """The answers to one field."""

    lines: tuple[Line, ...]

    @property
    def status(self) -> str:
        """What the cell counts as: answered if any line is, else the marker that comes first in :data:`STATUSES`."""
        return min((line.status for line in self.lines), key=STATUSES.index, default=NOT_RECORDED)

    @property
    def inferred(self) -> bool:
        """Whether anything in it is concluded rather than read."""
        return any(line.inferred for line in self.lines)

    @property
    def text(self) -> str:
        """All answers, one a line, each with a dot where there are several."""
        dot = "• " if len(self.lines) > 1 else ""
        return "\n".join(dot + line.text for line in self.lines) or NOT_RECORDED


def is_asked(record: Record, source: Source, node: Node) -> bool:
    """Tell whether a thing has anything, value or marker, where a source looks."""
    return any(record.values(node, name) for name in source.part[:1] or source.of) or any(record.nodes(node, name) for name in source.part)


def answer(record: Record, source: Source, node: Node, taken: Taken) -> Iterator[Line]:
    """Yield the answers of a thing to what a source asks."""
    if not source.part:
        yield from _values(record, source, node, taken)
        return
    seen: set[Node] = set()
    for name in source.part:
        for value in record.values(node, name):
            if record.marker(value):
                # That no transfer is stated is no answer to who receives: only the first property is what is asked for. Nor is silence
                # on the basis an answer to one kind of basis.
                if name == source.part[0] and (source.rest or not (source.under or source.beside)):
                    yield _marked(record, node, name, value)
            elif not isinstance(value, Literal) and value not in seen:
                seen.add(value)
                yield from _part(record, source, value, taken, inferred=record.is_inferred(node, name, value))


def _values(record: Record, source: Source, node: Node, taken: Taken) -> Iterator[Line]:
    for name in source.of:
        for value in record.values(node, name):
            if record.marker(value):
                # Silence on measures in general is no answer to one kind of them that has a property of its own.
                if not source.under or name == source.of[0]:
                    yield _marked(record, node, name, value)
            elif taken.fits(record, source, name, value):
                inferred = record.is_inferred(node, name, value)
                more = _more(record, value, source.detail) if source.detail and not isinstance(value, Literal) else []
                text = "; ".join([record.text(value) + INFERRED * inferred, *(line.text for line in more)])
                yield Line(text, inferred=inferred or any(line.inferred for line in more))


def _marked(record: Record, node: Node, name: str, value: Term) -> Line:
    inferred = record.is_inferred(node, name, value)
    return Line(record.text(value) + INFERRED * inferred, _COUNTS_AS[record.marker(value)], inferred)


def _part(record: Record, source: Source, part: Node, taken: Taken, *, inferred: bool, depth: int = 0) -> Iterator[Line]:
    """Yield the line of a part, and of the parts that it hands on to."""
    told = [(name, value) for name in source.of for value in record.values(part, name)]
    values = [(name, value) for name, value in told if not record.marker(value)]
    fitting = [(name, value) for name, value in values if taken.fits(record, source, name, value)]
    roles = {value.value for value in record.values(part, _ROLE)} or {ROPA + "RoleNotStated"}
    beside = not source.beside or any(record.below(value, source.beside) for _, value in values)
    # A part of another kind is not what is asked for; one that only tells that a value is missing is, unless a kind is asked for.
    kept = bool(fitting) or (not values and (not source.under or bool(told)))
    if beside and kept and (not source.role or roles & source.role):
        yield _line(record, source, part, fitting, [pair for pair in told if pair not in values], inferred=inferred, depth=depth)
    if depth < _DEEPEST:
        for onward in record.nodes(part, _HOPS):
            yield from _part(record, source, onward, taken, inferred=record.is_inferred(part, _HOPS, onward), depth=depth + 1)


def _line(
    record: Record,
    source: Source,
    part: Node,
    fitting: Sequence[tuple[str, Term]],
    missing: Sequence[tuple[str, Term]],
    *,
    inferred: bool,
    depth: int,
) -> Line:
    marks = [record.is_inferred(part, name, value) for name, value in fitting]
    head = " + ".join(record.text(value) + INFERRED * mark for (_, value), mark in zip(fitting, marks, strict=True))
    status = STATUSES[0]
    if not fitting:
        name = record.text(part)
        lost = [_marked(record, part, *pair) for pair in missing]
        status = min((line.status for line in lost), key=STATUSES.index, default=NOT_RECORDED)
        head = f"{name}: {' + '.join(dict.fromkeys(line.text for line in lost)) or NOT_RECORDED}"
        marks += [line.inferred for line in lost]
    more = _more(record, part, source.says)
    if fitting:
        # One answer may be there and another missing: a criterion without a period.
        more += [
            Line(f"{record.text(NamedNode(name)).removeprefix('has ')}: {_marked(record, part, name, value).text}")
            for name, value in missing
        ]
    brackets = "".join(f" ({line.text})" for line in more if not line.status)
    text = "; ".join([head + INFERRED * inferred + brackets, *(line.text for line in more if line.status)])
    return Line("→ " * depth + text, status, inferred or any(marks) or any(line.inferred for line in more))


def _more(record: Record, node: Node, says: Says) -> list[Line]:
    """Return what else is told of a thing: "data: e-mail address, name"; a line without a status goes into brackets."""
    found = []
    for word, name in says:
        texts, marks = [], []
        for value in record.values(node, name):
            if getattr(value, "value", "") not in _PLAIN:
                marks.append(record.is_inferred(node, name, value))
                texts.append(record.text(value) + INFERRED * marks[-1])
        if texts:
            told = ", ".join(texts)
            found.append(Line(f"{word}: {told}" if word else told, STATUSES[0] if word else "", any(marks)))
    return found


class Taken:
    """Which values the fields of a template take, so that a field for the rest takes what no other does."""

    def __init__(self, template: Template) -> None:
        self._named: dict[str, list[Source]] = {}
        self._rest: dict[str, list[Source]] = {}
        for asked in template.columns:
            for source in asked.sources:
                for name in source.of:
                    # Sources without a concept take everything, beside which there is no rest.
                    kinds = self._rest if source.rest else self._named if source.under else {}
                    kinds.setdefault(name, []).append(source)

    def fits(self, record: Record, source: Source, name: str, value: Term) -> bool:
        """Tell whether a source takes a value of a property."""
        if not _suits(record, source, value):
            return False
        if not source.rest:
            return True
        before = self._rest[name][: self._rest[name].index(source)]
        return not any(_suits(record, other, value) for other in [*self._named.get(name, ()), *before])


def _suits(record: Record, source: Source, value: Term) -> bool:
    return (not source.under or record.below(value, source.under)) and not (source.apart and record.below(value, source.apart))
