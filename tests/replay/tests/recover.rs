//! A dead phone's vault, opened by the program with the recovery key alone.

mod dead_phone;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use dead_phone::{DeadPhone, NOTE, common, copy, tree};
use serde_json::Value;
use streife_core::domain::{CaseFacts, CaseRecord, CaseView};
use streife_core::seal::{Hash, Kem, RecipientPrivateKey};
use streife_replay::recover::{Fault, KeyFrom, Recovery, Report, recover};

/// A copy of the dead phone's vault, and a place for what comes out.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new(dead: &DeadPhone) -> Self {
        let desk = Self { folder: tempfile::tempdir().expect("folder") };
        copy(&dead.vault(), &desk.vault());
        std::fs::write(desk.key(), dead.recovery_key()).expect("writes");
        desk
    }

    fn vault(&self) -> PathBuf {
        self.folder.path().join("vault")
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("recovery.key")
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    fn program(&self) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_streife-replay"));
        command.arg("recover").arg("--vault").arg(self.vault()).arg("--key").arg(self.key());
        command.arg("--out").arg(self.out()).output().expect("runs")
    }

    fn report(&self) -> Report {
        let recovery = Recovery { vault: self.vault(), key: self.key(), out: self.out() };
        recover(&recovery).expect("opens what it can")
    }

    fn database(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.vault().join("vault.db")).expect("opens")
    }

    fn json<T: serde::de::DeserializeOwned>(&self, name: &str) -> T {
        serde_json::from_slice(&std::fs::read(self.out().join(name)).expect(name)).expect(name)
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// What is not there, or not as it was recorded.
fn missing(dead: &DeadPhone, out: &Path) -> Vec<String> {
    let mut missing = Vec::new();
    for ((case, object), hash) in &dead.photos {
        let file = std::fs::read(out.join(format!("cases/{case}/photos/{object}.jpg")));
        if !file.is_ok_and(|bytes| Hash::of(&[&bytes]) == *hash) {
            missing.push(format!("photo {object}"));
        }
    }
    for (case, facts) in &dead.drafts {
        let file = std::fs::read(out.join(format!("cases/{case}/draft.json")));
        let read = file.ok().and_then(|bytes| serde_json::from_slice::<CaseFacts>(&bytes).ok());
        if read.as_ref() != Some(facts) {
            missing.push(format!("draft {case}"));
        }
    }
    for case in &dead.sealed {
        let file = std::fs::read(out.join(format!("cases/{case}/record.json")));
        let record = file.ok().and_then(|bytes| serde_json::from_slice::<CaseRecord>(&bytes).ok());
        if record.is_none_or(|record| record.case != *case || record.photos.len() != 2) {
            missing.push(format!("record {case}"));
        }
    }
    missing
}

#[test]
fn everything_comes_back_and_the_vault_stays_as_it_was() {
    let dead = DeadPhone::new();
    let desk = Desk::new(&dead);
    let before = tree(&desk.vault());
    let output = desk.program();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("everything opened and holds"), "{}", said(&output));
    assert_eq!(tree(&desk.vault()), before, "not a byte changed, no file came or went");
    assert_eq!(missing(&dead, &desk.out()), [""; 0]);

    let report: Value = desk.json("report.json");
    let opened = report["epochs"].as_array().expect("epochs").iter().filter(|epoch| epoch["opened"] == true).count();
    assert_eq!(opened, 2);
    assert_eq!(report["journal"]["holds"], true);
    assert_eq!(report["journal"]["opened"], report["journal"]["entries"]);
    let officer: Value = desk.json(&format!("shifts/{}.json", dead.shift));
    assert_eq!(officer["officer"]["id"], common::officer().id);
    let view: CaseView = desk.json(&format!("cases/{}/view.json", dead.sealed[0]));
    assert_eq!(view.case, dead.sealed[0]);
    let thumbnails = std::fs::read_dir(desk.out().join(format!("cases/{}/thumbnails", dead.sealed[0]))).expect("lists");
    assert_eq!(thumbnails.count(), 2);
    let lines = std::fs::read_to_string(desk.out().join("journal.jsonl")).expect("reads");
    let records: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    for record in &dead.journal {
        let told = serde_json::to_value(record).expect("JSON");
        assert!(records.iter().any(|line| line["record"] == told), "{told}");
    }
    let voided = dead.sealed[2];
    let event = std::fs::read_dir(desk.out().join(format!("cases/{voided}/events"))).expect("lists").next();
    let event = std::fs::read_to_string(event.expect("an event").expect("reads").path()).expect("reads");
    let event: Value = serde_json::from_str(&event).expect("JSON");
    assert_eq!((&event["reason"], &event["note"]), (&Value::from("duplicate"), &Value::from(NOTE)));
}

