"""Who we are to a remote engine: told by the environment alone, so that no password stands in an address, a log or a history.

In:  the environment, and what a server asks for. Out: the value of an ``Authorization`` header.

Source: RFC 6750 (Bearer), RFC 7617 (Basic), RFC 7616 (Digest).
"""

from __future__ import annotations

import hashlib
import os
import secrets
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Protocol
from urllib.request import parse_http_list, parse_keqv_list

from ropa.errors import StoreProblem

_HASHES = {"md5": hashlib.md5, "sha-256": hashlib.sha256}


@dataclass(frozen=True)
class Credentials:
    """A token, or a name and a password; without either we are nobody."""

    token: str = field(default="", repr=False)
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Credentials:
        """Read ``ROPA_REMOTE_TOKEN``, or ``ROPA_REMOTE_USER`` and ``ROPA_REMOTE_PASSWORD``.

        Raises:
            StoreProblem: Both are given, or one that no header can carry.
        """
        found = cls(*(environment.get(f"ROPA_REMOTE_{name}", "") for name in ("TOKEN", "USER", "PASSWORD")))
        if found.token and found.user:
            raise StoreProblem("ROPA_REMOTE_TOKEN and ROPA_REMOTE_USER are both set. Leave one of them out.")
        if any(ord(character) < 32 for character in found.token + found.user + found.password):
            raise StoreProblem("ROPA_REMOTE_TOKEN, ROPA_REMOTE_USER or ROPA_REMOTE_PASSWORD holds a line break. Take it out.")
        return found

    def __bool__(self) -> bool:
        """Whether we are somebody."""
        return bool(self.token or self.user)

    @property
    def header(self) -> str:
        """The value for a token, or for name and password in the open; "" for nobody."""
        if self.token:
            return f"Bearer {self.token}"
        return f"Basic {b64encode(f'{self.user}:{self.password}'.encode()).decode()}" if self.user else ""


class Login(Protocol):
    """Says in each request who we are."""

    def header(self, method: str, target: str) -> str:
        """Return the value for one request; *target* is its path with the query string."""


class Plain:
    """Says the same in all requests: a token, or name and password as they are."""

    def __init__(self, credentials: Credentials) -> None:
        self._value = credentials.header

    def header(self, method: str, target: str) -> str:
        """See :class:`Login`."""
        return self._value


def answer_challenge(credentials: Credentials, challenge: str) -> Login:
    """Return the login that a server asks for in its ``WWW-Authenticate`` header."""
    return Digest(credentials, challenge) if challenge.lower().startswith("digest ") else Plain(credentials)


class Digest:
    """Answers the challenge of a server that asks for Digest, for any number of requests.

    Args:
        challenge: The value of its ``WWW-Authenticate`` header.

    Raises:
        StoreProblem: It asks for something that is not known here.
    """

    def __init__(self, credentials: Credentials, challenge: str) -> None:
        self._credentials = credentials
        self._asked = parse_keqv_list(parse_http_list(challenge.partition(" ")[2]))
        self._algorithm = self._asked.get("algorithm", "MD5")
        offered = [word.strip() for word in self._asked.get("qop", "").split(",") if word.strip()]
        self._quality = "auth" if "auth" in offered else ""
        if self._algorithm.lower() not in _HASHES or (offered and not self._quality):
            raise StoreProblem(f"The engine asks for a login of a kind that is not known here: Digest {self._algorithm} {offered}.")
        self._count = 0
        self._lock = Lock()

    def header(self, method: str, target: str) -> str:
        """See :class:`Login`."""
        with self._lock:
            self._count += 1
            count = f"{self._count:08x}"
        user, realm, nonce = self._credentials.user, self._asked.get("realm", ""), self._asked.get("nonce", "")
        ours = secrets.token_hex(8)
        middle = (nonce, count, ours, self._quality) if self._quality else (nonce,)
        response = self._hash(self._hash(user, realm, self._credentials.password), *middle, self._hash(method, target))
        told = {"username": user, "realm": realm, "nonce": nonce, "uri": target, "response": response}
        told |= {name: self._asked[name] for name in ("opaque",) if name in self._asked} | ({"cnonce": ours} if self._quality else {})
        quoted = ", ".join(f'{name}="{_quote(value)}"' for name, value in told.items())
        return f"Digest {quoted}, algorithm={self._algorithm}" + (f", qop={self._quality}, nc={count}" if self._quality else "")

    def _hash(self, *parts: str) -> str:
        return _HASHES[self._algorithm.lower()](":".join(parts).encode(), usedforsecurity=False).hexdigest()


def _quote(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
