"""The command ropa, as a person and as a script meet it."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from rdflib import SH, Graph

from ropa.cli import cli
from ropa.files import folder
from ropa.findings import SEVERITIES
from ropa.namespaces import ROPA, graph_iri
from ropa.store import open_store
from tests.conftest import ACME


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("cli") / "store"
    result = run("init", place)
    assert (result.exit_code, result.stdout) == (0, "")
    return place


def test_init_fills_a_store_and_never_overwrites_one(made: Path, tmp_path: Path) -> None:
    again, empty = run("init", made), run("init", tmp_path / "s", "--empty", "--base", "https://acme.example/")

    assert (again.exit_code, again.stdout) == (2, "")
    assert "is not empty" in again.stderr
    assert empty.exit_code == 0
    with open_store(tmp_path / "s") as store:
        assert store.base == "https://acme.example/"
        assert len(store.graphs()) == 3


def test_load_replaces_a_register_or_leaves_everything(made: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.trig"
    bad.write_text("<a> <b> .", "utf-8")

    assert run("load", made, ACME).exit_code == 0
    refused = run("load", made, bad)

    assert refused.exit_code == 2
    assert "bad.trig:1:" in refused.stderr
    assert (
        "acme" in run("query", made, "SELECT ?t { ?r a <https://w3id.org/dpv#ROPA> ; <http://purl.org/dc/terms/title> ?t }").stdout.lower()
    )


def test_check_tells_duties_and_its_exit_code(tmp_path: Path) -> None:
    text, as_json = run("check", ACME), run("check", ACME, "--format", "json")

    assert text.exit_code == as_json.exit_code == 1
    assert "No purpose of this activity is stated" in text.stdout
    assert "fix: " in text.stdout
    assert "of form" in text.stderr
    findings = json.loads(as_json.stdout)
    assert {finding["severity"] for finding in findings} <= {"Violation", "Warning", "Info"}
    assert run("check", tmp_path / "nowhere.trig").exit_code == 2


def test_the_day_decides_what_a_check_finds() -> None:
    shield = "Transfer-mechanism-inForce"
    cloudcall = folder("data") / "cloudcall.trig"
    before, after = (json.loads(run("check", cloudcall, "--as-of", day, "--format", "json").stdout) for day in ("2020-07-15", "2020-07-17"))

    assert not [finding for finding in before if finding["shape"].endswith(shield)]
    assert len([finding for finding in after if finding["shape"].endswith(shield)]) == 3
    assert "As of 2020-07-17: " in run("check", ACME, "--as-of", "2020-07-17").stderr


@pytest.fixture
def mild(tmp_path: Path) -> dict[str, Path]:
    """Baselines that know all findings of the invented register which are worse than a severity."""
    found = json.loads(run("check", ACME, "--format", "json", "--as-of", "2026-01-01").stdout)
    places = {}
    for number, severity in enumerate(SEVERITIES):
        places[severity] = tmp_path / f"{severity}.json"
        places[severity].write_text(json.dumps([one for one in found if SEVERITIES.index(one["severity"]) < number]), "utf-8")
    return places


@pytest.mark.parametrize(
    ("worst", "fail_on", "code"),
    [
        ("Violation", "violation", 1),
        ("Violation", "warning", 1),
        ("Violation", "never", 0),
        ("Warning", "violation", 0),
        ("Warning", "warning", 1),
        ("Warning", "info", 1),
        ("Info", "warning", 0),
        ("Info", "info", 1),
        ("Info", "never", 0),
    ],
)
def test_the_exit_code_follows_the_worst_finding_that_is_not_known(mild: dict[str, Path], worst: str, fail_on: str, code: int) -> None:
    result = run("check", ACME, "--as-of", "2026-01-01", "--fail-on", fail_on, "--baseline", mild[worst])

    assert result.exit_code == code
    assert "No purpose of this activity is stated" in result.stdout  # what is known is told all the same
    assert "not in the baseline" in result.stderr


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_a_check_that_is_its_own_baseline_passes(tmp_path: Path, form: str) -> None:
    known = tmp_path / "known"
    known.write_text(run("check", ACME, "--format", form).stdout, "utf-8")

    result = run("check", ACME, "--fail-on", "info", "--baseline", known)

    assert (result.exit_code, result.stderr.rpartition("; ")[2]) == (0, "0 not in the baseline.\n")
    assert run("check", folder("data") / "aculab.trig", "--baseline", known).exit_code == 1


@pytest.mark.parametrize("text", ["", "no baseline", "{}", "7", '["acme-ef0df3dfde37"]', '{"runs": [{"results": [{}]}]}', "\xe9"])
def test_a_baseline_that_is_none_is_refused_before_the_check(tmp_path: Path, text: str) -> None:
    known = tmp_path / "known.json"
    known.write_bytes(text.encode("latin-1"))

    result = run("check", ACME, "--baseline", known)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "known.json: is no baseline. Make one with: ropa check --format json > known.json" in result.stderr


def test_the_formats_tell_the_same_findings() -> None:
    result = {form: run("check", ACME, "--as-of", "2026-01-01", "--format", form) for form in ("json", "sarif", "turtle", "junit", "table")}
    found = json.loads(result["json"].stdout)
    ids = {finding["id"] for finding in found}

    assert {one.exit_code for one in result.values()} == {1}
    (told,) = json.loads(result["sarif"].stdout)["runs"]
    assert {one["partialFingerprints"]["ropaFinding/v1"] for one in told["results"]} == ids
    report = Graph().parse(data=result["turtle"].stdout, format="turtle")
    assert {str(node).rpartition("/")[2] for node in report.objects(None, SH.result)} == ids
    (suite,) = ElementTree.fromstring(result["junit"].stdout)  # noqa: S314 - our own text
    assert suite.get("failures") == str(len({finding["shape"] for finding in found if finding["severity"] == "Violation"}))
    numbers = [str(sum(finding["severity"] == severity for finding in found)) for severity in SEVERITIES]
    assert f"| acme | {' | '.join(numbers)} |" in result["table"].stdout


def test_the_reference_engine_finds_the_same() -> None:
    queries, reference = (run("check", ACME, "--engine", engine, "--format", "json") for engine in ("queries", "pyshacl"))

    assert sorted(one["id"] for one in json.loads(queries.stdout)) == sorted(one["id"] for one in json.loads(reference.stdout))
    assert queries.exit_code == reference.exit_code == 1


def test_a_store_is_checked_as_its_files_are(store_folder: Path) -> None:
    stored, read = (run("check", *given, "--format", "json") for given in (("--store", store_folder), (ACME,)))

    assert json.loads(stored.stdout) == json.loads(read.stdout)


def test_infer_prints_what_is_new_and_why_and_keeps_it(store_folder: Path) -> None:
    first, again, everything = (
        run("infer", store_folder, "--as-of", "2026-01-01", "--engine", "rules", *more) for more in ([], [], ["--all"])
    )

    assert {first.exit_code, again.exit_code, everything.exit_code} == {0}
    assert "Newsletter: data reach Postmark. (As of 2026-01-01.)" in first.stdout
    assert "  Since E-mail address to Postmark - has recipient - Postmark" in first.stdout
    assert "Only as far as a condition of the text holds." in first.stdout
    assert "8 conclusions, 8 new: " in first.stderr
    assert again.stdout == ""
    assert "8 conclusions, 0 new: " in again.stderr
    assert everything.stdout == first.stdout
    with open_store(store_folder) as store:
        kept = {quad.subject for quad in store.quads(graph=graph_iri(store.base, "inferred")) if quad.object.value == f"{ROPA}Conclusion"}
    assert len(kept) == 8


def test_ask_lists_asks_and_refuses(made: Path) -> None:
    assert "retention-schedule" in run("ask", made).stdout
    table = run("ask", made, "retention-schedule", "register=pipcall")
    as_json = run("ask", made, "retention-schedule", "register=pipcall", "--format", "json")
    unknown, wrong = run("ask", made, "retention-shedule"), run("ask", made, "what-a-recipient-gets")

    assert table.exit_code == 0
    assert "https://" not in table.stdout
    assert json.loads(as_json.stdout)["results"]["bindings"]
    assert (unknown.exit_code, wrong.exit_code) == (2, 2)
    assert "Did you mean retention-schedule" in unknown.stderr
    assert "needs recipient" in wrong.stderr


def test_query_prints_each_form_and_says_where_a_fault_is(made: Path, tmp_path: Path) -> None:
    file = tmp_path / "q.rq"
    file.write_text("CONSTRUCT { ?s a ?c } { ?s a ?c } LIMIT 1", "utf-8")

    assert run("query", made, "ASK { ?s ?p ?o }").stdout == "yes\n"
    assert len(Graph().parse(data=run("query", made, "-f", file).stdout, format="turtle")) == 1
    assert run("query", made, "SELECT (1 AS ?n) {}", "--format", "csv").stdout.split() == ["n", "1"]
    fault = run("query", made, "SELECT * { ?s ?p }")
    assert fault.exit_code == 2
    assert "line 1, column" in fault.stderr


def test_export_writes_to_standard_output_or_a_file(made: Path, tmp_path: Path) -> None:
    printed, written = (
        run("export", made, "aculab", "--format", "turtle"),
        run("export", made, "aculab", "--format", "nquads", "-o", tmp_path / "a.nq"),
    )

    assert len(Graph().parse(data=printed.stdout, format="turtle")) > 1000
    assert written.stdout == ""
    assert (tmp_path / "a.nq").stat().st_size > 100_000
    assert "Did you mean aculab" in run("export", made, "acculab", "--format", "turtle").stderr


def test_evidence_is_checked_against_the_texts(tmp_path: Path) -> None:
    assert run("evidence", ACME, "--sources", ACME.parent).exit_code == 0
    (tmp_path / "acme.txt").write_text("another text", "utf-8")
    assert run("evidence", ACME, "--sources", tmp_path).exit_code == 1
    assert run("evidence", ACME, "--sources", tmp_path / "nowhere").exit_code == 2
    assert "Did you mean aculab" in run("evidence", "acculab", "--sources", tmp_path).stderr


def test_a_statement_without_evidence_is_listed(tmp_path: Path) -> None:
    bare = tmp_path / "acme.trig"
    lines = [line for line in ACME.read_text("utf-8").splitlines() if not (" a ropa:Evidence " in line and '"P28D"' in line)]
    bare.write_text("\n".join(lines), "utf-8")

    result = run("evidence", bare, "--sources", ACME.parent)

    assert result.exit_code == 1
    assert "no evidence" in result.stdout
    assert "P28D" in result.stdout
    assert "1 without evidence" in result.stderr


def test_a_store_in_use_is_one_sentence(made: Path) -> None:
    with open_store(made):
        result = run("ask", made, "registers")

    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert "held by another process" in result.stderr


@pytest.mark.parametrize("command", sorted(cli.commands))
def test_every_command_has_help_with_an_example(command: str) -> None:
    result = run(command, "--help")

    assert result.exit_code == 0
    assert f"ropa {command}" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["init", "{store}/store.json/sub"], "Not a directory"),
        (["init", "{tmp}/s", "--base", "no iri"], "is not an address"),
        (["init", "{tmp}/s", "--base", "https://acme.example/?x"], "is not an address"),
        (["export", "{store}", "aculab", "--format", "turtle", "-o", "{tmp}/no/x.ttl"], "No such file"),
        (["cite", str(ACME), "--sources", str(ACME.parent), "-o", "{tmp}/no/x.trig"], "No such file"),
        (["query", "{store}", "-f", "{tmp}/latin.rq"], "utf-8"),
        (["query", "{store}", "ASK {}", "--format", "ttl"], "The answer to ASK comes as table"),
        (["query", "{store}", "CONSTRUCT WHERE { ?s ?p ?o }", "--format", "csv"], "comes as ttl, nt"),
        (["query", "{store}"], "not both"),
        (["serve", "{store}", "--host", "300.1.1.1", "--port", "8099"], "300.1.1.1"),
        (["check", str(ACME), "--store", "{store}"], "not both"),
        (["ask", "{tmp}/nowhere"], "is not a store"),
        (["check", str(ACME), "--as-of", "soon"], "'soon' is not a day. Write it as 2020-07-17."),
        (["check", str(ACME), "--as-of", "2020-02-30"], "is not a day"),
        (["check", str(ACME), "--baseline", "{tmp}/nowhere.json"], "nowhere.json: No such file"),
        (["check", str(ACME), "--baseline", "{tmp}"], "Is a directory"),
        (["check", str(ACME), "--fail-on", "error"], "'error' is not one of"),
        (["check", str(ACME), "--format", "pdf"], "'pdf' is not one of"),
        (["check", str(ACME), "--engine", "magic"], "'magic' is not one of"),
        (["infer", "{tmp}/nowhere"], "is not a store"),
        (["infer", "{store}", "--as-of", "soon"], "is not a day"),
        (["infer", "{store}", "--engine", "magic"], "'magic' is not one of"),
    ],
)
def test_wrong_inputs_get_a_sentence_and_never_a_traceback(made: Path, tmp_path: Path, arguments: list[str], words: str) -> None:
    (tmp_path / "latin.rq").write_bytes(b"ASK { ?s ?p '\xe9' }")

    result = run(*(argument.replace("{store}", str(made)).replace("{tmp}", str(tmp_path)) for argument in arguments))

    assert result.exit_code == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "s.new").exists()


def test_a_triple_term_and_another_base_are_understood(made: Path, tmp_path: Path) -> None:
    assert "a:b" in run("query", made, "SELECT (<<( <a:a> <a:b> <a:c> )>> AS ?t) {}").stdout
    text = ACME.read_text("utf-8")
    for place in ("id/", "graph/"):
        text = text.replace(f"<{place}", f"<https://acme.example/{place}")
    other = tmp_path / "acme.trig"
    other.write_text(text, "utf-8")
    assert run("evidence", other, "--sources", ACME.parent, "--base", "https://acme.example").exit_code == 0
    assert run("check", other, "--base", "https://acme.example").exit_code == 1
