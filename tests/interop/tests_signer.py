"""Test-only: the sealing half.  Makes signatures, containers and wraps.

It is built on other primitives than the reader where there is a choice: the
signature comes from `cryptography` and a hand-built Sig_structure (the reader
asks pycose), containers are cut and sealed here chunk by chunk.
"""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass, field
from hashlib import sha256, shake_256
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes, hpke
from cryptography.hazmat.primitives.asymmetric import ec, mlkem, x25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_encrypt as aead

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def derive(ikm: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt, info).derive(ikm)


def digest(data: bytes) -> bytes:
    return sha256(data).digest()


def canonical(value: Any) -> bytes:
    return cbor2.dumps(value, canonical=True)


@dataclass
class Signer:
    """A fresh P-256 signing key."""

    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def point(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def kid(self) -> bytes:
        return sha256(self.point).digest()[:16]

    @property
    def jwk(self) -> dict[str, str]:
        x, y = (base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (self.point[1:33], self.point[33:]))
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y}

    def sign(self, message: bytes) -> bytes:
        r, s = decode_dss_signature(self.private.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + min(s, ORDER - s).to_bytes(32, "big")


def sign1(
    signer: Signer,
    name: str,
    payload: bytes,
    *,
    aad: bytes | None = None,
    protected: dict[Any, Any] | None = None,
    unprotected: dict[Any, Any] | None = None,
    tag: bool = True,
) -> bytes:
    """One COSE_Sign1 of the structure `name`; the options are for wrong ones."""
    header = {1: -7, 3: f"application/vnd.streife.{name}+cbor", 4: signer.kid} if protected is None else protected
    head = canonical(header)
    domain = b"streife/1 " + name.encode() if aad is None else aad
    signature = signer.sign(cbor2.dumps(["Signature1", head, domain, payload]))
    body = [head, unprotected or {}, payload, signature]
    return cbor2.dumps(cbor2.CBORTag(18, body) if tag else body)


def header(kind: int, case: bytes, object_id: bytes, scope: int, *, epoch: int = 0, schema: int = 1) -> bytes:
    """The 64 header bytes with a fresh nonce prefix."""
    fixed = b"SBX1" + bytes([1, 1, 16, kind]) + case + object_id
    return fixed + epoch.to_bytes(2, "big") + schema.to_bytes(2, "big") + bytes([scope]) + os.urandom(19)


def seal(key: bytes, head: bytes, plain: bytes) -> bytes:
    """STREAM over chunks of 64 KiB; an empty plaintext is one empty chunk."""
    chunks = [plain[start : start + 65536] for start in range(0, len(plain), 65536)] or [b""]
    out = [head]
    for index, chunk in enumerate(chunks):
        nonce = head[45:64] + index.to_bytes(4, "big") + bytes([index == len(chunks) - 1])
        out.append(aead(chunk, head, nonce, key))
    return b"".join(out)


@dataclass
class Person:
    """A recipient with both halves of the key."""

    kem: int
    private: bytes
    public: bytes
    handle: Any

    @property
    def kid(self) -> bytes:
        return sha256(self.public).digest()[:16]

    def wrap(self, owner: bytes, secret: bytes) -> dict[int, Any]:
        kem = hpke.KEM.MLKEM768_X25519 if self.kem == 0x647A else hpke.KEM.P256
        suite = hpke.Suite(kem, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)
        sealed = suite.encrypt(secret, self.handle, b"streife/1 wrap\x00" + owner + self.kid)
        split = 1120 if self.kem == 0x647A else 65
        return {1: self.kid, 2: self.kem, 3: sealed[:split], 4: sealed[split:]}


def xwing_person() -> Person:
    private = os.urandom(32)
    stretched = shake_256(private).digest(96)
    lattice = mlkem.MLKEM768PrivateKey.from_seed_bytes(stretched[:64]).public_key()
    curve = x25519.X25519PrivateKey.from_private_bytes(stretched[64:]).public_key()
    public = lattice.public_bytes_raw() + curve.public_bytes_raw()
    return Person(0x647A, private, public, hpke.MLKEM768X25519PublicKey(lattice, curve))


def p256_person() -> Person:
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    private = key.private_numbers().private_value.to_bytes(32, "big")
    return Person(0x0010, private, public, key.public_key())
