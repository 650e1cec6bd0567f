"""Things of the store to try a question with: those that its records name most.

In:  a snapshot and a question. Out: values for its parameters, of which nothing is made up.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import islice

from pyoxigraph import NamedNode

from ropa.errors import BadParameter
from ropa.namespaces import NO_VALUES, expand, shorten
from ropa.questions import Parameter, Question
from webapp.revisions import PerRevision
from webapp.state import Snapshot

_MOST_LOOKED_AT = 5_000
"""Statements that are weighed."""
_MOST = 3
_KEPT: PerRevision[list[str]] = PerRevision(50)
_SAID_WITH = {
    "party": ("dpv:hasRecipient",),
    "category": ("dpv:hasPersonalData",),
    "subject": ("dpv:hasDataSubject",),
    "purpose": ("dpv:hasPurpose",),
    "place": ("dpv:hasLocation", "dpv:hasThirdCountry"),
    "activity": ("dpv:hasRecordOfActivity",),
}
"""Kind of a parameter to the properties whose values records name most."""
_NAMED = {"node": ("ropa:hasRetentionRule",)}
"""The same for a parameter that takes any thing, by its name; for others it is a party."""


@dataclass(frozen=True)
class Example:
    """A way to ask a question: what it is asked about, and the parameters that ask it."""

    label: str
    parameters: dict[str, str]


def find_examples(snapshot: Snapshot, question: Question) -> list[Example]:
    """Return a few ways to ask a question that needs something, the most telling first; none where the store holds nothing to ask about."""
    required = [parameter for parameter in question.parameters if parameter.required]
    if not required:
        return []
    offered = [find_things(snapshot, parameter) for parameter in required]
    if required[1:]:
        # Two registers to compare: the first with the second.
        chosen = [values[place] for place, values in enumerate(offered) if place < len(values)]
        pairs = [chosen] if len(chosen) == len(required) else []
    else:
        pairs = [[value] for value in offered[0]]
    found = []
    for values in pairs:
        named = " and ".join(snapshot.label(_expand(snapshot, value)) for value in values)
        found.append(Example(named, {parameter.name: value for parameter, value in zip(required, values, strict=True)}))
    return found


def bind_example(snapshot: Snapshot, question: Question) -> str:
    """Return the text of a question with its defaults in its VALUES rows, and with an example for what it needs."""
    examples = find_examples(snapshot, question)
    try:
        return question.bind(examples[0].parameters if examples else {}, snapshot.store.base)
    except BadParameter:
        # Nothing in the store could be asked about: the query as it is in its file.
        return question.text


def find_things(snapshot: Snapshot, parameter: Parameter) -> list[str]:
    """Return what a parameter may be given, as paths or prefixed names, those first that records name most."""
    if not parameter.names_a_thing:
        return []
    if parameter.kind == "register":
        return [f"id/register/{register.slug}" for register in snapshot.registers[:_MOST]]
    properties: tuple[str, ...] = _SAID_WITH.get(parameter.kind, _NAMED.get(parameter.name, _SAID_WITH["party"]))
    return _KEPT.get(snapshot, properties, lambda: _weigh(snapshot, properties))


def _weigh(snapshot: Snapshot, properties: tuple[str, ...]) -> list[str]:
    store = snapshot.store
    found: Counter[str] = Counter()
    for name in properties:
        for quad in islice(store.quads(None, NamedNode(expand(name) or name)), _MOST_LOOKED_AT):
            if isinstance(quad.object, NamedNode) and quad.object.value not in NO_VALUES:
                found[quad.object.value] += 1
    return [shorten(iri, store.base) for iri in sorted(found, key=lambda iri: (-found[iri], iri))[:_MOST]]


def _expand(snapshot: Snapshot, short: str) -> str:
    return expand(short) or f"{snapshot.store.base}{short}"