/// Positive control: the comparison above sees it when one photo is withheld or changed.
#[test]
fn a_withheld_photo_is_missed() {
    let dead = DeadPhone::new();
    let desk = Desk::new(&dead);
    desk.report();
    let (case, object) = dead.photos.keys().next().copied().expect("a photo");
    let file = desk.out().join(format!("cases/{case}/photos/{object}.jpg"));
    let bytes = std::fs::read(&file).expect("reads");
    std::fs::remove_file(&file).expect("removes");
    assert_eq!(missing(&dead, &desk.out()), [format!("photo {object}")]);
    std::fs::write(&file, bytes.split_last().expect("not empty").1).expect("writes");
    assert_eq!(missing(&dead, &desk.out()), [format!("photo {object}")]);
}

#[cfg(unix)]
#[test]
fn only_the_caller_can_read_what_was_written() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new(&DeadPhone::new());
    desk.report();
    for path in tree(&desk.out()).keys() {
        let mode = |path: &Path| std::fs::metadata(path).expect("is there").permissions().mode() & 0o777;
        assert_eq!((mode(path), mode(path.parent().expect("a folder"))), (0o600, 0o700), "{}", path.display());
    }
}

#[test]
fn a_key_of_others_opens_nothing_and_writes_nothing() {
    let dead = DeadPhone::new();
    for kem in [Kem::XWing, Kem::P256] {
        let desk = Desk::new(&dead);
        let other = RecipientPrivateKey::derive(kem, &[9; 32]);
        std::fs::write(desk.key(), streife_core::domain::to_hex(other.as_bytes())).expect("writes");
        let output = desk.program();
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains("nothing in this vault is wrapped for this key"), "{}", said(&output));
        assert!(!desk.out().exists());
    }
}

#[test]
fn bad_input_exits_with_2_and_writes_nothing() {
    let dead = DeadPhone::new();
    type Spoil = fn(&Desk);
    let spoil: [(&str, Spoil); 5] = [
        ("--key", |desk| std::fs::write(desk.key(), "no key").expect("writes")),
        ("--key", |desk| std::fs::remove_file(desk.key()).expect("removes")),
        ("--vault", |desk| std::fs::remove_dir_all(desk.vault()).expect("removes")),
        ("the folder is not empty", |desk| {
            std::fs::create_dir(desk.out()).expect("makes");
            std::fs::write(desk.out().join("mine"), "mine").expect("writes");
        }),
        ("version 9", |desk| desk.database().execute_batch("PRAGMA user_version = 9").expect("sets")),
    ];
    for (expected, spoil) in spoil {
        let desk = Desk::new(&dead);
        spoil(&desk);
        let output = desk.program();
        assert_eq!(output.status.code(), Some(2), "{expected}: {}", said(&output));
        assert!(said(&output).contains(expected), "{expected}: {}", said(&output));
        assert!(tree_or_none(&desk.out()).iter().all(|path| path.ends_with("mine")));
    }
}

fn tree_or_none(folder: &Path) -> Vec<PathBuf> {
    if folder.exists() { tree(folder).into_keys().collect() } else { Vec::new() }
}

#[test]
fn plain_files_never_come_to_lie_in_the_vault() {
    let dead = DeadPhone::new();
    let desk = Desk::new(&dead);
    let before = tree(&desk.vault());
    for out in [desk.vault(), desk.vault().join("new/out")] {
        let recovery = Recovery { vault: desk.vault(), key: desk.key(), out };
        assert!(recover(&recovery).is_err());
        assert_eq!(tree(&desk.vault()), before);
    }
}

