//! What the victim does: records, seals, voids, hands over, and tells each acknowledgement to the oracle.

use std::error::Error;
use std::io::Write;
use std::sync::Arc;

use streife_core::client::{Client, SyncLimits, SyncReport};
use streife_core::domain::{
    CaseEdit, CaseId, Fix, FixProvider, Moment, NamedOffence, OffenceRelation, Officer, PhotoClass, Place, Plate,
    Vehicle, VehicleKind, VoidReason,
};
use streife_core::ports::{Clock, Entropy, NeverCancel, OsEntropy};
use streife_core::seal::Hash;
use streife_core::sync::Network;
use streife_core::testing::SimClock;

use crate::{Line, Phone};

/// Whatever stops a patrol: its test fails then, so nobody decides by it.
pub type Stopped = Box<dyn Error + Send + Sync>;

/// A patrol at work.
pub struct Patrol<'a, W> {
    client: &'a Client,
    clock: Arc<SimClock>,
    picture: Vec<u8>,
    oracle: W,
    /// The positive control: photos are acknowledged before they are taken over.
    pub acknowledges_early: bool,
}

impl<'a, W: Write> Patrol<'a, W> {
    /// Begins, or goes on in the shift that is open.
    ///
    /// # Errors
    /// Whatever stops it.
    pub fn begin(phone: &Phone, client: &'a Client, oracle: W) -> Result<Self, Stopped> {
        if client.status()?.shift.is_none() {
            client.open_shift(&Officer { id: "4827".to_owned(), unit: None })?;
        }
        Ok(Self { client, clock: phone.clock.clone(), picture: phone.photo()?, oracle, acknowledges_early: false })
    }

    /// Records a case with two photos and an edit between them; seals it.
    ///
    /// # Errors
    /// Whatever stops it.
    pub fn case(&mut self) -> Result<CaseId, Stopped> {
        let case = self.draft()?;
        self.photo(case, PhotoClass::Overview, 0)?;
        self.place(case, 2)?;
        self.photo(case, PhotoClass::Detail, 300_000)?; // large enough for a resumable upload
        self.client.make_thumbnails(case, &NeverCancel)?;
        self.seal(case)?;
        Ok(case)
    }

    /// A draft with all facts and no photo.
    ///
    /// # Errors
    /// Whatever stops it.
    pub fn draft(&mut self) -> Result<CaseId, Stopped> {
        let case = self.client.begin_case()?;
        self.tell(Line::Draft(case))?;
        let [high, low] = random::<2>()?;
        let plate = Plate::parse(&format!("M-AB {}", 1_000 + u32::from(high) * 31 + u32::from(low)), "D")?;
        let offence = NamedOffence::new("141322".parse()?);
        self.client.edit_case(case, CaseEdit::Vehicle(Vehicle::new(plate, VehicleKind::Car)))?;
        let offences = CaseEdit::Offences { relation: OffenceRelation::OneAct, items: vec![offence] };
        self.client.edit_case(case, offences)?;
        self.client.add_check(case, Vec::new(), None)?;
        self.place(case, 1)?;
        Ok(case)
    }

    /// Writes a number into the place.
    ///
    /// # Errors
    /// Whatever stops it.
    pub fn place(&mut self, case: CaseId, number: u32) -> Result<(), Stopped> {
        let fix = Some(self.fix()?);
        let place = Place { text: format!("Marienplatz {number}"), fix, ..Place::default() };
        self.client.edit_case(case, CaseEdit::Place(place))?;
        self.tell(Line::Edited(case, number))
    }

    /// Takes over a photo that no other equals, with so many bytes behind its end.
    ///
    /// # Errors
    /// Whatever stops it.
    pub fn photo(&mut self, case: CaseId, class: PhotoClass, trailing: usize) -> Result<(), Stopped> {
        let picture = [self.picture.as_slice(), &vec![0; trailing], &random::<16>()?].concat();
        let hash = Hash::of(&[&picture]);
        if self.acknowledges_early {
            self.tell(Line::Photo(case, None, hash))?;
        }
        let added = self.client.add_photo_from(case, picture.as_slice(), class)?;
        if !self.acknowledges_early {
            self.tell(Line::Photo(case, Some(added.photo.object), hash))?;
        }
        Ok(())
    }

    /// Seals a case.
    ///
    /// # Errors
    /// Whatever stops it.
    pub fn seal(&mut self, case: CaseId) -> Result<(), Stopped> {
        let sealed = self.client.seal_case(case, Vec::new())?;
        self.tell(Line::Sealed(case, sealed.seq))
    }

    /// Voids a case.
    ///
    /// # Errors
    /// Whatever stops it.
    pub fn void(&mut self, case: CaseId) -> Result<(), Stopped> {
        let event = self.client.void_case(case, VoidReason::WrongPlate, Some("misread"))?;
        self.tell(Line::Voided(case, event))
    }

    /// Closes the open shift.
    ///
    /// # Errors
    /// Whatever stops it.
    pub fn close_shift(&mut self) -> Result<(), Stopped> {
        let shift = self.client.close_shift()?;
        self.tell(Line::Closed(shift))
    }

    /// Hands over what can be handed over now.
    ///
    /// # Errors
    /// Whatever stops it.
    pub fn sync(&mut self) -> Result<SyncReport, Stopped> {
        let report = self.client.sync(&SyncLimits::over(Network::Unmetered))?;
        self.tell(Line::Synced(report.receipts))?;
        Ok(report)
    }

    fn fix(&self) -> Result<Fix, Stopped> {
        let now = self.clock.read();
        let at = Moment::new(now.unix_ms, now.offset_s, now.mono_ms, now.boot)?;
        let (lat_e7, lon_e7) = (481_374_300, 115_754_900);
        Ok(Fix { lat_e7, lon_e7, accuracy_mm: 6_000, at, provider: FixProvider::Gnss, mocked: false })
    }

    /// One write a line, so that no kill can cut one.
    fn tell(&mut self, line: Line) -> Result<(), Stopped> {
        self.oracle.write_all(format!("{line}\n").as_bytes())?;
        Ok(self.oracle.flush()?)
    }
}

/// Works on a phone in this process, that nobody kills; gives what was acknowledged.
///
/// # Panics
/// If anything stops it.
pub fn undisturbed(
    phone: &Phone,
    work: impl FnOnce(&mut Patrol<'_, &mut Vec<u8>>) -> Result<(), Stopped>,
) -> Vec<Line> {
    let mut told = Vec::new();
    let client = phone.open().expect("opens");
    let mut patrol = Patrol::begin(phone, &client, &mut told).expect("begins");
    work(&mut patrol).expect("nothing disturbs it");
    let text = String::from_utf8(told).expect("the oracle's lines");
    text.lines().map(|line| line.parse().expect("a line of the oracle")).collect()
}

fn random<const N: usize>() -> Result<[u8; N], Stopped> {
    let entropy: &dyn Entropy = &OsEntropy;
    Ok(entropy.array()?)
}
