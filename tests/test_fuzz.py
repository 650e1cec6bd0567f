"""Wrong input of every kind, at every address: it is answered with what is wrong; no fault of the server, no write that nobody made."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import quote, unquote_to_bytes, urlencode

import pytest
import schemathesis
from flask import Flask, got_request_exception
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from werkzeug.test import TestResponse

import webapp
from ropa.limits import DEFAULTS, Policy
from ropa.namespaces import DEFAULT_BASE, RDF
from ropa.questions import catalogue
from ropa.store import QuadStore
from ropa.store.embedded import EmbeddedStore
from ropa.tokens import Role, Tokens
from tests import odd
from tests.conftest import fill_with_acme
from webapp import create_app

PATIENCE = 30
"""Seconds after which an answer counts as none; what strangers ask may take one."""
READING = {"GET", "HEAD", "OPTIONS", "QUERY"}
INTERFACE = schemathesis.openapi.from_path(Path(webapp.__file__).with_name("openapi.yaml"))
OPERATIONS = [found.ok() for found in INTERFACE.get_all_operations() if isinstance(found, Ok)]
RIGHT = [pytest.param(found.label, GenerationMode.POSITIVE, id=f"{found.label}-right") for found in OPERATIONS]
# Nothing is wrong for an address that takes any text, or nothing but a header.
WRONG = [
    pytest.param(found.label, GenerationMode.NEGATIVE, id=f"{found.label}-wrong")
    for found in OPERATIONS
    if (found.body or found.query or found.path_parameters) and found.label not in ("GET /graphs/{name}", "GET /id/{path}")
]

EXAMPLES = {"{name}": "registers", "{path}": "register/acme", "{slug}": "acme", "{ending}": "ttl", "{revision}": "1"}
FORMATS = {
    "sparql-query": odd.QUERIES,
    "sparql-update": odd.UPDATES,
    "graph": [odd.REGISTER, f"{DEFAULT_BASE}graph/law", "http://example.org/g", "urn:g"],
    "register": ["acme", "nobody"],
    "question": [*catalogue(), "nothing"],
    "node": [
        "id/register/acme",
        "id/party/acme",
        "Newsletter",
        "pd:EmailAddress",
        "nothing:like it",
        "Postmark",
        "id/acme/flow/cleaner",
        "loc:IE",
    ],
    "opening": ["id/party/acme~-dpv:hasDataController~12", "id/acme/activity/newsletter~ropa:hasDataFlow~1", "a~b", ""],
    "pin": ["id/party/acme~12~-40", "id/party/acme~1.5~0"],
    "category": ["pd:EmailAddress", "Email address", "pd:Nothing"],
    "subject": ["dpv:Subscriber", "Reader of the newsletter", "nobody"],
    "party": ["Postmark", "id/party/acme", "nobody"],
    "purpose": ["Sending the newsletter", "dpv:Marketing", "nothing"],
    "basis": ["eu-gdpr:A6-1-a", "nothing"],
    "thing": ["register/acme", "party/acme.ttl", "acme/party/cleaner", "acme/activity/newsletter.jsonld", "nobody"],
}
"""Formats of the description to texts that have them."""
BODIES = {
    "text/turtle": [text.encode() for text in odd.TURTLES],
    "application/n-triples": [b"<urn:a> <urn:b> _:c .\n"],
    "application/n-quads": [b"<urn:a> <urn:b> _:c <urn:g> .\n<urn:a> <urn:b> 'd' .\n"],
    "application/trig": [b"<urn:g> { <urn:a> <urn:b> 1 , 2.50 }"],
    "application/ld+json": [b'{"@id": "urn:a", "urn:b": [1, {"@value": "c", "@language": "en"}]}'],
    "application/rdf+xml": [f"<rdf:RDF xmlns:rdf='{RDF}'><rdf:Description rdf:about='urn:a'/></rdf:RDF>".encode()],
    "application/sparql-query": [text.encode() for text in odd.QUERIES],
    "application/sparql-update": [text.encode() for text in odd.UPDATES],
}
"""Media types of the description to bodies of them."""
for name, told in FORMATS.items():
    schemathesis.openapi.format(name, st.sampled_from(told))
for name, bodies in BODIES.items():
    schemathesis.openapi.media_type(name, st.sampled_from(bodies))


@dataclass
class Site:
    """An application over a store of its own, with the token of an editor.

    Attributes:
        faults: What went wrong in the application since it was made.
    """

    app: Flask
    store: QuadStore
    token: str
    faults: list[Exception] = field(default_factory=list)

    def state(self) -> tuple[int, int]:
        return self.store.revision, self.store.statements

    def send(
        self, method: str, target: str, headers: Sequence[tuple[str, str]] = (), body: bytes = b"", *, signed: bool = False
    ) -> TestResponse:
        """Send a request, *target* percent-encoded, and look at whether the answer is one that may be given."""
        path, _, query = target.partition("?")
        before, started = self.state(), monotonic()
        response = self.app.test_client().open(
            "/",
            method=method,
            headers=[*headers, *([("Authorization", f"Bearer {self.token}")] if signed else [])],
            data=body,
            # As a server hands it over: bytes, each a character.
            environ_overrides={"PATH_INFO": unquote_to_bytes(path).decode("latin-1"), "QUERY_STRING": query},
        )
        answered = response.data
        asked = f"{method} {target[:300]} {headers} {body[:300]!r} -> {response.status_code} {answered[:300]!r}"
        assert not self.faults, asked
        assert monotonic() - started < PATIENCE, asked
        assert response.status_code < 500 or response.status_code in (503, 507), asked
        assert b"Traceback (most recent call last)" not in answered, asked
        if response.status_code >= 400 and method != "HEAD":
            self.look_at_problem(response, asked)
        if method in READING or not signed or response.status_code >= 300:
            assert self.state() == before, asked
        return response

    def look_at_problem(self, response: TestResponse, asked: str) -> None:
        assert response.mimetype in ("application/problem+json", "text/html"), asked
        if response.mimetype == "application/problem+json" and "Content-Encoding" not in response.headers:
            told = json.loads(response.data)
            assert told["status"] == response.status_code, asked
            assert told["title"], asked


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store on disk that is copied, not used."""
    place = tmp_path_factory.mktemp("fuzz") / "store"
    with EmbeddedStore.create(place) as store:
        fill_with_acme(store)
    return place


