"""What the tests share: stores in memory, filled once, applications over them, and where the source documents are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from ropa.files import folder
from ropa.namespaces import DEFAULT_BASE
from ropa.registers import fill_store, read_files, read_vocabulary
from ropa.store import QuadStore
from ropa.store.embedded import EmbeddedStore
from tests.pages import opened, warm

HERE = Path(__file__).parent
ACME = HERE / "data" / "acme.trig"
"""A small invented register; its text and its draft lie beside it."""
CHAIN = HERE / "data" / "chain.trig"
"""Two invented registers, whose data go on and on."""


def fill_with_acme(store: QuadStore) -> None:
    """Put the vocabulary and the invented register into a store."""
    store.replace_graphs({**read_vocabulary(DEFAULT_BASE), **read_files([ACME], DEFAULT_BASE)})


@pytest.fixture(scope="session")
def acme() -> QuadStore:
    """The vocabulary and the invented register."""
    store = EmbeddedStore.in_memory()
    fill_with_acme(store)
    return store


@pytest.fixture(scope="session")
def chain() -> QuadStore:
    """The vocabulary and two invented registers that a party joins, the one with sub-processors of sub-processors."""
    store = EmbeddedStore.in_memory()
    store.replace_graphs({**read_vocabulary(DEFAULT_BASE), **read_files([CHAIN], DEFAULT_BASE)})
    return store


@pytest.fixture(scope="session")
def shipped() -> QuadStore:
    """The vocabulary and every register of ``data/``."""
    store = EmbeddedStore.in_memory()
    fill_store(store, with_registers=True)
    return store


@pytest.fixture(scope="session")
def acme_app(acme: QuadStore) -> Iterator[Flask]:
    """The application over the invented register."""
    with opened(acme) as app:
        warm(app)
        yield app


@pytest.fixture(scope="session")
def shipped_app(shipped: QuadStore) -> Iterator[Flask]:
    """The application over every register of ``data/``."""
    with opened(shipped) as app:
        warm(app)
        yield app


@pytest.fixture
def sources() -> Path:
    """The folder of the five source documents, which stay outside the project."""
    place = Path(os.environ.get("ROPA_SOURCES", folder("data").parent.parent / "shared" / "sources"))
    if not place.is_dir():
        pytest.skip("the source documents are not at hand; give their folder as ROPA_SOURCES to check the evidence against them")
    return place


@pytest.fixture
def store_folder(tmp_path: Path) -> Path:
    """A store on disk with the vocabulary and the invented register."""
    place = tmp_path / "store"
    with EmbeddedStore.create(place) as store:
        fill_with_acme(store)
    return place
