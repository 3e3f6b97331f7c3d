//! Events appended to a case after it was sealed: nothing is ever erased, a void least of all.
//!
//! The reason travels in clear from a closed list, so the box can show the state. Free words are sealed under a key of
//! their own, because the case key may be destroyed on the phone by the time the officer voids.

use zeroize::Zeroizing;

use super::cbor::{self, MapReader, MapWriter};
use super::{
    Binding, Hash, JournalHead, Kind, Namespace, ObjectKey, Recipient, RecipientPrivateKey, SealError, SignedPayload,
    WrappedKey, object,
};
use crate::domain::{CaseId, EventId, ObjectId};
use crate::ports::Entropy;

/// What happened to the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum EventKind {
    /// The officer withdraws it.
    Void = 1,
    /// Something is added.
    Amend = 2,
    /// A case worker accepts it.
    Accepted = 3,
    /// A case worker rejects it.
    Rejected = 4,
}

/// Free words of an event, for case workers only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedNote {
    /// The note's key, wrapped for each recipient, bound to the event's id.
    pub wraps: Vec<WrappedKey>,
    /// The sealed text (SBX1, kind attachment).
    pub sealed: Vec<u8>,
}

/// An event of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseEvent {
    /// The event.
    pub event: EventId,
    /// Its case.
    pub case: CaseId,
    /// What happened.
    pub kind: EventKind,
    /// Reason code.
    pub reason: String,
    /// Free words.
    pub note: Option<SealedNote>,
    /// The journal just before the event's own entry.
    pub head: JournalHead,
}

impl SealedNote {
    /// Seals a note for every recipient.
    ///
    /// # Errors
    /// As [`WrappedKey::for_all`].
    pub fn seal(
        text: &str,
        case: CaseId,
        event: EventId,
        recipients: &[&Recipient],
        entropy: &dyn Entropy,
    ) -> Result<Self, SealError> {
        let key = Zeroizing::new(entropy.array::<32>()?);
        let wraps = WrappedKey::for_all(recipients, &key, event.as_bytes(), entropy)?;
        let sealed = object::seal(&note_key(&key, case, event), &binding(case, event), text.as_bytes(), entropy)?;
        Ok(Self { wraps, sealed })
    }

    /// Opens the note with a recipient's private key.
    ///
    /// # Errors
    /// [`SealError::NoRecipient`] or [`SealError::Open`].
    pub fn open(&self, case: CaseId, event: EventId, private: &RecipientPrivateKey) -> Result<String, SealError> {
        let id = private.public()?.id();
        let wrapped = self.wraps.iter().find(|wrap| wrap.recipient == id).ok_or(SealError::NoRecipient)?;
        let key = private.unwrap(&wrapped.wrap, event.as_bytes())?;
        let text = object::open(&note_key(&key, case, event), &binding(case, event), &self.sealed)?;
        String::from_utf8(text).map_err(|_| SealError::Open)
    }
}

fn note_key(key: &[u8; 32], case: CaseId, event: EventId) -> ObjectKey {
    ObjectKey::derived(key, case.as_bytes(), &[b"streife/1 object", event.as_bytes()])
}

const fn binding(case: CaseId, event: EventId) -> Binding {
    Binding::of_case(Kind::Attachment, case, ObjectId::new(*event.as_bytes()))
}

impl CaseEvent {
    /// Longest event that a box takes, signature included.
    pub const MAX_BYTES: usize = 16_384;

    /// Hash under which the journal names the event.
    #[must_use]
    pub fn payload_hash(&self) -> Hash {
        Hash::of(&[&self.encode()])
    }
}

impl SignedPayload for CaseEvent {
    const NAMESPACE: Namespace = Namespace::Event;

    fn encode(&self) -> Vec<u8> {
        let note = |note: &SealedNote| {
            let wraps = note.wraps.iter().map(WrappedKey::to_cbor).collect();
            MapWriter::default().put(1, ciborium::Value::Array(wraps)).bytes(2, &note.sealed).done()
        };
        let map = MapWriter::default()
            .put(1, 1)
            .bytes(2, self.event.as_bytes())
            .bytes(3, self.case.as_bytes())
            .put(4, self.kind as u8)
            .put(5, self.reason.as_str())
            .put_opt(6, self.note.as_ref().map(note))
            .put(7, self.head.to_cbor());
        cbor::encode(&map.done())
    }

    fn decode(bytes: &[u8]) -> Result<Self, SealError> {
        let mut map = MapReader::new(cbor::decode(bytes, "event")?, "event")?;
        map.version_1()?;
        let event = map.fixed(2)?;
        let case = map.fixed(3)?;
        let kind = match map.uint(4)? {
            1 => EventKind::Void,
            2 => EventKind::Amend,
            3 => EventKind::Accepted,
            4 => EventKind::Rejected,
            _ => return Err(SealError::UnknownFormat),
        };
        let reason = map.text(5)?;
        let note = map.opt(6).map(decode_note).transpose()?;
        let head = JournalHead::from_cbor(map.get(7)?, "event")?;
        map.finish()?;
        Ok(Self { event, case, kind, reason, note, head })
    }
}

fn decode_note(value: ciborium::Value) -> Result<SealedNote, SealError> {
    let mut map = MapReader::new(value, "note")?;
    let wraps = map.array(1)?.into_iter().map(WrappedKey::from_cbor).collect::<Result<_, _>>()?;
    let sealed = map.bytes(2)?;
    map.finish()?;
    Ok(SealedNote { wraps, sealed })
}
