"""Stores on disk for tests: one of three commits, all that a store tells, and the command line run on it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode

from ropa.cli import cli
from ropa.store import Change, Commit, Note, Quad, QuadStore, make_quad
from ropa.store.embedded import EmbeddedStore
from ropa.store.losses import find_flaw, follows
from ropa.store.patches import Patches
from ropa.store.replay import contradictions

GRAPH = "https://ropa.example/graph/register/x"


def run(*arguments: str | Path) -> Result:
    """Run the command ropa in this process."""
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)


def statement(value: str, graph: str | None = GRAPH) -> Quad:
    """Return a statement with a value, in a graph or in the one without a name."""
    node = NamedNode("https://e/s")
    return make_quad(node, NamedNode("https://e/p"), Literal(value), DefaultGraph() if graph is None else NamedNode(graph))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A store of three commits, with what is easily lost: blank nodes, an empty graph, the default graph, odd text."""
    folder = tmp_path / "s"
    with EmbeddedStore.create(folder, "https://acme.example/") as store:
        store.replace_graphs({GRAPH: [statement("a"), statement("b")]}, Note("ann", "begin"))
        blank = make_quad(BlankNode("b1"), NamedNode("https://e/p"), BlankNode("b2"), DefaultGraph())
        store.commit(Change((), [blank, statement("“é”\n", None)], frozenset({"https://e/empty"})), Note("bob", "more\x1b[31m\nof it"))
        store.replace_graphs({GRAPH: [statement("b")]}, Note("ann", "less"))
    (folder / "tokens.json").write_text('{"secret": 1}', "utf-8")
    return folder


def commits(store: QuadStore) -> list[Commit]:
    """Return what was written, the latest first, none of it lost."""
    found = list(store.history())
    told = [commit for commit in found if isinstance(commit, Commit)]
    assert len(told) == len(found)
    return told


def whole(folder: Path) -> tuple[object, ...]:
    """Return all that a store tells, and check its history."""
    with EmbeddedStore.open(folder) as store:
        assert not find_broken(store.patches)
        assert not list(contradictions(store.reading, store.patches, store.revision))
        history = [(commit.id, commit.when, store.recall(commit.revision)) for commit in commits(store)]
        return store.base, store.revision, store.statements, set(store.quads()), store.graphs(), history


def find_broken(patches: Patches) -> list[int]:
    """Return the revisions whose patch is not as it was written, or does not follow from the one before."""
    there = range(patches.first, patches.last + 1)
    return [revision for revision in there if find_flaw(patches, revision) or not follows(patches, revision)]
