//! A damaged database: what comes back, and that nothing is lost that the folder still tells.
//!
//! One vault is made, with a case in every state, and copied as a killed process leaves it. Each test damages a copy. The
//! oracle is what the vault held before, read through its surface and from the folder itself.

mod common;
#[path = "salvage/world.rs"]
mod world;

use std::collections::BTreeSet;

use rusqlite::Connection;
use streife_core::client::{Client, Notice, Ports};
use streife_core::domain::VoidReason;
use streife_core::error::ErrorKind;
use streife_core::ports::{KeyStoreError, SignerError};
use streife_core::vault::CaseState;

use world::{Damaged, PAGE, Rand, World};

/// So many vaults with random pages gone in one run.
const SEEDS: u64 = 24;

#[test]
fn without_its_database_a_vault_comes_back_from_its_spare_copies_and_object_files() {
    let world = World::new();
    let damaged = world.copy();
    damaged.remove("vault.db");
    damaged.remove("vault.db-wal");
    let (client, report) = damaged.salvaged();
    assert!(!report.rows_read && !report.is_whole());
    world.assert_nothing_lost(&damaged, &client, &report);
    assert_eq!(report.facts_lost, world.drafts(), "what was noted stood in the database alone");
    assert_eq!(report.whole, world.with_manifest());
    assert!(report.keys_lost.is_empty() && report.photos_lost.is_empty());
    // A case whose payload was never signed has its record, and nobody can tell whether it was signed.
    assert_eq!(report.stranded, BTreeSet::from([world.unsigned]));
    assert!(!report.officer_lost, "the copy of the officer opens");
    for case in world.facts.keys() {
        let photos = client.draft(*case).expect("a draft").photos;
        assert_eq!(photos.len(), world.facts[case].photos.len());
        for photo in &photos {
            client.read_photo(*case, photo).expect("opens");
        }
    }
    world.assert_goes_on(&damaged, client);
}

#[test]
fn a_lost_first_page_gives_no_rows_and_the_same_comes_back() {
    let world = World::new();
    for garbage in [false, true] {
        let damaged = world.clean_copy();
        damaged.overwrite("vault.db", 0, &if garbage { Rand(7).bytes(PAGE) } else { vec![0; PAGE] });
        let (client, report) = damaged.salvaged();
        assert!(!report.rows_read);
        world.assert_nothing_lost(&damaged, &client, &report);
        assert_eq!(report.whole, world.with_manifest());
        world.assert_goes_on(&damaged, client);
    }
}

#[test]
fn random_pages_that_are_gone_cost_no_photo_and_no_manifest() {
    let world = World::new();
    let mut refused = 0;
    for seed in 0..SEEDS {
        let damaged = if seed % 2 == 0 { world.clean_copy() } else { world.copy() };
        let pages = damaged.length("vault.db") / PAGE;
        let mut rand = Rand(seed);
        for _ in 0..=rand.below(pages / 4) {
            let page = 1 + rand.below(pages.saturating_sub(1).max(1));
            damaged.overwrite("vault.db", page * PAGE, &vec![0; PAGE]);
        }
        // What was gone may have been a page that nothing uses, or that the write-ahead log has newer.
        // Or the vault opens and tells what it misses.
        if damaged.try_open().is_ok() {
            continue;
        }
        refused += 1;
        let (client, report) = damaged.salvaged();
        world.assert_nothing_lost(&damaged, &client, &report);
        assert!(report.whole.is_superset(&world.with_manifest()), "seed {seed}: {report:?}");
        assert!(report.keys_lost.is_empty() && report.photos_lost.is_empty(), "seed {seed}: {report:?}");
        world.assert_goes_on(&damaged, client);
    }
    assert!(refused > SEEDS / 3, "only {refused} of {SEEDS} were damaged at all");
}

