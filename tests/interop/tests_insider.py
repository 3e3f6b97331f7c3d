"""Test-only: faults under valid signatures, made while the export is written.

`FAULTS` maps a name to a hook for `tests_writer.Writer` and the finding codes
of which the verifier must report at least one.  They show that each check
behind the signatures is alive by itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import cbor2

from tests_case import T0
from tests_signer import Signer, xwing_person
from tests_writer import Hook

Change = Callable[[Any], Any]
OUTSIDER = xwing_person().wrap(bytes(16), bytes(32))
FAULTS: dict[str, tuple[Hook, frozenset[str]]] = {}


def on(name: str, change: Change, **only: Any) -> Hook:
    """A hook that changes the values called `name`, where `only` fits."""

    def hook(found: str, value: Any, where: dict[str, Any]) -> Any:
        if found == name and all(where.get(key) == wanted for key, wanted in only.items()):
            return change(deepcopy(value) if isinstance(value, (dict, list)) else value)
        return value

    return hook


def both(one: Hook, two: Hook) -> Hook:
    return lambda name, value, where: two(name, one(name, value, where), where)


def fault(name: str, hook: Hook, *codes: str) -> None:
    FAULTS[name] = (hook, frozenset(codes))


def put(*path: Any, to: Any) -> Change:
    """Set the member at `path`; a callable `to` gets the old value."""

    def change(value: Any) -> Any:
        inner = value
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = to(inner[path[-1]]) if callable(to) else to
        return value

    return change


def drop(*path: Any) -> Change:
    def change(value: Any) -> Any:
        inner = value
        for step in path[:-1]:
            inner = inner[step]
        del inner[path[-1]]
        return value

    return change


def bit(data: bytes, at: int = -1) -> bytes:
    made = bytearray(data)
    made[at] ^= 1
    return bytes(made)


def byte(at: int, to: int) -> Change:
    return lambda data: data[:at] + bytes([to]) + data[at + 1 :]


def unsorted(payload: bytes) -> bytes:
    return cbor2.dumps(dict(reversed(cbor2.loads(payload).items())))


# manifest: form
fault("manifest unknown member", on("manifest", put(14, to=1)), "shape")
fault("manifest version 2", on("manifest", put(1, to=2)), "shape")
fault("manifest number is true", on("manifest", put(5, to=True)), "shape")
fault("manifest number is 1.0", on("manifest", put(5, to=1.0)), "shape")
fault("manifest short id", on("manifest", put(3, to=bytes(15))), "shape", "device")
fault("manifest lists an object twice", on("manifest", put(8, to=lambda rows: [*rows, rows[0]])), "shape")
fault("manifest wraps twice to one", on("manifest", put(9, to=lambda rows: [*rows, rows[0]])), "shape")
fault("manifest half a notice", on("manifest", drop(11, 3), plan="notice"), "shape")
fault("manifest object of kind 10", on("manifest", put(8, 0, 2, to=10)), "shape")
fault("manifest too large", on("manifest", put(12, 2, to="x" * 70_000)), "layout")
fault("manifest map not sorted", on("manifest+bytes", unsorted), "cose")
fault("manifest payload trailing", on("manifest+bytes", lambda data: data + b"\x00"), "cose")
fault("manifest as event", on("manifest+sign1", put("aad", to=b"streife/1 event")), "signature")
fault("manifest without aad", on("manifest+sign1", put("aad", to=b"")), "signature")


def _protected(**members: Any) -> Change:
    def change(options: dict[str, Any]) -> dict[str, Any]:
        header = {1: -7, 3: "application/vnd.streife.manifest+cbor", 4: options["signer"].kid}
        return options | {"protected": header | {int(key[1:]): value for key, value in members.items()}}

    return change


fault("manifest other content type", on("manifest+sign1", _protected(_3="application/cbor")), "cose")
fault("manifest algorithm -9", on("manifest+sign1", _protected(_1=-9)), "cose")
fault("manifest extra header", on("manifest+sign1", _protected(_5=b"iv")), "cose")
fault("manifest critical header", on("manifest+sign1", _protected(_2=[4])), "cose")
fault("manifest kid of nobody", on("manifest+sign1", _protected(_4=bytes(16))), "signature")
fault("manifest untagged", on("manifest+sign1", put("tag", to=False)), "cose")

# manifest: content
fault("wrong key commitment", on("manifest", put(10, to=bit)), "key")
fault("manifest of another agency", on("manifest", put(7, to="Andere Stadt")), "manifest")
fault("head link off the chain", on("manifest", put(6, 1, to=bit)), "chain")
fault("head number off by one", on("manifest", put(6, 0, to=lambda n: n + 1)), "chain")
fault("no recovery wrap", on("manifest", drop(9, 2)), "wrap")
fault("wrap to an outsider", on("manifest", put(9, to=lambda w: [*w, OUTSIDER])), "wrap")
fault("wrap of another case", on("manifest", put(9, 0, 4, to=bit)), "wrap")
fault("wrap with the other KEM", on("manifest", put(9, 0, 2, to=0x0010)), "wrap")
fault("number skipped", on("manifest", put(5, to=9), plan="notice"), "missing")
fault("number doubled", on("manifest", put(5, to=1), plan="notice"), "missing")
fault("notice without view", on("manifest", put(8, to=lambda rows: [r for r in rows if r[2] != 3])), "manifest")
fault("record in view scope", on("manifest", put(8, -1, 3, to=1), plan="plain"), "manifest")
fault("record with odd media type", on("manifest", put(8, -1, 4, to="text/plain"), plan="plain"), "manifest")
fault("no record", on("manifest", drop(8, -1), plan="plain"), "manifest")
fault("record schema 2", on("manifest", put(12, 3, to=2)), "manifest")
fault("elapsed time without statement", on("manifest", drop(13, 1)), "shape")
fault("slip number with a blank", on("manifest", put(11, 1, to="47 11"), plan="notice"), "shape")
fault("time by the device", on("time-signer", lambda _: Signer()), "signature")
fault("notice for another case", on("notice-case", lambda _: os.urandom(16)), "sbx")

# objects
for _kind, _name in ((1, "photo"), (2, "record"), (3, "view"), (5, "thumbnail")):
    fault(f"{_name} commitment wrong", on("row", put(7, to=bit), kind=_kind), "commitment")
    fault(f"{_name} hash wrong", on("row", put(6, to=bit), kind=_kind), "object")
    fault(f"{_name} length wrong", on("row", put(5, to=lambda n: n + 1), kind=_kind), "object")
    fault(f"{_name} header of another case", on("header", lambda h: bit(h, 8), kind=_kind), "sbx")
    fault(f"{_name} header of another object", on("header", lambda h: bit(h, 24), kind=_kind), "sbx")
    fault(f"{_name} header of another kind", on("header", byte(7, 6), kind=_kind), "sbx")
    fault(f"{_name} header of another scope", on("header", lambda h: bit(h, 44), kind=_kind), "sbx")
    fault(f"{_name} header of another schema", on("header", byte(43, 2), kind=_kind), "sbx")
    fault(f"{_name} header with an epoch", on("header", byte(41, 1), kind=_kind), "sbx")
for _at, _name in ((4, "format"), (5, "suite"), (6, "chunk size"), (7, "kind"), (44, "scope")):
    fault(f"unknown {_name}", on("header", byte(_at, 99), kind=1), "sbx")
fault("photo with another media type", on("row", put(4, to="image/png"), kind=1), "record")
fault("photo replaced", on("plain", lambda data: bit(data, 0), kind=1), "commitment")
fault("object of a reserved kind", both(on("header", byte(7, 6), kind=5), on("row", put(2, to=6), kind=5)), "shape")
fault("object without salt", on("record", drop("photos", 0, "thumbnail")), "commitment")

# record and view
fault("record unknown member", on("record", put("extra", to=1)), "record")
fault("record null", on("record", put("officer", "unit", to=None)), "record")
fault("record fraction", on("record", put("seq", to=1.0)), "record")
fault("record member twice", on("record+bytes", lambda t: t.replace(b'{"format"', b'{"seq": 1, "format"')), "record")
fault("record not UTF-8", on("record+bytes", lambda t: t + b"\xff"), "record")
fault("record no JSON", on("record+bytes", lambda t: t[:-1]), "record")
fault("record other case", on("record", put("case", to="00" * 16)), "record")
fault("record other shift", on("record", put("shift", to="00" * 16)), "record")
fault("record other device", on("record", put("device", to="00" * 16)), "record")
fault("record other number", on("record", put("seq", to=77)), "record")
fault("record without vehicle", on("record", drop("vehicle"), plan="plain"), "record")
fault("record without place", on("record", drop("place"), plan="plain"), "record")
fault("record without checks", on("record", put("observation", "checks", to=[]), plan="plain"), "record")
fault("record other amount", on("record", put("offences", "amount_cents", to=1), plan="plain"), "record")
fault("record other category", on("record", put("offences", "items", 0, "category", to="fine"), plan="plain"), "record")
fault("record other duration", on("record", put("observation", "duration_s", to=7)), "record")


def _restart(record: dict[str, Any]) -> dict[str, Any]:
    record["observation"]["checks"][1]["at"]["boot"] = "cd" * 16
    record["observation"]["duration_s"] = 7
    return record


def _doubled(record: dict[str, Any]) -> dict[str, Any]:
    record["offences"] |= {"relation": "several-acts", "items": record["offences"]["items"] * 2}
    return record


fault("record other duration over a restart", on("record", _restart, plan="plain"), "record")
fault("record other sum", on("record", _doubled, plan="plain"), "record")
fault("record other length", on("record", put("photos", 0, "length", to=1)), "record")
fault("record hides a photo", on("record", drop("photos", 0)), "record", "commitment")
fault("record lists a photo twice", on("record", put("photos", to=lambda p: [*p, p[0]])), "record")
fault("record other slip", on("record", put("slip", "number", to="1"), plan="notice"), "record")
fault("record odd time", on("record", put("sealed_at", "at", to="2026-02-30T08:00:00.000+01:00")), "record")
fault("record time without offset", on("record", put("sealed_at", "at", to="2026-06-15T08:00:00.000Z")), "record")
fault("record odd void reason", on("record", put("voided", "reason", to="mood"), plan="voided"), "record")
fault("record other salt", on("record-salt", bit), "commitment")
_late = put("sealed_at", "at", to="2029-01-01T08:00:00.000+01:00")
fault("sealed after expiry", on("record", _late), "recipients")
fault("view unknown member", on("view", put("extra", to=1)), "view")
fault("view other plate", on("view", put("plate", to="M-XY 1")), "view")
fault("view other amount", on("view", put("amount_cents", to=1)), "view")
fault("view other place", on("view", put("place", to="Anderswo")), "view")
fault("view without place", on("view", drop("place")), "view")
fault("view other offence", on("view", put("offences", 0, "number", to="141312")), "view")
fault("view other beginning", on("view", put("from", to="2026-06-15T07:00:00.000+02:00")), "view")
fault("view voided", on("view", put("voided", to="other")), "view")
fault("view other slip", on("view", put("slip", to="1")), "view")

# receipt
fault("receipt other manifest", on("receipt", put(2, to=bit)), "receipt")
fault("receipt other case", on("receipt", put(1, to=bytes(16))), "receipt")
fault("receipt other hash", on("receipt", put(3, 0, 2, to=bit)), "receipt")
fault("receipt other length", on("receipt", put(3, 0, 1, to=80)), "receipt")
fault("receipt other order", on("receipt", put(3, to=lambda rows: rows[::-1]), plan="plain"), "receipt")
fault("receipt lacks an object", on("receipt", drop(3, 0), plan="plain"), "receipt")
fault("receipt other box", on("receipt", put(5, to=bytes(16))), "receipt")
fault("receipt unknown member", on("receipt", put(7, to=1)), "shape")
fault("receipt by a stranger", on("receipt+sign1", put("signer", to=lambda _: Signer())), "signature")

# shift
fault("seal other root", on("seal", put(10, to=bit)), "merkle")
fault("seal other count", on("seal", put(9, to=lambda n: n + 1)), "missing")
fault("seal other end", on("seal", put(8, to=bit)), "chain")
fault("seal other beginning", on("seal", put(5, to=bit)), "chain")
fault("seal entries reordered", on("seal", put(6, to=lambda e: [e[1], e[0], *e[2:]])), "chain")
fault("seal entry dropped", on("seal", drop(6, 1), cases=4), "chain")
fault("seal unknown member", on("seal", put(11, to=1)), "shape")
fault("opening off the chain", on("shift", put(5, 1, to=bit)), "chain")
fault("opening at another entry", on("shift", put(5, 0, to=lambda n: n + 1)), "chain")
fault("agency file with a desk token", on("agency", put("desk_token", to="t")), "layout")
fault("opening of another agency", on("shift", put(4, to="Andere Stadt")), "opening")


def by_the_other_device(structure: str) -> Hook:
    """One kind of structure names the other device, and that one signs it."""

    def hook(name: str, value: Any, where: dict[str, Any]) -> Any:
        if name == structure:
            return value | {3: where["writer"].other.id}
        if name == structure + "+sign1":
            return value | {"signer": where["writer"].other.signer}
        return value

    return hook


fault("manifest by another device", by_the_other_device("manifest"), "manifest")
fault("opening by another device", by_the_other_device("shift"), "seal")
fault("seal by another device", by_the_other_device("seal"), "seal")

# events
fault("event odd reason", on("event", put(5, to="mood"), late=True), "shape")
fault("event odd type", on("event", put(4, to=5)), "shape")
fault("event off the chain", on("event", put(7, 1, to=bit), late=False), "chain")
fault("event at its case", on("event", put(7, to=lambda head: [2, head[1]])), "chain")
fault("event of another case", on("event", put(3, to=bytes(16))), "event")
fault("event note changed", on("note", bit), "sbx")
fault("event note of another kind", on("note", byte(7, 2)), "sbx")
fault("event note without recovery", on("event", drop(6, 1, 2)), "wrap")
fault("event note no text", on("note-text", lambda _: b"\xff\xfe"), "event")
fault("event note other key", on("event", put(6, 1, 0, 4, to=bit)), "wrap")
fault("event by a stranger", on("event+sign1", put("signer", to=lambda _: Signer())), "signature")

# recipients
fault("recipients expired", on("recipients", put(4, to=T0 - 1)), "recipients")
fault("recipients other agency", on("recipients", put(2, to="Andere Stadt")), "recipients")
fault("recipients wrong kid", on("recipients", put(5, 0, 1, to=bytes(16))), "shape")
fault("recipients no recovery", on("recipients", put(5, 2, 4, to=1)), "wrap")
fault("recipients no case worker", on("recipients", lambda v: put(5, 1, 4, to=3)(put(5, 0, 4, to=3)(v))), "wrap")
fault("a valid recipient left out", on("manifest", drop(9, 1)), "wrap")
fault("recovery outdated", on("recipients", put(5, 2, 6, to=T0 - 1)), "recipients")
fault("recipients unknown member", on("recipients", put(6, to=1)), "shape")
