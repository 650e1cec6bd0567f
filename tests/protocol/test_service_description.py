"""What the service says of itself: SPARQL 1.1 Service Description (W3C, 2013) and VoID. Whatever is claimed is tried out."""

from __future__ import annotations

from collections import Counter

import pyoxigraph as ox
import pytest

from tests.protocol.client import Reply
from tests.protocol.documents import FORMS, PAYLOADS, READERS
from tests.protocol.servers import NEW, PREFIX, UPDATE, WHERE, A, Target, encoded, listener, values

SD, VOID = "http://www.w3.org/ns/sparql-service-description#", "http://rdfs.org/ns/void#"
FORMATS = {
    f"http://www.w3.org/ns/formats/{name}": media_type
    for name, media_type in {
        "SPARQL_Results_JSON": "application/sparql-results+json",
        "SPARQL_Results_XML": "application/sparql-results+xml",
        "SPARQL_Results_CSV": "text/csv",
        "SPARQL_Results_TSV": "text/tab-separated-values",
        "Turtle": "text/turtle",
        "N-Triples": "application/n-triples",
        "RDF_XML": "application/rdf+xml",
        "JSON-LD": "application/ld+json",
        "N-Quads": "application/n-quads",
        "TriG": "application/trig",
        "N3": "text/n3",
    }.items()
}


class Description:
    """The statements of a description, asked by subject and property."""

    def __init__(self, reply: Reply, base: str) -> None:
        assert reply.status == 200, reply
        read = ox.parse(reply.body, format=READERS[reply.media_type], base_iri=base)
        self.triples = [quad.triple for quad in read]

    def of_type(self, name: str) -> list[object]:
        a = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
        return [triple.subject for triple in self.triples if triple.predicate.value == a and getattr(triple.object, "value", "") == name]

    def all(self, name: str, subject: object = None) -> list[str]:
        """Return the values of a property, of one subject or of all."""
        found = (triple for triple in self.triples if triple.predicate.value == name and (subject is None or triple.subject == subject))
        return sorted(getattr(triple.object, "value", "") for triple in found)

    def nodes(self, name: str, subject: object) -> list[object]:
        return [triple.object for triple in self.triples if triple.predicate.value == name and triple.subject == subject]


def describe(target: Target, accept: str = "text/turtle") -> Description:
    """Return what the service says at its address."""
    return Description(target.send("GET", target.query, None, [("Accept", accept)]), target.address + target.query)


@pytest.mark.parametrize("media_type", FORMS)
def test_a_bare_get_describes_the_service_in_each_form(target: Target, media_type: str) -> None:
    """Service Description 2: at the endpoint, by content negotiation."""
    reply = target.send("GET", target.query, None, [("Accept", media_type)])

    assert reply.media_type == media_type
    assert len(Description(reply, target.address + target.query).of_type(SD + "Service")) == 1


@pytest.mark.parametrize("accept", [None, "*/*", "text/turtle;charset=utf-8, */*;q=0.1"], ids=["none", "any", "turtle-rather"])
def test_a_program_that_asks_for_no_form_gets_rdf(target: Target, accept: str | None) -> None:
    """Service Description 2: it must be there as RDF."""
    reply = target.send("GET", target.query, None, [("Accept", accept)] if accept else [])

    assert reply.media_type in READERS


def test_a_head_of_the_description_tells_what_a_get_would(target: Target) -> None:
    """RFC 9110 9.3.2."""
    fields = [("Accept", "text/turtle")]
    get, head = target.send("GET", target.query, None, fields), target.send("HEAD", target.query, None, fields)

    assert (head.status, head.body, head.field("Content-Type")) == (200, b"", get.field("Content-Type"))


def test_a_form_of_the_description_that_is_not_there_is_not_acceptable(target: Target) -> None:
    """RFC 9110 15.5.7."""
    assert target.send("GET", target.query, None, [("Accept", "image/png")]).status == 406


def test_people_get_a_page_instead(ours: Target) -> None:
    """Service Description 2 lets other representations stand beside it."""
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

    assert ours.send("GET", ours.query, None, [("Accept", browser)]).media_type == "text/html"


