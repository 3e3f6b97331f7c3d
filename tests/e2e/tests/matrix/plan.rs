//! What a cell does: to which phone, at which step, how.

use streife_box::{Fault, Route};
use streife_e2e::proxy::Act;

use crate::faults::{Kind, Outcome};

/// A step of a handover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Time,
    Token,
    Opening,
    Manifest,
    SmallObject,
    FirstChunk,
    MiddleChunk,
    LastChunk,
    Receipt,
    Event,
    Seal,
}

impl Step {
    pub const ALL: [Self; 11] = [
        Self::Time,
        Self::Token,
        Self::Opening,
        Self::Manifest,
        Self::SmallObject,
        Self::FirstChunk,
        Self::MiddleChunk,
        Self::LastChunk,
        Self::Receipt,
        Self::Event,
        Self::Seal,
    ];

    pub const fn route(self) -> Route {
        match self {
            Self::Time => Route::TimeGet,
            Self::Token => Route::TokenPost,
            Self::Opening => Route::ShiftPut,
            Self::Manifest => Route::CasePut,
            Self::SmallObject => Route::ObjectPut,
            Self::FirstChunk | Self::MiddleChunk | Self::LastChunk => Route::UploadPatch,
            Self::Receipt => Route::ReceiptGet,
            Self::Event => Route::EventPut,
            Self::Seal => Route::SealPut,
        }
    }

    /// Which request of the route it is, of so many in an undisturbed handover.
    pub const fn nth(self, of: u64) -> u64 {
        match self {
            Self::MiddleChunk => of.div_ceil(2),
            Self::LastChunk => of,
            _ => 1,
        }
    }

    /// Whether its request has a body.
    pub const fn has_body(self) -> bool {
        !matches!(self, Self::Time | Self::Receipt)
    }

    /// Whether its answer has a body that says something.
    pub const fn has_answer(self) -> bool {
        matches!(self, Self::Time | Self::Token | Self::Manifest | Self::Receipt)
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Token => "token",
            Self::Opening => "opening",
            Self::Manifest => "manifest",
            Self::SmallObject => "small-object",
            Self::FirstChunk => "first-chunk",
            Self::MiddleChunk => "middle-chunk",
            Self::LastChunk => "last-chunk",
            Self::Receipt => "receipt",
            Self::Event => "event",
            Self::Seal => "seal",
        }
    }
}

/// What a phone has recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// A draft without a photo, voided: nothing else can be sealed without one.
    NoPhoto,
    /// One case with one photo.
    One,
    /// One case with three photos.
    Three,
    /// One case with the same photo twice.
    Twins,
    /// A draft that was voided as it was begun, with nothing in it.
    Empty,
    /// Two cases with a photo behind a voided draft without one.
    Company,
    /// One case with fifty photos.
    Fifty,
    /// One case with a photo of several chunks.
    Large,
}

impl Shape {
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoPhoto => "no-photo",
            Self::One => "one",
            Self::Three => "three",
            Self::Twins => "twins",
            Self::Empty => "empty",
            Self::Company => "company",
            Self::Fifty => "fifty",
            Self::Large => "large",
        }
    }

    /// Whether an undisturbed handover has this step.
    pub const fn has(self, step: Step) -> bool {
        match step {
            Step::FirstChunk | Step::LastChunk => !matches!(self, Self::NoPhoto | Self::Empty),
            Step::MiddleChunk => matches!(self, Self::Three | Self::Fifty | Self::Large),
            _ => true,
        }
    }
}

/// What goes wrong.
#[derive(Clone, Debug)]
pub enum Strike {
    /// At the box, or at something that stands in for it.
    Box(Fault),
    /// On the connections that follow, one each.
    Wire(Vec<Act>),
    /// In the phone itself.
    Life(Life),
}

/// What goes wrong in the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// The wall clock is set before the handover.
    ClockBy(i64),
    /// The wall clock is set while a retry is waited for.
    ClockInRetry(i64),
    /// The hour between two and three comes again while a retry is waited for.
    RepeatedHour,
    /// The phone boots while a retry is waited for.
    Reboot,
    /// Nothing goes through once, and nobody but the timer tries again.
    OneFailure,
    /// The link is cut within an upload, and the box loses what it had of it.
    PartsLost,
    /// The app dies with the answer to this request on its way.
    KilledBehind(u32),
    /// The app dies when so many bytes of TLS have left it.
    KilledAtByte(u64),
}

/// One cell.
#[derive(Clone, Debug)]
pub struct Cell {
    pub shape: Shape,
    /// Faults with the step that each strikes at, if it has one.
    pub strikes: Vec<(Kind, Option<Step>)>,
}

impl Cell {
    pub fn name(&self) -> String {
        let rows: Vec<_> = self.strikes.iter().map(|(kind, _)| kind.row).collect();
        let strike = |(kind, step): &(Kind, Option<Step>)| {
            step.map_or_else(|| kind.name.clone(), |step| format!("{}/{}", kind.name, step.name()))
        };
        let strikes: Vec<_> = self.strikes.iter().map(strike).collect();
        let (rows, strikes) = match rows.as_slice() {
            [] => ("F27".to_owned(), "undisturbed".to_owned()),
            _ => (rows.join("+"), strikes.join("+")),
        };
        format!("{rows}/{strikes}/{}", self.shape.name())
    }

    pub fn may_refuse(&self) -> bool {
        self.strikes.iter().any(|(kind, _)| kind.outcome == Outcome::MayRefuse)
    }
}
