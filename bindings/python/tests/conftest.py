"""A running box, and phones that know it. STREIFE_FFI_DIR holds streife_ffi.py and its library, STREIFE_BOX_BIN is the
box's program; without a box only the tests that need none run."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, os.environ["STREIFE_FFI_DIR"])
sys.path.insert(0, str(Path(__file__).parent))

from authorities import make_authority  # noqa: E402  (these need the path above)
from hosts import Phone, SoftwareSigner  # noqa: E402


@dataclasses.dataclass(frozen=True)
class Box:
    """What a device is told about a box."""

    agency: dict
    authorities: str


@pytest.fixture(scope="session")
def box(tmp_path_factory):
    program = os.environ.get("STREIFE_BOX_BIN")
    if not program:
        pytest.skip("STREIFE_BOX_BIN does not name a box")
    data = tmp_path_factory.mktemp("box")
    command = [program, "--data", str(data), "--listen", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        try:
            _wait_for_greeting(running)
            dev = data / "dev"
            yield Box(json.loads((dev / "agency.json").read_text()), (dev / "ca.pem").read_text())
        finally:
            running.terminate()


def _wait_for_greeting(running):
    for line in running.stdout:
        if line.startswith("agency's files"):
            return
    pytest.fail(f"the box ended with {running.wait()}")


@pytest.fixture
def phone(box, tmp_path) -> Phone:
    return Phone(tmp_path / "vault", box)


@pytest.fixture
def phone_alone(tmp_path) -> Phone:
    """A phone that has never met a box."""
    return Phone(tmp_path / "vault", Box(_nobody(), make_authority()))


def _nobody() -> dict:
    key = lambda: SoftwareSigner().public_key().hex()
    return {"agency": "Nowhere", "agency_root": key(), "box_key": key(), "url": "https://127.0.0.1:1"}
