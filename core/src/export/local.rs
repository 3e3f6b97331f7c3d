//! Times as agencies' systems hold them: German legal time to the minute, without an offset.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta};

use super::sheet::{Field, Rule, Sheet};
use crate::domain::{CaseRecord, Moment, is_in_repeated_hour, legal_offset_s};

/// German legal time of a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Local {
    wall: NaiveDateTime,
    offset_h: i32,
    repeated: bool,
}

impl Local {
    /// None at the very ends of the calendar.
    pub(super) fn of(moment: &Moment) -> Option<Self> {
        let offset = legal_offset_s(moment.unix_ms())?;
        let utc = DateTime::from_timestamp_millis(moment.unix_ms())?.naive_utc();
        let wall = utc.checked_add_signed(TimeDelta::seconds(offset.into()))?;
        Some(Self { wall, offset_h: offset / 3_600, repeated: is_in_repeated_hour(moment) })
    }

    pub(super) fn date(&self) -> NaiveDate {
        self.wall.date()
    }

    /// `2026-06-16`.
    pub(super) fn iso_day(&self) -> String {
        self.wall.format("%Y-%m-%d").to_string()
    }

    /// `16.06.2026`.
    pub(super) fn day(&self) -> String {
        german_day(self.date())
    }

    /// `10:40`.
    pub(super) fn time(&self) -> String {
        self.wall.format("%H:%M").to_string()
    }

    /// Time of day with the name of its zone.
    fn zoned(&self) -> String {
        let zone = if self.offset_h == 2 { "MESZ" } else { "MEZ" };
        format!("{} Uhr {zone} (UTC+{})", self.time(), self.offset_h)
    }

    /// `16.06.2026 10:40`, with the zone where the time alone says too little.
    pub(super) fn said(&self) -> String {
        let time = if self.repeated { self.zoned() } else { self.time() };
        format!("{} {time}", self.day())
    }
}

/// `16.06.2026`.
pub(super) fn german_day(day: NaiveDate) -> String {
    day.format("%d.%m.%Y").to_string()
}

/// A moment in words, for notes.
pub(super) fn said(moment: &Moment) -> String {
    Local::of(moment).map_or_else(|| moment.to_rfc3339(), |local| local.said())
}

/// What must be said about the times of an offence in the hour that German clocks show twice.
pub(super) fn repeated_hour(begin: &Local, end: Option<&Local>) -> Option<String> {
    let end = end.filter(|end| end.repeated || begin.repeated);
    if !begin.repeated && end.is_none() {
        return None;
    }
    let end = end.map_or_else(String::new, |end| format!(", bis {}", end.zoned()));
    Some(format!("Zeitumstellung, doppelte Stunde: Tatzeit {}{end}.", begin.zoned()))
}

/// First check and, if there are several, the last.
pub(super) fn period(sheet: &mut Sheet, field: &Field, record: &CaseRecord) -> Option<(Local, Option<Local>)> {
    let checks = &record.observation.checks;
    let (Some(first), Some(last)) = (checks.first(), checks.last()) else {
        sheet.refuse(field, "observation.checks", Rule::Missing);
        return None;
    };
    if last.at.unix_ms() < first.at.unix_ms() {
        sheet.refuse(field, "observation.checks", Rule::EndsBeforeBegin);
        return None;
    }
    let (Some(begin), Some(end)) = (Local::of(&first.at), Local::of(&last.at)) else {
        sheet.refuse(field, "observation.checks", Rule::Form);
        return None;
    };
    Some((begin, (checks.len() > 1).then_some(end)))
}
