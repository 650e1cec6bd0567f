"""ropa.store.remote: where an engine takes what, who logs in, and what is believed of an address."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ropa.errors import StoreProblem
from ropa.store import open_store
from ropa.store.remote import open_remote
from ropa.store.remote.addresses import Addresses, check_address, find_addresses
from ropa.store.remote.credentials import Credentials, Digest


class _Elsewhere(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", "http://127.0.0.1:9/sparql")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None: ...


def test_nobody_is_followed_to_another_address() -> None:
    with HTTPServer(("127.0.0.1", 0), _Elsewhere) as elsewhere:
        threading.Thread(target=elsewhere.serve_forever, daemon=True).start()

        with pytest.raises(StoreProblem, match=r"sends us on to http://127\.0\.0\.1:9/sparql"):
            open_remote(f"http://127.0.0.1:{elsewhere.server_port}/sparql")
        elsewhere.shutdown()


def test_an_address_where_nobody_answers_is_one_sentence() -> None:
    with pytest.raises(StoreProblem, match="cannot be reached"), open_store("http://127.0.0.1:9/sparql"):
        pass


@pytest.mark.parametrize(
    ("query", "server", "update", "graphs"),
    [
        ("http://h/query", "Oxigraph/0.5", "http://h/update", "http://h/store"),
        ("https://h/sparql", "waitress", "https://h/update", "https://h/graphs"),
        ("https://h/sparql", "Virtuoso/07.20", "https://h/sparql", "https://h/sparql-graph-crud"),
        ("https://h/ds/sparql", "", "https://h/ds/update", "https://h/ds/data"),
        ("https://h/ds/query", "", "https://h/ds/update", "https://h/ds/data"),
        ("https://h/repositories/r", "", "https://h/repositories/r/statements", "https://h/repositories/r/rdf-graphs/service"),
        ("https://h/anything", "", "", ""),
    ],
)
def test_the_addresses_of_writing_are_found(query: str, server: str, update: str, graphs: str) -> None:
    assert find_addresses(query, server=server, environment={}) == Addresses(query, update, graphs)


def test_the_environment_and_the_caller_tell_addresses_better() -> None:
    told = {"ROPA_UPDATE_URL": "https://h/u", "ROPA_GRAPHS_URL": "https://h/g"}

    assert find_addresses("https://h/sparql", environment=told) == Addresses("https://h/sparql", "https://h/u", "https://h/g")
    assert find_addresses("https://h/sparql", "https://h/v", "", environment=told) == Addresses("https://h/sparql", "https://h/v", "")
    assert find_addresses("https://h/sparql", server="Virtuoso", known=True, environment={}).update == "https://h/sparql-auth"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("ftp://h/sparql", "is not the address"),
        ("http:///sparql", "is not the address"),
        ("https://ada:secret@h/sparql", "holds a login"),
        ("http://h/sparql", "in the open"),
    ],
)
def test_an_address_that_is_none_or_gives_secrets_away_is_refused(address: str, words: str) -> None:
    with pytest.raises(StoreProblem, match=words) as refused:
        check_address(address, known=True, environment={})

    assert "secret" not in str(refused.value)


def test_credentials_go_in_the_open_only_on_this_machine_or_by_leave() -> None:
    check_address("http://127.0.0.1/sparql", known=True, environment={})
    check_address("http://localhost/sparql", known=True, environment={})
    check_address("http://h/sparql", known=False, environment={})
    check_address("http://h/sparql", known=True, environment={"ROPA_ALLOW_PLAIN_HTTP": "1"})


def test_credentials_are_told_by_the_environment_and_by_nothing_else() -> None:
    assert Credentials.from_environment({}).header == ""
    assert Credentials.from_environment({"ROPA_REMOTE_TOKEN": "abc"}).header == "Bearer abc"
    somebody = Credentials.from_environment({"ROPA_REMOTE_USER": "Ada", "ROPA_REMOTE_PASSWORD": "secret"})
    assert somebody.header == "Basic QWRhOnNlY3JldA=="
    assert "secret" not in repr(somebody)
    with pytest.raises(StoreProblem, match="both set"):
        Credentials.from_environment({"ROPA_REMOTE_TOKEN": "abc", "ROPA_REMOTE_USER": "Ada"})
    with pytest.raises(StoreProblem, match="line break"):
        Credentials.from_environment({"ROPA_REMOTE_TOKEN": "a\r\nb"})


def test_a_kind_of_digest_that_is_not_known_is_refused() -> None:
    with pytest.raises(StoreProblem, match="SHA-512"):
        Digest(Credentials(user="Ada"), 'Digest realm="r", nonce="n", algorithm=SHA-512, qop="auth"')
