"""Test-only: writes a whole synthetic export, right or wrong in one chosen place.

`Writer(folder, hook).write()` makes: one agency; two devices; device A with a
shift of four cases (plain with photos; sealed notice; voided draft; voided
after the shift) and a shift of one case; device B with an empty shift.

`hook(name, value, where)` may give back a changed value before it is sealed or
signed, so that a fault can carry valid signatures: an insider's fault, which
only the deeper checks can see.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests_case import AGENCY, T0, Case
from tests_signer import Person, Signer, canonical, derive, digest, header, p256_person, seal, sign1, xwing_person

Hook = Callable[[str, Any, dict[str, Any]], Any]


@dataclass
class Device:
    """A device with its journal; entries are random bytes, as nobody can read them."""

    id: bytes = field(default_factory=lambda: os.urandom(16))
    signer: Signer = field(default_factory=Signer)
    n: int = 0
    link: bytes = bytes(32)
    entries: dict[int, bytes] = field(default_factory=dict)

    def append(self) -> list[Any]:
        self.n += 1
        self.entries[self.n] = digest(os.urandom(32))
        self.link = digest(b"streife/1 link" + self.link + self.n.to_bytes(8, "big") + self.entries[self.n])
        return [self.n, self.link]


class Writer:
    """See the module text.  After `write` the secrets used lie in the attributes."""

    def __init__(self, root: Path, hook: Hook | None = None, photo_bytes: int = 70_000) -> None:
        self.root, self.photo_bytes = root, photo_bytes
        self.hook: Hook = hook or (lambda name, value, where: value)
        self.agency_root, self.box = Signer(), Signer()
        self.box_id = os.urandom(16)
        self.worker, self.second, self.recovery = xwing_person(), p256_person(), xwing_person()
        self.first, self.other = Device(), Device()
        self.case_ids: list[bytes] = []

    def put(self, name: str, data: bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def put_json(self, name: str, value: Any) -> None:
        self.put(name, json.dumps(value, ensure_ascii=False).encode())

    def signed(self, signer: Signer, name: str, value: Any, **where: Any) -> bytes:
        """Payload hook `name`, then signing options by the hook `name+sign1`."""
        where["writer"] = self
        payload = canonical(self.hook(name, value, where))
        payload = self.hook(name + "+bytes", payload, where)
        options = self.hook(name + "+sign1", {"signer": signer, "name": name, "payload": payload}, where)
        return sign1(**options)

    def write(self) -> Writer:
        self._agency()
        for device in (self.first, self.other):
            self.put_json(f"devices/{device.id.hex()}.json", {"device": device.id.hex(), "jwk": device.signer.jwk})
        self._shift(self.first, ["plain", "notice", "voided", "late"])
        self.first.append()
        self._shift(self.first, ["plain"])
        self._shift(self.other, [])
        return self

    def key_file(self, person: Person, path: Path) -> Path:
        path.write_text(person.private.hex() + "\n")
        return path

    def _agency(self) -> None:
        anchors = {"agency": AGENCY, "agency_root": self.agency_root.point.hex()}
        anchors |= {"box_key": self.box.point.hex(), "box_id": self.box_id.hex()}
        self.put_json("agency.json", self.hook("agency", anchors, {}))
        people = [(self.worker, 1), (self.second, 1), (self.recovery, 2)]
        rows = [{1: p.kid, 2: p.kem, 3: p.public, 4: role, 5: 0, 6: T0 * 2} for p, role in people]
        value = {1: 1, 2: AGENCY, 3: T0 - 1000, 4: T0 + 86_400_000, 5: rows}
        self.put("recipients.cose", self.signed(self.agency_root, "recipients", value))

    def _shift(self, device: Device, plans: list[str]) -> None:
        shift, before = os.urandom(16), device.link
        opened = device.append()
        value = {1: 1, 2: shift, 3: device.id, 4: AGENCY, 5: opened}
        self.put(f"shifts/{shift.hex()}.opening.cose", self.signed(device.signer, "shift", value))
        late: list[bytes] = []
        leaves = [self._case(device, shift, seq, plan, late) for seq, plan in enumerate(plans, 1)]
        closed = device.append()
        entries = [device.entries[n] for n in range(opened[0], closed[0] + 1)]
        value = {1: 1, 2: shift, 3: device.id, 4: opened[0], 5: before, 6: entries, 7: closed[0], 8: closed[1]}
        value |= {9: len(leaves), 10: mth(leaves)}
        self.put(f"shifts/{shift.hex()}.seal.cose", self.signed(device.signer, "seal", value, cases=len(leaves)))
        for case in late:
            self._event(device, case, late=True)

    def _case(self, device: Device, shift: bytes, seq: int, plan: str, late: list[bytes]) -> bytes:
        case = Case(self, device, shift, seq, plan)
        self.case_ids.append(case.id)
        leaf = case.write()
        if plan == "notice":
            self._event(device, case.id, kind=2, reason="note-added")
        elif plan == "late":
            late.append(case.id)
        return leaf

    def _event(self, device: Device, case: bytes, kind: int = 1, reason: str = "duplicate", late: bool = False) -> None:
        event, key, head = os.urandom(16), os.urandom(32), device.append()
        where = {"case": case, "event": event, "late": late}
        note_key = derive(key, case, b"streife/1 object" + event)
        note = seal(note_key, header(11, case, event, 0), self.hook("note-text", "für die Akte".encode(), where))
        people = (self.worker, self.second, self.recovery)
        body = {1: [person.wrap(event, key) for person in people], 2: self.hook("note", note, where)}
        value = {1: 1, 2: event, 3: case, 4: kind, 5: reason, 6: body, 7: head}
        self.put(f"cases/{case.hex()}/events/{event.hex()}.cose", self.signed(device.signer, "event", value, **where))


def mth(leaves: list[bytes]) -> bytes:
    """RFC 6962 written bottom-up: pair neighbours, carry the odd one."""
    level = [digest(b"\x00" + leaf) for leaf in leaves]
    if not level:
        return digest(b"")
    while len(level) > 1:
        pairs = [digest(b"\x01" + level[i] + level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = pairs + level[len(level) - len(level) % 2 :]
    return level[0]
