"""``ropa backup``, ``ropa restore``, ``ropa compact``: keep a store safe and small."""

from __future__ import annotations

from pathlib import Path

import click

from ropa import terminal
from ropa.commands import options
from ropa.store import Place
from ropa.store.backup import restore_backup, write_backup
from ropa.store.control import compact as compact_store

_FILE = click.argument("file", type=click.Path(path_type=Path))


def _read_folder(_context: click.Context, _argument: click.Parameter, store: Place) -> Path:
    if isinstance(store, str):
        raise click.BadParameter(f"{store} is kept by its own server: use what that has for this.")
    return store


_STORE = click.argument("store", type=options.STORE_TYPE, callback=_read_folder)


@click.command()
@_STORE
@_FILE
def backup(store: Path, file: Path) -> None:
    """Write all that STORE holds at this moment, with its history, into FILE; the store may be served meanwhile.

    FILE is a tar, packed where its name ends in .gz: statements as N-Quads, the history as RDF Patch, and a manifest with the
    SHA-256 of each. It replaces a file of that name when it is whole; only its owner may read it.

    Tokens are left out: a backup lies in many places, and nobody is to be let in by an old token when it is restored. Copy
    tokens.json by hand, or make new ones: ropa token create.

    \b
    Example:
        ropa backup var/ropa backup-2026-11-22.tar.gz
    """
    with terminal.progress() as told:
        made = write_backup(store, file, told)
    click.echo(
        f"{file} holds revision {made.revision} of {store}: {made.statements} statements and their history, no tokens.",
        err=True,
    )


@click.command()
@_FILE
@_STORE
def restore(file: Path, store: Path) -> None:
    """Make STORE, a new or empty folder, of the backup FILE.

    Every part is compared with the manifest first; of a file that is damaged nothing is left behind. There are no tokens in a
    backup: make one with ropa token create before anybody can write over HTTP.

    \b
    Example:
        ropa restore backup-2026-11-22.tar.gz var/ropa
    """
    with terminal.progress() as told:
        made = restore_backup(file, store, told)
    click.echo(f"{store} holds revision {made.revision}, written to {file} on {made.made}: {made.statements} statements.", err=True)


@click.command()
@_STORE
def compact(store: Path) -> None:
    """Write the statements of STORE anew, without what deleted ones left on the disk; prints its size before and after.

    Nothing changes before the new copy is whole, so there must be room for both. The history stays as it is. While the store is
    served, reading goes on and writes wait.

    \b
    Example:
        ropa compact var/ropa
    """
    with terminal.progress() as told:
        before, after = compact_store(store, lambda done, of: told("Writing", done, of))
    click.echo(f"{_size(before)} before, {_size(after)} after")


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB"
