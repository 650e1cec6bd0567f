"""Registers: read files, judge their form, put them into a store, list what is there.

In:  RDF files and a store. Out: the store with whole registers in it, or an error and the store as it was.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import cast

import pyoxigraph as ox
from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Triple

from ropa.errors import NotFound, Refused, StoreProblem, Unreadable
from ropa.files import folder
from ropa.findings import SHARED_GRAPHS, Engine, Run, check_form, check_registers
from ropa.namespaces import DPV, OA, RDF, ROPA, graph_iri, register_iri
from ropa.store import Node, Note, Place, Quad, QuadStore, create_store, open_store

FORMATS: dict[str, ox.RdfFormat] = {
    ".ttl": ox.RdfFormat.TURTLE,
    ".trig": ox.RdfFormat.TRIG,
    ".nt": ox.RdfFormat.N_TRIPLES,
    ".nq": ox.RdfFormat.N_QUADS,
    ".rdf": ox.RdfFormat.RDF_XML,
    ".jsonld": ox.RdfFormat.JSON_LD,
}
"""File name ending to format."""

_TYPE = NamedNode(RDF + "type")
_ROPA_CLASS = NamedNode(DPV + "ROPA")
_EVIDENCE_CLASSES = {NamedNode(ROPA + name) for name in ("Evidence", "Inference", "Passage")} | {
    NamedNode(OA + name) for name in ("TextPositionSelector", "TextQuoteSelector")
}

Contents = dict[str, list[Quad]]
"""Graph IRI to the quads of that graph."""


@dataclass(frozen=True)
class Register:
    """One organisation's record in a store."""

    slug: str
    iri: str
    title: str


def list_registers(store: QuadStore) -> list[Register]:
    """Return the registers of a store, by title."""
    found = []
    prefix = graph_iri(store.base, "register/")
    for quad in store.quads(None, _TYPE, _ROPA_CLASS):
        if isinstance(quad.graph_name, NamedNode) and quad.graph_name.value.startswith(prefix) and isinstance(quad.subject, NamedNode):
            slug = quad.graph_name.value.removeprefix(prefix)
            titles = [title.object.value for title in store.quads(quad.subject, NamedNode("http://purl.org/dc/terms/title"), None)]
            found.append(Register(slug, quad.subject.value, min(filter(str.strip, titles), default=slug)))
    return sorted(found, key=lambda register: register.title)


def find_register(store: QuadStore, slug: str) -> Register:
    """Return the register with that slug.

    Raises:
        NotFound: There is none; the error names the nearest.
    """
    registers = {register.slug: register for register in list_registers(store)}
    if slug not in registers:
        raise NotFound("register", slug, registers)
    return registers[slug]


def read_files(paths: Iterable[Path], base: str) -> Contents:
    """Parse RDF files into the graphs they belong to.

    A file without named graphs holds one register: its evidence nodes go to the evidence graph, the rest to the register's.

    Raises:
        Unreadable: A file does not parse, has an unknown ending, names a graph that no register has, or repeats another's graph.
    """
    return _read_files(paths, base)[0]


def _read_files(paths: Iterable[Path], base: str) -> tuple[Contents, dict[str, Path]]:
    """Parse RDF files as :func:`read_files` does, and tell which file each graph comes from."""
    contents: Contents = {}
    origin: dict[str, Path] = {}
    for path in paths:
        for graph, quads in _sort_graphs(path, parse_file(path, base), base).items():
            if graph in origin:
                raise Unreadable(f"{path}: holds <{graph}>, which {origin[graph]} holds too. Give one file for each graph.")
            origin[graph] = path
            contents[graph] = quads
    return contents, origin


def read_vocabulary(base: str) -> Contents:
    """Parse the files of ``ontology/`` into the graphs ontology, law and places."""
    contents: Contents = {}
    for path in sorted(folder("ontology").glob("*.ttl")):
        name = path.stem if path.stem in ("law", "places") else "ontology"
        contents.setdefault(graph_iri(base, name), []).extend(parse_file(path, base))
    return contents


