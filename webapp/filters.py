"""What templates may ask: words for values, links for IRIs, files of the bundle.

In:  a Flask application. Out: the same with filters and globals.
"""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask
from markupsafe import Markup

from ropa import words
from ropa.namespaces import NO_VALUES, shorten
from ropa.things import Citation, Value, section
from webapp import links
from webapp.assets import asset
from webapp.questions.pages import heading
from webapp.state import state
from webapp.things.provisions import cite, law, provisions

MARKERS = {"NotStated": "silent", "StatedNone": "none", "NotApplicable": "none", "LostInSource": "lost"}
"""Local name of a no-value marker to the look of it; the words are its label."""


def shown(value: Value) -> str:
    """Return what a person reads for a value."""
    if value.iri:
        return words.name(value.label, value.iri, state().store.base)
    return words.literal(value.label, value.datatype)


def named(label: str, iri: str) -> str:
    """Return a label, or words made from the IRI where there is none."""
    return words.name(label, iri, state().store.base)


def link(iri: str) -> links.Link | None:
    """Return where an IRI leads."""
    return links.link(state().snapshot(), iri)


def label(iri: str) -> str:
    """Return what people call an IRI."""
    return state().snapshot().label(iri)


def bare(label: str) -> str:
    """Return the label of a property as a heading of its values: "has recipient" is "recipient"."""
    return label.removeprefix("has ")


def owner(iri: str) -> str:
    """Return the title of the register that an IRI belongs to, "" if none."""
    slug = iri.removeprefix(f"{state().store.base}id/").partition("/")[0]
    return next((register.title for register in state().snapshot().registers if register.slug == slug), "")


def gather(citations: Sequence[Citation]) -> list[tuple[list[Citation], str]]:
    """Return the phrases of a statement in the order of the text, those of one section together, each group with its reason."""
    groups: list[tuple[list[Citation], str]] = []
    for citation in sorted(citations, key=lambda found: (found.reason, found.document, found.start)):
        if groups and groups[-1][0][0].section == citation.section and groups[-1][1] == citation.reason:
            groups[-1][0].append(citation)
        else:
            groups.append(([citation], citation.reason))
    return groups


def slug(iri: str) -> str:
    """Return the last part of an IRI's path, which names a place on a page."""
    return iri.rpartition("/")[2]


def marker(iri: str) -> str:
    """Return the look of a no-value marker."""
    return MARKERS.get(iri.rpartition("#")[2], "silent")


def size(number: int) -> str:
    """Return a number of bytes as people say it: "340 bytes", "12 kB", "3.4 MB"."""
    if number < 1_000:
        return f"{number} bytes"
    return f"{number // 1_000} kB" if number < 1_000_000 else f"{number / 1_000_000:.1f} MB"


def short(iri: str) -> str:
    """Return the short name of an IRI, as parameters take it: a path below the base, or a prefixed name."""
    return shorten(iri, state().store.base)


def paraphrase(iri: str) -> str:
    """Return what a provision asks, in our words, "" where the store does not know it."""
    found = provisions().all.get(iri)
    return found.paraphrase if found else ""


def tidy(value: object) -> object:
    """Return what a template writes, texts of the store without what harms the text around them; HTML that is made here stays."""
    return words.tidy(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def register(app: Flask) -> None:
    """Let the templates of an application use these."""
    app.jinja_env.finalize = tidy
    app.jinja_env.filters.update(
        bare=bare,
        gather=gather,
        owner=owner,
        shown=shown,
        named=named,
        day=words.day,
        section=section,
        size=size,
        slug=slug,
        humanise=words.humanise,
        heading=heading,
        marker=marker,
        label=label,
        short=short,
        cite=cite,
        law=law,
        paraphrase=paraphrase,
    )
    app.jinja_env.tests["marker"] = lambda iri: iri in NO_VALUES
    app.jinja_env.globals.update(asset=asset, address=links.here, link=link, count=words.count, site=lambda: state().title)
