"""Strangers' queries run in processes that are really stopped, and give the very bytes that the engine writes, or an error."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from threading import Event, Thread

import pyoxigraph as ox
import pytest
from pyoxigraph import Literal, NamedNode, Quad

from ropa.errors import BadQuery, Busy, CannotEvaluate, NoSpace, RefusedQuery, RopaError, StoreProblem, TooLong, TooMuch, TooSlow
from ropa.store import reader
from ropa.store.direct import GRAPHS, INLINE, RESULTS, DirectEvaluator, evaluate
from ropa.store.evaluation import BOOLEAN, GRAPH, SOLUTIONS, Asked, Evaluator, Limits, Written
from ropa.store.frames import Channel
from ropa.store.readers import Checkpoints, ReaderPool

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the processes are looked up in /proc")

BASE = "http://x/"
LIMITS = Limits(seconds=60, rows=1_000_000, bytes=100_000_000, memory=1 << 30)
THINGS = 6_000

SELECT = "SELECT ?s ?title ?none ?next { ?s <title> ?title ; <next> ?next OPTIONAL { ?s <none> ?none } }"
ASK = "ASK { ?s <title> ?o }"
CONSTRUCT = "CONSTRUCT { ?s <title> ?title . ?next <follows> ?s } WHERE { ?s <title> ?title ; <next> ?next }"
EVERYTHING = "?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l"
NEVER = "FILTER(STRLEN(CONCAT(STR(?a), STR(?d), STR(?g), STR(?j))) = 1)"
TWICE = "".join(f"BIND(CONCAT(?a{n}, ?a{n}, ?a{n}, ?a{n}) AS ?a{n + 1}) " for n in range(14))
RUNAWAY = {
    "aggregate": f"SELECT (COUNT(*) AS ?n) {{ {EVERYTHING} }}",
    "order": f"SELECT * {{ {EVERYTHING} }} ORDER BY ?l ?a LIMIT 1",
    "product": f"SELECT * {{ {EVERYTHING} }}",
    "distinct": f"SELECT DISTINCT (1 AS ?one) {{ {EVERYTHING} }}",
    "paths": "SELECT (COUNT(*) AS ?n) { ?a (<next>|^<next>)* ?b . ?b (<next>|^<next>)* ?c }",
    "construct": f"CONSTRUCT {{ ?a ?b ?c }} WHERE {{ {EVERYTHING} {NEVER} }}",
    "ask": f"ASK {{ {EVERYTHING} {NEVER} }}",
}
GREEDY = {
    "doubling": f'SELECT (STRLEN(?a14) AS ?n) {{ BIND("0123456789abcdef" AS ?a0) {TWICE} }}',
    "concat": f'SELECT (GROUP_CONCAT(STR(?c); separator="{"-" * 4000}") AS ?all) {{ {EVERYTHING} }}',
    "order": f"SELECT * {{ {EVERYTHING} }} ORDER BY ?l",
    "distinct": f'SELECT (COUNT(DISTINCT CONCAT(STR(?a), STR(?d), STR(?g), STR(?j), "{"-" * 4000}")) AS ?n) {{ {EVERYTHING} }}',
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
    return pool if request.param == "pool" else DirectEvaluator(engine, BASE)


def copying(store: ox.Store, revision: Callable[[], int] = lambda: 0) -> Callable[[Path], int]:
    def make(folder: Path) -> int:
        told = revision()
        store.backup(str(folder))
        return told

    return make


def content(answer: Written) -> bytes:
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
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


class TestAnswers:
    @pytest.mark.parametrize("media_type", SOLUTIONS)
    @pytest.mark.parametrize("end", ["", " LIMIT 7", " LIMIT 0"], ids=["long", "short", "empty"])
    def test_solutions_are_the_bytes_that_the_engine_writes(
        self, evaluator: Evaluator, engine: ox.Store, media_type: str, end: str
    ) -> None:
        expected = engine.query(SELECT + end, base_iri=BASE, use_default_graph_as_union=True)
        assert isinstance(expected, ox.QuerySolutions)
        answer = evaluator.evaluate(Asked(SELECT + end, solutions=media_type), LIMITS)

        assert (answer.kind, answer.media_type, answer.rows) == ("solutions", media_type, {"": THINGS, " LIMIT 7": 7, " LIMIT 0": 0}[end])
        body = content(answer)
        assert len(body) == answer.length
        assert body == expected.serialize(format=RESULTS[media_type])

    @pytest.mark.parametrize("media_type", BOOLEAN)
    def test_a_verdict_is_the_bytes_that_the_engine_writes(self, evaluator: Evaluator, engine: ox.Store, media_type: str) -> None:
        expected = engine.query(ASK, base_iri=BASE, use_default_graph_as_union=True)
        assert isinstance(expected, ox.QueryBoolean)
        answer = evaluator.evaluate(Asked(ASK, boolean=media_type), LIMITS)

        assert (answer.kind, answer.media_type, answer.rows) == ("boolean", media_type, None)
        assert content(answer) == expected.serialize(format=RESULTS[media_type])

    @pytest.mark.parametrize("media_type", GRAPH)
    @pytest.mark.parametrize("text", [CONSTRUCT, "DESCRIBE <thing/7>"], ids=["long", "short"])
    def test_a_graph_is_the_bytes_that_the_engine_writes(self, evaluator: Evaluator, engine: ox.Store, media_type: str, text: str) -> None:
        expected = engine.query(text, base_iri=BASE, use_default_graph_as_union=True)
        assert isinstance(expected, ox.QueryTriples)
        answer = evaluator.evaluate(Asked(text, graph=media_type), LIMITS)

        assert (answer.kind, answer.media_type, answer.rows) == ("graph", media_type, None)
        assert content(answer) == expected.serialize(format=GRAPHS[media_type])

    def test_a_graph_in_a_format_of_datasets_is_its_default_graph(self, evaluator: Evaluator) -> None:
        for media_type in ("application/n-quads", "application/trig"):
            body = content(evaluator.evaluate(Asked("DESCRIBE <thing/7>", graph=media_type), LIMITS))

            assert {quad.graph_name for quad in ox.parse(body, format=GRAPHS[media_type])} == {ox.DefaultGraph()}

    def test_a_long_answer_is_a_file_at_its_start_and_a_short_one_bytes(self, evaluator: Evaluator) -> None:
        long, short = evaluator.evaluate(Asked(SELECT), LIMITS), evaluator.evaluate(Asked(ASK), LIMITS)

        assert isinstance(short.body, bytes)
        assert not isinstance(long.body, bytes)
        with long.body as file:
            assert (file.tell(), file.seek(0, os.SEEK_END)) == (0, long.length)
            assert long.length > INLINE

    def test_every_media_type_has_a_format(self) -> None:
        assert tuple(GRAPHS) == GRAPH
        assert tuple(RESULTS) == SOLUTIONS


class TestDataset:
    def test_without_one_it_is_the_union_of_all_graphs(self, evaluator: Evaluator) -> None:
        assert csv(evaluator, "SELECT (COUNT(*) AS ?n) { ?s <title> ?o }") == [str(THINGS)]

    def test_where_no_union_is_asked_for_it_is_the_graph_without_a_name(self, evaluator: Evaluator) -> None:
        asked = Asked("SELECT (COUNT(*) AS ?n) { ?s <title> ?o }", solutions="text/csv", union=False)

        assert content(evaluator.evaluate(asked, LIMITS)).split() == [b"n", b"0"]

    def test_from_in_the_text_counts(self, evaluator: Evaluator) -> None:
        assert csv(evaluator, "SELECT (COUNT(*) AS ?n) FROM <graph/3> { ?s <title> ?o }") == [str(THINGS // 20)]

    def test_a_dataset_beside_the_text_counts(self, evaluator: Evaluator) -> None:
        text = "SELECT (COUNT(*) AS ?n) { { ?s <title> ?o } UNION { GRAPH ?g { ?s <next> ?o } } }"
        both = Asked(text, [BASE + "graph/1"], [BASE + "graph/2", BASE + "graph/3"], solutions="text/csv")

        assert content(evaluator.evaluate(both, LIMITS)).split() == [b"n", str(THINGS // 20 * 3).encode()]

    def test_a_relative_graph_is_refused(self, evaluator: Evaluator) -> None:
        with pytest.raises(BadQuery, match="absolute IRI"):
            evaluator.evaluate(Asked(ASK, default_graphs=["graph/1"]), LIMITS)


class TestErrors:
    def test_a_syntax_error_tells_its_place(self, evaluator: Evaluator) -> None:
        with pytest.raises(BadQuery, match="line 2, column 9") as caught:
            evaluator.evaluate(Asked("SELECT * {\n ?s ?p }"), LIMITS)

        assert (caught.value.line, caught.value.column) == (2, 9)

    def test_a_service_is_refused(self, evaluator: Evaluator) -> None:
        with pytest.raises(RefusedQuery, match="does not call other addresses"):
            evaluator.evaluate(Asked("SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"), LIMITS)

    def test_deep_brackets_are_refused(self, evaluator: Evaluator) -> None:
        with pytest.raises(BadQuery, match="deep"):
            evaluator.evaluate(Asked("SELECT * " + "{" * 5_000 + "}" * 5_000), LIMITS)

    def test_an_unknown_function_cannot_be_evaluated(self, evaluator: Evaluator) -> None:
        with pytest.raises(CannotEvaluate, match="not supported"):
            evaluator.evaluate(Asked("SELECT (<http://x/f>(1) AS ?x) {}"), LIMITS)

    def test_half_a_character_is_a_bad_query(self, evaluator: Evaluator) -> None:
        with pytest.raises(BadQuery, match="half a character"):
            evaluator.evaluate(Asked("ASK { ?s ?p '\ud800' }"), LIMITS)

    def test_what_a_format_cannot_say_cannot_be_evaluated(self, evaluator: Evaluator) -> None:
        text = "CONSTRUCT { <a> <b> ?t } WHERE { BIND(TRIPLE(<a>, <b>, <c>) AS ?t) }"
        with pytest.raises(CannotEvaluate, match=r"RDF 1\.2"):
            evaluator.evaluate(Asked(text, graph="application/ld+json"), LIMITS)

    def test_an_error_costs_no_process(self, pool: ReaderPool) -> None:
        assert csv(pool, "SELECT (1 AS ?x) {}") == ["1"]
        before = readers()
        for text in ("SELEC", "SELECT (<http://x/f>(1) AS ?x) {}", "ASK { SERVICE ?s { } }"):
            with pytest.raises(RopaError):
                pool.evaluate(Asked(text), LIMITS)

        assert readers() == before


class TestLimits:
    @pytest.mark.parametrize("media_type", SOLUTIONS)
    def test_one_row_more_than_allowed_is_too_long(self, evaluator: Evaluator, media_type: str) -> None:
        asked = Asked(SELECT + " LIMIT 4321", solutions=media_type)
        answer = evaluator.evaluate(asked, Limits(60, rows=4321))
        content(answer)

        assert answer.rows == 4321
        with pytest.raises(TooLong, match="more than 4,320 rows"):
            evaluator.evaluate(asked, Limits(60, rows=4320))

    @pytest.mark.parametrize("text", [SELECT, SELECT + " LIMIT 3", CONSTRUCT, ASK], ids=["long", "short", "graph", "verdict"])
    def test_one_byte_more_than_allowed_is_too_long(self, evaluator: Evaluator, text: str) -> None:
        length = len(content(evaluator.evaluate(Asked(text), LIMITS)))

        assert len(content(evaluator.evaluate(Asked(text), Limits(60, bytes=length)))) == length
        with pytest.raises(TooLong, match=f"{length - 1:,} bytes"):
            evaluator.evaluate(Asked(text), Limits(60, bytes=length - 1))

    def test_an_endless_answer_ends_at_its_limit(self, evaluator: Evaluator) -> None:
        for limits in (Limits(60, rows=10_000), Limits(60, bytes=1_000_000)):
            with pytest.raises(TooLong):
                evaluator.evaluate(Asked(RUNAWAY["product"]), limits)

    def test_an_endless_answer_without_a_value_ends_at_its_limit(self, evaluator: Evaluator) -> None:
        with pytest.raises(TooLong):
            evaluator.evaluate(Asked(f"SELECT ?nothing {{ {EVERYTHING} }}"), Limits(60, rows=100_000))

    def test_a_long_answer_stops_at_its_time_in_this_process_too(self, engine: ox.Store) -> None:
        with pytest.raises(TooSlow, match=r"0\.2 s"):
            DirectEvaluator(engine, BASE).evaluate(Asked(RUNAWAY["product"]), Limits(seconds=0.2))

    @pytest.mark.parametrize("folder", ["absent", "."])
    def test_a_full_disk_is_told(self, engine: ox.Store, tmp_path: Path, folder: str) -> None:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (INLINE, before[1]))
        try:
            with pytest.raises(NoSpace if folder == "." else StoreProblem):
                evaluate(engine, BASE, Asked(SELECT), LIMITS, folder=tmp_path / folder)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)


class TestRunaways:
    @pytest.mark.parametrize("name", RUNAWAY)
    def test_a_query_past_its_time_is_stopped(self, pool: ReaderPool, name: str) -> None:
        assert csv(pool, "SELECT (1 AS ?x) {}") == ["1"]
        before = readers()
        with pytest.raises(TooSlow, match=r"after 0\.5 s"):
            pool.evaluate(Asked(RUNAWAY[name], solutions="text/csv"), Limits(0.5))

        (killed,) = before - readers()
        assert not Path(f"/proc/{killed}").exists()
        assert csv(pool, "SELECT (1 AS ?x) {}") == ["1"]

    @pytest.mark.parametrize("name", GREEDY)
    def test_a_query_past_its_memory_is_stopped(self, pool: ReaderPool, name: str) -> None:
        with pytest.raises(TooMuch, match="more memory than the 150 MB allowed"):
            pool.evaluate(Asked(GREEDY[name]), Limits(60, memory=150_000_000))

        assert csv(pool, "SELECT (1 AS ?x) {}") == ["1"]

    def test_a_long_chain_of_operators_harms_nobody(self, pool: ReaderPool) -> None:
        text = f"SELECT ({' + '.join(['1'] * 200_000)} AS ?n) {{}}"
        with suppress(TooMuch, BadQuery):
            assert csv(pool, text) == ["200000"]

        assert csv(pool, "SELECT (1 AS ?x) {}") == ["1"]

    def test_memory_is_limited_for_each_query_anew(self, pool: ReaderPool) -> None:
        text = f'SELECT (STRLEN(?a11) AS ?n) {{ BIND("0123456789abcdef" AS ?a0) {TWICE.split("BIND(CONCAT(?a11")[0]} }}'
        with pytest.raises(TooMuch):
            pool.evaluate(Asked(text), Limits(60, memory=100_000_000))

        assert csv(pool, text, Limits(60, memory=1_000_000_000)) == [str(16 * 4**11)]


class TestProcesses:
    def test_a_reader_that_is_killed_while_it_works_is_told_and_replaced(self, checkpoints: Checkpoints) -> None:
        others = readers()
        with closing(ReaderPool(checkpoints.current, BASE, readers=1, spare=0)) as pool, ThreadPoolExecutor(1) as threads:
            running = threads.submit(pool.evaluate, Asked(RUNAWAY["aggregate"]), Limits(600))
            assert wait_until(lambda: any(map(has_snapshot, readers() - others)))
            (killed,) = readers() - others
            os.kill(killed, signal.SIGKILL)

            with pytest.raises(TooMuch, match="ended with SIGKILL"):
                running.result()
            assert csv(pool, "SELECT (1 AS ?x) {}") == ["1"]

    def test_readers_that_are_killed_while_they_wait_are_replaced(self, pool: ReaderPool) -> None:
        assert csv(pool, "SELECT (1 AS ?x) {}") == ["1"]
        for process in readers():
            os.kill(process, signal.SIGKILL)

        assert wait_until(lambda: not readers())
        assert csv(pool, "SELECT (1 AS ?x) {}") == ["1"]
        assert len(readers()) == 2

    def test_readers_do_not_heed_ctrl_c_or_the_end_of_a_service(self, pool: ReaderPool) -> None:
        assert csv(pool, "SELECT (1 AS ?x) {}") == ["1"]
        assert csv(pool, "SELECT (1 AS ?x) {}") == ["1"]
        (used,) = filter(has_snapshot, readers())
        for sent in (signal.SIGINT, signal.SIGTERM):
            os.kill(used, sent)

        assert csv(pool, "SELECT (1 AS ?x) {}") == ["1"]
        assert used in readers()

    def test_sixteen_threads_get_their_own_answers(self, checkpoints: Checkpoints) -> None:
        with closing(ReaderPool(checkpoints.current, BASE, readers=2, patience=60)) as pool, ThreadPoolExecutor(16) as threads:
            asked = [f"SELECT ?title {{ <thing/{number}> <next> ?n . ?n <title> ?title }}" for number in range(200)]
            found = list(threads.map(lambda text: csv(pool, text)[0], asked))

        assert found == [f'"The {number + 1}th, ""quoted"",' for number in range(200)]

    def test_too_many_at_once_are_told_so(self, checkpoints: Checkpoints) -> None:
        others = readers()
        with ThreadPoolExecutor(1) as threads, closing(ReaderPool(checkpoints.current, BASE, readers=1, patience=0.1)) as pool:
            running = threads.submit(pool.evaluate, Asked(RUNAWAY["aggregate"]), Limits(600))
            assert wait_until(lambda: any(map(has_snapshot, readers() - others)))

            with pytest.raises(Busy, match="not evaluated"):
                pool.evaluate(Asked(ASK), LIMITS)
            assert not running.done()

    def test_closing_ends_every_process_and_what_still_runs(self, checkpoints: Checkpoints) -> None:
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
    def test_no_reader_outlives_a_server_that_is_killed(self, store: ox.Store, tmp_path: Path, text: str) -> None:
        store.backup(str(tmp_path / "engine"))
        program = f"""
            import sys
            from pathlib import Path
            from ropa.store.evaluation import Asked, Limits
            from ropa.store.frames import Channel
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

    def test_a_reader_that_holds_much_memory_says_so(self, checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch) -> None:
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

    def test_a_reader_that_cannot_start_is_told(self, checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "executable", "/bin/false")
        with closing(ReaderPool(checkpoints.current, BASE, readers=1, spare=0)) as pool:
            with pytest.raises(StoreProblem, match="does not start: it ended with code 1"):
                pool.evaluate(Asked(ASK), LIMITS)
            monkeypatch.undo()

            assert wait_until(lambda: works_again(pool))


