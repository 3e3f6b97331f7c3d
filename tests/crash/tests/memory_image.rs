//! What is left of the keys in memory when the app has locked: nothing.
//!
//! A child records, seals and reads, locks, and unlocks again. It is stopped each time, and every readable page of it is
//! searched for the bytes of every key: roots of epochs, journal keys, keys of cases, of views, of objects and drafts. The
//! keys are taken from the vault's folder and from the files of the software key store, by this process and never by the
//! child.
//!
//! **Not searched for:** what stands for hardware, which lies in the child's memory by its nature: the wrapping keys of the
//! software key store and the signing key. And what is no key: facts and photos that the app has read.

#![cfg(target_os = "linux")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rusqlite::Connection;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use streife_core::domain::{CaseId, ObjectId};
use streife_core::ports::KeyStore;
use streife_core::seal::{Binding, CaseKey, Kind, ObjectKey, Scope, open};
use streife_core::testing::DangerousSoftwareKeyStore;
use streife_crash::Phone;
use streife_crash::settings::{Alone, say, skipped};

const NOWHERE: CaseId = CaseId::new([0; 16]);
const NO_ROW: ObjectId = ObjectId::new([0; 16]);

/// A key by what it is for.
type Keys = BTreeMap<[u8; 32], String>;

/// Every key that the vault's folder and the key store's files give.
fn keys_of(phone: &Phone) -> Keys {
    let mut keys = Keys::new();
    let copy = tempfile::tempdir().expect("folder");
    for name in ["vault.db", "vault.db-wal"] {
        std::fs::copy(phone.vault_folder().join(name), copy.path().join(name)).expect("copies");
    }
    let database = Connection::open(copy.path().join("vault.db")).expect("opens");
    let store = DangerousSoftwareKeyStore::in_folder(&phone.hardware().join("keys")).expect("opens");
    let mut roots = BTreeMap::new();
    for (epoch, alias, wrapped) in
        rows::<u16, String, Vec<u8>>(&database, "SELECT epoch, alias, wrapped FROM epochs WHERE wrapped NOT NULL")
    {
        let root = store.unwrap(&alias, &wrapped).expect("unwraps");
        keys.insert(root, format!("root key of epoch {epoch}"));
        roots.insert(epoch, root);
    }
    for (epoch, generation, sealed) in
        rows::<u16, u16, Vec<u8>>(&database, "SELECT epoch, generation, sealed FROM journal_keys")
    {
        let [high, low] = generation.to_be_bytes();
        let mut row = [0x6a; 16];
        row[14..].copy_from_slice(&[high, low]);
        let key = unsealed(&roots, epoch, NOWHERE, ObjectId::new(row), &sealed);
        keys.insert(key, format!("journal key of generation {generation}"));
    }
    let sealed = "SELECT case_id, epoch, wrapped_key FROM cases WHERE wrapped_key NOT NULL";
    for (case, epoch, sealed) in rows::<[u8; 16], u16, Vec<u8>>(&database, sealed) {
        let case = CaseId::new(case);
        of_case(&database, case, unsealed(&roots, epoch, case, NO_ROW, &sealed), &mut keys);
    }
    keys
}

fn of_case(database: &Connection, case: CaseId, bytes: [u8; 32], keys: &mut Keys) {
    let key = CaseKey::new(bytes);
    keys.insert(bytes, "key of a case".to_owned());
    keys.insert(*key.view_key(case).as_bytes(), "key of a view".to_owned());
    let draft = ObjectId::new(*case.as_bytes());
    keys.insert(*key.object_key(case, Scope::Full, draft).as_bytes(), "key of a draft".to_owned());
    let objects = format!("SELECT object_id, scope, kind FROM objects WHERE hex(case_id) = upper('{case}')");
    for (object, scope, kind) in rows::<[u8; 16], u16, u8>(database, &objects) {
        let scope = Scope::from_number(scope.into()).expect("a scope");
        let object = key.object_key(case, scope, ObjectId::new(object));
        keys.insert(*object.as_bytes(), format!("key of an object of kind {kind}"));
    }
}

fn unsealed(roots: &BTreeMap<u16, [u8; 32]>, epoch: u16, case: CaseId, row: ObjectId, sealed: &[u8]) -> [u8; 32] {
    let root = ObjectKey::new(*roots.get(&epoch).expect("its epoch"));
    let binding = Binding { epoch, ..Binding::of_case(Kind::WrappedKey, case, row) };
    open(&root, &binding, sealed).expect("opens").try_into().expect("32 bytes")
}

fn rows<A, B, C>(database: &Connection, sql: &str) -> Vec<(A, B, C)>
where
    A: rusqlite::types::FromSql,
    B: rusqlite::types::FromSql,
    C: rusqlite::types::FromSql,
{
    let mut statement = database.prepare(sql).expect("prepares");
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).expect("queries");
    rows.collect::<Result<_, _>>().expect("reads")
}

