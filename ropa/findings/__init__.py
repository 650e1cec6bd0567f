"""What is missing or wrong in a register on a day: run the shapes and explain each result.

In:  a store (or graphs about to be loaded), a day, and the Turtle files in ``shapes/``.
Out: findings, worst first, each with its rule, its article, the statement, the phrase of the source and what would settle it.

What the law asks for is written in ``shapes/`` and in ``ontology/law.ttl``; this package only runs and explains it.
"""

from ropa.findings.judge import SHARED_GRAPHS, Engine, Judge, check_form, check_register, check_registers, check_store, program, shapes
from ropa.findings.model import Finding, Named, Quote, Waiver, sort
from ropa.findings.run import Run
from ropa.findings.standing import StandingFindings
from ropa.validation import SEVERITIES

__all__ = [
    "SEVERITIES",
    "SHARED_GRAPHS",
    "Engine",
    "Finding",
    "Judge",
    "Named",
    "Quote",
    "Run",
    "StandingFindings",
    "Waiver",
    "check_form",
    "check_register",
    "check_registers",
    "check_store",
    "program",
    "shapes",
    "sort",
]
