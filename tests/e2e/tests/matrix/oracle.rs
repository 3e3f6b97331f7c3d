//! What must hold when nothing is left to send: the box's ledger against what the phone had sealed.
//!
//! Nothing here asks the engine. Hashes of what was sealed were taken from the phone's files before the fault, hashes of
//! what arrived are taken from the box's files, and the receipts that a phone keeps are verified once more.

use std::collections::BTreeMap;

use streife_box::{LedgerCase, LedgerShift, SealFlag};
use streife_core::domain::{CaseId, DeviceId};
use streife_core::seal::{Hash, Manifest, Receipt, Signed, VerifyingKey};
use streife_core::vault::{CaseRow, CaseState, JournalEvent};
use streife_e2e::Rig;

use crate::bench::Figures;
use crate::phone::{Phone, Sealed, Told, files};

/// What the box has of one device.
#[derive(Clone, Debug)]
pub struct Seen {
    pub cases: Vec<LedgerCase>,
    pub shifts: Vec<LedgerShift>,
}

impl Seen {
    pub fn of(rig: &Rig, device: DeviceId) -> Self {
        let ledger = rig.server.ledger();
        let mut cases = ledger.cases().expect("reads");
        cases.retain(|case| case.device == device);
        let mut shifts = ledger.shifts().expect("reads");
        shifts.retain(|shift| shift.device == device);
        Self { cases, shifts }
    }
}

/// What the phone has left.
#[derive(Clone, Debug)]
pub struct Left {
    pub rows: BTreeMap<CaseId, CaseRow>,
    pub files: BTreeMap<String, (Hash, u64)>,
    /// Receipt verified and payload purged, in the journal's order.
    pub journal: Vec<(CaseId, bool)>,
}

impl Left {
    pub fn of(phone: &Phone<'_>) -> Result<Self, String> {
        let client = phone.client();
        let row = |case: &CaseId| Ok((*case, client.case(*case).map_err(|error| format!("I1: {case}: {error:?}"))?));
        let rows = phone.told.cases.keys().map(row).collect::<Result<_, String>>()?;
        let journal = client.journal().map_err(|error| format!("I5: {error:?}"))?;
        journal.verify().map_err(|error| format!("I5: the journal does not verify: {error}"))?;
        let told = |event: &JournalEvent| match event {
            JournalEvent::ReceiptVerified { case, .. } => Some((*case, false)),
            JournalEvent::PayloadPurged { case } => Some((*case, true)),
            _ => None,
        };
        let journal = journal.records().filter_map(|record| told(&record.event)).collect();
        Ok(Self { rows, files: files(&phone.objects())?, journal })
    }
}

/// The keys that signatures are verified with.
pub struct Keys {
    pub device: VerifyingKey,
    pub box_: VerifyingKey,
}

impl Keys {
    pub fn of(phone: &Phone<'_>) -> Self {
        let told = &phone.bench.rig.connection().box_key;
        Self { device: phone.verifying_key(), box_: VerifyingKey::from_sec1(told).expect("a key of the box") }
    }
}

/// Compares; findings are what is wrong, with the invariant that is broken. `refusals`: so many cases may be refused.
pub fn judge(told: &Told, seen: &Seen, left: &Left, keys: &Keys, refusals: usize) -> (Vec<String>, Figures) {
    let mut judge = Judge { findings: Vec::new(), figures: Figures { runs: 1, ..Figures::default() }, keys };
    for (case, sealed) in &told.cases {
        judge.case(*case, sealed, seen, left, refusals > 0);
    }
    for case in seen.cases.iter().filter(|case| !told.cases.contains_key(&case.case)) {
        judge.figures.doubled += 1;
        judge.found(format!("I2: the box has {} that nobody sealed", case.case));
    }
    if judge.figures.refused > refusals as u64 {
        judge.found(format!("I7: {} cases were refused", judge.figures.refused));
    }
    judge.shifts(told, seen, refusals > 0);
    (judge.findings, judge.figures)
}

struct Judge<'a> {
    findings: Vec<String>,
    figures: Figures,
    keys: &'a Keys,
}

