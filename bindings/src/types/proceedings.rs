//! Persons, talk, tow and scene of a case, and the marks of a plate, as the host's languages see them.

use chrono::NaiveDate;
use streife_core::domain::{
    AgeRange, Damage, DoubtedVerdict, DriverPresence, Lettering, Money, ObjectId, Payment, PaymentMethod, Person,
    PersonRole, PlateKind, PlateWarning, PostalAddress, Region, Scene, Sex, TalkOutcome, TowOutcome, VehicleFlag,
    Witness,
};

uniffi::custom_type!(Money, u32, {
    remote,
    lower: |value| value.0,
    try_lift: |cents| Ok(Money(cents)),
});

uniffi::custom_type!(NaiveDate, String, {
    remote,
    lower: |day| day.to_string(),
    try_lift: |text| text.parse().map_err(|_| crate::StreifeError::from(crate::Input::Date).into()),
});

/// What can be seen on a vehicle and matters to the authority.
#[uniffi::remote(Enum)]
pub enum VehicleFlag {
    /// Nobody sat in it.
    Empty,
    /// Hazard lights were on.
    HazardLights,
    /// The general inspection (Hauptuntersuchung) is overdue.
    InspectionOverdue,
    /// The badge of the environmental zone is missing.
    EcoBadgeMissing,
    /// Heavier than 2.8 t: may not park half on the footway.
    Over2800Kg,
}

/// Kind of plate, finer than the class that a record keeps.
#[uniffi::remote(Enum)]
pub enum PlateKind {
    /// Prefix, letters, digits.
    Standard,
    /// With months of validity (Saisonkennzeichen); may have a suffix.
    Season,
    /// With suffix E.
    Electric,
    /// With suffix H.
    Historic,
    /// For two vehicles (Wechselkennzeichen): the last digit is the vehicle's own part, the rest is carried over.
    Interchangeable,
    /// Of an authority.
    Authority,
    /// Of the German armed forces (Bundeswehr), prefix Y.
    ArmedForces,
    /// Of a NATO headquarters, prefix X.
    Nato,
    /// Of the corps diplomatique or an international organisation.
    Diplomatic,
    /// Red, for testing bodies: 05.
    RedTest,
    /// Red, for dealers and workshops: 06.
    RedDealer,
    /// Red, for collectors of historic vehicles: 07.
    RedHistoric,
    /// For a few days, with its expiry (Kurzzeitkennzeichen): 03 or 04.
    ShortTerm,
    /// For leaving the country, with its expiry (Ausfuhrkennzeichen).
    Export,
    /// Of mopeds and small electric vehicles, with a colour a year (Versicherungskennzeichen).
    Insurance,
    /// Of any other nation.
    Foreign,
    /// As an officer has seen it, of no form that is known.
    AsSeen,
}

/// Colour of the lettering. Green stands for freedom from vehicle tax, but on insurance plates for a year.
#[uniffi::remote(Enum)]
pub enum Lettering {
    /// Black.
    Black,
    /// Blue.
    Blue,
    /// Green.
    Green,
    /// Red.
    Red,
}

/// Why a plate deserves a second look. None forbids it.
#[uniffi::remote(Enum)]
pub enum PlateWarning {
    /// The prefix is no longer given; plates with it still drive.
    FormerPrefix,
    /// Digits only behind a district's prefix: an older plate of a local authority, or letters are missing.
    LocalAuthority,
    /// Digits only behind a prefix that diplomatic plates have, too.
    MayBeDiplomatic,
    /// The season is the whole year.
    WholeYear,
    /// A red or short-term number with nothing behind its first two digits.
    FewDigits,
    /// The nationality sign has been replaced; [`super::Nation::now`] has the new one.
    FormerSign,
    /// The nationality sign is in use without being official.
    UnofficialSign,
    /// The nationality sign is an ISO code; [`NationTable::of_iso`] has the sign.
    IsoForSign,
    /// The nationality sign is not known.
    UnknownSign,
    /// The day lies outside the season.
    OutOfSeason,
    /// The plate has expired.
    Expired,
    /// A short-term plate's expiry lies further ahead than such a plate holds.
    ExpiryTooFar,
    /// The insurance plate's colour is that of another year.
    InsuranceColour,
}

/// A verdict that an officer can stand against.
#[uniffi::remote(Enum)]
pub enum DoubtedVerdict {
    /// More than one plate can be meant.
    Ambiguous,
    /// Nobody gives plates with that prefix.
    UnknownPrefix,
    /// Of no form that is known.
    Malformed,
}

/// Whether somebody was with the vehicle. Without a driver, the keeper can be made to bear the costs (§ 25a StVG).
#[uniffi::remote(Enum)]
pub enum DriverPresence {
    /// Nobody was there.
    Absent,
    /// The driver was there.
    Present,
    /// The driver drove or walked away before anything could be said.
    Left,
}

