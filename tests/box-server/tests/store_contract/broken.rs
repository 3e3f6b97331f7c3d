//! The positive control: a good store that breaks one promise. The suite must notice each.

use std::collections::HashSet;

use streife_box::BoxError;
use streife_box::store::{
    Alarm, CaseRow, Cases, Desk, DeviceRow, Devices, EventRow, FeedKind, FeedRow, ManifestLog, MemoryMeta, Newcomer,
    Numbers, ObjectRow, Put, RangeRow, Settings, ShiftRow, Shifts, Sign, SignDecision, SignRange, TokenRow, UploadEnd,
    Uploads,
};
use streife_core::domain::{CaseId, DeviceId, EventId, ObjectId, RangeRequestId, ShiftId};
use streife_core::seal::{
    CaseEvent, Decision, Hash, JournalHead, LogConsistency, LogProof, Manifest, ManifestNotice, ShiftOpening,
    ShiftSeal, Signed, WrappedKey,
};

/// A promise to break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// None: the control of the control.
    Nothing,
    /// "The same again" is told as new.
    Same,
    /// A conflict is told as the same.
    Conflict,
    /// The receipt is dropped.
    Receipt,
    /// A failing signature leaves the mark.
    AllOrNothing,
    /// Lists are the other way round.
    Order,
    /// The feed says nothing of completion.
    Feed,
    /// Late cases are not marked.
    Late,
    /// The log's root lags one case behind.
    Log,
    /// Codes are not used up.
    Code,
    /// Ended uploads are not found.
    Upload,
    /// A request gets a second range.
    Range,
    /// A token never ends.
    Token,
}

/// All that can be broken.
pub const PROMISES: [Promise; 12] = [
    Promise::Same,
    Promise::Conflict,
    Promise::Receipt,
    Promise::AllOrNothing,
    Promise::Order,
    Promise::Feed,
    Promise::Late,
    Promise::Log,
    Promise::Code,
    Promise::Upload,
    Promise::Range,
    Promise::Token,
];

pub struct Breaking {
    inner: MemoryMeta,
    promise: Promise,
}

impl Breaking {
    pub fn new(promise: Promise) -> Self {
        Self { inner: MemoryMeta::default(), promise }
    }

    fn breaks(&self, promise: Promise) -> bool {
        self.promise == promise
    }

    fn told(&self, put: Put) -> Put {
        match (self.promise, put) {
            (Promise::Same, Put::Same) => Put::New,
            (Promise::Conflict, Put::Other) => Put::Same,
            (_, put) => put,
        }
    }
}

/// Methods that keep their promise.
macro_rules! kept {
    ($(fn $name:ident($($argument:ident: $of:ty),*) -> $told:ty;)*) => {
        $(fn $name(&self, $($argument: $of),*) -> Result<$told, BoxError> {
            self.inner.$name($($argument),*)
        })*
    };
}

impl Settings for Breaking {
    kept! {
        fn setting(name: &str) -> Option<Vec<u8>>;
        fn put_settings(settings: &[(&str, &[u8])]) -> ();
    }
}

impl Devices for Breaking {
    kept! {
        fn device(device: DeviceId) -> Option<DeviceRow>;
        fn devices() -> Vec<DeviceRow>;
        fn attestation(device: DeviceId) -> Option<String>;
        fn revoke(device: DeviceId) -> ();
        fn drain(device: DeviceId, now_ms: i64) -> bool;
        fn is_draining(device: DeviceId) -> bool;
        fn put_token(hash: Hash, device: DeviceId, thumbprint: &str, times: (i64, i64)) -> ();
        fn note_head(device: DeviceId, told: JournalHead, now_ms: i64) -> Option<JournalHead>;
        fn alarms() -> Vec<Alarm>;
    }

    fn enrol(&self, newcomer: &Newcomer<'_>, now_ms: i64) -> Result<Option<Put>, BoxError> {
        let code = newcomer.code.filter(|_| !self.breaks(Promise::Code));
        self.inner.enrol(&Newcomer { code, ..*newcomer }, now_ms)
    }

    fn token(&self, hash: Hash, now_ms: i64) -> Result<Option<TokenRow>, BoxError> {
        self.inner.token(hash, if self.breaks(Promise::Token) { 0 } else { now_ms })
    }
}

impl Shifts for Breaking {
    kept! {
        fn put_shift(opening: &Signed<ShiftOpening>) -> Put;
        fn put_seal(seal: &Signed<ShiftSeal>) -> Put;
        fn shift(shift: ShiftId) -> Option<ShiftRow>;
        fn shifts() -> Vec<ShiftRow>;
    }
}

