"""Stop a query that runs, from another thread, for whoever asked for it.

In:  :func:`stoppable` around what evaluates; there, :func:`ended_by` says what ends it. Out: a :class:`Stopper`.

Nothing here knows what a query is, and where nobody made one stoppable nothing here costs anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock

from ropa.errors import Stopped

__all__ = ["Stopper", "ended_by", "stoppable"]


class Stopper:
    """Ends one query at most; any thread may use it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._end: Callable[[], None] | None = None
        self._stopped = False

    @property
    def stopped(self) -> bool:
        """Whether somebody stopped it."""
        return self._stopped

    def stop(self) -> bool:
        """End what runs, and let what has not begun not begin; return whether something ran and was ended."""
        # Held while it is ended: what has just ended by itself may serve somebody else already.
        with self._lock:
            self._stopped = True
            if self._end is None:
                return False
            self._end()
            return True

    @contextmanager
    def _during(self, end: Callable[[], None]) -> Iterator[None]:
        with self._lock:
            if self._stopped:
                raise Stopped
            self._end = end
        try:
            yield
        except EOFError:
            if self._stopped:
                raise Stopped from None
            raise
        finally:
            with self._lock:
                self._end = None


_present: ContextVar[Stopper | None] = ContextVar("stopper", default=None)


@contextmanager
def stoppable() -> Iterator[Stopper]:
    """Give what stops whatever this thread evaluates in here."""
    stopper = Stopper()
    token = _present.set(stopper)
    try:
        yield stopper
    finally:
        _present.reset(token)


@contextmanager
def ended_by(end: Callable[[], None]) -> Iterator[None]:
    """Say what ends the query that this thread evaluates in here; it then meets an EOFError.

    Raises:
        Stopped: It was stopped, before or meanwhile.
    """
    stopper = _present.get()
    if stopper is None:
        yield
        return
    with stopper._during(end):
        yield
