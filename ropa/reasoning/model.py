"""What a conclusion is: a statement, the rules that draw it and the statements that it rests on; and what can go wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from pyoxigraph import Literal

from ropa.errors import RopaError
from ropa.store import Term

Fact = tuple[str, str, str]
"""A statement between three IRIs, as the engines of this package handle it."""


@dataclass(frozen=True)
class Statement:
    """A statement of a store, which a reader can follow to its evidence; IRIs as text, the value as a term."""

    subject: str
    predicate: str
    object: Term

    @property
    def value(self) -> str:
        """The value as text, without datatype or language."""
        return self.object.value


@dataclass(frozen=True)
class Rule:
    """A term of ``ontology/inference.ttl`` whose axioms draw a conclusion.

    Attributes:
        source: IRI of the provision that the term rests on.
    """

    iri: str
    label: str
    definition: str
    source: str


@dataclass(frozen=True)
class Conclusion:
    """A statement that follows from one register on one day.

    Attributes:
        sentence: Words for the statement, with ``{subject}`` and ``{object}``.
        rules: The terms whose axioms were used, the one that draws the conclusion last.
        premises: What is written down and leads there, by the firmest and shortest way.
        register: Slug of the register.
        conditional: A premise holds only on a condition, so the conclusion does too.
        contested_by: IRIs of recorded contradictions that a premise is part of.
    """

    subject: str
    predicate: str
    object: str
    sentence: str
    rules: tuple[Rule, ...]
    premises: tuple[Statement, ...]
    register: str
    as_of: date
    conditional: bool
    contested_by: tuple[str, ...]

    @property
    def fact(self) -> Fact:
        """The concluded statement alone."""
        return self.subject, self.predicate, self.object

    @property
    def rule(self) -> Rule:
        """The rule that draws the conclusion."""
        return self.rules[-1]

    def explain(self, label: Callable[[str], str]) -> str:
        """Tell the conclusion in words: the sentence, how firm it is, the rules with their sources, the premises.

        Args:
            label: Turns an IRI into the words that people know it by; see :func:`ropa.reasoning.labels`.
        """
        told = self.sentence.format(subject=label(self.subject), object=label(self.object))
        lines = [f"{told} (As of {self.as_of}.)"]
        if self.conditional:
            lines.append("  Only as far as a condition of the text holds.")
        if self.contested_by:
            lines.append(f"  The record contradicts itself here: {'; '.join(map(label, self.contested_by))}.")
        lines += [f"  By {rule.label}: {rule.definition} [{label(rule.source)}]" for rule in self.rules]
        lines += [f"  Since {_tell(premise, label)}" for premise in self.premises]
        return "\n".join(lines)


class Inconsistent(RopaError):
    """A record, or the ontology itself, that says what cannot both be; the store is unchanged.

    Attributes:
        statements: A small set of statements that cannot all hold; empty where a class is at fault.
        classes: Classes that can have no member.
    """

    def __init__(self, what: str, statements: Sequence[Statement] = (), classes: Sequence[str] = ()) -> None:
        self.statements = list(statements)
        self.classes = list(classes)
        told = [f"  {_tell(statement, str)}" for statement in self.statements] + [f"  {name}" for name in self.classes]
        todo = "Correct one of these, or record a ropa:Contradiction if the source itself says both" if self.statements else "Mend"
        tail = f" {todo}:\n" if self.statements else f" {todo} ontology/inference.ttl:\n"
        super().__init__(f"{what} Nothing is concluded, the store is unchanged.{tail}" + "\n".join(told))


class NoReasoner(RopaError):
    """HermiT was asked for where it cannot run."""

    def __init__(self) -> None:
        super().__init__("HermiT needs Owlready2 and Java: install the extra ropa-graph[reasoner], or put java on the path.")


def _tell(statement: Statement, label: Callable[[str], str]) -> str:
    value = f'"{statement.value}"' if isinstance(statement.object, Literal) else label(statement.value)
    return f"{label(statement.subject)} - {label(statement.predicate)} - {value}"
