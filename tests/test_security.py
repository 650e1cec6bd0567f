"""webapp.serving.security: who reaches a server on this machine."""

from __future__ import annotations

import pytest

from ropa.store import QuadStore
from webapp import create_app
from webapp.serving.security import keep_local
from webapp.serving.server import is_loopback


@pytest.mark.parametrize(
    ("host", "near"), [("127.0.0.1", True), ("localhost", True), ("::1", True), ("192.0.2.1", False), ("ropa.example", False)]
)
def test_only_this_machine_reaches_loopback(host: str, near: bool) -> None:
    assert is_loopback(host) is near


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8080", 200),
        ("127.0.0.1:1", 200),
        ("[::1]:8155", 200),
        ("evil.example", 400),
        ("localhost.evil.example", 400),
        ("[::1", 400),
    ],
)
def test_on_loopback_only_the_names_of_this_machine_are_answered(acme: QuadStore, host: str, status: int) -> None:
    app = create_app(acme)
    keep_local(app, "127.0.0.1")

    assert app.test_client().get("/ns", headers={"Host": host}).status_code == status
    app.extensions["ropa"].close()
