"""The recipient set: to whom keys may be wrapped, as the agency root signed it.

Contract: every public key has the length of its KEM and the kid that is
computed from it; no recipient is listed twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .errors import Refused
from .keys import PUBLIC_LENGTH, kid_of
from .shape import closed, each, octets, one_of
from .structures import COUNT, ID, KEM, NAME, distinct, read_with

CASE_WORKER, RECOVERY, PORTAL = 1, 2, 3


@dataclass(frozen=True)
class Recipient:
    kid: bytes
    kem: int
    public: bytes
    role: int
    not_before: int
    not_after: int

    def valid(self, at: int) -> bool:
        return self.not_before <= at <= self.not_after


@dataclass(frozen=True)
class Recipients:
    agency: str
    issued: int
    expires: int
    by_kid: dict[bytes, Recipient]


_PERSON = closed({1: ID, 2: KEM, 3: octets(most=1216), 4: one_of(1, 2, 3), 5: COUNT, 6: COUNT})
_RECIPIENTS = closed({1: one_of(1), 2: NAME, 3: COUNT, 4: COUNT, 5: each(_PERSON, least=1)})


def recipients_of(payload: Any) -> Recipients:
    raw = read_with(_RECIPIENTS, payload, "recipient set")
    people = [Recipient(*(entry[key] for key in range(1, 7))) for entry in raw[5]]
    distinct([person.kid for person in people], "a recipient of the set")
    for person in people:
        if len(person.public) != PUBLIC_LENGTH[person.kem] or kid_of(person.public) != person.kid:
            raise Refused("a recipient's key does not fit its KEM or its kid", "shape")
    return Recipients(raw[2], raw[3], raw[4], {person.kid: person for person in people})