/// A flipped bit in any single file: that one thing is named, and everything else comes.
#[test]
fn a_flipped_bit_in_an_object_costs_that_object_alone() {
    let dead = DeadPhone::new();
    let objects: Vec<_> = tree(&dead.vault().join("objects")).into_keys().collect();
    assert!(objects.len() > 20, "{}", objects.len());
    for (turn, object) in objects.iter().enumerate() {
        let desk = Desk::new(&dead);
        let path = desk.vault().join("objects").join(object.file_name().expect("a name"));
        let mut bytes = std::fs::read(&path).expect("reads");
        // The header, the middle and the end take turns.
        let at = [9, 45, bytes.len() / 2, bytes.len() - 1][turn % 4];
        bytes[at] ^= 0x10;
        std::fs::write(&path, bytes).expect("writes");
        let report = desk.report();
        let id = object.file_stem().expect("a name").to_str().expect("hex");
        let direct: Vec<_> = report.not_opened.iter().filter(|fault| fault.id == id).collect();
        assert!(!direct.is_empty(), "{at}: {:?}", report.not_opened);
        // Without a record nobody has the salts of its photos: they come all the same, and it is said.
        let is_record = direct.iter().any(|fault| fault.what == "record");
        let others = report.not_opened.iter().filter(|fault| fault.id != id);
        let others: Vec<_> =
            others.filter(|fault| !(is_record && fault.reason.contains("has a salt for it"))).collect();
        assert!(others.is_empty(), "{at}: {others:?}");
        let lost = missing(&dead, &desk.out());
        assert!(lost.len() <= 1, "{lost:?}");
        assert!(lost.iter().all(|what| what.ends_with(id) || is_record && what.starts_with("record")), "{lost:?}");
    }
}

#[test]
fn the_program_exits_with_1_and_names_what_did_not_open() {
    let dead = DeadPhone::new();
    let desk = Desk::new(&dead);
    let (_, object) = dead.photos.keys().next().expect("a photo");
    std::fs::remove_file(desk.vault().join(format!("objects/{object}.sbx"))).expect("removes");
    let output = desk.program();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains(&format!("NOT photo {object} of case")), "{}", said(&output));
    assert!(said(&output).contains("its file is not there"), "{}", said(&output));
}

/// The rows are gone, the copies beside them are not.
#[test]
fn without_a_database_sealed_cases_and_photos_come_from_the_copies() {
    let dead = DeadPhone::new();
    for how in ["missing", "overwritten"] {
        let desk = Desk::new(&dead);
        drop(std::fs::remove_file(desk.vault().join("vault.db-wal")));
        match how {
            "missing" => std::fs::remove_file(desk.vault().join("vault.db")).expect("removes"),
            _ => std::fs::write(desk.vault().join("vault.db"), vec![0x55; 40_000]).expect("writes"),
        }
        let report = desk.report();
        assert!(!report.is_whole());
        assert_eq!(report.epochs.iter().filter(|epoch| epoch.opened).count(), 2, "{how}");
        let lost = missing(&dead, &desk.out());
        let drafts: Vec<_> = dead.drafts.iter().map(|(case, _)| format!("draft {case}")).collect();
        let only_drafts = lost.iter().all(|what| drafts.contains(what) || what.starts_with("photo"));
        assert!(only_drafts, "{how}: {lost:?}");
        // Photos of drafts open; without facts nobody knows their type, so they lie there under another ending.
        for (case, object) in dead.photos.keys() {
            let folder = desk.out().join(format!("cases/{case}/photos"));
            let there = ["jpg", "bin"].iter().any(|ending| folder.join(format!("{object}.{ending}")).exists());
            assert!(there, "{how}: photo {object}");
        }
    }
}

