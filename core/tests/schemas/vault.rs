//! FORMATS section 16 on a real vault: every sealed column value opens where the page says, and nowhere else.
//!
//! The database is read with SQLite and the public opening function alone, with the root key as the hardware would
//! unwrap it: what the recovery of a damaged phone would have to do.

use libtest_mimic::{Failed, Trial};
use rusqlite::Connection;
use streife_core::domain::{CaseFacts, CaseId, ObjectId, Officer};
use streife_core::ports::KeyStore;
use streife_core::seal::{
    Binding, CaseKey, Hash, JournalKey, Kind, ObjectKey, RootEscrow, RootKey, Scope, chain, open,
};
use streife_core::vault::JournalRecord;

use super::flow::{Phone, officer};

type Test = fn(&Written) -> Result<(), Failed>;

pub fn trials() -> Vec<Trial> {
    let tests: [(&str, Test); 8] = [
        ("root for the recovery key", recovery),
        ("canary", canary),
        ("journal key", |written| journal_key(written).map(drop)),
        ("settings", settings),
        ("officer of a shift", officers),
        ("case key and draft", drafts),
        ("journal", journal),
        ("a value in another place", elsewhere),
    ];
    let trial =
        |(name, test): (&str, fn(&Written) -> _)| Trial::test(format!("vault: {name}"), move || test(&Written::new()?));
    tests.into_iter().map(trial).collect()
}

const NOWHERE: CaseId = CaseId::new([0; 16]);
const ZEROS: ObjectId = ObjectId::new([0; 16]);
const EPOCH: u16 = 1;

/// A vault with one open shift and one draft, closed, and its root key.
struct Written {
    phone: Phone,
    database: Connection,
    root: ObjectKey,
}

