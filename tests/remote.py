"""What tests of remote stores share: real engines, an empty store on each, and statements to put in it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, QuerySolutions

from ropa.store import Answer, Note, Quad, make_quad
from ropa.store.remote import RemoteStore
from tests.engines import Server, oxigraph, virtuoso

ME = Note("Ada", "It was “wrong” – é")
S, P, Q = (NamedNode(f"https://e.example/{name}") for name in "spq")

_BASES = itertools.count()


def new_base() -> str:
    """Return a base that no other store on the engines has."""
    return f"https://store-{next(_BASES)}.example/"


@pytest.fixture(scope="module", params=["oxigraph", "virtuoso"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Each engine; Oxigraph's without a union, so that the graphs have to be named."""
    place = tmp_path_factory.mktemp(request.param)
    with oxigraph(place, union=False) if request.param == "oxigraph" else virtuoso(place) as started:
        yield started


@pytest.fixture
def store(server: Server) -> Iterator[RemoteStore]:
    """An empty store beside others on the same engine."""
    with RemoteStore.open(server.query, base=new_base()) as opened:
        yield opened


def statement(value: object, graph: str, subject: NamedNode | BlankNode = S) -> Quad:
    """Return a statement with a value, which is a term or becomes text."""
    term = value if isinstance(value, NamedNode | BlankNode | Literal) else Literal(str(value))
    return make_quad(subject, P, term, NamedNode(graph))


def values(answer: Answer) -> list[str]:
    """Return the values of the first column, in order."""
    assert isinstance(answer, QuerySolutions)
    return sorted(str(row[0].value) for row in answer)


def objects(store: RemoteStore, graph: str) -> list[str]:
    """Return the objects of a graph as text, in order."""
    return sorted(str(quad.object) for quad in store.quads(graph=graph))
