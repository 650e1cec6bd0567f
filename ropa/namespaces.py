"""Every namespace and prefix of the project, written once.

Vocabularies have fixed IRIs. Instances live under a *base* that each store chooses
(:data:`DEFAULT_BASE`); data files use relative IRIs that are resolved against it.
"""

from __future__ import annotations

from typing import Final

DEFAULT_BASE: Final = "https://ropa.example/"

DCTERMS: Final = "http://purl.org/dc/terms/"
DPV: Final = "https://w3id.org/dpv#"
EU_GDPR: Final = "https://w3id.org/dpv/legal/eu/gdpr#"
OA: Final = "http://www.w3.org/ns/oa#"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
ROPA: Final = "https://w3id.org/ropa-graph/ns#"
SH: Final = "http://www.w3.org/ns/shacl#"
SHAPES: Final = "https://w3id.org/ropa-graph/shapes#"
SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"

NOT_STATED: Final = ROPA + "NotStated"
NO_VALUES: Final = frozenset({NOT_STATED, ROPA + "StatedNone", ROPA + "NotApplicable", ROPA + "LostInSource"})
"""The four markers that stand where a value would: the text is silent, denies, the question does not arise, the words are lost."""

PREFIXES: Final[dict[str, str]] = {
    "dcterms": DCTERMS,
    "dpv": DPV,
    "eu-gdpr": EU_GDPR,
    "foaf": "http://xmlns.com/foaf/0.1/",
    "legal-eu": "https://w3id.org/dpv/legal/eu#",
    "legal-gb": "https://w3id.org/dpv/legal/gb#",
    "loc": "https://w3id.org/dpv/loc#",
    "oa": OA,
    "owl": "http://www.w3.org/2002/07/owl#",
    "pd": "https://w3id.org/dpv/pd#",
    "rdf": RDF,
    "rdfs": RDFS,
    "risk": "https://w3id.org/dpv/risk#",
    "ropa": ROPA,
    "rs": SHAPES,
    "sh": SH,
    "skos": SKOS,
    "tech": "https://w3id.org/dpv/tech#",
    "vs": "http://www.w3.org/2003/06/sw-vocab-status/ns#",
    "xsd": XSD,
}
"""Prefix to namespace, as printed in exports and understood in parameters."""


def expand(curie: str) -> str | None:
    """Return the IRI of a prefixed name such as ``pd:Name``, or None where the prefix is not ours."""
    prefix, colon, local = curie.partition(":")
    namespace = PREFIXES.get(prefix)
    return namespace + local if colon and namespace else None


def shorten(iri: str, base: str = DEFAULT_BASE) -> str:
    """Return *iri* as a prefixed name or a path below *base* where it has one, else unchanged."""
    if iri.startswith(base):
        return iri[len(base) :]
    # The longest namespace wins: https://w3id.org/dpv# must not claim https://w3id.org/dpv/pd#.
    for prefix, namespace in sorted(PREFIXES.items(), key=lambda item: -len(item[1])):
        local = iri[len(namespace) :]
        if iri.startswith(namespace) and local and "/" not in local:
            return f"{prefix}:{local}"
    return iri


def graph_iri(base: str, name: str) -> str:
    """Return the IRI of a named graph: ``graph_iri(base, "register/aculab")``."""
    return f"{base}graph/{name}"


def register_iri(base: str, slug: str) -> str:
    """Return the IRI of a register's own node."""
    return f"{base}id/register/{slug}"
