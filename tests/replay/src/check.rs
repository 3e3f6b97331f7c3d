//! What must hold: expectations while playing, and the whole of it at the end.

use std::collections::BTreeMap;

use streife_core::client::Client;
use streife_core::domain::{CaseId, DeviceId};
use streife_core::error::Error;
use streife_core::journal::Expectation;
use streife_core::seal::{Kind, Manifest, Receipt, ShiftOpening, ShiftSeal, Signed, VerifyingKey, merkle};
use streife_core::sync::protocol::BoxCaseState;
use streife_core::vault::CaseState;

use crate::ReplayError;
use crate::desk::{Desk, ListedCase};
use crate::model::{CaseOutcome, Check, Summary};
use crate::opened::{self, Opener};
use crate::player::{Expected, PlayedCase};
use crate::target::Target;

/// Collects checks.
#[derive(Default)]
pub struct Checks(pub Vec<Check>);

impl Checks {
    /// Adds a check.
    pub fn add(&mut self, name: impl Into<String>, holds: bool, detail: impl Into<String>) {
        self.0.push(Check { name: name.into(), holds, detail: detail.into() });
    }

    /// Adds a check that holds if nothing was found.
    pub fn none(&mut self, name: &str, found: &[String]) {
        self.add(name, found.is_empty(), found.join("; "));
    }

    /// Checks that failed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.0.iter().filter(|check| !check.holds).count()
    }
}

/// Counts what the box and the phone have of this device's work.
///
/// # Errors
/// [`ReplayError::Setup`] if one of them cannot be read.
pub fn count(client: &Client, desk: &Desk) -> Result<Summary, ReplayError> {
    let mut summary = Summary::default();
    for row in client.cases().map_err(failed)? {
        match row.state {
            CaseState::Purged => summary.purged += 1,
            CaseState::Unsigned | CaseState::Sealed | CaseState::Quarantined => summary.queued += 1,
            _ => {}
        }
    }
    for listed in own_cases(client.device(), desk)? {
        if listed.state == BoxCaseState::Declared || desk.receipt(listed.case)?.is_none() {
            continue;
        }
        summary.cases += 1;
        let bytes = desk.manifest(listed.case)?;
        let (key, _) = desk.device(listed.device)?;
        if let Ok(manifest) = Signed::<Manifest>::verify(&bytes, &key) {
            let photos = manifest.payload().objects.iter().filter(|object| object.kind == Kind::Photo).count();
            summary.photos += photos as u64;
        }
        summary.voided += u64::from(!desk.events(listed.case)?.is_empty());
    }
    Ok(summary)
}

/// Bytes of all signed structures and objects that have arrived: what a perfect link would have carried.
///
/// # Errors
/// [`ReplayError::Setup`].
pub fn bytes_needed(client: &Client, desk: &Desk) -> Result<u64, ReplayError> {
    let mut bytes = 0;
    for listed in own_cases(client.device(), desk)? {
        let manifest = desk.manifest(listed.case)?;
        let (key, _) = desk.device(listed.device)?;
        let signed = Signed::<Manifest>::verify(&manifest, &key).map_err(failed)?;
        let objects: u64 = signed.payload().objects.iter().map(|object| object.length).sum();
        let events: usize = desk.events(listed.case)?.iter().map(|(_, bytes)| bytes.len()).sum();
        bytes += manifest.len() as u64 + objects + events as u64;
    }
    for row in client.shifts().map_err(failed)? {
        if let Ok((opening, seal)) = desk.shift(row.shift) {
            bytes += (opening.len() + seal.map_or(0, |seal| seal.len())) as u64;
        }
    }
    Ok(bytes)
}

/// The box's id, as its receipts name it.
///
/// # Errors
/// [`ReplayError::Setup`].
pub fn box_id(target: &Target, desk: &Desk, client: &Client) -> Result<String, ReplayError> {
    let key = VerifyingKey::from_sec1(&target.box_key).map_err(failed)?;
    for listed in own_cases(client.device(), desk)? {
        if let Some(receipt) = desk.receipt(listed.case)? {
            return Ok(Signed::<Receipt>::verify(&receipt, &key).map_err(failed)?.payload().box_id.to_string());
        }
    }
    Ok(String::new())
}

