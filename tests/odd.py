"""Odd input: texts that were nearly right, and what clients send by mistake or on purpose."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from ropa.namespaces import DEFAULT_BASE, RDF
from ropa.questions import catalogue


def examples(number: int) -> settings:
    """Return settings for a number of examples that are the same in every run."""
    unhurried = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    phases = [Phase.generate, Phase.shrink]
    return settings(max_examples=number, derandomize=True, database=None, deadline=None, phases=phases, suppress_health_check=unhurried)


# The lists are laid out by hand.
# fmt: off
_PARTS = re.compile(r"\s+|\w+|.", re.DOTALL)
REGISTER = f"{DEFAULT_BASE}graph/register/acme"
QUERIES = [
    *(question.text for question in catalogue().values()),
    "ASK {}",
    "DESCRIBE <http://example.org/a> ?x WHERE { ?x ?p 'a'@en-GB }",
    "CONSTRUCT { ?s ?p ?o } FROM NAMED <http://example.org/g> WHERE { GRAPH ?g { ?s ?p ?o } } LIMIT 3 OFFSET 1",
    "SELECT (COUNT(*) AS ?n) (SUM(?o) AS ?t) { ?s ?p ?o MINUS { ?s a ?c } FILTER(REGEX(STR(?o), '^a+$', 'i')) } GROUP BY ?s HAVING(?n > 1)",
    "SELECT * { { SELECT ?s { ?s ?p ?o } LIMIT 5 } ?s (<a:b>|^<a:c>/!<a:d>)+ ?o VALUES (?s ?o) { (UNDEF 1.5e3) } BIND(UUID() AS ?u) }",
]
"""Texts that are right."""
UPDATES = [
    f"DELETE WHERE {{ GRAPH <{REGISTER}> {{ ?s <http://purl.org/dc/terms/title> ?o }} }}",
    f"WITH <{REGISTER}> DELETE {{ ?s ?p ?o }} INSERT {{ ?o ?p ?s }} USING NAMED <urn:g> WHERE {{ ?s ?p ?o . FILTER(ISIRI(?o)) }}",
    "PREFIX e: <http://example.org/> INSERT DATA { e:a e:b 'c'@en, 1.50, _:x . GRAPH e:g { e:a e:b '''long\ntext'''^^e:t } } ;\n"
    "DELETE DATA { e:a e:b 1.5 }",
    "COPY SILENT <http://example.org/g> TO DEFAULT ; MOVE DEFAULT TO GRAPH <http://example.org/h> ; ADD <urn:h> TO <urn:g>",
    "CREATE GRAPH <http://example.org/n> ; CLEAR NAMED ; DROP SILENT ALL",
    "INSERT { GRAPH ?g { ?s <urn:seen> ?n } } WHERE { { SELECT ?g ?s (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ?s } }",
    "LOAD <http://127.0.0.1:9/a.ttl> INTO GRAPH <http://example.org/l>",
]
TURTLES = [
    "@prefix e: <http://example.org/> .\n@base <http://example.org/base/> .\ne:a e:b 'c'@en , 1.5 , true , [ e:d ( 1 2 <x> ) ] .\n",
    'PREFIX e: <http://example.org/>\ne:a a e:B ; e:c """long\ntext""" , \'2020-02-30\'^^<http://www.w3.org/2001/XMLSchema#date> , _:b .\n',
]
_PIECES = [
    "", "{", "}", "(", ")", "[", "]", "<", ">", '"', "'", '"""', "\\", "#", ";", ".", ",", "^^", "@", "@en--x", "_:", ":", "?", "$", "*",
    "+", "/", "^", "!", "\\u0000", "\\uD800", "\\U00110000", "\x00", "\x1a", "\r", "\ufeff", "\u2028", "\U0001f600", "\ud800", "<<(",
    ")>>", "{|", "UNDEF", "NaN", "-0", "1e999", "99999999999999999999999999", "<javascript:alert(1)>", "<>", "<a b>", "<%zz>",
    "<http://[::1>", "<urn:x:\u00e9>", "SERVICE <http://127.0.0.1:9/> {}", "S\\u0045RVICE ?s {", "FROM <file:///etc/passwd>",
    "LOAD <file:///etc/passwd>", "BASE <relative>", "PREFIX : <>", "DROP ALL ;", "NOT EXISTS {", "GROUP BY ?s",
    "GROUP_CONCAT(?s ; SEPARATOR=", "REPLACE('aaaa', '(a*)*b', '$9')", "REGEX('a', '(', 'q')", "SUBSTR('a', -1, 1e9)", "STRDT('a', ?x)",
    "IRI('::')", "xsd:dateTime('9999999999-01-01T00:00:00Z')", "VALUES ?x {", "!" * 3000, "(" * 400, "{" * 400, "UNION {} " * 300,
    "/<a:b>" * 300, "<a:a> " * 2000,
]