def test_the_address_is_the_one_that_was_asked(target: Target) -> None:
    """Service Description 3.2.1: sd:endpoint."""
    assert describe(target).all(SD + "endpoint") == [target.address + target.query]


def test_every_language_that_is_claimed_is_spoken(target: Target) -> None:
    """Service Description 3.2.10: sd:supportedLanguage."""
    told = describe(target)
    claimed = told.all(SD + "supportedLanguage")
    tried = {
        SD + "SPARQL10Query": lambda: target.ask("SELECT * { ?s ?p ?o } LIMIT 1").status,
        SD + "SPARQL11Query": lambda: target.ask("SELECT (COUNT(*) AS ?n) { VALUES ?x { 1 } ?s !<a:b>* ?o }").status,
        SD + "SPARQL11Update": lambda: target.send("POST", target.query, "INSERT DATA {}", [("Content-Type", UPDATE)]).status,
    }

    assert SD + "SPARQL11Query" in claimed
    assert [tried[language]() // 100 for language in claimed] == [2] * len(claimed)


def test_every_form_of_answers_that_is_claimed_is_served(target: Target) -> None:
    """Service Description 3.2.14: sd:resultFormat; one for rows and one for a graph is asked each."""
    claimed = [FORMATS[name] for name in describe(target).all(SD + "resultFormat")]
    served = set()
    for media_type in claimed:
        for text in (WHERE, "CONSTRUCT WHERE { ?s ?p ?o }"):
            reply = target.ask(text, accept=media_type)
            if reply.status == 200 and reply.media_type == media_type:
                served.add(media_type)

    assert sorted(set(claimed) - served) == []
    assert len(claimed) == len(set(claimed))


def test_every_form_of_answers_that_is_served_is_claimed(ours: Target) -> None:
    """Service Description 3.2.14."""
    served = {
        media_type
        for media_type in FORMATS.values()
        if 200 in {ours.ask(text, accept=media_type).status for text in (WHERE, "CONSTRUCT WHERE { ?s ?p ?o }")}
    }

    assert {FORMATS[name] for name in describe(ours).all(SD + "resultFormat")} == served


def test_every_form_of_data_that_is_claimed_is_taken(target: Target) -> None:
    """Service Description 3.2.15: sd:inputFormat."""
    claimed = [FORMATS[name] for name in describe(target).all(SD + "inputFormat")]
    payloads = {**PAYLOADS, "application/n-quads": PAYLOADS["application/n-triples"], "application/trig": PAYLOADS["text/turtle"]}

    assert [media_type for media_type in claimed if not target.put(NEW, payloads[media_type], media_type).succeeded] == []


def test_a_union_is_claimed_where_it_is_one(target: Target) -> None:
    """Service Description 3.4: sd:UnionDefaultGraph, where the default graph holds what the named graphs do."""
    union = {"a", "b"} <= set(values(target.ask(WHERE)))

    assert (SD + "UnionDefaultGraph" in describe(target).all(SD + "feature")) is union


def test_empty_graphs_are_claimed_where_they_are_kept(target: Target) -> None:
    """Service Description 3.4: sd:EmptyGraphs."""
    target.put(NEW, "")
    kept = target.get(NEW).status == 200

    assert (SD + "EmptyGraphs" in describe(target).all(SD + "feature")) is kept


def test_calls_to_other_services_are_claimed_where_they_are_made(target: Target) -> None:
    """Service Description 3.4: sd:BasicFederatedQuery."""
    with listener() as (address, heard):
        target.ask(f"SELECT * {{ SERVICE <{address}> {{ ?s ?p ?o }} }}")
        calls = bool(heard)

    assert (SD + "BasicFederatedQuery" in describe(target).all(SD + "feature")) is calls


def test_fetching_graphs_is_claimed_where_it_is_done(target: Target) -> None:
    """Service Description 3.4: sd:DereferencesURIs."""
    with listener() as (address, heard):
        target.ask(WHERE.replace("{", f"FROM <{address}> {{", 1))
        fetches = bool(heard)

    assert (SD + "DereferencesURIs" in describe(target).all(SD + "feature")) is fetches


def test_a_dataset_is_required_where_it_is_claimed(target: Target) -> None:
    """Service Description 3.4: sd:RequiresDataset."""
    assert (SD + "RequiresDataset" in describe(target).all(SD + "feature")) is (target.ask(WHERE).status != 200)


def test_the_default_dataset_is_described(ours: Target) -> None:
    """Service Description 3.2.12, 3.2.16: sd:defaultDataset and sd:defaultGraph."""
    told = describe(ours)
    (service,) = told.of_type(SD + "Service")
    datasets = told.nodes(SD + "defaultDataset", service)

    assert len(datasets) == 1
    assert len(told.nodes(SD + "defaultGraph", datasets[0])) == 1


def test_the_named_graphs_are_those_that_are_there(ours: Target) -> None:
    """Service Description 3.2.17, 3.2.18: sd:namedGraph and sd:name; a write shows at once."""
    before = describe(ours).all(SD + "name")
    ours.put(NEW, PAYLOADS["text/turtle"])
    after = describe(ours).all(SD + "name")

    assert set(after) == ours.graph_names()
    assert Counter(after) - Counter(before) == Counter([NEW])


def test_counts_that_are_given_are_right(target: Target) -> None:
    """VoID, statistics: void:triples, of each graph that has one."""
    told = describe(target)
    for triple in told.triples:
        if triple.predicate.value == SD + "graph":
            for count in told.all(VOID + "triples", triple.object):
                (name,) = told.all(SD + "name", triple.subject)
                assert int(count) == target.count(name)


def test_a_description_does_not_hide_that_it_changed(ours: Target) -> None:
    """RFC 9110 8.8.3: another content, another entity tag."""
    first = ours.send("GET", ours.query, None, [("Accept", "text/turtle")])
    ours.put(NEW, PAYLOADS["text/turtle"])
    again = ours.send("GET", ours.query, None, [("Accept", "text/turtle"), ("If-None-Match", first.field("ETag"))])

    assert first.field("ETag")
    assert again.status == 200


VOID_PLACE = "/.well-known/void"


def void(target: Target) -> Description:
    return Description(target.send("GET", VOID_PLACE, None, [("Accept", "text/turtle")]), target.address + VOID_PLACE)


@pytest.mark.parametrize("media_type", FORMS)
def test_the_data_are_described_at_their_well_known_address(ours: Target, media_type: str) -> None:
    """VoID 7.2, RFC 8615."""
    reply = ours.send("GET", VOID_PLACE, None, [("Accept", media_type)])

    assert reply.media_type == media_type
    assert Description(reply, ours.address + VOID_PLACE).of_type(VOID + "Dataset")


def test_the_description_of_the_data_names_the_endpoint(ours: Target) -> None:
    """VoID, access metadata: void:sparqlEndpoint."""
    assert set(void(ours).all(VOID + "sparqlEndpoint")) == {ours.address + ours.query}


def test_the_number_of_triples_is_true_and_follows_a_write(ours: Target) -> None:
    """VoID, statistics: void:triples."""

    def counted() -> str:
        return values(ours.ask("SELECT (COUNT(*) AS ?n) { SELECT DISTINCT ?s ?p ?o { ?s ?p ?o } }"))[0]

    def claimed() -> list[str]:
        told = void(ours)
        endpoints = [triple.subject for triple in told.triples if triple.predicate.value == VOID + "sparqlEndpoint"]
        return told.all(VOID + "triples", endpoints[0])

    before = claimed()
    assert before == [counted()]
    ours.put(A, "")
    assert claimed() == [counted()] != before


def test_the_description_of_the_data_is_not_the_answer_to_a_query(ours: Target) -> None:
    """Protocol 2.1: parameters have a meaning at the endpoint alone."""
    assert (
        ours.send("GET", f"{VOID_PLACE}?{encoded([('query', PREFIX + 'ASK {}')])}", None, [("Accept", "text/turtle")]).media_type
        == "text/turtle"
    )
