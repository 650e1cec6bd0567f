"""Which graph a request means: SPARQL 1.1 Graph Store HTTP Protocol (W3C, 2013), section 4."""

from __future__ import annotations

import pytest

from tests.protocol.documents import ANNA_IS, METHODS, ONE, STATED, TRIPLES, TURTLE, TWO, content, triples
from tests.protocol.servers import NEW, SPACE, A, B, Target, encoded, values


def test_the_default_graph_is_the_one_without_a_name(target: Target) -> None:
    """Graph Store 4.2, 5.2: not the union that queries see."""
    reply = target.send("GET", f"{target.graphs}?default", None, [("Accept", TRIPLES)])

    assert reply.status == 200
    assert len(triples(reply.body, TRIPLES)) == 1


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "iri", ["relative", "/rooted", "", "//host/path", "#fragment"], ids=["relative", "rooted", "empty", "network", "fragment"]
)
def test_a_graph_name_that_is_not_absolute_is_refused(target: Target, iri: str, method: str) -> None:
    """Graph Store 4.2: it must be an absolute IRI, else 400."""
    body = ONE if method in {"PUT", "POST"} else None

    assert target.send(method, target.graph(iri), body, [("Content-Type", TURTLE)] if body else []).status == 400


@pytest.mark.parametrize(
    "iri", ["http://[bad", "https://example.org/a b", "https://example.org/<x>", "1:x"], ids=["bracket", "space", "brackets", "scheme"]
)
def test_a_graph_name_that_is_no_iri_is_refused(target: Target, iri: str) -> None:
    """Graph Store 4.2; RFC 3987 2.2."""
    assert target.put(iri, ONE).status == 400
    assert target.get(iri).status == 400


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "query", [f"default&{encoded([('graph', A)])}", encoded([("graph", A), ("graph", B)])], ids=["default-and-named", "two-named"]
)
def test_a_request_for_two_graphs_is_refused(target: Target, query: str, method: str) -> None:
    """Graph Store 4.2: the query names one graph; which of two is meant cannot be told."""
    body = ONE if method in {"PUT", "POST"} else None

    assert target.send(method, f"{target.graphs}?{query}", body, [("Content-Type", TURTLE)] if body else []).status == 400
    assert content(target, A) == ANNA_IS


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_the_store_as_a_whole_is_neither_replaced_nor_deleted(ours: Target, method: str) -> None:
    """Graph Store 5.3, 5.4 act on a graph; without one we refuse, 400 or 405."""
    assert ours.send(method, ours.graphs, ONE if method == "PUT" else None, [("Content-Type", TURTLE)]).status in {400, 405}
    assert content(ours, A) == ANNA_IS


def test_a_get_without_a_graph_is_no_fault_of_the_server(target: Target) -> None:
    """Graph Store 4.2 gives it no meaning."""
    assert target.send("GET", target.graphs, None, [("Accept", "application/n-quads, */*;q=0.5")]).status in {200, 400, 404}


def test_a_relative_address_in_a_document_becomes_an_absolute_one(target: Target) -> None:
    """RFC 3986 5.1.3: the base is where the document is, the graph's address or the request's."""
    target.put(NEW, "<#me> <#is> <#here> .")
    found = values(target.ask(f"SELECT ?s {{ GRAPH <{NEW}> {{ ?s ?p ?o }} }}"))

    assert found in ([f"{NEW}#me"], [f"{target.address}{target.graph(NEW)}#me"], [f"{target.address}{target.graphs}#me"])


