"""Merkle tree hash of RFC 6962 section 2.1 over SHA-256.

Contract: leaves are hashed under 0x00, nodes under 0x01, a tree of n leaves
splits at the largest power of two below n, the empty tree is H("").
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256


def leaf(data: bytes) -> bytes:
    return sha256(b"\x00" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over the leaf data in the given order."""
    if not leaves:
        return sha256(b"").digest()
    return _tree([leaf(data) for data in leaves])


def _tree(hashes: list[bytes]) -> bytes:
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << ((len(hashes) - 1).bit_length() - 1)
    return node(_tree(hashes[:split]), _tree(hashes[split:]))