impl Cases for Breaking {
    kept! {
        fn cases_of_device(device: DeviceId, index: u64, at_most: u32) -> Vec<CaseRow>;
        fn incomplete_cases() -> u64;
        fn objects(case: CaseId) -> Vec<ObjectRow>;
        fn all_objects() -> Vec<ObjectRow>;
        fn object(object: ObjectId) -> Option<ObjectRow>;
        fn mark_lost(object: ObjectId) -> ();
        fn put_event(event: &Signed<CaseEvent>) -> Put;
        fn events(case: CaseId) -> Vec<EventRow>;
        fn event(case: CaseId, event: EventId) -> Option<EventRow>;
    }

    fn put_case(&self, manifest: &Signed<Manifest>) -> Result<Option<Put>, BoxError> {
        Ok(self.inner.put_case(manifest)?.map(|put| self.told(put)))
    }

    fn case(&self, case: CaseId) -> Result<Option<CaseRow>, BoxError> {
        let row = self.inner.case(case)?;
        Ok(row.map(|row| CaseRow { receipt: row.receipt.filter(|_| !self.breaks(Promise::Receipt)), ..row }))
    }

    fn cases_after(&self, index: u64, at_most: u32) -> Result<Vec<CaseRow>, BoxError> {
        let mut rows = self.inner.cases_after(index, at_most)?;
        if self.breaks(Promise::Order) {
            rows.reverse();
        }
        Ok(rows)
    }

    fn late_cases_after(&self, index: u64) -> Result<HashSet<CaseId>, BoxError> {
        if self.breaks(Promise::Late) { Ok(HashSet::new()) } else { self.inner.late_cases_after(index) }
    }

    fn mark_stored(&self, object: &ObjectRow, sign: Sign<'_>) -> Result<(), BoxError> {
        let done = self.inner.mark_stored(object, sign);
        if done.is_err() && self.breaks(Promise::AllOrNothing) {
            self.inner.mark_stored(object, &|_, _, _| Ok(Vec::new()))?;
        }
        done
    }
}

impl ManifestLog for Breaking {
    kept! {
        fn log_size() -> u64;
        fn log_proof(case: CaseId, size: u64) -> Option<LogProof>;
        fn log_consistency(from: u64, to: u64) -> LogConsistency;
        fn log_entries(from: u64, at_most: u32) -> Vec<Hash>;
    }

    fn log_root(&self, size: u64) -> Result<Hash, BoxError> {
        self.inner.log_root(if self.breaks(Promise::Log) { size.saturating_sub(1) } else { size })
    }
}

impl Desk for Breaking {
    kept! {
        fn put_decision(decision: &Decision, sign: SignDecision<'_>) -> (Put, Vec<u8>);
        fn decision(case: CaseId) -> Option<Vec<u8>>;
        fn put_wrap(case: CaseId, wrapped: &WrappedKey) -> Put;
        fn wraps(case: CaseId) -> Vec<WrappedKey>;
        fn put_notice(case: CaseId, notice: &ManifestNotice, until: i64) -> ();
        fn noticed_case(number: &str, auth: &Hash, now_ms: i64) -> Option<CaseId>;
    }

    fn feed_after(&self, n: u64, at_most: u32) -> Result<Vec<FeedRow>, BoxError> {
        let mut rows = self.inner.feed_after(n, at_most)?;
        rows.retain(|row| !self.breaks(Promise::Feed) || row.kind != FeedKind::Complete);
        Ok(rows)
    }
}

impl Uploads for Breaking {
    kept! {
        fn upload_end(object: ObjectId) -> Option<UploadEnd>;
        fn keep_upload(object: ObjectId, now_ms: i64, life_ms: i64) -> bool;
        fn expire_upload(object: ObjectId) -> ();
        fn forget_upload(object: ObjectId) -> ();
        fn renew_uploads(case: CaseId) -> ();
    }

    fn ended_uploads(&self, now_ms: i64) -> Result<Vec<ObjectId>, BoxError> {
        if self.breaks(Promise::Upload) { Ok(Vec::new()) } else { self.inner.ended_uploads(now_ms) }
    }
}

impl Numbers for Breaking {
    kept! {
        fn ranges() -> Vec<RangeRow>;
    }

    fn put_range(
        &self,
        device: DeviceId,
        request: RangeRequestId,
        now_ms: i64,
        sign: SignRange<'_>,
    ) -> Result<Option<(Put, Vec<u8>)>, BoxError> {
        let mut request = *request.as_bytes();
        if self.breaks(Promise::Range) {
            let given = self.inner.ranges()?.len();
            request[15] = request[15].wrapping_add(u8::try_from(given).unwrap_or(u8::MAX));
        }
        self.inner.put_range(device, RangeRequestId::new(request), now_ms, sign)
    }
}
