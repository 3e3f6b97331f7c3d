//! Files that end too early, as a torn write or a disk that lied leaves them, and what opening such a phone comes to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Display, Formatter};
use std::panic::{AssertUnwindSafe, catch_unwind};

use streife_core::client::{Client, Notice};
use streife_core::domain::{CaseId, ObjectId};
use streife_core::error::Error;
use streife_core::ports::NeverCancel;
use streife_core::seal::{CHUNK, HEADER, Hash};
use streife_core::vault::{CaseState, ObjectRow, Vault};

use crate::chance::Chance;
use crate::check::missing;
use crate::evidence::{Fault, Holdings, open};
use crate::{Acknowledged, Line, Phone};

/// Files up to this length are torn at every offset if all are asked for.
const SMALL: u64 = 8192;
/// Offsets anywhere in longer ones then, beside those at borders.
const ANYWHERE: u32 = 1500;
const PAGE: u64 = 4096;

/// Where a file changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Borders {
    first: u64,
    step: u64,
}

impl Borders {
    /// Of a SQLite database: its pages.
    pub const DATABASE: Self = Self { first: 0, step: PAGE };
    /// Of a write-ahead log: its header, then frames of a header and a page.
    pub const LOG: Self = Self { first: 32, step: 24 + PAGE };
    /// Of a sealed object: its header, then chunks with their tags.
    pub const OBJECT: Self = Self { first: HEADER as u64, step: CHUNK as u64 + 16 };

    /// Offsets below `length` to tear a file at. A sample has both ends, and of borders and of other places half each;
    /// all means every offset of a small file, and of a longer one every border and many others.
    #[must_use]
    pub fn offsets(self, length: u64, at_most: Option<u32>, chance: &mut Chance) -> BTreeSet<u64> {
        let near: Vec<_> = self.near(length).into_iter().collect();
        let (at_borders, anywhere) = match at_most {
            None if length <= SMALL => return (0..length).collect(),
            None => (near, ANYWHERE),
            Some(most) => ((0..most / 2).filter_map(|_| chance.one_of(&near)).collect(), most / 2),
        };
        let below = u32::try_from(length).expect("files of a test have less than 4 GiB");
        let others = (0..anywhere).map(|_| u64::from(chance.below(below)));
        at_borders.into_iter().chain(others.collect::<Vec<_>>()).chain([0, length - 1]).collect()
    }

    /// Borders, one before and one behind each.
    fn near(self, length: u64) -> BTreeSet<u64> {
        let borders = [0].into_iter().chain((0..).map(|n| self.first + n * self.step).take_while(|at| *at <= length));
        borders.flat_map(|at| [at.saturating_sub(1), at, at + 1]).filter(|at| *at < length).collect()
    }
}

/// What opening came to; each of these is allowed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Everything acknowledged is there.
    Whole,
    /// A state that the vault once had: so much of what was acknowledged, from the first line on, and nothing behind. Not
    /// noticed, because the anchor had not come further either.
    Earlier(usize),
    /// The same, and the vault says that it was set back.
    SetBack(usize),
    /// The vault does not open, with this error.
    Refused(String),
    /// The vault opens and its journal is refused, with this error; everything acknowledged is there.
    JournalRefused(String),
    /// Some cases are refused, the first with this error; all others are there.
    CasesRefused(String),
    /// One object does not open, with this error; all else is there.
    ObjectRefused(String),
}

impl Display for Outcome {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole => write!(f, "whole"),
            Self::Earlier(0) => write!(f, "empty"),
            Self::Earlier(_) => write!(f, "an earlier state that the anchor knows"),
            Self::SetBack(_) => write!(f, "an earlier state, noticed"),
            Self::Refused(why) => write!(f, "vault refused ({why})"),
            Self::JournalRefused(why) => write!(f, "journal refused ({why})"),
            Self::CasesRefused(why) => write!(f, "cases refused ({why})"),
            Self::ObjectRefused(why) => write!(f, "object refused ({why})"),
        }
    }
}

