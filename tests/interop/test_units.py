"""Unit tests of the second implementation, each with vectors made or known here."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence

import cbor2
import pytest

from opener import chain, cose, keys, merkle, sbx
from opener.errors import Refused
from opener.notice import derive, fold, normal_code
from opener.record import inconsistencies
from opener.shape import boolean, closed, instant, integer, parse_json, unix_ms
from opener.structures import Head, Seal
from tests_case import CODE
from tests_signer import ORDER, Person, Signer, canonical, digest, header, p256_person, seal, sign1, xwing_person

CASE, OBJECT, KEY = b"c" * 16, b"o" * 16, b"k" * 32
EXPECTED = sbx.Header(sbx.PHOTO, CASE, OBJECT, 0, 0, 1)


def open_key(person: Person) -> keys.OpenKey:
    return (keys.xwing_key if person.kem == keys.XWING else keys.p256_key)(person.private)


# -- container ---------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 131072, 200000])
def test_sbx_round_trip(size: int) -> None:
    plain = os.urandom(size)
    blob = seal(KEY, header(sbx.PHOTO, CASE, OBJECT, 0), plain)
    assert len(blob) == sbx.sealed_length(size)
    assert sbx.open_object(KEY, blob, EXPECTED) == plain


@pytest.mark.parametrize("size", [0, 65536, 200000])
def test_sbx_refuses_every_changed_header_byte_and_key(size: int) -> None:
    blob = seal(KEY, header(sbx.PHOTO, CASE, OBJECT, 0), bytes(size))
    for offset in [*range(sbx.HEADER), sbx.HEADER, len(blob) - 1]:
        changed = bytearray(blob)
        changed[offset] ^= 0x40
        with pytest.raises(Refused):
            sbx.open_object(KEY, bytes(changed), EXPECTED)
    with pytest.raises(Refused):
        sbx.open_object(b"x" * 32, blob, EXPECTED)


STEP = sbx.CHUNK + sbx.TAG


@pytest.mark.parametrize(
    ("cut", "says"),
    [(0, "shorter"), (63, "shorter"), (79, "shorter")]
    + [(64 + STEP + more, "does not open") for more in (0, 15, 16, 17, STEP)],
)
def test_sbx_refuses_truncation(cut: int, says: str) -> None:
    blob = seal(KEY, header(sbx.PHOTO, CASE, OBJECT, 0), bytes(200000))
    with pytest.raises(Refused, match=says):
        sbx.open_object(KEY, blob[:cut], EXPECTED)


def test_sbx_refuses_moved_and_foreign_chunks() -> None:
    head = header(sbx.PHOTO, CASE, OBJECT, 0)
    one, two = seal(KEY, head, os.urandom(200000)), seal(KEY, header(sbx.PHOTO, CASE, OBJECT, 0), os.urandom(200000))
    first, second = one[64 : 64 + STEP], one[64 + STEP : 64 + 2 * STEP]
    tail = one[64 + 2 * STEP :]
    for body in (second + first + tail, first + first + tail, first + tail, first + second + two[64 + 2 * STEP :]):
        with pytest.raises(Refused):
            sbx.open_object(KEY, one[:64] + body, EXPECTED)


def test_sbx_refuses_another_place_before_opening() -> None:
    blob = seal(KEY, header(sbx.PHOTO, CASE, OBJECT, 0), b"x")
    places = [(sbx.RECORD, CASE, OBJECT, 0, 0), (sbx.PHOTO, OBJECT, OBJECT, 0, 0), (sbx.PHOTO, CASE, CASE, 0, 0)]
    for place in [*places, (sbx.PHOTO, CASE, OBJECT, 1, 0), (sbx.PHOTO, CASE, OBJECT, 0, 1)]:
        with pytest.raises(Refused, match="names another"):
            sbx.open_object(KEY, blob, sbx.Header(*place))


# -- Merkle tree and journal ---------------------------------------------------------------

LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("count", range(9))
def test_merkle_known_roots(count: int) -> None:
    assert merkle.root([bytes.fromhex(leaf) for leaf in LEAVES[:count]]).hex() == ROOTS[count]


def a_seal(first: int, before: bytes, entries: Sequence[bytes]) -> Seal:
    link = before
    for n, entry in enumerate(entries, first):
        link = chain.next_link(link, n, entry)
    last = first + len(entries) - 1
    return Seal(b"s" * 16, b"d" * 16, first, before, tuple(entries), last, link, 0, bytes(32))


def test_journal_places_heads() -> None:
    one = a_seal(1, bytes(32), [bytes([n]) * 32 for n in range(1, 5)])
    two = a_seal(8, b"g" * 32, [bytes([n]) * 32 for n in range(8, 10)])
    journal = chain.Journal()
    links = journal.add(one)
    journal.add(two)
    assert journal.where(Head(2, links[2])) is chain.Where.ON
    assert journal.where(Head(3, links[2])) is chain.Where.OFF
    assert journal.where(Head(7, b"g" * 32)) is chain.Where.ON
    assert journal.where(Head(6, links[2])) is chain.Where.BETWEEN
    assert journal.where(Head(10, links[2])) is chain.Where.LATER
    assert journal.uncovered() == 3


def test_journal_refuses_contradiction() -> None:
    entries = [bytes([n]) * 32 for n in range(1, 5)]
    one = a_seal(1, bytes(32), entries)
    for other in (a_seal(5, b"x" * 32, entries), a_seal(4, bytes(32), entries), a_seal(1, b"x" * 32, entries)):
        journal = chain.Journal()
        journal.add(one)
        with pytest.raises(Refused):
            journal.add(other)


# -- signatures and keys -------------------------------------------------------------------


def key_of(signer: Signer) -> keys.VerifyKey:
    return keys.VerifyKey(signer.point)


def test_cose_accepts_what_is_right() -> None:
    signer, payload = Signer(), canonical({1: b"n" * 16, 2: 5})
    found = cose.read(sign1(signer, "time", payload), cose.TIME, key_of(signer))
    assert found.payload == payload and found.value == {1: b"n" * 16, 2: 5}


def wrong_messages() -> dict[str, bytes]:
    signer = SIGNER
    good = sign1(signer, "time", canonical({1: 1}))
    body = cbor2.loads(good).value
    high = body[3][:32] + (ORDER - int.from_bytes(body[3][32:], "big")).to_bytes(32, "big")

    def packed(*parts: object) -> bytes:
        return cbor2.dumps(cbor2.CBORTag(18, list(parts)))

    return {
        "untagged": sign1(signer, "time", canonical({1: 1}), tag=False),
        "tag 98": cbor2.dumps(cbor2.CBORTag(98, body)),
        "long tag": b"\xd8\x12" + good[1:],
        "trailing": good + b"\x00",
        "cut": good[:-1],
        "high s": packed(*body[:3], high),
        "zero signature": packed(*body[:3], bytes(64)),
        "DER length": packed(*body[:3], body[3] + bytes(6)),
        "detached": packed(body[0], body[1], None, body[3]),
        "five parts": packed(*body, b""),
        "other payload": packed(body[0], body[1], canonical({1: 2}), body[3]),
        "other domain": sign1(signer, "time", canonical({1: 1}), aad=b"streife/1 seal"),
        "other structure": sign1(signer, "seal", canonical({1: 1})),
        "other signer": sign1(Signer(), "time", canonical({1: 1})),
        "kid as text": sign1(signer, "time", canonical({1: 1}), protected={1: -7, 3: cose.TIME.content_type, 4: "x"}),
        "kid unprotected": sign1(signer, "time", b"\xa0", protected={1: -7}, unprotected={4: signer.kid}),
        "payload not sorted": sign1(signer, "time", b"\xa2\x02\x01\x01\x01"),
        "payload key twice": sign1(signer, "time", b"\xa2\x01\x01\x01\x02"),
        "payload long integer": sign1(signer, "time", b"\xa1\x01\x18\x01"),
        "payload indefinite": sign1(signer, "time", b"\xbf\x01\x01\xff"),
        "payload too deep": sign1(signer, "time", b"\x81" * 5000 + b"\x01"),
        "empty": b"",
    }


SIGNER = Signer()
WRONG = wrong_messages()


@pytest.mark.parametrize("name", WRONG)
def test_cose_refuses(name: str) -> None:
    with pytest.raises(Refused):
        cose.read(WRONG[name], cose.TIME, key_of(SIGNER))


def test_xwing_key_expansion_known_answer() -> None:
    """Public test vector 1 of the X-Wing draft: the seed and both ends of its public key."""
    key = keys.xwing_key(bytes.fromhex("7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26"))
    assert len(key.public) == 1216
    assert key.public.hex().startswith("e2236b35a8c24b39b10aa1323a96a919a2ced88400633a7b07131713fc14b2b5b19cfc3d")
    assert key.public.hex().endswith("9abac8cd049040ef6534")


@pytest.mark.parametrize("person", [xwing_person(), p256_person()], ids=["x-wing", "p-256"])
def test_wrap_opens_for_its_owner_only(person: Person) -> None:
    wrap, key = person.wrap(CASE, KEY), open_key(person)
    assert (key.public, key.kid) == (person.public, person.kid)
    assert key.unwrap(CASE, wrap[3], wrap[4]) == KEY
    changed = wrap[4][:-1] + bytes([wrap[4][-1] ^ 1])
    for owner, enc, ct in [(OBJECT, wrap[3], wrap[4]), (CASE, wrap[3], changed), (CASE, wrap[3][:-1], wrap[4])]:
        with pytest.raises(Refused):
            key.unwrap(owner, enc, ct)


def test_jwk_is_read_strictly() -> None:
    device, signer = "ab" * 16, Signer()
    good = {"device": device, "jwk": signer.jwk}
    assert keys.device_key(json.dumps(good).encode(), device).point == signer.point
    wrong = [good | {"device": "cd" * 16}, good | {"extra": 1}, good | {"jwk": signer.jwk | {"d": "x"}}]
    for change in ({"y": signer.jwk["x"]}, {"x": signer.jwk["x"] + "="}, {"crv": "P-384"}):
        wrong.append(good | {"jwk": signer.jwk | change})
    for value in wrong:
        with pytest.raises(Refused):
            keys.device_key(json.dumps(value).encode(), device)


# -- known answers of the format page ------------------------------------------------------

CK, A_CASE, AN_OBJECT = bytes(range(32)), bytes(range(0xA0, 0xB0)), bytes(range(0xB0, 0xC0))
A_SALT = bytes(range(0x20, 0x40))
A_HEADER = b"SBX1\x01\x01\x10\x02" + A_CASE + AN_OBJECT + b"\x00\x00\x00\x01\x00" + bytes(range(0xC0, 0xD3))


def test_known_derivations() -> None:
    view = keys.view_key(CK, A_CASE)
    assert view.hex() == "a5621e95e953fcefdd99ac37331abc72ee891cf31d29d694632542df019116e0"
    full, scoped = keys.object_key(CK, A_CASE, AN_OBJECT), keys.object_key(view, A_CASE, AN_OBJECT)
    assert full.hex() == "9e5c20a143f1f2dbc998b8189da9793b8bf6d4b57b4b7141ddd3e68d8608f09e"
    assert scoped.hex() == "4c52c08d5e720de31dd9b74afd4765c63af027fe9553392c0825b83bad75fdf0"
    assert keys.commitment(CK, A_CASE).hex() == "e0399142c79e2da3c8b368d5b146215ba4c73e19b8a7d6c5e2d0917c5bdf7d06"


def test_known_container_and_links() -> None:
    key = keys.object_key(CK, A_CASE, AN_OBJECT)
    blob = A_HEADER + bytes.fromhex("f1150af2b853f1c85b0e0400941c1bc9e859d4aa7a9292")
    assert sbx.open_object(key, blob, sbx.Header(sbx.RECORD, A_CASE, AN_OBJECT, 0)) == b"streife"
    assert digest(blob).hex() == "dde0032813b7d35e0c63a07a204cc5b70517e9b96d8b78b7304526029dbc09bc"
    assert digest(A_SALT + b"streife").hex() == "27a72aab16e9db998748a29eb96a37d442beb87fa050fd7caa3f6fbf3c9e41d9"
    long = seal(key, A_HEADER, bytes(65536) + b"\x78")
    assert digest(long).hex() == "8b6285de7810d773ab47dc9b6573644906004f8875fb727d724579af3bb846cf"
    one = chain.next_link(bytes(32), 1, digest(blob))
    assert one.hex() == "441db497d92eaf3810ee0dedba5e7ea1f938a8fc1a75bf1fb7a1deeead5574ef"
    two = chain.next_link(one, 2, digest(b"entry 2"))
    assert two.hex() == "f6542fcad2fdfeeae828fc1c6948292368c2ffc8f4c209993ce2fcb08f7c9821"


KNOWN_TREES = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "09ea9d885811aedb2312a0e36c239762c1395f5f72a3c5d95ab9bbebc0a24720",
    "0f307494f21a92bbe57f6527a7671ead11ffeac6f1340eec0b84df0ee3972ff2",
    "ad36347f6b17c8c408a46c084ff86aa821408d402359582607cecb2ff04e47e4",
]


def test_known_trees_and_lengths() -> None:
    leaves = [digest(f"manifest {number}".encode()) for number in (1, 2, 3)]
    assert [merkle.root(leaves[:count]).hex() for count in range(4)] == KNOWN_TREES
    lengths = [sbx.sealed_length(size) for size in (0, 1, 65535, 65536, 65537, 131072, 3000000)]
    assert lengths == [80, 81, 65615, 65616, 65633, 131168, 3000800]


def test_known_notice_keys() -> None:
    auth, kek = (derive("0123456789ABCDEFGHJK", "M-AB 1234", "4711-0381-54", label) for label in ("auth", "kek"))
    assert auth.hex() == "eb82a2a0b33d18822575c14e61658f1c9afb785a9ce45be3b19b3a38503ee9ba"
    assert digest(auth).hex() == "0d40674639d83f0860e5aa6cd0c595448906ec68c5ab0b497da20489a8250726"
    assert kek.hex() == "0d214b599d843e7df79c1da251ba33013d5a2f0589624b3f0ed08b0b5af3e04e"


KNOWN_TIME = (
    "d2845839a301260378216170706c69636174696f6e2f766e642e737472656966652e74696d652b63626f720450698bea"
    "63dc44a344663ff1429aea1084a0581da20150a0a1a2a3a4a5a6a7a8a9aaabacadaeaf021b0000019ecf03e7005840f2"
    "f294d7e030cf8e42fdf53368c0be2b90ef30004b2bbe98c22b74fd2b7834eb64953b3fa07362b763c284a998bc3ad339"
    "173316d795c9866c7c8955ba672219"
)


def test_known_time_statement() -> None:
    generator = keys.VerifyKey(keys.p256_key(b"\x00" * 31 + b"\x01").public)
    assert generator.kid.hex() == "698bea63dc44a344663ff1429aea1084"
    signed = cose.read(bytes.fromhex(KNOWN_TIME), cose.TIME, generator)
    assert signed.value == {1: A_CASE, 2: 1781589600000}


# -- strict reading ------------------------------------------------------------------------


def test_shape_takes_types_exactly() -> None:
    reader = closed({1: integer()}, {2: boolean})
    assert reader({1: 5, 2: True}) == {1: 5, 2: True}
    for value in ({}, {1: True}, {1: 1.0}, {1.0: 1}, {True: 1}, {1: 1, 3: 1}, {1: 1, 2: 1}, {1: -1}, [1], None):
        with pytest.raises(Refused):
            reader(value)


def test_json_and_times_are_read_strictly() -> None:
    for raw in (b'{"a":1,"a":1}', b'{"a":1.5}', b'{"a":NaN}', b"\xff", b"", b"{", b"[" * 100_000, b"\xef\xbb\xbf{}"):
        with pytest.raises(Refused):
            parse_json(raw, "test")
    assert unix_ms(instant("2026-06-15T08:02:11.000+02:00")) == 1_781_503_331_000
    for value in ("2026-06-15T08:02:11+02:00", "2026-06-15T06:02:11.000Z", "2026-13-15T06:02:11.000+00:00", 5):
        with pytest.raises(Refused):
            instant(value)


def test_record_counts_seconds_and_cents() -> None:
    def check(second: int, boot: str) -> dict[str, object]:
        return {"at": {"at": f"2026-06-15T08:02:{second:02d}.500+02:00", "mono_ms": second * 1000, "boot": boot}}

    items = [{"amount_cents": 5500, "category": "warning"}, {"amount_cents": 5600, "category": "fine"}]
    for relation, amount, boot in (("one-act", 5600, "a"), ("several-acts", 11100, "b")):
        offences = {"relation": relation, "items": items, "amount_cents": amount}
        observation = {"checks": [check(1, "a"), check(9, boot)], "duration_s": 8}
        assert inconsistencies({"offences": offences, "observation": observation}) == []
        offences["amount_cents"], observation["duration_s"] = amount - 1, 9
        assert len(inconsistencies({"offences": offences, "observation": observation})) == 2


def test_notice_folding_and_code() -> None:
    assert fold("mü-ab 1234") == fold("MU\u0308 AB1234") == fold("MU:AB-12.34") == "MUAB1234"
    assert normal_code("o123-4567-89ab-cdef-ghjk") == CODE
    for code in ("", "U" * 20, CODE[:-1]):
        with pytest.raises(Refused):
            normal_code(code)
