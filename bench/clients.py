"""The clients of the soak: each does one thing after the other, picked by chance, and notes what came of it.

In:  an address, tokens, a ledger, what can be done (:mod:`bench.actions`). Out: what was sent and answered, and every answer
that should not have been.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from random import Random
from threading import Event, Thread
from typing import Protocol
from urllib.parse import quote

from bench.answers import JSON
from bench.ledger import Ledger, Statement, Whole
from bench.wire import HOST

WRITTEN = frozenset({200, 201, 204})
_PATIENCE = 60


class Wrong(Exception):
    """An answer that should not have been."""


class Broken(Exception):
    """A connection that ended before the answer did."""


@dataclass(frozen=True)
class Answer:
    """What a server answered; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def words(self) -> str:
        """What it says to people, if it is an error, cut to a line."""
        text = self.body.decode("utf-8", "replace")
        if self.headers.get("content-type", "").startswith("application/problem+json"):
            text = str(json.loads(text)["detail"])
        text = re.sub(r"<[^>]*>", " ", text[max(text.find("<main"), 0) :])
        return " ".join(text.split())[:250]

    def expect(self, statuses: frozenset[int]) -> Answer:
        """Return it, if its status is one of these; else raise :class:`Wrong`."""
        if self.status not in statuses:
            raise Wrong(f"status {self.status}: {self.words}")
        return self


@dataclass
class Noted:
    """What one client did.

    Attributes:
        taken: (what, status, seconds) of each request, in order. wrong: Sentences.
    """

    taken: list[tuple[str, int, float]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Target:
    """The server, what it holds to be read, and when all is over.

    Attributes:
        activities: IRIs. pages: Paths. rows: Of a large answer. tokens: Those of each client: one to read with, one to write with.
        ends: Set when clients are to stop. killed: Set when the server may vanish: then a broken connection is no error.
    """

    port: int
    activities: Sequence[str]
    pages: Sequence[str]
    rows: int
    tokens: Sequence[tuple[str, str]]
    ledger: Ledger
    ends: Event = field(default_factory=Event)
    killed: Event = field(default_factory=Event)


class Action(Protocol):
    """Something that a client does."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def weight(self) -> float:
        """How often it is done, among others."""

    def __call__(self, client: Client, /) -> None:
        """Do it; raises :class:`Wrong` or :class:`Broken`."""


class Client(Thread):
    """One client.

    Args:
        name: Letters and digits that no other client has, now or earlier.

    Attributes:
        number: 0, 1 …: tells whose graphs and which register are its own.
        written: Statements of its own that are there. memory: What its actions remember, by their names.
    """

    def __init__(self, number: int, name: str, target: Target, actions: Sequence[Action]) -> None:
        super().__init__(name=name, daemon=True)
        self.number = number
        self.target, self.ledger = target, target.ledger
        self.random = Random(f"soak/{name}")  # noqa: S311 - the same choices again, no secret
        self.noted = Noted()
        self.written: list[Statement] = []
        self.memory: dict[str, str] = {}
        self._actions = actions
        self._count = 0
        self._connection = HTTPConnection(HOST, target.port, timeout=_PATIENCE)

    @property
    def mark(self) -> str:
        """Letters and digits that tell this action from all others."""
        return f"{self.name}x{self._count}"

    def run(self) -> None:
        """Act until told to stop."""
        weights = [action.weight for action in self._actions]
        while not self.target.ends.is_set():
            (action,) = self.random.choices(self._actions, weights)
            self._count += 1
            try:
                action(self)
            except (Wrong, Broken) as error:
                if isinstance(error, Broken) and self.target.killed.is_set():
                    break
                self.noted.wrong.append(f"{action.name}: {error}")
                self._connection.close()
        self._connection.close()

    def query(self, what: str, text: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a query."""
        return self.send(what, "GET", f"/sparql?query={quote(text, safe='')}", {"Accept": JSON, **(headers or {})})

    def update(self, what: str, text: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Send an update."""
        return self.send(what, "POST", "/update", {"Content-Type": "application/sparql-update", **(headers or {})}, text.encode())

    def write(self, what: str, key: Statement, *, there: bool) -> None:
        """Add a statement or take it away."""
        self.ledger.begin(key, there)
        word = "INSERT" if there else "DELETE"
        self.settle(self.update(what, f"{word} DATA {{ GRAPH <{key.graph}> {{ {key.line} }} }}"), key).expect(WRITTEN)

    def settle(self, answer: Answer, *keys: Statement | Whole) -> Answer:
        """Note in the ledger what became of a write, and return the answer to it."""
        for key in keys:
            (self.ledger.done if answer.status in WRITTEN else self.ledger.refused)(key)
        return answer

    def send(self, what: str, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        """Send a request, with the token that its method needs unless *headers* say otherwise; an empty header is left out."""
        token = self.target.tokens[self.number][method != "GET"]
        told = {"Authorization": f"Bearer {token}", **headers}
        started = time.perf_counter()
        try:
            self._connection.request(method, path, body, {name: value for name, value in told.items() if value})
            response = self._connection.getresponse()
            answer = Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
        except (OSError, HTTPException) as error:
            raise Broken(f"{type(error).__name__}: {error}") from None
        self.noted.taken.append((what, answer.status, time.perf_counter() - started))
        return answer
