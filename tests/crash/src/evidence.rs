//! What a vault holds of its cases and shifts, read back and verified by its own signatures and hashes.

use std::collections::BTreeMap;
use std::fmt::{Display, Formatter};
use std::io::Read;

use streife_core::domain::{CaseId, CaseRecord, ObjectId, PhotoRecord, Place, ShiftId};
use streife_core::evidence::SealedReader;
use streife_core::seal::{
    Binding, CaseEvent, Hash, Kind, Manifest, Receipt, Scope, ShiftOpening, ShiftSeal, Signed, VerifyingKey, merkle,
};
use streife_core::vault::{CaseRow, CaseState, EventRow, ObjectRow, Salvaged, ShiftRow, Vault, VaultError};

use crate::Phone;

/// Why something is not whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The core refuses to give it, with an error of its own.
    Refused(String),
    /// The core gives it as good, and it is not.
    Wrong(String),
}

impl Display for Fault {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(why) => write!(f, "refused: {why}"),
            Self::Wrong(why) => write!(f, "wrong: {why}"),
        }
    }
}

/// One case as it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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

/// Plaintexts of a case's objects.
pub type Plain = BTreeMap<ObjectId, Vec<u8>>;

/// Everything a vault holds, each item whole or with its fault.
#[derive(Debug)]
pub struct Holdings {
    /// By case.
    pub cases: BTreeMap<CaseId, Result<Found, Fault>>,
    /// All events.
    pub events: Vec<EventRow>,
    /// Of events that do not verify.
    pub bad_events: Vec<(CaseId, Fault)>,
    /// By shift: whether it is closed.
    pub shifts: BTreeMap<ShiftId, Result<bool, Fault>>,
}

impl Holdings {
    /// Reads all of it.
    ///
    /// # Errors
    /// If not even the rows can be listed.
    pub fn read(vault: &Vault, phone: &Phone) -> Result<Self, VaultError> {
        let keys = Keys { device: phone.verifying_key(), receipts: phone.box_key() };
        let (rows, events) = (vault.cases()?, vault.events()?);
        let bad = |event: &EventRow| Some((event.case, verify_event(&keys, event).err()?));
        let shift = |shift: ShiftRow| (shift.shift, verify_shift(&keys, &shift, &rows));
        Ok(Self {
            bad_events: events.iter().filter_map(bad).collect(),
            shifts: vault.shifts()?.into_iter().map(shift).collect(),
            cases: rows.iter().map(|row| (row.case, found(vault, &keys, row))).collect(),
            events,
        })
    }
}

/// Whose signatures count.
struct Keys {
    /// The phone's.
    device: VerifyingKey,
    /// The box's.
    receipts: VerifyingKey,
}

fn found(vault: &Vault, keys: &Keys, row: &CaseRow) -> Result<Found, Fault> {
    let objects = vault.objects_of(row.case).map_err(refused)?;
    let mut plain = Plain::new();
    for object in &objects {
        plain.insert(object.object.object, open(vault, object)?);
        verify_file(vault, object)?;
    }
    match row.state {
        CaseState::Draft => draft(vault, row, &plain),
        CaseState::Sealed | CaseState::Receipted | CaseState::Quarantined => sealed(keys, row, &objects, &plain),
        CaseState::Purged => purged(keys, row, &objects),
        CaseState::Unsigned | CaseState::Purging | CaseState::Stranded => {
            Err(Fault::Wrong(format!("stays in {:?}", row.state)))
        }
    }
}

/// Opens an object as the core does it: to its end.
///
/// # Errors
/// [`Fault::Refused`].
pub fn open(vault: &Vault, row: &ObjectRow) -> Result<Vec<u8>, Fault> {
    let object = &row.object;
    let key = vault.case_key(row.case).map_err(refused)?.object_key(row.case, object.scope, object.object);
    let file = vault.open_object(object.object).map_err(refused)?;
    let binding = Binding::of_case(object.kind, row.case, object.object).with_scope(object.scope);
    let mut plain = Vec::new();
    SealedReader::new(file, &key, &binding).map_err(refused)?.read_to_end(&mut plain).map_err(refused)?;
    Ok(plain)
}

fn verify_event(keys: &Keys, row: &EventRow) -> Result<(), Fault> {
    let signed = row.signed.as_ref().ok_or_else(|| wrong("its event is unsigned"))?;
    let event = Signed::<CaseEvent>::verify(signed, &keys.device).map_err(refused)?;
    expect(event.payload().case == row.case && event.payload().event == row.event, "its event is of another case")
}

