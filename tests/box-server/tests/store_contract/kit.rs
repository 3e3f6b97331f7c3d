//! What every check needs: a way to say what is broken, and phones that sign without a network.

use streife_box::BoxError;
use streife_box::store::{Cases, MetaStore, Newcomer, ObjectRow, Put};
use streife_core::domain::{Agency, BoxId, CaseId, DeviceId, EventId, KeyId, ObjectId, ShiftId};
use streife_core::seal::{
    Build, CaseEvent, ClockEvidence, Decision, DecisionKind, EventKind, Hash, JournalHead, Kem, Kind, Manifest,
    ManifestObject, Namespace, Scope, ShiftOpening, ShiftSeal, Signed, SignedPayload, SoftwareKey, Wrap, WrappedKey,
    chain, merkle, sign_payload,
};

/// A promise that was not kept, in words.
#[derive(Debug)]
pub struct Broken(pub String);

impl<E: std::error::Error> From<E> for Broken {
    fn from(error: E) -> Self {
        Self(format!("fails: {error}"))
    }
}

/// A check of a store of metadata.
pub type MetaCheck = fn(&dyn MetaStore) -> Result<(), Broken>;

/// Demands that two values are the same.
macro_rules! same {
    ($found:expr, $due:expr, $promise:literal) => {
        match (&$found, &$due) {
            (found, due) if found != due => {
                return Err($crate::kit::Broken(format!("{}: {found:?} instead of {due:?}", $promise)));
            }
            _ => {}
        }
    };
}

/// Demands that something is true.
macro_rules! hold {
    ($condition:expr, $promise:literal) => {
        if !$condition {
            return Err($crate::kit::Broken($promise.to_owned()));
        }
    };
}

pub(crate) use {hold, same};

/// A phone with one shift. Everything about it follows from its number.
pub struct Phone {
    pub device: DeviceId,
    pub shift: ShiftId,
    pub key: SoftwareKey,
}

impl Phone {
    pub fn new(number: u8) -> Self {
        let key = SoftwareKey::from_bytes(&[number; 32]).expect("a key");
        Self { device: DeviceId::new([number; 16]), shift: ShiftId::new([number; 16]), key }
    }

    /// Enrolled, with its shift open.
    pub fn at_work(number: u8, store: &dyn MetaStore) -> Result<Self, Broken> {
        let phone = Self::new(number);
        same!(phone.enrol(store, None)?, Some(Put::New), "a new device is new");
        same!(store.put_shift(&phone.opening())?, Put::New, "a new shift is new");
        Ok(phone)
    }

    pub fn enrol(&self, store: &dyn MetaStore, code: Option<Hash>) -> Result<Option<Put>, BoxError> {
        let key = self.key.verifying_key();
        store.enrol(&Newcomer { device: self.device, key: &key, attestation: "[]", code }, 1)
    }

    pub fn sign<T: SignedPayload>(&self, namespace: Namespace, payload: &T) -> Signed<T> {
        let bytes = sign_payload(namespace, payload.encode(), &self.key).expect("signs");
        Signed::verify(&bytes, &self.key.verifying_key()).expect("verifies")
    }

    pub fn opening(&self) -> Signed<ShiftOpening> {
        self.opening_at(sealed_head())
    }

    pub fn opening_at(&self, head: JournalHead) -> Signed<ShiftOpening> {
        let opening = ShiftOpening { shift: self.shift, device: self.device, agency: agency(), head };
        self.sign(Namespace::Shift, &opening)
    }

    /// A seal over so many cases, these among them.
    pub fn seal(&self, cases: &[&Signed<Manifest>], count: u64) -> Signed<ShiftSeal> {
        let leaves: Vec<_> = cases.iter().map(|case| case.payload_hash()).collect();
        let seal = ShiftSeal {
            shift: self.shift,
            device: self.device,
            first: 1,
            before: Hash([0; 32]),
            entries: vec![Hash([7; 32])],
            last: 1,
            link: sealed_head().link,
            count,
            root: merkle::root(&leaves),
        };
        self.sign(Namespace::Seal, &seal)
    }

