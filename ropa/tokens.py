"""Who may do what over HTTP: secrets that a program or a person shows with each request, and the role of each.

In:  the file of a store's tokens. Out: a :class:`Token` for a secret that is known, lives and was not revoked.

The file holds a digest of each secret, never the secret. Commands write it while a server reads it.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import Any

from ropa.errors import BadParameter, NoSpace, NotFound, StoreProblem
from ropa.store import Place, require_store

__all__ = ["Role", "Token", "Tokens", "locate"]

LAYOUT = 1
"""Version of the file's layout."""

# Recognised by people and by programs that look for secrets where none should be; the id is no secret, it stands in lists and logs.
_TOKEN = re.compile(r"ropa_([0-9a-f]{8})_([0-9a-f]{64})")
_NOBODY = "0" * 64
_LONGEST_NAME = 100

_Kept = Mapping[str, tuple["Token", str]]
_Stamp = tuple[int, int, int]


class Role(StrEnum):
    """What the bearer of a token may do; each role may all that those below it may."""

    READER = "reader"
    """Ask, within wider limits than somebody without a token."""
    EDITOR = "editor"
    """Write what keeps the registers well formed."""
    ADMIN = "admin"
    """Also what touches the store as a whole."""

    @property
    def _rank(self) -> int:
        return list(Role).index(self)

    # A string compares by its letters; a role by its rank.
    def __lt__(self, other: str) -> bool:
        return self._rank < Role(other)._rank

    def __le__(self, other: str) -> bool:
        return self._rank <= Role(other)._rank

    def __gt__(self, other: str) -> bool:
        return self._rank > Role(other)._rank

    def __ge__(self, other: str) -> bool:
        return self._rank >= Role(other)._rank


@dataclass(frozen=True)
class Token:
    """What is known of a token; its secret is not.

    Attributes:
        id: Eight characters, unique in the file and part of the token's text.
        name: Who or what bears it, in the words of whoever made it; may be empty.
        created, revoked: UTC, to the second.
        expires: The last day on which it is accepted, until midnight UTC; None for no end.
    """

    id: str
    name: str
    role: Role
    created: datetime
    expires: date | None = None
    revoked: datetime | None = None

    def state(self, now: datetime | None = None) -> str:
        """Return ``live``, ``expired`` or ``revoked``, at *now* (with its time zone) or at present."""
        if self.revoked is not None:
            return "revoked"
        today = (now or datetime.now(UTC)).astimezone(UTC).date()
        return "expired" if self.expires is not None and self.expires < today else "live"

    @property
    def who(self) -> str:
        """Its bearer, as the history names him."""
        return f"{self.name} (token {self.id})" if self.name else f"token {self.id}"


def locate(store: Place, named: Path | None = None) -> Path:
    """Return the file of a store's tokens.

    Args:
        store: A folder has the file inside; a remote engine has none.
        named: The file for a remote engine; a folder does not ask for it.

    Raises:
        StoreProblem: The folder is no store. BadParameter: A remote engine, and no file is named.
    """
    if isinstance(store, Path):
        require_store(store)
        return store / "tokens.json"
    if named is None:
        raise BadParameter(f"{store} keeps no tokens. Name a file for them: --tokens FILE, or the environment variable ROPA_TOKENS.")
    return named


