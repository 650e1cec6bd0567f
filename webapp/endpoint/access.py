"""Who sends a request: the bearer of a token, or anybody.

In:  the header ``Authorization``. Out: the token, None without one; an error where it is not accepted or may not.

Only a token in a header counts, never a cookie, so no page elsewhere can write in somebody's name (RFC 6750, section 2.1).
"""

from __future__ import annotations

from contextlib import suppress

from flask import g, request
from werkzeug.exceptions import Forbidden, Unauthorized

from ropa.errors import RopaError
from ropa.store import Note
from ropa.tokens import Role, Token
from webapp.state import State, state

_BYTES_OF_A_CHARACTER = 12
"""Four of UTF-8, each written with three in a form."""
_BYTES_OF_A_FORM = 64_000
"""For the other fields of a form."""


def bearer() -> Token | None:
    """Return the token of the request, None where it shows none.

    Raises:
        Unauthorized: It shows one that is not known, expired or revoked.
    """
    if "bearer" not in g:
        given = request.headers.get("Authorization")
        if given is None:
            g.bearer = None
        else:
            found = _recognise(state(), given)
            if found is None:
                raise Unauthorized("The token is not accepted: unknown, expired or revoked.")
            g.bearer = found
    return g.bearer  # type: ignore[no-any-return]


def _recognise(told: State, given: str) -> Token | None:
    scheme, _, secret = given.partition(" ")
    return told.tokens.recognise(secret.strip()) if told.tokens is not None and scheme.lower() == "bearer" else None


def most_bytes(told: State, given: str) -> int | None:
    """Return how long the body of a request may be that brings this ``Authorization`` ("" for none); None is any length.

    Shorter ones may be too long as well: the text of a query is counted in characters, and may be sent in a form.
    """
    try:
        token = _recognise(told, given)
    except RopaError:
        # What is wrong with the file of tokens is told when the request is answered.
        token = None
    limits = told.policy.of(token.role if token else None)
    if limits.body_bytes is None or limits.query_characters is None:
        return None
    return max(limits.body_bytes, _BYTES_OF_A_CHARACTER * limits.query_characters + _BYTES_OF_A_FORM)


def role() -> Role | None:
    """Return the role of whoever asks, None for somebody without a token."""
    token = bearer()
    return None if token is None else token.role


def client() -> str:
    """Return what the requests of one client have in common: its token, else its address."""
    token = bearer()
    return f"token {token.id}" if token is not None else request.remote_addr or ""


def sign() -> Note:
    """Return the note of a write: who, by the token, and why, by the header ``Reason``.

    Raises:
        Forbidden: Writing is off, or the role may not. Unauthorized: The request shows no token.
    """
    tokens = state().tokens
    if tokens is None or not tokens.any_writer():
        raise Forbidden("Writing is off: no token may write. Make one with: ropa token create STORE --role editor")
    token = bearer()
    if token is None:
        raise Unauthorized("Writing needs a token: send Authorization: Bearer TOKEN.")
    if token.role < Role.EDITOR:
        raise Forbidden(f"A token of the role {token.role} may read and not write.")
    # A header is read as Latin-1; what people write is UTF-8 (WSGI, PEP 3333).
    reason = request.headers.get("Reason", "")
    with suppress(UnicodeError):
        reason = reason.encode("latin-1").decode("utf-8")
    return Note(token.who, " ".join(reason.split())[:1000])


def may_change_vocabulary() -> bool:
    """Tell whether whoever asks is an administrator."""
    return role() == Role.ADMIN