    /// A case with so many objects, whose ids follow from its own.
    pub fn case(&self, number: u8, seq: u32, objects: u8) -> Signed<Manifest> {
        self.sign(Namespace::Manifest, &self.manifest(number, seq, objects))
    }

    pub fn manifest(&self, number: u8, seq: u32, objects: u8) -> Manifest {
        let wrap = Wrap { enc: vec![4; 65], ct: vec![1; 48] };
        Manifest {
            case: case_id(number),
            device: self.device,
            shift: self.shift,
            seq,
            head: sealed_head(),
            agency: agency(),
            // Not in the order of their ids: what a store must keep is the manifest's.
            objects: (0..objects).map(|place| listed(number, u8::MAX - place, place)).collect(),
            wraps: vec![WrappedKey { recipient: KeyId::new([1; 16]), kem: Kem::P256, wrap }],
            key_commitment: Hash([2; 32]),
            notice: None,
            build: Build { catalogue: "c".to_owned(), app: "a".to_owned(), record_schema: 1 },
            clock: ClockEvidence::default(),
        }
    }

    pub fn void(&self, event: u8, case: u8, reason: &str) -> Signed<CaseEvent> {
        let (event, case) = (event_id(event), case_id(case));
        let head = JournalHead { n: 9, link: Hash([9; 32]) };
        let event = CaseEvent { event, case, kind: EventKind::Void, reason: reason.to_owned(), note: None, head };
        self.sign(Namespace::Event, &event)
    }
}

/// The place that each [`Phone::seal`] fixes.
pub fn sealed_head() -> JournalHead {
    JournalHead { n: 1, link: chain::link(&Hash([0; 32]), 1, &Hash([7; 32])) }
}

pub fn agency() -> Agency {
    Agency("Musterstadt".to_owned())
}

pub fn case_id(number: u8) -> CaseId {
    CaseId::new([number; 16])
}

pub fn event_id(number: u8) -> EventId {
    EventId::new([number; 16])
}

pub fn object_id(case: u8, place: u8) -> ObjectId {
    let mut id = [case; 16];
    id[0] = place;
    ObjectId::new(id)
}

fn listed(case: u8, id: u8, place: u8) -> ManifestObject {
    ManifestObject {
        object: object_id(case, id),
        kind: if place == 0 { Kind::Record } else { Kind::Photo },
        scope: Scope::Full,
        media_type: "image/jpeg".to_owned(),
        length: 100 + u64::from(place),
        hash: Hash([place; 32]),
        commitment: Hash([3; 32]),
    }
}

pub fn decision(event: u8, case: u8, kind: DecisionKind) -> Decision {
    let (event, case) = (event_id(event), case_id(case));
    Decision { event, case, kind, reason: "checked".to_owned(), decided_at: 5, box_id: BoxId::new([0; 16]) }
}

pub fn wrap(recipient: u8, ct: u8) -> WrappedKey {
    let wrap = Wrap { enc: vec![4; 65], ct: vec![ct; 48] };
    WrappedKey { recipient: KeyId::new([recipient; 16]), kem: Kem::P256, wrap }
}

/// A declared case and its rows.
pub fn declare(store: &dyn MetaStore, case: &Signed<Manifest>) -> Result<Vec<ObjectRow>, Broken> {
    same!(store.put_case(case)?, Some(Put::New), "a new case is new");
    Ok(store.objects(case.payload().case)?)
}

/// Marks all of these; the receipt says what it covers.
pub fn complete(store: &(impl Cases + ?Sized), objects: &[ObjectRow]) -> Result<(), BoxError> {
    objects.iter().try_for_each(|object| store.mark_stored(object, &|_, _, leaf| Ok(vec![leaf as u8])))
}

/// How a signature fails.
pub fn refuse<T>() -> Result<T, BoxError> {
    Err(BoxError::Damaged("no signature today"))
}
