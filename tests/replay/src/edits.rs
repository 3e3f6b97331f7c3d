//! What a line of a recording edits in a draft: inputs become values of the core, labels become ids.

use streife_core::domain::{
    CaseEdit, CaseFacts, Check as CaseCheck, Damage, Fix, InputError, Moment, MomentError, Notes, ObjectId, Place,
    Plate, PlateError, PlateMarks, PlateOverride, PlateReading, PlateTables, Slip, SlipError, Tow, Valve, Vehicle,
    WarningTalk, judge_plate,
};
use streife_core::journal::{
    DamageInput, Event, FixInput, PlaceInput, TalkInput, TimedEvent, TowInput, TowStep, ValveInput, VehicleInput,
};

use crate::phone::BootClock;
use crate::player::TakenPhoto;

/// Why a line is no edit of its draft.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// A plate of no sound form, and nobody stands by it.
    #[error(transparent)]
    Plate(#[from] PlateError),
    /// A field out of its limits.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A slip of no sound form.
    #[error(transparent)]
    Slip(#[from] SlipError),
    /// A time no calendar has.
    #[error(transparent)]
    Time(#[from] MomentError),
    /// The recording stands by a plate against a verdict that the core does not give.
    #[error("the core's verdict on the plate is not the one that the recording doubts")]
    Verdict,
    /// A step of a tow that was not ordered.
    #[error("the tow was not ordered")]
    NoTow,
    /// A damage is shown by a photo that the case does not have.
    #[error("the case has no photo {0}")]
    Photo(String),
    /// The event edits no case.
    #[error("the event edits no case")]
    NoEdit,
}

/// One line, and what it refers to.
pub struct Edits<'a> {
    /// The line.
    pub timed: &'a TimedEvent,
    /// The phone's clock.
    pub clock: BootClock,
    /// The draft so far.
    pub facts: &'a CaseFacts,
    /// Photos that were taken for it, in their order.
    pub photos: &'a [TakenPhoto],
}

impl Edits<'_> {
    /// The edit that the line stands for.
    ///
    /// # Errors
    /// [`EditError`].
    pub fn edit(&self) -> Result<CaseEdit, EditError> {
        Ok(match self.timed.event.clone() {
            Event::CaseVehicle { vehicle, .. } => CaseEdit::Vehicle(self::vehicle(*vehicle)?),
            Event::CaseCheck { valves, disc, .. } => {
                CaseEdit::Check(CaseCheck { at: self.now()?, valves: valves.into_iter().map(valve).collect(), disc })
            }
            Event::CaseOffences { relation, items, .. } => CaseEdit::Offences { relation, items },
            Event::CasePlace { place, .. } => CaseEdit::Place(self.place(place)?),
            Event::CaseSlip { number, code, .. } => CaseEdit::Slip(Slip::new(&number, code.as_deref())?),
            Event::CaseNotes { citizen, internal, .. } => CaseEdit::Notes(Notes { citizen, internal }),
            Event::CaseScene { scene, .. } => CaseEdit::Scene(scene),
            Event::CasePersons { persons, .. } => CaseEdit::Persons(persons),
            Event::CaseWitnesses { witnesses, .. } => CaseEdit::Witnesses(witnesses),
            Event::CaseTalk { talk, .. } => CaseEdit::Talk(self.talk(talk)?),
            Event::CaseTow { tow, .. } => CaseEdit::Tow(self.tow(*tow)?),
            _ => return Err(EditError::NoEdit),
        })
    }

    fn now(&self) -> Result<Moment, EditError> {
        self.moment(0)
    }

    fn moment(&self, age_ms: u32) -> Result<Moment, EditError> {
        let now = self.clock.reading(self.timed);
        let mono_ms = now.mono_ms.saturating_sub(u64::from(age_ms));
        Ok(Moment::new(now.unix_ms - i64::from(age_ms), now.offset_s, mono_ms, now.boot)?)
    }

    fn place(&self, input: PlaceInput) -> Result<Place, EditError> {
        let PlaceInput { text, fix, municipality, street, house_number, postcode, built_up } = input;
        let fix = fix.map(|fix| self.fix(&fix)).transpose()?;
        Ok(Place { text, fix, municipality, street, house_number, postcode, built_up })
    }

    fn fix(&self, input: &FixInput) -> Result<Fix, EditError> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "saturates; the schema bounds both"
        )]
        let (e7, mm) = (|degrees: f64| (degrees * 1e7).round() as i32, (input.accuracy_m * 1e3).round() as u32);
        Ok(Fix {
            lat_e7: e7(input.lat),
            lon_e7: e7(input.lon),
            accuracy_mm: mm,
            at: self.moment(input.age_ms)?,
            provider: input.provider,
            mocked: input.mocked,
        })
    }

    fn talk(&self, TalkInput { instructed, outcome, payment }: TalkInput) -> Result<WarningTalk, EditError> {
        Ok(WarningTalk { at: self.now()?, instructed, outcome, payment })
    }

    /// The tow as it is after a step: the step's own time, and details over those of earlier steps.
    fn tow(&self, input: TowInput) -> Result<Tow, EditError> {
        let now = self.now()?;
        let mut tow = match (input.step, &self.facts.tow) {
            (TowStep::Ordered, _) => ordered(now, input.reason.clone().unwrap_or_default()),
            (_, Some(tow)) => tow.clone(),
            (_, None) => return Err(EditError::NoTow),
        };
        match input.step {
            TowStep::Arrived => tow.arrived = Some(now),
            TowStep::Finished => (tow.finished, tow.outcome) = (Some(now), input.outcome),
            TowStep::Ordered | TowStep::Noted => {}
        }
        tow.reason = input.reason.unwrap_or(tow.reason);
        tow.firm = input.firm.or(tow.firm);
        tow.operator = input.operator.or(tow.operator);
        tow.destination = input.destination.or(tow.destination);
        tow.condition = input.condition.or(tow.condition);
        tow.note_left = input.note_left.unwrap_or(tow.note_left);
        for damage in input.damage {
            tow.damage.push(self.damage(damage)?);
        }
        Ok(tow)
    }

    fn damage(&self, DamageInput { text, photo }: DamageInput) -> Result<Damage, EditError> {
        let photo = photo.map(|label| self.object(&label).ok_or(EditError::Photo(label))).transpose()?;
        Ok(Damage { text, photo })
    }

    /// Object of a photo by its label.
    fn object(&self, label: &str) -> Option<ObjectId> {
        let at = self.photos.iter().position(|photo| photo.label == label)?;
        self.facts.photos.get(at).map(|photo| photo.object)
    }
}

