//! The checker: opens a vault behind a kill and compares it with what was acknowledged.
//!
//! It demands that the vault opens, its journal verifies, everything acknowledged is there with its very bytes,
//! whatever else is there is whole, the object folder holds exactly what the rows name, and the key store the keys of the
//! epochs that live.

use std::collections::BTreeSet;

use streife_core::client::{Client, Notice};
use streife_core::domain::{CaseId, ObjectId};
use streife_core::error::{Error, ErrorKind};
use streife_core::vault::{EventRow, Vault};

use crate::evidence::{Fault, Found, Holdings};
use crate::oracle::AcknowledgedCase;
use crate::{Acknowledged, Phone, epochs};

/// What the checker found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Acknowledged and not there.
    pub lost: Vec<String>,
    /// There and not whole, or left behind.
    pub broken: Vec<String>,
    /// Photos without a row that were taken into their draft.
    pub adopted: u32,
    /// Torn files that were removed.
    pub deleted: u32,
    /// Files that were set aside.
    pub set_aside: u32,
    /// Cases and photos that nobody acknowledged, which is allowed.
    pub extra: u32,
}

impl Verdict {
    /// Ends the test unless all is well.
    ///
    /// # Panics
    /// If something was lost or is broken.
    pub fn assert_sound(&self, context: &str) {
        assert!(self.lost.is_empty() && self.broken.is_empty(), "{context}: {self:#?}");
    }

    fn demand(&mut self, result: Result<(), String>, of: &str) {
        if let Err(what) = result {
            self.broken.push(format!("{of}: {what}"));
        }
    }
}

/// Opens the phone's vault, lets it recover, and compares.
#[must_use]
pub fn check(phone: &Phone, acknowledged: &Acknowledged) -> Verdict {
    let mut verdict = Verdict::default();
    if let Err(error) = recover(phone, &mut verdict) {
        verdict.broken.push(format!("the vault does not open: {error}"));
    }
    match phone.open_vault() {
        Ok(opened) => {
            verdict.demand(expect_clean(opened.sweep.is_clean()), "a second opening");
            compare(&opened.vault, phone, acknowledged, &mut verdict);
            drop(opened);
            verdict.demand(epochs::have_their_keys(phone), "the key store");
        }
        Err(error) => verdict.lost.push(format!("everything: {error}")),
    }
    verdict
}

/// Opens the app; a vault whose salvage was killed is damaged still, and is salvaged once more.
///
/// # Errors
/// As the core says.
pub fn open_or_salvage(phone: &Phone) -> Result<Client, Error> {
    match phone.try_open() {
        Err(error) if error.kind() == ErrorKind::Corrupt => phone.salvage().map(|(client, _)| client),
        opened => opened,
    }
}

/// As an app does it: open, look at what was mended, sign what waits. Nobody has set this phone back or copied it.
fn recover(phone: &Phone, verdict: &mut Verdict) -> Result<(), Error> {
    let client = open_or_salvage(phone)?;
    let is_blame = |notice: &Notice| matches!(notice, Notice::SetBack { .. } | Notice::Copied | Notice::Damaged(_));
    let blames = client.notices().into_iter().filter(is_blame);
    verdict.broken.extend(blames.map(|notice| format!("an honest phone is blamed: {notice:?}")));
    let sweep = client.recovered();
    verdict.adopted = u32::try_from(sweep.orphans.len()).unwrap_or(u32::MAX);
    (verdict.deleted, verdict.set_aside) = (sweep.deleted, sweep.quarantined);
    let rows_without_file = sweep.missing.iter().map(|orphan| format!("{orphan:?}: a row without its file"));
    verdict.broken.extend(rows_without_file);
    client.journal()?.verify()?;
    client.sign_pending()
}

