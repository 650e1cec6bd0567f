"""What is missing or wrong on a day: a filtered list, each finding on its own page, the same for programs.

In:  the findings of the present revision and the filters of the address. Out: pages, JSON, SARIF, Turtle, JUnit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, Response, request
from werkzeug.exceptions import ServiceUnavailable

from ropa.errors import BadParameter, NotFound
from ropa.findings import SEVERITIES, Finding, Named, Run
from ropa.reports import FORMATS
from webapp.answers import answer, page
from webapp.days import asked_day, day_argument
from webapp.numbers import whole_number
from webapp.revisions import PerRevision
from webapp.state import Snapshot, State, state

bp = Blueprint("findings", __name__)

CONCERNS = {"duty": "what the law asks", "form": "how the record is built"}
STATES = {"open": "not accepted", "waived": "accepted by somebody"}
ORDERS = {"rule": "rule", "article": "article", "register": "register", "party": "party", "activity": "activity"}
MEDIA_TYPES = {
    "json": ("json", "application/json"),
    "sarif": ("sarif", "application/sarif+json"),
    "ttl": ("turtle", "text/turtle"),
    "xml": ("junit", "application/xml"),
}
"""Ending of the address to the format of a report and its media type."""

_MOST = 10
"""Findings of a group that a list of several groups shows."""
_MOST_GROUPS = 60
"""Groups that a list shows on a page."""
_MOST_OPTIONS = 300
"""Values of a filter that are offered to pick from; of more, people type the name."""
_MOST_NAMED = 20
_MOST_OF_ONE = 200
"""Findings that a list of one group shows on a page."""


@dataclass(frozen=True)
class Group:
    """Findings with something in common, which is said once.

    Attributes:
        severity: The worst of them. name, iri: What they have in common; "" where it leads nowhere.
        message, remedy: "" where they differ from finding to finding.
        more: The arguments that list the whole group. hidden: How many of it are not in ``findings``.
    """

    severity: str
    name: str
    iri: str
    message: str
    remedy: str
    findings: list[Finding]
    total: int
    hidden: int
    more: dict[str, str]


Ordered = list[tuple[str, tuple[Named, list[Finding]]]]
"""Groups of findings: the value of the filter that leaves each, what people read for it, the findings."""
_OFFERED: PerRevision[dict[str, dict[str, str]]] = PerRevision(4)
_ORDERED: PerRevision[tuple[list[Finding], Ordered]] = PerRevision(8)


@bp.get("/findings")
def index() -> Response:
    """Show the findings that the filters leave, the worst first."""
    told, day = state(), asked_day()
    # Before the findings: what is kept for a revision is then never made of the findings of an earlier one.
    snapshot = told.snapshot()
    found = told.findings(day)
    if found is None:
        response = page("findings/checking.html", {"day": day}, variant="checking")
        response.headers["Cache-Control"] = "no-store"
        return response
    offered = _offer(snapshot, found, day)
    chosen = _filters(offered)
    order = _choose("by", ORDERS, "rule")
    key = (day, order, *sorted(chosen.items()))
    kept, ordered = _ORDERED.get(snapshot, key, lambda: _order(_keep(found, chosen), order))
    last = max(1, -(-len(kept) // _MOST_OF_ONE) if len(ordered) == 1 else -(-len(ordered) // _MOST_GROUPS))
    number = min(whole_number("page", 1), last)
    groups = _group(ordered, order, number)
    return page(
        "findings/index.html",
        {
            "shown": kept,
            "total": len(found),
            "groups": groups,
            "filters": offered,
            "most_options": _MOST_OPTIONS,
            "chosen": chosen,
            "orders": ORDERS,
            "order": order,
            "day": day,
            "dated": day_argument(),
            "registers": {register.slug: register for register in snapshot.registers},
            "endings": MEDIA_TYPES,
            "number": number,
            "last": last,
        },
    )


@bp.get("/findings.<ending>")
def report(ending: str) -> Response:
    """Answer the same list as a report for programs."""
    if ending not in MEDIA_TYPES:
        raise NotFound("format", ending, MEDIA_TYPES)
    told, day = state(), asked_day()
    snapshot = told.snapshot()
    found = _wait(told, day)
    form, media_type = MEDIA_TYPES[ending]
    chosen = _filters(_offer(snapshot, found, day))
    slugs = [register.slug for register in snapshot.registers if chosen.get("register", register.slug) == register.slug]
    return answer(media_type, lambda: FORMATS[form](Run(_keep(found, chosen), day, slugs, told.store.base)))


@bp.get("/findings/<name>")
def show(name: str) -> Response:
    """Show one finding: the rule, the article, the statement, the phrase, what would settle it, what it touches."""
    told, day = state(), asked_day()
    found = _wait(told, day)
    finding = next((finding for finding in found if finding.id == name), None)
    if finding is None:
        elsewhere = f"Nothing with this number is found as of {day.isoformat()}: it is settled, or it belongs to another day."
        raise NotFound("finding", name, (finding.id for finding in found), elsewhere)
    slug = finding.register
    register = next(register for register in told.snapshot().registers if register.slug == slug)
    alike = [other for other in found if other.shape == finding.shape and other.id != finding.id]
    context = {"finding": finding, "register": register, "day": day, "dated": day_argument(), "alike": alike, "most": _MOST}
    return page("findings/show.html", context)


def _wait(told: State, day: date) -> list[Finding]:
    found = told.findings(day)
    if found is None:
        raise ServiceUnavailable("The registers are being checked. Ask again in a few seconds.", retry_after=3)
    return found


def _choose(name: str, offered: Mapping[str, str], default: str) -> str:
    value = request.args.get(name) or default
    if value not in offered:
        raise BadParameter(f"{name}={value!r}: give one of {', '.join(offered)}.")
    return value


def _offer(snapshot: Snapshot, found: Iterable[Finding], day: date) -> dict[str, dict[str, str]]:
    """Return, for each filter, its values with what people read; articles and parties are those that something is found about."""
    return _OFFERED.get(snapshot, day, lambda: _list_values(snapshot, found))


def _list_values(snapshot: Snapshot, found: Iterable[Finding]) -> dict[str, dict[str, str]]:
    articles = {finding.article_iri: finding.article for finding in found if finding.article_iri}
    parties = {party.iri: party.label for finding in found for party in finding.parties}
    return {
        "register": {register.slug: register.title for register in snapshot.registers},
        "severity": {severity: severity for severity in SEVERITIES},
        "concern": CONCERNS,
        "article": dict(sorted(articles.items(), key=lambda item: item[1])),
        "party": dict(sorted(parties.items(), key=lambda item: item[1].casefold())),
        "state": STATES,
    }


def _filters(offered: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return the filters in use.

    Raises:
        BadParameter: A filter is unknown or has a value that nothing has.
    """
    chosen = {name: value for name, value in request.args.items() if value and name not in ("as_of", "by", "page")}
    for name, given in list(chosen.items()):
        if name not in offered and name not in ("rule", "activity"):
            raise BadParameter(f"There is no filter {name!r}. Filter by {', '.join([*offered, 'rule', 'activity'])}.")
        values = offered.get(name, {})
        typed = [value for value, label in values.items() if label.casefold() == given.casefold()]
        if given not in values and len(typed) == 1:
            chosen[name] = typed[0]
        # What has no finding on this day may have had one on another, so an unknown article or party leaves an empty list.
        elif name in ("register", "severity", "concern", "state") and given not in values:
            raise BadParameter(f"{name}={given!r}: give one of {', '.join(list(values)[:_MOST_NAMED])}.")
    return chosen