/// Compares counts with what the recording expects.
pub fn expect(line: usize, expected: &Expectation, found: &Summary, checks: &mut Checks) {
    let rows = [
        ("cases at the box", expected.cases, found.cases),
        ("photos at the box", expected.photos, found.photos),
        ("void events at the box", expected.voided, found.voided),
        ("tombstones on the phone", expected.purged, found.purged),
        ("cases queued on the phone", expected.queued, found.queued),
    ];
    for (what, expected, found) in rows {
        if let Some(expected) = expected {
            let detail = if expected == found { String::new() } else { format!("there are {found}") };
            checks.add(format!("line {line}: {expected} {what}"), expected == found, detail);
        }
    }
}

/// Compares the findings of a case before it is sealed with what the recording expects: exactly those, in any order.
pub fn expect_findings(line: usize, expected: &Expected, checks: &mut Checks) {
    let (Some(case), Some(findings)) = (&expected.case, &expected.findings) else { return };
    let mut wanted = findings.expected.clone();
    wanted.sort_unstable();
    let listed = |codes: &[String]| if codes.is_empty() { "nothing".to_owned() } else { codes.join(", ") };
    let holds = wanted == findings.found;
    let detail = if holds { String::new() } else { format!("found: {}", listed(&findings.found)) };
    checks.add(format!("line {line}: before sealing, {case} shows {}", listed(&wanted)), holds, detail);
}

/// Everything that must hold when the recording has ended.
pub struct Final<'a> {
    /// The phone.
    pub client: &'a Client,
    /// The box.
    pub desk: &'a Desk,
    /// Keys to open with.
    pub target: &'a Target,
    /// What was played.
    pub played: &'a BTreeMap<String, PlayedCase>,
}