#[test]
fn half_a_database_gives_its_half_and_the_copies_the_rest() {
    let world = World::new();
    let damaged = world.clean_copy();
    damaged.truncate("vault.db", damaged.length("vault.db") / 2);
    let (client, report) = damaged.salvaged();
    world.assert_nothing_lost(&damaged, &client, &report);
    assert!(report.whole.is_superset(&world.with_manifest()));
    world.assert_goes_on(&damaged, client);
}

/// Without its log the database is an older one, and sound: opening says that rows are lost, and works.
#[test]
fn a_lost_write_ahead_log_is_noticed_and_salvage_brings_its_rows_back() {
    let world = World::new();
    for garbage in [false, true] {
        let damaged = world.copy();
        if garbage {
            damaged.overwrite("vault.db-wal", 0, &Rand(3).bytes(damaged.length("vault.db-wal")));
        } else {
            damaged.remove("vault.db-wal");
        }
        let client = damaged.try_open().expect("an older database is a sound one");
        assert!(client.notices().iter().any(|notice| matches!(notice, Notice::RowsLost(count) if *count > 3)));
        drop(client);
        let (client, report) = damaged.salvage();
        assert!(report.rows_read);
        world.assert_nothing_lost(&damaged, &client, &report);
        assert_eq!(report.whole, world.with_manifest());
        assert!(report.handed_over.contains(&world.purged), "its row is old enough to be there");
        world.assert_goes_on(&damaged, client);
    }
}

/// Everything at once: what is left are files that no key opens. Nobody may call that a success.
#[test]
fn without_database_and_copies_the_report_says_that_the_keys_are_lost() {
    let world = World::new();
    let damaged = world.clean_copy();
    damaged.remove("vault.db");
    damaged.remove("spare");
    let (client, report) = damaged.salvaged();
    assert!(!report.is_whole());
    assert!(report.whole.is_empty() && report.facts_lost.is_empty() && report.stranded.is_empty());
    let all: BTreeSet<_> = world.with_manifest().union(&world.drafts()).copied().chain([world.unsigned]).collect();
    assert_eq!(report.keys_lost, all);
    world.assert_nothing_lost(&damaged, &client, &report);
    assert!(report.photos_kept.is_empty());
    drop(client);
    world.assert_goes_on(&damaged, damaged.provisioned());
}

#[test]
fn without_copies_what_rows_are_left_come_back() {
    let world = World::new();
    for seed in 0..SEEDS / 2 {
        let damaged = world.clean_copy();
        damaged.remove("spare");
        let pages = damaged.length("vault.db") / PAGE;
        let mut rand = Rand(1_000 + seed);
        for _ in 0..=rand.below(4) {
            damaged.overwrite("vault.db", (1 + rand.below(pages - 1)) * PAGE, &vec![0; PAGE]);
        }
        // Or the vault opens and tells what it misses.
        if damaged.try_open().is_ok() {
            continue;
        }
        let (client, report) = damaged.salvaged();
        world.assert_nothing_lost(&damaged, &client, &report);
        drop(client);
        let client = damaged.provisioned();
        if report.officer_lost {
            client.restate_officer(&common::officer()).expect("states");
        }
        world.assert_goes_on(&damaged, client);
    }
}

/// Otherwise a case would go out as if nobody had voided it.
#[test]
fn a_void_of_which_the_journal_alone_knows_is_told_and_done_again() {
    let world = World::new();
    let damaged = world.clean_copy();
    damaged.remove("spare");
    let database = Connection::open(damaged.path("vault.db")).expect("opens");
    database.execute_batch("DELETE FROM outbox WHERE kind = 5; DELETE FROM events;").expect("loses the event");
    drop(database);
    damaged.break_index();
    let (client, report) = damaged.salvaged();
    world.assert_nothing_lost(&damaged, &client, &report);
    assert_eq!(report.voids_lost, BTreeSet::from([world.voided]));
    assert!(!report.whole.contains(&world.voided) && !report.is_whole());
    client.void_case(world.voided, VoidReason::WrongPlate, None).expect("voids again");
    assert!(client.cases().expect("lists").iter().any(|row| row.case == world.voided && row.voided));
}

