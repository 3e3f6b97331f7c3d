//! What an app tells the core.

use streife_core::client::{Client, Config, Policy, Retention, StorageConfig, VerifyingKey};
use streife_core::domain::{
    Agency, CaseEdit, Confirmation, DiscTime, Fix, FixProvider, Lettering, Moment, Municipality, NamedOffence, Notes,
    OffenceNumber, OffenceRelation, Payee, Place, Plate, PlateMarks, Slip, Valve, Vehicle, VehicleFlag, VehicleKind,
    from_hex,
};
use streife_core::error::Error;
use streife_core::ports::ClockReading;

use crate::{Input, StreifeError};

/// Settings that come with the app or its management, and never change while a vault is open.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ConfigInput {
    /// Folder of the vault: private to the app, outside every backup. Made if it is not there.
    pub folder: String,
    /// Name of the authority, as its box knows it.
    pub agency: String,
    /// Key that signs the agency's recipients and catalogues: P-256, uncompressed, 130 characters of hexadecimal.
    /// Pinned.
    pub agency_root: String,
    /// Key that signs the box's receipts and times, in the same form. Pinned.
    pub box_key: String,
    /// Address of the box, `https://host[:port]`.
    pub box_origin: String,
    /// The certificate authorities that may vouch for the box, PEM. Nobody else is trusted.
    pub authorities_pem: String,
    /// Name and version of the app, as manifests name it.
    pub app: String,
    /// On a metered link larger objects wait, bytes.
    #[uniffi(default = 1_048_576)]
    pub metered_limit: u64,
    /// On a low battery and while roaming larger objects wait, bytes.
    #[uniffi(default = 262_144)]
    pub small_limit: u64,
    /// Bytes a day of the device's calendar over metered links; then objects wait.
    #[uniffi(default = 209_715_200)]
    pub metered_day: u64,
    /// So long a payload stays on the phone behind its receipt, milliseconds; 0 lets it go at once.
    #[uniffi(default = 259_200_000)]
    pub retain_ms: u64,
    /// Whether a decision of the desk lets it go earlier.
    #[uniffi(default = true)]
    pub release_on_decision: bool,
    /// Bytes held back on the disk, so that a case that was begun can be finished when the disk is full; 0 for none.
    #[uniffi(default = 33_554_432)]
    pub ballast: u64,
    /// How long the key store may take before it counts as not available now, milliseconds.
    #[uniffi(default = 10_000)]
    pub key_store_timeout_ms: u64,
    /// A handover asks the box for case numbers while fewer than this are left; 0 never asks.
    #[uniffi(default = 40)]
    pub numbers_low: u32,
    /// The agency's account, if it prints payment codes.
    #[uniffi(default)]
    pub payee: Option<PayeeInput>,
}

/// Who is paid.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct PayeeInput {
    /// The account's holder, exactly as the bank knows it.
    pub name: String,
    /// The account, with or without blanks.
    pub iban: String,
    /// The bank's code; needed outside the European Economic Area only.
    #[uniffi(default)]
    pub bic: Option<String>,
}

impl PayeeInput {
    fn into_core(self) -> Result<Payee, StreifeError> {
        Ok(Payee::new(&self.name, &self.iban, self.bic.as_deref()).map_err(Error::from)?)
    }
}

impl ConfigInput {
    pub(crate) fn into_core(self) -> Result<Config, StreifeError> {
        Ok(Config {
            folder: self.folder.into(),
            agency: Agency(self.agency),
            agency_root: pinned(&self.agency_root)?,
            box_key: pinned(&self.box_key)?,
            app: self.app,
            policy: Policy {
                metered_object: self.metered_limit,
                small_object: self.small_limit,
                metered_day: self.metered_day,
            },
            retention: Retention { after_decision: self.release_on_decision, after_ms: self.retain_ms },
            storage: StorageConfig { ballast: self.ballast, key_store_timeout_ms: self.key_store_timeout_ms },
            numbers_low: self.numbers_low,
            payee: self.payee.map(PayeeInput::into_core).transpose()?,
        })
    }
}

fn pinned(text: &str) -> Result<VerifyingKey, StreifeError> {
    let point: [u8; 65] = from_hex(text).map_err(|_| Input::PublicKey)?;
    Ok(VerifyingKey::from_sec1(&point).map_err(|_| Input::PublicKey)?)
}

