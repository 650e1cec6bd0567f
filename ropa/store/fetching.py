"""Fetch a graph from an address that an administrator allowed; for LOAD alone.

In:  an address. Out: its statements, or an error; no other address is followed to.
"""

from __future__ import annotations

import pyoxigraph as ox
import urllib3
from pyoxigraph import DefaultGraph, NamedNode

from ropa.errors import CannotEvaluate, Unreadable
from ropa.store.payloads import read_payload
from ropa.store.quads import Quad, as_stored

_FORMATS = (ox.RdfFormat.TURTLE, ox.RdfFormat.N_TRIPLES, ox.RdfFormat.RDF_XML, ox.RdfFormat.JSON_LD)
_ACCEPT = ", ".join(form.media_type for form in _FORMATS)
_TIMEOUT = urllib3.Timeout(connect=5, read=20)
_MOST_BYTES = 50_000_000


def fetch(address: str, graph: NamedNode | DefaultGraph) -> list[Quad]:
    """Return the statements at an address, in a graph, as the store writes them.

    Raises:
        CannotEvaluate: It does not answer with RDF of a bearable size, or leads elsewhere.
    """
    with urllib3.PoolManager(retries=False, timeout=_TIMEOUT) as pool:
        try:
            response = pool.request("GET", address, headers={"Accept": _ACCEPT}, redirect=False, preload_content=False)
            body = response.read(_MOST_BYTES + 1)
            response.release_conn()
        except urllib3.exceptions.HTTPError as error:
            raise CannotEvaluate(f"{address} cannot be fetched: {error}") from None
    if response.status != 200:
        raise CannotEvaluate(f"{address} answers with status {response.status}. Allow and name the address that has the data itself.")
    if len(body) > _MOST_BYTES:
        raise CannotEvaluate(f"{address} has more than {_MOST_BYTES // 1_000_000} MB. Load it with: ropa load")
    form = ox.RdfFormat.from_media_type(response.headers.get("Content-Type", "").partition(";")[0].strip())
    if form not in _FORMATS:
        raise CannotEvaluate(f"{address} is none of {_ACCEPT}.")
    try:
        return as_stored(read_payload(body, form, address), graph)
    except Unreadable as error:
        raise CannotEvaluate(f"{address}: {error}") from None
