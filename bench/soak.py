"""Eight clients for five minutes: reads, governed writes, runaway queries, all at once; what comes of it, and what is lost.

    python -m bench.soak --minutes 5 --clients 8

Starts our server on a store of some 100 000 statements, the registers of data/ and synthetic ones with their evidence. Each
client does one thing after the other (``bench/actions.py``). At the end everything that was acknowledged is looked for, once
more in a backup, and once more after the server was killed in the midst of writes and started again. Memory is noted each
second (what counts as growth: ``bench/growth.py``). Exits with 1 if an answer was other than intended, something was lost, or
memory grows.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter as Tally
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from statistics import median
from typing import Any

from bench import processes
from bench.actions import ACTIONS, SHARED, graph_path, own_counter, read_lines
from bench.answers import placed
from bench.clients import Answer, Client, Noted, Target
from bench.contest import BIN
from bench.growth import Sample, tell
from bench.ledger import Ledger, Lines
from bench.processes import say
from bench.servers import Ropa
from bench.synthetic import generate
from bench.tables import paste
from bench.wire import ask
from ropa.files import folder
from ropa.namespaces import DEFAULT_BASE
from ropa.registers import read_files, read_vocabulary
from ropa.store.embedded import EmbeddedStore

_LIMITS = """[anonymous]
seconds = 3
requests_per_minute = "unlimited"
"""
"""Who comes without a token sends the runaways here; a short limit makes for more of them."""
_ORPHANS = 10
"""Seconds after which nothing of a killed server may run."""
_ROWS = 20_000
_PAGES = ["/", "/registers/synthetic-1", "/findings", "/id/synthetic-1/activity/a1", "/questions/retention-schedule"]
_SHOWN = 20


class Soaked(Ropa):
    """Our server, as it is without options but with its log kept."""

    copy = "auto"
    limits = _LIMITS
    log = "text"
    every = 1.0

    def kill(self) -> list[int]:
        """End it as a power cut would, and return what it had started."""
        below = [pid for pid in processes.tree(self.pid) if pid != self.pid]
        os.kill(self.pid, signal.SIGKILL)
        self.stop()
        return below


def main() -> None:
    """Run it and exit with 1 on any failure."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--activities", type=int, default=80, help="of the synthetic registers, with evidence (80)")
    parser.add_argument("--memory", choices=["auto", "always", "never"], default="auto", help="as for ropa serve (auto)")
    parser.add_argument("--growth", type=float, default=2, help="MB a minute after warming up, at the most (2)")
    parser.add_argument("--into", type=Path, metavar="FILE.md", help="put the tables between the marks <!-- soak --> of a file")
    given = parser.parse_args()
    processes.end_cleanly()
    with tempfile.TemporaryDirectory(prefix="soak-") as work:
        soak = Soak(Path(work), given.clients, given.activities, given.memory)
        wrong = soak.run(given.minutes * 60, given.growth)
        if given.into:
            paste(given.into, "soak", soak.told)
    kinds = Tally(wrong).most_common()
    for sentence, times in kinds[:_SHOWN]:
        print(f"- {times} × {sentence}")
    if len(kinds) > _SHOWN:
        print(f"- and {len(kinds) - _SHOWN} other sentences")
    print("Failed." if wrong else "All as intended.")
    sys.exit(bool(wrong))


