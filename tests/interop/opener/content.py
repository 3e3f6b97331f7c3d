"""The objects of one case: ciphertext against the manifest, plaintext against the record.

Contract: without a key every object is checked for presence, length, hash and
header.  With the case key each is opened and its commitment recomputed; the
record is read first because it holds the salts.  One object is in memory at
a time.  Only objects that hold in every respect reach the photo sink.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from . import record as records
from . import sbx
from .errors import Log, Refused
from .keys import object_key, view_key
from .structures import Manifest, ObjectRow
from .tree import OBJECT_LIMIT, load

PhotoSink = Callable[[Manifest, dict[str, Any], bytes], None]
_SCOPES = {sbx.PHOTO: 0, sbx.RECORD: 0, sbx.VIEW: 1, sbx.PREVIEW: 0, sbx.THUMBNAIL: 0, sbx.MASKED: 1}
_DERIVED = {sbx.PREVIEW: "preview", sbx.THUMBNAIL: "thumbnail", sbx.MASKED: "masked"}
_NAMES = {sbx.PHOTO: "photo", sbx.RECORD: "record", sbx.VIEW: "view", **_DERIVED}


@dataclass
class Content:
    """One case being read.  `case_key` None: only what a stranger can check."""

    manifest: Manifest
    files: dict[str, Path]
    log: Log
    case_key: bytes | None = None
    sink: PhotoSink | None = None
    record: dict[str, Any] | None = None
    view: dict[str, Any] | None = None
    salts: dict[bytes, bytes] = field(default_factory=dict)
    bytes_read: int = 0

    def check(self) -> None:
        self._presence()
        self._roster()
        for row in sorted(self.manifest.objects, key=lambda row: row.kind not in (sbx.RECORD, sbx.VIEW)):
            if path := self.files.get(row.object.hex()):
                with self.log.at(path=f"objects/{row.object.hex()}.sbx").guard("object"):
                    self._one(row, path)
        if self.record is not None:
            self._compare(self.record)

    def _presence(self) -> None:
        named = {row.object.hex() for row in self.manifest.objects}
        for missing in sorted(named - self.files.keys()):
            self.log.at(path=f"objects/{missing}.sbx").add("object", "an object of the manifest is missing")
        for extra in sorted(self.files.keys() - named):
            self.log.at(path=f"objects/{extra}.sbx").add("object", "this object is not in the manifest")

    def _roster(self) -> None:
        kinds = [row.kind for row in self.manifest.objects]
        if kinds.count(sbx.RECORD) != 1 or kinds.count(sbx.VIEW) > 1:
            self.log.add("manifest", "the manifest names not exactly one record and at most one view")
        if self.manifest.notice and self.manifest.notice.wrap and sbx.VIEW not in kinds:
            self.log.add("manifest", "there is a notice but no view that it could open")
        if self.manifest.record_schema != sbx.SCHEMA:
            self.log.add("manifest", "the manifest names a record schema other than 1")
        if any(_SCOPES[row.kind] != row.scope for row in self.manifest.objects):
            self.log.add("manifest", "an object has the wrong scope for its kind")
        for kind, wanted in ((sbx.RECORD, records.RECORD_TYPE), (sbx.VIEW, records.VIEW_TYPE)):
            if any(row.kind == kind and row.media_type != wanted for row in self.manifest.objects):
                self.log.add("manifest", f"the {_NAMES[kind]} has another media type than its format")

    def _one(self, row: ObjectRow, path: Path) -> None:
        blob = load(path, OBJECT_LIMIT)
        self.bytes_read += len(blob)
        if len(blob) != row.length:
            raise Refused("object has another length than the manifest says")
        if sha256(blob).digest() != row.digest:
            raise Refused("object has another hash than the manifest says")
        expected = sbx.Header(row.kind, self.manifest.case, row.object, row.scope)
        sbx.check_header(blob, expected)
        if self.case_key is not None:
            base = view_key(self.case_key, self.manifest.case) if row.scope else self.case_key
            key = object_key(base, self.manifest.case, row.object)
            self._plain(row, sbx.open_object(key, blob, expected))

    def _plain(self, row: ObjectRow, plain: bytes) -> None:
        if row.kind == sbx.RECORD:
            record = records.record_of(plain)
            _commit(row, bytes.fromhex(record["salt"]), plain)
            self.record, self.salts = record, records.salts_of(record)
        elif row.kind == sbx.VIEW:
            view = records.view_of(plain)
            _commit(row, bytes.fromhex(view["salt"]), plain)
            self.view = view
        elif self.record is not None:
            self._picture(row, plain, self.record)

    def _picture(self, row: ObjectRow, plain: bytes, record: dict[str, Any]) -> None:
        if row.object not in self.salts:
            raise Refused("the record holds no salt for this object, so nothing commits to it", "commitment")
        _commit(row, self.salts[row.object], plain)
        for photo in record["photos"]:
            if row.kind == sbx.PHOTO and photo["object"] == row.object.hex():
                if photo["length"] != len(plain) or photo["media_type"] != row.media_type:
                    raise Refused("photo has another length or media type than the record says", "record")
                if self.sink is not None:
                    self.sink(self.manifest, photo, plain)

    def _compare(self, record: dict[str, Any]) -> None:
        manifest = self.manifest
        for name, value in (("case", manifest.case), ("shift", manifest.shift), ("device", manifest.device)):
            if record[name] != value.hex():
                self.log.add("record", f"record and manifest name different values for {name}")
        if record["seq"] != manifest.seq or record["agency"] != manifest.agency:
            self.log.add("record", "record and manifest disagree on number or agency")
        if manifest.notice and record.get("slip", {}).get("number") != manifest.notice.number:
            self.log.add("record", "record and notice name different slips")
        for fault in records.inconsistencies(record):
            self.log.add("record", fault)
        self._compare_pictures(record)
        if self.view is not None:
            for name in records.disagreements(record, self.view):
                self.log.add("view", f"the view contradicts the record in {name}")

    def _compare_pictures(self, record: dict[str, Any]) -> None:
        photos = {photo["object"] for photo in record["photos"]}
        named_by_kind = {sbx.PHOTO: photos}
        for kind, part in _DERIVED.items():
            named_by_kind[kind] = {photo[part]["object"] for photo in record["photos"] if part in photo}
        for kind, named in named_by_kind.items():
            if named != {row.object.hex() for row in self.manifest.objects if row.kind == kind}:
                self.log.add("record", f"record and manifest do not name the same {_NAMES[kind]}s")


def _commit(row: ObjectRow, salt: bytes, plain: bytes) -> None:
    if sha256(salt + plain).digest() != row.commitment:
        raise Refused(f"{_NAMES[row.kind]} is not what the device committed to", "commitment")
