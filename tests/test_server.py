"""webapp.serving.server: the application in a process of its own."""

from __future__ import annotations

import json
import logging
import signal
import socket
import urllib.request
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from queue import Queue
from urllib.parse import urlsplit

from tests.serving import read_line, serving, started
from webapp.serving import logs


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
        assert ask(address, "ASK { FILTER(" + "1&&" * 5_000 + "1) }") == {"head": {}, "boolean": True}


def test_a_server_that_is_told_to_stop_lets_go_of_everything(store_folder: Path) -> None:
    with started(store_folder) as (process, address):
        assert address in read_line(process)
        ask(address, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
        process.send_signal(signal.SIGTERM)

        assert process.wait(timeout=30) == 0
    assert not (store_folder / "control.sock").exists()
    assert list((store_folder / "readers").glob("*")) == []
    with socket.socket() as closed:
        assert closed.connect_ex(("127.0.0.1", int(address.rpartition(":")[2]))) != 0


def test_a_server_that_others_can_reach_says_so(store_folder: Path) -> None:
    with started(store_folder, "--host", "0.0.0.0") as (process, _):  # noqa: S104 - it is warned of
        assert "warning: 0.0.0.0 can be reached from other machines" in read_line(process)


def test_requests_are_logged_without_their_queries(store_folder: Path) -> None:
    with started(store_folder, "--log", "json") as (process, address):
        read_line(process)
        ask(address, 'SELECT ?o { <http://e/s> ?p ?o FILTER(?o != "a secret name") }')
        line = read_line(process)

    told = json.loads(line)
    assert (told["method"], told["path"], told["status"], len(told["query"])) == ("POST", "/sparql", 200, 16)
    assert "secret" not in line


def test_nobody_waits_for_a_log_that_is_not_read(store_folder: Path) -> None:
    with started(store_folder) as (process, address):
        assert address in read_line(process)
        with closing(HTTPConnection(urlsplit(address).netloc, timeout=20)) as connection:
            # More lines than a pipe takes.
            for number in range(3_000):
                connection.request("GET", f"/healthz?number={number}")
                assert connection.getresponse().read()
        ask(address, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
        process.send_signal(signal.SIGTERM)

        assert process.wait(timeout=30) == 0
        assert process.stderr is not None
        lines = process.stderr.read().splitlines()
    assert sum(" GET /healthz 200 " in line for line in lines) > 500


def test_lines_that_are_left_out_of_the_log_are_counted() -> None:
    queue: Queue[logging.LogRecord | None] = Queue(3)
    handler = logs._Queued(queue)

    def log(*names: str) -> None:
        for name in names:
            handler.handle(logging.makeLogRecord({"msg": name}))

    def read() -> list[str]:
        records = [queue.get_nowait() for _ in range(queue.qsize())]
        return [record.getMessage() for record in records if record]

    log("a", "b", "c", "d", "e")
    assert read() == ["a", "b", "c"]
    log("f")
    assert read() == ["2 lines are missing here: the log was not read as fast as it was written", "f"]
