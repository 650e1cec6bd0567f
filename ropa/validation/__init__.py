"""Judge data by SHACL shapes.

In:  data and shapes. Out: results, each with the shape, the node, the property and the value that it is about.

Two engines give the same results, which tests prove on every shape, every case, the shipped registers and registers with
planted defects: :mod:`ropa.validation.reference` is pySHACL, and :mod:`ropa.validation.queries` runs the shapes as SPARQL, once
for all nodes, on the engine of the store. What the second cannot translate it leaves to the first.
"""

from ropa.validation.compiler import Program, compile_shapes
from ropa.validation.queries import Subject, prove, run
from ropa.validation.reference import judge
from ropa.validation.results import SEVERITIES, Result

__all__ = ["SEVERITIES", "Program", "Result", "Subject", "compile_shapes", "judge", "prove", "run"]
