"""Which form an answer comes in, and that it says the same in each.

RFC 9110, section 12; SPARQL 1.1 Query Results JSON Format, CSV and TSV Formats, SPARQL Query Results XML Format (W3C, 2013).
"""

from __future__ import annotations

import csv
from io import BytesIO, StringIO
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.query import Result

from tests.protocol.documents import FORMS, READERS, TRIPLES, TURTLE, triples
from tests.protocol.servers import JSON, PREFIX, SPACE, TERMS, Target

XML, CSV, TSV = "application/sparql-results+xml", "text/csv", "text/tab-separated-values"
ROWS = (JSON, XML, CSV, TSV)
RESULT_FORMATS = {JSON: ox.QueryResultsFormat.JSON, XML: ox.QueryResultsFormat.XML, TSV: ox.QueryResultsFormat.TSV}
PLUGINS = {
    JSON: "json",
    XML: "xml",
    CSV: "csv",
    TSV: "tsv",
    TURTLE: "turtle",
    TRIPLES: "nt",
    "application/rdf+xml": "xml",
    "application/ld+json": "json-ld",
}
SELECT = PREFIX + f"SELECT ?n ?value ?nothing {{ GRAPH <{TERMS}> {{ ?s ex:order ?n ; ex:value ?value }} }} ORDER BY ?n"
NOTHING = PREFIX + "SELECT ?a ?b { ?a ex:nobody-said-so ?b }"
TRUE, FALSE = PREFIX + "ASK { ?s ex:in ?o }", PREFIX + "ASK { ?s ex:nobody-said-so ?o }"
CONSTRUCT = PREFIX + f"CONSTRUCT {{ ?s ex:value ?value }} {{ GRAPH <{TERMS}> {{ ?s ex:value ?value }} }}"
DESCRIBE = PREFIX + "DESCRIBE ex:anna"