/// A vehicle as the officer saw it.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct VehicleInput {
    /// Plate as written, with its separators, such as `M-AB 1234`.
    pub plate: String,
    /// Nationality sign on the vehicle (not an ISO code).
    #[uniffi(default = "D")]
    pub nation: String,
    /// Its kind.
    pub kind: VehicleKind,
    /// Make, such as `VW`.
    #[uniffi(default)]
    pub make: Option<String>,
    /// Model.
    #[uniffi(default)]
    pub model: Option<String>,
    /// Colour.
    #[uniffi(default)]
    pub colour: Option<String>,
    /// Colour of the plate's lettering, if it was noted.
    #[uniffi(default)]
    pub lettering: Option<Lettering>,
    /// What a camera has read, before anybody corrected it.
    #[uniffi(default)]
    pub raw: Option<String>,
    /// Why the officer stands by a plate that the verdict is against. With it, any plate is taken.
    #[uniffi(default)]
    pub against_verdict: Option<String>,
    /// Plate of the trailer behind it, of the same nation.
    #[uniffi(default)]
    pub trailer: Option<String>,
    /// Permissible maximum mass, kilograms.
    #[uniffi(default)]
    pub gross_kg: Option<u32>,
    /// Vehicle identification number, 17 characters.
    #[uniffi(default)]
    pub vin: Option<String>,
    /// What else was seen.
    #[uniffi(default)]
    pub flags: Vec<VehicleFlag>,
}

impl VehicleInput {
    pub(crate) fn into_edit(self, client: &Client) -> Result<CaseEdit, Error> {
        let Self { plate, nation, kind, make, model, colour, gross_kg, vin, flags, .. } = self;
        let seen = client.vehicle_as_written(&plate, &nation, kind, self.against_verdict.as_deref())?;
        let trailer = self.trailer.map(|text| Plate::parse(&text, &nation)).transpose()?;
        let (lettering, raw) = (self.lettering, self.raw);
        let marks = seen.marks.clone().map(|marks| PlateMarks { lettering, raw, ..marks });
        Ok(CaseEdit::Vehicle(Vehicle { marks, make, model, colour, trailer, gross_kg, vin, flags, ..seen }))
    }
}

/// An offence as the officer names it.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct OffenceInput {
    /// Six-digit offence number (Tatbestandsnummer).
    pub number: OffenceNumber,
    /// What the catalogue asks to be specified (Konkretisierung).
    #[uniffi(default)]
    pub refinement: Option<String>,
    /// How others were obstructed or endangered.
    #[uniffi(default)]
    pub obstruction: Option<String>,
    /// Which option of each choice in the wording, from 1.
    #[uniffi(default)]
    pub options: Vec<u8>,
    /// Measured values for the fields of the wording.
    #[uniffi(default)]
    pub values: Vec<String>,
}

impl From<OffenceInput> for NamedOffence {
    fn from(OffenceInput { number, refinement, obstruction, options, values }: OffenceInput) -> Self {
        Self { number, refinement, obstruction, options, values }
    }
}

/// All offences of a case.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct OffencesInput {
    /// One act or several.
    pub relation: OffenceRelation,
    /// At least one.
    pub items: Vec<OffenceInput>,
}

impl From<OffencesInput> for CaseEdit {
    fn from(input: OffencesInput) -> Self {
        Self::Offences { relation: input.relation, items: input.items.into_iter().map(Into::into).collect() }
    }
}

/// A position as the receiver gave it. Evidence: never round or move it.
#[derive(Clone, PartialEq, uniffi::Record)]
pub struct FixInput {
    /// Latitude in degrees, north positive, WGS 84.
    pub lat: f64,
    /// Longitude in degrees, east positive.
    pub lon: f64,
    /// Radius of 68 % confidence in metres.
    pub accuracy_m: f64,
    /// Age of the fix now, milliseconds.
    pub age_ms: u32,
    /// Where it came from.
    pub provider: FixProvider,
    /// Whether the platform says that it was simulated.
    pub mocked: bool,
}

