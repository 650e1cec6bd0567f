"""The real server: a process started by the command line over a folder, found ready, and ended."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.protocol.servers import command, free_port, run_ropa, running


@contextmanager
def serving(store: Path, *options: str) -> Iterator[str]:
    """Serve a store by ``ropa serve`` and yield its address, such as ``http://127.0.0.1:40123``."""
    port = free_port()
    log = store.with_name(f"{store.name}.log")
    with running([command("ropa"), "serve", str(store), "--port", str(port), *options], port, log):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def started(store: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start ``ropa serve`` and yield its process, with what it says at a pipe, and its address; it is ended if the test has not done so."""
    port = free_port()
    with subprocess.Popen(
        [command("ropa"), "serve", str(store), "--port", str(port), *options], stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process, f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def read_line(process: subprocess.Popen[str]) -> str:
    """Return the next line that a process says; the first of a server is where it listens, or a warning."""
    assert process.stderr is not None
    return process.stderr.readline()


def make_token(store: Path, role: str = "editor") -> str:
    """Make a token of a store."""
    return run_ropa("token", "create", str(store), "--role", role).strip()
