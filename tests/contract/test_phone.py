"""A phone that was written from the format pages hands its cases over, and believes nothing unsigned."""

from __future__ import annotations

import base64
import json
import secrets
from hashlib import sha256

import pytest
import requests
from opener import cose
from opener.cose import RECEIPT, TIME

from phone.box import Box
from phone.shift import DECISION, Phone, payload, read, slip_keys
from phone.wire import base64url, digest, new_id

SLIP = ("4711-0815", "0123456789ABCDEFGHJK", "MUAB1234")
LARGE = 300_000


def desk(box: Box, method: str, path: str, body: object = None) -> requests.Response:
    raw = None if body is None else json.dumps(body).encode()
    head = box.desk | ({"Content-Type": "application/json", "Content-Digest": digest(raw)} if raw else {})
    return requests.request(method, box.origin + path, data=raw, headers=head, verify=box.ca)


def complete(phone: Phone, **plan: object) -> object:
    case = phone.case(**plan)  # type: ignore[arg-type]
    phone.declare(case)
    for index in range(len(case.files)):
        assert phone.put(case, index) == 201
    return case


def test_a_case_is_taken_and_its_receipt_holds(box: Box, phone: Phone) -> None:
    case = phone.case(photos=(5_000,))
    said = phone.declare(case)
    assert said["state"] == "declared" and len(said["uploads"]) == 2
    assert phone.declare(case) == said  # the same bytes again change nothing
    assert phone.wire.send("GET", f"{case.path}/receipt").status_code == 404
    assert [phone.put(case, index) for index in (0, 1)] == [201, 201]
    receipt = read(phone.wire.send("GET", f"{case.path}/receipt").content, RECEIPT, box.box_key)
    assert receipt[1] == case.id and receipt[2] == sha256(case.manifest).digest()
    assert receipt[3] == [[row[1], row[5], row[6]] for row in case.rows]
    assert receipt[5].hex() == box.agency["box_id"]


def test_time_is_signed(box: Box, phone: Phone) -> None:
    nonce = secrets.token_bytes(16)
    raw = phone.wire.http.get(f"{box.origin}/v1/time", params={"nonce": nonce.hex()}).content
    assert read(raw, TIME, box.box_key)[1] == nonce


def test_a_decision_is_signed_and_listed(box: Box, phone: Phone) -> None:
    case = complete(phone)
    event = new_id()
    path = f"{case.path}/decision/{event.hex()}"
    answer = desk(box, "PUT", path, {"decision": "rejected", "reason": "no-offence"})
    assert answer.status_code == 201
    decision = read(answer.content, DECISION, box.box_key)
    assert (decision[2], decision[3], decision[4], decision[5]) == (event, case.id, 2, "no-offence")
    mine = phone.wire.send("GET", f"/v1/devices/{phone.id.hex()}/cases?after=0").json()["cases"]
    assert [(entry["case"], entry["state"]) for entry in mine] == [(case.id.hex(), "rejected")]
    assert base64.b64decode(mine[0]["decision"]) == answer.content
    assert mine[0]["manifest"] == sha256(case.manifest).hexdigest()
    feed = desk(box, "GET", "/v1/events").json()["events"]
    assert [line["kind"] for line in feed if line["case"] == case.id.hex()] == ["declared", "complete", "decision"]


def test_a_signature_for_another_purpose_does_not_pass(box: Box, phone: Phone) -> None:
    case = phone.case()
    other = phone.sign("event", payload(case.manifest))
    assert phone.wire.send("PUT", case.path, other).status_code == 422


def test_proofs_of_joserfc_are_judged_by_every_claim(box: Box, phone: Phone) -> None:
    url = f"{box.origin}/v1/cases/{new_id().hex()}"

    def status(**changes: object) -> int:
        head = {"DPoP": phone.wire.proof("GET", url, **changes), "Authorization": f"DPoP {phone.wire.token}"}
        return phone.wire.http.get(url, headers=head).status_code

    assert status() == 404
    for wrong in ({"htm": "PUT"}, {"htu": url + "0"}, {"iat": 1}, {"ath": "x"}, {"nonce": "0" * 32}):
        assert status(**wrong) == 401, wrong


def test_a_one_time_code_is_for_one_phone_and_the_chain_is_kept(box: Box) -> None:
    code = box.one_time_code()
    first = Phone(box, code, ["bGVhZg==", "cm9vdA=="])
    assert first.enrolled.status_code == 201
    assert Phone(box, code).enrolled.status_code == 403
    kept = desk(box, "GET", f"/v1/devices/{first.id.hex()}/attestation").json()
    assert kept == {"device": first.id.hex(), "attestation": ["bGVhZg==", "cm9vdA=="]}


def test_a_drained_phone_brings_home_what_it_has(box: Box, phone: Phone) -> None:
    path = f"/v1/devices/{phone.id.hex()}/revocation"
    assert desk(box, "PUT", path, {"kind": "drain"}).status_code == 204
    assert phone.wire.log_in()["scope"] == "drain"
    case = complete(phone)
    assert phone.wire.send("GET", f"{case.path}/receipt").status_code == 200
    phone.shift = new_id()
    assert phone.open_shift() == 403
    listed = desk(box, "GET", "/v1/cases").json()["cases"]
    assert [entry["late"] for entry in listed if entry["case"] == case.id.hex()] == [True]


def test_a_citizen_opens_the_view(box: Box, phone: Phone) -> None:
    case = complete(phone, slip=SLIP)
    auth, kek = slip_keys(*SLIP)
    url = f"{box.origin}/v1/notices/{SLIP[0]}"
    shown = requests.get(url, headers={"Authorization": f"Notice {base64url(auth)}"}, verify=box.ca).json()
    assert shown["case"] == case.id.hex() and [entry["kind"] for entry in shown["objects"]] == [3]
    wrap = base64.b64decode(shown["wrap"])
    assert wrap[:8] == b"SBX1\x01\x01\x10\x07" and len(wrap) == 112
    object_url = f"{url}/objects/{shown['objects'][0]['object']}"
    blob = requests.get(object_url, headers={"Authorization": f"Notice {base64url(auth)}"}, verify=box.ca).content
    assert sha256(blob).hexdigest() == shown["objects"][0]["hash"]
    refused = [requests.get(at, verify=box.ca) for at in (url, f"{box.origin}/v1/notices/1")]
    assert {answer.status_code for answer in refused} == {404} and refused[0].content == refused[1].content


def test_an_object_comes_back_in_parts(box: Box, phone: Phone) -> None:
    case = complete(phone, photos=(9_000,))
    object_id, blob = case.files[1]
    url = f"{box.origin}{case.path}/objects/{object_id}"
    part = requests.get(url, headers=box.desk | {"Range": "bytes=64-127"}, verify=box.ca)
    assert (part.status_code, part.content) == (206, blob[64:128])
    assert part.headers["Repr-Digest"] == digest(blob)


def test_a_tampered_receipt_is_seen(box: Box, phone: Phone) -> None:
    """The control: what the checks above rely on does refuse."""
    case = complete(phone)
    raw = bytearray(phone.wire.send("GET", f"{case.path}/receipt").content)
    raw[-1] ^= 1
    with pytest.raises(Exception, match="signature"):
        read(bytes(raw), cose.RECEIPT, box.box_key)
