"""ropa.exchange.handover: forms, documents and packs say what the record says, each value in its place, and do no harm."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pyoxigraph import Literal, NamedNode

from ropa.errors import CannotMake, NotFound, Unreadable
from ropa.exchange import annexes, export_register, handover, pdf, typeset
from ropa.exchange.answers import STATUSES
from ropa.exchange.cleaning import LONGEST_CELL, cell, clean, comma_cell
from ropa.exchange.record import read_record
from ropa.exchange.tables import fill
from ropa.exchange.templates import TEMPLATES, read_template
from ropa.findings import check_store
from ropa.namespaces import DEFAULT_BASE, DPV, ROPA, SKOS, graph_iri
from ropa.store import QuadStore, make_quad
from ropa.store.embedded import EmbeddedStore
from tests.conftest import fill_with_acme
from tests.office import convert, poppler

DAY = date(2026, 11, 22)
FORMS = [template.name for template in handover.listed()]
HOSTILE = [
    "=HYPERLINK('https://evil.example','x')",
    "+44 20 7946 0000",
    "-1+1|cmd",
    "@SUM(A1)",
    "<script>alert(1)</script>",
    "\u202egpj.exe\u202c",
    "👩‍👩‍👧 and 𝒳",
    "a\x00b\x08c\x1bd\ufffee",
    "x" * 10_000,
    "",
    "]]>&amp;{{ 7 * 7 }}{% raw %}",
    "_x0041_",
]


def workbook(data: bytes) -> dict[str, list[list[Any]]]:
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
    return {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}


def form(store: QuadStore, slug: str, name: str) -> dict[str, dict[str, str]]:
    """Return the rows of a form, by activity, each by its headings."""
    sheet = workbook(handover.make_handout(store, slug, "xlsx", template=name, day=DAY))["Record"]
    head = [str(text) for text in sheet[0]]
    return {str(row[head.index("Activity")]): dict(zip(head, map(str, row), strict=True)) for row in sheet[2:]}


@pytest.fixture(scope="module")
def hostile() -> Iterator[QuadStore]:
    """The invented register with an activity, purposes and contacts that are called what nobody should be called."""
    store = EmbeddedStore.in_memory()
    fill_with_acme(store)
    graph = NamedNode(graph_iri(DEFAULT_BASE, "register/acme"))
    activity = NamedNode(DEFAULT_BASE + "id/acme/activity/newsletter")
    quads = list(store.quads(graph=graph.value))
    for number, text in enumerate(HOSTILE):
        purpose = NamedNode(f"{DEFAULT_BASE}id/acme/purpose/hostile-{number}")
        quads.append(make_quad(activity, NamedNode(DPV + "hasPurpose"), purpose, graph))
        quads.append(make_quad(purpose, NamedNode(SKOS + "prefLabel"), Literal(text, language="en"), graph))
    single = NamedNode(DEFAULT_BASE + "id/acme/activity/invoices")
    quads = [quad for quad in quads if not (quad.subject == single and quad.predicate.value == DPV + "hasPurpose")]
    formula = NamedNode(DEFAULT_BASE + "id/acme/purpose/hostile-0")
    quads.append(make_quad(single, NamedNode(DPV + "hasPurpose"), formula, graph))
    store.replace_graphs({graph.value: quads})
    yield store
    store.close()


def test_each_template_is_read_and_each_of_its_properties_is_a_name(shipped: QuadStore) -> None:
    assert FORMS == ["ico-controller", "ico-processor", "cnil"]
    assert len(TEMPLATES["ico-controller"].columns) == 31
    for template in TEMPLATES.values():
        headings = [asked.heading for asked in template.columns]
        assert len(set(headings)) == len(headings), template.name


def test_a_template_that_names_nothing_says_where(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text(
        'title = "T"\nauthority = "A"\nrole = "controller"\norder = 1\nheader = []\n[[column]]\nheading = "H"\nof = ["nowhere:x"]\n'
    )

    with pytest.raises(Unreadable, match=r"broken\.toml: 'nowhere:x' has no known prefix"):
        read_template(broken)


def test_a_controller_row_keeps_together_what_belongs_together(acme: QuadStore) -> None:
    row = form(acme, "acme", "ico-controller")["Newsletter"]

    assert row["Purpose of processing"] == "Sending the newsletter"
    assert row["Categories of individuals"] == "Reader of the newsletter [inferred]"
    recipients = row["Categories of recipients"].split("\n")
    assert len(recipients) == 2
    cleaner = next(line for line in recipients if "conditional" in line)
    assert "data: Email address" in cleaner
    assert "condition: if mails bounce" in cleaner
    postmark = next(line for line in recipients if "Postmark" in line)
    assert "role: processor" in postmark
    assert "where: Ireland" in postmark
    assert row["Retention schedule"].startswith("28 days (ceiling); data: Email address; from: unsubscribing")
    assert row["Art. 6 lawful basis"].startswith("Art. 6(1)(a): consent (named); for: Sending the newsletter")
    assert row["Record of consent"] == "not recorded"


def test_the_four_kinds_of_no_value_stay_apart(shipped: QuadStore) -> None:
    told = {one.template.name: {row.heading: row.counts for row in one.told} for one in handover.cover(shipped, "cloudcall")}
    individuals, data = (told["ico-controller"][f"Categories of {what}"] for what in ("individuals", "personal data"))

    assert (individuals["answered"], individuals["not stated"]) == (13, 4)
    assert (data["answered"], data["stated none"], data["not stated"]) == (15, 1, 1)
    assert told["ico-controller"]["DPIA"]["not recorded"] == 17


def test_coverage_counts_every_activity_once_in_each_field(shipped: QuadStore) -> None:
    for slug in ("aculab", "cloudcall"):
        for one in handover.cover(shipped, slug):
            for row in one.told:
                assert row.total == (1 if row.about == "organisation" else one.activities), (one.template.name, row.heading)


def test_what_is_said_for_all_activities_is_said_once_and_referred_to(shipped: QuadStore) -> None:
    rows = form(shipped, "cloudcall", "ico-controller")
    whole, other = rows["The organisation as a whole"], rows["Customer agreements, transactions and billing"]

    assert "Industry-standard technical safeguards" in whole["Security measures"]
    assert other["Security measures"].startswith("as for the organisation as a whole (8 statements)")


def test_a_processor_form_has_the_activities_of_a_processor_alone(shipped: QuadStore) -> None:
    record = read_record(shipped, "cloudcall")
    controller, processor = (fill(TEMPLATES[f"ico-{role}"], record) for role in ("controller", "processor"))

    assert (controller.activities, processor.activities) == (17, 4)
    assert not {row.node for row in controller.rows if not row.general} & {row.node for row in processor.rows if not row.general}


def test_every_category_of_data_stands_in_a_box_of_the_cnil_form(shipped: QuadStore) -> None:
    for slug in ("aculab", "aelintra", "pipcall"):
        record = read_record(shipped, slug)
        filled = fill(TEMPLATES["cnil"], record)
        boxes = [
            place for place, asked in enumerate(filled.template.columns) if asked.heading.startswith(("Data: ", "Sensitive: ", "National"))
        ]
        for row in filled.rows:
            ticked = "\n".join(row.cells[place].text for place in boxes)
            for value in record.values(row.node, DPV + "hasPersonalData"):
                assert record.text(value) in ticked, (slug, row.title)


def test_the_workbook_has_its_sheets_and_the_day_of_its_findings(acme: QuadStore) -> None:
    data = handover.make_handout(acme, "acme", "xlsx", day=DAY)
    sheets = workbook(data)
    found = check_store(acme, ["acme"], DAY)

    assert list(sheets) == ["About", "Record", "Coverage", "Evidence", "Findings"]
    assert sheets["Findings"][0][0] == "Made for 22 November 2026: the law as it stood on that day."
    assert len(sheets["Findings"]) == 2 + len(found)
    evidence = [dict(zip(sheets["Evidence"][0], row, strict=True)) for row in sheets["Evidence"][1:]]
    inferred = [row for row in evidence if row["Read or inferred"] == "inferred"]
    assert [row["Why it is inferred"] for row in inferred] == ["Whoever gives the address is the reader."]
    assert any(row["Phrase of the text"] == "keep invoices for 7 years" and row["Section"] == "§ 3" for row in evidence)
    digest = hashlib.sha256(export_register(acme, "acme", "nquads")).hexdigest()
    assert ["SHA-256 of it as N-Quads", digest] in [row[:2] for row in sheets["About"]]
    created = openpyxl.load_workbook(io.BytesIO(data)).properties.created
    assert created == datetime(2026, 11, 22)


@pytest.mark.parametrize("ending", ["xlsx", "csv", "zip"])
def test_the_same_revision_and_day_give_the_same_bytes(acme: QuadStore, ending: str) -> None:
    first, second = (handover.make_handout(acme, "acme", ending, day=DAY) for _ in range(2))

    assert first == second


def test_csv_says_what_the_workbook_says(shipped: QuadStore) -> None:
    for name in FORMS:
        data = handover.make_handout(shipped, "cloudcall", "csv", template=name, day=DAY)
        told = form(shipped, "cloudcall", name)
        rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
        assert [row["Activity"] for row in rows] == list(told)
        for row in rows:
            asked = told[row["Activity"]]
            assert {heading: text.removeprefix("'") for heading, text in row.items() if heading in asked} == asked


def test_an_evil_text_is_a_text_in_every_cell(hostile: QuadStore) -> None:
    data = handover.make_handout(hostile, "acme", "xlsx", template="ico-controller", day=DAY)
    book = openpyxl.load_workbook(io.BytesIO(data))
    cells = [value for sheet in book for row in sheet.iter_rows() for value in row if value.value is not None]

    assert all(value.data_type in ("s", "inlineStr", "n") for value in cells)
    assert not any(value.hyperlink for value in cells)
    assert any(value.value == HOSTILE[0] for value in cells)
    text = "\n".join(str(value.value) for value in cells)
    assert all(clean(evil) in text for evil in HOSTILE if evil != "_x0041_")
    assert "\x00" not in text
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert not any(b"<f>" in parts.read(name) for name in parts.namelist())


def test_csv_gives_no_formula(hostile: QuadStore) -> None:
    data = handover.make_handout(hostile, "acme", "csv", template="ico-controller", day=DAY).decode("utf-8-sig")
    cells = [text for row in csv.reader(io.StringIO(data, newline="")) for text in row]

    assert "'" + HOSTILE[0] in cells
    assert not [text for text in cells if text.startswith(("=", "+", "-", "@", "\t", "\r"))]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\rx"])
def test_each_beginning_of_a_formula_is_defused(text: str) -> None:
    assert comma_cell(text).startswith("'")


def test_a_cell_is_no_longer_than_a_cell_may_be() -> None:
    for text in ("x" * 40_000, "👩" * 20_000, "\n".join("line" for _ in range(1_000))):
        fitting = cell(text)
        assert len(fitting.encode("utf-16-le")) // 2 <= LONGEST_CELL
        assert fitting.count("\n") <= 250
    assert cell("x" * 40_000).endswith("[cut here: 40,000 characters in all, which the RDF exports hold]")
    assert cell("\n".join(map(str, range(1_000)))).endswith("998 ; 999")


@pytest.mark.parametrize("to", ["xlsx", "csv"])
def test_libreoffice_reads_the_same_cells(hostile: QuadStore, tmp_path: Path, to: str) -> None:
    made = tmp_path / "acme.xlsx"
    made.write_bytes(handover.make_handout(hostile, "acme", "xlsx", template="ico-controller", day=DAY))

    if to == "xlsx":
        sheets, again = workbook(made.read_bytes()), workbook(convert(made, "xlsx:Calc MS Excel 2007 XML", tmp_path).read_bytes())
        assert list(again) == list(sheets)
        for name, rows in sheets.items():
            written = {(r, c): value for r, row in enumerate(rows) for c, value in enumerate(row) if value not in (None, "")}
            read = {(r, c): value for r, row in enumerate(again[name]) for c, value in enumerate(row) if value not in (None, "")}
            # LibreOffice reads the escape that the format has for control characters, openpyxl leaves it as it is.
            assert {key: unescape(value) for key, value in read.items()} == {key: unescape(value) for key, value in written.items()}, name
    else:
        # 44: comma; 34: quotes; 76: UTF-8; then every cell as text, and the second sheet.
        path = convert(made, "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,2", tmp_path)
        sheet = path if path.exists() else next(path.parent.glob("acme*.csv"))
        rows = list(csv.reader(io.StringIO(sheet.read_text("utf-8"), newline="")))
        assert rows[0] == [str(text) for text in workbook(made.read_bytes())["Record"][0]]
        assert any(HOSTILE[0] in row for row in rows)


def unescape(value: object) -> object:
    return str(value).replace("_x005F_", "_").replace("_x005f_", "_") if isinstance(value, str) else value


def inflate(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""


@pytest.fixture(scope="module")
def document(acme: QuadStore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("document") / "acme.pdf"
    path.write_bytes(handover.make_handout(acme, "acme", "pdf", day=DAY))
    return path


def test_the_document_is_tagged_and_says_what_it_is(document: Path) -> None:
    told = poppler("pdfinfo", str(document))
    structure = poppler("pdfinfo", "-struct", str(document))
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", document.read_bytes(), re.DOTALL)
    objects = b"".join(inflate(stream) for stream in streams)

    assert "Tagged:          yes" in told
    assert "Title:           Record of processing activities: Acme Widgets Ltd (Acme)" in told
    assert "JavaScript:      no" in told
    for tag in ("H1", "H2", "H3", "H4", "L", "LI", "Table", "TH", "Link", "P"):
        assert f"\n{tag}" in structure.replace("  ", ""), tag
    assert b"/Lang (en-GB)" in objects
    assert "pdfuaid:part" in poppler("pdfinfo", "-meta", str(document))


def test_the_document_has_its_parts_in_the_order_of_the_law(document: Path, acme: QuadStore) -> None:
    text = poppler("pdftotext", "-layout", str(document), "-")
    digest = hashlib.sha256(export_register(acme, "acme", "nquads")).hexdigest()

    assert digest in "".join(text.split())
    assert "22 November 2026" in text
    assert "Page 1 of" in text
    newsletter = text[text.index("Newsletter", text.index("Activities as a controller", text.index("Contents") + 200)) :]
    order = [
        "Controller and joint",
        "Purposes",
        "Categories of people",
        "Categories of personal data",
        "Recipients",
        "Transfers",
        "Time limits",
        "Security measures",
    ]
    places = [newsletter.index(heading) for heading in order]
    assert places == sorted(places)
    assert "if mails bounce" in text
    assert text.index("Annex A: findings", text.index("How much of Article 30 is answered", 2000)) < text.rindex("Annex B: evidence")


def test_the_document_is_the_same_twice(document: Path, acme: QuadStore) -> None:
    assert handover.make_handout(acme, "acme", "pdf", day=DAY) == document.read_bytes()


def test_an_evil_text_does_the_document_no_harm(hostile: QuadStore, tmp_path: Path) -> None:
    path = tmp_path / "hostile.pdf"
    path.write_bytes(handover.make_handout(hostile, "acme", "pdf", day=DAY))
    text = poppler("pdftotext", str(path), "-")

    assert "<script>alert(1)</script>" in text
    assert "{{ 7 * 7 }}" in text
    assert "JavaScript:      no" in poppler("pdfinfo", str(path))


def test_a_document_fetches_nothing() -> None:
    with pytest.raises(ValueError, match="Nothing is fetched"):
        typeset.refuse("file:///etc/passwd")


def test_without_weasyprint_the_sentence_says_what_to_install(acme: QuadStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "weasyprint.py").write_text("raise ImportError('no such library')\n")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{Path(handover.__file__).parents[2]}")

    with pytest.raises(CannotMake, match=r"ropa-graph\[pdf\].*libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"):
        handover.make_handout(acme, "acme", "pdf", day=DAY)
    with zipfile.ZipFile(io.BytesIO(handover.make_handout(acme, "acme", "zip", day=DAY))) as pack:
        assert "acme.pdf is not in the pack: Documents need WeasyPrint" in pack.read("MANIFEST.txt").decode()


def test_importing_the_exports_does_not_import_weasyprint() -> None:
    code = "import sys, ropa.cli, webapp; sys.exit('weasyprint' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_register_too_long_for_a_document_is_told_to_take_the_workbook(acme: QuadStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MOST_ACTIVITIES", 1)

    with pytest.raises(CannotMake, match=r"has 2 activities; a document holds 1\. Take the spreadsheet"):
        handover.make_handout(acme, "acme", "pdf", day=DAY)


def test_the_pack_holds_all_and_its_list_is_true(acme: QuadStore) -> None:
    data = handover.make_handout(acme, "acme", "zip", day=DAY)
    with zipfile.ZipFile(io.BytesIO(data)) as pack:
        files = {name: pack.read(name) for name in pack.namelist()}
    lines = [line.split("  ") for line in files.pop("MANIFEST.txt").decode().splitlines() if not line.startswith("#")]

    assert set(files) == {f"acme{ending}" for ending in (".ttl", ".trig", ".nq", ".jsonld", ".pdf")} | {
        f"acme-{name}.{ending}" for name in ("ico-controller", "cnil") for ending in ("xlsx", "csv")
    }
    assert {name: digest for digest, name in lines} == {name: hashlib.sha256(held).hexdigest() for name, held in files.items()}


def test_unknown_kinds_and_templates_name_those_there_are(acme: QuadStore) -> None:
    with pytest.raises(NotFound, match="no format 'doc'"):
        handover.make_handout(acme, "acme", "doc", day=DAY)
    with pytest.raises(NotFound, match="There are ico-controller, ico-processor, cnil"):
        handover.make_handout(acme, "acme", "xlsx", template="edps", day=DAY)


def test_evidence_is_complete(shipped: QuadStore) -> None:
    record = read_record(shipped, "pipcall")
    kinds = {ROPA + "Evidence", ROPA + "Inference"}
    graph = graph_iri(shipped.base, "evidence/pipcall")
    stated = {quad.subject for quad in shipped.quads(graph=graph) if quad.object.value in kinds}
    rows = list(annexes.evidence(record).rows)

    assert len({row[:3] for row in rows}) <= len(stated) <= len(rows)


def test_the_statuses_are_the_words_of_the_coverage(acme: QuadStore) -> None:
    assert all(list(row.counts) == list(STATUSES) for one in handover.cover(acme, "acme") for row in one.told)


def command(*arguments: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "ropa.cli", *map(str, arguments)], capture_output=True, check=False)


def test_the_command_writes_forms_and_tells_how_much_is_answered(store_folder: Path, tmp_path: Path) -> None:
    made = tmp_path / "acme.xlsx"
    done = command("export", store_folder, "acme", "--format", "ico-controller", "--as-of", "2026-11-22", "-o", made)
    told = command("export", store_folder, "acme", "--format", "cnil", "--coverage")
    commas = command("export", store_folder, "acme", "--format", "csv", "--template", "cnil")

    assert (done.returncode, b"ICO template, controller: " in done.stderr) == (0, True)
    assert "Findings" in workbook(made.read_bytes())
    assert told.stdout.startswith(b"CNIL form, 2 activities of a controller: ")
    assert "| Purposes | Art. 30(1)(b) | 1 | 0 | 0 | 0 | 1 | 0 |" in told.stdout.decode()
    assert b'"How long each category is kept"' in commas.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["acme"], "Give --format"),
        (["acme", "--format", "pdf", "--template", "cnil"], "--template goes with --format csv"),
        (["acne", "--format", "zip"], "There is no register 'acne'"),
        (["acne", "--coverage"], "There is no register 'acne'"),
        (["acme", "--format", "cnil", "--as-of", "soon"], "'soon' is not a day"),
    ],
)
def test_the_command_refuses_in_one_sentence(store_folder: Path, arguments: list[str], said: str) -> None:
    done = command("export", store_folder, *arguments)

    assert (done.returncode, said in done.stderr.decode()) == (2, True)
