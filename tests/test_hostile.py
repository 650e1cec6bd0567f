"""No label of a record and no text of an address does harm on any page: whatever is served is looked at, new pages too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from ropa.questions import catalogue
from ropa.store.embedded import EmbeddedStore
from ropa.words import tidy
from tests.hostile import LABELS, LINKS, ODD, PLACES, fill_with_harm, find_harm
from webapp import create_app

BROWSER = {"Accept": "text/html,application/xhtml+xml,image/svg+xml;q=0.9"}
ARGUMENTS = {
    "slug": ["acme", ODD],
    "path": PLACES,
    "name": [*catalogue(), "access", "breach", "calendar", "dpia", "transfers", "law", f"register/{ODD}"],
    "ending": ["json", "csv", "ttl", "svg", "html"],
    "revision": ["1", "2"],
}
"""Parts of addresses to what may stand there; what is not listed is given odd texts."""
NAMES = (
    *("a", "activity", "as", "as_of", "b", "by", "category", "focus", "from", "iri", "kind"),
    *("page", "party", "q", "query", "register", "rule", "subject", "to", "without"),
)


def list_rules() -> list[str]:
    app = create_app(EmbeddedStore.in_memory())
    app.extensions["ropa"].close()
    rules: list[Rule] = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and rule.endpoint != "static"]
    return sorted({rule.rule for rule in rules})


RULES = list_rules()


def fill(rule: str) -> list[str]:
    """Return addresses of a rule, one for each value that one of its parts may have."""
    parts = re.findall(r"<(?:\w+:)?(\w+)>", rule)
    most = max((len(ARGUMENTS.get(part, LABELS)) for part in parts), default=1)
    addresses = []
    for number in range(most):
        address = rule
        for part in parts:
            offered = ARGUMENTS.get(part) or [quote(text[:300], safe="") or "x" for text in LABELS.values()]
            before, _, after = re.sub(rf"<(?:\w+:)?{part}>", "<>", address).partition("<>")
            address = f"{before}{offered[number % len(offered)]}{after}"
        addresses.append(address)
    return addresses


@pytest.fixture(scope="module")
def app() -> Iterator[Flask]:
    store = EmbeddedStore.in_memory()
    fill_with_harm(store)
    made = create_app(store)
    made.extensions["ropa"].check().result()
    yield made
    made.extensions["ropa"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def look(client: FlaskClient, address: str) -> int:
    response = client.get(address, headers=BROWSER)
    assert response.status_code < 500, f"{address}: {response.text[:300]}"
    if response.mimetype in ("text/html", "image/svg+xml", "application/xhtml+xml"):
        assert find_harm(response.text) == [], address
    return response.status_code


@pytest.mark.parametrize("rule", RULES)
def test_each_page_is_safe_with_every_label(client: FlaskClient, rule: str) -> None:
    for address in fill(rule):
        look(client, address)


@pytest.mark.parametrize("rule", [rule for rule in RULES if "<" not in rule])
def test_each_page_is_safe_with_every_text_in_its_address(client: FlaskClient, rule: str) -> None:
    for number, name in enumerate(NAMES):
        look(client, f"{rule}?{urlencode({name: list(LABELS.values())[number % len(LABELS)][:1000]})}")
    for name in ("q", "iri"):
        look(client, f"{rule}?{urlencode({name: LABELS['script']})}")


@pytest.mark.parametrize("name", LABELS)
def test_a_label_is_shown_or_the_address_stands_for_it(client: FlaskClient, name: str) -> None:
    html = client.get(f"/id/{ODD}/category/{name}", headers=BROWSER).text
    heading = re.search(r"<h1>(.*?)</h1>", html, re.DOTALL)

    assert heading
    assert heading[1].strip()
    if name in ("blank", "empty"):
        assert heading[1] == name


@pytest.mark.parametrize("path", PLACES[:12])
def test_each_link_has_words(client: FlaskClient, path: str) -> None:
    html = client.get(f"/id/{path}", headers=BROWSER).text

    silent = [tag for tag, inside in re.findall(r"(<a\b[^>]*>)(.*?)</a>", html, re.DOTALL) if not re.sub(r"<[^>]*>", "", inside).strip()]
    assert silent == []


@pytest.mark.parametrize("iri", [iri for iri in LINKS if ":" in iri])
def test_an_iri_of_another_scheme_is_no_link(client: FlaskClient, iri: str) -> None:
    html = client.get(f"/id/{ODD}/activity/script", headers=BROWSER).text

    assert f'href="{iri}"' not in html
    assert look(client, f"/resource?{urlencode({'iri': iri})}") in (200, 400, 404)


def test_unknown_addresses_are_safe(client: FlaskClient) -> None:
    for text in LABELS.values():
        assert look(client, f"/{quote(text[:500], safe='') or 'x'}/y") == 404


def test_marks_of_direction_are_taken_out_only_where_they_reach_further() -> None:
    assert tidy("a\u202eb") == "ab"
    assert tidy("\u2067שלום\u2069 x") == "\u2067שלום\u2069 x"
    assert tidy("x \u2067 y") == "x  y"
    assert tidy("\u2069x\u2066") == "x"
    assert tidy("one\ttwo\nthree") == "one\ttwo\nthree"


@pytest.mark.parametrize(
    "html",
    [
        "<p><script>alert(1)</script>",
        '<img src="x" onerror="alert(1)">',
        '<a href="javascript:alert(1)">x</a>',
        '<a href=" JavaScript:alert(1)">x</a>',
        '<form action="data:text/html,x"></form>',
        "<p style='color:red'>x",
        "<iframe src='/'></iframe>",
        "<p>a\u202eb",
        "<p>a\u0001b",
    ],
)
def test_harm_is_found(html: str) -> None:
    assert find_harm(html) != []
