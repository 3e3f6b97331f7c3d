"""The box's log (FORMATS.md, section 26): RFC 9162 and COSE Receipts (RFC 9942), written from the two documents.

Nothing is taken from the box but numbers and hashes: the roots are computed here,
and pycose judges the signatures over them.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

import cbor2
from pycose.keys.curves import P256
from pycose.keys.ec2 import EC2Key
from pycose.messages.sign1message import Sign1Message


class Unproved(Exception):
    """What was to be proved is not."""


def leaf(entry: bytes) -> bytes:
    return sha256(b"\x00" + entry).digest()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def tree(entries: list[bytes]) -> bytes:
    """MTH of section 2.1.1, by its recursive definition."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return leaf(entries[0])
    split = 1 << (len(entries) - 1).bit_length() - 1
    return node(tree(entries[:split]), tree(entries[split:]))


def included(entry: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root that an inclusion path leads to (section 2.1.3.2)."""
    if index >= size:
        raise Unproved("the index lies beyond the tree")
    fn, sn, root = index, size - 1, leaf(entry)
    for sibling in path:
        if sn == 0:
            raise Unproved("the path is too long")
        if fn % 2 or fn == sn:
            root = node(sibling, root)
            while fn % 2 == 0 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            root = node(root, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise Unproved("the path is too short")
    return root


def grown(first: int, second: int, path: list[bytes], root: bytes) -> tuple[bytes, bytes]:
    """Both roots that a consistency path leads to (section 2.1.4.2); `root` is the one of the first tree."""
    if not 0 < first <= second:
        raise Unproved("the trees are not in order")
    if first == second:
        return root, root
    steps = list(path) if first & (first - 1) else [root, *path]
    fn, sn = first - 1, second - 1
    while fn % 2:
        fn, sn = fn >> 1, sn >> 1
    old = new = steps[0]
    for sibling in steps[1:]:
        if sn == 0:
            raise Unproved("the path is too long")
        if fn % 2 or fn == sn:
            old, new = node(sibling, old), node(sibling, new)
            while fn % 2 == 0 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            new = node(new, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise Unproved("the path is too short")
    return old, new


@dataclass(frozen=True)
class Proof:
    """A COSE Receipt, taken apart and not verified yet."""

    raw: bytes
    kind: int
    first: int
    second: int
    path: list[bytes]

    @classmethod
    def read(cls, raw: bytes) -> Proof:
        message = cbor2.loads(raw)
        protected, unprotected, payload, _ = message.value
        head = cbor2.loads(protected)
        if message.tag != 18 or payload is not None or set(head) != {1, 4, 395} or (head[1], head[395]) != (-7, 1):
            raise Unproved("no COSE Receipt of RFC 9162 with SHA-256")
        ((kind, (inner,)),) = unprotected[396].items()
        first, second, path = cbor2.loads(inner)
        return cls(raw, kind, first, second, path)

    def signed(self, root: bytes, point: bytes) -> None:
        """Whether the box of this key stands for the root."""
        message = Sign1Message.decode(self.raw)
        message.payload = root
        message.key = EC2Key(crv=P256, x=point[1:33], y=point[33:])
        if not message.verify_signature():
            raise Unproved("the box does not stand for this root")

    def of_case(self, manifest_payload: bytes, point: bytes) -> tuple[int, int, bytes]:
        """Index, size and root, if the case is in the log."""
        if self.kind != -1:
            raise Unproved("no proof of inclusion")
        size, index = self.first, self.second
        root = included(sha256(manifest_payload).digest(), index, size, self.path)
        self.signed(root, point)
        return index, size, root

    def of_growth(self, root: bytes, point: bytes) -> tuple[int, bytes]:
        """Size and root of the second tree, if it grew out of the one with this root."""
        if self.kind != -2:
            raise Unproved("no proof of consistency")
        old, new = grown(self.first, self.second, self.path, root)
        if old != root:
            raise Unproved("the log is another than before")
        self.signed(new, point)
        return self.second, new
