"""ropa.store.backup: of a store whose history is not whole the rest is kept, and nobody is told that it is the whole."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ropa.store.backup import restore_backup, write_backup
from ropa.store.embedded import EmbeddedStore
from tests.stores import place, run

__all__ = ["place"]


def patch(folder: Path, revision: int) -> Path:
    return folder / "history" / f"{revision:010}.rdfp.gz"


def cut(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


HARM: dict[str, tuple[Callable[[Path], object], str]] = {
    "latest missing": (lambda folder: patch(folder, 3).unlink(), "the patch of revision 3 is missing"),
    "latest cut": (lambda folder: cut(patch(folder, 3), 60), "the patch of revision 3 is damaged"),
    "one missing": (lambda folder: patch(folder, 2).unlink(), "the patch of revision 2 is missing"),
    "one empty": (lambda folder: cut(patch(folder, 2), 0), "the patch of revision 2 is damaged"),
    "one cut near its end": (lambda folder: cut(patch(folder, 2), -1), "the patch of revision 2 is damaged"),
    "one that is a folder": (lambda folder: make_folder(patch(folder, 2)), "the patch of revision 2 is missing"),
    "first missing": (lambda folder: patch(folder, 1).unlink(), "the patch of revision 1 is missing"),
    "all missing": (lambda folder: shutil.rmtree(folder / "history"), "the patches up to revision 3 are missing"),
}


@pytest.mark.parametrize("name", HARM)
def test_a_store_whose_history_is_not_whole_is_kept_and_restored_and_says_so(place: Path, tmp_path: Path, name: str) -> None:
    harm, said = HARM[name]
    harm(place)

    written, restored = run("backup", place, tmp_path / "b.tar"), run("restore", tmp_path / "b.tar", tmp_path / "r")

    assert (written.exit_code, written.stdout, restored.exit_code, restored.stdout) == (1, "", 1, "")
    for told in (written, restored):
        assert "holds revision 3" in told.stderr
        assert "their history" not in told.stderr
        assert f"Their history is not whole: {said}." in told.stderr
    with EmbeddedStore.open(place) as ours, EmbeddedStore.open(tmp_path / "r") as theirs:
        assert (set(ours.quads()), ours.graphs(), ours.revision) == (set(theirs.quads()), theirs.graphs(), theirs.revision)
        assert list(ours.history()) == list(theirs.history())
    for path in (place / "history").glob("*"):
        # A damaged one may be mended yet.
        assert path.is_dir() or (tmp_path / "r" / "history" / path.name).read_bytes() == path.read_bytes()


def test_a_backup_that_has_what_is_lost_is_not_replaced_by_one_that_has_not(place: Path, tmp_path: Path) -> None:
    file = tmp_path / "b.tar"
    write_backup(place, file)
    before, kept = file.read_bytes(), patch(place, 3).read_bytes()
    patch(place, 3).unlink()

    told = run("backup", place, file)

    assert (told.exit_code, told.stdout) == (2, "")
    assert "may hold what the history of" in told.stderr
    assert len(told.stderr.strip().splitlines()) == 1
    assert file.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.tar", "s"]

    restore_backup(file, tmp_path / "r")
    patch(place, 3).write_bytes(patch(tmp_path / "r", 3).read_bytes())
    assert patch(place, 3).read_bytes() == kept
    again = run("backup", place, file)
    assert (again.exit_code, "and their history" in again.stderr) == (0, True)


def test_the_library_returns_what_is_lost(place: Path, tmp_path: Path) -> None:
    assert write_backup(place, tmp_path / "whole.tar").lost == []
    assert restore_backup(tmp_path / "whole.tar", tmp_path / "whole").lost == []
    patch(place, 2).unlink()

    made, restored = write_backup(place, tmp_path / "b.tar"), restore_backup(tmp_path / "b.tar", tmp_path / "r")

    assert [str(one) for one in made.lost] == ["The patch of revision 2 is missing."]
    assert restored.lost == made.lost
    assert restored.manifest == made.manifest


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_help_tells_what_the_exit_codes_mean(command: str) -> None:
    assert "1  done, but the history" in run(command, "--help").stdout
