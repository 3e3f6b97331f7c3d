//! Vaults of every released schema open with everything in them, and a step that breaks, is killed or meets a newer
//! vault changes nothing.

mod common;
#[path = "migrations/golden.rs"]
mod golden;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::{Phone, all_bytes};
use golden::Golden;
use rusqlite::Connection;
use streife_core::error::ErrorKind;
use streife_core::vault::{VaultError, rehearse_migrations};

const FIRST: &str = include_str!("../migrations/0001_initial.sql");
const SECOND: &str = include_str!("../migrations/0002_survival.sql");
const THIRD: &str = include_str!("../migrations/0003_handover.sql");
const NEWEST: u32 = 3;
/// Schemas with a golden vault.
const GOLDEN: [u32; 2] = [1, 2];

fn database(phone: &Phone) -> PathBuf {
    phone.vault_folder().join("vault.db")
}

/// Schema version, tables and numbers of rows of a database that nobody has open.
fn contents(database: &Path) -> (u32, BTreeMap<String, u32>) {
    let connection = Connection::open(database).expect("opens");
    let version = connection.pragma_query_value(None, "user_version", |row| row.get(0)).expect("reads");
    let mut statement = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").expect("reads");
    let names = statement.query_map([], |row| row.get(0)).expect("reads").collect::<Result<Vec<String>, _>>();
    let count = |name: String| {
        let sql = format!("SELECT COUNT(*) FROM {name}");
        let count = connection.query_row(&sql, [], |row| row.get(0)).expect("counts");
        (name, count)
    };
    (version, names.expect("reads").into_iter().map(count).collect())
}

// ---- golden vaults ----

#[test]
fn a_vault_of_every_released_schema_opens_with_everything_in_it() {
    for schema in GOLDEN {
        let golden = Golden::read(schema);
        let phone = golden.phone();
        golden.assert_whole(&phone, &phone.try_open().expect("opens"));
        golden.assert_whole(&phone, &phone.open());
        assert_eq!(contents(&database(&phone)).0, NEWEST);
    }
}

#[test]
fn work_goes_on_where_the_older_version_stopped() {
    for schema in GOLDEN {
        let golden = Golden::read(schema);
        let phone = golden.phone();
        let client = phone.open();
        let draft = golden.cases.last().expect("a draft").id();
        client.seal_case(draft, Vec::new()).expect("seals what was begun");
        let case = phone.complete_draft(&client, "M-GH 3456");
        assert_eq!(client.seal_case(case, Vec::new()).expect("seals").seq, 4);
        client.close_shift().expect("closes");
        let status = client.status().expect("reads");
        assert_eq!((status.drafts, status.unsigned, status.waiting), (0, 0, 4));
        drop(client);
        phone.try_open().expect("opens").journal().expect("opens").verify().expect("holds");
    }
}

#[test]
#[ignore = "writes tests/golden/v<newest>; on the day a schema is released"]
fn makes_the_golden_vault_of_this_schema() {
    let folder = golden::folder(NEWEST);
    let _ = std::fs::remove_dir_all(&folder);
    golden::make(&folder, NEWEST, "this build");
}

// ---- the backup ----

#[test]
fn the_database_is_backed_up_before_the_first_step_and_until_the_next_opening() {
    let golden = Golden::read(1);
    let phone = golden.phone();
    let before = contents(&database(&phone));
    let backup = phone.vault_folder().join("backup/vault-v1.db");
    drop(phone.open());
    assert_eq!(contents(&backup), before);
    // It opens as the vault it was.
    let restored = golden.phone();
    std::fs::copy(&backup, database(&restored)).expect("copies");
    golden.assert_whole(&restored, &restored.try_open().expect("opens"));
    drop(phone.open());
    assert!(!phone.vault_folder().join("backup").exists());
}

#[test]
fn what_a_killed_backup_has_left_is_in_nobodys_way() {
    let golden = Golden::read(1);
    let phone = golden.phone();
    let backups = phone.vault_folder().join("backup");
    std::fs::create_dir(&backups).expect("makes");
    std::fs::write(backups.join("vault-v1.part"), b"half a database").expect("writes");
    std::fs::write(backups.join("vault-v1.db"), b"of an older attempt").expect("writes");
    std::fs::write(backups.join("theirs"), b"not ours").expect("writes");
    golden.assert_whole(&phone, &phone.try_open().expect("opens"));
    assert_eq!(contents(&backups.join("vault-v1.db")).0, 1);
    golden.assert_whole(&phone, &phone.try_open().expect("opens"));
    assert_eq!(all_bytes(&backups), [(backups.join("theirs"), b"not ours".to_vec())]);
}

// ---- steps that break ----

