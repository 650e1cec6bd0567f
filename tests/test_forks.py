"""ropa.store.forks: what clients ask is evaluated in memory, on the exact state, in processes that are really stopped."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Store

from ropa.errors import BadQuery, TooMuch, TooSlow
from ropa.store import SELF, Quad, apply, embedded, strangers
from ropa.store.changes import Change
from ropa.store.checkpoints import Checkpoints, Snapshot
from ropa.store.direct import GRAPHS, INLINE, RESULTS, evaluate
from ropa.store.embedded import EmbeddedStore
from ropa.store.evaluation import Asked, Evaluator, Limits
from ropa.store.forks import Forks, Gone, Worn
from ropa.store.quads import make_quad
from ropa.store.readers import ReaderPool
from ropa.store.strangers import StrangersEvaluator
from tests.reading import content, csv, looks_into_proc, readers, wait_until

pytestmark = looks_into_proc

BASE = "http://x/"
LIMITS = Limits(seconds=60, rows=1_000_000, bytes=100_000_000, memory=1 << 30)
ALL = "SELECT ?g ?s ?p ?o { GRAPH ?g { ?s ?p ?o } }"
EVERYWHERE = "SELECT ?s { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
GRAPHS_THERE = "SELECT ?g { GRAPH ?g {} }"
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
GREEDY = 'SELECT (GROUP_CONCAT(STR(?c); separator="' + "-" * 4000 + '") AS ?all) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }'


def thing(number: int, graph: int | None = None) -> Quad:
    place = DefaultGraph() if graph is None else NamedNode(f"{BASE}graph/{graph}")
    return make_quad(NamedNode(f"{BASE}thing/{number}"), NamedNode(BASE + "title"), Literal(f'The {number}th, "quoted"'), place)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EmbeddedStore]:
    """A store on the disk with a copy in memory, of 2 000 things in five graphs and one that is empty."""
    folder = tmp_path / "store"
    EmbeddedStore.create(folder, BASE).close()
    with EmbeddedStore.open(folder, in_memory=True) as opened:
        opened.commit(Change(added=[thing(number, number % 5) for number in range(2_000)], created=frozenset([BASE + "empty"])), SELF)
        yield opened


@pytest.fixture
def checkpoints(store: EmbeddedStore, tmp_path: Path) -> Iterator[Checkpoints]:
    with closing(Checkpoints(store.snapshot, lambda: store.revision, tmp_path / "copies")) as made:
        yield made


def make_forks(store: EmbeddedStore, checkpoints: Checkpoints, most_to_follow: int = 1 << 24) -> Forks:
    assert store.folder is not None
    history = store.folder / "history"
    told = {"revision": lambda: store.revision, "soundness": lambda: store.soundness}
    return Forks(BASE, (), history, checkpoints, **told, most_to_follow=most_to_follow)  # type: ignore[arg-type]


@pytest.fixture
def forks(store: EmbeddedStore, checkpoints: Checkpoints) -> Iterator[Forks]:
    with closing(make_forks(store, checkpoints)) as made:
        made.fill()
        yield made


@pytest.fixture
def pool(store: EmbeddedStore, forks: Forks, tmp_path: Path) -> Iterator[ReaderPool]:
    with closing(make_pool(store, forks, tmp_path)) as made:
        yield made


def make_pool(store: EmbeddedStore, forks: Forks, place: Path) -> ReaderPool:
    return ReaderPool(lambda: Snapshot(place / "memory", store.revision), BASE, readers=2, start=forks.start)


def rows(evaluator: Evaluator, text: str = ALL) -> list[str]:
    return sorted(content(evaluator.evaluate(Asked(text, solutions="text/tab-separated-values"), LIMITS)).decode().splitlines())


def held(store: EmbeddedStore, text: str = ALL) -> list[str]:
    """Return what the disk holds: the truth."""
    return sorted(content(evaluate(store._engine, BASE, Asked(text, solutions="text/tab-separated-values"), LIMITS)).decode().splitlines())


def test_forks_read_the_exact_state_after_every_write(store: EmbeddedStore, pool: ReaderPool) -> None:
    draw = random.Random(3)  # noqa: S311 - no secret
    assert rows(pool) == held(store)
    nodes: list[Quad] = []
    for step in range(25):
        there = sorted(store.quads(), key=str)
        removed = draw.sample(there, 20)
        dropped = frozenset([f"{BASE}graph/new{step - 1}"]) if step % 4 == 3 else frozenset()
        removed += [quad for quad in there if getattr(quad.graph_name, "value", "") in dropped and quad not in removed]
        node = BlankNode()
        added = [thing(10_000 + 30 * step + number, step % 5) for number in range(30)]
        added += [make_quad(node, NamedNode(BASE + "next"), node, NamedNode(f"{BASE}graph/0")), thing(step)]
        # A blank node of an earlier write is the same one.
        added += [make_quad(quad.subject, NamedNode(BASE + "again"), Literal(str(step)), quad.graph_name) for quad in nodes[-1:]]
        nodes.append(added[30])
        created = frozenset([f"{BASE}graph/new{step}"])
        store.commit(Change([quad for quad in removed if quad not in added], added, created, dropped), SELF)

        assert rows(pool) == held(store)
        assert rows(pool, GRAPHS_THERE) == held(store, GRAPHS_THERE)


@pytest.mark.parametrize("media_type", RESULTS)
def test_answers_are_the_very_bytes_of_the_engine(store: EmbeddedStore, pool: ReaderPool, media_type: str) -> None:
    asked = Asked("SELECT ?s ?o { ?s ?p ?o } ORDER BY ?s", solutions=media_type)

    assert content(pool.evaluate(asked, LIMITS)) == content(evaluate(store.reading, BASE, asked, LIMITS))


def test_a_long_answer_comes_as_a_file(store: EmbeddedStore, pool: ReaderPool) -> None:
    store.commit(Change(added=[thing(number, 7) for number in range(20_000)]), SELF)
    answer = pool.evaluate(Asked("CONSTRUCT WHERE { ?s ?p ?o }", graph="application/n-triples"), LIMITS)

    assert answer.length > INLINE
    assert not isinstance(answer.body, bytes)
    assert len(set(content(answer).splitlines())) == 20_000
    assert "application/n-triples" in GRAPHS


def test_a_query_past_its_time_is_really_stopped(pool: ReaderPool, forks: Forks) -> None:
    prototype = forks._process.pid
    assert csv(pool, "SELECT (1 AS ?x) {}") == ["1"]
    with pytest.raises(TooSlow, match=r"stopped after 0\.5 s"):
        pool.evaluate(Asked(ENDLESS), Limits(seconds=0.5))

    assert readers(prototype) == set()
    assert csv(pool, "SELECT (1 AS ?x) {}") == ["1"]


def test_a_query_with_too_much_memory_is_stopped_and_others_go_on(pool: ReaderPool) -> None:
    with pytest.raises(TooMuch):
        pool.evaluate(Asked(GREEDY), Limits(seconds=60, memory=100 << 20))

    assert csv(pool, COUNT) == ["2000"]


def test_what_is_wrong_with_a_query_is_told_with_its_place(pool: ReaderPool) -> None:
    with pytest.raises(BadQuery) as told:
        pool.evaluate(Asked("SELECT *\nWHERE { ?s ?p }"), LIMITS)

    assert told.value.line == 2
    assert csv(pool, COUNT) == ["2000"]


def test_more_than_can_be_followed_is_read_anew(store: EmbeddedStore, checkpoints: Checkpoints, tmp_path: Path) -> None:
    with closing(make_forks(store, checkpoints, most_to_follow=2_000)) as forks:
        forks.fill()
        with closing(make_pool(store, forks, tmp_path)) as pool:
            assert csv(pool, COUNT) == ["2000"]
            store.commit(Change(added=[thing(10_000 + number) for number in range(5_000)]), SELF)
            with pytest.raises(Worn):
                csv(pool, COUNT)


def test_a_store_that_failed_at_a_write_is_not_read_into_memory(store: EmbeddedStore, checkpoints: Checkpoints) -> None:
    assert store.folder is not None
    sound: list[int | None] = [None]
    told = {"revision": lambda: store.revision, "soundness": lambda: sound[0]}
    with closing(Forks(BASE, (), store.folder / "history", checkpoints, **told)) as forks, pytest.raises(Gone, match="failed at a write"):  # type: ignore[arg-type]
        forks.fill()


def test_an_evaluator_goes_over_to_memory_and_survives_the_end_of_the_prototype(store: EmbeddedStore) -> None:
    before = readers()
    with closing(StrangersEvaluator(store)) as evaluator:
        assert csv(evaluator, COUNT) == ["2000"]
        for _ in range(2):
            assert wait_until(lambda: bool(csv(evaluator, COUNT)) and evaluator._forking is not None)
            prototype = next(process for process in readers() - before if is_prototype(process))
            assert rows(evaluator) == held(store)
            assert len(readers(prototype)) == 1

            os.kill(prototype, signal.SIGKILL)
            store.commit(Change(added=[thing(30_000 + prototype)]), SELF)
            assert rows(evaluator, EVERYWHERE) == held(store, EVERYWHERE)
    assert wait_until(lambda: readers() <= before)


@pytest.mark.parametrize("harm", [lambda path: path.unlink(), lambda path: path.write_bytes(path.read_bytes()[:60])])
def test_where_a_patch_is_lost_the_store_is_read_anew_and_not_followed(store: EmbeddedStore, harm: Callable[[Path], None]) -> None:
    with closing(StrangersEvaluator(store)) as evaluator:
        assert wait_until(lambda: bool(csv(evaluator, COUNT)) and evaluator._forking is not None)
        store.commit(Change(added=[thing(50_000)]), SELF)
        store.commit(Change(added=[thing(50_001)]), SELF)
        harm(store.patches.path(store.revision - 1))

        assert rows(evaluator, EVERYWHERE) == held(store, EVERYWHERE)
        assert wait_until(lambda: bool(csv(evaluator, COUNT)) and evaluator._forking is not None)
        assert rows(evaluator, EVERYWHERE) == held(store, EVERYWHERE)


def test_a_store_that_is_not_in_memory_has_no_prototype(store: EmbeddedStore) -> None:
    folder, before = store.folder, readers()
    store.close()
    assert folder is not None
    with EmbeddedStore.open(folder) as on_disk, closing(on_disk.evaluator()) as evaluator:
        assert csv(evaluator, COUNT) == ["2000"]
        assert not any(is_prototype(process) for process in readers() - before)


def test_nothing_outlives_a_server_that_is_killed(tmp_path: Path, store: EmbeddedStore) -> None:
    folder = store.folder
    store.close()
    program = f"""
