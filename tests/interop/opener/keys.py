"""Keys: HKDF derivations, identities of public keys, and opening HPKE wraps.

Contract: everything derived is HKDF-SHA256 (extract and expand), 32 bytes.
HPKE is base mode with KDF HKDF-SHA256, AEAD ChaCha20-Poly1305 and an empty aad;
the KEM is X-Wing (0x647a) or P-256 (0x0010).  Nothing here prints a secret.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256, shake_256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hpke
from cryptography.hazmat.primitives.asymmetric import ec, mlkem, x25519
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .errors import BadInput, Refused
from .shape import closed, hexadecimal, integer, one_of, parse_json, text

XWING = 0x647A
P256 = 0x0010
ENC_LENGTH = {XWING: 1120, P256: 65}
PUBLIC_LENGTH = {XWING: 1216, P256: 65}
WRAPPED_LENGTH = 48


def hkdf(ikm: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt, info).derive(ikm)


def view_key(case_key: bytes, case: bytes) -> bytes:
    """CKV, the key of what the citizen may see; no way back to the case key."""
    return hkdf(case_key, case, b"streife/1 view")


def object_key(base: bytes, case: bytes, object_id: bytes) -> bytes:
    """K_o; `base` is the case key for scope 0, CKV for scope 1, EK for an event's note."""
    return hkdf(base, case, b"streife/1 object" + object_id)


def commitment(case_key: bytes, case: bytes) -> bytes:
    """KC, which the manifest states before anyone can open the case."""
    return hkdf(case_key, case, b"streife/1 commit")


def kid_of(public: bytes) -> bytes:
    return sha256(public).digest()[:16]


@dataclass(frozen=True)
class VerifyKey:
    """A P-256 signing key that is really a point of the curve."""

    point: bytes

    def __post_init__(self) -> None:
        try:
            if len(self.point) != 65 or self.point[0] != 4:
                raise ValueError
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), self.point)
        except ValueError:
            raise Refused("signing key is not an uncompressed point of P-256", "device") from None

    @property
    def kid(self) -> bytes:
        return kid_of(self.point)

    @property
    def x(self) -> bytes:
        return self.point[1:33]

    @property
    def y(self) -> bytes:
        return self.point[33:65]


def _base64url(value: str) -> bytes:
    try:
        raw = base64.b64decode(value + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Refused("key coordinate is not base64url") from None
    if len(raw) != 32 or base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != value:
        raise Refused("key coordinate is not 32 bytes in base64url without padding")
    return raw


_JWK = closed({"kty": one_of("EC"), "crv": one_of("P-256"), "x": text(), "y": text()})
_DEVICE = closed({"device": hexadecimal(16), "jwk": _JWK})


def device_key(raw: bytes, device: str) -> VerifyKey:
    """The key of devices/<device>.json, which must name that same device."""
    value = _DEVICE(parse_json(raw, "device file"))
    if value["device"] != device:
        raise Refused("device file names another device than its file name")
    return VerifyKey(b"\x04" + _base64url(value["jwk"]["x"]) + _base64url(value["jwk"]["y"]))


def wrap_info(owner: bytes, kid: bytes) -> bytes:
    """HPKE info of a wrap; `owner` is the case id, or the event id for an event's key."""
    return b"streife/1 wrap\x00" + owner + kid


@dataclass(frozen=True)
class OpenKey:
    """A recipient's private key with the identity that wraps name."""

    kem: int
    public: bytes
    _decrypt: Callable[[bytes, bytes], bytes]

    @property
    def kid(self) -> bytes:
        return kid_of(self.public)

    def unwrap(self, owner: bytes, enc: bytes, ct: bytes) -> bytes:
        """The 32 bytes that were wrapped to this key for `owner`, or `Refused`."""
        if len(enc) != ENC_LENGTH[self.kem] or len(ct) != WRAPPED_LENGTH:
            raise Refused("wrap has the wrong length for its KEM", "wrap")
        try:
            return self._decrypt(enc + ct, wrap_info(owner, self.kid))
        except (InvalidTag, ValueError):
            raise Refused("wrap does not open for this recipient and owner", "wrap") from None


def _suite(kem: hpke.KEM, private: Any) -> Callable[[bytes, bytes], bytes]:
    suite = hpke.Suite(kem, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)
    return lambda sealed, info: suite.decrypt(sealed, private, info)


def xwing_key(seed: bytes) -> OpenKey:
    """The 32-byte seed is stretched to 64 bytes of ML-KEM seed and 32 of X25519."""
    stretched = shake_256(seed).digest(96)
    lattice = mlkem.MLKEM768PrivateKey.from_seed_bytes(stretched[:64])
    curve = x25519.X25519PrivateKey.from_private_bytes(stretched[64:])
    public = lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()
    return OpenKey(XWING, public, _suite(hpke.KEM.MLKEM768_X25519, hpke.MLKEM768X25519PrivateKey(lattice, curve)))


def p256_key(scalar: bytes) -> OpenKey:
    private = ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1())
    public = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return OpenKey(P256, public, _suite(hpke.KEM.P256, private))


_RECIPIENT = closed({"kid": hexadecimal(16), "kem": integer(), "public": text("[0-9a-f]*")})


def load_open_keys(key_file: Path, recipient_file: Path | None = None) -> list[OpenKey]:
    """The private key of a text file of 64 hex digits; `BadInput` if it is none.

    Both KEMs have 32-byte private keys.  A recipient file settles which one is
    meant and must fit; without it both candidates are given back, and the kid
    in a wrap decides.
    """
    try:
        raw = bytes.fromhex(key_file.read_text("ascii").strip())
        if len(raw) != 32:
            raise ValueError
    except (OSError, ValueError):
        raise BadInput("the key file is not 64 hex digits") from None
    candidates = [xwing_key(raw)]
    try:
        candidates.append(p256_key(raw))
    except ValueError:
        pass  # not a scalar of the curve: then it can only be an X-Wing seed
    return candidates if recipient_file is None else [_chosen(candidates, recipient_file)]


def _chosen(candidates: list[OpenKey], recipient_file: Path) -> OpenKey:
    try:
        stated = _RECIPIENT(parse_json(recipient_file.read_bytes(), "recipient file"))
    except (OSError, Refused) as problem:
        raise BadInput(f"the recipient file cannot be read: {problem}") from None
    for key in candidates:
        if (key.kem, key.public.hex(), key.kid.hex()) == (stated["kem"], stated["public"], stated["kid"]):
            return key
    raise BadInput("the private key does not belong to the recipient file")
