//! Somebody who holds the vault's root key, as root on a rooted phone may after an unlock: they write a journal of their
//! own.

use rusqlite::Connection;
use rusqlite::types::Value;
use streife_core::domain::{CaseId, ObjectId};
use streife_core::ports::{KeyStore, OsEntropy};
use streife_core::seal::{
    Binding, Hash, JournalKey, Kind, Manifest, ObjectKey, RootKey, SignedPayload, chain, open, seal,
};
use streife_core::vault::{JournalEvent, JournalRecord};

use super::schema::{Row, Table, blob, number, text};
use super::world::Tampered;

const NOWHERE: CaseId = CaseId::new([0; 16]);

/// Puts another payload in the place of one that waits for its signature, and nothing else.
pub fn rewrite_a_payload(tampered: &Tampered<'_>) {
    tampered.edit(|database| rewrite(tampered, database).map(drop)).expect("edits");
}

/// The same with the journal: the entry that tells of it is sealed anew, and all links behind it are computed anew.
pub fn rewrite_a_sealed_case(tampered: &Tampered<'_>) {
    tampered
        .edit(|database| {
            let payload = rewrite(tampered, database)?;
            let journal = tampered.world.dump.table("journal");
            let mut link = Hash::ZERO;
            for row in &journal.rows {
                let n = u64::try_from(number(row, "n")).expect("positive");
                let stored = forged_entry(tampered, row, &payload).unwrap_or_else(|| blob(row, "entry"));
                link = chain::link(&link, n, &Hash::of(&[&stored]));
                set(database, journal, row, "entry", stored)?;
                set(database, journal, row, "link", link.0.to_vec())?;
            }
            // The mark names a place that is no more; without one the journal is read from its beginning.
            let settings = tampered.world.dump.table("settings");
            let mark = settings.rows.iter().find(|row| text(row, "name") == "journal-mark").expect("is there");
            set(database, settings, mark, "value", forged_mark(tampered, mark, database))
        })
        .expect("edits");
}

/// Another manifest of the case that waits for its signature.
fn rewrite(tampered: &Tampered<'_>, database: &Connection) -> rusqlite::Result<Hash> {
    let (cases, case) = (tampered.world.dump.table("cases"), tampered.world.unsigned);
    let row = cases.rows.iter().find(|row| blob(row, "case_id") == case.as_bytes()).expect("is there");
    let mut manifest = Manifest::decode(&blob(row, "payload")).expect("a manifest");
    manifest.build.app = "forged".to_owned();
    let payload = manifest.encode();
    let hash = Hash::of(&[&payload]);
    set(database, cases, row, "payload", payload)?;
    set(database, cases, row, "payload_hash", hash.0.to_vec())?;
    Ok(hash)
}

fn set(database: &Connection, table: &Table, row: &Row, column: &str, bytes: Vec<u8>) -> rusqlite::Result<()> {
    table.set(database, row, column, &Value::Blob(bytes))
}

/// The entry that tells of the case's sealing, with another hash.
fn forged_entry(tampered: &Tampered<'_>, row: &Row, payload: &Hash) -> Option<Vec<u8>> {
    let n = number(row, "n");
    let generation = u16::try_from(number(row, "generation")).expect("small");
    let key = journal_key(tampered, generation).object_key();
    let place = ObjectId::new(u128::try_from(n).expect("positive").to_be_bytes());
    let binding = own(generation, Kind::JournalEntry, place);
    let plain = open(&key, &binding, &blob(row, "entry")).expect("opens");
    let mut record: JournalRecord = serde_json::from_slice(&plain).expect("a record");
    match &mut record.event {
        JournalEvent::CaseSealed { case, payload: told, .. } if *case == tampered.world.unsigned => *told = *payload,
        _ => return None,
    }
    let plain = serde_json::to_vec(&record).expect("serialises");
    Some(seal(&key, &binding, &plain, &OsEntropy).expect("seals"))
}

/// The mark with the link that its entry has now.
fn forged_mark(tampered: &Tampered<'_>, mark: &Row, database: &Connection) -> Vec<u8> {
    let epoch = u16::try_from(number(mark, "epoch")).expect("small");
    let Hash(id) = Hash::of(&[b"streife/1 setting", b"journal-mark"]);
    let binding = own(epoch, Kind::Setting, ObjectId::try_from(id.split_at(16).0).expect("16 bytes"));
    let key = root(tampered).object_key();
    let plain = open(&key, &binding, &blob(mark, "value")).expect("opens");
    let mut json: serde_json::Value = serde_json::from_slice(&plain).expect("a mark");
    let n = json.get("n").and_then(serde_json::Value::as_i64).expect("has a number");
    let link: Vec<u8> =
        database.query_row("SELECT link FROM journal WHERE n = ?1", [n], |row| row.get(0)).expect("is there");
    let link: String = link.iter().map(|byte| format!("{byte:02x}")).collect();
    json.as_object_mut().expect("a map").insert("link".to_owned(), link.into());
    seal(&key, &binding, &serde_json::to_vec(&json).expect("serialises"), &OsEntropy).expect("seals")
}

fn current<'a>(tampered: &Tampered<'a>) -> &'a Row {
    let epochs = &tampered.world.dump.table("epochs").rows;
    epochs.iter().find(|row| number(row, "state") == 1).expect("is there")
}

fn root(tampered: &Tampered<'_>) -> RootKey {
    let row = current(tampered);
    let store = &tampered.world.phone.key_store;
    RootKey::new(store.unwrap(&text(row, "alias"), &blob(row, "wrapped")).expect("unwraps"))
}

fn journal_key(tampered: &Tampered<'_>, generation: u16) -> JournalKey {
    let epoch = u16::try_from(number(current(tampered), "epoch")).expect("small");
    let rows = &tampered.world.dump.table("journal_keys").rows;
    let row = rows.iter().find(|row| number(row, "generation") == i64::from(generation)).expect("is carried");
    let [high, low] = generation.to_be_bytes();
    let mut place = [0x6a; 16];
    place.iter_mut().rev().zip([low, high]).for_each(|(to, from)| *to = from);
    let key: ObjectKey = root(tampered).object_key();
    let plain = open(&key, &own(epoch, Kind::WrappedKey, ObjectId::new(place)), &blob(row, "sealed")).expect("opens");
    JournalKey::new(plain.try_into().expect("32 bytes"))
}

fn own(epoch: u16, kind: Kind, object: ObjectId) -> Binding {
    Binding { epoch, ..Binding::of_case(kind, NOWHERE, object) }
}
