"""The two servers that every case asks: ours, and Oxigraph's for comparison.

A :class:`Target` keeps the cases free of which of them it is. Before a case runs, the store holds :data:`DATA` and what it was made with.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sysconfig
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, quote, urlencode, urljoin, urlsplit

from tests.protocol.client import Fields, Reply, exchange, exchange_bytes

SPACE = "https://example.org/"
A, B, TERMS = f"{SPACE}graph/a", f"{SPACE}graph/b", f"{SPACE}graph/terms"
UNKNOWN, NEW = f"{SPACE}graph/unknown", f"{SPACE}graph/new"
PREFIX = f"PREFIX ex: <{SPACE}ns#> "
DATA = f"""INSERT DATA {{
  ex:default ex:in "default" .
  GRAPH <{A}> {{ ex:anna ex:in "a" ; ex:name "Anna" }}
  GRAPH <{B}> {{ ex:ben ex:in "b" ; ex:name "Ben" }}
  GRAPH <{TERMS}> {{
    ex:t1 ex:order 1 ; ex:value ex:thing .
    ex:t2 ex:order 2 ; ex:value "plain" .
    ex:t3 ex:order 3 ; ex:value "chat"@fr .
    ex:t4 ex:order 4 ; ex:value 5 .
    ex:t5 ex:order 5 ; ex:value "comma, \\"quote\\" and\\nnew line" .
    ex:t6 ex:order 6 ; ex:value "tab\\tand back\\\\slash" .
    ex:t7 ex:order 7 ; ex:value "naïve 数 😀" .
    ex:t8 ex:order 8 ; ex:value "2020-02-29"^^<http://www.w3.org/2001/XMLSchema#date> .
    ex:t9 ex:order 9 ; ex:value _:blank .
  }}
}}"""
"""What is there before each case; ``ex:`` is to be declared."""
WHERE = PREFIX + "SELECT ?where { ?s ex:in ?where }"
"""Tells which of the graphs are in the default graph of a query."""
NAMED = PREFIX + "SELECT ?where { GRAPH ?g { ?s ex:in ?where } }"
"""Tells which of the graphs are named graphs of a query."""

FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
UPDATE = "application/sparql-update"
JSON = "application/sparql-results+json"
UNHURRIED = "".join(f'[{role}]\nrequests_per_minute = "unlimited"\nseconds = 60\n' for role in ("anonymous", "editor"))
"""Limits of our server that a case does not meet by accident, on a busy machine either."""
WAYS = ("get", "form", "body")
"""How a query may be sent: sections 2.1.1 to 2.1.3."""
Pairs = Sequence[tuple[str, str]]


@dataclass
class Target:
    """A server under test.

    Attributes:
        address: ``http://127.0.0.1:port``. query, update, graphs: Paths of the query and update operation and of the graph store.
        token: What writes need, or an empty string.
        touched: Whether the store may differ from :data:`DATA`.
        named: Graphs that there may be beside those that the server started with.
    """

    name: str
    address: str
    query: str
    update: str
    graphs: str
    token: str = ""
    touched: bool = True
    named: set[str] = field(default_factory=set)

    @property
    def host(self) -> str:
        """What a client puts into Host."""
        return self.address.partition("://")[2]

    def send(
        self, method: str, target: str, body: bytes | str | Iterable[bytes] | None = None, fields: Fields = (), *, signed: bool = True
    ) -> Reply:
        """Send one request; with the token where it writes, unless *signed* is false."""
        path = target.partition("?")[0]
        writes = path != self.query and method not in {"GET", "HEAD", "OPTIONS"}
        if writes:
            self.touched = True
            if self.token and signed:
                fields = [*fields, ("Authorization", f"Bearer {self.token}")]
        reply = exchange(self.address, method, target, body.encode() if isinstance(body, str) else body, fields)
        if writes and reply.status == 201:
            self.named.add(self._made(target, reply))
        return reply

    def _made(self, target: str, reply: Reply) -> str:
        """Return the name of the graph that a request made."""
        parts = urlsplit(target)
        direct = urljoin(self.address, reply.field("Location") or parts.path)
        return parse_qs(parts.query).get("graph", [direct])[0]

    def send_bytes(self, sent: bytes, *, hang_up: bool = False) -> bytes:
        """Send bytes as they are; see :func:`tests.protocol.client.exchange_bytes`."""
        self.touched = True
        return exchange_bytes(self.address, sent, hang_up=hang_up)

    def head(self, method: str, target: str, *fields: str) -> str:
        """Return the head of a request as bytes go over the wire, for :meth:`send_bytes`; the connection ends after it."""
        token = [f"Authorization: Bearer {self.token}"] if self.token and target.partition("?")[0] != self.query else []
        return "\r\n".join([f"{method} {target} HTTP/1.1", f"Host: {self.host}", "Connection: close", *token, *fields, "", ""])

    def ask(self, text: str, way: str = "get", accept: str | None = JSON, dataset: Pairs = (), fields: Fields = ()) -> Reply:
        """Send a query in one of :data:`WAYS`; *dataset* are further parameters."""
        fields = ([("Accept", accept)] if accept is not None else []) + list(fields)
        if way == "get":
            return self.send("GET", self.path_of(text) + "".join(f"&{encoded([pair])}" for pair in dataset), None, fields)
        if way == "form":
            return self.send("POST", self.query, encoded([("query", text), *dataset]), [("Content-Type", FORM), *fields])
        query = f"?{encoded(dataset)}" if dataset else ""
        return self.send("POST", self.query + query, text, [("Content-Type", QUERY), *fields])

    def change(self, text: str, way: str = "body", dataset: Pairs = (), fields: Fields = (), *, signed: bool = True) -> Reply:
        """Send an update as a form or directly."""
        if way == "form":
            form = encoded([("update", text), *dataset])
            return self.send("POST", self.update, form, [("Content-Type", FORM), *fields], signed=signed)
        query = f"?{encoded(dataset)}" if dataset else ""
        return self.send("POST", self.update + query, text, [("Content-Type", UPDATE), *fields], signed=signed)

    def path_of(self, text: str) -> str:
        """Return the path that asks a query by GET."""
        return f"{self.query}?{encoded([('query', text)])}"

    def graph(self, iri: str) -> str:
        """Return the path that identifies a graph indirectly."""
        return f"{self.graphs}?{encoded([('graph', iri)])}"

    def put(self, iri: str, body: bytes | str | Iterable[bytes], media_type: str = "text/turtle", fields: Fields = ()) -> Reply:
        return self.send("PUT", self.graph(iri), body, [("Content-Type", media_type), *fields])

    def post(self, iri: str, body: bytes | str, media_type: str = "text/turtle", fields: Fields = ()) -> Reply:
        return self.send("POST", self.graph(iri), body, [("Content-Type", media_type), *fields])

    def get(self, iri: str, accept: str = "application/n-triples", fields: Fields = ()) -> Reply:
        return self.send("GET", self.graph(iri), None, [("Accept", accept), *fields])

    def holds(self, graph: str, statement: str) -> bool:
        """Whether a graph holds a statement, asked by a query; ``ex:`` is declared."""
        reply = self.ask(PREFIX + f"ASK {{ {statement} }}", dataset=[("default-graph-uri", graph)])
        assert reply.status == 200, reply
        return reply.json()["boolean"] is True

    def count(self, graph: str) -> int:
        """Return the number of triples of a graph, got from the graph store; none where there is no such graph."""
        reply = self.get(graph)
        assert reply.status in {200, 404}, reply
        return 0 if reply.status == 404 else len(reply.text.splitlines())

    def graph_names(self) -> frozenset[str]:
        """Return the IRIs of all named graphs."""
        return frozenset(values(self.ask("SELECT ?g { GRAPH ?g {} }")))

    def restore(self) -> None:
        """Put the store back to :data:`DATA` where a case has touched it."""
        if not self.touched:
            return
        drops = [f"DROP SILENT GRAPH <{graph}>" for graph in sorted(self.named)]
        reply = self.change(PREFIX + " ;\n".join(["DROP DEFAULT", *drops, DATA]))
        assert reply.succeeded, reply
        self.touched = False
        self.named = {A, B, TERMS, NEW, UNKNOWN}


def encoded(pairs: Pairs) -> str:
    """Return parameters percent-encoded, a space as %20."""
    return urlencode(pairs, quote_via=quote)


def values(reply: Reply) -> list[str]:
    """Return the first column of a JSON result, sorted."""
    assert reply.status == 200, reply
    read = reply.json()
    head, results = read["head"], read["results"]
    assert isinstance(head, dict)
    assert isinstance(results, dict)
    first = head["vars"][0]
    return sorted(row[first]["value"] for row in results["bindings"])


@contextmanager
def ropa_server(folder: Path, *, limits: str = UNHURRIED, token: bool = True) -> Iterator[Target]:
    """Make an empty store of ours, serve it, and end it; the token is an editor's.

    Args:
        limits: What clients may take, as ``ropa serve --limits`` reads it.
    """
    store = folder / "store"
    run_ropa("init", str(store), "--empty")
    given = run_ropa("token", "create", str(store), "--role", "editor").strip() if token else ""
    file = folder / "limits.toml"
    file.write_text(limits)
    port = free_port()
    with running([command("ropa"), "serve", str(store), "--port", str(port), "--limits", str(file)], port, folder / "log"):
        yield Target("ropa", f"http://127.0.0.1:{port}", "/sparql", "/update", "/graphs", given)


@contextmanager
def oxigraph_server(folder: Path) -> Iterator[Target]:
    """Serve a new store by Oxigraph's server, and end it."""
    port = free_port()
    arguments = ["--location", str(folder / "store"), "--bind", f"127.0.0.1:{port}", "--union-default-graph", "--cors"]
    with running([command("oxigraph"), "serve", *arguments], port, folder / "log"):
        yield Target("oxigraph", f"http://127.0.0.1:{port}", "/query", "/update", "/store")


