"""The endpoint for programs: SPARQL queries and updates, the graph store, and what describes them."""
