"""A history that is not whole is shown as far as it can be read, and every page and command says what is lost."""

from __future__ import annotations

import json
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ropa.namespaces import DEFAULT_BASE, graph_iri
from ropa.store import Note
from ropa.store.control import Control
from ropa.store.embedded import EmbeddedStore
from tests.pages import BROWSER, opened, read, warm
from tests.serving import read_line, started
from tests.stores import GRAPH, place, run, statement

__all__ = ["place"]

JSON = {"Accept": "application/json"}
LAST = 61
"""More revisions than a page of the history shows."""


def patch(folder: Path, revision: int) -> Path:
    return folder / "history" / f"{revision:010}.rdfp.gz"


def cut(folder: Path, revision: int) -> None:
    path = patch(folder, revision)
    path.write_bytes(path.read_bytes()[:60])


@pytest.fixture
def grown(store_folder: Path) -> Path:
    """A store with the invented register and many writes after it, the last but one to that register."""
    with EmbeddedStore.open(store_folder) as store:
        for number in range(2, LAST + 1):
            store.replace_graphs({GRAPH: [statement(str(number))]}, Note("ann", f"step {number}"))
        acme = graph_iri(DEFAULT_BASE, "register/acme")
        store.replace_graphs({acme: list(store.quads(graph=acme))[1:]}, Note("bob", "shorter"))
        # Longer than what is read of a file at once.
        long = random.Random(1).randbytes(100_000).hex()  # noqa: S311 - the same each time
        store.replace_graphs({GRAPH: [statement(long)]}, Note("cat", "long"))
    return store_folder


@pytest.fixture
def app(grown: Path) -> Iterator[Flask]:
    with EmbeddedStore.open(grown) as store, opened(store) as made:
        warm(made)
        yield made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def page(client: FlaskClient, address: str) -> str:
    response = client.get(address, headers=BROWSER)
    assert response.status_code == 200, address
    return read(response)


def test_a_history_that_is_whole_says_nothing_of_losses(client: FlaskClient) -> None:
    for address in ("/", "/?register=acme", "/history", "/about"):
        assert "the patch" not in page(client, address).lower()


@pytest.mark.parametrize("fault", ["missing", "damaged"])
def test_the_pages_are_there_whatever_the_state_of_the_history(client: FlaskClient, grown: Path, fault: str) -> None:
    for revision in (5, LAST + 2):
        patch(grown, revision).unlink() if fault == "missing" else cut(grown, revision)
    said = f"The patch of revision {LAST + 2} is {fault}."

    assert f"cannot be told in full: the patch of revision {LAST + 2} is {fault}." in page(client, "/")
    assert "ann : step 61" in page(client, "/").replace("ann: ", "ann : ")
    assert "Whether that was in this register is not known" in page(client, "/?register=acme")
    assert "bob: shorter" in page(client, "/?register=acme")
    assert f"not known: {said}" in page(client, "/about")
    assert said in page(client, "/history")
    assert f"The patch of revision 5 is {fault}." in page(client, "/history?before=20")
    listed = client.get("/history", headers=JSON).get_json()
    assert listed[0] == {"revision": LAST + 2, "lost": said}
    assert [one["revision"] for one in listed] == list(range(LAST + 2, LAST - 48, -1))
    assert [one["who"] for one in listed[1:3]] == ["bob", "ann"]
    for headers in (BROWSER, JSON):
        response = client.get(f"/history/{LAST + 2}", headers=headers)
        assert (response.status_code, said in read(response)) == (503, True)
    assert client.get(f"/history/{LAST + 2}.rdfp").status_code == 503
    assert client.get(f"/history/{LAST + 3}", headers=JSON).status_code == 404


def test_a_page_is_another_one_once_a_patch_is_lost_or_put_back(client: FlaskClient, grown: Path) -> None:
    kept = patch(grown, LAST + 2).read_bytes()
    asked = [("/", BROWSER), ("/history", BROWSER), ("/history", JSON), ("/about", BROWSER)]

    def tags() -> list[str | None]:
        return [client.get(address, headers=headers).headers["ETag"] for address, headers in asked]

    whole = tags()
    patch(grown, LAST + 2).unlink()
    assert all(ours != theirs for ours, theirs in zip(tags(), whole, strict=True))
    patch(grown, LAST + 2).write_bytes(kept)
    assert tags() == whole


def test_a_write_whose_statements_are_cut_off_is_listed_and_its_page_says_so(client: FlaskClient, grown: Path) -> None:
    path = patch(grown, LAST + 2)
    path.write_bytes(path.read_bytes()[:-5])

    assert "cat" in page(client, "/history")
    response = client.get(f"/history/{LAST + 2}", headers=BROWSER)
    assert (response.status_code, f"{LAST + 2:010}.rdfp.gz in the history, is damaged" in read(response)) == (503, True)
    assert str(grown) not in read(response)


def test_nothing_of_a_history_that_has_gone_is_said_never_to_have_been(client: FlaskClient, grown: Path) -> None:
    for path in (grown / "history").iterdir():
        path.unlink()

    for address in ("/", "/history"):
        assert f"revision {LAST + 2}" in page(client, address).replace("revisions 1 to", "revision")
        assert "a store in memory" not in page(client, address)


def test_the_command_marks_what_is_lost_and_does_not_end_well(place: Path) -> None:
    patch(place, 2).unlink()
    cut(place, 3)

    told, as_json, as_patch = (run("history", place, "--format", form) for form in ("text", "json", "patch"))

    assert (told.exit_code, as_json.exit_code, as_patch.exit_code) == (1, 1, 2)
    assert [line for line in told.stdout.splitlines() if not line.startswith("    ")][:2] == [
        "3  The patch of revision 3 is damaged.",
        "2  The patch of revision 2 is missing.",
    ]
    assert "1  " in told.stdout
    assert "is not whole: the patch of revision 3 is damaged; the patch of revision 2 is missing." in told.stderr
    assert [one.get("lost", one.get("who")) for one in json.loads(as_json.stdout)] == [
        "The patch of revision 3 is damaged.",
        "The patch of revision 2 is missing.",
        "ann",
    ]
    assert as_patch.stdout == ""
    assert "cannot be written as RDF Patch" in as_patch.stderr
    assert run("history", place, "--limit", "2").exit_code == 1
    for form in ("text", "json"):
        one = run("history", place, "--revision", "2", "--format", form)
        assert (one.exit_code, one.stdout) == (2, "")
        assert "is missing" in one.stderr


def test_the_command_knows_of_what_the_owner_of_the_store_wrote_and_is_lost(place: Path) -> None:
    with EmbeddedStore.open(place) as store, Control(store):
        store.replace_graphs({GRAPH: [statement("new")]}, Note("dan"))
        patch(place, 4).unlink()

        told = run("history", place)

    assert told.exit_code == 1
    assert told.stdout.startswith("4  The patch of revision 4 is missing.\n")


@pytest.mark.parametrize("harm", ["missing", "damaged"])
def test_a_server_says_at_once_that_the_history_is_not_whole(place: Path, harm: str) -> None:
    patch(place, 3).unlink() if harm == "missing" else cut(place, 3)
    with started(place) as (process, _):
        first, second = read_line(process), read_line(process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0

    assert first.startswith(f"warning: the history of {place} is not whole: the patch of revision 3 is {harm}. ")
    assert f"ropa history {place} --verify" in first
    assert "restore" in first
    assert second.startswith("http://127.0.0.1")
