"""Lineage: the way of personal data from people over activities to recipients and places, as the registers state it.

In:  a store and what is asked. Out: nodes and hops, simple paths between two things, and what to draw of them.
"""

from ropa.lineage.asking import DEEPEST, MOST_REGISTERS, OF_SCOPES, Asked, Direction, Found, Reach, answer, claims_of
from ropa.lineage.atlas import Atlas, Standing
from ropa.lineage.drawing import MOST_HOPS, MOST_NODES, Drawing, Group, draw
from ropa.lineage.model import HOP_KINDS, NODE_KINDS, Claim, Hop, HopKind, Node, NodeKind, Path, Record, Said, Scope
from ropa.lineage.reading import BASIS, CLAIM, DATA, MECHANISM, PLACES, PURPOSE, RECIPIENT, read_register
from ropa.lineage.telling import UNRECORDED, firmness, list_names, path_firmness, standing_in_words, tell_hop, tell_path
from ropa.lineage.walking import LONGEST, MOST_PATHS, Paths, Walk

__all__ = [
    "BASIS",
    "CLAIM",
    "DATA",
    "DEEPEST",
    "HOP_KINDS",
    "LONGEST",
    "MECHANISM",
    "MOST_HOPS",
    "MOST_NODES",
    "MOST_PATHS",
    "MOST_REGISTERS",
    "NODE_KINDS",
    "OF_SCOPES",
    "PLACES",
    "PURPOSE",
    "RECIPIENT",
    "UNRECORDED",
    "Asked",
    "Atlas",
    "Claim",
    "Direction",
    "Drawing",
    "Found",
    "Group",
    "Hop",
    "HopKind",
    "Node",
    "NodeKind",
    "Path",
    "Paths",
    "Reach",
    "Record",
    "Said",
    "Scope",
    "Standing",
    "Walk",
    "answer",
    "claims_of",
    "draw",
    "firmness",
    "list_names",
    "path_firmness",
    "read_register",
    "standing_in_words",
    "tell_hop",
    "tell_path",
]
