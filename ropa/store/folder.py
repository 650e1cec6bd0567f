"""The folder of a store: what lies in it, which version of it, and how an older one is brought up to date.

store.json    layout version, base IRI, the engine's folder, the revision that the engine surely has on the disk
quads…/       belongs to the engine
history/      one patch a commit, see :mod:`ropa.store.patches`
tokens.json   who may write over HTTP, see :mod:`ropa.tokens`
control.sock  where the process that owns the store listens, see :mod:`ropa.store.control`
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from stat import S_ISREG

import pyoxigraph as ox

from ropa.errors import StoreProblem
from ropa.store.causes import explain_opening

LAYOUT = 2
"""Version of the folder's layout."""
COPY = "copy-"
"""What the name of a folder starts with that a backup is made from; one that was left is removed on opening."""

_SETTINGS = "store.json"


@dataclass(frozen=True)
class Settings:
    """What ``store.json`` says.

    Attributes:
        quads: Name of the engine's folder. flushed: The latest revision that the engine is known to have on the disk.
        statements: How many there were at that revision.
        layout: That of the folder; the next write brings an older one up to date.
    """

    base: str
    quads: str = "quads"
    flushed: int = 0
    statements: int = 0
    layout: int = LAYOUT

    def write(self, folder: Path) -> None:
        """Put them on the disk so that a reader sees the old or the new ones, never half of them."""
        draft = folder / f"{_SETTINGS}.new"
        with draft.open("w", encoding="utf-8") as file:
            json.dump(asdict(self), file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(folder / _SETTINGS)
        sync(folder)


def read_settings(folder: Path) -> Settings:
    """Read what a store's folder says of itself, in any layout.

    Raises:
        StoreProblem: It is no store, is damaged, is of a later version, or is not for this user to read.
    """
    require_store(folder)
    try:
        told = json.loads((folder / _SETTINGS).read_text("utf-8"))
        layout = int(told["layout"])
        if layout == 1:
            settings = Settings(str(told["base"]), flushed=int(told["revision"]), layout=layout)
        elif layout == LAYOUT:
            settings = Settings(str(told["base"]), str(told["quads"]), int(told["flushed"]), int(told["statements"]))
        else:
            raise StoreProblem(
                f"{folder} has layout {layout}, this version reads layouts up to {LAYOUT}. Use the version that wrote it, or load its "
                "exports into a new store: ropa init NEW_FOLDER"
            )
    except OSError as error:
        raise explain_opening(error, folder) from None
    except (ValueError, KeyError, TypeError):
        raise StoreProblem(f"{folder / _SETTINGS} cannot be read. Restore the folder from a backup, or make a new store.") from None
    if "/" in settings.quads or not (folder / settings.quads).is_dir():
        raise StoreProblem(f"{folder} has lost its folder {settings.quads}. Restore it from a backup, or make a new store.")
    return settings


def require_store(folder: Path) -> None:
    """Refuse a folder that holds no store, without opening it.

    Raises:
        StoreProblem: There is none, or this user may not look.
    """
    try:
        there = S_ISREG((folder / _SETTINGS).stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        there = False
    except OSError as error:
        raise explain_opening(error, folder) from None
    if not there:
        raise StoreProblem(f"{folder} is not a store. Make one with: ropa init {folder}")


def open_engine(folder: Path) -> tuple[ox.Store, Settings]:
    """Open the engine of a store, and take away what an interrupted compaction or backup left.

    Raises:
        StoreProblem: Another process holds it, or it cannot be opened; see also :func:`read_settings`. NoSpace: The disk is full.
    """
    while True:
        settings = read_settings(folder)
        try:
            engine = ox.Store(str(folder / settings.quads))
        except (OSError, RuntimeError) as error:
            raise explain_opening(error, folder) from None
        told = read_settings(folder)
        # Whoever held it may have compacted it between our reading and our opening.
        if told.quads == settings.quads:
            break
    for left in (*folder.glob("quads*"), *folder.glob(f"{COPY}*")):
        if left.name != told.quads:
            shutil.rmtree(left, ignore_errors=True)
    return engine, told


def copy_engine(folder: Path, source: str, target: str) -> None:
    """Copy the engine's folder into a new one beside it, also while it is open and takes no more writes.

    Tables and logs, which are then never written again, are linked where the disk can do that.

    Raises:
        OSError: It cannot be copied; nothing is left of the copy.
    """

    def copy(old: str, new: str) -> None:
        if old.endswith((".sst", ".log")):
            with suppress(OSError):
                os.link(old, new)
                return
        shutil.copyfile(old, new)

    try:
        shutil.copytree(folder / source, folder / target, copy_function=copy)
    except OSError:
        shutil.rmtree(folder / target, ignore_errors=True)
        raise


def next_name(folder: Path, name: str) -> str:
    """Return a name for another folder of the engine, which there is none of yet."""
    number = int(name.partition("-")[2] or 0) + 1
    while (folder / f"quads-{number}").exists():
        number += 1
    return f"quads-{number}"


def folder_size(folder: Path) -> int:
    """Return how many bytes the files below a folder take; those that vanish meanwhile do not count."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                total += os.stat(os.path.join(where, name)).st_size
    return total


def sync(folder: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
