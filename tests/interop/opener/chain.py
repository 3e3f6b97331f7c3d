"""The device journal as a stranger sees it: links recomputed from shift seals.

Contract: a seal's links are recomputed from the link before its first entry
and the entries' hashes, and must end at the link it states.  The chains of one
device's shifts must agree with each other.  `where` says how a claimed head
relates to all links known of that device.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from hashlib import sha256

from .errors import Refused
from .structures import Head, Seal


def next_link(before: bytes, n: int, entry_digest: bytes) -> bytes:
    return sha256(b"streife/1 link" + before + n.to_bytes(8, "big") + entry_digest).digest()


def links_of(seal: Seal) -> dict[int, bytes]:
    """Link after each entry from first to last, or `Refused`."""
    if seal.last - seal.first + 1 != len(seal.entries):
        raise Refused("seal does not list one entry for each number from first to last", "chain")
    if seal.first == 1 and seal.before != bytes(32):
        raise Refused("the journal does not begin with 32 zero bytes", "chain")
    link, links = seal.before, {}
    for n, digest in enumerate(seal.entries, seal.first):
        link = links[n] = next_link(link, n, digest)
    if link != seal.after:
        raise Refused("links recomputed from the entries do not end at the sealed link", "chain")
    return links


class Where(Enum):
    """How a head relates to everything the seals of its device cover."""

    ON = "on the chain"
    OFF = "the link at this number is another one"
    LATER = "after the last entry that any seal covers"
    BETWEEN = "between two seals, where nothing can be checked"
    BEFORE = "before the first entry that any seal covers"


@dataclass
class Journal:
    """All that the seals of one device tell about its chain."""

    links: dict[int, bytes] = field(default_factory=dict)
    shifts: list[Seal] = field(default_factory=list)

    def add(self, seal: Seal) -> dict[int, bytes]:
        """Take a seal in; `Refused` if it contradicts itself or a seal taken in before."""
        links = links_of(seal)
        for other in self.shifts:
            if seal.first <= other.last and other.first <= seal.last:
                raise Refused("two shifts of one device claim the same journal entries", "chain")
        for n, link in ((seal.first - 1, seal.before), *links.items()):
            if self.links.get(n, link) != link:
                raise Refused("two shifts of one device give different links for one entry", "chain")
        self.links |= {seal.first - 1: seal.before, **links}
        self.shifts.append(seal)
        return links

    def uncovered(self) -> int:
        """Entries up to the last sealed one that no seal covers."""
        if not self.shifts:
            return 0
        return max(seal.last for seal in self.shifts) - sum(len(seal.entries) for seal in self.shifts)

    def where(self, head: Head) -> Where:
        if head.n in self.links:
            return Where.ON if self.links[head.n] == head.link else Where.OFF
        if not self.links or head.n > max(self.links):
            return Where.LATER
        return Where.BEFORE if head.n < min(self.links) else Where.BETWEEN
