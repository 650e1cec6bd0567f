"""Where a SPARQL server takes queries, updates and graphs.

In:  the address of its queries, what it says of itself, and the environment. Out: three addresses, those of writing may be absent.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from ropa.errors import StoreProblem

_CONVENTIONS = (
    # Ending of the path of queries; what stands for it in that of updates, and of graphs.
    ("/sparql", "/update", "/graphs"),
    ("/query", "/update", "/store"),
)
_IN_A_DATASET = ("/update", "/data")
"""The same, where a server has several data sets and their name comes first in the path (Fuseki)."""


@dataclass(frozen=True)
class Addresses:
    """Where to ask, to write and to put graphs; "" where the server does not do it or nobody knows."""

    query: str
    update: str = ""
    graphs: str = ""


def find_addresses(
    query: str,
    update: str | None = None,
    graphs: str | None = None,
    *,
    server: str = "",
    known: bool = False,
    environment: Mapping[str, str] = os.environ,
) -> Addresses:
    """Return the addresses of a server.

    Those that are given count, then ``ROPA_UPDATE_URL`` and ``ROPA_GRAPHS_URL`` of the environment, then what is usual.

    Args:
        server: Its ``Server`` header.
        known: Whether we have credentials: Virtuoso has other addresses for who logs in.
    """
    usual = _usual(query, server, known)
    update = update if update is not None else environment.get("ROPA_UPDATE_URL") or usual[0]
    graphs = graphs if graphs is not None else environment.get("ROPA_GRAPHS_URL") or usual[1]
    return Addresses(query, update, graphs)


def check_address(address: str, *, known: bool, environment: Mapping[str, str] = os.environ) -> None:
    """Refuse an address that is none, or that would carry credentials in the open.

    Raises:
        StoreProblem: It is not http or https, has a password inside, or is http to another machine although we have credentials.
    """
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise StoreProblem(f"{address} is not the address of a SPARQL endpoint. Give one such as https://host/sparql.")
    if parts.username is not None or parts.password is not None:
        raise StoreProblem(f"The address of {parts.hostname} holds a login. Give it as ROPA_REMOTE_USER and ROPA_REMOTE_PASSWORD instead.")
    if parts.scheme == "http" and known and not _is_loopback(parts.hostname) and environment.get("ROPA_ALLOW_PLAIN_HTTP") != "1":
        raise StoreProblem(
            f"{address} would carry the login in the open. Use https, or set ROPA_ALLOW_PLAIN_HTTP=1 where nobody can listen."
        )


def _usual(query: str, server: str, known: bool) -> tuple[str, str]:
    parts = urlsplit(query)
    start, path = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
    if "virtuoso" in server.lower():
        root = path.removesuffix("-auth").removesuffix("/sparql")
        login = "-auth" if known else ""
        return f"{start}{root}/sparql{login}", f"{start}{root}/sparql-graph-crud{login}"
    if "/repositories/" in path:
        return f"{start}{path}/statements", f"{start}{path}/rdf-graphs/service"
    for ending, update, graphs in _CONVENTIONS:
        if path == ending:
            return start + update, start + graphs
        if path.endswith(ending):
            above = start + path.removesuffix(ending)
            return above + _IN_A_DATASET[0], above + _IN_A_DATASET[1]
    return "", ""


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