class TestSnapshots:
    def test_a_new_revision_is_seen_by_the_next_query(self, tmp_path: Path) -> None:
        store, revision = ox.Store(str(tmp_path / "engine")), [0]
        kept = Checkpoints(copying(store, lambda: revision[0]), lambda: revision[0], tmp_path / "copies")
        seen = []
        with closing(ReaderPool(kept.current, BASE, readers=1, spare=0)) as pool:
            for number in range(5):
                store.add(Quad(NamedNode(BASE + str(number)), NamedNode(BASE + "p"), Literal("x")))
                revision[0] += 1
                seen += csv(pool, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")

        assert seen == ["1", "2", "3", "4", "5"]

    def test_a_snapshot_is_made_once_for_a_revision_and_removed_when_nobody_holds_it(self, store: ox.Store, tmp_path: Path) -> None:
        revision = [7]
        kept = Checkpoints(copying(store, lambda: revision[0]), lambda: revision[0], tmp_path / "copies")
        held = kept.current()
        assert kept.current() is held
        assert held.revision == 7
        revision[0] = 8
        kept.current()
        assert held.folder.is_dir()
        folder = held.folder
        del held

        assert not folder.exists()
        assert [path.name for path in (tmp_path / "copies").iterdir()] == [kept.current().folder.name]
        kept.close()
        assert not (tmp_path / "copies").exists()

    def test_a_snapshot_is_made_anew_when_the_engine_has_put_its_files_in_order(
        self, store: ox.Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        files = [frozenset({"1.sst"})]
        kept = Checkpoints(copying(store), lambda: 0, tmp_path / "copies", lambda: files[0])
        with closing(ReaderPool(kept.current, BASE, readers=1, spare=0)) as pool:
            count = "SELECT (COUNT(*) AS ?n) { ?s <next>/<next> ?o }"
            assert csv(pool, count) == [str(THINGS)]
            first = kept.current().folder
            files[0] = frozenset({"2.sst"})
            assert kept.current().folder == first, "it is not looked at all the time"

            monkeypatch.setattr("ropa.store.checkpoints._LOOK_EVERY", 0.0)
            kept._look_at = 0.0
            second = kept.current().folder
            assert second != first
            assert kept.current().folder == second
            assert csv(pool, count) == [str(THINGS)]
            assert not first.exists()
        kept.close()

    def test_what_a_killed_process_left_is_removed_at_the_start(self, store: ox.Store, tmp_path: Path) -> None:
        (tmp_path / "copies").mkdir()
        store.backup(str(tmp_path / "copies" / "0"))
        kept = Checkpoints(copying(store), lambda: 0, tmp_path / "copies")

        assert list((tmp_path / "copies").iterdir()) == []
        assert len(ox.Store.read_only(str(kept.current().folder))) == 2 * THINGS

    def test_a_snapshot_that_cannot_be_made_is_told_and_leaves_nothing(self, tmp_path: Path) -> None:
        def fail(folder: Path) -> int:
            folder.mkdir()
            raise OSError("IO error: No space left on device")

        kept = Checkpoints(fail, lambda: 0, tmp_path / "copies")
        with pytest.raises(NoSpace):
            kept.current()

        assert list((tmp_path / "copies").iterdir()) == []

    def test_readers_without_work_let_go_of_old_snapshots(self, store: ox.Store, tmp_path: Path) -> None:
        revision = [0]
        kept = Checkpoints(copying(store, lambda: revision[0]), lambda: revision[0], tmp_path / "copies")
        with closing(ReaderPool(kept.current, BASE, readers=3, spare=0)) as pool:
            with ThreadPoolExecutor(3) as threads:
                list(threads.map(lambda _: csv(pool, "SELECT (COUNT(*) AS ?n) { ?s <next>/<next> ?o }"), range(9)))
            revision[0] = 1
            assert csv(pool, "SELECT (1 AS ?x) {}") == ["1"]

            assert [path.name for path in (tmp_path / "copies").iterdir()] == [kept.current().folder.name]

    def test_a_store_changes_while_sixteen_threads_ask(self, tmp_path: Path) -> None:
        store, revision = ox.Store(str(tmp_path / "engine")), [0]
        kept = Checkpoints(copying(store, lambda: revision[0]), lambda: revision[0], tmp_path / "copies")
        pool = ReaderPool(kept.current, BASE, readers=2, spare=0, patience=60)
        done = Event()

        def ask() -> list[tuple[int, int]]:
            seen = []
            for _ in range(5):
                before = revision[0]
                seen.append((before, int(csv(pool, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")[0])))
            return seen

        def write() -> None:
            while not done.wait(0.01):
                store.add(Quad(NamedNode(f"{BASE}{revision[0]}"), NamedNode(BASE + "p"), Literal("x")))
                revision[0] += 1

        writing = Thread(target=write)
        writing.start()
        try:
            with ThreadPoolExecutor(16) as threads:
                seen = [pair for asking in [threads.submit(ask) for _ in range(16)] for pair in asking.result()]
        finally:
            done.set()
            writing.join()
            pool.close()

        assert len(seen) == 80
        assert [pair for pair in seen if pair[1] < pair[0]] == []
        assert len(list((tmp_path / "copies").iterdir())) <= 1


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


def has_snapshot(process: int) -> bool:
    """Tell whether a process has a snapshot open: it was asked something."""
    with suppress(OSError):
        return any("-copies" in str(link.readlink()) for link in Path(f"/proc/{process}/fd").iterdir())
    return False