def has_command(name: str) -> bool:
    """Whether a program is installed beside this Python or on the path."""
    return Path(sysconfig.get_path("scripts"), name).exists() or shutil.which(name) is not None


def command(name: str) -> str:
    """Return where a program is; the one beside this Python comes first."""
    beside = Path(sysconfig.get_path("scripts"), name)
    return str(beside) if beside.exists() else name


def run_ropa(*arguments: str) -> str:
    """Run our command line and return what it wrote to stdout."""
    done = subprocess.run([command("ropa"), *arguments], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def running(arguments: Sequence[str], port: int, log: Path) -> Iterator[None]:
    """Run a server, wait until it listens, and end it."""
    with log.open("wb") as out, subprocess.Popen(arguments, stdout=out, stderr=out) as process:
        try:
            wait_until_it_listens(process, port, log)
            yield
        finally:
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()


def wait_until_it_listens(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Return once the port takes connections; fail with the server's own words where it ends instead."""
    for _ in range(600):
        if process.poll() is not None:
            raise AssertionError(f"The server ended at its start:\n{log.read_text()}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"The server does not listen after a minute:\n{log.read_text()}")


@contextmanager
def listener() -> Iterator[tuple[str, list[bytes]]]:
    """Listen on a port; yields an address and what comes to be sent to it."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(0.2)
        over = threading.Event()

        def listen() -> None:
            while not over.is_set():
                try:
                    caller, _ = door.accept()
                except TimeoutError:
                    continue
                with caller:
                    caller.settimeout(2)
                    heard.append(caller.recv(4096))

        thread = threading.Thread(target=listen)
        thread.start()
        yield f"http://127.0.0.1:{door.getsockname()[1]}/data", heard
        over.set()
        thread.join()
