"""What a query is asked of: SPARQL 1.1 Protocol (W3C, 2013), section 2.1.4."""

from __future__ import annotations

import pytest

from tests.protocol.servers import FORM, JSON, NAMED, UNKNOWN, WAYS, WHERE, A, B, Target, encoded, values

one_of_each_way = pytest.mark.parametrize("way", WAYS)


@pytest.mark.parametrize("way", ["get", "form"])
def test_parameters_may_come_in_any_order(target: Target, way: str) -> None:
    """Protocol 2.1.1, 2.1.2."""
    pairs = encoded([("default-graph-uri", A), ("query", WHERE), ("default-graph-uri", B)])
    fields = [("Accept", JSON)]
    if way == "get":
        reply = target.send("GET", f"{target.query}?{pairs}", None, fields)
    else:
        reply = target.send("POST", target.query, pairs, [("Content-Type", FORM), *fields])

    assert values(reply) == ["a", "b"]


DATASETS = {
    "one-default": ([("default-graph-uri", A)], ["a"], []),
    "two-default": ([("default-graph-uri", A), ("default-graph-uri", B)], ["a", "b"], []),
    "one-named": ([("named-graph-uri", A)], [], ["a"]),
    "two-named": ([("named-graph-uri", A), ("named-graph-uri", B)], [], ["a", "b"]),
    "both": ([("default-graph-uri", A), ("named-graph-uri", B)], ["a"], ["b"]),
    "the-same-as-both": ([("default-graph-uri", A), ("named-graph-uri", A)], ["a"], ["a"]),
    "the-same-twice": ([("default-graph-uri", A), ("default-graph-uri", A)], ["a"], []),
    "unknown-default": ([("default-graph-uri", UNKNOWN)], [], []),
    "unknown-named": ([("named-graph-uri", UNKNOWN)], [], []),
    "known-and-unknown": ([("default-graph-uri", UNKNOWN), ("default-graph-uri", B), ("named-graph-uri", UNKNOWN)], ["b"], []),
}


@pytest.mark.parametrize("dataset", DATASETS)
@one_of_each_way
def test_the_graphs_of_the_request_are_the_dataset(target: Target, way: str, dataset: str) -> None:
    """Protocol 2.1.4; SPARQL 1.1 Query 13.2: with graphs of one kind only, the other kind is empty."""
    parameters, default, named = DATASETS[dataset]

    assert values(target.ask(WHERE, way, dataset=parameters)) == default
    assert values(target.ask(NAMED, way, dataset=parameters)) == named


@pytest.mark.parametrize(
    ("text", "dataset", "expected"),
    [
        (WHERE.replace("{", f"FROM <{B}> {{", 1), [("default-graph-uri", A)], ["a"]),
        (NAMED.replace("{", f"FROM NAMED <{B}> {{", 1), [("named-graph-uri", A)], ["a"]),
        (WHERE.replace("{", f"FROM <{B}> {{", 1), [("named-graph-uri", A)], []),
        (NAMED.replace("{", f"FROM NAMED <{B}> {{", 1), [("default-graph-uri", A)], []),
    ],
    ids=["default", "named", "default-by-named", "named-by-default"],
)
@one_of_each_way
def test_the_dataset_of_the_request_goes_before_that_of_the_query(
    target: Target, way: str, text: str, dataset: list[tuple[str, str]], expected: list[str]
) -> None:
    """Protocol 2.1.4: where they differ, the one of the request must be used, as a whole."""
    assert values(target.ask(text, way, dataset=dataset)) == expected


@one_of_each_way
def test_the_dataset_of_the_query_is_used_where_the_request_names_none(target: Target, way: str) -> None:
    """Protocol 2.1.4."""
    text = WHERE.replace(
        "{ ?s ex:in ?where }", f"FROM <{A}> FROM NAMED <{B}> {{ {{ ?s ex:in ?where }} UNION {{ GRAPH ?g {{ ?s ex:in ?where }} }} }}"
    )

    assert values(target.ask(text, way)) == ["a", "b"]


@one_of_each_way
def test_without_any_dataset_the_default_graph_is_the_union_of_all(target: Target, way: str) -> None:
    """Protocol 2.1.4 leaves it to the service; both servers say sd:UnionDefaultGraph."""
    assert {"a", "b"} <= set(values(target.ask(WHERE, way)))
    assert values(target.ask(NAMED, way)) == ["a", "b"]


@pytest.mark.parametrize("name", ["default-graph-uri", "named-graph-uri"])
@pytest.mark.parametrize("value", ["not an address", "http://[bad", "a/relative/one", ""], ids=["spaces", "bracket", "relative", "empty"])
def test_a_graph_name_that_is_no_uri_is_refused(target: Target, value: str, name: str) -> None:
    """Protocol 2.1 speaks of URIs; RFC 3986 4.3 and appendix A; RFC 9110 15.5.1."""
    assert target.ask(WHERE, dataset=[(name, value)]).status == 400