class Soak:
    """One run.

    Attributes:
        told: What came of it, in Markdown.

    Args:
        work: An empty folder. activities: Of the synthetic registers, of which each client has one.
        memory: How the server reads, as for ``ropa serve``. shipped: Whether the store has the registers of data/ too.
    """

    def __init__(self, work: Path, clients: int, activities: int, memory: str = "auto", *, shipped: bool = True) -> None:
        self._server = Soaked(work, work / "unused")
        self._server.copy = memory
        self._work, self._clients = work, clients
        self._ledger = Ledger()
        self._wrong: list[str] = []
        self.told = ""
        self._activities = [
            f"{DEFAULT_BASE}id/synthetic-{n + 1}/activity/a{m + 1}" for m in range(activities // clients) for n in range(clients)
        ]
        say("filling the store")
        self._rows = min(_ROWS, fill(self._server.place, activities, clients, shipped=shipped))
        self._pages = [*_PAGES, "/registers/pipcall"] if shipped else _PAGES
        self._tokens = [(self._token("reader"), self._token("editor")) for _ in range(clients)]

    def run(self, seconds: float, growth: float, kill_after: float = 3) -> list[str]:
        """Do it all, print what came of it, and return what went wrong.

        Args:
            growth: MB a minute, at the most. kill_after: Seconds of writes until the server is killed.
        """
        server = self._server
        try:
            say(f"serving after {server.start():.1f} s")
            self._begin_counting()
            noted, samples = self._use(seconds)
            self._tell(_requests(noted) + "\n")
            table, grown = tell(samples)
            self._tell(table)
            if grown > growth:
                self._wrong.append(f"memory grows by {grown:.1f} MB a minute after warming up, {growth:g} at the most")
            self._look("at the end")
            self._look_into_backup()
            self._kill_and_look(kill_after)
        finally:
            server.stop()
        said = server.log_file.read_text("utf-8", "replace")
        if "Traceback" in said:
            self._wrong.append(f"a traceback in the log: …{said[said.index('Traceback') :][:1500]}")
        return self._wrong

    def _use(self, seconds: float) -> tuple[list[Noted], list[Sample]]:
        """Let the clients act, with backups meanwhile; return what they noted, and the memory."""
        watch = self._server.watch
        assert watch is not None  # noqa: S101 - it runs
        first = len(watch.samples)
        with self._acting("s", writing_only=False) as (clients, _):
            started = time.monotonic()
            backups = 1
            while (passed := time.monotonic() - started) < seconds:
                time.sleep(min(0.5, seconds - passed))
                if passed > backups * seconds / 5:
                    self._back_up(f"during-{backups}")
                    backups += 1
                    done = sum(len(client.noted.taken) for client in clients)
                    wrong = sum(len(client.noted.wrong) for client in clients)
                    say(f"{passed:.0f} s, {done} requests, {wrong} wrong, {watch.peak:.0f} MB at most")
            samples = watch.samples[first:]
        return [client.noted for client in clients], samples

    @contextmanager
    def _acting(self, letter: str, *, writing_only: bool) -> Iterator[tuple[list[Client], Target]]:
        """Have clients that act until the context is left; note what they found wrong."""
        target = Target(self._server.port, self._activities, self._pages, self._rows, self._tokens, self._ledger)
        actions = [action for action in ACTIONS if action.writes or not writing_only]
        clients = [Client(number, f"{letter}{number}", target, actions) for number in range(len(self._tokens))]
        for client in clients:
            client.start()
        try:
            yield clients, target
        finally:
            target.ends.set()
            for client in clients:
                client.join()
        self._wrong += [sentence for client in clients for sentence in client.noted.wrong]

    def _tell(self, text: str) -> None:
        print(text)
        self.told += text + "\n"

    def _begin_counting(self) -> None:
        """Set all counters to nought."""
        for counter in (SHARED, *(own_counter(number) for number in range(self._clients))):
            text = f"INSERT DATA {{ GRAPH <{counter.graph}> {{ {counter.line(0)} }} }}"
            headers = {"Authorization": f"Bearer {self._tokens[0][1]}", "Content-Type": "application/sparql-update"}
            reply = ask(self._server.port, "/update", headers, method="POST", body=text.encode())
            if reply.status >= 300:
                raise RuntimeError(f"the first write was answered with {reply.status}: {reply.body[:500]!r}")

    def _look(self, when: str) -> None:
        """Look for everything that was acknowledged: in the graph store, and in the answers to queries."""
        stored, asked = {}, {}
        for graph in self._ledger.graphs:
            headers = {"Accept": "application/n-triples", "Authorization": f"Bearer {self._tokens[0][0]}"}
            reply = ask(self._server.port, graph_path(graph), headers)
            stored[graph] = read_lines(Answer(reply.status, reply.headers, reply.body))
            text = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}"
            asked[graph] = read_lines(_answer(self._server.ask(text, "application/n-triples", 60, headers)))
        self._judge(when, stored)
        different = [graph for graph, lines in stored.items() if (lines or frozenset()) != asked[graph]]
        self._wrong += [f"{when}: a query finds other statements in <{graph}> than the graph store" for graph in different]

    def _judge(self, when: str, graphs: dict[str, Lines | None]) -> None:
        wrong = self._ledger.judge(graphs)
        self._wrong += [f"{when}: {sentence}" for sentence in wrong]
        self._tell(f"{when}: {self._ledger.acknowledged} acknowledged things looked for, {len(wrong)} wrong  ")

    def _back_up(self, name: str) -> Path:
        file = self._work / f"{name}.backup"
        self._command("backup", str(self._server.place), str(file))
        return file

    def _look_into_backup(self) -> None:
        """Restore what is backed up now, while the server runs, and look for everything there."""
        file, place = self._back_up("last"), self._work / "restored"
        if not self._command("restore", str(file), str(place)):
            return
        with EmbeddedStore.open(place) as store:
            existing = store.graphs()
            found: dict[str, Lines | None] = {}
            for graph in self._ledger.graphs:
                quads = store.quads(graph=graph)
                lines = (f"{quad.subject} {quad.predicate} {quad.object} ." for quad in quads)
                found[graph] = frozenset(lines) if graph in existing else None
        self._judge("in the backup", found)

    def _kill_and_look(self, after: float) -> None:
        """Kill the server in the midst of writes, start it again, and look for everything."""
        with self._acting("k", writing_only=True) as (clients, target):
            time.sleep(after)
            target.killed.set()
            below = self._server.kill()
        deadline = time.monotonic() + _ORPHANS
        while (left := [pid for pid in below if processes.lives(pid)]) and time.monotonic() < deadline:
            time.sleep(0.1)
        if left:
            self._wrong.append(f"{len(left)} processes of the killed server still ran {_ORPHANS} s later")
            for pid in left:
                os.kill(pid, signal.SIGKILL)
        self._tell(
            f"killed among {sum(len(client.noted.taken) for client in clients)} writes, serving again after {self._server.start():.1f} s  "
        )
        self._look("after the kill")

    def _token(self, role: str) -> str:
        command = [str(BIN / "ropa"), "token", "create", str(self._server.place), "--role", role]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def _command(self, *words: str) -> bool:
        done = subprocess.run([str(BIN / "ropa"), *words], capture_output=True, text=True, check=False)
        if done.returncode:
            self._wrong.append(f"ropa {words[0]}: {done.stderr.strip()[-500:]}")
        return not done.returncode


