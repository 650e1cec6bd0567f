"""Real SPARQL servers for tests: started on a free port in a folder of their own, and gone afterwards."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import urllib3

OXIGRAPH = shutil.which("oxigraph", path=str(Path(sys.executable).parent)) or shutil.which("oxigraph")
VIRTUOSO, ISQL = shutil.which("virtuoso-t"), shutil.which("isql-vt")
_PATIENCE = 60
"""Seconds that a server may take to answer for the first time."""


@dataclass
class Server:
    """A server that runs until it is stopped; it keeps its folder and port when it is started again.

    Attributes:
        query, update, graphs: Its addresses.
    """

    command: Sequence[str]
    place: Path
    query: str
    update: str
    graphs: str
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self, *, wait: bool = True) -> None:
        """Start it, and wait until it answers."""
        with (self.place / "log").open("ab") as log:
            self.process = subprocess.Popen(self.command, cwd=self.place, stdout=log, stderr=subprocess.STDOUT)
        if wait:
            wait_until(self.answers, f"{self.command[0]} does not answer:\n{(self.place / 'log').read_text('utf-8', 'replace')}")

    def answers(self) -> bool:
        """Whether it answers just now."""
        with suppress(urllib3.exceptions.HTTPError):
            reply = urllib3.request("GET", self.query, fields={"query": "ASK {}"}, retries=False, timeout=5)
            return reply.status == 200
        return False

    def kill(self) -> None:
        """End it at once."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_until(condition: Callable[[], bool], otherwise: str, seconds: float = _PATIENCE) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, otherwise
        time.sleep(0.05)


def oxigraph_server(place: Path, *, union: bool = True, options: Sequence[str] = ()) -> Server:
    """Oxigraph's own server on a folder, not started yet; skips where it is not installed."""
    if OXIGRAPH is None:
        pytest.skip("Oxigraph's server is not installed: pip install oxigraph")
    address = f"127.0.0.1:{free_port()}"
    extra = [*(["--union-default-graph"] if union else []), *options]
    place.mkdir(parents=True, exist_ok=True)
    return Server(
        [OXIGRAPH, "serve", "--location", str(place / "data"), "--bind", address, *extra],
        place,
        f"http://{address}/query",
        f"http://{address}/update",
        f"http://{address}/store",
    )


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """A server from start to end."""
    try:
        server.start()
        yield server
    finally:
        server.kill()


@contextmanager
def oxigraph(place: Path, *, union: bool = True, options: Sequence[str] = ()) -> Iterator[Server]:
    """Oxigraph's own server on a folder; skips where it is not installed."""
    with running(oxigraph_server(place, union=union, options=options)) as server:
        yield server


@contextmanager
def virtuoso(place: Path) -> Iterator[Server]:
    """Virtuoso on a folder; whoever asks may write. Skips where it is not installed."""
    if VIRTUOSO is None or ISQL is None:
        pytest.skip("Virtuoso is not installed: apt-get install virtuoso-opensource-7-bin")
    place.mkdir(parents=True, exist_ok=True)
    web, sql = free_port(), free_port()
    (place / "virtuoso.ini").write_text(_SETTINGS.format(web=web, sql=sql), "utf-8")
    root = f"http://127.0.0.1:{web}/sparql"
    command = [VIRTUOSO, "+foreground", "+configfile", "virtuoso.ini", "+wait"]
    with running(Server(command, place, root, root, f"{root}-graph-crud")) as server:
        grant = 'GRANT SPARQL_UPDATE TO "SPARQL";'
        subprocess.run([ISQL, f"127.0.0.1:{sql}", "dba", "dba", f"exec={grant}"], check=True, capture_output=True, timeout=60)
        yield server


_SETTINGS = """\
[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
FileExtend = 200
[TempDatabase]
DatabaseFile = virtuoso-temp.db
TransactionFile = virtuoso-temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
DirsAllowed = .
CaseMode = 2
NumberOfBuffers = 10000
MaxDirtyBuffers = 6000
[HTTPServer]
ServerPort = 127.0.0.1:{web}
ServerThreads = 10
[SPARQL]
ResultSetMaxRows = 10000
"""
