"""Opens and verifies the vault of a phone, given root keys or the recovery key.

Contract: as `verify`, it never stops at a first fault and never raises for
hostile content: what does not hold is a finding.  `BadInput` is raised only if
there is no vault.  The device's signatures are verified if its key is given; the
vault itself holds none, so without it the journal alone vouches for what was
signed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from . import cose, merkle, sbx, structures
from .chain import links_of
from .content import Content
from .errors import Finding, Log, Refused
from .keys import OpenKey, VerifyKey, commitment, object_key
from .record import salts_of
from .shape import parse_json
from .structures import Head, Manifest, ObjectRow
from .vault_journal import Told, read_journal
from .vault_keys import NOWHERE, Keys, open_keys, unwrap
from .vault_rows import Row, Rows, read_rows

DRAFT, UNSIGNED, SEALED, RECEIPTED, PURGING, PURGED, QUARANTINED, STRANDED = range(8)
Sink = Callable[[str, bytes], None]


@dataclass
class VaultReport:
    """The outcome: `findings` empty means that all holds."""

    findings: list[Finding] = field(default_factory=list)
    epochs: int = 0
    roots: int = 0
    entries: int = 0
    opened_entries: int = 0
    settings: int = 0
    officers: int = 0
    drafts: int = 0
    cases: int = 0
    opened_cases: int = 0
    objects: int = 0
    events: int = 0

    @property
    def holds(self) -> bool:
        return not self.findings


@dataclass
class Vault:
    rows: Rows
    keys: Keys
    told: Told
    files: dict[str, Path]
    report: VaultReport
    device: VerifyKey | None
    sink: Sink | None

    def signed(self, raw: bytes, kind: cose.Kind) -> Any:
        """Value of a signed structure; its signature counts if the device's key is at hand."""
        return cose.read(raw, kind, self.device).value if self.device else cose.peek(raw, kind)

    def write(self, name: str, plain: bytes) -> None:
        if self.sink is not None:
            self.sink(name, plain)


def verify_vault(
    root: Path,
    recovery: Sequence[OpenKey] = (),
    root_keys: Sequence[bytes] = (),
    *,
    device: VerifyKey | None = None,
    sink: Sink | None = None,
) -> VaultReport:
    """Judge the vault in `root` and open all that the keys open."""
    rows, report = read_rows(root), VaultReport()
    log, keys = Log(report.findings), Keys(recovery, root_keys)
    for complaint in rows.complaints:
        log.at(path="vault.db").add("layout", complaint)
    for name in rows.strange:
        log.at(path=name).add("layout", "this file does not belong to a vault")
    open_keys(rows, keys, log)
    told, report.opened_entries = read_journal(rows, keys, log)
    report.epochs, report.roots, report.entries = len(rows.of("epochs")), len(keys.roots), len(rows.of("journal"))
    vault = Vault(rows, keys, told, rows.objects(), report, device, sink)
    _settings(vault, log)
    _shifts(vault, log)
    for row in rows.of("cases"):
        _case(vault, row, log.at(case=row["case_id"].hex()))
    _events(vault, log)
    _nothing_else(vault, log)
    return report


def _settings(vault: Vault, log: Log) -> None:
    for row in vault.rows.of("settings"):
        with log.at(path=f"settings/{row['name']}").guard("setting"):
            place = sha256(b"streife/1 setting" + row["name"].encode()).digest()[:16]
            vault.keys.value(row["epoch"], sbx.SETTING, NOWHERE, place, row["value"])
            vault.report.settings += 1
    for row in vault.rows.of("officers"):
        with log.at(shift=row["shift_id"].hex(), path=f"officers/{row['epoch']}").guard("officer"):
            raw = vault.keys.value(row["epoch"], sbx.SETTING, NOWHERE, row["shift_id"], row["officer"])
            if type(parse_json(raw, "officer")) is not dict:
                raise Refused("officer is no JSON object")
            vault.write(f"shifts/{row['shift_id'].hex()}-{row['epoch']}.json", raw)
            vault.report.officers += 1
    for row in vault.rows.of("documents"):
        copy = vault.rows.spare(f"{row['name']}.document")
        if copy is not None and copy != row["value"]:
            log.at(path=f"spare/{row['name']}.document").add("spare", "the copy is not what the row holds")


