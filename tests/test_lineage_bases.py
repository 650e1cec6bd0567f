"""webapp.lineage: a step says how its legal basis is known; one that the text does not name is not shown as if it did."""

from __future__ import annotations

import csv
import json
import re
from html import unescape
from io import StringIO

import pytest
from flask import Flask

CONSENT, UK_CONSENT = "Art. 6(1)(a): consent", "UK GDPR Art. 6(1)(a): consent"


def bases(app: Flask, register: str) -> set[tuple[str, str]]:
    """Return (label, how it is known) of the bases of a register's steps."""
    told = json.loads(app.test_client().get(f"/lineage.json?register={register}").data)
    return {(basis["label"], basis["known"]) for hop in told["hops"] for basis in hop["bases"]}


@pytest.mark.parametrize(
    ("register", "label", "known"),
    [
        # "By using …, you …": taken from conduct, and the text says neither consent nor an article.
        ("aculab", CONSENT, "implied, inferred"),
        # The words of the ground without its name.
        ("aelintra", "Art. 6(1)(b): contract", "worded only"),
        # The text names the ground, and which law is concluded.
        ("pipcall", "UK GDPR Art. 6(1)(f): legitimate interests", "inferred"),
        # Named in one place and only worded in another, each for its own steps.
        ("akixi", UK_CONSENT, ""),
        ("akixi", UK_CONSENT, "worded only"),
    ],
)
def test_a_basis_is_shown_with_how_it_is_known(shipped_app: Flask, register: str, label: str, known: str) -> None:
    assert (label, known) in bases(shipped_app, register)


def test_a_basis_that_is_only_implied_is_nowhere_shown_as_if_it_were_named(shipped_app: Flask) -> None:
    assert {known for label, known in bases(shipped_app, "aculab") if label == CONSENT} == {"implied, inferred"}


def test_the_table_and_the_file_say_it_too(shipped_app: Flask) -> None:
    client = shipped_app.test_client()
    page = unescape(client.get("/lineage?register=aculab").get_data(as_text=True))
    rows = list(csv.DictReader(StringIO(client.get("/lineage.csv?register=aculab").get_data(as_text=True))))

    said = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert f"{CONSENT} (implied, inferred)" in said
    assert any(f"{CONSENT} (implied, inferred)" in row["bases"] for row in rows)
    assert not any(re.search(rf"{re.escape(CONSENT)}(?! \()", row["bases"]) for row in rows)
