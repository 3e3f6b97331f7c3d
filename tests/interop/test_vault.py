"""The vault of a phone, written by the product: opened, verified, and tampered with.

The tests need STREIFE_VAULT (a folder; recovery key, device key and what was
recorded lie beside it, as `cargo run -p streife-replay --example dead_vault`
writes them); without it they skip and say so.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from opener import sbx
from opener.errors import BadInput, Log
from opener.keys import device_key, load_open_keys, xwing_key
from opener.vault import VaultReport, verify_vault
from opener.vault_keys import Keys, open_keys
from opener.vault_rows import read_rows
from tamper_tools import clone, put

HERE = Path(__file__).parent
FOLDER = os.environ.get("STREIFE_VAULT")
pytestmark = pytest.mark.skipif(not FOLDER, reason="no vault of a phone: STREIFE_VAULT is not set")


def beside(ending: str) -> Path:
    return Path(f"{FOLDER}.{ending}")


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    return json.loads(beside("expected.json").read_text())


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy whose database is a file of its own, so that it can be changed."""
    clone(Path(str(FOLDER)), tmp_path / "vault")
    put(tmp_path / "vault/vault.db", (tmp_path / "vault/vault.db").read_bytes())
    return tmp_path / "vault"


def judge(root: Path, **more: Any) -> VaultReport:
    raw = beside("device.json").read_bytes()
    device = device_key(raw, json.loads(raw)["device"])
    return verify_vault(root, load_open_keys(beside("recovery.key")), device=device, **more)


def tree(root: Path) -> dict[str, str]:
    return {str(path): sha256(path.read_bytes()).hexdigest() for path in sorted(root.rglob("*")) if path.is_file()}


def roots() -> list[bytes]:
    """The root keys, for who has them by hand."""
    keys = Keys(load_open_keys(beside("recovery.key")))
    open_keys(read_rows(Path(str(FOLDER))), keys, Log())
    return list(keys.roots.values())


# -- what holds ------------------------------------------------------------------------------


def test_everything_opens_and_holds_and_nothing_is_written(expected: dict[str, Any]) -> None:
    root, written = Path(str(FOLDER)), {}
    before = tree(root)
    report = judge(root, sink=written.__setitem__)
    assert report.findings == []
    assert tree(root) == before
    assert (report.roots, report.opened_entries) == (2, report.entries)
    assert (report.opened_cases, report.drafts) == (len(expected["sealed"]), len(expected["drafts"]))
    for name, digest in expected["photos"].items():
        case, photo = name.split("/")
        assert sha256(written[f"cases/{case}/photos/{photo}"]).hexdigest() == digest
    for case, facts in expected["drafts"].items():
        assert json.loads(written[f"cases/{case}/draft.json"]) == facts


def test_a_withheld_photo_is_missed(copy: Path, expected: dict[str, Any]) -> None:
    """Positive control of the comparison above."""
    _, photo = next(iter(expected["photos"])).split("/")
    (copy / f"objects/{photo}.sbx").unlink()
    written: dict[str, bytes] = {}
    report = judge(copy, sink=written.__setitem__)
    assert not any(name.endswith(photo) for name in written)
    assert {finding.code for finding in report.findings} == {"object"}


def test_root_keys_by_hand_open_the_same(expected: dict[str, Any]) -> None:
    report = verify_vault(Path(str(FOLDER)), (), roots())
    assert report.findings == [] and report.drafts == len(expected["drafts"])
    one = verify_vault(Path(str(FOLDER)), (), roots()[:1])
    assert one.roots == 1 and {finding.code for finding in one.findings} >= {"key", "journal"}


def test_another_recovery_key_opens_nothing() -> None:
    report = verify_vault(Path(str(FOLDER)), [xwing_key(bytes(range(32)))])
    assert (report.roots, report.opened_entries, report.drafts, report.opened_cases) == (0, 0, 0, 0)
    assert not report.holds


# -- what does not ---------------------------------------------------------------------------

Change = Callable[[Path], None]
CHANGES: dict[str, tuple[str, Change]] = {}


def change(code: str) -> Callable[[Change], Change]:
    def register(function: Change) -> Change:
        CHANGES[function.__name__] = (code, function)
        return function

    return register


def sql(name: str, code: str, *statements: str) -> None:
    def apply(root: Path) -> None:
        with sqlite3.connect(root / "vault.db") as connection:
            connection.execute("PRAGMA foreign_keys = OFF")
            changed = sum(connection.execute(statement).rowcount for statement in statements)
        connection.close()
        assert changed > 0, "the change found nothing to change"

    CHANGES[name] = (code, apply)


