"""Command line: python -m opener EXPORT_DIR --key case-worker.key [...]
              or: python -m opener vault DIR --key recovery.key [...], see `vault_cli`

Exit 0: all holds.  1: there are findings.  2: bad input, nothing was judged.
Without --key only what needs no secret is checked, and the output says so.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from . import vault_cli
from .content import PhotoSink
from .errors import BadInput, Refused
from .keys import load_open_keys
from .notice import open_notice
from .structures import Manifest
from .verify import Report, verify

_SUFFIXES = {"image/jpeg": "jpg", "image/heic": "heic", "image/png": "png", "image/webp": "webp"}


def photo_writer(folder: Path) -> PhotoSink:
    """Writes opened photos as FOLDER/<case>/<object>-<class>.<suffix>; never overwrites."""

    def write(manifest: Manifest, photo: dict[str, Any], plain: bytes) -> None:
        place = folder / manifest.case.hex()
        place.mkdir(parents=True, exist_ok=True)
        suffix = _SUFFIXES.get(photo["media_type"], "bin")
        with (place / f"{photo['object']}-{photo['class']}.{suffix}").open("xb") as file:
            file.write(plain)

    return write


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="opener", description="Verify and open an export of a Streife box.")
    parser.add_argument("export", type=Path, metavar="EXPORT_DIR")
    parser.add_argument("--key", type=Path, help="private key of a case worker or recovery key, as hex text")
    parser.add_argument("--recipient", type=Path, help="JSON with kid, kem and public key of that key")
    parser.add_argument("--trust", type=Path, help="agency file from a trusted source, instead of the export's own")
    parser.add_argument("--photos", type=Path, metavar="DIR", help="write the opened photos there")
    parser.add_argument("--json", action="store_true", help="machine-readable report")
    parser.add_argument("--notice", nargs=3, metavar=("NUMBER", "CODE", "PLATE"), help="open one slip's view instead")
    return parser.parse_args(argv)


def _as_json(report: Report, with_key: bool) -> str:
    value = asdict(report) | {"holds": report.holds, "with_key": with_key}
    value["findings"] = [finding.as_json() for finding in report.findings]
    return json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True)


def _as_text(report: Report, with_key: bool) -> str:
    lines = [str(finding) for finding in report.findings]
    lines.append(
        f"{report.shifts} shifts, {report.cases} cases ({report.opened} opened), {report.objects} objects, "
        f"{report.bytes} bytes, {report.events} events, {len(report.findings)} findings"
    )
    if report.unchecked_heads:
        lines.append(f"{report.unchecked_heads} events lie in the journal where no seal reaches: not checked there")
    if report.uncovered_entries:
        lines.append(f"{report.uncovered_entries} journal entries lie between shifts: a shift left out would lie there")
    if not with_key:
        lines.append("no key given: nothing sealed was opened, commitments were not checked")
    lines.append("all holds" if report.holds else "DOES NOT HOLD")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    """Run once and give back the exit code."""
    words = sys.argv[1:] if argv is None else argv
    if words[:1] == ["vault"]:
        return vault_cli.main(words[1:])
    arguments = _arguments(words)
    try:
        if arguments.notice:
            view = open_notice(arguments.export, *arguments.notice, trust=arguments.trust)
            print(json.dumps(view, indent=1, ensure_ascii=False))
            return 0
        keys = load_open_keys(arguments.key, arguments.recipient) if arguments.key else []
        sink = photo_writer(arguments.photos) if arguments.photos else None
        report = verify(arguments.export, keys, trust=arguments.trust, sink=sink)
    except Refused as refusal:
        print(refusal)
        return 1
    except (BadInput, OSError) as problem:
        print(f"bad input: {problem}", file=sys.stderr)
        return 2
    print((_as_json if arguments.json else _as_text)(report, bool(keys)))
    return 0 if report.holds else 1


if __name__ == "__main__":
    sys.exit(main())
