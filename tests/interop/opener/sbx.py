"""SBX1, the sealed container: 64 header bytes, then STREAM chunks of XChaCha20-Poly1305.

Contract: `open_object` compares the header with what the caller expects from
where the value was found, before anything is decrypted.  Every chunk is bound
to all 64 header bytes, to its place and to whether it is the last one.  Any
difference is `Refused`; no plaintext of a refused object is ever given back.
"""

from __future__ import annotations

from dataclasses import dataclass

from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_decrypt as _open
from nacl.exceptions import CryptoError

from .errors import Refused

HEADER = 64
CHUNK = 65536
TAG = 16
ZEROS = bytes(16)
SCHEMA = 1  # of every plaintext in version 1
_SHUT = "object does not open: changed, moved, cut, lengthened, or another key"

PHOTO, RECORD, VIEW, PREVIEW, THUMBNAIL, MASKED, WRAPPED, ENTRY, SETTING, DRAFT, ATTACHMENT = range(1, 12)


@dataclass(frozen=True)
class Header:
    """The fields that the place of an object fixes."""

    kind: int
    case: bytes
    object: bytes
    scope: int
    epoch: int = 0
    schema: int = SCHEMA


def parse_header(blob: bytes) -> Header:
    """Read and judge the fixed bytes; unknown format, suite, kind or scope is refused."""
    if len(blob) < HEADER + TAG:
        raise Refused("object is shorter than a header and one tag", "sbx")
    if blob[0:4] != b"SBX1" or blob[4] != 1:
        raise Refused("object is not of format SBX1 version 1", "sbx")
    if blob[5] != 1 or blob[6] != 16:
        raise Refused("object names an unknown suite or chunk size", "sbx")
    if not PHOTO <= blob[7] <= ATTACHMENT or blob[44] > 1:
        raise Refused("object names an unknown kind or scope", "sbx")
    epoch, schema = int.from_bytes(blob[40:42], "big"), int.from_bytes(blob[42:44], "big")
    return Header(blob[7], blob[8:24], blob[24:40], blob[44], epoch, schema)


def check_header(blob: bytes, expected: Header) -> None:
    """Refuse an object that was made for another place."""
    found = parse_header(blob)
    for name in ("kind", "case", "object", "scope", "epoch", "schema"):
        if getattr(found, name) != getattr(expected, name):
            raise Refused(f"object header names another {name} than its place", "sbx")


def sealed_length(plain: int) -> int:
    """Length of the object file of `plain` plaintext bytes."""
    return HEADER + plain + TAG * max(1, -(-plain // CHUNK))


def _nonce(prefix: bytes, index: int, last: bool) -> bytes:
    return prefix + index.to_bytes(4, "big") + bytes([last])


def _chunk(key: bytes, header: bytes, sealed: bytes, index: int, last: bool) -> bytes:
    try:
        return _open(sealed, header, _nonce(header[45:64], index, last), key)
    except CryptoError:
        raise Refused(_SHUT, "sbx") from None


def open_object(key: bytes, blob: bytes, expected: Header) -> bytes:
    """Plaintext of `blob` under `key`, or `Refused`."""
    check_header(blob, expected)
    header, step = blob[:HEADER], CHUNK + TAG
    count = -(-(len(blob) - HEADER) // step)
    tail = len(blob) - HEADER - (count - 1) * step
    if tail < TAG or (count > 1 and tail == TAG):
        raise Refused(_SHUT, "sbx")
    parts = []
    for index in range(count):
        start = HEADER + index * step
        parts.append(_chunk(key, header, blob[start : start + step], index, index == count - 1))
    return b"".join(parts)
