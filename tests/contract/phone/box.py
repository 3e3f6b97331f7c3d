"""The reference box as a program, in a folder of its own, on a port of the system's choice."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]


@dataclass
class Box:
    """A running box and what its development agency tells its people."""

    program: subprocess.Popen[str]
    folder: Path
    agency: dict[str, Any]

    @property
    def origin(self) -> str:
        return str(self.agency["url"])

    @property
    def ca(self) -> str:
        return str(self.folder / "dev" / "ca.pem")

    @property
    def box_key(self) -> bytes:
        return bytes.fromhex(self.agency["box_key"])

    @property
    def agency_root(self) -> bytes:
        return bytes.fromhex(self.agency["agency_root"])

    @property
    def desk(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.agency['desk_token']}"}

    def one_time_code(self) -> str:
        made = subprocess.run([binary(), "--data", self.folder, "code"], check=True, capture_output=True, text=True)
        return made.stdout.strip()

    def stop(self) -> None:
        self.program.terminate()
        self.program.wait(timeout=30)


def binary() -> str:
    return os.environ.get("STREIFE_BOX", str(ROOT / "target" / "debug" / "streife-box"))


def start(folder: Path, *options: str) -> Box:
    """Starts a box; it takes connections when this returns."""
    command = [binary(), "--data", str(folder), "--listen", "127.0.0.1:0", *options]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    for line in program.stdout:
        if line.startswith("agency's files"):  # the last one that it says
            return Box(program, folder, json.loads((folder / "dev" / "agency.json").read_text()))
    raise RuntimeError("the box did not start")
