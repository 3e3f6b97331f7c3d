"""The journal of a vault: its chain, its entries, and what they prove of the rows.

Contract: `read_journal` follows every link from 32 zero bytes on (or from a
place that a salvage left) and opens every entry.  `Told` holds the newest word
of the journal about each thing; rows that differ were changed behind its back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from .chain import next_link
from .errors import Log, Refused
from .shape import parse_json
from .structures import Head
from .vault_keys import Keys
from .vault_rows import Row, Rows


@dataclass
class Told:
    """What the journal says."""

    links: dict[int, bytes] = field(default_factory=lambda: {0: bytes(32)})
    digests: dict[int, bytes] = field(default_factory=dict)
    events: dict[int, dict[str, Any]] = field(default_factory=dict)
    drafts: dict[str, str] = field(default_factory=dict)
    rows: dict[str, str] = field(default_factory=dict)
    sealed: dict[str, str] = field(default_factory=dict)
    voids: dict[str, tuple[str, str]] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    purged: set[str] = field(default_factory=set)
    shifts: set[str] = field(default_factory=set)

    def on_chain(self, head: Head) -> bool:
        return self.links.get(head.n) == head.link

    def take(self, n: int, entry: dict[str, Any]) -> None:
        self.events[n] = entry
        event, case = entry.get("event"), entry.get("case", "")
        if "row" in entry:
            self.rows[entry["row"]["object"]] = entry["row"]["row"]
        if "draft" in entry:
            self.drafts[case] = entry["draft"]
        if event == "shift-opened":
            self.shifts.add(entry["shift"])
        elif event == "case-begun":
            self.kept.add(case)
        elif event == "case-sealed":
            self.sealed[case] = entry["payload"]
        elif event == "case-voided":
            self.voids[entry["id"]] = (case, entry["payload"])
        elif event == "payload-purged":
            self.kept.discard(case)
            self.purged.add(case)
        elif event == "salvaged":  # what is there is told anew behind it
            self.kept, self.drafts, self.rows = set(), {}, {}


def _bases(rows: Rows) -> dict[int, bytes]:
    for row in rows.of("documents"):
        if row["name"] == "journal-base":
            value = row["value"]
            places = [value[at : at + 40] for at in range(0, len(value), 40)]
            return {int.from_bytes(place[:8], "big"): place[8:] for place in places}
    return {}


def _link(row: Row, told: Told, before: int, bases: dict[int, bytes]) -> None:
    n, stored = row["n"], row["link"]
    told.digests[n], told.links[n] = sha256(row["entry"]).digest(), stored
    if n != before + 1 and n - 1 not in bases:
        raise Refused(f"journal entries from {before + 1} to {n - 1} are missing")
    link = told.links[before] if n == before + 1 else bases[n - 1]
    if next_link(link, n, told.digests[n]) != stored:
        raise Refused("the link does not follow from the entry before and this one")


def read_journal(rows: Rows, keys: Keys, log: Log) -> tuple[Told, int]:
    """What the journal tells, and how many entries opened."""
    told, before, opened, bases = Told(), 0, 0, _bases(rows)
    for row in rows.of("journal"):
        place = log.at(path=f"journal/{row['n']}")
        with place.guard("chain"):
            _link(row, told, before, bases)
        before = row["n"]
        with place.guard("journal"):
            entry = parse_json(keys.entry(row), "journal entry")
            if type(entry) is not dict or type(entry.get("event")) is not str:
                raise Refused("journal entry tells of no event")
            try:
                told.take(row["n"], entry)
            except (KeyError, TypeError):
                raise Refused("journal entry lacks what it tells of") from None
            opened += 1
    return told, opened