/// Changes by somebody who can write to the folder and has no key: each is named, and everything else comes.
#[test]
fn changed_rows_are_named() {
    let dead = DeadPhone::new();
    let draft = dead.drafts[0].0;
    let hex = |case: streife_core::domain::CaseId| format!("x'{case}'");
    let (draft, sealed) = (hex(draft), hex(dead.sealed[0]));
    let changes = [
        (
            "journal entry",
            "UPDATE journal SET entry = CAST(substr(entry, 1, 99) || x'00' || substr(entry, 101) AS BLOB) WHERE n = 5"
                .to_owned(),
        ),
        ("journal entry", "UPDATE journal SET link = zeroblob(32) WHERE n = 5".to_owned()),
        ("journal entry", "DELETE FROM journal WHERE n = 5".to_owned()),
        (
            "draft",
            format!(
                "UPDATE cases SET draft = (SELECT draft FROM cases WHERE case_id <> {draft} AND draft NOT NULL) WHERE case_id = {draft}"
            ),
        ),
        (
            "key",
            format!(
                "UPDATE cases SET wrapped_key = (SELECT wrapped_key FROM cases WHERE case_id = {sealed}) WHERE case_id = {draft}"
            ),
        ),
        (
            "manifest",
            format!(
                "UPDATE cases SET manifest = NULL, payload = (SELECT payload FROM cases WHERE case_id <> {sealed} AND payload NOT NULL) WHERE case_id = {sealed}"
            ),
        ),
        (
            "photo",
            format!(
                "UPDATE objects SET hash = zeroblob(32) WHERE case_id = {draft} AND kind = 1 AND ordinal = (SELECT min(ordinal) FROM objects WHERE case_id = {draft} AND kind = 1)"
            ),
        ),
        ("event", "DELETE FROM events".to_owned()),
        ("officer of shift", "UPDATE officers SET officer = zeroblob(100)".to_owned()),
        ("epoch", "UPDATE epochs SET recovery = NULL WHERE epoch = 2".to_owned()),
        ("case", format!("DELETE FROM cases WHERE case_id = {draft}")),
    ];
    for (what, sql) in changes {
        let desk = Desk::new(&dead);
        // Without the copies, which would make it good.
        std::fs::remove_dir_all(desk.vault().join("spare")).expect("removes");
        let database = desk.database();
        database.execute_batch(&format!("PRAGMA foreign_keys = OFF; {sql}")).expect(&sql);
        assert!(database.changes() > 0, "{sql}");
        drop(database);
        let report = desk.report();
        let named = report.not_opened.iter().any(|fault| fault.what == what || what == "case" && fault.what == "key");
        assert!(named, "{sql}: {:?}", report.not_opened);
    }
}

/// An epoch that no recovery key was wrapped for: its drafts are lost to this key, its sealed cases are not.
#[test]
fn without_a_root_sealed_cases_come_by_their_manifests() {
    let dead = DeadPhone::new();
    let desk = Desk::new(&dead);
    std::fs::remove_dir_all(desk.vault().join("spare")).expect("removes");
    desk.database().execute_batch("UPDATE epochs SET recovery = NULL").expect("updates");
    let report = desk.report();
    let by_manifest = report.cases.iter().filter(|case| case.key == Some(KeyFrom::Manifest) && case.record).count();
    assert_eq!(by_manifest, dead.sealed.len());
    let lost = missing(&dead, &desk.out());
    let lost_drafts = lost.iter().filter(|what| what.starts_with("draft")).count();
    assert_eq!(
        (lost_drafts, lost.len()),
        (dead.drafts.len(), dead.drafts.len() * 3),
        "drafts and their photos: {lost:?}"
    );
    for (case, _) in &dead.drafts {
        let reason = |fault: &&Fault| fault.id == case.to_string() && fault.reason.contains("of epoch");
        assert!(report.not_opened.iter().any(|fault| reason(&fault)), "{:?}", report.not_opened);
    }
}

/// Entries of an epoch that was erased are carried by the next.
#[test]
fn after_a_rotation_the_whole_journal_opens() {
    let phone = common::Phone::new();
    let client = phone.open();
    client.open_shift(&common::officer()).expect("opens");
    let case = phone.complete_draft(&client, "M-AB 1");
    client.rotate_keys().expect("rotates");
    client.rotate_keys().expect("rotates");
    let facts = client.draft(case).expect("a draft");
    // The client stays: the newest rows are still in the write-ahead log.
    assert!(std::fs::metadata(phone.vault_folder().join("vault.db-wal")).expect("is there").len() > 0);
    let folder = tempfile::tempdir().expect("folder");
    let (key, out) = (folder.path().join("recovery.key"), folder.path().join("out"));
    std::fs::write(&key, streife_core::domain::to_hex(phone.agency.recovery.as_bytes())).expect("writes");
    let report = recover(&Recovery { vault: phone.vault_folder(), key, out: out.clone() }).expect("opens");
    assert!(report.is_whole(), "{:?}", report.not_opened);
    assert_eq!(
        report.epochs.iter().map(|epoch| (epoch.opened, epoch.erased)).collect::<Vec<_>>(),
        [(false, true), (false, true), (true, false)]
    );
    assert_eq!(report.journal.opened, report.journal.entries);
    let draft = std::fs::read(out.join(format!("cases/{case}/draft.json"))).expect("reads");
    assert_eq!(serde_json::from_slice::<CaseFacts>(&draft).expect("facts"), facts);
}
