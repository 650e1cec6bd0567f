"""What was acknowledged is there: after a kill, a power cut, a full disk, at any moment."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import cast

import pyoxigraph as ox
import pytest
from pyoxigraph import DefaultGraph, Literal, NamedNode

from ropa.errors import NoSpace
from ropa.namespaces import DEFAULT_BASE
from ropa.registers import make_store
from ropa.store import Change, Commit, Note, Quad, make_quad
from ropa.store import journal as journal_module
from ropa.store.backup import restore_backup, write_backup
from ropa.store.embedded import EmbeddedStore
from ropa.store.replay import contradictions, repeat
from tests import writers
from tests.conftest import ACME
from tests.stores import find_broken

# ruff: noqa: S311 - chance that can be repeated
ROOT = Path(__file__).parent.parent
KILLS = 24
NOTE = Note("test")


def start(name: str, *arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.writers", name, *map(str, arguments)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def kill(process: subprocess.Popen[str]) -> str:
    """Kill a process and return what it still had printed."""
    process.kill()
    printed, _ = process.communicate()
    return printed


def content(engine: ox.Store) -> tuple[set[Quad], set[str]]:
    return set(cast(Iterator[Quad], iter(engine))), {str(graph) for graph in engine.named_graphs()}


def number_quad(number: int, text: str = "x") -> Quad:
    return make_quad(NamedNode(f"https://e/{number}"), NamedNode("https://e/p"), Literal(text), DefaultGraph())


def is_sound(store: EmbeddedStore) -> bool:
    return not find_broken(store.patches) and not list(contradictions(store.reading, store.patches, store.revision))


def test_a_writer_that_is_killed_again_and_again_loses_nothing_and_leaves_nothing_torn(tmp_path: Path) -> None:
    place = tmp_path / "s"
    EmbeddedStore.create(place).close()
    random = Random(20)
    replayed, revision, acknowledged, lost, torn = ox.Store(), 0, 0, 0, 0
    for number in range(KILLS):
        process = start("change", place, str(number))
        if number % 4:
            assert process.stdout is not None
            first = process.stdout.readline()
            time.sleep(random.uniform(0, 0.15))
        else:
            # Also while it opens.
            first = ""
            time.sleep(random.uniform(0.2, 0.6))
        told = [line.split() for line in (first + kill(process)).splitlines() if line.endswith(">") or len(line.split()) == 2]
        with EmbeddedStore.open(place) as store:
            for following in range(revision + 1, store.revision + 1):
                repeat(replayed, store.patches, following)
            revision = store.revision
            names = {str(one.revision): one.id for one in store.history(limit=len(told) + 5) if isinstance(one, Commit)}
            acknowledged += len(told)
            lost += sum(names.get(one) != name for one, name in told)
            torn += content(store.reading) != content(replayed)
            torn += store.statements != len(replayed)

    assert (lost, torn) == (0, 0)
    assert acknowledged > KILLS
    with EmbeddedStore.open(place) as store:
        assert is_sound(store)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with many statements, and its backup beside it."""
    place = tmp_path_factory.mktemp("full") / "s"
    with EmbeddedStore.create(place) as store:
        store.pour(writers.many(), NOTE)
        store.commit(Change(list(store.quads())[: writers.POURED // 2]), NOTE)
    write_backup(place, place.with_name("backup.tar"))
    return place


def kill_at(delay: float, name: str, *arguments: str | Path) -> str:
    """Start a process, kill it some time after it says that it has begun, and return what it said then."""
    process = start(name, *arguments)
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    time.sleep(delay)
    return kill(process)


DELAYS = (0.02, 0.1, 0.3, 0.6)


@pytest.mark.parametrize("delay", DELAYS)
def test_filling_a_store_that_is_interrupted_leaves_all_or_nothing(tmp_path: Path, delay: float) -> None:
    place = tmp_path / "s"
    EmbeddedStore.create(place).close()

    said = kill_at(delay, "pour", place)

    with EmbeddedStore.open(place) as store:
        whole = (1, writers.POURED, sorted(writers.GRAPHS))
        assert (store.revision, store.statements, store.graphs()) in ([whole] if said else [whole, (0, 0, [])])
        if not store.revision:
            store.pour(writers.many(), NOTE)
        assert len(set(store.quads())) == writers.POURED
    assert not list((place / "history").glob("*.new"))


@pytest.mark.parametrize("delay", DELAYS)
def test_compacting_that_is_interrupted_changes_nothing(tmp_path: Path, full: Path, delay: float) -> None:
    place = tmp_path / "s"
    shutil.copytree(full, place)

    kill_at(delay, "compact", place)

    with EmbeddedStore.open(place) as store:
        assert (store.revision, store.statements) == (2, writers.POURED // 2)
        assert is_sound(store)
    assert len(list(place.glob("quads*"))) == 1


@pytest.mark.parametrize("delay", DELAYS)
def test_restoring_that_is_interrupted_leaves_no_store_and_can_be_done_again(tmp_path: Path, full: Path, delay: float) -> None:
    place, backup = tmp_path / "s", full.with_name("backup.tar")

    kill_at(delay, "restore", place, backup)

    if not place.exists():
        restore_backup(backup, place)
    with EmbeddedStore.open(place) as store:
        assert (store.revision, store.statements) == (2, writers.POURED // 2)
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def run_cut_short(delay: float, *arguments: str | Path) -> None:
    """Kill the command some time after it was started."""
    process = subprocess.Popen([sys.executable, "-m", "ropa.cli", *map(str, arguments)], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    time.sleep(delay)
    kill(process)


@pytest.mark.parametrize("delay", [0.6, 1.2, 2.4])
def test_making_a_store_that_is_interrupted_leaves_none_and_can_be_done_again(tmp_path: Path, delay: float) -> None:
    place = tmp_path / "s"

    run_cut_short(delay, "init", place)

    if not place.exists():
        make_store(place, DEFAULT_BASE, with_registers=False)
    with EmbeddedStore.open(place) as store:
        assert store.revision == 1
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


@pytest.mark.parametrize("delay", [0.4, 0.8, 1.2, 1.6])
def test_loading_that_is_interrupted_leaves_all_of_it_or_nothing(store_folder: Path, tmp_path: Path, delay: float) -> None:
    with EmbeddedStore.open(store_folder) as store:
        before, revision = set(store.quads()), store.revision
    changed = tmp_path / "acme.trig"
    changed.write_text(ACME.read_text("utf-8").replace("Acme", "Ackme"), "utf-8")

    run_cut_short(delay, "load", store_folder, changed)

    with EmbeddedStore.open(store_folder) as store:
        assert store.revision in (revision, revision + 1)
        assert (set(store.quads()) == before) == (store.revision == revision)
        assert is_sound(store)


def test_what_the_engine_lost_with_the_power_is_written_again_from_the_history(tmp_path: Path) -> None:
    place, older, cut = tmp_path / "s", tmp_path / "older", tmp_path / "cut"
    random = Random(3)
    with EmbeddedStore.create(place) as store:
        store.commit(Change((), [writers.invent(random, number) for number in range(50)], frozenset(writers.GRAPHS)), NOTE)
    shutil.copytree(place, older)
    with EmbeddedStore.open(place) as store:
        for number in range(1, 30):
            gone = random.sample(sorted(store.quads(), key=str), 5)
            store.commit(Change(gone, [writers.invent(random, number * 100 + one) for one in range(5)]), NOTE)
        store.commit(Change(list(store.quads(graph=writers.GRAPHS[1])), (), dropped=frozenset({writers.GRAPHS[1]})), NOTE)
        store.commit(Change(created=frozenset({"https://e/empty"})), NOTE)
        expected = content(store.reading)
        # What the disk has when the power goes: the whole history, the engine as it was last flushed.
        shutil.copytree(older, cut)
        shutil.copytree(place / "history", cut / "history", dirs_exist_ok=True)

    for _ in range(2):
        with EmbeddedStore.open(cut) as store:
            assert (store.revision, content(store.reading)) == (32, expected)
            assert store.statements == len(expected[0])
            assert is_sound(store)


def test_a_half_written_patch_is_no_commit(tmp_path: Path) -> None:
    place = tmp_path / "s"
    with EmbeddedStore.create(place) as store:
        store.commit(Change((), [number_quad(1)]), NOTE)
    (place / "history" / "0000000002.rdfp.new").write_bytes(b"\x1f\x8b half")

    with EmbeddedStore.open(place) as store:
        assert (store.revision, store.statements) == (1, 1)
    assert [path.name for path in (place / "history").iterdir()] == ["0000000001.rdfp.gz"]


def test_where_files_cannot_grow_a_write_is_refused_and_the_next_one_after_goes_through(tmp_path: Path) -> None:
    place = tmp_path / "s"
    EmbeddedStore.create(place).close()

    process = start("fill", place)
    printed, _ = process.communicate(timeout=120)

    told = json.loads(printed)
    assert (told["refused"], told["after"]) == (4, 2)
    assert told["found"] == told["kept"]
    with EmbeddedStore.open(place) as store:
        assert sorted(quad.subject.value.removeprefix("https://e/") for quad in store.quads()) == told["kept"]
        assert is_sound(store)
        assert store.patches.refused is None


class Disk:
    """A small disk of its own.

    Attributes:
        place: Where it is mounted.
    """

    def __init__(self, place: Path) -> None:
        self.place = place

    def fill(self, *, leave: int) -> None:
        """Leave this many bytes free."""
        self.make_room()
        size = shutil.disk_usage(self.place).free - leave
        with (self.place / "ballast").open("wb") as file:
            while size > 0:
                size -= file.write(bytes(min(size, 1 << 20)))

    def make_room(self) -> None:
        (self.place / "ballast").unlink(missing_ok=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    place = tmp_path / "disk"
    place.mkdir()
    tried = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=220m", "ropa-test", place], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {tried.stderr.strip()}")
    try:
        yield Disk(place)
    finally:
        subprocess.run(["umount", "--lazy", place], check=False)


def test_a_write_to_a_disk_that_is_nearly_full_is_refused_before_anything_happens(disk: Disk) -> None:
    with EmbeddedStore.create(disk.place / "s") as store:
        store.commit(Change((), [number_quad(1)]), NOTE)
        disk.fill(leave=50 << 20)

        with pytest.raises(NoSpace, match="Make room and send the write again"):
            store.commit(Change((), [number_quad(2)]), NOTE)
        assert list(store.quads()) == [number_quad(1)]

        disk.make_room()
        store.commit(Change((), [number_quad(2)]), NOTE)
        assert (store.revision, store.statements) == (2, 2)


def test_a_store_on_a_full_disk_asks_for_room_and_not_for_a_backup(disk: Disk) -> None:
    place = disk.place / "s"
    with EmbeddedStore.create(place) as store:
        store.commit(Change((), [number_quad(1)]), NOTE)
    disk.fill(leave=0)

    with pytest.raises(NoSpace, match="Make room on the disk") as told:
        EmbeddedStore.open(place)
    assert "backup" not in str(told.value)

    disk.make_room()
    with EmbeddedStore.open(place) as store:
        assert list(store.quads()) == [number_quad(1)]
        assert is_sound(store)


def test_a_disk_that_fills_up_under_the_engine_costs_no_commit(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    # Others fill the disk after we looked.
    monkeypatch.setattr(journal_module, "_HEADROOM", 0)
    random = Random(4)
    kept: list[Quad] = []
    place = disk.place / "s"
    with EmbeddedStore.create(place) as store:

        def write(size: int) -> None:
            quad = number_quad(random.getrandbits(60), random.randbytes(size).hex())
            store.commit(Change((), [quad]), NOTE)
            kept.append(quad)

        for leave in (0, 40_000, 400_000, 900_000):
            disk.fill(leave=leave)
            refused = 0
            while refused < 4:
                try:
                    write(random.choice((100, 3_000, 60_000)))
                except NoSpace:
                    refused += 1
                assert store.revision == store.statements == len(kept)
            disk.make_room()
            write(100)
            assert set(store.quads()) == set(kept)

    with EmbeddedStore.open(place) as store:
        assert set(store.quads()) == set(kept)
        assert is_sound(store)


def test_what_the_engine_took_though_it_was_refused_is_undone(tmp_path: Path) -> None:
    place = tmp_path / "s"
    with EmbeddedStore.create(place) as store:
        store.commit(Change((), [number_quad(1), number_quad(2)], frozenset({"https://e/g"})), NOTE)
        store.commit(Change([number_quad(1)], [number_quad(3)], frozenset({"https://e/h"}), frozenset({"https://e/g"})), NOTE)
    # As after an error of the disk in the middle of the second commit: the engine has it, the caller was told that it has not.
    (place / "history" / "0000000002.rdfp.gz").rename(place / "history" / "0000000002.refused")
    settings = json.loads((place / "store.json").read_text("utf-8"))
    (place / "store.json").write_text(json.dumps(settings | {"flushed": 1, "statements": 2}), "utf-8")

    with EmbeddedStore.open(place) as store:
        assert set(store.quads()) == {number_quad(1), number_quad(2)}
        assert (store.revision, store.statements, store.graphs()) == (1, 2, ["https://e/g"])
        assert store.commit(Change((), [number_quad(4)]), NOTE).revision == 2
        assert is_sound(store)