import sys, time
from pathlib import Path
from ropa.store.embedded import EmbeddedStore
from ropa.store.evaluation import Asked, Limits
store = EmbeddedStore.open(Path({str(folder)!r}), in_memory=True)
evaluator = store.evaluator()
evaluator.evaluate(Asked("SELECT (COUNT(*) AS ?n) {{ ?s ?p ?o }}"), Limits())
while evaluator._forking is None:
    time.sleep(0.02)
print("ready", flush=True)
evaluator.evaluate(Asked({ENDLESS!r}), Limits())
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
        prototype = next(process for process in readers(server.pid) if is_prototype(process))
        assert wait_until(lambda: len(readers(prototype)) == 1)
        everyone = {prototype, *readers(prototype), *readers(server.pid)}
        server.kill()

    assert wait_until(lambda: not any(Path(f"/proc/{process}/cmdline").exists() and is_ours(process) for process in everyone))


def is_prototype(process: int) -> bool:
    return "ropa.store.prototype" in command(process)


def is_ours(process: int) -> bool:
    return "ropa.store." in command(process)


def command(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_text("utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def test_a_worn_copy_in_memory_is_made_anew(store: EmbeddedStore, pool: ReaderPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply, "MOST_STALE", 100)
    # Kept, so that no two of them can be one object after the other.
    copies = [store.reading]
    for step in range(4):
        there = sorted(store.quads(), key=str)[:150]
        store.commit(Change(there, [thing(40_000 + 1_000 * step + number, 2) for number in range(150)]), SELF)
        copies.append(store.reading)

        assert rows(pool) == held(store)
        assert sorted(map(str, store.quads())) == sorted(str(quad) for quad in store._engine)
    # An eighth of what is held has gone twice.
    assert [copy is before for before, copy in pairwise(copies)] == [True, False, True, False]


@pytest.mark.parametrize("twice", [True, False])
def test_where_two_copies_take_too_much_the_old_one_goes_first(store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch, twice: bool) -> None:
    monkeypatch.setattr(apply, "MOST_STALE", 100)
    monkeypatch.setattr(embedded, "_TWICE_AT_MOST", 1_400 if twice else 1_399)
    seen: list[tuple[bool, int]] = []
    replicate = EmbeddedStore._replicate

    def look(self: EmbeddedStore, source: Store) -> None:
        seen.append((self.is_in_memory, sum(1 for _ in self.quads())))
        replicate(self, source)

    monkeypatch.setattr(EmbeddedStore, "_replicate", look)
    store.commit(Change(sorted(store.quads(), key=str)[:600], [], frozenset([BASE + "new"]), frozenset([BASE + "empty"])), SELF)

    # Whoever reads meanwhile reads what was just written, from the disk if need be.
    assert seen == [(twice, 1_400)]
    assert store.is_in_memory
    assert sorted(map(str, store.quads())) == sorted(str(quad) for quad in store._engine)
    assert store.graphs() == sorted(graph.value for graph in store._engine.named_graphs() if isinstance(graph, NamedNode))


def test_an_evaluator_answers_from_the_disk_while_memory_is_read_anew(store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strangers, "Forks", partial(Forks, most_to_follow=2_000))
    with closing(StrangersEvaluator(store)) as evaluator:
        assert wait_until(lambda: bool(csv(evaluator, COUNT)) and evaluator._forking is not None)
        first = evaluator._forks
        store.commit(Change(added=[thing(10_000 + number) for number in range(5_000)]), SELF)

        assert rows(evaluator, EVERYWHERE) == held(store, EVERYWHERE)
        assert wait_until(lambda: bool(csv(evaluator, COUNT)) and evaluator._forking is not None)
        assert evaluator._forks is not first
        assert rows(evaluator, EVERYWHERE) == held(store, EVERYWHERE)
        assert evaluator._failures == 0


def test_a_prototype_that_is_killed_while_it_is_filled_takes_its_helper_along(store: EmbeddedStore, checkpoints: Checkpoints) -> None:
    store.commit(Change(added=[thing(100_000 + number) for number in range(60_000)]), SELF)
    with closing(make_forks(store, checkpoints)) as forks:
        prototype = forks._process.pid
        with ThreadPoolExecutor(1) as threads:
            filling = threads.submit(forks.fill)
            assert wait_until(lambda: bool(readers(prototype)) or filling.done())
            helpers = readers(prototype)
            os.kill(prototype, signal.SIGKILL)
            if not filling.done():
                with pytest.raises(Gone):
                    filling.result(timeout=30)

        assert wait_until(lambda: not any(is_prototype(helper) for helper in helpers))
