//! Database, log and object files that end too early, at chosen offsets.
//!
//! Nothing may panic, be silently wrong or be thrown away: everything acknowledged is there, or the vault refuses to open
//! with a typed error, or it is in a state that it once had.
//!
//! A log without its end is a chain of frames that verifies, only shorter: the folder alone does not tell. The anchor
//! outside it does. It is told of milestones, behind the call, so a tail that it has not heard of yet may be gone unseen;
//! one that it has heard of must be noticed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use streife_core::domain::{CaseId, PhotoClass};
use streife_crash::chance::Chance;
use streife_crash::patrol::undisturbed;
use streife_crash::scenario::copy_of;
use streife_crash::settings::{Alone, offsets, say, scratch};
use streife_crash::torn::{Borders, Outcome, judge_object, judge_rows, object_file, objects, tear};
use streife_crash::{Line, Mode, Phone, Victim};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_patrol");
const DATABASE: &str = "vault.db";
const LOG: &str = "vault.db-wal";
/// Lines heard before the kill that leaves a log: some two cases, fewer than a checkpoint needs.
const LINES: u32 = 12;
/// Of each further object of a kind, when every offset of the first is tried.
const OFFSETS_OF_THE_NEXT: u32 = 40;

/// A phone with sealed cases, one of them void, and drafts with photos, and what it has acknowledged.
struct Template {
    _folder: TempDir,
    phone: Phone,
    lines: Vec<Line>,
    /// So many of the lines are in the database.
    in_database: usize,
}

impl Template {
    /// The app was closed in order: everything is in the database.
    fn closed() -> Self {
        let folder = scratch();
        let phone = Phone::new(folder.path());
        let lines = undisturbed(&phone, |patrol| {
            let void = patrol.case()?;
            patrol.void(void)?;
            patrol.case()?;
            patrol.draft()?;
            let draft = patrol.draft()?;
            patrol.photo(draft, PhotoClass::Overview, 0)?;
            patrol.photo(draft, PhotoClass::Detail, 200_000)
        });
        Self { _folder: folder, in_database: lines.len(), phone, lines }
    }

    /// Then it was killed at work: the newest of it is in the log.
    fn killed() -> Self {
        let mut template = Self::closed();
        let mut victim = Victim::start(Path::new(PROGRAM), Mode::Capture, &template.phone);
        victim.hear_until(LINES, |_| true);
        template.lines.extend(victim.kill());
        template
    }

    /// Tears one file at chosen offsets, each time on a copy.
    fn tear_each(
        &self,
        file: &str,
        offsets: impl FnOnce(u64) -> BTreeSet<u64>,
        judge: impl Fn(&Phone, u64) -> Result<Outcome, String>,
    ) -> Tally {
        let mut tally = Tally::default();
        let length = std::fs::metadata(self.phone.vault_folder().join(file)).expect("is there").len();
        for offset in offsets(length) {
            let folder = scratch();
            let copy = copy_of(&self.phone, folder.path());
            tear(&copy, file, offset);
            match judge(&copy, offset) {
                Ok(outcome) => *tally.outcomes.entry(outcome.to_string()).or_default() += 1,
                Err(why) => tally.wrong.push(format!("{file} cut to {offset} bytes: {why}")),
            }
        }
        tally
    }
}

/// How often each outcome was seen, and what must not be.
#[derive(Default)]
struct Tally {
    outcomes: BTreeMap<String, u32>,
    wrong: Vec<String>,
}

impl Tally {
    fn add(&mut self, other: Self) {
        for (outcome, count) in other.outcomes {
            *self.outcomes.entry(outcome).or_default() += count;
        }
        self.wrong.extend(other.wrong);
    }

    fn report(&self, what: &str) {
        let (total, wrong): (u32, _) = (self.outcomes.values().sum(), self.wrong.len());
        say(&format_args!("torn writes, {what}: {total} offsets, {wrong} wrong"));
        for (outcome, count) in &self.outcomes {
            say(&format_args!("torn writes, {what}: {count} x {outcome}"));
        }
        assert!(self.wrong.is_empty(), "{what}: {:#?}", self.wrong);
    }
}