fn compare(vault: &Vault, phone: &Phone, acknowledged: &Acknowledged, verdict: &mut Verdict) {
    let holdings = Holdings::read(vault, phone).expect("the vault was just opened");
    for (case, fault) in &holdings.bad_events {
        verdict.broken.push(format!("{case}: {fault}"));
    }
    let of_cases = holdings.cases.iter().filter_map(|(case, found)| Some(format!("{case}: {}", found.as_ref().err()?)));
    let of_shifts =
        holdings.shifts.iter().filter_map(|(shift, found)| Some(format!("shift {shift}: {}", found.as_ref().err()?)));
    verdict.broken.extend(of_cases.chain(of_shifts));
    verdict.lost = missing(&holdings, acknowledged);
    verdict.extra = extra(&holdings, acknowledged);
    verdict.demand(folder_equals_rows(vault, phone), "the object folder");
}

/// What was acknowledged and is not there, or not whole.
#[must_use]
pub fn missing(holdings: &Holdings, acknowledged: &Acknowledged) -> Vec<String> {
    let is_closed = |shift| matches!(holdings.shifts.get(shift), Some(Ok(true)));
    let open = acknowledged.closed.iter().filter(|shift| !is_closed(shift));
    let mut all: Vec<_> = open.map(|shift| format!("the end of shift {shift}")).collect();
    for (case, expected) in &acknowledged.cases {
        let missing = match holdings.cases.get(case) {
            Some(Ok(found)) => missing_of(found, expected, holdings.events.iter().filter(|event| event.case == *case)),
            _ => vec!["the case".to_owned()],
        };
        all.extend(missing.into_iter().map(|what| format!("{case}: {what}")));
    }
    all
}

/// What of a case was acknowledged and is not there.
fn missing_of<'a>(
    found: &Found,
    expected: &AcknowledgedCase,
    mut events: impl Iterator<Item = &'a EventRow>,
) -> Vec<String> {
    let mut missing = Vec::new();
    if expected.voided.is_some_and(|voided| !events.any(|event| event.event == voided)) {
        missing.push("its void".to_owned());
    }
    if expected.sealed.is_some() && expected.sealed != found.seq {
        missing.push(format!("its number {:?}, it has {:?}", expected.sealed, found.seq));
    }
    if found.purged {
        return missing; // the receipt answers for the rest
    }
    if expected.edited > found.place {
        missing.push(format!("edit {:?}, its place has {:?}", expected.edited, found.place));
    }
    for (object, hash) in &expected.photos {
        let same = |found: &ObjectId| object.is_none_or(|object| object == *found);
        if !found.photos.get(hash).is_some_and(same) {
            missing.push(format!("photo {object:?} with hash {hash}"));
        }
    }
    missing
}

fn extra(holdings: &Holdings, acknowledged: &Acknowledged) -> u32 {
    let of_case = |(case, found): (&CaseId, &Result<Found, Fault>)| {
        let photos = found.as_ref().map_or(0, |found| found.photos.len());
        acknowledged.cases.get(case).map_or(1 + photos, |known| photos.saturating_sub(known.photos.len()))
    };
    u32::try_from(holdings.cases.iter().map(of_case).sum::<usize>()).unwrap_or(u32::MAX)
}

/// Files of the object folder, no more and no fewer than the rows of all cases name.
fn folder_equals_rows(vault: &Vault, phone: &Phone) -> Result<(), String> {
    let mut named = BTreeSet::new();
    for row in vault.cases().map_err(|error| error.to_string())? {
        let objects = vault.objects_of(row.case).map_err(|error| error.to_string())?;
        named.extend(objects.iter().map(|row| format!("{}.sbx", row.object.object)));
    }
    let there = object_files(phone);
    if there == named { Ok(()) } else { Err(format!("{there:?} instead of {named:?}")) }
}

/// Names of all files in the object folder.
///
/// # Panics
/// If it cannot be read.
#[must_use]
pub fn object_files(phone: &Phone) -> BTreeSet<String> {
    let entries = std::fs::read_dir(phone.vault_folder().join("objects")).expect("lists");
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

fn expect_clean(is_clean: bool) -> Result<(), String> {
    if is_clean { Ok(()) } else { Err("still finds something to mend".to_owned()) }
}
