"""Who sends what where: the flows of the registers as routes to places, and what the law of a day makes of each.

In:  a store and a day. Out: routes, the standing of each on the day, and counts of them for pictures and tables.
"""

from ropa.geography.atlas import FILTERS, NOBODY, Atlas, Row, count_flows
from ropa.geography.routes import KINDS, MODALITIES, Place, Route, read_routes
from ropa.geography.standing import MEANINGS, STATUSES, Standing
from ropa.geography.tally import count_places, count_statuses, draw_diagram, draw_lines

__all__ = [
    "FILTERS",
    "KINDS",
    "MEANINGS",
    "MODALITIES",
    "NOBODY",
    "STATUSES",
    "Atlas",
    "Place",
    "Route",
    "Row",
    "Standing",
    "count_flows",
    "count_places",
    "count_statuses",
    "draw_diagram",
    "draw_lines",
    "read_routes",
]
