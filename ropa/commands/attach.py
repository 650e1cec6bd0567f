"""Open a store for a command; an engine elsewhere is examined first, and asked nothing that it does not answer truly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ropa.questions import Catalogue
from ropa.store import Place, QuadStore, open_store

if TYPE_CHECKING:
    from ropa.store.remote import RemoteStore


@contextmanager
def attach(place: Place, asked: Catalogue, *, in_memory: bool | None = False) -> Iterator[QuadStore]:
    """Open a store; what was found out about an engine elsewhere goes to standard error.

    Args:
        asked: The questions that may be asked of it.
        in_memory: See :func:`ropa.store.open_store`.

    Raises:
        StoreProblem: See :func:`ropa.store.open_store`.
    """
    if isinstance(place, Path):
        with open_store(place, in_memory=in_memory) as store:
            yield store
        return
    from ropa.store.remote import open_remote

    with open_remote(place) as remote:
        _examine(remote, place, asked)
        yield remote


def _examine(store: RemoteStore, place: str, asked: Catalogue) -> None:
    from ropa.store.remote.selftest import examine

    click.echo(f"Examining {place}: the same {len(asked)} questions there and here …", err=True)
    verdict = store.verdict = examine(store, asked)
    click.echo(f"It answers {len(asked) - len(verdict.doubts)} of {len(asked)} truly, on {verdict.statements} statements.", err=True)
    for name, reason in verdict.doubts.items():
        click.echo(f"  refused: {name}: {reason}", err=True)
    if verdict.row_limit is not None:
        click.echo(f"  It cuts answers off at {verdict.row_limit} rows without a word; an answer of that length is refused.", err=True)
    if verdict.changed:
        click.echo(f"  It gives back as something else: {', '.join(verdict.changed)}.", err=True)
