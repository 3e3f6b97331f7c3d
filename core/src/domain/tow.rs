//! The tow block (Abschleppen): what was ordered when, how it ended, and what the vehicle looked like before.

use super::{Moment, ObjectId};

/// How a tow ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
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

impl TowOutcome {
    /// All there are.
    pub const ALL: [Self; 4] = [Self::Towed, Self::Moved, Self::EmptyRun, Self::Cancelled];
}

/// Damage that was there before the truck came.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Damage {
    /// Where and what.
    pub text: String,
    /// The photo that shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo: Option<ObjectId>,
}

impl std::fmt::Debug for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Damage(..)")
    }
}

/// A tow.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tow {
    /// When it was ordered.
    pub requested: Moment,
    /// When the truck came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrived: Option<Moment>,
    /// When it was over: towed, moved, gone or withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<Moment>,
    /// How it ended; absent while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<TowOutcome>,
    /// Why the vehicle could not stay.
    pub reason: String,
    /// The firm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firm: Option<String>,
    /// Driver of the truck.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// Where the vehicle went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<String>,
    /// State of the vehicle: locked, windows open, loaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// Damage that was there before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub damage: Vec<Damage>,
    /// Whether a note was left that tells the driver where the vehicle is.
    pub note_left: bool,
}

impl Tow {
    /// Whether its times follow each other, and an end has its time.
    #[must_use]
    pub fn is_in_order(&self) -> bool {
        let times = [Some(&self.requested), self.arrived.as_ref(), self.finished.as_ref()];
        let known: Vec<_> = times.into_iter().flatten().collect();
        let follows = known.is_sorted_by(|earlier, later| later.since_ms(earlier) >= 0);
        follows && self.outcome.is_some() == self.finished.is_some()
    }
}

impl std::fmt::Debug for Tow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tow({:?}, ..)", self.outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::BootId;

    fn at(minute: i64) -> Moment {
        Moment::new(minute * 60_000, 0, minute.unsigned_abs() * 60_000, BootId([0; 16])).expect("in the calendar")
    }

    fn ordered() -> Tow {
        Tow {
            requested: at(10),
            arrived: None,
            finished: None,
            outcome: None,
            reason: "blocks the fire access".to_owned(),
            firm: None,
            operator: None,
            destination: None,
            condition: None,
            damage: Vec::new(),
            note_left: false,
        }
    }

    #[test]
    fn a_tow_ends_after_it_was_ordered_and_not_without_a_time() {
        assert!(ordered().is_in_order());
        let ended = Tow { finished: Some(at(40)), outcome: Some(TowOutcome::EmptyRun), ..ordered() };
        assert!(ended.is_in_order());
        assert!(!Tow { finished: None, ..ended.clone() }.is_in_order());
        assert!(!Tow { arrived: Some(at(9)), ..ended }.is_in_order());
    }
}
