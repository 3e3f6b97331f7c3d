"""The signed structures, parsed strictly: unknown keys and odd types are refused.

Contract: each `*_of` takes a decoded payload and gives back a frozen value
whose fields have the stated lengths and ranges.  Parsing says nothing about
truth; signatures and cross-checks are done elsewhere.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import cbor2

from .errors import Refused
from .keys import P256, XWING
from .sbx import sealed_length
from .shape import Reader, closed, each, integer, octets, one_of, row, text

VOID, AMEND, ACCEPTED, REJECTED = 1, 2, 3, 4
VOID_REASONS = ("wrong-plate", "wrong-offence", "duplicate", "permit-shown", "on-instruction", "other")

ID = octets(16)
HASH = octets(32)
COUNT = integer()
NAME = text(r"(?s).+")
_HEAD = row(integer(1), HASH)
KEM = one_of(XWING, P256)
_WRAP = closed({1: ID, 2: KEM, 3: octets(most=1120), 4: octets(48)})
_WRAPS = each(_WRAP, least=1)
_LENGTH = integer(sealed_length(0))
_ROW = closed({1: ID, 2: one_of(1, 2, 3, 5), 3: one_of(0, 1), 4: NAME, 5: _LENGTH, 6: HASH, 7: HASH})
_SLIP = text(r"[!-\-/-~]{1,32}")  # printable ASCII without blank and dot
_NOTICE = closed({1: _SLIP}, {2: HASH, 3: octets(sealed_length(32))})
_BUILD = closed({1: text(), 2: text(), 3: COUNT})
_CLOCK = closed({}, {1: octets(), 2: COUNT, 3: one_of(0, 1, 2)})


@dataclass(frozen=True)
class Head:
    """A place in a device's journal: entry number and the link after it."""

    n: int
    link: bytes


@dataclass(frozen=True)
class Wrap:
    kid: bytes
    kem: int
    enc: bytes
    ct: bytes


@dataclass(frozen=True)
class ObjectRow:
    object: bytes
    kind: int
    scope: int
    media_type: str
    length: int
    digest: bytes
    commitment: bytes


@dataclass(frozen=True)
class Notice:
    number: str
    auth: bytes | None
    wrap: bytes | None


@dataclass(frozen=True)
class Manifest:
    case: bytes
    device: bytes
    shift: bytes
    seq: int
    head: Head
    agency: str
    objects: tuple[ObjectRow, ...]
    wraps: tuple[Wrap, ...]
    key_commitment: bytes
    notice: Notice | None
    record_schema: int
    time_statement: bytes | None


def distinct(values: list[bytes], what: str) -> None:
    if len(set(values)) != len(values):
        raise Refused(f"{what} is listed twice", "shape")


def _wraps(raw: list[dict[int, Any]]) -> tuple[Wrap, ...]:
    distinct([entry[1] for entry in raw], "a recipient of a wrap")
    return tuple(Wrap(*(entry[key] for key in range(1, 5))) for entry in raw)


def read_with(reader: Reader, value: Any, what: str) -> Any:
    try:
        return reader(value)
    except Refused as refusal:
        raise Refused(f"{what}: {refusal}", "shape") from None


def wraps_of(value: Any) -> tuple[Wrap, ...]:
    """The wraps of a root key, which stand alone."""
    return _wraps(read_with(_WRAPS, value, "wraps"))


def canonical(value: Any) -> bytes:
    """Deterministic CBOR."""
    return cbor2.dumps(value, canonical=True)


def json_bytes(value: Any) -> bytes:
    """JSON for people."""
    return json.dumps(value, indent=1, ensure_ascii=False).encode()


_MANIFEST = closed(
    {1: one_of(1), 2: ID, 3: ID, 4: ID, 5: integer(1), 6: _HEAD, 7: NAME}
    | {8: each(_ROW, least=1), 9: _WRAPS, 10: HASH, 12: _BUILD, 13: _CLOCK},
    {11: _NOTICE},
)


