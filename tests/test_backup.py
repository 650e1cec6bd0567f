"""Backup while serving, restore, and the history as an auditor asks for it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import cast

import pyoxigraph as ox
import pytest
from click.testing import CliRunner, Result
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode

from ropa.cli import cli
from ropa.errors import NoSpace, StoreProblem
from ropa.store import Change, Note, Quad, make_quad
from ropa.store import backup as backup_module
from ropa.store.backup import restore_backup, write_backup
from ropa.store.control import Control, snapshot
from ropa.store.control import compact as compact_store
from ropa.store.embedded import EmbeddedStore
from ropa.store.replay import contradictions
from tests import writers

ROOT = Path(__file__).parent.parent
GRAPH = "https://ropa.example/graph/register/x"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)


def statement(value: str, graph: str | None = GRAPH) -> Quad:
    node = NamedNode("https://e/s")
    return make_quad(node, NamedNode("https://e/p"), Literal(value), DefaultGraph() if graph is None else NamedNode(graph))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A store of three commits, with what is easily lost: blank nodes, an empty graph, the default graph, odd text."""
    folder = tmp_path / "s"
    with EmbeddedStore.create(folder, "https://acme.example/") as store:
        store.replace_graphs({GRAPH: [statement("a"), statement("b")]}, Note("ann", "begin"))
        blank = make_quad(BlankNode("b1"), NamedNode("https://e/p"), BlankNode("b2"), DefaultGraph())
        store.commit(Change((), [blank, statement("“é”\n", None)], frozenset({"https://e/empty"})), Note("bob", "more\x1b[31m\nof it"))
        store.replace_graphs({GRAPH: [statement("b")]}, Note("ann", "less"))
    (folder / "tokens.json").write_text('{"secret": 1}', "utf-8")
    return folder


def whole(folder: Path) -> tuple[object, ...]:
    """Return all that a store tells, and check its history."""
    with EmbeddedStore.open(folder) as store:
        assert not store.patches.broken()
        assert not list(contradictions(store.reading, store.patches, store.revision))
        history = [(commit.id, commit.when, store.recall(commit.revision)) for commit in store.history()]
        return store.base, store.revision, store.statements, set(store.quads()), store.graphs(), history


@pytest.mark.parametrize("name", ["b.tar", "b.tar.gz", "b.tgz"])
def test_a_restored_store_is_the_one_that_was_backed_up(place: Path, tmp_path: Path, name: str) -> None:
    written, restored = run("backup", place, tmp_path / name), run("restore", tmp_path / name, tmp_path / "r")

    assert (written.exit_code, written.stdout, restored.exit_code, restored.stdout) == (0, "", 0, "")
    assert "holds revision 3" in written.stderr
    assert "holds revision 3" in restored.stderr
    assert whole(tmp_path / "r") == whole(place)
    assert ((tmp_path / name).read_bytes()[:2] == b"\x1f\x8b") == (name != "b.tar")
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_an_empty_store_can_be_kept_too(tmp_path: Path) -> None:
    EmbeddedStore.create(tmp_path / "s").close()

    write_backup(tmp_path / "s", tmp_path / "b.tar")
    restore_backup(tmp_path / "b.tar", tmp_path / "r")

    assert whole(tmp_path / "r")[1:3] == (0, 0)


def test_a_backup_can_be_read_without_this_program_and_holds_no_tokens(place: Path, tmp_path: Path) -> None:
    write_backup(place, tmp_path / "b.tar.gz")

    with tarfile.open(tmp_path / "b.tar.gz") as tar:
        files = {member.name: cast(io.BufferedReader, tar.extractfile(member)).read() for member in tar}
    manifest = json.loads(files["manifest.json"])
    history = [f"history/{number:010}.rdfp.gz" for number in (1, 2, 3)]
    assert list(files) == ["manifest.json", "quads.nq", *history]
    assert (manifest["base"], manifest["revision"], manifest["statements"]) == ("https://acme.example/", 3, 3)
    assert manifest["empty_graphs"] == ["https://e/empty"]
    for member in manifest["members"]:
        assert (member["size"], member["sha256"]) == (len(files[member["name"]]), hashlib.sha256(files[member["name"]]).hexdigest())
    assert len(list(ox.parse(files["quads.nq"], format=ox.RdfFormat.N_QUADS))) == 3
    assert not any(b"secret" in text for text in files.values())


