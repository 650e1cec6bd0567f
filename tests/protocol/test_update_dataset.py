"""What the WHERE of an update is matched with: SPARQL 1.1 Protocol (W3C, 2013), section 2.2.3."""

from __future__ import annotations

import pytest

from tests.protocol.documents import ARRIVED, INSERT
from tests.protocol.servers import NEW, PREFIX, UNKNOWN, A, B, Target, values

# The text names no dataset, so what it copies tells which one it had.
COPY = PREFIX + f"INSERT {{ GRAPH <{NEW}> {{ ?s ex:in ?where }} }} WHERE {{ ?s ex:in ?where }}"
COPY_NAMED = PREFIX + f"INSERT {{ GRAPH <{NEW}> {{ ?s ex:in ?where }} }} WHERE {{ GRAPH ?g {{ ?s ex:in ?where }} }}"
WAYS = ("form", "body")
one_of_each_way = pytest.mark.parametrize("way", WAYS)


def copied(target: Target) -> list[str]:
    """Return what :data:`COPY` found."""
    return values(target.ask(PREFIX + f"SELECT ?where {{ GRAPH <{NEW}> {{ ?s ex:in ?where }} }}"))


USING = {
    "one": ([("using-graph-uri", A)], COPY, ["a"]),
    "two": ([("using-graph-uri", A), ("using-graph-uri", B)], COPY, ["a", "b"]),
    "unknown": ([("using-graph-uri", UNKNOWN)], COPY, []),
    "one-named": ([("using-named-graph-uri", A)], COPY_NAMED, ["a"]),
    "two-named": ([("using-named-graph-uri", A), ("using-named-graph-uri", B)], COPY_NAMED, ["a", "b"]),
    "named-has-no-default": ([("using-named-graph-uri", A)], COPY, []),
    "default-has-no-named": ([("using-graph-uri", A)], COPY_NAMED, []),
    "both-default": ([("using-graph-uri", A), ("using-named-graph-uri", B)], COPY, ["a"]),
    "both-named": ([("using-graph-uri", A), ("using-named-graph-uri", B)], COPY_NAMED, ["b"]),
}


@pytest.mark.parametrize("using", USING)
@one_of_each_way
def test_the_graphs_of_the_request_are_what_is_matched(target: Target, way: str, using: str) -> None:
    """Protocol 2.2.3: as if USING and USING NAMED stood in every operation."""
    dataset, text, expected = USING[using]

    assert target.change(text, way, dataset).succeeded
    assert copied(target) == expected


def test_the_graphs_of_the_request_hold_for_every_operation(target: Target) -> None:
    """Protocol 2.2.3."""
    again = f"INSERT {{ GRAPH <{NEW}> {{ ?s ex:again ?where }} }} WHERE {{ ?s ex:in ?where }}"

    assert target.change(f"{COPY} ; {again}", dataset=[("using-graph-uri", A)]).succeeded
    assert target.count(NEW) == 2


def test_the_graphs_of_the_request_do_not_say_where_to_write(target: Target) -> None:
    """SPARQL 1.1 Update 3.1.3: USING tells what WHERE matches; without WITH or GRAPH the default graph is written."""
    assert target.change(PREFIX + "INSERT { ?s ex:seen true } WHERE { ?s ex:in ?where }", dataset=[("using-graph-uri", A)]).succeeded
    assert target.count(A) == 2
    assert b"seen" in target.send("GET", f"{target.graphs}?default", None, [("Accept", "text/turtle")]).body


def test_the_graphs_of_the_request_do_not_touch_data_that_is_named(target: Target) -> None:
    """Protocol 2.2.3; INSERT DATA matches nothing."""
    assert target.change(INSERT, dataset=[("using-graph-uri", A)]).succeeded
    assert target.holds(*ARRIVED)


CLAUSES = {
    "using": COPY.replace("WHERE", f"USING <{B}> WHERE"),
    "using-named": COPY_NAMED.replace("WHERE", f"USING NAMED <{B}> WHERE"),
    "with": PREFIX + f"WITH <{NEW}> INSERT {{ ?s ex:in ?where }} WHERE {{ ?s ex:in ?where }}",
    "with-in-the-second": f"{INSERT} ; WITH <{NEW}> DELETE {{ ?s ex:p ?o }} WHERE {{ ?s ex:p ?o }}",
    "in-lower-case": COPY.replace("WHERE", f"using <{B}> WHERE"),
}


@pytest.mark.parametrize("name", ["using-graph-uri", "using-named-graph-uri"])
@pytest.mark.parametrize("clause", CLAUSES)
@one_of_each_way
def test_graphs_in_both_the_request_and_the_update_are_an_error(target: Target, way: str, clause: str, name: str) -> None:
    """Protocol 2.2.3: an error where an operation has USING, USING NAMED or WITH."""
    assert target.change(CLAUSES[clause], way, [(name, A)]).status == 400
    assert target.count(NEW) == 0


NO_CLAUSES = {
    "comment": COPY + " # USING <x:y> WITH <x:y>",
    "literal": PREFIX
    + f"""INSERT {{ GRAPH <{NEW}> {{ ?s ex:in ?where }} }} WHERE {{ ?s ex:in ?where FILTER(?where != "USING <x:y> WITH <x:y>") }}""",
    "name": PREFIX + f"INSERT {{ GRAPH <{NEW}> {{ ?s ex:in ?with }} }} WHERE {{ ?s ex:in ?with OPTIONAL {{ ?s ex:USING ?using }} }}",
}


@pytest.mark.parametrize("clause", NO_CLAUSES)
def test_a_clause_in_a_comment_a_literal_or_a_name_is_none(target: Target, clause: str) -> None:
    """SPARQL 1.1 Update 4 (grammar); Protocol 2.2.3."""
    assert target.change(NO_CLAUSES[clause], dataset=[("using-graph-uri", A)]).succeeded
    assert copied(target) == ["a"]


@pytest.mark.parametrize("name", ["using-graph-uri", "using-named-graph-uri"])
@pytest.mark.parametrize("value", ["not an address", "a/relative/one", "> <x:y"], ids=["spaces", "relative", "closes-the-brackets"])
@one_of_each_way
def test_a_graph_name_that_is_no_uri_is_refused(target: Target, way: str, value: str, name: str) -> None:
    """Protocol 2.2 speaks of URIs; RFC 3986 4.3; written into a text unchecked it would say something else."""
    assert target.change(COPY, way, [(name, value)]).status == 400
    assert target.count(NEW) == 0


def test_the_text_may_choose_its_graphs_itself(target: Target) -> None:
    """Protocol 2.2.3; SPARQL 1.1 Update 3.1.3."""
    assert target.change(COPY.replace("WHERE", f"USING <{B}> WHERE")).succeeded
    assert copied(target) == ["b"]


def test_without_graphs_the_default_graph_itself_is_matched(ours: Target) -> None:
    """SPARQL 1.1 Update 3.1.3: the unnamed graph; a union here would copy every register into it."""
    assert ours.change(COPY).succeeded
    assert copied(ours) == ["default"]