def load_files(store: QuadStore, paths: Sequence[Path], who: str = "ropa") -> list[str]:
    """Put files into a store: parsed, judged by the form shapes, then written, all of it or nothing.

    Every register that the files touch is judged as it would be afterwards: those whose record or evidence is replaced, and
    all of them where the shared parties are.

    What the reasoner had concluded is dropped, since it may no longer follow.

    Args:
        who: Whom the history names.

    Returns:
        The graphs that were written, by their short names: ``register/aculab``.

    Raises:
        Unreadable: See :func:`read_files`; or the files hold no graph, or evidence of a register that is not there.
        Refused: A register fails a form shape.
    """
    contents = read_files(paths, store.base)
    names = ", ".join(path.name for path in paths)
    if not contents:
        raise Unreadable(f"{names}: holds no statement.")
    slugs = register_slugs({*store.graphs(), *contents}, store.base)
    orphans = set(register_slugs(contents, store.base, "evidence")) - set(slugs)
    if orphans:
        raise Unreadable(
            f"{names}: holds the evidence of {', '.join(sorted(orphans))}, whose register is neither in the store nor in the files."
        )
    if graph_iri(store.base, "parties") not in contents:
        slugs = sorted({*register_slugs(contents, store.base), *register_slugs(contents, store.base, "evidence")})
    judged = [f"{kind}/{slug}" for slug in slugs for kind in ("register", "evidence")] + list(SHARED_GRAPHS)
    before = {graph: list(store.quads(graph=graph)) for name in judged if (graph := graph_iri(store.base, name)) not in contents}
    problems = check_form(store.base, slugs, before | contents)
    if problems:
        raise Refused(names, problems)
    inferred = graph_iri(store.base, "inferred")
    # What was concluded from the record as it was may no longer follow; ropa infer concludes anew.
    store.replace_graphs(contents | ({inferred: []} if inferred in store.graphs() else {}), Note(who, f"ropa load {names}"))
    return sorted(graph.removeprefix(graph_iri(store.base, "")) for graph in contents)


def fill_store(store: QuadStore, *, with_registers: bool, who: str = "ropa") -> list[str]:
    """Put the vocabulary, and the registers of ``data/`` if asked, into a new store; return the registers' slugs."""
    contents = read_vocabulary(store.base)
    if with_registers:
        contents |= read_files(sorted(folder("data").glob("*.trig")), store.base)
    store.replace_graphs(contents, Note(who, "ropa init"))
    return register_slugs(contents, store.base)


def make_store(place: Place, base: str, *, with_registers: bool, who: str = "ropa") -> list[str]:
    """Make a store and fill it: see :func:`fill_store`.

    It is built beside its place and moved there when it is whole, so an interrupted start leaves nothing half done. An engine
    elsewhere is filled in one write.

    Raises:
        StoreProblem: The place exists and is not an empty folder; the engine elsewhere holds something already.
    """
    if isinstance(place, str):
        with open_store(place) as store:
            if store.revision or store.graphs():
                raise StoreProblem(f"{place} is not empty: it has {len(store.graphs())} graphs. Put files into it with: ropa load")
            return fill_store(store, with_registers=with_registers, who=who)
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise StoreProblem(f"{place} is not empty. Give a new folder, or remove this one first.")
    unfinished = place.with_name(place.name + ".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        with create_store(unfinished, base) as store:
            slugs = fill_store(store, with_registers=with_registers, who=who)
        if place.exists():
            place.rmdir()
        unfinished.rename(place)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return slugs


def register_slugs(graphs: Iterable[str], base: str, kind: str = "register") -> list[str]:
    """Return the slugs of the graphs of a kind (``register`` or ``evidence``) among the IRIs of *graphs*, sorted."""
    prefix = graph_iri(base, f"{kind}/")
    return sorted(graph.removeprefix(prefix) for graph in graphs if graph.startswith(prefix))


def parse_file(path: Path, base: str) -> list[Quad]:
    """Parse one RDF 1.1 file; relative IRIs are resolved against *base*.

    Raises:
        Unreadable: It is not there, its ending is unknown, or it does not parse (the message has file, line and reason).
    """
    quads = parse_annotated(path, base)
    for quad in quads:
        if isinstance(quad.object, Triple) or isinstance(quad.subject, Triple):
            raise Unreadable(f"{path}: has annotated statements (RDF 1.2), so it is a draft. Make it a register first: ropa cite")
    return cast(list[Quad], quads)


def parse_annotated(path: Path, base: str) -> list[ox.Quad]:
    """Parse one RDF file that may have annotated statements, as drafts do; errors as for :func:`parse_file`."""
    try:
        return list(ox.parse(path=str(path), format=FORMATS[path.suffix], base_iri=base, rename_blank_nodes=True))
    except KeyError:
        raise Unreadable(f"{path}: unknown kind of file. Give one of {', '.join(sorted(FORMATS))}.") from None
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror or error}") from None
    except SyntaxError as error:
        raise Unreadable(f"{path}:{error.lineno or '?'}: {error.msg}") from None
    except ValueError as error:
        raise Unreadable(f"{path}: {error}") from None


