"""Activities as files: a table for spreadsheets, and JSON for programs.

In:  rows and the columns wanted. Out: text.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from ropa.activities import Activity, Entry
from ropa.exchange.commas import write_lines
from ropa.findings import SEVERITIES

Findings = Mapping[str, Counter[str]]
"""Activity to how many findings of each severity touch it."""


def write_csv(rows: Sequence[Activity], columns: Sequence[str], findings: Findings) -> str:
    """Return a line for each activity; several values of a column are separated by "; ".

    A marker stands in brackets, as in the answers of questions. What a spreadsheet would take for a formula is written with an
    apostrophe before it.
    """
    return write_lines([["activity", "name", *_headings(columns)], *(_cells(row, columns, findings) for row in rows)])


def _cells(row: Activity, columns: Sequence[str], findings: Findings) -> list[str]:
    cells = [row.iri, row.label]
    for column in columns:
        if column == "findings":
            cells += [str(findings.get(row.iri, Counter())[severity]) for severity in SEVERITIES]
        elif column == "complete":
            cells += [f"{row.complete} of {len(row.items)}", "; ".join(_open_items(row))]
        elif column in row.columns:
            cells.append("; ".join(map(_say, row.columns[column])))
        else:
            cells.append(row.title if column == "register" else row.role)
    return cells


def _headings(columns: Sequence[str]) -> list[str]:
    wide = {"findings": [f"{severity.lower()} findings" for severity in SEVERITIES], "complete": ["complete", "open items"]}
    return [heading for column in columns for heading in wide.get(column, [column])]


def _open_items(row: Activity) -> list[str]:
    return [f"{found.item.article} {found.item.name}: {found.state}" for found in row.items if not found.answered]


def _say(entry: Entry) -> str:
    said = f"[{entry.label}]" if entry.marker else entry.label
    return f"{said} ({entry.note})" if entry.note else said


def write_json(rows: Sequence[Activity], columns: Sequence[str], findings: Findings) -> str:
    """Return a list of objects, one for each activity."""
    return json.dumps([_tell(row, columns, findings) for row in rows], ensure_ascii=False)


def _tell(row: Activity, columns: Sequence[str], findings: Findings) -> dict[str, object]:
    told: dict[str, object] = {"activity": row.iri, "name": row.label, "description": row.description}
    for column in columns:
        if column == "findings":
            told[column] = {severity: findings.get(row.iri, Counter())[severity] for severity in SEVERITIES}
        elif column == "complete":
            told[column] = [{"article": found.item.article, "item": found.item.name, "state": found.state} for found in row.items]
        elif column == "register":
            told[column] = {"name": row.register, "title": row.title}
        elif column == "role":
            told[column] = row.role
        else:
            told[column] = [
                {"label": entry.label, "iri": entry.iri, "marker": entry.marker, "note": entry.note} for entry in row.columns[column]
            ]
    return told


WRITERS: dict[str, tuple[str, Callable[[Sequence[Activity], Sequence[str], Findings], str]]] = {
    "csv": ("text/csv", write_csv),
    "json": ("application/json", write_json),
}
"""Ending of the address to media type and writer."""
