//! Pure values of the field and their rules.
//!
//! Nothing here does I/O, reads a clock or knows a key. A value that exists has passed its rules: a [`Plate`] is
//! one that could be screwed to a car, a [`Moment`] carries the offset it was read with. German terms of the
//! trade are named once in the docs of their English type.

mod case;
mod case_number;
mod check97;
mod disc;
mod finding;
mod giro;
mod hex;
mod id;
mod input;
mod legal_time;
mod moment;
mod money;
mod observation;
mod offence;
mod officer;
mod person;
mod photo;
mod place;
mod plate;
mod prenote;
mod record;
mod scene;
mod slip;
mod talk;
mod tow;
mod vehicle;
mod view;

pub use case::{CaseEdit, CaseFacts, VoidReason};
pub use case_number::{CaseNumber, CaseNumberError, NumberPrefix, NumberRange};
pub use disc::{DiscReading, DiscTime};
pub use finding::{Finding, FindingCode, Severity};
pub use giro::{CreditorReference, GiroCode, GiroError, Iban, Payee, Remittance};
pub use hex::{HexError, from_hex, to_hex};
pub use id::{BoxId, CaseId, DeviceId, EventId, KeyId, ObjectId, RangeRequestId, Salt, ShiftId};
pub use input::{InputError, PHOTOS as MAX_PHOTOS, check_reason};
pub use legal_time::{is_in_repeated_hour, legal_date, legal_day, legal_offset_s, shows_legal_time};
pub use moment::{BootId, Moment, MomentError};
pub use money::Money;
pub use observation::{
    Axle, Check, ClockError, ClockPosition, DurationBasis, Observation, Side, Standing, Valve, is_longer_than,
};
pub use offence::{
    Category, ChargedOffence, NamedOffence, OffenceNumber, OffenceNumberError, OffenceRelation, Offences,
};
pub use officer::{Agency, Officer};
pub use person::{AgeRange, Person, PersonRole, PostalAddress, Sex, Witness};
pub use photo::{
    ExifFacts, GpsState, MaskedRecord, PhotoClass, PhotoFlag, PhotoRecord, Region, ThumbnailRecord, Underived,
};
pub use place::{Fix, FixProvider, Municipality, MunicipalityError, Place};
pub use plate::{
    Lettering, Nation, NationTable, OcrCandidate, OcrError, OcrReading, Plate, PlateClass, PlateError, PlateKind,
    PlateOverride, PlateReading, PlateTableError, PlateTables, PlateWarning, PrefixTable, PrefixUse, Season,
    SignStatus, Suffix, Verdict, fold_plate, judge as judge_plate, rank as rank_plates,
};
pub use prenote::{MAX_CHECKS, MAX_OPEN as MAX_PRENOTES, PreNote, PreNoteError, PreNotes};
pub use record::{CaseRecord, Confirmation, Notes, SlipNumber, VoidNote};
pub use scene::{AttachmentRecord, DriverPresence, Scene};
pub use slip::{Slip, SlipCode, SlipError};
pub use talk::{Payment, PaymentMethod, TalkOutcome, WarningTalk};
pub use tow::{Damage, Tow, TowOutcome};
pub use vehicle::{DoubtedVerdict, PlateDoubt, PlateMarks, Vehicle, VehicleFlag, VehicleKind};
pub use view::{CaseView, ViewOffence, ViewPhoto};

/// Version of the case record's JSON schema that this build writes.
pub const RECORD_SCHEMA: u16 = 1;
