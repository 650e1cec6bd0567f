"""The server as other people's clients see it: SPARQLWrapper, rdflib, curl and Comunica, over a real socket."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from rdflib import RDF, Dataset, Graph, Literal, Namespace, URIRef
from rdflib.plugins.stores.sparqlstore import SPARQLStore, SPARQLUpdateStore
from rdflib.term import Node
from SPARQLWrapper import CSV, GET, JSON, JSONLD, N3, POST, POSTDIRECTLY, RDFXML, TSV, TURTLE, URLENCODED, XML, SPARQLWrapper

from ropa.namespaces import DEFAULT_BASE, DPV, PREFIXES, ROPA, SKOS
from ropa.store.embedded import EmbeddedStore
from tests.conftest import fill_with_acme
from tests.serving import make_token, serving

CLIENTS = Path(__file__).parent / "clients"
CLEANER = URIRef(f"{DEFAULT_BASE}id/acme/party/cleaner")
LABEL = Literal("List cleaner (not named)", lang="en")
HEAD = f"PREFIX skos: <{SKOS}> PREFIX ropa: <{ROPA}> "
SELECT = HEAD + "SELECT ?party ?label { ?party a ropa:UnnamedParty ; skos:prefLabel ?label }"
ASK = HEAD + "ASK { ?party a ropa:UnnamedParty }"
CONSTRUCT = HEAD + "CONSTRUCT { ?party skos:prefLabel ?label } WHERE { ?party a ropa:UnnamedParty ; skos:prefLabel ?label }"
EX = Namespace("https://example.org/ns#")
PREF_LABEL = URIRef(f"{SKOS}prefLabel")


@dataclass(frozen=True)
class Server:
    """A server that runs.

    Attributes:
        token: Of an editor.
    """

    address: str
    token: str

    @property
    def query(self) -> str:
        return f"{self.address}/sparql"

    @property
    def update(self) -> str:
        return f"{self.address}/update"

    @property
    def graphs(self) -> str:
        return f"{self.address}/graphs"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    store = tmp_path_factory.mktemp("clients") / "store"
    with EmbeddedStore.create(store) as opened:
        fill_with_acme(opened)
    token = make_token(store)
    with serving(store) as address:
        yield Server(address, token)


@pytest.fixture
def name() -> URIRef:
    """A graph that nobody else writes to."""
    return URIRef(f"https://example.org/graph/{uuid4()}")


def by_wrapper(server: Server, text: str, form: str, method: str = GET, how: str = URLENCODED) -> Any:
    wrapper = SPARQLWrapper(server.query, agent="ropa tests")
    wrapper.setQuery(text)
    wrapper.setReturnFormat(form)
    wrapper.setMethod(method)
    wrapper.setRequestMethod(how)
    return wrapper.query().convert()


@pytest.mark.parametrize(("method", "how"), [(GET, URLENCODED), (POST, URLENCODED), (POST, POSTDIRECTLY)])
def test_sparqlwrapper_gets_a_select_as_json(server: Server, method: str, how: str) -> None:
    told = by_wrapper(server, SELECT, JSON, method, how)

    assert told["results"]["bindings"] == [
        {"party": {"type": "uri", "value": str(CLEANER)}, "label": {"type": "literal", "xml:lang": "en", "value": str(LABEL)}}
    ]


def test_sparqlwrapper_gets_a_select_as_xml_csv_and_tsv(server: Server) -> None:
    assert str(LABEL) in by_wrapper(server, SELECT, XML).toxml()
    assert by_wrapper(server, SELECT, CSV).decode() == f"party,label\r\n{CLEANER},{LABEL}\r\n"
    assert by_wrapper(server, SELECT, TSV).decode() == f'?party\t?label\n<{CLEANER}>\t"{LABEL}"@en\n'


def test_sparqlwrapper_gets_an_ask(server: Server) -> None:
    assert by_wrapper(server, ASK, JSON)["boolean"] is True
    assert "<boolean>true</boolean>" in by_wrapper(server, ASK, XML).toxml()


@pytest.mark.parametrize(("form", "read"), [(TURTLE, "turtle"), (N3, "n3"), (RDFXML, "xml"), (JSONLD, "json-ld")])
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
def test_sparqlwrapper_gets_a_construct_as_rdf(server: Server, form: str, read: str) -> None:
    told = by_wrapper(server, CONSTRUCT, form)
    graph = told if isinstance(told, Graph) else Graph().parse(data=told, format=read)

    assert set(graph.triples((None, None, None))) == {(CLEANER, PREF_LABEL, LABEL)}


def test_sparqlwrapper_updates_with_the_token_and_reads_it_back(server: Server, name: URIRef) -> None:
    wrapper = SPARQLWrapper(server.query, server.update, agent="ropa tests")
    wrapper.setMethod(POST)
    wrapper.setReturnFormat(JSON)
    wrapper.setQuery(f'INSERT DATA {{ GRAPH <{name}> {{ <{EX}a> <{EX}b> "written" }} }}')
    with pytest.raises(Exception, match="401"):
        wrapper.query()
    wrapper.addCustomHttpHeader("Authorization", f"Bearer {server.token}")
    written: Any = wrapper.query().convert()

    assert written["added"] == 1
    assert by_wrapper(server, f"ASK {{ GRAPH <{name}> {{ ?s ?p 'written' }} }}", JSON)["boolean"] is True


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
@pytest.mark.parametrize("form", ["xml", "json", "csv", "tsv"])
def test_rdflib_asks_by_each_method_in_each_form(server: Server, method: str, form: str) -> None:
    store = SPARQLStore(server.query, method=method, returnFormat=form)
    rows = [{str(name): value for name, value in row.items()} for row in store.query(SELECT).bindings]

    # CSV has no languages.
    assert rows == [{"party": CLEANER, "label": Literal(str(LABEL)) if form == "csv" else LABEL}]


def test_rdflib_reads_all_graphs_by_pattern(server: Server) -> None:
    graph = Graph(SPARQLStore(server.query, returnFormat="json"))

    assert list(graph.objects(CLEANER, PREF_LABEL)) == [LABEL]
    assert (CLEANER, RDF.type, URIRef(f"{ROPA}UnnamedParty")) in graph
    assert graph.query(ASK).askAnswer is True


def test_rdflib_reads_a_named_graph_alone(server: Server) -> None:
    store = SPARQLStore(server.query, returnFormat="json")
    record = Graph(store, identifier=URIRef(f"{DEFAULT_BASE}graph/register/acme"))
    law = Graph(store, identifier=URIRef(f"{DEFAULT_BASE}graph/law"))

    assert list(record.subjects(RDF.type, URIRef(f"{ROPA}UnnamedParty"))) == [CLEANER]
    assert list(law.subjects(RDF.type, URIRef(f"{ROPA}UnnamedParty"))) == []


def test_rdflib_learns_the_names_of_the_graphs(server: Server) -> None:
    names = {URIRef(str(found)) for found in SPARQLStore(server.query, returnFormat="json").contexts()}

    assert {URIRef(f"{DEFAULT_BASE}graph/{short}") for short in ("register/acme", "evidence/acme", "ontology", "law")} <= names


def updates(server: Server) -> SPARQLUpdateStore:
    return SPARQLUpdateStore(
        server.query, server.update, returnFormat="json", method="POST", headers={"Authorization": f"Bearer {server.token}"}
    )


def test_rdflib_adds_triples_to_a_named_graph_and_removes_them(server: Server, name: URIRef) -> None:
    graph = Graph(updates(server), identifier=name)
    graph.add((EX.a, EX.b, Literal('naïve 数 "quoted"\nline', lang="fr")))
    graph.add((EX.a, EX.c, EX.d))

    assert set(graph) == {(EX.a, EX.b, Literal('naïve 数 "quoted"\nline', lang="fr")), (EX.a, EX.c, EX.d)}
    graph.remove((EX.a, EX.b, None))
    assert set(graph) == {(EX.a, EX.c, EX.d)}
    assert len(graph) == 1


def test_rdflib_keeps_the_graphs_of_a_dataset_apart(server: Server, name: URIRef) -> None:
    dataset = Dataset(updates(server), default_union=False)
    first, second = dataset.graph(name), dataset.graph(URIRef(f"{name}/second"))
    first.add((EX.a, EX.b, Literal(1)))
    second.addN([(EX.a, EX.b, Literal(2), second), (EX.a, EX.b, Literal(3), second)])

    assert (list(first.objects(EX.a, EX.b)), set(second.objects(EX.a, EX.b))) == ([Literal(1)], {Literal(2), Literal(3)})
    dataset.remove_graph(second)
    assert (len(first), len(second)) == (1, 0)


def test_rdflib_sends_an_update_as_text(server: Server, name: URIRef) -> None:
    graph = Graph(updates(server), identifier=name)
    graph.update(f"INSERT DATA {{ <{EX}a> <{EX}b> <{EX}c> }}")
    graph.update(f"DELETE {{ ?s ?p ?o }} INSERT {{ ?o ?p ?s }} WHERE {{ ?s ?p ?o . FILTER(?s = <{EX}a>) }}")

    assert set(graph) == {(EX.c, EX.b, EX.a)}


def test_rdflib_without_the_token_fails_to_write(server: Server, name: URIRef) -> None:
    graph = Graph(SPARQLUpdateStore(server.query, server.update, method="POST"), identifier=name)

    with pytest.raises(OSError, match="401"):
        graph.add((EX.a, EX.b, EX.c))


@pytest.mark.parametrize(
    "path", ["register/acme", "party/acme", "acme/party/cleaner", "acme/activity/newsletter", "document/acme-2025-03-03"]
)
def test_rdflib_parses_a_thing_from_its_address(server: Server, path: str) -> None:
    graph = Graph().parse(f"{server.address}/id/{path}")

    assert (URIRef(f"{DEFAULT_BASE}id/{path}"), RDF.type, None) in graph


@pytest.mark.parametrize("ending", ["ttl", "jsonld", "nt", "trig", "rdf"])
def test_rdflib_parses_a_thing_by_the_ending_of_its_address(server: Server, ending: str) -> None:
    graph = Dataset(default_union=True).parse(f"{server.address}/id/acme/party/cleaner.{ending}")

    assert (CLEANER, PREF_LABEL, LABEL) in graph


@pytest.mark.parametrize("form", ["turtle", "xml", "nt", "json-ld"])
def test_rdflib_parses_a_thing_in_the_form_it_asks_for(server: Server, form: str) -> None:
    assert (CLEANER, PREF_LABEL, LABEL) in Graph().parse(f"{server.address}/id/acme/party/cleaner", format=form)


def test_rdflib_parses_a_thing_with_the_graphs_that_say_it(server: Server) -> None:
    dataset = Dataset(default_union=True).parse(f"{server.address}/id/acme/party/cleaner", format="trig")
    record = URIRef(f"{DEFAULT_BASE}graph/register/acme")

    assert (CLEANER, PREF_LABEL, LABEL, record) in set(dataset.quads())


def test_rdflib_parses_the_terms_the_dataset_and_the_service(server: Server) -> None:
    assert (URIRef(f"{ROPA}UnnamedParty"), RDF.type, None) in Graph().parse(f"{server.address}/ns")
    assert (None, RDF.type, URIRef("http://rdfs.org/ns/void#Dataset")) in Graph().parse(f"{server.address}/.well-known/void")
    service = URIRef("http://www.w3.org/ns/sparql-service-description#Service")
    assert (None, RDF.type, service) in Graph().parse(server.query, format="turtle")


def test_rdflib_parses_a_graph_of_the_graph_store(server: Server) -> None:
    record = Graph().parse(f"{server.graphs}?graph={DEFAULT_BASE}graph/register/acme")

    assert (CLEANER, PREF_LABEL, LABEL) in record


def curl(*arguments: str, told: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    # A file of settings in somebody's home must not change what is asked.
    return subprocess.run(["curl", "-q", "-sS", *arguments], input=told, capture_output=True, timeout=60, check=False)


def status(*arguments: str, told: bytes = b"") -> int:
    return int(curl("-o", os.devnull, "-w", "%{http_code}", *arguments, told=told).stdout)


def test_curl_asks_by_get_by_form_and_by_body(server: Server) -> None:
    by_get = curl("-G", server.query, "--data-urlencode", f"query={SELECT}", "-H", "Accept: text/csv")
    by_form = curl(server.query, "--data-urlencode", f"query={SELECT}", "-H", "Accept: text/csv")
    by_body = curl(
        server.query, "--data-binary", "@-", "-H", "Content-Type: application/sparql-query", "-H", "Accept: text/csv", told=SELECT.encode()
    )

    assert by_get.stdout == by_form.stdout == by_body.stdout == f"party,label\r\n{CLEANER},{LABEL}\r\n".encode()


def test_curl_gets_the_same_head_without_the_body(server: Server) -> None:
    whole = curl("-i", "-G", server.query, "--data-urlencode", f"query={SELECT}").stdout
    head = curl("-I", "-G", server.query, "--data-urlencode", f"query={SELECT}").stdout

    def fields(text: bytes) -> dict[str, str]:
        lines = text.decode().split("\r\n\r\n")[0].splitlines()[1:]
        told = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return {name: value for name, value in told.items() if name not in ("date", "server-timing", "x-request-id")}

    assert head.decode().rstrip().startswith("HTTP/1.1 200")
    assert head.decode().count("\r\n\r\n") == 1
    assert fields(head) == fields(whole)
    assert int(fields(head)["content-length"]) == len(whole.split(b"\r\n\r\n", 1)[1])


def test_curl_gets_a_304_for_what_it_has(server: Server, tmp_path: Path) -> None:
    kept, answer = str(tmp_path / "etag"), str(tmp_path / "answer")
    for address in (f"{server.address}/id/register/acme.ttl", f"{server.address}/ns.ttl", f"{server.graphs}?graph={DEFAULT_BASE}graph/law"):
        first = status("--etag-save", kept, address)
        again = curl("--etag-compare", kept, "-o", answer, "-w", "%{http_code} %{size_download}", address).stdout

        assert (first, again) == (200, b"304 0")


def test_curl_gets_the_same_answer_compressed(server: Server) -> None:
    address = f"{server.address}/ns.ttl"
    plain = curl(address).stdout
    packed = curl("-H", "Accept-Encoding: gzip", address).stdout

    assert curl("--compressed", address).stdout == plain
    assert packed[:2] == b"\x1f\x8b"
    assert len(packed) < len(plain)


def test_curl_puts_reads_and_deletes_a_graph(server: Server, name: URIRef, tmp_path: Path) -> None:
    token = ("-H", f"Authorization: Bearer {server.token}")
    turtle = tmp_path / "graph.ttl"
    turtle.write_text(f'<{EX}a> <{EX}b> "naïve" .\n')
    put = ("-T", str(turtle), "-H", "Content-Type: text/turtle")
    address = f"{server.graphs}?graph={name}"

    assert status(*put, address) == 401
    assert status(*put, *token, address) == 201
    assert status(*put, *token, address) == 200
    assert curl("-H", "Accept: application/n-triples", address).stdout.decode() == f'<{EX}a> <{EX}b> "naïve" .\n'
    assert status("-X", "DELETE", *token, address) == 200
    assert status(address) == 404


def test_curl_overwrites_a_graph_only_as_it_read_it(server: Server, name: URIRef, tmp_path: Path) -> None:
    token = ("-H", f"Authorization: Bearer {server.token}", "-H", "Content-Type: text/turtle")
    address, kept = f"{server.graphs}?graph={name}", tmp_path / "etag"
    new = ("-X", "PUT", "--data-binary", f"<{EX}a> <{EX}b> 1 .", *token, address)

    assert status(*new, "-H", "If-None-Match: *") == 201
    assert status(*new, "-H", "If-None-Match: *") == 412
    assert status("--etag-save", str(kept), address) == 200
    changed = ("-X", "PUT", "--data-binary", f"<{EX}a> <{EX}b> 2 .", *token, "-H", f"If-Match: {kept.read_text().strip()}", address)
    assert status(*changed) == 200
    assert status(*changed) == 412


def test_curl_fails_where_the_server_refuses(server: Server) -> None:
    refused = curl("-f", "-G", server.query, "--data-urlencode", "query=SELECT nonsense")
    found = curl("-f", "-o", os.devnull, "-G", server.query, "--data-urlencode", f"query={ASK}")

    assert (refused.returncode, refused.stdout) == (22, b"")
    assert found.returncode == 0


def test_curl_announces_a_large_body_and_sends_it(server: Server, name: URIRef) -> None:
    many = "".join(f"<{EX}s{number}> <{EX}p> {number} .\n" for number in range(30_000)).encode()
    answer = curl(
        "-X", "PUT", "-H", f"Authorization: Bearer {server.token}", "-H", "Content-Type: text/turtle", "-H", "Expect: 100-continue",
        "--data-binary", "@-", f"{server.graphs}?graph={name}", told=many,
    )  # fmt: skip

    assert json.loads(answer.stdout)["added"] == 30_000


def require_comunica() -> None:
    lacking = "Node.js is not installed" if shutil.which("node") is None else ""
    if not (CLIENTS / "node_modules").is_dir():
        lacking = lacking or "Comunica is not installed: make test does, or npm ci in tests/clients"
    if lacking and os.environ.get("ROPA_REQUIRE_CLIENTS"):
        pytest.fail(f"{lacking}, and ROPA_REQUIRE_CLIENTS forbids going without")
    if lacking:
        pytest.skip(lacking)


def by_comunica(server: Server, text: str) -> Any:
    require_comunica()
    done = subprocess.run(
        ["node", str(CLIENTS / "comunica.mjs"), server.query, text], capture_output=True, timeout=120, check=False, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def term(node: Node) -> dict[str, str]:
    if isinstance(node, Literal):
        return {"type": "Literal", "value": str(node)} | ({"language": node.language} if node.language else {})
    return {"type": "NamedNode", "value": str(node)}


def test_comunica_gets_the_rows_of_a_select(server: Server) -> None:
    assert by_comunica(server, SELECT) == [{"party": term(CLEANER), "label": term(LABEL)}]


def test_comunica_gets_true_or_false(server: Server) -> None:
    assert by_comunica(server, ASK) is True
    assert by_comunica(server, f"ASK {{ <{EX}nobody> ?p ?o }}") is False


def test_comunica_gets_the_triples_of_a_construct(server: Server) -> None:
    assert by_comunica(server, CONSTRUCT) == [[term(CLEANER), term(PREF_LABEL), term(LABEL)]]


def test_comunica_gets_the_answer_to_joins_options_groups_and_paths(server: Server) -> None:
    text = f"""
        PREFIX dpv: <{DPV}> PREFIX ropa: <{ROPA}> PREFIX skos: <{SKOS}> PREFIX dcterms: <{PREFIXES["dcterms"]}>
        SELECT ?title (COUNT(DISTINCT ?flow) AS ?flows) (SAMPLE(?purpose) AS ?why) {{
          ?register a dpv:ROPA ; dpv:hasRecordOfActivity ?activity .
          ?activity dcterms:title ?title .
          OPTIONAL {{ ?activity ropa:hasDataFlow/dpv:hasRecipient ?recipient . ?activity ropa:hasDataFlow ?flow }}
          OPTIONAL {{ ?activity dpv:hasPurpose/skos:prefLabel ?purpose }}
          FILTER(LANG(?title) = "en")
        }} GROUP BY ?title ORDER BY ?title"""
    answer = SPARQLStore(server.query, returnFormat="json").query(text)
    expected = [{str(name): term(value) for name, value in row.items()} for row in answer.bindings]

    assert by_comunica(server, text) == expected
    assert len(expected) == 2
