"""ropa.store.backup: what is restored is what was backed up, without the tokens, and takes the place of nothing."""

from __future__ import annotations

import hashlib
import io
import json
import stat
import tarfile
from pathlib import Path
from typing import cast

import pyoxigraph as ox
import pytest

from ropa.errors import NoSpace
from ropa.store import backup as backup_module
from ropa.store.backup import restore_backup, write_backup
from ropa.store.embedded import EmbeddedStore
from tests.stores import place, run, whole

__all__ = ["place"]


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


@pytest.mark.parametrize("arguments", [["nowhere", "b.tar"], ["s", "nowhere/b.tar"], ["s", "s"], ["https://e/sparql", "b.tar"]])
def test_a_backup_of_nothing_or_to_nowhere_is_one_sentence(
    place: Path, tmp_path: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    told = run("backup", *arguments)

    assert told.exit_code == 2
    assert told.stdout == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s"]


def test_nothing_is_restored_over_something(place: Path, tmp_path: Path) -> None:
    write_backup(place, tmp_path / "b.tar")
    (tmp_path / "empty").mkdir()

    over, into = run("restore", tmp_path / "b.tar", place), run("restore", tmp_path / "b.tar", tmp_path / "empty")

    assert over.exit_code == 2
    assert "is not empty" in over.stderr
    assert (place / "tokens.json").exists()
    assert into.exit_code == 0
    assert whole(tmp_path / "empty") == whole(place)


@pytest.mark.parametrize("command", ["backup", "restore", "compact", "history"])
def test_help_says_what_happens_and_gives_an_example(command: str) -> None:
    told = run(command, "--help")

    assert told.exit_code == 0
    assert f"ropa {command} " in told.stdout.split("Example")[1]


def test_help_of_backup_and_restore_says_why_there_are_no_tokens() -> None:
    assert "okens are left out" in run("backup", "--help").stdout
    assert "no tokens in" in " ".join(run("restore", "--help").stdout.split())
