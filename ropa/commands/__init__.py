"""Commands of ``ropa`` that need more than a few lines; :mod:`ropa.cli` puts them together."""