impl Written {
    fn new() -> Result<Self, Failed> {
        let phone = Phone::new()?;
        let client = phone.open()?;
        client.open_shift(&officer(Some("Altstadt")))?;
        client.begin_case()?;
        drop(client);
        phone.put_setting("last-fix", b"none")?;
        let database = Connection::open(phone.vault().join("vault.db"))?;
        let (epoch, alias, wrapped): (u16, String, Vec<u8>) =
            database.query_row("SELECT epoch, alias, wrapped FROM epochs", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?;
        let suffix = alias.strip_prefix("streife-epoch-1-").ok_or("an alias of epoch 1")?;
        assert!(
            epoch == EPOCH && suffix.len() == 8 && suffix.bytes().all(|digit| digit.is_ascii_hexdigit()),
            "{alias}"
        );
        let root = RootKey::new(phone.key_store.unwrap(&alias, &wrapped)?).object_key();
        Ok(Self { phone, database, root })
    }

    fn column<T: rusqlite::types::FromSql>(&self, sql: &str) -> Result<T, Failed> {
        Ok(self.database.query_row(sql, [], |row| row.get(0))?)
    }
}

/// A value that belongs to the phone and not to a case.
const fn own(kind: Kind, object: ObjectId) -> Binding {
    Binding { kind, case: NOWHERE, object, epoch: EPOCH, schema: 1, scope: Scope::Full }
}

fn canary(written: &Written) -> Result<(), Failed> {
    let sealed: Vec<u8> = written.column("SELECT canary FROM epochs")?;
    let plain = open(&written.root, &own(Kind::WrappedKey, ObjectId::new([0xca; 16])), &sealed)?;
    assert_eq!(plain, b"streife/1 canary");
    Ok(())
}

fn recovery(written: &Written) -> Result<(), Failed> {
    let escrow = RootEscrow::decode(&written.column::<Vec<u8>>("SELECT recovery FROM epochs")?)?;
    let root = escrow.open(EPOCH, &written.phone.agency.recovery)?;
    assert_eq!(root.as_bytes(), written.root.as_bytes());
    Ok(())
}

fn settings(written: &Written) -> Result<(), Failed> {
    let mut statement = written.database.prepare("SELECT name, epoch, value FROM settings")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let rows: Vec<(String, u16, Vec<u8>)> = rows.collect::<Result<_, _>>()?;
    assert!(!rows.is_empty(), "no setting");
    for (name, epoch, sealed) in rows {
        assert_eq!(epoch, EPOCH);
        let hash = Hash::of(&[b"streife/1 setting", name.as_bytes()]).0;
        let row = ObjectId::try_from(hash.get(..16).ok_or("16 bytes")?)?;
        open(&written.root, &own(Kind::Setting, row), &sealed).map_err(|error| format!("setting {name}: {error}"))?;
    }
    Ok(())
}

fn officers(written: &Written) -> Result<(), Failed> {
    let (shift, sealed): ([u8; 16], Vec<u8>) =
        written
            .database
            .query_row("SELECT shift_id, officer FROM officers", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let plain = open(&written.root, &own(Kind::Setting, ObjectId::new(shift)), &sealed)?;
    assert_eq!(serde_json::from_slice::<Officer>(&plain)?, officer(Some("Altstadt")));
    Ok(())
}

fn case_key(written: &Written) -> Result<(CaseId, CaseKey), Failed> {
    let case = CaseId::new(written.column("SELECT case_id FROM cases")?);
    let sealed: Vec<u8> = written.column("SELECT wrapped_key FROM cases")?;
    let binding = Binding { case, ..own(Kind::WrappedKey, ZEROS) };
    let key = open(&written.root, &binding, &sealed)?;
    Ok((case, CaseKey::new(key.as_slice().try_into()?)))
}

fn drafts(written: &Written) -> Result<(), Failed> {
    let (case, key) = case_key(written)?;
    let sealed: Vec<u8> = written.column("SELECT draft FROM cases")?;
    let row = ObjectId::new(*case.as_bytes());
    let key = key.object_key(case, Scope::Full, row);
    let plain = open(&key, &Binding::of_case(Kind::Draft, case, row), &sealed)?;
    assert_eq!(serde_json::from_slice::<CaseFacts>(&plain)?, CaseFacts::default());
    Ok(())
}

fn journal_key(written: &Written) -> Result<ObjectKey, Failed> {
    let (epoch, generation, sealed): (u16, u16, Vec<u8>) =
        written.database.query_row("SELECT epoch, generation, sealed FROM journal_keys", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    assert_eq!((epoch, generation), (EPOCH, EPOCH));
    let mut row = [0x6a; 16];
    row[14..].copy_from_slice(&generation.to_be_bytes());
    let key = open(&written.root, &own(Kind::WrappedKey, ObjectId::new(row)), &sealed)?;
    Ok(JournalKey::new(key.as_slice().try_into()?).object_key())
}

fn journal(written: &Written) -> Result<(), Failed> {
    let key = journal_key(written)?;
    let mut statement = written.database.prepare("SELECT n, generation, entry, link FROM journal ORDER BY n")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    let rows: Vec<(i64, u16, Vec<u8>, [u8; 32])> = rows.collect::<Result<_, _>>()?;
    assert_eq!(rows.iter().map(|row| row.0).collect::<Vec<_>>(), [1, 2], "shift opened, case begun");
    let mut link = chain::GENESIS;
    for (n, generation, entry, stored) in rows {
        let n = u64::try_from(n)?;
        link = chain::link(&link, n, &Hash::of(&[&entry]));
        assert_eq!((link.0, generation), (stored, EPOCH));
        let row = ObjectId::new((u128::from(n)).to_be_bytes());
        let plain = open(&key, &own(Kind::JournalEntry, row), &entry)?;
        open(&written.root, &own(Kind::JournalEntry, row), &entry).map(drop).expect_err("not the root itself");
        serde_json::from_slice::<JournalRecord>(&plain)?;
    }
    Ok(())
}

fn elsewhere(written: &Written) -> Result<(), Failed> {
    let sealed: Vec<u8> = written.column("SELECT value FROM settings WHERE name = 'last-fix'")?;
    let hash = Hash::of(&[b"streife/1 setting", b"last-fix"]).0;
    let right = own(Kind::Setting, ObjectId::try_from(hash.get(..16).ok_or("16 bytes")?)?);
    open(&written.root, &right, &sealed)?;
    for wrong in [
        Binding { kind: Kind::JournalEntry, ..right },
        Binding { case: CaseId::new([1; 16]), ..right },
        Binding { object: ZEROS, ..right },
        Binding { epoch: 2, ..right },
        Binding { schema: 2, ..right },
        Binding { scope: Scope::View, ..right },
    ] {
        assert!(open(&written.root, &wrong, &sealed).is_err(), "{wrong:?}");
    }
    Ok(())
}
