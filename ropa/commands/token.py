"""``ropa token``: who may write, or ask more than others, over HTTP."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import click
from click.core import ParameterSource
from rich.console import Console
from rich.table import Table

from ropa.commands import options
from ropa.store import Place
from ropa.tokens import Role, Tokens, locate


def _find_tokens(context: click.Context, _option: click.Parameter, named: Path | None) -> Path | None:
    """Refuse a file of tokens for a store that has its own; one from the environment is for other stores."""
    store = context.params.get("store")
    if named is not None and context.get_parameter_source("named") is ParameterSource.COMMANDLINE and isinstance(store, Path):
        raise click.BadParameter(f"{store} keeps its own tokens; the option is for a remote engine.")
    return named


def _read_expiry(_context: click.Context, _option: click.Parameter, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a day. Write it as 2027-12-31.") from None


_STORE = click.argument("store", type=options.STORE_TYPE, is_eager=True)
_TOKENS = click.option(
    "--tokens",
    "named",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="ROPA_TOKENS",
    show_envvar=True,
    callback=_find_tokens,
    help="File of the tokens, where STORE is a remote engine.",
)


@click.group()
def token() -> None:
    """Make, list and revoke the tokens that let programs and people write over HTTP.

    A request shows its token as "Authorization: Bearer TOKEN". While no token may write, nothing can be written over HTTP.
    A running server knows of a new or revoked token with the next request.

    STORE is a folder, which keeps its own tokens, or the address of a remote engine; then name a file with --tokens or ROPA_TOKENS.

    \b
    Example:
        ropa token create var/ropa --role editor --name Alice
    """


@token.command()
@_STORE
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    required=True,
    help="reader asks within wider limits, editor also writes, admin also does what touches the whole store.",
)
@click.option("--expires", metavar="DATE", callback=_read_expiry, help="Last day, as 2027-12-31, to its end in UTC.  [default: never]")
@click.option("--name", default="", help="Who bears it, for the list and the history.")
@_TOKENS
def create(*, store: Place, role: str, expires: date | None, name: str, named: Path | None) -> None:
    """Make a token for STORE and print it, alone, on standard output.

    It is shown this once: the store keeps a digest of it.

    \b
    Example:
        ropa token create var/ropa --role editor --name "payroll import" --expires 2027-12-31
    """
    text = Tokens(locate(store, named)).create(Role(role), name, expires)
    until = f"until the end of {expires} UTC" if expires else "until it is revoked"
    click.echo(f"Token {text.split('_')[1]}, {role}, {until}. It is not shown again:", err=True)
    click.echo(text)


@token.command(name="list")
@_STORE
@_TOKENS
def list_tokens(*, store: Place, named: Path | None) -> None:
    """List the tokens of STORE, the oldest first: what is known of each, never the token.

    \b
    Example:
        ropa token list var/ropa
    """
    found = Tokens(locate(store, named)).list()
    table = Table()
    for column in ("id", "name", "role", "created", "expires", "state"):
        table.add_column(column, overflow="fold")
    for one in found:
        created, expires = f"{one.created:%Y-%m-%d %H:%M}Z", one.expires.isoformat() if one.expires else "never"
        table.add_row(one.id, one.name, one.role.value, created, expires, one.state())
    Console(width=None if sys.stdout.isatty() else 200, highlight=False, markup=False).print(table)
    click.echo(f"{len(found)} tokens, {sum(one.state() == 'live' for one in found)} live.", err=True)


@token.command()
@_STORE
@click.argument("id")
@_TOKENS
def revoke(*, store: Place, id: str, named: Path | None) -> None:
    """Accept the token ID of STORE no more, from the next request on.

    \b
    Example:
        ropa token revoke var/ropa 3f9c01ab
    """
    revoked = Tokens(locate(store, named)).revoke(id)
    click.echo(f"{revoked.who} is revoked.", err=True)
