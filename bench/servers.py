"""Those that are compared: how each is filled, started, asked and stopped.

In:  a file of N-Quads and a folder to work in. Out: seconds, bytes, answers.

=================  ==========================================================================================
``ropa``           ``ropa serve`` on the disk
``ropa-memory``    ``ropa serve`` with its copy in memory
``oxigraph``       ``oxigraph serve --location``, filled by ``oxigraph load``
``oxigraph-memory``  ``oxigraph serve`` without a location, filled by one PUT of its graph store
``rdflib``         rdflib-endpoint over a store of rdflib, in memory, under uvicorn
``plain``          pyoxigraph alone on the disk: query and serialise in one process, the limit of what wraps it
``plain-memory``   the same in memory
=================  ==========================================================================================
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from bench import load
from bench.contest import BIN, PYTHON, Contestant, Filled, Server, size_of
from bench.wire import Reply

UNLIMITED = """[anonymous]
seconds = 3600
rows = "unlimited"
answer_bytes = "unlimited"
memory_bytes = "unlimited"
requests_per_minute = "unlimited"
"""
"""A file of limits for our server under which nothing is refused; how many queries run at once stays as it is."""


class Ropa(Server):
    """Our server on the disk."""

    name = "ropa"
    copy = "never"
    limits = UNLIMITED
    log = "none"

    def fill(self) -> Filled:
        """Fill a store of ours."""
        return self._fill_by([PYTHON, "-m", "bench.workers", "fill-ropa", str(self.file), str(self.place)], self.place)

    def command(self) -> list[str]:
        """Return our command."""
        limits = self.work / "limits.toml"
        limits.write_text(self.limits, "utf-8")
        options = ["--port", str(self.port), "--memory", self.copy, "--limits", str(limits), "--log", self.log]
        return [str(BIN / "ropa"), "serve", str(self.place), *options]


class RopaInMemory(Ropa):
    """Our server with its copy in memory, on a copy of the same folder."""

    name = "ropa-memory"
    copy = "always"

    def fill(self) -> Filled:
        """Fill a store of ours, or copy the one that is filled."""
        other = self.work / Ropa.name
        if not other.is_dir():
            return super().fill()
        started = time.perf_counter()
        shutil.copytree(other, self.place)
        return Filled(time.perf_counter() - started, 0, size_of(self.place), size_of(self.place / "history"))


class Oxigraph(Server):
    """Oxigraph's server on the disk."""

    name = "oxigraph"
    prefix = "/query"

    def fill(self) -> Filled | None:
        """Fill it by its own command."""
        return self._fill_by([str(BIN / "oxigraph"), "load", "--location", str(self.place), "--file", str(self.file)], self.place)

    def command(self) -> list[str]:
        """Return its own command."""
        return [str(BIN / "oxigraph"), "serve", "--bind", f"127.0.0.1:{self.port}", "--union-default-graph", *self.where()]

    def where(self) -> list[str]:
        """Return the options that tell where its data lie."""
        return ["--location", str(self.place)]


class OxigraphInMemory(Oxigraph):
    """Oxigraph's server in memory."""

    name = "oxigraph-memory"

    def fill(self) -> None:
        """Do nothing: it is filled when it runs."""

    def where(self) -> list[str]:
        """Return no place."""
        return []

    def start(self) -> float:
        """Start it and send it the file."""
        started = time.perf_counter()
        super().start()
        target = f"http://127.0.0.1:{self.port}/store"
        given = ["--silent", "--show-error", "--fail", "--header", "Content-Type: application/n-quads", "--upload-file", str(self.file)]
        subprocess.run(["curl", *given, target], check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - started


class Rdflib(Server):
    """rdflib-endpoint over rdflib's own store."""

    name = "rdflib"
    prefix = "/"

    def command(self) -> list[str]:
        """Return what serves the file."""
        return [PYTHON, "-m", "bench.workers", "rdflib", str(self.file), str(self.port)]


class Plain(Contestant):
    """pyoxigraph alone, on the disk."""

    name = "plain"

    def fill(self) -> Filled | None:
        """Fill a folder of the engine."""
        return self._fill_by([PYTHON, "-m", "bench.workers", "fill-plain", str(self.file), str(self.place)], self.place)

    def source(self) -> Path:
        """Return what it reads from."""
        return self.place

    def start(self) -> float:
        """Open the folder."""
        started = time.perf_counter()
        self._launch([PYTHON, "-m", "bench.workers", "plain", str(self.source())], pipes=True)
        if self._read() != b"ready\n":
            raise RuntimeError(f"{self.name} does not start, see {self.log_file}")
        return time.perf_counter() - started

    def ask(self, text: str, form: str, patience: float, headers: Mapping[str, str] | None = None) -> Reply:
        """Return the answer and the seconds that it took inside; nothing is cut off after *patience*."""
        told = self._send({"text": text, "form": form})
        assert self.process is not None and self.process.stdout is not None  # noqa: S101, PT018 - asked after it started
        body = self.process.stdout.read(cast(int, told["length"]))
        return Reply(200, {"content-type": form}, body, told["seconds"])

    def look_up(self, things: Sequence[str], connections: int, seconds: float, mark: str, headers: Mapping[str, str]) -> load.Load:
        """Look things up one after the other: there are no connections."""
        told = self._send({"things": list(things), "seconds": seconds, "mark": mark})
        return load.Load(**cast(dict[str, int], told))

    def _send(self, asked: Mapping[str, object]) -> dict[str, float]:
        assert self.process is not None and self.process.stdin is not None  # noqa: S101, PT018 - asked after it started
        self.process.stdin.write(json.dumps(asked).encode() + b"\n")
        self.process.stdin.flush()
        return cast(dict[str, float], json.loads(self._read()))

    def _read(self) -> bytes:
        assert self.process is not None and self.process.stdout is not None  # noqa: S101, PT018 - asked after it started
        return self.process.stdout.readline()


class PlainInMemory(Plain):
    """pyoxigraph alone, in memory."""

    name = "plain-memory"

    def fill(self) -> None:
        """Do nothing: it reads the file when it starts."""

    def source(self) -> Path:
        """Return the file."""
        return self.file


CONTESTANTS: dict[str, type[Contestant]] = {
    kind.name: kind for kind in (Ropa, RopaInMemory, Oxigraph, OxigraphInMemory, Rdflib, Plain, PlainInMemory)
}
