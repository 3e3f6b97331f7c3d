//! Pure values of the field and their rules.
//!
//! Nothing here does I/O, reads a clock or knows a key. A value that exists has passed its rules: a [`Plate`] is
//! one that could be screwed to a car, a [`Moment`] carries the offset it was read with. German terms of the
//! trade are named once in the docs of their English type.

mod case;
mod hex;
mod id;
mod input;
mod moment;
mod money;
mod observation;
mod offence;
mod officer;
mod photo;
mod place;
mod plate;
mod record;
mod slip;
mod vehicle;
mod view;

pub use case::{CaseEdit, CaseFacts, Finding, FindingCode, Severity, VoidReason};
pub use hex::{HexError, from_hex, to_hex};
pub use id::{BoxId, CaseId, DeviceId, EventId, KeyId, ObjectId, Salt, ShiftId};
pub use input::{InputError, PHOTOS as MAX_PHOTOS, check_reason};
pub use moment::{BootId, Moment, MomentError};
pub use money::Money;
pub use observation::{Axle, Check, ClockError, ClockPosition, DiscTime, Observation, Side, Valve};
pub use offence::{
    Category, ChargedOffence, NamedOffence, OffenceNumber, OffenceNumberError, OffenceRelation, Offences,
};
pub use officer::{Agency, Officer};
pub use photo::{
    ExifFacts, GpsState, MaskedRecord, PhotoClass, PhotoFlag, PhotoRecord, Region, ThumbnailRecord, Underived,
};
pub use place::{Fix, FixProvider, Municipality, MunicipalityError, Place};
pub use plate::{Plate, PlateClass, PlateError, Season, Suffix, fold_plate};
pub use record::{CaseRecord, Confirmation, Notes, SlipNumber, VoidNote};
pub use slip::{Slip, SlipCode, SlipError};
pub use vehicle::{Vehicle, VehicleKind};
pub use view::{CaseView, ViewOffence, ViewPhoto};

/// Version of the case record's JSON schema that this build writes.
pub const RECORD_SCHEMA: u16 = 1;
