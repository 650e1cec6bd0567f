"""Things of the invented register that tests speak of, by their IRIs."""

from __future__ import annotations

from ropa.namespaces import DEFAULT_BASE


def iri(path: str) -> str:
    """Return a thing by its path below ``/id/``."""
    return f"{DEFAULT_BASE}id/{path}"


NEWSLETTER = iri("acme/activity/newsletter")
"""The activity that is told of most."""
CLEANER = iri("acme/flow/cleaner")
"""Its flow on a condition, to a party without a name."""
COMPANY = iri("party/acme")
"""Who keeps the register."""
