//! What can follow what in a recording.

use std::collections::{BTreeMap, BTreeSet};

use super::{Event, TimedEvent, TowInput, TowStep};

/// What the lines before allow.
struct Sequence<'a> {
    running: bool,
    on_shift: bool,
    cases: BTreeMap<&'a str, Begun<'a>>,
    photos: BTreeSet<&'a str>,
}

/// A case that has been begun.
#[derive(Default)]
struct Begun<'a> {
    sealed: bool,
    last_step: Option<TowStep>,
    photos: BTreeSet<&'a str>,
}

/// Refuses what cannot have happened, with the line: a call of an app that is not running, a case outside a shift or begun
/// twice, a sealed case that is recorded into, a truck that was not ordered.
pub(super) fn check_sequence(events: &[TimedEvent]) -> Result<(), (usize, String)> {
    let (cases, photos) = (BTreeMap::new(), BTreeSet::new());
    let mut sequence = Sequence { running: true, on_shift: false, cases, photos };
    events.iter().try_for_each(|timed| sequence.pass(&timed.event).map_err(|reason| (timed.line, reason)))
}

impl<'a> Sequence<'a> {
    fn pass(&mut self, event: &'a Event) -> Result<(), String> {
        let needs_app = !matches!(event, Event::Network { .. } | Event::AppStart {} | Event::PhoneReboot {});
        if needs_app && !self.running {
            return Err("the app is not running".to_owned());
        }
        match event {
            Event::AppStart {} if self.running => return Err("the app is running already".to_owned()),
            Event::AppStart {} => self.running = true,
            Event::AppKill {} | Event::PhoneReboot {} => self.running = false,
            Event::ShiftOpen { .. } if self.on_shift => return Err("a shift is open already".to_owned()),
            Event::ShiftClose {} if !self.on_shift => return Err("no shift is open".to_owned()),
            Event::ShiftOpen { .. } | Event::ShiftClose {} => self.on_shift = !self.on_shift,
            Event::CasePhoto { photo, .. } if !self.photos.insert(photo) => {
                return Err(format!("photo {photo} is taken twice"));
            }
            Event::Expect { case, findings, .. } if case.is_some() != findings.is_some() => {
                return Err("findings of no case, or a case without findings".to_owned());
            }
            _ => {}
        }
        event.case().map_or(Ok(()), |case| self.pass_case(event, case))
    }

    fn pass_case(&mut self, event: &'a Event, case: &'a str) -> Result<(), String> {
        match (event, self.cases.get(case).map(|begun| begun.sealed)) {
            // A case can be voided when its shift is over; everything else is recorded within one.
            (Event::CaseVoid { .. }, Some(_)) => {}
            _ if !self.on_shift => return Err("no shift is open".to_owned()),
            (Event::CaseBegin { .. }, Some(_)) => return Err(format!("case {case} is begun twice")),
            (Event::CaseBegin { .. }, None) => {}
            (_, None) => return Err(format!("case {case} has not been begun")),
            (_, Some(true)) => return Err(format!("case {case} is sealed")),
            (_, Some(false)) => {}
        }
        self.cases.entry(case).or_default().pass(event)
    }
}

impl<'a> Begun<'a> {
    fn pass(&mut self, event: &'a Event) -> Result<(), String> {
        match event {
            Event::CaseSeal { .. } | Event::CaseVoid { .. } => self.sealed = true,
            Event::CasePhoto { photo, .. } => drop(self.photos.insert(photo)),
            Event::CaseTow { tow, .. } => return self.pass_tow(tow),
            _ => {}
        }
        Ok(())
    }

    fn pass_tow(&mut self, tow: &TowInput) -> Result<(), String> {
        let is_order = tow.step == TowStep::Ordered;
        let fault = match self.last_step {
            None if !is_order => Some("the tow was not ordered"),
            None if tow.reason.is_none() => Some("the tow is ordered without a reason"),
            Some(_) if is_order => Some("the tow is ordered twice"),
            Some(TowStep::Arrived) if tow.step == TowStep::Arrived => Some("the truck arrives twice"),
            Some(TowStep::Finished) if tow.step != TowStep::Noted => Some("the tow is over"),
            _ if (tow.step == TowStep::Finished) != tow.outcome.is_some() => {
                Some("the last step of a tow and its outcome belong together")
            }
            _ => None,
        };
        let mut shown = tow.damage.iter().filter_map(|damage| damage.photo.as_deref());
        let foreign =
            shown.find(|photo| !self.photos.contains(photo)).map(|photo| format!("photo {photo} is none of the case"));
        if tow.step != TowStep::Noted {
            self.last_step = Some(tow.step);
        }
        fault.map(str::to_owned).or(foreign).map_or(Ok(()), Err)
    }
}

impl Event {
    /// The case an event speaks of.
    #[must_use]
    pub fn case(&self) -> Option<&str> {
        match self {
            Self::CaseBegin { case }
            | Self::CaseVehicle { case, .. }
            | Self::CaseCheck { case, .. }
            | Self::CaseOffences { case, .. }
            | Self::CasePlace { case, .. }
            | Self::CaseScene { case, .. }
            | Self::CasePersons { case, .. }
            | Self::CaseWitnesses { case, .. }
            | Self::CaseTalk { case, .. }
            | Self::CaseTow { case, .. }
            | Self::CasePhoto { case, .. }
            | Self::CaseSlip { case, .. }
            | Self::CaseNotes { case, .. }
            | Self::CaseSeal { case, .. }
            | Self::CaseVoid { case, .. } => Some(case),
            Self::Expect { case, .. } => case.as_deref(),
            _ => None,
        }
    }
}
