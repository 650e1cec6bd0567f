"""Why the engine or the disk failed at something, and what a person does about it.

In:  an error of the engine or the system. Out: one for whoever called, that advises to restore a store only where its files are damaged.

The engine tells the cause in words alone, those of the system after a colon; of the system's own errors the number counts. A path may hold
any word, so a word counts only at its place.

Source: the texts of RocksDB as pyoxigraph 0.5 passes them on; tests/test_causes.py brings them about.
"""

from __future__ import annotations

import errno
import re
from pathlib import Path

from ropa.errors import NoSpace, StoreProblem

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "No space left on device|Dis[ck] quota exceeded|File too large"
_READ_ONLY = (errno.EROFS,), "Read-only file system"
_FORBIDDEN = (errno.EACCES, errno.EPERM), "Permission denied|Operation not permitted"
_HELD = re.compile("^IO error: (While lock file|lock hold)", re.IGNORECASE)
_DAMAGED = re.compile("^(Corruption|IO error: No such file or directory)")


def explain(error: OSError | RuntimeError, folder: Path) -> NoSpace | StoreProblem:
    """Return what a caller is told of an error at a write to a store."""
    if is_full(error):
        return NoSpace(f"The disk of {folder} is full; the store is as it was. Make room and send the write again.")
    if _is(_FORBIDDEN, error):
        return StoreProblem(f"{folder} could not be written: {error}. Let this user write there; the store is as it was.")
    return StoreProblem(f"{folder} could not be written: {error}. The store is as it was.")


def explain_opening(error: OSError | RuntimeError, folder: Path) -> NoSpace | StoreProblem:
    """Return what a caller is told of an error at opening a store."""
    if is_full(error):
        return NoSpace(f"The disk of {folder} is full, so that it cannot be opened. Make room on the disk, then open it again.")
    said = f"{folder} cannot be opened: {error}."
    if _is(_READ_ONLY, error):
        return StoreProblem(f"{said} Make the disk one that can be written.")
    if _is(_FORBIDDEN, error):
        return StoreProblem(f"{said} Let this user read and write there.")
    if _HELD.search(str(error)):
        return StoreProblem(f"{folder} is held by another process. Stop that one first: one process owns a store.")
    if _DAMAGED.search(str(error)):
        return StoreProblem(f"{said} Restore it from a backup.")
    return StoreProblem(f"{said} See to that, then open it again.")


def is_full(error: OSError | RuntimeError) -> bool:
    """Tell whether an error of the engine or the system says that there is no room on the disk."""
    return _is(_FULL, error)


def _is(kind: tuple[tuple[int, ...], str], error: OSError | RuntimeError) -> bool:
    numbers, words = kind
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in numbers
    return bool(re.search(rf"(^|: )({words})(:|\s|$)", str(error)))