def _sort_graphs(path: Path, quads: list[Quad], base: str) -> Contents:
    contents: Contents = {}
    flat = [quad for quad in quads if isinstance(quad.graph_name, DefaultGraph)]
    if flat:
        contents = _split_flat(path, flat, base)
    known = (graph_iri(base, "register/"), graph_iri(base, "evidence/"))
    for quad in quads:
        graph = quad.graph_name
        if isinstance(graph, NamedNode):
            if not (graph.value.startswith(known) or graph.value == graph_iri(base, "parties")):
                raise Unreadable(
                    f"{path}: graph <{graph.value}> is neither a register, nor its evidence, nor the parties below {base}. "
                    "Rename it, or make a store with the base of this file: ropa init STORE --base IRI"
                )
            contents.setdefault(graph.value, []).append(quad)
        elif isinstance(graph, BlankNode):
            raise Unreadable(f"{path}: a graph without a name. Give it the IRI of a register's graph.")
    return contents


def _split_flat(path: Path, quads: list[Quad], base: str) -> Contents:
    registers = {quad.subject for quad in quads if quad.predicate == _TYPE and quad.object == _ROPA_CLASS}
    prefix = register_iri(base, "")
    slugs = [node.value.removeprefix(prefix) for node in registers if isinstance(node, NamedNode) and node.value.startswith(prefix)]
    if len(registers) != 1 or len(slugs) != 1:
        raise Unreadable(
            f"{path}: holds {len(registers)} registers (dpv:ROPA), {len(slugs)} of them below {prefix}. "
            "A file without named graphs holds exactly one."
        )
    evidence: set[Node] = {quad.subject for quad in quads if quad.predicate == _TYPE and quad.object in _EVIDENCE_CLASSES}
    contents: Contents = {graph_iri(base, f"{kind}/{slugs[0]}"): [] for kind in ("register", "evidence")}
    for quad in quads:
        kind = "evidence" if quad.subject in evidence else "register"
        contents[graph_iri(base, f"{kind}/{slugs[0]}")].append(quad)
    return contents


def check_files(paths: Sequence[Path], base: str, day: date, engine: Engine = "queries") -> Run:
    """Judge the registers of files for a day, together with the shipped vocabulary and parties.

    Raises:
        Unreadable: See :func:`read_files`.
    """
    parties = folder("data") / "entities.trig"
    contents = read_vocabulary(base)
    if parties.is_file() and not any(path.resolve() == parties.resolve() for path in paths):
        contents |= read_files([parties], base)
    read, origin = _read_files(paths, base)
    slugs = register_slugs(read, base)
    found = check_registers(base, slugs, contents | read, day, engine)
    return Run(found, day, slugs, base, files={slug: origin[graph_iri(base, f"register/{slug}")] for slug in slugs})


def structural_properties(ontology: Iterable[Quad]) -> set[str]:
    """Return the IRIs of the properties that need no passage."""
    kind = NamedNode(ROPA + "StructuralProperty")
    return {
        quad.subject.value for quad in ontology if quad.predicate == _TYPE and quad.object == kind and isinstance(quad.subject, NamedNode)
    }
