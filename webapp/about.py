"""What this application is and rests on: version and revision, sources with their dates, licences, accessibility, keys, privacy.

In:  the store, its history, and what is installed. Out: one page; what cannot be told it says so of, and guesses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, metadata, requires

import pyoxigraph
from flask import Blueprint, Response, current_app, url_for
from flask.blueprints import BlueprintSetupState
from pyoxigraph import NamedNode

import ropa
from ropa.namespaces import DCTERMS
from ropa.registers import Register
from ropa.store import QuadStore
from ropa.store.embedded import EmbeddedStore
from webapp import assets
from webapp.answers import page
from webapp.history import name_lost
from webapp.numbers import page_number
from webapp.questions.tables import Cell, show_term
from webapp.state import State, state

bp = Blueprint("about", __name__)

_MOST = 50
"""Registers whose sources a page lists."""
_NOTICES = "dist/THIRD_PARTY_NOTICES.txt"


@dataclass(frozen=True)
class Source:
    """A document that a register was read from, with the date that it bears; *made* is when the register was recorded."""

    register: Register
    document: Cell
    dated: Cell
    made: Cell


@dataclass(frozen=True)
class Package:
    """A package that the server needs, with the version that is installed and its licence as it states it."""

    name: str
    version: str
    licence: str


@bp.record_once
def _note_start(setup: BlueprintSetupState) -> None:
    setup.app.extensions["ropa-started"] = datetime.now(UTC)


@bp.get("/about")
def index() -> Response:
    """Tell what this is."""
    told = state()
    registers = told.snapshot().registers
    latest = next(iter(told.store.history(limit=1)), None)
    number, last = page_number(len(registers), _MOST)
    return page(
        "about/index.html",
        {
            "version": ropa.__version__,
            "revision": told.store.revision,
            "commit": latest,
            "started": current_app.extensions["ropa-started"],
            "engine": _name_engine(told.store),
            "bytes": told.store_bytes(),
            "statements": told.store.statements,
            "registers": registers,
            "sources": [
                source for register in registers[(number - 1) * _MOST : number * _MOST] for source in _read_sources(told, register)
            ],
            "number": number,
            "last": last,
            "packages": _list_packages(),
            "notices": url_for("static", filename=_NOTICES) if assets.asset("site.css") else "",
        },
        # A page is known by the revision; the room on the disk changes by itself, and a patch can be lost and put back.
        variant=f"{told.store_bytes()}-{name_lost([latest] if latest else [])}",
    )


def _name_engine(store: QuadStore) -> str:
    if not isinstance(store, EmbeddedStore):
        return "a SPARQL 1.1 server that this application was given the address of"
    where = "in memory only, gone when the server ends" if store.folder is None else "on the disk of this machine"
    return f"Oxigraph (pyoxigraph {pyoxigraph.__version__}) in the process of the server, {where}"


def _read_sources(told: State, register: Register) -> Iterator[Source]:
    made = _read(told, NamedNode(register.iri), "created")
    documents = [quad.object for quad in told.store.quads(NamedNode(register.iri), NamedNode(DCTERMS + "source"))]
    for document in dict.fromkeys(documents):
        dated = _read(told, document, "issued") if isinstance(document, NamedNode) else Cell("")
        yield Source(register, show_term(told, document), dated, made)
    if not documents:
        yield Source(register, Cell(""), Cell(""), made)


def _read(told: State, node: NamedNode, name: str) -> Cell:
    """Return what one of the Dublin Core properties of a node says, an empty cell where it says nothing."""
    found = next(iter(told.store.quads(node, NamedNode(DCTERMS + name))), None)
    return Cell("") if found is None else show_term(told, found.object)


@cache
def _list_packages() -> list[Package]:
    found = []
    for needed in _needs():
        name = re.split(r"[^\w.-]", needed, maxsplit=1)[0]
        try:
            told = metadata(name)
        except PackageNotFoundError:
            continue
        stated = next((told[key].strip().partition("\n")[0] for key in ("License-Expression", "License") if key in told), "see the package")
        found.append(Package(name, told["Version"], stated))
    return sorted(found, key=lambda package: package.name)


def _needs() -> list[str]:
    try:
        return [needed for needed in requires("ropa-graph") or [] if "extra ==" not in needed]
    except PackageNotFoundError:
        return []
