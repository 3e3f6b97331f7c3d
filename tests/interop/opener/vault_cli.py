"""Command line: python -m opener vault DIR (--key recovery.key | --root-key HEX...) [--out DIR] [--json]

Exit 0: all holds.  1: there are findings.  2: bad input, nothing was judged.
The vault is only read.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from .errors import BadInput, Refused
from .keys import VerifyKey, device_key, load_open_keys
from .shape import parse_json
from .vault import Sink, VaultReport, verify_vault


def _writer(folder: Path) -> Sink:
    """Writes FOLDER/<name>, for the caller alone; never overwrites."""

    def write(name: str, plain: bytes) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(plain)

    return write


def _root_key(text: str) -> bytes:
    raw = bytes.fromhex(text)
    if len(raw) != 32:
        raise ValueError
    return raw


def _device(path: Path | None) -> VerifyKey | None:
    if path is None:
        return None
    try:
        raw = path.read_bytes()
        name = parse_json(raw, "device file")
        return device_key(raw, name["device"] if type(name) is dict and "device" in name else "")
    except Refused as refusal:
        raise BadInput(str(refusal)) from None


def _text(report: VaultReport) -> str:
    lines = [str(finding) for finding in report.findings]
    lines.append(
        f"{report.roots} of {report.epochs} epochs, {report.opened_entries} of {report.entries} journal entries, "
        f"{report.settings} settings, {report.officers} officers, {report.cases} cases ({report.opened_cases} sealed "
        f"and {report.drafts} drafts opened), {report.objects} objects, {report.events} events, "
        f"{len(report.findings)} findings"
    )
    lines.append("all holds" if report.holds else "DOES NOT HOLD")
    return "\n".join(lines)


def main(argv: list[str]) -> int:
    """Run once and give back the exit code."""
    parser = argparse.ArgumentParser(prog="opener vault", description="Verify and open the vault of a phone.")
    parser.add_argument("vault", type=Path, metavar="DIR")
    parser.add_argument("--key", type=Path, help="private recovery key, as hex text")
    parser.add_argument("--root-key", type=_root_key, action="append", default=[], metavar="HEX")
    parser.add_argument(
        "--device", type=Path, metavar="FILE", help="a device file as in an export: signatures are verified"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="write what opens there, in plain text")
    parser.add_argument("--json", action="store_true", help="machine-readable report")
    arguments = parser.parse_args(argv)
    if not arguments.key and not arguments.root_key:
        parser.error("one of --key and --root-key is needed")
    try:
        recovery = load_open_keys(arguments.key) if arguments.key else []
        sink = _writer(arguments.out) if arguments.out else None
        device = _device(arguments.device)
        report = verify_vault(arguments.vault, recovery, arguments.root_key, device=device, sink=sink)
    except (BadInput, OSError) as problem:
        print(f"bad input: {problem}", file=sys.stderr)
        return 2
    value = asdict(report) | {"holds": report.holds, "findings": [finding.as_json() for finding in report.findings]}
    print(json.dumps(value, indent=1, sort_keys=True) if arguments.json else _text(report))
    return 0 if report.holds else 1
