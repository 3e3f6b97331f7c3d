"""The running box keeps what `schemas/openapi.yaml` promises, whatever is sent (schemathesis).

Every operation is asked with generated requests, right and wrong ones.  Left to
chance, hardly any would pass the door: so in half of them ids become those of a
small world that is there, digests are made right, and token and proof are real.
Which half is read off the generated values, so that a failure comes back.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from phone.box import ROOT, Box
from phone.shift import Case, Phone, Signer, slip_keys
from phone.wire import base64url, digest, new_id

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = int(os.environ.get("STREIFE_CONTRACT_EXAMPLES", "30"))
SLIP = ("4711-0816", "0123456789ABCDEFGHJK", "MUAB1234")

schema = schemathesis.openapi.from_path(str(ROOT / "schemas" / "openapi.yaml"))
for media in ("application/cose", "application/octet-stream", "application/offset+octet-stream"):
    schemathesis.openapi.media_type(media, st.binary(max_size=300))

COSE_BODIES: list[bytes] = []


@dataclass
class World:
    """What the requests meet: a whole case with a slip, a begun one, and what a phone and a desk may show."""

    phone: Phone
    whole: Case
    begun: Case
    event: str
    lost: str
    recipient: str

    def real(self, name: str, path: str) -> str:
        """An id of this kind that is there."""
        if name == "device":
            return self.lost if path.endswith("/revocation") else self.phone.id.hex()
        case = self.begun if "/uploads" in path else self.whole
        return {
            "case": case.id.hex(), "shift": self.phone.shift.hex(), "event": self.event, "number": SLIP[0],
            "object": case.files[-1][0], "kid": self.recipient, "request": "ab" * 16,
        }.get(name, "")  # fmt: skip


@pytest.fixture(scope="session")
def world(box: Box) -> World:
    phone = Phone(box)
    assert phone.open_shift() == 201
    whole, begun = phone.case(photos=(2_000,), slip=SLIP), phone.case(photos=(400_000,))
    for case in (whole, begun):
        phone.declare(case)
    for index in range(len(whole.files)):
        assert phone.put(whole, index) == 201
    event = new_id()
    void = {1: 1, 2: event, 3: whole.id, 4: 1, 5: "duplicate", 7: [1, bytes(32)]}
    signed = phone.sign("event", void)
    assert phone.wire.send("PUT", f"{whole.path}/events/{event.hex()}", signed).status_code == 201
    COSE_BODIES.extend([signed, whole.manifest, begun.manifest, phone.opening()])
    lost = Phone(box)
    return World(phone, whole, begun, event.hex(), lost.id.hex(), phone.recipients()[0].kid.hex())


def chance(value: Any) -> int:
    """A number below 8 that stays the same for the same value."""
    return sha256(repr(value).encode()).digest()[0] % 8


def test_a_promise_that_the_box_does_not_keep_is_found(box: Box, tmp_path: Path) -> None:
    """The control: the same checks, and a document that says something else."""
    schemas = ROOT / "schemas"
    shutil.copy(schemas / "problem.schema.json", tmp_path)
    text = (schemas / "openapi.yaml").read_text()
    for right, wrong in (("min_app:\n          type: string", "min_app:\n          type: integer"), ("/v1/box:", "/v1/boxes:")):
        assert right in text
        (tmp_path / "openapi.yaml").write_text(text.replace(right, wrong, 1))
        broken = schemathesis.openapi.from_path(str(tmp_path / "openapi.yaml"))
        path = "/v1/boxes" if wrong == "/v1/boxes:" else "/v1/box"
        asked = broken[path]["GET"].Case()
        with pytest.raises(FailureGroup):
            asked.call_and_validate(base_url=box.origin, verify=box.ca, checks=CHECKS)


@schema.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_the_box_keeps_its_contract(case: schemathesis.Case, box: Box, world: World) -> None:
    path = case.operation.path
    luck = chance((path, case.path_parameters, case.query, case.body))
    if luck < 5:
        for name in case.path_parameters or {}:
            case.path_parameters[name] = world.real(name, path) or case.path_parameters[name]
    sign_in(case, box, world, luck)
    case.call_and_validate(base_url=box.origin, verify=box.ca, checks=CHECKS, headers=None)


def sign_in(case: schemathesis.Case, box: Box, world: World, luck: int) -> None:
    """Puts in what no generator can know."""
    if luck == 7:
        return
    method, wire = case.method.upper(), world.phone.wire
    url = box.origin + case.formatted_path
    schemes = {name for entry in case.operation.definition.raw.get("security", [{"dpop": []}]) for name in entry}
    if "dpop" in schemes:
        case.headers.update(wire.headers(method, url))
    elif "desk" in schemes:
        case.headers.update(box.desk)
    elif "notice" in schemes and luck < 6:
        case.headers["Authorization"] = f"Notice {base64url(slip_keys(*SLIP)[0])}"
    if path_is(case, "/v1/token") and luck < 6:
        form = {"grant_type": "client_credentials", "client_assertion": wire.assertion()}
        case.body = form | {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}
        token, wire.token = wire.token, None
        case.headers["DPoP"] = wire.proof(method, url)
        wire.token = token
    fill(case, box, world, luck)


def fill(case: schemathesis.Case, box: Box, world: World, luck: int) -> None:
    """A body that means something, and its digest."""
    path = case.operation.path
    if case.media_type == "application/cose" and luck < 3:
        case.body = COSE_BODIES[luck % len(COSE_BODIES)]
    if path == "/v1/devices/{device}" and case.method.upper() == "PUT" and isinstance(case.body, dict) and luck < 3:
        case.body["enrolment_code"] = box.agency["enrolment_code"]
        case.path_parameters["device"] = new_id().hex()
        case.body["jwk"] = Signer().jwk
    if path == "/v1/uploads" and luck < 4:
        object_id, blob = world.begun.files[-1]
        case.headers["Upload-Metadata"] = f"object {base64.b64encode(object_id.encode()).decode()}"
        case.headers["Upload-Length"] = str(len(blob))
    if "/uploads" in path and luck < 5:
        case.headers["Tus-Resumable"] = "1.0.0"
    raw = raw_body(case)
    if raw is not None:
        case.headers["Content-Digest"] = digest(raw)


def raw_body(case: schemathesis.Case) -> bytes | None:
    """The body as it will be sent."""
    prepared = case.as_transport_kwargs(base_url="https://box.example")
    if prepared.get("json") is not None:
        return json.dumps(prepared["json"]).encode()
    data = prepared.get("data")
    if isinstance(data, dict):
        return requests.models.RequestEncodingMixin._encode_params(data).encode()
    return data if isinstance(data, bytes) else None


def path_is(case: schemathesis.Case, path: str) -> bool:
    return bool(case.operation.path == path)
