"""ropa.documents and its page: the text of a register with its passages, shown only if it is that very text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ropa.documents import Span, find_spans, mark_spans, read_source
from ropa.errors import Unreadable
from ropa.store import QuadStore
from tests.conftest import ACME
from tests.pages import BROWSER
from tests.things import app, get, longer
from webapp import create_app

__all__ = ["app", "get", "longer"]

DOCUMENT = "https://ropa.example/id/document/acme-2025-03-03"
spans = st.builds(
    lambda number, start, length: Span(f"p{number}", start, start + length), st.integers(), st.integers(0, 40), st.integers(0, 20)
)


@given(st.text(max_size=40), st.lists(spans, max_size=8, unique_by=lambda span: span.passage))
def test_stretches_are_the_text_and_lie_under_just_their_passages(text: str, found: list[Span]) -> None:
    stretches = mark_spans(text, found)

    assert "".join(stretch.text for stretch in stretches) == text
    place = 0
    for stretch in stretches:
        over = {span.passage for span in found if span.start <= place < span.end <= len(text)}
        assert set(stretch.passages) == over
        place += len(stretch.text)


def test_the_passages_of_a_document_are_where_its_quotes_are(acme: QuadStore) -> None:
    text = read_source(acme, DOCUMENT, ACME.parent)
    marked = {stretch.text for stretch in mark_spans(text, find_spans(acme, DOCUMENT)) if stretch.passages}

    assert any("28 days" in found for found in marked)
    assert not any("Naïve" in found for found in marked)


def test_another_text_is_not_shown(acme: QuadStore, tmp_path: Path) -> None:
    (tmp_path / "acme.txt").write_text("another text", "utf-8")

    with pytest.raises(Unreadable, match="SHA-256 differs"):
        read_source(acme, DOCUMENT, tmp_path)
    with pytest.raises(Unreadable, match="no such text"):
        read_source(acme, DOCUMENT, tmp_path / "nowhere")


def test_a_document_lists_its_passages_without_its_text(get: Callable[[str], str]) -> None:
    text = get("/id/document/acme-2025-03-03")

    assert "13 passages in the order of the text" in text
    assert text.index("is the controller") < text.index("We do not sell invoices")


def test_with_the_texts_a_phrase_stands_in_its_text(acme: QuadStore) -> None:
    app = create_app(acme, sources=ACME.parent)
    client = app.test_client()

    document = client.get("/id/document/acme-2025-03-03", headers=BROWSER).get_data(as_text=True)
    passage = client.get("/id/acme/passage/392-431", headers=BROWSER).get_data(as_text=True)

    assert "Naïve as it sounds" in document
    assert '<a class="mark" href="/id/acme/passage/392-431">' in document
    assert '<span id="392-431">' in document
    assert "<mark>for up to 28 days after you unsubscribe</mark>" in passage
    assert "/id/document/acme-2025-03-03#392-431" in passage
    app.extensions["ropa"].close()


def test_without_the_texts_a_document_says_how_to_see_them(acme: QuadStore, tmp_path: Path) -> None:
    (tmp_path / "acme.txt").write_text("another text", "utf-8")
    for sources, words_ in ((None, "--sources"), (tmp_path, "SHA-256 differs"), (tmp_path / "nowhere", "no such text")):
        app = create_app(acme, sources=sources)
        document = app.test_client().get("/id/document/acme-2025-03-03", headers=BROWSER)

        assert document.status_code == 200
        assert words_ in document.get_data(as_text=True)
        app.extensions["ropa"].close()
