"""The errors a caller may meet. Each message says what was found, where, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ropa.alike import nearest

if TYPE_CHECKING:
    from ropa.findings import Finding


class RopaError(Exception):
    """Whatever this library refuses; its message is meant for people."""


class NotFound(RopaError):
    """A register, question or thing that is not there.

    Attributes:
        kind: What was looked for: ``register``, ``question``, ``format`` …
        nearest: Names that look alike, best first; may be empty.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str] = (), hint: str = "") -> None:
        self.kind = kind
        self.nearest: list[str] = nearest(name, known)
        meant = f" Did you mean {' or '.join(self.nearest)}?" if self.nearest and not hint else ""
        super().__init__(f"There is no {kind} {name!r}.{meant}{' ' if hint else ''}{hint}")


class BadParameter(RopaError):
    """A parameter that is missing, unknown, or not of its kind."""


class BadQuery(RopaError):
    """A SPARQL text that does not parse, with the place of the fault in its message.

    Attributes:
        line, column: The place, counted from 1; None where the engine does not tell it.
    """

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        self.line = line
        self.column = column
        super().__init__(message)


class CannotEvaluate(RopaError):
    """A SPARQL text that parses and that the engine cannot evaluate."""


class RefusedQuery(RopaError):
    """A SPARQL text that parses but asks for what is not allowed here, such as a remote address."""


class TooSlow(RopaError):
    """A query that went past its time; it runs no longer."""


class Stopped(RopaError):
    """A query that was stopped by whoever asked for it; it runs no longer."""

    def __init__(self) -> None:
        super().__init__("The query was stopped, as was asked for; it runs no longer.")


class TooLong(RopaError):
    """An answer with more rows or bytes than allowed; nothing of it is kept."""


class TooMuch(RopaError):
    """A query that took more memory than allowed, or whose process ended; it runs no longer."""


class Forbidden(RopaError):
    """A write that whoever asks for it may not make; nothing was written."""


class Busy(RopaError):
    """Too much runs already; the same may be asked again in a few seconds."""


class TooOften(RopaError):
    """More requests in a minute than allowed.

    Attributes:
        retry_after: Seconds after which there is room for the next one, at least 1.
    """

    def __init__(self, message: str, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class Conflict(RopaError):
    """A write that rests on a state of the store that has changed meanwhile; nothing was written."""


class NoSpace(RopaError):
    """The disk has no room; the store is as it was."""


class CannotMake(RopaError):
    """A document that cannot be made here: what it takes is not installed, or it would be too long."""


class Unreadable(RopaError):
    """A file that cannot be parsed, with file, line and reason in its message."""


class Refused(RopaError):
    """A record that fails a form shape; the store is as it was.

    Attributes:
        findings: What is wrong, worst first.
    """

    def __init__(self, where: str, findings: Sequence[Finding]) -> None:
        self.findings = list(findings)
        first = "\n".join(f"  {finding.shape_name}: {finding.focus_label}: {finding.message}" for finding in self.findings[:20])
        more = f"\n  and {len(self.findings) - 20} more" if len(self.findings) > 20 else ""
        super().__init__(f"{where} is refused, the store is unchanged. Mend the form of the record first:\n{first}{more}")


class BadShape(RopaError):
    """A shape whose SPARQL constraint does not parse."""


class BadAddress(RopaError):
    """An address that cannot be listened on."""


class StoreProblem(RopaError):
    """A store that cannot be opened: absent, of another version, or held by another process."""


class LostPatch(StoreProblem):
    """A patch of the history that was written and cannot be read any more.

    Attributes:
        fault: As in :class:`ropa.store.changes.Lost`.
    """

    def __init__(self, revision: int, name: str, fault: str) -> None:
        self.fault = fault
        remedy = "Put it back from a backup, or restore that" if fault in ("missing", "damaged") else "Let this user read it"
        super().__init__(f"The patch of revision {revision}, {name} in the history, is {fault}. {remedy}.")
