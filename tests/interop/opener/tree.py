"""The folder tree of an export: what lies where, and what has no business there.

Contract: `scan` lists the files that the format knows; everything else (other
names, links, folders in place of files) is in `strange`.  `load` reads one
file up to a limit.  Nothing outside the export is ever read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from .errors import BadInput, Refused
from .keys import VerifyKey
from .shape import closed, hexadecimal, parse_json, text

OBJECT_LIMIT = 64 * 1024 * 1024
JSON_LIMIT = 64 * 1024

_ID = "([0-9a-f]{32})"
_PLACES = {
    "agency": re.compile(r"agency\.json"),
    "recipients": re.compile(r"recipients\.cose"),
    "device": re.compile(rf"devices/{_ID}\.json"),
    "opening": re.compile(rf"shifts/{_ID}\.opening\.cose"),
    "seal": re.compile(rf"shifts/{_ID}\.seal\.cose"),
    "manifest": re.compile(rf"cases/{_ID}/manifest\.cose"),
    "receipt": re.compile(rf"cases/{_ID}/receipt\.cose"),
    "object": re.compile(rf"cases/{_ID}/objects/{_ID}\.sbx"),
    "event": re.compile(rf"cases/{_ID}/events/{_ID}\.cose"),
}
_FOLDERS = re.compile(rf"devices|shifts|cases|cases/{_ID}|cases/{_ID}/(objects|events)")


@dataclass
class CaseFiles:
    """The files of one case folder; objects and events by their hex id."""

    manifest: Path | None = None
    receipt: Path | None = None
    objects: dict[str, Path] = field(default_factory=dict)
    events: dict[str, Path] = field(default_factory=dict)


@dataclass
class Tree:
    root: Path
    recipients: Path | None = None
    devices: dict[str, Path] = field(default_factory=dict)
    openings: dict[str, Path] = field(default_factory=dict)
    seals: dict[str, Path] = field(default_factory=dict)
    cases: dict[str, CaseFiles] = field(default_factory=dict)
    strange: list[str] = field(default_factory=list)

    def case(self, name: str) -> CaseFiles:
        return self.cases.setdefault(name, CaseFiles())

    def place(self, kind: str, path: Path, ids: tuple[str, ...]) -> None:
        if kind == "recipients":
            self.recipients = path
        elif kind in ("device", "opening", "seal"):
            {"device": self.devices, "opening": self.openings, "seal": self.seals}[kind][ids[0]] = path
        elif kind in ("object", "event"):
            files = self.case(ids[0])
            (files.objects if kind == "object" else files.events)[ids[1]] = path
        elif kind in ("manifest", "receipt"):
            setattr(self.case(ids[0]), kind, path)


def _sort_in(tree: Tree, path: Path, name: str) -> None:
    if path.is_symlink():
        tree.strange.append(name)
    elif path.is_dir():
        if not _FOLDERS.fullmatch(name):
            tree.strange.append(name)
        elif name.startswith("cases/") and name.count("/") == 1:
            tree.case(path.name)
    else:
        for kind, pattern in _PLACES.items():
            if (match := pattern.fullmatch(name)) and path.is_file():
                return tree.place(kind, path, match.groups())
        tree.strange.append(name)


def scan(root: Path) -> Tree:
    """Sort every entry below `root`; `BadInput` if there is no such folder."""
    if not root.is_dir():
        raise BadInput("the export folder does not exist")
    tree = Tree(root)
    for path in sorted(root.rglob("*")):
        _sort_in(tree, path, path.relative_to(root).as_posix())
    return tree


def load(path: Path, limit: int) -> bytes:
    """The bytes of a file, refused when it is larger than `limit` or unreadable."""
    try:
        if path.stat().st_size > limit:
            raise Refused(f"file is larger than {limit} bytes", "layout")
        return path.read_bytes()
    except OSError:
        raise Refused("file cannot be read", "layout") from None


@dataclass(frozen=True)
class Agency:
    """The trust anchors: whose signatures count."""

    name: str
    root: VerifyKey
    box_key: VerifyKey
    box: bytes
    further: bool = False  # members that an export must not have


_AGENCY = {
    "agency": text(r"(?s).+"), "agency_root": hexadecimal(65), "box_key": hexadecimal(65), "box_id": hexadecimal(16),
}  # fmt: skip


def read_agency(path: Path) -> Agency:
    """Anchors from an agency file; without them nothing can be judged: `BadInput`."""
    try:
        found = parse_json(load(path, JSON_LIMIT), "agency file")
        if type(found) is not dict:
            raise Refused("agency file: expected a map")
        value = closed(_AGENCY)({name: found[name] for name in _AGENCY if name in found})
        keys = [VerifyKey(bytes.fromhex(value[name])) for name in ("agency_root", "box_key")]
    except Refused as refusal:
        raise BadInput(f"no usable trust anchor: {refusal}") from None
    return Agency(value["agency"], keys[0], keys[1], bytes.fromhex(value["box_id"]), found.keys() != value.keys())
