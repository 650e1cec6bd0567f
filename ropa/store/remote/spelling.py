"""How terms are written for an engine, and how its spelling of them is brought back to ours.

In:  terms. Out: text for a query or an upload; terms as the embedded store has them.

Engines differ in which spellings of a value they keep. A statement that is to go must be named as its engine spells it, so each
spelling that was met is remembered; naming one that is not there does no harm.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import cast

import pyoxigraph as ox
from pyoxigraph import Literal, NamedNode

from ropa.errors import StoreProblem
from ropa.namespaces import RDF, XSD
from ropa.store.quads import Quad, Term, make_quad

_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_DURATION = re.compile(r"(-?P(?:\d+[YMWD])*)(?:T((?:\d+[HM])*)(?:(\d+)(?:\.(\d+))?S)?)?", re.ASCII)
_DURATIONS = {XSD + name for name in ("duration", "yearMonthDuration", "dayTimeDuration")}
_TEXTS = {XSD + "string", RDF + "langString"}
_ANY = NamedNode("urn:x")


@lru_cache(1 << 16)
def canonical(literal: Literal) -> Literal:
    """Return a literal as the embedded store gives it back: ``P12M`` as ``P1Y``, ``01`` as ``1``."""
    if literal.datatype.value in _TEXTS:
        return literal
    store = ox.Store()
    store.add(ox.Quad(_ANY, _ANY, literal))
    return cast(Literal, next(iter(store)).object)


class Spelling:
    """The spelling of one engine.

    Attributes:
        long_durations: ``P28D`` is written ``P28DT0.000000000000S``, which is the same: Virtuoso 7 takes the first for a number of
            seconds and keeps the second as it is.
        short_integers: Whole numbers of more than 32 bits are refused: Virtuoso 7 makes decimals of them, or other numbers.
    """

    def __init__(self) -> None:
        self.long_durations = False
        self.short_integers = False
        self._met: dict[Literal, set[Literal]] = defaultdict(set)

    def read(self, term: Term) -> Term:
        """Return our spelling of what the engine gave."""
        if not isinstance(term, Literal):
            return term
        ours = canonical(self._shorten(term))
        # Equal literals are the same spelling.
        if ours != term:
            self._met[ours].add(term)
        return ours

    def write(self, term: Term) -> str:
        """Return a term as SPARQL and N-Triples have it."""
        return str(self._written(term))

    def write_statements(self, quads: Iterable[Quad]) -> str:
        """Return statements, without their graphs, as N-Triples."""
        triples = (ox.Triple(quad.subject, quad.predicate, self._written(quad.object)) for quad in quads)
        return (ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"").decode()

    def every(self, quads: Iterable[Quad]) -> Iterator[Quad]:
        """Yield statements in each spelling in which the engine may hold them."""
        for quad in quads:
            yield quad
            for value in tuple(self._met.get(quad.object, ())) if isinstance(quad.object, Literal) else ():
                yield make_quad(quad.subject, quad.predicate, value, quad.graph_name)

    def _written(self, term: Term) -> Term:
        if not isinstance(term, Literal):
            return term
        if self.long_durations and term.datatype.value in _DURATIONS:
            return Literal(_lengthen(term.value), datatype=term.datatype)
        if self.short_integers and term.datatype.value == XSD + "integer" and _INTEGER.fullmatch(term.value) and abs(int(term.value)) >> 31:
            raise _not_kept(term)
        return term

    def _shorten(self, literal: Literal) -> Literal:
        if self.long_durations and literal.datatype.value in _DURATIONS:
            return Literal(shorten(literal.value), datatype=literal.datatype)
        return literal


def shorten(duration: str) -> str:
    """Return the usual spelling of a duration."""
    return canonical(Literal(duration, datatype=NamedNode(XSD + "duration"))).value


def _lengthen(duration: str) -> str:
    """Return a duration with twelve decimals of seconds; what is no duration as it is."""
    found = _DURATION.fullmatch(duration)
    if found is None:
        return duration
    days, time, seconds, decimals = (part or "" for part in found.groups())
    return f"{days}T{time}{seconds or 0}.{decimals:0<12}S"


def _not_kept(literal: Literal) -> StoreProblem:
    return StoreProblem(f"This engine would make another value of {literal}. Nothing was written; use another engine for such values.")
