"""Adding to graphs and making new ones by POST: SPARQL 1.1 Graph Store HTTP Protocol (W3C, 2013), section 5.5."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest

from tests.protocol.documents import ANNA, ANNA_IS, BROKEN, ONE, PAYLOADS, STATED, TRIPLES, TURTLE, TWO, content, triples
from tests.protocol.servers import NEW, SPACE, A, Target


def test_a_post_adds_to_a_graph(target: Target) -> None:
    """Graph Store 5.5."""
    assert target.post(A, ONE).status in {200, 204}
    assert content(target, A) == ANNA_IS | STATED


def test_a_post_to_a_graph_that_is_not_there_makes_it_or_says_so(target: Target) -> None:
    """Graph Store 5.5: the equivalent INSERT DATA makes it; the text also lets it be 404."""
    status = target.post(NEW, ONE).status

    assert content(target, NEW) == STATED if status in {200, 201, 204} else status == 404


def test_a_post_adds_to_the_default_graph(target: Target) -> None:
    """Graph Store 5.5."""
    assert target.send("POST", f"{target.graphs}?default", ONE, [("Content-Type", TURTLE)]).status in {200, 201, 204}

    reply = target.send("GET", f"{target.graphs}?default", None, [("Accept", TRIPLES)])
    assert len(triples(reply.body, TRIPLES)) == 2


def test_a_post_of_what_is_there_adds_nothing(target: Target) -> None:
    """Graph Store 5.5: a graph is a set."""
    assert target.post(A, f'{ANNA} <{SPACE}ns#name> "Anna" .').succeeded
    assert content(target, A) == ANNA_IS


def test_blank_nodes_of_two_posts_stay_apart(target: Target) -> None:
    """Graph Store 5.5: an RDF merge, so equal labels are not equal nodes."""
    for _ in range(2):
        assert target.post(A, f"_:x <{SPACE}p> _:y .").succeeded

    assert target.count(A) == 4


@pytest.mark.parametrize("graph", [A, NEW], ids=["there", "not-there"])
def test_an_empty_post_changes_nothing(target: Target, graph: str) -> None:
    """Graph Store 5.5: 204 where the body is empty."""
    assert target.post(graph, "").status in {200, 201, 204}
    assert target.count(graph) == (2 if graph == A else 0)


def multipart(*parts: tuple[str, str, str]) -> tuple[bytes, str]:
    """Return a form of files, each (file name, media type or "", text), and its content type."""
    boundary = "a-boundary-of-ours"
    body = ""
    for name, media_type, text in parts:
        kind = f"Content-Type: {media_type}\r\n" if media_type else ""
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n{kind}\r\n{text}\r\n'
    return f"{body}--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def test_a_form_of_files_is_merged_into_a_graph(target: Target) -> None:
    """Graph Store 5.5: multipart/form-data, each part in its own form."""
    rdf_xml = PAYLOADS["application/rdf+xml"]
    body, content_type = multipart(("one.rdf", "application/rdf+xml", rdf_xml), ("two.ttl", TURTLE, TWO))

    assert target.post(A, body, content_type).status in {200, 201, 204}
    assert content(target, A) == ANNA_IS | STATED | {TWO.rstrip(" .\n")}


def test_blank_nodes_of_two_files_stay_apart(target: Target) -> None:
    """Graph Store 5.5: the graphs of the files are merged."""
    one = f"_:x <{SPACE}p> _:y ."
    body, content_type = multipart(("one.ttl", TURTLE, one), ("two.ttl", TURTLE, one))

    assert target.post(A, body, content_type).succeeded
    assert target.count(A) == 4


def test_a_form_with_a_file_that_cannot_be_read_changes_nothing(target: Target) -> None:
    """Graph Store 5.1: 400; nothing is half done."""
    body, content_type = multipart(("one.ttl", TURTLE, ONE), ("two.ttl", TURTLE, BROKEN[TURTLE]))

    assert target.post(A, body, content_type).status == 400
    assert content(target, A) == ANNA_IS


def test_a_file_without_a_media_type_is_told_by_its_name_or_refused(target: Target) -> None:
    """Graph Store 5.5."""
    body, content_type = multipart(("one.ttl", "", ONE))
    status = target.post(A, body, content_type).status

    assert content(target, A) == ANNA_IS | STATED if status in {200, 204} else status in {400, 415}


def test_a_form_of_files_without_its_boundary_is_a_bad_request(target: Target) -> None:
    """RFC 2046 5.1: the boundary is required."""
    assert target.post(A, multipart(("one.ttl", TURTLE, ONE))[0], "multipart/form-data").status in {400, 415}
    assert content(target, A) == ANNA_IS


def test_a_post_to_the_store_makes_a_graph_and_tells_its_name(target: Target) -> None:
    """Graph Store 5.5: 201 and Location, which differs from the store's own address."""
    reply = target.send("POST", target.graphs, ONE, [("Content-Type", TURTLE)])
    place = urljoin(target.address + target.graphs, reply.field("Location"))

    assert reply.status == 201
    assert place != target.address + target.graphs
    got = target.send(
        "GET", urlsplit(place).path + ("?" + urlsplit(place).query if urlsplit(place).query else ""), None, [("Accept", TRIPLES)]
    )
    assert triples(got.body, TRIPLES) == STATED


def test_two_posts_to_the_store_make_two_graphs(target: Target) -> None:
    """Graph Store 5.5."""
    made = {target.send("POST", target.graphs, ONE, [("Content-Type", TURTLE)]).field("Location") for _ in range(2)}

    assert len(made - {""}) == 2
