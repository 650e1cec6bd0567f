"""The process that owns a store, asked by another one: a socket in the store's folder, one JSON line in, one JSON line out.

In:  an open store. Out: what ``ropa backup``, ``ropa compact`` and ``ropa history --verify`` need while the store is served.

Only the user who runs the owner, and root, can connect: the socket has mode 0600. Requests: {"do": "copy", "as": NAME} makes a
folder in the store's with a copy of the engine, which lasts as long as the connection; {"do": "compact"}; {"do": "tell"}.
"""

from __future__ import annotations

import json
import logging
import re
import shutil
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from socketserver import StreamRequestHandler, ThreadingMixIn, UnixStreamServer
from tempfile import TemporaryDirectory
from threading import Thread
from types import TracebackType
from typing import Any, Self, cast

import pyoxigraph as ox

from ropa.errors import RopaError, StoreProblem
from ropa.store.embedded import EmbeddedStore
from ropa.store.folder import COPY, require_store
from ropa.store.journal import Told
from ropa.store.patches import Patches

_SOCKET = "control.sock"
_LONGEST = 100
"""Bytes of a socket's path; the system takes 103 to 107."""
_NAME = re.compile(f"{COPY}[0-9a-f]{{16}}")
_LINE = 1 << 16
_PATIENCE = 30.0
"""Seconds that somebody who connects has to say what for."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Snapshot:
    """A store as it was at one moment.

    Attributes:
        engine: For reading only. patches: The history; what follows *revision* does not belong to it.
    """

    engine: ox.Store
    patches: Patches
    base: str
    revision: int


class Control:
    """Listens for other processes while a context is open, in a thread of its own.

    Where the folder's file system has no sockets the store works all the same; the log says so.
    """

    def __init__(self, store: EmbeddedStore) -> None:
        self._store = store
        self._server: _Server | None = None

    def __enter__(self) -> Self:
        folder = self._store.folder
        if folder is None:
            return self
        try:
            # Who owns the store owns the socket; one that is there was left by a process that was killed.
            (folder / _SOCKET).unlink(missing_ok=True)
            with _short(folder) as place:
                self._server = _Server(str(place / _SOCKET), self._store)
        except OSError as error:
            _log.warning("%s: no backup is possible while this process runs: %s", folder / _SOCKET, error)
            return self
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, name="control", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            (cast(Path, self._store.folder) / _SOCKET).unlink(missing_ok=True)


@contextmanager
def snapshot(folder: Path) -> Iterator[Snapshot]:
    """Give what a store holds at this moment, from its owner if there is one that listens; else own it meanwhile.

    Raises:
        StoreProblem: It is no store, or its owner does not listen. NoSpace: The disk has no room for a copy.
    """
    require_store(folder)
    # The owner may see the folder under another path, in a container say.
    copy = folder / f"{COPY}{token_hex(8)}"
    with ExitStack() as stack:
        connection = _connect(folder, stack)
        if connection is None:
            told = _copy(stack.enter_context(EmbeddedStore.open(folder)), copy)
        else:
            told = _ask(connection, {"do": "copy", "as": copy.name}, folder)
        stack.callback(shutil.rmtree, copy, ignore_errors=True)
        yield Snapshot(ox.Store.read_only(str(copy)), Patches(folder / "history", told["revision"]), told["base"], told["revision"])


def compact(folder: Path, told: Told = lambda done, of: None) -> tuple[int, int]:
    """Compact a store, by its owner if there is one that listens; see :meth:`ropa.store.journal.Journal.compact`."""
    require_store(folder)
    with ExitStack() as stack:
        connection = _connect(folder, stack)
        if connection is None:
            return stack.enter_context(EmbeddedStore.open(folder)).compact(told)
        sizes = _ask(connection, {"do": "compact"}, folder)
        return sizes["before"], sizes["after"]


def ask_revision(folder: Path) -> int | None:
    """Return the revision that the owner of a store is at; None where nobody listens, or answers this user."""
    with ExitStack() as stack, suppress(StoreProblem, OSError):
        connection = _connect(folder, stack)
        if connection is not None:
            connection.settimeout(_PATIENCE)
            return int(_ask(connection, {"do": "tell"}, folder)["revision"])
    return None


class _Server(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True

    def __init__(self, address: str, store: EmbeddedStore) -> None:
        self.store = store
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        super().server_bind()
        # Nobody can connect before it listens, which comes next.
        Path(cast(str, self.server_address)).chmod(0o600)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Whoever asked is gone.
        _log.info("control: a connection broke", exc_info=True)


class _Handler(StreamRequestHandler):
    server: _Server
    timeout = _PATIENCE

    def handle(self) -> None:
        line = self.rfile.readline(_LINE)
        try:
            request = json.loads(line)
            wanted, name = request["do"], str(request.get("as", ""))
        except (ValueError, KeyError, TypeError, AttributeError):
            self._answer({"error": "This is no request."})
            return
        store = self.server.store
        try:
            if wanted == "copy" and _NAME.fullmatch(name):
                self._lend(store, cast(Path, store.folder) / name)
            elif wanted == "compact":
                before, after = store.compact()
                self._answer({"before": before, "after": after})
            elif wanted == "tell":
                self._answer({"revision": store.revision})
            else:
                self._answer({"error": "Nobody here knows how to do this."})
        except RopaError as error:
            self._answer({"error": str(error)})

    def _lend(self, store: EmbeddedStore, into: Path) -> None:
        told = _copy(store, into)
        try:
            self._answer(told)
            # However the other process ends, its connection ends with it.
            self.connection.settimeout(None)
            self.rfile.read(1)
        finally:
            shutil.rmtree(into, ignore_errors=True)

    def _answer(self, told: dict[str, Any]) -> None:
        self.wfile.write(json.dumps(told).encode() + b"\n")


def _copy(store: EmbeddedStore, into: Path) -> dict[str, Any]:
    return {"base": store.base, "revision": store.checkpoint(into)}


def _connect(folder: Path, stack: ExitStack) -> socket.socket | None:
    """Connect to a store's owner; None where nobody listens."""
    connection = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
    with _short(folder) as place:
        try:
            connection.connect(str(place / _SOCKET))
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        except PermissionError:
            raise StoreProblem(f"{folder} is held by a process of another user. Run this command as that user.") from None
    return connection


def _ask(connection: socket.socket, request: dict[str, str], folder: Path) -> dict[str, Any]:
    try:
        connection.sendall(json.dumps(request).encode() + b"\n")
        with connection.makefile("rb") as answers:
            told: dict[str, Any] = json.loads(answers.readline(_LINE))
    except (OSError, ValueError):
        raise StoreProblem(f"The process that holds {folder} ended. Try again.") from None
    if "error" in told:
        raise StoreProblem(told["error"])
    return told


@contextmanager
def _short(folder: Path) -> Iterator[Path]:
    """Give a path of the folder that is short enough for a socket in it."""
    if len(str(folder / _SOCKET).encode()) <= _LONGEST:
        yield folder
        return
    with TemporaryDirectory(prefix="ropa-") as private:
        link = Path(private) / "s"
        link.symlink_to(folder.resolve())
        yield link