def flipped(table: str, column: str, where: str) -> Change:
    """One bit of a stored value, behind its header."""

    def apply(root: Path) -> None:
        with sqlite3.connect(root / "vault.db") as connection:
            value = bytearray(connection.execute(f"SELECT {column} FROM {table} WHERE {where}").fetchone()[0])
            value[-20] ^= 1
            connection.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (bytes(value),))
        connection.close()

    return apply


DRAFT = "case_id = (SELECT case_id FROM cases WHERE state = 0 ORDER BY ordinal LIMIT 1)"
SEALED = "case_id = (SELECT case_id FROM cases WHERE state = 2 ORDER BY ordinal LIMIT 1)"
OTHER = "(SELECT {0} FROM cases WHERE state = {1} ORDER BY ordinal DESC LIMIT 1)"

for _name, _code, _table, _column, _where in (
    ("entry_changed", "sbx", "journal", "entry", "n = 9"),
    ("entry_changed_on_the_chain", "chain", "journal", "entry", "n = 9"),
    ("link_changed", "chain", "journal", "link", "n = 9"),
    ("canary_changed", "key", "epochs", "canary", "epoch = 1"),
    ("escrow_changed", "wrap", "epochs", "recovery", "epoch = 1"),
    ("journal_key_changed", "sbx", "journal_keys", "sealed", "epoch = 2"),
    ("setting_changed", "sbx", "settings", "value", "name = 'vault-id'"),
    ("officer_changed", "sbx", "officers", "officer", "epoch = 1"),
    ("case_key_changed", "sbx", "cases", "wrapped_key", DRAFT),
    ("draft_changed", "sbx", "cases", "draft", DRAFT),
    ("payload_changed", "manifest", "cases", "payload", SEALED),
    ("manifest_signature_changed", "signature", "cases", "manifest", SEALED),
    ("opening_signature_changed", "signature", "shifts", "opening", "ordinal = 1"),
    ("event_changed", "event", "events", "payload", "event_id = (SELECT min(event_id) FROM events)"),
):
    CHANGES[_name] = (_code, flipped(_table, _column, _where))

sql("entry_deleted", "chain", "DELETE FROM journal WHERE n = 9")
sql("entries_swapped", "chain", "UPDATE journal SET n = -1 WHERE n = 9", "UPDATE journal SET n = 9 WHERE n = 10",
    "UPDATE journal SET n = 10 WHERE n = -1")  # fmt: skip
sql("tail_cut", "missing", "DELETE FROM events", "DELETE FROM journal WHERE n > 60", f"DELETE FROM cases WHERE {DRAFT}")
sql("generation_changed", "key", "UPDATE journal SET generation = 7 WHERE n = 9")
sql("setting_renamed", "sbx", "UPDATE settings SET name = 'vault-id-2' WHERE name = 'vault-id'")
sql("epoch_of_a_setting_changed", "sbx", "UPDATE settings SET epoch = 3 - epoch WHERE name = 'vault-id'")
sql(
    "escrow_of_another_epoch",
    "wrap",
    "UPDATE epochs SET recovery = (SELECT recovery FROM epochs WHERE epoch = 2) WHERE epoch = 1",
)
sql("escrow_removed", "key", "UPDATE epochs SET recovery = NULL WHERE epoch = 2")
sql("case_keys_swapped", "sbx", f"UPDATE cases SET wrapped_key = {OTHER.format('wrapped_key', 0)} WHERE {DRAFT}")
sql("drafts_swapped", "sbx", f"UPDATE cases SET draft = {OTHER.format('draft', 0)} WHERE {DRAFT}")
sql("draft_deleted", "missing", f"DELETE FROM objects WHERE {DRAFT}", f"DELETE FROM cases WHERE {DRAFT}")
sql("state_set_back", "journal", f"UPDATE cases SET state = 0 WHERE {SEALED}")
sql("payloads_swapped", "manifest", f"UPDATE cases SET payload = {OTHER.format('payload', 2)} WHERE {SEALED}")
sql("both_halves_of_a_manifest_swapped", "journal",
    f"UPDATE cases SET payload = {OTHER.format('payload', 2)}, manifest = {OTHER.format('manifest', 2)}, "
    f"payload_hash = {OTHER.format('payload_hash', 2)} WHERE {SEALED}")  # fmt: skip
sql("purge_feigned", "journal",
    f"UPDATE cases SET state = 5, wrapped_key = NULL, payload = NULL, manifest = NULL WHERE {SEALED}")  # fmt: skip
