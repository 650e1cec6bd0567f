"""Which results a change can touch, so that saving one record judges that and no more.

In:  translated shapes and changed triples. Out: for each constraint the nodes to judge again, or that all must be.

Every constraint is a query (:mod:`ropa.validation.compiler`), so what it reads is known: its triple patterns. A changed triple
that matches a pattern can only touch the rows that the other patterns connect with it. Those are looked up by the shortest
chain of patterns from the changed triple to the variable that a row is told by. Where there is no chain, everything is judged.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import cast

from pyparsing import ParseResults
from rdflib import Variable
from rdflib.paths import AlternativePath, InvPath, MulPath, Path, SequencePath
from rdflib.plugins.sparql.algebra import translatePath, translatePName, translatePrologue, traverse
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import BNode, Node, URIRef

Pattern = tuple[Node, Node | Path, Node]


@dataclass(frozen=True)
class Chain:
    """How to find the rows that a changed triple touches.

    Attributes:
        predicate: IRI that the triple must have; None for any. subject, value: Terms that it must have; None for any.
        end: ``subject`` or ``object``: the part of the triple that is bound to ``?changedTerm``.
        patterns: Lead from ``?changedTerm`` to ``?touchedRow``; "" where they are the same.
    """

    predicate: str | None
    subject: str | None
    value: str | None
    end: str
    patterns: str


@dataclass(frozen=True)
class Reach:
    """What a constraint reads.

    Attributes:
        row: The variable that its rows are told by: ``this``, or the one reported as the value where the focus is not connected.
        chains: How each pattern leads to that variable.
        loose: Predicates whose change can touch any row; "" stands for any predicate.
    """

    row: str
    chains: tuple[Chain, ...]
    loose: frozenset[str]


@dataclass
class _Group:
    patterns: list[Pattern] = field(default_factory=list)
    inner: list[_Group] = field(default_factory=list)


@lru_cache(maxsize=2_000)
def reach(target: str, query: str, by_value: bool) -> Reach:
    """Return what one constraint reads.

    Args:
        query: Its text; LATERAL is read as a plain group.
        by_value: Its rows may be told by the value instead of the focus node.
    """
    group = _Group()
    counter = iter(range(1_000_000))
    _collect(_parse(query.replace("LATERAL", "")), group, counter)
    best = _trace(group, Variable("this"), "this")
    value = _value_variable(query) if by_value else None
    if value is not None:
        # A rule about the register as a whole tells a row for each value: few of them are touched, where the register always is.
        other = _trace(group, Variable(value), value)
        if len(other.loose) < len(best.loose) or (len(other.loose) == len(best.loose) and "dpv#ROPA>" in target):
            best = other
    return best


def _value_variable(query: str) -> str | None:
    """Return the variable that a query reports as ?value, under whatever name it has inside."""
    head = query.partition("{")[0]
    before, found, _ = head.partition(" AS ?value)")
    if found:
        inner = before.rpartition("(")[2].strip()
        return inner.removeprefix("?") if inner.startswith("?") else None
    return "value" if "?value" in head else None


def _parse(query: str) -> CompValue:
    """Return the WHERE part of a query as parsed, with full IRIs and paths.

    The algebra would not do: rdflib translates the group of an EXISTS only when it is evaluated.
    """
    parsed = parseQuery(query)
    prologue = translatePrologue(parsed[0], None)
    named = traverse(parsed[1], visitPost=partial(translatePName, prologue=prologue))
    return cast(CompValue, traverse(named.where, visitPost=translatePath))


def _collect(node: object, group: _Group, counter: Iterator[int]) -> None:
    """Gather the triple patterns of a group; those of EXISTS, OPTIONAL and UNION go to groups of their own."""
    if isinstance(node, CompValue):
        if node.name == "TriplesBlock":
            terms = [term for block in node.triples for term in block]
            for place in range(0, len(terms), 3):
                group.patterns += _expand(terms[place], terms[place + 1], terms[place + 2], counter)
            return
        for key, part in node.items():
            branches = part if node.name == "GroupOrUnionGraphPattern" and len(node.graph) > 1 else None
            apart = node.name in ("Builtin_EXISTS", "Builtin_NOTEXISTS", "OptionalGraphPattern", "MinusGraphPattern")
            if branches is not None or apart:
                for branch in branches if branches is not None else [part]:
                    nested = _Group()
                    group.inner.append(nested)
                    _collect(branch, nested, counter)
            elif key != "projection":
                _collect(part, group, counter)
    elif isinstance(node, list | tuple | ParseResults):
        for part in node:
            _collect(part, group, counter)


def _expand(subject: Node, predicate: Node | Path, value: Node, counter: Iterator[int]) -> list[Pattern]:
    """Split sequences and turn inverses round, so that only starred paths and alternatives are left."""
    if isinstance(predicate, SequencePath):
        found: list[Pattern] = []
        here = subject
        for step in predicate.args[:-1]:
            there = Variable(f"step{next(counter)}")
            found += _expand(here, step, there, counter)
            here = there
        return found + _expand(here, predicate.args[-1], value, counter)
    if isinstance(predicate, InvPath):
        return _expand(value, predicate.arg, subject, counter)
    return [(subject, predicate, value)]


def _trace(group: _Group, root: Variable, row: str) -> Reach:
    chains: set[Chain] = set()
    loose: set[str] = set()
    for pattern, visible in _in_scope(group, []):
        for predicate in _predicates(pattern[1]):
            found = [chain for end in ("subject", "object") if (chain := _chain(pattern, end, visible, root, predicate)) is not None]
            if found:
                chains.add(min(found, key=lambda chain: (len(chain.patterns), chain.end)))
            else:
                loose.add(predicate or "")
    return Reach(row, tuple(sorted(chains, key=repr)), frozenset(loose))


def _in_scope(group: _Group, above: list[Pattern]) -> Iterator[tuple[Pattern, list[Pattern]]]:
    """Yield each pattern with those that surely hold for the same row: of its own group and of those around it."""
    visible = above + group.patterns
    for pattern in group.patterns:
        yield pattern, visible
    for inner in group.inner:
        yield from _in_scope(inner, visible)


def _predicates(predicate: Node | Path) -> list[str | None]:
    if isinstance(predicate, URIRef):
        return [str(predicate)]
    if isinstance(predicate, MulPath | InvPath):
        return _predicates(predicate.path if isinstance(predicate, MulPath) else predicate.arg)
    if isinstance(predicate, AlternativePath | SequencePath):
        return [one for part in predicate.args for one in _predicates(part)]
    return [None]


def _chain(pattern: Pattern, end: str, visible: list[Pattern], root: Variable, predicate: str | None) -> Chain | None:
    """Return the shortest chain from one end of a changed triple that matches a pattern to the root, None if there is none."""
    subject, path, value = pattern
    simple = not isinstance(path, Path)
    node: Node = Variable("changedTerm")
    start = subject if end == "subject" else value
    # A triple within a starred path lies somewhere on the way: the way to it, or from it, is part of the chain.
    lead = (
        ""
        if simple
        else f"{_write(subject, root)} {_star(path)} ?changedTerm . "
        if end == "subject"
        else f"?changedTerm {_star(path)} {_write(value, root)} . "
    )
    if not simple and not isinstance(path, MulPath | AlternativePath):
        return None
    if not isinstance(start, Variable | BNode):
        return None
    steps = _shortest(start, root, [other for other in visible if other is not pattern])
    if steps is None:
        return None
    rename: dict[Node, Node] = {start: node} if not lead else {}
    text = lead + " ".join(f"{_write(s, root, rename)} {_text(p, root, rename)} {_write(o, root, rename)} ." for s, p, o in steps)
    if start == root and not lead:
        text = ""
    return Chain(
        predicate=predicate,
        subject=str(subject) if simple and isinstance(subject, URIRef) else None,
        value=str(value) if simple and isinstance(value, URIRef) else None,
        end=end,
        patterns=text,
    )


def _star(path: Node | Path) -> str:
    """Return a path that leads to any place on the way: what is passed at most once may not be passed at all."""
    if isinstance(path, MulPath):
        return f"({_text(path.path, None)})*"
    return f"({_text(path, None)})?"


def _shortest(start: Node, root: Variable, patterns: list[Pattern]) -> list[Pattern] | None:
    waiting: deque[tuple[Node, list[Pattern]]] = deque([(start, [])])
    seen = {start}
    while waiting:
        here, steps = waiting.popleft()
        if here == root:
            return steps
        for pattern in patterns:
            nodes = [part for part in pattern if isinstance(part, Variable | BNode)]
            if here in nodes:
                for there in nodes:
                    if there not in seen:
                        seen.add(there)
                        waiting.append((there, [*steps, pattern]))
    return None


def _write(node: Node | Path, root: Variable, rename: Mapping[Node, Node] | None = None) -> str:
    if isinstance(node, Node):
        node = (rename or {}).get(node, node)
    if node == root:
        return "?touchedRow"
    return f"?{node}" if isinstance(node, Variable) else f"?b{node}" if isinstance(node, BNode) else cast(URIRef, node).n3()


def _text(path: Node | Path, root: Variable | None, rename: Mapping[Node, Node] | None = None) -> str:
    if isinstance(path, MulPath):
        return f"({_text(path.path, root, rename)}){path.mod}"
    if isinstance(path, InvPath):
        return f"^({_text(path.arg, root, rename)})"
    if isinstance(path, AlternativePath):
        return "|".join(f"({_text(part, root, rename)})" for part in path.args)
    if isinstance(path, SequencePath):
        return "/".join(f"({_text(part, root, rename)})" for part in path.args)
    return _write(path, root or Variable("this"), rename)
