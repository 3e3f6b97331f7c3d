//! Whatever is done to the vault's folder is noticed, names its record, and costs no other record anything.
//!
//! One vault is made with a case in every state. Each manipulation of the table is done to a copy of it, which is then
//! opened, read, audited and told to hand over. The table takes its columns from the database's own catalogue, so a column
//! that is added is tampered with as well. A checker that looks away, and a forger who has the root key, show that the
//! checker can fail.

#[path = "tamper/checker.rs"]
mod checker;
#[path = "tamper/columns.rs"]
mod columns;
mod common;
#[path = "tamper/files.rs"]
mod files;
#[path = "tamper/folder.rs"]
mod folder;
#[path = "tamper/forger.rs"]
mod forger;
#[path = "tamper/rows.rs"]
mod rows;
#[path = "tamper/schema.rs"]
mod schema;
#[path = "tamper/world.rs"]
mod world;

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use checker::{Eyes, Manipulation, OPEN, Outcome, Picture, SHUT, check, picture};
use streife_core::client::Notice;
use streife_core::error::ErrorKind;
use world::World;

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(World::new)
}

fn before() -> Picture {
    picture(&world().copy()).expect("opens")
}

#[test]
fn the_unchanged_vault_gives_no_reason_to_speak() {
    let before = before();
    assert!(before.is_quiet(), "{:?} {:?}", before.notices, before.findings);
}

#[test]
fn every_manipulation_is_noticed_and_costs_no_other_record_anything() {
    let mut all = columns::all(world());
    assert_eq!(columns::forgotten(world(), &all), Vec::<String>::new());
    all.extend(rows::all(world()));
    all.extend(files::all(world()));
    let outcomes = run(&all, OPEN);
    report(&all, &outcomes);
}

/// The checker is worth something only if it can fail.
#[test]
fn a_checker_that_looks_away_misses_what_is_no_harmless_change() {
    let all = [rows::all(world()), files::all(world())].into_iter().flatten();
    let some: Vec<_> = all.filter(|one| one.harmless.is_none() && !one.victims.everything).step_by(23).collect();
    let missed = run(&some, SHUT).into_iter().filter(|outcome| *outcome == Ok(Outcome::Missed)).count();
    assert!(some.len() > 10 && missed == some.len(), "{missed} of {}", some.len());
}

#[test]
fn a_folder_that_is_set_back_is_noticed_by_the_anchor_and_by_nothing_else() {
    let yesterday = world().copy_of(world().yesterday.path());
    assert!(picture(&yesterday).expect("opens").is_quiet(), "it was sound");
    let mut set_back = world().copy_of(world().yesterday.path());
    set_back.share_anchor(&world().copy());
    let (newest, notices) = (world().entries.len() as u64, picture(&set_back).expect("opens").notices);
    let is_told = |notice: &Notice| matches!(notice, Notice::SetBack { anchored, found } if *anchored == newest && found < anchored);
    assert!(notices.iter().any(is_told), "{notices:?}");
    // What a phone without an anchor cannot know: FORMATS 19.
    set_back = world().copy_of(world().yesterday.path());
    set_back.has_anchor = false;
    assert!(picture(&set_back).expect("opens").is_quiet(), "then only the box can tell");
}

#[test]
fn a_folder_that_is_copied_and_opened_twice_is_noticed() {
    let (one, other) = (world().copy(), world().copy());
    drop(one.open().expect("opens"));
    other.share_anchor(&one);
    let notices = other.open().expect("opens").notices();
    assert!(notices.contains(&Notice::Copied), "{notices:?}");
    // The first is told, too: the journal has gone another way since.
    one.share_anchor(&other);
    let notices = one.open().expect("opens").notices();
    assert!(notices.iter().any(|notice| matches!(notice, Notice::SetBack { .. })), "{notices:?}");
}