#[test]
fn a_step_that_breaks_leaves_the_version_before_it() {
    for broken in [
        "CREATE TABLE half (x); DELETE FROM outbox; SELECT nonsense(",
        "DELETE FROM outbox; INSERT INTO cases (case_id) VALUES (x'00')", // a constraint
        "UPDATE cases SET state = 9; DELETE FROM shifts",                 // the cases' shift is gone
    ] {
        let golden = Golden::read(1);
        let phone = golden.phone();
        drop(rehearse_migrations(&phone.vault_folder(), &[FIRST, SECOND, THIRD]));
        let before = contents(&database(&phone));
        let failed = rehearse_migrations(&phone.vault_folder(), &[FIRST, SECOND, THIRD, broken]).expect_err("breaks");
        assert!(matches!(failed, VaultError::Migration { to: 4 }), "{broken}: {failed:?}");
        assert_eq!(contents(&database(&phone)), before, "{broken}");
        golden.assert_whole(&phone, &phone.try_open().expect("the version that was there opens it"));
    }
}

#[test]
fn each_step_stands_for_itself() {
    let golden = Golden::read(1);
    let phone = golden.phone();
    let steps = [FIRST, SECOND, THIRD, "CREATE TABLE fourth (x BLOB) STRICT", "broken"];
    let failed = rehearse_migrations(&phone.vault_folder(), &steps).expect_err("breaks");
    assert!(matches!(failed, VaultError::Migration { to: 5 }), "{failed:?}");
    let (version, tables) = contents(&database(&phone));
    assert_eq!((version, tables.contains_key("fourth")), (4, true));
    assert_eq!(contents(&phone.vault_folder().join("backup/vault-v1.db")).0, 1);
    // The library that knows three steps refuses four, and touches nothing.
    let before = all_bytes(&phone.vault_folder());
    assert_eq!(phone.try_open().map(drop).expect_err("newer").kind(), ErrorKind::NewerVersion);
    assert_eq!(all_bytes(&phone.vault_folder()), before);
}

/// The version may be newer in the write-ahead log only, as behind a kill.
#[test]
fn a_newer_version_in_the_log_alone_is_refused_without_a_byte_changed() {
    let phone = Golden::read(1).phone();
    drop(phone.open());
    let other = Connection::open(database(&phone)).expect("opens");
    other.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).expect("sets");
    other.pragma_update(None, "wal_autocheckpoint", 0).expect("sets");
    other.pragma_update(None, "user_version", NEWEST + 1).expect("sets");
    let killed = Golden::read(1).phone();
    for file in ["vault.db", "vault.db-wal"] {
        std::fs::copy(phone.vault_folder().join(file), killed.vault_folder().join(file)).expect("copies");
    }
    let before = all_bytes(&killed.vault_folder());
    assert_eq!(killed.try_open().map(drop).expect_err("newer").kind(), ErrorKind::NewerVersion);
    assert_eq!(all_bytes(&killed.vault_folder()), before);
}

// ---- a step that is killed ----

/// Never ends, and writes all the while.
const ENDLESS: &str = "CREATE TABLE filler (x BLOB) STRICT; DELETE FROM outbox;
    WITH RECURSIVE number (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM number)
    INSERT INTO filler SELECT randomblob(1000) FROM number";

#[test]
fn a_step_that_is_killed_leaves_the_version_before_it() {
    let golden = Golden::read(1);
    let phone = golden.phone();
    for _ in 0..3 {
        kill_within_a_step(&phone.vault_folder());
    }
    let version = contents(&phone.vault_folder().join("backup/vault-v1.db")).0;
    assert_eq!(version, 1);
    golden.assert_whole(&phone, &phone.try_open().expect("opens"));
    let (version, tables) = contents(&database(&phone));
    assert_eq!((version, tables.contains_key("filler")), (NEWEST, false));
}

/// Kills this program while it runs the endless step as `the_program_that_is_killed`. What has been written by then
/// lies in the log: the pages of an endless transaction do not fit into memory.
fn kill_within_a_step(vault: &Path) {
    let mut program = Command::new(std::env::current_exe().expect("this program"));
    program.args(["--ignored", "--exact", "the_program_that_is_killed"]).stdout(Stdio::null()).stdin(Stdio::piped());
    let mut child = program.spawn().expect("starts");
    let mut stdin = child.stdin.take().expect("is piped");
    stdin.write_all(vault.to_str().expect("a path in UTF-8").as_bytes()).expect("tells the folder");
    drop(stdin);
    let log = vault.join("vault.db-wal");
    while std::fs::metadata(&log).map_or(0, |log| log.len()) < 4 << 20 {
        assert!(child.try_wait().expect("is asked").is_none(), "the step has ended");
        std::thread::yield_now();
    }
    child.kill().expect("is killed");
    child.wait().expect("is waited for");
}

#[test]
#[ignore = "is started by another test"]
fn the_program_that_is_killed() {
    let vault = std::io::read_to_string(std::io::stdin()).expect("the folder");
    if !vault.is_empty() {
        rehearse_migrations(Path::new(&vault), &[FIRST, ENDLESS]).expect("never ends");
    }
}
