"""ropa.findings.standing: what is kept of the findings is what judging everything anew gives, and only what was touched is judged again."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import chain
from pathlib import Path

import pytest

from bench.answers import placed
from bench.synthetic import generate
from ropa.findings import Finding, Judge, StandingFindings, check_store
from ropa.namespaces import DEFAULT_BASE, graph_iri
from ropa.registers import list_registers, read_vocabulary
from ropa.store import Quad, QuadStore
from ropa.store.embedded import EmbeddedStore

DAY, LATER = date(2026, 11, 22), date(2027, 6, 1)
SLUGS = ["synthetic-1", "synthetic-2", "synthetic-3"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EmbeddedStore]:
    """A store on the disk with three small registers."""
    with EmbeddedStore.create(tmp_path / "store") as made:
        made.pour(chain(placed(read_vocabulary(DEFAULT_BASE)), generate(6, 3, seed=3)))
        yield made


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The registers that were judged, in order."""
    seen: list[str] = []
    check = Judge.check

    def note(judge: Judge, slug: str, quads: Iterable[Quad]) -> list[Finding]:
        seen.append(slug)
        return check(judge, slug, quads)

    monkeypatch.setattr(Judge, "check", note)
    return seen


def anew(store: QuadStore, day: date) -> list[Finding]:
    return check_store(store, slugs(store), day)


def slugs(store: QuadStore) -> list[str]:
    return [register.slug for register in list_registers(store)]


def shorten(store: QuadStore, name: str, keep: Callable[[Quad], bool]) -> None:
    """Take statements out of a graph."""
    graph = graph_iri(store.base, name)
    store.replace_graphs({graph: [quad for quad in store.quads(graph=graph) if keep(quad)]})


def test_a_register_that_was_written_is_judged_again_and_no_other(store: EmbeddedStore, judged: list[str]) -> None:
    standing = StandingFindings(store, 2)
    before = standing.check(slugs(store), DAY)
    assert sorted(judged) == SLUGS
    judged.clear()

    shorten(store, "register/synthetic-2", lambda quad: "hasPurpose" not in quad.predicate.value)
    after = standing.check(slugs(store), DAY)

    assert judged == ["synthetic-2"]
    assert [one for one in after if one.register != "synthetic-2"] == [one for one in before if one.register != "synthetic-2"]
    assert after != before
    assert after == anew(store, DAY)


def test_what_all_share_touches_all(store: EmbeddedStore, judged: list[str]) -> None:
    standing = StandingFindings(store, 2)
    before = standing.check(slugs(store), DAY)
    judged.clear()

    shorten(store, "parties", lambda _: False)
    after = standing.check(slugs(store), DAY)

    assert sorted(judged) == SLUGS
    assert after != before
    judged.clear()
    assert after == anew(store, DAY)


def test_graphs_of_nobody_touch_nothing(store: EmbeddedStore, judged: list[str]) -> None:
    standing = StandingFindings(store, 2)
    before, revision = standing.check(slugs(store), DAY), standing.revision
    judged.clear()
    quad = next(store.quads())

    store.replace_graphs({"https://example.org/notes": [quad]})

    assert store.revision > revision
    assert standing.revision == revision
    assert standing.check(slugs(store), DAY) == before
    assert judged == []


def test_registers_that_come_and_go_are_told(store: EmbeddedStore, judged: list[str]) -> None:
    standing = StandingFindings(store, 2)
    standing.check(slugs(store), DAY)
    gone = {graph_iri(store.base, f"{kind}/synthetic-3"): list[Quad]() for kind in ("register", "evidence")}
    kept = {graph: list(store.quads(graph=graph)) for graph in gone}
    judged.clear()

    store.replace_graphs(gone)
    assert {finding.register for finding in standing.check(slugs(store), DAY)} == set(SLUGS[:2])
    assert judged == []
    store.replace_graphs(kept)
    assert {finding.register for finding in standing.check(slugs(store), DAY)} == set(SLUGS)
    assert judged == ["synthetic-3"]


def test_each_day_has_its_own_findings_and_old_days_are_let_go(store: EmbeddedStore, judged: list[str]) -> None:
    standing = StandingFindings(store, 1)
    assert standing.check(slugs(store), LATER) == anew(store, LATER)
    assert standing.check(slugs(store), DAY) == anew(store, DAY)
    judged.clear()

    standing.check(slugs(store), DAY)
    assert judged == []
    standing.check(slugs(store), LATER)
    assert sorted(judged) == SLUGS


@pytest.mark.parametrize("on_disk", [True, False])
def test_after_any_writes_they_are_those_of_judging_everything_anew(store: EmbeddedStore, on_disk: bool) -> None:
    if not on_disk:
        filled, store = store, EmbeddedStore.in_memory()
        store.replace_graphs({graph: list(filled.quads(graph=graph)) for graph in filled.graphs()})
    standing, chance = StandingFindings(store, 2), random.Random(5)  # noqa: S311 - the same each time
    names = [f"{kind}/{slug}" for kind in ("register", "evidence") for slug in SLUGS] + ["parties", "law"]
    for _ in range(8):
        shorten(store, chance.choice(names), lambda _: chance.random() > 0.02)
        if chance.random() < 0.7:
            assert standing.check(slugs(store), DAY) == anew(store, DAY)
    assert standing.check(slugs(store), DAY) == anew(store, DAY)


def test_what_is_written_while_registers_are_judged_is_judged_next_time(store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    standing = StandingFindings(store, 2)
    check, wrote = Judge.check, list[str]()

    def write_meanwhile(judge: Judge, slug: str, quads: Iterable[Quad]) -> list[Finding]:
        found = check(judge, slug, quads)
        if not wrote:
            wrote.append(slug)
            shorten(store, f"register/{slug}", lambda quad: "hasPurpose" not in quad.predicate.value)
        return found

    monkeypatch.setattr(Judge, "check", write_meanwhile)
    before = standing.check(slugs(store), DAY)

    assert standing.check(slugs(store), DAY) != before
    assert standing.check(slugs(store), DAY) == anew(store, DAY)


@pytest.mark.parametrize("harm", [lambda path: path.unlink(), lambda path: path.write_bytes(path.read_bytes()[:60])])
def test_what_a_lost_patch_wrote_may_touch_everything(store: EmbeddedStore, judged: list[str], harm: Callable[[Path], None]) -> None:
    standing = StandingFindings(store, 2)
    standing.check(slugs(store), DAY)
    judged.clear()

    shorten(store, "register/synthetic-2", lambda quad: "hasPurpose" not in quad.predicate.value)
    harm(store.patches.path(store.revision))
    shorten(store, "register/synthetic-1", lambda quad: "hasPurpose" not in quad.predicate.value)
    found = standing.check(slugs(store), DAY)

    assert sorted(judged) == SLUGS
    assert found == anew(store, DAY)
