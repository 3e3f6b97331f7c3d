"""Verifies a whole export and collects what does not hold.

Contract: `verify` never stops at a first fault and never raises for hostile
content: it gives back a report whose findings each say what is wrong, where,
in plain words.  No finding means that everything the module README lists
holds.  `BadInput` is raised only when there is no export or no anchor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from . import cose, merkle, structures
from .case import SealedCase, check_case
from .chain import Journal, Where
from .content import PhotoSink
from .errors import Finding, Log, Refused
from .ground import Ground, prepare
from .keys import OpenKey
from .structures import Opening, Seal
from .tree import load


@dataclass
class Report:
    """The outcome: `findings` empty means that all holds."""

    findings: list[Finding] = field(default_factory=list)
    shifts: int = 0
    cases: int = 0
    opened: int = 0
    objects: int = 0
    bytes: int = 0
    events: int = 0
    unchecked_heads: int = 0
    uncovered_entries: int = 0

    @property
    def holds(self) -> bool:
        return not self.findings


@dataclass
class Shift:
    """One shift: its opening and seal as far as their signatures hold."""

    name: str
    opening: Opening | None = None
    seal: Seal | None = None
    cases: list[SealedCase] = field(default_factory=list)


def _opening(ground: Ground, name: str, path: Path) -> Opening:
    raw = load(path, cose.OPENING.limit)
    claimed = structures.opening_of(cose.peek(raw, cose.OPENING))
    opening = structures.opening_of(cose.read(raw, cose.OPENING, ground.device(claimed.device)).value)
    if opening.shift.hex() != name or opening.agency != ground.agency.name:
        raise Refused("the opening belongs to another shift or agency")
    return opening


def _seal(ground: Ground, name: str, path: Path) -> Seal:
    raw = load(path, cose.SEAL.limit)
    claimed = structures.seal_of(cose.peek(raw, cose.SEAL))
    seal = structures.seal_of(cose.read(raw, cose.SEAL, ground.device(claimed.device)).value)
    if seal.shift.hex() != name:
        raise Refused("the seal belongs to another shift")
    return seal


def _shift(ground: Ground, name: str, log: Log) -> Shift:
    shift = Shift(name)
    for kind, paths in (("opening", ground.tree.openings), ("seal", ground.tree.seals)):
        if name not in paths:
            log.add(kind, f"the shift has no {kind}: it is still open, or the file was taken away")
    if name in ground.tree.openings:
        with log.guard("opening"):
            shift.opening = _opening(ground, name, ground.tree.openings[name])
    if name in ground.tree.seals:
        with log.guard("seal"):
            shift.seal = _seal(ground, name, ground.tree.seals[name])
    return shift


def _journals(shifts: dict[str, Shift], log: Log) -> dict[bytes, Journal]:
    journals: dict[bytes, Journal] = {}
    sealed = [(shift.name, shift.seal) for shift in shifts.values() if shift.seal]
    for name, seal in sorted(sealed, key=lambda pair: pair[1].first):
        with log.at(shift=name).guard("chain"):
            journals.setdefault(seal.device, Journal()).add(seal)
    return journals


def _opening_against_seal(shift: Shift, journals: dict[bytes, Journal], log: Log) -> None:
    opening, seal = shift.opening, shift.seal
    if opening is None or seal is None:
        return
    if opening.device != seal.device:
        log.add("seal", "shift was opened and sealed by different devices")
    if opening.head.n != seal.first:
        log.add("chain", "the seal does not begin with the entry that opened the shift")
    if journals.get(seal.device, Journal()).where(opening.head) is not Where.ON:
        log.add("chain", "the opening's place in the journal is not on the sealed chain")


def _on_chain(shift: Shift, seal: Seal, journal: Journal, log: Log) -> None:
    for case in shift.cases:
        head = case.manifest.head
        if not seal.first <= head.n < seal.last - 1 or journal.where(head) is not Where.ON:
            place = log.at(case=case.manifest.case.hex())
            place.add("chain", "the case's place in the journal is not on the sealed chain of its shift")


def _order(shift: Shift, log: Log) -> None:
    """What the manifests say among themselves: holds with a seal and without."""
    cases = sorted((case.manifest for case in shift.cases), key=lambda manifest: manifest.seq)
    for before, after in zip(cases, cases[1:], strict=False):
        place = log.at(case=after.case.hex())
        if after.seq == before.seq:
            place.add("missing", "two cases of the shift have the same number")
        if after.head.n <= before.head.n:
            place.add("chain", "cases do not follow each other in the journal as they are numbered")


def _roll(shift: Shift, seal: Seal, log: Log) -> None:
    cases = sorted(shift.cases, key=lambda case: case.manifest.seq)
    numbers = [case.manifest.seq for case in cases]
    if numbers != list(range(1, seal.count + 1)):
        log.add("missing", f"the seal counts {seal.count} cases, found are the numbers {numbers}")
    if merkle.root([case.payload_digest for case in cases]) != seal.root:
        log.add("merkle", "the sealed Merkle root is not that of the cases found")


def _events(report: Report, shift: Shift, journal: Journal, log: Log) -> None:
    for case in shift.cases:
        for event in case.events:
            place = log.at(case=case.manifest.case.hex(), path=f"events/{event.event.hex()}.cose")
            where = journal.where(event.head)
            if where in (Where.OFF, Where.BEFORE):
                place.add("chain", "the event's place in the journal contradicts the sealed chain")
            if event.head.n <= case.manifest.head.n:
                place.add("chain", "the event's place in the journal is not behind that of its case")
            report.unchecked_heads += where in (Where.LATER, Where.BETWEEN)


def _close(ground: Ground, shifts: dict[str, Shift], report: Report, log: Log) -> None:
    journals = _journals(shifts, log)
    report.uncovered_entries = sum(journal.uncovered() for journal in journals.values())
    for shift in shifts.values():
        place = log.at(shift=shift.name)
        _opening_against_seal(shift, journals, place)
        device = shift.seal.device if shift.seal else shift.opening.device if shift.opening else None
        for case in shift.cases:
            if device is not None and case.manifest.device != device:
                name = case.manifest.case.hex()
                place.at(case=name).add("manifest", "the case is from another device than its shift")
        journal = journals.get(device, Journal()) if device else Journal()
        _order(shift, place)
        if shift.seal is not None:
            _on_chain(shift, shift.seal, journal, place)
            _roll(shift, shift.seal, place)
        _events(report, shift, journal, place)


def verify(
    root: Path, keys: Sequence[OpenKey] = (), *, trust: Path | None = None, sink: PhotoSink | None = None
) -> Report:
    """Judge the export in `root`; with `keys` also everything that is sealed in it."""
    report = Report()
    log = Log(report.findings)
    ground = prepare(root, keys, trust, log)
    names = sorted(ground.tree.openings.keys() | ground.tree.seals.keys())
    shifts = {name: _shift(ground, name, log.at(shift=name)) for name in names}
    for name, files in ground.tree.cases.items():
        case = check_case(ground, name, files, log.at(case=name), sink)
        if case is None:
            continue
        report.cases, report.opened = report.cases + 1, report.opened + case.opened
        report.objects, report.bytes = report.objects + case.objects, report.bytes + case.bytes_read
        report.events += len(case.events)
        shift = shifts.get(case.manifest.shift.hex())
        if shift is None:
            log.at(case=name).add("missing", "the shift of this case is not in the export")
        else:
            shift.cases.append(case)
    _close(ground, shifts, report, log)
    report.shifts = len(shifts)
    return report
