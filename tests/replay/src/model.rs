//! What a replay has found out: the JSON that `--json` writes, and all that the report page shows.
//!
//! Times are milliseconds since 1970 UTC on the recording's own clock; `offset_s` of the run turns them into local time.

use serde::Serialize;
use streife_core::domain::{
    Check as VehicleCheck, Confirmation, Notes, OffenceNumber, Person, Place, PlateWarning, Scene, Tow, Vehicle,
    WarningTalk, Witness,
};

/// Result of a whole replay.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// What was played.
    pub recording: RecordingInfo,
    /// Counts.
    pub summary: Summary,
    /// Where the time went, seconds of the machine that replayed.
    pub timing: Timing,
    /// Stretches of one network state, oldest first.
    pub network: Vec<NetworkSpan>,
    /// What happened on the phone, oldest first.
    pub timeline: Vec<Moment>,
    /// Every call of sync, oldest first.
    pub syncs: Vec<SyncCall>,
    /// Every case in the order it was begun.
    pub cases: Vec<CaseOutcome>,
    /// Every check that was made, in the order it was made.
    pub checks: Vec<Check>,
}

/// What was played.
#[derive(Clone, Debug, Serialize)]
pub struct RecordingInfo {
    /// File name without folder.
    pub file: String,
    /// Title.
    pub title: String,
    /// The authority.
    pub agency: String,
    /// Version of the offence catalogue.
    pub catalogue: String,
    /// Seed of everything random.
    pub seed: u64,
    /// Number of events.
    pub events: usize,
    /// First event.
    pub from_ms: i64,
    /// Last event.
    pub to_ms: i64,
    /// Seconds east of UTC at the first event.
    pub offset_s: i32,
    /// Other offsets since, oldest first.
    pub offset_changes: Vec<OffsetChange>,
    /// `embedded box`, or the address of another one.
    pub target: String,
}

/// From when on the phone showed another offset.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct OffsetChange {
    /// When.
    pub at_ms: i64,
    /// Seconds east of UTC.
    pub offset_s: i32,
}

/// Counts.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Summary {
    /// Cases that are complete at the box.
    pub cases: u64,
    /// Original photos at the box.
    pub photos: u64,
    /// Void events at the box.
    pub voided: u64,
    /// Tombstones on the phone.
    pub purged: u64,
    /// Sealed cases on the phone without a receipt.
    pub queued: u64,
    /// Requests the phone sent.
    pub requests: u64,
    /// Requests that failed and were tried again.
    pub retries: u64,
    /// Receipts the phone has verified.
    pub receipts: u64,
    /// Bytes of all request bodies the phone sent.
    pub bytes_sent: u64,
    /// Bytes of the signed structures and objects that had to arrive.
    pub bytes_needed: u64,
    /// Charged in all, euro cents, void cases left out.
    pub amount_cents: u64,
    /// Checks that failed.
    pub failed_checks: usize,
}

/// Where the time went, seconds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Timing {
    /// Drawing photos (on its own thread, beside the playing).
    pub photo_making_s: f64,
    /// Waiting for a photo that was not drawn yet.
    pub photo_waiting_s: f64,
    /// Calls of capture: drafts, photos, thumbnails, sealing.
    pub capture_s: f64,
    /// Calls of sync.
    pub sync_s: f64,
    /// Opening and checking what the box has.
    pub check_s: f64,
    /// All of it.
    pub total_s: f64,
}

/// A stretch of one network state.
#[derive(Clone, Debug, Serialize)]
pub struct NetworkSpan {
    /// Begin.
    pub from_ms: i64,
    /// End.
    pub to_ms: i64,
    /// `offline`, `metered` or `unmetered`.
    pub state: String,
}

/// One thing that happened on the phone.
#[derive(Clone, Debug, Serialize)]
pub struct Moment {
    /// When.
    pub at_ms: i64,
    /// `shift`, `network`, `case`, `photo`, `seal`, `void`, `kill`, `start`, `receipt`, `talk`, `tow`.
    pub kind: String,
    /// Label of the case, if it is about one.
    pub case: Option<String>,
    /// One line for people.
    pub text: String,
}

