"""What of the graph a person looks at, as written in an address, and what each action makes of it.

In:  the arguments of an address, or one action such as ``hide~id/party/acme``. Out: a :class:`Viewpoint`, and its arguments.

A thing is written as a path below the base of the store or a prefixed name, a link kind as the name of its property, with ``-`` in
front where the thing is the object; the parts of an argument stand between ``~``, which is ``%7E`` where a part has it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from pyoxigraph import NamedNode
from werkzeug.datastructures import MultiDict

from ropa.errors import BadParameter
from ropa.kinds import KINDS
from ropa.namespaces import expand, shorten
from ropa.subgraph import MOST, Opening

LAYOUTS = {"spread": "Spread out", "rings": "Rings around the focus", "tree": "Tree from the focus"}
"""How the picture is laid out: name in addresses, words."""
MOST_OF_ALL = 2000
"""Nodes that may be asked for."""
_MOST_ARGUMENTS = 2000
_FARTHEST = 100_000
_ONE_EACH = ("focus", "layout", "most", "at", "do")
_ESCAPED = {"%25": "%", "%7E": "~", "%7e": "~"}


@dataclass(frozen=True)
class Viewpoint:
    """What a person looks at.

    Attributes:
        focus, at: IRIs of the thing in the middle, and of the one that is told about beside the picture.
        openings: None where the person has not opened or closed anything yet.
        hidden: IRIs. without: Keys of kinds. pins: IRI to place, in the units of the picture.
    """

    focus: str
    openings: tuple[Opening, ...] | None = None
    hidden: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    pins: tuple[tuple[str, int, int], ...] = ()
    layout: str = "spread"
    most: int = MOST
    at: str = ""

    def arguments(self, base: str) -> list[tuple[str, str]]:
        """Return the arguments of the address that shows this, the same ones in the same order for the same view."""
        told = [("focus", shorten(self.focus, base))]
        if self.openings is not None:
            told += [("open", write(opening, base)) for opening in self.openings] or [("open", "")]
        told += [("hide", shorten(iri, base)) for iri in self.hidden]
        told += [("without", key) for key in self.without]
        told += [("pin", _join(shorten(iri, base), str(x), str(y))) for iri, x, y in self.pins]
        told += [("layout", self.layout)] if self.layout != "spread" else []
        told += [("most", str(self.most))] if self.most != MOST else []
        told += [("at", shorten(self.at, base))] if self.at not in ("", self.focus) else []
        return told


def write(opening: Opening, base: str) -> str:
    """Return an opening as the value of an argument."""
    return _join(shorten(opening.thing, base), _link(opening, base), str(opening.limit))


def kind_argument(thing: str, name: str, outgoing: bool, base: str) -> str:
    """Return a link kind of a thing as the value of an argument without its number."""
    return _join(shorten(thing, base), _link(Opening(thing, name, outgoing, 0), base))


def read(arguments: MultiDict[str, str], base: str, focus: str) -> Viewpoint:
    """Return what an address shows.

    Args:
        focus: The IRI that its argument ``focus`` means.

    Raises:
        BadParameter: An argument is given twice, is too long a list, or does not say what it should.
    """
    for name in _ONE_EACH:
        if len(given := arguments.getlist(name)) > 1:
            raise BadParameter(f"{name} is given {len(given)} times; give it once.")
    if (many := sum(len(arguments.getlist(name)) for name in ("open", "hide", "without", "pin"))) > _MOST_ARGUMENTS:
        raise BadParameter(f"The address has {many} openings, pins and the like; at most {_MOST_ARGUMENTS} are read.")
    opened = arguments.getlist("open")
    layout = arguments.get("layout", "spread")
    if layout not in LAYOUTS:
        raise BadParameter(f"layout={layout!r}: give one of {', '.join(LAYOUTS)}.")
    return Viewpoint(
        focus=focus,
        openings=tuple(dict.fromkeys(_opening(text, base) for text in opened if text)) if opened else None,
        hidden=tuple(dict.fromkeys(iri_of(text, base, "hide") for text in arguments.getlist("hide") if text)),
        without=tuple(dict.fromkeys(_known_kind(text) for text in arguments.getlist("without") if text)),
        pins=tuple({pin[0]: pin for pin in (_pin(text, base) for text in arguments.getlist("pin") if text)}.values()),
        layout=layout,
        most=_number("most", arguments.get("most", "") or str(MOST), MOST_OF_ALL),
        at=iri_of(text, base, "at") if (text := arguments.get("at", "")) else focus,
    )


def act(view: Viewpoint, action: str, base: str) -> Viewpoint:
    """Return what a view becomes by an action.

    Args:
        action: A verb and what it takes, between ``~``: ``expand`` and ``close`` (thing, link, number), ``collapse``, ``hide``, ``show``,
            ``focus``, ``at`` and ``unpin`` (thing), ``pin`` (thing, x, y), ``without`` and ``with`` (kind), ``layout``, ``most``.

    Raises:
        BadParameter: There is no such verb, or it does not take this.
    """
    verb, _, told = action.partition("~")
    if verb not in _ACTIONS:
        raise BadParameter(f"do={action!r}: there is no action {verb!r}. Give one of {', '.join(sorted(_ACTIONS))}.")
    return _ACTIONS[verb](view, told, base)


def iri_of(text: str, base: str, name: str) -> str:
    """Return the IRI that a path below the base, a prefixed name or an IRI means.

    Raises:
        BadParameter: It is none of these; *name* is the argument it was given as.
    """
    text = text.strip()
    if not text:
        raise BadParameter(f"{name}: say which thing, by a path such as id/party/acme, or a name such as pd:Name.")
    iri = expand(text) or (text if ":" in text.partition("/")[0] else f"{base}{text.lstrip('/')}")
    try:
        return NamedNode(iri).value
    except ValueError:
        raise BadParameter(f"{name}={text!r} names no thing. Give a path such as id/party/acme, or a name such as pd:Name.") from None


def _expand(view: Viewpoint, told: str, base: str) -> Viewpoint:
    opening = _opening(told, base)
    rest = [other for other in view.openings or () if _key(other) != _key(opening)]
    return replace(view, openings=(*rest, opening), at=opening.thing)


def _close(view: Viewpoint, told: str, base: str) -> Viewpoint:
    closed = _key(_opening(f"{told}~1", base))
    return replace(view, openings=tuple(other for other in view.openings or () if _key(other) != closed), at=closed[0])


def _collapse(view: Viewpoint, told: str, base: str) -> Viewpoint:
    thing = iri_of(told, base, "collapse")
    return replace(view, openings=tuple(other for other in view.openings or () if other.thing != thing), at=thing)


def _hide(view: Viewpoint, told: str, base: str) -> Viewpoint:
    thing = iri_of(told, base, "hide")
    if thing == view.focus:
        raise BadParameter("The focus cannot be hidden. Make another thing the focus first.")
    at = view.focus if thing == view.at else view.at
    return replace(view, hidden=tuple(dict.fromkeys((*view.hidden, thing))), pins=_unpinned(view, thing), at=at)


def _show(view: Viewpoint, told: str, base: str) -> Viewpoint:
    thing = iri_of(told, base, "show")
    return replace(view, hidden=tuple(other for other in view.hidden if other != thing))


def _focus(view: Viewpoint, told: str, base: str) -> Viewpoint:
    thing = iri_of(told, base, "focus")
    return Viewpoint(thing, without=view.without, layout=view.layout, most=view.most, at=thing)


def _select(view: Viewpoint, told: str, base: str) -> Viewpoint:
    return replace(view, at=iri_of(told, base, "at"))


def _pin_down(view: Viewpoint, told: str, base: str) -> Viewpoint:
    pin = _pin(told, base)
    return replace(view, pins=(*_unpinned(view, pin[0]), pin))


def _unpin(view: Viewpoint, told: str, base: str) -> Viewpoint:
    return replace(view, pins=_unpinned(view, iri_of(told, base, "unpin")))


def _leave_out(view: Viewpoint, told: str, base: str) -> Viewpoint:
    return replace(view, without=tuple(dict.fromkeys((*view.without, _known_kind(told)))))


def _let_in(view: Viewpoint, told: str, base: str) -> Viewpoint:
    return replace(view, without=tuple(key for key in view.without if key != _known_kind(told)))


def _lay_out(view: Viewpoint, told: str, base: str) -> Viewpoint:
    if told not in LAYOUTS:
        raise BadParameter(f"do=layout~{told}: give one of {', '.join(LAYOUTS)}.")
    return replace(view, layout=told)


def _raise(view: Viewpoint, told: str, base: str) -> Viewpoint:
    return replace(view, most=_number("most", told, MOST_OF_ALL))


_ACTIONS: dict[str, Callable[[Viewpoint, str, str], Viewpoint]] = {
    "expand": _expand,
    "close": _close,
    "collapse": _collapse,
    "hide": _hide,
    "show": _show,
    "focus": _focus,
    "at": _select,
    "pin": _pin_down,
    "unpin": _unpin,
    "without": _leave_out,
    "with": _let_in,
    "layout": _lay_out,
    "most": _raise,
}


def _unpinned(view: Viewpoint, thing: str) -> tuple[tuple[str, int, int], ...]:
    return tuple(pin for pin in view.pins if pin[0] != thing)


def _key(opening: Opening) -> tuple[str, str, bool]:
    return opening.thing, opening.property, opening.outgoing


def _link(opening: Opening, base: str) -> str:
    return ("" if opening.outgoing else "-") + shorten(opening.property, base)


def _opening(text: str, base: str) -> Opening:
    parts = text.split("~")
    if len(parts) != 3:
        raise BadParameter(f"open={text!r}: give a thing, a link and a number between ~, such as id/party/acme~-dpv:hasRecipient~12.")
    name = iri_of(_unescape(parts[1].removeprefix("-")), base, "open")
    return Opening(iri_of(_unescape(parts[0]), base, "open"), name, not parts[1].startswith("-"), _number("open", parts[2], MOST_OF_ALL))


def _pin(text: str, base: str) -> tuple[str, int, int]:
    parts = text.split("~")
    if len(parts) != 3 or not all(re.fullmatch(r"-?[0-9]{1,6}", part) and abs(int(part)) <= _FARTHEST for part in parts[1:]):
        raise BadParameter(f"pin={text!r}: give a thing and two whole numbers between ~, such as id/party/acme~120~-40.")
    return iri_of(_unescape(parts[0]), base, "pin"), int(parts[1]), int(parts[2])


def _known_kind(key: str) -> str:
    if key not in KINDS:
        raise BadParameter(f"{key!r} is no kind of node. Give one of {', '.join(KINDS)}.")
    return key


def _number(name: str, text: str, most: int) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", text) or not 0 < int(text) <= most:
        raise BadParameter(f"{name}={text!r}: give a number from 1 to {most}.")
    return int(text)


def _join(*parts: str) -> str:
    return "~".join(part.replace("%", "%25").replace("~", "%7E") for part in parts)


def _unescape(text: str) -> str:
    return re.sub("%25|%7E|%7e", lambda match: _ESCAPED[match[0]], text)
