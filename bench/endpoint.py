"""Our server beside Oxigraph's, rdflib-endpoint and plain pyoxigraph, on the same registers in one run.

    python -m bench.endpoint --sizes 10000,100000 --out FILE.json

Makes synthetic registers of each size, fills everybody, and asks them in turn, round after round: ten lineage questions
(``bench/lineage/``), large answers in each form, light look-ups; whether they give the same rows is checked first. Writes all
that was measured to FILE.json after each size, and the tables of several such files by ``python -m bench.tables FILE.json …``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

import pyoxigraph as ox

from bench import answers, load, processes, tables
from bench.contest import Contestant
from bench.processes import say
from bench.servers import CONTESTANTS
from bench.synthetic import generate
from bench.wire import Reply, Unfinished
from ropa.namespaces import DEFAULT_BASE
from ropa.registers import read_vocabulary
from ropa.store import Quad

_PER_ACTIVITY = 62.0
_PER_REGISTER = 152
_ACTIVITIES = 25
"""In one register, as in those of data/."""
_THINGS = 2000
"""Activities that are looked up, at the most."""
_REPEATS = 3
"""A repeated question is so quick that the middle one of some is taken."""

Measured = dict[str, Any]


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m bench.endpoint", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sizes", default="10000,100000", help="statements of the registers (10000,100000)")
    parser.add_argument("--servers", default=",".join(CONTESTANTS), help=f"some of {','.join(CONTESTANTS)} (all)")
    parser.add_argument("--rounds", type=int, default=5, help="each gives one number, the middle one counts (5)")
    parser.add_argument("--seconds", type=float, default=3, help="of each round of light look-ups (3)")
    parser.add_argument("--connections", default="1,8", help="of light look-ups (1,8)")
    parser.add_argument("--settle", type=float, default=2, help="seconds that a server must do nothing before it is measured (2)")
    parser.add_argument("--patience", type=float, default=120, help="seconds for one answer; who takes longer is not asked it again (120)")
    parser.add_argument("--rows", type=int, default=100_000, help="of the large answers (100000)")
    parser.add_argument("--rdflib-up-to", type=int, default=100_000, help="largest size that rdflib-endpoint is run on (100000)")
    parser.add_argument("--work", type=Path, help="folder to work in; its files are kept (a temporary one)")
    parser.add_argument("--out", type=Path, help="write what was measured to this file")
    given = parser.parse_args()
    names = given.servers.split(",")
    if unknown := set(names) - set(CONTESTANTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}. Give some of {', '.join(CONTESTANTS)}.")
    processes.end_cleanly()
    processes.pin_this(processes.LOAD_CORE)
    found: Measured = {
        "machine": machine(),
        "settings": {"rounds": given.rounds, "seconds": given.seconds, "rows": given.rows},
        "sizes": [],
    }
    for size in (int(text) for text in given.sizes.split(",")):
        run = partial(measure_size, size, names, given)
        found["sizes"].append(run(given.work) if given.work else _in_passing(run))
        if given.out:
            given.out.write_text(json.dumps(found, indent=1), "utf-8")
    print(tables.write([found]))


def _in_passing(run: Callable[[Path], Measured]) -> Measured:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        return run(Path(folder))


def machine() -> Measured:
    """Return what the numbers depend on."""
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "python": platform.python_version(),
        "engine": ox.__version__,
        "sender": load.sender(),
        "load": os.getloadavg()[0],
        "pinned": shutil.which("taskset") is not None and (os.cpu_count() or 1) > 1,
    }


def make_file(size: int, file: Path) -> Measured:
    """Write the vocabulary and registers of about *size* statements to a file, unless it is there; return how many there are."""
    told = file.with_suffix(".json")
    if not told.is_file():
        say(f"{size}: writing {file.name}")
        activities = max(2, round(size / (_PER_ACTIVITY + _PER_REGISTER / _ACTIVITIES)))
        registers = max(1, activities // _ACTIVITIES)
        vocabulary = list(answers.placed(read_vocabulary(DEFAULT_BASE)))
        count = [0]
        with file.open("wb") as out:
            made = generate(activities, registers, seed=7, evidence=False)
            ox.serialize(cast(Any, vocabulary), output=out, format=ox.RdfFormat.N_QUADS)
            ox.serialize(cast(Any, _counted(made, count)), output=out, format=ox.RdfFormat.N_QUADS)
        numbers = {"size": size, "registers": registers, "activities": activities, "statements": count[0], "vocabulary": len(vocabulary)}
        told.write_text(json.dumps(numbers), "utf-8")
    return cast(Measured, json.loads(told.read_text("utf-8")))


def _counted(quads: Iterator[Quad], count: list[int]) -> Iterator[Quad]:
    for quad in quads:
        count[0] += 1
        yield quad


def measure_size(size: int, names: Sequence[str], given: argparse.Namespace, work: Path) -> Measured:
    """Fill, start and ask everybody at one size."""
    folder = work / str(size)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "registers.nq"
    found = make_file(size, file) | {"servers": {}, "left_out": {}}
    running: list[Contestant] = []
    try:
        for name in names:
            if name == "rdflib" and size > given.rdflib_up_to:
                found["left_out"][name] = f"not run above {given.rdflib_up_to} statements"
                continue
            one = CONTESTANTS[name](folder, file)
            found["servers"][name] = {"questions": {}, "large": {}, "light": {}, "failed": {}}
            _fill(one, found["servers"][name], size)
        # Whoever is in memory starts when everything is filled: filling wants the memory too.
        for name in found["servers"]:
            one = CONTESTANTS[name](folder, file)
            say(f"{size}: starting {name}")
            found["servers"][name]["start"] = one.start()
            running.append(one)
        for one in running:
            found["servers"][one.name]["busy"] = processes.wait_until_idle(one.pid, given.settle, given.patience * 5)
            found["servers"][one.name]["memory"] = one.memory()
        run = _Run(found, running, given)
        run.check()
        for number in range(given.rounds):
            say(f"{size}: round {number + 1} of {given.rounds}")
            # Each goes first in turn.
            run.ask_all(number, running[number % len(running) :] + running[: number % len(running)])
        for one in running:
            told = found["servers"][one.name]
            told["memory_after"] = one.memory()
            told["peak"] = one.watch.peak if one.watch else 0
    finally:
        for one in running:
            one.stop()
    return found


def _fill(one: Contestant, told: Measured, size: int) -> None:
    if one.place.exists():
        shutil.rmtree(one.place)
    say(f"{size}: filling {one.name}")
    filled = one.fill()
    if filled is not None:
        told["fill"] = {"seconds": filled.seconds, "peak": filled.peak, "disk": filled.disk, "history": filled.history}


class _Run:
    """The rounds at one size."""

    def __init__(self, found: Measured, running: Sequence[Contestant], given: argparse.Namespace) -> None:
        self._found, self._running, self._given = found, running, given
        self._questions = answers.questions()
        self._things = answers.activities(found["activities"], found["registers"], _THINGS)
        self._large = answers.large(given.rows)

    def check(self) -> None:
        """Ask everybody everything once; note what came, and who gave other rows than the first one."""
        differ: Measured = self._found.setdefault("differ", {})
        for name, text in self._questions.items():
            told = {}
            for one in self._running:
                reply = self._ask(one, name, text, answers.JSON)
                if reply is not None:
                    rows, digest = answers.digest(reply.body)
                    told[one.name] = digest
                    self._of(one)["questions"][name] = {"rows": rows, "digest": digest, "fresh": [], "again": []}
            if len(set(told.values())) > 1:
                differ[name] = told
        for form, text in self._large.items():
            counted = {}
            for one in self._running:
                reply = self._ask(one, form, text, form)
                if reply is None:
                    continue
                if not reply.headers.get("content-type", "").startswith(form):
                    self._of(one)["failed"][form] = "not offered"
                    continue
                counted[one.name] = answers.count(form, reply.body)
                self._of(one)["large"][form] = {"rows": counted[one.name], "bytes": len(reply.body), "seconds": []}
            # Which rows come first is up to each; a graph that several rows make the same statement of has fewer.
            if form in answers.SOLUTIONS and len(set(counted.values())) > 1:
                differ[form] = counted
        say(f"{self._found['size']}: rows differ: {json.dumps(differ)}" if differ else f"{self._found['size']}: same rows everywhere")

    def ask_all(self, number: int, order: Sequence[Contestant]) -> None:
        """Go one round."""
        for name, text in self._questions.items():
            for one in order:
                self._ask_question(one, name, f"{text}# {number}\n")
        for form, text in self._large.items():
            for one in order:
                # Who keeps answers must not have this one.
                reply = self._ask(one, form, f"{text} # {number}", form)
                if reply is not None:
                    self._of(one)["large"][form]["seconds"].append(reply.seconds)
        for one in order:
            processes.wait_until_idle(one.pid, self._given.settle, self._given.patience)
            self._look_up(one, number)

    def _ask_question(self, one: Contestant, name: str, text: str) -> None:
        reply = self._ask(one, name, text, answers.JSON)
        if reply is None:
            return
        told = self._of(one)["questions"][name]
        told["fresh"].append(reply.seconds)
        # What answers slowly answers slowly again.
        times = _REPEATS if reply.seconds < 1 else 1
        again = [self._ask(one, name, text, answers.JSON) for _ in range(times)]
        told["again"].append(sorted(each.seconds if each else self._given.patience for each in again)[len(again) // 2])

    def _look_up(self, one: Contestant, number: int) -> None:
        light = self._of(one)["light"]
        etag: Mapping[str, str] = {}
        if one.name.startswith("ropa"):
            text = load.LOOKUP.replace("THING", self._things[0]).replace("NUMBER", "")
            reply = self._ask(one, "ETag", text, answers.JSON)
            etag = {"If-None-Match": reply.headers["etag"]} if reply and "etag" in reply.headers else {}
        runs: list[tuple[str, Sequence[str], int, str, Mapping[str, str]]] = []
        for connections in map(int, self._given.connections.split(",")):
            runs.append((f"{connections}", self._things, connections, f"r{number}c{connections}", {}))
            runs.append((f"same {connections}", self._things[:1], connections, "", {}))
            if etag:
                runs.append((f"unchanged {connections}", self._things[:1], connections, "", etag))
        # What is read for the first time comes from the disk, unless the process that looks it up has answered the questions too.
        one.look_up(self._things, 8, self._given.seconds, f"r{number}first", {})
        for kind, things, connections, mark, headers in runs:
            if connections > 1 and one.name.startswith("plain"):
                continue
            told = one.look_up(things, connections, self._given.seconds, mark, headers)
            light.setdefault(kind, []).append(
                {"rate": told.rate, "median_ms": told.median_ms, "slow_ms": told.slow_ms, "failed": told.failed}
            )

    def _ask(self, one: Contestant, what: str, text: str, form: str) -> Reply | None:
        """Return an answer; None where there was none once, which is noted with its reason."""
        failed = self._of(one)["failed"]
        if what in failed:
            return None
        try:
            reply = one.ask(text, form, self._given.patience)
        except Unfinished as error:
            failed[what] = str(error)
            say(f"{one.name}, {what}: {error}")
            # What it still works on would slow everybody down.
            one.stop()
            one.start()
            return None
        if reply.status != 200:
            failed[what] = f"status {reply.status}"
            say(f"{one.name}, {what}: status {reply.status}: {reply.body[:300]!r}")
            return None
        return reply

    def _of(self, one: Contestant) -> Measured:
        return cast(Measured, self._found["servers"][one.name])


if __name__ == "__main__":
    main()