/// What the officer noted of the scene.
#[uniffi::remote(Record)]
pub struct Scene {
    /// Whether the driver was there.
    #[uniffi(default)]
    pub driver: Option<DriverPresence>,
    /// Width that was left for others (Restbreite), centimetres.
    #[uniffi(default)]
    pub remaining_width_cm: Option<u16>,
    /// Number of the parking meter or ticket machine.
    #[uniffi(default)]
    pub meter: Option<String>,
    /// What a permit behind the windscreen says.
    #[uniffi(default)]
    pub permit: Option<String>,
}

/// What a person is in the case.
#[uniffi::remote(Enum)]
pub enum PersonRole {
    /// Drove or parked the vehicle.
    Driver,
    /// Keeper of the vehicle (Halter).
    Keeper,
    /// Both.
    DriverAndKeeper,
    /// Was with the vehicle and did not drive.
    Passenger,
    /// On foot.
    Pedestrian,
    /// On a bicycle.
    Cyclist,
}

/// Sex, as seen or as a document says.
#[uniffi::remote(Enum)]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
    /// As a document says.
    Diverse,
}

/// Age as estimated, in years: 30 to 39.
#[uniffi::remote(Record)]
pub struct AgeRange {
    /// At least.
    pub from: u8,
    /// At most.
    pub to: u8,
}

/// Where somebody lives.
#[uniffi::remote(Record)]
pub struct PostalAddress {
    /// Street and house number.
    #[uniffi(default)]
    pub street: Option<String>,
    /// Postcode.
    #[uniffi(default)]
    pub postcode: Option<String>,
    /// Town.
    #[uniffi(default)]
    pub town: Option<String>,
    /// State, as a nationality sign; Germany if absent.
    #[uniffi(default)]
    pub nation: Option<String>,
}

/// A person met on the spot.
#[uniffi::remote(Record)]
pub struct Person {
    /// What the person is in the case.
    pub role: PersonRole,
    /// Family name.
    #[uniffi(default)]
    pub family_name: Option<String>,
    /// Given names.
    #[uniffi(default)]
    pub given_names: Option<String>,
    /// Day of birth.
    #[uniffi(default)]
    pub born: Option<NaiveDate>,
    /// Place of birth.
    #[uniffi(default)]
    pub birth_place: Option<String>,
    /// Where the person lives.
    #[uniffi(default)]
    pub address: Option<PostalAddress>,
    /// Number of the driving licence.
    #[uniffi(default)]
    pub licence: Option<String>,
    /// Sex.
    #[uniffi(default)]
    pub sex: Option<Sex>,
    /// Age as estimated, if nothing better is known.
    #[uniffi(default)]
    pub age: Option<AgeRange>,
    /// What the person said, after having been told of the right to say nothing.
    #[uniffi(default)]
    pub statement: Option<String>,
}

/// A witness: an officer by number, or a person by name.
#[uniffi::remote(Record)]
pub struct Witness {
    /// Service number of an officer.
    #[uniffi(default)]
    pub officer: Option<String>,
    /// Name of anybody else.
    #[uniffi(default)]
    pub name: Option<String>,
    /// Where a summons reaches the witness.
    #[uniffi(default)]
    pub address: Option<PostalAddress>,
    /// What the witness has seen.
    #[uniffi(default)]
    pub statement: Option<String>,
    /// Whether letters to the citizen may name the witness.
    pub may_be_named: bool,
}

/// How the talk ended.
#[uniffi::remote(Enum)]
pub enum TalkOutcome {
    /// The person agrees to the warning.
    Agreed,
    /// The person refuses it: the authority decides.
    Refused,
    /// The person wants to think it over, or did not answer.
    Open,
    /// A warning by word of mouth, without money.
    WithoutMoney,
}

/// How a warning was paid on the spot.
#[uniffi::remote(Enum)]
pub enum PaymentMethod {
    /// Cash.
    Cash,
    /// Card.
    Card,
}

/// A payment on the spot.
#[uniffi::remote(Record)]
pub struct Payment {
    /// Amount, euro cents.
    pub amount_cents: Money,
    /// How.
    pub method: PaymentMethod,
    /// Number of the receipt that was handed out.
    #[uniffi(default)]
    pub receipt: Option<String>,
}

/// How a tow ended.
#[uniffi::remote(Enum)]
pub enum TowOutcome {
    /// The vehicle was towed away.
    Towed,
    /// It was moved to a free place near by.
    Moved,
    /// The truck came for nothing: the driver had taken the vehicle away (Leerfahrt).
    EmptyRun,
    /// The order was withdrawn before the truck came.
    Cancelled,
}

/// Damage that was there before the truck came.
#[uniffi::remote(Record)]
pub struct Damage {
    /// Where and what.
    pub text: String,
    /// The photo that shows it.
    #[uniffi(default)]
    pub photo: Option<ObjectId>,
}

/// A rectangle of a photo as it is seen upright, in pixels of the original.
#[uniffi::remote(Record)]
pub struct Region {
    /// Pixels from the left edge.
    pub left: u32,
    /// Pixels from the upper edge.
    pub top: u32,
    /// Pixels to the right, at least 1.
    pub width: u32,
    /// Pixels downward, at least 1.
    pub height: u32,
}
