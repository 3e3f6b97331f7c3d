"""Whole exports: a synthetic one, every tampering of it, and a real one if there is one.

The real-export tests need STREIFE_EXPORT (folder) and STREIFE_KEY (private key
file of a case worker); without them they skip and say so.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import tamper  # noqa: F401  (fills KINDS)
from opener import keys
from opener.errors import BadInput, Refused
from opener.notice import open_notice
from opener.verify import Report, verify
from tamper_tools import KINDS, NotApplicable, clone, put
from tests_case import CODE, PLATE, SLIP
from tests_insider import FAULTS
from tests_signer import Person, xwing_person
from tests_writer import Writer

HERE = Path(__file__).parent


def open_key(person: Person) -> keys.OpenKey:
    return (keys.xwing_key if person.kem == keys.XWING else keys.p256_key)(person.private)


# -- a whole synthetic export ----------------------------------------------------------------


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Writer:
    return Writer(tmp_path_factory.mktemp("synthetic") / "export", photo_bytes=140_000).write()


def codes(report: Report) -> set[str]:
    return {finding.code for finding in report.findings}


@pytest.mark.parametrize("who", ["worker", "second", "recovery"])
def test_every_recipient_finds_that_all_holds(written: Writer, who: str) -> None:
    report = verify(written.root, [open_key(getattr(written, who))])
    assert report.findings == []
    assert (report.shifts, report.cases, report.opened, report.events) == (3, 5, 5, 2)
    assert (report.unchecked_heads, report.uncovered_entries) == (1, 2)


def test_a_stranger_without_key_finds_that_all_holds(written: Writer) -> None:
    report = verify(written.root)
    assert report.holds and report.opened == 0


def test_a_foreign_key_opens_nothing(written: Writer) -> None:
    report = verify(written.root, [open_key(xwing_person())])
    assert codes(report) == {"wrap"} and report.opened == 0


def test_foreign_anchors_are_told(written: Writer, tmp_path: Path) -> None:
    Writer(tmp_path / "other").write()
    report = verify(written.root, [open_key(written.worker)], trust=tmp_path / "other" / "agency.json")
    assert {"trust", "signature"} <= codes(report)


@pytest.mark.parametrize("name", KINDS)
def test_tampering_is_found(written: Writer, tmp_path: Path, name: str) -> None:
    judge_tampering(written.root, [open_key(written.worker)], tmp_path / "copy", name)


def judge_tampering(root: Path, key: Sequence[keys.OpenKey], copy: Path, name: str) -> None:
    kind = KINDS[name]
    clone(root, copy)
    kind.apply(copy)
    report = verify(copy, key)
    assert codes(report) & kind.codes, f"{name}: expected {set(kind.codes)}, found {report.findings}"
    assert all(finding.text for finding in report.findings)


def test_tampering_left_the_original_whole(written: Writer) -> None:
    assert verify(written.root, [open_key(written.worker)]).holds


@pytest.mark.parametrize("name", FAULTS)
def test_fault_under_valid_signatures_is_found(tmp_path: Path, name: str) -> None:
    hook, wanted = FAULTS[name]
    writer = Writer(tmp_path / "export", hook, photo_bytes=500).write()
    report = verify(writer.root, [open_key(writer.worker)])
    assert codes(report) & wanted, f"{name}: expected {set(wanted)}, found {report.findings}"


def test_every_flipped_bit_is_found_and_nothing_breaks_the_verifier(written: Writer, tmp_path: Path) -> None:
    dice, key = random.Random(20260615), [open_key(written.worker)]
    files = sorted(path for path in written.root.rglob("*") if path.is_file() and path.stat().st_size < 20_000)
    for turn in range(150):
        copy = tmp_path / str(turn)
        clone(written.root, copy)
        victim = copy / dice.choice(files).relative_to(written.root)
        data = bytearray(victim.read_bytes())
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        put(victim, bytes(data))
        try:
            assert not verify(copy, key).holds, victim
        except BadInput:
            assert victim.name == "agency.json"


# -- notice and command line -----------------------------------------------------------------


def test_notice_opens_the_view_and_nothing_else_does(written: Writer) -> None:
    view = open_notice(written.root, SLIP, CODE.lower(), "mü ab-1234")
    assert view["plate"] == PLATE and view["slip"] == SLIP
    refusals = set()
    wrong = [("1", CODE, PLATE), (SLIP, "Z" * 20, PLATE), (SLIP, CODE, "M-XY 1"), (SLIP, "short", PLATE)]
    for number, code, plate in wrong:
        with pytest.raises(Refused) as refusal:
            open_notice(written.root, number, code, plate)
        refusals.add(str(refusal.value))
    assert len(refusals) == 1


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "opener", *map(str, arguments)]
    return subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=120, check=False)


def test_command_line(written: Writer, tmp_path: Path) -> None:
    key = written.key_file(written.worker, tmp_path / "case-worker.key")
    stated = {"kid": written.worker.kid.hex(), "kem": written.worker.kem, "public": written.worker.public.hex()}
    (tmp_path / "case-worker.json").write_text(json.dumps(stated))
    options = ["--key", key, "--recipient", tmp_path / "case-worker.json", "--photos", tmp_path / "p", "--json"]
    good = run(written.root, *options)
    assert good.returncode == 0, good.stdout + good.stderr
    assert json.loads(good.stdout)["holds"] is True
    assert len(list((tmp_path / "p").glob("*/*.jpg"))) == 10
    assert "no key given" in run(written.root).stdout
    assert run(written.root, "--notice", SLIP, CODE, PLATE).returncode == 0
    assert run(written.root, "--notice", SLIP, CODE, "X").returncode == 1


def test_command_line_exit_codes(written: Writer, tmp_path: Path) -> None:
    key = written.key_file(written.worker, tmp_path / "good.key")
    clone(written.root, tmp_path / "copy")
    KINDS["case_missing"].apply(tmp_path / "copy")
    bad = run(tmp_path / "copy", "--key", key, "--json")
    assert bad.returncode == 1 and {"code", "text", "shift"} <= json.loads(bad.stdout)["findings"][0].keys()
    (tmp_path / "bad.key").write_text("no key")
    (tmp_path / "other.json").write_text(json.dumps({"kid": "00" * 16, "kem": 16, "public": "00"}))
    assert run(tmp_path / "nowhere", "--key", key).returncode == 2
    assert run(tmp_path, "--key", key).returncode == 2
    assert run(written.root, "--key", tmp_path / "bad.key").returncode == 2
    assert run(written.root, "--key", key, "--recipient", tmp_path / "other.json").returncode == 2


# -- a real export ---------------------------------------------------------------------------


@pytest.fixture(scope="session")
def real() -> tuple[Path, list[keys.OpenKey]]:
    folder, key = os.environ.get("STREIFE_EXPORT"), os.environ.get("STREIFE_KEY")
    if not folder or not key:
        pytest.skip("STREIFE_EXPORT and STREIFE_KEY do not name a real export and its case worker's key")
    return Path(folder), keys.load_open_keys(Path(key))


def test_real_export_holds(real: tuple[Path, list[keys.OpenKey]]) -> None:
    report = verify(*real)
    assert report.findings == []
    assert report.cases == report.opened > 0


@pytest.mark.parametrize("name", KINDS)
def test_real_export_tampering_is_found(real: tuple[Path, list[keys.OpenKey]], tmp_path: Path, name: str) -> None:
    try:
        judge_tampering(real[0], real[1], tmp_path / "copy", name)
    except NotApplicable as reason:
        pytest.skip(f"not possible with this export: {reason}")