/// Opening and seal are signed, name this shift, and the seal counts its cases.
fn verify_shift(keys: &Keys, row: &ShiftRow, cases: &[CaseRow]) -> Result<bool, Fault> {
    if row.salvaged == Salvaged::Unopened && row.opening.is_none() {
        return Ok(true); // a salvage has not found it; the box is believed to hold it
    }
    let opening = row.opening.as_ref().ok_or_else(|| wrong("its opening is unsigned"))?;
    let opening = Signed::<ShiftOpening>::verify(opening, &keys.device).map_err(refused)?;
    let opening = opening.payload();
    expect(opening.shift == row.shift && opening.head.n == row.first_n, "its opening is of another shift")?;
    let Some(last) = row.last_n else { return Ok(false) };
    if row.salvaged != Salvaged::No {
        return Ok(true); // a salvage has closed it: nobody can swear to its end
    }
    let seal = row.seal.as_ref().ok_or_else(|| wrong("its seal is unsigned"))?;
    let seal = Signed::<ShiftSeal>::verify(seal, &keys.device).map_err(refused)?;
    let seal = seal.payload();
    expect((seal.shift, seal.first, seal.last) == (row.shift, row.first_n, last), "its seal is of another shift")?;
    let heads = seal.heads().ok_or_else(|| wrong("the links of its seal do not fit together"))?;
    expect(heads.first() == Some(&opening.head), "its seal begins elsewhere than its opening")?;
    let mut of_shift: Vec<_> = cases.iter().filter(|case| case.shift == row.shift).collect();
    of_shift.sort_by_key(|case| case.seq);
    let leaves: Vec<_> = of_shift.iter().filter_map(|case| case.payload_hash).collect();
    expect(seal.count == of_shift.len() as u64 && seal.root == merkle::root(&leaves), "its seal has other cases")?;
    Ok(true)
}

fn draft(vault: &Vault, row: &CaseRow, plain: &Plain) -> Result<Found, Fault> {
    let facts = vault.draft(row.case).map_err(refused)?;
    let photos = photos(&facts.photos, plain)?;
    Ok(Found { place: number(facts.place.as_ref()), photos, ..Found::default() })
}

fn sealed(keys: &Keys, row: &CaseRow, objects: &[ObjectRow], plain: &Plain) -> Result<Found, Fault> {
    let signed = row.manifest.as_ref().ok_or_else(|| wrong("has no manifest"))?;
    let manifest = Signed::<Manifest>::verify(signed, &keys.device).map_err(refused)?;
    let manifest = manifest.payload();
    expect(manifest.case == row.case && Some(manifest.seq) == row.seq, "its manifest is of another case")?;
    expect(manifest.objects.iter().eq(objects.iter().map(|row| &row.object)), "its manifest names other objects")?;
    let record = objects.iter().find(|row| (row.object.kind, row.object.scope) == (Kind::Record, Scope::Full));
    let json = record.and_then(|row| plain.get(&row.object.object)).ok_or_else(|| wrong("has no record"))?;
    let record: CaseRecord = serde_json::from_slice(json).map_err(|error| wrong(&error.to_string()))?;
    let photos = photos(&record.photos, plain)?;
    Ok(Found { seq: row.seq, place: number(record.place.as_ref()), photos, purged: false })
}

fn purged(keys: &Keys, row: &CaseRow, objects: &[ObjectRow]) -> Result<Found, Fault> {
    let receipt = row.receipt.as_ref().ok_or_else(|| wrong("was purged without a receipt"))?;
    let receipt = Signed::<Receipt>::verify(receipt, &keys.receipts).map_err(refused)?;
    expect(receipt.payload().case == row.case, "its receipt is of another case")?;
    expect(objects.is_empty(), "has objects behind its purge")?;
    Ok(Found { purged: true, seq: row.seq, ..Found::default() })
}

/// The stored bytes are those that the row, and so the manifest, names.
fn verify_file(vault: &Vault, row: &ObjectRow) -> Result<(), Fault> {
    let object = &row.object;
    let length = std::fs::metadata(vault.object_path(object.object)).map_err(refused)?.len();
    expect(length == object.length, "an object has another length")?;
    let hash = vault.hash_range(object.object, 0, length).map_err(refused)?;
    expect(hash == object.hash, "an object has another hash")
}

fn photos(photos: &[PhotoRecord], plain: &Plain) -> Result<BTreeMap<Hash, ObjectId>, Fault> {
    let original = |photo: &PhotoRecord| {
        let bytes = plain.get(&photo.object).ok_or_else(|| wrong("names a photo that has no row"))?;
        Ok((Hash::of(&[bytes]), photo.object))
    };
    photos.iter().map(original).collect()
}

/// The number that the patrol writes last into the place.
fn number(place: Option<&Place>) -> Option<u32> {
    place?.text.split(' ').next_back()?.parse().ok()
}

fn expect(holds: bool, otherwise: &str) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err(wrong(otherwise)) }
}

fn wrong(what: &str) -> Fault {
    Fault::Wrong(what.to_owned())
}

fn refused(error: impl Display) -> Fault {
    Fault::Refused(error.to_string())
}