VALUES: list[ox.NamedNode | ox.Literal] = [
    ox.NamedNode(f"{SPACE}ns#thing"),
    ox.Literal("plain"),
    ox.Literal("chat", language="fr"),
    ox.Literal(5),
    ox.Literal('comma, "quote" and\nnew line'),
    ox.Literal("tab\tand back\\slash"),
    ox.Literal("naïve 数 😀"),
    ox.Literal("2020-02-29", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#date")),
]
"""What SELECT answers in its second column, but for the blank node in the last row."""
SPELLED = [value.value for value in VALUES]


@pytest.mark.parametrize("media_type", ROWS)
def test_a_select_comes_in_each_form(target: Target, media_type: str) -> None:
    """Protocol 2.1.6; RFC 9110 8.3: the content type is that of the form."""
    reply = target.ask(SELECT, accept=media_type)

    assert (reply.status, reply.media_type) == (200, media_type)


@pytest.mark.parametrize("media_type", RESULT_FORMATS)
def test_a_select_says_the_same_in_each_form(target: Target, media_type: str) -> None:
    """Results JSON 3, XML 2, TSV 4: read by the engine's own reader."""
    read = ox.parse_query_results(target.ask(SELECT, accept=media_type).body, format=RESULT_FORMATS[media_type])

    assert isinstance(read, ox.QuerySolutions)
    assert [variable.value for variable in read.variables] == ["n", "value", "nothing"]
    rows = [(row["n"], row["value"], row["nothing"]) for row in read]
    assert [row[1] for row in rows[:-1]] == VALUES
    assert isinstance(rows[-1][1], ox.BlankNode)
    assert [row[0] for row in rows] == [ox.Literal(number) for number in range(1, 10)]
    assert {row[2] for row in rows} == {None}


@pytest.mark.parametrize("media_type", ROWS)
def test_another_reader_reads_the_same_rows(target: Target, media_type: str) -> None:
    """Results JSON 3, XML 2, CSV 3, TSV 4: read by rdflib."""
    body = target.ask(SELECT, accept=media_type).body
    rows = Result.parse(BytesIO(body), format=PLUGINS[media_type]).bindings

    assert [str(row[rdflib.Variable("value")]) for row in rows[:-1]] == SPELLED
    assert isinstance(rows[-1][rdflib.Variable("value")], rdflib.BNode)


@pytest.mark.parametrize("media_type", ROWS)
def test_an_answer_without_rows_still_names_its_variables(target: Target, media_type: str) -> None:
    """Results JSON 3.1.1, XML 2.2, CSV and TSV 3 and 4."""
    reply = target.ask(NOTHING, accept=media_type)
    heads = {JSON: ["a", "b"], XML: ["a", "b"], CSV: "a,b", TSV: "?a\t?b"}

    if media_type == JSON:
        assert reply.json() == {"head": {"vars": ["a", "b"]}, "results": {"bindings": []}}
    elif media_type == XML:
        assert [variable.get("name") for variable in ElementTree.fromstring(reply.body).iter(f"{{{RESULTS}}}variable")] == heads[XML]  # noqa: S314
    else:
        assert reply.text.rstrip("\r\n") == heads[media_type]


RESULTS = "http://www.w3.org/2005/sparql-results#"


def test_a_solution_without_bindings_is_still_one(target: Target) -> None:
    """Results JSON 3.2.1, XML 2.3: one empty object, one empty element."""
    assert target.ask("SELECT * {}").json() == {"head": {"vars": []}, "results": {"bindings": [{}]}}
    read = ElementTree.fromstring(target.ask("SELECT * {}", accept=XML).body)  # noqa: S314
    assert len(list(read.iter(f"{{{RESULTS}}}result"))) == 1


def test_json_tells_the_kind_of_each_term(target: Target) -> None:
    """Results JSON 3.2.2."""
    results = target.ask(SELECT).json()["results"]

    assert isinstance(results, dict)
    found = [row["value"] for row in results["bindings"]]
    assert found[0] == {"type": "uri", "value": f"{SPACE}ns#thing"}
    assert found[1] == {"type": "literal", "value": "plain"}
    assert found[2] == {"type": "literal", "value": "chat", "xml:lang": "fr"}
    assert found[3] == {"type": "literal", "value": "5", "datatype": "http://www.w3.org/2001/XMLSchema#integer"}
    assert found[8]["type"] == "bnode"
    assert all("nothing" not in row for row in results["bindings"])


def test_xml_tells_the_kind_of_each_term(target: Target) -> None:
    """Results XML 2.3.1."""
    root = ElementTree.fromstring(target.ask(SELECT, accept=XML).body)  # noqa: S314 - it comes from the server under test
    found = [binding[0] for binding in root.iter(f"{{{RESULTS}}}binding") if binding.get("name") == "value"]

    assert root.tag == f"{{{RESULTS}}}sparql"
    assert (found[0].tag, found[0].text) == (f"{{{RESULTS}}}uri", f"{SPACE}ns#thing")
    assert (found[1].tag, found[1].text, found[1].attrib) == (f"{{{RESULTS}}}literal", "plain", {})
    assert found[2].attrib == {"{http://www.w3.org/XML/1998/namespace}lang": "fr"}
    assert found[3].attrib == {"datatype": "http://www.w3.org/2001/XMLSchema#integer"}
    assert found[8].tag == f"{{{RESULTS}}}bnode"


def test_csv_quotes_what_needs_it_and_ends_its_lines_as_csv_does(target: Target) -> None:
    """Results CSV 3, RFC 4180 2: CRLF, quotes doubled, plain values, nothing where nothing is bound."""
    text = target.ask(SELECT, accept=CSV).text
    rows = list(csv.reader(StringIO(text, newline="")))

    assert text.startswith("n,value,nothing\r\n")
    assert '"comma, ""quote"" and\nnew line"' in text
    assert [row[1] for row in rows[1:-1]] == SPELLED
    assert rows[-1][1].startswith("_:")
    assert {row[2] for row in rows[1:]} == {""}


def test_tsv_writes_terms_as_turtle_does(target: Target) -> None:
    """Results TSV 4: question marks in the head, terms in the syntax of SPARQL and Turtle, tabs and line ends escaped."""
    lines = target.ask(SELECT, accept=TSV).text.splitlines()

    assert lines[0] == "?n\t?value\t?nothing"
    assert lines[1].split("\t")[1] == f"<{SPACE}ns#thing>"
    assert lines[2].split("\t")[1] == '"plain"'
    assert lines[3].split("\t")[1] == '"chat"@fr'
    assert lines[5].split("\t")[1] == '"comma, \\"quote\\" and\\nnew line"'
    assert {line.count("\t") for line in lines} == {2}
    assert len(lines) == 10


@pytest.mark.parametrize("media_type", [JSON, XML])
@pytest.mark.parametrize(("text", "expected"), [(TRUE, True), (FALSE, False)], ids=["yes", "no"])
def test_an_ask_comes_in_each_form(target: Target, media_type: str, text: str, expected: bool) -> None:
    """Results JSON 3.3, XML 2.3.2."""
    reply = target.ask(text, accept=media_type)
    read = ox.parse_query_results(reply.body, format=RESULT_FORMATS[media_type])

    assert reply.media_type == media_type
    assert isinstance(read, ox.QueryBoolean)
    assert bool(read) is expected
    assert Result.parse(BytesIO(reply.body), format=PLUGINS[media_type]).askAnswer is expected


@pytest.mark.parametrize("media_type", [CSV, TSV])
def test_an_ask_has_no_table(target: Target, media_type: str) -> None:
    """Results CSV and TSV 1: they are for SELECT; RFC 9110 15.5.7, and another form where one is taken."""
    assert target.ask(TRUE, accept=media_type).status == 406
    assert target.ask(TRUE, accept=f"{media_type}, {XML};q=0.1").media_type == XML


@pytest.mark.parametrize("media_type", FORMS)
@pytest.mark.parametrize("text", [CONSTRUCT, DESCRIBE], ids=["construct", "describe"])
def test_a_graph_comes_in_each_form(target: Target, text: str, media_type: str) -> None:
    """Protocol 2.1.6."""
    reply = target.ask(text, accept=media_type)

    assert (reply.status, reply.media_type) == (200, media_type)
    assert len(triples(reply.body, media_type)) == (9 if text == CONSTRUCT else 2)


@pytest.mark.parametrize("media_type", FORMS)
def test_another_reader_reads_the_same_graph(target: Target, media_type: str) -> None:
    """Protocol 2.1.6: read by rdflib."""
    body = target.ask(CONSTRUCT, accept=media_type).body
    read = rdflib.Graph().parse(data=body, format=PLUGINS[media_type])

    found = sorted(str(value) for value in read.objects() if not isinstance(value, rdflib.BNode))
    assert found == sorted(SPELLED)
    assert len(read) == 9


@pytest.mark.parametrize("media_type", ["application/n-quads", "application/trig"])
def test_a_graph_comes_in_the_forms_of_datasets_too(target: Target, media_type: str) -> None:
    """Protocol 2.1.6 leaves the choice of forms; both servers say they do."""
    reply = target.ask(CONSTRUCT, accept=media_type)

    assert reply.media_type == media_type
    assert len(triples(reply.body, media_type)) == 9


@pytest.mark.parametrize(
    ("text", "accept", "expected"),
    [
        (SELECT, f"{CSV};q=0.5, {XML};q=0.9", XML),
        (SELECT, f"{CSV}, {XML};q=0.9", CSV),
        (SELECT, f"{XML};q=0.123, {TSV};q=0.124", TSV),
        (SELECT, f"{XML};Q=0.1, {CSV}", CSV),
        (SELECT, f"text/turtle, {XML};q=0.1", XML),
        (SELECT, f"image/png, {CSV};q=0.001", CSV),
        (SELECT, f"text/*;q=0.9, {CSV};q=0.1, {XML};q=0.5", TSV),
        (SELECT, f"*/*;q=0.1, {CSV}", CSV),
        (SELECT, f"application/*;q=0.2, {TSV}", TSV),
        (SELECT, f"{JSON};q=0, {XML}", XML),
        (CONSTRUCT, f"{TURTLE};q=0.5, {TRIPLES}", TRIPLES),
        (CONSTRUCT, f"application/*;q=0.9, {TURTLE}", TURTLE),
        (CONSTRUCT, f"{JSON}, {TURTLE};q=0.5", TURTLE),
        (TRUE, f"{CSV}, {XML};q=0.2", XML),
    ],
    ids=[
        "higher-first",
        "no-quality-is-one",
        "three-digits",
        "upper-case-q",
        "graph-form-for-rows",
        "smallest-quality",
        "specific-before-range",
        "any-is-less",
        "range-is-less",
        "zero-is-never",
        "graph-higher-first",
        "graph-range-is-less",
        "row-form-for-a-graph",
        "table-for-an-ask",
    ],
)
def test_the_form_that_is_liked_best_is_sent(target: Target, text: str, accept: str, expected: str) -> None:
    """RFC 9110 12.4.2, 12.5.1: by quality, the most specific range deciding for each form."""
    assert target.ask(text, accept=accept).media_type == expected


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("text/*", {CSV, TSV}),
        ("application/*", {JSON, XML, "application/json", "application/xml"}),
        (f"*/*, {JSON};q=0", {XML, CSV, TSV, "application/xml"}),
        (f"{JSON};q=0, {XML};q=0, */*", {CSV, TSV, "application/json", "application/xml"}),
    ],
    ids=["any-text", "any-application", "any-but-json", "any-but-json-and-xml"],
)
def test_a_range_gets_a_form_within_it(target: Target, accept: str, expected: set[str]) -> None:
    """RFC 9110 12.5.1, 12.4.2: zero is «not acceptable»."""
    reply = target.ask(SELECT, accept=accept)

    assert reply.status == 200
    assert reply.media_type in expected