def _shifts(vault: Vault, log: Log) -> None:
    rows = vault.rows.of("shifts")
    for row in rows:
        name = row["shift_id"].hex()
        place = log.at(shift=name)
        for column, kind, check in (("opening", cose.OPENING, _opening), ("seal", cose.SEAL, _seal)):
            if row[column] is not None:
                with place.at(path=column).guard(column):
                    check(vault, row, vault.signed(row[column], kind))
            _copy(vault, f"{name}.{column}", row[column], place)
    for missing in sorted(vault.told.shifts - {row["shift_id"].hex() for row in rows}):
        log.at(shift=missing).add("missing", "the journal tells of the shift, and its row is not there")


def _copy(vault: Vault, name: str, value: bytes | None, log: Log) -> None:
    copy = vault.rows.spare(name)
    if copy is not None and copy != value:
        log.at(path=f"spare/{name}").add("spare", "the copy is not what the row holds")


def _opening(vault: Vault, row: Row, value: Any) -> None:
    opening = structures.opening_of(value)
    if opening.shift != row["shift_id"]:
        raise Refused("the opening belongs to another shift")
    if not row["salvaged"] and opening.head.n != row["first_n"] or not vault.told.on_chain(opening.head):
        raise Refused("the opening's place in the journal is not that of its shift", "chain")


def _seal(vault: Vault, row: Row, value: Any) -> None:
    seal = structures.seal_of(value)
    if seal.shift != row["shift_id"] or (seal.first, seal.last) != (row["first_n"], row["last_n"]):
        raise Refused("the seal belongs to another shift")
    if any(vault.told.links.get(n) != link for n, link in links_of(seal).items()):
        raise Refused("the seal lists other entries than the journal has", "chain")
    cases = [case for case in vault.rows.of("cases") if case["shift_id"] == row["shift_id"] and case["seq"]]
    cases.sort(key=lambda case: int(case["seq"]))
    if seal.count != len(cases) or seal.root != merkle.root([case["payload_hash"] for case in cases]):
        raise Refused("the sealed Merkle root is not that of the shift's cases", "merkle")


# -- one case --------------------------------------------------------------------------------


def _case(vault: Vault, row: Row, log: Log) -> None:
    name, state = row["case_id"].hex(), row["state"]
    vault.report.cases += 1
    told = name in vault.told.sealed
    if state in (PURGING, PURGED):
        return _tombstone(vault, row, log)
    if state == DRAFT and told or state not in (DRAFT, STRANDED) and not told:
        log.add("journal", "the case's state is not what the journal tells of it")
    manifest, key = None, None
    if state not in (DRAFT, STRANDED):
        with log.at(path="manifest").guard("manifest"):
            manifest = _manifest(vault, row)
        _copy(vault, f"{name}.manifest", row["manifest"], log)
    with log.at(path="wrapped_key").guard("key"):
        key = _case_key(vault, row, manifest)
    _copy(vault, f"{name}.key", row["wrapped_key"], log)
    if manifest is not None:
        _sealed(vault, row, manifest, key, log)
    elif state == DRAFT and key is not None:
        with log.at(path="draft").guard("draft"):
            _draft(vault, row, key, log)


def _tombstone(vault: Vault, row: Row, log: Log) -> None:
    if any(row[column] is not None for column in ("wrapped_key", "draft", "payload", "manifest")):
        log.add("key", "the case was purged, and something sealed or signed of it is still there")
    if row["case_id"].hex() not in vault.told.purged:
        log.add("journal", "the row says that the case was purged, and the journal does not")


