"""``ropa backup``, ``ropa restore``, ``ropa compact``: keep a store safe and small."""

from __future__ import annotations

from pathlib import Path

import click

from ropa import terminal
from ropa.commands import options
from ropa.store import Place
from ropa.store.backup import restore_backup, write_backup
from ropa.store.control import compact as compact_store
from ropa.store.losses import describe_losses

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

    The history is read and checked. Where patches are missing or damaged, all else is kept, FILE must be a new one so that no backup
    that still has them is replaced, and the exit code is 1.

    \b
    Exit codes:
        0  done
        1  done, but the history is not whole
        2  refused; FILE is as it was

    \b
    Example:
        ropa backup var/ropa backup-2026-11-22.tar.gz
    """
    with terminal.progress() as told:
        made = write_backup(store, file, told)
    told_of = f"{file} holds revision {made.manifest.revision} of {store}: {made.manifest.statements} statements"
    if not made.lost:
        click.echo(f"{told_of} and their history, no tokens.", err=True)
        return
    click.echo(f"{told_of}, no tokens.", err=True)
    click.echo(
        f"ropa: Their history is not whole: {describe_losses(made.lost)}. Keep the earlier backups: what they have of it can be put back.",
        err=True,
    )
    raise SystemExit(1)


@click.command()
@_FILE
@_STORE
def restore(file: Path, store: Path) -> None:
    """Make STORE, a new or empty folder, of the backup FILE.

    Every part is compared with the manifest first; of a file that is damaged nothing is left behind. There are no tokens in a
    backup: make one with ropa token create before anybody can write over HTTP.

    \b
    Exit codes:
        0  done
        1  done, but the history in FILE is not whole
        2  refused; nothing was restored

    \b
    Example:
        ropa restore backup-2026-11-22.tar.gz var/ropa
    """
    with terminal.progress() as told:
        made = restore_backup(file, store, told)
    kept = made.manifest
    click.echo(f"{store} holds revision {kept.revision}, written to {file} on {kept.made}: {kept.statements} statements.", err=True)
    if made.lost:
        click.echo(
            f"ropa: Their history is not whole: {describe_losses(made.lost)}. Earlier backups may have it: a file of their folder history "
            f"can be put into {store / 'history'}.",
            err=True,
        )
        raise SystemExit(1)


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
