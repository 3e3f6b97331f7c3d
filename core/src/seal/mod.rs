//! Sealing and signing: every byte layout and every key of the product.
//!
//! The authority on bytes is `schemas/FORMATS.md`; this module is its implementation for the phone, for the box and
//! for tools. Three rules hold everywhere. What is signed is bound to one purpose ([`Namespace`]), so no signature
//! can be shown elsewhere. A payload is handed out only after its signature or its tag has been verified. And
//! opening fails with one opaque error: an attacker learns no more than that it failed.
//!
//! Nothing here does I/O or reads a clock; randomness and signatures come through ports.

pub(crate) mod cbor;
pub mod chain;
mod cose;
mod decision;
mod documents;
mod error;
mod escrow;
mod event;
mod hash;
mod hpke;
pub mod jose;
mod keys;
mod log;
mod manifest;
pub mod merkle;
mod notice;
mod numbers;
mod object;
mod receipt;
mod recipients;
mod shift;
mod software;
mod time;

pub use cose::{Namespace, Signed, SignedPayload, VerifyingKey, sign_payload, unverified_payload};
pub use decision::{Decision, DecisionKind};
pub use documents::{SignedCatalogue, SignedGeoPack, SignedPlateTable, SignedRules};
pub use error::SealError;
pub use escrow::RootEscrow;
pub use event::{CaseEvent, EventKind, SealedNote};
pub use hash::{Hash, Sha256Stream, commitment};
pub use hpke::{Kem, RecipientPrivateKey, RecipientPublicKey, Wrap};
pub use keys::{CaseKey, JournalKey, ObjectKey, RootKey, ViewKey};
pub use log::{Checkpoint, LogConsistency, LogProof};
pub use manifest::{Build, ClockEvidence, ClockState, Manifest, ManifestNotice, ManifestObject, WrappedKey};
pub use notice::{citizen_authorisation, open_notice, sealed_notice};
pub use numbers::GrantedNumbers;
pub use object::{Binding, CHUNK, ChunkOpener, ChunkSealer, HEADER, Kind, Scope, open, seal, sealed_length};
pub use receipt::{Receipt, ReceiptObject};
pub use recipients::{Recipient, RecipientSet, Role};
pub use shift::{JournalHead, ShiftOpening, ShiftSeal};
pub use software::SoftwareKey;
pub use time::TimeStatement;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
