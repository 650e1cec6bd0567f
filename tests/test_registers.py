"""ropa.registers: files are read into the graphs they belong to, and a refused one leaves the store as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from ropa.errors import NotFound, Refused, Unreadable
from ropa.exchange import export_register
from ropa.namespaces import DEFAULT_BASE, graph_iri
from ropa.registers import find_register, list_registers, load_files, read_files, read_vocabulary
from ropa.store import QuadStore, create_store, open_store
from tests.conftest import ACME

REGISTER, EVIDENCE = (graph_iri(DEFAULT_BASE, f"{kind}/acme") for kind in ("register", "evidence"))


def test_registers_are_listed_by_title_and_found_by_slug(shipped: QuadStore) -> None:
    assert {"aculab", "pipcall"} <= {register.slug for register in list_registers(shipped)}
    assert find_register(shipped, "aculab").iri == DEFAULT_BASE + "id/register/aculab"
    with pytest.raises(NotFound, match="aculab"):
        find_register(shipped, "acculab")


@pytest.mark.parametrize(("name", "ending"), [("turtle", "ttl"), ("jsonld", "jsonld"), ("trig", "trig"), ("nquads", "nq")])
def test_an_export_can_be_loaded_again(acme: QuadStore, tmp_path: Path, name: str, ending: str) -> None:
    path = tmp_path / f"acme.{ending}"
    path.write_bytes(export_register(acme, "acme", name))

    contents = read_files([path], DEFAULT_BASE)

    assert {graph: len(set(quads)) for graph, quads in contents.items()} == {
        graph: len(list(acme.quads(graph=graph))) for graph in (REGISTER, EVIDENCE)
    }


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.ttl", "<s> <p> .", r"a\.ttl:1: "),
        ("a.trig", "\n\n<g> { <s> <p> }", r"a\.trig:3: "),
        ("a.jsonld", '{"@id": "https://e/s"', r"a\.jsonld"),
        ("a.csv", "s,p,o", "unknown kind of file"),
        ("a.trig", "<https://elsewhere.example/graph> { <s> <p> <o> }", "neither a register"),
        ("a.trig", "[] { <s> <p> <o> }", "a graph without a name"),
        ("a.ttl", "<s> <p> <o> .", "holds 0 registers"),
        ("a.ttl", "<s> <p> <o> {| <q> 1 |} .", "ropa cite"),
    ],
)
def test_a_file_that_cannot_be_taken_is_named_with_the_reason(tmp_path: Path, name: str, text: str, reason: str) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")

    with pytest.raises(Unreadable, match=reason):
        read_files([path], DEFAULT_BASE)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="nowhere"):
        read_files([tmp_path / "nowhere.trig"], DEFAULT_BASE)


def test_a_json_ld_context_elsewhere_is_not_fetched(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonld"
    path.write_text('{"@context": "http://127.0.0.1:9/context", "@id": "https://e/s", "name": "x"}', "utf-8")

    with pytest.raises(Unreadable):
        read_files([path], DEFAULT_BASE)


def test_a_register_of_bad_form_is_refused_and_the_store_is_as_before(store_folder: Path, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.trig", tmp_path / "bad.trig"
    good.write_bytes(ACME.read_bytes().replace(b"Acme register", b"Acme: changed"))
    # A flow that says nothing of its recipient, not even that the text is silent.
    bad.write_bytes(ACME.read_bytes().replace(b"    dpv:hasRecipient <id/acme/party/cleaner> ;\n", b""))
    assert good.read_bytes() != ACME.read_bytes() != bad.read_bytes()

    with open_store(store_folder) as store:
        before = export_register(store, "acme", "nquads")
        with pytest.raises(Refused, match="E-mail address to a list cleaner"):
            load_files(store, [bad])
        assert export_register(store, "acme", "nquads") == before

        with pytest.raises(Unreadable, match=r"which .*good\.trig holds too"):
            load_files(store, [good, bad])

        assert load_files(store, [good]) == ["evidence/acme", "register/acme"]
        assert find_register(store, "acme").title == "Acme: changed"


@pytest.mark.parametrize(
    ("text", "error", "reason"),
    [
        ("<graph/evidence/acme> { <id/acme/evidence/1> a <https://w3id.org/ropa-graph/ns#Evidence> }", Refused, "has neither evidence nor"),
        ("<graph/evidence/nobody> { <id/x> a <https://w3id.org/ropa-graph/ns#Evidence> }", Unreadable, "evidence of nobody"),
        ("# nothing", Unreadable, "holds no statement"),
    ],
)
def test_what_would_break_a_register_beside_it_is_refused(
    store_folder: Path, tmp_path: Path, text: str, error: type[Exception], reason: str
) -> None:
    path = tmp_path / "part.trig"
    path.write_text(text, "utf-8")

    with open_store(store_folder) as store:
        before = export_register(store, "acme", "nquads")
        with pytest.raises(error, match=reason):
            load_files(store, [path])
        assert export_register(store, "acme", "nquads") == before


def test_parties_that_a_register_rests_on_cannot_be_dropped(tmp_path: Path) -> None:
    shared = "dpv:hasRecipient <id/acme/party/postmark>"
    text = ACME.read_text("utf-8")
    node = text[text.index("<id/acme/party/postmark>\n    a ") :].split(" .\n", 1)[0] + " .\n"
    register = tmp_path / "acme.trig"
    register.write_text(text.replace(node, ""), "utf-8")
    prefixes = "".join(line + "\n" for line in text.splitlines() if line.startswith("@prefix"))
    with_party, without = tmp_path / "with.trig", tmp_path / "without.trig"
    with_party.write_text(f"{prefixes}<graph/parties> {{ {node} }}", "utf-8")
    without.write_text(f"{prefixes}<graph/parties> {{ {node.replace('postmark', 'other')} }}", "utf-8")
    assert shared in register.read_text("utf-8")

    with create_store(tmp_path / "s") as store:
        store.replace_graphs(read_vocabulary(store.base))
        load_files(store, [register, with_party])
        with pytest.raises(Refused):
            load_files(store, [without])
        assert "parties" in load_files(store, [with_party])
