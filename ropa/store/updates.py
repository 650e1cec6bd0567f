"""Work out what a SPARQL Update would change, without writing it.

In:  the text of a request and the state of a store. Out: the exact change, to be judged, recorded and written by others.

The engine parses the text, reads the templates and evaluates the patterns; here they are put together as the specification
says. What a later operation reads is the state that the earlier ones have led to.

Source: SPARQL 1.1 Update, section 3; SPARQL 1.1 Protocol, section 2.2.3.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import groupby, islice
from typing import cast
from uuid import uuid4

import pyoxigraph as ox
from pyoxigraph import DefaultGraph, NamedNode, QuerySolutions

from ropa import sparql
from ropa.errors import BadQuery, CannotEvaluate
from ropa.store.changes import Change
from ropa.store.dataset import Dataset, EngineDataset
from ropa.store.fetching import fetch
from ropa.store.pending import Pending
from ropa.store.quads import Quad, make_quad
from ropa.store.templates import Row, Template, read_quads
from ropa.store.update_text import Operation, Part, labels, place, read, variables

__all__ = ["Dataset", "EngineDataset", "work_out"]

_AT_ONCE = 1_000
_GUARD = "DROP GRAPH <urn:x-ropa:absent> ; "
"""An operation that fails on an empty store: what follows it is parsed and not evaluated."""
_DECLARES = ("PREFIX", "BASE")


def work_out(
    text: str,
    data: Dataset,
    *,
    base: str,
    using: Sequence[str] = (),
    using_named: Sequence[str] = (),
    most_quads: int | None = None,
    allowed: Collection[str] = (),
) -> Change:
    """Return what a SPARQL 1.1 Update request changes.

    A graph is created with its first statement and stays when the last one goes, until it is dropped.

    Args:
        base: The IRI that relative ones are resolved against, where the text declares none.
        using, using_named: The dataset of all patterns (``using-graph-uri`` and ``using-named-graph-uri`` of the protocol).
        allowed: Addresses that LOAD and SERVICE may name.
        most_quads: Statements that may be removed and added together, after each operation; None for any number.

    Raises:
        BadQuery: It does not parse, is too long, or names a dataset where one is given already.
        RefusedQuery: It may reach for another address.
        CannotEvaluate: An operation fails: a graph is absent, or exists already.
        TooLong: It changes more than *most_quads*.
    """
    sparql.guard_update(text, allowed)
    parts = read(text)
    _check(text, parts, base)
    given = bool(using or using_named)
    with ExitStack() as stack:
        pending = Pending(data, base, most_quads, stack)
        for part in parts:
            if operation := part.operation:
                if given and (operation.home or operation.using or operation.using_named):
                    raise BadQuery(
                        "The update names a graph with USING or WITH, and the request gives using-graph-uri too. Leave one of them out.",
                        *place(text, part.start),
                    )
                dataset = (list(using), list(using_named)) if given else None
                _Step(operation, _declarations(text, part), base, pending, dataset).run()
        return pending.change()


def _check(text: str, parts: Sequence[Part], base: str) -> None:
    """Refuse a text that does not parse.

    Raises:
        BadQuery: With the place in the text, where the engine tells it.
    """
    seen: set[str] = set()
    for declarations, group in groupby(parts, key=lambda part: part.declarations):
        found = list(group)
        if any(part.start == part.end and part is not parts[-1] for part in found):
            empty = next(part for part in found if part.start == part.end)
            raise BadQuery("An operation is missing before this semicolon.", *place(text, empty.start))
        operations = [part for part in found if part.start < part.end]
        _parse(text, declarations, (operations[0].start, operations[-1].end) if operations else None, base)
        own: set[str] = set()
        for part in operations:
            if part.operation is None:
                raise BadQuery("This is no operation of SPARQL 1.1 Update.", *place(text, part.start))
            if part.operation.form == "DATA":
                own |= labels(part.operation.insert)
        # Between operations that share their declarations the engine tells it.
        if shared := seen & own:
            raise BadQuery(f"The blank node {min(shared)} stands in two operations. Give it another label in the second one.")
        seen |= own


def _parse(text: str, declarations: Sequence[tuple[int, int]], operations: tuple[int, int] | None, base: str) -> None:
    """Let the engine parse pieces of a text and evaluate nothing of them."""
    pieces = [(start, f"{text[start:end]}\n") for start, end in declarations]
    if operations:
        rest = text[slice(*operations)]
        if rest[:6].upper().startswith(_DECLARES):
            # A declaration with a fault: the guard before it would hide the fault. The backslash parses nowhere.
            with _telling(text, [*pieces, (operations[0], f"{rest}\n\\")]) as whole:
                ox.Store().query(whole, base_iri=base)
        pieces += [(operations[0], _GUARD), (operations[0], rest)]
    # Where the guard fails, the rest has been parsed.
    with suppress(RuntimeError), _telling(text, pieces) as whole:
        ox.Store().update(whole, base_iri=base)


@contextmanager
def _telling(text: str, pieces: Sequence[tuple[int, str]]) -> Iterator[str]:
    """Give some pieces of a text together, and tell what does not parse by its place in the text.

    Args:
        pieces: Each with the offset that it stands at.
    """
    whole = "".join(piece for _, piece in pieces)
    try:
        yield whole
    except SyntaxError as error:
        told = sparql.does_not_parse(error)
        reason = str(told).partition(": ")[2]
        if told.line is None or told.column is None:
            raise BadQuery(f"The update does not parse: {reason}") from None
        left = sum(len(line) + 1 for line in whole.split("\n")[: told.line - 1]) + told.column - 1
        offset = 0
        for start, piece in pieces:
            offset = min(start + (0 if piece == _GUARD else left), len(text))
            if left < len(piece):
                break
            left -= len(piece)
        line, column = place(text, offset)
        raise BadQuery(f"The update does not parse at line {line}, column {column}: {reason}", line, column) from None


def _declarations(text: str, part: Part) -> str:
    return "".join(f"{text[start:end]}\n" for start, end in part.declarations)


class _Step:
    """One operation, worked out on the state that those before it have led to.

    Args:
        declarations: PREFIX and BASE that hold for it.
        dataset: The default and the named graphs of its pattern, None to leave them to the operation.
    """

    def __init__(
        self, operation: Operation, declarations: str, base: str, pending: Pending, dataset: tuple[list[str], list[str]] | None
    ) -> None:
        self._operation = operation
        self._declarations = declarations
        self._base = base
        self._pending = pending
        self._dataset = dataset

    def run(self) -> None:
        """Work it out."""
        match self._operation.form:
            case "DATA":
                self._change_data()
            case "MODIFY":
                self._modify()
            case "CREATE":
                self._create()
            case "CLEAR" | "DROP":
                self._clear()
            case "LOAD":
                self._load()
            case _:
                self._transfer()

    def _change_data(self) -> None:
        gone, come = (self._read(block) for block in (self._operation.delete, self._operation.insert))
        self._pending.replace(
            [quad for quad in gone if self._pending.contains(quad)], [quad for quad in come if not self._pending.contains(quad)]
        )

    def _read(self, block: str) -> list[Quad]:
        return read_quads(self._declarations, block, self._base) if block else []

    def _modify(self) -> None:
        told, pending = self._operation, self._pending
        columns: dict[str, int] = {}
        for block in (told.delete, told.insert):
            for name, _, _ in variables(block):
                columns.setdefault(name, len(columns))
        delete, insert = (Template(self._declarations, block, self._base, told.home, columns) for block in (told.delete, told.insert))
        gone: dict[Quad, None] = {}
        come: dict[Quad, bool] = {}
        fresh = 0
        for rows in self._solutions(list(columns), first_only=not (delete.varies or insert.varies)):
            gone |= dict.fromkeys(quad for quad in delete.fill(rows) if pending.contains(quad))
            for quad in insert.fill(rows):
                if quad not in come:
                    come[quad] = pending.contains(quad)
                    fresh += not come[quad]
            pending.expect(fresh)
        # What is deleted and inserted stays (SPARQL 1.1 Update, section 3.1.3).
        pending.replace([quad for quad in gone if quad not in come], [quad for quad, there in come.items() if not there])

    def _solutions(self, names: Sequence[str], first_only: bool) -> Iterator[Sequence[Row]]:
        """Yield the solutions of the pattern, some at a time, each as the values of the variables."""
        told = self._operation
        if not told.where.strip("{} \t\r\n"):
            yield [[None] * len(names)]
            return
        selected = " ".join(f"?{name}" for name in names) or f"(1 AS ?v{uuid4().hex})"
        text = f"BASE <{self._base}>\n{self._declarations}SELECT {selected} WHERE {told.where}{' LIMIT 1' if first_only else ''}"
        try:
            solutions = self._pending.select(text, *self._graphs())
            while rows := [list(solution) for solution in islice(solutions, _AT_ONCE)]:
                yield rows
        except SyntaxError:
            # The engine lets a full stop be left out in a template, and in DELETE WHERE a template is the pattern.
            raise BadQuery("A pattern of the update does not parse. Put a full stop between its statements.") from None
        except (ValueError, RuntimeError) as error:
            raise CannotEvaluate(f"The pattern of the update cannot be evaluated: {error}") from None

    def _graphs(self) -> tuple[list[str] | None, list[str] | None]:
        """Return the default and the named graphs of the pattern, None for those of the store."""
        told = self._operation
        if self._dataset:
            return self._dataset
        using, using_named = self._resolve(told.using), self._resolve(told.using_named)
        if using or using_named:
            return using, using_named
        return (self._resolve([told.home]) if told.home else None), None

    def _create(self) -> None:
        (graph,) = self._resolve(self._operation.graphs)
        if self._pending.has_graph(graph) and not self._operation.silent:
            raise CannotEvaluate(f"The graph <{graph}> exists already. Write CREATE SILENT to leave it as it is.")
        self._pending.create(graph)

    def _load(self) -> None:
        source, target = self._operation.graphs
        graph = self._graph(target)
        try:
            found = fetch(self._resolve([source])[0], graph)
        except CannotEvaluate:
            if self._operation.silent:
                return
            raise
        self._pending.replace((), [quad for quad in dict.fromkeys(found) if not self._pending.contains(quad)])

    def _clear(self) -> None:
        (told,), pending = self._operation.graphs, self._pending
        if told in ("NAMED", "ALL"):
            gone = [quad for quad in pending.quads(None) if told == "ALL" or quad.graph_name != DefaultGraph()]
            names = pending.graphs()
        else:
            graph = self._graph(told)
            gone = pending.quads(graph) if self._is_there(graph) else []
            names = {graph.value} if isinstance(graph, NamedNode) else set()
        pending.replace(gone, ())
        if self._operation.form == "DROP":
            for name in names:
                pending.drop(name)

    def _transfer(self) -> None:
        form, pending = self._operation.form, self._pending
        source, target = map(self._graph, self._operation.graphs)
        if source == target:
            return
        if form == "MOVE":
            self._is_there(source)
        moving = pending.quads(source)
        come = dict.fromkeys(make_quad(quad.subject, quad.predicate, quad.object, target) for quad in moving)
        gone = [] if form == "ADD" else [quad for quad in pending.quads(target) if quad not in come]
        pending.replace(gone + (moving if form == "MOVE" else []), [quad for quad in come if not pending.contains(quad)])
        if form != "ADD" and not come and isinstance(target, NamedNode):
            pending.drop(target.value)
        if form == "MOVE" and isinstance(source, NamedNode):
            pending.drop(source.value)

    def _is_there(self, graph: NamedNode | DefaultGraph) -> bool:
        """Tell whether a graph is there.

        Raises:
            CannotEvaluate: It is not, and the operation is not silent.
        """
        if isinstance(graph, DefaultGraph) or self._pending.has_graph(graph.value):
            return True
        if not self._operation.silent:
            form = self._operation.form
            raise CannotEvaluate(f"There is no graph {graph}. Write {form} SILENT to go on without it.")
        return False

    def _graph(self, name: str) -> NamedNode | DefaultGraph:
        return DefaultGraph() if name == "DEFAULT" else NamedNode(self._resolve([name])[0])

    def _resolve(self, names: Sequence[str]) -> list[str]:
        """Return the IRIs that some names in the text stand for."""
        if not names:
            return []
        text = f"{self._declarations}SELECT ?iri {{ VALUES ?iri {{ {' '.join(names)} }} }}"
        found = cast(QuerySolutions, ox.Store().query(text, base_iri=self._base))
        return [cast(NamedNode, row[0]).value for row in found]
