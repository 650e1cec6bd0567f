"""What an examination of a remote engine found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Verdict:
    """What an engine does otherwise than it should.

    Attributes:
        row_limit: Rows at which it cuts answers off without a word, None where it does not below 100,000.
        changed: Kinds of literals that it gives back as something else.
        questions: Question to "" where the engine answers it truly, else to why its answer is not believed, in a sentence.
        statements: On how many statements that was found.
    """

    row_limit: int | None = None
    changed: tuple[str, ...] = ()
    questions: Mapping[str, str] = field(default_factory=dict)
    statements: int = 0

    @property
    def doubts(self) -> Mapping[str, str]:
        """The questions that are not to be asked of this engine, with the reason."""
        return {name: reason for name, reason in self.questions.items() if reason}

    @property
    def is_clean(self) -> bool:
        """Whether nothing speaks against the engine."""
        return bool(self.questions) and not self.doubts and self.row_limit is None