impl Judge<'_> {
    fn found(&mut self, what: String) {
        self.findings.push(what);
    }

    fn case(&mut self, case: CaseId, sealed: &Sealed, seen: &Seen, left: &Left, lenient: bool) {
        self.figures.cases += 1;
        self.figures.needed += sealed.objects.values().map(|(_, length)| length).sum::<u64>();
        let Some(row) = left.rows.get(&case) else { return self.found(format!("I1: {case} is unknown to the phone")) };
        let at_box: Vec<_> = seen.cases.iter().filter(|other| other.case == case).collect();
        if at_box.len() > 1 {
            self.figures.doubled += 1;
            self.found(format!("I2: the box has {case} {} times", at_box.len()));
        }
        self.kept_or_receipted(row, sealed, left, at_box.first().copied());
        match (row.state, at_box.first()) {
            (CaseState::Quarantined, _) if lenient => self.figures.refused += 1,
            (CaseState::Purged, Some(stored)) => self.complete(stored, sealed, lenient),
            (state, stored) => {
                self.figures.lost += u64::from(stored.is_none() && state == CaseState::Purged);
                self.found(format!("I6: {case} ends as {state:?}, at the box: {}", stored.is_some()));
            }
        }
    }

    /// I8: what the phone has let go has a receipt that covers it, verified before; what it has not, it has whole.
    fn kept_or_receipted(&mut self, row: &CaseRow, sealed: &Sealed, left: &Left, stored: Option<&LedgerCase>) {
        let gone = sealed.objects.iter().filter(|(name, kept)| left.files.get(*name) != Some(kept)).count();
        let told: Vec<_> =
            left.journal.iter().filter(|(case, _)| *case == row.case).map(|(_, purged)| *purged).collect();
        let is_receipted = self.is_receipted(row, stored);
        if gone > 0 && !is_receipted {
            self.figures.let_go += 1;
            self.found(format!("I8: {gone} files of {} are gone without a receipt", row.case));
        }
        let in_order = match row.state {
            CaseState::Purged => told == [false, true],
            _ => told.is_empty(),
        };
        if !in_order {
            self.found(format!("I8: the journal tells of {} as {:?}: receipt and purge {told:?}", row.case, row.state));
        }
    }

    fn is_receipted(&self, row: &CaseRow, stored: Option<&LedgerCase>) -> bool {
        let (Some(receipt), Some(stored)) = (&row.receipt, stored) else { return false };
        let receipt = Signed::<Receipt>::verify(receipt, &self.keys.box_);
        let manifest = Signed::<Manifest>::verify(&stored.manifest, &self.keys.device);
        matches!((receipt, manifest), (Ok(receipt), Ok(manifest)) if receipt.payload().covers(&manifest))
    }

    /// I3: every object is there and is the one that was sealed.
    fn complete(&mut self, stored: &LedgerCase, sealed: &Sealed, lenient: bool) {
        let case = stored.case;
        if stored.receipt.is_none() {
            self.found(format!("I3: the box has no receipt of {case}"));
        }
        if stored.objects.len() != sealed.objects.len() {
            self.found(format!("I3: {case} has {} objects of {}", stored.objects.len(), sealed.objects.len()));
        }
        for object in &stored.objects {
            let expected = sealed.objects.get(&object.object.to_string());
            let bytes = object.file.as_ref().and_then(|file| std::fs::read(file).ok());
            let found = bytes.map(|bytes| (Hash::of(&[&bytes]), bytes.len() as u64));
            if found.is_none() || found.as_ref() != expected {
                self.figures.lost += 1;
                self.found(format!("I3: {} of {case} is missing or not as it was sealed", object.object));
            }
        }
        let events = usize::from(sealed.voided);
        if stored.events.len() != events && !(lenient && stored.events.is_empty()) {
            self.found(format!("I2: {case} has {} events of {events}", stored.events.len()));
        }
    }

    fn shifts(&mut self, told: &Told, seen: &Seen, lenient: bool) {
        let [shift] = seen.shifts.as_slice() else {
            return self.found(format!("I2: the box has {} shifts of one", seen.shifts.len()));
        };
        let fits = shift.seal.is_some() && shift.flag == SealFlag::Fits;
        if told.has_closed && !fits && !lenient {
            self.found(format!("I1: the shift's seal: there {}, {:?}", shift.seal.is_some(), shift.flag));
        }
    }
}
