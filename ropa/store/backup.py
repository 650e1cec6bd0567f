"""A store in one file, and a store from such a file: a tar that another program can read too, in ten years.

manifest.json               format, base, revision, graphs without a statement; size and SHA-256 of what follows
quads.nq                    every statement, as N-Quads
history/0000000001.rdfp.gz  the history, as it is in the store

Tokens are left out: a backup lies in many places, and nobody is to be let in by an old token when it is restored.

A store whose history is not whole is backed up all the same, damaged patches as they are: the statements are what its owner needs most
then, and refusing would leave them in one place. But the file never takes the place of another one, which may be the last to hold what
is lost, and whoever made it is told what is lost, now and when it is restored.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from time import time
from typing import IO, cast

import pyoxigraph as ox
from pyoxigraph import NamedNode

import ropa
from ropa.errors import NoSpace, StoreProblem
from ropa.store.causes import is_full
from ropa.store.changes import Lost
from ropa.store.control import Snapshot, snapshot
from ropa.store.embedded import EmbeddedStore
from ropa.store.folder import Settings, sync
from ropa.store.hashing import Hashing
from ropa.store.losses import describe_losses, examine
from ropa.store.replay import Told

FORMAT = 1
"""Version of the file's format."""

_MANIFEST, _QUADS = "manifest.json", "quads.nq"
_HISTORY = re.compile(r"history/\d{10}\.rdfp\.gz")
_LONGEST_MANIFEST = 256 << 20
_PIECE = 1 << 20


@dataclass(frozen=True)
class Member:
    """A file in the tar; *size* in bytes."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself.

    Attributes:
        format: Version of the format. software: What wrote it. made: When, UTC.
        empty_graphs: IRIs of the graphs without a statement. members: The statements, then the patches of the history.
    """

    format: int
    software: str
    made: str
    base: str
    revision: int
    statements: int
    empty_graphs: list[str]
    members: list[Member]


@dataclass(frozen=True)
class Backup:
    """What was written to a file, or made of one; *lost* is what it lacks of the history, or has of it that is damaged."""

    manifest: Manifest
    lost: list[Lost]


def write_backup(folder: Path, file: Path, told: Told = lambda what, done, of: None) -> Backup:
    """Write what a store holds at this moment into a file, packed by gzip where its name ends in .gz or .tgz.

    The store may be served and written meanwhile. A file that is there is replaced when the new one is whole.

    Raises:
        StoreProblem: See :func:`ropa.store.control.snapshot`; or there is no such place; or the history is not whole and the file is there,
            which is left as it is. NoSpace: There is no room for the file.
    """
    if not file.parent.is_dir() or file.is_dir():
        raise StoreProblem(f"{file} cannot be written: give the name of a file in a folder that exists.")
    try:
        with snapshot(folder) as taken, TemporaryDirectory(prefix=f".{file.name}.", dir=file.parent) as private:
            rows, draft = Path(private) / _QUADS, Path(private) / "draft"
            lost = examine(taken.patches, taken.revision, told)
            _spare(file, folder, lost)
            manifest = _describe(taken, rows, lost, told)
            with draft.open("wb") as raw:
                with tarfile.open(fileobj=raw, mode="w:gz" if file.suffix in (".gz", ".tgz") else "w:") as tar:
                    text = json.dumps(asdict(manifest), indent=1).encode()
                    _add(tar, _MANIFEST, len(text), BytesIO(text))
                    for member in manifest.members:
                        with (rows if member.name == _QUADS else folder / member.name).open("rb") as source:
                            reader = Hashing(source, lambda count: told("Packing", count, manifest.statements))
                            _add(tar, member.name, member.size, cast(IO[bytes], reader))
                        if reader.digest() != member.sha256:
                            raise StoreProblem(f"{folder / member.name} was altered meanwhile, or the disk fails; there is no backup.")
                raw.flush()
                os.fsync(raw.fileno())
            # It holds all that the store does; whom else it is for, its owner says.
            draft.chmod(0o600)
            _spare(file, folder, lost)
            draft.replace(file)
        sync(file.parent)
    except OSError as error:
        if is_full(error):
            raise NoSpace(f"The disk of {file.parent} is full; there is no backup, and the store is as it was.") from None
        raise
    return Backup(manifest, lost)


