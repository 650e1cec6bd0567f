"""The pack to hand over: one ZIP with a register in every form that applies to it, and a list of what is in it.

In:  a :class:`Record` and the findings of a day. Out: a ZIP, the same bytes for the same revision and day.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator

from ropa import __version__, words
from ropa.errors import CannotMake
from ropa.exchange import annexes, jsonld, pdf, rdf
from ropa.exchange.annexes import Judged
from ropa.exchange.commas import write_commas
from ropa.exchange.record import Record
from ropa.exchange.tables import applies, fill
from ropa.exchange.templates import TEMPLATES
from ropa.exchange.xlsx import write_template

_EARLIEST, _LATEST = 1980, 2107
"""The first and the last year that a ZIP can tell."""


def write_pack(record: Record, judged: Judged, digest: str) -> bytes:
    """Return the pack; where the document cannot be made, the list says why, and the rest is there."""
    slug = record.register.slug
    lacking = []
    files = dict(_files(record, judged, digest))
    try:
        files[f"{slug}.pdf"] = pdf.write_pdf(record, judged, digest)
    except CannotMake as error:
        lacking.append(f"{slug}.pdf is not in the pack: {error}")
    files["MANIFEST.txt"] = _manifest(record, judged, digest, files, lacking)
    return _zip(files, record, judged)


def _files(record: Record, judged: Judged, digest: str) -> Iterator[tuple[str, bytes]]:
    slug, store = record.register.slug, record.store
    yield f"{slug}.ttl", rdf.write_turtle(store, slug)
    yield f"{slug}.trig", rdf.write_trig(store, slug)
    yield f"{slug}.nq", rdf.write_nquads(store, slug)
    yield f"{slug}.jsonld", jsonld.write(store, slug)
    for template in TEMPLATES.values():
        if template.listed and applies(template, record):
            filled = fill(template, record)
            yield f"{slug}-{template.name}.xlsx", write_template(filled, record, judged, digest)
            yield f"{slug}-{template.name}.csv", write_commas(filled)


def _manifest(record: Record, judged: Judged, digest: str, files: dict[str, bytes], lacking: list[str]) -> bytes:
    """Return the list of what is in the pack: for people on top, below it lines that ``sha256sum --check`` reads."""
    head = [f"{word}: {words.day(text)}" for word, text in annexes.about(record, judged, digest)]
    head.append(f"Made by ropa {__version__}")
    sums = [f"{hashlib.sha256(data).hexdigest()}  {name}" for name, data in sorted(files.items())]
    text = "\n".join([*(f"# {' '.join(line.split())}" for line in [*head, *lacking]), *sums, ""])
    return text.encode()


def _zip(files: dict[str, bytes], record: Record, judged: Judged) -> bytes:
    day = record.created or judged.day
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as pack:
        for name, data in sorted(files.items()):
            told = zipfile.ZipInfo(name, (min(max(day.year, _EARLIEST), _LATEST), day.month, day.day, 0, 0, 0))
            told.compress_type = zipfile.ZIP_DEFLATED
            # The same on every system: a plain file that all may read.
            told.create_system, told.external_attr = 3, 0o100644 << 16
            pack.writestr(told, data)
    return out.getvalue()
