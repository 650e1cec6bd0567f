"""ropa.store.readers: the processes that evaluate are replaced when they are killed, and none outlives its server."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from threading import Thread

import pyoxigraph as ox
import pytest

from ropa.errors import Busy, StoreProblem, TooMuch
from ropa.store import reader
from ropa.store.evaluation import Asked, Limits
from ropa.store.frames import Channel
from ropa.store.readers import Checkpoints, ReaderPool
from tests.reading import ASK, BASE, LIMITS, RUNAWAY, checkpoints, csv, has_snapshot, looks_into_proc, pool, readers, store, wait_until

__all__ = ["checkpoints", "pool", "store"]

pytestmark = looks_into_proc


def works(process: int) -> bool:
    """Tell whether a process has computed for longer than a start takes."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return int(fields[11]) + int(fields[12]) > 0.6 * os.sysconf("SC_CLK_TCK")


def works_again(pool: ReaderPool) -> bool:
    try:
        return csv(pool, "SELECT (1 AS ?x) {}") == ["1"]
    except StoreProblem:
        return False


def test_a_reader_that_is_killed_while_it_works_is_told_and_replaced(checkpoints: Checkpoints) -> None:
    others = readers()
    with closing(ReaderPool(checkpoints.current, BASE, readers=1, spare=0)) as pool, ThreadPoolExecutor(1) as threads:
        running = threads.submit(pool.evaluate, Asked(RUNAWAY["aggregate"]), Limits(600))
        assert wait_until(lambda: any(map(has_snapshot, readers() - others)))
        (killed,) = readers() - others
        os.kill(killed, signal.SIGKILL)

        with pytest.raises(TooMuch, match="ended with SIGKILL"):
            running.result()
        assert csv(pool, "SELECT (1 AS ?x) {}") == ["1"]


def test_readers_that_are_killed_while_they_wait_are_replaced(pool: ReaderPool) -> None:
    assert csv(pool, "SELECT (1 AS ?x) {}") == ["1"]
    for process in readers():
        os.kill(process, signal.SIGKILL)

    assert wait_until(lambda: not readers())
    assert csv(pool, "SELECT (1 AS ?x) {}") == ["1"]
    assert len(readers()) == 2


def test_readers_do_not_heed_ctrl_c_or_the_end_of_a_service(pool: ReaderPool) -> None:
    assert csv(pool, "SELECT (1 AS ?x) {}") == ["1"]
    assert csv(pool, "SELECT (1 AS ?x) {}") == ["1"]
    (used,) = filter(has_snapshot, readers())
    for sent in (signal.SIGINT, signal.SIGTERM):
        os.kill(used, sent)

    assert csv(pool, "SELECT (1 AS ?x) {}") == ["1"]
    assert used in readers()


def test_sixteen_threads_get_their_own_answers(checkpoints: Checkpoints) -> None:
    with closing(ReaderPool(checkpoints.current, BASE, readers=2, patience=60)) as pool, ThreadPoolExecutor(16) as threads:
        asked = [f"SELECT ?title {{ <thing/{number}> <next> ?n . ?n <title> ?title }}" for number in range(200)]
        found = list(threads.map(lambda text: csv(pool, text)[0], asked))

    assert found == [f'"The {number + 1}th, ""quoted"",' for number in range(200)]


def test_too_many_at_once_are_told_so(checkpoints: Checkpoints) -> None:
    others = readers()
    with ThreadPoolExecutor(1) as threads, closing(ReaderPool(checkpoints.current, BASE, readers=1, patience=0.1)) as pool:
        running = threads.submit(pool.evaluate, Asked(RUNAWAY["aggregate"]), Limits(600))
        assert wait_until(lambda: any(map(has_snapshot, readers() - others)))

        with pytest.raises(Busy, match="not evaluated"):
            pool.evaluate(Asked(ASK), LIMITS)
        assert not running.done()


def test_closing_ends_every_process_and_what_still_runs(checkpoints: Checkpoints) -> None:
    others = readers()
    with ThreadPoolExecutor(1) as threads, closing(ReaderPool(checkpoints.current, BASE, readers=2)) as pool:
        running = threads.submit(pool.evaluate, Asked(RUNAWAY["aggregate"]), Limits(600))
        assert wait_until(lambda: any(map(has_snapshot, readers() - others)))
        pool.close()

        assert readers() == others
        with pytest.raises(StoreProblem, match="closed"):
            running.result()
        with pytest.raises(StoreProblem, match="closed"):
            pool.evaluate(Asked(ASK), LIMITS)
        assert readers() == others


@pytest.mark.parametrize("text", [RUNAWAY["aggregate"], RUNAWAY["product"], "ASK {}"], ids=["aggregate", "product", "idle"])
def test_no_reader_outlives_a_server_that_is_killed(store: ox.Store, tmp_path: Path, text: str) -> None:
    store.backup(str(tmp_path / "engine"))
    program = f"""
        import sys
        from pathlib import Path
        from ropa.store.evaluation import Asked, Limits
        from ropa.store.readers import ReaderPool, Snapshot
        pool = ReaderPool(lambda: Snapshot(Path({str(tmp_path / "engine")!r}), 0), {BASE!r})
        pool.evaluate(Asked("ASK {{}}"), Limits(60))
        print("ready", flush=True)
        pool.evaluate(Asked({text!r}), Limits(600))
        sys.stdin.read()
    """
    lines = "\n".join(line.strip() for line in program.splitlines())
    with subprocess.Popen([sys.executable, "-c", lines], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n"
        started = readers(server.pid)
        assert len(started) == 3
        if "ASK" not in text:
            assert wait_until(lambda: any(works(process) for process in started))
        server.kill()

    assert wait_until(lambda: not any(Path(f"/proc/{process}").exists() for process in started))


def test_a_reader_that_holds_much_memory_says_so(checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = (Channel(end) for end in socket.socketpair())
    question = {"folder": str(checkpoints.current().folder), "asked": {"text": ASK}, "limits": {}}

    def serve() -> None:
        with suppress(EOFError):
            reader.Reader(theirs, BASE, []).serve()

    serving = Thread(target=serve)
    serving.start()
    assert ours.receive().head == {"ready": True}
    told = []
    for most in (1 << 50, -1 << 50):
        monkeypatch.setattr(reader, "_MOST_KEPT", most)
        ours.send(question)
        told.append(ours.receive().head["tired"])
    ours.close()
    serving.join()
    theirs.close()

    assert told == [False, True]


def test_a_reader_that_cannot_start_is_told(checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with closing(ReaderPool(checkpoints.current, BASE, readers=1, spare=0)) as pool:
        with pytest.raises(StoreProblem, match="does not start: it ended with code 1"):
            pool.evaluate(Asked(ASK), LIMITS)
        monkeypatch.undo()

        assert wait_until(lambda: works_again(pool))
