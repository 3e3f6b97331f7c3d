"""Shifts and cases, sealed and signed by the format pages alone."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import ec, mlkem, x25519

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "interop"))

from opener import cose  # noqa: E402
from opener.keys import VerifyKey  # noqa: E402
from tests_signer import Person, Signer, canonical, derive, header, seal, sign1  # noqa: E402

from .box import Box  # noqa: E402
from .wire import Wire, base64url, new_id  # noqa: E402

RECORD, VIEW, PHOTO = 2, 3, 1
MEDIA = {RECORD: "application/vnd.streife.record+json", VIEW: "application/vnd.streife.view+json", PHOTO: "image/jpeg"}
DECISION = cose.Kind("decision", 64 * cose.KIB)


def read(raw: bytes, kind: cose.Kind, key: bytes) -> Any:
    """What a signed structure says, after pycose has judged its signature."""
    return cose.read(raw, kind, VerifyKey(key)).value


def person(kem: int, public: bytes) -> Person:
    """A recipient of whom only the public half is known."""
    if kem == 0x647A:
        lattice = mlkem.MLKEM768PublicKey.from_public_bytes(public[:1184])
        curve = x25519.X25519PublicKey.from_public_bytes(public[1184:])
        return Person(kem, b"", public, hpke.MLKEM768X25519PublicKey(lattice, curve))
    return Person(kem, b"", public, ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public))


@dataclass
class Case:
    """A case: its signed manifest and the sealed files in the manifest's order."""

    id: bytes
    key: bytes
    manifest: bytes = b""
    rows: list[dict[int, Any]] = field(default_factory=list)
    files: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def path(self) -> str:
        return f"/v1/cases/{self.id.hex()}"


class Phone:
    """Enrolled, logged in, with an open shift."""

    def __init__(self, box: Box, code: str | None = None, attestation: list[str] | None = None) -> None:
        self.box, self.id, self.signer, self.shift, self.seq = box, new_id(), Signer(), new_id(), 0
        number = self.signer.private.private_numbers().private_value
        private = {**self.signer.jwk, "d": base64url(number.to_bytes(32, "big"))}
        self.wire = Wire(box, self.id.hex(), private)
        self.enrolled = self.wire.enrol(code or box.agency["enrolment_code"], attestation)
        self.token = self.wire.log_in() if self.enrolled.ok else {}

    def sign(self, name: str, value: Any) -> bytes:
        return sign1(self.signer, name, canonical(value))

    def opening(self) -> bytes:
        return self.sign("shift", {1: 1, 2: self.shift, 3: self.id, 4: self.box.agency["agency"], 5: [1, bytes(32)]})

    def open_shift(self) -> int:
        return self.wire.send("PUT", f"/v1/shifts/{self.shift.hex()}", self.opening()).status_code

    def recipients(self) -> list[Person]:
        raw = self.wire.http.get(f"{self.box.origin}/v1/recipients").content
        people = read(raw, cose.RECIPIENTS, self.box.agency_root)[5]
        return [person(entry[2], entry[3]) for entry in people]

    def case(self, photos: tuple[int, ...] = (), slip: tuple[str, str, str] | None = None) -> Case:
        """A case with photos of these sizes; a slip is number, code and folded plate."""
        case = Case(new_id(), new_id() + new_id())
        self.seq += 1
        self._add(case, RECORD, json.dumps({"format": "streife/1 record", "seq": self.seq}).encode())
        for size in photos:
            self._add(case, PHOTO, (new_id() * (size // 16 + 1))[:size])
        manifest = self._manifest(case)
        if slip:
            self._add(case, VIEW, b'{"format": "streife/1 view"}')
            manifest[11] = notice(case, *slip)
        case.manifest = self.sign("manifest", manifest)
        return case

    def _add(self, case: Case, kind: int, plain: bytes) -> None:
        object_id, scope, salt = new_id(), int(kind == VIEW), new_id() + new_id()
        base = derive(case.key, case.id, b"streife/1 view") if scope else case.key
        key = derive(base, case.id, b"streife/1 object" + object_id)
        blob = seal(key, header(kind, case.id, object_id, scope), plain)
        row = {1: object_id, 2: kind, 3: scope, 4: MEDIA[kind], 5: len(blob), 6: sha256(blob).digest()}
        case.rows.append(row | {7: sha256(salt + plain).digest()})
        case.files.append((object_id.hex(), blob))

    def _manifest(self, case: Case) -> dict[int, Any]:
        value = {1: 1, 2: case.id, 3: self.id, 4: self.shift, 5: self.seq, 6: [1, bytes(32)]}
        value |= {7: self.box.agency["agency"], 8: case.rows}
        value |= {9: [someone.wrap(case.id, case.key) for someone in self.recipients()]}
        value |= {10: derive(case.key, case.id, b"streife/1 commit"), 12: {1: "2026-1", 2: "peer", 3: 1}, 13: {3: 0}}
        return value

    def declare(self, case: Case) -> dict[str, Any]:
        answer = self.wire.send("PUT", case.path, case.manifest)
        assert answer.status_code in (200, 201), answer.text
        said: dict[str, Any] = answer.json()
        return said

    def put(self, case: Case, index: int) -> int:
        object_id, blob = case.files[index]
        path = f"{case.path}/objects/{object_id}"
        return self.wire.send("PUT", path, blob, "application/octet-stream").status_code


def notice(case: Case, number: str, code: str, plate: str) -> dict[int, Any]:
    """What binds the slip to the case (FORMATS.md, section 15)."""
    auth, kek = slip_keys(number, code, plate)
    view_key = derive(case.key, case.id, b"streife/1 view")
    return {1: number, 2: sha256(auth).digest(), 3: seal(kek, header(7, case.id, bytes(16), 1), view_key)}


def slip_keys(number: str, code: str, plate: str) -> tuple[bytes, bytes]:
    ikm = code.encode() + b"\x00" + plate.encode()
    auth, kek = (derive(ikm, number.encode(), b"streife/1 notice " + label) for label in (b"auth", b"kek"))
    return auth, kek


def payload(raw: bytes) -> Any:
    """What a structure says, before anyone vouches for it."""
    return cbor2.loads(cbor2.loads(raw).value[2])
