"""The box's log, judged by a Merkle tree that was written from RFC 9162 and by pycose."""

from __future__ import annotations

import random

import cbor2
import pytest
import requests
from opener import cose

from phone.box import Box
from phone.log import Proof, Unproved, grown, included, tree
from phone.shift import Case, Phone, read
from phone.wire import new_id

CHECKPOINT = cose.Kind("checkpoint", 64 * cose.KIB)


def checkpoint(box: Box) -> tuple[int, bytes]:
    raw = requests.get(f"{box.origin}/v1/log/checkpoint", verify=box.ca).content
    said = read(raw, CHECKPOINT, box.box_key)
    assert said[2].hex() == box.agency["box_id"]
    return said[3], said[4]


def declared(phone: Phone, count: int) -> list[Case]:
    cases = [phone.case() for _ in range(count)]
    for case in cases:
        phone.declare(case)
    return cases


def body(case: Case) -> bytes:
    payload: bytes = cbor2.loads(case.manifest).value[2]
    return payload


def test_every_case_is_proved_to_be_in_the_log(box: Box, phone: Phone) -> None:
    for case in declared(phone, 9):
        proof = Proof.read(phone.wire.send("GET", f"{case.path}/proof").content)
        index, size, root = proof.of_case(body(case), box.box_key)
        assert index < size and checkpoint(box) == (size, root)
        assert phone.put(case, 0) == 201
        receipt = read(phone.wire.send("GET", f"{case.path}/receipt").content, cose.RECEIPT, box.box_key)
        assert receipt[6] == index


def test_the_log_only_grows(box: Box, phone: Phone) -> None:
    declared(phone, 1)
    before, root = checkpoint(box)
    for _ in range(5):
        declared(phone, 2)
        after, new = checkpoint(box)
        raw = requests.get(f"{box.origin}/v1/log/consistency?from={before}&to={after}", verify=box.ca).content
        assert Proof.read(raw).of_growth(root, box.box_key) == (after, new)
        with pytest.raises(Unproved):
            Proof.read(raw).of_growth(bytes(32), box.box_key)


def test_a_proof_for_another_case_or_with_a_changed_hash_proves_nothing(box: Box, phone: Phone) -> None:
    first, second = declared(phone, 2)
    raw = phone.wire.send("GET", f"{first.path}/proof").content
    with pytest.raises(Unproved):
        Proof.read(raw).of_case(body(second), box.box_key)
    proof = Proof.read(raw)
    proof.path[0] = bytes(32)
    with pytest.raises(Unproved):
        proof.of_case(body(first), box.box_key)


def test_the_trees_of_this_page_agree_with_themselves() -> None:
    """The control of the control: paths cut out of whole trees lead to their roots, for every place up to 40."""

    def path(entries: list[bytes], index: int) -> list[bytes]:
        if len(entries) == 1:
            return []
        split = 1 << (len(entries) - 1).bit_length() - 1
        left, right = entries[:split], entries[split:]
        return [*path(left, index), tree(right)] if index < split else [*path(right, index - split), tree(left)]

    for size in range(1, 41):
        entries = [new_id() for _ in range(size)]
        index = random.randrange(size)
        assert included(entries[index], index, size, path(entries, index)) == tree(entries)
        assert grown(size, size, [], tree(entries)) == (tree(entries), tree(entries))
