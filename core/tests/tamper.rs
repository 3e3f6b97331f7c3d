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

use checker::{Eyes, Manipulation, OPEN, Outcome, Picture, check, picture};
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
    let (skip, stride) = (
        std::env::var("SKIP").map_or(0, |s| s.parse().expect("n")),
        std::env::var("STRIDE").map_or(1, |s| s.parse().expect("n")),
    );
    writeln!(std::io::stderr(), "N {}", all.len()).expect("w");
    let all: Vec<_> = all.into_iter().skip(skip).step_by(stride).collect();
    let outcomes = run(&all, OPEN);
    report(&all, &outcomes);
}

/// On both cores of a small machine.
fn run(all: &[Manipulation], eyes: Eyes) -> Vec<Result<Outcome, String>> {
    let (world, before, next) = (world(), before(), AtomicUsize::new(0));
    let work = || {
        let mut done = Vec::new();
        while let at = next.fetch_add(1, Ordering::Relaxed)
            && let Some(one) = all.get(at)
        {
            let t = std::time::Instant::now();
            writeln!(std::io::stderr(), "BEGIN {at} {}", one.name).expect("w");
            done.push((at, check(world, &before, one, eyes)));
            if t.elapsed().as_millis() > 300 {
                writeln!(std::io::stderr(), "SLOW {:?} {}", t.elapsed(), one.name).expect("w");
            }
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
