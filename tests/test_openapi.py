"""webapp/openapi.yaml: valid, about the same addresses as the application, and served as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask

import ropa
import webapp
from ropa.store import QuadStore

FILE = Path(webapp.__file__).with_name("openapi.yaml")
RAW: dict[str, Any] = schemathesis.openapi.from_path(FILE).raw_schema
PAGES = {
    "/",
    "/about",
    "/activities",
    "/compare",
    "/export",
    "/findings",
    "/findings/{name}",
    "/graph",
    "/map",
    "/lineage",
    "/questions",
    "/registers",
    "/registers/{slug}",
    "/shapes",
    "/search",
    "/sheets",
    "/sheets/{name}",
    "/static/{filename}",
    "/what-if",
}
"""Addresses for people alone."""
EXAMPLES = {"name": "registers", "path": "party/acme", "slug": "acme", "ending": "ttl", "iri": "https://w3id.org/dpv#ROPA"}
METHODS = {"get", "put", "post", "delete", "patch", "head", "options", "trace"}


@pytest.fixture(scope="module")
def app(acme: QuadStore) -> Iterator[Flask]:
    made = webapp.create_app(acme)
    yield made
    made.extensions["ropa"].close()


def test_the_file_is_valid() -> None:
    schemathesis.openapi.from_dict(deepcopy(RAW)).validate()


def test_a_file_that_is_not_valid_is_found_out() -> None:
    raw = deepcopy(RAW)
    del raw["components"]["parameters"]["Graph"]["in"]

    with pytest.raises(ValueError, match="required property"):
        schemathesis.openapi.from_dict(raw).validate()


def test_each_reference_leads_somewhere() -> None:
    def references(part: object) -> Iterator[str]:
        if isinstance(part, dict):
            if isinstance(part.get("$ref"), str):
                yield part["$ref"]
            for below in part.values():
                yield from references(below)
        elif isinstance(part, list):
            for below in part:
                yield from references(below)

    used = set(references(RAW))
    there = {f"#/components/{kind}/{name}" for kind, named in RAW["components"].items() if kind != "securitySchemes" for name in named}

    assert used == there


def test_the_addresses_for_programs_are_those_of_the_application(app: Flask) -> None:
    served: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        address = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        served.setdefault(address, set()).update((rule.methods or set()) - {"HEAD", "OPTIONS"})
    # OpenAPI 3.1 has no word for the method QUERY.
    served["/sparql"].remove("QUERY")
    described = {address: {method.upper() for method in told if method in METHODS} for address, told in RAW["paths"].items()}

    assert set(served) >= PAGES
    assert {address: methods for address, methods in served.items() if address not in PAGES} == described


def test_each_parameter_of_an_address_is_described() -> None:
    for address, told in RAW["paths"].items():
        for method in METHODS & set(told):
            given = [*told.get("parameters", ()), *told[method].get("parameters", ())]
            named = [RAW["components"]["parameters"][one["$ref"].rpartition("/")[2]] if "$ref" in one else one for one in given]

            assert {one["name"] for one in named if one["in"] == "path"} == set(re.findall(r"{(\w+)}", address)), address


def test_it_is_of_this_version_and_served_as_it_is(app: Flask) -> None:
    response = app.test_client().get("/openapi.yaml")

    assert RAW["info"]["version"] == ropa.__version__
    assert response.mimetype == "application/yaml"
    assert response.data == FILE.read_bytes()
    assert app.test_client().get("/openapi.yaml", headers={"If-None-Match": response.headers["ETag"]}).status_code == 304


def offered(address: str) -> list[str]:
    """Return the media types that an address is said to answer with."""
    told = RAW["paths"][address]["get"]["responses"]["200"]
    named = RAW["components"]["responses"][told["$ref"].rpartition("/")[2]] if "$ref" in told else told
    return list(named["content"])


NEGOTIATED = [
    address for address in RAW["paths"] if "get" in RAW["paths"][address] and len(offered(address)) > 1 and "ending" not in address
]


@pytest.mark.parametrize(
    "address", [address for address in NEGOTIATED if address not in ("/sparql", "/graphs", "/graphs/{name}", "/history/{revision}")]
)
def test_each_form_that_is_told_of_can_be_had(app: Flask, address: str) -> None:
    for media_type in offered(address):
        target = re.sub(r"{(\w+)}", lambda match: EXAMPLES[match[1]], address)
        query = {"iri": EXAMPLES["iri"]} if address == "/resource" else None
        response = app.test_client().get(target, query_string=query, headers={"Accept": media_type})

        assert (response.status_code, response.mimetype) == (200, media_type)
        assert "Accept" in response.headers.get("Vary", "").split(", "), media_type