def test_a_backup_replaces_an_older_one_when_it_is_whole(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "b.tar"
    write_backup(place, file)
    before = file.read_bytes()

    def fail(*_given: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(backup_module, "_add", fail)
        with pytest.raises(NoSpace, match="there is no backup"):
            write_backup(place, file)

    assert file.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.tar", "s"]
    assert not list(place.glob("copy-*"))


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
        assert [int(quad.object.value) for quad in cast(set[Quad], quads)] == [revision] == [made.revision]
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
        assert write_backup(folder, tmp_path / "b.tar").revision == 1
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
        assert store.patches.broken() == []


def test_a_store_in_memory_has_nothing_to_control() -> None:
    with EmbeddedStore.in_memory() as store, Control(store):
        assert store.folder is None


@pytest.mark.parametrize("arguments", [["nowhere", "b.tar"], ["s", "nowhere/b.tar"], ["s", "s"], ["https://e/sparql", "b.tar"]])
def test_a_backup_of_nothing_or_to_nowhere_is_one_sentence(
    place: Path, tmp_path: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    told = run("backup", *arguments)

    assert told.exit_code == 2
    assert told.stdout == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s"]


def repack(file: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """Write a tar again with other files in it."""
    with tarfile.open(file) as tar:
        files = {member.name: cast(io.BufferedReader, tar.extractfile(member)).read() for member in tar}
    change(files)
    with tarfile.open(file, "w") as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text))


def rewrite(files: dict[str, bytes], **changes: object) -> None:
    files["manifest.json"] = json.dumps(json.loads(files["manifest.json"]) | changes).encode()


def rename_member(files: dict[str, bytes], name: str) -> None:
    """Give the last patch another name, in the manifest too."""
    old = "history/0000000003.rdfp.gz"
    files[name] = files.pop(old)
    files["manifest.json"] = files["manifest.json"].replace(old.encode(), name.encode())


DAMAGE: dict[str, Callable[[dict[str, bytes]], None]] = {
    "a statement altered": lambda files: files.update({"quads.nq": files["quads.nq"].replace(b'"b"', b'"c"')}),
    "a statement cut off": lambda files: files.update({"quads.nq": files["quads.nq"][:-5]}),
    "a patch altered": lambda files: files.update({"history/0000000002.rdfp.gz": files["history/0000000001.rdfp.gz"]}),
    "a patch missing": lambda files: cast(None, files.pop("history/0000000003.rdfp.gz")),
    "a file too many": lambda files: files.update({"history/0000000004.rdfp.gz": b""}),
    "no manifest": lambda files: cast(None, files.pop("manifest.json")),
    "a manifest that is no JSON": lambda files: files.update({"manifest.json": b"{"}),
    "a manifest of something else": lambda files: files.update({"manifest.json": b'{"name": "icon"}'}),
    "a manifest with another key": lambda files: rewrite(files, extra=1),
    "another number of statements": lambda files: rewrite(files, statements=99),
    "a base that is no IRI": lambda files: rewrite(files, base="no IRI"),
    "a patch of later than it says": lambda files: rewrite(files, revision=2),
    "a path to elsewhere": lambda files: rename_member(files, "../../evil"),
    "an absolute path": lambda files: rename_member(files, "/tmp/evil"),  # noqa: S108 - what an attacker would write
    "tokens": lambda files: rename_member(files, "tokens.json"),
    "statements that do not parse": lambda files: files.update({"quads.nq": b"<<<"}),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_backup_that_was_tampered_with_is_one_sentence_and_leaves_nothing(place: Path, tmp_path: Path, name: str) -> None:
    file = tmp_path / "b.tar"
    write_backup(place, file)
    repack(file, DAMAGE[name])

    told = run("restore", file, tmp_path / "inner" / "r")

    assert (told.exit_code, told.stdout) == (2, "")
    assert "b.tar" in told.stderr
    assert len(told.stderr.strip().splitlines()) == 1
    assert not list((tmp_path / "inner").glob("*"))
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "inner") == ["b.tar", "s"]


def test_a_link_in_the_place_of_a_file_is_refused(place: Path, tmp_path: Path) -> None:
    file = tmp_path / "b.tar"
    write_backup(place, file)
    with tarfile.open(file) as tar:
        manifest = cast(io.BufferedReader, tar.extractfile("manifest.json")).read()
    with tarfile.open(file, "w") as tar:
        entry = tarfile.TarInfo("manifest.json")
        entry.size = len(manifest)
        tar.addfile(entry, io.BytesIO(manifest))
        link = tarfile.TarInfo("quads.nq")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)

    with pytest.raises(StoreProblem, match="Nothing was restored"):
        restore_backup(file, tmp_path / "r")
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize("kind", ["truncated", "text", "empty", "image", "gzip of nothing", "absent", "folder"])
def test_a_file_that_is_no_backup_is_one_sentence(place: Path, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "b.tar.gz"
    if kind == "truncated":
        write_backup(place, file)
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    elif kind == "folder":
        file.mkdir()
    elif kind != "absent":
        file.write_bytes({"text": b"hello\n" * 500, "empty": b"", "image": b"\x89PNG" + bytes(2000), "gzip of nothing": b"\x1f\x8b"}[kind])

    told = run("restore", file, tmp_path / "r")

    assert (told.exit_code, told.stdout) == (2, "")
    assert len(told.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "r").exists()
    assert not (tmp_path / "r.new").exists()


def test_a_backup_that_claims_to_be_huge_is_refused_before_anything_is_written(place: Path, tmp_path: Path) -> None:
    file = tmp_path / "b.tar"
    write_backup(place, file)
    repack(file, lambda files: rewrite(files, members=[{"name": "quads.nq", "size": 1 << 60, "sha256": ""}]))

    with pytest.raises(NoSpace, match="more than there is"):
        restore_backup(file, tmp_path / "r")


def test_a_backup_of_a_later_version_says_so(place: Path, tmp_path: Path) -> None:
    file = tmp_path / "b.tar"
    write_backup(place, file)
    repack(file, lambda files: rewrite(files, format=99))

    with pytest.raises(StoreProblem, match="has format 99, this version reads formats up to 1"):
        restore_backup(file, tmp_path / "r")


def test_nothing_is_restored_over_something(place: Path, tmp_path: Path) -> None:
    write_backup(place, tmp_path / "b.tar")
    (tmp_path / "empty").mkdir()

    over, into = run("restore", tmp_path / "b.tar", place), run("restore", tmp_path / "b.tar", tmp_path / "empty")

    assert over.exit_code == 2
    assert "is not empty" in over.stderr
    assert (place / "tokens.json").exists()
    assert into.exit_code == 0
    assert whole(tmp_path / "empty") == whole(place)


def test_compacting_prints_what_it_freed(tmp_path: Path) -> None:
    with EmbeddedStore.create(tmp_path / "s") as store:
        store.pour(writers.many(), Note("x"))
        store.commit(Change(list(store.quads())), Note("x"))

    told = run("compact", tmp_path / "s")

    before, after = (float(word) for word in told.stdout.split() if word[0].isdigit())
    assert (told.exit_code, told.stderr) == (0, "")
    assert after < before
    assert whole(tmp_path / "s")[1:3] == (2, 0)


def test_the_history_is_told_to_people_without_what_would_command_their_terminal(place: Path) -> None:
    told = run("history", place)

    assert [line for line in told.stdout.splitlines() if not line.startswith("    ")] == [
        f"{number}  {when:%Y-%m-%d %H:%M:%S} UTC  {who}" for number, when, who in dated(place)
    ]
    assert "    +0 -1  https://ropa.example/graph/register/x\n    less\n" in told.stdout
    assert "    more [31m of it\n" in told.stdout
    assert "\x1b" not in told.stdout


def dated(folder: Path) -> list[tuple[int, datetime, str]]:
    with EmbeddedStore.open(folder) as store:
        return [(commit.revision, commit.when, commit.note.who) for commit in store.history()]


def test_the_history_for_programs_has_the_hash_of_each_patch(place: Path) -> None:
    found = json.loads(run("history", place, "--format", "json", "--limit", "2").stdout)

    assert [(one["revision"], one["who"], one["why"], one["added"], one["removed"]) for one in found] == [
        (3, "ann", "less", 0, 1),
        (2, "bob", "more\x1b[31m\nof it", 2, 0),
    ]
    for one in found:
        assert one["sha256"] == hashlib.sha256((place / "history" / f"{one['revision']:010}.rdfp.gz").read_bytes()).hexdigest()


def test_one_commit_is_told_with_its_exact_statements(place: Path) -> None:
    text, as_json = (
        run("history", place, "--revision", "3").stdout,
        json.loads(run("history", place, "--revision", "2", "--format", "json").stdout),
    )

    assert 'D <https://e/s> <https://e/p> "a" <https://ropa.example/graph/register/x> .\n' in text
    assert 'H who "ann" .\n' in text
    assert (as_json["created"], as_json["dropped"], as_json["removed"]) == (["https://e/empty"], [], [])
    assert "_:b1 <https://e/p> _:b2 ." in as_json["added"]
    absent = run("history", place, "--revision", "9")
    assert (absent.exit_code, absent.stdout) == (2, "")
    assert "revisions 1 to 3" in absent.stderr


def test_the_patches_one_after_the_other_lead_to_what_the_store_holds(place: Path) -> None:
    found: set[str] = set()
    for row in run("history", place, "--format", "patch").stdout.splitlines():
        if row.startswith("A "):
            found.add(row[2:])
        elif row.startswith("D "):
            found.remove(row[2:])

    with EmbeddedStore.open(place) as store:
        assert found == set(cast(bytes, ox.serialize(store.reading, format=ox.RdfFormat.N_QUADS)).decode().splitlines())


def test_verifying_prints_a_hash_that_later_proves_what_was_there(place: Path) -> None:
    first = run("history", place, "--verify")
    with EmbeddedStore.open(place) as store:
        store.replace_graphs({GRAPH: [statement("later")]})

    again, unknown = run("history", place, "--known", first.stdout.strip()), run("history", place, "--known", "ab" * 32)

    assert (first.exit_code, again.exit_code, unknown.exit_code) == (0, 0, 1)
    assert first.stdout.strip() == hashlib.sha256((place / "history" / "0000000003.rdfp.gz").read_bytes()).hexdigest()
    assert "is the patch of revision 3" in again.stderr
    assert "was rewritten" in unknown.stdout


def put_quietly(folder: Path) -> None:
    engine = ox.Store(str(folder / "quads"))
    engine.add(cast(ox.Quad, statement("secret")))
    engine.flush()


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (put_quietly, '"secret"'),
        (lambda folder: (folder / "history" / "0000000002.rdfp.gz").unlink(), "The patch of revision 2 is missing."),
        (lambda folder: (folder / "history" / "0000000003.rdfp.gz").unlink(), "The patch of revision 3 is missing."),
        (lambda folder: (folder / "history" / "0000000001.rdfp.gz").write_bytes(b""), "revision 1"),
        (lambda folder: shutil.rmtree(folder / "history"), "The history of revisions 1 to 3 is missing."),
    ],
)
def test_verifying_fails_where_store_and_history_do_not_agree(place: Path, harm: Callable[[Path], None], said: str) -> None:
    harm(place)

    told = run("history", place, "--verify")

    assert told.exit_code == 1
    assert said in told.stdout


@pytest.mark.parametrize("command", ["backup", "restore", "compact", "history"])
def test_help_says_what_happens_and_gives_an_example(command: str) -> None:
    told = run(command, "--help")

    assert told.exit_code == 0
    assert f"ropa {command} " in told.stdout.split("Example")[1]


def test_help_of_backup_and_restore_says_why_there_are_no_tokens() -> None:
    assert "okens are left out" in run("backup", "--help").stdout
    assert "no tokens in" in " ".join(run("restore", "--help").stdout.split())


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
