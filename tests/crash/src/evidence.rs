//! What a vault holds of one case, read back and verified by its own signatures and hashes.

use std::collections::BTreeMap;
use std::io::Read;

use streife_core::domain::{CaseRecord, ObjectId, PhotoRecord, Place};
use streife_core::evidence::SealedReader;
use streife_core::seal::{Binding, CaseEvent, Hash, Kind, Manifest, Receipt, Scope, Signed, VerifyingKey};
use streife_core::vault::{CaseRow, CaseState, EventRow, ObjectRow, Vault};

/// One case as it was found.
#[derive(Debug, Default)]
pub struct Found {
    /// Its payload was let go against a receipt.
    pub purged: bool,
    /// Its number.
    pub seq: Option<u32>,
    /// Number in its place.
    pub place: Option<u32>,
    /// Its photos by the hash of the original.
    pub photos: BTreeMap<Hash, ObjectId>,
}

/// Whose signatures count.
pub struct Keys {
    /// The phone's.
    pub device: VerifyingKey,
    /// The box's.
    pub receipts: VerifyingKey,
}

/// Reads a case; the error says what of it is not whole.
pub fn found(vault: &Vault, keys: &Keys, row: &CaseRow) -> Result<Found, String> {
    let objects = vault.objects_of(row.case).map_err(text)?;
    for object in &objects {
        verify_file(vault, object)?;
    }
    match row.state {
        CaseState::Draft => draft(vault, row),
        CaseState::Sealed | CaseState::Receipted | CaseState::Quarantined => sealed(vault, keys, row, &objects),
        CaseState::Purged => purged(keys, row, &objects),
        CaseState::Unsigned | CaseState::Purging => Err(format!("stays in {:?}", row.state)),
    }
}

/// Verifies the signature of an event.
pub fn verify_event(keys: &Keys, row: &EventRow) -> Result<(), String> {
    let signed = row.signed.as_ref().ok_or("its event is unsigned")?;
    let event = Signed::<CaseEvent>::verify(signed, &keys.device).map_err(text)?;
    expect(event.payload().case == row.case && event.payload().event == row.event, "its event is of another case")
}

fn draft(vault: &Vault, row: &CaseRow) -> Result<Found, String> {
    let facts = vault.draft(row.case).map_err(text)?;
    let photos = photos(vault, row, &facts.photos)?;
    Ok(Found { place: number(facts.place.as_ref()), photos, ..Found::default() })
}

fn sealed(vault: &Vault, keys: &Keys, row: &CaseRow, objects: &[ObjectRow]) -> Result<Found, String> {
    let signed = row.manifest.as_ref().ok_or("has no manifest")?;
    let manifest = Signed::<Manifest>::verify(signed, &keys.device).map_err(text)?;
    let manifest = manifest.payload();
    expect(manifest.case == row.case && Some(manifest.seq) == row.seq, "its manifest is of another case")?;
    expect(manifest.objects.iter().eq(objects.iter().map(|row| &row.object)), "its manifest names other objects")?;
    let record = objects.iter().find(|row| row.object.kind == Kind::Record).ok_or("has no record")?;
    let json = open(vault, row, record.object.object, Kind::Record)?;
    let record: CaseRecord = serde_json::from_slice(&json).map_err(text)?;
    let photos = photos(vault, row, &record.photos)?;
    Ok(Found { seq: row.seq, place: number(record.place.as_ref()), photos, purged: false })
}

fn purged(keys: &Keys, row: &CaseRow, objects: &[ObjectRow]) -> Result<Found, String> {
    let receipt = row.receipt.as_ref().ok_or("was purged without a receipt")?;
    let receipt = Signed::<Receipt>::verify(receipt, &keys.receipts).map_err(text)?;
    expect(receipt.payload().case == row.case, "its receipt is of another case")?;
    expect(objects.is_empty(), "has objects behind its purge")?;
    Ok(Found { purged: true, seq: row.seq, ..Found::default() })
}

/// The stored bytes are those that the row, and so the manifest, names.
fn verify_file(vault: &Vault, row: &ObjectRow) -> Result<(), String> {
    let object = &row.object;
    let length = std::fs::metadata(vault.object_path(object.object)).map_err(text)?.len();
    expect(length == object.length, "an object has another length")?;
    let hash = vault.hash_range(object.object, 0, length).map_err(text)?;
    expect(hash == object.hash, "an object has another hash")
}

fn photos(vault: &Vault, row: &CaseRow, photos: &[PhotoRecord]) -> Result<BTreeMap<Hash, ObjectId>, String> {
    let original = |photo: &PhotoRecord| Ok((Hash::of(&[&open(vault, row, photo.object, Kind::Photo)?]), photo.object));
    photos.iter().map(original).collect()
}

fn open(vault: &Vault, row: &CaseRow, object: ObjectId, kind: Kind) -> Result<Vec<u8>, String> {
    let key = vault.case_key(row.case).map_err(text)?.object_key(row.case, Scope::Full, object);
    let file = vault.open_object(object).map_err(text)?;
    let binding = Binding::of_case(kind, row.case, object);
    let mut plain = Vec::new();
    SealedReader::new(file, &key, &binding).map_err(text)?.read_to_end(&mut plain).map_err(text)?;
    Ok(plain)
}

/// The number that the patrol writes last into the place.
fn number(place: Option<&Place>) -> Option<u32> {
    place?.text.split(' ').next_back()?.parse().ok()
}

fn expect(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.to_owned()) }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