def _manifest(vault: Vault, row: Row) -> Manifest:
    payload = row["payload"]
    if payload is None:
        raise Refused("the sealed case has no manifest")
    if sha256(payload).digest() != row["payload_hash"]:
        raise Refused("the manifest's payload is not the one whose hash the row keeps")
    if sha256(payload).hexdigest() != vault.told.sealed.get(row["case_id"].hex()):
        raise Refused("the manifest is not the one that the journal tells of", "journal")
    value = cose.decode(payload, "payload of manifest")
    if row["manifest"] is not None and vault.signed(row["manifest"], cose.MANIFEST) != value:
        raise Refused("the signed manifest is not the payload")
    if row["manifest"] is None and row["state"] != UNSIGNED:
        raise Refused("the signature of the manifest is missing")
    manifest = structures.manifest_of(value)
    if (manifest.case, manifest.shift, manifest.seq) != (row["case_id"], row["shift_id"], row["seq"]):
        raise Refused("the manifest belongs to another row")
    if not vault.told.on_chain(manifest.head) or row["sealed_n"] not in (None, manifest.head.n + 1):
        raise Refused("the manifest's place in the journal is another", "chain")
    return manifest


def _case_key(vault: Vault, row: Row, manifest: Manifest | None) -> bytes:
    if row["wrapped_key"] is None:
        raise Refused("the case has no sealed key")
    key = vault.keys.value(row["epoch"], sbx.WRAPPED, row["case_id"], bytes(16), row["wrapped_key"])
    if manifest is not None:
        if commitment(key, manifest.case) != manifest.key_commitment:
            raise Refused("the sealed key is not the one the manifest commits to")
        if vault.keys.recovery and unwrap(vault.keys.recovery, manifest.case, manifest.wraps) != key:
            raise Refused("the key wrapped in the manifest is another than the sealed one", "wrap")
    return key


def _objects(vault: Vault, case: bytes, log: Log) -> dict[str, ObjectRow]:
    """The rows of a case's objects, each as the journal tells of it."""
    found: dict[str, ObjectRow] = {}
    for row in vault.rows.of("objects"):
        if row["case_id"] != case:
            continue
        columns = ("object_id", "kind", "scope", "media_type", "length", "hash", "commitment")
        made = ObjectRow(*(row[column] for column in columns))
        name = made.object.hex()
        found[name] = made
        told = vault.told.rows.get(name)
        if told is not None and told != row_digest(case, made):
            log.at(path=f"objects/{name}").add("journal", "the object's row is not the one that the journal tells of")
    return found


def row_digest(case: bytes, row: ObjectRow) -> str:
    """What the journal keeps of an object's row."""
    values = (row.object, row.kind, row.scope, row.media_type, row.length, row.digest, row.commitment)
    encoded = structures.canonical(dict(enumerate(values, 1)))
    return sha256(b"streife/1 object row" + case + encoded).hexdigest()


def _sealed(vault: Vault, row: Row, manifest: Manifest, key: bytes | None, log: Log) -> None:
    rows = _objects(vault, manifest.case, log)
    if sorted(rows.values(), key=lambda each: each.object) != sorted(manifest.objects, key=lambda each: each.object):
        log.add("manifest", "the rows of the case's objects are not those of its manifest")
    files = {name: vault.files[name] for name in rows if name in vault.files}
    place = f"cases/{manifest.case.hex()}"

    def photo(_: Manifest, photo: dict[str, Any], plain: bytes) -> None:
        vault.write(f"{place}/photos/{photo['object']}", plain)

    content = Content(manifest, files, log, key, photo)
    content.check()
    vault.report.objects += len(files)
    vault.report.opened_cases += content.record is not None
    for name, value in (("record", content.record), ("view", content.view)):
        if value is not None:
            vault.write(f"{place}/{name}.json", structures.json_bytes(value))


