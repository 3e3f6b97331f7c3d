//! What the core tells an app.

use streife_core::client::{AddedPhoto, CaseState, CaseSummary, KeyState, Status, SyncEnd, SyncReport, Waiting};
use streife_core::domain::{
    CaseId, Category, GpsState, ObjectId, OffenceNumber, Plate, PlateClass, Season, ShiftId, Suffix,
};

/// A plate that was read, in its parts. Personal data.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct PlateView {
    /// Kind of plate.
    pub class: PlateClass,
    /// Canonical text, such as `M-AB 1234`.
    pub text: String,
    /// Nationality sign.
    pub nation: String,
    /// Prefix (Unterscheidungszeichen).
    pub prefix: Option<String>,
    /// Letters behind the prefix.
    pub letters: Option<String>,
    /// Digits.
    pub digits: Option<String>,
    /// E or H.
    pub suffix: Option<Suffix>,
    /// Months of validity.
    pub season: Option<Season>,
}

impl From<Plate> for PlateView {
    fn from(Plate { class, text, nation, prefix, letters, digits, suffix, season }: Plate) -> Self {
        Self { class, text, nation, prefix, letters, digits, suffix, season }
    }
}

/// An offence as the catalogue has it on a day.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct OffenceView {
    /// Six-digit offence number.
    pub number: OffenceNumber,
    /// Wording in German, which counts.
    pub label_de: String,
    /// Wording in English.
    pub label_en: String,
    /// Amount in euro cents.
    pub amount_cents: u32,
    /// Points in the register of driver fitness.
    pub points: u8,
    /// Warning or fine.
    pub category: Category,
    /// The vehicle must have stood longer than this, minutes.
    pub longer_than_minutes: Option<u32>,
    /// Whether the officer must specify something.
    pub needs_refinement: bool,
}

/// A photo that is now in the vault, whole and durable. The camera's file may be deleted.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct AddedPhotoView {
    /// The photo's id.
    pub photo: ObjectId,
    /// Length of the original file in bytes.
    pub length: u64,
    /// Width in pixels, as stored.
    pub width: u32,
    /// Height in pixels, as stored.
    pub height: u32,
    /// Whether the file says where it was taken.
    pub gps: GpsState,
    /// Bytes behind the picture's end, as motion photos have them: film and sound of bystanders. Tell the officer.
    pub trailing_bytes: u64,
}

impl From<AddedPhoto> for AddedPhotoView {
    fn from(AddedPhoto { photo, trailing_bytes }: AddedPhoto) -> Self {
        let (length, width, height, gps) = (photo.length, photo.width, photo.height, photo.exif.gps);
        Self { photo: photo.object, length, width, height, gps, trailing_bytes }
    }
}

/// The queue in numbers.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct StatusView {
    /// The open shift.
    pub shift: Option<ShiftId>,
    /// Cases being recorded.
    pub drafts: u32,
    /// Cases that wait for the signing key.
    pub unsigned: u32,
    /// Signed cases that wait for the box.
    pub waiting: u32,
    /// Cases the box has receipted, whether or not the phone has let them go.
    pub handed_over: u32,
    /// Of these, cases whose payload is still here.
    pub kept: u32,
    /// Cases the box refused; kept for ever.
    pub quarantined: u32,
    /// Sealed cases that lost their manifest with a damaged database; see `reissue_case`.
    pub stranded: u32,
    /// Bytes still to be sent.
    pub bytes_waiting: u64,
    /// How the key store stands.
    pub keys: KeyState,
    /// Whether the keys were wiped by `lock`.
    pub locked: bool,
    /// Cases whose key is not at hand: sealed ones are handed over all the same, drafts wait for it.
    pub unreadable: u32,
    /// Case numbers left. With none, cases are sealed without one; the next `sync` brings more.
    pub numbers_left: u32,
}

impl From<Status> for StatusView {
    fn from(status: Status) -> Self {
        let Status { shift, drafts, unsigned, waiting, handed_over, quarantined, stranded, .. } = status;
        let Status { kept, bytes_waiting, keys, locked, unreadable, numbers_left, .. } = status;
        Self {
            shift,
            drafts,
            unsigned,
            waiting,
            handed_over,
            kept,
            quarantined,
            stranded,
            bytes_waiting,
            keys,
            locked,
            unreadable,
            numbers_left,
        }
    }
}

/// One case in a list; tombstones are listed, too.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct CaseSummaryView {
    /// The case.
    pub case: CaseId,
    /// Its shift.
    pub shift: ShiftId,
    /// How far it has come.
    pub state: CaseState,
    /// Number within the shift, once sealed.
    pub seq: Option<u32>,
    /// Whether it was voided.
    pub voided: bool,
    /// The box's refusal, if it is quarantined.
    pub reason: Option<String>,
}

impl From<CaseSummary> for CaseSummaryView {
    fn from(CaseSummary { case, shift, state, seq, voided, reason }: CaseSummary) -> Self {
        Self { case, shift, state, seq, voided, reason }
    }
}

/// Why a handover returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum SyncEndView {
    /// Nothing is left to send over this link.
    Idle,
    /// Something is left; call again at this time or when the link changes.
    WaitUntil {
        /// Milliseconds since 1970 UTC, by the device's clock.
        unix_ms: i64,
    },
    /// The time was up.
    Deadline,
    /// The token was cancelled.
    Cancelled,
    /// The device was revoked; everything is kept.
    Revoked,
}

impl From<SyncEnd> for SyncEndView {
    fn from(end: SyncEnd) -> Self {
        match end {
            SyncEnd::Idle => Self::Idle,
            SyncEnd::WaitUntil(unix_ms) => Self::WaitUntil { unix_ms },
            SyncEnd::Deadline => Self::Deadline,
            SyncEnd::Cancelled => Self::Cancelled,
            SyncEnd::Revoked => Self::Revoked,
        }
    }
}

/// What a handover has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct SyncReportView {
    /// Why it returned.
    pub end: SyncEndView,
    /// What it waits for, if something is left.
    pub waiting: Option<Waiting>,
    /// Requests sent.
    pub requests: u32,
    /// Requests that have failed and are tried again.
    pub retries: u32,
    /// Bytes of all request bodies.
    pub bytes_sent: u64,
    /// Bytes of the items that have arrived: what would have been enough.
    pub bytes_needed: u64,
    /// Cases whose receipt was verified.
    pub receipts: u32,
    /// Decisions of the desk that were verified.
    pub decisions: u32,
    /// Items refused for good.
    pub quarantined: u32,
}

impl From<SyncReport> for SyncReportView {
    fn from(report: SyncReport) -> Self {
        let SyncReport { end, waiting, requests, retries, bytes_sent, bytes_needed, .. } = report;
        let SyncReport { receipts, decisions, quarantined, .. } = report;
        let end = end.into();
        Self { end, waiting, requests, retries, bytes_sent, bytes_needed, receipts, decisions, quarantined }
    }
}

/// What opening the vault had to mend after a crash. An app shows it when there is anything.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct RecoveryView {
    /// Photos that were whole without a row and have been looked at: taken into their drafts, or set aside if torn.
    pub photos_found: u32,
    /// Torn files removed; none of them had been acknowledged.
    pub deleted: u32,
    /// Files set aside, kept for ever.
    pub quarantined: u32,
    /// Cases that miss a file. Others are not affected.
    pub damaged: Vec<CaseId>,
}

/// The newest entry of the device's journal, after the whole chain was recomputed.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct JournalHeadView {
    /// Number of the entry, from 1; 0 if the journal is empty.
    pub n: u64,
    /// Its link, 64 characters of hexadecimal.
    pub link: String,
}