/// Opens a phone whose database or log was torn, and compares.
///
/// # Errors
/// What must not be: data that is silently wrong, a hole in what is there, a file thrown away, a panic.
pub fn judge_rows(phone: &Phone, lines: &[Line]) -> Result<Outcome, String> {
    unpanicked(|| {
        let files = kept_files(phone);
        let outcome = open_rows(phone, lines)?;
        let thrown_away: Vec<_> = files.difference(&kept_files(phone)).cloned().collect();
        if thrown_away.is_empty() { Ok(outcome) } else { Err(format!("threw away {thrown_away:?}")) }
    })
}

fn open_rows(phone: &Phone, lines: &[Line]) -> Result<Outcome, String> {
    let anchored = phone.anchored();
    let client = match phone.try_open() {
        Ok(client) => client,
        Err(error) => return Ok(Outcome::Refused(error.to_string())),
    };
    let is_noticed = is_set_back(&client, anchored)?;
    // As an app does it: verify the journal, sign what waits.
    let mended = client.journal().and_then(|journal| Ok(journal.verify()?)).and_then(|_| client.sign_pending());
    drop(client);
    let vault = phone.open_vault().map_err(|error| format!("opened once and then {error}"))?.vault;
    let holdings = Holdings::read(&vault, phone).map_err(|error| format!("opened and cannot be listed: {error}"))?;
    let refused = refused_cases(&holdings)?;
    let others: Vec<_> =
        lines.iter().filter(|line| !line.case().is_some_and(|case| refused.contains_key(&case))).collect();
    let held: Vec<_> = others.iter().map(|line| is_held(&holdings, **line)).collect();
    let first = held.iter().position(|held| !held).unwrap_or(held.len());
    // A photo whose row is gone may be taken in again out of its file.
    let is_hole = |(line, held): (&&Line, &bool)| *held && !matches!(line, Line::Photo(..));
    if others.iter().zip(&held).skip(first).any(is_hole) {
        return Err(format!("a hole at line {first}: {held:?}"));
    }
    let why = |error: &dyn Display| error.to_string();
    Ok(match (mended, refused.values().next()) {
        (Ok(()), None) if first == held.len() => Outcome::Whole,
        (Ok(()), None) if is_noticed => Outcome::SetBack(first),
        (Ok(()), None) => Outcome::Earlier(first),
        _ if first < held.len() => return Err(format!("an earlier state, and something is refused: {refused:?}")),
        (_, Some(fault)) => Outcome::CasesRefused(why(fault)),
        (Err(error), None) => Outcome::JournalRefused(why(&error)),
    })
}

/// Whether the vault says that it was set back; it must say so exactly if the place that the anchor names is not in its
/// journal.
fn is_set_back(client: &Client, anchored: Option<(u64, Hash)>) -> Result<bool, String> {
    let is_noticed = client.notices().iter().any(|notice| matches!(notice, Notice::SetBack { .. }));
    let Some((n, link)) = anchored else { return Ok(is_noticed) };
    let Ok(journal) = client.journal() else { return Ok(is_noticed) };
    let is_reached = journal.entries.iter().any(|entry| entry.n == n && entry.link == link);
    match (is_noticed, is_reached) {
        (false, false) => Err(format!("the journal is cut before entry {n}, and nobody notices")),
        (true, true) => Err(format!("entry {n} is there, and the vault is blamed to be set back")),
        (is_noticed, _) => Ok(is_noticed),
    }
}

/// Cases that the core refuses to give. Nothing may be wrong.
fn refused_cases(holdings: &Holdings) -> Result<BTreeMap<CaseId, &Fault>, String> {
    let of_cases = holdings.cases.iter().filter_map(|(case, found)| Some((*case, found.as_ref().err()?)));
    let all: BTreeMap<_, _> = of_cases.chain(holdings.bad_events.iter().map(|(case, fault)| (*case, fault))).collect();
    let of_shifts =
        holdings.shifts.iter().filter_map(|(shift, found)| Some((shift.to_string(), found.as_ref().err()?)));
    let named = all.iter().map(|(case, fault)| (case.to_string(), *fault));
    match named.chain(of_shifts).find(|(_, fault)| matches!(fault, Fault::Wrong(_))) {
        Some((of, fault)) => Err(format!("{of}: {fault}")),
        None => Ok(all),
    }
}

fn is_held(holdings: &Holdings, line: Line) -> bool {
    let mut alone = Acknowledged::default();
    alone.take(line);
    missing(holdings, &alone).is_empty()
}

