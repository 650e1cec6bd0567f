"""Run the shapes on registers, one at a time, together with what all of them share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from typing import Literal

from rdflib import Graph, URIRef

from ropa.files import folder
from ropa.findings.explain import Explainer
from ropa.findings.model import Finding, sort
from ropa.law import statements_of_the_day
from ropa.namespaces import ROPA, graph_iri
from ropa.store import Quad, QuadStore
from ropa.validation import Program, Subject, compile_shapes, judge, prove, run

SHARED_GRAPHS = ("ontology", "law", "places", "parties")
"""Graphs that every register is judged together with."""

Engine = Literal["queries", "pyshacl"]


@cache
def shapes() -> Graph:
    """Return all shapes but those of the house style, which judge our own terms."""
    graph = Graph()
    for path in sorted(folder("shapes").glob("*.ttl")):
        if path.stem != "house":
            graph.parse(path)
    return graph


@cache
def program() -> Program:
    """Return the same shapes translated, once per process.

    Raises:
        BadShape: A SPARQL constraint does not parse.
    """
    translated = compile_shapes(shapes())
    prove(translated)
    return translated


@cache
def form_program() -> Program:
    """Return the translated shapes that judge how a record is built, without the duties."""
    concern, form = URIRef(ROPA + "hasConcern"), URIRef(ROPA + "Form")
    everything = program()
    return Program(tuple(rule for rule in everything.rules if (URIRef(rule.shape), concern, form) in shapes()), everything.untranslated)


class Judge:
    """Judges registers for one day. What they share is read once; each register is added, judged and taken out again.

    Args:
        shared: The quads of :data:`SHARED_GRAPHS`.
        engine: ``queries``, or ``pyshacl`` for the reference, many times slower and with the same results.
        rules: What to judge by, all of :func:`program` if none is given; the reference always takes all.
    """

    def __init__(self, base: str, shared: Iterable[Quad], day: date, engine: Engine = "queries", rules: Program | None = None) -> None:
        self._base = base
        self._day = day
        self._engine = engine
        self._rules = rules or program()
        known = list(shared)
        self._data = Subject([*known, *statements_of_the_day(known, day)])

    def check(self, slug: str, quads: Iterable[Quad]) -> list[Finding]:
        """Judge one register, given by the quads of its record and its evidence; findings worst first."""
        fresh = self._data.add(quads)
        results = judge(self._data.graph(), shapes()) if self._engine == "pyshacl" else run(self._data, self._rules, shapes())
        explain = Explainer(self._data, shapes(), self._base, slug, self._day)
        found = [explain(result) for result in results if explain.applies(result)]
        self._data.remove(fresh)
        return sort(found)


def check_register(
    base: str, slug: str, contents: Mapping[str, Iterable[Quad]], day: date | None = None, engine: Engine = "queries"
) -> list[Finding]:
    """Judge one register: see :func:`check_registers`."""
    return check_registers(base, [slug], contents, day, engine)


def check_form(base: str, slugs: Iterable[str], contents: Mapping[str, Iterable[Quad]], day: date | None = None) -> list[Finding]:
    """Judge only how registers are built: the findings of concern ``form`` of :func:`check_registers`."""
    found = _check(base, slugs, lambda graph: contents.get(graph, ()), day, "queries", rules=form_program())
    return [finding for finding in found if finding.concern == "form"]


def check_registers(
    base: str, slugs: Iterable[str], contents: Mapping[str, Iterable[Quad]], day: date | None = None, engine: Engine = "queries"
) -> list[Finding]:
    """Judge registers for a day, today if none is given; findings worst first, then by register.

    Args:
        contents: Graph IRI to quads; must hold the registers, their evidence and the shared graphs.
    """
    return _check(base, slugs, lambda graph: contents.get(graph, ()), day, engine)


def check_store(store: QuadStore, slugs: Iterable[str], day: date | None = None, engine: Engine = "queries") -> list[Finding]:
    """Judge registers of a store, as :func:`check_registers` does those of graphs at hand; read one after the other."""
    return _check(store.base, slugs, lambda graph: store.quads(graph=graph), day, engine)


def _check(
    base: str,
    slugs: Iterable[str],
    read: Callable[[str], Iterable[Quad]],
    day: date | None,
    engine: Engine,
    *,
    rules: Program | None = None,
) -> list[Finding]:
    def graphs(*names: str) -> Iterator[Quad]:
        return (quad for name in names for quad in read(graph_iri(base, name)))

    one = Judge(base, graphs(*SHARED_GRAPHS), day or date.today(), engine, rules)
    return sort(finding for slug in slugs for finding in one.check(slug, graphs(f"register/{slug}", f"evidence/{slug}")))