impl FixInput {
    pub(crate) fn at(&self, now: ClockReading) -> Result<Fix, StreifeError> {
        let age = u64::from(self.age_ms);
        let unix_ms = now.unix_ms.saturating_sub_unsigned(age);
        let at = Moment::new(unix_ms, now.offset_s, now.mono_ms.saturating_sub(age), now.boot);
        let fix = Fix {
            lat_e7: whole(self.lat * 1e7)?,
            lon_e7: whole(self.lon * 1e7)?,
            accuracy_mm: whole(self.accuracy_m * 1e3)?.try_into().map_err(|_| Input::Fix)?,
            at: at.map_err(Error::from)?,
            provider: self.provider,
            mocked: self.mocked,
        };
        if fix.is_on_globe() { Ok(fix) } else { Err(Input::Fix.into()) }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the value is whole and within the range when it is cast")]
fn whole(value: f64) -> Result<i32, Input> {
    let value = value.round();
    let is_in_range = value >= f64::from(i32::MIN) && value <= f64::from(i32::MAX);
    if is_in_range { Ok(value as i32) } else { Err(Input::Fix) }
}

/// The place of the offence.
#[derive(Clone, PartialEq, uniffi::Record)]
pub struct PlaceInput {
    /// The officer's words: street, number, direction. They stand alone before a court.
    pub text: String,
    /// The fix, if there was one.
    #[uniffi(default)]
    pub fix: Option<FixInput>,
    /// Official municipality key (AGS), eight digits.
    #[uniffi(default)]
    pub municipality: Option<Municipality>,
    /// Street, if it was taken apart from the words.
    #[uniffi(default)]
    pub street: Option<String>,
    /// House number with its letter.
    #[uniffi(default)]
    pub house_number: Option<String>,
    /// Postcode.
    #[uniffi(default)]
    pub postcode: Option<String>,
    /// Whether it lies within a built-up area.
    #[uniffi(default)]
    pub built_up: Option<bool>,
}

impl PlaceInput {
    pub(crate) fn into_edit(self, now: ClockReading) -> Result<CaseEdit, StreifeError> {
        self.into_place(now).map(CaseEdit::Place)
    }

    pub(crate) fn into_place(self, now: ClockReading) -> Result<Place, StreifeError> {
        let fix = self.fix.map(|fix| fix.at(now)).transpose()?;
        let Self { text, municipality, street, house_number, postcode, built_up, .. } = self;
        Ok(Place { text, fix, municipality, street, house_number, postcode, built_up })
    }
}

/// A look at the vehicle, now.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct CheckInput {
    /// Valve positions, if they were noted; for a duration offence of two wheels at least.
    #[uniffi(default)]
    pub valves: Vec<Valve>,
    /// Time that a parking disc shows, `HH:MM`.
    #[uniffi(default)]
    pub disc: Option<DiscTime>,
}

/// The slip (Verwarnungszettel) as scanned from the pad.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct SlipInput {
    /// Number printed on it.
    pub number: String,
    /// Code printed on it, if the pad carries codes: with it only the holder of the slip opens the case in the portal.
    #[uniffi(default)]
    pub code: Option<String>,
}

impl SlipInput {
    pub(crate) fn into_edit(self) -> Result<CaseEdit, Error> {
        Ok(CaseEdit::Slip(Slip::new(&self.number, self.code.as_deref())?))
    }
}

/// Free text, for the citizen and for the authority, kept apart.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct NotesInput {
    /// May be shown to the citizen.
    #[uniffi(default)]
    pub citizen: Option<String>,
    /// Never leaves the authority.
    #[uniffi(default)]
    pub internal: Option<String>,
}

impl From<NotesInput> for CaseEdit {
    fn from(NotesInput { citizen, internal }: NotesInput) -> Self {
        Self::Notes(Notes { citizen, internal })
    }
}

/// A finding that the officer confirms, with the reason.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct ConfirmationInput {
    /// What was found.
    pub code: streife_core::domain::FindingCode,
    /// The officer's reason. It stands in the record.
    pub reason: String,
}

impl From<ConfirmationInput> for Confirmation {
    fn from(ConfirmationInput { code, reason }: ConfirmationInput) -> Self {
        Self { finding: code.as_str().to_owned(), reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use streife_core::domain::BootId;

    const NOW: ClockReading =
        ClockReading { unix_ms: 1_000_000, offset_s: 7_200, mono_ms: 5_000, boot: BootId([1; 16]) };

    fn fix(lat: f64, lon: f64, accuracy_m: f64, age_ms: u32) -> FixInput {
        FixInput { lat, lon, accuracy_m, age_ms, provider: FixProvider::Gnss, mocked: false }
    }

    #[test]
    fn degrees_and_metres_become_whole_numbers_without_drift() {
        let fix = fix(48.137_222_2, -11.575_555_55, 4.4996, 900).at(NOW).expect("is on the globe");
        assert_eq!((fix.lat_e7, fix.lon_e7, fix.accuracy_mm), (481_372_222, -115_755_556, 4_500));
        assert_eq!((fix.at.unix_ms(), fix.at.mono_ms(), fix.at.offset_s()), (999_100, 4_100, 7_200));
    }

    #[test]
    fn a_fix_older_than_the_boot_counts_from_its_start() {
        let fix = fix(90.0, 180.0, 0.0, u32::MAX).at(NOW).expect("is on the globe");
        assert_eq!(fix.at.mono_ms(), 0);
    }

    #[test]
    fn what_is_no_position_is_refused() {
        let wrong = [
            fix(90.000_001, 0.0, 1.0, 0),
            fix(0.0, 180.000_001, 1.0, 0),
            fix(f64::NAN, 0.0, 1.0, 0),
            fix(0.0, f64::INFINITY, 1.0, 0),
            fix(1e300, 0.0, 1.0, 0),
            fix(0.0, 0.0, -0.001, 0),
            fix(0.0, 0.0, 1e9, 0),
            fix(0.0, 0.0, f64::NAN, 0),
        ];
        for fix in wrong {
            assert_eq!(fix.at(NOW).map(drop), Err(Input::Fix.into()));
        }
    }
}
