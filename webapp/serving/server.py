"""The web server: the application in this process, many threads, one owner of the store.

In:  an open store and how to serve it. Out: pages, until the process is told to stop.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from ipaddress import ip_address
from pathlib import Path

from waitress.server import create_server

from ropa.errors import BadAddress
from ropa.limits import DEFAULTS, Policy, RoleLimits
from ropa.store import QuadStore
from ropa.store.control import Control
from ropa.store.embedded import EmbeddedStore
from ropa.store.losses import advise, describe_losses, survey
from ropa.store.patches import Patches
from ropa.tokens import Role, Tokens
from webapp import create_app
from webapp.endpoint.access import most_bytes
from webapp.serving.connections import take_connections
from webapp.serving.logs import Form, write_log
from webapp.serving.security import keep_local
from webapp.state import State

THREADS = 16
_STACK = 64 << 20
_CHECKED_AT_START = 300_000
"""Statements up to which the findings are computed before anybody asks; beyond, that takes minutes."""


@dataclass(frozen=True)
class Serving:
    """How a store is served.

    Attributes:
        port: 0 takes any free one.
        sources: Folder of the source documents. tokens: The file of those who may write; without it nobody may.
        limits: What each role may take.
        allowed: Addresses that SERVICE and LOAD may name.
        proxy: Address of the TLS proxy in front, whose ``X-Forwarded-…`` headers are believed; "" where there is none.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    sources: Path | None = None
    tokens: Path | None = None
    limits: Mapping[Role | None, RoleLimits] = field(default_factory=lambda: DEFAULTS)
    allowed: tuple[str, ...] = ()
    proxy: str = ""
    log: Form = "text"


def run(store: QuadStore, serving: Serving) -> None:
    """Serve *store* until SIGTERM or SIGINT; the address goes to stderr.

    Raises:
        BadAddress: The port is taken or the host is none of this machine's.
    """
    # The engine's parser and optimiser are recursive: a long chain of operators must not end the process.
    threading.stack_size(_STACK)
    tokens = Tokens(serving.tokens) if serving.tokens else None
    app = create_app(store, sources=serving.sources, policy=Policy(serving.limits), tokens=tokens, allowed=serving.allowed)
    if is_loopback(serving.host) and not serving.proxy:
        keep_local(app, serving.host)
    elif not serving.proxy:
        sys.stderr.write(
            f"warning: {serving.host} can be reached from other machines, in clear and by anybody. "
            "Put a TLS proxy in front (webapp/deployment/README.md) and name it: --proxy ADDRESS\n"
        )
    if isinstance(store, EmbeddedStore) and store.folder is not None:
        _warn_of_losses(store.folder, store.patches)
    believed = {"trusted_proxy": serving.proxy, "trusted_proxy_headers": "x-forwarded-for x-forwarded-proto x-forwarded-host"}
    state: State = app.extensions["ropa"]
    with ExitStack() as stack:
        stack.enter_context(write_log(serving.log))
        stack.callback(state.close)
        sockets: dict[int, object] = {}
        try:
            server = create_server(
                app,
                map=sockets,
                host=serving.host,
                port=serving.port,
                threads=THREADS,
                # Clients that say nothing must not keep others out.
                connection_limit=1000,
                channel_timeout=30,
                asyncore_use_poll=True,
                ident=None,
                clear_untrusted_proxy_headers=True,
                **(believed if serving.proxy else {}),
            )
        except (OSError, ValueError) as error:
            where = f"{serving.host} port {serving.port}"
            raise BadAddress(f"Cannot listen on {where}: {error}. Give another --host or --port.") from None
        take_connections(sockets.values(), partial(most_bytes, state), at_once=isinstance(store, EmbeddedStore))
        stack.callback(server.close)
        if isinstance(store, EmbeddedStore) and store.folder is not None:
            stack.enter_context(Control(store))
        if store.statements <= _CHECKED_AT_START:
            state.check()
        shown = f"[{serving.host}]" if ":" in serving.host else serving.host
        # Waitress ends its threads when the main one is left by SystemExit.
        signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
        sys.stderr.write(f"http://{shown}:{server.effective_port}/  (stop with Ctrl-C)\n")
        sys.stderr.flush()
        server.run()


def _warn_of_losses(folder: Path, patches: Patches) -> None:
    """Say what can be seen at once to be missing or damaged in a history, and what to do about it."""
    if lost := survey(patches):
        sys.stderr.write(f"warning: the history of {folder} is not whole: {describe_losses(lost)}. {advise(lost, folder)}\n")


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach an address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
