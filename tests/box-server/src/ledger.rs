//! What the box has, for oracles: tests compare it with what the phone believes.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use streife_core::domain::{CaseId, DeviceId, EventId, ObjectId, ShiftId};
use streife_core::seal::{Hash, VerifyingKey};
use streife_core::sync::protocol::BoxCaseState;

use crate::state::Shared;
use crate::store::{CaseRow, ObjectRow, RangeRow};
use crate::{Alarm, BoxError, Class, ClassFigures, Route, RouteTraffic, SealFlag, SequenceFlag};

/// Synchronous view of everything that is stored and counted. Each call reads anew.
#[derive(Clone, Copy)]
pub struct Ledger<'a>(&'a Shared);

impl std::fmt::Debug for Ledger<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ledger(..)")
    }
}

/// A case.
#[derive(Clone, Debug)]
pub struct LedgerCase {
    /// The case.
    pub case: CaseId,
    /// Its device.
    pub device: DeviceId,
    /// Its shift.
    pub shift: ShiftId,
    /// Its number within the shift.
    pub seq: u32,
    /// Whether that number fits.
    pub sequence: SequenceFlag,
    /// Order of arrival, from 1.
    pub index: u64,
    /// How far it has come.
    pub state: BoxCaseState,
    /// Signed manifest.
    pub manifest: Vec<u8>,
    /// Signed receipt.
    pub receipt: Option<Vec<u8>>,
    /// Its objects in the manifest's order.
    pub objects: Vec<LedgerObject>,
    /// Its events in order of arrival.
    pub events: Vec<LedgerEvent>,
}

/// An object of a case.
#[derive(Clone, Debug)]
pub struct LedgerObject {
    /// The object.
    pub object: ObjectId,
    /// Length of its sealed file.
    pub length: u64,
    /// Hash of its sealed file.
    pub hash: Hash,
    /// Whether it is here and verified.
    pub stored: bool,
    /// The sealed file, if it is here and verified, and the box keeps files.
    pub file: Option<PathBuf>,
    /// Bytes that are here of an unfinished upload.
    pub partial: u64,
}

/// An event of a case.
#[derive(Clone, Debug)]
pub struct LedgerEvent {
    /// The event.
    pub event: EventId,
    /// Number of its kind.
    pub kind: u8,
    /// Signed bytes.
    pub bytes: Vec<u8>,
}

/// A shift.
#[derive(Clone, Debug)]
pub struct LedgerShift {
    /// The shift.
    pub shift: ShiftId,
    /// Its device.
    pub device: DeviceId,
    /// Signed opening.
    pub opening: Vec<u8>,
    /// Signed seal.
    pub seal: Option<Vec<u8>>,
    /// Whether the seal and the cases agree.
    pub flag: SealFlag,
}

/// An enrolled device.
#[derive(Clone, Debug)]
pub struct LedgerDevice {
    /// The device.
    pub device: DeviceId,
    /// Its signing key.
    pub key: VerifyingKey,
    /// Whether it is revoked.
    pub revoked: bool,
}

impl<'a> Ledger<'a> {
    pub(crate) const fn new(shared: &'a Shared) -> Self {
        Self(shared)
    }

    /// All cases in order of arrival.
    ///
    /// # Errors
    /// [`BoxError`].
    pub fn cases(&self) -> Result<Vec<LedgerCase>, BoxError> {
        self.0.store.cases_after(0, u32::MAX)?.into_iter().map(|row| self.full(row)).collect()
    }

    /// One case.
    ///
    /// # Errors
    /// [`BoxError`].
    pub fn case(&self, case: CaseId) -> Result<Option<LedgerCase>, BoxError> {
        self.0.store.case(case)?.map(|row| self.full(row)).transpose()
    }

    /// The bytes of a stored object as the box would hand them out.
    ///
    /// # Errors
    /// [`BoxError::Io`], also if it is not here.
    pub fn object_bytes(&self, object: ObjectId) -> Result<Vec<u8>, BoxError> {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut self.0.blobs.read(object, 0)?, &mut bytes)?;
        Ok(bytes)
    }

    /// All shifts.
    ///
    /// # Errors
    /// [`BoxError`].
    pub fn shifts(&self) -> Result<Vec<LedgerShift>, BoxError> {
        let rows = self.0.store.shifts()?.into_iter();
        Ok(rows
            .map(|s| LedgerShift { shift: s.shift, device: s.device, opening: s.opening, seal: s.seal, flag: s.flag })
            .collect())
    }

    /// All devices.
    ///
    /// # Errors
    /// [`BoxError`].
    pub fn devices(&self) -> Result<Vec<LedgerDevice>, BoxError> {
        let rows = self.0.store.devices()?.into_iter();
        Ok(rows.map(|d| LedgerDevice { device: d.device, key: d.key, revoked: d.revoked }).collect())
    }

    /// All ranges of case numbers in the order they were given.
    ///
    /// # Errors
    /// [`BoxError`].
    pub fn ranges(&self) -> Result<Vec<RangeRow>, BoxError> {
        self.0.store.ranges()
    }

    /// What devices have told of their journals against what they had told before, oldest first.
    ///
    /// # Errors
    /// [`BoxError`].
    pub fn alarms(&self) -> Result<Vec<Alarm>, BoxError> {
        self.0.store.alarms()
    }

    /// What came and went on one kind of request since the start.
    #[must_use]
    pub fn traffic(&self, route: Route) -> RouteTraffic {
        self.0.traffic.of(route)
    }

    /// What came and went on every kind of request that occurred since the start.
    #[must_use]
    pub fn all_traffic(&self) -> BTreeMap<Route, RouteTraffic> {
        self.0.traffic.all()
    }

    /// Who of a class is in, waits, or was sent away.
    #[must_use]
    pub fn admission(&self, class: Class) -> ClassFigures {
        self.0.admission.figures(class, self.0.clock.read().mono_ms)
    }

    /// Number of cases in the log.
    ///
    /// # Errors
    /// [`BoxError`].
    pub fn log_size(&self) -> Result<u64, BoxError> {
        self.0.store.log_size()
    }

    /// Waits until the traffic of one kind of request has reached a point, such as a number of body bytes; `false` if
    /// it does not within the time. It is how a test cuts or kills at an exact byte without sleeping.
    pub fn wait_for(&self, route: Route, at_most: Duration, reached: impl Fn(&RouteTraffic) -> bool) -> bool {
        self.0.traffic.wait_for(route, at_most, reached)
    }

    fn full(&self, row: CaseRow) -> Result<LedgerCase, BoxError> {
        let objects = self.0.store.objects(row.case)?.into_iter().map(|object| self.object(&object));
        let events = self.0.store.events(row.case)?.into_iter();
        Ok(LedgerCase {
            case: row.case,
            device: row.device,
            shift: row.shift,
            seq: row.seq,
            sequence: row.sequence,
            index: row.index,
            state: row.state,
            manifest: row.manifest,
            receipt: row.receipt,
            objects: objects.collect::<Result<_, _>>()?,
            events: events.map(|e| LedgerEvent { event: e.event, kind: e.kind, bytes: e.bytes }).collect(),
        })
    }

    fn object(&self, row: &ObjectRow) -> Result<LedgerObject, BoxError> {
        Ok(LedgerObject {
            object: row.object,
            length: row.length,
            hash: row.hash,
            stored: row.stored,
            file: self.0.blobs.file(row.object).filter(|_| row.stored),
            partial: self.0.part_length(row.object)?,
        })
    }
}