@pytest.fixture(scope="module")
def site(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    copied = tmp_path_factory.mktemp("site") / "store"
    shutil.copytree(folder, copied)
    limits = {
        role: replace(told, seconds=1, rows=5_000, answer_bytes=2_000_000, requests_per_minute=None) for role, told in DEFAULTS.items()
    }
    limits[Role.EDITOR] = replace(limits[Role.EDITOR], body_bytes=100_000)
    tokens = Tokens(copied / "tokens.json")
    with EmbeddedStore.open(copied, in_memory=True) as store:
        app = create_app(store, policy=Policy(limits), tokens=tokens)
        made = Site(app, store, tokens.create(Role.EDITOR, "fuzz", None))

        def note(_sender: object, exception: Exception, **_told: object) -> None:
            made.faults.append(exception)

        got_request_exception.connect(note, app)
        yield made
        app.extensions["ropa"].close()


@pytest.fixture(autouse=True)
def _faultless(request: pytest.FixtureRequest) -> None:
    """Let no test suffer from what another one found."""
    if "site" in request.fixturenames:
        request.getfixturevalue("site").faults.clear()


@odd.examples(350)
@given(
    text=odd.texts(odd.QUERIES),
    way=st.sampled_from(["get", "form", "body", "QUERY"]),
    accept=st.sampled_from([None, "*/*", "text/html", "application/xml, text/turtle", "text/csv, application/n-triples"]),
)
def test_any_text_may_be_sent_as_a_query(site: Site, text: bytes, way: str, accept: str | None) -> None:
    headers = [("Accept", accept)] if accept is not None else []
    if way == "get":
        site.send("GET", f"/sparql?query={quote(text)}", headers)
    elif way == "form":
        site.send("POST", "/sparql", [*headers, ("Content-Type", "application/x-www-form-urlencoded")], b"query=" + quote(text).encode())
    else:
        site.send("POST" if way == "body" else way, "/sparql", [*headers, ("Content-Type", "application/sparql-query")], text)


@odd.examples(300)
@given(text=odd.texts(odd.UPDATES), form=st.booleans())
def test_any_text_may_be_sent_as_an_update(site: Site, text: bytes, form: bool) -> None:
    kind = "application/x-www-form-urlencoded" if form else "application/sparql-update"
    body = b"update=" + quote(text).encode() if form else text
    unsigned = site.send("POST", "/update", [("Content-Type", kind)], body)
    answer = site.send("POST", "/update", [("Content-Type", kind)], body, signed=True)

    assert unsigned.status_code in (401, 413)
    if answer.status_code == 200:
        assert answer.get_json()["revision"] == site.store.revision


@odd.examples(300)
@given(
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE"]),
    target=st.one_of(
        odd.GRAPHS.map(lambda name: f"/graphs?graph={quote(name, safe='')}"),
        odd.GRAPHS.map(lambda name: f"/graphs/{quote(name, safe='')}"),
        st.sampled_from(
            ["/graphs", "/graphs?default", "/graphs?default=x", "/graphs?default&graph=a:a", "/graphs?graph", "/graphs/a?default"]
        ),
    ),
    kind=odd.MEDIA_TYPES,
    body=odd.BODIES,
)
def test_any_graph_may_be_named_and_sent(site: Site, *, method: str, target: str, kind: str, body: bytes) -> None:
    answer = site.send(method, target, [("Content-Type", kind)], body, signed=True)

    if method not in READING and answer.status_code in (200, 201):
        assert answer.get_json()["revision"] == site.store.revision


@odd.examples(100)
@given(names=st.lists(odd.GRAPHS, max_size=3), parameter=st.sampled_from(["default-graph-uri", "named-graph-uri", "using-graph-uri"]))
def test_any_graph_may_be_named_as_the_dataset(site: Site, names: list[bytes], parameter: str) -> None:
    dataset = urlencode([(parameter, name) for name in names])

    site.send("GET", f"/sparql?query=SELECT%20*%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D%20LIMIT%209&{dataset}")
    site.send(
        "POST", f"/update?{dataset}", [("Content-Type", "application/sparql-update")], b"DELETE WHERE { ?a <urn:none> ?b }", signed=True
    )


@odd.examples(250)
@given(
    asked=st.sampled_from(
        [(found.method.upper(), found.path) for found in OPERATIONS]
        + [("HEAD", "/sparql"), ("OPTIONS", "/graphs"), ("PATCH", "/"), ("GET", "/")]
    ),
    fields=st.lists(st.tuples(st.sampled_from(odd.NAMES), odd.VALUES), min_size=1, max_size=3),
    kind=odd.MEDIA_TYPES,
    body=odd.BODIES,
    signed=st.booleans(),
)
def test_any_header_may_be_sent(
    site: Site, *, asked: tuple[str, str], fields: list[tuple[str, str]], kind: str, body: bytes, signed: bool
) -> None:
    method, target = asked
    for part, example in EXAMPLES.items():
        target = target.replace(part, example)
    names = {name for name, _ in fields}

    site.send(method, target, [*fields, ("Content-Type", kind)], body, signed=signed and "Authorization" not in names)


@odd.examples(300)
@given(path=odd.PATHS, method=st.sampled_from(["GET", "GET", "GET", "HEAD", "PUT", "DELETE"]), accept=st.sampled_from(["*/*", "text/html"]))
def test_any_path_may_be_asked_for(site: Site, path: str, method: str, accept: str) -> None:
    site.send(method, path, [("Accept", accept)])


@odd.examples(200)
@given(address=st.sampled_from(odd.ADDRESSES), told=st.dictionaries(st.sampled_from(odd.PARAMETERS), odd.ARGUMENTS, max_size=3))
def test_any_parameter_may_be_given(site: Site, address: str, told: dict[str, bytes]) -> None:
    site.send("GET", f"{address}?{urlencode(told)}", [("Accept", "application/json, text/html;q=0.5")])


def test_a_body_that_grows_when_it_is_read_is_refused(site: Site) -> None:
    entities = '<!ENTITY a0 "bbbbbbbbbb">' + "".join(f'<!ENTITY a{number} "{f"&a{number - 1};" * 10}">' for number in range(1, 7))
    thing = "<rdf:Description rdf:about='a:b'><c xmlns='a:'>&a6;</c></rdf:Description>"
    body = f"<!DOCTYPE a [{entities}]><rdf:RDF xmlns:rdf='{RDF}'>{thing}</rdf:RDF>".encode()

    answer = site.send("PUT", "/graphs?graph=urn:grown", [("Content-Type", "application/rdf+xml")], body, signed=True)

    assert answer.status_code == 400


@pytest.mark.parametrize(("label", "mode"), [*RIGHT, *WRONG])
def test_each_answer_is_one_that_the_description_tells_of(site: Site, label: str, mode: GenerationMode) -> None:
    described = schemathesis.openapi.from_wsgi("/openapi.yaml", site.app)
    operation = described.find_operation_by_label(label)
    assert operation is not None

    told = operation.definition.raw["responses"]["200"]
    offered = INTERFACE.raw_schema["components"]["responses"][told["$ref"].rpartition("/")[2]] if "$ref" in told else told

    @odd.examples(12)
    @given(case=operation.as_strategy(generation_mode=mode), accept=st.sampled_from(["*/*", *offered["content"]]))
    def send(case: Any, accept: str) -> None:
        signed = {} if operation.method == "get" else {"Authorization": f"Bearer {site.token}"}
        answer = case.call(headers={"Accept": accept, "Accept-Encoding": "identity", **signed})
        operation.validate_response(answer, case=case)

    send()
