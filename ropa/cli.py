"""The command ``ropa``: parse, call one function of the library, print.

Data go to standard output, everything else to standard error.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import click
from pyoxigraph import QueryBoolean, QueryTriples, RdfFormat

import ropa
from ropa import questions, registers, sparql, terminal
from ropa.allocation import keep_memory_together
from ropa.commands import options
from ropa.commands.attach import attach
from ropa.commands.check import check
from ropa.commands.evidence import check_evidence, cite
from ropa.commands.export import export
from ropa.commands.history import history
from ropa.commands.infer import infer
from ropa.commands.keep import backup, compact, restore
from ropa.commands.token import token
from ropa.errors import RopaError
from ropa.limits import DEFAULTS, read_limits
from ropa.namespaces import DEFAULT_BASE
from ropa.store import Place, open_store, require_store

DEFAULT_STORE = Path("var/ropa")


class _Commands(click.Group):
    """Turns the library's errors into one sentence and exit code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (RopaError, OSError, UnicodeDecodeError) as error:
            click.echo(f"ropa: {error}", err=True)
            ctx.exit(2)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(ropa.__version__, prog_name="ropa")
def cli() -> None:
    """Keep records of processing activities (GDPR Article 30) as a graph, ask them questions, find what is missing.

    Exit codes: 0 done, 1 violations found (check, evidence), 2 refused or unreadable, with one sentence on standard error.
    """


@cli.command()
@options.STORE
@click.option("--empty", is_flag=True, help="Only the ontology and the law, no registers.")
@options.BASE
def init(store: Place, empty: bool, base: str) -> None:
    """Make a new store in the folder STORE, with the registers of data/ unless --empty.

    \b
    Example:
        ropa init var/ropa
    """
    click.echo(f"Making {store} …", err=True)
    _report_made(store, registers.make_store(store, base, with_registers=not empty, who=options.user()))


@cli.command()
@options.STORE
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def load(store: Place, files: tuple[Path, ...]) -> None:
    """Put registers from FILES into STORE: read, judged, then written; all of it or nothing.

    A register that is there already is replaced. Kinds of files: .ttl .trig .nt .nq .rdf .jsonld

    \b
    Example:
        ropa load var/ropa data/aculab.trig
    """
    with open_store(store) as opened:
        graphs = registers.load_files(opened, files, options.user())
    click.echo(f"Loaded {', '.join(graphs)}.", err=True)


@cli.command()
@options.STORE
@click.argument("question", required=False)
@click.argument("parameters", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--format", "form", type=click.Choice(["table", *questions.FORMATS]), default="table", show_default=True)
def ask(store: Place, question: str | None, parameters: tuple[str, ...], form: str) -> None:
    """Ask STORE one QUESTION of the catalogue; without QUESTION list them all.

    \b
    Example:
        ropa ask var/ropa what-a-recipient-gets recipient=id/party/mailchimp
    """
    catalogue = questions.catalogue()
    if question is None:
        require_store(store)
        terminal.list_questions(catalogue)
        return
    chosen = catalogue[question]
    given = dict(_pair(text) for text in parameters)
    with attach(store, questions.Catalogue({question: chosen})) as opened:
        if form == "table":
            answer = chosen.ask(opened, given)
            terminal.print_table(chosen.question, answer.columns, answer.rows, opened)
        else:
            click.echo(chosen.write(opened, given, form), nl=False)


@cli.command()
@options.STORE
@click.argument("text", required=False, metavar="[SPARQL]")
@click.option("-f", "--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Read the query from a file.")
@click.option(
    "--format", "form", type=click.Choice(["table", "ttl", "nt", *questions.FORMATS]), help="Default: table, or ttl for CONSTRUCT."
)
def query(store: Place, text: str | None, file: Path | None, form: str | None) -> None:
    """Evaluate a SPARQL query over all graphs of STORE.

    \b
    Example:
        ropa query var/ropa 'SELECT ?r WHERE { ?r a <https://w3id.org/dpv#ROPA> }'
    """
    if (text is None) == (file is None):
        raise click.UsageError("Give the query as an argument or with --file, not both.")
    text = file.read_text("utf-8") if file else text or ""
    asked = sparql.read(text).form
    offered = ["ttl", "nt"] if asked in ("CONSTRUCT", "DESCRIBE") else ["table", *questions.FORMATS]
    chosen = form or offered[0]
    if chosen not in offered:
        raise click.UsageError(f"The answer to {asked} comes as {', '.join(offered)}, not as {chosen}.")
    with open_store(store) as opened:
        answer = opened.query(text)
        if isinstance(answer, QueryTriples):
            click.echo(answer.serialize(format=RdfFormat.N_TRIPLES if chosen == "nt" else RdfFormat.TURTLE), nl=False)
        elif chosen != "table":
            click.echo(answer.serialize(format=questions.FORMATS[chosen]), nl=False)
        elif isinstance(answer, QueryBoolean):
            click.echo("yes" if answer else "no")
        else:
            terminal.print_table(asked, [variable.value for variable in answer.variables], [tuple(row) for row in answer], opened)


@cli.command()
@click.argument("store", required=False, type=options.STORE_TYPE)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65535))
@click.option("--sources", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder of the source documents.")
@click.option(
    "--memory",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Keep copies in memory to read from, for pages and for queries, each 340 MB a million statements; auto does up to two million.",
)
@click.option("--limits", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="TOML file of what each role may take.")
@click.option("--tokens", envvar="ROPA_TOKENS", type=click.Path(dir_okay=False, path_type=Path), help="File of tokens of a remote STORE.")
@click.option("--allow", multiple=True, metavar="URL", help="Address that SERVICE and LOAD may name; may be given several times.")
@click.option("--proxy", default="", metavar="ADDRESS", help="TLS proxy in front, whose X-Forwarded headers are believed.")
@click.option("--log", type=click.Choice(["text", "json", "none"]), default="text", show_default=True, help="Requests on standard error.")
def serve(
    *,
    store: Place | None,
    host: str,
    port: int,
    sources: Path | None,
    memory: str,
    limits: Path | None,
    tokens: Path | None,
    allow: tuple[str, ...],
    proxy: str,
    log: Literal["text", "json", "none"],
) -> None:
    """Serve the web application over STORE (default: var/ropa, made on first start).

    STORE is a folder, or the address of a SPARQL 1.1 endpoint. Reading is open; writing needs a token (ropa token create).
    With --sources, a reader sees each phrase in its text, and the text with all statements that rest on it.

    \b
    Example:
        ropa serve --port 8081 --sources ~/policies
    """
    from webapp.serving.server import Serving, run

    keep_memory_together()
    place = store or DEFAULT_STORE
    if store is None and not DEFAULT_STORE.exists():
        click.echo(f"Making {place} …", err=True)
        _report_made(place, registers.make_store(place, DEFAULT_BASE, with_registers=True, who=options.user()))
    told = read_limits(limits) if limits else DEFAULTS
    kept = place / "tokens.json" if isinstance(place, Path) else tokens
    with attach(place, questions.catalogue(), in_memory={"auto": None, "always": True, "never": False}[memory]) as opened:
        run(opened, Serving(host, port, sources, kept, told, allow, proxy, log))


def _report_made(place: Place, slugs: Sequence[str]) -> None:
    click.echo(f"{place} holds {', '.join(slugs) or 'no register yet'}.", err=True)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"{text!r}: write a parameter as NAME=VALUE.")
    return name, value


for _command in (check, check_evidence, cite, export, infer, token, backup, restore, compact, history):
    cli.add_command(_command)


if __name__ == "__main__":
    cli()
