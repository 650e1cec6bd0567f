"""``ropa export``: one register in any form, and how much of an authority's form it answers."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from ropa import exchange, terminal
from ropa.commands import options
from ropa.exchange import handover
from ropa.store import Place, QuadStore, open_store

_FORMS = [*exchange.FORMATS, *handover.NAMES]
_TEMPLATES = [template.name for template in handover.listed()]
_BINARY = {*_TEMPLATES, "pdf", "zip"}


@click.command()
@options.STORE
@click.argument("register")
@click.option("--format", "form", type=click.Choice(_FORMS))
@click.option("--template", type=click.Choice(_TEMPLATES), help="The form that csv fills.  [default: the first that applies]")
@options.DAY
@click.option("--coverage", is_flag=True, help="Print how much of each field of the forms the register answers, instead of a file.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file instead of standard output.")
def export(*, store: Place, register: str, form: str | None, template: str | None, day: date, coverage: bool, output: Path | None) -> None:
    """Write one REGISTER of STORE with its evidence.

    turtle, jsonld, trig and nquads are RDF. ico-controller, ico-processor and cnil are workbooks (XLSX) with the fields of that
    authority's form, the evidence, the findings for the day of --as-of and how much is answered; csv is the same form as CSV;
    pdf is the record as a document (needs the extra "pdf"); zip is all of it with checksums. The same revision and day give the
    same bytes.

    \b
    Exit codes:
        0  written
        2  no such register, or what the format needs is not installed, with one sentence on standard error

    \b
    Examples:
        ropa export var/ropa aculab --format turtle -o aculab.ttl
        ropa export var/ropa aculab --format ico-controller --as-of 2026-11-22 -o aculab.xlsx
        ropa export var/ropa aculab --format cnil --coverage
    """
    if coverage:
        with open_store(store) as opened:
            told = handover.cover(opened, register)
        chosen = [one for one in told if one.template.name in (form, template)] or told
        click.echo("\n\n".join(terminal.coverage_text(one) for one in chosen))
        return
    if form is None:
        raise click.UsageError(f"Give --format ({', '.join(_FORMS)}), or --coverage.")
    if template is not None and form != "csv":
        raise click.UsageError(f"--template goes with --format csv; {form} needs none.")
    if output is None and form in _BINARY and sys.stdout.isatty():
        raise click.UsageError(f"{form} is no text for a terminal. Give a file: -o {register}.{_ending(form)}")
    with open_store(store) as opened:
        data = _write(opened, register, form, template or "", day)
        told = handover.cover(opened, register) if form in _TEMPLATES else []
    for line in _summaries(told, form):
        click.echo(line, err=True)
    if output is None:
        click.echo(data, nl=False)
    else:
        output.write_bytes(data)


def _write(store: QuadStore, register: str, form: str, template: str, day: date) -> bytes:
    if form in exchange.FORMATS:
        return exchange.export_register(store, register, form)
    if form in _TEMPLATES:
        return handover.make_handout(store, register, "xlsx", template=form, day=day)
    return handover.make_handout(store, register, form, template=template, day=day)


def _summaries(told: Sequence[handover.Coverages], form: str) -> list[str]:
    return [f"{one.template.title}: {one.summary}." for one in told if one.template.name == form]


def _ending(form: str) -> str:
    return "xlsx" if form in _TEMPLATES else form
