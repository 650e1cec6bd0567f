"""ropa.store.control: the process that holds a store copies and compacts it for others while it writes."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from ropa.store import Change, Note, Quad
from ropa.store.backup import restore_backup, write_backup
from ropa.store.control import Control, snapshot
from ropa.store.control import compact as compact_store
from ropa.store.embedded import EmbeddedStore
from tests import writers
from tests.stores import GRAPH, find_broken, place, run, statement, whole

__all__ = ["place"]

ROOT = Path(__file__).parent.parent


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, subprocess.Popen[str]]]:
    """A store that another process serves and writes all the time."""
    folder = tmp_path / "served"
    EmbeddedStore.create(folder).close()
    process = subprocess.Popen([sys.executable, "-m", "tests.writers", "count_up", folder], cwd=ROOT, stdout=subprocess.DEVNULL, text=True)
    deadline = time.monotonic() + 60
    while not (folder / "control.sock").exists() or not list((folder / "history").glob("*.gz")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    yield folder, process
    process.kill()
    process.wait()


def test_a_backup_of_a_store_that_is_written_meanwhile_is_a_state_that_existed(
    served: tuple[Path, subprocess.Popen[str]], tmp_path: Path
) -> None:
    folder, _ = served
    revisions = []
    for number in range(3):
        made = write_backup(folder, tmp_path / f"{number}.tar.gz")
        restore_backup(tmp_path / f"{number}.tar.gz", tmp_path / f"r{number}")
        _, revision, statements, quads, *_ = whole(tmp_path / f"r{number}")
        revisions.append(revision)
        # Its writer counts its commits in the one statement there is.
        assert [int(quad.object.value) for quad in cast(set[Quad], quads)] == [revision] == [made.manifest.revision]
        assert statements == 1
    assert len(set(revisions)) == 3
    assert not list(folder.glob("copy-*"))


def test_the_history_of_a_store_is_listed_verified_and_compacted_while_it_is_served(served: tuple[Path, subprocess.Popen[str]]) -> None:
    folder, process = served

    listed, verified, compacted = run("history", folder, "--limit", "2"), run("history", folder, "--verify"), run("compact", folder)

    assert (listed.exit_code, verified.exit_code, compacted.exit_code) == (0, 0, 0)
    assert "writer" in listed.stdout
    assert "follow from each other" in verified.stderr
    assert "MB after" in compacted.stdout
    assert process.poll() is None


def test_a_copy_for_somebody_who_was_killed_is_removed(served: tuple[Path, subprocess.Popen[str]]) -> None:
    folder, _ = served
    text = (
        "import pathlib, sys, time\nfrom ropa.store.control import snapshot\n"
        "with snapshot(pathlib.Path(sys.argv[1])): print(1, flush=True); time.sleep(99)"
    )
    reader = subprocess.Popen([sys.executable, "-c", text, folder], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert reader.stdout is not None
    assert reader.stdout.readline() == "1\n"
    assert len(list(folder.glob("copy-*"))) == 1

    reader.kill()
    reader.communicate()

    deadline = time.monotonic() + 30
    while list(folder.glob("copy-*")):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_a_killed_owner_left_is_no_obstacle(served: tuple[Path, subprocess.Popen[str]], tmp_path: Path) -> None:
    folder, process = served
    process.kill()
    process.wait()
    (folder / "copy-left").mkdir()
    assert (folder / "control.sock").exists()

    write_backup(folder, tmp_path / "b.tar")
    with EmbeddedStore.open(folder) as store, Control(store):
        assert stat.S_IMODE((folder / "control.sock").stat().st_mode) == 0o600
        with snapshot(folder) as taken:
            assert taken.revision == store.revision

    assert not (folder / "control.sock").exists()
    assert not list(folder.glob("copy-*"))


def test_a_folder_with_a_long_name_can_be_served_and_backed_up(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30)
    with EmbeddedStore.create(folder) as store, Control(store):
        store.replace_graphs({GRAPH: [statement("a")]})
        assert write_backup(folder, tmp_path / "b.tar").manifest.revision == 1
        assert compact_store(folder)[1] > 0


def test_a_store_held_by_a_process_that_does_not_listen_is_one_sentence(place: Path, tmp_path: Path) -> None:
    with EmbeddedStore.open(place):
        told = run("backup", place, tmp_path / "b.tar")

    assert (told.exit_code, told.stdout) == (2, "")
    assert "is held by another process" in told.stderr
    assert not (tmp_path / "b.tar").exists()


def ask(folder: Path, line: bytes) -> dict[str, object]:
    """Send a line to the owner of a store and return what it answers."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(folder / "control.sock"))
        connection.sendall(line)
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as answers:
            return cast(dict[str, object], json.loads(answers.readline()))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"nonsense\n",
        b"[]\n",
        b'{"do": "dance"}\n',
        b'{"do": "copy"}\n',
        b'{"do": "copy", "as": 5}\n',
        b'{"do": ["copy"]}\n',
        b"x" * 100_000,
    ],
)
def test_nonsense_on_the_socket_harms_nobody(place: Path, line: bytes) -> None:
    with EmbeddedStore.open(place) as store, Control(store):
        assert "error" in ask(place, line)
        with snapshot(place) as taken:
            assert taken.revision == 3


@pytest.mark.parametrize("name", ["history", "../elsewhere", "/elsewhere", "copy-", "copy-../../elsewhere", "copy-0123456789abcdef"])
def test_a_copy_to_elsewhere_or_to_what_is_there_is_refused(place: Path, name: str) -> None:
    with EmbeddedStore.open(place) as store, Control(store):
        (place / "copy-0123456789abcdef").mkdir()
        assert "error" in ask(place, json.dumps({"do": "copy", "as": name}).encode() + b"\n")
        assert find_broken(store.patches) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")
def test_another_user_cannot_ask_the_owner(place: Path) -> None:
    text = (
        "import os, socket, sys\nos.setuid(65534)\n"
        "try: socket.socket(socket.AF_UNIX).connect(sys.argv[1])\nexcept PermissionError: print('refused')"
    )
    for folder in (place, *place.parents[:3]):
        folder.chmod(0o755)
    with EmbeddedStore.open(place) as store, Control(store):
        said = subprocess.run([sys.executable, "-c", text, place / "control.sock"], capture_output=True, text=True, check=False)

    assert said.stdout == "refused\n", said.stderr


def test_a_store_in_memory_has_nothing_to_control() -> None:
    with EmbeddedStore.in_memory() as store, Control(store):
        assert store.folder is None


def test_compacting_prints_what_it_freed(tmp_path: Path) -> None:
    with EmbeddedStore.create(tmp_path / "s") as store:
        store.pour(writers.many(), Note("x"))
        store.commit(Change(list(store.quads())), Note("x"))

    told = run("compact", tmp_path / "s")

    before, after = (float(word) for word in told.stdout.split() if word[0].isdigit())
    assert (told.exit_code, told.stderr) == (0, "")
    assert after < before
    assert whole(tmp_path / "s")[1:3] == (2, 0)
