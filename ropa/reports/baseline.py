"""The findings of an earlier run, which a later one may take as known."""

from __future__ import annotations

import json
from pathlib import Path

from ropa.errors import Unreadable

FINGERPRINT = "ropaFinding/v1"
"""Name under which a SARIF result carries the id of its finding."""


def read_baseline(path: Path) -> frozenset[str]:
    """Return the ids in a file that an earlier run wrote as JSON or SARIF.

    Raises:
        Unreadable: It is not there or holds something else.
    """
    try:
        told = json.loads(path.read_text("utf-8"))
        if isinstance(told, dict):
            return frozenset(result["partialFingerprints"][FINGERPRINT] for run in told["runs"] for result in run["results"])
        return frozenset(finding["id"] for finding in told)
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError):
        raise Unreadable(f"{path}: is no baseline. Make one with: ropa check --format json > {path.name}") from None
