"""webapp.server: the real process, started by the command, stopped and started again."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SERVE = """
import sys
from pathlib import Path
from ropa.store import open_store
from webapp.server import run
with open_store(Path(sys.argv[1])) as store:
    run(store, "127.0.0.1", 0)
"""


@contextmanager
def serving(store: Path) -> Iterator[str]:
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(store)], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        address = re.match(r"http://127\.0\.0\.1:\d+", line)
        assert address, line + process.stderr.read()
        yield address[0]
    finally:
        process.terminate()
        process.wait(timeout=20)
        process.stderr.close()


def ask(address: str, query: str) -> object:
    request = urllib.request.Request(  # noqa: S310 - the address is this machine's
        f"{address}/sparql", data=query.encode(), headers={"Content-Type": "application/sparql-query", "Accept": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
        return json.loads(response.read())


def test_a_server_stopped_and_started_again_has_the_same_data(store_folder: Path) -> None:
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    with serving(store_folder) as address:
        first = ask(address, count)
    with serving(store_folder) as address:
        assert ask(address, count) == first


def test_a_long_chain_of_operators_does_not_end_the_process(store_folder: Path) -> None:
    with serving(store_folder) as address:
        assert ask(address, "ASK { FILTER(" + "!" * 40_000 + "1) }") == {"head": {}, "boolean": True}
        assert ask(address, "ASK { FILTER(" + "1&&" * 15_000 + "1) }") == {"head": {}, "boolean": True}
