"""The rules in words: what registers are judged by, searched and filtered by the address.

In:  the shapes and the findings of today. Out: a page with an anchor for each rule.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from flask import Blueprint, Response, request

from ropa.errors import BadParameter
from ropa.findings import SEVERITIES
from ropa.rules import Part, Rule, first_day, first_days, read_rules
from webapp.answers import page
from webapp.findings.pages import CONCERNS
from webapp.state import state
from webapp.things.provisions import provisions

bp = Blueprint("rules", __name__)

_LONGEST = 200


@bp.get("/shapes")
def index() -> Response:
    """Show the rules that the filters leave, by the part of the law they belong to."""
    told = state()
    chosen = {
        "severity": _choose("severity", SEVERITIES),
        "concern": _choose("concern", tuple(CONCERNS)),
        "part": _choose("part", tuple(part.name for part in read_rules())),
    }
    text = request.args.get("q", "").strip()
    if len(text) > _LONGEST:
        raise BadParameter(f"q has {len(text)} characters; give {_LONGEST} at most.")
    found = told.findings()
    days = first_days(told.store)
    parts = [part for part in (_keep(part, text.casefold().split(), chosen) for part in read_rules()) if part.rules]
    return page(
        "rules/index.html",
        {
            "parts": parts,
            "shown": sum(len(part.rules) for part in parts),
            "total": sum(len(part.rules) for part in read_rules()),
            "counts": None if found is None else Counter(finding.shape_name for finding in found),
            "begins": {rule.iri: first_day(rule, days) for part in parts for rule in part.rules},
            "all_parts": [(part.name, part.title) for part in read_rules()],
            "severities": SEVERITIES,
            "concerns": CONCERNS,
            "chosen": chosen,
            "text": text,
        },
        variant="checking" if found is None else "",
    )


def _choose(name: str, offered: tuple[str, ...]) -> str:
    value = request.args.get(name, "")
    if value and value not in offered:
        raise BadParameter(f"{name}={value[:50]!r}: give one of {', '.join(offered)}.")
    return value


def _keep(part: Part, words: list[str], chosen: dict[str, str]) -> Part:
    """Return a part with the rules that all filters leave."""
    if chosen["part"] not in ("", part.name):
        return replace(part, rules=())
    return replace(part, rules=tuple(rule for rule in part.rules if _matches(part, rule, words, chosen)))


def _matches(part: Part, rule: Rule, words: list[str], chosen: dict[str, str]) -> bool:
    article = provisions().all.get(rule.article)
    told = [rule.name, rule.message, rule.remedy, part.title, *((article.label, article.paraphrase) if article else ())]
    text = " ".join(told).casefold()
    fits = chosen["severity"] in ("", rule.severity) and chosen["concern"] in ("", rule.concern)
    return fits and all(word in text for word in words)