@st.composite
def mutated(draw: st.DrawFn, texts: Sequence[str]) -> str:
    """One of the texts with up to four places cut out, repeated, or replaced by something odd."""
    parts = _PARTS.findall(draw(st.sampled_from(texts)))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(parts)))
        end = min(start + draw(st.integers(0, 8)), len(parts))
        taken = parts[start:end]
        parts[start:end] = draw(st.sampled_from([[], taken * 2, taken[::-1]]) | st.sampled_from(_PIECES).map(lambda piece: [piece]))
    return "".join(parts)


def texts(known: Sequence[str]) -> st.SearchStrategy[bytes]:
    """Bytes that are nearly one of the texts, or no such thing."""
    odd = st.text(max_size=80) | st.lists(st.sampled_from(_PIECES), max_size=6).map(" ".join)
    return (mutated(known) | odd).map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=60)


GRAPHS: st.SearchStrategy[bytes] = (
    st.sampled_from(
        [
            "", " ", "a", "../a", "//", "#", "?", ":", "http:", "http://", "http:///", "http://[", "http://[::1]", "http://a b/",
            "http://a/<b>", "http://a/{b}", "http://a/%", "http://a/%zz", "http://a/%00", "http://a/\x00", "http://a/\n",
            "http://a/\u202e", "http://\u00e9/\u6570", "http://a:99999/", "http://a@b:c@d/", "javascript:alert(1)",
            "data:text/html,<script>alert(1)</script>", "file:///etc/passwd", "urn:", "urn:x", "urn:uuid:", "_:b", "tag:a",
            "a:" + "b" * 20_000, "http://a/" + "\U0001f600" * 500, "DEFAULT", "default", "urn:x-arq:DefaultGraph",
            REGISTER,
            f"{DEFAULT_BASE}graph/history",
            f"{DEFAULT_BASE}graph/law",
            f"{DEFAULT_BASE}graph/register/../law",
            f"{DEFAULT_BASE}graph/register/",
            f"{DEFAULT_BASE}graph/register/a/b",
            f"{DEFAULT_BASE}graph/evidence/nobody",
        ]
    )
    | st.text(max_size=20)
    | st.text(max_size=10).map("http://a/".__add__)
).map(lambda text: text.encode("utf-8", "surrogatepass"))
"""Names of graphs, as bytes to be percent-encoded: IRIs, relative ones, none at all."""

_SEGMENTS = [
    "", ".", "..", "...", "%00", "%0a", "%0d%0aX-A:b", "%20", "%2e%2e", "%2f", "%2F..%2F", "%5c", "%ff", "%c3%28", "%ed%a0%80",
    "%f0%9f%98%80", "%e2%80%ae", "%3Cscript%3E", "%22", "%7B%7B7*7%7D%7D", "%25s", "%", ";", "+", "~", "*", "'", "a" * 3000, "acme",
    "register", "party", "acme.ttl", "acme.trig", ".ttl", "acme.", "acme.exe", "-1", "0", "1", "9" * 400, "registers.csv",
]
PATHS: st.SearchStrategy[str] = st.tuples(
    st.sampled_from(
        [
            "", "id", "graphs", "export", "questions", "findings", "history", "registers", "ns", "ns.ttl", "sparql", "static",
            ".well-known", "sheets",
        ]
    ),
    st.lists(st.sampled_from(_SEGMENTS) | st.binary(max_size=8).map(lambda data: quote(data, safe="")), min_size=1, max_size=4),
).map(lambda told: "/" + "/".join([told[0], *told[1]]))
"""Paths, percent-encoded as they are sent."""

