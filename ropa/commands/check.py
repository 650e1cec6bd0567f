"""``ropa check``: what is missing or wrong on a day, for people, programs and build servers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import click

from ropa import findings, registers, reports, terminal
from ropa.commands import options
from ropa.findings import Engine, Run
from ropa.store import Place, open_store


@click.command()
@click.argument("files", nargs=-1, type=options.STORE_TYPE)
@click.option("--store", type=options.STORE_TYPE, help="Check the registers of this store instead of files.")
@options.BASE
@options.DAY
@click.option("--format", "form", type=click.Choice(["text", "table", *reports.FORMATS]), default="text", show_default=True)
@click.option(
    "--fail-on",
    type=click.Choice(["violation", "warning", "info", "never"]),
    default="violation",
    show_default=True,
    help="The mildest severity that makes the exit code 1.",
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path),
    help="Findings in this file, made by --format json or sarif, do not fail the check.",
)
@click.option(
    "--engine",
    type=click.Choice(["queries", "pyshacl"]),
    default="queries",
    show_default=True,
    help="pyshacl is the reference: slow, same findings.",
)
def check(
    *, files: tuple[Path, ...], store: Place | None, base: str, day: date, form: str, fail_on: str, baseline: Path | None, engine: Engine
) -> None:
    """Say what is missing or wrong in registers, worst first, each with article, reason, evidence and fix.

    Without FILES and --store: the registers of data/. Findings that are waived in the register or known from the baseline are
    told but do not fail the check. "table" counts findings by register and severity.

    \b
    Exit codes:
        0  no finding as bad as --fail-on says
        1  at least one
        2  something cannot be read

    \b
    Examples:
        ropa check data/aculab.trig --as-of 2020-07-17
        ropa check data/*.trig --format sarif --baseline known.json > findings.sarif
    """
    known = None if baseline is None else reports.read_baseline(baseline)
    run = replace(_check(files, store, base, day, engine), known=known, fails_on="" if fail_on == "never" else fail_on.capitalize())
    if form == "text":
        for finding in run.found:
            click.echo(terminal.finding_text(finding))
        click.echo(terminal.summarise(run), err=True)
    else:
        click.echo(terminal.tabulate(run) if form == "table" else reports.FORMATS[form](run), nl=form == "table")
    raise SystemExit(int(run.failed))


def _check(files: Sequence[Path], store: Place | None, base: str, day: date, engine: Engine) -> Run:
    if files and store:
        raise click.UsageError("Give files or --store, not both.")
    if store is None:
        return registers.check_files(list(files) or options.data_files(), base, day, engine)
    with open_store(store) as opened:
        slugs = [register.slug for register in registers.list_registers(opened)]
        return Run(findings.check_store(opened, slugs, day, engine), day, slugs, opened.base)