#[test]
fn a_database_that_is_gone_or_of_another_kind_is_refused_and_left_as_it_is() {
    let gone = world().copy();
    std::fs::remove_file(gone.path("vault.db")).expect("removes");
    assert_eq!(gone.open().map(drop).expect_err("is refused").kind(), ErrorKind::Corrupt);
    for (place, kind) in [(60, ErrorKind::NewerVersion), (68, ErrorKind::Corrupt)] {
        let tampered = world().copy();
        tampered.change("vault.db", |bytes| bytes.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= 0x40));
        let before = std::fs::read(tampered.path("vault.db")).expect("reads");
        let refused = tampered.open().map(drop).expect_err("is refused").kind();
        assert!(refused == kind || refused == ErrorKind::Storage, "{place}: {refused:?}");
        assert!(std::fs::read(tampered.path("vault.db")).expect("reads") == before, "refused, and changed");
    }
}

#[test]
fn a_write_ahead_log_that_is_taken_away_is_noticed() {
    let killed = world().copy_of(world().killed.path());
    let log = std::fs::metadata(killed.path("vault.db-wal")).expect("is there").len();
    assert!(log > 0 && picture(&killed).expect("opens").findings.is_empty(), "a kill is no tampering");
    let tampered = world().copy_of(world().killed.path());
    std::fs::remove_file(tampered.path("vault.db-wal")).expect("removes");
    let notices = tampered.open().expect("opens").notices();
    assert!(notices.iter().any(|notice| matches!(notice, Notice::SetBack { .. })), "{notices:?}");
}

/// The other half of the truth: whoever holds the root key writes a journal of their own.
#[test]
fn a_forger_with_the_root_key_is_noticed_by_the_anchor_alone() {
    let mut forged = world().copy();
    forger::rewrite_a_sealed_case(&forged);
    let notices = picture(&forged).expect("opens").notices;
    assert!(notices.iter().any(|notice| matches!(notice, Notice::SetBack { .. })), "{notices:?}");
    forged = world().copy();
    forger::rewrite_a_sealed_case(&forged);
    forged.has_anchor = false;
    let after = picture(&forged).expect("opens");
    assert!(after.is_quiet(), "{:?} {:?}", after.notices, after.findings);
    let clumsy = world().copy();
    forger::rewrite_a_payload(&clumsy);
    assert!(!picture(&clumsy).expect("opens").is_quiet(), "without the journal's key it shows");
}

/// On both cores of a small machine.
fn run(all: &[Manipulation], eyes: Eyes) -> Vec<Result<Outcome, String>> {
    let (world, before, next) = (world(), before(), AtomicUsize::new(0));
    let work = || {
        let mut done = Vec::new();
        while let at = next.fetch_add(1, Ordering::Relaxed)
            && let Some(one) = all.get(at)
        {
            done.push((at, check(world, &before, one, eyes)));
        }
        done
    };
    let mut outcomes = BTreeMap::new();
    std::thread::scope(|scope| {
        let threads = [scope.spawn(work), scope.spawn(work)];
        outcomes.extend(threads.into_iter().flat_map(|thread| thread.join().expect("no check panics")));
    });
    outcomes.into_values().collect()
}

fn report(all: &[Manipulation], outcomes: &[Result<Outcome, String>]) {
    let count = |wanted| outcomes.iter().filter(|outcome| **outcome == Ok(wanted)).count();
    let failed =
        all.iter().zip(outcomes).filter(|(_, outcome)| !matches!(outcome, Ok(what) if *what != Outcome::Missed));
    let failed: Vec<_> = failed.map(|(one, outcome)| format!("{}: {outcome:?}", one.name)).collect();
    let line = format!(
        "tamper: {} manipulations: {} refused, {} noticed at opening, {} at use, {} at audit, {} harmless by design, missed {}",
        all.len(),
        count(Outcome::Refused),
        count(Outcome::AtOpening),
        count(Outcome::AtUse),
        count(Outcome::AtAudit),
        count(Outcome::Harmless),
        failed.len(),
    );
    writeln!(std::io::stdout(), "{line}").expect("writes");
    assert!(failed.is_empty(), "{line}\n{}", failed.join("\n"));
}