#[test]
fn missing_and_damaged_object_files_are_named_and_the_others_go_on() {
    let world = World::new();
    let damaged = world.clean_copy();
    damaged.remove("vault.db");
    let photos: Vec<_> = world.photos.keys().copied().collect();
    damaged.remove_photo(photos[0]);
    damaged.spoil_photo(photos[1]);
    let (client, report) = damaged.salvaged();
    world.assert_nothing_lost(&damaged, &client, &report);
    assert!(report.photos_lost.contains(&photos[0]) || !report.photos_kept.contains(&photos[0]));
    for case in &world.with_manifest() {
        assert!(report.whole.contains(case));
    }
}

/// Randomness is drawn all along: each of its failures ends the salvage at another place.
#[test]
fn a_salvage_that_fails_anywhere_leaves_the_vault_to_the_next_one() {
    let world = World::new();
    let damaged = world.clean_copy();
    damaged.overwrite("vault.db", 0, &vec![0; PAGE]);
    let mut failures = 0;
    let (client, report) = loop {
        let ports = Ports { entropy: damaged.failing_entropy(failures), ..damaged.ports() };
        match Client::salvage(damaged.config(), ports) {
            Ok(done) => break done,
            Err(error) => assert_eq!(error.kind(), ErrorKind::Entropy, "{error}"),
        }
        failures += 1;
        assert!(failures < 500, "never comes to an end");
    };
    assert!(failures >= 8, "only {failures} places");
    world.assert_nothing_lost(&damaged, &client, &report);
    assert_eq!(report.whole, world.with_manifest());
    drop(client);
    world.assert_goes_on(&damaged, damaged.try_open().expect("opens"));
}

#[test]
fn keys_that_do_not_answer_put_a_salvage_off_and_change_nothing() {
    let world = World::new();
    let damaged = world.clean_copy();
    damaged.overwrite("vault.db", 0, &vec![0; PAGE]);
    let refused = |expected| {
        let error = Client::salvage(damaged.config(), damaged.ports()).map(drop).expect_err("put off");
        assert_eq!(error.kind(), expected);
        assert_eq!(damaged.try_open().map(drop).expect_err("damaged").kind(), ErrorKind::Corrupt);
    };
    world.phone.signer.fail_with(Some(SignerError::NotNow));
    refused(ErrorKind::SignerUnavailable);
    world.phone.signer.fail_with(None);
    damaged.key_store.fail_with(Some(KeyStoreError::NotNow));
    refused(ErrorKind::KeyUnavailable);
    damaged.key_store.fail_with(None);
    let (client, report) = damaged.salvage();
    world.assert_nothing_lost(&damaged, &client, &report);
    world.assert_goes_on(&damaged, client);
}

#[test]
fn a_stranded_case_gets_a_new_manifest_only_by_hand() {
    let world = World::new();
    let damaged = world.clean_copy();
    damaged.remove("vault.db");
    let (client, _) = damaged.salvaged();
    let case = world.unsigned;
    client.sign_pending().expect("signs");
    assert_eq!(client.case(case).expect("is there").state, CaseState::Stranded);
    assert_eq!(client.status().expect("counts").stranded, 1);
    let reissued = client.reissue_case(case).expect("makes a new one");
    assert!(reissued.signed);
    let row = client.case(case).expect("is there");
    assert_eq!(row.state, CaseState::Sealed);
    world.assert_opens_for_the_case_worker(&damaged, case, &row.manifest.expect("signed"));
    assert_eq!(client.reissue_case(case).map(drop).expect_err("has one").kind(), ErrorKind::State);
}

