//! Ways of working that are killed at each of their system calls, one by one.
//!
//! A way is a mode of the victim and what must lie on the phone before it. It has kill points of its own, so that a
//! short one (closing a shift) is not lost among the thousand calls of a long one. **A new way** (rotation of keys, a
//! migration, suspending) is one more entry of [`SCENARIOS`]: everything else follows.

use std::fmt::{Display, Formatter};
use std::path::Path;

use streife_core::vault::CaseState;

use crate::patrol::undisturbed;
use crate::{Line, Mode, Phone};

/// One way of working.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// As a run prints it.
    pub name: &'static str,
    /// What the victim does.
    pub mode: Mode,
    /// What is done before it, undisturbed; gives what was acknowledged.
    pub prepare: fn(&Phone) -> Vec<Line>,
}

/// All of them. Recovery is not here: what it finds is what a kill in one of these has left.
pub const SCENARIOS: [Scenario; 3] = [
    Scenario { name: "capture", mode: Mode::Once, prepare: nothing },
    Scenario { name: "void", mode: Mode::Void, prepare: a_sealed_case_and_a_draft },
    Scenario { name: "close", mode: Mode::Close, prepare: a_sealed_case },
];

fn nothing(_: &Phone) -> Vec<Line> {
    Vec::new()
}

fn a_sealed_case(phone: &Phone) -> Vec<Line> {
    undisturbed(phone, |patrol| patrol.case().map(drop))
}

fn a_sealed_case_and_a_draft(phone: &Phone) -> Vec<Line> {
    undisturbed(phone, |patrol| {
        patrol.case()?;
        let draft = patrol.draft()?;
        patrol.photo(draft, streife_core::domain::PhotoClass::Overview, 0)
    })
}

/// What a kill has left for the next opening to mend.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Residue {
    /// The database was not there yet.
    pub is_new: bool,
    /// Photos without a row.
    pub adopted: usize,
    /// Torn files.
    pub deleted: u32,
    /// Files that nobody can account for.
    pub set_aside: u32,
    /// Cases, events and shifts that wait for their signature.
    pub unsigned: usize,
}

impl Residue {
    /// Opens the phone to find out: it is mended then.
    ///
    /// # Panics
    /// If it does not open.
    #[must_use]
    pub fn of(phone: &Phone) -> Self {
        let is_new = !phone.vault_folder().join("vault.db").exists();
        let opened = phone.open_vault().expect("opens behind a kill");
        let (vault, sweep) = (opened.vault, opened.sweep);
        let events = vault.events().expect("reads").iter().filter(|event| event.signed.is_none()).count();
        let shifts = vault.shifts().expect("reads");
        let shifts = shifts.iter().filter(|row| row.opening.is_none() || row.last_n.is_some() && row.seal.is_none());
        let unsigned = vault.cases_in_state(CaseState::Unsigned).expect("reads").len() + events + shifts.count();
        Self { is_new, adopted: sweep.orphans.len(), deleted: sweep.deleted, set_aside: sweep.quarantined, unsigned }
    }
}

impl Display for Residue {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Self { is_new, adopted, deleted, set_aside, unsigned } = self;
        let vault = if *is_new { "no database" } else { "a database" };
        write!(f, "{vault}, {adopted} to adopt, {deleted} to delete, {set_aside} to set aside, {unsigned} to sign")
    }
}

/// Copies a phone, so that it can be killed many times from the same state.
///
/// # Panics
/// If the folder cannot be copied.
#[must_use]
pub fn copy_of(phone: &Phone, to: &Path) -> Phone {
    copy_folder(phone.folder(), to).expect("copies the phone");
    Phone::at(to)
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
