"""``ropa history``: who changed what, when and why; and whether that can be believed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any

import click
from pyoxigraph import RdfFormat

from ropa import terminal
from ropa.commands import options
from ropa.errors import StoreProblem
from ropa.namespaces import graph_iri
from ropa.store import Change, Commit, Lost, Place, Quad, open_store, write_quads
from ropa.store.control import ask_revision, snapshot
from ropa.store.folder import LAYOUT, read_settings
from ropa.store.losses import UNLINKED, describe_losses, find_flaw, follows
from ropa.store.patches import Patches
from ropa.store.replay import contradictions

_SHOWN = 20


@click.command()
@options.STORE
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the latest N.")
@click.option("--revision", type=click.IntRange(1), metavar="N", help="The commit that led to revision N, with its exact statements.")
@click.option("--verify", is_flag=True, help="Check that the history is whole and leads to what the store holds.")
@click.option("--known", metavar="SHA256", help="A hash that --verify printed earlier, which the history must still have.")
@click.option("--format", "form", type=click.Choice(["text", "json", "patch"]), default="text", show_default=True)
def history(*, store: Place, limit: int | None, revision: int | None, verify: bool, known: str | None, form: str) -> None:
    """List what was written to STORE, the latest first: who, when, why, how many statements came and went, in which graphs.

    Works while the store is served. The formats: text for people; json with the SHA-256 of each patch; patch is RDF Patch, the
    earliest first, which leads to the same statements when it is applied to an empty store. A revision whose patch is missing or
    damaged says so in its place; as RDF Patch such a history is refused.

    With --verify: every patch tells the SHA-256 of the one before, so one that was altered or taken away shows; then all of them
    are replayed and compared with the store. Prints what is wrong, or the SHA-256 of the latest patch, which is a file in
    STORE/history. Note it where others cannot change it: given to --known later, it proves that nothing up to then was rewritten.

    \b
    Exit codes:
        0  done; with --verify: all is well
        1  the history is not whole; with --verify: or does not lead to what the store holds
        2  something cannot be read

    \b
    Examples:
        ropa history var/ropa --limit 10
        ropa history var/ropa --revision 12
        ropa history var/ropa --verify
    """
    if verify or known:
        if isinstance(store, str):
            raise click.UsageError("--verify and --known need the folder of a store.")
        raise SystemExit(int(not _verify(store, known)))
    with ExitStack() as stack:
        log = _Log(store, stack)
        if revision is not None:
            _print_one(log, revision, form)
        elif lost := _print_all(log, limit, form):
            click.echo(f"ropa: The history of {store} is not whole: {describe_losses(lost)}. See: ropa history {store} --verify", err=True)
            raise SystemExit(1)


class _Log:
    """The history of a store that somebody else may own."""

    def __init__(self, place: Place, stack: ExitStack) -> None:
        self._patches: Patches | None = None
        if isinstance(place, str):
            store = stack.enter_context(open_store(place))
            self.base = store.base
            self._commits, self.patch, self.recall = store.history, store.patch, store.recall
        else:
            settings = read_settings(place)
            self.base = settings.base
            # Who owns the store may know of one that is not on the disk any more.
            last = ask_revision(place) or settings.flushed
            self._patches = Patches(place / "history", last if settings.layout == LAYOUT else 0)
            self._commits, self.patch, self.recall = self._patches.commits, self._patches.read, self._patches.recall

    def commits(self, limit: int | None) -> Iterator[Commit | Lost]:
        return self._commits(None, limit)

    def commit(self, revision: int) -> Commit | Lost | None:
        return next((commit for commit in self._commits(revision + 1, 1) if commit.revision == revision), None)

    def tell(self, commit: Commit | Lost) -> dict[str, Any]:
        """Return a commit for JSON, or that its patch is lost."""
        if isinstance(commit, Lost):
            return {"revision": commit.revision, "lost": str(commit)}
        told = {
            "revision": commit.revision,
            "id": commit.id,
            "when": commit.when.isoformat(),
            "who": commit.note.who,
            "why": commit.note.why,
            "removed": commit.removed,
            "added": commit.added,
            "graphs": list(commit.graphs),
        }
        return told if self._patches is None else told | {"sha256": self._patches.digest(commit.revision)}


def _print_all(log: _Log, limit: int | None, form: str) -> list[Lost]:
    """Print the history, and return what is lost of it.

    Raises:
        StoreProblem: Something is lost of what is to be RDF Patch, which could not say so; nothing is printed.
    """
    if form == "text":
        lost = []
        for commit in log.commits(limit):
            lost += [commit] if isinstance(commit, Lost) else []
            click.echo(_text(commit, log.base))
        return lost
    found = list(log.commits(limit))
    lost = [commit for commit in found if isinstance(commit, Lost)]
    if form == "json":
        click.echo(json.dumps([log.tell(commit) for commit in found], indent=2, ensure_ascii=False))
    elif lost:
        raise StoreProblem(f"The history cannot be written as RDF Patch, since it is not whole: {describe_losses(lost)}.")
    else:
        for commit in reversed(found):
            click.echo(log.patch(commit.revision), nl=False)
    return lost


def _print_one(log: _Log, revision: int, form: str) -> None:
    if form != "json":
        click.echo(log.patch(revision), nl=False)
        return
    change: Change = log.recall(revision)
    commit = log.commit(revision)
    told = {} if commit is None else log.tell(commit)
    told |= {"created": sorted(change.created), "dropped": sorted(change.dropped)}
    told |= {"removed": _rows(change.removed), "added": _rows(change.added)}
    click.echo(json.dumps(told, indent=2, ensure_ascii=False))


def _rows(quads: Sequence[Quad]) -> list[str]:
    return write_quads(quads, RdfFormat.N_QUADS).decode().splitlines()


def _text(commit: Commit | Lost, base: str) -> str:
    if isinstance(commit, Lost):
        return f"{commit.revision}  {commit}"
    graphs = ", ".join(terminal.printable(graph.removeprefix(graph_iri(base, ""))) for graph in commit.graphs)
    lines = [f"{commit.revision}  {commit.when:%Y-%m-%d %H:%M:%S} UTC  {terminal.printable(commit.note.who)}"]
    lines.append(f"    +{commit.added} -{commit.removed}  {graphs}".rstrip())
    if commit.note.why:
        lines.append(f"    {terminal.printable(commit.note.why)}")
    return "\n".join(lines)


def _verify(folder: Path, known: str | None) -> bool:
    """Print what is wrong with a history; tell whether nothing is."""
    with snapshot(folder) as taken, terminal.progress() as told:
        patches, last = taken.patches, taken.revision
        faults = []
        if last and not patches.revisions():
            faults.append(f"The history of revisions 1 to {last} is missing.")
        hashes, before = {}, None
        for revision in range(patches.first, last + 1):
            told("Reading", revision, last)
            if flaw := find_flaw(patches, revision):
                faults.append(f"The patch of revision {revision} is {flaw}.")
                continue
            hashes[patches.digest(revision)] = revision
            if not follows(patches, revision):
                faults.append(f"The patch of revision {revision} {UNLINKED}.")
                continue
            when = patches.commit(revision).when
            if before is not None and when < before:
                click.echo(f"Revision {revision} is dated before the one before it: the clock of this machine was set back.", err=True)
            before = when
        if known is not None and known.lower() not in hashes:
            faults.append(f"No patch has the SHA-256 {known}: what led to it was rewritten.")
        if not faults:
            found = list(islice(contradictions(taken.engine, patches, last, told), _SHOWN + 1))
            faults += found[:_SHOWN] + ["and more"] * (len(found) > _SHOWN)
        statements = len(taken.engine)
    for fault in faults:
        click.echo(terminal.printable(fault))
    if known is not None and known.lower() in hashes:
        click.echo(f"{known} is the patch of revision {hashes[known.lower()]}.", err=True)
    if not faults and last:
        click.echo(patches.digest(last))
        click.echo(
            f"Revisions {patches.first} to {last} follow from each other and lead to the {statements} statements that the store holds. "
            f"The SHA-256 above is that of revision {last}: note it where others cannot change it.",
            err=True,
        )
    return not faults
