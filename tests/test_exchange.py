"""ropa.exchange: what leaves is what is stored, read back by two libraries that share no code."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import Dataset, Graph, URIRef
from rdflib.compare import isomorphic

from ropa.errors import NotFound, Unreadable
from ropa.exchange import FORMATS, export_register
from ropa.exchange.layout import write_trig
from ropa.exchange.rdf import register_quads
from ropa.namespaces import DEFAULT_BASE, OA, graph_iri
from ropa.registers import list_registers, read_files
from ropa.store import Quad, QuadStore, make_quad, write_triples
from ropa.store.embedded import EmbeddedStore
from tests.conftest import ACME

RDFLIB = {"turtle": "turtle", "jsonld": "json-ld", "trig": "trig", "nquads": "nquads"}
OXIGRAPH = {
    "turtle": ox.RdfFormat.TURTLE,
    "jsonld": ox.RdfFormat.JSON_LD,
    "trig": ox.RdfFormat.TRIG,
    "nquads": ox.RdfFormat.N_QUADS,
}
GRAPHS = ["register", "evidence"]


def slugs(store: QuadStore) -> list[str]:
    return [register.slug for register in list_registers(store)]


@pytest.mark.parametrize("name", FORMATS)
def test_each_shipped_export_read_by_rdflib_is_the_register_in_the_store(shipped: QuadStore, name: str) -> None:
    for slug in slugs(shipped):
        read = Dataset(default_union=True)
        read.parse(data=export_register(shipped, slug, name), format=RDFLIB[name])

        if name == "turtle":
            assert isomorphic(merged(read), to_rdflib(register_quads(shipped, slug)))
            continue
        for kind in GRAPHS:
            graph = graph_iri(shipped.base, f"{kind}/{slug}")
            assert isomorphic(read.graph(URIRef(graph)), to_rdflib(shipped.quads(graph=graph))), (slug, kind)


@pytest.mark.parametrize("name", FORMATS)
def test_each_shipped_export_read_by_pyoxigraph_is_the_register_in_the_store(shipped: QuadStore, name: str) -> None:
    for slug in slugs(shipped):
        read = ox.Dataset(ox.parse(export_register(shipped, slug, name), format=OXIGRAPH[name]))
        stored = ox.Dataset()
        for quad in register_quads(shipped, slug):
            stored.add(ox.Quad(quad.subject, quad.predicate, quad.object, *(() if name == "turtle" else (quad.graph_name,))))
        for dataset in (read, stored):
            dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)

        assert read == stored


@pytest.mark.parametrize("name", FORMATS)
def test_the_order_and_the_names_of_loading_do_not_show(name: str) -> None:
    contents = read_files([ACME], DEFAULT_BASE)
    graph, subject = graph_iri(DEFAULT_BASE, "register/acme"), ox.NamedNode(DEFAULT_BASE + "id/acme/flow/cleaner")
    written = []
    for step, label in ((1, "x"), (-1, "y")):
        blank = ox.BlankNode(label)
        extra = [make_quad(subject, ox.NamedNode("https://e/p"), blank, ox.NamedNode(graph))]
        extra.append(make_quad(blank, ox.NamedNode("https://e/q"), ox.Literal("value"), ox.NamedNode(graph)))
        store = EmbeddedStore.in_memory()
        store.replace_graphs({iri: (quads + extra * (iri == graph))[::step] for iri, quads in contents.items()})
        written.append(export_register(store, "acme", name))

    assert written[0] == written[1]


def test_a_blank_node_that_hangs_on_nothing_is_not_dropped() -> None:
    graph = ox.NamedNode(graph_iri(DEFAULT_BASE, "register/x"))
    quad = make_quad(ox.BlankNode(), ox.NamedNode("https://e/p"), ox.Literal("lost"), graph)

    with pytest.raises(Unreadable, match="1 blank nodes hang on no node"):
        write_trig([quad], DEFAULT_BASE)


def test_blank_nodes_that_hang_on_each_other_are_not_dropped() -> None:
    graph, step = ox.NamedNode(graph_iri(DEFAULT_BASE, "register/x")), ox.NamedNode("https://e/p")
    one, other = ox.BlankNode(), ox.BlankNode()

    with pytest.raises(Unreadable, match="2 blank nodes hang"):
        write_trig([make_quad(one, step, other, graph), make_quad(other, step, one, graph)], DEFAULT_BASE)


def test_prefixes_are_sorted_and_used(acme: QuadStore) -> None:
    lines = export_register(acme, "acme", "turtle").decode().splitlines()
    head = [line for line in lines if line.startswith("@prefix")]

    assert head == sorted(head)
    assert len(head) > 5
    for line in head:
        assert any(line.split()[1] in rest for rest in lines[len(head) :]), line


def test_the_json_ld_context_is_in_words(acme: QuadStore) -> None:
    document = json.loads(export_register(acme, "acme", "jsonld"))

    assert document["@context"]["period"] == {"@id": "ropa:period", "@type": "xsd:duration"}
    assert document["@context"]["hasRecipient"] == {"@id": "dpv:hasRecipient", "@type": "@id"}
    nodes = {node["@id"]: node for graph in document["@graph"] for node in graph["@graph"]}
    rule = next(node for name, node in nodes.items() if name.endswith("id/acme/retention/email"))
    assert rule["period"] == "P28D"


def test_a_data_file_keeps_its_layout_and_its_content(tmp_path: Path) -> None:
    quads = [quad for graph in read_files([ACME], DEFAULT_BASE).values() for quad in graph]

    text = write_trig(quads, DEFAULT_BASE)

    assert text == ACME.read_bytes()
    assert isomorphic(to_rdflib(quads), merged(Dataset(default_union=True).parse(data=text, format="trig", publicID=DEFAULT_BASE)))


@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(GRAPHS))
def test_any_words_keep_their_spaces_in_a_data_file(words: str, kind: str) -> None:
    graph = ox.NamedNode(graph_iri(DEFAULT_BASE, f"{kind}/x"))
    quad = make_quad(ox.NamedNode(DEFAULT_BASE + "id/x/evidence/1"), ox.NamedNode(OA + "exact"), ox.Literal(words), graph)

    assert list(ox.parse(write_trig([quad], DEFAULT_BASE), format=ox.RdfFormat.TRIG, base_iri=DEFAULT_BASE)) == [quad]


def test_an_unknown_format_or_register_names_the_nearest(acme: QuadStore) -> None:
    with pytest.raises(NotFound, match="turtle"):
        export_register(acme, "acme", "turtel")
    with pytest.raises(NotFound, match="acme"):
        export_register(acme, "acne", "turtle")


def to_rdflib(quads: Iterable[Quad]) -> Graph:
    return Graph().parse(data=write_triples(quads), format="nt")


def merged(dataset: Graph) -> Graph:
    graph = Graph()
    for triple in dataset.triples((None, None, None)):
        graph.add(triple)
    return graph
