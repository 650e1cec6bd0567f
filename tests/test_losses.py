"""ropa.store.losses: what is lost of a history is seen, at a glance or for certain, told in its place, and never guessed."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ropa.errors import LostPatch, NotFound, StoreProblem
from ropa.store import Lost, Note
from ropa.store.embedded import EmbeddedStore
from ropa.store.losses import advise, describe_losses, examine, survey
from ropa.store.patches import CLOSED
from tests.stores import GRAPH, statement

LAST = 8
DAMAGED, MISSING, AT_ODDS = "damaged", "missing", "at odds with the next"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A store of eight commits."""
    folder = tmp_path / "s"
    with EmbeddedStore.create(folder) as store:
        for number in range(1, LAST + 1):
            store.replace_graphs({GRAPH: [statement(str(number))]}, Note("ann", str(number)))
    return folder


def patch(folder: Path, revision: int) -> Path:
    return folder / "history" / f"{revision:010}.rdfp.gz"


Harm = Callable[[Path], None]


def remove(*revisions: int) -> Harm:
    def harm(folder: Path) -> None:
        for revision in revisions:
            patch(folder, revision).unlink()

    return harm


def rewrite(revision: int, change: Callable[[bytes], bytes]) -> Harm:
    def harm(folder: Path) -> None:
        path = patch(folder, revision)
        path.write_bytes(change(path.read_bytes()))

    return harm


def cut(revision: int, size: int) -> Harm:
    return rewrite(revision, lambda data: data[:size])


def alter(revision: int) -> Harm:
    """Put another reason there, all else being right."""
    return rewrite(revision, lambda data: gzip.compress(gzip.decompress(data).replace(b'H why "', b'H why "not ')))


def exchange(revision: int, source: int) -> Harm:
    """Put another patch there."""

    def harm(folder: Path) -> None:
        shutil.copy(patch(folder, source), patch(folder, revision))

    return harm


def put_folder(revision: int) -> Harm:
    def harm(folder: Path) -> None:
        patch(folder, revision).unlink()
        patch(folder, revision).mkdir()

    return harm


def leave_nothing(folder: Path) -> None:
    shutil.rmtree(folder / "history")


Seen = dict[int, str]


def seen(harm: Harm, *, listed: Seen, read: Seen | None = None, glanced: Seen | None = None) -> tuple[Harm, Seen, Seen, Seen]:
    """Return a case: what happens, and what is told by a list, by reading everything, and at a glance; the same where not given."""
    return harm, listed, listed if read is None else read, listed if glanced is None else glanced


