"""Values in words: durations, dates, markers, and names for what has no label.

In:  the text of a literal with its datatype, or an IRI with what the store calls it. Out: what a person reads.

Source: lexical forms of durations and dates are those of W3C XML Schema Part 2 (2004), sections 3.2.6 to 3.2.9.
"""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import urlsplit

from ropa.namespaces import XSD, shorten

_DURATION = re.compile(r"(-?)P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?")
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2})(?::[\d.]+)?)?(Z|[+-]\d{2}:\d{2})?")
_UNITS = ("year", "month", "day", "hour", "minute", "second")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e]")
_ISOLATES = re.compile("[\u2066-\u2069]")
_LONGEST = 24
_CALLED = {"skos:altLabel": "also called", "skos:prefLabel": "name", "dcterms:isPartOf": "part of"}
"""What people read for terms of others whose own names are no help."""
_BOOLEANS = {"true": "yes", "1": "yes", "false": "no", "0": "no"}
_DURATIONS = {XSD + name for name in ("duration", "dayTimeDuration", "yearMonthDuration")}


def duration(text: str) -> str:
    """Return an ``xsd:duration`` in words: ``P28D`` is "28 days", ``PT0S`` is "at once"; unchanged if it is none."""
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()[1:]):
        return text
    parts = [(number, unit) for number, unit in zip(match.groups()[1:], _UNITS, strict=True) if number and number.strip("0.")]
    if not parts:
        return "at once"
    return ("minus " if match[1] else "") + " ".join(f"{number} {unit}{'' if number == '1' else 's'}" for number, unit in parts)


def day(text: str) -> str:
    """Return an ``xsd:date`` or ``xsd:dateTime`` in words: "24 May 2018", "24 May 2018, 10:30 UTC"; unchanged if it is none."""
    match = _DATE.fullmatch(text)
    try:
        found = date.fromisoformat(match[1] if match else "")
    except ValueError:
        return text
    words = f"{found.day} {found:%B %Y}"
    if match and match[2]:
        words += f", {match[2]}" + {None: "", "Z": " UTC"}.get(match[3], f" {match[3]}")
    return words


def literal(text: str, datatype: str) -> str:
    """Return the text of a literal as a person reads it."""
    if datatype in _DURATIONS:
        return duration(text)
    if datatype in (XSD + "date", XSD + "dateTime"):
        return day(text)
    if datatype == XSD + "boolean":
        return _BOOLEANS.get(text, text)
    return text


def tidy(text: str) -> str:
    """Return a text without what would change how the text around it is read.

    Taken out are control characters, and marks of the Unicode Bidirectional Algorithm (UAX 9, section 2) that embed or override;
    marks that isolate stay where each is closed.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _CONTROLS.sub("", text)
    opened = 0
    for character in text:
        opened += (character in "\u2066\u2067\u2068") - (character == "\u2069")
        if opened < 0:
            break
    return _ISOLATES.sub("", text) if opened else text


def humanise(name: str) -> str:
    """Return a name made for programs in words: ``hasPersonalData`` and ``has-personal-data`` are "has personal data"."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name).replace("-", " ").replace("_", " ").split()
    return " ".join(word if word.isupper() and len(word) > 1 else word.lower() for word in words)


def name(label: str, iri: str, base: str) -> str:
    """Return a label, or words made from the IRI where the store only knows the IRI itself."""
    if label != shorten(iri, base) and tidy(label).strip():
        return label
    if iri.startswith(base):
        return humanise(iri.rstrip("/").rpartition("/")[2])
    short = shorten(iri, base)
    if short != iri:
        return _CALLED.get(short) or humanise(short.rpartition(":")[2])
    place = urlsplit(iri)
    last = place.path.rstrip("/").rpartition("/")[2]
    return f"{place.hostname}/…/{last}" if place.hostname and 0 < len(last) < _LONGEST else place.hostname or iri


def count(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: "1 row", "2 rows"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
