"""A long list a page at a time: which page is asked for, what is on it, and where the others are.

In:  all items and the name of the argument that tells the page. Out: the items of the page; nobody is shown more at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode

from flask import request

from webapp.numbers import whole_number

Item = TypeVar("Item")


@dataclass(frozen=True)
class Portion(Generic[Item]):
    """What a page shows of a list.

    Attributes:
        name: The argument of the address. number, last: This page and the last one, from 1. total: Items of the whole list.
    """

    items: Sequence[Item]
    name: str
    number: int
    last: int
    total: int

    def href(self, number: int) -> str:
        """Return the address of another page of the list, all else unchanged."""
        arguments = {**request.args.to_dict(), self.name: str(number)}
        return f"?{urlencode(arguments)}"


def portion(items: Sequence[Item], name: str = "page", size: int = 25) -> Portion[Item]:
    """Return the part of a list that the address asks for; the last one where it asks for a later page than there is.

    Raises:
        BadParameter: The argument is no page number.
    """
    last = max(1, -(-len(items) // size))
    number = min(whole_number(name, 1), last)
    return Portion(items[(number - 1) * size : number * size], name, number, last, len(items))