def restore_backup(file: Path, folder: Path, told: Told = lambda what, done, of: None) -> Backup:
    """Make a store of a backup; it is built beside its place and moved there when it is whole and as the backup says.

    Raises:
        StoreProblem: The file is no backup or damaged, or the folder is not empty. NoSpace: There is no room.
    """
    place = folder.resolve()
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise StoreProblem(f"{folder} is not empty. Give a new folder, or remove this one first.")
    if not file.is_file():
        raise StoreProblem(f"There is no file {file}.")
    unfinished = place.with_name(f"{place.name}.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        with _telling(file, folder):
            manifest = _unpack(file, unfinished, told)
            with EmbeddedStore.open(unfinished) as store:
                _expect((store.base, store.revision) == (manifest.base, manifest.revision))
                lost = examine(store.patches, store.revision, told)
            os.sync()
        if place.exists():
            place.rmdir()
        unfinished.rename(place)
        sync(place.parent)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return Backup(manifest, lost)


def _spare(file: Path, folder: Path, lost: list[Lost]) -> None:
    """Refuse to replace a file where something of the history is lost."""
    if lost and file.exists():
        said = describe_losses(lost)
        raise StoreProblem(
            f"{file} is there and may hold what the history of {folder} has lost: {said}. Give another name; it is as it was."
        )


def _describe(taken: Snapshot, rows: Path, lost: list[Lost], told: Told) -> Manifest:
    """Write the statements of a snapshot into a file, and return what the backup will say of itself."""
    total = len(taken.engine)
    with rows.open("wb") as file:
        writer = Hashing(file, lambda count: told("Reading", count, total))
        taken.engine.dump(cast(IO[bytes], writer), ox.RdfFormat.N_QUADS)
    members = [Member(_QUADS, writer.size, writer.digest())]
    patches = [(revision, taken.patches.path(revision)) for revision in sorted(taken.patches.revisions()) if revision <= taken.revision]
    unsure = {one.revision for one in lost}
    for done, (revision, path) in enumerate(patches):
        told("Reading the history", done, len(patches))
        # Of one that the disk does not give any more nothing can be kept, and that is told.
        with suppress(OSError) if revision in unsure else nullcontext():
            with path.open("rb") as source:
                digest = hashlib.file_digest(source, "sha256").hexdigest()
            members.append(Member(f"history/{path.name}", path.stat().st_size, digest))
    empty = [
        graph.value
        for graph in taken.engine.named_graphs()
        if isinstance(graph, NamedNode) and next(taken.engine.quads_for_pattern(None, None, None, graph), None) is None
    ]
    made = datetime.now(UTC).isoformat(timespec="seconds")
    return Manifest(FORMAT, f"ropa {ropa.__version__}", made, taken.base, taken.revision, writer.rows, sorted(empty), members)


def _add(tar: tarfile.TarFile, name: str, size: int, source: IO[bytes]) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime, entry.mode = size, int(time()), 0o600
    tar.addfile(entry, source)


def _unpack(file: Path, folder: Path, told: Told) -> Manifest:
    """Make a store's folder of a backup; only files that the manifest names, of the size and hash that it tells, are written."""
    with file.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        with tarfile.open(fileobj=raw, mode="r|gz" if packed else "r|") as tar:
            entries = iter(tar)
            manifest = _read_manifest(tar, next(entries, None), file)
            needed = sum(member.size for member in manifest.members) + manifest.members[0].size
            folder.parent.mkdir(parents=True, exist_ok=True)
            if needed > shutil.disk_usage(folder.parent).free:
                raise NoSpace(f"{file} needs {needed >> 20} MB, more than there is at {folder.parent}. Nothing was restored.")
            settings = Settings(manifest.base, flushed=manifest.revision, statements=manifest.statements)
            (folder / settings.quads).mkdir(parents=True)
            (folder / "history").mkdir()
            engine = ox.Store(str(folder / settings.quads))
            for done, member in enumerate(manifest.members):
                entry = next(entries, None)
                _expect(entry is not None and entry.isreg() and (entry.name, entry.size) == (member.name, member.size))
                reader = Hashing(cast(IO[bytes], tar.extractfile(cast(tarfile.TarInfo, entry))))
                if member.name == _QUADS:
                    found = cast(Iterable[ox.Quad], ox.parse(cast(IO[bytes], reader), format=ox.RdfFormat.N_QUADS))
                    engine.bulk_extend(_counted(found, manifest.statements, told))
                else:
                    told("Restoring the history", done, len(manifest.members))
                    with (folder / member.name).open("wb") as target:
                        shutil.copyfileobj(cast(IO[bytes], reader), target, _PIECE)
                _expect((reader.size, reader.digest()) == (member.size, member.sha256))
            _expect(next(entries, None) is None)
    for graph in manifest.empty_graphs:
        engine.add_graph(NamedNode(graph))
    _expect(len(engine) == manifest.statements)
    engine.flush()
    settings.write(folder)
    return manifest


def _read_manifest(tar: tarfile.TarFile, entry: tarfile.TarInfo | None, file: Path) -> Manifest:
    if entry is None or entry.name != _MANIFEST or not entry.isreg() or entry.size > _LONGEST_MANIFEST:
        raise StoreProblem(f"{file} is no backup of a store. Give a file that ropa backup wrote.")
    said = json.loads(cast(IO[bytes], tar.extractfile(entry)).read())
    if int(said["format"]) > FORMAT:
        raise StoreProblem(f"{file} has format {said['format']}, this version reads formats up to {FORMAT}. Use the version that wrote it.")
    members = [Member(str(one["name"]), int(one["size"]), str(one["sha256"])) for one in said["members"]]
    manifest = Manifest(**said | {"members": members})
    names = [member.name for member in members]
    patches = names[1:]
    _expect(names[0] == _QUADS and len(set(names)) == len(names) and all(_HISTORY.fullmatch(name) for name in patches))
    _expect(all(int(name[8:18]) <= manifest.revision for name in patches) and all(member.size >= 0 for member in members))
    NamedNode(manifest.base)
    return manifest


def _expect(right: bool) -> None:
    if not right:
        raise ValueError("not what the manifest says")


@contextmanager
def _telling(file: Path, folder: Path) -> Iterator[None]:
    """Say in one sentence what is wrong with a file."""
    try:
        yield
    except (tarfile.TarError, EOFError, zlib.error, SyntaxError, ValueError, KeyError, IndexError, TypeError) as error:
        raise StoreProblem(f"{file} is damaged or no backup of a store ({error}). Nothing was restored.") from None
    except (OSError, RuntimeError) as error:
        if is_full(error):
            raise NoSpace(f"The disk of {folder} is full; nothing was restored. Make room first.") from None
        raise StoreProblem(f"{file} cannot be restored to {folder}: {error}. Nothing was restored.") from None


def _counted(quads: Iterable[ox.Quad], total: int, told: Told) -> Iterator[ox.Quad]:
    for done, quad in enumerate(quads):
        if done % 10_000 == 0:
            told("Restoring", done, total)
        yield quad
