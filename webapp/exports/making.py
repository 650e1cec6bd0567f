"""Files that take longer than a page may: made beside the requests, kept while the store does not change.

In:  what to make. Out: a :class:`Making`, from which a request takes the bytes, or learns that they are not there yet.

One thread makes what takes a moment, one what takes long (a document is set in a process of its own). What is kept is bounded in bytes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Lock
from time import monotonic

from ropa.errors import Busy
from ropa.exchange import pdf

MOST_BYTES = 64_000_000
"""Of all files that are kept."""
MOST_WAITING = 8
"""Files of one pace that may be in work or wait for it."""

Key = tuple[object, ...]
"""The revision first, then whatever tells one file from another."""


@dataclass
class _Job:
    """A file in work: since when, and what comes of it."""

    begun: float
    future: Future[bytes]


class Making:
    """The files of an application."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._pools = {long: ThreadPoolExecutor(max_workers=1, thread_name_prefix="files") for long in (False, True)}
        self._jobs: OrderedDict[Key, _Job] = OrderedDict()

    def ask(self, key: Key, make: Callable[[], bytes], *, long: bool, patience: float) -> bytes | None:
        """Return a file, None where it is not ready in *patience* seconds; what failed fails again for whoever asks first.

        Raises:
            Busy: Too many others are being made.
        """
        future = self._start(key, make, long=long)
        wait([future], timeout=patience)
        if not future.done() or future.cancelled():
            return None
        if error := future.exception():
            with self._lock:
                self._jobs.pop(key, None)
            raise error
        self._forget()
        return future.result()

    def seconds(self, key: Key) -> int | None:
        """Return for how many seconds a file has been in work; None where it is not."""
        with self._lock:
            job = self._jobs.get(key)
            return None if job is None or job.future.done() else int(monotonic() - job.begun)

    def size(self, key: Key) -> int | None:
        """Return how many bytes a file has that is ready; None where it is not."""
        with self._lock:
            job = self._jobs.get(key)
        done = job is not None and job.future.done() and not job.future.cancelled() and job.future.exception() is None
        return len(job.future.result()) if job and done else None

    def close(self) -> None:
        """Make nothing more, and end what is in work in a process of its own."""
        pdf.stop()
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)

    def _start(self, key: Key, make: Callable[[], bytes], *, long: bool) -> Future[bytes]:
        with self._lock:
            for stale in [known for known in self._jobs if known[0] != key[0]]:
                self._jobs.pop(stale).future.cancel()
            if key not in self._jobs:
                if sum(not job.future.done() for job in self._jobs.values()) >= MOST_WAITING:
                    raise Busy("Many files are being made. Ask again in a few seconds.")
                self._jobs[key] = _Job(monotonic(), self._pools[long].submit(make))
            self._jobs.move_to_end(key)
            return self._jobs[key].future

    def _forget(self) -> None:
        """Let go of the files that were asked for longest ago, as long as all together are too many bytes."""
        with self._lock:
            ready = {key: job.future for key, job in self._jobs.items() if job.future.done() and not job.future.cancelled()}
            sizes = {key: len(future.result()) for key, future in ready.items() if future.exception() is None}
            for key in list(sizes)[:-1]:
                if sum(sizes.values()) <= MOST_BYTES:
                    return
                sizes.pop(key)
                self._jobs.pop(key)
