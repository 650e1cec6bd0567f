"""ropa.store.updates: how far a declaration, a blank node, an empty graph and the dataset of the protocol reach."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from pyoxigraph import BlankNode, NamedNode

from ropa.errors import BadQuery
from tests.updates import BASE, rows, work


def typed(number: int) -> str:
    return f'"{number}"^^<http://www.w3.org/2001/XMLSchema#integer>'


def test_declarations_between_operations_hold_from_there_on() -> None:
    change = work(
        """PREFIX p: <one/> INSERT DATA { <a> p:x 1 } ;
        BASE <deep/> PREFIX q: <two/> INSERT DATA { <a> p:x 2 ; q:x 3 } ; # ;
        PREFIX p: <three/> INSERT { <a> p:x ?o } WHERE { <ann> <age> ?o } ; INSERT DATA { <a> p:x 4 } ; PREFIX last: <x>"""
    )

    assert rows(change.added) == {
        f"<a> <one/x> {typed(1)}",
        f"<deep/a> <one/x> {typed(2)}",
        f"<deep/a> <deep/two/x> {typed(3)}",
        f"<deep/a> <deep/three/x> {typed(4)}",
    }


def test_nothing_comes_into_a_graph_named_by_a_blank_node() -> None:
    assert not work("INSERT { GRAPH ?g { <s> <p> <o> } } WHERE { BIND(BNODE() AS ?g) }")


def test_new_blank_nodes_are_not_those_of_the_store() -> None:
    engine = ox.Store()
    engine.add(ox.Quad(BlankNode("n"), NamedNode(BASE + "p"), BlankNode("n")))

    change = work("INSERT DATA { _:n <p> _:n } ; INSERT { _:n <q> ?o } WHERE { ?o <p> ?o }", engine)

    assert len({quad.subject for quad in change.added}) == 3
    assert BlankNode("n") not in {quad.subject for quad in change.added}
    assert BlankNode("n") in {quad.object for quad in change.added}


def test_an_empty_graph_in_a_pattern_asks_for_the_graph() -> None:
    # The engine's own update forgets it.
    assert not work("DELETE WHERE { ?s ?p ?o . GRAPH <absent> {} }")
    assert work("DELETE WHERE { ?s ?p ?o . GRAPH <empty> {} }")


def test_the_dataset_of_the_protocol_holds_for_delete_where_and_not_for_data_and_graphs() -> None:
    change = work("DELETE WHERE { <x> <y> ?o } ; INSERT DATA { <x> <y> 1 } ; CLEAR GRAPH <g>", using=[BASE + "h"])

    assert rows(change.added) == {f"<x> <y> {typed(1)}"}
    assert {quad.graph_name for quad in change.removed} == {NamedNode(BASE + "g")}


@pytest.mark.parametrize("clause", ["USING <g>", "USING NAMED <g>", "WITH"])
def test_a_dataset_given_twice_is_an_error(clause: str) -> None:
    text = "INSERT { ?s <p> 1 } WHERE { ?s ?p ?o }"
    text = f"WITH <g> {text}" if clause == "WITH" else text.replace("WHERE", f"{clause} WHERE")
    with pytest.raises(BadQuery, match="using-graph-uri"):
        work(f"CLEAR ALL ; {text}", using=[BASE + "g"])
    with pytest.raises(BadQuery, match="using-graph-uri"):
        work(f"CLEAR ALL ; {text}", using_named=[BASE + "g"])