sql("hash_of_a_row_changed", "journal", f"UPDATE objects SET hash = zeroblob(32) WHERE {DRAFT} AND kind = 1")
sql("media_type_changed", "journal", f"UPDATE objects SET media_type = 'image/png' WHERE {DRAFT} AND kind = 1")
sql("row_of_a_photo_deleted", "object", f"DELETE FROM objects WHERE {DRAFT} AND kind = 1")
sql("event_deleted", "missing", "DELETE FROM events")
sql("event_of_another_case", "event", f"UPDATE events SET case_id = (SELECT case_id FROM cases WHERE {DRAFT})")
sql("erased_epoch_keeps_its_key", "key", "UPDATE epochs SET state = 4 WHERE epoch = 1")
sql("two_current_epochs", "key", "UPDATE epochs SET state = 1")


def _object(root: Path, kind: int) -> Path:
    return next(path for path in sorted((root / "objects").iterdir()) if path.read_bytes()[7] == kind)


@change("object")
def photo_flipped(root: Path) -> None:
    path = _object(root, sbx.PHOTO)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    put(path, bytes(raw))


@change("object")
def record_cut(root: Path) -> None:
    path = _object(root, sbx.RECORD)
    put(path, path.read_bytes()[:-1])


@change("object")
def thumbnail_deleted(root: Path) -> None:
    _object(root, sbx.THUMBNAIL).unlink()


@change("object")
def photos_swapped(root: Path) -> None:
    first, second = [path for path in sorted((root / "objects").iterdir()) if path.read_bytes()[7] == sbx.PHOTO][:2]
    one, other = first.read_bytes(), second.read_bytes()
    put(first, other)
    put(second, one)


@change("object")
def file_added(root: Path) -> None:
    put(root / f"objects/{'ab' * 16}.sbx", _object(root, sbx.PHOTO).read_bytes())


@change("layout")
def stranger_in_the_folder(root: Path) -> None:
    put(root / "notes.txt", b"hello")


@change("spare")
def copy_of_a_manifest_changed(root: Path) -> None:
    path = next((root / "spare").glob("*.manifest"))
    put(path, path.read_bytes()[:-1] + b"\0")


@change("spare")
def copy_of_an_epoch_changed(root: Path) -> None:
    path = root / "spare/epoch-1.cbor"
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    put(path, bytes(raw))


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_each_change_is_noticed(copy: Path, name: str) -> None:
    code, apply = CHANGES[name]
    apply(copy)
    found = {finding.code for finding in judge(copy).findings}
    assert code in found, f"found only {sorted(found)}"


def test_random_flips_in_object_files_are_all_noticed(copy: Path) -> None:
    for turn, path in enumerate(sorted((copy / "objects").iterdir())):
        raw = path.read_bytes()
        changed = bytearray(raw)
        changed[turn * 7919 % len(raw)] ^= 1 << turn % 8
        put(path, bytes(changed))
        assert not judge(copy).holds, path.name
        put(path, raw)
    assert judge(copy).holds


def test_a_newer_vault_and_a_folder_without_one_are_bad_input(copy: Path, tmp_path: Path) -> None:
    with sqlite3.connect(copy / "vault.db") as connection:
        connection.execute("PRAGMA user_version = 4")
    connection.close()
    for root in (copy, tmp_path):
        with pytest.raises(BadInput):
            judge(root)


# -- the program -----------------------------------------------------------------------------


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "opener", "vault", *arguments]
    return subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)


def test_the_program_says_all_holds_and_writes_plain_files_for_the_caller_alone(tmp_path: Path) -> None:
    out = tmp_path / "out"
    device = ("--device", str(beside("device.json")))
    done = run(str(FOLDER), "--key", str(beside("recovery.key")), *device, "--out", str(out), "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["holds"] is True
    files = [path for path in out.rglob("*") if path.is_file()]
    assert len(files) > 10 and all(path.stat().st_mode & 0o777 == 0o600 for path in files)
    again = run(str(FOLDER), "--key", str(beside("recovery.key")), "--out", str(out))
    assert again.returncode == 2, "nothing is overwritten"


def test_the_program_takes_root_keys_and_tells_findings_and_bad_input_apart(copy: Path, tmp_path: Path) -> None:
    by_hand = [word for root in roots() for word in ("--root-key", root.hex())]
    assert run(str(FOLDER), *by_hand).returncode == 0
    photo_flipped(copy)
    changed = run(str(copy), *by_hand)
    assert changed.returncode == 1 and "DOES NOT HOLD" in changed.stdout
    assert run(str(tmp_path), *by_hand).returncode == 2
    assert run(str(FOLDER), "--root-key", "ab").returncode == 2
    assert run(str(FOLDER)).returncode == 2
