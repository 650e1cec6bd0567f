"""The one way that others write to a store: worked out, judged, recorded; all of it or nothing.

In:  a SPARQL Update, or a graph, from somebody with a name. Out: a commit, or an error and the store as it was.

What would leave a register malformed is refused with what is wrong. Graphs that are no part of a register are ordinary
graphs: stored, and judged by nobody. So they may not speak of what the record describes: the questions, which read all graphs, would
pass that off as the record.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import islice
from typing import cast

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, QuerySolutions

from ropa.errors import Forbidden, NotFound, Refused, Unreadable
from ropa.findings import SHARED_GRAPHS, check_form
from ropa.namespaces import DPV, RDF, ROPA, graph_iri, register_iri
from ropa.registers import register_slugs
from ropa.store import Change, Commit, Node, Note, Quad, QuadStore, Term, make_quad
from ropa.store.evaluation import Evaluator, Limits
from ropa.store.quads import as_stored
from ropa.store.updates import work_out

VOCABULARY = ("ontology", "law", "places")
"""Graphs that say what everybody's words mean; only an administrator writes them."""

_TYPE, _SUBJECT = NamedNode(RDF + "type"), NamedNode(RDF + "subject")
_ROPA_CLASS = NamedNode(DPV + "ROPA")
_ASKED_AT_ONCE = 500
"""Things of which one query asks whether they are described."""


