"""What the clients of the soak do: read, ask too much, write what is right and what is wrong; and what must come of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from bench.answers import JSON, questions
from bench.clients import WRITTEN, Answer, Client, Wrong
from bench.ledger import COUNT, Counter, Lines, Statement, Whole
from ropa.namespaces import DEFAULT_BASE, ROPA, SKOS, graph_iri

SOAK = "https://example.org/soak/"
SAID = f"{SOAK}ns#said"
SHARED = Counter(f"{SOAK}shared", f"{SOAK}shared#counter")

_OK = frozenset({200})
_BUSY = frozenset({429, 503})
_QUESTIONS = list(questions().values())
_ALL = "{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
_RUNAWAYS = [
    f"SELECT (COUNT(*) AS ?n) WHERE {_ALL}",
    f"SELECT (COUNT(DISTINCT ?a) AS ?n) WHERE {_ALL}",
    f"SELECT ?a ?d ?g WHERE {_ALL} ORDER BY ?i ?f LIMIT 1",
    f"ASK {_ALL[:-1]} FILTER(CONCAT(STR(?a), STR(?d)) = 'never') }}",
]
_MALFORMED = [
    "SELECT * WHERE {",
    "SELECT ?x WHERE { ?x none:such ?y }",
    "CONSTRUCT { ?s ?p }",
    "ASK { FILTER( }",
    "\x00",
    "DELETE WHERE { ?s ?p ?o }",
]


@dataclass(frozen=True)
class _Action:
    """One thing to do, and how often among others."""

    name: str
    weight: float
    writes: bool
    do: Callable[[Client], None]

    def __call__(self, client: Client, /) -> None:
        """Do it."""
        self.do(client)


ACTIONS: list[_Action] = []


def _action(name: str, weight: float, *, writes: bool = False) -> Callable[[Callable[[Client], None]], Callable[[Client], None]]:
    def note(do: Callable[[Client], None]) -> Callable[[Client], None]:
        ACTIONS.append(_Action(name, weight, writes, do))
        return do

    return note


@_action("look-up", 30)
def look_up(client: Client) -> None:
    """Read all that is said of one activity; no two of these queries are alike."""
    iri = client.random.choice(client.target.activities)
    found = _rows(client.query("look-up", f"SELECT ?{client.mark} ?o WHERE {{ <{iri}> ?{client.mark} ?o }}"))
    if found < 10:
        raise Wrong(f"{iri} has {found} rows")


@_action("same question", 8)
def ask_again(client: Client) -> None:
    """Ask what everybody asks, with the tag of the last answer."""
    text = f"SELECT ?activity WHERE {{ ?activity a <{ROPA}ProcessingActivity> }}"
    answer = client.query("same question", text, {"If-None-Match": client.memory.get("etag", "")}).expect(_OK | {304})
    client.memory["etag"] = answer.headers.get("etag", "")
    if answer.status == 200 and not _rows(answer):
        raise Wrong("no row")


@_action("lineage", 8)
def ask_lineage(client: Client) -> None:
    """Ask one of the ten questions on lineage; a comment makes it another text."""
    _rows(client.query("lineage", f"{client.random.choice(_QUESTIONS)}# {client.mark}\n"))


@_action("page", 8)
def open_page(client: Client) -> None:
    """Open a page as a browser does."""
    path = client.random.choice(client.target.pages)
    answer = client.send(f"page {path}", "GET", path, {"Accept": "text/html"})
    if answer.status != 200:
        raise Wrong(f"{path}: status {answer.status}: {answer.words}")
    if not answer.body.rstrip().endswith(b"</html>"):
        raise Wrong(f"{path} is cut off")


@_action("large answer", 2)
def read_much(client: Client) -> None:
    """Read a long answer, and count its rows."""
    form = client.random.choice([JSON, "text/csv", "text/tab-separated-values"])
    text = f"SELECT ?s ?p ?o WHERE {{ ?s ?p ?o }} LIMIT {client.target.rows} # {client.mark}"
    answer = client.query("large answer", text, {"Accept": form}).expect(_OK)
    rows = _rows(answer) if form == JSON else answer.body.count(b"\n") - 1
    if rows != client.target.rows:
        raise Wrong(f"{rows} rows instead of {client.target.rows} as {form}")


@_action("runaway", 0.5)
def run_away(client: Client) -> None:
    """Ask, without a token, what cannot be answered in time."""
    answer = client.query("runaway", client.random.choice(_RUNAWAYS), {"Authorization": ""}).expect(_BUSY)
    if "retry-after" not in answer.headers:
        raise Wrong("no Retry-After")


@_action("endless answer", 0.5)
def ask_for_too_much(client: Client) -> None:
    """Ask for more rows than there may be; none of them may come."""
    client.query("endless answer", "SELECT * WHERE { ?a ?b ?c . ?d ?e ?f }", {"Authorization": ""}).expect(_BUSY | {422})


@_action("malformed query", 5)
def ask_badly(client: Client) -> None:
    """Send what is no query."""
    answer = client.query("malformed query", client.random.choice(_MALFORMED), {"Accept": "*/*"}).expect(frozenset({400}))
    if b"Traceback" in answer.body or not answer.headers.get("content-type", "").startswith("application/problem+json"):
        raise Wrong("not the shape of an error")


@_action("count", 8, writes=True)
def count(client: Client) -> None:
    """Add one to a counter of one's own, or to that of all."""
    counter = client.random.choice([own_counter(client.number), SHARED])
    old, new = (f"GRAPH <{counter.graph}> {{ <{counter.subject}> <{COUNT}> ?{name} }}" for name in ("old", "new"))
    client.ledger.begin_adding(counter)
    answer = client.update("count", f"DELETE {{ {old} }} INSERT {{ {new} }} WHERE {{ {old} BIND(?old + 1 AS ?new) }}")
    client.ledger.end_adding(counter, acknowledged=answer.status in WRITTEN)
    answer.expect(WRITTEN)


