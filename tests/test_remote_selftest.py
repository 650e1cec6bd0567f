"""ropa.store.remote.selftest: what an engine answers truly is found out on Oxigraph's server and on Virtuoso."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner
from pyoxigraph import NamedNode

from ropa.cli import cli
from ropa.errors import RefusedQuery
from ropa.files import folder
from ropa.namespaces import DEFAULT_BASE, graph_iri
from ropa.questions import catalogue
from ropa.registers import read_files, read_vocabulary
from ropa.store.remote import RemoteStore, open_remote
from ropa.store.remote.selftest import examine
from tests.conftest import ACME
from tests.engines import oxigraph, virtuoso

WRONG_ON_VIRTUOSO = {
    "about-a-data-subject",
    "activities-for-a-purpose",
    "activities-of-a-register",
    "answer-to-access-request",
    "bases-limited-to-some-people",
    "breach-at-a-party",
    "breach-notification",
    "calendar-of-endings",
    "categories-that-cross-a-border",
    "children",
    "compare-registers",
    "conditional-statements",
    "contradictions",
    "cookies",
    "data-combined-from-several-sources",
    "data-in-a-place",
    "deadlines",
    "denials-and-commitments",
    "erased-on-account-closure",
    "inferred-statements",
    "legal-bases",
    "measures",
    "not-stated",
    "opt-in-and-opt-out",
    "outlives-the-account",
    "processors-without-a-place",
    "profiling-and-automated-decisions",
    "retention-schedule",
    "rights-and-opt-outs",
    "sources-of-data",
    "statements-about-a-party",
    "topic-side-by-side",
    "transfers",
    "transfers-on-a-day",
    "unnamed-recipients",
    "what-a-recipient-gets",
    "what-depends-on-a-thing",
    "where-a-category-goes",
    "who-is-responsible",
}
"""What Virtuoso 7.2.5 answers wrongly or not at all on two registers."""


TRUE_ON_VIRTUOSO = {"activities-without-legal-basis", "parties-shared-by-registers"}
"""What it answered truly on all registers that were tried."""


@pytest.fixture(scope="module")
def union(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RemoteStore]:
    """Vocabulary and all registers on Oxigraph's server, whose default graph is the union."""
    with oxigraph(tmp_path_factory.mktemp("union")) as started, open_remote(started.query) as opened:
        fill(opened, *sorted(folder("data").glob("*.trig")), ACME)
        yield opened


def fill(store: RemoteStore, *files: Path) -> None:
    store.replace_graphs({**read_vocabulary(store.base), **read_files(files, store.base)})


def test_oxigraph_answers_every_question_truly(union: RemoteStore) -> None:
    verdict = examine(union, catalogue(), seconds=60)

    assert (verdict.row_limit, verdict.changed, verdict.doubts, verdict.is_clean) == (None, (), {}, True)
    assert set(verdict.questions) == set(catalogue())
    assert verdict.statements == union.statements > 60_000


def test_all_registers_are_the_same_on_the_engine_and_on_the_disk(union: RemoteStore, tmp_path: Path) -> None:
    files = [*sorted(folder("data").glob("*.trig")), ACME]
    expected = ox.Store()
    for graph, quads in {**read_vocabulary(DEFAULT_BASE), **read_files(files, DEFAULT_BASE)}.items():
        expected.extend(ox.Quad(quad.subject, quad.predicate, quad.object, NamedNode(graph)) for quad in quads)
    ontology = NamedNode(graph_iri(DEFAULT_BASE, "ontology"))

    # Its blank nodes have other names.
    assert {quad for quad in union.quads() if quad.graph_name != ontology} == {quad for quad in expected if quad.graph_name != ontology}
    assert union.graphs() == sorted(graph.value for graph in expected.named_graphs())


def test_virtuoso_is_found_out_and_what_it_gets_wrong_is_refused(tmp_path: Path) -> None:
    with virtuoso(tmp_path) as started, open_remote(started.query) as store:
        fill(store, ACME, folder("data") / "akixi.trig")
        verdict = examine(store, catalogue(), seconds=4)
        store.verdict = verdict

        assert verdict.row_limit == 10_000
        assert {"big whole numbers", "durations"} <= set(verdict.changed)
        assert set(verdict.doubts) >= WRONG_ON_VIRTUOSO
        assert set(verdict.doubts).isdisjoint(TRUE_ON_VIRTUOSO)
        assert not verdict.is_clean
        with pytest.raises(RefusedQuery, match="does not answer retention-schedule truly"):
            catalogue()["retention-schedule"].ask(store, {})
        assert catalogue()["parties-shared-by-registers"].ask(store, {}).columns


def test_a_command_says_what_an_engine_answers_truly_before_it_asks(tmp_path: Path) -> None:
    with oxigraph(tmp_path) as started:
        made = CliRunner().invoke(cli, ["init", started.query])
        asked = CliRunner().invoke(cli, ["ask", started.query, "registers", "--format", "csv"])
        again = CliRunner().invoke(cli, ["init", started.query])

    assert made.exit_code == asked.exit_code == 0
    assert "It answers 1 of 1 truly" in asked.stderr
    assert "aculab" in asked.stdout
    assert (again.exit_code, "is not empty" in again.stderr) == (2, True)
