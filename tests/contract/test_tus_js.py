"""tus-js-client, as it is sold, uploads to the box from Node."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from phone.box import Box
from phone.shift import Case, Phone
from test_tuspy import CHUNK, announced, received

HERE = Path(__file__).resolve().parent / "tus-js"
MODULES = Path(os.environ.get("STREIFE_TUS_JS", HERE))

pytestmark = pytest.mark.skipif(
    not shutil.which("node") or not (MODULES / "node_modules").exists(), reason="node or the packages of tus-js are missing"
)


def run(phone: Phone, case: Case, folder: Path, **plan: Any) -> list[tuple[str, int, int]]:
    object_id, blob = case.files[1]
    file = folder / "object"
    file.write_bytes(blob)
    jwk = phone.wire.session.as_dict(private=True)
    task = {"origin": phone.box.origin, "token": phone.wire.token, "nonce": phone.wire.nonce, "jwk": jwk}
    task |= {"object": object_id, "file": str(file), "chunk": CHUNK} | plan
    environment = os.environ | {"NODE_EXTRA_CA_CERTS": phone.box.ca}
    command = ["node", str(MODULES / "upload.mjs")]
    done = subprocess.run(command, input=json.dumps(task), env=environment, capture_output=True, text=True, timeout=120)
    said = json.loads(done.stdout)
    assert "error" not in said, said
    return [tuple(entry) for entry in said["seen"]]


def test_an_announced_object_is_uploaded_in_chunks(box: Box, phone: Phone, tmp_path: Path) -> None:
    case = announced(phone)
    seen = run(phone, case, tmp_path)
    assert seen[0] == ("POST", 201, 0) and [entry[0] for entry in seen[1:]] == ["PATCH"] * 5
    assert received(box, phone, case)


def test_the_first_chunk_may_come_with_the_creation(box: Box, phone: Phone, tmp_path: Path) -> None:
    case = announced(phone)
    assert run(phone, case, tmp_path, withCreation=True)[0] == ("POST", 201, CHUNK)
    assert received(box, phone, case)


def test_an_upload_goes_on_after_an_abort(box: Box, phone: Phone, tmp_path: Path) -> None:
    case = announced(phone)
    seen = run(phone, case, tmp_path, stopAfter=2 * CHUNK)
    heads = [entry for entry in seen if entry[0] == "HEAD"]
    assert len(heads) == 1 and heads[0][2] >= 2 * CHUNK
    assert received(box, phone, case)


def test_a_second_creation_with_data_does_not_reset_the_upload(box: Box, phone: Phone, tmp_path: Path) -> None:
    case = announced(phone)
    seen = run(phone, case, tmp_path, stopAfter=2 * CHUNK, createAgain=True, withCreation=True)
    again = [entry for entry in seen if entry[0] == "POST"][1]
    assert again[1] == 200 and again[2] >= 2 * CHUNK
    assert received(box, phone, case)
