"""Test-only: one synthetic case of `tests_writer`, from record to receipt."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import cbor2

from tests_signer import canonical, derive, digest, header, seal, sign1

if TYPE_CHECKING:
    from tests_writer import Device, Writer

AGENCY = "Stadt Musterhausen"
SLIP, CODE, PLATE = "4711-0815", "0123456789ABCDEFGHJK", "MÜ-AB 1234"
T0 = 1_781_503_331_000
NOBODY = bytes(16)


def moment(second: int) -> dict[str, Any]:
    return {"at": f"2026-06-15T08:02:{second:02d}.000+02:00", "mono_ms": second * 1000, "boot": "ab" * 16}


class Case:
    """Plans: `plain` two photos with thumbnails, `notice` with slip and view, `voided`, `late`."""

    def __init__(self, writer: Writer, device: Device, shift: bytes, seq: int, plan: str) -> None:
        self.writer, self.device, self.shift, self.seq, self.plan = writer, device, shift, seq, plan
        self.id, self.key = os.urandom(16), os.urandom(32)
        self.rows: list[dict[int, Any]] = []
        self.where = {"seq": seq, "plan": plan, "case": self.id}

    def hook(self, name: str, value: Any, **more: Any) -> Any:
        return self.writer.hook(name, value, self.where | more)

    def view_key(self) -> bytes:
        return derive(self.key, self.id, b"streife/1 view")

    def add(self, kind: int, scope: int, media_type: str, salt: bytes, plain: bytes) -> bytes:
        """Seal one object under its derived key, note its manifest row, write the file."""
        object_id = os.urandom(16)
        base = self.view_key() if scope else self.key
        key = derive(base, self.id, b"streife/1 object" + object_id)
        head = self.hook("header", header(kind, self.id, object_id, scope), kind=kind)
        blob = seal(key, head, self.hook("plain", plain, kind=kind))
        row = {1: object_id, 2: kind, 3: scope, 4: media_type, 5: len(blob), 6: digest(blob), 7: digest(salt + plain)}
        self.rows.append(self.hook("row", row, kind=kind))
        self.writer.put(f"cases/{self.id.hex()}/objects/{object_id.hex()}.sbx", blob)
        return object_id

    def photo(self, index: int) -> dict[str, Any]:
        salt, plain = os.urandom(32), os.urandom(self.writer.photo_bytes + index)
        small_salt, small = os.urandom(32), os.urandom(900)
        object_id = self.add(1, 0, "image/jpeg", salt, plain)
        thumbnail = self.add(5, 0, "image/jpeg", small_salt, small)
        return {
            "object": object_id.hex(), "class": "overview", "imported_at": moment(10 + index), "salt": salt.hex(),
            "media_type": "image/jpeg", "length": len(plain), "width": 4000, "height": 3000,
            "exif": {"taken": "2026-06-15T08:02:10", "offset": "+02:00", "gps": "absent", "orientation": 1},
            "thumbnail": {"object": thumbnail.hex(), "salt": small_salt.hex()},
        }  # fmt: skip

    def record(self, salt: bytes) -> dict[str, Any]:
        photos = [self.photo(index) for index in range(2)]
        offence = {"number": "112454", "label": "Parken im Haltverbot", "amount_cents": 5500, "points": 0}
        value: dict[str, Any] = {
            "format": "streife/1 record", "case": self.id.hex(), "shift": self.shift.hex(),
            "device": self.device.id.hex(), "seq": self.seq, "salt": salt.hex(), "agency": AGENCY,
            "officer": {"id": "4711", "unit": "Nord"}, "sealed_at": moment(11),
            "vehicle": {"plate": {"class": "standard", "text": PLATE, "nation": "D"}, "kind": "car"},
            "offences": {"relation": "one-act", "items": [offence | {"category": "warning"}], "amount_cents": 5500},
            "observation": {
                "checks": [
                    {"at": moment(1), "valves": [{"side": "left", "axle": "front", "clock": 3}]},
                    {"at": moment(9), "valves": [], "disc": "07:30"},
                ],
                "duration_s": 8,
            },
            "place": {"text": "Hauptstraße 1", "municipality": "09162000"}, "photos": photos, "confirmed": [],
        }  # fmt: skip
        if self.plan == "notice":
            value["slip"] = {"number": SLIP}
        if self.plan == "voided":
            del value["vehicle"], value["offences"], value["place"]
            value["observation"] = {"checks": [], "duration_s": 0}
            value["voided"] = {"reason": "wrong-plate", "at": moment(11)}
        return value

    def view(self, salt: bytes) -> dict[str, Any]:
        offence = {"number": "112454", "label": "Parken im Haltverbot", "amount_cents": 5500, "points": 0}
        return {
            "format": "streife/1 view", "case": self.id.hex(), "salt": salt.hex(), "agency": AGENCY, "plate": PLATE,
            "offences": [offence], "amount_cents": 5500, "place": "Hauptstraße 1", "slip": SLIP,
        }  # fmt: skip

    def notice(self) -> dict[int, Any]:
        ikm = CODE.encode() + b"\x00" + b"MUAB1234"
        auth, kek = (derive(ikm, SLIP.encode(), b"streife/1 notice " + label) for label in (b"auth", b"kek"))
        case = self.hook("notice-case", self.id)
        return {1: SLIP, 2: digest(auth), 3: seal(kek, header(7, case, NOBODY, 1), self.view_key())}

    def write(self) -> bytes:
        """All files of the case; gives back the Merkle leaf."""
        salt = os.urandom(32)
        record = self.hook("record", self.record(salt))
        text = self.hook("record+bytes", json.dumps(record, ensure_ascii=False).encode())
        self.add(2, 0, "application/vnd.streife.record+json", self.hook("record-salt", salt), text)
        if self.plan == "notice":
            text = json.dumps(self.hook("view", self.view(salt)), ensure_ascii=False).encode()
            self.add(3, 1, "application/vnd.streife.view+json", salt, text)
        head = [self.device.n, self.device.link]
        self.device.append()
        manifest = self.manifest(head)
        raw = self.writer.signed(self.device.signer, "manifest", manifest, **self.where)
        self.writer.put(f"cases/{self.id.hex()}/manifest.cose", raw)
        self.receipt(raw)
        return digest(cbor_payload(raw))

    def manifest(self, head: list[Any]) -> dict[int, Any]:
        writer = self.writer
        people = (writer.worker, writer.second, writer.recovery)
        time = sign1(self.hook("time-signer", writer.box), "time", canonical({1: os.urandom(16), 2: T0}))
        value = {1: 1, 2: self.id, 3: self.device.id, 4: self.shift, 5: self.seq, 6: head, 7: AGENCY, 8: self.rows}
        value |= {9: [person.wrap(self.id, self.key) for person in people]}
        value |= {10: derive(self.key, self.id, b"streife/1 commit"), 12: {1: "2026-1", 2: "1.0", 3: 1}}
        value |= {13: {1: time, 2: 1500, 3: 1}}
        if self.plan == "notice":
            value[11] = self.notice()
        return value

    def receipt(self, manifest: bytes) -> None:
        rows = [[row[1], row[5], row[6]] for row in self.rows]
        value = {1: self.id, 2: digest(manifest), 3: rows, 4: T0 + 60_000, 5: self.writer.box_id, 6: self.seq}
        raw = self.writer.signed(self.writer.box, "receipt", value, **self.where)
        self.writer.put(f"cases/{self.id.hex()}/receipt.cose", raw)


def cbor_payload(raw: bytes) -> bytes:
    message = cbor2.loads(raw)
    payload: bytes = getattr(message, "value", message)[2]
    return payload