@pytest.mark.parametrize(
    ("text", "accept", "expected"),
    [
        (SELECT, f"{JSON}; charset=utf-8", JSON),
        (SELECT, "Text/CSV", CSV),
        (SELECT, f"  {XML} ;q=0.5 ,{TSV}; q=0.9 ", TSV),
        (SELECT, f",, {CSV},", CSV),
        (SELECT, f"{CSV};q=0.5;header=present, {XML};q=0.4", CSV),
        (CONSTRUCT, f"{TURTLE};charset=utf-8", TURTLE),
        (CONSTRUCT, 'application/ld+json;profile="http://www.w3.org/ns/json-ld#expanded", text/plain;q=0.1', "application/ld+json"),
    ],
    ids=["charset", "upper-case", "spaces", "empty-members", "more-after-the-quality", "turtle-charset", "profile"],
)
def test_parameters_case_and_spaces_do_not_matter(target: Target, text: str, accept: str, expected: str) -> None:
    """RFC 9110 5.6.1, 5.6.6, 8.3.1, 12.5.1."""
    assert target.ask(text, accept=accept).media_type == expected


def test_several_fields_of_the_same_name_are_one_list(target: Target) -> None:
    """RFC 9110 5.3."""
    assert target.ask(SELECT, accept=None, fields=[("Accept", f"{CSV};q=0.5"), ("Accept", XML)]).media_type == XML


