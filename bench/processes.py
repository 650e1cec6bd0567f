"""Processes that are measured: started on a core of their own, watched while they work, ended with all that they started.

In:  a command. Out: seconds, and MB of memory as the kernel counts them (Linux's ``/proc``).

Memory is that of a process and of all below it; a page that several of them share is divided among them.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Event, Lock, Thread

_TICKS = os.sysconf("SC_CLK_TCK")

_LOOK = 0.25

SERVER_CORE, LOAD_CORE = 0, 1
"""What is measured runs on the one, what asks on the other, where there are two."""


def pinned(command: Sequence[str], core: int) -> list[str]:
    """Return a command that keeps to one core, where the machine has two and can be told so."""
    if (os.cpu_count() or 1) < 2 or shutil.which("taskset") is None:
        return list(command)
    return ["taskset", "-c", str(core), *command]


def pin_this(core: int) -> None:
    """Keep this process to one core, where the machine has two."""
    if len(os.sched_getaffinity(0)) > 1:
        os.sched_setaffinity(0, {core})


def run(command: Sequence[str]) -> tuple[float, float, str]:
    """Run a command on the core of servers until it ends.

    Returns:
        Seconds, peak MB of its memory, what it printed.

    Raises:
        RuntimeError: It failed; the message is what it said.
    """
    started = time.perf_counter()
    process = subprocess.Popen(pinned(command, SERVER_CORE), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with Watch(process.pid, every=0.02) as watch:
        printed, said = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {said.strip()[-2000:]}")
    return time.perf_counter() - started, watch.peak, printed


def end_cleanly() -> None:
    """Let SIGTERM end this process as an error does, so that what it started is ended too."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))


def tree(pid: int) -> list[int]:
    """Return a process and all that it started, as far as they live."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        try:
            for task in Path(f"/proc/{one}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
        except OSError:
            continue
        found.append(one)
    return found


def lives(pid: int) -> bool:
    """Tell whether a process runs; one that has ended and is not yet collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def resident(pids: Sequence[int]) -> float:
    """Return the memory of some processes together, in MB; a page that several share is divided among them."""
    kilobytes = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        kilobytes += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kilobytes * 1024 / 1e6


def busy(pids: Sequence[int]) -> float:
    """Return the seconds that processes have worked on a core, together."""
    ticks = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICKS


def wait_until_idle(pid: int, quiet: float, patience: float) -> float:
    """Wait until a process and all below it do nothing for *quiet* seconds; return the seconds that took, *patience* at most."""
    started = last = time.monotonic()
    before = busy(tree(pid))
    while time.monotonic() - last < quiet and time.monotonic() - started < patience:
        time.sleep(_LOOK)
        now = busy(tree(pid))
        # A clock that ticks now and then is no work.
        if now - before > _LOOK / 10:
            last = time.monotonic()
        before = now
    return time.monotonic() - started


def end(process: subprocess.Popen[bytes], patience: float = 20) -> None:
    """Ask a process to end, and end it and all below it where it does not."""
    below = tree(process.pid)
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pid in below:
        if pid != process.pid and lives(pid):
            os.kill(pid, 9)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


class Watch:
    """Notes the memory of a process and of all below it, again and again.

    Attributes:
        samples: (seconds since the start, MB of the process, MB of those below it), in order.
    """

    def __init__(self, pid: int, every: float = 0.5) -> None:
        self.pid = pid
        self.samples: list[tuple[float, float, float]] = []
        self._every = every
        self._lock = Lock()
        self._ended = Event()
        self._thread = Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def start(self) -> Watch:
        """Begin, for those who cannot use a ``with`` block."""
        return self.__enter__()

    def stop(self) -> None:
        """End."""
        self._ended.set()
        self._thread.join()

    @property
    def peak(self) -> float:
        """The most that all had at once so far, in MB."""
        with self._lock:
            return max((own + below for _, own, below in self.samples), default=0.0)

    def _sample(self) -> None:
        started = time.monotonic()
        while True:
            first, *others = tree(self.pid) or [self.pid]
            told = (time.monotonic() - started, resident([first]), resident(others))
            with self._lock:
                self.samples.append(told)
            if self._ended.wait(self._every):
                return


def say(text: str) -> None:
    """Tell how far it is, on standard error."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stderr.flush()
