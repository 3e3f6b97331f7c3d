"""Everything that the box signs or serves has the shape that the CDDL describes."""

from __future__ import annotations

import secrets

import cbor2
import pytest
from shapes import Unfit, fits, judge

from phone.box import Box
from phone.shift import Phone
from phone.wire import new_id
from test_phone import complete, desk


def test_what_the_box_signs_has_its_shape(box: Box, phone: Phone) -> None:
    case = complete(phone)
    decided = desk(box, "PUT", f"{case.path}/decision/{new_id().hex()}", {"decision": "accepted", "reason": "fine"})
    numbers = phone.wire.send("PUT", f"/v1/devices/{phone.id.hex()}/numbers/{new_id().hex()}")
    signed = {
        "receipt": phone.wire.send("GET", f"{case.path}/receipt").content,
        "decision": decided.content,
        "numbers": numbers.content,
        "time": served(phone, f"/v1/time?nonce={secrets.token_hex(16)}"),
        "checkpoint": served(phone, "/v1/log/checkpoint"),
    }
    for name, raw in signed.items():
        fits(name, raw)
    for name, raw in signed.items():  # the control: none fits the rule of another
        for other in signed.keys() - {name}:
            with pytest.raises(Unfit):
                fits(other, raw)


def test_proofs_of_the_log_have_their_shape(phone: Phone) -> None:
    case = complete(phone)
    header, unprotected, payload, signature = cbor2.loads(phone.wire.send("GET", f"{case.path}/proof").content).value
    judge("log-header", header)
    (proof,) = unprotected[396][-1]
    judge("inclusion-proof", proof)
    assert payload is None and len(signature) == 64 and unprotected.keys() == {396}


def test_what_the_agency_signs_has_its_shape(phone: Phone) -> None:
    fits("recipients", served(phone, "/v1/recipients"))
    fits("catalogue", served(phone, "/v1/catalogues/offences"))
    fits("plate-table", served(phone, "/v1/registers/prefixes"))


def test_what_the_phone_signs_has_its_shape(phone: Phone) -> None:
    fits("shift", phone.opening())
    fits("manifest", phone.case(photos=(5_000,)).manifest)


def served(phone: Phone, path: str) -> bytes:
    raw: bytes = phone.wire.http.get(phone.box.origin + path).content
    return raw
