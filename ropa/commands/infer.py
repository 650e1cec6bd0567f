"""``ropa infer``: what follows from the registers of a store, with the reason of each."""

from __future__ import annotations

from collections import Counter
from datetime import date

import click

from ropa import reasoning
from ropa.commands import options
from ropa.namespaces import graph_iri
from ropa.reasoning import Engine
from ropa.store import Place, open_store


@click.command()
@options.STORE
@options.DAY
@click.option(
    "--engine",
    type=click.Choice(["auto", "hermit", "rules"]),
    default="auto",
    show_default=True,
    help="hermit needs Java (the extra ropa-graph[reasoner] brings it); rules draw the same without.",
)
@click.option("--all", "everything", is_flag=True, help="Print all conclusions, not only those that are new.")
def infer(*, store: Place, day: date, engine: Engine, everything: bool) -> None:
    """Conclude what follows from the registers of STORE, keep it in its graph of inferred statements, print what is new and why.

    Roles from behaviour, who is reached through sub-processors, restricted transfers, rights that follow from a basis, criminal
    and special data, signs of a high risk. What is concluded never mixes with what is stated.

    \b
    Examples:
        ropa infer var/ropa
        ropa infer var/ropa --as-of 2020-07-17 --all
    """
    with open_store(store) as opened:
        click.echo(f"Reasoning as of {day.isoformat()} …", err=True)
        conclusions = reasoning.infer(opened, day, engine)
        before = {
            (quad.subject.value, quad.predicate.value, quad.object.value) for quad in opened.quads(graph=graph_iri(opened.base, "inferred"))
        }
        reasoning.write(opened, conclusions, options.user())
        label = reasoning.labels(opened)
        shown = [one for one in conclusions if everything or one.fact not in before]
        for one in shown:
            click.echo(one.explain(label))
    counts = Counter(one.rule.label for one in conclusions)
    click.echo(
        f"{len(conclusions)} conclusions, {sum(one.fact not in before for one in conclusions)} new: "
        + "; ".join(f"{count} {name}" for name, count in sorted(counts.items())),
        err=True,
    )
