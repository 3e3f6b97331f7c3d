"""Everything signed in an export has the shape that the CDDL describes, and nothing else has."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import cbor2
import pytest

from shapes import TEXT, Unfit, fits, judge
from tests_writer import Writer

FILES = {
    "manifest": "cases/*/manifest.cose",
    "receipt": "cases/*/receipt.cose",
    "event": "cases/*/events/*.cose",
    "shift": "shifts/*.opening.cose",
    "seal": "shifts/*.seal.cose",
    "recipients": "recipients.cose",
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root: Path = Writer(tmp_path_factory.mktemp("shapes") / "export").write().root
    return root


@pytest.mark.parametrize("name", FILES)
def test_an_export_written_in_python_has_the_shapes(written: Path, name: str) -> None:
    all_fit(written, name)


@pytest.mark.parametrize("name", FILES)
def test_the_export_of_a_replay_has_the_shapes(name: str) -> None:
    export = os.environ.get("STREIFE_EXPORT")
    if export is None:
        pytest.skip("STREIFE_EXPORT is not set")
    all_fit(Path(export), name)


def all_fit(root: Path, name: str) -> None:
    files = sorted(root.glob(FILES[name]))
    assert files, "there is none"
    for file in files:
        fits(name, file.read_bytes())


@pytest.mark.parametrize("name", FILES)
def test_a_payload_without_one_of_its_keys_or_with_another_one_has_no_shape(written: Path, name: str) -> None:
    """The control: the rule is not one that everything fits."""
    payload = payload_of(next(iter(sorted(written.glob(FILES[name])))))
    optional = {"receipt": {6}, "event": {6}, "manifest": {9, 10, 11}}.get(name, set())
    for key in payload.keys() - optional:
        with pytest.raises(Unfit):
            judge(name, cbor2.dumps({k: v for k, v in payload.items() if k != key}))
    with pytest.raises(Unfit):
        judge(name, cbor2.dumps(payload | {99: 0}))


def test_a_wrap_of_one_mechanism_has_no_key_of_the_other(written: Path) -> None:
    payload = payload_of(next(iter(sorted(written.glob(FILES["manifest"])))))
    for wrap in payload[9]:
        wrap[2] = 16 if wrap[2] == 25722 else 25722
    with pytest.raises(Unfit):
        judge("manifest", cbor2.dumps(payload))


def test_one_structure_is_not_taken_for_another(written: Path) -> None:
    samples = {name: next(iter(sorted(written.glob(pattern)))).read_bytes() for name, pattern in FILES.items()}
    for name, signed in samples.items():
        for other in samples.keys() - {name}:
            with pytest.raises(Unfit):
                fits(other, signed)


def test_every_name_of_the_cddl_is_defined_once() -> None:
    text = re.sub(r'"[^"]*"', "", re.sub(r";.*", "", TEXT))
    defined = re.findall(r"^([a-z][\w-]*)\s*=", text, re.MULTILINE)
    used = set(re.findall(r"(?<![\w#.-])([a-z][\w-]*)", text))
    assert len(defined) == len(set(defined))
    assert used - set(defined) == {"bstr", "nil", "tstr", "uint"}


def payload_of(file: Path) -> dict[int, Any]:
    payload: dict[int, Any] = cbor2.loads(cbor2.loads(file.read_bytes()).value[2])
    return payload