@_action("insert", 6, writes=True)
def insert(client: Client) -> None:
    """Add a statement to an ordinary graph."""
    written = _own(client, "word " * client.random.randrange(40))
    client.write("insert", written, there=True)
    client.written.append(written)


@_action("delete", 5, writes=True)
def delete(client: Client) -> None:
    """Take one of the own statements away again."""
    if client.written:
        client.write("delete", client.written.pop(client.random.randrange(len(client.written))), there=False)


@_action("register, valid", 2, writes=True)
def note(client: Client) -> None:
    """Add a note to a register: a write that is judged, and right. Take the last one away: a register grows no longer to judge."""
    last = client.memory.pop("note", "")
    if last:
        client.write("register, valid", _of_register(client, last), there=False)
    rest = f'<{SKOS}note> "soak {client.mark}"'
    client.write("register, valid", _of_register(client, rest), there=True)
    client.memory["note"] = rest


@_action("register, malformed", 2, writes=True)
def spoil(client: Client) -> None:
    """Write what would leave a register malformed, beside something that alone would be right."""
    wrong = _of_register(client, f"<{ROPA}hasDataFlow> <{SOAK}nowhere/{client.mark}>")
    beside = _own(client, "beside")
    for one in (wrong, beside):
        client.ledger.begin(one, True)
    data = " ".join(f"GRAPH <{one.graph}> {{ {one.line} }}" for one in (beside, wrong))
    answer = client.settle(client.update("register, malformed", f"INSERT DATA {{ {data} }}"), wrong, beside)
    answer.expect(frozenset({409, 422}))


@_action("without a token", 2, writes=True)
def intrude(client: Client) -> None:
    """Write without a token, or with one that nobody gave."""
    written = _own(client, "intruder")
    client.ledger.begin(written, True)
    headers = {"Authorization": client.random.choice(["", "Bearer none"])}
    answer = client.update("without a token", f"INSERT DATA {{ GRAPH <{written.graph}> {{ {written.line} }} }}", headers)
    client.settle(answer, written).expect(frozenset({401}))


@_action("graph PUT", 4, writes=True)
def put(client: Client) -> None:
    """Replace a graph."""
    graph = _whole(client)
    size = client.random.randrange(1, 200)
    lines = frozenset(f'<{graph.graph}#{number}> <{SAID}> "{client.mark}" .' for number in range(size))
    client.ledger.begin(graph, lines)
    body = "".join(f"{line}\n" for line in lines).encode()
    answer = client.send("graph PUT", "PUT", graph_path(graph.graph), {"Content-Type": "application/n-triples"}, body)
    client.settle(answer, graph).expect(WRITTEN)


@_action("graph GET", 6)
def get(client: Client) -> None:
    """Read a graph that only this client writes, and compare it with what was written."""
    graph = _whole(client)
    answer = client.send("graph GET", "GET", graph_path(graph.graph), {"Accept": "application/n-triples"})
    if read_lines(answer) != client.ledger.value(graph):
        raise Wrong(f"{graph.graph} is not as this client wrote it")


@_action("graph DELETE", 2, writes=True)
def drop(client: Client) -> None:
    """Take a graph away, if it is there."""
    graph = _whole(client)
    there = client.ledger.value(graph) is not None
    client.ledger.begin(graph, None)
    answer = client.settle(client.send("graph DELETE", "DELETE", graph_path(graph.graph), {}), graph)
    answer.expect(WRITTEN if there else frozenset({404}))


def own_counter(number: int) -> Counter:
    """Return the counter of one client."""
    return Counter(f"{SOAK}client-{number}", f"{SOAK}client-{number}#counter")


def graph_path(graph: str) -> str:
    """Return the path of a graph in the graph store."""
    return f"/graphs?graph={quote(graph, safe='')}"


def read_lines(answer: Answer) -> Lines | None:
    """Return the statements of a graph that came as N-Triples, None where there is no such graph."""
    if answer.expect(_OK | {404}).status == 404:
        return None
    return frozenset(line for line in answer.body.decode().splitlines() if line)


def _rows(answer: Answer) -> int:
    return len(json.loads(answer.expect(_OK).body)["results"]["bindings"])


def _own(client: Client, words: str) -> Statement:
    return Statement(f"{SOAK}client-{client.number}", f'<{SOAK}{client.mark}> <{SAID}> "{words}" .')


def _of_register(client: Client, rest: str) -> Statement:
    slug = f"synthetic-{client.number + 1}"
    return Statement(graph_iri(DEFAULT_BASE, f"register/{slug}"), f"<{DEFAULT_BASE}id/{slug}/activity/a1> {rest} .")


def _whole(client: Client) -> Whole:
    return Whole(f"{SOAK}put-{client.number}-{client.random.randrange(4)}")
