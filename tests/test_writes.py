"""ropa.writes: what others write is worked out, judged and recorded; all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode

from ropa.errors import BadQuery, CannotEvaluate, Forbidden, NotFound, Refused, RefusedQuery, TooLong, TooSlow, Unreadable
from ropa.namespaces import PREFIXES as NAMESPACES
from ropa.namespaces import graph_iri
from ropa.reasoning import infer
from ropa.reasoning import write as write_conclusions
from ropa.store import Note, make_quad
from ropa.store.embedded import EmbeddedStore
from ropa.store.evaluation import Limits
from ropa.writes import Writer

ALICE = Note("Alice", "to try it")
GRAPH = "https://example.org/g"
NODE = NamedNode("https://example.org/s")
PREFIXES = "\n".join(f"PREFIX {prefix}: <{namespace}>" for prefix, namespace in NAMESPACES.items())


@pytest.fixture
def store(store_folder: Path) -> Iterator[EmbeddedStore]:
    with EmbeddedStore.open(store_folder) as opened:
        yield opened


@pytest.fixture
def writer(store: EmbeddedStore) -> Iterator[Writer]:
    evaluator = store.evaluator()
    yield Writer(store, evaluator)
    evaluator.close()


class _Documents(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, kind = {"/data.ttl": (200, "text/turtle; charset=utf-8"), "/page": (200, "text/html")}.get(self.path, (302, "text/turtle"))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Location", "/data.ttl")
        self.end_headers()
        self.wfile.write(b'<s> <p> "fetched" .')

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def turtle_server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Documents) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def contents(store: EmbeddedStore) -> set[str]:
    return {str(quad) for quad in store.quads()}


def test_an_update_is_recorded_with_who_why_and_its_exact_statements(store: EmbeddedStore, writer: Writer) -> None:
    writer.update(f'INSERT DATA {{ GRAPH <{GRAPH}> {{ <{NODE.value}> <https://e/p> "1", "2" }} }}', ALICE)
    commit = writer.update('DELETE { GRAPH ?g { ?s ?p "1" } } WHERE { GRAPH ?g { ?s ?p "1" ; ?p "2" } }', ALICE)

    assert commit is not None
    assert (commit.note, commit.added, commit.removed, commit.graphs) == (ALICE, 0, 1, (GRAPH,))
    assert [str(quad.object) for quad in store.recall(commit.revision).removed] == ['"1"']
    assert next(store.history()) == commit
    assert [quad.object for quad in store.quads(graph=GRAPH)] == [Literal("2")]


def test_what_changes_nothing_is_no_commit(store: EmbeddedStore, writer: Writer) -> None:
    before = store.revision

    assert writer.update(f"DELETE WHERE {{ GRAPH <{GRAPH}> {{ ?s ?p ?o }} }}", ALICE) is None
    assert store.revision == before


def test_a_register_left_malformed_is_refused_whole_with_what_is_wrong(store: EmbeddedStore, writer: Writer) -> None:
    before = contents(store)
    evidence = graph_iri(store.base, "evidence/acme")

    with pytest.raises(Refused, match="the store is unchanged") as refused:
        writer.update(f"DELETE WHERE {{ GRAPH <{evidence}> {{ ?s ?p ?o }} }} ; INSERT DATA {{ <https://e/s> <https://e/p> 1 }}", ALICE)

    assert {finding.concern for finding in refused.value.findings} == {"form"}
    assert contents(store) == before


def test_a_register_may_be_changed_as_long_as_it_is_well_formed(store: EmbeddedStore, writer: Writer) -> None:
    register = f"{store.base}id/register/acme"
    text = f"""PREFIX dcterms: <http://purl.org/dc/terms/>
        DELETE {{ GRAPH ?g {{ <{register}> dcterms:title ?old }} }} INSERT {{ GRAPH ?g {{ <{register}> dcterms:title "New name"@en }} }}
        WHERE {{ GRAPH ?g {{ <{register}> dcterms:title ?old }} }}"""

    assert writer.update(text, ALICE) is not None


def test_a_write_to_a_register_drops_what_was_concluded_from_it(store: EmbeddedStore, writer: Writer) -> None:
    write_conclusions(store, infer(store, as_of=date(2026, 1, 1), engine="rules"))
    inferred = graph_iri(store.base, "inferred")
    assert next(store.quads(graph=inferred), None) is not None
    writer.update("INSERT DATA { <https://e/s> <https://e/p> 1 }", ALICE)
    assert next(store.quads(graph=inferred), None) is not None

    register = list(store.quads(graph=graph_iri(store.base, "register/acme")))
    evidence = list(store.quads(graph=graph_iri(store.base, "evidence/acme")))
    writer.put({graph_iri(store.base, "register/acme"): [], graph_iri(store.base, "evidence/acme"): []}, ALICE)

    assert next(store.quads(graph=inferred), None) is None
    assert writer.put({graph_iri(store.base, "register/acme"): register, graph_iri(store.base, "evidence/acme"): evidence}, ALICE)


def test_a_registers_graph_holds_that_register_and_evidence_belongs_to_one(store: EmbeddedStore, writer: Writer) -> None:
    stray = [make_quad(NODE, NODE, NODE, NODE)]

    with pytest.raises(Unreadable, match="would not hold the register"):
        writer.put({graph_iri(store.base, "register/other"): stray}, ALICE)
    with pytest.raises(Unreadable, match="no such register"):
        writer.put({graph_iri(store.base, "evidence/other"): stray}, ALICE)


def test_only_an_administrator_changes_the_vocabulary_and_nobody_the_history(store: EmbeddedStore, writer: Writer) -> None:
    law = graph_iri(store.base, "law")

    with pytest.raises(Forbidden, match="role admin"):
        writer.merge({law: [make_quad(NODE, NODE, NODE, NODE)]}, ALICE)
    with pytest.raises(Forbidden, match="history"):
        writer.merge({graph_iri(store.base, "history"): [make_quad(NODE, NODE, NODE, NODE)]}, ALICE, vocabulary=True)
    note = make_quad(NODE, NamedNode("http://www.w3.org/2004/02/skos/core#note"), Literal("x"), NODE)
    assert writer.merge({law: [note]}, ALICE, vocabulary=True)


def test_a_graph_is_put_merged_and_dropped(store: EmbeddedStore, writer: Writer) -> None:
    one, two = (make_quad(NODE, NODE, Literal(text), NODE) for text in "12")

    writer.put({GRAPH: [one]}, ALICE)
    writer.merge({GRAPH: [one, two]}, ALICE)
    assert sorted(quad.object.value for quad in store.quads(graph=GRAPH)) == ["1", "2"]
    commit = writer.put({GRAPH: [two]}, ALICE)
    assert commit is not None
    assert (commit.added, commit.removed) == (0, 1)
    writer.drop(GRAPH, ALICE)
    assert GRAPH not in store.graphs()
    with pytest.raises(NotFound, match="no graph"):
        writer.drop(GRAPH, ALICE)


def test_the_default_graph_is_one_that_others_do_not_reach_into(store: EmbeddedStore, writer: Writer) -> None:
    one, two = (make_quad(NODE, NODE, Literal(text), NODE) for text in "12")
    writer.put({GRAPH: [one], None: [one]}, ALICE)

    assert writer.merge({None: [one]}, ALICE) is None
    writer.put({None: [two]}, ALICE)
    assert [quad.object.value for quad in writer.read(None)] == ["2"]
    assert [quad.object.value for quad in store.quads(graph=GRAPH)] == ["1"]


def test_merged_blank_nodes_stay_apart_from_those_that_are_there(store: EmbeddedStore, writer: Writer) -> None:
    unnamed = make_quad(BlankNode("same"), NODE, Literal("x"), NODE)

    writer.merge({GRAPH: [unnamed]}, ALICE)
    writer.merge({GRAPH: [unnamed]}, ALICE)

    assert len(list(store.quads(graph=GRAPH))) == 2


def test_an_update_can_take_away_what_its_pattern_found_in_unnamed_nodes(store: EmbeddedStore, writer: Writer) -> None:
    writer.merge({GRAPH: [make_quad(BlankNode(), NODE, Literal(text), NODE) for text in "123"]}, ALICE)

    writer.update(f'WITH <{GRAPH}> DELETE {{ ?s ?p ?o }} WHERE {{ ?s ?p ?o FILTER(isBlank(?s) && ?o != "2") }}', ALICE)

    assert [quad.object.value for quad in store.quads(graph=GRAPH)] == ["2"]


def test_a_pattern_that_takes_too_long_is_stopped_and_others_can_write(store: EmbeddedStore, writer: Writer) -> None:
    three = "GRAPH ?g { ?a ?b ?c } GRAPH ?h { ?d ?e ?f } GRAPH ?i { ?j ?k ?l }"
    endless = f"INSERT {{ <https://e/s> <https://e/p> ?n }} WHERE {{ SELECT (COUNT(*) AS ?n) {{ {three} }} }}"

    with pytest.raises(TooSlow, match="stopped after 1 s"):
        writer.update(endless, ALICE, limits=Limits(seconds=1))
    assert writer.update("INSERT DATA { <https://e/s> <https://e/p> 1 }", ALICE)


def test_a_write_larger_than_allowed_and_one_that_reaches_elsewhere_are_refused(store: EmbeddedStore) -> None:
    small = Writer(store, store.evaluator(), most=2)

    with pytest.raises(TooLong):
        small.update("INSERT DATA { <https://e/s> <https://e/p> 1, 2, 3 }", ALICE)
    with pytest.raises(RefusedQuery, match="LOAD is refused"):
        small.update("LOAD <http://127.0.0.1:9/x.ttl>", ALICE)
    with pytest.raises(BadQuery):
        small.update("INSERT DATA { <https://e/s> }", ALICE)


def test_load_fetches_from_an_address_that_was_allowed_and_from_no_other(store: EmbeddedStore, turtle_server: str) -> None:
    evaluator = store.evaluator()
    writer = Writer(store, evaluator, allowed=[f"{turtle_server}/data.ttl", f"{turtle_server}/elsewhere", f"{turtle_server}/page"])

    writer.update(f"LOAD <{turtle_server}/data.ttl> INTO GRAPH <{GRAPH}>", ALICE)
    assert [str(quad.triple) for quad in store.quads(graph=GRAPH)] == [f'<{turtle_server}/s> <{turtle_server}/p> "fetched"']
    with pytest.raises(RefusedQuery):
        writer.update(f"LOAD <{turtle_server}/other.ttl>", ALICE)
    for path, words in (("elsewhere", "status 302"), ("page", "is none of")):
        with pytest.raises(CannotEvaluate, match=words):
            writer.update(f"LOAD <{turtle_server}/{path}>", ALICE)
        assert writer.update(f"LOAD SILENT <{turtle_server}/{path}>", ALICE) is None
    evaluator.close()


FORGED = [
    "<https://ropa.example/id/register/acme> dpv:hasRecordOfActivity <urn:forged>",
    "<https://ropa.example/id/acme/activity/forged> dcterms:title 'Forged'",
    "<urn:forged> a dpv:ROPA",
    "<urn:forged> a ropa:AdequacyDecision",
    "[] a ropa:Evidence",
    "[] rdf:subject <https://ropa.example/id/acme/activity/newsletter>",
    "dpv:Purpose skos:prefLabel 'Forged'",
]


@pytest.mark.parametrize("place", ["GRAPH <urn:notes>", ""])
@pytest.mark.parametrize("statement", FORGED)
def test_no_ordinary_graph_speaks_of_the_record(store: EmbeddedStore, writer: Writer, statement: str, place: str) -> None:
    before = contents(store)
    data = f"{place} {{ {statement} }}" if place else statement

    with pytest.raises(Forbidden, match="taken for a part of the record"):
        writer.update(f"{PREFIXES} INSERT DATA {{ {data} }}", ALICE, vocabulary=True)
    assert contents(store) == before


def test_an_ordinary_graph_may_point_at_the_record_and_use_its_words(store: EmbeddedStore, writer: Writer) -> None:
    data = "<urn:note> dcterms:subject <https://ropa.example/id/acme/activity/newsletter> ; a dpv:Purpose ; rdfs:comment 'To be asked'"

    assert writer.update(f"{PREFIXES} INSERT DATA {{ GRAPH <urn:notes> {{ {data} }} }}", ALICE) is not None


def test_graphs_of_one_document_share_its_blank_nodes(store: EmbeddedStore, writer: Writer) -> None:
    shared, name = BlankNode("b"), NamedNode("https://e/p")
    writer.merge({f"{GRAPH}{number}": [make_quad(shared, name, Literal(str(number)), DefaultGraph())] for number in (1, 2)}, ALICE)
    writer.put({f"{GRAPH}{number}": [make_quad(shared, name, Literal(str(number)), DefaultGraph())] for number in (3, 4)}, ALICE)

    nodes = [next(store.quads(graph=f"{GRAPH}{number}")).subject for number in (1, 2, 3, 4)]
    assert nodes[0] == nodes[1]
    assert nodes[2] == nodes[3]
    assert nodes[0] != nodes[2]
