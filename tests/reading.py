"""What tests of readers share: a store of things, what evaluates over it, what it answered, and the processes at work."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pyoxigraph as ox
import pytest
from pyoxigraph import Literal, NamedNode, Quad

from ropa.store.direct import DirectEvaluator
from ropa.store.evaluation import Asked, Evaluator, Limits, Written
from ropa.store.readers import Checkpoints, ReaderPool

looks_into_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the processes are looked up in /proc")
"""Mark of what can only be tested where processes are told as files."""

BASE = "http://x/"
LIMITS = Limits(seconds=60, rows=1_000_000, bytes=100_000_000, memory=1 << 30)
THINGS = 6_000

SELECT = "SELECT ?s ?title ?none ?next { ?s <title> ?title ; <next> ?next OPTIONAL { ?s <none> ?none } }"
ASK = "ASK { ?s <title> ?o }"
CONSTRUCT = "CONSTRUCT { ?s <title> ?title . ?next <follows> ?s } WHERE { ?s <title> ?title ; <next> ?next }"
EVERYTHING = "?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l"
NEVER = "FILTER(STRLEN(CONCAT(STR(?a), STR(?d), STR(?g), STR(?j))) = 1)"
RUNAWAY = {
    "aggregate": f"SELECT (COUNT(*) AS ?n) {{ {EVERYTHING} }}",
    "order": f"SELECT * {{ {EVERYTHING} }} ORDER BY ?l ?a LIMIT 1",
    "product": f"SELECT * {{ {EVERYTHING} }}",
    "distinct": f"SELECT DISTINCT (1 AS ?one) {{ {EVERYTHING} }}",
    "paths": "SELECT (COUNT(*) AS ?n) { ?a (<next>|^<next>)* ?b . ?b (<next>|^<next>)* ?c }",
    "construct": f"CONSTRUCT {{ ?a ?b ?c }} WHERE {{ {EVERYTHING} {NEVER} }}",
    "ask": f"ASK {{ {EVERYTHING} {NEVER} }}",
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ox.Store:
    """Things in 20 graphs, each with a title and the next one."""
    store = ox.Store(str(tmp_path_factory.mktemp("engine")))
    title, following = NamedNode(BASE + "title"), NamedNode(BASE + "next")
    quads = []
    for number in range(THINGS):
        thing, graph = NamedNode(f"{BASE}thing/{number}"), NamedNode(f"{BASE}graph/{number % 20}")
        quads.append(Quad(thing, title, Literal(f'The {number}th, "quoted",\nwith }}}},{{" and <result>', language="en"), graph))
        quads.append(Quad(thing, following, NamedNode(f"{BASE}thing/{(number + 1) % THINGS}"), graph))
    store.bulk_extend(quads)
    return store


@pytest.fixture(scope="module")
def checkpoints(store: ox.Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkpoints]:
    """Snapshots of the things."""
    kept = Checkpoints(copying(store), lambda: 0, tmp_path_factory.mktemp("engine-copies"))
    yield kept
    kept.close()


@pytest.fixture(scope="module")
def pool(checkpoints: Checkpoints) -> Iterator[ReaderPool]:
    """One reader and a spare one."""
    pool = ReaderPool(checkpoints.current, BASE, readers=1, spare=1, patience=30)
    yield pool
    pool.close()


@pytest.fixture(scope="module")
def engine(checkpoints: Checkpoints) -> ox.Store:
    """The plain engine on the same snapshot."""
    return ox.Store.read_only(str(checkpoints.current().folder))


@pytest.fixture(scope="module", params=["pool", "direct"])
def evaluator(request: pytest.FixtureRequest, pool: ReaderPool, engine: ox.Store) -> Evaluator:
    """A pool of processes, and the same in this process."""
    return pool if request.param == "pool" else DirectEvaluator(engine, BASE)


def copying(store: ox.Store, revision: Callable[[], int] = lambda: 0) -> Callable[[Path], int]:
    """Return what copies a store to a folder and tells the revision of the copy."""

    def make(folder: Path) -> int:
        told = revision()
        store.backup(str(folder))
        return told

    return make


def content(answer: Written) -> bytes:
    """Return the bytes of an answer."""
    if isinstance(answer.body, bytes):
        return answer.body
    with answer.body as file:
        return file.read()


def csv(evaluator: Evaluator, text: str, limits: Limits = LIMITS) -> list[str]:
    """Return the records of an answer, without the head."""
    return content(evaluator.evaluate(Asked(text, solutions="text/csv"), limits)).decode().splitlines()[1:]


def readers(parent: int | None = None) -> set[int]:
    """Return the processes that a process has started and that run."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(FileNotFoundError, ProcessLookupError):
                state, father = (entry / "stat").read_text("utf-8").rpartition(")")[2].split()[:2]
                # A process is over when all its threads are.
                over = state == "Z" and len(list((entry / "task").iterdir())) == 1
                if int(father) == (parent or os.getpid()) and not over:
                    found.add(int(entry.name))
    return found


def wait_until(true: Callable[[], bool], seconds: float = 30) -> bool:
    """Tell whether something comes to be within so many seconds."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def has_snapshot(process: int) -> bool:
    """Tell whether a process has a snapshot open: it was asked something."""
    with suppress(OSError):
        return any("-copies" in str(link.readlink()) for link in Path(f"/proc/{process}/fd").iterdir())
    return False