#[test]
fn refused_cases_and_the_quarantine_are_handed_out_as_they_are() {
    let world = World::new();
    let damaged = world.clean_copy();
    damaged.overwrite("vault.db", 0, &vec![0; PAGE]);
    std::fs::write(damaged.path("objects/stray.txt"), b"not ours").expect("writes");
    let (client, report) = damaged.salvaged();
    assert!(report.whole.contains(&world.refused));
    // Its row is lost, so it is sent again, and the box will say again what it thinks of it.
    assert_eq!(client.case(world.refused).expect("is there").state, CaseState::Sealed);
    let empty = client.export_quarantine(&damaged.path("../out")).expect("hands out");
    assert_eq!((empty.cases.len(), empty.missing), (0, 0));
    drop(client);

    let damaged = world.clean_copy();
    let client = damaged.try_open().expect("opens");
    let out = damaged.path("../out");
    let export = client.export_quarantine(&out).expect("hands out");
    assert_eq!((export.cases.len(), export.missing), (1, 0));
    let (row, reason) = export.cases.first().expect("one");
    assert_eq!((row.case, reason.as_str()), (world.refused, "case-conflict (409)"));
    let read = |name: &str| std::fs::read(out.join(name)).expect("is there");
    let case = format!("export/cases/{}", world.refused);
    assert_eq!(Some(&read(&format!("{case}/manifest.cose"))), world.manifests.get(&world.refused));
    for object in client.case(world.refused).ok().and_then(|row| row.manifest).iter().flat_map(|m| world.objects_of(m))
    {
        let file = std::fs::read(damaged.path(&format!("objects/{object}.sbx"))).expect("reads");
        assert!(read(&format!("{case}/objects/{object}.sbx")) == file);
    }
    let agency: serde_json::Value = serde_json::from_slice(&read("export/agency.json")).expect("JSON");
    assert_eq!(agency["box_id"], "01".repeat(16), "as the receipts name it");
    let reasons: serde_json::Value = serde_json::from_slice(&read("reasons.json")).expect("JSON");
    assert_eq!(reasons[0]["reason"], "case-conflict (409)");
    let refused = client.export_quarantine(&out).map(drop).expect_err("something lies there");
    assert_eq!(refused.kind(), ErrorKind::State);
}

#[test]
fn a_sound_vault_is_not_salvaged() {
    let world = World::new();
    for damaged in [world.copy(), world.clean_copy()] {
        let refused = Client::salvage(damaged.config(), damaged.ports()).map(drop).expect_err("is sound");
        assert_eq!(refused.kind(), ErrorKind::State);
        assert!(damaged.try_open().expect("opens").notices().is_empty());
        let open: Damaged<'_> = damaged;
        let client = open.try_open().expect("opens");
        let in_use = Client::salvage(open.config(), open.ports()).map(drop).expect_err("is open");
        assert_eq!(in_use.kind(), ErrorKind::InUse);
        drop(client);
    }
}

/// A voice note of a draft comes back with the facts that name it; one whose file is gone leaves them and is told.
#[test]
fn voice_notes_come_back_with_the_facts_that_name_them() {
    let world = World::new();
    let case = *world.facts.iter().find(|(_, facts)| !facts.attachments.is_empty()).expect("has one").0;
    for takes_the_file in [false, true] {
        let damaged = world.clean_copy();
        let note = world.facts[&case].attachments.first().expect("has one").clone();
        if takes_the_file {
            damaged.remove(&format!("objects/{}.sbx", note.object));
        }
        damaged.break_index();
        let (client, report) = damaged.salvaged();
        let notes = client.draft(case).expect("a draft").attachments;
        if takes_the_file {
            assert!(notes.is_empty() && report.photos_lost.contains(&note.object), "{report:?}");
        } else {
            assert_eq!(notes, world.facts[&case].attachments);
            assert!(client.read_voice_note(case, &note).expect("opens").starts_with(b"OggS"));
            assert_eq!(client.audit().expect("reads").findings, []);
        }
    }
}