/// One call of sync.
#[derive(Clone, Debug, Serialize)]
pub struct SyncCall {
    /// When.
    pub at_ms: i64,
    /// The link then.
    pub network: String,
    /// Requests sent.
    pub requests: u32,
    /// Of these, such that failed and are tried again.
    pub retries: u32,
    /// Bytes of their bodies.
    pub bytes: u64,
    /// Bytes of what has arrived: what would have been enough.
    pub bytes_needed: u64,
    /// Receipts verified.
    pub receipts: u32,
    /// Decisions of the desk that were verified.
    pub decisions: u32,
    /// Items refused for good.
    pub quarantined: u32,
    /// Why it returned: `idle`, `waits`, `deadline`, `cancelled` or `revoked`.
    pub end: String,
    /// What the rest waits for, in words.
    pub waiting: Option<String>,
}

/// One case.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CaseOutcome {
    /// Label in the recording.
    pub label: String,
    /// Id.
    pub case: String,
    /// Number within the shift; none if it was never sealed.
    pub seq: Option<u32>,
    /// Plate as the opened record shows it.
    pub plate: Option<String>,
    /// Nation sign and class of the plate, such as `D standard`.
    pub plate_class: Option<String>,
    /// Vehicle in words.
    pub vehicle: Option<String>,
    /// Place in words.
    pub place: Option<String>,
    /// Offences.
    pub offences: Vec<OffenceOutcome>,
    /// Charged for the case, euro cents.
    pub amount_cents: u64,
    /// Seconds between first and last check.
    pub duration_s: u64,
    /// Number of the slip.
    pub slip: Option<String>,
    /// Case number, if the phone had one.
    pub number: Option<String>,
    /// When it was begun.
    pub begun_ms: i64,
    /// When it was sealed.
    pub sealed_ms: Option<i64>,
    /// When its receipt was verified.
    pub receipted_ms: Option<i64>,
    /// State at the box: `declared`, `complete`, `accepted`, `voided`, or `absent`.
    pub box_state: String,
    /// State on the phone: `draft`, `unsigned`, `sealed`, `receipted`, `purging`, `purged`, `quarantined`.
    pub phone_state: String,
    /// Reason of the void, if it is void.
    pub voided: Option<String>,
    /// Photos in their order.
    pub photos: Vec<PhotoOutcome>,
    /// What else the case worker reads in the record.
    pub facts: RecordFacts,
    /// What is wrong with this case; empty if all holds.
    pub findings: Vec<String>,
}

/// Facts of a case as the record has them.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RecordFacts {
    /// The vehicle.
    pub vehicle: Option<Vehicle>,
    /// What is odd about its plate, by the built-in tables and on the day of the first check.
    pub plate_warnings: Vec<PlateWarning>,
    /// The place.
    pub place: Option<Place>,
    /// Looks at the vehicle, oldest first.
    pub checks: Vec<VehicleCheck>,
    /// What stood around, and who was there.
    pub scene: Scene,
    /// Persons met on the spot.
    pub persons: Vec<Person>,
    /// Witnesses besides the officer.
    pub witnesses: Vec<Witness>,
    /// The talk with the driver.
    pub talk: Option<WarningTalk>,
    /// The tow.
    pub tow: Option<Tow>,
    /// Findings that the officer confirmed.
    pub confirmed: Vec<Confirmation>,
    /// Free text.
    pub notes: Notes,
}

/// One offence of a case.
#[derive(Clone, Debug, Serialize)]
pub struct OffenceOutcome {
    /// Number.
    pub number: OffenceNumber,
    /// Wording.
    pub label: String,
    /// Amount, euro cents.
    pub amount_cents: u64,
}

/// One photo of a case.
#[derive(Clone, Debug, Serialize)]
pub struct PhotoOutcome {
    /// Id of its object; empty if the case was not opened.
    pub object: String,
    /// Label in the recording.
    pub label: String,
    /// What it shows.
    pub class: String,
    /// Bytes of the original.
    pub bytes: u64,
    /// SHA-256 of the original, hexadecimal.
    pub sha256: String,
    /// Whether what the case worker opened equals the original.
    pub equal: bool,
    /// Thumbnail as the case worker opened it: JPEG, base64; empty if there is none.
    pub thumbnail: String,
}

/// One check.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// What was checked, as a sentence that holds.
    pub name: String,
    /// Whether it holds.
    pub holds: bool,
    /// Numbers, or what is wrong.
    pub detail: String,
}
