"""Values in words, for pages: what :mod:`ropa.words` says, under the name by which pages know it."""

from ropa.words import count, day, duration, humanise, literal, name

__all__ = ["count", "day", "duration", "humanise", "literal", "name"]
