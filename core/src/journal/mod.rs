//! The shift recording: what happened at the core's surface, line by line, for QA to replay (FORMATS 18).
//!
//! JSON Lines; the first line is the header. Reading is strict and says which line is wrong and why, because a
//! recording that is half understood replays something else than what happened. Schema: `shift-recording.schema.json`.

mod event;
mod input;
mod read;
mod sequence;

pub use event::{CameraInput, Event, Expectation, Header, NetworkState, TimedEvent};
pub use input::{
    Confirm, DamageInput, FixInput, OffenceInput, OfficerInput, PlaceInput, TalkInput, TowInput, TowStep, TrailerInput,
    ValveInput, VehicleInput,
};
pub use read::{Recording, RecordingError};
