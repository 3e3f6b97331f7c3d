"""Tampered copies of an export: each kind is one named function (folder -> None).

Contract: a kind changes only its own copy (see `tamper_tools.clone`).  A kind
that needs something the export does not have raises `NotApplicable`.  None of
these forgers has the signers' keys: he may sign, but only with keys of his own.

Each kind states the finding codes of which the verifier must report at least one.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cbor2

from tamper_tools import (
    KINDS,
    STEP,
    Kind,
    NotApplicable,
    an_object,
    chunked,
    clone,
    flip,
    kind,
    more,
    pick,
    put,
    repay,
    reshape,
    same,
    swap,
)
from tests_signer import ORDER, Signer, canonical

OTHER_ID = "0123456789abcdef" * 2


# -- objects ---------------------------------------------------------------------------


def _flipper(offset: int) -> Callable[[Path], None]:
    return lambda root: flip(an_object(root), offset)


for _name, _offset in {
    "magic": 0, "format": 4, "suite": 5, "chunk_size": 6, "kind": 7, "case_id": 9, "object_id": 25,
    "epoch": 41, "schema": 43, "scope": 44, "nonce": 50, "ciphertext": 64, "last_tag": -1,
}.items():  # fmt: skip
    KINDS[f"object_bit_in_{_name}"] = Kind(_flipper(_offset), frozenset({"object"}))


@kind("object")
def object_cut_at_chunk_border(root: Path) -> None:
    path = chunked(root, 1)
    put(path, path.read_bytes()[: 64 + STEP])


@kind("object")
def object_cut_by_one_byte(root: Path) -> None:
    put(an_object(root), an_object(root).read_bytes()[:-1])


@kind("object")
def object_with_trailing_byte(root: Path) -> None:
    put(an_object(root), an_object(root).read_bytes() + b"\x00")


@kind("object", "layout")
def object_emptied(root: Path) -> None:
    put(an_object(root), b"")


@kind("object")
def object_chunks_swapped(root: Path) -> None:
    path = chunked(root, 2)
    data, edge = path.read_bytes(), 64 + STEP
    put(path, data[:64] + data[edge : edge + STEP] + data[64:edge] + data[edge + STEP :])


@kind("object")
def object_chunk_doubled(root: Path) -> None:
    path = chunked(root, 1)
    data = path.read_bytes()
    put(path, data[: 64 + STEP] + data[64:])


@kind("object")
def object_missing(root: Path) -> None:
    an_object(root).unlink()


@kind("object")
def object_too_many(root: Path) -> None:
    put(an_object(root).with_name(OTHER_ID + ".sbx"), an_object(root).read_bytes())


@kind("object")
def objects_swapped_in_a_case(root: Path) -> None:
    first = an_object(root)
    swap(first, pick(first.parent, "*.sbx", 1))


@kind("object")
def objects_swapped_between_cases(root: Path) -> None:
    first, second = pick(root, "cases/*"), pick(root, "cases/*", 1)
    swap(pick(first, "objects/*.sbx"), pick(second, "objects/*.sbx"))


@kind("layout")
def object_behind_a_link(root: Path) -> None:
    path = an_object(root)
    hidden = root.with_name(root.name + "-hidden")
    path.rename(hidden)
    path.symlink_to(hidden)


# -- manifests -------------------------------------------------------------------------


def a_manifest(root: Path, index: int = 0) -> Path:
    return pick(root, "cases/*/manifest.cose", index)


@kind("signature")
def manifest_payload_edited(root: Path) -> None:
    repay(a_manifest(root), more(5))


@kind("signature")
def manifest_signed_by_a_stranger(root: Path) -> None:
    repay(a_manifest(root), same, Signer())


@kind("signature")
def manifest_names_wrong_kid(root: Path) -> None:
    def change(body: list[Any]) -> None:
        body[0] = canonical(cbor2.loads(body[0]) | {4: bytes(16)})

    reshape(a_manifest(root), change)


@kind("cose")
def manifest_names_other_algorithm(root: Path) -> None:
    def change(body: list[Any]) -> None:
        body[0] = canonical(cbor2.loads(body[0]) | {1: -35})

    reshape(a_manifest(root), change)


@kind("signature")
def manifest_signature_zeroed(root: Path) -> None:
    reshape(a_manifest(root), lambda body: body.__setitem__(3, bytes(64)))


@kind("signature")
def manifest_signature_bit(root: Path) -> None:
    flip(a_manifest(root), -40)


@kind("signature")
def manifest_signature_turned_high_s(root: Path) -> None:
    def change(body: list[Any]) -> None:
        s = int.from_bytes(body[3][32:], "big")
        body[3] = body[3][:32] + (ORDER - s).to_bytes(32, "big")

    reshape(a_manifest(root), change)


@kind("cose")
def manifest_untagged(root: Path) -> None:
    path = a_manifest(root)
    put(path, cbor2.dumps(cbor2.loads(path.read_bytes()).value))


@kind("cose")
def manifest_not_deterministic(root: Path) -> None:
    path = a_manifest(root)
    put(path, b"\xd8\x12" + path.read_bytes()[1:])


@kind("cose")
def manifest_with_trailing_byte(root: Path) -> None:
    put(a_manifest(root), a_manifest(root).read_bytes() + b"\x00")


@kind("cose")
def manifest_with_unprotected_header(root: Path) -> None:
    reshape(a_manifest(root), lambda body: body[1].update({4: b"x"}))


@kind("manifest")
def manifest_missing(root: Path) -> None:
    a_manifest(root).unlink()


@kind("manifest")
def manifest_of_another_case(root: Path) -> None:
    put(a_manifest(root), a_manifest(root, 1).read_bytes())


@kind("manifest")
def case_doubled_under_another_id(root: Path) -> None:
    clone(pick(root, "cases/*"), root / "cases" / OTHER_ID)


@kind("missing")
def case_missing(root: Path) -> None:
    shutil.rmtree(pick(root, "cases/*"))


# -- receipts --------------------------------------------------------------------------


def a_receipt(root: Path, index: int = 0) -> Path:
    return pick(root, "cases/*/receipt.cose", index)


@kind("receipt")
def receipt_of_another_case(root: Path) -> None:
    put(a_receipt(root), a_receipt(root, 1).read_bytes())


@kind("receipt")
def receipt_missing(root: Path) -> None:
    a_receipt(root).unlink()


@kind("signature")
def receipt_edited(root: Path) -> None:
    repay(a_receipt(root), more(4))


@kind("signature")
def receipt_signed_by_a_stranger(root: Path) -> None:
    repay(a_receipt(root), more(4), Signer())


# -- shifts ----------------------------------------------------------------------------


def full_seal(root: Path) -> Path:
    """A seal that counts at least one case."""
    for path in sorted(root.glob("shifts/*.seal.cose")):
        if cbor2.loads(cbor2.loads(path.read_bytes()).value[2])[9] > 0:
            return path
    raise NotApplicable("no shift has a case")


@kind("seal")
def seal_missing(root: Path) -> None:
    full_seal(root).unlink()


@kind("signature")
def seal_count_changed(root: Path) -> None:
    repay(full_seal(root), more(9, -1))


@kind("signature")
def seal_entries_reordered(root: Path) -> None:
    def change(payload: dict[int, Any]) -> None:
        payload[6][0], payload[6][1] = payload[6][1], payload[6][0]

    repay(full_seal(root), change)


@kind("signature")
def seal_signed_by_a_stranger(root: Path) -> None:
    repay(full_seal(root), more(9, -1), Signer())


@kind("seal", "signature")
def seal_of_another_shift(root: Path) -> None:
    first, second = pick(root, "shifts/*.seal.cose"), pick(root, "shifts/*.seal.cose", 1)
    put(first, second.read_bytes())


@kind("opening")
def opening_missing(root: Path) -> None:
    pick(root, "shifts/*.opening.cose").unlink()


@kind("signature")
def opening_edited(root: Path) -> None:
    repay(pick(root, "shifts/*.opening.cose"), lambda payload: payload.update({4: "Andere Stadt"}))


@kind("missing")
def shift_missing(root: Path) -> None:
    name = full_seal(root).name.split(".")[0]
    for path in root.glob(f"shifts/{name}.*"):
        path.unlink()


# -- events ----------------------------------------------------------------------------


def an_event(root: Path) -> Path:
    return pick(root, "cases/*/events/*.cose")


@kind("signature")
def event_edited(root: Path) -> None:
    repay(an_event(root), lambda payload: payload.update({5: "other"}))


@kind("event")
def event_under_another_name(root: Path) -> None:
    an_event(root).rename(an_event(root).with_name(OTHER_ID + ".cose"))


@kind("event")
def event_in_another_case(root: Path) -> None:
    path = an_event(root)
    for folder in sorted(root.glob("cases/*")):
        if folder != path.parent.parent:
            (folder / "events").mkdir(exist_ok=True)
            path.rename(folder / "events" / path.name)
            return
    raise NotApplicable("the export has only one case")


# -- anchors, devices, recipients ------------------------------------------------------


@kind("signature")
def recipients_signed_by_a_foreign_root(root: Path) -> None:
    repay(pick(root, "recipients.cose"), same, Signer())


@kind("signature")
def recipients_role_edited(root: Path) -> None:
    repay(pick(root, "recipients.cose"), lambda payload: payload[5][0].update({4: 3}))


@kind("recipients")
def recipients_missing(root: Path) -> None:
    pick(root, "recipients.cose").unlink()


@kind("signature")
def device_key_replaced(root: Path) -> None:
    for path in root.glob("devices/*.json"):
        put(path, json.dumps({"device": path.stem, "jwk": Signer().jwk}).encode())


@kind("device")
def device_missing(root: Path) -> None:
    for path in root.glob("devices/*.json"):
        path.unlink()


@kind("device")
def device_key_off_the_curve(root: Path) -> None:
    path = pick(root, "devices/*.json")
    value = json.loads(path.read_bytes())
    value["jwk"]["y"] = value["jwk"]["x"]
    put(path, json.dumps(value).encode())


def _anchor(root: Path, name: str) -> None:
    path = pick(root, "agency.json")
    put(path, json.dumps(json.loads(path.read_bytes()) | {name: Signer().point.hex()}).encode())


@kind("signature")
def agency_root_replaced(root: Path) -> None:
    _anchor(root, "agency_root")


@kind("signature")
def box_key_replaced(root: Path) -> None:
    _anchor(root, "box_key")


@kind("layout")
def stray_file(root: Path) -> None:
    put(root / "cases" / "notes.txt", b"hello")
