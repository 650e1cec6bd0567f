"""Examine a remote engine: what does it answer otherwise than it should?

In:  a store and the catalogue of questions. Out: a :class:`Verdict`, to be given to the store, which then refuses what fails.

Nothing is written. The measure is the embedded engine on the same statements: those of the engine itself where they are few,
else those of the graphs that all registers share and of some registers. Answers are compared as multisets of rows, by value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from time import monotonic

from pyoxigraph import BlankNode, Literal, NamedNode

from ropa.errors import RopaError
from ropa.namespaces import DPV, RDF, ROPA, XSD, graph_iri
from ropa.questions import Catalogue, Parameter, Question
from ropa.registers import register_slugs
from ropa.store.embedded import EmbeddedStore
from ropa.store.quads import Term
from ropa.store.remote.answers import rows
from ropa.store.remote.engine import EVERYTHING, Scope
from ropa.store.remote.spelling import canonical
from ropa.store.remote.store import RemoteStore
from ropa.store.remote.verdict import Verdict

__all__ = ["Verdict", "examine"]

MOST = 150_000
"""Statements that are read at the most, but always the shared graphs and one register."""
SECONDS = 10.0
"""Time for one answer."""
ALTOGETHER = 600.0
"""Time for all of them; what is not reached by then is not believed."""

_SHARED = ("ontology", "law", "places", "parties", "inferred")
_TRIES = 12
_CLASSES: dict[str, tuple[str, ...]] = {
    "party": (DPV + "LegalEntity", ROPA + "UnnamedParty"),
    "category": (DPV + "PersonalData", DPV + "SensitivePersonalData"),
    "subject": (DPV + "DataSubject",),
    "purpose": (DPV + "Purpose",),
    "place": (DPV + "Country", DPV + "Region", DPV + "SupraNationalUnion"),
    "activity": (ROPA + "ControllerActivity", ROPA + "ProcessorActivity"),
    "thing": (ROPA + "RetentionRule", ROPA + "DataFlow", ROPA + "Storage", DPV + "LegalEntity"),
}
"""Kind of a parameter to the classes among whose members a value is looked for."""
_LITERALS = {
    "language tags": Literal("a", language="en-GB"),
    "big whole numbers": Literal("123456789012345678901234567890", datatype=NamedNode(XSD + "integer")),
    "decimals": Literal("12.50", datatype=NamedNode(XSD + "decimal")),
    "truth values": Literal("true", datatype=NamedNode(XSD + "boolean")),
    "days": Literal("2018-05-25", datatype=NamedNode(XSD + "date")),
    "points in time": Literal("2018-05-25T00:00:00.123456Z", datatype=NamedNode(XSD + "dateTime")),
    "years": Literal("2018", datatype=NamedNode(XSD + "gYear")),
    "durations": Literal("P28D", datatype=NamedNode(XSD + "duration")),
    "own datatypes": Literal("a", datatype=NamedNode("https://example.org/own")),
    "all letters": Literal('“é”\n\t"\\ 😀'),
}


def examine(store: RemoteStore, catalogue: Catalogue, *, seconds: float = SECONDS, altogether: float = ALTOGETHER) -> Verdict:
    """Examine the engine of a store; nothing of the store changes, give it the verdict to make it refuse what fails.

    Args:
        seconds: For one answer. altogether: For all.

    Raises:
        StoreProblem: The engine fails; then nothing is known about it.
    """
    end = monotonic() + altogether
    limit = store.engine.row_limit
    changed = tuple(name for name, literal in _LITERALS.items() if not store.engine.keeps(literal))
    graphs, everything = _choose(store)
    here = EmbeddedStore.in_memory(store.base)
    here.replace_graphs({graph: store.quads(graph=graph) for graph in graphs})
    scope = EVERYTHING if everything else Scope(graphs, graphs)
    examination = _Examination(store, here, scope, seconds)
    questions = {name: examination.fault(question) if monotonic() < end else _NOT_REACHED for name, question in catalogue.items()}
    return Verdict(limit, changed, questions, here.statements)


_NOT_REACHED = "there was no time to examine it."


def _choose(store: RemoteStore) -> tuple[list[str], bool]:
    """Return the graphs to read, and whether these are all."""
    held = store.graphs()
    if store.statements <= MOST:
        return held, True
    chosen = [graph for name in _SHARED if (graph := graph_iri(store.base, name)) in held]
    count = 0
    for slug in register_slugs(held, store.base):
        chosen += [graph for kind in ("register", "evidence") if (graph := graph_iri(store.base, f"{kind}/{slug}")) in held]
        count = sum(1 for graph in chosen for _ in store.quads(graph=graph))
        if count > MOST:
            break
    return chosen, False


class _Examination:
    """Asks both engines the same."""

    def __init__(self, store: RemoteStore, here: EmbeddedStore, scope: Scope, seconds: float) -> None:
        self._store = store
        self._here = here
        self._scope = scope
        self._seconds = seconds
        self._slugs = register_slugs(here.graphs(), here.base)
        self._members: dict[str, list[str]] = {}

    def fault(self, question: Question) -> str:
        """Return what is wrong with the engine's answer to a question, "" if nothing."""
        for given in self._given(question):
            text = question.bind(given, self._store.base)
            ours = _count(rows(self._here.query(text)))
            try:
                theirs = _count(rows(self._store.ask(text, self._scope, seconds=self._seconds).answer()))
            except RopaError as error:
                return str(error)
            missing, extra = (ours - theirs).total(), (theirs - ours).total()
            if missing or extra:
                asked = " ".join(f"{name}={value}" for name, value in given.items())
                return f"of {ours.total()} rows {missing} are missing and {extra} are others{' for ' if asked else ''}{asked}."
        return ""

    def _given(self, question: Question) -> Iterator[Mapping[str, str]]:
        """Yield parameters to ask with: what is needed, then also one register, then the last word of each choice."""
        needed = self._needed(question)
        yield needed
        names = {parameter.name: parameter for parameter in question.parameters if not parameter.required}
        if "register" in names and self._slugs:
            yield {**needed, "register": self._slugs[-1]}
        choices = {name: parameter.choices[-1] for name, parameter in names.items() if parameter.choices}
        if choices:
            yield {**needed, **choices}

    def _needed(self, question: Question) -> Mapping[str, str]:
        """Return values for the parameters that a question needs; such that there are rows, where some are found."""
        required = [parameter for parameter in question.parameters if parameter.required]
        given: dict[str, str] = {}
        if not required:
            return given
        candidates = [self._candidates(parameter) for parameter in required]
        for number in range(_TRIES):
            # Two registers are to be two.
            given = {
                parameter.name: values[(number + place) % len(values)]
                for place, (parameter, values) in enumerate(zip(required, candidates, strict=True))
            }
            if rows(self._here.query(question.bind(given, self._store.base))):
                break
        return given

    def _candidates(self, parameter: Parameter) -> Sequence[str]:
        if parameter.kind == "register":
            return self._slugs or ["none"]
        if parameter.choices:
            return parameter.choices
        return self._most_used(parameter.kind) or ["urn:x-ropa:nothing"]

    def _most_used(self, kind: str) -> list[str]:
        """Return the things of a kind that most is said of and with, the most used first."""
        if kind not in self._members:
            type_ = NamedNode(RDF + "type")
            found = {quad.subject for name in _CLASSES.get(kind, ()) for quad in self._here.quads(None, type_, NamedNode(name))}
            used = {node: sum(1 for _ in self._here.quads(None, None, node)) for node in found if isinstance(node, NamedNode)}
            self._members[kind] = [node.value for node in sorted(used, key=lambda node: (-used[node], node.value))[:_TRIES]]
        return self._members[kind]


def _count(found: Sequence[tuple[Term | None, ...]]) -> Counter[tuple[Term | None, ...]]:
    return Counter(tuple(map(_value, row)) for row in found)


def _value(term: Term | None) -> Term | None:
    if isinstance(term, Literal):
        return canonical(term)
    # Each engine names them as it likes.
    return NamedNode("urn:x-ropa:blank") if isinstance(term, BlankNode) else term
