"""What is missing or wrong: a filtered list for people, the same as JSON for programs.

In:  the findings of the present revision and the filters of the address. Out: a page or JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from flask import Blueprint, Response, request
from werkzeug.exceptions import ServiceUnavailable

from ropa.errors import BadParameter
from ropa.findings import SEVERITIES, Finding
from webapp.answers import answer, page
from webapp.state import State, state

bp = Blueprint("findings", __name__)

CONCERNS = {"duty": "what the law asks", "form": "how the record is built"}


@dataclass(frozen=True)
class Group:
    """The findings of one rule: what is the same for all of them is said once.

    Attributes:
        message, remedy: "" where they differ from finding to finding.
    """

    severity: str
    article: str
    article_iri: str
    shape: str
    message: str
    remedy: str
    findings: list[Finding]


@bp.get("/findings")
def index() -> Response:
    """Show the findings that the filters leave, the worst first."""
    told = state()
    chosen = _filters(told)
    found = told.findings()
    if found is None:
        response = page("findings/checking.html", {}, variant="checking")
        response.headers["Cache-Control"] = "no-store"
        return response
    kept = _keep(found, chosen)
    return page(
        "findings/index.html",
        {
            "findings": kept,
            "total": len(found),
            "groups": _group(kept),
            "filters": _offer(told),
            "chosen": chosen,
            "registers": {register.slug: register for register in told.snapshot().registers},
        },
    )


@bp.get("/findings.json")
def as_json() -> Response:
    """Answer the same list as JSON."""
    told = state()
    chosen = _filters(told)
    found = told.findings()
    if found is None:
        raise ServiceUnavailable("The registers are being checked. Ask again in a few seconds.", retry_after=3)
    kept = [asdict(finding) for finding in _keep(found, chosen)]
    return answer("application/json", lambda: json.dumps(kept, ensure_ascii=False, indent=2))


def _offer(told: State) -> dict[str, Mapping[str, str]]:
    """Return, for each filter, its values with what people read."""
    return {
        "register": {register.slug: register.title for register in told.snapshot().registers},
        "severity": {severity: severity for severity in SEVERITIES},
        "concern": CONCERNS,
    }


def _filters(told: State) -> dict[str, str]:
    """Return the filters in use.

    Raises:
        BadParameter: A filter is unknown or has a value that nothing has.
    """
    offered = _offer(told)
    chosen = {name: value for name, value in request.args.items() if value}
    for name, value in chosen.items():
        if name not in offered:
            raise BadParameter(f"There is no filter {name!r}. Filter by {', '.join(offered)}.")
        if value not in offered[name]:
            raise BadParameter(f"{name}={value!r}: give one of {', '.join(offered[name])}.")
    return chosen


def _keep(found: list[Finding], chosen: Mapping[str, str]) -> list[Finding]:
    return [finding for finding in found if all(getattr(finding, name) == value for name, value in chosen.items())]


def _group(found: list[Finding]) -> dict[str, list[Group]]:
    """Return the groups by severity, worst first, in the order in which the findings come."""
    by_rule: dict[tuple[str, str], list[Finding]] = {}
    for finding in found:
        by_rule.setdefault((finding.severity, finding.shape), []).append(finding)
    groups: dict[str, list[Group]] = {}
    for (severity, shape), same in sorted(by_rule.items(), key=lambda item: SEVERITIES.index(item[0][0])):
        messages, remedies = {finding.message for finding in same}, {finding.remedy for finding in same}
        groups.setdefault(severity, []).append(
            Group(
                severity=severity,
                article=same[0].article,
                article_iri=same[0].article_iri,
                shape=shape,
                message=messages.pop() if len(messages) == 1 else "",
                remedy=remedies.pop() if len(remedies) == 1 else "",
                findings=same,
            )
        )
    return groups
