"""``ropa evidence`` and ``ropa cite``: the passages that a register rests on."""

from __future__ import annotations

from pathlib import Path

import click

from ropa import evidence, registers
from ropa.commands import options
from ropa.exchange import draft
from ropa.namespaces import graph_iri


@click.command(name="evidence")
@click.argument("names", nargs=-1, metavar="[REGISTER|FILE]...")
@click.option("--sources", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder of the source documents.")
@options.BASE
def check_evidence(names: tuple[str, ...], sources: Path, base: str) -> None:
    """Check that each quote stands where it says, in the document it says, and that no statement is without evidence.

    A REGISTER is a name such as aculab, for data/aculab.trig; without any: all of data/. Prints a line for each fault and
    exits with 1 if there is one; how each register rests on its text goes to standard error.

    \b
    Example:
        ropa evidence aculab --sources ~/policies
    """
    contents = registers.read_files([options.register_file(name) for name in names] or options.data_files(), base)
    structural = registers.structural_properties(registers.read_vocabulary(base)[graph_iri(base, "ontology")])
    faults = 0
    for slug in registers.register_slugs(contents, base):
        record, notes = (contents.get(graph_iri(base, f"{kind}/{slug}"), []) for kind in ("register", "evidence"))
        coverage = evidence.measure_coverage(record, notes, structural)
        found = list(evidence.check_evidence([*record, *notes], sources))
        for fault in [*found, *(f"no evidence: {triple}" for triple in coverage.bare)]:
            click.echo(f"{slug}: {fault}")
            faults += 1
        click.echo(
            f"{slug}: {coverage.quoted} statements quoted, {coverage.inferred} inferred, {len(coverage.bare)} without evidence; "
            f"{coverage.passages} passages, {len(found)} faults.",
            err=True,
        )
    raise SystemExit(int(faults > 0))


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--sources", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder with the source documents.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The TriG file to write.")
@options.BASE
def cite(file: Path, sources: Path, output: Path, base: str) -> None:
    """Turn a draft register, whose statements are annotated with phrases, into one with exact evidence.

    FILE is TriG in which a statement carries its phrase: {| ropa:quote "up to 28 days" ; ropa:section "7.4" |}.
    Evidence that the file already has is kept, so a register can be extended by annotating new statements only.

    \b
    Example:
        ropa cite aculab.draft.trig --sources ~/policies -o data/aculab.trig
    """
    output.write_bytes(draft.cite_draft(file, sources, base))
