"""COSE_Sign1 as the formats demand it; the signature itself is judged by pycose.

Contract: `read` gives a payload back only if the bytes are one tagged (18),
deterministically encoded COSE_Sign1 with exactly {1: -7, 3: content type,
4: kid} protected and nothing unprotected, the kid is that of the key, and the
64-byte r||s signature (low s) holds under the structure's own external_aad.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cbor2
from pycose.exceptions import CoseException
from pycose.keys.curves import P256
from pycose.keys.ec2 import EC2Key
from pycose.messages.sign1message import Sign1Message

from .errors import Refused
from .keys import VerifyKey

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
KIB = 1024


@dataclass(frozen=True)
class Kind:
    """One kind of signed structure: its domain, content type and size limit."""

    name: str
    limit: int

    @property
    def aad(self) -> bytes:
        return b"streife/1 " + self.name.encode("ascii")

    @property
    def content_type(self) -> str:
        return f"application/vnd.streife.{self.name}+cbor"


MANIFEST = Kind("manifest", 64 * KIB)
OPENING = Kind("shift", 64 * KIB)
SEAL = Kind("seal", 256 * KIB)
EVENT = Kind("event", 16 * KIB)
RECEIPT = Kind("receipt", 64 * KIB)
TIME = Kind("time", 64 * KIB)
RECIPIENTS = Kind("recipients", 64 * KIB)


@dataclass(frozen=True)
class Signed:
    """A structure whose signature holds."""

    raw: bytes
    payload: bytes
    value: Any


def decode(raw: bytes, what: str) -> Any:
    """The value of deterministic CBOR (RFC 8949 4.2.1); anything else is refused.

    Re-encoding must give the same bytes: that refuses trailing bytes, doubled
    keys, long forms, indefinite lengths and unsorted maps at once.  (cbor2 sorts
    by length first, which is the same order for the small integer keys used.)
    """
    try:
        value = cbor2.loads(raw)
        again = cbor2.dumps(value, canonical=True)
    except Exception:  # the decoder meets hostile bytes; each of its errors means the same here
        raise Refused(f"{what} is not readable CBOR", "cose") from None
    if again != raw:
        raise Refused(f"{what} is not deterministic CBOR, or bytes follow it", "cose")
    return value


def _parts(raw: bytes, kind: Kind) -> tuple[bytes, bytes, bytes]:
    if len(raw) > kind.limit:
        raise Refused(f"{kind.name} is larger than {kind.limit} bytes", "cose")
    message = decode(raw, kind.name)
    if type(message) is not cbor2.CBORTag or message.tag != 18:
        raise Refused(f"{kind.name} does not carry CBOR tag 18", "cose")
    body = message.value
    if type(body) is not list or [type(part) for part in body] != [bytes, dict, bytes, bytes]:
        raise Refused(f"{kind.name} is not protected, unprotected, payload, signature", "cose")
    if body[1]:
        raise Refused(f"{kind.name} has unprotected header members", "cose")
    return body[0], body[2], body[3]


def _check_protected(protected: bytes, kind: Kind, key: VerifyKey) -> None:
    header = decode(protected, f"protected header of {kind.name}")
    if type(header) is not dict or [(type(k), k) for k in header] != [(int, 1), (int, 3), (int, 4)]:
        raise Refused(f"protected header of {kind.name} has not exactly the members 1, 3, 4", "cose")
    if type(header[1]) is not int or header[1] != -7:
        raise Refused(f"{kind.name} is not signed with ES256", "cose")
    if header[3] != kind.content_type:
        raise Refused(f"{kind.name} has the content type of another structure", "cose")
    if header[4] != key.kid:
        raise Refused(f"{kind.name} names another signing key than expected", "signature")


def _check_form(signature: bytes, kind: Kind) -> None:
    if len(signature) != 64:
        raise Refused(f"signature of {kind.name} is not 64 bytes", "signature")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not 0 < r < ORDER or not 0 < s <= ORDER // 2:
        raise Refused(f"signature of {kind.name} is out of range or not low-s", "signature")


def _check_signature(raw: bytes, kind: Kind, key: VerifyKey) -> None:
    try:
        message = Sign1Message.decode(raw)
        message.key = EC2Key(crv=P256, x=key.x, y=key.y)
        message.external_aad = kind.aad  # type: ignore[misc]
        holds = message.verify_signature()
    except (CoseException, ValueError, TypeError, KeyError, AttributeError):
        holds = False
    if not holds:
        raise Refused(f"signature of {kind.name} does not hold", "signature")


def read(raw: bytes, kind: Kind, key: VerifyKey) -> Signed:
    """The verified structure, or `Refused`."""
    protected, payload, signature = _parts(raw, kind)
    _check_protected(protected, kind, key)
    _check_form(signature, kind)
    _check_signature(raw, kind, key)
    return Signed(raw, payload, decode(payload, f"payload of {kind.name}"))


def peek(raw: bytes, kind: Kind) -> Any:
    """The payload's value before anyone vouches for it: only to find the key to ask."""
    return decode(_parts(raw, kind)[1], f"payload of {kind.name}")