class Writer:
    """Writes to a store for others.

    Args:
        evaluator: Of the store; solves the patterns of updates.
        allowed: Addresses that LOAD and SERVICE may name.
        most: Statements that one write may add and take away together.
    """

    def __init__(self, store: QuadStore, evaluator: Evaluator, *, allowed: Collection[str] = (), most: int = 1_000_000) -> None:
        self._store = store
        self._evaluator = evaluator
        self._allowed = allowed
        self._most = most
        base = store.base
        self._vocabulary = {graph_iri(base, name) for name in VOCABULARY}
        self._inferred = graph_iri(base, "inferred")
        self._parties = graph_iri(base, "parties")

    def update(
        self,
        text: str,
        note: Note,
        *,
        using: Sequence[str] = (),
        using_named: Sequence[str] = (),
        vocabulary: bool = False,
        limits: Limits | None = None,
    ) -> Commit | None:
        """Carry out a SPARQL 1.1 Update request; None where it changes nothing.

        Args:
            using, using_named: The dataset of the protocol (SPARQL 1.1 Protocol, section 2.2.3).
            vocabulary: Whether the vocabulary and what was concluded may be changed too.
            limits: Of the time and memory of one pattern.

        Raises:
            TooSlow, TooMuch, Busy: See :class:`ropa.store.evaluation.Evaluator`.
            BadQuery, CannotEvaluate, RefusedQuery: See :func:`ropa.store.updates.work_out`.
            Forbidden: It changes the vocabulary and may not, or has an ordinary graph speak of the record.
            Refused: A register would be malformed.
            Unreadable: A register's graph would hold no register.
        """
        with self._store.writing(), self._store.dataset(self._evaluator, limits or Limits()) as data:
            change = work_out(
                text,
                data,
                base=self._store.base,
                using=using,
                using_named=using_named,
                most_quads=self._most,
                allowed=self._allowed,
            )
            return self._write(change, note, vocabulary)

    def put(self, contents: Mapping[str | None, Iterable[Quad]], note: Note, *, vocabulary: bool = False) -> Commit | None:
        """Make graphs hold these statements and no others; None names the default graph. Raises: See :meth:`update`."""
        with self._store.writing():
            existing = set(self._store.graphs())
            removed: list[Quad] = []
            added: list[Quad] = []
            for graph, new in _settle(contents):
                old = set(self.read(graph))
                removed += old - set(new)
                added += [quad for quad in new if quad not in old]
            created = frozenset(graph for graph in contents if graph is not None and graph not in existing)
            return self._write(Change(removed, added, created), note, vocabulary)

    def merge(self, contents: Mapping[str | None, Iterable[Quad]], note: Note, *, vocabulary: bool = False) -> Commit | None:
        """Add statements to graphs; blank nodes stay apart from those that are there. Raises: See :meth:`update`."""
        with self._store.writing(), self._store.dataset(self._evaluator, Limits()) as data:
            existing = set(self._store.graphs())
            added: list[Quad] = []
            for _, new in _settle(contents):
                added += [quad for quad in new if not data.contains(quad)]
            created = frozenset(graph for graph in contents if graph is not None and graph not in existing)
            return self._write(Change((), added, created), note, vocabulary)

    def drop(self, graph: str | None, note: Note, *, vocabulary: bool = False) -> Commit | None:
        """Take a graph away; the default graph, which is always there, is emptied. Raises: See :meth:`update`, and NotFound."""
        with self._store.writing():
            if graph is not None and graph not in self._store.graphs():
                raise NotFound("graph", graph)
            dropped = frozenset() if graph is None else frozenset({graph})
            return self._write(Change(list(self.read(graph)), (), frozenset(), dropped), note, vocabulary)

    def _write(self, change: Change, note: Note, vocabulary: bool) -> Commit | None:
        if not change:
            return None
        touched = change.graphs
        if touched & {*self._vocabulary, self._inferred} and not vocabulary:
            raise Forbidden("Only a token of the role admin changes the vocabulary and what was concluded. Nothing was written.")
        history = graph_iri(self._store.base, "history")
        if any(graph == history or graph.startswith(f"{history}/") for graph in touched):
            raise Forbidden("The history is written by the store itself. Nothing was written.")
        self._keep_apart(change.added)
        slugs = self._slugs(touched)
        if slugs is not None:
            self._judge(change, slugs)
            # What was concluded from the record as it was may no longer follow.
            if self._inferred not in touched:
                change = replace(change, removed=[*change.removed, *self._store.quads(graph=self._inferred)])
        return self._store.commit(change, note)

    def _keep_apart(self, added: Iterable[Quad]) -> None:
        """Refuse statements of ordinary graphs that the questions would take for the record: about its things, or evidence, or law."""
        own, things = graph_iri(self._store.base, ""), f"{self._store.base}id/"
        loose = [quad for quad in added if not (isinstance(quad.graph_name, NamedNode) and quad.graph_name.value.startswith(own))]
        shared = self._find_shared({quad.subject.value for quad in loose if isinstance(quad.subject, NamedNode)})
        for quad in loose:
            told = quad.object.value if isinstance(quad.object, NamedNode) else ""
            speaks = isinstance(quad.subject, NamedNode) and (quad.subject.value.startswith(things) or quad.subject.value in shared)
            poses = quad.predicate == _TYPE and (told == _ROPA_CLASS.value or told.startswith(ROPA))
            if speaks or poses or (quad.predicate == _SUBJECT and told.startswith(things)):
                where = f"<{quad.graph_name.value}>" if isinstance(quad.graph_name, NamedNode) else "the default graph"
                raise Forbidden(
                    f"The statement {quad.triple} would be taken for a part of the record, and {where} is judged by nobody. "
                    "Write it into the graph of its register or of its evidence, or name another thing. Nothing was written."
                )

    def _find_shared(self, iris: Iterable[str]) -> set[str]:
        """Return those that the vocabulary, the law or the shared parties describe."""
        graphs = ", ".join(f"<{graph_iri(self._store.base, name)}>" for name in SHARED_GRAPHS)
        found: set[str] = set()
        names = iter(sorted(iris))
        while some := " ".join(str(NamedNode(iri)) for iri in islice(names, _ASKED_AT_ONCE)):
            # Of each thing by itself: joined, all that the graphs hold would be read.
            described = f"FILTER EXISTS {{ GRAPH ?g {{ ?s ?p ?o }} FILTER(?g IN ({graphs})) }}"
            answer = self._store.query(f"SELECT ?s {{ VALUES ?s {{ {some} }} {described} }}")
            found |= {row["s"].value for row in cast(QuerySolutions, answer)}
        return found

    def _slugs(self, touched: frozenset[str]) -> list[str] | None:
        """Return the registers to judge anew, None where nothing of a register is touched."""
        base = self._store.base
        if touched & {*self._vocabulary, self._parties}:
            return register_slugs({*self._store.graphs(), *touched}, base)
        found = {*register_slugs(touched, base), *register_slugs(touched, base, "evidence")}
        return sorted(found) if found else None

    def _judge(self, change: Change, slugs: Sequence[str]) -> None:
        base = self._store.base
        names = [f"{kind}/{slug}" for slug in slugs for kind in ("register", "evidence")] + list(SHARED_GRAPHS)
        gone = set(change.removed)
        contents: dict[str, list[Quad]] = {}
        for graph in (graph_iri(base, name) for name in names):
            contents[graph] = [quad for quad in self._store.quads(graph=graph) if quad not in gone]
        for quad in change.added:
            if isinstance(quad.graph_name, NamedNode) and quad.graph_name.value in contents:
                contents[quad.graph_name.value].append(quad)
        present = []
        for slug in slugs:
            record = contents[graph_iri(base, f"register/{slug}")]
            if record and not any(
                quad.predicate == _TYPE and quad.object == _ROPA_CLASS and quad.subject == NamedNode(register_iri(base, slug))
                for quad in record
            ):
                raise Unreadable(
                    f"The graph register/{slug} would not hold the register <{register_iri(base, slug)}> (a dpv:ROPA). Nothing was written."
                )
            if not record and contents[graph_iri(base, f"evidence/{slug}")]:
                raise Unreadable(f"There would be evidence of {slug} and no such register. Nothing was written.")
            if record:
                present.append(slug)
        problems = check_form(base, present, contents, date.today())
        if problems:
            raise Refused("The write", problems)

    def read(self, graph: str | None) -> Iterable[Quad]:
        """Yield the statements of a graph; None names the default graph."""
        return self._store.quads(graph=DefaultGraph() if graph is None else graph)


def _settle(contents: Mapping[str | None, Iterable[Quad]]) -> Iterator[tuple[str | None, list[Quad]]]:
    """Yield each graph with its statements, as the engine writes them, with blank nodes that nobody else has.

    The graphs of one document may share a blank node (RDF 1.1 Concepts, section 4), and do so afterwards.
    """
    fresh: dict[Term, BlankNode] = defaultdict(BlankNode)

    def own(term: Term) -> Term:
        return fresh[term] if isinstance(term, BlankNode) else term

    for graph, quads in contents.items():
        name = DefaultGraph() if graph is None else NamedNode(graph)
        yield graph, as_stored(make_quad(cast(Node, own(quad.subject)), quad.predicate, own(quad.object), name) for quad in quads)
