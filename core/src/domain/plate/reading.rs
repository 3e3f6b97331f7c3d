//! A plate with all it shows: its kind, the date of expiry, the sign of an interchangeable plate.

use chrono::{Datelike, NaiveDate};

use super::text::{MAX_INPUT, all_digits, normal};
use super::{Lettering, Plate, PlateError, PlateKind, PlateWarning};

/// Days a short-term plate is given for.
const SHORT_TERM_DAYS: i64 = 5;

/// One reading of a plate. Personal data: its `Debug` shows the kind only.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PlateReading {
    /// The plate as a record keeps it.
    pub plate: Plate,
    /// Kind of plate.
    pub kind: PlateKind,
    /// Last day of validity, on short-term and export plates that were read with it.
    pub expires: Option<NaiveDate>,
}

impl PlateReading {
    /// Reads a plate as written with its separators, then perhaps `W` for an interchangeable plate or an expiry as
    /// `DD.MM.YY` or `DD.MM.YYYY`: `M-AB 1234 W`, `M-03123 30.04.26`.
    ///
    /// # Errors
    /// The first broken rule of form.
    pub fn parse(text: &str, nation: &str) -> Result<Self, PlateError> {
        if text.len() > MAX_INPUT {
            return Err(PlateError::TooLong);
        }
        let text = normal(text);
        if !nation.trim().eq_ignore_ascii_case("D") {
            return Plate::parse(&text, nation).map(Self::plain);
        }
        let (text, expires) = split_expiry(&text)?;
        match interchangeable(text) {
            Some(reading) if expires.is_none() => reading,
            Some(_) => Err(PlateError::Combination),
            None => Plate::parse(text, "D").and_then(|plate| Self::plain(plate).expiring(expires)),
        }
    }

    /// A reading of a plate alone.
    #[must_use]
    pub fn plain(plate: Plate) -> Self {
        let kind = PlateKind::of(&plate);
        Self { plate, kind, expires: None }
    }

    fn expiring(mut self, expires: Option<NaiveDate>) -> Result<Self, PlateError> {
        if expires.is_some() && !self.kind.expires() {
            return Err(PlateError::Combination);
        }
        self.expires = expires;
        Ok(self)
    }

    /// Canonical text with the details; [`PlateReading::parse`] reads it back to the same value.
    #[must_use]
    pub fn text(&self) -> String {
        let text = &self.plate.text;
        match (self.kind, self.expires) {
            (PlateKind::Interchangeable, _) => format!("{text} W"),
            (_, Some(day)) => format!("{text} {:02}.{:02}.{:02}", day.day(), day.month(), day.year().rem_euclid(100)),
            _ => text.clone(),
        }
    }

    /// What is out of date on a day. `lettering` is the colour seen, if it was noted; red insurance plates are for
    /// trial runs and have no year by colour.
    #[must_use]
    pub fn warnings_on(&self, day: NaiveDate, lettering: Option<Lettering>) -> Vec<PlateWarning> {
        let out_of_season = self.plate.season.is_some_and(|season| !holds_in(season, day));
        let expired = self.expires.is_some_and(|last| last < day);
        let too_far = self.kind == PlateKind::ShortTerm
            && self.expires.is_some_and(|last| (last - day).num_days() >= SHORT_TERM_DAYS);
        let wrong_year = self.kind == PlateKind::Insurance
            && lettering.is_some_and(|seen| seen != Lettering::Red && seen != Lettering::of_insurance_on(day));
        let all = [
            (out_of_season, PlateWarning::OutOfSeason),
            (expired, PlateWarning::Expired),
            (too_far, PlateWarning::ExpiryTooFar),
            (wrong_year, PlateWarning::InsuranceColour),
        ];
        all.into_iter().filter_map(|(holds, warning)| holds.then_some(warning)).collect()
    }
}

impl std::fmt::Debug for PlateReading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PlateReading({:?}, ..)", self.kind)
    }
}

fn holds_in(season: super::Season, day: NaiveDate) -> bool {
    u8::try_from(day.month()).is_ok_and(|month| season.holds_in(month))
}

/// A trailing `W` behind a plate with letters; `M-123 W` is an export plate.
fn interchangeable(text: &str) -> Option<Result<PlateReading, PlateError>> {
    let plate = Plate::parse(text.strip_suffix('W')?, "D").ok()?;
    let kind = PlateKind::of(&plate);
    let reading = || PlateReading { plate, kind: PlateKind::Interchangeable, expires: None };
    if kind == PlateKind::Season {
        Some(Err(PlateError::Combination))
    } else {
        kind.may_interchange().then(|| Ok(reading()))
    }
}

/// Takes an expiry off the end of normal text.
pub(super) fn split_expiry(text: &str) -> Result<(&str, Option<NaiveDate>), PlateError> {
    let Some((rest, last)) = text.rsplit_once(' ') else { return Ok((text, None)) };
    if last.matches('.').count() != 2 {
        return Ok((text, None));
    }
    let mut parts = last.split('.');
    let mut part = || parts.next().filter(|part| !part.is_empty() && all_digits(part));
    let (Some(day), Some(month), Some(year)) = (part(), part(), part()) else { return Err(PlateError::Expiry) };
    date(day, month, year).map(|date| (rest, Some(date))).ok_or(PlateError::Expiry)
}

/// A day of this century.
fn date(day: &str, month: &str, year: &str) -> Option<NaiveDate> {
    let century = match year.len() {
        2 => 2000,
        4 if year.starts_with("20") => 0,
        _ => return None,
    };
    NaiveDate::from_ymd_opt(century + year.parse::<i32>().ok()?, month.parse().ok()?, day.parse().ok()?)
}
