"""Who may update, and what an update may not reach for: SPARQL 1.1 Protocol (W3C, 2013), section 4.1, RFC 9110 and RFC 6750."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.protocol.client import Fields
from tests.protocol.documents import ARRIVED, INSERT
from tests.protocol.servers import UPDATE, Target, listener, ropa_server, run_ropa

FETCHING = {
    "load": "LOAD <{}>",
    "load-silent": "LOAD SILENT <{}>",
    "load-into": "LOAD <{}> INTO GRAPH <https://example.org/graph/new>",
    "load-later": "INSERT DATA {{}} ; LOAD <{}>",
    "service": "INSERT {{ ?s ?p ?o }} WHERE {{ SERVICE <{}> {{ ?s ?p ?o }} }}",
    "service-silent": "INSERT {{ ?s ?p ?o }} WHERE {{ SERVICE SILENT <{}> {{ ?s ?p ?o }} }}",
}


@pytest.mark.parametrize("fetching", FETCHING)
def test_an_update_makes_the_server_fetch_nothing(ours: Target, fetching: str) -> None:
    """Protocol 4.1: a service may refuse what would use it against others."""
    with listener() as (address, heard):
        status = ours.change(FETCHING[fetching].format(address)).status

        assert heard == []
    assert status in {400, 403}


def test_a_file_of_the_server_is_not_loaded(target: Target) -> None:
    """Protocol 4.1."""
    assert not target.change("LOAD <file:///etc/hostname>").succeeded


NOBODY: dict[str, Fields] = {
    "none": [],
    "unknown": [("Authorization", "Bearer nobody-gave-this-away")],
    "empty": [("Authorization", "Bearer ")],
    "another-scheme": [("Authorization", "Basic ZWRpdG9yOmVkaXRvcg==")],
    "not-ascii": [("Authorization", "Bearer \xe9\xe9")],
}


@pytest.mark.parametrize("who", NOBODY)
def test_an_update_without_a_token_that_is_known_is_unauthorised(ours: Target, who: str) -> None:
    """RFC 9110 15.5.2: 401, with a challenge of RFC 6750 3."""
    reply = ours.change(INSERT, fields=NOBODY[who], signed=False)

    assert reply.status == 401
    assert reply.field("WWW-Authenticate").startswith("Bearer")
    assert not ours.holds(*ARRIVED)


@pytest.mark.parametrize("who", ["right", "unknown"])
def test_a_token_is_asked_for_before_the_update_is_read(ours: Target, who: str) -> None:
    """Protocol 4.1: strangers cannot try out what a text does, broken or not."""
    reply = ours.change("INSERT {", fields=NOBODY["unknown"] if who == "unknown" else [], signed=who == "right")

    assert reply.status == (400 if who == "right" else 401)


def test_a_token_in_the_address_is_none(ours: Target) -> None:
    """RFC 6750 5.3: addresses are logged."""
    reply = ours.send("POST", f"{ours.update}?access_token={ours.token}", INSERT, [("Content-Type", UPDATE)], signed=False)

    assert reply.status in {400, 401}
    assert not ours.holds(*ARRIVED)


def test_a_token_of_any_letter_case_of_its_scheme_is_taken(ours: Target) -> None:
    """RFC 9110 11.1: the scheme is read without regard to case."""
    assert ours.change(INSERT, fields=[("Authorization", f"bearer {ours.token}")], signed=False).succeeded


def test_who_may_write_follows_the_tokens_while_the_server_runs(tmp_path: Path) -> None:
    """RFC 9110 15.5.4 and 15.5.2: 403 for who is known and may not and where nobody may, 401 for who is not known or no more."""
    with ropa_server(tmp_path, token=False) as fresh:
        store = str(tmp_path / "store")

        def write(token: str) -> int:
            return fresh.change(INSERT, fields=[("Authorization", f"Bearer {token}")] if token else []).status

        def make(role: str) -> str:
            return run_ropa("token", "create", store, "--role", role).strip()

        off, reader, editor, admin = write(""), make("reader"), make("editor"), make("admin")

        assert off == 403
        assert write(reader) == 403
        challenge = fresh.change(INSERT, fields=[("Authorization", f"Bearer {reader}")]).field("WWW-Authenticate")
        # RFC 6750 3.1.
        assert challenge.startswith("Bearer")
        assert 'error="insufficient_scope"' in challenge
        assert write(editor) in {200, 204}
        assert write(admin) in {200, 204}
        run_ropa("token", "revoke", store, editor.split("_")[1])
        assert write(editor) == 401
