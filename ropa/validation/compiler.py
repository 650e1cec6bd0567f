"""Turn SHACL shapes into SPARQL: one query tells all focus nodes that break one constraint, instead of one look per node.

In:  a graph of shapes. Out: for each shape that has an IRI and a target, the queries whose rows are its results.

Understood is what the rules of this project are written in: the paths, the targets by class and by property, and the
constraint components in ``_VALUE``, ``_compare_counts`` and ``_over_values`` (SHACL sections 2 to 5). A shape that asks for more
is told apart, so that the reference engine can judge it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

from rdflib import RDF, SH, BNode, Graph, Literal, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from ropa.errors import BadShape
from ropa.validation.order import walk_in_order
from ropa.validation.paths import Unsupported, path_steps, path_text, term_text

_NOT_CONSTRAINTS = {
    SH.path, SH.severity, SH.message, SH.targetClass, SH.targetObjectsOf, SH.targetSubjectsOf, SH.targetNode, SH.property,
    SH.name, SH.description, SH.order, SH.group, SH.deactivated, SH.flags,
}  # fmt: skip
_TAKES_NO_VALUE = {SH.minCount, SH.maxCount, SH.hasValue, SH.qualifiedValueShape, SH.lessThan}
_TARGETS = (SH.targetClass, SH.targetObjectsOf, SH.targetSubjectsOf, SH.targetNode)


@dataclass(frozen=True)
class Rule:
    """A shape ready to be run.

    Attributes:
        shape: IRI. severity, message: As the shape says.
        path: The property that results are about: an IRI, a SPARQL path where it is longer, None for a node shape.
        targets: Patterns that bind ``?this``, one each; a focus node matches at least one.
        checks: Bodies of queries; each leaves the rows (?this, ?value, ?path) that break one constraint.
    """

    shape: str
    severity: str
    message: str
    path: str | None
    targets: tuple[str, ...]
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Check:
    """One constraint of a rule as the inside of a WHERE clause; ``head`` holds the prefixes and the SELECT of a SPARQL constraint."""

    body: str
    component: str
    reports_value: bool
    head: str = ""


@dataclass(frozen=True)
class Program:
    """All that a graph of shapes asks for: what is translated, and the IRIs of shapes that are not."""

    rules: tuple[Rule, ...]
    untranslated: tuple[str, ...]


def compile_shapes(shapes: Graph) -> Program:
    """Translate the shapes that have an IRI and a target of their own or through the node shape that holds them.

    Raises:
        BadShape: The braces of a SPARQL constraint do not match.
    """
    rules, untranslated = [], []
    for shape, targets in sorted(_targeted(shapes).items()):
        try:
            rules.append(_Translator(shapes).rule(shape, tuple(sorted(targets))))
        except Unsupported:
            untranslated.append(str(shape))
    return Program(tuple(rule for rule in rules if rule.checks), tuple(untranslated))


def _targeted(shapes: Graph) -> dict[URIRef, set[str]]:
    found: dict[URIRef, set[str]] = {}
    for kind in _TARGETS:
        for shape, _, target in shapes.triples((None, kind, None)):
            if shapes.value(shape, SH.deactivated) == Literal(True):
                continue
            for reached in (shape, *shapes.objects(shape, SH.property)):
                if isinstance(reached, URIRef) and shapes.value(reached, SH.deactivated) != Literal(True):
                    found.setdefault(reached, set()).add(_target(kind, target))
    return found


def _target(kind: URIRef, target: Node) -> str:
    term = term_text(target)
    if kind == SH.targetClass:
        return f"?this <{RDF.type}>/<http://www.w3.org/2000/01/rdf-schema#subClassOf>* {term} ."
    if kind == SH.targetObjectsOf:
        return f"?holder {term} ?this ."
    if kind == SH.targetSubjectsOf:
        return f"?this {term} ?held ."
    return f"BIND({term} AS ?this)"


def _component(parameter: URIRef) -> str:
    """Return the IRI of the component that a parameter belongs to; a qualified shape is told as its least number."""
    name = "qualifiedMinCount" if parameter == SH.qualifiedValueShape else parameter.removeprefix(str(SH))
    return f"{SH}{name[0].upper()}{name[1:]}ConstraintComponent"


class _Translator:
    """Translates one shape; the variables it makes are its own, so that nested groups never share one by accident."""

    def __init__(self, shapes: Graph) -> None:
        self._shapes = shapes
        self._numbers = count(1)
        self._open: list[Node] = []

    def rule(self, shape: URIRef, targets: tuple[str, ...]) -> Rule:
        path = self._shapes.value(shape, SH.path)
        return Rule(
            shape=str(shape),
            severity=str(self._shapes.value(shape, SH.severity, default=SH.Violation)).removeprefix(str(SH)),
            message=str(self._shapes.value(shape, SH.message) or ""),
            path=None if path is None else str(path) if isinstance(path, URIRef) else path_text(self._shapes, path),
            targets=targets,
            checks=tuple(self._checks(shape, path)),
        )

    def _checks(self, shape: URIRef, path: Node | None) -> Iterator[Check]:
        for component in self._components(shape):
            if component == SH.sparql:
                for constraint in self._shapes.objects(shape, SH.sparql):
                    try:
                        yield self._select(constraint)
                    except ValueError as error:
                        raise BadShape(f"{shape}: its SPARQL constraint does not parse: {error}") from None
            elif path is not None and component in _TAKES_NO_VALUE and component != SH.lessThan:
                yield Check(f"FILTER(!({self._counted(shape, component, '?this', path)}))", _component(component), reports_value=False)
            elif path is not None:
                holds = self._less_than(shape, "?this", "?value") if component == SH.lessThan else self._value(shape, component, "?value")
                yield Check(f"{self._walk('?this', path, '?value')} FILTER(!({holds}))", _component(component), reports_value=True)
            else:
                holds = self._value(shape, component, "?this")
                yield Check(f"FILTER(!({holds})) BIND(?this AS ?value)", _component(component), reports_value=component != SH.hasValue)

    def _walk(self, start: str, path: Node, end: str) -> str:
        """Return patterns that lead from a bound variable along a path; LATERAL walks from each row, where a join would
        build the whole closure of a starred step first."""
        steps = path_steps(self._shapes, path)
        stops = [start, *(self._fresh() for _ in steps[1:]), end]
        return " ".join(f"LATERAL {{ {stops[number]} {step} {stops[number + 1]} }}" for number, step in enumerate(steps))

    def _reaches(self, start: str, path: Node, end: str, test: str = "") -> str:
        """Return an expression that tells whether a path leads from a bound variable to an end that passes a test."""
        steps = path_steps(self._shapes, path)
        stops = [start, *(self._fresh() for _ in steps[1:]), end]
        inner = test
        for number in range(len(steps) - 1, -1, -1):
            held = f" FILTER({inner})" if inner else ""
            inner = f"EXISTS {{ {stops[number]} {steps[number]} {stops[number + 1]} .{held} }}"
        return inner

    def _select(self, constraint: Node) -> Check:
        """Return a SPARQL constraint (section 5.1) as a check; without a ?value the focus node is reported."""
        text = str(self._shapes.value(constraint, SH.select) or "")
        if "{" not in text or re.search(r"\$(PATH|shapesGraph|currentShape)\b", text):
            raise Unsupported("a SPARQL constraint without SELECT or with $PATH")
        # Only $name is a variable: a pattern may end in $, a replacement hold $1.
        head, _, rest = re.sub(r"\$(?=[A-Za-z_])", "?", text).partition("{")
        inside, closing, _ = rest.rpartition("}")
        if not closing:
            raise ValueError("the group is not closed")
        body = walk_in_order(inside)
        if "?value" not in head:
            head, body = re.sub(r"(?=\bWHERE\s*$)", "?value ", head, flags=re.IGNORECASE), f"{body} BIND(?this AS ?value)"
        return Check(body, str(SH.SPARQLConstraintComponent), reports_value=True, head=head)

    def _components(self, shape: Node) -> list[URIRef]:
        found = {predicate for predicate in self._shapes.predicates(shape) if str(predicate).startswith(str(SH))} - _NOT_CONSTRAINTS
        return sorted(predicate for predicate in found - {SH.qualifiedMinCount, SH.qualifiedMaxCount} if isinstance(predicate, URIRef))

    def _fresh(self) -> str:
        return f"?v{next(self._numbers)}"

    def _conforms(self, shape: Node, variable: str) -> str:
        """Return an expression that tells whether the value of a variable conforms to a shape; it never raises an error."""
        if shape in self._open:
            raise Unsupported("a shape that refers to itself")
        self._open.append(shape)
        path = self._shapes.value(shape, SH.path)
        parts = [self._one(shape, component, variable, path) for component in self._components(shape)]
        parts += [self._conforms(inner, variable) for inner in self._shapes.objects(shape, SH.property)] if path is None else []
        if path is not None and (shape, SH.property, None) in self._shapes:
            raise Unsupported("a property shape within a property shape")
        self._open.pop()
        return " && ".join(f"({part})" for part in parts) or "true"

    def _one(self, shape: Node, component: URIRef, variable: str, path: Node | None) -> str:
        if path is None:
            return self._value(shape, component, variable)
        if component in _TAKES_NO_VALUE and component != SH.lessThan:
            return self._counted(shape, component, variable, path)
        value = self._fresh()
        holds = self._less_than(shape, variable, value) if component == SH.lessThan else self._value(shape, component, value)
        return f"!({self._reaches(variable, path, value, f'!({holds})')})"

    def _counted(self, shape: Node, component: URIRef, variable: str, path: Node) -> str:
        """Components that look at the set of values as a whole (sections 4.2, 4.7.3, 4.8.1)."""
        if component == SH.hasValue:
            return " && ".join(self._reaches(variable, path, term_text(value)) for value in self._shapes.objects(shape, SH.hasValue))
        if component == SH.minCount:
            return self._at_least(variable, path, self._number(shape, SH.minCount))
        if component == SH.maxCount:
            return f"!({self._at_least(variable, path, self._number(shape, SH.maxCount) + 1)})"
        if self._shapes.value(shape, SH.qualifiedValueShapesDisjoint) is not None:
            raise Unsupported("qualifiedValueShapesDisjoint")
        inner = self._shapes.value(shape, SH.qualifiedValueShape)
        parts = []
        if inner is not None and self._shapes.value(shape, SH.qualifiedMinCount) is not None:
            parts.append(self._at_least(variable, path, self._number(shape, SH.qualifiedMinCount), inner))
        if inner is not None and self._shapes.value(shape, SH.qualifiedMaxCount) is not None:
            parts.append(f"!({self._at_least(variable, path, self._number(shape, SH.qualifiedMaxCount) + 1, inner)})")
        return " && ".join(parts) or "true"

    def _number(self, shape: Node, predicate: URIRef) -> int:
        return int(str(self._shapes.value(shape, predicate)))

    def _at_least(self, variable: str, path: Node, number: int, shape: Node | None = None, others: tuple[str, ...] = ()) -> str:
        """Return an expression that tells whether a path has so many values besides others, each conforming to a shape."""
        if number == 0:
            return "true"
        value = self._fresh()
        tests = [f"!sameTerm({value}, {other})" for other in others]
        tests += [] if shape is None else [f"({self._conforms(shape, value)})"]
        tests += [self._at_least(variable, path, number - 1, shape, (*others, value))] if number > 1 else []
        return self._reaches(variable, path, value, " && ".join(tests))

    def _less_than(self, shape: Node, variable: str, value: str) -> str:
        other = self._fresh()
        than = term_text(self._shapes.value(shape, SH.lessThan) or BNode())
        return f"NOT EXISTS {{ {variable} {than} {other} . FILTER(!COALESCE({value} < {other}, false)) }}"

    def _value(self, shape: Node, component: URIRef, variable: str) -> str:
        """Components that judge one value node (sections 4.1, 4.3, 4.6, 4.7, 4.8.3)."""
        translate = _VALUE.get(component)
        if translate is not None:
            return " && ".join(f"({translate(variable, value, self._shapes)})" for value in self._shapes.objects(shape, component))
        values = list(self._shapes.objects(shape, component))
        if component in (SH["or"], SH["and"]):
            sign = " || " if component == SH["or"] else " && "
            groups = [[self._conforms(member, variable) for member in Collection(self._shapes, value)] for value in values]
            return " && ".join(f"({sign.join(f'({part})' for part in group)})" for group in groups)
        if component == SH["not"]:
            return " && ".join(f"!({self._conforms(value, variable)})" for value in values)
        if component == SH.node:
            return " && ".join(f"({self._conforms(value, variable)})" for value in values)
        if component == SH.pattern:
            flags = term_text(self._shapes.value(shape, SH.flags) or Literal(""))
            return " && ".join(f"(!isBlank({variable}) && REGEX(STR({variable}), {term_text(value)}, {flags}))" for value in values)
        raise Unsupported(f"the component {component}")


def _is_one_of(variable: str, members: Node, shapes: Graph) -> str:
    return " || ".join(f"sameTerm({variable}, {term_text(member)})" for member in Collection(shapes, members)) or "false"


def _compares(sign: str) -> Callable[[str, Node, Graph], str]:
    return lambda variable, value, _: f"COALESCE({variable} {sign} {term_text(value)}, false)"


_KINDS = {
    SH.IRI: "isIRI({0})",
    SH.Literal: "isLiteral({0})",
    SH.BlankNode: "isBlank({0})",
    SH.BlankNodeOrIRI: "!isLiteral({0})",
    SH.BlankNodeOrLiteral: "!isIRI({0})",
    SH.IRIOrLiteral: "!isBlank({0})",
}

_CAN_BE_CAST = {
    URIRef(f"http://www.w3.org/2001/XMLSchema#{name}")
    for name in ("date", "dateTime", "duration", "integer", "decimal", "boolean", "double", "float", "time", "gYear")
}

_VALUE: dict[Node, Callable[[str, Node, Graph], str]] = {
    SH["class"]: lambda variable, value, _: (
        f"EXISTS {{ {variable} <{RDF.type}>/<http://www.w3.org/2000/01/rdf-schema#subClassOf>* {term_text(value)} }}"
    ),
    # The cast fails for an ill-formed literal, which has the datatype but no value.
    SH.datatype: lambda variable, value, _: (
        f"COALESCE(DATATYPE({variable}) = {term_text(value)} && BOUND({variable}), false)"
        + (f" && COALESCE(isLiteral({term_text(value)}(STR({variable}))), false)" if value in _CAN_BE_CAST else "")
    ),
    SH.hasValue: lambda variable, value, _: f"sameTerm({variable}, {term_text(value)})",
    SH["in"]: _is_one_of,
    SH.nodeKind: lambda variable, value, _: _KINDS[URIRef(str(value))].format(variable),
    SH.minInclusive: _compares(">="),
    SH.minExclusive: _compares(">"),
    SH.maxInclusive: _compares("<="),
    SH.maxExclusive: _compares("<"),
    SH.minLength: lambda variable, value, _: f"!isBlank({variable}) && STRLEN(STR({variable})) >= {value}",
    SH.maxLength: lambda variable, value, _: f"!isBlank({variable}) && STRLEN(STR({variable})) <= {value}",
}
