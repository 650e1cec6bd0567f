"""Synthetic registers of any size, with planted defects, for benchmarks.

    python -m bench.synthetic --activities 1000 --registers 5 --defects 0.05 --seed 7 -o FILE.nq

In:  numbers. Out: quads of the shared parties, of the registers and of what they rest on, the same ones for the same seed.
The quads are made one activity at a time, so memory does not grow with the size; an activity has some 65 statements, some
450 with its evidence. A store for them has the vocabulary and no shipped register (``ropa init STORE --empty``): the file
brings its own shared parties. What was planted, :func:`planted` tells.

Without defects a register with evidence has no finding of concern ``form``. Without evidence, each of its statements
lacks some, and nothing else is wrong.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain, product
from random import Random
from typing import cast

import pyoxigraph as ox
from pyoxigraph import Literal, NamedNode

from bench.activities import Outline, sketch, write_activity
from bench.damage import Draft
from bench.defects import KINDS, Kind
from bench.record import Record, Statement, shared_parties, term
from ropa.files import folder
from ropa.namespaces import DEFAULT_BASE, graph_iri
from ropa.store import Quad, Term, make_quad

__all__ = ["KINDS", "Planted", "generate", "planted"]


@dataclass(frozen=True)
class Planted:
    """A defect and where it is.

    Attributes:
        rule: The local name of the shape that finds it.
        register: The slug of the register. activity: The key with which the names of the activity and of its parts begin.
    """

    kind: str
    rule: str
    register: str
    activity: str


def generate(
    activities: int,
    registers: int = 1,
    *,
    defects: float = 0.0,
    seed: int = 0,
    evidence: bool = True,
    base: str = DEFAULT_BASE,
    kinds: Collection[str] = (),
) -> Iterator[Quad]:
    """Yield the quads of synthetic registers, register after register.

    Args:
        activities: How many there are in all registers together.
        defects: The share of activities with a defect, 0 to 1; such an activity has exactly one.
        evidence: Whether each statement has a note of the passage that it rests on.
        kinds: Plant only these kinds of defect (names of :data:`bench.defects.KINDS`); all in turn if none is given.

    Raises:
        ValueError: There are fewer activities than registers, or a share is not between 0 and 1.
    """
    graph = NamedNode(graph_iri(base, "parties"))
    for statement in shared_parties(base):
        yield make_quad(*statement, graph)
    plan = _plan(activities, registers, defects=defects, seed=seed, evidence=evidence, kinds=kinds)
    for number, size in enumerate(_sizes(activities, registers), 1):
        slug = f"synthetic-{number}"
        record = Record(slug, base, _random(seed, slug), size)
        yield from _write_register(record, (next(plan) for _ in range(size)), evidence)


def planted(
    activities: int,
    registers: int = 1,
    *,
    defects: float,
    seed: int = 0,
    evidence: bool = True,
    kinds: Collection[str] = (),
) -> list[Planted]:
    """Return what :func:`generate` plants if it is called with the same numbers."""
    plan = _plan(activities, registers, defects=defects, seed=seed, evidence=evidence, kinds=kinds)
    slugs = chain.from_iterable([f"synthetic-{number}"] * size for number, size in enumerate(_sizes(activities, registers), 1))
    return [
        Planted(step.kind.name, step.kind.rule, slug, step.outline.key)
        for slug, step in zip(slugs, plan, strict=True)
        if step.kind is not None
    ]


def _sizes(activities: int, registers: int) -> list[int]:
    if not 1 <= registers <= activities:
        raise ValueError(f"{activities} activities in {registers} registers: each register needs at least one.")
    return [activities // registers + (number < activities % registers) for number in range(registers)]


def _random(*seed: object) -> Random:
    return Random("/".join(map(str, seed)))  # noqa: S311 - the same numbers again, no secret


@dataclass(frozen=True)
class _Step:
    """One activity that is to be written: what it has, what to draw the rest from, and what will be wrong with it."""

    outline: Outline
    random: Random
    kind: Kind | None


def _plan(activities: int, registers: int, *, defects: float, seed: int, evidence: bool, kinds: Collection[str]) -> Iterator[_Step]:
    """Yield the activities of all registers; the kinds of defects take turns, each where it can be planted first."""
    if not 0 <= defects <= 1:
        raise ValueError(f"{defects} is no share of activities. Give a number from 0 to 1.")
    if unknown := set(kinds) - set(KINDS):
        raise ValueError(f"unknown kind of defect: {', '.join(sorted(unknown))}. Give some of {', '.join(KINDS)}.")
    waiting = [kind for name, kind in KINDS.items() if (not kinds or name in kinds) and (evidence or not kind.on_evidence)]
    seen = 0
    for number, size in enumerate(_sizes(activities, registers), 1):
        for place in range(1, size + 1):
            random = _random(seed, f"synthetic-{number}", place)
            outline = sketch(random, place)
            kind = None
            # Spread evenly: one whenever the share reaches another whole number.
            if int((seen + 1) * defects) > int(seen * defects):
                kind = next((kind for kind in waiting if kind.applies(outline)), None)
            if kind is not None:
                waiting.remove(kind)
                waiting.append(kind)
            seen += 1
            yield _Step(outline, random, kind)


def _write_register(record: Record, steps: Iterable[_Step], evidence: bool) -> Iterator[Quad]:
    notes = _Notes(record)
    head = record.head()
    yield from _quads(head, record.graph)
    if evidence:
        yield from _quads(notes.about("r", head, ()), record.evidence)
    for step in steps:
        draft = Draft(record, step.outline, write_activity(record, step.outline, step.random))
        if step.kind is not None and not step.kind.on_notes:
            step.kind.damage(draft)
        yield from _quads(draft.written, record.graph)
        if evidence:
            draft = Draft(record, step.outline, notes.about(step.outline.key, draft.written, draft.bare))
            if step.kind is not None and step.kind.on_notes:
                step.kind.damage(draft)
            yield from _quads(draft.written, record.evidence)
    yield from _quads(record.tail(*notes.text()), record.graph)


def _quads(statements: Iterable[Statement], graph: NamedNode) -> Iterator[Quad]:
    for subject, predicate, value in statements:
        yield make_quad(subject, predicate, value, graph)


_PHRASES = tuple(
    Literal(" ".join(words))
    for words in product(
        ("we", "our partners"),
        ("keep", "use", "pass on", "look at"),
        ("your account details", "what you tell us", "your orders", "records of your calls"),
        ("to run the service", "as the law asks", "while they are needed"),
    )
)
"""What the imagined texts say, over and over, in twelve words at most; a text is a line "Privacy notice" and then one phrase a line."""


class _Notes:
    """Writes what statements rest on, and so the text of the source document, which grows with each phrase."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._hash = hashlib.sha256(b"Privacy notice")
        self._length = len("Privacy notice")
        self._passages = 0

    def text(self) -> tuple[int, str]:
        """Return the length and the SHA-256 of the text so far."""
        return self._length, self._hash.hexdigest()

    def about(self, key: str, statements: Iterable[Statement], bare: Collection[Statement]) -> list[Statement]:
        """Return the notes and passages for those statements that need some, except the bare ones.

        Neighbours about one node share a passage, three at most, as sentences do; one note in twenty is a conclusion.
        """
        kind, concluded, noted = term("rdf:type"), term("ropa:Inference"), term("ropa:Evidence")
        about, target = [term(f"rdf:{part}") for part in ("subject", "predicate", "object")], term("oa:hasTarget")
        section, reason, words = term("ropa:section"), term("ropa:reason"), Literal("The words leave no other reading.")
        written: list[Statement] = []
        passage, told = self._record.document, Literal("")
        last, shared = None, 0
        rested = [statement for statement in statements if _needs_evidence(statement) and statement not in bare]
        for number, statement in enumerate(rested, 1):
            if statement[0] != last or shared == 3:
                told = Literal(str(self._passages // 20 + 1))
                passage = self._passage(f"{key}-{number}", told, written)
                last, shared = statement[0], 0
            shared += 1
            note = self._record.iri("evidence", f"{key}-{number}")
            written.append((note, kind, concluded if number % 20 == 0 else noted))
            written.extend((note, part, value) for part, value in zip(about, statement, strict=True))
            written.append((note, target, passage))
            written.append((note, section, told))
            if number % 20 == 0:
                written.append((note, reason, words))
        return written

    def _passage(self, name: str, told: Term, written: list[Statement]) -> NamedNode:
        phrase = _PHRASES[self._passages % len(_PHRASES)]
        start, end = self._length + 1, self._length + 1 + len(phrase.value)
        self._hash.update(b"\n" + phrase.value.encode())
        self._length = end
        self._passages += 1
        passage = self._record.iri("passage", name)
        position, quote = NamedNode(f"{passage.value}#position"), NamedNode(f"{passage.value}#quote")
        written += [
            (passage, term("rdf:type"), term("ropa:Passage")),
            (passage, term("oa:hasSource"), self._record.document),
            (passage, term("oa:hasSelector"), position),
            (passage, term("oa:hasSelector"), quote),
            (passage, term("ropa:section"), told),
            (position, term("rdf:type"), term("oa:TextPositionSelector")),
            (position, term("oa:start"), Literal(start)),
            (position, term("oa:end"), Literal(end)),
            (quote, term("rdf:type"), term("oa:TextQuoteSelector")),
            (quote, term("oa:exact"), phrase),
        ]
        return passage


@cache
def _structural() -> frozenset[NamedNode]:
    """Return the properties that need no passage."""
    kind, sort = term("rdf:type"), term("ropa:StructuralProperty")
    quads = ox.parse(path=str(folder("ontology") / "ropa.ttl"), format=ox.RdfFormat.TURTLE, base_iri=DEFAULT_BASE)
    return frozenset(
        quad.subject for quad in quads if quad.predicate == kind and quad.object == sort and isinstance(quad.subject, NamedNode)
    )


_SAID = frozenset(map(term, ("ropa:StatedNone", "ropa:NotApplicable", "ropa:LostInSource")))
_SILENT = term("ropa:NotStated")


def _needs_evidence(statement: Statement) -> bool:
    """Silence has no phrase; that there is none is a statement like any other."""
    _, predicate, value = statement
    if predicate in _structural():
        return value in _SAID
    return value != _SILENT


def main() -> None:
    """Write synthetic registers to a file or to standard output, and what was planted to standard error."""
    parser = argparse.ArgumentParser(prog="python -m bench.synthetic", description="Write synthetic registers as N-Quads.")
    parser.add_argument("--activities", type=int, default=1000, help="in all registers together (1000)")
    parser.add_argument("--registers", type=int, default=5, help="how many organisations (5)")
    parser.add_argument("--defects", type=float, default=0.0, help="share of the activities with a defect, 0 to 1 (0)")
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same quads (0)")
    parser.add_argument("--evidence", action=argparse.BooleanOptionalAction, default=True, help="with the passages (yes)")
    parser.add_argument("--base", default=DEFAULT_BASE, help=f"where instances live ({DEFAULT_BASE})")
    parser.add_argument("-o", "--output", metavar="FILE.nq", help="standard output if not given")
    given = parser.parse_args()
    told = {"defects": given.defects, "seed": given.seed, "evidence": given.evidence}
    try:
        found = planted(given.activities, given.registers, **told)
    except ValueError as error:
        parser.error(str(error))
    quads = generate(given.activities, given.registers, base=given.base, **told)
    ox.serialize(cast(Iterable[ox.Quad], quads), output=given.output or sys.stdout.buffer, format=ox.RdfFormat.N_QUADS)
    for name, times in sorted(Counter(defect.kind for defect in found).items()):
        print(f"{times:>8} {name}", file=sys.stderr)


if __name__ == "__main__":
    main()
