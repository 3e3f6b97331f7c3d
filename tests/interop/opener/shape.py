"""Strict readers for decoded CBOR and JSON values.

A reader takes a value and gives back the same value, or raises `Refused`.
Types are exact: a bool is no integer, a float is never accepted, a map has
the required members, maybe the optional ones, and no others.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from .errors import Refused

Reader = Callable[[Any], Any]


def integer(low: int = 0, high: int = 2**63 - 1) -> Reader:
    def read(value: Any) -> int:
        if type(value) is not int or not low <= value <= high:
            raise Refused(f"expected an integer from {low} to {high}")
        return value

    return read


def octets(length: int | None = None, *, most: int | None = None) -> Reader:
    def read(value: Any) -> bytes:
        if type(value) is not bytes:
            raise Refused("expected a byte string")
        if length is not None and len(value) != length:
            raise Refused(f"expected {length} bytes, found {len(value)}")
        if most is not None and len(value) > most:
            raise Refused(f"expected at most {most} bytes, found {len(value)}")
        return value

    return read


def text(pattern: str | None = None) -> Reader:
    compiled = re.compile(pattern, re.ASCII) if pattern is not None else None

    def read(value: Any) -> str:
        if type(value) is not str:
            raise Refused("expected a text")
        if compiled is not None and not compiled.fullmatch(value):
            raise Refused("text has the wrong form")
        return value

    return read


def hexadecimal(length: int) -> Reader:
    return text(f"[0-9a-f]{{{2 * length}}}")


def one_of(*allowed: str | int) -> Reader:
    def read(value: Any) -> Any:
        if not any(type(value) is type(choice) and value == choice for choice in allowed):
            raise Refused("value is not in the closed list " + ", ".join(map(str, allowed)))
        return value

    return read


def boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise Refused("expected true or false")
    return value


def _within(step: str, reader: Reader, value: Any) -> Any:
    try:
        return reader(value)
    except Refused as refusal:
        raise Refused(f"{step}: {refusal}", refusal.code) from None


def each(item: Reader, *, least: int = 0, most: int | None = None) -> Reader:
    def read(value: Any) -> list[Any]:
        if type(value) is not list:
            raise Refused("expected a list")
        if len(value) < least or (most is not None and len(value) > most):
            raise Refused(f"list has {len(value)} items")
        return [_within(f"item {index}", item, entry) for index, entry in enumerate(value)]

    return read


def row(*items: Reader) -> Reader:
    """A list of fixed length, each place with its own reader."""

    def read(value: Any) -> list[Any]:
        if type(value) is not list or len(value) != len(items):
            raise Refused(f"expected a list of {len(items)} items")
        return [_within(f"item {index}", items[index], entry) for index, entry in enumerate(value)]

    return read


def closed(required: Mapping[Any, Reader], optional: Mapping[Any, Reader] | None = None) -> Reader:
    """A map with these members and no others.  Key types are exact as well."""
    readers = {**required, **(optional or {})}
    key_type = type(next(iter(readers)))

    def read(value: Any) -> dict[Any, Any]:
        if type(value) is not dict:
            raise Refused("expected a map")
        for key in value:
            if type(key) is not key_type or key not in readers:
                raise Refused("a member that the format does not know")
        for key in required:
            if key not in value:
                raise Refused(f"member {key} is missing")
        return {key: _within(f"member {key}", readers[key], entry) for key, entry in value.items()}

    return read


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise Refused("a JSON member is given twice")
    return made


def _no_number(_: str) -> Any:
    raise Refused("a JSON number that is not an integer")


def parse_json(raw: bytes, what: str) -> Any:
    """JSON in UTF-8 without doubled members and without fractions; `Refused` otherwise."""
    try:
        return json.loads(
            raw.decode("utf-8"), object_pairs_hook=_pairs, parse_float=_no_number, parse_constant=_no_number
        )
    except Refused as refusal:
        raise Refused(f"{what}: {refusal}") from None
    except (ValueError, RecursionError):
        raise Refused(f"{what}: this is no JSON in UTF-8") from None


_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d", re.ASCII)


def instant(value: Any) -> str:
    """RFC 3339 with exactly three decimals and a numeric offset."""
    if type(value) is not str or not _INSTANT.fullmatch(value):
        raise Refused("expected an RFC 3339 time with milliseconds and a numeric offset")
    unix_ms(value)
    return value


def unix_ms(value: str) -> int:
    """The same instant in milliseconds since 1970."""
    try:
        moment = datetime.fromisoformat(value)
        return round(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise Refused("this time does not exist") from None
