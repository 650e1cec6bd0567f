"""ropa history: what was written by whom and why, as people, programs and auditors ask for it."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import cast

import pyoxigraph as ox
import pytest

from ropa.store.embedded import EmbeddedStore
from tests.stores import GRAPH, commits, place, run, statement

__all__ = ["place"]


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
        return [(commit.revision, commit.when, commit.note.who) for commit in commits(store)]


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
