//! The core's closed lists and plain records, as the host's languages see them.

use streife_core::client::{CaseState, KeyState, Network, SealedView, Waiting};
use streife_core::domain::{
    Axle, CaseId, CaseNumber, Category, ClockPosition, Finding, FindingCode, FixProvider, GpsState, OffenceRelation,
    Officer, PhotoClass, PlateClass, Season, Severity, Side, Suffix, Valve, VehicleKind, VoidReason,
};

/// Kind of vehicle.
#[uniffi::remote(Enum)]
pub enum VehicleKind {
    /// Passenger car.
    Car,
    /// Car with a trailer.
    CarWithTrailer,
    /// Lorry.
    Lorry,
    /// Motorcycle.
    Motorcycle,
    /// Light motorcycle.
    LightMotorcycle,
    /// Moped.
    Moped,
    /// Trailer standing alone.
    Trailer,
    /// Camper van.
    Camper,
    /// Bus.
    Bus,
    /// Mobility aid.
    MobilityAid,
    /// Anything else.
    Other,
}

/// What a photo shows.
#[uniffi::remote(Enum)]
pub enum PhotoClass {
    /// The whole situation.
    Overview,
    /// The number plate.
    Plate,
    /// The traffic sign.
    Sign,
    /// A valve.
    Valve,
    /// A detail.
    Detail,
    /// The driver.
    Driver,
}

/// What a photo file says about where it was taken.
#[uniffi::remote(Enum)]
pub enum GpsState {
    /// Coordinates could be read.
    Present,
    /// No coordinates in the file.
    Absent,
    /// Coordinates are there but blanked out, as a platform leaves them when it hides the place. Ask the officer to
    /// allow the location in photos.
    Redacted,
    /// A block is there that cannot be read.
    Unreadable,
}

/// How several offences of one case belong together.
#[uniffi::remote(Enum)]
pub enum OffenceRelation {
    /// One act breaks several rules (Tateinheit): the highest amount stands for all.
    OneAct,
    /// Several acts (Tatmehrheit): each is charged.
    SeveralActs,
}

/// Which way a case goes.
#[uniffi::remote(Enum)]
pub enum Category {
    /// A warning (Verwarnung), up to 55 euros.
    Warning,
    /// A fine (Bußgeld), from 60 euros.
    Fine,
}

/// Where a fix came from.
#[uniffi::remote(Enum)]
pub enum FixProvider {
    /// Satellite receiver.
    Gnss,
    /// Cell and Wi-Fi networks.
    Network,
    /// The platform's fused provider.
    Fused,
    /// Set on a map by hand.
    Manual,
}

/// Side of the vehicle, in driving direction.
#[uniffi::remote(Enum)]
pub enum Side {
    /// Left.
    Left,
    /// Right.
    Right,
}

/// Axle of the wheel.
#[uniffi::remote(Enum)]
pub enum Axle {
    /// Front axle.
    Front,
    /// Rear axle.
    Rear,
}

/// Where the valve of one wheel stands.
#[uniffi::remote(Record)]
pub struct Valve {
    /// Side of the wheel.
    pub side: Side,
    /// Axle of the wheel.
    pub axle: Axle,
    /// Position on a clock face, 1 to 12.
    pub clock: ClockPosition,
}

/// Kind of plate, as far as its form tells.
#[uniffi::remote(Enum)]
pub enum PlateClass {
    /// Prefix, one or two letters, up to four digits.
    Standard,
    /// Standard with months of validity (Saisonkennzeichen).
    Season,
    /// Standard with suffix E.
    Electric,
    /// Standard with suffix H.
    Historic,
    /// Prefix of an authority and digits only; also the armed forces' Y and X.
    Authority,
    /// Corps diplomatique: begins with 0.
    Diplomatic,
    /// Red plate: digits begin with 05, 06 or 07.
    Red,
    /// Short-term plate: digits begin with 03 or 04.
    ShortTerm,
    /// Export plate: digits and one letter behind them.
    Export,
    /// Insurance plate of mopeds: three digits, three letters.
    Insurance,
    /// Any other nation's plate, kept as read.
    Foreign,
    /// As an officer has seen it, against the verdict: no parts.
    AsSeen,
}

/// Letter behind the digits of a plate.
#[uniffi::remote(Enum)]
pub enum Suffix {
    /// Electric vehicle.
    E,
    /// Historic vehicle.
    H,
}

/// Months in which a seasonal plate is valid, first and last included.
#[uniffi::remote(Record)]
pub struct Season {
    /// First month, 1 to 12.
    pub from: u8,
    /// Last month, 1 to 12.
    pub to: u8,
}

/// The officer on patrol. Written inside the sealed record only.
#[uniffi::remote(Record)]
pub struct Officer {
    /// Service number.
    pub id: String,
    /// Unit, such as a police inspection.
    #[uniffi(default)]
    pub unit: Option<String>,
}

/// How much a finding weighs.
#[uniffi::remote(Enum)]
pub enum Severity {
    /// To be known.
    Note,
    /// Sealing needs the officer's confirmation with a reason.
    Confirm,
    /// Sealing is refused.
    Block,
}