NAMES = {
    "escape": f"{SPACE}graph/a%20b",
    "percent": f"{SPACE}graph/100%25",
    "encoded-slash": f"{SPACE}graph/a%2Fb",
    "fragment": f"{SPACE}graph#part",
    "query": f"{SPACE}graph?a=1&b=2",
    "plus": f"{SPACE}graph/a+b",
    "unicode": f"{SPACE}graph/é/数",
    "urn": "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66",
    "tag": "tag:example.org,2026:graph",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_graph_name_is_decoded_once_and_kept_as_it_is(target: Target, name: str) -> None:
    """Graph Store 4.2: percent-decoded, read as UTF-8, and not changed beyond."""
    assert target.put(NAMES[name], ONE).status == 201
    assert content(target, NAMES[name]) == STATED
    assert values(target.ask(f"SELECT ?o {{ <{SPACE}s> ?p ?o }}", dataset=[("default-graph-uri", NAMES[name])])) == [f"{SPACE}o"]


def test_names_that_differ_by_an_escape_are_two_graphs(target: Target) -> None:
    """RFC 3987 5.3.1: names of graphs are compared as strings."""
    target.put(f"{SPACE}graph/%C3%A9", ONE)

    assert target.get(f"{SPACE}graph/é").status == 404


def test_a_graph_is_identified_by_its_own_address(target: Target) -> None:
    """Graph Store 4.1: the address of the request is the name of the graph, and 4.2: the same as given indirectly."""
    path = f"{target.graphs}/people"
    made = target.send("PUT", path, ONE, [("Content-Type", TURTLE)])

    assert made.status == 201
    assert triples(target.send("GET", path, None, [("Accept", TRIPLES)]).body, TRIPLES) == STATED
    assert content(target, target.address + path) == STATED
    assert target.address + path in target.graph_names()


def test_a_graph_made_indirectly_is_found_at_its_address(target: Target) -> None:
    """Graph Store 4.1, 4.2."""
    path = f"{target.graphs}/made/elsewhere"
    target.put(target.address + path, ONE)

    assert triples(target.send("GET", path, None, [("Accept", TRIPLES)]).body, TRIPLES) == STATED


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_an_address_that_names_no_graph_is_not_found(target: Target, method: str) -> None:
    """Graph Store 5.1."""
    assert target.send(method, f"{target.graphs}/nobody").status == 404


def test_every_method_works_on_an_address_of_a_graph(target: Target) -> None:
    """Graph Store 4.1, 5.2 to 5.6."""
    path = f"{target.graphs}/steps"
    turtle = [("Content-Type", TURTLE)]

    assert target.send("PUT", path, ONE, turtle).status == 201
    assert target.send("PUT", path, ONE, turtle).status in {200, 204}
    assert target.send("POST", path, TWO, turtle).status in {200, 204}
    assert target.send("HEAD", path).status == 200
    assert len(triples(target.send("GET", path, None, [("Accept", TRIPLES)]).body, TRIPLES)) == 2
    assert target.send("DELETE", path).status in {200, 204}
    assert target.send("GET", path).status == 404


@pytest.mark.parametrize(
    "path", ["a%20b", "caf%C3%A9", "deep/er/one", "with.dot", "100%25"], ids=["space", "unicode", "deep", "dot", "percent"]
)
def test_an_address_of_a_graph_may_be_any(target: Target, path: str) -> None:
    """Graph Store 4.1; RFC 3986 3.3."""
    place = f"{target.graphs}/{path}"

    assert target.send("PUT", place, ONE, [("Content-Type", TURTLE)]).status == 201
    assert triples(target.send("GET", place, None, [("Accept", TRIPLES)]).body, TRIPLES) == STATED


def test_an_encoded_slash_in_an_address_is_no_slash(target: Target) -> None:
    """Graph Store 4.1; RFC 3986 2.2: addresses that differ by it are two graphs."""
    assert target.send("PUT", f"{target.graphs}/a%2Fb", ONE, [("Content-Type", TURTLE)]).status == 201

    assert target.send("GET", f"{target.graphs}/a/b").status == 404
    assert content(target, f"{target.address}{target.graphs}/a%2Fb") == STATED


def test_a_relative_address_in_a_document_rests_on_the_address_it_is_put_to(target: Target) -> None:
    """Graph Store 4.1; RFC 3986 5.1.3."""
    path = f"{target.graphs}/folder/doc"
    target.send("PUT", path, "<#me> <other> <../up> .", [("Content-Type", TURTLE)])

    base = f"{target.address}{target.graphs}"
    expected = {f"<{base}/folder/doc#me> <{base}/folder/other> <{base}/up>"}
    assert triples(target.send("GET", path, None, [("Accept", TRIPLES)]).body, TRIPLES) == expected