impl Final<'_> {
    /// Makes all final checks; returns the cases as the case worker sees them.
    ///
    /// # Errors
    /// [`ReplayError::Setup`] if phone or box cannot be read.
    pub fn check(&self, checks: &mut Checks) -> Result<Vec<CaseOutcome>, ReplayError> {
        let listed = own_cases(self.client.device(), self.desk)?;
        let (device_key, _) = match listed.first() {
            Some(case) => self.desk.device(case.device)?,
            None => return Ok(self.played.iter().map(|(label, case)| opened::absent(label, case)).collect()),
        };
        let box_key = VerifyingKey::from_sec1(&self.target.box_key).map_err(failed)?;
        let opener = Opener { desk: self.desk, case_worker: &self.target.case_worker, device_key, box_key };
        let mut outcomes = Vec::new();
        for (label, played) in self.played {
            outcomes.push(self.case(&opener, &listed, label, played)?);
        }
        outcomes.sort_by_key(|outcome| outcome.begun_ms);
        self.summarise(&listed, &outcomes, checks);
        self.journal(checks)?;
        self.shifts(&opener, checks)?;
        Ok(outcomes)
    }

    fn case(
        &self,
        opener: &Opener<'_>,
        listed: &[ListedCase],
        label: &str,
        played: &PlayedCase,
    ) -> Result<CaseOutcome, ReplayError> {
        let row = self.client.case(played.case).map_err(failed)?;
        let mut outcome = match listed.iter().find(|listed| listed.case == played.case) {
            Some(listed) => opener.open(label, played, listed)?,
            None => opened::absent(label, played),
        };
        outcome.phone_state = format!("{:?}", row.state).to_lowercase();
        outcome.seq = row.seq;
        if played.receipted_ms.is_some() {
            outcome.findings.extend(self.left_behind(&row)?);
        }
        Ok(outcome)
    }

    /// After the receipt only a tombstone may be left.
    fn left_behind(&self, row: &streife_core::vault::CaseRow) -> Result<Vec<String>, ReplayError> {
        let mut found = Vec::new();
        if row.state != CaseState::Purged {
            found.push("the payload is still on the phone".to_owned());
        }
        if row.payload_hash.is_none() || row.receipt.is_none() {
            found.push("the tombstone is not whole".to_owned());
        }
        if self.client.draft(row.case).is_ok() || row.manifest.is_some() {
            found.push("something of the case can still be read on the phone".to_owned());
        }
        Ok(found)
    }

    fn summarise(&self, listed: &[ListedCase], outcomes: &[CaseOutcome], checks: &mut Checks) {
        let faulty = |pick: fn(&CaseOutcome) -> bool| -> Vec<String> {
            outcomes.iter().filter(|o| pick(o)).map(|o| format!("{}: {}", o.label, o.findings.join(", "))).collect()
        };
        let photos: usize = outcomes.iter().map(|outcome| outcome.photos.len()).sum();
        let equal = outcomes.iter().flat_map(|o| &o.photos).filter(|photo| photo.equal).count();
        let mut ids: Vec<CaseId> = listed.iter().map(|listed| listed.case).collect();
        ids.sort_unstable();
        ids.dedup();
        let foreign = ids.iter().filter(|id| self.played.values().all(|played| played.case != **id)).count();
        checks.add("every case is at the box once", ids.len() == listed.len(), format!("{} cases", listed.len()));
        checks.add("the box has no case that was not recorded", foreign == 0 || self.is_shared(), String::new());
        let mut receipted = outcomes.iter().filter(|o| o.receipted_ms.is_some()).flat_map(|o| &o.photos);
        let all_equal = receipted.all(|photo| photo.equal);
        checks.add(
            "every photo that was receipted opens to the original's hash",
            all_equal,
            format!("{equal} of {photos}"),
        );
        checks.none(
            "every case opens and all its signatures, hashes and commitments hold",
            &faulty(|o| !o.findings.is_empty()),
        );
    }

    /// A vault that has played before has cases of earlier recordings.
    fn is_shared(&self) -> bool {
        self.client.cases().is_ok_and(|cases| cases.len() > self.played.len())
    }

    fn journal(&self, checks: &mut Checks) -> Result<(), ReplayError> {
        let journal = self.client.journal().map_err(failed)?;
        let verified = journal.verify();
        let detail = match &verified {
            Ok(head) => format!("{} entries", head.n),
            Err(error) => error.to_string(),
        };
        checks.add("the phone's journal is one unbroken chain", verified.is_ok(), detail);
        Ok(())
    }

    fn shifts(&self, opener: &Opener<'_>, checks: &mut Checks) -> Result<(), ReplayError> {
        for row in self.client.shifts().map_err(failed)? {
            let Ok((opening, seal)) = self.desk.shift(row.shift) else { continue };
            let opening = Signed::<ShiftOpening>::verify(&opening, &opener.device_key).map_err(failed)?;
            let Some(seal) = seal else { continue };
            let seal = Signed::<ShiftSeal>::verify(&seal, &opener.device_key).map_err(failed)?.into_payload();
            let heads = seal.heads().unwrap_or_default();
            let mut leaves = Vec::new();
            let mut on_chain = heads.contains(&opening.payload().head);
            for listed in own_cases(self.client.device(), self.desk)?.iter().filter(|listed| listed.shift == row.shift)
            {
                let manifest = Signed::<Manifest>::verify(&self.desk.manifest(listed.case)?, &opener.device_key);
                let manifest = manifest.map_err(failed)?;
                on_chain &= heads.contains(&manifest.payload().head);
                leaves.push((manifest.payload().seq, manifest.payload_hash()));
            }
            leaves.sort_unstable();
            let numbers = leaves.iter().map(|(seq, _)| *seq).eq(1..=u32::try_from(leaves.len()).unwrap_or(u32::MAX));
            let leaves: Vec<_> = leaves.into_iter().map(|(_, leaf)| leaf).collect();
            let count = seal.count == leaves.len() as u64;
            checks.add(
                "the shift seal's chain holds every manifest and the opening",
                on_chain,
                format!("{} entries", heads.len()),
            );
            checks.add(
                "the shift seal covers all cases, numbered without a gap",
                numbers && count,
                format!("{} cases", seal.count),
            );
            checks.add(
                "the shift seal's Merkle root is that of the manifests",
                merkle::root(&leaves) == seal.root,
                String::new(),
            );
        }
        Ok(())
    }
}

fn own_cases(device: DeviceId, desk: &Desk) -> Result<Vec<ListedCase>, ReplayError> {
    Ok(desk.cases()?.into_iter().filter(|listed| listed.device == device).collect())
}

fn failed(error: impl Into<Error>) -> ReplayError {
    ReplayError::setup("check")(&error.into())
}
