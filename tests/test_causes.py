"""ropa.store.causes: an error of the engine or the disk is told with what helps, and a backup is advised for damage alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import pytest

from ropa.errors import NoSpace, StoreProblem
from ropa.store.causes import explain, explain_opening
from ropa.store.embedded import EmbeddedStore
from tests.stores import place

__all__ = ["place"]

NOBODY = 65534
FOLDER = Path("/srv/block/no space/s")
"""A place whose name has words that stand for causes."""
Q = FOLDER / "quads"

ROOM, WRITE, STOP, RESTORE = (
    "Make room on the disk",
    "Let this user read and write there",
    "Stop that one first",
    "Restore it from a backup",
)
TOLD = {
    f"IO error: No space left on device: While appending to file: {Q}/MANIFEST-000023: No space left on device": ROOM,
    f"IO error: While appending to file: {Q}/MANIFEST-000023: File too large": ROOM,
    f"IO error: While appending to file: {Q}/MANIFEST-000023: Disk quota exceeded": ROOM,
    f"IO error: While open a file for appending: {Q}/LOG: Permission denied": WRITE,
    f"IO error: while open a file for lock: {Q}/LOCK: Permission denied": WRITE,
    f"Corruption: Corruption: IO error: While open a file for random read: {Q}/000010.sst: Permission denied  The file {Q}/MANIFEST-000005 "
    "may be corrupted.": WRITE,
    f"IO error: While open a file for appending: {Q}/LOG: Read-only file system": "Make the disk one that can be written",
    f"IO error: While lock file: {Q}/LOCK: Resource temporarily unavailable": STOP,
    f"IO error: lock hold by current process, acquire time 1795970918 acquiring thread 1: {Q}/LOCK: No locks available": STOP,
    f"Corruption: CURRENT file does not end with newline: {Q}/CURRENT": RESTORE,
    f"IO error: No such file or directory: While opening a file for sequentially reading: {Q}/MANIFEST-000005: "
    "No such file or directory": RESTORE,
    f"Corruption: Bad table magic number: expected 9863518390377041911, found 1 in {Q}/000010.sst": RESTORE,
    f"IO error: While pread offset 0 len 53: {Q}/000010.sst: Input/output error": "See to that, then open it again",
    "Oxigraph needs at least 96 file descriptors when reserving 48 descriptors for non-RocksDB usage, only 8 allowed. "
    "Run e.g. `ulimit -n 512` to allow 512 opened files": "See to that, then open it again",
}


@pytest.mark.parametrize("text", TOLD)
@pytest.mark.parametrize("kind", [OSError, RuntimeError])
def test_what_the_engine_says_leads_to_what_helps(text: str, kind: type[OSError] | type[RuntimeError]) -> None:
    told = explain_opening(kind(text), FOLDER)

    assert isinstance(told, NoSpace) == (TOLD[text] == ROOM)
    assert [advice for advice in {*TOLD.values()} if advice in str(told)] == [TOLD[text]]
    assert str(FOLDER) in str(told)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "anything", f"{Q}/LOG"), ROOM),
        (PermissionError(13, "Permission denied", f"{FOLDER}/history"), WRITE),
        (OSError(30, "Read-only file system", f"{FOLDER}/history"), "Make the disk one that can be written"),
        (OSError(5, "Input/output error", f"{FOLDER}/no space left on device"), "See to that"),
    ],
)
def test_of_the_systems_own_errors_the_number_counts(error: OSError, said: str) -> None:
    assert said in str(explain_opening(error, FOLDER))


def test_a_write_that_fails_says_what_helps_too() -> None:
    full, forbidden, other = OSError(28, "No space left on device"), PermissionError(13, "Permission denied"), RuntimeError("Corruption: x")

    assert "Make room and send the write again" in str(explain(full, FOLDER))
    assert "Let this user write there; the store is as it was" in str(explain(forbidden, FOLDER))
    assert "The store is as it was" in str(explain(other, FOLDER))


@contextmanager
def powerless() -> Iterator[None]:
    """Act as somebody whom permissions hold back."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.fixture
def guarded(place: Path) -> Iterator[Path]:
    """A store that this user may read and not write, where others can reach it."""
    outside = Path(mkdtemp(prefix="ropa-"))
    outside.chmod(0o755)
    folder = place.rename(outside / "s")
    everything = [folder, *folder.rglob("*")]
    for path in everything:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        yield folder
    finally:
        for path in everything:
            path.chmod(0o755)
        folder.rename(place)
        outside.rmdir()


def close(*names: str) -> Callable[[Path], None]:
    """Let nobody read a file or folder of the store."""

    def harm(folder: Path) -> None:
        for name in names:
            (folder / name).chmod(0)

    return harm


@pytest.mark.parametrize("harm", [lambda _: None, close("store.json"), close("quads"), close("history")])
def test_a_store_that_this_user_may_not_write_is_no_damaged_one(guarded: Path, harm: Callable[[Path], None]) -> None:
    harm(guarded)
    with powerless(), pytest.raises(StoreProblem, match=WRITE) as told:
        EmbeddedStore.open(guarded)

    assert "backup" not in str(told.value)


def test_a_folder_that_this_user_may_not_look_into_is_not_called_no_store(guarded: Path) -> None:
    guarded.chmod(0)

    with powerless(), pytest.raises(StoreProblem, match=WRITE):
        EmbeddedStore.open(guarded)


@pytest.mark.parametrize("name", ["MANIFEST-*", "CURRENT", "*.sst"])
@pytest.mark.parametrize("harm", [lambda path: path.unlink(), lambda path: path.write_bytes(path.read_bytes()[:10])])
def test_damage_alone_is_a_case_for_a_backup(place: Path, name: str, harm: Callable[[Path], None]) -> None:
    for path in (place / "quads").glob(name):
        harm(path)

    with pytest.raises(StoreProblem, match=RESTORE):
        EmbeddedStore.open(place)
