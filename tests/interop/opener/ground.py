"""What a verification stands on: anchors, device keys, recipients, the reader's key.

Contract: `prepare` reads these from the export and reports what does not hold;
a missing or bad anchor file is `BadInput`.  Anchors given from outside the
export win, because an export can be no witness for itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from . import cose
from .errors import Log, Refused
from .keys import ENC_LENGTH, OpenKey, VerifyKey, device_key
from .recipients import CASE_WORKER, RECOVERY, Recipients, recipients_of
from .structures import Wrap
from .tree import JSON_LIMIT, Agency, Tree, load, read_agency, scan


@dataclass
class Ground:
    tree: Tree
    agency: Agency
    keys: Sequence[OpenKey] = ()
    devices: dict[bytes, VerifyKey] = field(default_factory=dict)
    recipients: Recipients | None = None

    def device(self, device: bytes) -> VerifyKey:
        """The signing key of a device, or `Refused`."""
        if device not in self.devices:
            raise Refused("no usable key of the device that should have signed this", "device")
        return self.devices[device]


def _anchors(tree: Tree, trust: Path | None, log: Log) -> Agency:
    inside = read_agency(tree.root / "agency.json")
    if inside.further:
        log.at(path="agency.json").add("layout", "the agency file has members that must stay out of an export")
    if trust is None:
        return inside
    outside = read_agency(trust)
    if replace(inside, further=False) != replace(outside, further=False):
        log.at(path="agency.json").add("trust", "the export names other anchors than the trusted ones")
    return outside


def _recipients(ground: Ground, log: Log) -> None:
    path = ground.tree.recipients
    if path is None:
        return log.add("recipients", "the recipient set is missing")
    with log.at(path="recipients.cose").guard("recipients"):
        raw = load(path, cose.RECIPIENTS.limit)
        found = recipients_of(cose.read(raw, cose.RECIPIENTS, ground.agency.root).value)
        if found.agency != ground.agency.name:
            raise Refused("the recipient set is that of another agency")
        ground.recipients = found


def prepare(root: Path, keys: Sequence[OpenKey], trust: Path | None, log: Log) -> Ground:
    """Everything that must be known before shifts and cases can be judged."""
    tree = scan(root)
    ground = Ground(tree, _anchors(tree, trust, log), keys)
    for name in tree.strange:
        log.at(path=name).add("layout", "this file or folder does not belong to an export")
    for name, path in tree.devices.items():
        with log.at(path=f"devices/{name}.json").guard("device"):
            ground.devices[bytes.fromhex(name)] = device_key(load(path, JSON_LIMIT), name)
    _recipients(ground, log)
    return ground


def check_wraps(ground: Ground, wraps: Sequence[Wrap], log: Log) -> None:
    """Wraps go to recipients of the set only, with a case worker and recovery among them."""
    if ground.recipients is None:
        return
    roles = set()
    for wrap in wraps:
        person = ground.recipients.by_kid.get(wrap.kid)
        if person is None:
            log.add("wrap", "a key is wrapped to somebody who is not in the recipient set")
        elif person.kem != wrap.kem or len(wrap.enc) != ENC_LENGTH[wrap.kem]:
            log.add("wrap", "a wrap does not fit the KEM of its recipient")
        else:
            roles.add(person.role)
    for role, name in ((CASE_WORKER, "case worker"), (RECOVERY, "recovery key")):
        if role not in roles:
            log.add("wrap", f"the key is wrapped to no {name} of the recipient set")


def check_validity(ground: Ground, wraps: Sequence[Wrap], at: int, log: Log) -> None:
    """At the time of sealing the set was unexpired and both needed roles were valid."""
    if ground.recipients is None:
        return
    if at > ground.recipients.expires:
        log.add("recipients", "the case was sealed after the recipient set had expired")
    people = [ground.recipients.by_kid[wrap.kid] for wrap in wraps if wrap.kid in ground.recipients.by_kid]
    roles = {person.role for person in people if person.valid(at)}
    if not {CASE_WORKER, RECOVERY} <= roles:
        log.add("recipients", "case worker or recovery key was not valid when the case was sealed")
    if ground.recipients.issued <= at:
        valid = [person for person in ground.recipients.by_kid.values() if person.valid(at)]
        if any(person not in people for person in valid if person.role in (CASE_WORKER, RECOVERY)):
            log.add("wrap", "a recipient who was valid at the time of sealing got no wrap")


def unwrap(ground: Ground, owner: bytes, wraps: Sequence[Wrap]) -> bytes:
    """The wrapped key, opened with the reader's own private key, or `Refused`."""
    for key in ground.keys:
        for wrap in wraps:
            if (wrap.kid, wrap.kem) == (key.kid, key.kem):
                return key.unwrap(owner, wrap.enc, wrap.ct)
    raise Refused("nothing is wrapped to the key that was given", "wrap")
