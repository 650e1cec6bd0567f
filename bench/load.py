"""Many light requests at once, by ``wrk`` where it is installed, else by processes of our own.

In:  a port, a path with a place for a thing, the things. Out: how many were answered in how many seconds, and how fast.

``wrk`` sends some hundred thousand requests a second; a process of our own three thousand, so its numbers of fast servers
are those of the sender. The table tells which of the two was used.
"""

from __future__ import annotations

import json
import multiprocessing
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from statistics import quantiles
from urllib.parse import quote

from bench import processes
from bench.wire import HOST

_SCRIPT = Path(__file__).parent / "lookups.lua"
_PATIENCE = 10

LOOKUP = "SELECT ?propertyNUMBER ?valueNUMBER WHERE { <THING> ?propertyNUMBER ?valueNUMBER }"
"""All that is said of one thing. Another NUMBER makes another text of the same question."""


@dataclass(frozen=True)
class Load:
    """What came of it.

    Attributes:
        requests, failed: How many were answered, and how many of them (or beside them) were not answered with 2xx or 3xx.
        median_ms, slow_ms: The latency of half the requests, and of 99 of 100.
    """

    requests: int
    seconds: float
    failed: int
    median_ms: float
    slow_ms: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


@dataclass(frozen=True)
class Asked:
    """Who is asked for what.

    Attributes:
        prefix: Path of the endpoint. things: IRIs.
        mark: Letters and digits that no other run uses: then no text comes twice. "" sends the same texts again and again.
    """

    port: int
    prefix: str
    things: Sequence[str]
    mark: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The path of a request, in which THING and NUMBER stand for what differs."""
        return f"{self.prefix}?query=" + quote(LOOKUP, safe="")

    @property
    def coded(self) -> list[str]:
        """The things as they stand in a path."""
        return [quote(thing, safe="") for thing in self.things]


def sender() -> str:
    """Return the name of what sends: ``wrk`` or ``python``."""
    return "wrk" if shutil.which("wrk") else "python"


def lookups(asked: Asked, connections: int, seconds: float, *, with_wrk: bool | None = None) -> Load:
    """Look things up for some seconds, each connection sending its next request when the last one is answered.

    Args:
        with_wrk: None uses it where it is there, for whole seconds, which is how it counts.
    """
    if with_wrk is None:
        with_wrk = sender() == "wrk" and seconds >= 1
    return _by_wrk(asked, connections, seconds) if with_wrk else _by_processes(asked, connections, seconds)


def _by_wrk(asked: Asked, connections: int, seconds: float) -> Load:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("".join(thing + "\n" for thing in asked.coded))
        file.flush()
        told = [f"{name}: {value}" for name, value in asked.headers.items()]
        command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", f"--timeout={_PATIENCE}s", f"-s{_SCRIPT}"]
        command += [f"http://{HOST}:{asked.port}", "--", file.name, asked.path, asked.mark, *told]
        done = subprocess.run(processes.pinned(command, processes.LOAD_CORE), capture_output=True, text=True, check=True)
    return Load(**json.loads(done.stdout.strip().splitlines()[-1]))


def _by_processes(asked: Asked, connections: int, seconds: float) -> Load:
    jobs = [(replace(asked, mark=asked.mark and f"{asked.mark}y{number}"), seconds) for number in range(connections)]
    with multiprocessing.get_context("spawn").Pool(connections) as pool:
        parts = pool.starmap(_send, jobs)
    taken = sorted(second for times, _ in parts for second in times)
    failed = sum(failed for _, failed in parts)
    cuts = quantiles(taken, n=100) if len(taken) > 1 else [0.0] * 99
    return Load(len(taken), seconds, failed, cuts[49] * 1000, cuts[98] * 1000)


def _send(asked: Asked, seconds: float) -> tuple[list[float], int]:
    """Send requests on one connection; return the seconds of each, and how many failed."""
    processes.pin_this(processes.LOAD_CORE)
    path, things = asked.path, asked.coded
    taken: list[float] = []
    failed = 0
    connection = HTTPConnection(HOST, asked.port, timeout=_PATIENCE)
    ends = time.monotonic() + seconds
    number = 0
    while time.monotonic() < ends:
        number += 1
        full = path.replace("THING", things[number * 7919 % len(things)]).replace("NUMBER", f"{asked.mark}x{number}" if asked.mark else "")
        started = time.perf_counter()
        try:
            connection.request("GET", full, headers=dict(asked.headers))
            response = connection.getresponse()
            response.read()
        except (OSError, HTTPException):
            failed += 1
            connection.close()
            continue
        failed += response.status >= 400
        taken.append(time.perf_counter() - started)
    connection.close()
    return taken, failed
