//! A phone whose key store is gone, opened with the agency's recovery key alone: by SQLite and the public functions of
//! `seal`, as FORMATS 16 says, and without the vault.

use std::collections::BTreeMap;

use rusqlite::Connection;
use streife_core::domain::{CaseFacts, CaseId, ObjectId, Officer, ShiftId};
use streife_core::seal::{Binding, CaseKey, JournalKey, Kind, ObjectKey, RootEscrow, RootKey, Scope, open};
use streife_core::vault::JournalRecord;

use super::Phone;

const NOWHERE: CaseId = CaseId::new([0; 16]);

/// The database of a phone.
pub fn database(phone: &Phone) -> Connection {
    Connection::open(phone.vault_folder().join("vault.db")).expect("opens")
}

/// The vault and all roots that the recovery key opens.
pub struct Dead {
    pub database: Connection,
    pub roots: BTreeMap<u16, RootKey>,
    journal: BTreeMap<u16, JournalKey>,
}

impl Dead {
    /// Opens the vault of a phone that is off.
    pub fn open(phone: &Phone) -> Self {
        let database = database(phone);
        let mut dead = Self { database, roots: BTreeMap::new(), journal: BTreeMap::new() };
        for (epoch, escrow) in dead.rows::<_, Vec<u8>>("SELECT epoch, recovery FROM epochs WHERE recovery NOT NULL") {
            let escrow = RootEscrow::decode(&escrow).expect("an escrow");
            dead.roots.insert(epoch, escrow.open(epoch, &phone.agency.recovery).expect("opens"));
        }
        for (epoch, generation) in dead.rows::<u16, u16>("SELECT epoch, generation FROM journal_keys") {
            if !dead.roots.contains_key(&epoch) {
                continue;
            }
            let sql = format!("SELECT sealed FROM journal_keys WHERE epoch = {epoch} AND generation = {generation}");
            let sealed: Vec<u8> = dead.one(&sql);
            let mut row = [0x6a; 16];
            row[14..].copy_from_slice(&generation.to_be_bytes());
            let key = dead.value(epoch, Kind::WrappedKey, NOWHERE, ObjectId::new(row), &sealed);
            dead.journal.insert(generation, JournalKey::new(key.try_into().expect("32 bytes")));
        }
        dead
    }

    /// Facts of a draft.
    pub fn draft(&self, case: CaseId) -> CaseFacts {
        let row = ObjectId::new(*case.as_bytes());
        let key = self.case_key(case).object_key(case, Scope::Full, row);
        let draft: Vec<u8> = self.of_case("draft", case);
        let plain = open(&key, &Binding::of_case(Kind::Draft, case, row), &draft).expect("opens");
        serde_json::from_slice(&plain).expect("facts")
    }

    /// The key of a case.
    pub fn case_key(&self, case: CaseId) -> CaseKey {
        let (epoch, sealed): (u16, Vec<u8>) = (self.of_case("epoch", case), self.of_case("wrapped_key", case));
        let key = self.value(epoch, Kind::WrappedKey, case, ObjectId::new([0; 16]), &sealed);
        CaseKey::new(key.try_into().expect("32 bytes"))
    }

    /// The original of a photo.
    pub fn photo(&self, phone: &Phone, case: CaseId, object: ObjectId) -> Vec<u8> {
        let file = std::fs::read(phone.vault_folder().join(format!("objects/{object}.sbx"))).expect("reads");
        let key = self.case_key(case).object_key(case, Scope::Full, object);
        open(&key, &Binding::of_case(Kind::Photo, case, object), &file).expect("opens")
    }

    /// The officer of a shift, as stated last.
    pub fn officer(&self, shift: ShiftId) -> Officer {
        let sql = format!("SELECT epoch, officer FROM officers WHERE hex(shift_id) = upper('{shift}') ORDER BY epoch");
        let (epoch, sealed): (u16, Vec<u8>) = self.rows(&sql).pop().expect("an officer");
        let plain = self.value(epoch, Kind::Setting, NOWHERE, ObjectId::new(*shift.as_bytes()), &sealed);
        serde_json::from_slice(&plain).expect("an officer")
    }

    /// The whole journal.
    pub fn journal(&self) -> Vec<JournalRecord> {
        let read = |(n, entry): (u32, Vec<u8>)| {
            let generation: u16 = self.one(&format!("SELECT generation FROM journal WHERE n = {n}"));
            let row = ObjectId::new(u128::from(n).to_be_bytes());
            let key = self.journal.get(&generation).expect("its generation").object_key();
            let plain = open(&key, &own(generation, Kind::JournalEntry, NOWHERE, row), &entry).expect("opens");
            serde_json::from_slice(&plain).expect("a record")
        };
        self.rows("SELECT n, entry FROM journal ORDER BY n").into_iter().map(read).collect()
    }

    fn value(&self, epoch: u16, kind: Kind, case: CaseId, row: ObjectId, sealed: &[u8]) -> Vec<u8> {
        let key: ObjectKey = self.roots.get(&epoch).expect("its epoch").object_key();
        open(&key, &own(epoch, kind, case, row), sealed).expect("opens")
    }

    fn of_case<T: rusqlite::types::FromSql>(&self, column: &str, case: CaseId) -> T {
        self.one(&format!("SELECT {column} FROM cases WHERE hex(case_id) = upper('{case}')"))
    }

    fn one<T: rusqlite::types::FromSql>(&self, sql: &str) -> T {
        self.database.query_row(sql, [], |row| row.get(0)).expect("a value")
    }

    fn rows<A: rusqlite::types::FromSql, B: rusqlite::types::FromSql>(&self, sql: &str) -> Vec<(A, B)> {
        let mut statement = self.database.prepare(sql).expect("prepares");
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("queries");
        rows.collect::<Result<_, _>>().expect("reads")
    }
}

fn own(epoch: u16, kind: Kind, case: CaseId, object: ObjectId) -> Binding {
    Binding { epoch, ..Binding::of_case(kind, case, object) }
}