def _draft(vault: Vault, row: Row, key: bytes, log: Log) -> None:
    case, sealed = row["case_id"], row["draft"]
    if sealed is None:
        raise Refused("the draft has no facts")
    raw = sbx.open_object(object_key(key, case, case), sealed, sbx.Header(sbx.DRAFT, case, case, 0))
    facts = parse_json(raw, "draft")
    if vault.told.drafts.get(case.hex(), "") not in ("", sha256(sealed).hexdigest()):
        log.at(path="draft").add("journal", "the journal tells of another draft: this one is older, or was changed")
    if type(facts) is not dict or type(facts.get("photos")) is not list:
        raise Refused("the facts have another form")
    vault.write(f"cases/{case.hex()}/draft.json", raw)
    vault.report.drafts += 1
    rows, salts = _objects(vault, case, log), {name.hex(): salt for name, salt in salts_of(facts).items()}
    for name in sorted(rows.keys() ^ salts.keys()):
        log.at(path=f"objects/{name}").add("object", "draft and rows do not name the same objects")
    for name in sorted(rows.keys() & salts.keys()):
        with log.at(path=f"objects/{name}.sbx").guard("object"):
            _picture(vault, case, key, rows[name], salts[name])


def _picture(vault: Vault, case: bytes, key: bytes, row: ObjectRow, salt: bytes) -> None:
    name = row.object.hex()
    if name not in vault.files:
        raise Refused("the object's file is missing")
    blob = vault.files[name].read_bytes()
    if len(blob) != row.length or sha256(blob).digest() != row.digest:
        raise Refused("object has another length or hash than its row says")
    plain = sbx.open_object(object_key(key, case, row.object), blob, sbx.Header(row.kind, case, row.object, row.scope))
    if sha256(salt + plain).digest() != row.commitment:
        raise Refused("object is not what was committed to", "commitment")
    vault.report.objects += 1
    if row.kind == sbx.PHOTO:
        vault.write(f"cases/{case.hex()}/photos/{name}", plain)


# -- events, and what must not be missing ------------------------------------------------------


def _events(vault: Vault, log: Log) -> None:
    seen = set()
    for row in vault.rows.of("events"):
        name = row["event_id"].hex()
        seen.add(name)
        place = log.at(case=row["case_id"].hex(), path=f"events/{name}")
        with place.guard("event"):
            _event(vault, row, name)
        _copy(vault, f"{name}.event", row["signed"], place)
    for name in sorted(vault.told.voids.keys() - seen):
        log.at(case=vault.told.voids[name][0]).add("missing", f"the journal tells of event {name}, and it is not there")


def _event(vault: Vault, row: Row, name: str) -> None:
    value = cose.decode(row["payload"], "payload of event")
    event = structures.event_of(value)
    if (event.event, event.case) != (row["event_id"], row["case_id"]):
        raise Refused("the event belongs to another row")
    if row["signed"] is not None and vault.signed(row["signed"], cose.EVENT) != value:
        raise Refused("the signed event is not the payload")
    told = vault.told.voids.get(name)
    if told != (event.case.hex(), sha256(row["payload"]).hexdigest()):
        raise Refused("the event is not the one that the journal tells of", "journal")
    if not vault.told.on_chain(Head(event.head.n, event.head.link)):
        raise Refused("the event's place in the journal is another", "chain")
    vault.report.events += 1
    if event.note is not None and vault.keys.recovery:
        key = object_key(unwrap(vault.keys.recovery, event.event, event.note.wraps), event.case, event.event)
        plain = sbx.open_object(key, event.note.sealed, sbx.Header(sbx.ATTACHMENT, event.case, event.event, 0))
        vault.write(f"cases/{event.case.hex()}/events/{name}.txt", plain)


def _nothing_else(vault: Vault, log: Log) -> None:
    rows = {row["object_id"].hex() for row in vault.rows.of("objects")}
    for name in sorted(vault.files.keys() - rows):
        log.at(path=f"objects/{name}.sbx").add("object", "no row tells of this file")
    cases = {row["case_id"].hex() for row in vault.rows.of("cases")}
    for name in sorted(vault.told.kept - cases):
        log.at(case=name).add("missing", "the journal tells of the case, and its row is not there")
