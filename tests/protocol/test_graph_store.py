"""Reading, replacing and deleting graphs: SPARQL 1.1 Graph Store HTTP Protocol (W3C, 2013), section 5, and RFC 9110."""

from __future__ import annotations

import pytest

from tests.protocol.documents import ANNA_IS, BEN_IS, BROKEN, FORMS, ONE, PAYLOADS, STATED, TRIPLES, TURTLE, content, triples
from tests.protocol.servers import NEW, SPACE, TERMS, UNKNOWN, A, B, Target, values


@pytest.mark.parametrize("media_type", FORMS)
def test_a_graph_comes_in_each_form(target: Target, media_type: str) -> None:
    """Graph Store 5.2; RFC 9110 8.3: the content type tells the form."""
    reply = target.get(A, media_type)

    assert (reply.status, reply.media_type) == (200, media_type)
    assert triples(reply.body, media_type) == ANNA_IS


@pytest.mark.parametrize("media_type", ["application/n-quads", "application/trig"])
def test_a_graph_comes_in_the_forms_of_datasets_too(ours: Target, media_type: str) -> None:
    """Graph Store 5.2 leaves the choice of forms."""
    reply = ours.get(A, media_type)

    assert (reply.status, reply.media_type) == (200, media_type)
    assert triples(reply.body, media_type) == ANNA_IS


def test_a_graph_comes_as_rdf_where_no_form_is_asked_for(target: Target) -> None:
    """Graph Store 5: RDF/XML, Turtle or N-Triples without Accept."""
    reply = target.send("GET", target.graph(A))

    assert reply.media_type in FORMS[:3]
    assert triples(reply.body, reply.media_type) == ANNA_IS


@pytest.mark.parametrize(
    "accept", ["*/*", "", "text/turtle;charset=utf-8", "image/png, */*;q=0.1"], ids=["any", "empty", "with-charset", "any-but-rather-not"]
)
def test_a_graph_comes_as_rdf_to_whoever_takes_it(target: Target, accept: str) -> None:
    """Graph Store 5.2; RFC 9110 12.5.1."""
    reply = target.get(A, accept)

    assert reply.status == 200
    assert triples(reply.body, reply.media_type) == ANNA_IS


def test_a_form_that_is_not_there_is_not_acceptable(target: Target) -> None:
    """Graph Store 5.2: 406."""
    assert target.get(A, "image/png").status == 406


def test_terms_of_every_kind_come_back(target: Target) -> None:
    """Graph Store 5.2: the same as a CONSTRUCT of the graph."""
    got = {line.partition(">")[2] for line in content(target, TERMS) if "_:" not in line}
    asked = target.ask(f"CONSTRUCT {{ ?s ?p ?o }} {{ GRAPH <{TERMS}> {{ ?s ?p ?o }} }}", accept=TRIPLES)

    assert got == {line.partition(">")[2] for line in triples(asked.body, TRIPLES) if "_:" not in line}
    assert len(got) == 17


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_a_graph_that_is_not_there_is_not_found(target: Target, method: str) -> None:
    """Graph Store 5.1, 5.4."""
    assert target.send(method, target.graph(UNKNOWN)).status == 404


@pytest.mark.parametrize("media_type", FORMS)
def test_a_head_of_a_graph_tells_what_a_get_would(target: Target, media_type: str) -> None:
    """Graph Store 5.6; RFC 9110 9.3.2."""
    get = target.get(A, media_type)
    head = target.send("HEAD", target.graph(A), None, [("Accept", media_type)])

    assert (head.status, head.body) == (200, b"")
    for name in ("Content-Type", "ETag", "Vary", "Last-Modified"):
        assert head.field(name) == get.field(name)
    assert head.field("Content-Length") in {"", str(len(get.body))}


@pytest.mark.parametrize("media_type", FORMS)
def test_a_put_makes_a_graph_that_was_not_there(target: Target, media_type: str) -> None:
    """Graph Store 5.3: 201."""
    assert target.put(NEW, PAYLOADS[media_type], media_type).status == 201
    assert content(target, NEW) == STATED


@pytest.mark.parametrize("media_type", FORMS)
def test_a_put_replaces_a_graph_that_was_there(target: Target, media_type: str) -> None:
    """Graph Store 5.3: 200 or 204, and nothing of the old graph stays."""
    assert target.put(A, PAYLOADS[media_type], media_type).status in {200, 204}
    assert content(target, A) == STATED
    assert content(target, B) == BEN_IS


