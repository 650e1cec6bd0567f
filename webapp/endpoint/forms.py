"""The forms that an answer to a query may have, and the tag of each.

In:  what a client accepts. Out: a media type for each kind of answer, what the engine writes for it, and its ETag.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

from ropa.store.evaluation import BOOLEAN, GRAPH, SOLUTIONS, Asked, Kind
from webapp import assets
from webapp.endpoint.protocol import Operation
from webapp.negotiation import choose
from webapp.state import State

HTML = "text/html"
_JSON = "application/json"
_XML = "application/xml"
# What clients ask for by the name of the syntax alone.
_PLAIN = {
    "solutions": {_JSON: SOLUTIONS[0], _XML: SOLUTIONS[1]},
    "boolean": {_JSON: BOOLEAN[0], _XML: BOOLEAN[1]},
    "graph": {_JSON: "application/ld+json", _XML: "application/rdf+xml"},
}
OFFERED: dict[Kind, list[str]] = {
    "solutions": [*SOLUTIONS, *_PLAIN["solutions"], HTML],
    "boolean": [*BOOLEAN, *_PLAIN["boolean"], HTML],
    "graph": [*GRAPH, *_PLAIN["graph"], HTML],
}
"""Kind of answer to the media types that it comes in, the favourite first."""
_ON_A_PAGE: dict[Kind, str] = {"solutions": SOLUTIONS[0], "boolean": BOOLEAN[0], "graph": "text/turtle"}


@lru_cache(maxsize=1000)
def choose_forms(accept: str | None) -> dict[Kind, str]:
    """Return the media type of each kind of answer that an Accept header takes; a kind that it does not take is left out."""
    found = {kind: choose(accept, offered) for kind, offered in OFFERED.items()}
    return {kind: media_type for kind, media_type in found.items() if media_type}


def ask_for(operation: Operation, forms: dict[Kind, str]) -> Asked:
    """Return what an engine is asked for an operation, so that it can be answered in these forms."""
    written = dict(_ON_A_PAGE)
    for kind, media_type in forms.items():
        if media_type != HTML:
            written[kind] = _PLAIN[kind].get(media_type, media_type)
    graphs = tuple(operation.default_graphs), tuple(operation.named_graphs)
    return Asked(operation.text, *graphs, written["solutions"], written["boolean"], written["graph"])


def tag(told: State, operation: Operation, media_type: str) -> str:
    """Return the ETag of an answer of the present revision."""
    page = assets.version() if media_type == HTML else ""
    graphs = " ".join([*operation.default_graphs, "", *operation.named_graphs])  # no IRI holds a space
    known = f"{told.epoch} {told.store.revision} {media_type} {page} {graphs}\n{operation.text}"
    return hashlib.sha256(known.encode("utf-8", "surrogatepass")).hexdigest()[:32]