/// Opens a phone on which one object was torn: it alone must not open, and nothing else may suffer.
///
/// # Errors
/// What must not be.
pub fn judge_object(phone: &Phone, torn: &ObjectRow, lines: &[Line]) -> Result<Outcome, String> {
    unpanicked(|| {
        use_drafts(phone).map_err(|error| format!("the app does not get on: {error}"))?;
        let vault = phone.open_vault().map_err(|error| format!("does not open: {error}"))?.vault;
        let holdings = Holdings::read(&vault, phone).map_err(|error| format!("cannot be listed: {error}"))?;
        if let Some((case, fault)) = refused_cases(&holdings)?.into_iter().find(|(case, _)| *case != torn.case) {
            return Err(format!("another case, {case}: {fault}"));
        }
        let others = lines.iter().filter(|line| line.case() != Some(torn.case));
        if let Some(line) = others.copied().find(|line| !is_held(&holdings, *line)) {
            return Err(format!("another case suffers: {line}"));
        }
        siblings_open(&vault, torn)?;
        match open(&vault, torn) {
            Err(Fault::Refused(why)) => Ok(Outcome::ObjectRefused(why)),
            other => Err(format!("the torn object opens: {:?}", other.map(|plain| plain.len()))),
        }
    })
}

/// What an app does with drafts, whatever became of their photos.
fn use_drafts(phone: &Phone) -> Result<(), Error> {
    let client = phone.try_open()?;
    client.journal()?.verify()?;
    for row in client.cases()?.iter().filter(|row| row.state == CaseState::Draft) {
        client.draft(row.case)?;
        // May refuse a torn photo; it must not panic.
        let _ = client.make_thumbnails(row.case, &NeverCancel);
    }
    Ok(())
}

fn siblings_open(vault: &Vault, torn: &ObjectRow) -> Result<(), String> {
    let rows = vault.objects_of(torn.case).map_err(|error| error.to_string())?;
    let others = rows.iter().filter(|row| row.object.object != torn.object.object);
    others.map(|row| open(vault, row)).find_map(Result::err).map_or(Ok(()), |fault| Err(format!("a sibling: {fault}")))
}

/// Whole objects, wherever they lie.
fn kept_files(phone: &Phone) -> BTreeSet<String> {
    let folders = ["objects", "quarantine"].map(|name| phone.vault_folder().join(name));
    let entries = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.ends_with(".sbx")).collect()
}

fn unpanicked(work: impl FnOnce() -> Result<Outcome, String>) -> Result<Outcome, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err("panicked".to_owned()))
}

/// Objects of all cases, as rows name them.
///
/// # Panics
/// If they cannot be listed.
#[must_use]
pub fn objects(phone: &Phone) -> Vec<ObjectRow> {
    let vault = phone.open_vault().expect("opens").vault;
    let cases = vault.cases().expect("lists");
    cases.iter().flat_map(|row| vault.objects_of(row.case).expect("lists")).collect()
}

/// Cuts a file of a phone's vault to this length.
///
/// # Panics
/// If it is not there.
pub fn tear(phone: &Phone, file: &str, length: u64) {
    let file = std::fs::File::options().write(true).open(phone.vault_folder().join(file));
    file.expect("is there").set_len(length).expect("is cut");
}

/// Name of an object's file below the vault's folder.
#[must_use]
pub fn object_file(object: ObjectId) -> String {
    format!("objects/{object}.sbx")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_lie_at_borders_and_elsewhere() {
        let mut chance = Chance::announced("offsets");
        assert_eq!(Borders::OBJECT.offsets(2000, None, &mut chance).len(), 2000);
        let all = Borders::LOG.offsets(32 + 3 * 4120, None, &mut chance);
        assert!([0, 1, 31, 32, 33, 4151, 4152, 4153, 8271, 8272, 8273, 12_391].iter().all(|at| all.contains(at)));
        let sample = Borders::DATABASE.offsets(100_000, Some(10), &mut chance);
        assert!(sample.len() <= 12 && sample.contains(&0) && sample.contains(&99_999));
        assert!(sample.iter().all(|at| *at < 100_000));
    }
}
