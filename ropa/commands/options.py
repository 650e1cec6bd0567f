"""Arguments and options that several commands share."""

from __future__ import annotations

import getpass
import os
import re
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import click

from ropa.errors import NotFound
from ropa.files import folder
from ropa.namespaces import DEFAULT_BASE


class _StoreType(click.ParamType[Path | str]):
    """A folder, or the address of a SPARQL 1.1 endpoint."""

    name = "store"

    def convert(self, value: Path | str, param: click.Parameter | None, ctx: click.Context | None) -> Path | str:
        text = str(value)
        return text if text.startswith(("http://", "https://")) else Path(text)


STORE_TYPE = _StoreType()
STORE = click.argument("store", type=STORE_TYPE)


def _read_base(_context: click.Context, _option: click.Parameter, text: str) -> str:
    """Return a base IRI with its final slash, or refuse what is no absolute http(s) IRI without query and fragment."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment or re.search(r'[\s<>"{}|\\^`]', text):
        raise click.BadParameter(f"{text!r} is not an address such as https://ropa.example/")
    return text if text.endswith("/") else f"{text}/"


BASE = click.option("--base", default=DEFAULT_BASE, show_default=True, callback=_read_base, help="IRI that instances live under.")


def _read_day(_context: click.Context, _option: click.Parameter, text: str | None) -> date:
    if text is None:
        return date.today()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a day. Write it as 2020-07-17.") from None


DAY = click.option(
    "--as-of", "day", metavar="DATE", callback=_read_day, help="The day whose law is applied, as 2020-07-17.  [default: today]"
)


def user() -> str:
    """Return who runs the command, as the history names them: the name the system knows, else the number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def data_files() -> list[Path]:
    """Return the files of ``data/``: the shipped registers and the parties that they share."""
    return sorted(folder("data").glob("*.trig"))


def register_file(name: str) -> Path:
    """Return the file of a register given by its name or as a path."""
    path = Path(name)
    if path.suffix or path.exists():
        return path
    known = {file.stem: file for file in data_files()}
    if name not in known:
        raise NotFound("register", name, known)
    return known[name]