def _notice_of(value: dict[int, Any] | None) -> Notice | None:
    if value is None:
        return None
    if (2 in value) != (3 in value):
        raise Refused("notice has only one half of the sealed profile", "shape")
    return Notice(value[1], value.get(2), value.get(3))


def manifest_of(payload: Any) -> Manifest:
    raw = read_with(_MANIFEST, payload, "manifest")
    if (1 in raw[13]) != (2 in raw[13]):
        raise Refused("manifest has a time statement or an elapsed time without the other", "shape")
    objects = tuple(ObjectRow(*(entry[key] for key in range(1, 8))) for entry in raw[8])
    distinct([entry.object for entry in objects], "an object of the manifest")
    return Manifest(
        raw[2], raw[3], raw[4], raw[5], Head(*raw[6]), raw[7], objects, _wraps(raw[9]), raw[10],
        _notice_of(raw.get(11)), raw[12][3], raw[13].get(1),
    )  # fmt: skip


@dataclass(frozen=True)
class Opening:
    shift: bytes
    device: bytes
    agency: str
    head: Head


_OPENING = closed({1: one_of(1), 2: ID, 3: ID, 4: NAME, 5: _HEAD})


def opening_of(payload: Any) -> Opening:
    raw = read_with(_OPENING, payload, "shift opening")
    return Opening(raw[2], raw[3], raw[4], Head(*raw[5]))


@dataclass(frozen=True)
class Seal:
    shift: bytes
    device: bytes
    first: int
    before: bytes
    entries: tuple[bytes, ...]
    last: int
    after: bytes
    count: int
    root: bytes


_SEAL = closed(
    {1: one_of(1), 2: ID, 3: ID, 4: integer(1), 5: HASH, 6: each(HASH, least=2)}
    | {7: integer(2), 8: HASH, 9: COUNT, 10: HASH}
)


def seal_of(payload: Any) -> Seal:
    raw = read_with(_SEAL, payload, "shift seal")
    return Seal(raw[2], raw[3], raw[4], raw[5], tuple(raw[6]), raw[7], raw[8], raw[9], raw[10])


@dataclass(frozen=True)
class Note:
    wraps: tuple[Wrap, ...]
    sealed: bytes


@dataclass(frozen=True)
class Event:
    event: bytes
    case: bytes
    type: int
    reason: str
    note: Note | None
    head: Head


_NOTE = closed({1: _WRAPS, 2: octets()})
_EVENT = closed({1: one_of(1), 2: ID, 3: ID, 4: one_of(1, 2, 3, 4), 5: NAME, 7: _HEAD}, {6: _NOTE})


def event_of(payload: Any) -> Event:
    raw = read_with(_EVENT, payload, "event")
    if raw[4] == VOID and raw[5] not in VOID_REASONS:
        raise Refused("void event gives a reason outside the closed list", "shape")
    return Event(raw[2], raw[3], raw[4], raw[5], _note_of(raw.get(6)), Head(*raw[7]))


def _note_of(raw: dict[int, Any] | None) -> Note | None:
    return None if raw is None else Note(_wraps(raw[1]), raw[2])


@dataclass(frozen=True)
class Receipt:
    case: bytes
    manifest_digest: bytes
    objects: tuple[tuple[bytes, int, bytes], ...]
    stored_at: int
    box: bytes


_RECEIPT = closed({1: ID, 2: HASH, 3: each(row(ID, _LENGTH, HASH), least=1), 4: COUNT, 5: ID}, {6: COUNT})


def receipt_of(payload: Any) -> Receipt:
    raw = read_with(_RECEIPT, payload, "receipt")
    return Receipt(raw[1], raw[2], tuple((o, n, h) for o, n, h in raw[3]), raw[4], raw[5])


_TIME = closed({1: ID, 2: COUNT})


def time_of(payload: Any) -> int:
    """The box's clock reading in unix milliseconds."""
    return int(read_with(_TIME, payload, "time statement")[2])