/// What a check before sealing can find.
#[uniffi::remote(Enum)]
pub enum FindingCode {
    /// No vehicle yet.
    VehicleMissing,
    /// No offence yet.
    OffenceMissing,
    /// The catalogue has no such offence at that time.
    OffenceUnknown,
    /// The catalogue asks for a refinement, a choice or a value that is not given.
    RefinementMissing,
    /// More choices or values are given than the wording has room for.
    DetailsSurplus,
    /// No check of the vehicle yet.
    CheckMissing,
    /// The time between the checks is too short for the offence.
    DurationTooShort,
    /// The phone was started anew between the checks: the wall clock alone tells the duration.
    DurationByWallClock,
    /// The last check lies before the first: the clock was set.
    ChecksOutOfOrder,
    /// A check lies in the hour that autumn repeats: exports without an offset need words.
    RepeatedHour,
    /// The offence lies so far back that its limitation (Verjährung) is near.
    LateOffence,
    /// Valve positions differ between the checks of a duration offence, or were not noted on two wheels.
    ValvesMoved,
    /// No place yet.
    PlaceMissing,
    /// No photo yet.
    PhotoMissing,
    /// No photo of a class that the agency asks for.
    PhotoClassMissing,
    /// The fix is coarse or old, or missing.
    FixWeak,
    /// The platform says that the fix was simulated.
    FixMocked,
    /// The way from the last case is too long for the time between.
    WayImplausible,
    /// The place lies outside the agency's area.
    OutsideArea,
    /// The fix may lie on the other side of the border of the agency's area.
    NearBoundary,
    /// The municipality as noted is not where the fix lies.
    MunicipalityDiffers,
    /// A photo's own time lies far from the device's.
    PhotoTimeDiffers,
    /// A photo's own position lies far from the fix.
    PhotoPlaceDiffers,
    /// A photo carries coordinates that a platform has blanked out.
    PhotoGpsRedacted,
    /// A photo was not written by a camera, or written anew since.
    PhotoReencoded,
    /// A picture was cut and closed behind the cut.
    PhotoTruncated,
    /// A photo carries a film with sound: people and voices who are not part of the case.
    PhotoFilm,
    /// The plate is of no form that is known, and nobody said why it stands.
    PlateMalformed,
    /// Nobody gives plates with that prefix.
    PlateUnknownPrefix,
    /// More than one plate can be meant.
    PlateAmbiguous,
    /// The plate can be, but is worth another look.
    PlateNote,
    /// The plate was not valid on the day: out of season, expired, or of another year's colour.
    PlateNotValid,
    /// The officer stands by the plate against the verdict.
    PlateOverridden,
    /// No slip was left.
    SlipMissing,
    /// The slip's number was used on this phone before.
    SlipUsed,
    /// The same offence of the same vehicle at the same place was recorded a short time ago.
    Duplicate,
    /// The same offence was recorded some hours ago: it may go on.
    ContinuingOffence,
    /// Something was paid on the spot, but not all offences are warnings.
    PaidFine,
    /// What was paid on the spot is not what the offences cost.
    PaymentDiffers,
    /// The tow has no end yet.
    TowOpen,
}

/// One finding.
#[uniffi::remote(Record)]
pub struct Finding {
    /// What was found.
    pub code: FindingCode,
    /// How much it weighs.
    pub severity: Severity,
}

/// Why a case is void. The reason travels in clear; free words belong in the note, which is sealed.
#[uniffi::remote(Enum)]
pub enum VoidReason {
    /// Another vehicle was meant.
    WrongPlate,
    /// Another offence was meant.
    WrongOffence,
    /// The same act is recorded in another case.
    Duplicate,
    /// A permit was shown.
    PermitShown,
    /// A superior said so.
    OnInstruction,
    /// Anything else; say it in the note.
    Other,
}

/// What the link to the network is like.
#[uniffi::remote(Enum)]
pub enum Network {
    /// No network: nothing is tried.
    Offline,
    /// Each byte costs: large objects wait.
    Metered,
    /// Each byte costs much: only what is small goes.
    Roaming,
    /// Everything may go.
    Unmetered,
}

/// What a handover waits for.
#[uniffi::remote(Enum)]
pub enum Waiting {
    /// There is no network.
    NoNetwork,
    /// What is left is too large for this link.
    UnmeteredLink,
    /// The battery is low.
    Charger,
    /// The day's budget for metered links is used up.
    Budget,
    /// The box has asked phones to spread their start.
    Turn,
    /// The box has too much to do and has said when to come again.
    BoxBusy,
    /// The box cannot be reached.
    BoxUnreachable,
    /// The other side is not the agency's box.
    NotTheBox,
    /// The box answers with failures.
    BoxFailing,
    /// Something is tried again later; the rest is done.
    Retry,
    /// The device was revoked.
    Revoked,
}

/// What the key store said when it was last asked for the vault's newest hardware key.
#[uniffi::remote(Enum)]
pub enum KeyState {
    /// It gave the key.
    Available,
    /// Not now, or it does not answer. Asked again by itself.
    NotNow,
    /// The platform has invalidated the key for good.
    Invalidated,
    /// It has no such key.
    Gone,
    /// It gave another key.
    WrongKey,
    /// It failed in a way it does not explain. Asked again by itself.
    Failed,
}

/// How far a case has come on the phone.
#[uniffi::remote(Enum)]
pub enum CaseState {
    /// Being recorded.
    Draft,
    /// Complete; its signature waits for the signer.
    Unsigned,
    /// Complete and signed; waits for the box.
    Sealed,
    /// The box's receipt was verified.
    Receipted,
    /// Its key is destroyed; its files are being removed.
    Purging,
    /// Only the tombstone is left.
    Purged,
    /// The box refused it for good. Everything is kept.
    Quarantined,
    /// Sealed once, and its signed manifest was lost with the database. A person decides whether it gets a new one.
    Stranded,
}

/// A sealed case.
#[uniffi::remote(Record)]
pub struct SealedView {
    /// The case.
    pub case: CaseId,
    /// Number within the shift, from 1.
    pub seq: u32,
    /// Whether the hardware key has signed it yet; if not, it is signed as soon as the signer answers.
    pub signed: bool,
    /// The case number, unless the phone had none left: then the case id stands for the case.
    pub number: Option<CaseNumber>,
}
