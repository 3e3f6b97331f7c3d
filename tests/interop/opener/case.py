"""One case folder: manifest, receipt, wraps, events, then its content.

Contract: `check_case` reports everything that does not hold and gives back the
case as signed, or None when there is no trustworthy manifest for this folder.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from . import cose, sbx, structures
from .content import Content, PhotoSink
from .errors import Log, Refused
from .ground import Ground, check_validity, check_wraps, unwrap
from .keys import commitment, object_key
from .shape import unix_ms
from .structures import Event, Manifest, Note
from .tree import CaseFiles, load


@dataclass
class SealedCase:
    """A case whose manifest signature holds."""

    manifest: Manifest
    manifest_bytes: bytes
    payload_digest: bytes
    events: list[Event] = field(default_factory=list)
    opened: bool = False
    objects: int = 0
    bytes_read: int = 0


def read_manifest(ground: Ground, name: str, path: Path) -> SealedCase:
    """The manifest, signed by the device it names and lying in its own folder."""
    raw = load(path, cose.MANIFEST.limit)
    claimed = structures.manifest_of(cose.peek(raw, cose.MANIFEST))
    signed = cose.read(raw, cose.MANIFEST, ground.device(claimed.device))
    manifest = structures.manifest_of(signed.value)
    if manifest.case.hex() != name:
        raise Refused("the manifest belongs to another case than its folder")
    return SealedCase(manifest, raw, sha256(signed.payload).digest())


def _receipt(ground: Ground, case: SealedCase, path: Path | None, log: Log) -> None:
    if path is None:
        return log.add("receipt", "no receipt for this case: it is not complete, or the file was taken away")
    with log.at(path="receipt.cose").guard("receipt"):
        raw = load(path, cose.RECEIPT.limit)
        receipt = structures.receipt_of(cose.read(raw, cose.RECEIPT, ground.agency.box_key).value)
        if receipt.case != case.manifest.case or receipt.box != ground.agency.box:
            raise Refused("the receipt is for another case or from another box")
        if receipt.manifest_digest != sha256(case.manifest_bytes).digest():
            raise Refused("the receipt is for another manifest of this case")
        rows = tuple((row.object, row.length, row.digest) for row in case.manifest.objects)
        if receipt.objects != rows:
            raise Refused("the receipt lists other objects than the manifest")


def _statements(ground: Ground, case: SealedCase, log: Log) -> None:
    manifest = case.manifest
    if manifest.agency != ground.agency.name:
        log.add("manifest", "the manifest names another agency")
    check_wraps(ground, manifest.wraps, log)
    if manifest.time_statement is not None:
        with log.guard("time"):
            structures.time_of(cose.read(manifest.time_statement, cose.TIME, ground.agency.box_key).value)
    if manifest.notice is not None and manifest.notice.wrap is not None:
        with log.guard("notice"):
            sbx.check_header(manifest.notice.wrap, sbx.Header(sbx.WRAPPED, manifest.case, sbx.ZEROS, 1))


def _event(ground: Ground, case: SealedCase, name: str, path: Path, log: Log) -> None:
    raw = load(path, cose.EVENT.limit)
    signed = cose.read(raw, cose.EVENT, ground.device(case.manifest.device))
    event = structures.event_of(signed.value)
    if event.event.hex() != name or event.case != case.manifest.case:
        raise Refused("the event belongs to another case or has another name")
    case.events.append(event)
    if event.note is not None:
        check_wraps(ground, event.note.wraps, log)
        _note(ground, event, event.note)


def _note(ground: Ground, event: Event, note: Note) -> None:
    expected = sbx.Header(sbx.ATTACHMENT, event.case, event.event, 0)
    sbx.check_header(note.sealed, expected)
    if ground.keys:
        key = object_key(unwrap(ground, event.event, note.wraps), event.case, event.event)
        plain = sbx.open_object(key, note.sealed, expected)
        try:
            plain.decode("utf-8")
        except UnicodeDecodeError:
            raise Refused("the note of the event is not UTF-8") from None


def _case_key(ground: Ground, case: SealedCase, log: Log) -> bytes | None:
    if not ground.keys:
        return None
    with log.guard("key"):
        key = unwrap(ground, case.manifest.case, case.manifest.wraps)
        if commitment(key, case.manifest.case) != case.manifest.key_commitment:
            raise Refused("the wrapped key is not the one the manifest commits to")
        return key
    return None


def _content(ground: Ground, case: SealedCase, files: CaseFiles, log: Log, sink: PhotoSink | None) -> None:
    content = Content(case.manifest, files.objects, log, _case_key(ground, case, log), sink)
    content.check()
    case.opened = content.record is not None
    case.objects, case.bytes_read = len(case.manifest.objects), content.bytes_read
    if content.record is not None:
        check_validity(ground, case.manifest.wraps, unix_ms(content.record["sealed_at"]["at"]), log)


def check_case(ground: Ground, name: str, files: CaseFiles, log: Log, sink: PhotoSink | None) -> SealedCase | None:
    """Judge one case folder."""
    if files.manifest is None:
        log.add("manifest", "the folder has no manifest")
        return None
    case = None
    with log.at(path="manifest.cose").guard("manifest"):
        case = read_manifest(ground, name, files.manifest)
    if case is None:
        return None
    log = log.at(shift=case.manifest.shift.hex())
    _receipt(ground, case, files.receipt, log)
    _statements(ground, case, log)
    for event, path in files.events.items():
        place = log.at(path=f"events/{event}.cose")
        with place.guard("event"):
            _event(ground, case, event, path, place)
    _content(ground, case, files, log, sink)
    return case