/// The child, and what it says.
struct Victim {
    child: Child,
    orders: ChildStdin,
    says: BufReader<ChildStdout>,
}

impl Victim {
    fn start(folder: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_memory-image"));
        command.arg(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("starts");
        let (orders, says) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
        Self { child, orders, says: BufReader::new(says) }
    }

    fn waits_at(&mut self, state: &str) {
        let mut line = String::new();
        self.says.read_line(&mut line).expect("reads");
        assert_eq!(line.trim(), state);
    }

    fn goes_on(&mut self) {
        self.orders.write_all(b"\n").expect("writes");
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// What the memory of the stopped child holds of the keys: where, and how often.
    fn image(&self, keys: &Keys) -> std::io::Result<Found> {
        kill_process(self.pid(), Signal::STOP)?;
        let stopped = waitpid(Some(self.pid()), WaitOptions::UNTRACED)?;
        assert!(stopped.is_some_and(|(_, status)| status.stopped()), "it stopped");
        let found = search(self.pid(), keys);
        kill_process(self.pid(), Signal::CONT)?;
        found
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What was found.
#[derive(Default)]
struct Found {
    bytes: usize,
    /// By what the key is for and the region it was found in.
    places: BTreeMap<(String, String), usize>,
}

impl Found {
    fn kinds(&self) -> BTreeSet<&str> {
        self.places.keys().map(|(key, _)| key.as_str()).collect()
    }
}

/// Searches every readable region. What the kernel does not let anybody read is no memory of the program's.
fn search(pid: Pid, keys: &Keys) -> std::io::Result<Found> {
    let maps = std::fs::read_to_string(format!("/proc/{}/maps", pid.as_raw_nonzero()))?;
    let mut memory = File::open(format!("/proc/{}/mem", pid.as_raw_nonzero()))?;
    // Most places are ruled out by two bytes.
    let start = |bytes: &[u8]| bytes.first_chunk().map_or(0, |two| usize::from(u16::from_be_bytes(*two)));
    let wanted: BTreeSet<_> = keys.keys().map(|key| start(key)).collect();
    let starts: Vec<_> = (0..1 << 16).map(|start| wanted.contains(&start)).collect();
    let mut found = Found::default();
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (range, rights) = (words.next().expect("a range"), words.next().expect("rights"));
        let name = words.nth(3).unwrap_or("anonymous").to_owned();
        if !rights.starts_with('r') || name.starts_with("[v") {
            continue;
        }
        let (from, to) = range.split_once('-').expect("from and to");
        let number = |text| u64::from_str_radix(text, 16).expect("hexadecimal");
        let mut region = vec![0; usize::try_from(number(to) - number(from)).expect("fits")];
        memory.seek(SeekFrom::Start(number(from)))?;
        memory.read_exact(&mut region)?;
        found.bytes += region.len();
        for at in region.windows(32) {
            if starts.get(start(at)) == Some(&true)
                && let Some(key) = keys.get(at)
            {
                *found.places.entry((key.clone(), name.clone())).or_default() += 1;
            }
        }
    }
    Ok(found)
}

#[test]
fn no_key_is_left_in_memory_once_locked() {
    let _alone = Alone::wait();
    let folder = tempfile::tempdir().expect("folder");
    let phone = Phone::new(folder.path());
    let mut victim = Victim::start(folder.path());
    victim.waits_at("first epoch");
    // Keys of the epoch that is erased next are searched for, too: no file gives them any more.
    let mut keys = keys_of(&phone);
    let erased = keys.len();
    victim.goes_on();
    for round in 0..2 {
        victim.waits_at("open");
        keys.extend(keys_of(&phone));
        assert!(keys.values().any(|key| key.contains("root key of epoch 1")) && keys.len() > erased);
        let open = match victim.image(&keys) {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                return skipped("memory image", "this system does not let a parent read its child's memory");
            }
            other => other.expect("reads the memory"),
        };
        // The positive control: with the keys at hand the same search finds them.
        let is_there = |what: &str| open.kinds().iter().any(|kind| kind.starts_with(what));
        assert!(is_there("root key of epoch 2") && is_there("journal key"), "{:?}", open.places);
        assert!(!is_there("root key of epoch 1"), "it was erased: {:?}", open.places);
        victim.goes_on();
        victim.waits_at("locked");
        let locked = victim.image(&keys).expect("reads the memory");
        say(&format_args!(
            "memory image {round}: {} keys, {} MiB; open: {} kinds at {} places; locked: {} places",
            keys.len(),
            locked.bytes >> 20,
            open.kinds().len(),
            open.places.values().sum::<usize>(),
            locked.places.values().sum::<usize>()
        ));
        assert!(locked.places.is_empty(), "{:#?}", locked.places);
        victim.goes_on();
    }
    assert!(victim.child.wait().expect("ends").success());
}
