"""ropa.words: durations and days as people say them."""

from __future__ import annotations

import pytest

from ropa import words


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("P28D", "28 days"),
        ("P1Y", "1 year"),
        ("P1Y6M", "1 year 6 months"),
        ("PT30M", "30 minutes"),
        ("PT0S", "at once"),
        ("P0D", "at once"),
        ("-P1D", "minus 1 day"),
        ("soon", "soon"),
        ("P", "P"),
    ],
)
def test_durations_in_words(text: str, said: str) -> None:
    assert words.duration(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2018-05-24", "24 May 2018"),
        ("2018-05-04Z", "4 May 2018"),
        ("2026-11-22T10:30:00Z", "22 November 2026, 10:30 UTC"),
        ("2026-11-22T10:30:00+01:00", "22 November 2026, 10:30 +01:00"),
        ("2026-02-30", "2026-02-30"),
        ("May 2018", "May 2018"),
    ],
)
def test_days_in_words(text: str, said: str) -> None:
    assert words.day(text) == said
