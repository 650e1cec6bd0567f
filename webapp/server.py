"""The web server: the application in this process, many threads, one owner of the store.

In:  an open store and an address. Out: pages, until the process is told to stop.
"""

from __future__ import annotations

import sys
import threading
from ipaddress import ip_address
from pathlib import Path

from waitress.server import create_server

from ropa.errors import BadAddress
from ropa.store import QuadStore
from webapp import create_app
from webapp.security import keep_local
from webapp.state import State

THREADS = 16
_STACK = 64 << 20


def run(store: QuadStore, host: str, port: int, sources: Path | None = None) -> None:
    """Serve *store* at *host* and *port* (0 for any free one); the address goes to stderr.

    Raises:
        BadAddress: The port is taken or the host is none of this machine's.
    """
    app = create_app(store, sources=sources)
    if is_loopback(host):
        keep_local(app, host)
    # The engine's parser and optimiser are recursive: a long chain of operators must not end the process.
    threading.stack_size(_STACK)
    state: State = app.extensions["ropa"]
    state.check()
    try:
        server = create_server(app, host=host, port=port, threads=THREADS, ident=None)
    except (OSError, ValueError) as error:
        state.close()
        raise BadAddress(f"Cannot listen on {host} port {port}: {error}. Give another --host or --port.") from None
    shown = f"[{host}]" if ":" in host else host
    sys.stderr.write(f"http://{shown}:{server.effective_port}/  (stop with Ctrl-C)\n")
    sys.stderr.flush()
    try:
        server.run()
    finally:
        server.close()
        state.close()


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach an address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