_TESTS: dict[str, Callable[[Finding, str], bool]] = {
    "register": lambda finding, value: finding.register == value,
    "severity": lambda finding, value: finding.severity == value,
    "concern": lambda finding, value: finding.concern == value,
    "article": lambda finding, value: finding.article_iri == value,
    "party": lambda finding, value: any(party.iri == value for party in finding.parties),
    "activity": lambda finding, value: any(activity.iri == value for activity in finding.activities),
    "rule": lambda finding, value: finding.shape_name == value,
    "state": lambda finding, value: (finding.waiver is not None) == (value == "waived"),
}


def _keep(found: Iterable[Finding], chosen: Mapping[str, str]) -> list[Finding]:
    return [finding for finding in found if all(_TESTS[name](finding, value) for name, value in chosen.items())]


def _keys(finding: Finding, order: str) -> list[tuple[str, Named]]:
    """Return the groups of a finding in an order, each by the value of its filter; a finding may touch several parties."""
    if order == "rule":
        return [(finding.shape_name, Named("", finding.message))]
    if order == "article":
        return [(finding.article_iri, Named(finding.article_iri, finding.article))]
    if order == "register":
        return [(finding.register, Named("", finding.register))]
    touched = finding.parties if order == "party" else finding.activities
    return [(named.iri, named) for named in touched] or [("", Named("", f"No {order} in particular"))]


def _order(found: list[Finding], order: str) -> tuple[list[Finding], Ordered]:
    """Return findings, and the same in groups, worst first, then in the order in which they come."""
    by_key: dict[str, tuple[Named, list[Finding]]] = {}
    for finding in found:
        for key, named in _keys(finding, order):
            by_key.setdefault(key, (named, []))[1].append(finding)
    return found, sorted(by_key.items(), key=lambda item: SEVERITIES.index(item[1][1][0].severity))


def _group(ordered: Ordered, order: str, number: int) -> list[Group]:
    """Return the groups of a page."""
    groups = []
    begin = 0 if len(ordered) == 1 else (number - 1) * _MOST_GROUPS
    for key, (named, same) in ordered[begin : begin + _MOST_GROUPS]:
        messages, remedies = {finding.message for finding in same}, {finding.remedy for finding in same}
        first = (number - 1) * _MOST_OF_ONE if len(ordered) == 1 else 0
        part = same[first : first + (_MOST_OF_ONE if len(ordered) == 1 else _MOST)]
        groups.append(
            Group(
                severity=same[0].severity,
                name=named.label,
                iri=named.iri,
                message=messages.pop() if len(messages) == 1 else "",
                remedy=remedies.pop() if len(remedies) == 1 else "",
                findings=part,
                total=len(same),
                hidden=0 if len(ordered) == 1 else len(same) - len(part),
                more={order: key} if key else {},
            )
        )
    return groups
