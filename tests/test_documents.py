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
from tests.things import app, get, longer

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
