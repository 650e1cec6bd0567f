"""Names that look like what somebody typed; of many names only some are compared, and only the beginning of a long text.

In:  a text and names. Out: the names that look most like it.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

LONGEST = 60
"""Characters of a text that are compared."""
_MOST_COMPARED = 2_000


def nearest(text: str, names: Iterable[str], cutoff: float = 0.5) -> list[str]:
    """Return the names that look most like a text, three at most, the best first."""
    return get_close_matches(text[:LONGEST], list(islice(names, _MOST_COMPARED)), n=3, cutoff=cutoff)
