"""Ways to damage the statements of an activity or of its evidence: each makes a function that changes a draft in place.

In:  the statements as they would be written. Out: the same list, with one thing missing or wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pyoxigraph import NamedNode

from bench.activities import Outline
from bench.record import Record, Statement, describe, party, term, typed
from ropa.store import Term


@dataclass
class Draft:
    """The statements of one activity, or those of its evidence, before they are written.

    Attributes:
        bare: Statements that will have no evidence.
    """

    record: Record
    outline: Outline
    written: list[Statement]
    bare: set[Statement] = field(default_factory=set)

    def first(self, type: str) -> NamedNode:
        """Return the first node of a type."""
        return next(node for node, predicate, value in self.written if predicate == term("rdf:type") and value == term(type))

    def find(self, node: NamedNode, name: str) -> Statement:
        """Return the first statement about a node with a property."""
        return next(statement for statement in self.written if statement[0] == node and statement[1] == term(name))

    def own(self, kind: str) -> NamedNode:
        """Return a node that only this activity names, and that nothing describes."""
        return self.record.iri(kind, f"{self.outline.key}-undescribed")


Damage = Callable[[Draft], None]
Value = Callable[[Draft], Term]


def drop(type: str, name: str) -> Damage:
    """Leave out all that the first node of a type says by a property."""

    def damage(draft: Draft) -> None:
        node = draft.first(type)
        draft.written[:] = [statement for statement in draft.written if statement[:2] != (node, term(name))]

    return damage


def untype(type: str, other: str) -> Damage:
    """Leave out one of two types of the first node that has it."""

    def damage(draft: Draft) -> None:
        draft.written.remove((draft.first(type), term("rdf:type"), term(other)))

    return damage


def change(type: str, name: str, value: Value) -> Damage:
    """Put another value in the place of the first that a node of a type has by a property."""

    def damage(draft: Draft) -> None:
        statement = draft.find(draft.first(type), name)
        draft.written[draft.written.index(statement)] = (*statement[:2], value(draft))

    return damage


def only(type: str, name: str, value: Value) -> Damage:
    """Put one value in the place of all that a node of a type has by a property."""

    def damage(draft: Draft) -> None:
        node = draft.first(type)
        drop(type, name)(draft)
        draft.written.append((node, term(name), value(draft)))

    return damage


def add(type: str, name: str, value: Value, *, bare: bool = False) -> Damage:
    """Let the first node of a type say one more thing, with or without evidence."""

    def damage(draft: Draft) -> None:
        statement = (draft.first(type), term(name), value(draft))
        draft.written.append(statement)
        if bare:
            draft.bare.add(statement)

    return damage


def same(name: str) -> Value:
    """Return a maker of one value, the same for all drafts."""
    return lambda draft: term(name)


def literal(text: str, datatype: str = "string") -> Value:
    """Return a maker of a literal."""
    return lambda draft: typed(text, datatype)


def own(kind: str) -> Value:
    """Return a maker of a node that only the draft names."""
    return lambda draft: draft.own(kind)


def unlisted(draft: Draft) -> None:
    """Leave out that the register lists the activity."""
    draft.written[:] = [statement for statement in draft.written if statement[1] != term("dpv:hasRecordOfActivity")]


def loose_part(draft: Draft) -> None:
    """Describe a part that nothing holds."""
    country = term(f"loc:{draft.record.country}")
    describe(draft.written, draft.own("storage"), ["ropa:Storage"], "Some place", ("dpv:hasLocation", country))


def unknown(kind: str, type: str, name: str) -> Damage:
    """Let the activity name a category of its own that leads to a term that no vocabulary has."""

    def damage(draft: Draft) -> None:
        node = describe(draft.written, draft.own(kind), [type], "Something else", ("skos:broader", term("dpv:NoSuchTerm")))
        draft.written.append((draft.first("ropa:ProcessingActivity"), term(name), node))

    return damage


def other_company(draft: Draft) -> Term:
    """Return another company than the recipient of the first flow."""
    taken = draft.find(draft.first("ropa:DataFlow"), "dpv:hasRecipient")[2]
    return next(node for node in (party(draft.record.base, number) for number in range(2)) if node != taken)


def other_customer(draft: Draft) -> Term:
    """Return a customer that is not the controller."""
    taken = draft.find(draft.first("ropa:ProcessingActivity"), "dpv:hasDataController")[2]
    return next(node for node in draft.record.customers if node != taken)


def other_category(draft: Draft) -> Term:
    """Return a category that the activity does not name."""
    activity = draft.first("ropa:ProcessingActivity")
    said = {value for node, predicate, value in draft.written if node == activity and predicate == term("dpv:hasPersonalData")}
    return next(node for node in draft.record.categories if node not in said)


def condition_missing(draft: Draft) -> None:
    """Make the first flow conditional, with no condition."""
    node = draft.first("ropa:DataFlow")
    drop("ropa:DataFlow", "ropa:condition")(draft)
    draft.written[draft.written.index(draft.find(node, "ropa:hasModality"))] = (node, term("ropa:hasModality"), term("ropa:Conditional"))


def ended_mechanism(draft: Draft) -> None:
    """Let the transfer rest on an instrument that has ended, under the law of the organisation."""
    only("ropa:Transfer", "ropa:hasModality", same("ropa:Actual"))(draft)
    drop("ropa:Transfer", "ropa:condition")(draft)
    only("ropa:Transfer", "dpv:hasThirdCountry", same("loc:US"))(draft)
    only("ropa:Transfer", "ropa:hasMechanism", same("ropa:SCC2010-UK" if draft.record.uk else "ropa:EUUSPrivacyShield"))(draft)


def position_turned(draft: Draft) -> None:
    """Let a passage end where it starts and start where it ends."""
    selector = draft.first("oa:TextPositionSelector")
    start, end = draft.find(selector, "oa:start"), draft.find(selector, "oa:end")
    draft.written[draft.written.index(start)] = (*start[:2], end[2])
    draft.written[draft.written.index(end)] = (*end[:2], start[2])
