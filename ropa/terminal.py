"""What the command prints for people: findings, the catalogue, tables with names instead of IRIs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from ropa.exchange.answers import STATUSES
from ropa.exchange.handover import Coverages
from ropa.findings import SEVERITIES, Finding, Run
from ropa.questions import Catalogue
from ropa.store import QuadStore, Term
from ropa.things import Reader
from ropa.words import count


def finding_text(finding: Finding) -> str:
    """Return a finding in a few lines: what, where, on which phrase, and what would settle it."""
    lines = [f"{finding.severity:<9} {finding.register}  {finding.statement}", f"          {finding.message}"]
    lines += [f"          source: {quote.section} “{quote.text}”" for quote in finding.quotes]
    lines.append(f"          fix: {finding.remedy}")
    if finding.waiver is not None:
        lines.append(f"          accepted by {finding.waiver.by} until {finding.waiver.until}: {finding.waiver.reason}")
    lines.append(f"          id: {finding.id}")
    return "\n".join(lines)


def summarise(run: Run) -> str:
    """Return how many findings there are of each severity, how many of form, waived and known from the baseline."""
    counts = {severity: sum(finding.severity == severity for finding in run.found) for severity in SEVERITIES}
    parts = [", ".join(f"{count} {severity.lower()}" for severity, count in counts.items())]
    parts.append(f"{sum(finding.concern == 'form' for finding in run.found)} of form")
    waived = sum(finding.waiver is not None for finding in run.found)
    parts += [f"{waived} waived"] if waived else []
    parts += [] if run.known is None else [f"{sum(finding.id not in run.known for finding in run.found)} not in the baseline"]
    return f"As of {run.day.isoformat()}: {'; '.join(parts)}."


def tabulate(run: Run) -> str:
    """Return the number of findings by register and severity, as a Markdown table; waived ones do not count."""
    lines = [f"| register | {' | '.join(SEVERITIES)} |", f"| --- |{' ---: |' * len(SEVERITIES)}"]
    for register in run.registers:
        found = [finding.severity for finding in run.found if finding.register == register and finding.waiver is None]
        lines.append(f"| {register} | {' | '.join(str(found.count(severity)) for severity in SEVERITIES)} |")
    return "\n".join(lines)


def coverage_text(told: Coverages) -> str:
    """Return how much of each field of a template a register answers, as a Markdown table below a sentence."""
    template = told.template
    lines = [f"{template.title}, {count(told.activities, 'activity', 'activities')} of a {template.role}: {told.summary}.", ""]
    lines += [f"| field | article | {' | '.join(STATUSES)} |", f"| --- | --- |{' ---: |' * len(STATUSES)}"]
    for one in told.told:
        lines.append(f"| {one.heading} | {one.article} | {' | '.join(str(one.counts[status]) for status in STATUSES)} |")
    return "\n".join(lines)


def list_questions(catalogue: Catalogue) -> None:
    """Print the catalogue: code, name, question, parameters."""
    for question in catalogue.values():
        click.echo(f"{question.code}  {question.name}\n      {question.question}")
        for parameter in question.parameters:
            need = "required" if parameter.required else f"default {parameter.default}" if parameter.default else "optional"
            click.echo(f"      {parameter.name}={parameter.kind}  {need}: {parameter.description}")


def print_table(title: str, columns: Sequence[str], rows: Sequence[tuple[Term | None, ...]], store: QuadStore) -> None:
    """Print rows for a person: names instead of IRIs where the answer has both."""
    labels = Reader(store)
    shown = [column for column in columns if f"{column}Label" not in columns]
    table = Table(title=title, title_justify="left", show_lines=False)
    for column in shown:
        table.add_column(column.removesuffix("Label"), overflow="fold")
    for row in rows:
        cells = dict(zip(columns, row, strict=True))
        table.add_row(*("" if (term := cells[column]) is None else labels.label(term) for column in shown))
    Console(width=None if sys.stdout.isatty() else 200, highlight=False, markup=False).print(table)
    click.echo(f"{len(rows)} rows.", err=True)


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """Give a function that shows what is being done, how much of it is done, and of how much; only on a terminal."""
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("", total=None)

        def told(what: str, done: int, of: int) -> None:
            bar.update(task, description=what, completed=done, total=max(done, of))

        yield told


def printable(text: str) -> str:
    """Return a text of somebody else on one line, without what would command a terminal."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
