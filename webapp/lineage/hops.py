"""One step of data in words: names, sentence, phrases and links, once for the table, the picture and the files.

In:  a hop of :mod:`ropa.lineage`. Out: a row of plain values, or a line of CSV.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from ropa import words
from ropa.errors import NotFound
from ropa.exchange.commas import write_lines
from ropa.lineage import (
    BASIS,
    CLAIM,
    DATA,
    HOP_KINDS,
    MECHANISM,
    PLACES,
    PURPOSE,
    UNRECORDED,
    Atlas,
    Claim,
    Group,
    Hop,
    Record,
    Said,
    Scope,
    claims_of,
    firmness,
    standing_in_words,
    tell_hop,
)
from ropa.namespaces import ROPA
from ropa.things import Citation
from webapp.links import link
from webapp.state import Snapshot

Row = dict[str, Any]
"""What JSON can hold."""

_DOUBTFUL = ("", ROPA + "Conditional", ROPA + "Hypothetical")
_MOST_PHRASES = 6
"""Phrases that a hop is told with; a part with more data has them on its own page."""
COLUMNS = (
    *(
        "register",
        "from",
        "what",
        "to",
        "data",
        "people",
        "purposes",
        "bases",
        "modality",
        "conditions",
        "instruments",
        "place",
        "sent_from",
    ),
    *("quote", "section", "from_iri", "to_iri", "part_iri"),
)
"""Of the CSV."""


class Teller:
    """Names, links and phrases of one revision and day.

    Attributes:
        standing: Id of a group to what it is called.
    """

    def __init__(self, snapshot: Snapshot, atlas: Atlas, record: Record, day: date) -> None:
        self.snapshot = snapshot
        self._atlas = atlas
        self.record = record
        self.standing: dict[str, str] = {}
        self._day = day

    def name(self, id: str) -> str:
        """Return what people call a node or term; a recipient that the text does not tell is called by the marker."""
        if id in self.standing:
            return self.standing[id]
        node = self.record.nodes.get(id)
        if node is not None and node.untold:
            return f"Recipient: {self.snapshot.label(node.marker) if node.marker else UNRECORDED}"
        return self.snapshot.label(id)

    def named(self, iri: str) -> Row:
        """Return a thing with its name and page."""
        found = link(self.snapshot, iri)
        return {"iri": iri, "label": self.name(iri), "href": found.href if found and not found.outward else ""}

    def all(self, iris: Iterable[str]) -> list[Row]:
        """Return things by name, each once."""
        return sorted((self.named(iri) for iri in dict.fromkeys(iris)), key=lambda row: (row["label"].casefold(), row["iri"]))

    def more(self, number: str, group: Group) -> Row:
        """Return the hop that leads to a group."""
        source, target = (group.id, group.anchor) if group.upstream else (group.anchor, group.id)
        hop = Hop(source, target, "more", "", Said("", "", ""), "")
        return self._plain(number, hop, f"{self.name(group.anchor)}: {self.name(group.id)}, not drawn.")

    def hop(self, number: str, hop: Hop) -> Row:
        """Return a hop: its ends, the data, people, purposes and bases, on which condition, by which instrument, in which words."""
        scopes = [self.record.scopes[holder] for holder in hop.holders if holder != hop.part]
        beyond = tuple(dict.fromkeys(words for scope in scopes for words in scope.conditions)) if len(scopes) == 1 else ()
        mechanisms = [self._mechanism(iri) for iri in hop.mechanisms]
        sentence = tell_hop(hop, self.name, beyond, [row["words"] for row in mechanisms], self._holders(hop))
        if any(citation.reason for citation in self._citations(hop.said)):
            sentence += " This is inferred from the text."
        row = self._plain(number, hop, sentence)
        firm = firmness(hop, self._holders(hop))
        modality = _DOUBTFUL[firm] or hop.modality or (scopes[0].modality if len(scopes) == 1 else "")
        bases = self._bases(claims_of(self.record, self._atlas, hop))
        unclaimed = next((marker for scope in self._holders(hop) for what, marker in scope.gaps if what == CLAIM), "")
        unplaced = next(filter(None, map(hop.silence, PLACES)), "") if hop.kind in ("sent", "passed") else ""
        purposes = hop.purposes or (() if hop.silence(PURPOSE) else tuple(aim for scope in scopes for aim in scope.purposes))
        return row | {
            "modality": self.snapshot.label(modality) if modality else "",
            "conditional": firm > 0,
            "conditions": list(hop.conditions),
            "activity_conditions": list(beyond),
            "subjects": self.all(hop.subjects),
            "purposes": self.all(purposes),
            "purposes_marker": "" if purposes else self.marker(hop.silence(PURPOSE)),
            "bases": bases,
            "bases_marker": "" if bases else self.marker(unclaimed),
            "mechanisms": mechanisms,
            "mechanisms_marker": "" if mechanisms else self.marker(hop.silence(MECHANISM)),
            "place_marker": self.marker(unplaced),
            "markers": row["markers"]
            | {"purposes": hop.silence(PURPOSE), "bases": unclaimed, "mechanisms": hop.silence(MECHANISM), "place": unplaced},
            "senders": self.all(hop.senders),
            "evidence": self._evidence(hop),
            "concluded": self._concluded(hop.part) if hop.kind in ("place", "kept") else [],
        }

    def _bases(self, claims: Iterable[Claim]) -> list[Row]:
        """Return bases by name, each with how it is known where no claim of it is read from words that name it."""
        by_basis: dict[str, list[str]] = {}
        for claim in claims:
            kind = "" if claim.known in ("", ROPA + "Named") else self.snapshot.label(claim.known)
            reasons = [citation.reason for citation in self._citations(Said(claim.iri, BASIS, claim.basis))]
            inferred = "inferred" if reasons and all(reasons) else ""
            by_basis.setdefault(claim.basis, []).append(", ".join(filter(None, (kind, inferred))))
        known = {iri: "" if "" in told else "; ".join(dict.fromkeys(told)) for iri, told in by_basis.items()}
        return [row | {"known": known[row["iri"]]} for row in self.all(by_basis)]

    def _holders(self, hop: Hop) -> list[Scope]:
        return [self.record.scopes[holder] for holder in hop.holders]

    def _plain(self, number: str, hop: Hop, sentence: str) -> Row:
        titles = {register.slug: register.title for register in self.snapshot.registers}
        role = self.snapshot.label(hop.role) if hop.role else ""
        return {
            "id": number,
            "from": hop.source,
            "from_label": self.name(hop.source),
            "to": hop.target,
            "to_label": self.name(hop.target),
            "kind": hop.kind,
            "what": HOP_KINDS[hop.kind] + (f" ({role})" if role else ""),
            "part": self.named(hop.part) if hop.part and hop.part not in hop.holders else None,
            "follows": sorted(hop.follows),
            "data": self.all(hop.data),
            "data_marker": "" if hop.data or hop.kind == "more" else self.marker(hop.silence(DATA)) or UNRECORDED,
            "markers": {"data": hop.silence(DATA)},
            "register": titles.get(hop.register, ""),
            "sentence": sentence,
            "modality": "",
            "conditional": False,
            "conditions": [],
            "activity_conditions": [],
            "subjects": [],
            "purposes": [],
            "purposes_marker": "",
            "bases": [],
            "bases_marker": "",
            "mechanisms": [],
            "mechanisms_marker": "",
            "place_marker": "",
            "senders": [],
            "evidence": [],
            "concluded": [],
        }

    def marker(self, iri: str) -> str:
        """Return the words of a marker, "" for none."""
        return self.snapshot.label(iri) if iri else ""

    def _mechanism(self, iri: str) -> Row:
        standing, said = standing_in_words(self._atlas, iri, self._day, words.day)
        return self.named(iri) | {"standing": standing, "words": said, "dead": standing in ("ended", "not yet")}

    def _evidence(self, hop: Hop) -> list[Row]:
        """Return the phrases of the statement that makes the hop, of its instruments and of its data, each once."""
        cited = [hop.said, *(Said(hop.part, MECHANISM, mechanism) for mechanism in hop.mechanisms)]
        cited += [Said(hop.part, DATA, term) for term in hop.data]
        found = list(dict.fromkeys(citation for said in cited for citation in self._citations(said)))[:_MOST_PHRASES]
        return [
            {
                "quote": citation.quote,
                "section": citation.section,
                "href": self.named(citation.passage)["href"] if citation.passage else "",
                "reason": citation.reason,
            }
            for citation in found
        ]

    def _citations(self, said: Said) -> Sequence[Citation]:
        try:
            values = self.snapshot.describe(said.subject).get(said.predicate)
        except NotFound:
            return ()
        return next((value.citations for value in values if value.iri == said.value), ())

    def _concluded(self, part: str) -> list[Row]:
        """Return what the reasoner concluded of a flow or storage; each conclusion is of a day."""
        found = []
        for conclusion in self.snapshot.describe(part).inferred:
            days = self.snapshot.describe(conclusion.iri).get(ROPA + "asOf")
            day = next((words.day(value.label) for value in days), "")
            found.append(
                {
                    "sentence": conclusion.sentence,
                    "as_of": day,
                    "conditional": conclusion.conditional,
                    "href": self.named(conclusion.iri)["href"],
                }
            )
        return found


def write_csv(hops: Iterable[Row]) -> str:
    """Return one line per hop; a text that a spreadsheet would take for a formula is marked as text."""
    return write_lines([COLUMNS, *map(_cells, hops)])


def _cells(hop: Row) -> list[str]:
    listed = {name: "; ".join(row["label"] for row in hop[name]) for name in ("data", "subjects", "purposes", "senders")}
    bases = "; ".join(row["label"] + (f" ({row['known']})" if row["known"] else "") for row in hop["bases"])
    instruments = "; ".join(f"{row['label']}: {row['words']}" for row in hop["mechanisms"])
    quotes = " … ".join(row["quote"] for row in hop["evidence"] if row["quote"])
    sections = ", ".join(dict.fromkeys(row["section"] for row in hop["evidence"] if row["section"]))
    return [
        hop["register"],
        hop["from_label"],
        hop["what"],
        hop["to_label"],
        listed["data"] or _bracket(hop["data_marker"]),
        listed["subjects"],
        listed["purposes"] or _bracket(hop["purposes_marker"]),
        bases or _bracket(hop["bases_marker"]),
        hop["modality"],
        "; ".join([*hop["conditions"], *hop["activity_conditions"]]),
        instruments or _bracket(hop["mechanisms_marker"]),
        _bracket(hop["place_marker"]),
        listed["senders"],
        quotes,
        sections,
        hop["from"],
        hop["to"],
        hop["part"]["iri"] if hop["part"] else "",
    ]


def _bracket(marker: str) -> str:
    return f"[{marker}]" if marker else ""
