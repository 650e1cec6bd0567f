"""Processes that write to a store until a test kills them: python -m tests.writers NAME FOLDER …"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from random import Random

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode

from ropa.errors import NoSpace
from ropa.store import Change, Note, Quad, make_quad
from ropa.store.backup import restore_backup
from ropa.store.control import Control
from ropa.store.embedded import EmbeddedStore

# ruff: noqa: S311 - chance that can be repeated
GRAPHS = tuple(f"https://ropa.example/graph/{number}" for number in range(4))
POURED = 30_000


def tell(*words: object) -> None:
    """Tell whoever started this process, at once."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def invent(random: Random, number: int) -> Quad:
    """Return a statement that was not there before, some of it blank."""
    subject = random.choice((NamedNode(f"https://e/{number}"), BlankNode(f"s{number}")))
    value = random.choice(
        (Literal(f"{number} “é”\n"), Literal(number), BlankNode(f"o{number % 50}"), NamedNode(f"https://e/{number % 50}"))
    )
    graphs: list[NamedNode | DefaultGraph] = [*map(NamedNode, GRAPHS), DefaultGraph()]
    return make_quad(subject, NamedNode("https://e/p"), value, random.choice(graphs))


def many() -> Iterator[Quad]:
    """Yield the statements that are poured."""
    random = Random(1)
    return (invent(random, number) for number in range(POURED))


def change(place: Path, seed: str) -> None:
    """Commit random changes; print revision and name of each when it is acknowledged."""
    random = Random(seed)
    with EmbeddedStore.open(place, in_memory=bool(random.getrandbits(1))) as store:
        present = list(store.quads())
        for number in count(random.randrange(10**12)):
            random.shuffle(present)
            gone = [present.pop() for _ in range(min(len(present), random.randrange(100)))]
            come = [invent(random, number * 200 + one) for one in range(random.randrange(1, 100))]
            graphs = {quad.graph_name.value for quad in come if isinstance(quad.graph_name, NamedNode)}
            commit = store.commit(Change(gone, come, frozenset(graphs - set(store.graphs()))), Note("writer", f"number {number}"))
            present += come
            tell(commit.revision, commit.id)


def count_up(place: Path) -> None:
    """Serve a store and keep one statement that says how often it was written; print that after each write."""
    node = NamedNode(GRAPHS[0])
    with EmbeddedStore.open(place) as store, Control(store):
        for number in count(1):
            store.replace_graphs({GRAPHS[0]: [make_quad(node, node, Literal(number), node)]}, Note("writer", str(number)))
            tell(number)


def pour(place: Path) -> None:
    """Fill an empty store."""
    with EmbeddedStore.open(place) as store:
        tell("begun")
        store.pour(many(), Note("writer"))
    tell("done")


def compact(place: Path) -> None:
    """Compact a store."""
    with EmbeddedStore.open(place) as store:
        tell("begun")
        store.compact()
    tell("done")


def restore(place: Path, file: str) -> None:
    """Restore a backup."""
    tell("begun")
    restore_backup(Path(file), place)
    tell("done")


def fill(place: Path) -> None:
    """Write until files may grow no more, try in vain, then go on when they may; print what happened."""
    random, unlimited = Random(2), (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    kept: list[str] = []
    refused = after = 0
    with EmbeddedStore.open(place, in_memory=True) as store:

        def write() -> None:
            number = len(kept) + refused
            quad = make_quad(
                NamedNode(f"https://e/{number}"), NamedNode("https://e/p"), Literal(random.randbytes(2000).hex()), DefaultGraph()
            )
            store.commit(Change((), [quad]), Note("writer"))
            kept.append(str(number))

        for limit in (400_000, 800_000):
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
            for _ in range(500):
                try:
                    write()
                except NoSpace:
                    refused += 1
                    if refused % 2 == 0:
                        break
            resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
            write()
            after += 1
        found = sorted(quad.subject.value.removeprefix("https://e/") for quad in store.quads())
    tell(json.dumps({"kept": sorted(kept), "refused": refused, "after": after, "found": found}))


if __name__ == "__main__":
    _, name, where, *others = sys.argv
    actions: dict[str, Callable[..., None]] = {
        "change": change,
        "count_up": count_up,
        "pour": pour,
        "compact": compact,
        "restore": restore,
        "fill": fill,
    }
    actions[name](Path(where), *others)
