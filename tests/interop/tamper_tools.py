"""Tools for tampering: copies by hard links, changes that never touch the original.

Contract: `clone` links; `put` replaces a name by a new file, so bytes behind a
link are never written.  Everything else is built on `put`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cbor2

from tests_signer import Signer, canonical, sign1

STEP = 65536 + 16


class NotApplicable(Exception):
    """The export lacks what this kind of tampering needs."""


@dataclass(frozen=True)
class Kind:
    apply: Callable[[Path], None]
    codes: frozenset[str]


KINDS: dict[str, Kind] = {}  # filled by tamper.py


def kind(*codes: str) -> Callable[[Callable[[Path], None]], Callable[[Path], None]]:
    def register(function: Callable[[Path], None]) -> Callable[[Path], None]:
        KINDS[function.__name__] = Kind(function, frozenset(codes))
        return function

    return register


def clone(source: Path, target: Path) -> None:
    """A copy of the tree by hard links, or by copying where links do not work."""

    def link(old: str, new: str) -> None:
        try:
            os.link(old, new)
        except OSError:
            shutil.copy2(old, new)

    shutil.copytree(source, target, copy_function=link)


def put(path: Path, data: bytes) -> None:
    """A new file at `path`; a linked original keeps its bytes."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_bytes(data)
    fresh.replace(path)


def pick(root: Path, pattern: str, index: int = 0) -> Path:
    found = sorted(root.glob(pattern))
    if len(found) <= index:
        raise NotApplicable(f"the export has fewer than {index + 1} of {pattern}")
    return found[index]


def flip(path: Path, offset: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    put(path, bytes(data))


def swap(one: Path, two: Path) -> None:
    first, second = one.read_bytes(), two.read_bytes()
    put(one, second)
    put(two, first)


def an_object(root: Path) -> Path:
    return pick(root, "cases/*/objects/*.sbx")


def chunked(root: Path, chunks: int) -> Path:
    for path in sorted(root.glob("cases/*/objects/*.sbx")):
        if path.stat().st_size > 64 + chunks * STEP:
            return path
    raise NotApplicable(f"no object has more than {chunks} chunks")


def reshape(path: Path, change: Callable[[list[Any]], None]) -> None:
    """Change protected, unprotected, payload or signature; encode properly again."""
    body = cbor2.loads(path.read_bytes()).value
    change(body)
    put(path, cbor2.dumps(cbor2.CBORTag(18, body)))


def repay(path: Path, change: Callable[[dict[int, Any]], None], signer: Signer | None = None) -> None:
    """Change the payload; keep the old signature, or sign anew with a stranger's key."""
    body = cbor2.loads(path.read_bytes()).value
    payload = cbor2.loads(body[2])
    change(payload)
    if signer is None:
        put(path, cbor2.dumps(cbor2.CBORTag(18, [body[0], body[1], canonical(payload), body[3]])))
    else:
        name = cbor2.loads(body[0])[3].removeprefix("application/vnd.streife.").removesuffix("+cbor")
        put(path, sign1(signer, name, canonical(payload)))


def more(key: int, by: int = 1) -> Callable[[dict[int, Any]], None]:
    def change(payload: dict[int, Any]) -> None:
        payload[key] += by

    return change


def same(_: Any) -> None:
    return None
