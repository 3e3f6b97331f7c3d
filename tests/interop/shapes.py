"""Signed bytes against `schemas/streife.cddl`, by a validator that nobody here wrote.

It cannot look into byte strings that stand in an array, so header and payload are judged each by its own rule, and the
envelope around them is judged here.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import cbor2
import pycddl

TEXT = (Path(__file__).parents[2] / "schemas" / "streife.cddl").read_text(encoding="utf-8")
#: Payloads that are not CBOR: only their envelopes have a shape.
OPAQUE = {"catalogue", "rules", "geo-pack", "plate-table"}


class Unfit(ValueError):
    """The bytes have another shape."""


@cache
def rule(name: str) -> pycddl.Schema:
    return pycddl.Schema(f"judged-here = {name}\n{TEXT}")


def judge(name: str, encoded: bytes) -> None:
    """Raises `Unfit` unless the CBOR fits this rule."""
    try:
        rule(name).validate_cbor(encoded)
    except pycddl.ValidationError as error:
        raise Unfit(str(error)) from None


def fits(name: str, signed: bytes) -> None:
    """Raises `Unfit` unless the COSE bytes have the shape of this structure."""
    envelope: Any = cbor2.loads(signed)
    if not isinstance(envelope, cbor2.CBORTag) or envelope.tag != 18 or len(envelope.value) != 4:
        raise Unfit("no COSE_Sign1")
    header, unprotected, payload, signature = envelope.value
    if unprotected != {} or len(signature) != 64:
        raise Unfit("an unprotected header, or a signature of another length")
    judge(f"{name}-header", header)
    if name not in OPAQUE:
        judge("time-statement" if name == "time" else name, payload)
