"""What of the comparison runs in processes of its own, so that time and memory are its own.

    python -m bench.workers fill-ropa FILE FOLDER      fill a store of ours from N-Quads
    python -m bench.workers fill-plain FILE FOLDER     fill a folder of pyoxigraph
    python -m bench.workers plain FOLDER|FILE          pyoxigraph alone: from a folder on the disk, or from a file into memory
    python -m bench.workers rdflib FILE PORT           rdflib-endpoint over a store of rdflib

Filling prints its seconds. ``plain`` reads one JSON object a line, ``{"text", "form"}`` or ``{"things", "seconds", "mark"}``,
and answers with a line of JSON and, for a text, as many bytes as that line says.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pyoxigraph as ox

from bench.load import LOOKUP

_SOLUTIONS = {
    form.media_type.partition(";")[0]: form for form in (getattr(ox.QueryResultsFormat, name) for name in ("JSON", "XML", "CSV", "TSV"))
}
_GRAPHS = {form.media_type: form for form in (getattr(ox.RdfFormat, name) for name in ("TURTLE", "N_TRIPLES", "JSON_LD", "RDF_XML"))}


def fill_ropa(file: str, folder: str) -> None:
    """Fill a new store of ours."""
    # The others are measured without our code in their memory.
    from ropa.store.embedded import EmbeddedStore

    started = time.perf_counter()
    with EmbeddedStore.create(Path(folder)) as store:
        store.pour(cast(Any, ox.parse(path=file, format=ox.RdfFormat.N_QUADS)))
    print(time.perf_counter() - started)


def fill_plain(file: str, folder: str) -> None:
    """Fill a new folder of the engine by its fastest way."""
    started = time.perf_counter()
    store = ox.Store(folder)
    store.bulk_load(path=file, format=ox.RdfFormat.N_QUADS)
    store.flush()
    del store
    print(time.perf_counter() - started)


def plain(place: str) -> None:
    """Answer questions in this process, until there are no more."""
    if Path(place).is_dir():
        store = ox.Store(place)
    else:
        store = ox.Store()
        store.bulk_load(path=place, format=ox.RdfFormat.N_QUADS)
    out = sys.stdout.buffer
    out.write(b"ready\n")
    out.flush()
    for line in sys.stdin:
        asked = json.loads(line)
        body = b""
        if "text" in asked:
            started = time.perf_counter()
            body = _write(store, asked["text"], asked["form"])
            told = {"seconds": time.perf_counter() - started, "length": len(body)}
        else:
            told = _look_up(store, **asked)
        out.write(json.dumps(told).encode() + b"\n" + body)
        out.flush()


def _write(store: ox.Store, text: str, form: str) -> bytes:
    answer = store.query(text, use_default_graph_as_union=True)
    if isinstance(answer, ox.QueryTriples):
        return answer.serialize(format=_GRAPHS[form]) or b""
    return answer.serialize(format=_SOLUTIONS[form]) or b""


def _look_up(store: ox.Store, things: list[str], seconds: float, mark: str) -> dict[str, float]:
    taken: list[float] = []
    started = now = time.perf_counter()
    while now - started < seconds:
        number = len(taken) + 1
        text = LOOKUP.replace("THING", things[number * 7919 % len(things)]).replace("NUMBER", mark and f"{mark}x{number}")
        _write(store, text, "application/sparql-results+json")
        taken.append(time.perf_counter() - now)
        now += taken[-1]
    taken.sort()
    last = len(taken) - 1
    return {
        "requests": len(taken),
        "seconds": now - started,
        "failed": 0,
        "median_ms": taken[last // 2] * 1000,
        "slow_ms": taken[last * 99 // 100] * 1000,
    }


def rdflib(file: str, port: str) -> None:
    """Serve a file with rdflib-endpoint, as its own command does, without a line in a log for each request."""
    dataset = importlib.import_module("rdflib").Dataset(default_union=True)
    dataset.parse(file, format="nquads")
    app = importlib.import_module("rdflib_endpoint").SparqlEndpoint(graph=dataset)
    importlib.import_module("uvicorn").run(app, host="127.0.0.1", port=int(port), log_level="error", access_log=False)


_WORK: dict[str, Callable[..., None]] = {"fill-ropa": fill_ropa, "fill-plain": fill_plain, "plain": plain, "rdflib": rdflib}


def main() -> None:
    """Do one of these."""
    if len(sys.argv) < 2 or sys.argv[1] not in _WORK:
        sys.exit(__doc__)
    _WORK[sys.argv[1]](*sys.argv[2:])


if __name__ == "__main__":
    main()
