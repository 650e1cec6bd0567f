"""Documents of RDF that the cases send, and how what comes back is read."""

from __future__ import annotations

import pyoxigraph as ox

from tests.protocol.servers import NEW, PREFIX, SPACE, TERMS, Target

TURTLE, TRIPLES = "text/turtle", "application/n-triples"
ANNA, BEN = f"<{SPACE}ns#anna>", f"<{SPACE}ns#ben>"
ONE = f"<{SPACE}s> <{SPACE}p> <{SPACE}o> .\n"
TWO = f"<{SPACE}s> <{SPACE}p> <{SPACE}o2> .\n"
READERS = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/ld+json": ox.RdfFormat.JSON_LD,
    "application/n-quads": ox.RdfFormat.N_QUADS,
    "application/trig": ox.RdfFormat.TRIG,
}
FORMS = tuple(READERS)[:4]
"""Forms of one graph; the last two of READERS are forms of a dataset, which need not be offered for a graph."""
METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")
PAYLOADS = {
    "text/turtle": ONE,
    "application/n-triples": ONE,
    "application/rdf+xml": f'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="{SPACE}">'
    f'<rdf:Description rdf:about="{SPACE}s"><e:p rdf:resource="{SPACE}o"/></rdf:Description></rdf:RDF>',
    "application/ld+json": f'{{"@id": "{SPACE}s", "{SPACE}p": {{"@id": "{SPACE}o"}}}}',
}
"""One triple in each form."""
BROKEN = {
    "text/turtle": ONE + "<cut> <short",
    "application/n-triples": ONE * 50 + "rubbish\n",
    "application/rdf+xml": PAYLOADS["application/rdf+xml"][:-12],
    "application/ld+json": PAYLOADS["application/ld+json"][:-2],
}
LONG_ANSWER = "SELECT * { " + " UNION ".join([f"{{ GRAPH <{TERMS}> {{ ?s ?p ?o }} }}"] * 20) + " } ORDER BY ?s ?p ?o"
"""A query whose answer is long enough to be compressed or sent in chunks."""
INSERT = PREFIX + f"INSERT DATA {{ GRAPH <{NEW}> {{ ex:s ex:p ex:o }} }}"
ARRIVED = (NEW, "ex:s ex:p ex:o")
"""What holds once INSERT was done."""
ANNA_IS = {f'{ANNA} <{SPACE}ns#in> "a"', f'{ANNA} <{SPACE}ns#name> "Anna"'}
BEN_IS = {f'{BEN} <{SPACE}ns#in> "b"', f'{BEN} <{SPACE}ns#name> "Ben"'}
"""What the graphs A and B hold."""
STATED = {ONE.rstrip(" .\n")}
"""What is read back of each of PAYLOADS."""


def triples(body: bytes, media_type: str) -> set[str]:
    """Return the statements of a document without the names of graphs."""
    return {str(quad.triple) for quad in ox.parse(body, format=READERS[media_type], base_iri="http://base.example/")}


def content(target: Target, graph: str) -> set[str]:
    """Return the statements of a graph, got from the graph store."""
    reply = target.get(graph)
    assert reply.status == 200, reply
    return triples(reply.body, TRIPLES)