/// Without a doubt the plate must be of sound form; with one, the core's verdict must be the one doubted.
fn vehicle(input: VehicleInput) -> Result<Vehicle, EditError> {
    let VehicleInput { plate, nation, kind, make, model, colour, marks, trailer, gross_kg, vin, flags } = input;
    let marks = marks.unwrap_or_default();
    let doubt = marks.doubt.as_ref().map(|doubt| {
        let verdict = judge_plate(&plate, &nation, PlateTables::built_in());
        PlateOverride::new(&plate, &nation, verdict, &doubt.reason).map(|stood| (stood.plate(), stood.doubt()))
    });
    let (plate, marks) = match doubt.transpose()? {
        Some((_, told))
            if told.as_ref().map(|told| told.verdict) != marks.doubt.as_ref().map(|doubt| doubt.verdict) =>
        {
            return Err(EditError::Verdict);
        }
        Some((plate, doubt)) => (plate, PlateMarks { doubt, ..marks }),
        None => marked(PlateReading::parse(&plate, &nation)?, marks),
    };
    let trailer = trailer.map(|trailer| Plate::parse(&trailer.plate, &trailer.nation)).transpose()?;
    let marks = (marks != PlateMarks::default()).then_some(marks);
    Ok(Vehicle { plate, marks, kind, make, model, colour, trailer, gross_kg, vin, flags })
}

/// A plate typed with its expiry or the interchangeable sign: what the text says goes into the marks, unless they say it.
fn marked(reading: PlateReading, marks: PlateMarks) -> (Plate, PlateMarks) {
    let finer = (reading.kind != PlateReading::plain(reading.plate.clone()).kind).then_some(reading.kind);
    let marks = PlateMarks { kind: marks.kind.or(finer), expires: marks.expires.or(reading.expires), ..marks };
    (reading.plate, marks)
}

fn valve(input: ValveInput) -> Valve {
    Valve { side: input.side, axle: input.axle, clock: input.clock }
}

fn ordered(requested: Moment, reason: String) -> Tow {
    Tow {
        requested,
        arrived: None,
        finished: None,
        outcome: None,
        reason,
        firm: None,
        operator: None,
        destination: None,
        condition: None,
        damage: Vec::new(),
        note_left: false,
    }
}
