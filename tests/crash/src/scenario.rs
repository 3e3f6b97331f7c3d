//! Ways of working that are killed at each of their system calls, one by one.
//!
//! A way is a mode of the victim and what must lie on the phone before it. It has kill points of its own, so that a
//! short one (closing a shift) is not lost among the thousand calls of a long one. **A new way** is one more entry of
//! [`SCENARIOS`]: everything else follows. Handing over is not among them, because it needs a box; `handover_kills` has it.

use std::fmt::{Display, Formatter};
use std::path::Path;

use streife_core::domain::PhotoClass;
use streife_core::vault::CaseState;

use crate::check::open_or_salvage;
use crate::patrol::undisturbed;
use crate::{Line, Mode, Phone, epochs, golden};

const PAGE: usize = 4_096;

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
pub const SCENARIOS: [Scenario; 8] = [
    Scenario { name: "capture", mode: Mode::Once, prepare: nothing },
    Scenario { name: "void", mode: Mode::Void, prepare: a_sealed_case_and_a_draft },
    Scenario { name: "close", mode: Mode::Close, prepare: a_sealed_case },
    Scenario { name: "rotate", mode: Mode::Rotate, prepare: a_sealed_case_and_a_draft },
    Scenario { name: "suspend", mode: Mode::Suspend, prepare: a_sealed_case_and_a_draft },
    Scenario { name: "migrate", mode: Mode::Reopen, prepare: golden::install },
    Scenario { name: "salvage of a lost database", mode: Mode::Salvage, prepare: a_lost_database },
    Scenario { name: "salvage of a damaged database", mode: Mode::Salvage, prepare: a_damaged_database },
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
        patrol.photo(draft, PhotoClass::Overview, 0)
    })
}

/// The facts of the draft are lost with the database; everything else comes back.
fn a_lost_database(phone: &Phone) -> Vec<Line> {
    let lines = a_sealed_case_and_a_draft(phone);
    std::fs::remove_file(phone.vault_folder().join("vault.db")).expect("is there");
    let is_sealed = |case| lines.iter().any(|line| matches!(line, Line::Sealed(sealed, _) if *sealed == case));
    lines.iter().copied().filter(|line| !matches!(line, Line::Edited(case, _) if !is_sealed(*case))).collect()
}

/// A page of the journal is gone: every row of the cases can still be read.
fn a_damaged_database(phone: &Phone) -> Vec<Line> {
    let lines = a_sealed_case_and_a_draft(phone);
    let file = phone.vault_folder().join("vault.db");
    let page: u32 = {
        let database = rusqlite::Connection::open(&file).expect("opens");
        let root = "SELECT rootpage FROM sqlite_schema WHERE name = 'journal'";
        database.query_row(root, [], |row| row.get(0)).expect("has a journal")
    };
    let database = std::fs::File::options().write(true).open(file).expect("opens");
    std::os::unix::fs::FileExt::write_all_at(&database, &[0x5a; PAGE], u64::from(page - 1) * PAGE as u64)
        .expect("writes");
    lines
}

/// What a kill has left for the next opening to mend.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Residue {
    /// The database was not there yet.
    pub is_new: bool,
    /// States of the key epochs.
    pub epochs: Vec<u8>,
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
        let epochs = epochs::of(phone).map_or_else(|_| Vec::new(), |all| all.iter().map(|epoch| epoch.1).collect());
        if is_damaged(phone) {
            drop(open_or_salvage(phone).expect("is built again behind a kill"));
        }
        let opened = phone.open_vault().expect("opens behind a kill");
        let (vault, sweep) = (opened.vault, opened.sweep);
        let events = vault.events().expect("reads").iter().filter(|event| event.signed.is_none()).count();
        let shifts = vault.shifts().expect("reads");
        let shifts = shifts.iter().filter(|row| row.opening.is_none() || row.last_n.is_some() && row.seal.is_none());
        let cases = vault.cases().expect("reads");
        let cases = cases.iter().filter(|row| row.state == CaseState::Unsigned).count();
        Self {
            is_new,
            epochs,
            adopted: sweep.orphans.len(),
            deleted: sweep.deleted,
            set_aside: sweep.quarantined,
            unsigned: cases + events + shifts.count(),
        }
    }
}

impl Display for Residue {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Self { is_new, epochs, adopted, deleted, set_aside, unsigned } = self;
        let vault = if *is_new { "no database" } else { "a database" };
        write!(
            f,
            "{vault}, key epochs {epochs:?}, {adopted} to adopt, {deleted} to delete, {set_aside} to set aside, {unsigned} to sign"
        )
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

/// Whether the vault does not open before it is salvaged.
fn is_damaged(phone: &Phone) -> bool {
    matches!(phone.open_vault().map(drop), Err(streife_core::vault::VaultError::Corrupt))
}

/// Copies a folder and what is in it.
///
/// # Errors
/// As the file system says.
pub fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
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