_WORDS = [
    "", "*", "*/*", "text/html", "text/turtle", "application/*", "application/json", "application/sparql-query",
    "application/sparql-update", "application/sparql-results+json", "application/x-www-form-urlencoded", "multipart/form-data",
    "boundary=x", "boundary=", "charset=utf-16", "charset=nonsense", "charset=\xe9", "gzip", "br", "identity", "deflate", "chunked",
    "q=0", "q=1", "q=nan", "q=inf", "q=-1", "q=1e400", 'q="1"', "W/", '"', '""', '"a"', "'", "\\", "=", ",", ";", "/", "//", "a/b/c",
    "bytes=0-1", "bytes=1-0", "bytes=-", "bytes=0-0,0-0", "Bearer", "Basic", "ropa_00000000_" + "0" * 64, "a" * 2000, "\t", "\xff", "%00",
    "Mon, 01 Jan 0000 00:00:00 GMT", "<script>", "${jndi:x}", "0", "-1", "9" * 40,
]
VALUES: st.SearchStrategy[str] = st.lists(st.sampled_from(_WORDS), max_size=6).flatmap(
    lambda words: st.sampled_from(["", " ", ", ", "; "]).map(lambda between: between.join(words))
) | st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=30)
"""Values of header fields, as Latin-1."""
NAMES = [
    "Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Authorization", "Content-Encoding", "Content-Language",
    "Content-Range", "Cookie", "Expect", "Forwarded", "From", "If-Match", "If-Modified-Since", "If-None-Match", "If-Range",
    "If-Unmodified-Since", "Origin", "Range", "Reason", "Referer", "Slug", "TE", "Upgrade", "User-Agent", "X-Forwarded-For",
    "X-Forwarded-Host", "X-HTTP-Method-Override", "X-Request-ID",
]
MEDIA_TYPES: st.SearchStrategy[str] = VALUES | st.sampled_from(
    [
        "text/turtle", "TEXT/TURTLE; charset=utf-8", "application/n-triples", "application/n-quads", "application/trig",
        "application/ld+json", "application/rdf+xml", "application/sparql-update", "application/sparql-query",
        "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/mixed; boundary=x", "text/n3",
        "application/octet-stream",
    ]
)


def _xml(entities: str, text: str) -> bytes:
    thing = f"<rdf:Description rdf:about='a:b'><c xmlns='a:'>{text}</c></rdf:Description>"
    return f"<!DOCTYPE a [{entities}]><rdf:RDF xmlns:rdf='{RDF}'>{thing}</rdf:RDF>".encode()


def _file(rest: str) -> bytes:
    return f'--x\r\nContent-Disposition: form-data; name="a"{rest}'.encode()


BODIES: st.SearchStrategy[bytes] = texts([*TURTLES, *UPDATES[:3]]) | st.sampled_from(
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"@context": "http://127.0.0.1:9/context.jsonld", "@id": "a:b"}',
        b'{"@id": "a:b", "a:c": ' + b"[" * 3000,
        b"{" * 3000,
        _xml('<!ENTITY b SYSTEM "file:///etc/passwd">', "&b;"),
        _xml('<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">', "&d;"),
        b"<a:a> <a:b> <a:c> <a:d> .\n_:a <a:b> _:c _:g .\n", b"<< <a:a> <a:b> <a:c> >> <a:d> 'e' .",
        b"<a:a> <a:b> <<( <a:a> <a:b> <a:c> )>> .", b"[" * 3000, b"(" * 3000, b"\x1f\x8b\x08\x00",
        b"update=DROP%20ALL&update=CLEAR%20ALL", b"query=ASK%7B%7D&default-graph-uri=%00", b"query=%ff%fe", b"&" * 3000, b"a=1&" * 2000,
        b"--x\r\n\r\n--x--\r\n",
        _file('; filename="a.ttl"\r\nContent-Type: text/turtle\r\n\r\n<a:a> <a:b> <a:c> .\r\n--x--\r\n'),
        _file("\r\n\r\nno file\r\n--x--\r\n"),
        _file('; filename="a"\r\nContent-Type: text/turtle'),
    ]
)

ADDRESSES = [
    "/findings", "/findings.json", "/questions", "/questions/registers.json", "/questions/transfers-on-a-day", "/history",
    "/resource", "/what-if", "/sparql", "/export/acme.ttl", "/id/party/acme", "/registers/acme", "/sheets", "/graph",
    "/graph.json",
]
PARAMETERS = [
    "as_of", "by", "page", "register", "severity", "party", "before", "iri", "format", "date", "activity", "query", "update", "x",
    "focus", "open", "hide", "without", "pin", "layout", "most", "at", "do",
]
ARGUMENTS: st.SearchStrategy[bytes] = (
    st.sampled_from([
        "", "0", "-1", "1", "9" * 30, "2020-02-29", "2020-02-30", "0000-01-01", "9999-12-31", "2020-02-29T00:00:00Z", "\u0661", "\u00b2",
        "a:b", "acme", "ttl", "id/party/acme", "dpv:ROPA", "dpv:", ":", "../x", "<", "\x00", "\ud800", "http://[", "http://a/\x00", "*",
        "%", "a" * 5000, "ASK {}", "~", "~~", "id/party/acme~-dpv:hasDataController~9", "id/party/acme~1~1", "hide~id/party/acme", "at~",
        "most~600", "expand~id/party/acme~x~0",
    ])
    | st.text(max_size=8)
).map(lambda text: text.encode("utf-8", "surrogatepass"))
"""What is given for a parameter, as bytes to be percent-encoded."""
