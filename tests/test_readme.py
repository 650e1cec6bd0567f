"""The README can fail: its table is a question's answer, its commands exist."""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner

from ropa.cli import cli
from ropa.files import folder
from ropa.questions import catalogue
from ropa.store import QuadStore

README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")


def rows(store: QuadStore) -> list[str]:
    answer = catalogue()["registers"].ask(store, {})
    found = []
    for row in answer.rows:
        told = {name: "" if term is None else term.value for name, term in zip(answer.columns, row, strict=True)}
        found.append(
            "| {organisationLabel} | {activities} | {categories} | {namedParties} / {unnamedParties} "
            "| {rulesWithPeriod} / {rulesWithoutPeriod} | {statements} | {inferences} | {passages} |".format(**told)
        )
    return found


def test_the_table_of_registers_is_what_the_question_answers(shipped: QuadStore) -> None:
    table = README.split("| --- | --- | --- | --- | --- | --- | --- | --- |\n")[1].split("<!--")[0]

    assert table.strip().splitlines() == rows(shipped)


def test_each_command_is_in_the_readme_and_each_one_there_exists() -> None:
    assert set(re.findall(r"^ropa (\w+)", README, re.MULTILINE)) == set(cli.commands)


def test_each_question_named_in_the_readme_exists() -> None:
    for name in re.findall(r"ropa ask var/ropa ([\w-]+)", README):
        assert name in catalogue()


def test_the_table_of_findings_is_what_the_command_prints() -> None:
    table = README.split("`ropa check --as-of 2026-11-22 --format table`")[1].split("\n\n")[1]
    result = CliRunner().invoke(cli, ["check", "--as-of", "2026-11-22", "--format", "table"])

    assert table.strip() == result.stdout.strip()


def test_the_finding_shown_is_what_the_command_prints() -> None:
    shown = README[README.index("    Warning   aculab") : README.index(" …\n")]
    result = CliRunner().invoke(cli, ["check", str(folder("data") / "aculab.trig")])

    assert "\n".join(line.removeprefix("    ") for line in shown.splitlines()) in result.stdout