def fill(place: Path, activities: int, registers: int, *, shipped: bool = True) -> int:
    """Make a store with synthetic registers and those of data/, and return how many statements it has."""
    contents = read_vocabulary(DEFAULT_BASE)
    if shipped:
        contents |= read_files(sorted(folder("data").glob("*.trig")), DEFAULT_BASE)
    with EmbeddedStore.create(place) as store:
        store.pour(chain(placed(contents), generate(activities, registers, seed=7)))
        return store.statements


def _requests(noted: Sequence[Noted]) -> str:
    """Return a table of what was sent and answered."""
    taken: dict[str, list[tuple[int, float]]] = {}
    for one in noted:
        for what, status, seconds in one.taken:
            taken.setdefault(what, []).append((status, seconds))
    lines = ["| request | sent | statuses | median ms | 99 % ms | slowest ms |", "| --- | ---: | --- | ---: | ---: | ---: |"]
    for what, answers in sorted(taken.items()):
        times = sorted(seconds * 1000 for _, seconds in answers)
        statuses = ", ".join(f"{status}: {number}" for status, number in sorted(Tally(status for status, _ in answers).items()))
        lines.append(
            f"| {what} | {len(times)} | {statuses} | {median(times):.1f} | {times[len(times) * 99 // 100]:.1f} | {times[-1]:.0f} |"
        )
    return "\n".join(lines)


def _answer(reply: Any) -> Answer:
    return Answer(reply.status, reply.headers, reply.body)


if __name__ == "__main__":
    main()
