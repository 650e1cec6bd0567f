"""What tests of updates share: an engine with a little data, and what a request would change in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pyoxigraph as ox

from ropa.store import Change, Quad
from ropa.store.updates import EngineDataset, work_out

BASE = "https://e.example/"

START = """
PREFIX : <https://e.example/> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
INSERT DATA {
  :ann :name "Ann" , "Ann"@en-GB ; :age 42 ; :born "1981-02-03"^^xsd:date ; :knows :bob , _:somebody .
  :bob :name "Bob {}" ; :knows :cleo . :cleo :name "Cleo" .
  _:somebody :name "no; one" ; :list ( 1 "two" :three ) .
  GRAPH :g { :ann :knows :bob . :bob :age 7 . _:somebody :in :g }
  GRAPH :h { :ann :knows :bob . :x :y 1.50 , 1.5e0 , true }
} ;
CREATE GRAPH :empty
"""


def fresh_engine() -> ox.Store:
    """An engine that holds START."""
    engine = ox.Store()
    engine.update(START, base_iri=BASE)
    return engine


def state(engine: ox.Store) -> tuple[set[str], set[str]]:
    """All statements, with blank nodes named by their place, and the names of all graphs."""
    dataset = ox.Dataset(engine)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return {str(quad) for quad in dataset}, {str(graph) for graph in engine.named_graphs()}


def work(
    text: str, engine: ox.Store | None = None, using: Sequence[str] = (), using_named: Sequence[str] = (), most_quads: int | None = None
) -> Change:
    """What a request would change in an engine, or in a fresh one."""
    data = EngineDataset(fresh_engine() if engine is None else engine, BASE, None)
    return work_out(text, data, base=BASE, using=using, using_named=using_named, most_quads=most_quads)


def rows(quads: Iterable[Quad]) -> set[str]:
    """Statements as text, without the base."""
    return {str(quad).replace(BASE, "") for quad in quads}