class Tokens:
    """The tokens in one file; any number of threads and processes may use it at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reading = Lock()
        self._known: tuple[_Stamp | None, _Kept] = (None, {})

    def create(self, role: Role, name: str = "", expires: date | None = None) -> str:
        """Make a token and return its text, which nobody can read from the file afterwards.

        Args:
            expires: The last day on which it is accepted, until midnight UTC; None for no end.

        Raises:
            BadParameter: The day is over, or the name is long or has control characters.
            StoreProblem: The file is damaged. NoSpace: The disk is full; the file is as it was.
        """
        now = datetime.now(UTC).replace(microsecond=0)
        if expires is not None and expires < now.date():
            raise BadParameter(f"{expires} is over: such a token would never be accepted. Give today, {now.date()} UTC, or a later day.")
        if len(name) > _LONGEST_NAME or not name.isprintable():
            raise BadParameter(f"A name has up to {_LONGEST_NAME} characters and stands on one line.")
        secret = secrets.token_hex(32)
        with self._writing() as kept:
            id = secrets.token_hex(4)
            while id in kept:
                id = secrets.token_hex(4)
            kept[id] = Token(id, name, role, now, expires), _digest(secret)
        return f"ropa_{id}_{secret}"

    def list(self) -> Sequence[Token]:
        """Return all tokens, the oldest first, also those that are no longer accepted.

        Raises:
            StoreProblem: The file is damaged.
        """
        return [token for token, _ in self._read().values()]

    def revoke(self, id: str) -> Token:
        """Accept a token no more, from the next request on; one that is revoked already stays so.

        Raises:
            NotFound: There is none with this id. StoreProblem: The file is damaged. NoSpace: See :meth:`create`.
        """
        with self._writing() as kept:
            if id not in kept:
                raise NotFound("token", id, kept)
            token, digest = kept[id]
            if token.revoked is None:
                token = replace(token, revoked=datetime.now(UTC).replace(microsecond=0))
                kept[id] = token, digest
        return token

    def recognise(self, text: str, now: datetime | None = None) -> Token | None:
        """Return the token with this text, None where it is unknown, revoked or over; any text may be asked about.

        Raises:
            StoreProblem: The file is damaged.
        """
        parts = _TOKEN.fullmatch(text)
        if parts is None:
            return None
        id, secret = parts.groups()
        token, digest = self._read().get(id, (None, _NOBODY))
        same = hmac.compare_digest(_digest(secret), digest)
        return token if same and token is not None and token.state(now) == "live" else None

    def any_writer(self, now: datetime | None = None) -> bool:
        """Tell whether any token that may write is accepted."""
        return any(token.role >= Role.EDITOR and token.state(now) == "live" for token, _ in self._read().values())

    def _read(self) -> _Kept:
        """Return what the file holds; it is read only when it has changed."""
        stamp, kept = self._known
        try:
            if stamp is not None and stamp == _stamp(os.stat(self.path)):
                return kept
            with self._reading, self.path.open(encoding="utf-8") as file:
                # Taken from the open file: another one may have that name by now.
                stamp = _stamp(os.fstat(file.fileno()))
                if stamp != self._known[0]:
                    self._known = stamp, _parse(file.read())
                return self._known[1]
        except FileNotFoundError:
            return {}
        except PermissionError:
            raise StoreProblem(f"{self.path} belongs to somebody else. Run this as the owner of the store, or as root.") from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise StoreProblem(
                f"{self.path} cannot be read: it is damaged, or of a newer version. No token is accepted meanwhile. "
                "Restore the file from a backup, or remove it and make new tokens; the old ones end with it."
            ) from None

    @contextmanager
    def _writing(self) -> Iterator[dict[str, tuple[Token, str]]]:
        """Give what the file holds, to be changed, and write it whole; other writers wait meanwhile."""
        lock = _open_private(self.path.with_name(f"{self.path.name}.lock"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            kept = dict(self._read())
            yield kept
            _write(self.path, kept)
        finally:
            os.close(lock)


def _digest(secret: str) -> str:
    # A slow hash protects what people think up. This secret is 256 random bits: nobody tries them all, however fast the hash is,
    # and each request pays for it.
    return hashlib.sha256(secret.encode("ascii")).hexdigest()


def _stamp(status: os.stat_result) -> _Stamp:
    return status.st_mtime_ns, status.st_size, status.st_ino


def _parse(text: str) -> _Kept:
    """Read the file; raises whatever a text that is not ours raises."""
    told = json.loads(text)
    if told["layout"] != LAYOUT:
        raise ValueError(told["layout"])
    return {one["id"]: _parse_token(one) for one in told["tokens"]}


def _parse_token(told: Mapping[str, Any]) -> tuple[Token, str]:
    expires, revoked = told["expires"], told["revoked"]
    token = Token(
        id=told["id"],
        name=told["name"],
        role=Role(told["role"]),
        created=datetime.fromisoformat(told["created"]),
        expires=None if expires is None else date.fromisoformat(expires),
        revoked=None if revoked is None else datetime.fromisoformat(revoked),
    )
    if not _TOKEN.fullmatch(f"ropa_{token.id}_{told['sha256']}"):
        raise ValueError(token.id)
    return token, told["sha256"]


def _write(path: Path, kept: _Kept) -> None:
    """Put a new file in the place of the old one; a reader sees the one or the other, also after the power was cut."""
    listed = [
        {
            "id": token.id,
            "name": token.name,
            "role": token.role.value,
            "created": token.created.isoformat(),
            "expires": token.expires.isoformat() if token.expires else None,
            "revoked": token.revoked.isoformat() if token.revoked else None,
            "sha256": digest,
        }
        for token, digest in kept.values()
    ]
    draft = path.with_name(f"{path.name}.new")
    # One may be left from a command that was killed; nobody else has one, we hold the lock.
    draft.unlink(missing_ok=True)
    try:
        with open(_open_private(draft), "w", encoding="utf-8") as file:
            json.dump({"layout": LAYOUT, "tokens": listed}, file, indent=1, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoSpace(f"The disk has no room for {path}; it is as it was. Make room and try again.") from None
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _open_private(path: Path) -> int:
    """Open a file for writing that only its owner may read, making it if need be."""
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        opened = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return os.open(path, flags)
    if os.geteuid() == 0:
        # An administrator makes tokens for a service that runs as somebody else and must be able to read them.
        owner = os.stat(path.parent)
        os.fchown(opened, owner.st_uid, owner.st_gid)
    return opened