@pytest.mark.parametrize("accept", [None, "", "*/*", "*/*;q=0.1"], ids=["none", "empty", "any", "any-at-low-quality"])
def test_a_client_that_takes_anything_gets_a_form_of_the_specifications(target: Target, accept: str | None) -> None:
    """RFC 9110 12.5.1: no preference; Protocol 2.1.6."""
    assert target.ask(SELECT, accept=accept).media_type in {JSON, XML}
    assert target.ask(TRUE, accept=accept).media_type in {JSON, XML}
    assert target.ask(CONSTRUCT, accept=accept).media_type in READERS


@pytest.mark.parametrize(
    ("text", "accept"),
    [
        (SELECT, "image/png"),
        (SELECT, f"{TURTLE}, application/rdf+xml"),
        (SELECT, "*/*;q=0"),
        (SELECT, f"{JSON};q=0"),
        (CONSTRUCT, JSON),
        (CONSTRUCT, CSV),
        (TRUE, TURTLE),
        (DESCRIBE, "image/*"),
    ],
    ids=[
        "picture",
        "graph-forms-for-rows",
        "nothing-at-all",
        "json-not",
        "json-rows-for-a-graph",
        "table-for-a-graph",
        "turtle-for-an-ask",
        "pictures",
    ],
)
def test_where_no_form_fits_the_answer_is_not_acceptable(target: Target, text: str, accept: str) -> None:
    """RFC 9110 15.5.7: 406 rather than what was not asked for."""
    assert target.ask(text, accept=accept).status == 406


