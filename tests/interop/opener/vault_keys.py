"""Keys of a vault: roots of epochs by recovery key or by hand, and the journal keys they carry.

Contract: a root counts only if the epoch's canary opens under it.  Every value
is opened under the root of its row's epoch, and its header must name that epoch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from . import cose, sbx
from .errors import Log, Refused
from .keys import OpenKey
from .structures import Wrap, wraps_of
from .vault_rows import Row, Rows

NOWHERE = bytes(16)
CANARY = b"\xca" * 16
CANARY_TEXT = b"streife/1 canary"
PREPARED, CURRENT, RETIRING, ERASING, ERASED = range(5)


@dataclass
class Keys:
    """Everything at hand that opens a vault."""

    recovery: Sequence[OpenKey] = ()
    by_hand: Sequence[bytes] = ()
    roots: dict[int, bytes] = field(default_factory=dict)
    journal: dict[int, bytes] = field(default_factory=dict)

    def value(self, epoch: int, kind: int, case: bytes, row: bytes, sealed: bytes) -> bytes:
        """What a root seals, opened where it stands."""
        if epoch not in self.roots:
            raise Refused(f"the root key of epoch {epoch} is not at hand", "key")
        return sbx.open_object(self.roots[epoch], sealed, sbx.Header(kind, case, row, 0, epoch))

    def entry(self, row: Row) -> bytes:
        """A journal entry."""
        n, generation = row["n"], row["generation"]
        header = sbx.Header(sbx.ENTRY, NOWHERE, bytes(8) + n.to_bytes(8, "big"), 0, generation or row["epoch"])
        if generation is None:
            return self.value(row["epoch"], sbx.ENTRY, NOWHERE, header.object, row["entry"])
        if generation not in self.journal:
            raise Refused(f"the journal key of generation {generation} is not at hand", "key")
        return sbx.open_object(self.journal[generation], row["entry"], header)


def _escrowed(epoch: int, escrow: bytes, keys: Sequence[OpenKey]) -> bytes:
    wraps = wraps_of(cose.decode(escrow, "wrapped root key"))
    return unwrap(keys, bytes(14) + epoch.to_bytes(2, "big"), wraps)


def unwrap(keys: Sequence[OpenKey], context: bytes, wraps: Sequence[Wrap]) -> bytes:
    """The wrapped key, opened with one of the private keys."""
    for key in keys:
        for wrap in wraps:
            if (wrap.kid, wrap.kem) == (key.kid, key.kem):
                return key.unwrap(context, wrap.enc, wrap.ct)
    raise Refused("nothing is wrapped to the key that was given", "wrap")


def _proves(epoch: int, root: bytes, canary: bytes) -> bool:
    try:
        text = sbx.open_object(root, canary, sbx.Header(sbx.WRAPPED, NOWHERE, CANARY, 0, epoch))
    except Refused:
        return False
    return text == CANARY_TEXT


def _root(row: Row, keys: Keys) -> bytes:
    epoch = row["epoch"]
    if row["canary"] is None:
        raise Refused("the epoch has no canary, so no root key can be told from a wrong one")
    for root in keys.by_hand:
        if _proves(epoch, root, row["canary"]):
            return root
    if not keys.recovery:
        raise Refused("none of the root keys given is that of the epoch")
    if row["recovery"] is None:
        raise Refused("the epoch's root key is wrapped for no recovery key")
    root = _escrowed(epoch, row["recovery"], keys.recovery)
    if not _proves(epoch, root, row["canary"]):
        raise Refused("the wrapped root key is not the one that the epoch's canary was sealed with")
    return root


def open_keys(rows: Rows, keys: Keys, log: Log) -> None:
    """Open all roots and journal keys; what does not open becomes a finding."""
    for row in rows.of("epochs"):
        epoch, carried = row["epoch"], [key for key in rows.of("journal_keys") if key["epoch"] == row["epoch"]]
        place = log.at(path=f"epochs/{epoch}")
        if row["state"] in (PREPARED, ERASED):
            if row["state"] == ERASED and (row["wrapped"] or row["canary"] or row["recovery"] or carried):
                place.add("key", "the epoch is erased, and a wrapped key of it is still there")
            continue
        with place.guard("key"):
            keys.roots[epoch] = _root(row, keys)
        for key in carried if epoch in keys.roots else []:
            generation = key["generation"]
            with log.at(path=f"journal_keys/{epoch}/{generation}").guard("key"):
                place_of_key = b"\x6a" * 14 + generation.to_bytes(2, "big")
                found = keys.value(epoch, sbx.WRAPPED, NOWHERE, place_of_key, key["sealed"])
                if keys.journal.setdefault(generation, found) != found or len(found) != 32:
                    raise Refused("two epochs carry different journal keys of one generation")
    if [row["state"] for row in rows.of("epochs")].count(CURRENT) != 1:
        log.add("key", "there is not exactly one current epoch")
    _copies(rows, log)


def _copies(rows: Rows, log: Log) -> None:
    for row in rows.of("epochs"):
        raw = rows.spare(f"epoch-{row['epoch']}.cbor")
        if raw is None:
            continue
        journal = [
            [key["generation"], key["sealed"]] for key in rows.of("journal_keys") if key["epoch"] == row["epoch"]
        ]
        wanted = {1: 1, 2: row["epoch"], 3: row["state"], 8: journal}
        for number, column in ((4, "alias"), (5, "wrapped"), (6, "canary"), (7, "recovery")):
            if row[column] is not None:
                wanted[number] = row[column]
        with log.at(path=f"spare/epoch-{row['epoch']}.cbor").guard("spare"):
            if cose.decode(raw, "copy of the epoch") != wanted:
                raise Refused("the copy of the epoch is not what the row holds")