CASES = {
    "nothing": seen(lambda _: None, listed={}),
    "the latest is missing": seen(remove(8), listed={8: MISSING}),
    "the latest is cut": seen(cut(8, 60), listed={8: DAMAGED}),
    "the latest has lost its end": seen(cut(8, 250), listed={8: DAMAGED}),
    "the latest is another one": seen(exchange(8, 6), listed={8: DAMAGED}),
    "some are missing": seen(remove(3, 4, 6), listed={3: MISSING, 4: MISSING, 6: MISSING}),
    "one is empty": seen(cut(5, 0), listed={5: DAMAGED}),
    "one is a folder": seen(put_folder(4), listed={4: MISSING}),
    "one is cut": seen(cut(5, 150), listed={5: DAMAGED}, glanced={}),
    "one is altered": seen(alter(5), listed={}, read={5: AT_ODDS}, glanced={}),
    "the first is missing": seen(remove(1), listed={1: MISSING}),
    "the first ones are missing": seen(remove(1, 2, 3), listed={3: MISSING}),
    "the first is cut": seen(cut(1, 110), listed={1: DAMAGED}),
    "all are missing": seen(leave_nothing, listed={8: MISSING}),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_lost_is_told_in_its_place_and_nothing_else_is(place: Path, name: str) -> None:
    harm, listed, read, glanced = CASES[name]
    harm(place)

    with EmbeddedStore.open(place) as store:
        entries = list(store.history())
        lost = [one for one in entries if isinstance(one, Lost)]
        gone = [one for one in lost if one.and_before]

        assert {one.revision: one.fault for one in lost} == listed
        assert {one.revision: one.fault for one in examine(store.patches, store.revision)} == read
        assert {one.revision: one.fault for one in survey(store.patches)} == glanced
        assert [one.revision for one in entries] == list(range(LAST, gone[0].revision - 1 if gone else 0, -1))
        assert (store.revision, list(store.quads())) == (LAST, [statement(str(LAST))])


@pytest.mark.parametrize("name", ["some are missing", "the first ones are missing", "all are missing"])
def test_each_page_of_a_history_says_what_is_lost_there(place: Path, name: str) -> None:
    CASES[name][0](place)

    with EmbeddedStore.open(place) as store:
        whole = {one.revision: one for one in store.history()}
        for before in range(LAST + 2, 1, -1):
            first = next(store.history(before, 1))
            assert first.revision == min(before - 1, LAST)
            assert isinstance(first, Lost) == isinstance(whole.get(first.revision, Lost(0, "")), Lost)
        assert list(store.history(1)) == []


def test_a_patch_that_was_written_and_is_missing_is_not_one_that_never_was(place: Path) -> None:
    remove(1, 2, 5)(place)

    with EmbeddedStore.open(place) as store:
        for revision in (1, 2, 5):
            with pytest.raises(LostPatch, match=f"revision {revision}, .* is missing. Put it back from a backup"):
                store.recall(revision)
        for revision in (0, LAST + 1):
            with pytest.raises(NotFound):
                store.patch(revision)


def test_a_patch_that_is_put_back_is_there_again(place: Path, tmp_path: Path) -> None:
    shutil.copy(patch(place, 8), tmp_path / "kept")
    with EmbeddedStore.open(place) as store:
        remove(8)(place)
        assert isinstance(next(store.history()), Lost)
        shutil.copy(tmp_path / "kept", patch(place, 8))

        assert list(store.history()) == [store.patches.commit(revision) for revision in range(LAST, 0, -1)]
        assert examine(store.patches, LAST) == []


def test_what_is_written_after_a_loss_does_not_hide_it(place: Path) -> None:
    leave_nothing(place)

    for _ in range(2):
        with EmbeddedStore.open(place) as store:
            store.replace_graphs({GRAPH: [statement(str(store.revision))]}, Note("ann"))
            assert survey(store.patches) == examine(store.patches, store.revision) == [Lost(LAST, MISSING, and_before=True)]


@pytest.mark.parametrize("revisions", [(6,), (1, 2, 3, 4, 5, 6), (8,)])
def test_a_store_whose_engine_may_lack_what_is_lost_is_not_opened(place: Path, revisions: tuple[int, ...]) -> None:
    settings = json.loads((place / "store.json").read_text("utf-8"))
    (place / "store.json").write_text(json.dumps(settings | {"flushed": 5}), "utf-8")
    remove(*revisions)(place)
    if 8 in revisions:
        exchange(8, 7)(place)

    for _ in range(2):
        with pytest.raises(StoreProblem, match=f"its engine may lack revision {revisions[-1]}.*Put it back from a backup"):
            EmbeddedStore.open(place)


def test_losses_are_told_in_a_few_words() -> None:
    many = [Lost(2, MISSING, and_before=True), *(Lost(number, MISSING) for number in (4, 5, 6, 9, 11, 12)), Lost(24, DAMAGED)]

    assert describe_losses(many) == (
        "the patches up to revision 2 are missing; the patches of revisions 4 to 6, 9, 11 and 12 are missing; "
        "the patch of revision 24 is damaged"
    )
    assert describe_losses([Lost(number, MISSING) for number in range(1, 60, 2)]).endswith("17, 19 and 20 more ranges are missing")
    assert describe_losses([]) == ""


def test_what_only_the_user_may_not_read_is_no_case_for_a_backup() -> None:
    assert "backup" not in advise([Lost(3, CLOSED)], Path("s"))
    assert "backup" not in str(LostPatch(3, "x", CLOSED))
    assert "ropa history s --verify" in advise([Lost(3, CLOSED), Lost(4, MISSING)], Path("s"))