@pytest.mark.parametrize("accept", ["rubbish", ";;;", "text", "/", "*/csv", f"{CSV};q=high", f"{CSV};q=2", f"{CSV};q=", "\xff", 'a/b;c="d'])
def test_an_accept_that_cannot_be_read_is_no_fault_of_the_server(target: Target, accept: str) -> None:
    """RFC 9110 12.5.1: it may be disregarded or refused."""
    assert target.ask(SELECT, accept=accept).status in {200, 400, 406}


@pytest.mark.parametrize("text", [SELECT, TRUE, CONSTRUCT], ids=["select", "ask", "construct"])
def test_caches_are_told_that_the_form_was_chosen(target: Target, text: str) -> None:
    """RFC 9110 12.5.5: Vary."""
    assert "accept" in target.ask(text).members("Vary") | target.ask(text, accept="*/*").members("Vary")


@pytest.mark.parametrize("media_type", ["application/json", "application/xml"])
def test_the_plain_names_of_the_syntaxes_are_understood(ours: Target, media_type: str) -> None:
    """RFC 8259, RFC 7303: many clients ask so; what they get is labelled so."""
    plain = {"application/json": JSON, "application/xml": XML}[media_type]
    reply = ours.ask(SELECT, accept=media_type)

    assert reply.media_type in {media_type, plain}
    assert reply.body == ours.ask(SELECT, accept=plain).body


def test_plain_json_of_a_graph_is_json_ld(ours: Target) -> None:
    """JSON-LD 1.1, section 2: every document of it is JSON."""
    assert len(triples(ours.ask(CONSTRUCT, accept="application/json").body, "application/ld+json")) == 9


def test_a_browser_gets_a_page(ours: Target) -> None:
    """RFC 9110 12.1: what people see is one more form."""
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

    assert ours.ask(SELECT, accept=browser).media_type == "text/html"


def test_the_form_of_an_answer_does_not_hang_on_how_it_was_asked(target: Target) -> None:
    """Protocol 2.1.5."""
    bodies = {target.ask(SELECT.replace("?value ?nothing", "?s"), way, accept=CSV).body for way in ("get", "form", "body")}

    assert len(bodies) == 1


@pytest.mark.parametrize("media_type", [CSV, TSV])
def test_a_table_is_utf_8_and_claims_no_other_charset(target: Target, media_type: str) -> None:
    """Results CSV and TSV 6; RFC 7111 5.1: UTF-8 where none is named."""
    reply = target.ask(SELECT, accept=media_type)

    assert "naïve 数 😀" in reply.text
    assert "charset" not in reply.field("Content-Type").lower() or "utf-8" in reply.field("Content-Type").lower()
