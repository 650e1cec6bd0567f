"""Whether a history is whole: each patch there, as it was written, and followed by the one that was written after it.

In:  the patches of a store. Out: what is lost of them, at a glance or for certain, and that in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path

from ropa.errors import LostPatch
from ropa.store.changes import Lost
from ropa.store.patches import CLOSED, Patches
from ropa.store.replay import Told
from ropa.store.rows import ADDED, END, REMOVED, read_head

UNLINKED = "does not follow from the one before, which was altered or taken away"

_LEAST = 100
"""Bytes that the head of a patch takes at the very least, packed."""
_READ_AT_MOST = 4 << 20
"""Bytes of a packed patch that are read within a moment."""
_MOST_TOLD = 10


def survey(patches: Patches) -> list[Lost]:
    """Return what is lost as the names and sizes of the files tell, the earliest first; quick, however long the history is.

    Of the earliest patch the head is read too, and the latest as a whole unless it is large.
    """
    sizes = patches.sizes()
    there = range(patches.first, patches.last + 1)
    lost = {revision: "damaged" if revision in sizes else "missing" for revision in there if sizes.get(revision, 0) < _LEAST}
    for revision in {patches.first, patches.last} & sizes.keys() - lost.keys():
        if revision == patches.last and sizes[revision] <= _READ_AT_MOST:
            fault = find_flaw(patches, revision)
        else:
            entry = patches.entry(revision)
            fault = entry.fault if isinstance(entry, Lost) else ""
        if fault:
            lost[revision] = fault
    return _list(patches, lost)


def examine(patches: Patches, last: int, told: Told = lambda what, done, of: None) -> list[Lost]:
    """Return what is lost of the patches up to a revision, the earliest first; each is read as a whole.

    Of two patches that do not follow from each other it is the former that is at odds: nothing was written after it as it is now.
    """
    lost: dict[int, str] = {}
    for revision in range(patches.first, last + 1):
        told("Checking the history", revision, last)
        if fault := find_flaw(patches, revision):
            lost[revision] = fault
        elif revision - 1 not in lost and revision > patches.first and not follows(patches, revision):
            lost[revision - 1] = "at odds with the next"
    return _list(patches, lost)


def find_flaw(patches: Patches, revision: int) -> str:
    """Say what is wrong with a patch for itself, in the words of :class:`ropa.store.changes.Lost`; "" if it is all that its head says."""
    counts = {REMOVED: 0, ADDED: 0}
    row = b""
    try:
        commit = patches.commit(revision)
        with patches.reading(revision) as file:
            read_head(file)
            for row in file:
                if row[:2] in counts:
                    counts[row[:2]] += 1
    except LostPatch as error:
        return error.fault
    return "" if row == END and (commit.removed, commit.added) == tuple(counts.values()) else "damaged"


def follows(patches: Patches, revision: int) -> bool:
    """Tell whether a patch that can be read was written after the one before as that is now, or nothing was before it.

    Where the one before is missing nobody can tell, and nothing is held against this one.
    """
    before = patches.previous(revision)
    if revision == patches.first:
        return patches.lost_start() is None and not (revision == 1 and before)
    if not patches.path(revision - 1).is_file():
        return True
    with suppress(OSError):
        return before == patches.digest(revision - 1)
    return False


def describe_losses(lost: Sequence[Lost]) -> str:
    """Return in words what is lost: ``the patches of revisions 3 to 5 and 9 are missing; the patch of revision 24 is damaged``."""
    said = [f"the patches up to revision {one.revision} are {one.fault}" for one in lost if one.and_before]
    rest = [one for one in lost if not one.and_before]
    for fault in dict.fromkeys(one.fault for one in rest):
        revisions = sorted(one.revision for one in rest if one.fault == fault)
        many = len(revisions) > 1
        said.append(
            f"the patch{'es' * many} of revision{'s' * many} {_enumerate(list(_ranges(revisions)))} {'are' if many else 'is'} {fault}"
        )
    return "; ".join(said)


def advise(lost: Sequence[Lost], folder: Path) -> str:
    """Return in a sentence what whoever runs the store in a folder is to do about it.

    A patch is put back best while it is the last: the next is written after whatever is there then.
    """
    if all(one.fault == CLOSED for one in lost):
        return f"Let this user read {folder / 'history'}."
    return (
        f"See what is lost with ropa history {folder} --verify, and put the files back from an earlier backup (its folder history) before "
        "more is written; to restore that backup as a whole (ropa restore) takes back all that was written since."
    )


def _list(patches: Patches, lost: dict[int, str]) -> list[Lost]:
    start = patches.lost_start()
    return [*([start] if start else []), *(Lost(revision, lost[revision]) for revision in sorted(lost))]


def _ranges(revisions: Sequence[int]) -> Iterator[str]:
    """Yield numbers that ascend, those of three and more in a row as ``3 to 5``."""
    # Along a row both the number and its place grow by one.
    for _, row in groupby(enumerate(revisions), lambda pair: pair[1] - pair[0]):
        numbers = [revision for _, revision in row]
        yield from map(str, numbers) if len(numbers) < 3 else [f"{numbers[0]} to {numbers[-1]}"]


def _enumerate(told: list[str]) -> str:
    if len(told) > _MOST_TOLD:
        told = [*told[:_MOST_TOLD], f"{len(told) - _MOST_TOLD} more ranges"]
    return " and ".join(filter(None, [", ".join(told[:-1]), told[-1]]))