def test_a_put_twice_is_a_put_once(target: Target) -> None:
    """RFC 9110 9.2.2: PUT is idempotent."""
    assert [target.put(NEW, ONE).status // 100 for _ in range(2)] == [2, 2]
    assert content(target, NEW) == STATED


def test_a_put_replaces_the_default_graph_alone(target: Target) -> None:
    """Graph Store 5.3: DROP SILENT DEFAULT, then INSERT DATA."""
    assert target.send("PUT", f"{target.graphs}?default", ONE, [("Content-Type", TURTLE)]).status in {200, 201, 204}

    reply = target.send("GET", f"{target.graphs}?default", None, [("Accept", TRIPLES)])
    assert triples(reply.body, TRIPLES) == STATED
    assert content(target, A) == ANNA_IS


def test_what_is_put_is_seen_by_queries(target: Target) -> None:
    """Graph Store 5.3: the same store that queries ask."""
    target.put(NEW, ONE)

    assert values(target.ask(f"SELECT ?o {{ GRAPH <{NEW}> {{ ?s ?p ?o }} }}")) == [f"{SPACE}o"]


def test_an_empty_graph_is_there(target: Target) -> None:
    """Graph Store 5.3: where empty graphs are kept, an empty document makes one; Turtle may be empty."""
    assert target.put(NEW, "").status == 201

    assert content(target, NEW) == set()
    assert target.send("DELETE", target.graph(NEW)).status in {200, 204}
    assert target.get(NEW).status == 404


def test_an_empty_document_replaces_what_was_there(target: Target) -> None:
    """Graph Store 5.3."""
    assert target.put(A, "").status in {200, 204}
    assert content(target, A) == set()


@pytest.mark.parametrize("media_type", ["application/rdf+xml", "application/ld+json"])
def test_an_empty_body_that_is_no_document_is_a_bad_request(target: Target, media_type: str) -> None:
    """Graph Store 5.3 and 5.1: neither XML nor JSON may be empty."""
    assert target.put(A, "", media_type).status == 400
    assert content(target, A) == ANNA_IS


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize("media_type", FORMS)
def test_a_document_that_cannot_be_read_is_a_bad_request_and_changes_nothing(target: Target, media_type: str, method: str) -> None:
    """Graph Store 5.1: 400; nothing is half done."""
    assert target.send(method, target.graph(A), BROKEN[media_type], [("Content-Type", media_type)]).status == 400
    assert content(target, A) == ANNA_IS


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_document_that_cannot_be_read_makes_no_graph(target: Target, method: str) -> None:
    """Graph Store 5.1."""
    assert target.send(method, target.graph(NEW), BROKEN[TURTLE], [("Content-Type", TURTLE)]).status == 400
    assert target.get(NEW).status == 404


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_document_that_is_not_utf_8_is_a_bad_request(target: Target, method: str) -> None:
    """Graph Store 5.1; Turtle 6.1: always UTF-8."""
    body = f'<{SPACE}s> <{SPACE}p> "caf\xe9" .'.encode("latin-1")

    assert target.send(method, target.graph(A), body, [("Content-Type", TURTLE)]).status == 400
    assert content(target, A) == ANNA_IS


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize(
    "media_type", ["text/html", "image/png", "application/sparql-query", "application/x-www-form-urlencoded", "rubbish"]
)
def test_a_document_of_a_form_that_nobody_reads_is_refused(target: Target, media_type: str, method: str) -> None:
    """Graph Store 5.1: 415."""
    assert target.send(method, target.graph(A), ONE, [("Content-Type", media_type)]).status == 415
    assert content(target, A) == ANNA_IS


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_document_without_a_media_type_is_taken_for_rdf_xml(target: Target, method: str) -> None:
    """Graph Store 5: without Content-Type it should be read as RDF/XML."""
    assert target.send(method, target.graph(NEW), PAYLOADS["application/rdf+xml"]).succeeded
    assert content(target, NEW) == STATED


def test_a_document_without_a_media_type_that_is_no_rdf_xml_is_guessed_or_refused(target: Target) -> None:
    """Graph Store 5: another form may be guessed."""
    status = target.send("PUT", target.graph(NEW), ONE).status

    assert content(target, NEW) == STATED if status == 201 else status in {400, 415}


@pytest.mark.parametrize(
    "content_type", ["text/turtle; charset=utf-8", 'text/turtle;charset="UTF-8"', "Text/Turtle"], ids=["plain", "quoted", "upper-case"]
)
def test_a_media_type_may_have_parameters_and_any_case(target: Target, content_type: str) -> None:
    """RFC 9110 8.3.1."""
    assert target.put(NEW, ONE, content_type).status == 201
    assert content(target, NEW) == STATED


@pytest.mark.parametrize("media_type", ["application/trig", "application/n-quads"])
def test_a_document_of_several_graphs_changes_no_other_graph(target: Target, media_type: str) -> None:
    """Graph Store 5.3: the request must not be applied to another resource."""
    quad = f"<{SPACE}s> <{SPACE}p> <{SPACE}o> <{B}> ." if media_type.endswith("quads") else f"<{B}> {{ {ONE} }}"
    target.put(A, quad, media_type)

    assert content(target, B) == BEN_IS


def test_a_part_of_a_graph_cannot_be_put(target: Target) -> None:
    """RFC 9110 14.5: a server that knows no partial PUT should answer 400, lest the part replace the whole."""
    assert target.put(A, ONE, fields=[("Content-Range", "bytes 0-9/100")]).status == 400
    assert content(target, A) == ANNA_IS


def test_a_document_may_come_in_chunks(target: Target) -> None:
    """RFC 9112 7.1."""
    chunks = (f'<{SPACE}s{number}> <{SPACE}p> "é" .\n'.encode() for number in range(2_000))

    assert target.put(NEW, chunks).status == 201
    assert target.count(NEW) == 2_000


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_document_that_was_cut_off_changes_nothing(target: Target, method: str) -> None:
    """RFC 9112 8: an incomplete message is not acted on, though what came of it can be read."""
    head = target.head(method, target.graph(A), f"Content-Type: {TURTLE}", "Content-Length: 1000")
    target.send_bytes((head + ONE).encode(), hang_up=True)

    assert content(target, A) == ANNA_IS


def test_a_delete_ends_a_graph(target: Target) -> None:
    """Graph Store 5.4: 200 or 204, then it is not found."""
    assert target.send("DELETE", target.graph(A)).status in {200, 204}

    assert target.get(A).status == 404
    assert target.send("DELETE", target.graph(A)).status == 404
    assert content(target, B) == BEN_IS


def test_a_delete_empties_the_default_graph_alone(target: Target) -> None:
    """Graph Store 5.4: DROP DEFAULT; there is always a default graph."""
    assert target.send("DELETE", f"{target.graphs}?default").status in {200, 204}

    reply = target.send("GET", f"{target.graphs}?default", None, [("Accept", TRIPLES)])
    assert (reply.status, reply.body.strip()) == (200, b"")
    assert content(target, A) == ANNA_IS


def test_a_graph_deleted_may_be_made_again(target: Target) -> None:
    """Graph Store 5.3, 5.4."""
    target.send("DELETE", target.graph(A))

    assert target.put(A, ONE).status == 201
    assert content(target, A) == STATED


@pytest.mark.parametrize("method", ["PATCH", "BREW"])
def test_other_methods_are_not_allowed(target: Target, method: str) -> None:
    """Graph Store 5.1; 5.7 leaves PATCH to the server; RFC 9110 15.5.6: the answer names what is allowed."""
    reply = target.send(method, target.graph(A), "DELETE DATA {}", [("Content-Type", "application/sparql-update")])

    assert reply.status == 405 or (method == "BREW" and reply.status == 501)
    assert reply.status == 501 or {"get", "put", "post", "delete"} <= reply.members("Allow")
    assert content(target, A) == ANNA_IS


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_a_write_without_a_token_is_unauthorised(ours: Target, method: str) -> None:
    """Graph Store 6; RFC 9110 15.5.2."""
    body = ONE if method != "DELETE" else None
    reply = ours.send(method, ours.graph(A), body, [("Content-Type", TURTLE)] if body else [], signed=False)

    assert reply.status == 401
    assert reply.field("WWW-Authenticate").startswith("Bearer")
    assert content(ours, A) == ANNA_IS


def test_a_write_without_a_token_does_not_tell_what_is_there(ours: Target) -> None:
    """Graph Store 6: 401 comes before 404 and 400."""
    assert ours.send("DELETE", ours.graph(UNKNOWN), signed=False).status == 401
    assert ours.send("PUT", ours.graph(A), BROKEN[TURTLE], [("Content-Type", TURTLE)], signed=False).status == 401