/// An earlier state may not lack any of the first so many lines.
fn is_allowed(outcome: Outcome, lines: usize) -> Result<Outcome, String> {
    match outcome {
        Outcome::Earlier(there) | Outcome::SetBack(there) if there < lines => {
            Err(format!("only {there} lines are there"))
        }
        other => Ok(other),
    }
}

#[test]
fn a_torn_database_is_refused_or_its_damaged_case_is() {
    let _alone = Alone::wait();
    let mut chance = Chance::announced("torn database");
    for (what, template) in [("database", Template::closed()), ("database beside a log", Template::killed())] {
        let judge = |phone: &Phone, _| is_allowed(judge_rows(phone, &template.lines)?, usize::MAX);
        let chosen = |length| Borders::DATABASE.offsets(length, offsets(), &mut chance);
        template.tear_each(DATABASE, chosen, judge).report(what);
    }
}

#[test]
fn a_torn_log_gives_a_state_that_the_vault_once_had() {
    let _alone = Alone::wait();
    let mut chance = Chance::announced("torn log");
    let template = Template::killed();
    let judge = |phone: &Phone, _| is_allowed(judge_rows(phone, &template.lines)?, template.in_database);
    let chosen = |length| Borders::LOG.offsets(length, offsets(), &mut chance);
    template.tear_each(LOG, chosen, judge).report("log");
}

/// The control of the anchor: where the whole log is gone, everything else verifies, and the phone says that it was set
/// back.
#[test]
fn a_log_that_was_cut_off_is_noticed() {
    let _alone = Alone::wait();
    let template = Template::killed();
    std::fs::remove_file(template.phone.vault_folder().join(LOG)).expect("is there");
    let outcome = judge_rows(&template.phone, &template.lines).expect("an earlier state");
    assert!(matches!(outcome, Outcome::SetBack(there) if there >= template.in_database), "{outcome:?}");
}

#[test]
fn a_torn_object_fails_alone() {
    let _alone = Alone::wait();
    let mut chance = Chance::announced("torn objects");
    let template = Template::closed();
    let mut kinds = BTreeMap::<String, Tally>::new();
    for row in objects(&template.phone) {
        let kind = format!("{:?}", row.object.kind);
        // Every offset of one object of a kind; its like have the same borders.
        let at_most =
            if kinds.contains_key(&kind) { Some(offsets().unwrap_or(OFFSETS_OF_THE_NEXT)) } else { offsets() };
        let judge = |phone: &Phone, _| judge_object(phone, &row, &template.lines);
        let chosen = |length| Borders::OBJECT.offsets(length, at_most, &mut chance);
        let tally = template.tear_each(&object_file(row.object.object), chosen, judge);
        kinds.entry(kind).or_default().add(tally);
    }
    for (kind, tally) in kinds {
        tally.report(&kind);
    }
}

/// The positive control: an object that opens, other cases that suffer, a line that is gone before others.
#[test]
fn the_judge_refuses_what_must_not_be() {
    let _alone = Alone::wait();
    let template = Template::closed();
    let row = objects(&template.phone).into_iter().next().expect("an object");
    let judge_copy = |judge: &dyn Fn(&Phone) -> Result<Outcome, String>| {
        let folder = scratch();
        judge(&copy_of(&template.phone, folder.path()))
    };
    let untorn = judge_copy(&|phone| judge_object(phone, &row, &template.lines));
    assert!(untorn.is_err_and(|why| why.contains("opens")));

    let another = judge_copy(&|phone| {
        for row in objects(phone) {
            tear(phone, &object_file(row.object.object), 100);
        }
        judge_object(phone, &row, &template.lines)
    });
    assert!(another.is_err_and(|why| why.contains("another case")));

    let never_recorded = Line::Draft(CaseId::new([7; 16]));
    let lines: Vec<_> = [never_recorded].into_iter().chain(template.lines.iter().copied()).collect();
    let hole = judge_copy(&|phone| judge_rows(phone, &lines));
    assert!(hole.is_err_and(|why| why.contains("a hole")));
}
