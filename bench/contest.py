"""What those that are compared have in common: being filled, started, asked, watched and stopped."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import load, processes
from bench.answers import JSON
from bench.wire import Reply, Unfinished, ask, query_path

PYTHON = sys.executable
BIN = Path(PYTHON).parent
_START = 3600
"""Seconds that a server may take until it answers; those in memory read everything first."""


@dataclass(frozen=True)
class Filled:
    """What filling cost.

    Attributes:
        peak: MB of memory. disk: MB of files; history: how many of them are a history of changes.
    """

    seconds: float
    peak: float
    disk: float
    history: float = 0


class Contestant(ABC):
    """One of those that are compared.

    Attributes:
        place: Its own folder below the one to work in.
    """

    name = ""
    every = 0.2
    """Seconds between two looks at its memory."""

    def __init__(self, work: Path, file: Path) -> None:
        self.work, self.file = work, file
        self.place = work / self.name
        self.process: subprocess.Popen[bytes] | None = None
        self.watch: processes.Watch | None = None

    def fill(self) -> Filled | None:
        """Put the file into its folder; None where that is a part of starting."""
        return None

    @abstractmethod
    def start(self) -> float:
        """Start it, and return the seconds until its first answer."""

    @abstractmethod
    def ask(self, text: str, form: str, patience: float, headers: Mapping[str, str] | None = None) -> Reply:
        """Return the answer to a query, in a media type.

        Raises:
            Unfinished: It does not come in *patience* seconds.
        """

    @abstractmethod
    def look_up(self, things: Sequence[str], connections: int, seconds: float, mark: str, headers: Mapping[str, str]) -> load.Load:
        """See :func:`bench.load.lookups`."""

    @property
    def log_file(self) -> Path:
        """Where what it says goes."""
        return self.work / f"{self.name}.log"

    @property
    def pid(self) -> int:
        """The process that runs; a start by ``taskset`` becomes the command."""
        assert self.process is not None, f"{self.name} does not run"  # noqa: S101 - a mistake of ours
        return self.process.pid

    def memory(self) -> float:
        """Return the MB that it and all below it have now."""
        return processes.resident(processes.tree(self.pid))

    def stop(self) -> None:
        """End it; nothing happens where it does not run."""
        if self.watch is not None:
            self.watch.stop()
        if self.process is not None:
            processes.end(self.process)
            self.process = None

    def _launch(self, command: Sequence[str], *, pipes: bool = False) -> None:
        end = subprocess.PIPE if pipes else subprocess.DEVNULL
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(processes.pinned(command, processes.SERVER_CORE), stdin=end, stdout=end, stderr=log)
        self.watch = processes.Watch(self.process.pid, self.every).start()

    def _fill_by(self, command: Sequence[str], folder: Path) -> Filled:
        seconds, peak, printed = processes.run(command)
        told = float(printed) if printed.strip() else seconds
        return Filled(told, peak, size_of(folder), size_of(folder / "history"))


class Server(Contestant):
    """One that is asked by HTTP."""

    prefix = "/sparql"

    def __init__(self, work: Path, file: Path) -> None:
        super().__init__(work, file)
        self.port = 0

    @abstractmethod
    def command(self) -> list[str]:
        """Return what starts it on its port."""

    def start(self) -> float:
        """Start it; it is there when it answers a query."""
        self.port = free_port()
        started = time.perf_counter()
        self._launch(self.command())
        while time.perf_counter() - started < _START:
            if self.process is None or self.process.poll() is not None:
                break
            try:
                if self.ask("ASK {}", JSON, 60).status == 200:
                    return time.perf_counter() - started
            except Unfinished:
                pass
            time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"{self.name} does not start: {(self.work / f'{self.name}.log').read_text('utf-8', 'replace')[-2000:]}")

    def ask(self, text: str, form: str, patience: float, headers: Mapping[str, str] | None = None) -> Reply:
        """Return the answer to a query by GET."""
        return ask(self.port, query_path(self.prefix, text), {"Accept": form, **(headers or {})}, patience=patience)

    def look_up(self, things: Sequence[str], connections: int, seconds: float, mark: str, headers: Mapping[str, str]) -> load.Load:
        """Look things up by HTTP."""
        return load.lookups(load.Asked(self.port, self.prefix, things, mark, {"Accept": JSON, **headers}), connections, seconds)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def size_of(folder: Path) -> float:
    """Return the MB of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
