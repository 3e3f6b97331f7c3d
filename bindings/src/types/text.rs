//! Ids and governed texts: strings to the host, values that have passed their rules to the core.
//!
//! In Kotlin and Swift each is an alias of its string (or number). A text that breaks its rule never reaches the core:
//! the call fails with [`StreifeError::BadInput`](crate::StreifeError::BadInput) before it begins.

use streife_core::domain::{
    CaseId, CaseNumber, ClockPosition, DeviceId, DiscTime, EventId, Municipality, ObjectId, OffenceNumber, ShiftId,
};

use crate::{Input, StreifeError};

macro_rules! as_text {
    ($($type:ident: $input:ident),* $(,)?) => {
        $(uniffi::custom_type!($type, String, {
            remote,
            lower: |value| String::from(value),
            try_lift: |text| $type::try_from(text).map_err(|_| StreifeError::from(Input::$input).into()),
        });)*
    };
}

as_text!(
    CaseId: Id,
    CaseNumber: CaseNumber,
    DeviceId: Id,
    DiscTime: DiscTime,
    EventId: Id,
    Municipality: Municipality,
    ObjectId: Id,
    OffenceNumber: OffenceNumber,
    ShiftId: Id,
);

uniffi::custom_type!(ClockPosition, u8, {
    remote,
    lower: |value| u8::from(value),
    try_lift: |value| ClockPosition::try_from(value).map_err(|_| StreifeError::from(Input::ValvePosition).into()),
});
