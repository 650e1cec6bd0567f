"""ropa.store.backup: a file that is damaged, tampered with or no backup at all is refused, and leaves nothing."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from ropa.errors import NoSpace, StoreProblem
from ropa.store.backup import restore_backup, write_backup
from tests.stores import place, run

__all__ = ["place"]


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
